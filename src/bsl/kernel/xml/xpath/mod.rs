//! XPath 1.0 over the tree of a document: `parse.rs` reads an expression, `eval.rs` walks the axes,
//! `functions.rs` has the library. Where 8.3.27 departs from the standard it is followed: numbers become
//! text with a decimal comma, `position()` outside of a predicate is an error, a document as the context
//! means its root element.

mod eval;
mod functions;
mod parse;

pub use eval::{Found, evaluate};
pub use functions::number_text;
pub use parse::{Expression, parse};

/// Why there is no answer: the reason in Russian and English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XPathError {
    /// The expression, or what it asks for, is wrong.
    Wrong(String, String),
    /// The caller stopped it.
    Stopped,
}

impl XPathError {
    fn new(ru: impl Into<String>, en: impl Into<String>) -> XPathError {
        XPathError::Wrong(ru.into(), en.into())
    }
}

impl From<crate::kernel::Stop> for XPathError {
    fn from(_: crate::kernel::Stop) -> XPathError {
        XPathError::Stopped
    }
}
