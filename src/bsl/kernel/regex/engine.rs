//! Compiling and searching, within a budget that the caller keeps.
//!
//! What fits an automaton takes time in proportion to the text. What needs to go back (references,
//! look-around) runs in the engine's backtracking machine, which counts its returns but not its steps
//! forward. Every step of that machine reads the text through [`Metered`], which therefore is where a
//! run can be stopped: it unwinds with a payload of its own, without a panic's message, and the search
//! catches it.

use super::text::Subject;
use super::translate::{Breaks, Flags, PatternError, translate};
use fancy_regex::{CompileError, Error, Input, Regex, RegexBuilder, RegexInput, RuntimeError};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Returns that one search may make. A pattern that needs more will need twice as many for one more
/// character; on texts of thousands of characters a million never happens to a sound pattern.
const BACKTRACKS: usize = 1_000_000;

/// Each place where a match may begin counts as a return too, so a long text is allowed more.
const BACKTRACKS_LONG: usize = 64_000_000;

/// Bytes from which a text is long.
const LONG: usize = BACKTRACKS / 4;

/// Bytes that a compiled pattern may take, tried in turn: most need the first, `\w{1,200}` the last.
const SIZES: [usize; 3] = [1 << 17, 1 << 20, 1 << 24];

/// Bytes that the automaton may keep for states of its own.
const CACHE: usize = 1 << 20;

/// Instructions of the backtracking machine.
const PROGRAM: usize = 100_000;

/// Size of a pattern times length of a text from which a search is tried on a part of it first: below,
/// even the slowest automaton ends within a second.
const HEAVY: usize = 1 << 39;

/// The part of a text that is tried first.
const TRIAL: usize = 64;

/// Reads of the text between two looks at the clock, on a short text and on the longest: one read may
/// lead over the whole text.
const READS: (u32, u32) = (4096, 16);

/// What the caller knows of the run.
pub trait Watch {
    /// Counts work; `false` stops the search.
    fn goes_on(&self, steps: u32) -> bool;

    /// What is left of the run's time.
    fn time_left(&self) -> Duration;
}

/// A part of the text: bytes from, bytes to.
pub type Span = (usize, usize);

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The whole match.
    pub whole: Span,
    /// The groups from the first on; `None`: it took no part.
    pub groups: Vec<Option<Span>>,
}

/// Why a search gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchError {
    /// The pattern goes back over the text too often.
    Backtracks,
    /// The caller stopped it.
    Stopped,
    /// The pattern cannot be compiled in the form that this text needs.
    Pattern(PatternError),
}

/// A pattern, compiled in the forms that were needed so far.
pub struct Pattern {
    source: String,
    flags: Flags,
    minds_breaks: bool,
    forms: Vec<(Form, Rc<Compiled>)>,
    groups: usize,
    /// Bytes that one form may take.
    most: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Form {
    breaks: Breaks,
    /// It must cover the whole text.
    whole: bool,
    long: bool,
}

struct Compiled {
    regex: Regex,
    /// At most so many bytes of automata.
    size: usize,
    goes_back: bool,
}

impl Pattern {
    /// Compiles a pattern into at most so many bytes (a small one is always compiled).
    pub fn new(source: &str, flags: Flags, most: usize) -> Result<Pattern, PatternError> {
        let form = Form {
            breaks: Breaks::Plain,
            whole: false,
            long: false,
        };
        let translated = translate(source, flags, form.breaks)?;
        let mut pattern = Pattern {
            source: source.to_owned(),
            flags,
            minds_breaks: translated.minds_breaks,
            forms: Vec::new(),
            groups: 0,
            most,
        };
        pattern.groups = pattern.compiled(form)?.regex.captures_len() - 1;
        Ok(pattern)
    }

    /// Groups that it has.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Bytes that it may take, for a caller that accounts memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let forms = self.forms.iter().map(|(_, compiled)| compiled.size / 2);
        self.source.len() + forms.sum::<usize>()
    }

    fn compiled(&mut self, form: Form) -> Result<Rc<Compiled>, PatternError> {
        if let Some((_, found)) = self.forms.iter().find(|(other, _)| *other == form) {
            return Ok(Rc::clone(found));
        }
        let translated = translate(&self.source, self.flags, form.breaks)?;
        let text = if form.whole {
            format!(r"\A(?:{})\z", translated.text)
        } else {
            translated.text
        };
        let backtracks = if form.long {
            BACKTRACKS_LONG
        } else {
            BACKTRACKS
        };
        let mut error = None;
        let allowed = SIZES
            .iter()
            .filter(|size| **size <= self.most.max(SIZES[0]));
        for &size in allowed {
            match build(&text, size, backtracks) {
                Ok(regex) => {
                    let compiled = Rc::new(Compiled {
                        regex,
                        size,
                        goes_back: translated.goes_back,
                    });
                    self.forms.push((form, Rc::clone(&compiled)));
                    return Ok(compiled);
                }
                Err(found) => {
                    let too_big = is_too_big(&found);
                    error = Some(found);
                    if !too_big {
                        break;
                    }
                }
            }
        }
        Err(error.map_or_else(no_reason, |error| explain(&error)))
    }

