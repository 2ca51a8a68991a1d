//! Reads a file of dialogue tests. Every line is read, so that all errors are told in one go.

use std::collections::HashMap;
use std::fmt;

use chrono::NaiveDateTime;
use regex::Regex;

/// A file of dialogue tests.
#[derive(Clone, Debug)]
pub struct File {
    /// Its cases, in order.
    pub cases: Vec<Case>,
}

/// One case: chats of its own, steps in order.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name; no two of a file are equal.
    pub name: String,
    /// The line of its name, from 1.
    pub line: usize,
    /// The organisation's folder; `None` where no `org` stands above.
    pub org: Option<String>,
    /// What happens.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The line it begins on, from 1.
    pub line: usize,
    /// What it is.
    pub kind: StepKind,
}

/// The chat of a case.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ChatName {
    /// Any chat that is fresh in this case and the same for this word.
    Fresh(String),
    /// A chat that the organisation has registered, by its key.
    Registered(i64),
}

/// A text to compare with.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Exactly this.
    Exact(String),
    /// A regular expression that is to be found in it.
    Regex(Regex),
}

impl Pattern {
    /// Whether `text` is meant.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Exact(exact) => exact == text,
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Exact(exact) => f.write_str(exact),
            Pattern::Regex(regex) => write!(f, "~ {regex}"),
        }
    }
}

/// What a person can send that is not text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attachment {
    /// One's own contact.
    Contact,
    /// A sticker.
    Sticker,
    /// A photo with this name.
    Photo(String),
    /// A document with this name.
    Document(String),
}

/// What a step does or expects.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// `@`: what follows happens in this chat of this bot.
    Talk {
        /// The code of the bot.
        bot: String,
        /// The chat.
        chat: ChatName,
    },
    /// `>`: the person writes.
    Write(String),
    /// `<`, `<~`: the next answer.
    Answer(Pattern),
    /// `[ ]`, `[~ ]`: the buttons of the answer above; after a press those that stand now under the
    /// message with the pressed button (a page was turned).
    Buttons {
        /// The labels.
        labels: Vec<String>,
        /// They are among the buttons; else they are all of them, in order.
        among: bool,
    },
    /// `*`, `*~`: presses the newest button with this label.
    Press(Pattern),
    /// `<file`: the next answer is a file with this name.
    File(String),
    /// `<!`: nothing more comes.
    Silence,
    /// `^`: the person sends something that is not text.
    Attach(Attachment),
    /// `clock`: the organisation's clock, wall time without a zone.
    Clock(NaiveDateTime),
    /// `kill`: SIGKILL and a start on the same files.
    Kill,
}

/// Something wrong in a file, with its place. `Display` says it in Russian with the remedy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub kind: ParseErrorKind,
}

