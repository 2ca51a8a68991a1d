//! The walk that gives every name its meaning, in the order of the text: a name is a variable from its
//! first assignment on.

use super::hints::{Candidate, Marks};
use super::labels;
use super::scope::{Forward, ForwardTo, Meaning, MethodScope, ModuleView, NameMap, Twins};
use crate::bytecode::program::{Globals, Shape};
use crate::diagnostic::{Diagnostic, Hint, PROBLEMS_MAX, Problem};
use crate::library::registry::{LIBRARY, THIS_OBJECT};
use crate::syntax::ast::{
    Block, ExprId, ExprKind, List, RaiseKind, SKIPPED, Stmt, StmtKind, Tree, Word,
};
use crate::syntax::names::{Name, Names, fold};
use std::cell::OnceCell;

/// What stands around a module.
#[derive(Clone, Copy)]
pub struct World<'w> {
    /// Names of the text.
    pub names: &'w Names,
    /// The host's names and the common modules.
    pub globals: &'w Globals,
    /// The module's own names.
    pub view: &'w ModuleView,
    /// The whole source that places count in.
    pub text: &'w str,
    /// For code of Выполнить: the text of the module around.
    pub around: &'w str,
}

/// The result of a check.
pub struct Checked {
    /// Meaning of each expression of the tree that is a name.
    pub meanings: Vec<Meaning>,
    /// Scopes of the methods; the last is the body.
    pub scopes: Vec<MethodScope>,
    /// What is wrong.
    pub problems: Vec<Diagnostic>,
    /// What will fail when it is reached, as in 1C: the module runs nevertheless.
    pub findings: Vec<Diagnostic>,
}

/// Variables of one method at most: registers have 16 bits, and temporaries need some of them.
const LOCALS_MAX: usize = 30_000;

/// Fields in a row that are followed through objects of the host; none is deeper.
const SHAPES_MAX: u32 = 4;
/// Members of an object of the host that a finding names.
const MEMBERS_MAX: usize = 8;

#[derive(Clone, Copy)]
enum Member {
    Field,
    Method,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Function,
    Procedure,
    Body,
    /// Code of Выполнить.
    Dynamic,
}

pub(super) struct Resolver<'a, 'w> {
    pub(super) world: World<'w>,
    pub(super) tree: &'a Tree,
    /// `false`: names are resolved elsewhere, only the shape is checked.
    resolve: bool,
    meanings: Vec<Meaning>,
    pub(super) problems: Vec<Diagnostic>,
    findings: Vec<Diagnostic>,
    scratch: &'a mut Scratch,
    /// For hints: where the names of the text stand first, and the marks of the methods' names.
    pub(super) places: OnceCell<NameMap<u32>>,
    pub(super) method_marks: OnceCell<Vec<(Name, Marks)>>,
    pub(super) scope: MethodScope,
    params: usize,
    context: Context,
    loops: u32,
    handlers: u32,
    eval: [Name; 2],
    this: [Name; 2],
}

/// Which names are variables of the method in hand. It is as long as the table of names, so that the
/// modules of a program share one.
#[derive(Default)]
pub struct Scratch {
    /// For each name: the method that made it a local, and its slot.
    stamps: Vec<(u32, u16)>,
    /// The method in hand.
    stamp: u32,
}

/// Checks a module.
pub fn check(tree: &Tree, world: World<'_>, scratch: &mut Scratch) -> Checked {
    Resolver::new(tree, world, true, scratch).module()
}

/// Checks all that needs no names: labels, jumps, Возврат, doubled methods.
pub fn check_syntax_only(tree: &Tree, names: &Names, text: &str) -> Vec<Diagnostic> {
    let world = World {
        names,
        globals: &Globals::default(),
        view: &ModuleView::default(),
        text,
        around: "",
    };
    let mut scratch = Scratch::default();
    Resolver::new(tree, world, false, &mut scratch)
        .module()
        .problems
}

