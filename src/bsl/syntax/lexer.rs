//! Text to tokens, and the preprocessor.
//!
//! Directives are seen here: the parser gets the tokens of active branches only. Of a branch that is not
//! compiled nothing but its directives is read, as in 1C: its text may be meant for a client.

use super::names::{Name, Names};
use super::token::{Tok, Token, keyword};
use crate::diagnostic::{Diagnostic, Problem};

/// `#Если` without its `#КонецЕсли` so far.
struct OpenIf {
    /// A branch was taken already.
    taken: bool,
    pos: u32,
}

/// Turns a text into tokens, and passes over branches that are not compiled.
pub struct Lexer<'s> {
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    end: usize,
    names: &'s mut Names,
    open: Vec<OpenIf>,
    regions: Vec<u32>,
    line_start: bool,
    used_code: bool,
    /// What was wrong.
    pub problems: Vec<Diagnostic>,
}

impl<'s> Lexer<'s> {
    /// A lexer over a whole module.
    pub fn new(text: &'s str, names: &'s mut Names) -> Lexer<'s> {
        let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut lexer = Lexer {
            text,
            bytes: text.as_bytes(),
            at: start,
            end: text.len(),
            names,
            open: Vec::new(),
            regions: Vec::new(),
            line_start: true,
            used_code: false,
            problems: Vec::new(),
        };
        if text[start..].starts_with("#!") {
            lexer.skip_line();
        }
        lexer
    }

    /// The whole source that places count in.
    pub fn text(&self) -> &'s str {
        self.text
    }

    /// The table of names.
    pub fn names(&mut self) -> &mut Names {
        self.names
    }

    fn report(&mut self, problem: Problem, start: usize, end: usize) {
        self.problems
            .push(Diagnostic::new(problem, start as u32, end as u32));
    }

    #[inline]
    fn peek(&self) -> u8 {
        if self.at < self.end {
            self.bytes[self.at]
        } else {
            0
        }
    }

    fn skip_line(&mut self) {
        match self.bytes[self.at..self.end]
            .iter()
            .position(|&byte| byte == b'\n')
        {
            Some(length) => self.at += length,
            None => self.at = self.end,
        }
    }

    /// Skips spaces, line ends and comments; handles directives.
    fn skip_blank(&mut self) {
        loop {
            match self.peek() {
                b'\n' => {
                    self.at += 1;
                    self.line_start = true;
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'/' if self.bytes.get(self.at + 1) == Some(&b'/') => self.skip_line(),
                b'#' if self.line_start => self.directive(),
                // NBSP, zero-width no-break space, other Unicode blanks.
                0xc2 | 0xe1..=0xef => {
                    let Some(c) = self.text[self.at..self.end].chars().next() else {
                        return;
                    };
                    if c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}' {
                        self.at += c.len_utf8();
                    } else {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    /// Whatever comes: what is no token is reported and passed over, and the end is given for ever.
    pub fn next_token(&mut self) -> Token {
        self.skip_blank();
        let start = self.at;
        let mut token = Token {
            tok: Tok::End,
            start: start as u32,
            end: start as u32,
            name: Name(u32::MAX),
        };
        if start >= self.end {
            while let Some(open) = self.open.pop() {
                self.report(
                    Problem::IfDirectiveNotClosed,
                    open.pos as usize,
                    open.pos as usize + 1,
                );
            }
            while let Some(pos) = self.regions.pop() {
                self.report(Problem::RegionNotClosed, pos as usize, pos as usize + 1);
            }
            return token;
        }
        self.line_start = false;
        self.used_code = true;
        let byte = self.bytes[start];
        self.at += 1;
        token.tok = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..=0xff => {
                self.at -= 1;
                self.word(&mut token)
            }
            b'0'..=b'9' => self.number(),
            b'"' => self.string(start),
            b'\'' => self.date(start),
            b'(' => Tok::LParen,
            b')' => Tok::RParen,
            b'[' => Tok::LBracket,
            b']' => Tok::RBracket,
            b',' => Tok::Comma,
            b';' => Tok::Semicolon,
            b'.' => Tok::Dot,
            b'?' => Tok::Question,
            b':' => Tok::Colon,
            b'~' => Tok::Tilde,
            b'&' => Tok::Amp,
            b'+' => Tok::Plus,
            b'-' => Tok::Minus,
            b'*' => Tok::Star,
            b'/' => Tok::Slash,
            b'%' => Tok::Percent,
            b'=' => Tok::Eq,
            b'<' => match self.peek() {
                b'>' => {
                    self.at += 1;
                    Tok::Ne
                }
                b'=' => {
                    self.at += 1;
                    Tok::Le
                }
                _ => Tok::Lt,
            },
            b'>' if self.peek() == b'=' => {
                self.at += 1;
                Tok::Ge
            }
            b'>' => Tok::Gt,
            _ => {
                self.report(Problem::BadCharacter(char::from(byte)), start, start + 1);
                Tok::Bad
            }
        };
        token.end = self.at as u32;
        token
    }

    fn word_end(&self, mut at: usize) -> usize {
        while at < self.end {
            match self.bytes[at] {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' => at += 1,
                // The Cyrillic letters of U+0400…U+047F.
                0xd0 | 0xd1 => at += 2,
                0x80..=0xff => match self.text[at..].chars().next() {
                    Some(c) if c.is_alphanumeric() => at += c.len_utf8(),
                    _ => break,
                },
                _ => break,
            }
        }
        at
    }

    fn word(&mut self, token: &mut Token) -> Tok {
        let start = self.at;
        let end = self.word_end(start);
        if end == start {
            let c = self.text[start..].chars().next().unwrap_or(' ');
            self.at += c.len_utf8();
            self.report(Problem::BadCharacter(c), start, self.at);
            return Tok::Bad;
        }
        self.at = end;
        token.name = self.names.intern(&self.text[start..end]);
        keyword(token.name).unwrap_or(Tok::Ident)
    }

    fn number(&mut self) -> Tok {
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.peek() == b'.' {
            self.at += 1;
            while self.peek().is_ascii_digit() {
                self.at += 1;
            }
        }
        Tok::Number
    }

    fn date(&mut self, start: usize) -> Tok {
        loop {
            match self.peek() {
                b'\'' => {
                    self.at += 1;
                    return Tok::Date;
                }
                b'\n' | 0 => {
                    self.report(Problem::DateNotClosed, start, self.at);
                    return Tok::Bad;
                }
                _ => self.at += 1,
            }
        }
    }

    /// A string up to its closing quote, over `|` continuations and comments between them.
    fn string(&mut self, start: usize) -> Tok {
        loop {
            let rest = &self.bytes[self.at..self.end];
            match rest.iter().position(|&byte| byte == b'"' || byte == b'\n') {
                Some(length) if rest[length] == b'"' => {
                    self.at += length + 1;
                    if self.peek() != b'"' {
                        return Tok::Str;
                    }
                    self.at += 1;
                }
                Some(length) => {
                    self.at += length;
                    let line_end = self.at;
                    if !self.continuation() {
                        self.at = line_end;
                        self.report(Problem::StringNotClosed, start, line_end);
                        return Tok::Bad;
                    }
                }
                None => {
                    self.at = self.end;
                    self.report(Problem::StringNotClosed, start, self.end);
                    return Tok::Bad;
                }
            }
        }
    }

    /// From a line end inside a string to the text after the next line's `|`.
    fn continuation(&mut self) -> bool {
        loop {
            match self.peek() {
                b'|' => {
                    self.at += 1;
                    return true;
                }
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'/' if self.bytes.get(self.at + 1) == Some(&b'/') => self.skip_line(),
                0xc2 if self.bytes.get(self.at + 1) == Some(&0xa0) => self.at += 2,
                _ => return false,
            }
        }
    }

    // ---- the preprocessor -------------------------------------------------------------------

    fn directive(&mut self) {
        let start = self.at;
        self.skip_line();
        let line_end = self.at;
        let text = self.text;
        // A comment may stand after a directive.
        let line = text[start + 1..line_end].split("//").next().unwrap_or("");
        let word_end = line
            .char_indices()
            .skip_while(|(_, c)| c.is_whitespace())
            .find(|(_, c)| !c.is_alphanumeric() && *c != '_')
            .map_or(line.len(), |(at, _)| at);
        let word = super::names::fold(line[..word_end].trim());
        let rest = &line[word_end..];
        match word.as_str() {
            "если" | "if" => {
                let active = self.condition(rest, start, line_end);
                self.open.push(OpenIf {
                    taken: active,
                    pos: start as u32,
                });
                if !active {
                    self.skip_branch();
                }
            }
            "иначеесли" | "elsif" | "иначе" | "else" => {
                if self.open.is_empty() {
                    self.report(Problem::DirectiveWithoutIf, start, line_end);
                } else {
                    // The branch above ran, therefore this one does not.
                    self.skip_branch();
                }
            }
            "конецесли" | "endif" => {
                if self.open.pop().is_none() {
                    self.report(Problem::DirectiveWithoutIf, start, line_end);
                }
            }
            "область" | "region" => {
                if rest.trim().is_empty() {
                    self.report(Problem::RegionWithoutName, start, line_end);
                }
                self.regions.push(start as u32);
            }
            "конецобласти" | "endregion" => {
                if self.regions.pop().is_none() {
                    self.report(Problem::RegionNotOpen, start, line_end);
                }
            }
            "вставка" | "insert" | "конецвставки" | "endinsert" | "конецудаления" | "enddelete" =>
                {}
            "удаление" | "delete" => self.skip_deleted(),
            "использовать" | "use" => self.report(Problem::UseRefused, start, line_end),
            _ => self.report(Problem::UnknownDirective(word), start, line_end),
        }
    }

    /// `#Удаление … #КонецУдаления` of an extension: the text is not there.
    fn skip_deleted(&mut self) {
        while self.at < self.end {
            self.at += 1;
            let start = self.at;
            self.skip_line();
            let line = super::names::fold(self.text[start..self.at].trim());
            if line.starts_with("#конецудаления") || line.starts_with("#enddelete") {
                return;
            }
        }
    }

    /// Skips branches that do not run; stops inside one that does, or after `#КонецЕсли`.
    fn skip_branch(&mut self) {
        let mut depth = 0;
        while self.at < self.end {
            // `at` is on a line end.
            self.at += 1;
            let start = self.at.min(self.end);
            self.at = start;
            self.skip_line();
            let line = self.text[start..self.at].trim_start();
            let Some(rest) = line.strip_prefix('#') else {
                continue;
            };
            let rest = rest.split("//").next().unwrap_or("").trim_start();
            let length = rest
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(rest.len());
            let word = super::names::fold(&rest[..length]);
            match word.as_str() {
                "если" | "if" => depth += 1,
                "конецесли" | "endif" if depth > 0 => depth -= 1,
                "конецесли" | "endif" => {
                    self.open.pop();
                    return;
                }
                "иначе" | "else" | "иначеесли" | "elsif" if depth == 0 => {
                    let taken = self.open.last().is_some_and(|open| open.taken);
                    let is_else = matches!(word.as_str(), "иначе" | "else");
                    let active = is_else || self.condition(&rest[length..], start, self.at);
                    if active && !taken {
                        if let Some(open) = self.open.last_mut() {
                            open.taken = true;
                        }
                        self.line_start = true;
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// The value of a directive's condition.
    fn condition(&mut self, text: &str, start: usize, end: usize) -> bool {
        let mut words = Vec::new();
        let mut rest = text.trim();
        while let Some(c) = rest.chars().next() {
            let length = if c.is_alphanumeric() || c == '_' {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len())
            } else {
                c.len_utf8()
            };
            words.push(super::names::fold(&rest[..length]));
            rest = rest[length..].trim_start();
        }
        match words.pop().as_deref() {
            Some("тогда" | "then") => {}
            _ => self.report(Problem::DirectiveWithoutThen, start, end),
        }
        let mut condition = Condition {
            words: &words,
            at: 0,
            depth: 0,
        };
        match condition.or() {
            Some(value) if condition.at == words.len() => value,
            _ => {
                self.report(Problem::BadDirectiveCondition, start, end);
                false
            }
        }
    }
}

/// A condition of `#Если`: names, И, ИЛИ, НЕ, brackets.
struct Condition<'w> {
    words: &'w [String],
    at: usize,
    depth: u32,
}

impl Condition<'_> {
    fn take(&mut self, ru: &str, en: &str) -> bool {
        let found = self
            .words
            .get(self.at)
            .is_some_and(|word| word == ru || word == en);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Option<bool> {
        let mut value = self.and()?;
        while self.take("или", "or") {
            value |= self.and()?;
        }
        Some(value)
    }

    fn and(&mut self) -> Option<bool> {
        let mut value = self.not()?;
        while self.take("и", "and") {
            value &= self.not()?;
        }
        Some(value)
    }

    fn not(&mut self) -> Option<bool> {
        self.depth += 1;
        if self.depth > 64 {
            return None;
        }
        if self.take("не", "not") {
            return Some(!self.not()?);
        }
        if self.take("(", "(") {
            let value = self.or()?;
            return self.take(")", ")").then_some(value);
        }
        let word = self.words.get(self.at)?;
        self.at += 1;
        if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return None;
        }
        Some(matches!(
            word.as_str(),
            "сервер"
                | "server"
                | "насервере"
                | "atserver"
                | "внешнеесоединение"
                | "externalconnection"
        ))
    }
}
