//! A second evaluator: slow, simple, straight over the syntax tree. It shares with the machine the
//! parser and the arithmetic of numbers and dates, and nothing else: values, variables, references,
//! control flow, errors and their places are its own.
//!
//! It covers what `generator.rs` writes. A program that outgrows it is abandoned, not guessed at.

mod operators;

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;
use vestnik_bsl::diagnostic::locate;
use vestnik_bsl::kernel::collation;
use vestnik_bsl::kernel::date::Date;
use vestnik_bsl::kernel::number::{Number, NumberError};
use vestnik_bsl::syntax::ast::{
    BinaryOp, Block, ExprId, ExprKind, List, Literal, Method, RaiseKind, SKIPPED, StmtKind, Tree,
    UnaryOp,
};
use vestnik_bsl::syntax::names::Name;
use vestnik_bsl::syntax::{parse, token::seed_names};

const DIGITS: u32 = 1_000;
const NOT_A_NUMBER: &str = "Преобразование значения к типу Число не может быть выполнено";
const NOT_A_BOOLEAN: &str = "Преобразование значения к типу Булево не может быть выполнено";

/// A mistake to plant, so that the comparison can show that it finds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// The remainder takes the sign of the divisor.
    RemainderSign,
    /// И evaluates both sides.
    EagerAnd,
    /// Parameters are copies.
    CopiedParameters,
    /// The variable of Для keeps its last value after the loop.
    LoopVariable,
    /// Errors of operators are placed at the left operand.
    Place,
}

/// What a program did.
#[derive(Debug, PartialEq, Eq)]
pub struct Story {
    /// Messages.
    pub lines: Vec<String>,
    /// Text, line and column of the error that nothing caught.
    pub error: Option<(String, u32, u32)>,
}

#[derive(Clone)]
enum Value {
    Undefined,
    Null,
    Bool(bool),
    Number(Number),
    Str(Rc<str>),
    Date(Date),
    Array(Rc<RefCell<Vec<Value>>>),
    Structure(Rc<RefCell<Vec<(String, Value)>>>),
    Info(Rc<Raised>),
}

struct Raised {
    text: String,
    pos: u32,
}

/// Where a value lives.
#[derive(Clone)]
enum Slot {
    Cell(Rc<RefCell<Value>>),
    Element(Value, Value),
    Field(Value, String),
}

enum Stop {
    Error(Rc<Raised>),
    /// Too long or too large for this evaluator.
    Abandoned,
}

enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
    Goto(Name),
}

type Outcome<T> = Result<T, Stop>;
type Scope = HashMap<Name, Slot>;

struct Evaluator<'t> {
    tree: &'t Tree,
    text: &'t str,
    module: Scope,
    scopes: Vec<Scope>,
    handling: Vec<Rc<Raised>>,
    lines: Vec<String>,
    steps: u32,
    defect: Option<Defect>,
}

/// Runs a module; `None` when it does not parse or outgrows the evaluator.
pub fn evaluate(text: &str, defect: Option<Defect>) -> Option<Story> {
    let mut names = seed_names();
    let (tree, problems) = parse(text, &mut names);
    if !problems.is_empty() {
        return None;
    }
    let module = tree
        .vars
        .iter()
        .map(|var| (var.word.name, cell(Value::Undefined)))
        .collect();
    let mut own = Evaluator {
        tree: &tree,
        text,
        module,
        scopes: vec![Scope::new()],
        handling: Vec::new(),
        lines: Vec::new(),
        steps: 0,
        defect,
    };
    let error = match own.block(&tree.body) {
        Ok(_) => None,
        Err(Stop::Abandoned) => return None,
        Err(Stop::Error(raised)) => {
            let (at, _) = locate(text, raised.pos);
            Some((raised.text.clone(), at.line, at.column))
        }
    };
    Some(Story {
        lines: own.lines,
        error,
    })
}

fn cell(value: Value) -> Slot {
    Slot::Cell(Rc::new(RefCell::new(value)))
}

