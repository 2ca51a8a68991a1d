//! The texts of algorithms: compiled before they are applied, so that one which does not
//! compile is refused with its place (R157), and looked through for markup that Telegram refuses.
//!
//! What a program may name is `scripting`'s; this room only turns what is said there into problems of
//! files.

use std::collections::BTreeMap;

use vestnik_bsl::syntax::string_literals;
use vestnik_markup::ErrorKind;

use super::definitions::Definitions;
use super::files::{ALGORITHMS, DefinitionFile};
use super::load::algorithms_of;
use crate::model::{BotCode, Level, Problem};
use crate::scripting::Library;
use crate::source::{Source, Span};

/// Errors of one algorithm that are told: the first ones are the cause of many others.
const ERRORS_MAX: usize = 20;

/// Elements of HTML that a Telegram message has not, though an author of web pages would write them.
const NOT_IN_TELEGRAM: &[&str] = &[
    "big", "body", "br", "button", "center", "div", "font", "form", "h1", "h2", "h3", "h4", "h5",
    "h6", "head", "hr", "html", "img", "input", "li", "mark", "ol", "p", "small", "style", "sub",
    "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
];

/// The text of a program without the mark that some editors put before it.
fn text<'f>(files: &'f BTreeMap<String, DefinitionFile>, path: &str) -> Option<&'f str> {
    let text = std::str::from_utf8(&files.get(path)?.bytes).ok()?;
    Some(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn codes(definitions: &Definitions) -> Vec<BotCode> {
    let bots = definitions.bots.iter();
    bots.map(|bot| bot.code.value.clone()).collect()
}

/// Why algorithms do not compile. `known` is what was found before: where the list of algorithms is
/// wrong itself, whatever a program says of the others would be an echo of that.
pub(super) fn problems(
    definitions: &Definitions,
    files: &BTreeMap<String, DefinitionFile>,
    known: &[Problem],
) -> Vec<Problem> {
    let echo = |problem: &Problem| problem.is_error() && problem.file == ALGORITHMS;
    if definitions.algorithms.is_empty() || known.iter().any(echo) {
        return Vec::new();
    }
    let algorithms = algorithms_of(&definitions.algorithms, files, |_| 0);
    let library = Library::compile(algorithms, &codes(definitions));
    let mut problems = Vec::new();
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for error in library.problems() {
        let count = told.entry(&error.algorithm).or_default();
        *count += 1;
        if *count > ERRORS_MAX {
            continue;
        }
        let program = text(files, &error.file).unwrap_or_default();
        let span = span_at(program, error.line, error.column);
        problems.push(
            Source::new(&error.file, program)
                .problem(Level::Error, "program-error", span, &*error.message)
                .hint(format!("исправьте текст алгоритма «{}»", error.algorithm)),
        );
    }
    for found in library.findings().iter().take(ERRORS_MAX) {
        let program = text(files, &found.file).unwrap_or_default();
        let span = span_at(program, found.line, found.column);
        problems.push(
            Source::new(&found.file, program)
                .problem(Level::Warning, "program-finding", span, &*found.message)
                .hint(format!(
                    "алгоритм «{}» остановится здесь с этой ошибкой",
                    found.algorithm
                )),
        );
    }
    for (algorithm, count) in told.into_iter().filter(|(_, count)| *count > ERRORS_MAX) {
        let file = library
            .problems()
            .iter()
            .find(|error| error.algorithm == algorithm)
            .map_or("", |error| error.file.as_str());
        problems.push(
            Problem::of_file(
                Level::Note,
                "more-errors",
                file,
                format!("ещё ошибок в этом алгоритме: {}", count - ERRORS_MAX),
            )
            .hint("исправьте первые: прочие часто следуют из них"),
        );
    }
    problems
}

/// The word or sign at a line and column, both from 1.
fn span_at(text: &str, line: u32, column: u32) -> Span {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1) as usize)
        .map(str::len)
        .sum();
    let rest = text.get(start..).unwrap_or_default();
    let skip = column.saturating_sub(1) as usize;
    let start = start + rest.chars().take(skip).map(char::len_utf8).sum::<usize>();
    let rest = text.get(start..).unwrap_or_default();
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let length: usize = rest.chars().take_while(is_word).map(char::len_utf8).sum();
    let first = rest.chars().next().map_or(0, char::len_utf8);
    Span::from(start..start + length.max(first))
}

