//! Regular expressions of СтрНайтиПоРегулярномуВыражению and its three relatives: 1C's own syntax (that
//! of ICU) over `fancy-regex`.
//!
//! `translate.rs` rewrites a pattern into the engine's syntax, `engine.rs` compiles it and searches
//! within a budget, `text.rs` turns bytes of UTF-8, which the engine counts, into the units of UTF-16
//! that the language counts, `replace.rs` reads the text of a replacement.

mod engine;
mod replace;
#[cfg(test)]
mod tests;
mod text;
mod translate;

pub use engine::{Found, Pattern, SearchError, Span, Watch};
pub use replace::{Piece, Replacement};
pub use text::Subject;
pub use translate::{Flags, PatternError};