/// What is wrong in a file of dialogue tests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ParseErrorKind {
    /// A line that begins like no step.
    UnknownLine,
    /// `>text`, `<text`, `*text` or `^text` without a space; the sign.
    NoSpace(&'static str),
    /// Nothing follows a sign or word that needs something; the sign.
    Nothing(&'static str),
    /// A step stands above the first `case`.
    OutsideCase,
    /// A step that needs a chat stands above the first `@` of its case.
    NoChat,
    /// Two cases have this name; the line of the first.
    SameName(usize),
    /// A case without a step.
    NoSteps,
    /// `@` without bot and chat, or with more.
    Chat,
    /// `[` that no `]` ends.
    UnclosedButtons,
    /// A label with nothing in it.
    BlankLabel,
    /// Buttons that follow neither an answer nor a press.
    LooseButtons,
    /// A regular expression that cannot be read; why.
    Regex(String),
    /// A date that is none.
    Clock,
    /// `^` with something that cannot be sent.
    Attachment,
    /// An indented line that continues nothing.
    LooseContinuation,
}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseErrorKind::UnknownLine => f.write_str(
                "непонятная строка: ожидались org, case, @, >, <, [, *, ^, clock, kill или # пояснение",
            ),
            ParseErrorKind::NoSpace(sign) => write!(f, "после «{sign}» нужен пробел"),
            ParseErrorKind::Nothing(sign) => write!(f, "после «{sign}» ничего нет: напишите, что"),
            ParseErrorKind::OutsideCase => {
                f.write_str("шаг стоит до первого случая: напишите над ним «case ИМЯ»")
            }
            ParseErrorKind::NoChat => {
                f.write_str("не сказано, в каком чате: напишите выше «@БОТ ЧАТ»")
            }
            ParseErrorKind::SameName(line) => {
                write!(f, "случай с таким именем уже есть в строке {line}: назовите иначе")
            }
            ParseErrorKind::NoSteps => f.write_str("в случае нет ни одного шага"),
            ParseErrorKind::Chat => {
                f.write_str("ожидалось «@БОТ ЧАТ»: код бота, пробел и слово или номер чата")
            }
            ParseErrorKind::UnclosedButtons => f.write_str("кнопки не закрыты: нужна «]» в конце"),
            ParseErrorKind::BlankLabel => {
                f.write_str("пустая кнопка: между «|» нужно написать её текст")
            }
            ParseErrorKind::LooseButtons => {
                f.write_str("кнопки стоят не под ответом и не под нажатием: напишите над ними «< текст»")
            }
            ParseErrorKind::Regex(why) => write!(f, "регулярное выражение не читается: {why}"),
            ParseErrorKind::Clock => {
                f.write_str("ожидалось «clock ГГГГ-ММ-ДД ЧЧ:ММ» или с секундами")
            }
            ParseErrorKind::Attachment => {
                f.write_str("ожидалось «^ contact», «^ sticker», «^ photo ИМЯ» или «^ document ИМЯ»")
            }
            ParseErrorKind::LooseContinuation => {
                f.write_str("строка с отступом продолжает только текст «>» или «<»")
            }
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "строка {}: {}", self.line, self.kind)
    }
}

impl std::error::Error for ParseError {}

/// Reads a file of dialogue tests.
///
/// # Errors
/// All that is wrong, in the order of lines.
pub fn parse(text: &str) -> Result<File, Vec<ParseError>> {
    let mut reader = Reader::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        reader.line(index + 1, line);
    }
    reader.end()
}

