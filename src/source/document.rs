//! One text of TOML under way: what it holds, and what was found wrong with it.

use std::cell::{Cell, RefCell};

use toml::Spanned;
use toml::de::DeTable;

use super::fields::Fields;
use super::place::{Source, Span};
use super::syntax;
use crate::model::{Level, Problem};

/// A text while it is read: its source and what was found wrong so far.
#[derive(Debug)]
pub struct Document<'t> {
    source: Source<'t>,
    problems: RefCell<Vec<Problem>>,
    broken: bool,
    left_out: Cell<usize>,
}

/// After so many errors of syntax the rest are their echoes.
const SYNTAX_MOST: usize = 20;
/// Nobody mends more at a time, and a file that is no organisation's may hold a million.
const PROBLEMS_MOST: usize = 200;

impl<'t> Document<'t> {
    /// Parses a text. After a syntax error the table holds what could be saved, so that names
    /// declared further down are still known; other problems are then not collected, since half of
    /// them would be echoes.
    pub fn parse(name: &'t str, text: &'t str) -> (Document<'t>, Spanned<DeTable<'t>>) {
        let source = Source::new(name, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        let problems: Vec<Problem> = errors
            .iter()
            .take(SYNTAX_MOST)
            .map(|error| {
                let span = error.span().unwrap_or(0..0);
                let (message, hint) = syntax::message(error.message(), text, &span);
                source
                    .problem(Level::Error, "syntax", span.into(), message)
                    .maybe_hint(hint)
            })
            .collect();
        let document = Document {
            source,
            broken: !problems.is_empty(),
            left_out: Cell::new(0),
            problems: RefCell::new(problems),
        };
        (document, table)
    }

    /// The text and its name.
    pub fn source(&self) -> &Source<'t> {
        &self.source
    }

    /// Notes a problem.
    pub fn report(&self, problem: Problem) {
        if self.broken {
            return;
        }
        let mut problems = self.problems.borrow_mut();
        if problems.len() < PROBLEMS_MOST {
            problems.push(problem);
        } else {
            self.left_out.set(self.left_out.get() + 1);
        }
    }

    /// Whether what is found from now on is only counted.
    pub fn is_full(&self) -> bool {
        self.broken || self.problems.borrow().len() >= PROBLEMS_MOST
    }

    /// Notes an error at a place.
    pub fn error(
        &self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.report(
            self.source
                .problem(Level::Error, code, span, message)
                .maybe_hint(hint),
        );
    }

    /// Notes a warning at a place.
    pub fn warning(
        &self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.report(
            self.source
                .problem(Level::Warning, code, span, message)
                .maybe_hint(hint),
        );
    }

    /// What was found wrong; of very many the first ones, and how many more there are.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        let left_out = self.left_out.get();
        if left_out > 0 {
            problems.push(
                Problem::of_file(
                    Level::Error,
                    "more-problems",
                    self.source.name(),
                    format!("и ещё замечаний в этом файле: {left_out}"),
                )
                .hint("исправьте эти и проверьте файл снова"),
            );
        }
        problems
    }

    /// The fields of the whole text; `place` is what messages call it, as in «файле бота».
    pub fn fields<'d>(
        &'d self,
        table: &'d Spanned<DeTable<'t>>,
        place: &'static str,
    ) -> Fields<'d, 't> {
        Fields::new(self, table.get_ref(), Span::default(), place)
    }
}
