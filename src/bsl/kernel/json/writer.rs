//! ЗаписьJSON: checks the structure as it writes, and stops at the limits of length and depth.

use crate::kernel::number::Number;
use std::fmt::Write;

/// ПереносСтрокJSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonNewLines {
    /// Нет: everything on one line.
    None,
    /// Unix, and Авто on our machines.
    #[default]
    Unix,
    /// CR LF.
    Windows,
}

/// ЭкранированиеСимволовJSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonEscape {
    /// Нет: only what JSON itself demands.
    #[default]
    None,
    /// All but ASCII as `\uXXXX`.
    NotAscii,
    /// What takes two UTF-16 units, as two `\uXXXX`.
    NotBmp,
}

/// ПараметрыЗаписиJSON; the defaults are those of its constructor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonWriterOptions {
    /// ПереносСтрок.
    pub new_lines: JsonNewLines,
    /// СимволыОтступа: before each line, once for each level.
    pub indent: String,
    /// ИспользоватьДвойныеКавычки: names in quotes.
    pub double_quotes: bool,
    /// ЭкранированиеСимволов.
    pub escape: JsonEscape,
    /// ЭкранироватьУгловыеСкобки.
    pub escape_angle_brackets: bool,
    /// ЭкранироватьРазделителиСтрок: U+2028 and U+2029.
    pub escape_line_terminators: bool,
    /// ЭкранироватьАмперсанд.
    pub escape_ampersand: bool,
    /// ЭкранироватьОдинарныеКавычки.
    pub escape_single_quotes: bool,
    /// ЭкранироватьСлеш.
    pub escape_slash: bool,
}

impl Default for JsonWriterOptions {
    fn default() -> JsonWriterOptions {
        JsonWriterOptions {
            new_lines: JsonNewLines::default(),
            indent: String::new(),
            double_quotes: true,
            escape: JsonEscape::default(),
            escape_angle_brackets: false,
            escape_line_terminators: true,
            escape_ampersand: false,
            escape_single_quotes: false,
            escape_slash: false,
        }
    }
}

impl JsonWriterOptions {
    /// Everything on one line without blanks, as programs send it.
    #[must_use]
    pub fn compact() -> JsonWriterOptions {
        JsonWriterOptions {
            new_lines: JsonNewLines::None,
            ..JsonWriterOptions::default()
        }
    }
}

/// Why nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonWriteError {
    /// A name outside an object, a value where a name must come, an end without its start, a second
    /// value of the text.
    Structure,
    /// Longer than the limit.
    TooLong,
    /// Deeper than the limit.
    TooDeep,
}

struct Level {
    object: bool,
    empty: bool,
    /// A name was written, its value not yet.
    named: bool,
}

/// A writer into a text of its own.
pub struct JsonWriter {
    text: String,
    options: JsonWriterOptions,
    levels: Vec<Level>,
    done: bool,
    max_length: usize,
    max_depth: usize,
}

impl JsonWriter {
    /// An empty one; the length is limited in bytes of UTF-8.
    #[must_use]
    pub fn new(options: JsonWriterOptions, max_length: usize, max_depth: usize) -> JsonWriter {
        JsonWriter {
            text: String::new(),
            options,
            levels: Vec::new(),
            done: false,
            max_length,
            max_depth,
        }
    }

    /// ЗаписатьНачалоОбъекта.
    pub fn start_object(&mut self) -> Result<(), JsonWriteError> {
        self.start(true)
    }

    /// ЗаписатьНачалоМассива.
    pub fn start_array(&mut self) -> Result<(), JsonWriteError> {
        self.start(false)
    }

    /// ЗаписатьКонецОбъекта.
    pub fn end_object(&mut self) -> Result<(), JsonWriteError> {
        self.end(true)
    }

    /// ЗаписатьКонецМассива.
    pub fn end_array(&mut self) -> Result<(), JsonWriteError> {
        self.end(false)
    }

    /// ЗаписатьИмяСвойства.
    pub fn name(&mut self, name: &str) -> Result<(), JsonWriteError> {
        match self.levels.last() {
            Some(Level {
                object: true,
                named: false,
                ..
            }) => {}
            _ => return Err(JsonWriteError::Structure),
        }
        self.separate();
        if self.options.double_quotes {
            self.quoted(name)?;
        } else {
            self.escaped(name)?;
        }
        self.text.push(':');
        if self.options.new_lines != JsonNewLines::None {
            self.text.push(' ');
        }
        if let Some(level) = self.levels.last_mut() {
            level.named = true;
        }
        self.check()
    }

    /// Quoted and escaped as the options say.
    pub fn string(&mut self, value: &str) -> Result<(), JsonWriteError> {
        self.before_value()?;
        self.quoted(value)?;
        self.after_value()
    }

    /// A number in its invariant form.
    pub fn number(&mut self, value: &Number) -> Result<(), JsonWriteError> {
        self.before_value()?;
        self.text.push_str(&value.to_invariant_text());
        self.after_value()
    }

