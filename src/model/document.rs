//! TOML read with positions: every value knows where it stands, and every mistake of a file is told
//! at once (serde stops at the first). Settings and the files of the organisation are read through it.
//!
//! A reader asks a table for the keys that it knows and ends with [`Fields::finish`], which refuses
//! every other key and names the nearest known one. Nothing here knows what the keys mean.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use smallvec::SmallVec;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::near::nearest;
use super::problem::{Level, Problem};

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
        let (excerpt, column_shown) = excerpt(whole, column, width);
        Problem {
            line,
            column,
            width: clip(width.max(1)),
            excerpt: column_shown.then_some(excerpt),
            ..Problem::of_file(level, code, self.name, message)
        }
    }
}

fn clip(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A longer line is cut: a terminal shows no more, and a caret far to the right helps nobody.
const EXCERPT_CHARS: usize = 160;

fn excerpt(line: &str, column: u32, width: usize) -> (String, bool) {
    let masked = mask_secrets(line);
    let shown: String = masked
        .chars()
        .take(EXCERPT_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let fits = (column as usize - 1) + width.min(1) <= EXCERPT_CHARS;
    (shown, fits && !line.trim().is_empty())
}

/// Hides what may be a secret: the value of a key `token` or `proxy`, an address with a user in it, and
/// anything of a bot token's form, each character by a dot, so that places stay true.
pub fn mask_secrets(line: &str) -> String {
    let key = line.trim_start().trim_start_matches(['"', '\'']);
    // A proxy's address may hold a password, as may the address of a database.
    let is_secret = ["token", "proxy"].iter().any(|secret| {
        key.strip_prefix(secret).is_some_and(|rest| {
            rest.trim_start_matches(['"', '\''])
                .trim_start()
                .starts_with('=')
        })
    }) || (line.contains("://") && line.contains('@'));
    if is_secret {
        let at = line.find('=').map_or(0, |at| at + 1);
        let (head, value) = line.split_at(at);
        let value = value.split_once('#').map_or(value, |(value, _)| value);
        return head
            .chars()
            .chain(value.chars().map(|c| match c {
                ' ' | '"' | '\'' => c,
                _ => '·',
            }))
            .collect();
    }
    let mut out: Vec<char> = line.chars().collect();
    let mut at = 0;
    while at < out.len() {
        let digits = out[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits >= 5 && out.get(at + digits) == Some(&':') {
            let from = at + digits + 1;
            let secret = out[from..]
                .iter()
                .take_while(|&&c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
                .count();
            if secret >= 20 {
                out[from..from + secret].fill('·');
            }
            at = from + secret;
        } else {
            at += digits.max(1);
        }
    }
    out.into_iter().collect()
}

/// A text while it is read: its source and what was found wrong so far.
#[derive(Debug)]
pub struct Document<'t> {
    source: Source<'t>,
    problems: RefCell<Vec<Problem>>,
    broken: bool,
}

impl<'t> Document<'t> {
    /// Parses a text. After a syntax error the table holds what could be saved, so that names
    /// declared further down are still known; other problems are then not collected, since half of
    /// them would be echoes.
    pub fn parse(name: &'t str, text: &'t str) -> (Document<'t>, Spanned<DeTable<'t>>) {
        let source = Source::new(name, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        let problems: Vec<Problem> = errors
            .iter()
            .map(|error| {
                let span = error.span().unwrap_or(0..0).into();
                let (message, hint) = syntax_message(error.message());
                source
                    .problem(Level::Error, "syntax", span, message)
                    .maybe_hint(hint)
            })
            .collect();
        let document = Document {
            source,
            broken: !problems.is_empty(),
            problems: RefCell::new(problems),
        };
        (document, table)
    }

    /// The text and its name.
    pub fn source(&self) -> &Source<'t> {
        &self.source
    }

    /// True when the text is not valid TOML.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Notes a problem.
    pub fn report(&self, problem: Problem) {
        if !self.broken {
            self.problems.borrow_mut().push(problem);
        }
    }

    /// Notes an error at a place.
    pub fn error(
        &self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.report(
            self.source
                .problem(Level::Error, code, span, message)
                .maybe_hint(hint),
        );
    }

    /// Notes a warning at a place.
    pub fn warning(
        &self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.report(
            self.source
                .problem(Level::Warning, code, span, message)
                .maybe_hint(hint),
        );
    }

    /// What was found wrong.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    /// The fields of the whole text; `place` is what messages call it, as in «файле бота».
    pub fn fields<'d>(
        &'d self,
        table: &'d Spanned<DeTable<'t>>,
        place: &'static str,
    ) -> Fields<'d, 't> {
        Fields {
            document: self,
            table: table.get_ref(),
            span: Span { start: 0, end: 0 },
            place,
            asked: RefCell::new(SmallVec::new()),
        }
    }
}

/// The parser speaks English; these are its messages, the nearest first.
fn syntax_message(message: &str) -> (String, Option<String>) {
    const QUOTES: &str = "возьмите текст в двойные кавычки; кавычку внутри пишите как \\\"";
    const PAIR: &str = "строка пишется так: ключ = значение";
    const KEY: &str = "возьмите имя ключа в двойные кавычки";
    let known = [
        (
            "duplicate key",
            "ключ уже задан выше",
            "оставьте одно из двух значений",
        ),
        ("must be quoted", "значение без кавычек", QUOTES),
        ("invalid basic string", "кавычка не закрыта", QUOTES),
        ("invalid literal string", "кавычка не закрыта", QUOTES),
        ("invalid multi-line", "тройная кавычка не закрыта", QUOTES),
        ("opening quote", "нет открывающей кавычки", QUOTES),
        (
            "unclosed array table",
            "заголовок записи не закрыт",
            "заголовок записи пишется в двойных квадратных скобках: [[имя]]",
        ),
        (
            "unclosed table",
            "заголовок раздела не закрыт",
            "заголовок раздела пишется в квадратных скобках: [имя]",
        ),
        (
            "unclosed inline table",
            "не закрыта фигурная скобка",
            "поставьте }",
        ),
        (
            "unclosed array",
            "список не закрыт",
            "поставьте ] в конце списка",
        ),
        (
            "missing comma between array",
            "между элементами списка нет запятой",
            "разделите элементы запятыми",
        ),
        (
            "missing comma between key",
            "между ключами нет запятой",
            "разделите пары запятыми",
        ),
        ("extra comma", "лишняя запятая", "уберите запятую"),
        ("missing assignment", "нет знака =", PAIR),
        ("missing value", "у ключа нет значения", PAIR),
        ("key with no value", "у ключа нет значения", PAIR),
        ("extra `=`", "лишний знак =", PAIR),
        ("extra assignment", "лишний знак =", PAIR),
        ("unexpected `=`", "лишний знак =", PAIR),
        (
            "unquoted key",
            "имя ключа без кавычек может состоять только из латинских букв, цифр, _ и -",
            KEY,
        ),
        (
            "unexpected key or value",
            "лишний текст в конце строки",
            PAIR,
        ),
        ("unexpected content", "лишний текст", PAIR),
        (
            "escape",
            "неизвестное сочетание с обратной чертой",
            "обратную черту в двойных кавычках пишите дважды: \\\\",
        ),
        (
            "unicode",
            "неверная запись символа после \\u",
            "после \\u должно быть четыре шестнадцатеричные цифры",
        ),
        (
            "leading zero",
            "число начинается с нуля",
            "уберите ноль; код с нулями возьмите в двойные кавычки",
        ),
        (
            "max recursion",
            "слишком глубокая вложенность",
            "упростите запись",
        ),
        (
            "carriage return",
            "одиночный символ возврата каретки",
            "сохраните файл с обычными концами строк",
        ),
        (
            "comment character",
            "недопустимый знак в примечании",
            "уберите его",
        ),
    ];
    for (english, russian, hint) in known {
        if message.contains(english) {
            return (russian.to_owned(), Some(hint.to_owned()));
        }
    }
    (format!("неверная запись TOML: {message}"), None)
}

/// A table while it is read. Each asking method gives `None` when the key is missing or wrong; a
/// wrong one was reported.
#[derive(Debug)]
pub struct Fields<'d, 't> {
    document: &'d Document<'t>,
    table: &'d DeTable<'t>,
    span: Span,
    place: &'static str,
    asked: RefCell<SmallVec<[&'static str; 20]>>,
}

impl<'d, 't> Fields<'d, 't> {
    /// The document that this table belongs to.
    pub fn document(&self) -> &'d Document<'t> {
        self.document
    }

    /// Where the table was opened.
    pub fn span(&self) -> Span {
        self.span
    }

    fn value(&self, key: &'static str) -> Option<(&'d DeValue<'t>, Span)> {
        self.asked.borrow_mut().push(key);
        self.table
            .get(key)
            .map(|value| (value.get_ref(), value.span().into()))
    }

    /// Counts a key as asked for: what there is to say about it was said.
    pub fn pass(&self, key: &'static str) {
        self.asked.borrow_mut().push(key);
    }

    /// Where the key itself stands, if it is there.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.table
            .get_key_value(key)
            .map(|(key, _)| key.span().into())
    }

    /// True when the table has this key. Does not count as asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn wrong_type(
        &self,
        key: &str,
        expected: &str,
        value: &DeValue<'_>,
        span: Span,
        hint: Option<String>,
    ) {
        self.document.error(
            "wrong-type",
            span,
            format!(
                "«{key}»: ожидается {expected}, а здесь {}",
                type_name(value)
            ),
            hint,
        );
    }

    /// Reports that a key is missing.
    pub fn missing(&self, key: &str, hint: Option<String>) {
        self.document.error(
            "missing-key",
            self.span,
            format!("нет ключа «{key}» в {}", self.place),
            hint,
        );
    }

    /// A text.
    pub fn text(&self, key: &'static str) -> Option<At<String>> {
        let (value, span) = self.value(key)?;
        match value {
            DeValue::String(text) => Some(At {
                value: text.to_string(),
                span,
            }),
            other => {
                let hint = match other {
                    DeValue::Integer(_)
                    | DeValue::Float(_)
                    | DeValue::Boolean(_)
                    | DeValue::Datetime(_) => {
                        Some("возьмите значение в двойные кавычки".to_owned())
                    }
                    DeValue::String(_) | DeValue::Array(_) | DeValue::Table(_) => None,
                };
                self.wrong_type(key, "текст в кавычках", other, span, hint);
                None
            }
        }
    }

    /// A text that must be there and not be blank.
    pub fn required_text(&self, key: &'static str) -> Option<At<String>> {
        if !self.has(key) {
            self.asked.borrow_mut().push(key);
            self.missing(key, Some(format!("добавьте строку {key} = \"…\"")));
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.document.error(
                "empty-value",
                text.span,
                format!("«{key}» не может быть пустым"),
                Some("впишите значение".to_owned()),
            );
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &'static str) -> Option<At<bool>> {
        let (value, span) = self.value(key)?;
        match value {
            DeValue::Boolean(flag) => Some(At { value: *flag, span }),
            other => {
                self.wrong_type(
                    key,
                    "true или false",
                    other,
                    span,
                    Some("напишите true или false без кавычек".to_owned()),
                );
                None
            }
        }
    }

    /// A whole number within a range.
    pub fn integer(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<At<i64>> {
        let (value, span) = self.value(key)?;
        let DeValue::Integer(number) = value else {
            self.wrong_type(
                key,
                "целое число",
                value,
                span,
                Some("напишите число цифрами без кавычек".to_owned()),
            );
            return None;
        };
        match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if range.contains(&number) => Some(At {
                value: number,
                span,
            }),
            _ => {
                self.document.error(
                    "out-of-range",
                    span,
                    format!("«{key}»: допустимо от {} до {}", range.start(), range.end()),
                    Some("исправьте число".to_owned()),
                );
                None
            }
        }
    }

    /// One of several words.
    pub fn one_of<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<At<T>> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if let Some(&(_, value)) = found {
            return Some(At {
                value,
                span: text.span,
            });
        }
        let listed: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
        let hint = match nearest(&text.value, listed.iter().copied()) {
            Some(near) => format!("возможно, имелось в виду \"{near}\""),
            None => format!("напишите одно из: {}", listed.join(", ")),
        };
        self.document.error(
            "unknown-value",
            text.span,
            format!(
                "«{key}»: неизвестное значение «{}», допустимы: {}",
                text.value,
                listed.join(", ")
            ),
            Some(hint),
        );
        None
    }

    /// A list of texts.
    pub fn texts(&self, key: &'static str) -> Option<Vec<At<String>>> {
        let (value, span) = self.value(key)?;
        let DeValue::Array(array) = value else {
            self.wrong_type(
                key,
                "список текстов",
                value,
                span,
                Some("список пишется в квадратных скобках: [\"один\", \"два\"]".to_owned()),
            );
            return None;
        };
        let mut texts = Vec::with_capacity(array.len());
        let mut whole = true;
        for item in array.iter() {
            let span = item.span().into();
            match item.get_ref() {
                DeValue::String(text) => texts.push(At {
                    value: text.to_string(),
                    span,
                }),
                other => {
                    whole = false;
                    self.wrong_type(
                        key,
                        "список текстов",
                        other,
                        span,
                        Some("возьмите каждое значение в двойные кавычки".to_owned()),
                    );
                }
            }
        }
        whole.then_some(texts)
    }

    /// A path of words: a text, or a list of texts.
    pub fn text_or_texts(&self, key: &'static str) -> Option<At<Result<String, Vec<At<String>>>>> {
        match self.table.get(key).map(Spanned::get_ref) {
            Some(DeValue::Array(_)) => {
                let span = self.table.get(key)?.span().into();
                self.texts(key).map(|texts| At {
                    value: Err(texts),
                    span,
                })
            }
            _ => self.text(key).map(|text| text.map(Ok)),
        }
    }

    /// A table within this one.
    pub fn table(&self, key: &'static str, place: &'static str) -> Option<Fields<'d, 't>> {
        let (value, span) = self.value(key)?;
        match value {
            DeValue::Table(table) => {
                Some(self.inner(table, self.key_span(key).unwrap_or(span), place))
            }
            other => {
                self.wrong_type(
                    key,
                    "раздел",
                    other,
                    span,
                    Some(format!("раздел пишется заголовком [{key}]")),
                );
                None
            }
        }
    }

    /// Tables in a list: `[[key]]` or `key = [{…}]`.
    pub fn tables(&self, key: &'static str, place: &'static str) -> Vec<Fields<'d, 't>> {
        let Some((value, span)) = self.value(key) else {
            return Vec::new();
        };
        let hint = || {
            Some(format!(
                "запись пишется заголовком [[{key}]] с двумя скобками"
            ))
        };
        let DeValue::Array(array) = value else {
            self.wrong_type(key, "список записей", value, span, hint());
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|item| match item.get_ref() {
                DeValue::Table(table) => Some(self.inner(table, item.span().into(), place)),
                other => {
                    self.wrong_type(key, "список записей", other, item.span().into(), hint());
                    None
                }
            })
            .collect()
    }

    fn inner(&self, table: &'d DeTable<'t>, span: Span, place: &'static str) -> Fields<'d, 't> {
        Fields {
            document: self.document,
            table,
            span,
            place,
            asked: RefCell::new(SmallVec::new()),
        }
    }

    /// The keys that were not asked for, in the order written.
    pub fn rest(&self) -> Vec<(At<&'d str>, At<&'d DeValue<'t>>)> {
        let asked = self.asked.borrow();
        let mut rest: Vec<_> = self
            .table
            .iter()
            .filter(|(key, _)| !asked.contains(&key.get_ref().as_ref()))
            .map(|(key, value)| {
                (
                    At {
                        value: key.get_ref().as_ref(),
                        span: key.span().into(),
                    },
                    At {
                        value: value.get_ref(),
                        span: value.span().into(),
                    },
                )
            })
            .collect();
        rest.sort_by_key(|(key, _)| key.span.start);
        rest
    }

    /// Refuses every key that was not asked for.
    pub fn finish(self) {
        self.refuse_rest();
    }

    /// Like [`finish`](Self::finish), for a reader that is still needed.
    pub fn refuse_rest(&self) {
        let asked = self.asked.borrow();
        if self
            .table
            .keys()
            .all(|key| asked.contains(&key.get_ref().as_ref()))
        {
            return;
        }
        for (key, _) in self.rest() {
            let hint = match nearest(key.value, asked.iter().copied()) {
                Some(near) => format!("возможно, имелось в виду «{near}»"),
                None => {
                    let mut known = asked.to_vec();
                    known.sort_unstable();
                    known.dedup();
                    format!("уберите строку; здесь допустимы: {}", known.join(", "))
                }
            };
            self.document.error(
                "unknown-key",
                key.span,
                format!("неизвестный ключ «{}» в {}", key.value, self.place),
                Some(hint),
            );
        }
    }
}

/// What messages call the type of a value.
pub fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "текст",
        DeValue::Integer(_) => "целое число",
        DeValue::Float(_) => "дробное число",
        DeValue::Boolean(_) => "true или false",
        DeValue::Datetime(_) => "дата",
        DeValue::Array(_) => "список",
        DeValue::Table(_) => "раздел",
    }
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
    fn secrets_are_masked_in_place() {
        let check = |line: &str, expected: &str| assert_eq!(mask_secrets(line), expected);
        check("token = \"123:abc\" # x", "token = \"·······\" ");
        check("\"token\"='1:a'", "\"token\"='···'");
        check("token_env = \"SHOP\"", "token_env = \"SHOP\"");
        check(
            "x = \"1234567:AAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
            "x = \"1234567:····························\"",
        );
        check("в 18:00", "в 18:00");
    }

    #[test]
    fn every_mistake_is_told() {
        let text = "a = 1\nb = \"x\"\nnmae = \"y\"\nlist = [\"a\", 2]\n";
        let (document, table) = Document::parse("x.toml", text);
        let fields = document.fields(&table, "файле");
        assert_eq!(fields.text("a"), None);
        assert_eq!(fields.integer("b", 0..=1), None);
        assert_eq!(fields.texts("list"), None);
        fields.required_text("name");
        fields.finish();
        let codes: Vec<_> = document
            .into_problems()
            .iter()
            .map(|problem| (problem.code, problem.line))
            .collect();
        assert_eq!(
            codes,
            [
                ("wrong-type", 1),
                ("wrong-type", 2),
                ("wrong-type", 4),
                ("missing-key", 1),
                ("unknown-key", 3)
            ]
        );
    }
}
