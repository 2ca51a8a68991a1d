//! Statements.

use super::emit::{Emitter, Loop};
use crate::bytecode::op::{Op, Reg};
use crate::bytecode::program::Handler;
use crate::check::scope::Meaning;
use crate::syntax::ast::{Block, ExprId, ExprKind, RaiseKind, SKIPPED, Stmt, StmtKind};

impl Emitter<'_, '_> {
    /// A sequence of statements.
    pub(crate) fn block(&mut self, block: &Block) {
        for statement in block {
            self.pos = statement.pos;
            let mark = self.mark();
            self.statement(statement);
            self.release(mark);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match &statement.kind {
            StmtKind::Assign(target, value) => self.assign(*target, *value),
            StmtKind::Call(call) => self.call_statement(*call),
            StmtKind::If(branches, otherwise) => {
                let mut ends = Vec::new();
                for (at, branch) in branches.iter().enumerate() {
                    let out = self.condition(branch.condition, false);
                    self.block(&branch.block);
                    if at + 1 < branches.len() || otherwise.is_some() {
                        ends.push(self.emit(Op::Jump { to: 0 }));
                    }
                    self.patch_here(&out);
                }
                if let Some(block) = otherwise {
                    self.block(block);
                }
                self.patch_here(&ends);
            }
            StmtKind::While(branch) => {
                let top = self.here();
                let out = self.condition(branch.condition, false);
                self.loops.push(Loop::default());
                self.block(&branch.block);
                let body = self.loops.pop().unwrap_or_default();
                self.pos = statement.pos;
                for at in body.continues {
                    self.patch(at, top);
                }
                self.emit(Op::JumpBack { to: top });
                self.patch_here(&out);
                self.patch_here(&body.breaks);
            }
            StmtKind::For {
                var,
                from,
                to,
                block,
            } => self.for_loop(*var, *from, *to, block, statement.pos),
            StmtKind::ForEach { var, of, block } => self.for_each(*var, *of, block, statement.pos),
            StmtKind::Break => {
                let at = self.emit(Op::Jump { to: 0 });
                if let Some(current) = self.loops.last_mut() {
                    current.breaks.push(at);
                }
            }
            StmtKind::Continue => {
                // The head of a loop is charged there, or the jump goes forward to the step.
                let at = self.emit(Op::JumpBack { to: 0 });
                if let Some(current) = self.loops.last_mut() {
                    current.continues.push(at);
                }
            }
            StmtKind::Return(None) => {
                self.emit(Op::ReturnUndefined);
            }
            StmtKind::Return(Some(value)) => {
                let src = self.operand(*value);
                self.pos = statement.pos;
                self.emit(Op::Return { src });
            }
            StmtKind::Try(block, handler) => self.try_statement(block, handler),
            StmtKind::Raise(kind) => self.raise(*kind, statement.pos),
            StmtKind::Execute(code) => {
                let src = self.operand(*code);
                self.pos = statement.pos;
                self.emit(Op::Execute { src });
            }
            StmtKind::Handler(..) => {
                self.emit(Op::NoEvents);
            }
            StmtKind::Goto(word) => match self.labels.get(&word.name) {
                Some(&to) => {
                    self.emit(Op::JumpBack { to });
                }
                None => {
                    let at = self.emit(Op::Jump { to: 0 });
                    self.gotos.push((at, word.name));
                }
            },
            StmtKind::Label(word) => {
                let here = self.here();
                self.labels.insert(word.name, here);
            }
        }
    }

    /// The register of a variable that is read and written directly.
    fn plain_local(&self, id: ExprId) -> Option<Reg> {
        match self.meaning(id) {
            Meaning::Local(local) => {
                let slot = self.slot(local);
                (!self.is_ref(slot)).then_some(slot)
            }
            _ => None,
        }
    }

    /// Writes a register into the variable that a name means.
    fn store(&mut self, id: ExprId, src: Reg) {
        match self.meaning(id) {
            Meaning::Local(local) => {
                let to = self.slot(local);
                let op = if self.is_ref(to) {
                    Op::StoreRef { to, src }
                } else {
                    Op::Move { dst: to, src }
                };
                self.emit(op);
            }
            Meaning::Module(var) => {
                self.emit(Op::StoreModule { var, src });
            }
            Meaning::Global(var) => {
                self.emit(Op::StoreGlobal { var, src });
            }
            Meaning::ReadOnly => {
                let expr = self.unit.tree.expr(id);
                if let ExprKind::Name(name) = expr.kind {
                    let site = self.site(self.name_ref(name, expr.pos));
                    self.emit(Op::Refuse { site });
                }
            }
            _ => {}
        }
    }

    fn assign(&mut self, target: ExprId, value: ExprId) {
        let pos = self.pos;
        let expr = self.unit.tree.expr(target);
        match expr.kind {
            ExprKind::Name(_) => {
                if let Some(slot) = self.plain_local(target) {
                    if !self.append(slot, value) {
                        self.value(value, slot);
                    }
                    return;
                }
                let src = self.operand(value);
                self.pos = pos;
                self.store(target, src);
            }
            ExprKind::Field(object, name) => {
                let obj = self.operand_before(object, value);
                let src = self.operand(value);
                self.pos = expr.pos;
                let site = self.site(self.name_ref(name, expr.pos));
                self.emit(Op::SetField { obj, src, site });
            }
            ExprKind::Index(object, key) => {
                let obj = self.operand_before(object, value);
                let key = self.operand_before(key, value);
                let src = self.operand(value);
                self.pos = expr.pos;
                self.emit(Op::SetIndex { obj, key, src });
            }
            _ => {}
        }
    }

    fn call_statement(&mut self, call: ExprId) {
        let expr = self.unit.tree.expr(call);
        self.pos = expr.pos;
        // The discarded value goes where the arguments stand: they are lost anyway.
        let dst = self.temp();
        match expr.kind {
            ExprKind::Method(object, name, args) => {
                self.method(object, name, args, expr.pos, dst, false)
            }
            ExprKind::Await(operand) => {
                let inner = self.unit.tree.expr(operand);
                if let ExprKind::Method(object, name, args) = inner.kind {
                    self.method(object, name, args, inner.pos, dst, false);
                } else {
                    self.value(operand, dst);
                }
            }
            ExprKind::Call(name, args) => self.call(call, name, args, dst),
            _ => self.value(call, dst),
        }
    }

    fn for_loop(&mut self, var: ExprId, from: ExprId, to: ExprId, block: &Block, pos: u32) {
        let limit = self.temp();
        let plain = self.plain_local(var);
        let counter = match plain {
            Some(slot) => slot,
            None => self.temp(),
        };
        // The bound is computed once, after the first value, and may read the variable's old value.
        let first = self.temp();
        self.value(from, first);
        self.value(to, limit);
        self.pos = pos;
        self.emit(Op::Move {
            dst: counter,
            src: first,
        });
        if plain.is_none() {
            self.store(var, counter);
        }
        let prep = self.emit(Op::ForPrep {
            var: counter,
            limit,
            to: 0,
        });
        let top = self.here();
        self.loops.push(Loop::default());
        self.block(block);
        let body = self.loops.pop().unwrap_or_default();
        self.pos = pos;
        self.patch_here(&body.continues);
        match plain {
            Some(_) => {
                self.emit(Op::ForStep {
                    var: counter,
                    limit,
                    to: top,
                });
            }
            None => {
                // The variable lives elsewhere, and the body may have changed it.
                self.value(var, counter);
                self.emit(Op::AddInt {
                    dst: counter,
                    a: counter,
                    value: 1,
                });
                self.store(var, counter);
                let out = self.emit(Op::ForPrep {
                    var: counter,
                    limit,
                    to: 0,
                });
                self.emit(Op::JumpBack { to: top });
                self.patch_here(&[out]);
            }
        }
        self.patch_here(&[prep]);
        self.patch_here(&body.breaks);
    }

    fn for_each(&mut self, var: ExprId, of: ExprId, block: &Block, pos: u32) {
        let it = self.temp();
        self.temp();
        let src = self.operand(of);
        self.pos = pos;
        self.emit(Op::IterInit { it, src });
        let plain = self.plain_local(var);
        let dst = match plain {
            Some(slot) => slot,
            None => self.temp(),
        };
        let top = self.here();
        let next = self.emit(Op::IterNext { it, dst, to: 0 });
        if plain.is_none() {
            self.store(var, dst);
        }
        self.loops.push(Loop::default());
        self.block(block);
        let body = self.loops.pop().unwrap_or_default();
        self.pos = pos;
        for at in body.continues {
            self.patch(at, top);
        }
        self.emit(Op::JumpBack { to: top });
        self.patch_here(&[next]);
        self.patch_here(&body.breaks);
    }

    fn try_statement(&mut self, block: &Block, handler: &Block) {
        let reg = self.temp();
        let start = self.here();
        self.block(block);
        let end = self.here();
        let skip = self.emit(Op::Jump { to: 0 });
        let target = self.here();
        if start < end {
            self.handlers.push(Handler {
                start,
                end,
                target,
                reg,
            });
        }
        self.errors.push(reg);
        self.block(handler);
        self.errors.pop();
        let after = self.here();
        if target < after {
            self.handling.push(Handler {
                start: target,
                end: after,
                target,
                reg,
            });
        }
        self.patch_here(&[skip]);
    }

    fn raise(&mut self, kind: RaiseKind, pos: u32) {
        match kind {
            RaiseKind::Again => {
                if let Some(&src) = self.errors.last() {
                    self.emit(Op::RaiseAgain { src });
                }
            }
            RaiseKind::Value(value) => {
                let src = self.operand(value);
                self.pos = pos;
                self.emit(Op::Raise { src });
            }
            RaiseKind::Full(args) => {
                let list = self.unit.tree.list(args).to_vec();
                let start = self.mark() as Reg;
                for index in 0..5 {
                    let dst = self.temp();
                    match list.get(index) {
                        Some(&arg) if arg != SKIPPED => self.value(arg, dst),
                        _ => {
                            self.emit(Op::Missing { dst });
                        }
                    }
                }
                self.pos = pos;
                self.emit(Op::RaiseFull { args: start });
            }
        }
    }
}
