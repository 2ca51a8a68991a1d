//! A compiled program: modules, methods, constants, sites. It holds no values of a run and is shared
//! between threads.

use super::op::{Op, Reg};
use crate::check::hints::{Candidate, Marks};
use crate::check::scope::{ModuleView, NameMap};
use crate::diagnostic::{Diagnostic, Locale, render_all};
use crate::kernel::date::Date;
use crate::kernel::number::Number;
use crate::library::registry::LIBRARY;
use crate::syntax::names::{Name, Names};
use std::sync::{Arc, OnceLock};

/// What programs may name besides the library: known when a program is compiled, given by the host
/// when it runs.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Variables, read and written by every module: `_Исполнитель`, `_Результат`.
    pub variables: Vec<String>,
    /// Read-only properties: `Справочники`.
    pub properties: Vec<String>,
    /// What is known of a property's object before it is there: a member that it has not is a finding.
    pub shapes: Vec<(String, Arc<Shape>)>,
    /// Types for Тип and ТипЗнч.
    pub types: Vec<String>,
    /// What the type of the same number shows as a text; where there is none, its name.
    pub type_presentations: Vec<String>,
}

/// The members of an object of the host that has no others, in both languages.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Names of fields, each with what is known of the object in it.
    pub fields: Vec<(String, Option<Arc<Shape>>)>,
    /// Names of methods.
    pub methods: Vec<String>,
}

impl Shape {
    /// Whether it has a field, and what is known of its object.
    pub(crate) fn field(&self, folded: &str) -> Option<Option<&Shape>> {
        let (_, shape) = self
            .fields
            .iter()
            .find(|(name, _)| crate::syntax::names::fold(name) == folded)?;
        Some(shape.as_deref())
    }

    pub(crate) fn has_method(&self, folded: &str) -> bool {
        self.methods
            .iter()
            .any(|name| crate::syntax::names::fold(name) == folded)
    }
}

/// A module's text.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name: an algorithm's, a file's.
    pub name: String,
    /// The whole source: faults quote its lines.
    pub text: Arc<str>,
    /// Whether other modules may call it by name.
    pub common: bool,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Const {
    /// A literal, beyond the small integers that instructions carry.
    Number(Number),
    /// A string literal without its quotes, `""` already one.
    Str(Box<str>),
    /// A date literal `'20240101'`.
    Date(Date),
}

/// A name in the text of its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameRef {
    /// Folded.
    pub name: Name,
    /// First byte of the spelling.
    pub start: u32,
    /// Bytes of the spelling.
    pub len: u32,
}

/// Where an argument comes from, for parameters by reference of methods that are known only at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgSource {
    /// An expression, or a parameter that no method of the name writes.
    Value,
    /// A register.
    Local(Reg),
    /// A register with a by-reference parameter.
    Param(Reg),
    /// A variable of the own module.
    Module(u16),
    /// A variable of the host.
    Global(u32),
    /// `А[ключ]`: the registers of the object and of the key.
    Element(Reg, Reg),
    /// A field: object and the site with its name.
    Field(Reg, u32),
}

/// What an instruction needs beyond its registers, and where the VM caches what it found.
#[derive(Debug, Clone)]
pub struct Site {
    /// Name of the field or method.
    pub name: NameRef,
    /// Where each comes from, and whether the callee may write it back.
    pub args: Box<[ArgSource]>,
    /// Whether the value is used; a procedure then is an error.
    pub wants_value: bool,
}

/// A region of code and the register of the error in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handler {
    /// First instruction.
    pub start: u32,
    /// Instruction after the last.
    pub end: u32,
    /// Where an error goes on; for the body of a handler, unused.
    pub target: u32,
    /// Register of the error.
    pub reg: Reg,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamInfo {
    /// The callee may write it: it is passed as a reference.
    pub by_ref: bool,
    /// Must be given.
    pub required: bool,
    /// Default: constant of the module, or one of the simple values.
    pub default: Option<DefaultValue>,
}

/// A default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// Неопределено.
    Undefined,
    /// NULL of a database, by the word itself.
    Null,
    /// Булево.
    Bool(bool),
    /// A constant of the module.
    Const(u32),
}

/// A compiled method.
#[derive(Debug, Clone)]
pub struct MethodCode {
    /// Folded name.
    pub name: Name,
    /// As written at its first place, for texts of errors.
    pub spelling: Box<str>,
    /// Whether it gives a value.
    pub is_function: bool,
    /// Whether other modules may call it.
    pub export: bool,
    /// Parameters: the first registers.
    pub params: Vec<ParamInfo>,
    /// Fewest arguments.
    pub min: u8,
    /// Registers that are set to Неопределено at the call.
    pub locals: u16,
    /// All registers.
    pub registers: u16,
    /// Instructions.
    pub code: Vec<Op>,
    /// Byte offset of each instruction.
    pub positions: Vec<u32>,
    /// Protected regions, inner ones first.
    pub handlers: Vec<Handler>,
    /// Bodies of handlers, inner ones first: where an error is in hand.
    pub handling: Vec<Handler>,
    /// Variables and their registers, for Выполнить and Вычислить; empty when the method has neither.
    pub names: Vec<(Name, Reg)>,
}

