//! 1C's patterns in the syntax of the engine.
//!
//! Both come from Perl and differ in corners: what ends a line, where `$` stands, what `\h` and `\v`
//! mean, POSIX classes, `\Q…\E`, `\uXXXX`. The flags `m`, `s` and `x` are resolved here, so that the
//! engine sees only `i`.

use std::fmt::Write;

/// What the caller asks of the whole pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags {
    /// ИгнорироватьРегистр.
    pub ignore_case: bool,
    /// МногострочныйПоиск: `^` and `$` at every line.
    pub multiline: bool,
}

/// Why a pattern is none: the reason in Russian and English, and the character it is about, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
    /// Its place; 0 when the engine does not tell.
    pub position: usize,
}

/// Which ends of lines the text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaks {
    /// Line feeds, and none at the very end: the engine's own assertions serve, and stay fast.
    Plain,
    /// Any of Unicode's.
    Any,
}

/// A pattern for the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Translated {
    pub text: String,
    /// The ends of lines matter to it.
    pub minds_breaks: bool,
    /// It goes back over the text, so that its work cannot be bounded beforehand.
    pub goes_back: bool,
}

/// Ends of a line: LF, VT, FF, CR, NEL, LS, PS.
const BREAK: &str = r"\n\x0B\f\r\x85\x{2028}\x{2029}";

/// Nesting of groups and classes: the engine stops at 64, and so do we, with our own words.
const DEPTH_MAX: usize = 60;

/// Flags that hold within a group.
#[derive(Clone, Copy)]
struct Local {
    ignore_case: bool,
    multiline: bool,
    dot_all: bool,
    free: bool,
}

struct Translator<'p> {
    pattern: &'p [char],
    at: usize,
    out: String,
    breaks: Breaks,
    flags: Local,
    /// Flags around the open groups, and where each begins in the output.
    outer: Vec<(Local, usize)>,
    /// Where the last thing that can be repeated begins in the output.
    atom: usize,
    minds_breaks: bool,
    goes_back: bool,
}

/// Rewrites a pattern.
pub(super) fn translate(
    pattern: &str,
    flags: Flags,
    breaks: Breaks,
) -> Result<Translated, PatternError> {
    let symbols: Vec<char> = pattern.chars().collect();
    let mut translator = Translator {
        pattern: &symbols,
        at: 0,
        out: String::with_capacity(pattern.len() + 16),
        breaks,
        flags: Local {
            ignore_case: flags.ignore_case,
            multiline: flags.multiline,
            dot_all: false,
            free: false,
        },
        outer: Vec::new(),
        atom: 0,
        minds_breaks: false,
        goes_back: false,
    };
    if flags.ignore_case {
        translator.out.push_str("(?i)");
    }
    translator.run()?;
    Ok(Translated {
        text: translator.out,
        minds_breaks: translator.minds_breaks,
        goes_back: translator.goes_back,
    })
}

