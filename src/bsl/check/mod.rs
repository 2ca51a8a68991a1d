//! Tree to meanings: what every name stands for, and everything that is wrong with a module beyond its
//! syntax. The compiler asks no further questions.

pub(crate) mod hints;
mod labels;
pub mod resolve;
pub mod scope;
mod suggest;

pub use resolve::{Checked, Scratch, World, check, check_dynamic, check_syntax_only};
