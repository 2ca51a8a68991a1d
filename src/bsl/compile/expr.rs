//! Expressions.

use super::emit::Emitter;
use crate::bytecode::op::{Op, Reg};
use crate::bytecode::program::{ArgSource, Const, DefaultValue, Site};
use crate::check::scope::Meaning;
use crate::library::registry::LIBRARY;
use crate::syntax::ast::{BinaryOp, ExprId, ExprKind, List, Literal, SKIPPED, UnaryOp};
use crate::syntax::names::Name;

/// Parts of a chain of `+` that become one instruction; a longer chain is made of several.
const CHAIN_MAX: usize = 200;

impl Emitter<'_, '_> {
    /// A register that holds the value: a variable's own, or a temporary.
    pub(super) fn operand(&mut self, id: ExprId) -> Reg {
        if let Meaning::Local(local) = self.meaning(id)
            && matches!(self.unit.tree.expr(id).kind, ExprKind::Name(_))
        {
            let slot = self.slot(local);
            if !self.is_ref(slot) {
                return slot;
            }
        }
        let dst = self.temp();
        self.value(id, dst);
        dst
    }

    /// As `operand`, but safe against changes that `later` makes before the value is used.
    pub(super) fn operand_before(&mut self, id: ExprId, later: ExprId) -> Reg {
        let reg = self.operand(id);
        if matches!(self.meaning(id), Meaning::Local(_)) && self.may_change(later, id.0 + 1, reg) {
            let copy = self.temp();
            self.emit(Op::Move {
                dst: copy,
                src: reg,
            });
            return copy;
        }
        reg
    }

