//! The state of one method while it is compiled: code, registers, jumps.

use super::{MethodHead, Shared};
use crate::bytecode::op::{Op, Reg};
use crate::bytecode::program::{Const, Handler, MethodCode, NameRef, ParamInfo, Site};
use crate::check::Checked;
use crate::check::resolve::spelling_at;
use crate::check::scope::{Meaning, MethodScope, NameMap};
use crate::syntax::ast::{ExprId, ExprKind, Tree};
use crate::syntax::names::Name;
use std::collections::HashMap;

/// Constants of a module, each once.
#[derive(Default)]
pub(crate) struct Constants {
    pub list: Vec<Const>,
    strings: HashMap<Box<str>, u32>,
}

impl Constants {
    pub fn add(&mut self, constant: Const) -> u32 {
        if let Const::Str(text) = &constant {
            if let Some(&known) = self.strings.get(text) {
                return known;
            }
            self.strings.insert(text.clone(), self.list.len() as u32);
        }
        self.list.push(constant);
        self.list.len() as u32 - 1
    }
}

/// What is compiled, and what is known of it.
pub(crate) struct Unit<'u> {
    pub tree: &'u Tree,
    pub checked: &'u Checked,
    pub scope: &'u MethodScope,
    pub text: &'u str,
    /// `None` for code of Выполнить, which knows the others only by its module's compiled methods.
    pub shared: Option<&'u Shared<'u>>,
    pub module: usize,
}

/// An open loop: where Продолжить and Прервать go.
#[derive(Default)]
pub(super) struct Loop {
    pub breaks: Vec<usize>,
    pub continues: Vec<usize>,
}

/// The compiler of one method.
pub(crate) struct Emitter<'u, 'm> {
    pub(super) unit: Unit<'u>,
    pub(super) constants: &'m mut Constants,
    pub(super) sites: &'m mut Vec<Site>,
    pub(super) code: Vec<Op>,
    positions: Vec<u32>,
    pub(super) pos: u32,
    /// Which of the first locals hold references.
    pub(super) by_ref: Vec<bool>,
    /// Compiled methods of the module around, for dynamic code.
    pub(super) around: &'u [MethodCode],
    /// Their constants: defaults are copied.
    pub(super) around_consts: &'u [Const],
    /// Registers of the outer method's variables; this code's own follow its registers.
    outer: &'u [(Name, Reg)],
    outer_registers: u16,
    is_dynamic: bool,
    next: u32,
    highest: u32,
    pub(super) loops: Vec<Loop>,
    pub(super) handlers: Vec<Handler>,
    pub(super) handling: Vec<Handler>,
    /// Registers of the errors in hand, innermost last.
    pub(super) errors: Vec<Reg>,
    pub(super) labels: NameMap<u32>,
    pub(super) gotos: Vec<(usize, Name)>,
}

impl<'u, 'm> Emitter<'u, 'm> {
    pub fn new(
        unit: Unit<'u>,
        constants: &'m mut Constants,
        sites: &'m mut Vec<Site>,
        params: &[ParamInfo],
        is_dynamic: bool,
    ) -> Self {
        let locals = unit.scope.locals.len() as u32;
        Emitter {
            unit,
            constants,
            sites,
            code: Vec::new(),
            positions: Vec::new(),
            pos: 0,
            by_ref: params.iter().map(|param| param.by_ref).collect(),
            around: &[],
            around_consts: &[],
            outer: &[],
            outer_registers: 0,
            is_dynamic,
            next: locals,
            highest: locals,
            loops: Vec::new(),
            handlers: Vec::new(),
            handling: Vec::new(),
            errors: Vec::new(),
            labels: NameMap::default(),
            gotos: Vec::new(),
        }
    }

    /// Code of Выполнить shares the registers of the method around it.
    pub fn around(
        &mut self,
        methods: &'u [MethodCode],
        consts: &'u [Const],
        registers: u16,
        outer: &'u [(Name, Reg)],
    ) {
        self.around = methods;
        self.around_consts = consts;
        self.outer = outer;
        self.outer_registers = registers;
        let own = self.unit.scope.locals.len().saturating_sub(outer.len()) as u32;
        self.next = u32::from(registers) + own;
        self.highest = self.next;
    }

    /// The register of a local.
    pub(super) fn slot(&self, local: u16) -> Reg {
        if !self.is_dynamic {
            return local;
        }
        match self.outer.get(local as usize) {
            Some(&(_, reg)) => reg,
            None => self.outer_registers + (local - self.outer.len() as u16),
        }
    }

    pub(super) fn is_ref(&self, slot: Reg) -> bool {
        self.by_ref.get(slot as usize).copied().unwrap_or(false)
    }

    pub(super) fn meaning(&self, id: ExprId) -> Meaning {
        self.unit.checked.meanings[id.0 as usize]
    }

    // ---- code -------------------------------------------------------------------------------

    pub(super) fn emit(&mut self, op: Op) -> usize {
        self.code.push(op);
        self.positions.push(self.pos);
        self.code.len() - 1
    }

    /// Gives the last instruction another place.
    pub(super) fn place_last(&mut self, pos: u32) {
        if let Some(last) = self.positions.last_mut() {
            *last = pos;
        }
    }

