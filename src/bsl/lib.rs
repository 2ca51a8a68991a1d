//! The 1C:Enterprise language: source text to tokens, tree, checks, bytecode and VM.
//!
//! README.md of this folder draws the pipeline and tells how to add to the library. The package knows
//! nothing of bots, databases or networks: [`host::Host`] is its only window.

pub mod allocator;
pub mod bytecode;
pub mod chat;
pub mod check;
mod compile;
pub mod data;
pub mod diagnostic;
pub mod host;
pub mod kernel;
pub mod library;
pub mod limits;
pub mod syntax;
#[cfg(test)]
mod tests;
pub mod value;
pub mod vm;

pub use bytecode::program::{Environment, Program, Shape, Source};
pub use chat::ChatCode;
pub use data::Data;
pub use diagnostic::Locale;
pub use host::Host;
pub use limits::Limits;
pub use value::Value;
pub use vm::Vm;
pub use vm::error::{Fault, LimitKind};