    fn form(&self, subject: &Subject, whole: bool) -> Form {
        Form {
            breaks: if self.minds_breaks && subject.odd_breaks() {
                Breaks::Any
            } else {
                Breaks::Plain
            },
            whole,
            long: subject.text().len() >= LONG,
        }
    }

    /// The first match that begins at a byte or after it.
    pub fn find(
        &mut self,
        subject: &Subject,
        from: usize,
        watch: &dyn Watch,
    ) -> Result<Option<Found>, SearchError> {
        let compiled = self
            .compiled(self.form(subject, false))
            .map_err(SearchError::Pattern)?;
        compiled.try_out(subject.text(), from, watch)?;
        compiled.search(subject.text(), from, false, self.groups, watch)
    }

    /// The match that begins at the byte.
    pub fn match_at(
        &mut self,
        subject: &Subject,
        at: usize,
        watch: &dyn Watch,
    ) -> Result<Option<Found>, SearchError> {
        let compiled = self
            .compiled(self.form(subject, false))
            .map_err(SearchError::Pattern)?;
        compiled.search(subject.text(), at, true, self.groups, watch)
    }

    /// Whether it covers the whole text.
    pub fn covers(&mut self, subject: &Subject, watch: &dyn Watch) -> Result<bool, SearchError> {
        let compiled = self
            .compiled(self.form(subject, true))
            .map_err(SearchError::Pattern)?;
        compiled.try_out(subject.text(), 0, watch)?;
        let found = compiled.search(subject.text(), 0, true, 0, watch)?;
        Ok(found.is_some())
    }
}

impl Compiled {
    fn search(
        &self,
        text: &str,
        from: usize,
        anchored: bool,
        groups: usize,
        watch: &dyn Watch,
    ) -> Result<Option<Found>, SearchError> {
        let metered = Metered::new(text, watch);
        let input = RegexInput::new(&metered).from_pos(from).anchored(anchored);
        let run = || -> Result<Option<Found>, Error> {
            if groups == 0 {
                let found = self.regex.find_input(input)?;
                return Ok(found.map(|whole| Found {
                    whole,
                    groups: Vec::new(),
                }));
            }
            let Some(captures) = self.regex.captures_input(input)? else {
                return Ok(None);
            };
            let groups = (1..=groups).map(|number| captures.get(number)).collect();
            Ok(captures.get(0).map(|whole| Found { whole, groups }))
        };
        // Only the machine that goes back can be interrupted, and its caches are reset at each start.
        let result = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(result) => result,
            Err(payload) if payload.is::<Stopped>() => return Err(SearchError::Stopped),
            Err(payload) => resume_unwind(payload),
        };
        result.map_err(|error| match error {
            Error::RuntimeError(
                RuntimeError::BacktrackLimitExceeded | RuntimeError::StackOverflow,
            ) => SearchError::Backtracks,
            error => SearchError::Pattern(explain(&error)),
        })
    }

    /// A large automaton over a long text cannot be interrupted: its time is measured on a part of the
    /// text, and when the whole would take longer than the run has, the run ends here.
    fn try_out(&self, text: &str, from: usize, watch: &dyn Watch) -> Result<(), SearchError> {
        let length = text.len().saturating_sub(from);
        if self.goes_back || self.size.saturating_mul(length) < HEAVY {
            return Ok(());
        }
        let mut end = from + length / TRIAL;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let start = Instant::now();
        // An error here is one of the whole search too.
        let _ = self.search(&text[..end], from, false, 0, watch);
        if start.elapsed() * TRIAL as u32 > watch.time_left() {
            return Err(SearchError::Stopped);
        }
        Ok(())
    }
}

/// The payload with which a search is left.
struct Stopped;

/// A text whose readers are counted.
struct Metered<'t> {
    text: &'t str,
    watch: &'t dyn Watch,
    every: u32,
    left: Cell<u32>,
}