impl Translator<'_> {
    fn peek(&self) -> Option<char> {
        self.pattern.get(self.at).copied()
    }

    fn looks_at(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(n, symbol)| self.pattern.get(self.at + n) == Some(&symbol))
    }

    fn error(&self, ru: impl Into<String>, en: impl Into<String>) -> PatternError {
        self.error_at(self.at, ru, en)
    }

    fn error_at(&self, at: usize, ru: impl Into<String>, en: impl Into<String>) -> PatternError {
        PatternError {
            ru: ru.into(),
            en: en.into(),
            position: at + 1,
        }
    }

    fn run(&mut self) -> Result<(), PatternError> {
        while let Some(symbol) = self.peek() {
            if !matches!(symbol, '{' | '*' | '+' | '?' | ')') {
                self.atom = self.out.len();
            }
            match symbol {
                '\\' => self.escape(false)?,
                '[' => self.class(0)?,
                '(' => self.group()?,
                ')' => match self.outer.pop() {
                    Some((flags, start)) => {
                        self.flags = flags;
                        self.atom = start;
                        self.at += 1;
                        self.out.push(')');
                    }
                    None => return Err(self.error("лишняя «)»", "unmatched \")\"")),
                },
                '.' => {
                    self.at += 1;
                    self.dot();
                }
                '^' => {
                    self.at += 1;
                    self.line_start();
                }
                '$' => {
                    self.at += 1;
                    self.line_end(self.flags.multiline);
                }
                '{' => self.brace(),
                '*' | '+' | '?' => {
                    self.at += 1;
                    self.out.push(symbol);
                    // The second sign makes it lazy or possessive.
                    if let Some(second @ ('?' | '+')) = self.peek() {
                        self.at += 1;
                        self.out.push(second);
                        self.goes_back |= second == '+';
                    }
                }
                '#' if self.flags.free => {
                    while self.peek().is_some_and(|symbol| symbol != '\n') {
                        self.at += 1;
                    }
                }
                symbol if self.flags.free && symbol.is_whitespace() => self.at += 1,
                '|' => {
                    self.at += 1;
                    self.out.push('|');
                }
                symbol => {
                    self.at += 1;
                    self.literal(symbol);
                }
            }
        }
        if self.outer.is_empty() {
            Ok(())
        } else {
            Err(self.error("не хватает «)»", "missing \")\""))
        }
    }

    /// A character that stands for itself.
    fn literal(&mut self, symbol: char) {
        if symbol.is_ascii_punctuation() && symbol != '_' && !matches!(symbol, '<' | '>') {
            self.out.push('\\');
        }
        self.out.push(symbol);
    }

    fn dot(&mut self) {
        if self.flags.dot_all {
            self.out.push_str(r"[\s\S]");
            return;
        }
        self.minds_breaks = true;
        match self.breaks {
            Breaks::Plain => self.out.push_str(r"[^\n]"),
            Breaks::Any => {
                let _ = write!(self.out, "[^{BREAK}]");
            }
        }
    }

    fn line_start(&mut self) {
        if !self.flags.multiline {
            self.out.push_str(r"\A");
            return;
        }
        self.minds_breaks = true;
        match self.breaks {
            Breaks::Plain => self.out.push_str("(?m:^)"),
            Breaks::Any => {
                // Not inside CR LF, and not after the last line's end.
                self.goes_back = true;
                let _ = write!(self.out, r"(?:\A|(?<=[{BREAK}])(?!(?<=\r)\n)(?!\z))");
            }
        }
    }

    fn line_end(&mut self, multiline: bool) {
        self.minds_breaks = true;
        match (self.breaks, multiline) {
            (Breaks::Plain, true) => self.out.push_str("(?m:$)"),
            (Breaks::Plain, false) => self.out.push_str(r"\z"),
            (Breaks::Any, true) => {
                self.goes_back = true;
                let _ = write!(self.out, r"(?:\z|(?=[{BREAK}])(?!(?<=\r)\n))");
            }
            // The last end of a line does not count.
            (Breaks::Any, false) => {
                self.goes_back = true;
                let _ = write!(self.out, r"(?:\z|(?=(?:\r\n|[{BREAK}])\z)(?!(?<=\r)\n))");
            }
        }
    }

    /// A repetition `{2}`, `{2,}`, `{2,5}`, or a brace that stands for itself.
    fn brace(&mut self) {
        let rest = &self.pattern[self.at + 1..];
        let digits = |from: usize| {
            rest[from.min(rest.len())..]
                .iter()
                .take_while(|symbol| symbol.is_ascii_digit())
                .count()
        };
        let low = digits(0);
        let mut length = low;
        if low > 0 && rest.get(length) == Some(&',') {
            length += 1;
            length += digits(length);
        }
        if low == 0 || rest.get(length) != Some(&'}') {
            self.at += 1;
            self.out.push_str(r"\{");
            return;
        }
        self.out.push('{');
        self.out.extend(&rest[..=length]);
        self.at += length + 2;
        if let Some(second @ ('?' | '+')) = self.peek() {
            self.at += 1;
            if second == '+' {
                // To the engine `{2}+` is a repetition of a repetition.
                self.goes_back = true;
                self.out.insert_str(self.atom, "(?>");
                self.out.push(')');
            } else {
                self.out.push('?');
            }
        }
    }

    fn group(&mut self) -> Result<(), PatternError> {
        if self.outer.len() >= DEPTH_MAX {
            return Err(self.error("слишком глубокая вложенность", "nested too deep"));
        }
        let start = self.at;
        self.at += 1;
        if self.peek() != Some('?') {
            self.outer.push((self.flags, self.atom));
            self.out.push('(');
            return Ok(());
        }
        self.at += 1;
        for (mark, goes_back) in [
            (":", false),
            ("=", true),
            ("!", true),
            ("<=", true),
            ("<!", true),
            (">", true),
        ] {
            if self.looks_at(mark) {
                self.at += mark.len();
                self.outer.push((self.flags, self.atom));
                self.goes_back |= goes_back;
                let _ = write!(self.out, "(?{mark}");
                return Ok(());
            }
        }
        match self.peek() {
            Some('#') => {
                while let Some(symbol) = self.peek() {
                    self.at += 1;
                    if symbol == ')' {
                        return Ok(());
                    }
                }
                Err(self.error_at(start, "не хватает «)»", "missing \")\""))
            }
            Some('<') => {
                self.at += 1;
                let name = self.name('>')?;
                self.outer.push((self.flags, self.atom));
                let _ = write!(self.out, "(?<{name}>");
                Ok(())
            }
            _ => self.flags(start),
        }
    }

    /// The name of a group, up to its end.
    fn name(&mut self, end: char) -> Result<String, PatternError> {
        let start = self.at;
        let mut name = String::new();
        while let Some(symbol) = self.peek() {
            self.at += 1;
            if symbol == end && !name.is_empty() {
                return Ok(name);
            }
            if !(symbol.is_alphanumeric() || symbol == '_') {
                break;
            }
            name.push(symbol);
        }
        Err(self.error_at(start, "неверное имя группы", "bad name of a group"))
    }

    /// `(?im-sx)` and `(?im-sx:`.
    fn flags(&mut self, start: usize) -> Result<(), PatternError> {
        let mut flags = self.flags;
        let mut on = true;
        while let Some(symbol) = self.peek() {
            self.at += 1;
            match symbol {
                '-' => on = false,
                'i' => flags.ignore_case = on,
                'm' => flags.multiline = on,
                's' => flags.dot_all = on,
                'x' => flags.free = on,
                // Unicode's own boundaries of words: the engine has one kind.
                'w' => {}
                ':' | ')' => {
                    let change = match (self.flags.ignore_case, flags.ignore_case) {
                        (false, true) => "i",
                        (true, false) => "-i",
                        _ => "",
                    };
                    if symbol == ':' {
                        self.outer.push((self.flags, self.atom));
                        let _ = write!(self.out, "(?{change}:");
                    } else if !change.is_empty() {
                        let _ = write!(self.out, "(?{change})");
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
        }
        Err(self.error_at(
            start,
            "неизвестный вид группы «(?»",
            "unknown kind of group \"(?\"",
        ))
    }

    fn escape(&mut self, in_class: bool) -> Result<(), PatternError> {
        let start = self.at;
        self.at += 1;
        let Some(symbol) = self.peek() else {
            return Err(self.error_at(start, "«\\» в конце шаблона", "\"\\\" at the end"));
        };
        self.at += 1;
        let plain: &str = match symbol {
            'd' => r"\d",
            'D' => r"\D",
            's' => r"\s",
            'S' => r"\S",
            'w' => r"\w",
            'W' => r"\W",
            'a' => r"\x07",
            'e' => r"\x1B",
            'f' => r"\f",
            'n' => r"\n",
            'r' => r"\r",
            't' => r"\t",
            'h' => r"[\t\p{Zs}]",
            'H' => r"[^\t\p{Zs}]",
            'v' => r"[\n\x0B\f\r\x85\x{2028}\x{2029}]",
            'V' => r"[^\n\x0B\f\r\x85\x{2028}\x{2029}]",
            'b' if !in_class => r"\b",
            'B' if !in_class => r"\B",
            'A' if !in_class => r"\A",
            'z' if !in_class => r"\z",
            'R' if !in_class => r"(?:\r\n|[\n\x0B\f\r\x85\x{2028}\x{2029}])",
            'X' if !in_class => r"(?:\r\n|\P{M}\p{M}*|\p{M}+)",
            _ => "",
        };
        if !plain.is_empty() {
            self.out.push_str(plain);
            return Ok(());
        }
        match symbol {
            'Z' if !in_class => {
                self.line_end(false);
                Ok(())
            }
            'Q' => {
                while self.peek().is_some() && !self.looks_at("\\E") {
                    let symbol = self.pattern[self.at];
                    self.at += 1;
                    self.literal(symbol);
                }
                self.at = (self.at + 2).min(self.pattern.len());
                Ok(())
            }
            'E' => Ok(()),
            'p' | 'P' => self.property(symbol),
            'u' => {
                let unit = self.hex(start, 4, 4)?;
                let code = match unit {
                    0xd800..0xdc00 if self.looks_at("\\u") => {
                        self.at += 2;
                        let low = self.hex(start, 4, 4)?;
                        0x1_0000 + ((unit - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff)
                    }
                    unit => unit,
                };
                self.code(start, code)
            }
            'U' => {
                let code = self.hex(start, 8, 8)?;
                self.code(start, code)
            }
            'x' if self.peek() == Some('{') => {
                self.at += 1;
                let code = self.hex(start, 1, 8)?;
                if self.peek() != Some('}') {
                    return Err(self.bad_escape(start));
                }
                self.at += 1;
                self.code(start, code)
            }
            'x' => {
                let code = self.hex(start, 2, 2)?;
                self.code(start, code)
            }
            '0' => {
                let digits = self.pattern[self.at..]
                    .iter()
                    .take(3)
                    .map_while(|symbol| symbol.to_digit(8));
                let (count, code) =
                    digits.fold((0, 0), |(count, code), digit| (count + 1, code * 8 + digit));
                if count == 0 {
                    return Err(self.bad_escape(start));
                }
                self.at += count;
                self.code(start, code)
            }
            'c' => match self.peek() {
                Some(letter) if letter.is_ascii() => {
                    self.at += 1;
                    self.code(start, u32::from(letter) & 31)
                }
                _ => Err(self.bad_escape(start)),
            },
            '1'..='9' if !in_class => {
                let mut number = symbol.to_string();
                while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
                    number.push(digit);
                    self.at += 1;
                }
                self.goes_back = true;
                // In a group, so that a digit after it is not its own.
                let _ = write!(self.out, r"(?:\{number})");
                Ok(())
            }
            'k' if !in_class && self.peek() == Some('<') => {
                self.at += 1;
                let name = self.name('>')?;
                self.goes_back = true;
                let _ = write!(self.out, r"\k<{name}>");
                Ok(())
            }
            symbol if symbol.is_ascii_alphanumeric() => Err(self.bad_escape(start)),
            symbol => {
                self.literal(symbol);
                Ok(())
            }
        }
    }

    fn bad_escape(&self, start: usize) -> PatternError {
        let shown: String = self.pattern[start..self.pattern.len().min(start + 2)]
            .iter()
            .collect();
        self.error_at(
            start,
            format!("неизвестная последовательность «{shown}»"),
            format!("unknown escape \"{shown}\""),
        )
    }

    /// A number of hexadecimal digits.
    fn hex(&mut self, start: usize, least: usize, most: usize) -> Result<u32, PatternError> {
        let mut code = 0u32;
        let mut count = 0;
        while count < most
            && let Some(digit) = self.peek().and_then(|symbol| symbol.to_digit(16))
        {
            code = code.wrapping_mul(16).wrapping_add(digit);
            self.at += 1;
            count += 1;
        }
        if count < least {
            Err(self.bad_escape(start))
        } else {
            Ok(code)
        }
    }

    fn code(&mut self, start: usize, code: u32) -> Result<(), PatternError> {
        if char::from_u32(code).is_none() {
            return Err(self.bad_escape(start));
        }
        let _ = write!(self.out, r"\x{{{code:X}}}");
        Ok(())
    }

    /// `\p{…}`; names of properties are the engine's affair.
    fn property(&mut self, letter: char) -> Result<(), PatternError> {
        let start = self.at;
        if let Some(short) = self.peek().filter(char::is_ascii_alphabetic) {
            self.at += 1;
            let _ = write!(self.out, r"\{letter}{{{short}}}");
            return Ok(());
        }
        if self.peek() == Some('{') {
            let end = self.pattern[start..].iter().position(|it| *it == '}');
            if let Some(length) = end {
                let name: String = self.pattern[start + 1..start + length].iter().collect();
                self.at += length + 1;
                let usual = name
                    .chars()
                    .all(|it| it.is_ascii_alphanumeric() || " _-=^".contains(it));
                if usual && !name.is_empty() {
                    let _ = write!(self.out, r"\{letter}{{{name}}}");
                    return Ok(());
                }
            }
        }
        Err(self.error_at(start, "неверное имя свойства", "bad name of a property"))
    }

    /// A class with everything in it.
    fn class(&mut self, depth: usize) -> Result<(), PatternError> {
        if depth >= DEPTH_MAX {
            return Err(self.error("слишком глубокая вложенность", "nested too deep"));
        }
        let start = self.at;
        self.at += 1;
        self.out.push('[');
        if self.peek() == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        // Whether what stands before is one character, which may begin a range.
        let mut single = false;
        loop {
            let Some(symbol) = self.peek() else {
                return Err(self.error_at(start, "не хватает «]»", "missing \"]\""));
            };
            let mut begins = false;
            match symbol {
                ']' if !first => {
                    self.at += 1;
                    self.out.push(']');
                    return Ok(());
                }
                '[' if self.looks_at("[:") && self.posix()? => {}
                '[' => self.class(depth + 1)?,
                '\\' => {
                    begins = !self.names_many();
                    self.escape(true)?;
                }
                '&' if self.looks_at("&&") => {
                    self.at += 2;
                    self.out.push_str("&&");
                }
                '-' if self.looks_at("--") && !first => {
                    self.at += 2;
                    self.out.push_str("--");
                }
                '-' => {
                    self.at += 1;
                    let ends = matches!(self.peek(), None | Some(']' | '['));
                    if single && !ends && !self.names_many() {
                        self.out.push('-');
                        match self.peek() {
                            Some('\\') => self.escape(true)?,
                            Some(last) => {
                                self.at += 1;
                                self.literal(last);
                            }
                            None => {}
                        }
                    } else {
                        self.out.push_str(r"\-");
                    }
                }
                symbol => {
                    self.at += 1;
                    self.literal(symbol);
                    begins = true;
                }
            }
            single = begins;
            first = false;
        }
    }

    /// Whether an escape of many characters stands here: a class, a quotation, a property.
    fn names_many(&self) -> bool {
        self.peek() == Some('\\')
            && self
                .pattern
                .get(self.at + 1)
                .is_some_and(|letter| "dDsSwWhHvVpPQE".contains(*letter))
    }

    /// `[:alpha:]`, of all letters and not of the Latin ones only. `false`: it is not that.
    fn posix(&mut self) -> Result<bool, PatternError> {
        let rest = &self.pattern[self.at + 2..];
        let Some(length) = rest.iter().position(|it| *it == ':') else {
            return Ok(false);
        };
        if rest.get(length + 1) != Some(&']') {
            return Ok(false);
        }
        let name: String = rest[..length].iter().collect();
        let (negated, name) = match name.strip_prefix('^') {
            Some(name) => (true, name),
            None => (false, name.as_str()),
        };
        let (yes, no) = match name {
            "alpha" => (r"\p{Alphabetic}", r"\P{Alphabetic}"),
            "lower" => (r"\p{Lowercase}", r"\P{Lowercase}"),
            "upper" => (r"\p{Uppercase}", r"\P{Uppercase}"),
            "digit" => (r"\p{Nd}", r"\P{Nd}"),
            "alnum" => (r"[\p{Alphabetic}\p{Nd}]", r"[^\p{Alphabetic}\p{Nd}]"),
            "punct" => (r"\p{P}", r"\P{P}"),
            "space" => (r"\s", r"\S"),
            "blank" => (r"[\t\p{Zs}]", r"[^\t\p{Zs}]"),
            "cntrl" => (r"\p{Cc}", r"\P{Cc}"),
            "graph" => (r"[^\s\p{Cc}\p{Cn}]", r"[\s\p{Cc}\p{Cn}]"),
            "print" => (r"[^\p{Cc}\p{Cn}]", r"[\p{Cc}\p{Cn}]"),
            "xdigit" => (r"[\p{Nd}\p{Hex_Digit}]", r"[^\p{Nd}\p{Hex_Digit}]"),
            "word" => (r"\w", r"\W"),
            _ => {
                return Err(self.error(
                    format!("неизвестный класс «{name}»"),
                    format!("unknown class \"{name}\""),
                ));
            }
        };
        self.at += length + 4;
        self.out.push_str(if negated { no } else { yes });
        Ok(true)
    }
}
