//! Named texts: every sentence that bots say, in Russian and English, with placeholders (D20).
//!
//! A text is named from the start, so that a bot can override it (R90) and a check can tell what is
//! wrong with an override. Templates are Telegram HTML; every substituted value is escaped (D27).
//! docs/texts.md lists them all and is compared with this room by a test.
//!
//! Not here: I/O of any kind, async, and who says what when: that is `dialogue`.

mod check;
mod name;
mod template;

#[cfg(test)]
mod tests;

pub use check::{TemplateProblem, TemplateProblemKind, check_template};
pub use name::{Placeholder, TextForm, TextName, UnknownTextName};
pub use template::{Texts, Value};