fn fail<T>(text: impl Into<String>, pos: u32) -> Outcome<T> {
    Err(Stop::Error(Rc::new(Raised {
        text: text.into(),
        pos,
    })))
}

impl Evaluator<'_> {
    fn step(&mut self) -> Outcome<()> {
        self.steps += 1;
        if self.steps > 20_000 {
            return Err(Stop::Abandoned);
        }
        Ok(())
    }

    fn word(&self, pos: u32) -> &str {
        let rest = &self.text[pos as usize..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    }

    // ---- statements -------------------------------------------------------------------------

    fn block(&mut self, block: &Block) -> Outcome<Flow> {
        let mut at = 0;
        while at < block.len() {
            match self.statement(&block[at].kind, block[at].pos)? {
                Flow::Next => at += 1,
                Flow::Goto(label) => {
                    let target = block.iter().position(
                        |other| matches!(&other.kind, StmtKind::Label(word) if word.name == label),
                    );
                    match target {
                        Some(target) => at = target,
                        None => return Ok(Flow::Goto(label)),
                    }
                }
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, kind: &StmtKind, pos: u32) -> Outcome<Flow> {
        self.step()?;
        match kind {
            StmtKind::Assign(target, value) => self.assign(*target, *value)?,
            StmtKind::Call(call) => {
                self.call(*call)?;
            }
            StmtKind::If(branches, otherwise) => {
                for branch in branches {
                    if self.condition(branch.condition)? {
                        return self.block(&branch.block);
                    }
                }
                if let Some(block) = otherwise {
                    return self.block(block);
                }
            }
            StmtKind::While(branch) => {
                while self.condition(branch.condition)? {
                    self.step()?;
                    match self.block(&branch.block)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        flow => return Ok(flow),
                    }
                }
            }
            StmtKind::For {
                var,
                from,
                to,
                block,
            } => return self.count(*var, *from, *to, block),
            StmtKind::ForEach { var, of, block } => return self.walk(*var, *of, block),
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::Return(value) => {
                let value = match value {
                    Some(value) => self.value(*value)?,
                    None => Value::Undefined,
                };
                return Ok(Flow::Return(value));
            }
            StmtKind::Try(block, handler) => {
                return match self.block(block) {
                    Err(Stop::Error(raised)) => {
                        self.handling.push(raised);
                        let flow = self.block(handler);
                        self.handling.pop();
                        flow
                    }
                    flow => flow,
                };
            }
            StmtKind::Raise(RaiseKind::Again) => {
                let Some(raised) = self.handling.last() else {
                    return Err(Stop::Abandoned);
                };
                return Err(Stop::Error(Rc::clone(raised)));
            }
            StmtKind::Raise(RaiseKind::Value(value)) => {
                let value = self.value(*value)?;
                return fail(self.show(&value), pos);
            }
            StmtKind::Goto(word) => return Ok(Flow::Goto(word.name)),
            StmtKind::Label(_) => {}
            StmtKind::Raise(RaiseKind::Full(_)) | StmtKind::Execute(_) | StmtKind::Handler(..) => {
                return Err(Stop::Abandoned);
            }
        }
        Ok(Flow::Next)
    }

    fn count(&mut self, var: ExprId, from: ExprId, to: ExprId, block: &Block) -> Outcome<Flow> {
        let first = self.value(from)?;
        let last = self.value(to)?;
        let pos = self.tree.expr(var).pos;
        let slot = self.slot(var)?;
        self.store(&slot, first, pos)?;
        loop {
            self.step()?;
            let current = self.load(&slot, pos)?;
            let more = self.compare(&current, &last, pos)? != Ordering::Greater;
            if !more {
                break;
            }
            match self.block(block)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => break,
                flow => return Ok(flow),
            }
            let current = self.load(&slot, pos)?;
            let next = self
                .number(&current, pos)?
                .add(&Number::from_i64(1), DIGITS);
            let next = number_or(next, pos)?;
            if self.defect == Some(Defect::LoopVariable)
                && self.compare(&next, &last, pos)? == Ordering::Greater
            {
                break;
            }
            self.store(&slot, next, pos)?;
        }
        Ok(Flow::Next)
    }

    fn walk(&mut self, var: ExprId, of: ExprId, block: &Block) -> Outcome<Flow> {
        let collection = self.value(of)?;
        let Value::Array(items) = collection else {
            return match collection {
                Value::Structure(_) => Err(Stop::Abandoned),
                _ => fail("Итератор для значения не определен", self.tree.expr(of).pos),
            };
        };
        let mut at = 0;
        loop {
            self.step()?;
            let item = items.borrow().get(at).cloned();
            let Some(item) = item else {
                return Ok(Flow::Next);
            };
            at += 1;
            let slot = self.slot(var)?;
            self.store(&slot, item, self.tree.expr(var).pos)?;
            match self.block(block)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                flow => return Ok(flow),
            }
        }
    }

    fn assign(&mut self, target: ExprId, value: ExprId) -> Outcome<()> {
        let expr = self.tree.expr(target);
        // The object and the index come before the value, the value before the write.
        let slot = self.slot(target)?;
        let value = self.value(value)?;
        self.store(&slot, value, expr.pos)
    }

    fn condition(&mut self, id: ExprId) -> Outcome<bool> {
        let value = self.value(id)?;
        self.boolean(&value, self.place_of(id))
    }

    /// Where the machine places the error of a condition.
    fn place_of(&self, id: ExprId) -> u32 {
        self.tree.expr(id).pos
    }

    // ---- places of values -------------------------------------------------------------------

    fn slot(&mut self, id: ExprId) -> Outcome<Slot> {
        match self.tree.expr(id).kind {
            ExprKind::Name(name) => Ok(self.variable(name)),
            ExprKind::Index(object, key) => {
                let object = self.value(object)?;
                Ok(Slot::Element(object, self.value(key)?))
            }
            ExprKind::Field(object, _) => {
                let object = self.value(object)?;
                let name = self.word(self.tree.expr(id).pos).to_string();
                Ok(Slot::Field(object, name))
            }
            _ => Ok(cell(self.value(id)?)),
        }
    }

    fn variable(&mut self, name: Name) -> Slot {
        let local = self.scopes.last().and_then(|scope| scope.get(&name));
        if let Some(slot) = local.or_else(|| self.module.get(&name)) {
            return slot.clone();
        }
        let slot = cell(Value::Undefined);
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, slot.clone());
        }
        slot
    }

    fn load(&self, slot: &Slot, pos: u32) -> Outcome<Value> {
        match slot {
            Slot::Cell(cell) => Ok(cell.borrow().clone()),
            Slot::Element(Value::Array(items), key) => {
                let at = self.place_in(items.borrow().len(), key, pos)?;
                Ok(items.borrow()[at].clone())
            }
            Slot::Field(Value::Structure(fields), name) => {
                let found = find(&fields.borrow(), name).map(|at| fields.borrow()[at].1.clone());
                match found {
                    Some(value) => Ok(value),
                    None => fail(format!("Поле объекта не обнаружено ({name})"), pos),
                }
            }
            Slot::Field(Value::Info(info), name) if name == "Описание" => {
                Ok(Value::Str(info.text.as_str().into()))
            }
            Slot::Field(Value::Array(_), name) => {
                fail(format!("Поле объекта не обнаружено ({name})"), pos)
            }
            Slot::Field(Value::Info(_), _)
            | Slot::Element(Value::Structure(_) | Value::Info(_), _) => Err(Stop::Abandoned),
            Slot::Field(_, name) => fail(
                format!("Значение не является значением объектного типа ({name})"),
                pos,
            ),
            Slot::Element(..) => fail(
                "Получение элемента по индексу для значения не определено",
                pos,
            ),
        }
    }

    fn store(&mut self, slot: &Slot, value: Value, pos: u32) -> Outcome<()> {
        match slot {
            Slot::Cell(cell) => *cell.borrow_mut() = value,
            Slot::Element(Value::Array(items), key) => {
                let at = self.place_in(items.borrow().len(), key, pos)?;
                items.borrow_mut()[at] = value;
            }
            Slot::Field(Value::Structure(fields), name) => {
                let at = find(&fields.borrow(), name);
                match at {
                    Some(at) => fields.borrow_mut()[at].1 = value,
                    None => return fail(format!("Поле объекта не обнаружено ({name})"), pos),
                }
            }
            _ => {
                self.load(slot, pos)?;
                return Err(Stop::Abandoned);
            }
        }
        Ok(())
    }

    fn place_in(&self, length: usize, key: &Value, pos: u32) -> Outcome<usize> {
        let index = match key {
            Value::Number(number) => number.to_i64_saturating(),
            _ => return Err(Stop::Abandoned),
        };
        match usize::try_from(index) {
            Ok(at) if at < length => Ok(at),
            _ => fail("Индекс находится за границами массива", pos),
        }
    }

    // ---- expressions ------------------------------------------------------------------------

    fn value(&mut self, id: ExprId) -> Outcome<Value> {
        self.step()?;
        let expr = self.tree.expr(id);
        match expr.kind {
            ExprKind::Literal(literal) => Ok(match &self.tree.literals[literal as usize] {
                Literal::Undefined => Value::Undefined,
                Literal::Null => Value::Null,
                Literal::Bool(value) => Value::Bool(*value),
                Literal::Number(number) => Value::Number(number.clone()),
                Literal::Str(text) => Value::Str(text.as_ref().into()),
                Literal::Date(date) => Value::Date(*date),
            }),
            ExprKind::Name(_) | ExprKind::Index(..) | ExprKind::Field(..) => {
                let slot = self.slot(id)?;
                self.load(&slot, expr.pos)
            }
            ExprKind::Unary(op, operand) => {
                if op == UnaryOp::Not {
                    return Ok(Value::Bool(!self.condition(operand)?));
                }
                let value = self.value(operand)?;
                match op {
                    UnaryOp::Not => Err(Stop::Abandoned),
                    UnaryOp::Minus => Ok(Value::Number(self.number(&value, expr.pos)?.neg())),
                    UnaryOp::Plus => Ok(Value::Number(self.number(&value, expr.pos)?)),
                }
            }
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right) => {
                let left = self.condition(left)?;
                if self.defect != Some(Defect::EagerAnd) && left == (op == BinaryOp::Or) {
                    return Ok(Value::Bool(left));
                }
                let right = self.condition(right)?;
                Ok(Value::Bool(if op == BinaryOp::Or {
                    left || right
                } else {
                    left && right
                }))
            }
            ExprKind::Binary(op, left, right) => {
                let pos = if self.defect == Some(Defect::Place) {
                    self.tree.expr(left).pos
                } else {
                    expr.pos
                };
                let left = self.value(left)?;
                let right = self.value(right)?;
                self.binary(op, &left, &right, pos)
            }
            ExprKind::Ternary(condition, yes, no) => {
                if self.condition(condition)? {
                    self.value(yes)
                } else {
                    self.value(no)
                }
            }
            ExprKind::Call(..) | ExprKind::Method(..) => self.call(id),
            ExprKind::New(_, list) => self.object(self.word(expr.pos).to_string().as_str(), list),
            ExprKind::NewDynamic(..) | ExprKind::Await(_) | ExprKind::Bad => Err(Stop::Abandoned),
        }
    }

    fn object(&mut self, name: &str, list: List) -> Outcome<Value> {
        let args = self.arguments(list)?;
        match (name, args.as_slice()) {
            ("Массив", []) => Ok(Value::Array(Rc::default())),
            ("Структура", [Value::Str(names), values @ ..]) => {
                let fields = names
                    .split(',')
                    .enumerate()
                    .map(|(at, name)| {
                        let value = values.get(at).cloned().unwrap_or(Value::Undefined);
                        (name.trim().to_string(), value)
                    })
                    .collect();
                Ok(Value::Structure(Rc::new(RefCell::new(fields))))
            }
            _ => Err(Stop::Abandoned),
        }
    }

    fn arguments(&mut self, list: List) -> Outcome<Vec<Value>> {
        let ids = self.tree.list(list).to_vec();
        ids.into_iter().map(|id| self.value(id)).collect()
    }

    fn call(&mut self, id: ExprId) -> Outcome<Value> {
        self.step()?;
        let tree = self.tree;
        let expr = tree.expr(id);
        match expr.kind {
            ExprKind::Call(name, list) => {
                if let Some(method) = tree.methods.iter().find(|it| it.word.name == name) {
                    return self.invoke(method, list);
                }
                let args = self.arguments(list)?;
                let name = self.word(expr.pos).to_string();
                self.function(&name, &args, expr.pos)
            }
            ExprKind::Method(object, _, list) => {
                let object = self.value(object)?;
                let args = self.arguments(list)?;
                let name = self.word(expr.pos).to_string();
                match (&object, name.as_str(), args.as_slice()) {
                    (Value::Array(items), "Добавить", [value]) => {
                        items.borrow_mut().push(value.clone());
                        Ok(Value::Undefined)
                    }
                    (Value::Array(items), "Количество", []) => {
                        Ok(Value::Number(Number::from_i64(items.borrow().len() as i64)))
                    }
                    (Value::Structure(fields), "Количество", []) => Ok(Value::Number(
                        Number::from_i64(fields.borrow().len() as i64),
                    )),
                    (Value::Array(_) | Value::Structure(_) | Value::Info(_), ..) => {
                        Err(Stop::Abandoned)
                    }
                    _ => fail(
                        format!("Значение не является значением объектного типа ({name})"),
                        expr.pos,
                    ),
                }
            }
            _ => Err(Stop::Abandoned),
        }
    }

    fn invoke(&mut self, method: &Method, list: List) -> Outcome<Value> {
        let ids = self.tree.list(list).to_vec();
        let mut scope = Scope::new();
        for (at, param) in method.params.iter().enumerate() {
            let given = ids.get(at).copied().unwrap_or(SKIPPED);
            let slot = if given != SKIPPED {
                let slot = self.slot(given)?;
                // Reading finds out whether the element is there, before the call.
                let value = self.load(&slot, self.tree.expr(given).pos)?;
                if param.by_value || self.defect == Some(Defect::CopiedParameters) {
                    cell(value)
                } else {
                    slot
                }
            } else {
                cell(
                    match param.default.map(|at| &self.tree.literals[at as usize]) {
                        Some(Literal::Number(number)) => Value::Number(number.clone()),
                        Some(Literal::Str(text)) => Value::Str(text.as_ref().into()),
                        Some(Literal::Bool(value)) => Value::Bool(*value),
                        _ => Value::Undefined,
                    },
                )
            };
            scope.insert(param.word.name, slot);
        }
        for var in &method.vars {
            scope.insert(var.name, cell(Value::Undefined));
        }
        if self.scopes.len() > 50 {
            return Err(Stop::Abandoned);
        }
        self.scopes.push(scope);
        let flow = self.block(&method.block);
        self.scopes.pop();
        match flow? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::Undefined),
        }
    }
}

fn find(fields: &[(String, Value)], name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    fields
        .iter()
        .position(|field| field.0.to_lowercase() == name)
}

fn number_or(result: Result<Number, NumberError>, pos: u32) -> Outcome<Value> {
    match result {
        Ok(number) => Ok(Value::Number(number)),
        Err(NumberError::DivisionByZero) => fail("Деление на 0", pos),
        Err(_) => fail("Переполнение: в числе больше разрядов, чем разрешено", pos),
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::Bool(flag), Value::Number(number)) | (Value::Number(number), Value::Bool(flag)) => {
            *number == Number::from_i64(i64::from(*flag))
        }
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Date(a), Value::Date(b)) => a == b,
        (Value::Array(a), Value::Array(b)) => Rc::ptr_eq(a, b),
        (Value::Structure(a), Value::Structure(b)) => Rc::ptr_eq(a, b),
        _ => false,
    }
}
