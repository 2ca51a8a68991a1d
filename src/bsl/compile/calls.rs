//! Calls: arguments by value and by reference, defaults, calls through objects, Новый.

use super::emit::Emitter;
use crate::bytecode::op::{Op, Reg};
use crate::bytecode::program::{ArgSource, DefaultValue, Site};
use crate::check::scope::Meaning;
use crate::library::registry::LIBRARY;
use crate::syntax::ast::{BinaryOp, ExprId, ExprKind, List, SKIPPED};
use crate::syntax::names::Name;

impl Emitter<'_, '_> {
    /// A call of a name.
    pub(super) fn call(&mut self, id: ExprId, _name: Name, args: List, dst: Reg) {
        let pos = self.unit.tree.expr(id).pos;
        match self.meaning(id) {
            Meaning::Method(method) => {
                let start = self.own_arguments(method, args);
                self.pos = pos;
                self.emit(Op::Call {
                    dst,
                    args: start,
                    method,
                });
            }
            Meaning::Evaluate => {
                let code = self
                    .unit
                    .tree
                    .list(args)
                    .first()
                    .copied()
                    .unwrap_or(SKIPPED);
                let src = self.operand(code);
                self.emit(Op::Evaluate { dst, src });
            }
            Meaning::Function(func) => {
                if self.int_div(func, args, dst) {
                    return;
                }
                let start = self.plain_arguments(args);
                self.pos = pos;
                self.emit(Op::CallNative {
                    dst,
                    args: start,
                    n: args.len as u16,
                    func,
                });
            }
            _ => {
                self.emit(Op::Undefined { dst });
            }
        }
    }

    /// `Цел(А / Б)` needs no 27 digits of the quotient.
    pub(super) fn int_div(&mut self, func: u16, args: List, dst: Reg) -> bool {
        if LIBRARY.functions[func as usize].def.ru != "Цел" {
            return false;
        }
        let [arg] = self.unit.tree.list(args) else {
            return false;
        };
        let ExprKind::Binary(BinaryOp::Div, left, right) = self.unit.tree.expr(*arg).kind else {
            return false;
        };
        let a = self.operand_before(left, right);
        let b = self.operand(right);
        self.pos = self.unit.tree.expr(*arg).pos;
        self.emit(Op::IntDiv { dst, a, b });
        true
    }

    pub(super) fn plain_arguments(&mut self, args: List) -> Reg {
        let tree = self.unit.tree;
        let start = self.mark().min(65_535) as Reg;
        for &arg in tree.list(args) {
            let reg = self.temp();
            if arg == SKIPPED {
                self.emit(Op::Missing { dst: reg });
            } else {
                self.value(arg, reg);
            }
        }
        start
    }

    /// Whether a parameter of the own module's method is a reference.
    pub(super) fn param_by_ref(&self, method: u32, index: usize) -> bool {
        match self.unit.shared {
            Some(shared) => shared.refs[self.unit.module][method as usize][index],
            None => self.around[method as usize].params[index].by_ref,
        }
    }

    pub(super) fn param_count(&self, method: u32) -> usize {
        match self.unit.shared {
            Some(shared) => shared.trees[self.unit.module].methods[method as usize]
                .params
                .len(),
            None => self.around[method as usize].params.len(),
        }
    }

    /// The value of a parameter that the call skips.
    pub(super) fn skipped(&mut self, method: u32, index: usize, dst: Reg) {
        let default = match self.unit.shared {
            Some(shared) => {
                let tree = &shared.trees[self.unit.module];
                let literal = tree.methods[method as usize].params[index].default;
                literal
                    .map(|literal| super::default(&tree.literals[literal as usize], self.constants))
            }
            None => match self.around[method as usize].params[index].default {
                Some(DefaultValue::Const(k)) => Some(DefaultValue::Const(
                    self.constants.add(self.around_consts[k as usize].clone()),
                )),
                other => other,
            },
        };
        self.emit(match default {
            None | Some(DefaultValue::Undefined) => Op::Undefined { dst },
            Some(DefaultValue::Null) => Op::Null { dst },
            Some(DefaultValue::Bool(value)) => Op::Bool { dst, value },
            Some(DefaultValue::Const(k)) => Op::Const { dst, k },
        });
    }

    /// Arguments of a method of the own module, references and defaults included.
    pub(super) fn own_arguments(&mut self, method: u32, args: List) -> Reg {
        let tree = self.unit.tree;
        let list = tree.list(args);
        let count = self.param_count(method);
        let start = self.mark().min(65_535) as Reg;
        for _ in 0..count {
            self.temp();
        }
        let mut late = Vec::new();
        for index in 0..count {
            let dst = start + index as Reg;
            let arg = list.get(index).copied().unwrap_or(SKIPPED);
            if arg == SKIPPED {
                self.skipped(method, index, dst);
            } else if self.param_by_ref(method, index) {
                self.reference(arg, dst);
            } else if self.is_changed_later(method, list, index) {
                late.push((arg, dst));
            } else {
                self.value(arg, dst);
            }
        }
        for (arg, dst) in late {
            self.value(arg, dst);
        }
        start
    }

    /// A parameter that nobody writes is passed as a value, but it stands for the variable: what a later
    /// argument does to the variable is seen through it, unless it is Знач.
    fn is_changed_later(&self, method: u32, list: &[ExprId], index: usize) -> bool {
        let (arg, last) = (list[index], list.iter().rev().find(|&&arg| arg != SKIPPED));
        let (Meaning::Local(local), ExprKind::Name(_), Some(shared), Some(last)) = (
            self.meaning(arg),
            self.unit.tree.expr(arg).kind,
            self.unit.shared,
            last,
        ) else {
            return false;
        };
        let params = &shared.trees[self.unit.module].methods[method as usize].params;
        last.0 > arg.0
            && !params[index].by_value
            && self.may_change(*last, arg.0 + 1, self.slot(local))
    }

