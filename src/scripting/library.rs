//! The algorithms of an organisation, compiled.
//!
//! One program holds every module, so that a run is started by making an empty machine, and common
//! modules are compiled once. A module with errors is left out of it; the others go on.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use vestnik_bsl::diagnostic::{Diagnostic, locate, render};
use vestnik_bsl::{ChatCode, Environment, Locale, Program, Source};

use crate::model::{BotCode, Fold};

use super::{closed, names};

/// An algorithm as its definition gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Algorithm {
    /// Its name.
    pub name: String,
    /// Its additional name (R151).
    pub short_name: Option<String>,
    /// «Алгоритм Telegram»: may be called by its name from a chat (R150).
    pub telegram: bool,
    /// Its exported procedures and functions are visible to all others by its name.
    pub common_module: bool,
    /// The file of its text, for messages.
    pub file: String,
    /// Its text.
    pub source: String,
    /// The revision of the definitions that it came with.
    pub revision: i64,
}

/// Why an algorithm does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryProblem {
    /// Name of the algorithm.
    pub algorithm: String,
    /// Its file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// The message with the line of the source and a caret below it.
    pub rendered: String,
}

struct Entry {
    module: usize,
    revision: i64,
    /// It was seen to need more than a quick run gives.
    slow: AtomicBool,
}

fn source(algorithm: &Algorithm) -> Source {
    Source {
        name: algorithm.name.clone(),
        text: algorithm.source.as_str().into(),
        common: algorithm.common_module,
    }
}

fn problem(algorithm: &Algorithm, diagnostic: &Diagnostic) -> LibraryProblem {
    let (at, _) = locate(&algorithm.source, diagnostic.start);
    LibraryProblem {
        algorithm: algorithm.name.clone(),
        file: algorithm.file.clone(),
        line: at.line,
        column: at.column,
        message: diagnostic.message(Locale::Ru),
        rendered: render(&algorithm.file, &algorithm.source, diagnostic, Locale::Ru),
    }
}

/// Texts of chats whose answer is remembered; when there are more, all are forgotten.
const CHAT_TEXTS_MAX: usize = 4_096;
/// Longest text that is remembered, in bytes: what people repeat is short.
const CHAT_TEXT_MAX: usize = 256;

/// What can run.
pub struct Library {
    program: Arc<Program>,
    bots: Arc<[BotCode]>,
    entries: HashMap<String, Entry>,
    by_fold: HashMap<String, String>,
    /// Every algorithm, also those that nobody may call, by folded name and additional name.
    by_any: HashMap<String, String>,
    problems: Vec<LibraryProblem>,
    findings: Vec<LibraryProblem>,
    chat_texts: Mutex<HashMap<Box<str>, ChatCode>>,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library")
            .field("algorithms", &self.entries.len())
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

impl Library {
    /// Compiles. An algorithm with errors, also one that names a common module which has some, is kept
    /// out of what can run; [`Library::problems`] tells why.
    #[must_use]
    pub fn compile(algorithms: Vec<Algorithm>, bots: &[BotCode]) -> Library {
        let environment = Environment {
            variables: names::VARIABLES.iter().map(ToString::to_string).collect(),
            properties: names::properties(),
            shapes: closed::shapes(bots),
            types: names::types(),
            type_presentations: names::type_presentations(),
        };
        let mut problems = Vec::new();
        // Algorithms in the program, by module. What has errors is left out and the rest compiled anew,
        // so that whoever names a module left out is told so; without errors it is one round.
        let mut kept: Vec<usize> = (0..algorithms.len()).collect();
        let mut program = loop {
            let sources: Vec<Source> = kept
                .iter()
                .map(|&number| source(&algorithms[number]))
                .collect();
            let program = Program::compile(&environment, &sources);
            let before = problems.len();
            for (module, diagnostic) in program.problems() {
                if let Some(&number) = kept.get(module) {
                    problems.push((number, problem(&algorithms[number], diagnostic)));
                }
            }
            if problems.len() == before {
                break program;
            }
            let broken = &problems[before..];
            kept.retain(|number| broken.iter().all(|(other, _)| other != number));
        };
        let findings = program.findings().filter_map(|(module, diagnostic)| {
            let &number = kept.get(module)?;
            Some(problem(&algorithms[number], diagnostic))
        });
        let findings = findings.collect();
        names::alias_types(&mut program);
        problems.sort_by_key(|(number, problem)| (*number, problem.line, problem.column));
        let entries: HashMap<String, Entry> = kept
            .iter()
            .enumerate()
            .map(|(module, &number)| {
                let entry = Entry {
                    module,
                    revision: algorithms[number].revision,
                    slow: AtomicBool::new(false),
                };
                (algorithms[number].name.clone(), entry)
            })
            .collect();
        let fold = Fold::default();
        let mut by_fold = HashMap::new();
        let callable = || algorithms.iter().filter(|algorithm| algorithm.telegram);
        for algorithm in callable() {
            by_fold.insert(fold.fold(&algorithm.name), algorithm.name.clone());
        }
        // A name comes before the additional name of another.
        for algorithm in callable() {
            if let Some(short) = &algorithm.short_name {
                by_fold
                    .entry(fold.fold(short))
                    .or_insert_with(|| algorithm.name.clone());
            }
        }
        by_fold.remove("");
        let mut by_any: HashMap<String, String> = HashMap::new();
        for algorithm in &algorithms {
            by_any.insert(fold.fold(&algorithm.name), algorithm.name.clone());
        }
        for algorithm in &algorithms {
            if let Some(short) = &algorithm.short_name {
                by_any
                    .entry(fold.fold(short))
                    .or_insert_with(|| algorithm.name.clone());
            }
        }
        Library {
            program: Arc::new(program),
            bots: bots.into(),
            entries,
            by_fold,
            by_any,
            problems: problems.into_iter().map(|(_, problem)| problem).collect(),
            findings,
            chat_texts: Mutex::new(HashMap::new()),
        }
    }

