//! Files into definitions: every file is read to its end, and everything that is wrong with any of
//! them is told in one go.

mod algorithms;
mod bots;
mod keywords;
mod parties;
mod references;
mod scenarios;
#[cfg(test)]
mod tests;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use super::definitions::Definitions;
use super::files::{DefinitionFile, FileKind};
use super::programs;
use crate::model::{Level, PartyRef, Problem, sort_problems};
use crate::source::{Document, NotText, Source, Span, text_of};

/// What exists beside the files: data that people made since. A name found here does not dangle.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Parties.
    pub parties: BTreeSet<PartyRef>,
    /// Groups.
    pub groups: BTreeSet<String>,
}

/// What reading gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// What the files say; complete only when no problem is an error.
    pub definitions: Definitions,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// The files under way, with their texts where they are texts.
pub(super) struct Files<'f> {
    pub files: &'f BTreeMap<String, DefinitionFile>,
}

impl<'f> Files<'f> {
    fn text(&self, path: &str) -> Option<&'f str> {
        self.files
            .get(path)
            .and_then(|file| std::str::from_utf8(&file.bytes).ok())
            .map(without_mark)
    }

    /// A problem at a place of a file. Makes the table of lines anew: this is for the few problems
    /// that are found when all files are read.
    pub fn problem(
        &self,
        path: &'f str,
        level: Level,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> Problem {
        Source::new(path, self.text(path).unwrap_or_default()).problem(level, code, span, message)
    }

    /// `file:line:column`.
    pub fn place(&self, path: &'f str, span: Span) -> String {
        Source::new(path, self.text(path).unwrap_or_default()).place(span)
    }
}

/// Some editors put a byte order mark before the text.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Reads a set of files. `known` is what exists in the database.
pub fn read(files: &BTreeMap<String, DefinitionFile>, known: &Known) -> Reading {
    let mut reading = Reading::default();
    for (path, file) in files {
        let Some(kind) = FileKind::of(path) else {
            continue;
        };
        let text = match text_of(&file.bytes) {
            Ok(text) => text,
            Err(NotText {
                line,
                message,
                hint,
            }) => {
                reading.problems.push(
                    Problem {
                        line,
                        column: 1,
                        ..Problem::of_file(Level::Error, "not-utf8", path, message)
                    }
                    .hint(hint),
                );
                continue;
            }
        };
        if kind == FileKind::Program {
            continue;
        }
        let (document, table) = Document::parse(path, text);
        let fields = document.fields(&table, "файле");
        let definitions = &mut reading.definitions;
        match kind {
            FileKind::Parties => definitions.parties = parties::read(fields),
            FileKind::Algorithms => definitions.algorithms = algorithms::read(fields, files),
            FileKind::Bot => definitions.bots.extend(bots::read(fields)),
            FileKind::Scenario => definitions.scenarios.extend(scenarios::read(fields)),
            FileKind::Program => {}
        }
        reading.problems.extend(document.into_problems());
    }
    let across = references::check(
        &reading.definitions,
        &Files { files },
        known,
        &reading.problems,
    );
    reading.problems.extend(across);
    let programs = programs::problems(&reading.definitions, files, &reading.problems);
    reading.problems.extend(programs);
    sort_problems(&mut reading.problems);
    reading
}
