//! Tree to meanings: what every name stands for, and everything that is wrong with a module beyond its
//! syntax. The compiler asks no further questions.

mod hints;
mod labels;
pub mod resolve;
pub mod scope;
mod suggest;

pub use resolve::{Checked, World, check, check_dynamic, check_syntax_only};