impl<'t> Metered<'t> {
    fn new(text: &'t str, watch: &'t dyn Watch) -> Metered<'t> {
        let (short, long) = READS;
        // One read costs at most the length of the text: fifty millions of bytes between two looks.
        let every = (50_000_000 / text.len().max(1)).clamp(long as usize, short as usize) as u32;
        Metered {
            text,
            watch,
            every,
            left: Cell::new(every),
        }
    }

    #[inline]
    fn touch(&self) {
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None => {
                self.left.set(self.every);
                if !self.watch.goes_on(self.every) {
                    // Not a panic: nothing is wrong, and no hook is told.
                    resume_unwind(Box::new(Stopped));
                }
            }
        }
    }
}

impl Input for Metered<'_> {
    type Match<'m>
        = Span
    where
        Self: 'm;

    #[inline]
    fn len(&self) -> usize {
        self.text.len()
    }

    #[inline]
    fn as_bytes(&self) -> &[u8] {
        self.touch();
        self.text.as_bytes()
    }

    #[inline]
    fn is_char_boundary(&self, ix: usize) -> bool {
        self.text.is_char_boundary(ix)
    }

    fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }

    #[inline]
    fn prev_codepoint_ix(&self, i: usize) -> usize {
        self.touch();
        let mut at = i.saturating_sub(1);
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn make_match(&self, start: usize, end: usize) -> Span {
        (start, end)
    }

    #[inline]
    fn advance_position(&self, i: usize) -> usize {
        self.touch();
        match self.text.get(i..).and_then(|rest| rest.chars().next()) {
            Some(symbol) => i + symbol.len_utf8(),
            None => i + 1,
        }
    }
}

fn build(text: &str, size: usize, backtracks: usize) -> Result<Regex, Error> {
    RegexBuilder::new(text)
        .backtrack_limit(backtracks)
        .delegate_size_limit(size)
        .delegate_dfa_size_limit(CACHE)
        .max_prog_size(PROGRAM)
        .build()
}

fn is_too_big(error: &Error) -> bool {
    match error {
        Error::CompileError(error) => match &**error {
            CompileError::InnerError(inner) => inner.size_limit().is_some(),
            _ => false,
        },
        _ => false,
    }
}

fn no_reason() -> PatternError {
    PatternError {
        ru: "шаблон не разобран".to_owned(),
        en: "the pattern cannot be read".to_owned(),
        position: 0,
    }
}

/// The engine's reason. Its places are those of the translated pattern, and are left out.
fn explain(error: &Error) -> PatternError {
    use fancy_regex::ParseError as Parse;
    let (ru, en) = match error {
        Error::ParseError(_, Parse::TargetNotRepeatable | Parse::InvalidRepeat) => (
            "повторять нечего: перед знаком повторения нет выражения",
            "nothing to repeat",
        ),
        Error::ParseError(_, Parse::InvalidBackref | Parse::InvalidGroupNameBackref(_)) => (
            "ссылка на группу, которой нет",
            "a reference to a group that does not exist",
        ),
        Error::ParseError(_, Parse::InvalidClass) => ("неверный набор символов", "bad class"),
        Error::ParseError(_, Parse::RecursionExceeded) => {
            ("слишком глубокая вложенность", "nested too deep")
        }
        Error::CompileError(error) => match &**error {
            CompileError::InvalidBackref(_) | CompileError::InvalidGroupNameBackref(_) => (
                "ссылка на группу, которой нет",
                "a reference to a group that does not exist",
            ),
            CompileError::PatternTooComplex => ("шаблон слишком велик", "the pattern is too large"),
            CompileError::InnerError(inner) if inner.size_limit().is_some() => {
                ("шаблон слишком велик", "the pattern is too large")
            }
            CompileError::InnerError(inner) => {
                let reason = inner
                    .syntax_error()
                    .map(|error| last_line(&error.to_string()));
                let reason = reason.unwrap_or_else(|| last_line(&inner.to_string()));
                return PatternError {
                    ru: format!("шаблон не разобран: {reason}"),
                    en: format!("the pattern cannot be read: {reason}"),
                    position: 0,
                };
            }
            _ => return other(error.to_string()),
        },
        Error::ParseError(_, kind) => return other(kind.to_string()),
        error => return other(error.to_string()),
    };
    PatternError {
        ru: ru.to_owned(),
        en: en.to_owned(),
        position: 0,
    }
}

fn other(reason: String) -> PatternError {
    PatternError {
        ru: format!("шаблон не разобран: {reason}"),
        en: format!("the pattern cannot be read: {reason}"),
        position: 0,
    }
}

/// Errors of syntax are drawn over several lines, the reason comes last.
fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or(text).trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
