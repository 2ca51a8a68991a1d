//! One text of TOML under way: what it holds, and what was found wrong with it.

use std::cell::RefCell;

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
}

impl<'t> Document<'t> {
    /// Parses a text. After a syntax error the table holds what could be saved, so that names
    /// declared further down are still known; other problems are then not collected, since half of
    /// them would be echoes.
    pub fn parse(name: &'t str, text: &'t str) -> (Document<'t>, Spanned<DeTable<'t>>) {
        let source = Source::new(name, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        let problems: Vec<Problem> = errors
            .iter()
            .map(|error| {
                let span = error.span().unwrap_or(0..0).into();
                let (message, hint) = syntax::message(error.message());
                source
                    .problem(Level::Error, "syntax", span, message)
                    .maybe_hint(hint)
            })
            .collect();
        let document = Document {
            source,
            broken: !problems.is_empty(),
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
        if !self.broken {
            self.problems.borrow_mut().push(problem);
        }
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

    /// What was found wrong.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
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