    /// Errors of all algorithms, by algorithm and place.
    #[must_use]
    pub fn problems(&self) -> &[LibraryProblem] {
        &self.problems
    }

    /// Places of the algorithms that can run which will fail when they are reached, as in 1C: an unknown
    /// member of a system enumeration, an assignment to a name that cannot be written.
    #[must_use]
    pub fn findings(&self) -> &[LibraryProblem] {
        &self.findings
    }

    /// The algorithm that a definition names: by its name or additional name, folded as references are
    /// when files are read.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&str> {
        match self.entries.get_key_value(name) {
            Some((name, _)) => Some(name),
            None => self
                .by_any
                .get(&Fold::default().fold(name))
                .map(String::as_str),
        }
    }

    /// Whether the algorithm of this name, spelled so, can run.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The revision of an algorithm that can run.
    #[must_use]
    pub fn revision_of(&self, name: &str) -> Option<i64> {
        self.entries.get(name).map(|entry| entry.revision)
    }

    /// The algorithm that a text calls (R150, R151, D6), folded by [`Fold::default`]: by its name or
    /// additional name, where its flag allows it. It may be one that does not compile: a run then says
    /// that it is not available.
    #[must_use]
    pub fn direct(&self, folded: &str) -> Option<&str> {
        self.by_fold.get(folded).map(String::as_str)
    }

    /// Whether a text of a chat is code (R147, D2).
    #[must_use]
    pub fn is_code(&self, text: &str) -> bool {
        self.classify(text) != ChatCode::NotCode
    }

    /// Why a text of a chat is no code: the first mistake that the compiler finds in it as statements.
    #[must_use]
    pub fn why_not_code(&self, text: &str) -> Option<String> {
        let problems = self.program.check_text(text, false);
        Some(problems.first()?.message(Locale::Ru))
    }

    /// Whether some program reads what is in files (`Содержимое`): only then they are fetched.
    #[must_use]
    pub fn reads_files(&self) -> bool {
        self.program.names.find("содержимое").is_some()
    }

    pub(super) fn classify(&self, text: &str) -> ChatCode {
        if text.len() > CHAT_TEXT_MAX {
            return self.program.classify_chat(text);
        }
        if let Some(known) = self.chat_texts.lock().get(text) {
            return *known;
        }
        let code = self.program.classify_chat(text);
        let mut texts = self.chat_texts.lock();
        if texts.len() >= CHAT_TEXTS_MAX {
            texts.clear();
        }
        texts.insert(text.into(), code);
        code
    }

    pub(super) fn program(&self) -> &Arc<Program> {
        &self.program
    }

    pub(super) fn bots(&self) -> &Arc<[BotCode]> {
        &self.bots
    }

    /// Whether an algorithm is known to need more than a quick run gives.
    pub(super) fn is_slow(&self, name: &str) -> bool {
        self.named(name)
            .and_then(|name| self.entries.get(name))
            .is_none_or(|entry| entry.slow.load(Ordering::Relaxed))
    }

    pub(super) fn set_slow(&self, name: &str) {
        if let Some(entry) = self.named(name).and_then(|name| self.entries.get(name)) {
            entry.slow.store(true, Ordering::Relaxed);
        }
    }

    /// The module of an algorithm that can run.
    pub(super) fn module(&self, name: &str) -> Option<usize> {
        let name = self.named(name)?;
        self.entries.get(name).map(|entry| entry.module)
    }
}