    /// A number with one digit before the point, and an exponent.
    pub fn number_with_exponent(&mut self, value: &Number) -> Result<(), JsonWriteError> {
        self.before_value()?;
        let (negative, digits, scale) = value.digits();
        let exponent = digits.len() as i64 - 1 - i64::from(scale);
        let digits = match digits.trim_end_matches('0') {
            "" => "0",
            digits => digits,
        };
        let exponent = if digits == "0" { 0 } else { exponent };
        let sign = if negative { "-" } else { "" };
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        // Writing to a string does not fail.
        let _ = write!(self.text, "{sign}{first}{point}{rest}E{exponent:+}");
        self.after_value()
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) -> Result<(), JsonWriteError> {
        self.before_value()?;
        self.text.push_str(if value { "true" } else { "false" });
        self.after_value()
    }

    /// null: Неопределено and Null.
    pub fn null(&mut self) -> Result<(), JsonWriteError> {
        self.before_value()?;
        self.text.push_str("null");
        self.after_value()
    }

    /// ЗаписатьБезОбработки: a text that is JSON already. Where it stands is not looked at: in an
    /// object it may be a name with its value.
    pub fn raw(&mut self, json: &str) -> Result<(), JsonWriteError> {
        if json.len() > self.max_length {
            return Err(JsonWriteError::TooLong);
        }
        if !self.levels.last().is_some_and(|level| level.named) {
            self.separate();
        }
        self.text.push_str(json);
        self.after_value()
    }

    /// How many containers are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.levels.len()
    }

    /// What is written so far, complete or not.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Закрыть: the text, with the containers still open left so, as 1C leaves them.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    fn start(&mut self, object: bool) -> Result<(), JsonWriteError> {
        if self.levels.len() >= self.max_depth {
            return Err(JsonWriteError::TooDeep);
        }
        self.before_value()?;
        self.text.push(if object { '{' } else { '[' });
        self.levels.push(Level {
            object,
            empty: true,
            named: false,
        });
        self.check()
    }

    fn end(&mut self, object: bool) -> Result<(), JsonWriteError> {
        match self.levels.last() {
            Some(level) if level.object == object && !level.named => {}
            _ => return Err(JsonWriteError::Structure),
        }
        if let Some(level) = self.levels.pop()
            && !level.empty
        {
            self.new_line();
        }
        self.text.push(if object { '}' } else { ']' });
        self.after_value()
    }

    /// The comma and the line before a name or an element.
    fn separate(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            if !level.empty {
                self.text.push(',');
            }
            level.empty = false;
            self.new_line();
        }
    }

    fn new_line(&mut self) {
        match self.options.new_lines {
            JsonNewLines::None => return,
            JsonNewLines::Unix => self.text.push('\n'),
            JsonNewLines::Windows => self.text.push_str("\r\n"),
        }
        for _ in 0..self.levels.len() {
            self.text.push_str(&self.options.indent);
        }
    }

    fn before_value(&mut self) -> Result<(), JsonWriteError> {
        match self.levels.last() {
            None if self.done => Err(JsonWriteError::Structure),
            Some(Level {
                object: true,
                named: false,
                ..
            }) => Err(JsonWriteError::Structure),
            Some(Level { object: false, .. }) => {
                self.separate();
                Ok(())
            }
            None | Some(Level { object: true, .. }) => Ok(()),
        }
    }

    fn after_value(&mut self) -> Result<(), JsonWriteError> {
        match self.levels.last_mut() {
            Some(level) => level.named = false,
            None => self.done = true,
        }
        self.check()
    }

    fn check(&self) -> Result<(), JsonWriteError> {
        if self.text.len() > self.max_length {
            Err(JsonWriteError::TooLong)
        } else {
            Ok(())
        }
    }

    fn quoted(&mut self, value: &str) -> Result<(), JsonWriteError> {
        self.text.push('"');
        self.escaped(value)?;
        self.text.push('"');
        Ok(())
    }

    fn escaped(&mut self, value: &str) -> Result<(), JsonWriteError> {
        if value.len() > self.max_length {
            return Err(JsonWriteError::TooLong);
        }
        for symbol in value.chars() {
            let short = match symbol {
                '"' => Some("\\\""),
                '\\' => Some("\\\\"),
                '\n' => Some("\\n"),
                '\r' => Some("\\r"),
                '/' if self.options.escape_slash => Some("\\/"),
                _ => None,
            };
            if let Some(short) = short {
                self.text.push_str(short);
                continue;
            }
            let escape = match symbol {
                '\0'..='\u{1f}' => true,
                '<' | '>' => self.options.escape_angle_brackets,
                '&' => self.options.escape_ampersand,
                '\'' => self.options.escape_single_quotes,
                '\u{2028}' | '\u{2029}' => {
                    self.options.escape_line_terminators
                        || self.options.escape == JsonEscape::NotAscii
                }
                '\0'..='\u{7f}' => false,
                '\0'..='\u{ffff}' => self.options.escape == JsonEscape::NotAscii,
                _ => self.options.escape != JsonEscape::None,
            };
            if !escape {
                self.text.push(symbol);
                continue;
            }
            let mut units = [0u16; 2];
            for unit in symbol.encode_utf16(&mut units) {
                self.text.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    let digit = usize::from(*unit >> shift & 15);
                    self.text.push(char::from(b"0123456789ABCDEF"[digit]));
                }
            }
        }
        self.check()
    }
}