    /// Puts the value into `dst`. `dst` is written last, so that it may be one of the operands.
    pub(super) fn value(&mut self, id: ExprId, dst: Reg) {
        let expr = self.unit.tree.expr(id);
        let outer = std::mem::replace(&mut self.pos, expr.pos);
        let mark = self.mark();
        match expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, dst),
            ExprKind::Name(_) => self.name(id, dst),
            ExprKind::Unary(op, operand) => self.unary(op, operand, dst),
            ExprKind::Binary(op, left, right) => self.binary(id, op, left, right, dst),
            ExprKind::Ternary(condition, yes, no) => {
                let out = self.condition(condition, false);
                self.value(yes, dst);
                let end = self.emit(Op::Jump { to: 0 });
                self.patch_here(&out);
                self.value(no, dst);
                self.patch_here(&[end]);
            }
            ExprKind::Field(object, name) => self.field(object, name, expr.pos, dst),
            ExprKind::Index(object, key) => {
                let obj = self.operand_before(object, key);
                let key = self.operand(key);
                self.emit(Op::GetIndex { dst, obj, key });
            }
            ExprKind::Call(name, args) => self.call(id, name, args, dst),
            ExprKind::Method(object, name, args) => {
                self.method(object, name, args, expr.pos, dst, true)
            }
            ExprKind::New(_, args) => self.new_object(id, args, dst),
            ExprKind::NewDynamic(name, params) => {
                let start = self.temp();
                let second = self.temp();
                self.value(name, start);
                if params == SKIPPED {
                    self.emit(Op::Missing { dst: second });
                } else {
                    self.value(params, second);
                }
                self.emit(Op::NewDynamic { dst, args: start });
            }
            ExprKind::Await(operand) => self.value(operand, dst),
            ExprKind::Bad => {
                self.emit(Op::Undefined { dst });
            }
        }
        self.release(mark);
        self.pos = outer;
    }

    fn literal(&mut self, literal: u32, dst: Reg) {
        let op = match &self.unit.tree.literals[literal as usize] {
            Literal::Undefined => Op::Undefined { dst },
            Literal::Null => Op::Null { dst },
            Literal::Bool(value) => Op::Bool { dst, value: *value },
            Literal::Number(number) => {
                match number.to_i64().and_then(|int| i32::try_from(int).ok()) {
                    Some(value) => Op::Int { dst, value },
                    None => Op::Const {
                        dst,
                        k: self.constants.add(Const::Number(number.clone())),
                    },
                }
            }
            Literal::Str(text) => Op::Const {
                dst,
                k: self.constants.add(Const::Str(text.clone())),
            },
            Literal::Date(date) => Op::Const {
                dst,
                k: self.constants.add(Const::Date(*date)),
            },
        };
        self.emit(op);
    }

    fn name(&mut self, id: ExprId, dst: Reg) {
        let op = match self.meaning(id) {
            Meaning::Local(local) => {
                let src = self.slot(local);
                if self.is_ref(src) {
                    Op::LoadRef { dst, src }
                } else {
                    if src == dst {
                        return;
                    }
                    Op::Move { dst, src }
                }
            }
            Meaning::Module(var) => Op::LoadModule { dst, var },
            Meaning::Global(var) => Op::LoadGlobal { dst, var },
            Meaning::Property(prop) => Op::LoadProp { dst, prop },
            Meaning::Common(module) => Op::LoadCommon { dst, module },
            Meaning::This => Op::LoadThis { dst },
            Meaning::List(list) => Op::LoadEnum {
                dst,
                list: u32::from(list),
            },
            _ => Op::Undefined { dst },
        };
        self.emit(op);
    }

    fn field(&mut self, object: ExprId, name: Name, pos: u32, dst: Reg) {
        if let Meaning::List(list) = self.meaning(object)
            && matches!(self.unit.tree.expr(object).kind, ExprKind::Name(_))
        {
            let def = LIBRARY.enums[list as usize];
            if let Some(item) = LIBRARY.item(def, name) {
                if def.strings.is_empty() {
                    self.emit(Op::LoadEnumItem { dst, list, item });
                } else {
                    let k = self
                        .constants
                        .add(Const::Str(def.strings[item as usize].into()));
                    self.emit(Op::Const { dst, k });
                }
                return;
            }
        }
        let obj = self.operand(object);
        let site = self.site(self.name_ref(name, pos));
        self.emit(Op::GetField { dst, obj, site });
    }

    fn unary(&mut self, op: UnaryOp, operand: ExprId, dst: Reg) {
        if let (UnaryOp::Minus, ExprKind::Literal(literal)) =
            (op, self.unit.tree.expr(operand).kind)
            && let Literal::Number(number) = &self.unit.tree.literals[literal as usize]
        {
            let negative = number.neg();
            let op = match negative.to_i64().and_then(|int| i32::try_from(int).ok()) {
                Some(value) => Op::Int { dst, value },
                None => Op::Const {
                    dst,
                    k: self.constants.add(Const::Number(negative)),
                },
            };
            self.emit(op);
            return;
        }
        let a = self.operand(operand);
        let outer = self.pos;
        if op == UnaryOp::Not {
            // What is no boolean is shown where it stands, as in a condition, which has no НЕ left.
            self.pos = self.unit.tree.expr(operand).pos;
        }
        self.emit(match op {
            UnaryOp::Plus => Op::Plus { dst, a },
            UnaryOp::Minus => Op::Neg { dst, a },
            UnaryOp::Not => Op::Not { dst, a },
        });
        self.pos = outer;
    }

    /// A whole constant of 32 bits.
    fn small_int(&self, id: ExprId) -> Option<i32> {
        let (id, sign) = match self.unit.tree.expr(id).kind {
            ExprKind::Unary(UnaryOp::Minus, operand) => (operand, -1),
            _ => (id, 1),
        };
        let ExprKind::Literal(literal) = self.unit.tree.expr(id).kind else {
            return None;
        };
        let Literal::Number(number) = &self.unit.tree.literals[literal as usize] else {
            return None;
        };
        i32::try_from(number.to_i64()? * sign).ok()
    }

    fn binary(&mut self, id: ExprId, op: BinaryOp, left: ExprId, right: ExprId, dst: Reg) {
        match op {
            BinaryOp::And | BinaryOp::Or => self.logical(id, dst),
            BinaryOp::Add => self.sum(id, dst),
            _ => {
                // The chain of left operands may be of any length.
                let mut chain = Vec::new();
                let mut first = id;
                while let ExprKind::Binary(op, left, right) = self.unit.tree.expr(first).kind {
                    if matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Add) {
                        break;
                    }
                    chain.push((first, op, right));
                    first = left;
                }
                let _ = (left, right);
                self.chain(first, chain, dst);
            }
        }
    }

    /// Applies operators from the left; the last writes `dst`.
    fn chain(&mut self, first: ExprId, mut chain: Vec<(ExprId, BinaryOp, ExprId)>, dst: Reg) {
        let Some((_, _, right)) = chain.last() else {
            return self.value(first, dst);
        };
        let mut a = self.operand_before(first, *right);
        let mut temp = None;
        while let Some((id, op, right)) = chain.pop() {
            let mark = self.mark();
            let to = if chain.is_empty() {
                dst
            } else {
                *temp.get_or_insert_with(|| self.temp())
            };
            let mark = mark.max(self.mark());
            self.apply(id, op, a, right, to);
            self.release(mark);
            a = to;
        }
    }

    fn apply(&mut self, id: ExprId, op: BinaryOp, a: Reg, right: ExprId, dst: Reg) {
        let pos = self.unit.tree.expr(id).pos;
        if let Some(value) = self.small_int(right) {
            let fused = match op {
                BinaryOp::Add => Some(Op::AddInt { dst, a, value }),
                BinaryOp::Sub => Some(Op::SubInt { dst, a, value }),
                BinaryOp::Mul => Some(Op::MulInt { dst, a, value }),
                BinaryOp::Rem if value > 0 => Some(Op::RemInt { dst, a, value }),
                _ => None,
            };
            if let Some(op) = fused {
                self.pos = pos;
                self.emit(op);
                return;
            }
        }
        let b = self.operand(right);
        self.pos = pos;
        self.emit(match op {
            BinaryOp::Add => Op::Add { dst, a, b },
            BinaryOp::Sub => Op::Sub { dst, a, b },
            BinaryOp::Mul => Op::Mul { dst, a, b },
            BinaryOp::Div => Op::Div { dst, a, b },
            BinaryOp::Rem => Op::Rem { dst, a, b },
            BinaryOp::Eq => Op::Eq { dst, a, b },
            BinaryOp::Ne => Op::Ne { dst, a, b },
            BinaryOp::Lt => Op::Lt { dst, a, b },
            BinaryOp::Le => Op::Le { dst, a, b },
            BinaryOp::Gt => Op::Gt { dst, a, b },
            BinaryOp::Ge => Op::Ge { dst, a, b },
            // И and ИЛИ never come here: they are jumps.
            BinaryOp::And | BinaryOp::Or => Op::ToBool { dst, a: b },
        });
    }

    // ---- sums and strings -------------------------------------------------------------------

    /// The operands of a chain of `+`, from the left, each with the operator's expression.
    fn summands(&self, id: ExprId) -> Vec<(ExprId, ExprId)> {
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

    fn is_string(&self, id: ExprId) -> bool {
        matches!(self.unit.tree.expr(id).kind, ExprKind::Literal(literal)
            if matches!(self.unit.tree.literals[literal as usize], Literal::Str(_)))
    }

    /// Reading it is one instruction without effect and error. What a parameter refers to may be an
    /// element that is gone.
    fn is_plain(&self, id: ExprId) -> bool {
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
    fn load_parts(&mut self, before: ExprId, parts: &[(ExprId, ExprId)]) {
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
    fn sum(&mut self, id: ExprId, dst: Reg) {
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

    // ---- logic ------------------------------------------------------------------------------

    fn logical(&mut self, id: ExprId, dst: Reg) {
        // `dst` may be an operand, therefore it is written only at the ends.
        let out = self.condition(id, false);
        self.emit(Op::Bool { dst, value: true });
        let end = self.emit(Op::Jump { to: 0 });
        self.patch_here(&out);
        self.emit(Op::Bool { dst, value: false });
        self.patch_here(&[end]);
    }

    /// Code that falls through when the condition is not `jump_if`, and jumps when it is; gives the
    /// jumps.
    pub(super) fn condition(&mut self, id: ExprId, jump_if: bool) -> Vec<usize> {
        let expr = self.unit.tree.expr(id);
        let outer = std::mem::replace(&mut self.pos, expr.pos);
        let mark = self.mark();
        let jumps = match expr.kind {
            ExprKind::Unary(UnaryOp::Not, operand) => self.condition(operand, !jump_if),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), ..) => {
                self.logical_jumps(id, op, jump_if)
            }
            ExprKind::Binary(
                op @ (BinaryOp::Eq
                | BinaryOp::Ne
                | BinaryOp::Lt
                | BinaryOp::Le
                | BinaryOp::Gt
                | BinaryOp::Ge),
                left,
                right,
            ) => {
                let a = self.operand_before(left, right);
                vec![self.compare_jump(if jump_if { op } else { opposite(op) }, a, right, expr.pos)]
            }
            ExprKind::Literal(literal)
                if self.unit.tree.literals[literal as usize] == Literal::Bool(!jump_if) =>
            {
                Vec::new()
            }
            _ => {
                let a = self.operand(id);
                vec![self.emit(if jump_if {
                    Op::JumpIf { a, to: 0 }
                } else {
                    Op::JumpIfNot { a, to: 0 }
                })]
            }
        };
        self.release(mark);
        self.pos = outer;
        jumps
    }

    fn logical_jumps(&mut self, id: ExprId, op: BinaryOp, jump_if: bool) -> Vec<usize> {
        let mut parts = Vec::new();
        let mut at = id;
        loop {
            match self.unit.tree.expr(at).kind {
                ExprKind::Binary(other, left, right) if other == op => {
                    parts.push(right);
                    at = left;
                }
                _ => break,
            }
        }
        parts.push(at);
        let mut jumps = Vec::new();
        // И fails, and ИЛИ succeeds, at the first part that says so.
        let decides = op == BinaryOp::Or;
        if decides == jump_if {
            while let Some(part) = parts.pop() {
                jumps.extend(self.condition(part, jump_if));
            }
        } else {
            let mut past = Vec::new();
            while let Some(part) = parts.pop() {
                if parts.is_empty() {
                    jumps = self.condition(part, jump_if);
                } else {
                    past.extend(self.condition(part, decides));
                }
            }
            self.patch_here(&past);
        }
        jumps
    }

    fn compare_jump(&mut self, op: BinaryOp, a: Reg, right: ExprId, pos: u32) -> usize {
        if let Some(value) = self
            .small_int(right)
            .and_then(|value| i16::try_from(value).ok())
        {
            self.pos = pos;
            return self.emit(match op {
                BinaryOp::Eq => Op::JumpEqInt { a, value, to: 0 },
                BinaryOp::Ne => Op::JumpNeInt { a, value, to: 0 },
                BinaryOp::Lt => Op::JumpLtInt { a, value, to: 0 },
                BinaryOp::Le => Op::JumpLeInt { a, value, to: 0 },
                BinaryOp::Gt => Op::JumpGtInt { a, value, to: 0 },
                _ => Op::JumpGeInt { a, value, to: 0 },
            });
        }
        let b = self.operand(right);
        self.pos = pos;
        self.emit(match op {
            BinaryOp::Eq => Op::JumpEq { a, b, to: 0 },
            BinaryOp::Ne => Op::JumpNe { a, b, to: 0 },
            BinaryOp::Lt => Op::JumpLt { a, b, to: 0 },
            BinaryOp::Le => Op::JumpLe { a, b, to: 0 },
            BinaryOp::Gt => Op::JumpGt { a, b, to: 0 },
            _ => Op::JumpGe { a, b, to: 0 },
        })
    }

    // ---- calls ------------------------------------------------------------------------------

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
    fn int_div(&mut self, func: u16, args: List, dst: Reg) -> bool {
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

    fn plain_arguments(&mut self, args: List) -> Reg {
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
    fn param_by_ref(&self, method: u32, index: usize) -> bool {
        match self.unit.shared {
            Some(shared) => shared.refs[self.unit.module][method as usize][index],
            None => self.around[method as usize].params[index].by_ref,
        }
    }

    fn param_count(&self, method: u32) -> usize {
        match self.unit.shared {
            Some(shared) => shared.trees[self.unit.module].methods[method as usize]
                .params
                .len(),
            None => self.around[method as usize].params.len(),
        }
    }

    /// The value of a parameter that the call skips.
    fn skipped(&mut self, method: u32, index: usize, dst: Reg) {
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
    fn own_arguments(&mut self, method: u32, args: List) -> Reg {
        let tree = self.unit.tree;
        let list = tree.list(args);
        let count = self.param_count(method);
        let start = self.mark().min(65_535) as Reg;
        for _ in 0..count {
            self.temp();
        }
        for index in 0..count {
            let dst = start + index as Reg;
            let arg = list.get(index).copied().unwrap_or(SKIPPED);
            if arg == SKIPPED {
                self.skipped(method, index, dst);
            } else if self.param_by_ref(method, index) {
                self.reference(arg, dst);
            } else {
                self.value(arg, dst);
            }
        }
        start
    }

    /// A reference to what an argument names, or its value.
    fn reference(&mut self, arg: ExprId, dst: Reg) {
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

    fn may_be_written(&self, name: Name, index: usize) -> bool {
        match self.unit.shared {
            Some(shared) => shared.writes(name, index),
            // Code of Выполнить does not know the other modules: any argument may be.
            None => true,
        }
    }

    fn new_object(&mut self, id: ExprId, args: List, dst: Reg) {
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

fn opposite(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Eq => BinaryOp::Ne,
        BinaryOp::Ne => BinaryOp::Eq,
        BinaryOp::Lt => BinaryOp::Ge,
        BinaryOp::Le => BinaryOp::Gt,
        BinaryOp::Gt => BinaryOp::Le,
        BinaryOp::Ge => BinaryOp::Lt,
        other => other,
    }
}
