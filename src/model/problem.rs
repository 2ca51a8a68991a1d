//! What is wrong with a text that somebody wrote, with the place and the remedy. Settings, files of
//! the organisation and the bot check speak in this one type, and one renderer lays it out.

use std::fmt;

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The text is refused.
    Error,
    /// The text is taken, but does not do what was probably meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Problem {
    /// A stable name of the rule that is broken, as in `unknown-key`; scripts may rely on it.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The file, as its reader calls it; for an environment variable its name.
    pub file: String,
    /// The line, from 1; 0 when the problem is about the whole file.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters the problem spans on its line.
    pub width: u32,
    /// The column of the place in `excerpt`, from 1: other than `column` where a long line was cut; 0: the
    /// same.
    #[serde(skip)]
    pub caret: u32,
    /// The line itself, free of secrets, cut around the place where it is long.
    pub excerpt: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of a whole file or of something outside files.
    pub fn of_file(
        level: Level,
        code: &'static str,
        file: impl Into<String>,
        message: impl Into<String>,
    ) -> Problem {
        Problem {
            code,
            level,
            file: file.into(),
            line: 0,
            column: 0,
            width: 0,
            caret: 0,
            excerpt: None,
            message: short(message.into()),
            hint: None,
        }
    }

    /// The same problem with a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(short(hint.into()));
        self
    }

    /// The same problem with a remedy, where there is one.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Problem {
        self.hint = hint.map(short).or(self.hint);
        self
    }

    /// True for [`Level::Error`].
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}

/// A sentence with what somebody wrote in it may be as long as a file.
const SENTENCE_CHARS: usize = 1000;

fn short(sentence: String) -> String {
    match sentence.char_indices().nth(SENTENCE_CHARS) {
        None => sentence,
        Some((end, _)) => format!("{}…", &sentence[..end]),
    }
}

/// `file:line:column: message [code]`, the line with a caret under the place, and what to do.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        let level = match self.level {
            Level::Error => "",
            Level::Warning => "предупреждение: ",
            Level::Note => "замечание: ",
        };
        write!(f, ": {level}{} [{}]", self.message, self.code)?;
        if let Some(excerpt) = &self.excerpt {
            let number = self.line.to_string();
            let gap = " ".repeat(number.len());
            let at = if self.caret > 0 {
                self.caret
            } else {
                self.column
            };
            let indent = " ".repeat(at.saturating_sub(1) as usize);
            let caret = "^".repeat(self.width.max(1) as usize);
            write!(f, "\n  {number} | {excerpt}\n  {gap} | {indent}{caret}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  что сделать: {hint}")?;
        }
        Ok(())
    }
}

/// Problems laid out one after another, in the order of files and places.
pub fn render_problems(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        text.push_str(&problem.to_string());
        text.push('\n');
    }
    text
}

/// Sorts by file, place and level, and drops repetitions.
pub fn sort_problems(problems: &mut Vec<Problem>) {
    problems.sort_by(|a, b| {
        (&a.file, a.line, a.column, a.level, a.code, &a.message)
            .cmp(&(&b.file, b.line, b.column, b.level, b.code, &b.message))
    });
    problems.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_place_line_and_remedy() {
        let problem = Problem {
            line: 12,
            column: 3,
            width: 4,
            excerpt: Some("  знак".into()),
            ..Problem::of_file(Level::Warning, "some-code", "bots/a.toml", "Что-то не так")
        }
        .hint("исправьте знак");
        assert_eq!(
            problem.to_string(),
            "bots/a.toml:12:3: предупреждение: Что-то не так [some-code]\n  12 |   знак\n     |   ^^^^\n  что сделать: исправьте знак"
        );
        let whole = Problem::of_file(Level::Error, "no-file", "x.toml", "Файла нет");
        assert_eq!(whole.to_string(), "x.toml: Файла нет [no-file]");
    }
}
