//! Expressions.

use super::emit::Emitter;
use crate::bytecode::op::{Op, Reg};
use crate::bytecode::program::Const;
use crate::check::scope::Meaning;
use crate::library::registry::LIBRARY;
use crate::syntax::ast::{BinaryOp, ExprId, ExprKind, Literal, SKIPPED, UnaryOp};
use crate::syntax::names::Name;

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

    pub(super) fn literal(&mut self, literal: u32, dst: Reg) {
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
            // A property of the global context that cannot be had: the function says why.
            Meaning::Function(func) => Op::CallNative {
                dst,
                args: self.mark().min(65_535) as Reg,
                n: 0,
                func,
            },
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
    pub(super) fn small_int(&self, id: ExprId) -> Option<i32> {
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
    pub(super) fn chain(
        &mut self,
        first: ExprId,
        mut chain: Vec<(ExprId, BinaryOp, ExprId)>,
        dst: Reg,
    ) {
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