/// Checks the code of Выполнить inside a method with these variables.
pub fn check_dynamic(tree: &Tree, world: World<'_>, locals: &[Name]) -> Checked {
    let mut scratch = Scratch::default();
    let mut resolver = Resolver::new(tree, world, true, &mut scratch);
    resolver.begin(Context::Dynamic);
    for &name in locals {
        resolver.declare(name);
    }
    let mut own = super::scope::NameMap::<()>::default();
    for var in &tree.vars {
        // A variable of the method around stays what it is.
        if own.insert(var.word.name, ()).is_some() {
            resolver.word_problem(Problem::DuplicateName, var.word);
        } else if resolver.local(var.word.name).is_none() {
            resolver.declare(var.word.name);
        }
    }
    resolver.block(&tree.body);
    labels::check(&tree.body, world.text, &mut resolver.problems);
    let scope = std::mem::take(&mut resolver.scope);
    Checked {
        meanings: resolver.meanings,
        scopes: vec![scope],
        problems: resolver.problems,
        findings: resolver.findings,
    }
}

/// Checks one expression inside a method with these variables.
pub fn check_expression(tree: &Tree, expr: ExprId, world: World<'_>, locals: &[Name]) -> Checked {
    let mut scratch = Scratch::default();
    let mut resolver = Resolver::new(tree, world, true, &mut scratch);
    resolver.begin(Context::Dynamic);
    for &name in locals {
        resolver.declare(name);
    }
    resolver.expr(expr);
    let scope = std::mem::take(&mut resolver.scope);
    Checked {
        meanings: resolver.meanings,
        scopes: vec![scope],
        problems: resolver.problems,
        findings: resolver.findings,
    }
}

impl<'a, 'w> Resolver<'a, 'w> {
    fn new(tree: &'a Tree, world: World<'w>, resolve: bool, scratch: &'a mut Scratch) -> Self {
        if resolve && scratch.stamps.len() < world.names.len() {
            scratch.stamps.resize(world.names.len(), (0, 0));
        }
        let names = &LIBRARY.names;
        let find = |name: &str| names.find(name).unwrap_or(Name(u32::MAX));
        Resolver {
            world,
            tree,
            resolve,
            meanings: if resolve {
                vec![Meaning::None; tree.exprs.len()]
            } else {
                Vec::new()
            },
            problems: Vec::new(),
            findings: Vec::new(),
            scratch,
            places: OnceCell::new(),
            method_marks: OnceCell::new(),
            scope: MethodScope::default(),
            params: 0,
            context: Context::Body,
            loops: 0,
            handlers: 0,
            eval: [find("Вычислить"), find("Eval")],
            this: THIS_OBJECT.map(find),
        }
    }

    fn module(mut self) -> Checked {
        let tree = self.tree;
        let mut seen = super::scope::NameMap::<()>::default();
        for var in &tree.vars {
            if seen.insert(var.word.name, ()).is_some() {
                self.word_problem(Problem::DuplicateName, var.word);
            }
        }
        seen.clear();
        let mut own = super::scope::NameMap::<()>::default();
        let mut scopes = Vec::with_capacity(tree.methods.len() + 1);
        for method in &tree.methods {
            if method.word.name.0 != u32::MAX && seen.insert(method.word.name, ()).is_some() {
                self.word_problem(Problem::DuplicateMethod, method.word);
            }
            self.begin(if method.is_function {
                Context::Function
            } else {
                Context::Procedure
            });
            own.clear();
            for param in &method.params {
                if own.insert(param.word.name, ()).is_some() {
                    self.word_problem(Problem::DuplicateName, param.word);
                }
                self.declare(param.word.name);
            }
            self.params = method.params.len();
            self.scope.written = vec![false; self.params];
            for var in &method.vars {
                if own.insert(var.name, ()).is_some() {
                    self.word_problem(Problem::DuplicateName, *var);
                } else {
                    self.declare(var.name);
                }
            }
            self.block(&method.block);
            labels::check(&method.block, self.world.text, &mut self.problems);
            scopes.push(std::mem::take(&mut self.scope));
        }
        self.begin(Context::Body);
        self.block(&tree.body);
        labels::check(&tree.body, self.world.text, &mut self.problems);
        scopes.push(std::mem::take(&mut self.scope));
        Checked {
            meanings: self.meanings,
            scopes,
            problems: self.problems,
            findings: self.findings,
        }
    }

