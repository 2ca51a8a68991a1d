//! The 1C:Enterprise language: source text to tokens, tree, checks, bytecode and VM.

pub mod diagnostic;
pub mod kernel;
pub mod syntax;
