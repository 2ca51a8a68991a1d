//! ЧтениеJSON: one token at a time.

use crate::kernel::locale::Locale;
use crate::kernel::number::{Number, ParseNumberError};
use std::fmt::Write;

/// ТипЗначенияJSON with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonToken {
    /// НачалоОбъекта.
    ObjectStart,
    /// КонецОбъекта.
    ObjectEnd,
    /// НачалоМассива.
    ArrayStart,
    /// КонецМассива.
    ArrayEnd,
    /// ИмяСвойства.
    Name(String),
    /// Строка.
    String(String),
    /// Число.
    Number(Number),
    /// Булево.
    Boolean(bool),
    /// `null`.
    Null,
    /// Комментарий, without its marks.
    Comment(String),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// A character that cannot stand there.
    Unexpected(char),
    /// The text ends too early.
    UnexpectedEnd,
    /// A backslash with what is no escape.
    BadEscape,
    /// Something that begins like a number and is none.
    BadNumber,
    /// A number of more digits than the limit.
    NumberTooLarge,
    /// Deeper than the limit.
    TooDeep(usize),
}

/// An error with its place, both counted from 1; the column in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl JsonError {
    /// The message for a person.
    #[must_use]
    pub fn message(&self, locale: Locale) -> String {
        let mut text = match (locale, &self.kind) {
            (Locale::Ru, JsonErrorKind::Unexpected(symbol)) => {
                format!(
                    "Непредвиденный символ при чтении JSON: «{}»",
                    symbol.escape_default_visible()
                )
            }
            (Locale::Ru, JsonErrorKind::UnexpectedEnd) => {
                "Непредвиденный конец текста JSON".to_owned()
            }
            (Locale::Ru, JsonErrorKind::BadEscape) => {
                "Неверная последовательность после «\\» в строке JSON".to_owned()
            }
            (Locale::Ru, JsonErrorKind::BadNumber) => "Неверная запись числа в JSON".to_owned(),
            (Locale::Ru, JsonErrorKind::NumberTooLarge) => {
                "Число в JSON имеет слишком много цифр".to_owned()
            }
            (Locale::Ru, JsonErrorKind::TooDeep(limit)) => {
                format!("Вложенность JSON больше допустимой ({limit})")
            }
            (Locale::En, JsonErrorKind::Unexpected(symbol)) => {
                format!(
                    "Unexpected character when reading JSON: \"{}\"",
                    symbol.escape_default_visible()
                )
            }
            (Locale::En, JsonErrorKind::UnexpectedEnd) => "Unexpected end of JSON text".to_owned(),
            (Locale::En, JsonErrorKind::BadEscape) => {
                "Bad sequence after \"\\\" in a JSON string".to_owned()
            }
            (Locale::En, JsonErrorKind::BadNumber) => "Bad number in JSON".to_owned(),
            (Locale::En, JsonErrorKind::NumberTooLarge) => {
                "A number in JSON has too many digits".to_owned()
            }
            (Locale::En, JsonErrorKind::TooDeep(limit)) => {
                format!("JSON is nested deeper than allowed ({limit})")
            }
        };
        // Writing to a string does not fail.
        let _ = match locale {
            Locale::Ru => write!(text, " (строка {}, позиция {})", self.line, self.column),
            Locale::En => write!(text, " (line {}, column {})", self.line, self.column),
        };
        text
    }
}

trait Visible {
    /// Controls as their escapes, the rest as it is.
    fn escape_default_visible(&self) -> String;
}

impl Visible for char {
    fn escape_default_visible(&self) -> String {
        if self.is_control() {
            self.escape_default().collect()
        } else {
            self.to_string()
        }
    }
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// Where a value may stand.
    Value,
    /// A value or the end of the array just begun.
    ValueOrEnd,
    /// A name or the end of the object just begun.
    NameOrEnd,
    /// A name, after a comma.
    Name,
    /// A comma or the end of the container.
    CommaOrEnd,
    /// Nothing but blanks, or another value of the text.
    Next,
}