/// What code typed in a chat can name: the common modules. Tells whether a word is code (D2).
pub(super) fn chat_library(
    definitions: &Definitions,
    files: &BTreeMap<String, DefinitionFile>,
) -> Library {
    let mut algorithms = algorithms_of(&definitions.algorithms, files, |_| 0);
    algorithms.retain(|algorithm| algorithm.common_module);
    Library::compile(algorithms, &codes(definitions))
}

/// Markup in string literals that Telegram would refuse: then the whole message is sent as it was
/// typed, tags and all (D27). A literal may be a part of a text, so only what no further part can mend
/// is told.
pub(super) fn markup(
    definitions: &Definitions,
    files: &BTreeMap<String, DefinitionFile>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for algorithm in &definitions.algorithms {
        let path = &algorithm.file.value;
        let Some(text) = text(files, path).filter(|text| text.contains('<')) else {
            continue;
        };
        let source = Source::new(path, text);
        for literal in string_literals(text) {
            let Some((within, said)) = refused(&literal.value) else {
                continue;
            };
            problems.push(
                source
                    .problem(
                        Level::Warning,
                        "bad-html-literal",
                        Span::from(literal.written(within)),
                        format!("с этим текстом Telegram не примет оформление: {said}"),
                    )
                    .hint("исправьте теги; новая строка — Символы.ПС; сами знаки пишутся так: &lt; &gt; &amp;. Если текст не для сообщения, менять ничего не нужно"),
            );
        }
    }
    problems
}

/// What is wrong for good with the markup of a text, and where in it.
fn refused(text: &str) -> Option<(std::ops::Range<usize>, String)> {
    if let Some((place, tag)) = foreign_tag(text) {
        return Some((place, format!("Telegram не знает тег <{tag}>")));
    }
    let error = vestnik_markup::parse(text).err()?;
    match error.kind {
        ErrorKind::UnmatchedEndTag { .. } | ErrorKind::SpanClass | ErrorKind::EmojiId => {}
        // The others may be half of something, or no markup at all.
        _ => return None,
    }
    let start = error.offset;
    let length = text[start..].find('>').map_or(1, |end| end + 1);
    Some((start..start + length, error.russian()))
}

/// The first whole tag that is HTML but not Telegram's.
fn foreign_tag(text: &str) -> Option<(std::ops::Range<usize>, &'static str)> {
    for (start, _) in text.match_indices('<') {
        let rest = &text[start + 1..];
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let length = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        let (name, tail) = name.split_at(length);
        let known = NOT_IN_TELEGRAM
            .iter()
            .find(|tag| tag.eq_ignore_ascii_case(name));
        let Some(tag) = known else { continue };
        // Without its end it is not a tag, but a beginning that somebody searches for.
        let Some(end) = tail.find(['>', '<', '\n']) else {
            continue;
        };
        if tail[end..].starts_with('>') && tail.starts_with(['>', ' ', '/']) {
            let end = text.len() - tail.len() + end + 1;
            return Some((start..end, tag));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_other_part_can_mend_is_refused() {
        let check = |text: &str, expected: &str| {
            let said = refused(text).map_or("—", |(place, _)| &text[place]);
            assert_eq!(said, expected, "{text}");
        };
        check("<b>Итог</b>", "—");
        check("<b>", "—");
        check("</b> и <i>", "—");
        check("5 < 6", "—");
        check("<request><id>1</id></request>", "—");
        check("одна<br>две", "<br>");
        check("одна<BR/>две", "<BR/>");
        check("<p class=\"x\">да", "<p class=\"x\">");
        check("конец</div>", "</div>");
        check("<div", "—");
        check("<b>криво</i>", "</i>");
        check("да <span>нет</span>", "<span>");
        check("<span class=\"tg-spoiler\">да</span>", "—");
        check("<b>\"а\"</i>", "</i>");
    }

    #[test]
    fn a_place_becomes_the_word_there() {
        let text = "А = 1;\r\n\tБетта(2);\n;";
        let check = |line, column, expected: &str| {
            let span = span_at(text, line, column);
            assert_eq!(&text[span.start as usize..span.end as usize], expected);
        };
        check(2, 2, "Бетта");
        check(2, 7, "(");
        check(3, 1, ";");
        check(9, 9, "");
    }
}
