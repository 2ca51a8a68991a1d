//! What the checker suggests for an unknown name: candidates, and their spelling.

use super::hints::{Candidate, FUNCTIONS, LISTS, TYPES, guess};
use super::resolve::Resolver;
use super::scope::NameMap;
use crate::diagnostic::Hint;
use crate::syntax::ast::ExprKind;
use crate::syntax::names::{Name, fold};

/// Problems of a module that get hints, and names that a hint is looked for among.
const HINTS_MAX: usize = 200;
const CANDIDATES_MAX: usize = 5_000;

impl Resolver<'_, '_> {
    /// The name of a folded one as a candidate.
    fn candidate(&self, name: Name) -> Candidate<'_> {
        Candidate::folded(self.world.names.text(name))
    }

    pub(super) fn guess_variable(&self, name: &str) -> Option<Hint> {
        let locals = self.scope.locals.iter();
        let own = locals.chain(self.world.view.vars.keys());
        let own = own.map(|&name| self.candidate(name));
        let around = self.world.globals.candidates(self.world.names);
        let hint = self.near(name, own.chain(around).chain(LISTS.iter()));
        hint.map(|hint| self.as_written(hint))
    }

    pub(super) fn guess_function(&self, name: &str) -> Option<Hint> {
        let marks = self.method_marks.get_or_init(|| {
            let methods = self.world.view.methods.keys();
            methods
                .map(|&name| (name, self.candidate(name).marks))
                .collect()
        });
        let own = marks.iter().map(|&(name, marks)| {
            let folded = self.world.names.text(name);
            Candidate {
                marks,
                folded,
                shown: folded,
            }
        });
        let hint = self.near(name, FUNCTIONS.iter().chain(own));
        hint.map(|hint| self.as_written(hint))
    }

    pub(super) fn guess_type(&self, name: &str) -> Option<Hint> {
        self.near(name, TYPES.iter())
    }

    /// A hint with the name as the author writes it: where it stands first in the text, or as the host
    /// gave it. Names of the library are spelled right already.
    fn as_written(&self, hint: Hint) -> Hint {
        let spelled = |folded: String| {
            let Some(name) = self.world.names.find(&folded) else {
                return folded;
            };
            if let Some(&pos) = self.first_places().get(&name) {
                return self.spelling(pos);
            }
            match self.world.globals.spellings.get(&name) {
                Some(spelling) => spelling.to_string(),
                None => words(self.world.around)
                    .find(|word| fold(word) == folded)
                    .map_or(folded.clone(), str::to_string),
            }
        };
        match hint {
            Hint::Near(name) => Hint::Near(spelled(name)),
            Hint::LookAlike(name) => Hint::LookAlike(spelled(name)),
            hint @ Hint::OneOf(_) => hint,
        }
    }

    /// Where each name of the text stands first; made for the first hint of a module.
    fn first_places(&self) -> &NameMap<u32> {
        self.places.get_or_init(|| {
            let used = self.tree.exprs.iter().filter_map(|expr| match expr.kind {
                ExprKind::Name(name) | ExprKind::Call(name, _) => Some((name, expr.pos)),
                _ => None,
            });
            let methods = self.tree.methods.iter().flat_map(|method| {
                let params = method.params.iter().map(|param| param.word);
                params
                    .chain(method.vars.iter().copied())
                    .chain([method.word])
            });
            let declared = methods.chain(self.tree.vars.iter().map(|var| var.word));
            let mut places: NameMap<u32> = NameMap::default();
            for (name, pos) in used.chain(declared.map(|word| (word.name, word.pos))) {
                let place = places.entry(name).or_insert(pos);
                *place = pos.min(*place);
            }
            places
        })
    }

    /// The nearest of the candidates. A text with very many errors or names gets no more hints: the
    /// search looks at every name.
    pub(super) fn near<'n>(
        &self,
        name: &str,
        candidates: impl Iterator<Item = Candidate<'n>>,
    ) -> Option<Hint> {
        if self.problems.len() >= HINTS_MAX {
            return None;
        }
        guess(name, candidates.take(CANDIDATES_MAX))
    }
}

/// The words of a text, those in comments too.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}