#[derive(Default)]
struct Reader {
    org: Option<String>,
    cases: Vec<Case>,
    names: HashMap<String, usize>,
    errors: Vec<ParseError>,
    /// The case at hand has an `@`.
    has_chat: bool,
    /// Blank lines since a text that may go on.
    blank_lines: usize,
    /// The step above is a text that an indented line continues.
    continues: bool,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        let line = line.trim_end();
        if line.is_empty() {
            self.blank_lines += 1;
            return;
        }
        let blank_lines = std::mem::take(&mut self.blank_lines);
        if let Some(more) = line.strip_prefix("  ") {
            self.continuation(number, more, blank_lines);
            return;
        }
        if line.starts_with('#') {
            self.continues = false;
            return;
        }
        self.continues = false;
        if let Err(kind) = self.whole_line(number, line.trim_start()) {
            self.errors.push(ParseError { line: number, kind });
        }
    }

    fn continuation(&mut self, number: usize, more: &str, blank_lines: usize) {
        let step = self.cases.last_mut().and_then(|case| case.steps.last_mut());
        match step.map(|step| &mut step.kind) {
            Some(StepKind::Write(text) | StepKind::Answer(Pattern::Exact(text)))
                if self.continues =>
            {
                for _ in 0..=blank_lines {
                    text.push('\n');
                }
                text.push_str(more);
            }
            _ => self.errors.push(ParseError {
                line: number,
                kind: ParseErrorKind::LooseContinuation,
            }),
        }
    }

    fn whole_line(&mut self, number: usize, line: &str) -> Result<(), ParseErrorKind> {
        let (word, rest) = line
            .split_once(char::is_whitespace)
            .map_or((line, ""), |(word, rest)| (word, rest.trim()));
        match word {
            "org" => {
                self.org = Some(some("org", rest)?);
                Ok(())
            }
            "case" => self.case(number, some("case", rest)?),
            _ => {
                // A faulty step counts as a step: one error is enough for a line.
                let kind = step(word, rest, line);
                self.step(number, kind)
            }
        }
    }

    fn case(&mut self, number: usize, name: String) -> Result<(), ParseErrorKind> {
        self.end_case();
        self.has_chat = false;
        let first = self.names.get(&name).copied();
        self.names.entry(name.clone()).or_insert(number);
        self.cases.push(Case {
            name,
            line: number,
            org: self.org.clone(),
            steps: Vec::new(),
        });
        match first {
            Some(first) => Err(ParseErrorKind::SameName(first)),
            None => Ok(()),
        }
    }

    fn step(
        &mut self,
        line: usize,
        kind: Result<StepKind, ParseErrorKind>,
    ) -> Result<(), ParseErrorKind> {
        if let Err(ParseErrorKind::UnknownLine) = kind {
            return Err(ParseErrorKind::UnknownLine);
        }
        let Some(case) = self.cases.last_mut() else {
            return Err(ParseErrorKind::OutsideCase);
        };
        if let Err(kind) = kind {
            // The case has a step, though a faulty one.
            case.steps.push(Step {
                line,
                kind: StepKind::Silence,
            });
            self.has_chat |= kind == ParseErrorKind::Chat;
            return Err(kind);
        }
        let kind = kind?;
        match &kind {
            StepKind::Talk { .. } => self.has_chat = true,
            StepKind::Clock(_) | StepKind::Kill => {}
            _ if !self.has_chat => {
                // Said once for a case.
                self.has_chat = true;
                case.steps.push(Step { line, kind });
                return Err(ParseErrorKind::NoChat);
            }
            _ => {}
        }
        if let StepKind::Buttons { labels, among } = &kind {
            match case.steps.last_mut().map(|step| &mut step.kind) {
                Some(StepKind::Answer(_) | StepKind::File(_) | StepKind::Press(_)) => {}
                Some(StepKind::Buttons {
                    labels: above,
                    among: above_among,
                }) if above_among == among => {
                    above.extend_from_slice(labels);
                    return Ok(());
                }
                _ => return Err(ParseErrorKind::LooseButtons),
            }
        }
        self.continues = matches!(
            kind,
            StepKind::Write(_) | StepKind::Answer(Pattern::Exact(_))
        );
        case.steps.push(Step { line, kind });
        Ok(())
    }

    fn end_case(&mut self) {
        if let Some(case) = self.cases.last()
            && case.steps.is_empty()
        {
            self.errors.push(ParseError {
                line: case.line,
                kind: ParseErrorKind::NoSteps,
            });
        }
    }

    fn end(mut self) -> Result<File, Vec<ParseError>> {
        self.end_case();
        if self.errors.is_empty() {
            return Ok(File { cases: self.cases });
        }
        self.errors.sort_by_key(|error| error.line);
        Err(self.errors)
    }
}

/// Reads a step. `word` is the line's first word, `rest` what follows it.
fn step(word: &str, rest: &str, line: &str) -> Result<StepKind, ParseErrorKind> {
    match word {
        ">" => Ok(StepKind::Write(some(">", rest)?)),
        "<" => Ok(StepKind::Answer(Pattern::Exact(some("<", rest)?))),
        "<~" => Ok(StepKind::Answer(regex("<~", rest)?)),
        "<!" if rest.is_empty() => Ok(StepKind::Silence),
        "<file" => Ok(StepKind::File(some("<file", rest)?)),
        "*" => Ok(StepKind::Press(Pattern::Exact(some("*", rest)?))),
        "*~" => Ok(StepKind::Press(regex("*~", rest)?)),
        "^" => attachment(rest),
        "clock" => clock(rest),
        "kill" if rest.is_empty() => Ok(StepKind::Kill),
        _ if line.starts_with('@') => talk(&line[1..]),
        _ if line.starts_with("[~") => buttons(&line[2..], true),
        _ if line.starts_with('[') => buttons(&line[1..], false),
        _ => Err([">", "<", "*", "^"]
            .into_iter()
            .find(|sign| line.starts_with(sign))
            .map_or(ParseErrorKind::UnknownLine, ParseErrorKind::NoSpace)),
    }
}