    /// A reference to what an argument names, or its value.
    pub(super) fn reference(&mut self, arg: ExprId, dst: Reg) {
        let expr = self.unit.tree.expr(arg);
        let outer = std::mem::replace(&mut self.pos, expr.pos);
        let mark = self.mark();
        match expr.kind {
            ExprKind::Name(_) => match self.meaning(arg) {
                Meaning::Local(local) => {
                    let src = self.slot(local);
                    // A parameter that is a reference is handed on as it is.
                    let op = if self.is_ref(src) {
                        Op::Move { dst, src }
                    } else {
                        Op::RefLocal { dst, src }
                    };
                    self.emit(op);
                }
                Meaning::Module(var) => {
                    self.emit(Op::RefModule { dst, var });
                }
                Meaning::Global(var) => {
                    self.emit(Op::RefGlobal { dst, var });
                }
                _ => self.value(arg, dst),
            },
            ExprKind::Index(object, key) => {
                let obj = self.operand_before(object, key);
                let key = self.operand(key);
                self.emit(Op::RefElement { dst, obj, key });
            }
            ExprKind::Field(object, name) if !matches!(self.meaning(object), Meaning::List(_)) => {
                let obj = self.operand(object);
                let site = self.site(self.name_ref(name, expr.pos));
                self.emit(Op::RefField { dst, obj, site });
            }
            _ => self.value(arg, dst),
        }
        self.release(mark);
        self.pos = outer;
    }

    /// A call through an object. What it calls is known only at run time, so the site says where
    /// arguments come from.
    pub(super) fn method(
        &mut self,
        object: ExprId,
        name: Name,
        args: List,
        pos: u32,
        dst: Reg,
        wants_value: bool,
    ) {
        let tree = self.unit.tree;
        let list = tree.list(args);
        let is_local = matches!(self.meaning(object), Meaning::Local(_))
            && matches!(tree.expr(object).kind, ExprKind::Name(_));
        let mut obj = self.operand(object);
        if is_local
            && list
                .iter()
                .any(|&arg| arg != SKIPPED && self.may_change(arg, object.0 + 1, obj))
        {
            let copy = self.temp();
            self.emit(Op::Move {
                dst: copy,
                src: obj,
            });
            obj = copy;
        }
        let mut sources = Vec::with_capacity(list.len());
        let mut values: Vec<Option<(Reg, Reg)>> = Vec::with_capacity(list.len());
        for (index, &arg) in list.iter().enumerate() {
            let mut source = ArgSource::Value;
            let mut element = None;
            if arg != SKIPPED && self.may_be_written(name, index) {
                let expr = tree.expr(arg);
                match expr.kind {
                    ExprKind::Name(_) => {
                        source = match self.meaning(arg) {
                            Meaning::Local(local) => {
                                let slot = self.slot(local);
                                if self.is_ref(slot) {
                                    ArgSource::Param(slot)
                                } else {
                                    ArgSource::Local(slot)
                                }
                            }
                            Meaning::Module(var) => ArgSource::Module(var),
                            Meaning::Global(var) => ArgSource::Global(var),
                            _ => ArgSource::Value,
                        };
                    }
                    ExprKind::Index(object, key) => {
                        let (container, key_reg) = (self.temp(), self.temp());
                        self.value(object, container);
                        self.value(key, key_reg);
                        source = ArgSource::Element(container, key_reg);
                        element = Some((container, key_reg));
                    }
                    ExprKind::Field(object, field)
                        if !matches!(self.meaning(object), Meaning::List(_)) =>
                    {
                        let container = self.temp();
                        self.value(object, container);
                        let site = self.site(self.name_ref(field, expr.pos));
                        source = ArgSource::Field(container, site);
                        element = Some((container, 0));
                    }
                    _ => {}
                }
            }
            sources.push(source);
            values.push(element);
        }
        let start = self.mark().min(65_535) as Reg;
        for (index, &arg) in list.iter().enumerate() {
            let reg = self.temp();
            match (arg, sources[index], values[index]) {
                (SKIPPED, ..) => {
                    self.emit(Op::Missing { dst: reg });
                }
                (_, ArgSource::Element(obj, key), Some(_)) => {
                    self.emit(Op::GetIndex { dst: reg, obj, key });
                }
                (_, ArgSource::Field(obj, site), Some(_)) => {
                    self.emit(Op::GetField {
                        dst: reg,
                        obj,
                        site,
                    });
                }
                _ => self.value(arg, reg),
            }
        }
        self.pos = pos;
        let name = self.name_ref(name, pos);
        let site = self.push_site(Site {
            name,
            args: sources.into(),
            wants_value,
        });
        self.emit(Op::CallMethod {
            dst,
            obj,
            args: start,
            site,
        });
    }

    pub(super) fn may_be_written(&self, name: Name, index: usize) -> bool {
        match self.unit.shared {
            Some(shared) => shared.writes(name, index),
            // Code of Выполнить does not know the other modules: any argument may be.
            None => true,
        }
    }

    pub(super) fn new_object(&mut self, id: ExprId, args: List, dst: Reg) {
        let pos = self.unit.tree.expr(id).pos;
        let start = self.plain_arguments(args);
        self.pos = pos;
        match self.meaning(id) {
            Meaning::Type(ty) => self.emit(Op::New {
                dst,
                args: start,
                n: args.len as u16,
                ty,
            }),
            _ => self.emit(Op::Undefined { dst }),
        };
    }
}