/// A reader over a text that it owns.
#[derive(Debug, Clone)]
pub struct JsonReader {
    text: Box<str>,
    at: usize,
    /// Where the last token began, for its position.
    token_start: usize,
    /// Open containers, an object as `true`.
    open: Vec<bool>,
    expect: Expect,
    max_depth: usize,
    max_digits: u32,
}

impl JsonReader {
    /// A reader at the beginning; a byte order mark is skipped.
    #[must_use]
    pub fn new(text: &str, max_depth: usize, max_digits: u32) -> JsonReader {
        JsonReader {
            text: text.strip_prefix('\u{feff}').unwrap_or(text).into(),
            at: 0,
            token_start: 0,
            open: Vec::new(),
            expect: Expect::Value,
            max_depth,
            max_digits,
        }
    }

    /// How many containers are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Bytes held, for a caller that accounts memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.text.len() + self.open.capacity()
    }

    /// Line and column of the last token, from 1.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        self.place(self.token_start)
    }

    /// Line and column after the last token, both 0 before the first; it counts from the start.
    #[must_use]
    pub fn end_position(&self) -> (usize, usize) {
        if self.at == 0 {
            return (0, 0);
        }
        let (line, column) = self.place(self.at);
        (line, column - 1)
    }

    /// Bytes of the text up to there.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next token; `None` at the end of the text. After an error the reader stays at its place.
    pub fn read(&mut self) -> Result<Option<JsonToken>, JsonError> {
        loop {
            self.skip_blanks();
            self.token_start = self.at;
            let Some(byte) = self.peek() else {
                return if self.expect == Expect::Next {
                    Ok(None)
                } else {
                    Err(self.error(JsonErrorKind::UnexpectedEnd))
                };
            };
            if byte == b'/' {
                return self.comment().map(Some);
            }
            match self.expect {
                Expect::CommaOrEnd => match (byte, self.open.last()) {
                    (b',', Some(object)) => {
                        self.expect = if *object { Expect::Name } else { Expect::Value };
                        self.at += 1;
                    }
                    (b'}', Some(true)) => return Ok(Some(self.close(JsonToken::ObjectEnd))),
                    (b']', Some(false)) => return Ok(Some(self.close(JsonToken::ArrayEnd))),
                    _ => return Err(self.unexpected()),
                },
                Expect::NameOrEnd if byte == b'}' => {
                    return Ok(Some(self.close(JsonToken::ObjectEnd)));
                }
                Expect::NameOrEnd | Expect::Name => {
                    if byte != b'"' {
                        return Err(self.unexpected());
                    }
                    let name = self.string()?;
                    self.skip_blanks();
                    if self.peek() != Some(b':') {
                        return Err(self.unexpected());
                    }
                    self.at += 1;
                    self.expect = Expect::Value;
                    return Ok(Some(JsonToken::Name(name)));
                }
                Expect::ValueOrEnd if byte == b']' => {
                    return Ok(Some(self.close(JsonToken::ArrayEnd)));
                }
                Expect::Value | Expect::ValueOrEnd | Expect::Next => {
                    return self.value(byte).map(Some);
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn close(&mut self, token: JsonToken) -> JsonToken {
        self.at += 1;
        self.open.pop();
        self.after_value();
        token
    }

    fn after_value(&mut self) {
        self.expect = if self.open.is_empty() {
            Expect::Next
        } else {
            Expect::CommaOrEnd
        };
    }

    fn value(&mut self, byte: u8) -> Result<JsonToken, JsonError> {
        let token = match byte {
            b'{' | b'[' => {
                if self.open.len() >= self.max_depth {
                    return Err(self.error(JsonErrorKind::TooDeep(self.max_depth)));
                }
                self.at += 1;
                self.open.push(byte == b'{');
                return Ok(if byte == b'{' {
                    self.expect = Expect::NameOrEnd;
                    JsonToken::ObjectStart
                } else {
                    self.expect = Expect::ValueOrEnd;
                    JsonToken::ArrayStart
                });
            }
            b'"' => JsonToken::String(self.string()?),
            b'-' | b'0'..=b'9' => JsonToken::Number(self.number()?),
            b't' => self.word("true", JsonToken::Boolean(true))?,
            b'f' => self.word("false", JsonToken::Boolean(false))?,
            b'n' => self.word("null", JsonToken::Null)?,
            _ => return Err(self.unexpected()),
        };
        self.after_value();
        Ok(token)
    }

    fn word(&mut self, word: &str, token: JsonToken) -> Result<JsonToken, JsonError> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(token)
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at > start
    }

    fn number(&mut self) -> Result<Number, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.peek() == Some(b'0');
        let whole = self.at;
        let mut good = self.digits() && !(zero && self.at > whole + 1);
        if good && self.peek() == Some(b'.') {
            self.at += 1;
            good = self.digits();
        }
        if good && matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            good = self.digits();
        }
        let parsed = if good {
            Number::parse_scientific(&self.text[start..self.at], self.max_digits)
        } else {
            Err(ParseNumberError::Syntax)
        };
        parsed.map_err(|error| {
            self.at = start;
            self.error(match error {
                ParseNumberError::Syntax => JsonErrorKind::BadNumber,
                ParseNumberError::TooLarge => JsonErrorKind::NumberTooLarge,
            })
        })
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut value = String::new();
        loop {
            let start = self.at;
            while let Some(byte) = self.peek() {
                if byte == b'"' || byte == b'\\' || byte < 0x20 {
                    break;
                }
                self.at += 1;
            }
            value.push_str(&self.text[start..self.at]);
            match self.peek() {
                None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') => self.escape(&mut value)?,
                Some(_) => return Err(self.unexpected()),
            }
        }
    }

    fn escape(&mut self, value: &mut String) -> Result<(), JsonError> {
        let escaped = self.text.as_bytes().get(self.at + 1).copied();
        let symbol = match escaped {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                let high = self
                    .unit(self.at + 2)
                    .ok_or_else(|| self.error(JsonErrorKind::BadEscape))?;
                self.at += 6;
                let low = if self.text.as_bytes()[self.at..].starts_with(b"\\u") {
                    self.unit(self.at + 2)
                        .filter(|low| (0xdc00..0xe000).contains(low))
                } else {
                    None
                };
                match (high, low) {
                    (0xd800..0xdc00, Some(low)) => {
                        self.at += 6;
                        let code = 0x1_0000
                            + ((u32::from(high) - 0xd800) << 10)
                            + (u32::from(low) - 0xdc00);
                        value.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    // A half of a pair that stands alone has no place in a text.
                    _ => value.push(
                        char::from_u32(u32::from(high)).unwrap_or(char::REPLACEMENT_CHARACTER),
                    ),
                }
                return Ok(());
            }
            _ => return Err(self.error(JsonErrorKind::BadEscape)),
        };
        value.push(symbol);
        self.at += 2;
        Ok(())
    }

    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.as_bytes().get(at..at + 4)?;
        digits.iter().try_fold(0u16, |value, digit| {
            Some(value << 4 | char::from(*digit).to_digit(16)? as u16)
        })
    }

    fn comment(&mut self) -> Result<JsonToken, JsonError> {
        let rest = &self.text[self.at..];
        let (body, length) = if let Some(body) = rest.strip_prefix("//") {
            let length = body.find(['\n', '\r']).unwrap_or(body.len());
            (&body[..length], length + 2)
        } else if let Some(body) = rest.strip_prefix("/*") {
            let Some(length) = body.find("*/") else {
                self.at = self.text.len();
                return Err(self.error(JsonErrorKind::UnexpectedEnd));
            };
            (&body[..length], length + 4)
        } else {
            return Err(self.unexpected());
        };
        let token = JsonToken::Comment(body.to_owned());
        self.at += length;
        Ok(token)
    }

    fn unexpected(&self) -> JsonError {
        self.error(match self.text[self.at..].chars().next() {
            Some(symbol) => JsonErrorKind::Unexpected(symbol),
            None => JsonErrorKind::UnexpectedEnd,
        })
    }

    fn error(&self, kind: JsonErrorKind) -> JsonError {
        let (line, column) = self.place(self.at);
        JsonError { kind, line, column }
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |feed| feed + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }
}
