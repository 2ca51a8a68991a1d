//! Chains of `+`: one instruction for a whole chain where nobody can tell the difference, and strings
//! that grow in place.

use super::emit::Emitter;
use crate::bytecode::op::{Op, Reg};
use crate::check::scope::Meaning;
use crate::syntax::ast::{BinaryOp, ExprId, ExprKind, Literal};

/// Parts of a chain of `+` that become one instruction; a longer chain is made of several.
const CHAIN_MAX: usize = 200;

impl Emitter<'_, '_> {
    /// The operands of a chain of `+`, from the left, each with the operator's expression.
    pub(super) fn summands(&self, id: ExprId) -> Vec<(ExprId, ExprId)> {
        let mut parts = Vec::new();
        let mut at = id;
        while let ExprKind::Binary(BinaryOp::Add, left, right) = self.unit.tree.expr(at).kind {
            parts.push((right, at));
            at = left;
        }
        parts.push((at, at));
        parts.reverse();
        parts
    }

    pub(super) fn is_string(&self, id: ExprId) -> bool {
        matches!(self.unit.tree.expr(id).kind, ExprKind::Literal(literal)
            if matches!(self.unit.tree.literals[literal as usize], Literal::Str(_)))
    }

    /// Reading it is one instruction without effect and error. What a parameter refers to may be an
    /// element that is gone.
    pub(super) fn is_plain(&self, id: ExprId) -> bool {
        match self.unit.tree.expr(id).kind {
            ExprKind::Literal(_) => true,
            ExprKind::Name(_) => match self.meaning(id) {
                Meaning::Local(local) => !self.is_ref(self.slot(local)),
                Meaning::Module(_) | Meaning::Global(_) => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// Loads the parts of a chain into registers, one after the other. Each is read in the order of the
    /// text, also what it looks like: an object is turned into its text at once when a later part calls
    /// something that may change it.
    pub(super) fn load_parts(&mut self, before: ExprId, parts: &[(ExprId, ExprId)]) {
        let tree = self.unit.tree;
        let mut first = before.0 + 1;
        let mut last_call = 0;
        for (index, (part, _)) in parts.iter().enumerate() {
            let calls = tree.exprs[first as usize..=part.0 as usize]
                .iter()
                .any(|expr| {
                    matches!(
                        expr.kind,
                        ExprKind::Call(..)
                            | ExprKind::Method(..)
                            | ExprKind::New(..)
                            | ExprKind::NewDynamic(..)
                    )
                });
            if calls {
                last_call = index;
            }
            first = part.0 + 1;
        }
        for (index, (part, sign)) in parts.iter().enumerate() {
            let reg = self.temp();
            self.value(*part, reg);
            if index < last_call && !matches!(tree.expr(*part).kind, ExprKind::Literal(_)) {
                self.emit(Op::ToText { a: reg });
            } else if self.is_plain(*part) {
                // The load cannot fail; its place says where its addition stands, see `AddChain`.
                self.place_last(tree.expr(*sign).pos);
            }
        }
    }

    /// A chain of `+` becomes one instruction when no error can fall between its additions: it begins
    /// with a string, or its parts are plain.
    pub(super) fn sum(&mut self, id: ExprId, dst: Reg) {
        let parts = self.summands(id);
        let has_string = parts.iter().any(|(part, _)| self.is_string(*part));
        let all_plain = parts.iter().all(|(part, _)| self.is_plain(*part));
        if parts.len() >= 2
            && (self.is_string(parts[0].0) || (parts.len() > 2 && has_string && all_plain))
        {
            let mut target = None;
            let mut before = parts[0].0;
            for group in parts.chunks(CHAIN_MAX) {
                let start = u32::from(target.unwrap_or(self.mark().min(65_535) as Reg));
                if target.is_none() {
                    target = Some(self.temp());
                    self.value(group[0].0, start as Reg);
                    self.load_parts(group[0].0, &group[1..]);
                } else {
                    self.load_parts(before, group);
                }
                before = group[group.len() - 1].0;
                let n = (self.mark() - start) as u16;
                self.pos = self.unit.tree.expr(group[group.len() - 1].1).pos;
                self.emit(Op::AddChain {
                    dst: start as Reg,
                    start: start as Reg,
                    n,
                });
                self.release(start + 1);
            }
            if let Some(src) = target {
                // The last group could have written `dst` itself.
                if let Some(Op::AddChain { dst: last, .. }) = self.code.last_mut() {
                    *last = dst;
                } else {
                    self.emit(Op::Move { dst, src });
                }
            }
            return;
        }
        let first = parts[0].0;
        let chain: Vec<_> = parts[1..]
            .iter()
            .rev()
            .map(|(right, at)| (*at, BinaryOp::Add, *right))
            .collect();
        self.chain(first, chain, dst);
    }

    /// `А = А + …` with a string among the parts: the string in `var` grows in place. Gives whether the
    /// statement is done.
    pub(super) fn append(&mut self, var: Reg, id: ExprId) -> bool {
        let parts = self.summands(id);
        let is_own = matches!(self.meaning(parts[0].0), Meaning::Local(local)
            if self.slot(local) == var && matches!(self.unit.tree.expr(parts[0].0).kind, ExprKind::Name(_)));
        if !is_own || parts.len() < 2 || parts.len() > CHAIN_MAX {
            return false;
        }
        let has_string = parts.iter().any(|(part, _)| self.is_string(*part));
        if !has_string || self.may_change(id, parts[0].0.0 + 1, var) {
            return false;
        }
        let mark = self.mark();
        let slow = self.emit(Op::JumpIfNotStr { a: var, to: 0 });
        let start = self.mark() as Reg;
        self.load_parts(parts[0].0, &parts[1..]);
        self.pos = self.unit.tree.expr(id).pos;
        self.emit(Op::Append {
            var,
            start,
            n: (parts.len() - 1) as u16,
        });
        let end = self.emit(Op::Jump { to: 0 });
        self.release(mark);
        self.patch_here(&[slow]);
        self.value(id, var);
        self.patch_here(&[end]);
        true
    }
}
