//! What names mean: the tables of a module and of the world around it.

use crate::syntax::ast::Tree;
use crate::syntax::names::Name;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A hasher for numbers of names, which are dense already.
#[derive(Default, Clone, Copy)]
pub struct NameHasher(u64);

impl Hasher for NameHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A table by name.
pub type NameMap<T> = HashMap<Name, T, BuildHasherDefault<NameHasher>>;

/// What callers need to know of a method.
#[derive(Debug, Clone)]
pub struct MethodView {
    /// Number in the module.
    pub index: u32,
    /// Function or procedure.
    pub is_function: bool,
    /// Whether other modules may read and write it.
    pub export: bool,
    /// Fewest arguments.
    pub min: u8,
    /// Most arguments.
    pub max: u8,
}

/// The names that a module declares.
#[derive(Debug, Clone, Default)]
pub struct ModuleView {
    /// Procedures and functions, by name.
    pub methods: NameMap<MethodView>,
    /// Numbers of Перем by name.
    pub vars: NameMap<u16>,
}

impl ModuleView {
    /// Collects the names of a tree. Duplicates keep their first meaning; they are reported later.
    #[must_use]
    pub fn of(tree: &Tree) -> ModuleView {
        let mut view = ModuleView::default();
        for (index, method) in tree.methods.iter().enumerate() {
            let min = method
                .params
                .iter()
                .rposition(|param| param.default.is_none())
                .map_or(0, |at| at + 1);
            view.methods.entry(method.word.name).or_insert(MethodView {
                index: index as u32,
                is_function: method.is_function,
                export: method.export,
                min: min.min(255) as u8,
                max: method.params.len().min(255) as u8,
            });
        }
        for (slot, var) in tree.vars.iter().enumerate() {
            view.vars
                .entry(var.word.name)
                .or_insert(slot.min(65_535) as u16);
        }
        view
    }
}

/// What a name of the text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing; reported, or no name.
    None,
    /// A name of the library, the host or a common module that is assigned to: an error when it is done.
    ReadOnly,
    /// A variable of the method.
    Local(u16),
    /// A variable of the module.
    Module(u16),
    /// A variable of the host.
    Global(u32),
    /// A property of the host.
    Property(u32),
    /// A common module.
    Common(u32),
    /// An enumeration of the library.
    List(u16),
    /// A method of the module.
    Method(u32),
    /// A function of the library.
    Function(u16),
    /// ЭтотОбъект.
    This,
    /// Вычислить.
    Evaluate,
    /// A type of the library.
    Type(u16),
    /// A type of the host, which has no constructor.
    HostType(u32),
}

/// A parameter handed on to another method.
#[derive(Debug, Clone, Copy)]
pub struct Forward {
    /// Number of the own parameter; `u16::MAX` for a variable of the module.
    pub param: u16,
    /// Method of the own module, or a name that is resolved at run time.
    pub to: ForwardTo,
    /// Number of the other's parameter.
    pub index: u8,
}

/// One variable in two arguments of a call: what is written through one is read through the other.
#[derive(Debug, Clone, Copy)]
pub struct Twins {
    /// The callee.
    pub to: ForwardTo,
    /// Numbers of its two parameters.
    pub pair: [u8; 2],
}

/// Where a parameter is handed on to.
#[derive(Debug, Clone, Copy)]
pub enum ForwardTo {
    /// A method of the own module.
    Method(u32),
    /// A method of some object.
    Name(Name),
}

/// What the checker found out about a method.
#[derive(Debug, Clone, Default)]
pub struct MethodScope {
    /// Parameters, then variables.
    pub locals: Vec<Name>,
    /// Whether Выполнить or Вычислить may see the variables.
    pub dynamic: bool,
    /// Which parameters are written.
    pub written: Vec<bool>,
    /// Parameters handed on.
    pub forwards: Vec<Forward>,
    /// Calls that hand one variable to two parameters.
    pub twins: Vec<Twins>,
}
