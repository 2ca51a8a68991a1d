//! The syntax tree. Expressions lie in one vector and refer to each other by number, so that a tree
//! of any shape is built, walked from the left and dropped without recursion.

use super::names::Name;
use crate::kernel::date::Date;
use crate::kernel::number::Number;

/// Number of an expression in [`Tree::exprs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExprId(pub u32);

/// A place that no expression stands in: a skipped argument.
pub const SKIPPED: ExprId = ExprId(u32::MAX);

/// A run of expressions in [`Tree::lists`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List {
    /// First.
    pub start: u32,
    /// How many.
    pub len: u32,
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the signs")]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the signs")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
    And,
    Or,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Неопределено.
    Undefined,
    /// The word NULL.
    Null,
    /// Истина, Ложь.
    Bool(bool),
    /// `12.5`.
    Number(Number),
    /// A string, its parts joined.
    Str(Box<str>),
    /// `'20240101'`.
    Date(Date),
}

/// What an expression is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ExprKind {
    /// A constant: number in [`Tree::literals`].
    Literal(u32),
    /// A variable, or a name of the library.
    Name(Name),
    /// `-А`, `НЕ А`.
    Unary(UnaryOp, ExprId),
    /// `А + Б`.
    Binary(BinaryOp, ExprId, ExprId),
    /// `?(у, а, б)`.
    Ternary(ExprId, ExprId, ExprId),
    /// `А.Б`.
    Field(ExprId, Name),
    /// `А[Б]`.
    Index(ExprId, ExprId),
    /// `Ф(…)`.
    Call(Name, List),
    /// `А.Ф(…)`.
    Method(ExprId, Name, List),
    /// `Новый Т(…)`.
    New(Name, List),
    /// `Новый(имя, параметры)`.
    NewDynamic(ExprId, ExprId),
    /// `Ждать А`.
    Await(ExprId),
    /// Something that did not parse; reported.
    Bad,
}

/// An expression and the byte that an error in it points at: a name's first, an operator's.
#[derive(Debug, Clone, Copy)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Byte offset.
    pub pos: u32,
}

/// A sequence of statements.
pub type Block = Vec<Stmt>;

/// A statement with the offset of its first byte.
#[derive(Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Byte offset.
    pub pos: u32,
}

/// A condition with its block.
#[derive(Debug)]
pub struct Branch {
    /// Turned into Булево at each branch.
    pub condition: ExprId,
    /// Statements.
    pub block: Block,
}

/// A word in the text.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// Folded.
    pub name: Name,
    /// Byte offset.
    pub pos: u32,
}

/// What a statement is.
#[derive(Debug)]
pub enum StmtKind {
    /// `А = Б`.
    Assign(ExprId, ExprId),
    /// The value is dropped; a procedure may be called too.
    Call(ExprId),
    /// Если.
    If(Vec<Branch>, Option<Block>),
    /// Пока.
    While(Branch),
    /// Для … По.
    For {
        /** Variable: a name. */
        var: ExprId,
        /** First. */
        from: ExprId,
        /** Last. */
        to: ExprId,
        /** Body. */
        block: Block,
    },
    /// Для Каждого.
    ForEach {
        /** Variable: a name. */
        var: ExprId,
        /** Collection. */
        of: ExprId,
        /** Body. */
        block: Block,
    },
    /// Прервать.
    Break,
    /// Продолжить.
    Continue,
    /// Возврат.
    Return(Option<ExprId>),
    /// Попытка.
    Try(Block, Block),
    /// ВызватьИсключение.
    Raise(RaiseKind),
    /// Выполнить.
    Execute(ExprId),
    /// ДобавитьОбработчик, УдалитьОбработчик.
    Handler(ExprId, ExprId),
    /// Перейти.
    Goto(Word),
    /// `~метка:`.
    Label(Word),
}

/// The forms of ВызватьИсключение.
#[derive(Debug, Clone, Copy)]
pub enum RaiseKind {
    /// The error in hand again.
    Again,
    /// One expression.
    Value(ExprId),
    /// `ВызватьИсключение(текст, категория, код, параметры, причина)`.
    Full(List),
}

/// A parameter.
#[derive(Debug)]
pub struct Param {
    /// Name.
    pub word: Word,
    /// Знач.
    pub by_value: bool,
    /// Default: number in [`Tree::literals`].
    pub default: Option<u32>,
}

/// A procedure or function.
#[derive(Debug)]
pub struct Method {
    /// Name.
    pub word: Word,
    /// Функция.
    pub is_function: bool,
    /// Экспорт.
    pub export: bool,
    /// Асинх.
    pub is_async: bool,
    /// Annotations, folded.
    pub annotations: Vec<Word>,
    /// In the order of the text.
    pub params: Vec<Param>,
    /// Перем at its head.
    pub vars: Vec<Word>,
    /// Statements.
    pub block: Block,
    /// Byte of КонецПроцедуры.
    pub end: u32,
}

/// A variable of the module.
#[derive(Debug)]
pub struct ModuleVar {
    /// Name.
    pub word: Word,
    /// Экспорт.
    pub export: bool,
}

/// A module.
#[derive(Debug, Default)]
pub struct Tree {
    /// All expressions.
    pub exprs: Vec<Expr>,
    /// Runs of arguments.
    pub lists: Vec<ExprId>,
    /// Constants.
    pub literals: Vec<Literal>,
    /// Перем of the module, before all methods.
    pub vars: Vec<ModuleVar>,
    /// Procedures and functions in the order of the text.
    pub methods: Vec<Method>,
    /// What runs when the module is loaded: the statements after the methods.
    pub body: Block,
    /// Byte after the last.
    pub end: u32,
}

impl Tree {
    /// An expression.
    #[inline]
    #[must_use]
    pub fn expr(&self, id: ExprId) -> Expr {
        self.exprs[id.0 as usize]
    }

    /// The expressions of a list.
    #[inline]
    #[must_use]
    pub fn list(&self, list: List) -> &[ExprId] {
        &self.lists[list.start as usize..(list.start + list.len) as usize]
    }
}