fn some(sign: &'static str, rest: &str) -> Result<String, ParseErrorKind> {
    if rest.is_empty() {
        return Err(ParseErrorKind::Nothing(sign));
    }
    Ok(rest.to_owned())
}

fn regex(sign: &'static str, rest: &str) -> Result<Pattern, ParseErrorKind> {
    let source = some(sign, rest)?;
    match Regex::new(&source) {
        Ok(regex) => Ok(Pattern::Regex(regex)),
        // The last line says what is wrong; those above draw the place.
        Err(error) => {
            let error = error.to_string();
            let why = error.lines().last().unwrap_or(&error);
            Err(ParseErrorKind::Regex(
                why.strip_prefix("error: ").unwrap_or(why).to_owned(),
            ))
        }
    }
}

fn talk(rest: &str) -> Result<StepKind, ParseErrorKind> {
    let mut words = rest.split_whitespace();
    let (Some(bot), Some(chat), None) = (words.next(), words.next(), words.next()) else {
        return Err(ParseErrorKind::Chat);
    };
    if rest.starts_with(char::is_whitespace) {
        return Err(ParseErrorKind::Chat);
    }
    Ok(StepKind::Talk {
        bot: bot.to_owned(),
        chat: match chat.parse() {
            Ok(key) => ChatName::Registered(key),
            Err(_) => ChatName::Fresh(chat.to_owned()),
        },
    })
}

fn attachment(rest: &str) -> Result<StepKind, ParseErrorKind> {
    let (what, name) = rest
        .split_once(char::is_whitespace)
        .map_or((rest, ""), |(what, name)| (what, name.trim()));
    let attachment = match (what, name) {
        ("contact", "") => Attachment::Contact,
        ("sticker", "") => Attachment::Sticker,
        ("photo", name) if !name.is_empty() => Attachment::Photo(name.to_owned()),
        ("document", name) if !name.is_empty() => Attachment::Document(name.to_owned()),
        _ => return Err(ParseErrorKind::Attachment),
    };
    Ok(StepKind::Attach(attachment))
}

fn clock(rest: &str) -> Result<StepKind, ParseErrorKind> {
    ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(rest, format).ok())
        .map(StepKind::Clock)
        .ok_or(ParseErrorKind::Clock)
}

fn buttons(rest: &str, among: bool) -> Result<StepKind, ParseErrorKind> {
    let inner = rest
        .strip_suffix(']')
        .filter(|inner| !inner.ends_with('\\'))
        .ok_or(ParseErrorKind::UnclosedButtons)?;
    let mut labels = vec![String::new()];
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        let label = labels.last_mut().expect("never empty");
        match character {
            '|' => labels.push(String::new()),
            '\\' => match characters.next() {
                Some(escaped @ ('|' | '\\' | ']')) => label.push(escaped),
                Some(other) => label.extend(['\\', other]),
                None => label.push('\\'),
            },
            other => label.push(other),
        }
    }
    let labels: Vec<String> = labels
        .into_iter()
        .map(|label| label.trim().to_owned())
        .collect();
    // `[ ]` says that there are none; «these are among them» needs at least one.
    if !among && labels == [""] {
        return Ok(StepKind::Buttons {
            labels: Vec::new(),
            among,
        });
    }
    if labels.iter().any(String::is_empty) {
        return Err(ParseErrorKind::BlankLabel);
    }
    Ok(StepKind::Buttons { labels, among })
}
