//! Source text to syntax tree. Parsing always gives a tree and a list of problems; it knows neither
//! the library nor the modules around, therefore a text can be checked alone.

pub mod ast;
mod expressions;
pub mod lexer;
mod literals;
pub mod names;
pub mod parser;
mod statements;
#[cfg(test)]
mod tests;
pub mod token;

pub use literals::{StringLiteral, string_literals};
pub use parser::parse;
