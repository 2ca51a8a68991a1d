//! String literals of a program, for whoever looks through texts without running them: what each says,
//! and where each byte of it was written.

use std::ops::Range;

use super::lexer::Lexer;
use super::token::{Tok, seed_names};

/// A string literal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StringLiteral {
    /// Its text: quotes single, continued lines joined by line feeds.
    pub value: String,
    /// The bytes of the program that it takes, its quotes too.
    pub span: Range<usize>,
    /// Where parts of `value` begin, and where each was written in the program.
    parts: Vec<(usize, usize)>,
}

impl StringLiteral {
    /// The bytes of the program in which these bytes of the value were written.
    ///
    /// # Panics
    /// When the range is not within the value.
    pub fn written(&self, range: Range<usize>) -> Range<usize> {
        assert!(range.end <= self.value.len(), "within the value");
        let at = |byte: usize| {
            let next = self.parts.partition_point(|&(start, _)| start <= byte);
            match next.checked_sub(1) {
                Some(part) => self.parts[part].1 + byte - self.parts[part].0,
                None => self.span.start + 1,
            }
        };
        let start = at(range.start);
        match range.is_empty() {
            true => start..start,
            false => start..at(range.end - 1) + 1,
        }
    }
}

/// The string literals of a program in the order written. A text that is no program gives those that
/// are whole.
pub fn string_literals(text: &str) -> Vec<StringLiteral> {
    let mut names = seed_names();
    let mut lexer = Lexer::new(text, &mut names);
    let mut found = Vec::new();
    loop {
        let token = lexer.next_token();
        match token.tok {
            Tok::End => return found,
            Tok::Str => {
                let span = token.start as usize..token.end as usize;
                let inner = span.start + 1..span.end - 1;
                let mut literal = StringLiteral {
                    value: String::new(),
                    span,
                    parts: Vec::new(),
                };
                parts(&text[inner.clone()], |part, at| {
                    literal.parts.push((literal.value.len(), inner.start + at));
                    literal.value.push_str(part);
                });
                found.push(literal);
            }
            _ => {}
        }
    }
}

/// Gives the parts that make up the text of a literal, from what stands between its quotes: a doubled
/// quote is one, a line goes on behind the next one's `|`, and lines between are comments. The second
/// argument is where the part stands.
pub(super) fn parts<'t>(raw: &'t str, mut take: impl FnMut(&'t str, usize)) {
    let mut at = 0;
    for (number, line) in raw.split('\n').enumerate() {
        let start = at;
        at += line.len() + 1;
        let mut text = line;
        if number > 0 {
            let Some(continued) = line.trim_start().strip_prefix('|') else {
                continue;
            };
            text = continued;
            take("\n", start + line.len() - text.len() - 1);
        }
        let mut from = start + line.len() - text.len();
        // The end of a line on which the literal does not end may be a pair of bytes.
        if at <= raw.len() {
            text = text.strip_suffix('\r').unwrap_or(text);
        }
        while let Some(quote) = text.find('"') {
            take(&text[..=quote], from);
            // The lexer has seen its twin.
            text = text.get(quote + 2..).unwrap_or_default();
            from += quote + 2;
        }
        if !text.is_empty() {
            take(text, from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_says_its_text_and_where_each_part_was_written() {
        let check = |text: &str, expected: &[(&str, &str, &str)]| {
            let found = string_literals(text);
            assert_eq!(found.len(), expected.len(), "{text:?}: {found:?}");
            for (literal, (value, part, written)) in found.iter().zip(expected) {
                assert_eq!(literal.value, *value, "{text:?}");
                let at = literal.value.find(part).expect("the part");
                let place = literal.written(at..at + part.len());
                assert_eq!(&text[place], *written, "{text:?}: {part:?}");
                assert_eq!(literal.written(0..0).len(), 0);
                assert!(text[literal.span.clone()].starts_with('"'));
            }
        };
        check("А = \"привет\";", &[("привет", "вет", "вет")]);
        check("А = \"\" + \"б\"", &[("", "", ""), ("б", "б", "б")]);
        check(
            "А = \"он: \"\"да\"\", и\"",
            &[("он: \"да\", и", "да\", и", "да\"\", и")],
        );
        check(
            "А = \"раз\r\n  // нет\r\n  |два\n\t|\"\"три\"",
            &[("раз\nдва\n\"три", "два", "два")],
        );
        check("А = \"раз\n|два\"", &[("раз\nдва", "раз\nд", "раз\n|д")]);
        check("// \"нет\"\nА = \"не закрыта", &[]);
    }
}
