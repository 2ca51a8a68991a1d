//! What the checker suggests for an unknown name: candidates, and their spelling.

use super::hints::guess;
use super::resolve::Resolver;
use crate::diagnostic::Hint;
use crate::library::registry::LIBRARY;
use crate::syntax::ast::ExprKind;
use crate::syntax::names::fold;

/// Problems of a module that get hints, and names that a hint is looked for among.
const HINTS_MAX: usize = 200;
const CANDIDATES_MAX: usize = 5_000;

impl Resolver<'_, '_> {
    pub(super) fn guess_variable(&self, name: &str) -> Option<Hint> {
        let names = self.world.names;
        let globals = self.world.globals;
        let own = self
            .scope
            .locals
            .iter()
            .chain(self.world.view.vars.keys())
            .chain(globals.variables.keys())
            .chain(globals.properties.keys())
            .chain(globals.commons.keys())
            .map(|&name| names.text(name));
        let lists = LIBRARY
            .enums
            .iter()
            .flat_map(|list| [list.ty.ru, list.ty.en]);
        let hint = self.near(name, own.chain(lists));
        hint.map(|hint| self.as_written(hint))
    }

    /// A hint with the name as the author writes it: where it stands first in the text, or as the host
    /// gave it. Names of the library are spelled right already.
    pub(super) fn as_written(&self, hint: Hint) -> Hint {
        let spelled = |folded: String| {
            let Some(name) = self.world.names.find(&folded) else {
                return folded;
            };
            let exprs = self.tree.exprs.iter();
            let used = exprs.filter_map(|expr| match expr.kind {
                ExprKind::Name(other) | ExprKind::Call(other, _) if other == name => Some(expr.pos),
                _ => None,
            });
            let methods = self.tree.methods.iter();
            let declared = methods
                .flat_map(|method| {
                    let params = method.params.iter().map(|param| param.word);
                    params
                        .chain(method.vars.iter().copied())
                        .chain([method.word])
                })
                .chain(self.tree.vars.iter().map(|var| var.word))
                .filter_map(|word| (word.name == name).then_some(word.pos));
            match declared.chain(used).min() {
                Some(pos) => self.spelling(pos),
                None => match self.world.globals.spellings.get(&name) {
                    Some(spelling) => spelling.to_string(),
                    None => words(self.world.around)
                        .find(|word| fold(word) == folded)
                        .map_or(folded.clone(), str::to_string),
                },
            }
        };
        match hint {
            Hint::Near(name) => Hint::Near(spelled(name)),
            Hint::LookAlike(name) => Hint::LookAlike(spelled(name)),
        }
    }

    /// The nearest of the candidates. A text with very many errors or names gets no more hints: the
    /// search looks at every name.
    pub(super) fn near<'n>(
        &self,
        name: &str,
        candidates: impl Iterator<Item = &'n str>,
    ) -> Option<Hint> {
        if self.problems.len() >= HINTS_MAX {
            return None;
        }
        guess(name, candidates.take(CANDIDATES_MAX))
    }

    pub(super) fn guess_function(&self, name: &str) -> Option<Hint> {
        let own = self
            .world
            .view
            .methods
            .keys()
            .map(|&name| self.world.names.text(name));
        let library = LIBRARY
            .functions
            .iter()
            .flat_map(|function| [function.def.ru, function.def.en]);
        let hint = self.near(name, library.chain(own));
        hint.map(|hint| self.as_written(hint))
    }
}

/// The words of a text, those in comments too.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}