/// A compiled module.
pub struct ModuleCode {
    /// As written, for `{Модуль.Имя(строка)}`.
    pub name: String,
    /// Text, for error messages.
    pub text: Arc<str>,
    /// Whether other modules may call it by name.
    pub common: bool,
    /// Methods; the last is the body.
    pub methods: Vec<MethodCode>,
    /// Names that the module declares.
    pub view: ModuleView,
    /// Exported variables by name.
    pub exported_vars: NameMap<u16>,
    /// How many variables.
    pub vars: u16,
    /// Literals: instructions carry their numbers.
    pub consts: Vec<Const>,
    /// Caches of fields and methods, one for each place that reads or calls one.
    pub sites: Vec<Site>,
    /// Problems; a module that has some does not run.
    pub problems: Vec<Diagnostic>,
    /// Places that will fail when they are reached: for who checks a text, not for who runs it.
    pub findings: Vec<Diagnostic>,
}

impl ModuleCode {
    /// Number of the body among the methods.
    #[must_use]
    pub fn body(&self) -> u32 {
        self.methods.len() as u32 - 1
    }

    /// The spelling of a name.
    #[must_use]
    pub fn spelling(&self, name: NameRef) -> &str {
        self.text
            .get(name.start as usize..(name.start + name.len) as usize)
            .unwrap_or("")
    }
}

/// Names of the environment, interned.
#[derive(Debug, Default, Clone)]
pub struct Globals {
    /// Variables of the host.
    pub variables: NameMap<u32>,
    /// Properties of the host.
    pub properties: NameMap<u32>,
    /// What is known of the objects in them.
    pub(crate) shapes: NameMap<Arc<Shape>>,
    /// Types of the host.
    pub types: NameMap<u32>,
    /// Common modules.
    pub commons: NameMap<u32>,
    /// How the names above are written.
    pub spellings: NameMap<Box<str>>,
    /// Variables, properties and common modules with their marks, for hints; made at the first one.
    marks: OnceLock<Vec<(Name, Marks)>>,
}

impl Globals {
    /// What a wrong name of a variable may have been meant for.
    pub(crate) fn candidates<'n>(
        &'n self,
        names: &'n Names,
    ) -> impl Iterator<Item = Candidate<'n>> {
        let marks = self.marks.get_or_init(|| {
            let variables = self.variables.keys().chain(self.properties.keys());
            let all = variables.chain(self.commons.keys());
            all.map(|&name| (name, Marks::of(names.text(name))))
                .collect()
        });
        marks.iter().map(|&(name, marks)| {
            let folded = names.text(name);
            Candidate {
                marks,
                folded,
                shown: folded,
            }
        })
    }
}

/// A compiled program.
pub struct Program {
    /// Names: the library's, then the program's own.
    pub names: Names,
    /// Modules in the order of the sources; the last is empty, for code without a module of its own.
    pub modules: Vec<ModuleCode>,
    /// Interned environment.
    pub globals: Globals,
    /// The environment as it was given.
    pub environment: Environment,
}

impl Program {
    /// Compiles modules. Problems do not stop the others: see [`Program::problems`].
    #[must_use]
    pub fn compile(environment: &Environment, sources: &[Source]) -> Program {
        crate::compile::program(environment, sources)
    }

    /// Number of a module.
    #[must_use]
    pub fn module(&self, name: &str) -> Option<usize> {
        let name = crate::syntax::names::fold(name);
        self.modules
            .iter()
            .position(|module| crate::syntax::names::fold(&module.name) == name)
    }

    /// All problems: number of the module and the diagnostic.
    pub fn problems(&self) -> impl Iterator<Item = (usize, &Diagnostic)> {
        self.modules
            .iter()
            .enumerate()
            .flat_map(|(index, module)| module.problems.iter().map(move |problem| (index, problem)))
    }

    /// Places that will fail when they are reached: number of the module and the diagnostic. A checker
    /// tells them; they keep nothing from running.
    pub fn findings(&self) -> impl Iterator<Item = (usize, &Diagnostic)> {
        self.modules
            .iter()
            .enumerate()
            .flat_map(|(index, module)| module.findings.iter().map(move |found| (index, found)))
    }

    /// The problems of one module as text with source lines and carets; empty when there are none.
    #[must_use]
    pub fn render_problems(&self, module: usize, locale: Locale) -> String {
        let module = &self.modules[module];
        let (name, text) = (&module.name, &module.text);
        render_all(name, text, &module.problems, locale, usize::MAX)
    }

    /// The findings of one module in the same way.
    #[must_use]
    pub fn render_findings(&self, module: usize, locale: Locale) -> String {
        let module = &self.modules[module];
        let (name, text) = (&module.name, &module.text);
        render_all(name, text, &module.findings, locale, usize::MAX)
    }

    /// The number of an environment's variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<u32> {
        let name = self.names.find(name).or_else(|| LIBRARY.names.find(name))?;
        self.globals.variables.get(&name).copied()
    }
}