    pub(super) fn here(&self) -> u32 {
        self.code.len() as u32
    }

    /// Lets a jump lead to a place.
    pub(super) fn patch(&mut self, at: usize, target: u32) {
        match &mut self.code[at] {
            Op::Jump { to }
            | Op::JumpBack { to }
            | Op::JumpIf { to, .. }
            | Op::JumpIfNot { to, .. }
            | Op::JumpIfNotStr { to, .. }
            | Op::JumpEq { to, .. }
            | Op::JumpNe { to, .. }
            | Op::JumpLt { to, .. }
            | Op::JumpLe { to, .. }
            | Op::JumpGt { to, .. }
            | Op::JumpGe { to, .. }
            | Op::JumpEqInt { to, .. }
            | Op::JumpNeInt { to, .. }
            | Op::JumpLtInt { to, .. }
            | Op::JumpLeInt { to, .. }
            | Op::JumpGtInt { to, .. }
            | Op::JumpGeInt { to, .. }
            | Op::ForPrep { to, .. }
            | Op::ForStep { to, .. }
            | Op::IterNext { to, .. } => *to = target,
            other => debug_assert!(false, "{other:?} does not jump"),
        }
    }

    pub(super) fn patch_here(&mut self, list: &[usize]) {
        let here = self.here();
        for &at in list {
            self.patch(at, here);
        }
    }

    // ---- registers --------------------------------------------------------------------------

    pub(super) fn temp(&mut self) -> Reg {
        let reg = self.next;
        self.next += 1;
        self.highest = self.highest.max(self.next);
        // Nesting is bounded by the parser, and locals by the checker, so 16 bits are enough unless
        // one call has tens of thousands of arguments; the verifier refuses such a method.
        reg.min(u32::from(u16::MAX)) as Reg
    }

    pub(super) fn mark(&self) -> u32 {
        self.next
    }

    pub(super) fn release(&mut self, mark: u32) {
        self.next = mark;
    }

    // ---- sites ------------------------------------------------------------------------------

    pub(super) fn name_ref(&self, name: Name, pos: u32) -> NameRef {
        NameRef {
            name,
            start: pos,
            len: spelling_at(self.unit.text, pos).len() as u32,
        }
    }

    pub(super) fn site(&mut self, name: NameRef) -> u32 {
        self.push_site(Site {
            name,
            args: Box::new([]),
            wants_value: true,
        })
    }

    pub(super) fn push_site(&mut self, site: Site) -> u32 {
        self.sites.push(site);
        self.sites.len() as u32 - 1
    }

    // ---- the end ----------------------------------------------------------------------------

    pub fn finish_method(&mut self, end: u32) {
        self.pos = end;
        self.emit(Op::ReturnUndefined);
        let gotos = std::mem::take(&mut self.gotos);
        for (at, name) in gotos {
            if let Some(&target) = self.labels.get(&name) {
                self.patch(at, target);
            }
        }
    }

    pub fn finish_expression(&mut self, expr: ExprId) {
        let src = self.operand(expr);
        self.emit(Op::Return { src });
    }

    pub fn into_method(mut self, head: MethodHead) -> MethodCode {
        let mut handlers = std::mem::take(&mut self.handlers);
        let mut handling = std::mem::take(&mut self.handling);
        // Inner regions are shorter; a search from the front finds the innermost.
        handlers.sort_by_key(|handler| handler.end - handler.start);
        handling.sort_by_key(|handler| handler.end - handler.start);
        let locals = self.unit.scope.locals.len();
        let names = if self.unit.scope.dynamic {
            let names = self.unit.scope.locals.iter().enumerate();
            names
                .map(|(local, &name)| (name, self.slot(local as u16)))
                .collect()
        } else {
            Vec::new()
        };
        MethodCode {
            name: head.name,
            spelling: head.spelling,
            is_function: head.is_function,
            export: head.export,
            params: head.params,
            min: head.min,
            locals: locals.min(u16::MAX as usize) as u16,
            registers: self.highest.min(u32::from(u16::MAX)) as u16,
            code: self.code,
            positions: self.positions,
            handlers,
            handling,
            names,
        }
    }

    /// Whether evaluating an expression may change the variable in `slot`: it is handed to a call, or
    /// code is made at run time.
    pub(super) fn may_change(&self, id: ExprId, first: u32, slot: Reg) -> bool {
        self.unit.tree.exprs[first as usize..=id.0 as usize]
            .iter()
            .enumerate()
            .any(|(offset, expr)| match expr.kind {
                ExprKind::Method(_, _, args) | ExprKind::New(_, args) => {
                    self.hands_over(args, slot)
                }
                ExprKind::Call(_, args) => {
                    self.unit.checked.meanings[first as usize + offset] == Meaning::Evaluate
                        || self.hands_over(args, slot)
                }
                _ => false,
            })
    }

    fn hands_over(&self, args: crate::syntax::ast::List, slot: Reg) -> bool {
        self.unit.tree.list(args).iter().any(|&arg| {
            arg != crate::syntax::ast::SKIPPED
                && matches!(self.meaning(arg), Meaning::Local(local) if self.slot(local) == slot)
        })
    }
}
