//! Labels and Перейти: a jump may leave blocks, not enter them.

use super::resolve::spelling_at;
use super::scope::NameMap;
use crate::diagnostic::{Diagnostic, PROBLEMS_MAX, Problem};
use crate::syntax::ast::{Block, Stmt, StmtKind, Word};
use std::collections::hash_map::Entry;

#[derive(Default)]
struct Labels {
    /// The block around each block.
    parents: Vec<usize>,
    labels: Vec<(Word, usize)>,
    gotos: Vec<(Word, usize)>,
}

impl Labels {
    fn block(&mut self, block: &Block, parent: usize) {
        let id = self.parents.len();
        self.parents.push(parent);
        for statement in block {
            self.statement(statement, id);
        }
    }

    fn statement(&mut self, statement: &Stmt, id: usize) {
        match &statement.kind {
            StmtKind::Label(word) => self.labels.push((*word, id)),
            StmtKind::Goto(word) => self.gotos.push((*word, id)),
            StmtKind::If(branches, otherwise) => {
                for branch in branches {
                    self.block(&branch.block, id);
                }
                if let Some(block) = otherwise {
                    self.block(block, id);
                }
            }
            StmtKind::While(branch) => self.block(&branch.block, id),
            StmtKind::For { block, .. } | StmtKind::ForEach { block, .. } => self.block(block, id),
            StmtKind::Try(block, handler) => {
                self.block(block, id);
                self.block(handler, id);
            }
            _ => {}
        }
    }
}

/// Checks the labels of one method, whose words stand in the text.
pub fn check(block: &Block, text: &str, problems: &mut Vec<Diagnostic>) {
    let mut found = Labels::default();
    found.block(block, usize::MAX);
    if found.labels.is_empty() && found.gotos.is_empty() {
        return;
    }
    let mut report = |problem: fn(String) -> Problem, word: Word| {
        let spelling = spelling_at(text, word.pos).to_string();
        let end = word.pos + spelling.len() as u32;
        if problems.len() < PROBLEMS_MAX {
            problems.push(Diagnostic::new(problem(spelling), word.pos, end));
        }
    };
    let mut places: NameMap<usize> = NameMap::default();
    for (word, block) in &found.labels {
        match places.entry(word.name) {
            Entry::Vacant(place) => {
                place.insert(*block);
            }
            Entry::Occupied(_) => report(Problem::DuplicateLabel, *word),
        }
    }
    for (word, mut from) in found.gotos {
        let Some(target) = places.get(&word.name) else {
            report(Problem::UnknownLabel, word);
            continue;
        };
        while from != *target {
            match found.parents.get(from) {
                Some(&parent) => from = parent,
                None => {
                    report(Problem::LabelInsideBlock, word);
                    break;
                }
            }
        }
    }
}