    fn begin(&mut self, context: Context) {
        self.scratch.stamp += 1;
        self.scope = MethodScope::default();
        self.params = 0;
        self.context = context;
        self.loops = 0;
        self.handlers = 0;
    }

    fn problem(&mut self, problem: Problem, pos: u32, len: u32) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Diagnostic::new(problem, pos, pos + len));
        }
    }

    fn word_problem(&mut self, problem: fn(String) -> Problem, word: Word) {
        let spelling = self.spelling(word.pos);
        let len = spelling.len() as u32;
        self.problem(problem(spelling), word.pos, len);
    }

    /// The name as it is written at a place.
    pub(super) fn spelling(&self, pos: u32) -> String {
        spelling_at(self.world.text, pos).to_string()
    }

    // ---- variables --------------------------------------------------------------------------

    fn declare(&mut self, name: Name) -> u16 {
        let slot = self.scope.locals.len().min(LOCALS_MAX) as u16;
        self.scope.locals.push(name);
        let Scratch { stamps, stamp } = &mut *self.scratch;
        if let Some(own) = stamps.get_mut(name.0 as usize) {
            *own = (*stamp, slot);
        }
        slot
    }

    fn local(&self, name: Name) -> Option<u16> {
        match self.scratch.stamps.get(name.0 as usize) {
            Some(&(stamp, slot)) if stamp == self.scratch.stamp => Some(slot),
            _ => None,
        }
    }

    fn variable(&self, name: Name) -> Option<Meaning> {
        if let Some(slot) = self.local(name) {
            return Some(Meaning::Local(slot));
        }
        if let Some(&slot) = self.world.view.vars.get(&name) {
            return Some(Meaning::Module(slot));
        }
        self.world
            .globals
            .variables
            .get(&name)
            .map(|&index| Meaning::Global(index))
    }

    fn constant(&self, name: Name) -> Option<Meaning> {
        let globals = self.world.globals;
        if let Some(&index) = globals.properties.get(&name) {
            return Some(Meaning::Property(index));
        }
        if let Some(&index) = globals.commons.get(&name) {
            return Some(Meaning::Common(index));
        }
        if self.this.contains(&name) {
            return Some(Meaning::This);
        }
        LIBRARY.list(name).map(Meaning::List)
    }

    fn read(&mut self, id: ExprId, name: Name, pos: u32) {
        if let Some(meaning) = self.variable(name).or_else(|| self.constant(name)) {
            self.meanings[id.0 as usize] = meaning;
            return;
        }
        if let Some(index) = LIBRARY.object(name) {
            self.unavailable(name, pos);
            self.meanings[id.0 as usize] = Meaning::Function(index);
            return;
        }
        let spelling = self.spelling(pos);
        let len = spelling.len() as u32;
        let hint = self.guess_variable(&spelling);
        self.problem(
            Problem::UndefinedVariable {
                name: spelling,
                hint,
            },
            pos,
            len,
        );
        // Once is enough: from here on the name passes for a variable.
        self.declare(name);
    }

    fn assign(&mut self, id: ExprId, name: Name, pos: u32) {
        let meaning = match self.variable(name) {
            Some(meaning) => meaning,
            None if self.constant(name).is_some() => {
                let spelling = self.spelling(pos);
                let len = spelling.len() as u32;
                self.finding(Problem::ConstantAssigned(spelling), pos, len);
                Meaning::ReadOnly
            }
            None => {
                if self.scope.locals.len() >= LOCALS_MAX {
                    self.problem(Problem::TooManyVariables, pos, 1);
                }
                Meaning::Local(self.declare(name))
            }
        };
        if let Meaning::Local(slot) = meaning
            && let Some(written) = self.scope.written.get_mut(slot as usize)
        {
            *written = true;
        }
        self.meanings[id.0 as usize] = meaning;
    }

    // ---- statements -------------------------------------------------------------------------

    fn block(&mut self, block: &Block) {
        for statement in block {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        let pos = statement.pos;
        match &statement.kind {
            StmtKind::Assign(target, value) => {
                let expr = self.tree.expr(*target);
                if let ExprKind::Name(name) = expr.kind {
                    self.expr(*value);
                    if self.resolve {
                        self.assign(*target, name, expr.pos);
                    }
                } else {
                    self.expr(*target);
                    self.expr(*value);
                }
            }
            StmtKind::Call(call) => self.call(*call, true),
            StmtKind::If(branches, otherwise) => {
                for branch in branches {
                    self.expr(branch.condition);
                    self.block(&branch.block);
                }
                if let Some(block) = otherwise {
                    self.block(block);
                }
            }
            StmtKind::While(branch) => {
                self.expr(branch.condition);
                self.loop_block(&branch.block);
            }
            StmtKind::For {
                var,
                from,
                to,
                block,
            } => {
                self.expr(*from);
                self.expr(*to);
                self.loop_variable(*var);
                self.loop_block(block);
            }
            StmtKind::ForEach { var, of, block } => {
                self.expr(*of);
                self.loop_variable(*var);
                self.loop_block(block);
            }
            StmtKind::Break => self.in_loop("Прервать", pos),
            StmtKind::Continue => self.in_loop("Продолжить", pos),
            StmtKind::Return(value) => {
                if let Some(value) = value {
                    self.expr(*value);
                }
                match (self.context, value) {
                    (Context::Procedure, Some(value)) => {
                        let at = self.first_byte(*value);
                        self.problem(Problem::ReturnValueInProcedure, at, 1);
                    }
                    (Context::Function, None) => self.problem(Problem::ReturnWithoutValue, pos, 7),
                    (Context::Body | Context::Dynamic, _) => {
                        self.problem(Problem::ReturnOutsideMethod, pos, 7)
                    }
                    _ => {}
                }
            }
            StmtKind::Try(block, handler) => {
                self.block(block);
                self.handlers += 1;
                self.block(handler);
                self.handlers -= 1;
            }
            StmtKind::Raise(RaiseKind::Again) => {
                if self.handlers == 0 {
                    self.problem(Problem::RaiseOutsideHandler, pos, 17);
                }
            }
            StmtKind::Raise(RaiseKind::Value(value)) => self.expr(*value),
            StmtKind::Raise(RaiseKind::Full(args)) => {
                if args.len > 5 {
                    self.problem(
                        Problem::TooManyArguments("ВызватьИсключение".into()),
                        pos,
                        17,
                    );
                }
                self.list(*args);
            }
            StmtKind::Execute(code) => {
                self.scope.dynamic = true;
                self.expr(*code);
            }
            StmtKind::Handler(event, handler) => {
                // The last word of each is a name, not a value.
                for side in [event, handler] {
                    if let ExprKind::Field(object, _) = self.tree.expr(*side).kind {
                        self.expr(object);
                    }
                }
            }
            StmtKind::Goto(_) | StmtKind::Label(_) => {}
        }
    }

    fn first_byte(&self, id: ExprId) -> u32 {
        self.tree.expr(id).pos
    }

    fn loop_variable(&mut self, var: ExprId) {
        let expr = self.tree.expr(var);
        if let ExprKind::Name(name) = expr.kind
            && self.resolve
        {
            self.assign(var, name, expr.pos);
        }
    }

    fn loop_block(&mut self, block: &Block) {
        self.loops += 1;
        self.block(block);
        self.loops -= 1;
    }

    fn in_loop(&mut self, word: &'static str, pos: u32) {
        if self.loops == 0 {
            self.problem(Problem::BreakOutsideLoop(word), pos, word.len() as u32);
        }
    }

    // ---- expressions ------------------------------------------------------------------------

    fn list(&mut self, list: List) {
        let tree = self.tree;
        for &id in tree.list(list) {
            if id != SKIPPED {
                self.expr(id);
            }
        }
    }

    fn expr(&mut self, id: ExprId) {
        let tree = self.tree;
        let mut id = id;
        // Left operands lie on a chain of any length: the right ones wait on this list.
        let mut waiting: smallvec::SmallVec<[ExprId; 16]> = smallvec::SmallVec::new();
        while let ExprKind::Binary(_, left, right) = tree.expr(id).kind {
            waiting.push(right);
            id = left;
        }
        self.one(id);
        while let Some(right) = waiting.pop() {
            self.expr(right);
        }
    }

    fn one(&mut self, id: ExprId) {
        let expr = self.tree.expr(id);
        match expr.kind {
            ExprKind::Name(name) => {
                if self.resolve {
                    self.read(id, name, expr.pos);
                }
            }
            ExprKind::Literal(_) | ExprKind::Bad => {}
            ExprKind::Unary(_, operand) => self.expr(operand),
            ExprKind::Binary(..) => self.expr(id),
            ExprKind::Ternary(condition, yes, no) => {
                self.expr(condition);
                self.expr(yes);
                self.expr(no);
            }
            ExprKind::Field(object, name) => {
                self.expr(object);
                if let Some(Meaning::List(list)) = self.meanings.get(object.0 as usize) {
                    let list = LIBRARY.enums[*list as usize];
                    if LIBRARY.item(list, name).is_none() {
                        self.member_problem(
                            expr.pos,
                            list.items.iter().flat_map(|(ru, en)| [*ru, *en]),
                        );
                    }
                } else if let Some(shape) = self.shape_of(object, SHAPES_MAX)
                    && shape.field(self.world.names.text(name)).is_none()
                {
                    let fields = shape.fields.iter().map(|(name, _)| name.as_str());
                    self.host_member(expr.pos, fields.collect(), Member::Field);
                }
            }
            ExprKind::Index(object, key) => {
                self.expr(object);
                self.expr(key);
            }
            ExprKind::Call(..) | ExprKind::Method(..) | ExprKind::Await(_) => self.call(id, false),
            ExprKind::New(name, args) => {
                self.list(args);
                if self.resolve {
                    self.new_object(id, name, args, expr.pos);
                }
            }
            ExprKind::NewDynamic(name, params) => {
                // Both are missing in a damaged text: `Новый()`.
                for part in [name, params] {
                    if part != SKIPPED {
                        self.expr(part);
                    }
                }
            }
        }
    }

    /// What the host says of the object that an expression gives. Only a chain of fields from a property
    /// has one, and a short one: `Справочники.Контрагенты`.
    fn shape_of(&self, id: ExprId, deep: u32) -> Option<&'w Shape> {
        match self.tree.expr(id).kind {
            ExprKind::Name(name) => match self.meanings.get(id.0 as usize)? {
                Meaning::Property(_) => Some(self.world.globals.shapes.get(&name)?),
                _ => None,
            },
            ExprKind::Field(object, name) if deep > 0 => self
                .shape_of(object, deep - 1)?
                .field(self.world.names.text(name))?,
            _ => None,
        }
    }

    fn member_problem<'n>(&mut self, pos: u32, candidates: impl Iterator<Item = &'n str>) {
        let spelling = self.spelling(pos);
        let hint = self.near_member(&spelling, candidates);
        let len = spelling.len() as u32;
        let problem = Problem::UndefinedMember {
            name: spelling,
            hint,
        };
        self.finding(problem, pos, len);
    }

    fn near_member<'n>(
        &self,
        spelling: &str,
        candidates: impl Iterator<Item = &'n str>,
    ) -> Option<Hint> {
        let folded: Vec<(&str, String)> = candidates.map(|name| (name, fold(name))).collect();
        let candidates = folded.iter().map(|(shown, folded)| Candidate {
            shown,
            ..Candidate::folded(folded)
        });
        self.near(spelling, candidates)
    }

    /// An object of the host has few members: where none is near, they are named.
    fn host_member(&mut self, pos: u32, members: Vec<&str>, member: Member) {
        let spelling = self.spelling(pos);
        let len = spelling.len() as u32;
        let hint = self
            .near_member(&spelling, members.iter().copied())
            .or_else(|| {
                // In the language that the author writes in, where they have names in both.
                let is_latin = |name: &&str| name.is_ascii();
                let (latin, other): (Vec<&str>, Vec<&str>) =
                    members.iter().partition(|name| is_latin(name));
                let own = match (spelling.is_ascii(), other.is_empty()) {
                    (true, _) | (false, true) => latin,
                    (false, false) => other,
                };
                let mut names: Vec<String> = own
                    .into_iter()
                    .take(MEMBERS_MAX)
                    .map(str::to_owned)
                    .collect();
                names.dedup();
                (!names.is_empty()).then_some(Hint::OneOf(names))
            });
        let problem = match member {
            Member::Field => Problem::UndefinedMember {
                name: spelling,
                hint,
            },
            Member::Method => Problem::UndefinedMethod {
                name: spelling,
                hint,
            },
        };
        self.finding(problem, pos, len);
    }

    /// A name that is known and cannot be had is told before it is reached.
    fn unavailable(&mut self, name: Name, pos: u32) {
        if let Some(reason) = LIBRARY.refused(name) {
            let spelling = self.spelling(pos);
            let len = spelling.len() as u32;
            let problem = Problem::Unavailable(spelling, reason.ru, reason.en);
            self.finding(problem, pos, len);
        }
    }

    /// What 1C says only when the place is reached.
    fn finding(&mut self, problem: Problem, pos: u32, len: u32) {
        if self.findings.len() < PROBLEMS_MAX {
            self.findings.push(Diagnostic::new(problem, pos, pos + len));
        }
    }

    fn new_object(&mut self, id: ExprId, name: Name, args: List, pos: u32) {
        let spelling = self.spelling(pos);
        let len = spelling.len() as u32;
        let known = LIBRARY
            .type_index(name)
            .map(|index| (index, LIBRARY.types[index as usize]));
        match known.and_then(|(index, ty)| LIBRARY.constructor(ty).map(|arity| (index, arity))) {
            Some((index, (min, max))) => {
                self.unavailable(name, pos);
                self.meanings[id.0 as usize] = Meaning::Type(index);
                self.arity(&spelling, args.len, min, max, pos);
            }
            None => {
                let hint = self.guess_type(&spelling);
                self.problem(
                    Problem::UndefinedType {
                        name: spelling,
                        hint,
                    },
                    pos,
                    len,
                );
            }
        }
    }

    fn arity(&mut self, spelling: &str, count: u32, min: u8, max: u8, pos: u32) {
        let len = spelling.len() as u32;
        if count < u32::from(min) {
            self.problem(Problem::TooFewArguments(spelling.to_string()), pos, len);
        } else if max != 255 && count > u32::from(max) {
            self.problem(Problem::TooManyArguments(spelling.to_string()), pos, len);
        }
    }

    fn call(&mut self, id: ExprId, is_statement: bool) {
        let expr = self.tree.expr(id);
        match expr.kind {
            ExprKind::Await(operand) => {
                let inner = self.tree.expr(operand).kind;
                if matches!(inner, ExprKind::Call(..) | ExprKind::Method(..)) {
                    self.call(operand, is_statement);
                } else {
                    self.expr(operand);
                }
            }
            ExprKind::Call(name, args) => {
                self.list(args);
                if self.resolve {
                    self.resolve_call(id, name, args, expr.pos, is_statement);
                }
            }
            ExprKind::Method(object, name, args) => {
                self.expr(object);
                self.list(args);
                if let Some(shape) = self.shape_of(object, SHAPES_MAX)
                    && !shape.has_method(self.world.names.text(name))
                {
                    let methods = shape.methods.iter().map(String::as_str);
                    self.host_member(expr.pos, methods.collect(), Member::Method);
                }
                if self.resolve {
                    self.forward(args, ForwardTo::Name(name));
                }
            }
            _ => self.expr(id),
        }
    }

    /// Notes which parameters are handed on, so that the other method's writes reach them.
    fn forward(&mut self, args: List, to: ForwardTo) {
        let tree = self.tree;
        let mut seen: smallvec::SmallVec<[(Meaning, u8); 8]> = smallvec::SmallVec::new();
        for (index, &arg) in tree.list(args).iter().enumerate() {
            if arg == SKIPPED || index > 254 {
                continue;
            }
            let ExprKind::Name(_) = tree.expr(arg).kind else {
                continue;
            };
            let meaning = self.meanings[arg.0 as usize];
            if matches!(
                meaning,
                Meaning::Local(_) | Meaning::Module(_) | Meaning::Global(_)
            ) {
                if let Some(&(_, before)) = seen.iter().find(|(other, _)| *other == meaning) {
                    let pair = [before, index as u8];
                    self.scope.twins.push(Twins { to, pair });
                } else {
                    seen.push((meaning, index as u8));
                }
            }
            let param = match meaning {
                Meaning::Local(slot) if (slot as usize) < self.params => slot,
                Meaning::Module(_) | Meaning::Global(_) => u16::MAX,
                _ => continue,
            };
            self.scope.forwards.push(Forward {
                param,
                to,
                index: index as u8,
            });
        }
    }

    fn resolve_call(&mut self, id: ExprId, name: Name, args: List, pos: u32, is_statement: bool) {
        if let Some(method) = self.world.view.methods.get(&name) {
            let (index, min, max) = (method.index, method.min, method.max);
            let is_function = method.is_function;
            self.meanings[id.0 as usize] = Meaning::Method(index);
            self.forward(args, ForwardTo::Method(index));
            let spelling = self.spelling(pos);
            if !is_function && !is_statement {
                let len = spelling.len() as u32;
                self.problem(Problem::ProcedureAsFunction(spelling.clone()), pos, len);
            }
            // No method has more than 255 parameters in practice; the bound only keeps `max` small.
            self.arity(
                &spelling,
                args.len,
                min,
                if max == 255 { 254 } else { max },
                pos,
            );
            return;
        }
        if let Some(index) = LIBRARY.function(name) {
            self.unavailable(name, pos);
            let function = &LIBRARY.functions[index as usize];
            self.meanings[id.0 as usize] = if self.eval.contains(&name) {
                self.scope.dynamic = true;
                Meaning::Evaluate
            } else {
                Meaning::Function(index)
            };
            let (min, max) = (function.min, function.max);
            let spelling = self.spelling(pos);
            if !function.def.is_function && !is_statement {
                let len = spelling.len() as u32;
                self.problem(Problem::ProcedureAsFunction(spelling.clone()), pos, len);
            }
            self.arity(&spelling, args.len, min, max, pos);
            return;
        }
        let spelling = self.spelling(pos);
        let len = spelling.len() as u32;
        let hint = self.guess_function(&spelling);
        self.problem(
            Problem::UndefinedFunction {
                name: spelling,
                hint,
            },
            pos,
            len,
        );
    }
}

/// The word that begins at a byte of the text.
#[must_use]
pub fn spelling_at(text: &str, pos: u32) -> &str {
    let rest = text.get(pos as usize..).unwrap_or("");
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    &rest[..end]
}
