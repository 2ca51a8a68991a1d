//! Texts and places in them: where a value was written, and a problem that points at it.

use super::secrets::mask_secrets;
use crate::model::{Level, Problem};

/// A range of bytes of a text. Files are under 4 GB.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Span {
        let clip = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            start: clip(range.start),
            end: clip(range.end),
        }
    }
}

/// A value and where it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> At<T> {
    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At {
            value: change(self.value),
            span: self.span,
        }
    }
}

/// A text with its name, able to say where a byte stands.
#[derive(Clone, Debug)]
pub struct Source<'t> {
    name: &'t str,
    text: &'t str,
    lines: Vec<u32>,
}

impl<'t> Source<'t> {
    /// A text under the name that problems are to show.
    pub fn new(name: &'t str, text: &'t str) -> Source<'t> {
        let mut lines = vec![0];
        lines.extend(
            text.bytes()
                .enumerate()
                .filter(|&(_, byte)| byte == b'\n')
                .map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX)),
        );
        Source { name, text, lines }
    }

    /// Its name.
    pub fn name(&self) -> &'t str {
        self.name
    }

    /// Line and column of a byte, both from 1; the column in characters.
    pub fn position(&self, at: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|&start| start <= at).max(1);
        let start = self.lines[line - 1] as usize;
        let end = self.floor(at as usize).max(start);
        let column = self.text[start..end].chars().count() + 1;
        (clip(line), clip(column))
    }

    /// `name:line:column`, to point at a second place within a message.
    pub fn place(&self, span: Span) -> String {
        let (line, column) = self.position(span.start);
        format!("{}:{line}:{column}", self.name)
    }

    fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// The place of a byte of a string's value, where the string was written without escapes; else the
    /// string itself.
    pub fn within(&self, string: Span, value: &str, offset: usize) -> Span {
        let written = self
            .text
            .get(string.start as usize..string.end as usize)
            .unwrap_or_default();
        let quote = if written.starts_with("\"\"\"") || written.starts_with("'''") {
            3
        } else {
            1
        };
        let line_end = written
            .get(quote..)
            .map_or(0, |rest| match rest.as_bytes() {
                _ if quote == 1 => 0,
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => 0,
            });
        let from = quote + line_end;
        if written.get(from..written.len().saturating_sub(quote)) != Some(value) {
            return string;
        }
        let start = string.start as usize + from + offset.min(value.len());
        let length = self.text[self.floor(start)..]
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        Span::from(start..start + length)
    }

    /// A problem at a place of this text.
    pub fn problem(
        &self,
        level: Level,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> Problem {
        let (line, column) = self.position(span.start);
        let start = self.lines[line as usize - 1] as usize;
        let end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |length| start + length);
        let whole = self.text[start..end].trim_end_matches('\r');
        // The caret stays on the line, and within what is shown of it.
        let from = self.floor(span.start as usize);
        let to = self.floor(span.end as usize).clamp(from, end.max(from));
        let width = self.text[from..to].trim_end().chars().count();
        let shown = (!whole.trim().is_empty()).then(|| excerpt(whole, column as usize, width));
        let (excerpt, caret, caret_width) = match shown {
            Some((excerpt, caret, width)) => (Some(excerpt), caret, width),
            None => (None, column as usize, width),
        };
        Problem {
            line,
            column,
            caret: clip(caret),
            width: clip(caret_width.max(1)),
            excerpt,
            ..Problem::of_file(level, code, self.name, message)
        }
    }
}

fn clip(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A longer line is cut around the place: a terminal shows no more.
const EXCERPT_CHARS: usize = 160;
/// How much of a line that is cut stands before the place.
const BEFORE_CHARS: usize = 60;

/// What is shown of a line, the column of the place in it and how much of the place is shown.
fn excerpt(line: &str, column: usize, width: usize) -> (String, usize, usize) {
    let masked = mask_secrets(line);
    let length = masked.chars().count();
    let at = column - 1;
    let from = if length <= EXCERPT_CHARS || at < BEFORE_CHARS {
        0
    } else {
        (at - BEFORE_CHARS).min(length - EXCERPT_CHARS.min(length))
    };
    let mut shown = String::new();
    if from > 0 {
        shown.push('…');
    }
    let kept = masked.chars().skip(from).take(EXCERPT_CHARS);
    shown.extend(kept.map(|c| if c.is_control() { ' ' } else { c }));
    if from + EXCERPT_CHARS < length {
        shown.push('…');
    }
    let caret = at - from + usize::from(from > 0);
    let room = shown.chars().count().saturating_sub(caret).max(1);
    (shown, caret + 1, width.min(room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters() {
        let source = Source::new("файл", "а = 1\nимя = \"что\"\n");
        assert_eq!(source.position(0), (1, 1));
        let at = u32::try_from("а = 1\nимя = ".len()).unwrap();
        assert_eq!(source.position(at), (2, 7));
        assert_eq!(source.position(1), (1, 1)); // within a character
        assert_eq!(source.position(10_000), (3, 1));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("words = \"{}!{}\"", "а".repeat(5_000), "б".repeat(300));
        let source = Source::new("файл", &line);
        let at = line.find('!').expect("there");
        let shown = |span: std::ops::Range<usize>| {
            let problem = source.problem(Level::Error, "x", span.into(), "");
            let excerpt = problem.excerpt.clone().expect("a line");
            assert!(excerpt.chars().count() <= EXCERPT_CHARS + 2);
            let caret = problem.caret as usize - 1;
            let under: String = excerpt
                .chars()
                .skip(caret)
                .take(problem.width as usize)
                .collect();
            (problem.column, under, excerpt)
        };
        let (column, under, excerpt) = shown(at..at + 1);
        assert_eq!((column, under.as_str()), (5_010, "!"));
        assert!(excerpt.starts_with('…') && excerpt.ends_with('…'));
        assert_eq!(shown(0..5).1, "words");
        // A span to the end of the line stays under what is shown.
        assert_eq!(shown(line.len() - 1..line.len()).1, "\"");
        assert!(shown(8..line.len()).1.starts_with("\"ааа"));
    }
}
