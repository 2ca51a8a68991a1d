//! Texts that people wrote, read with places: every value knows where it stands, and every mistake of
//! a file is told at once (serde stops at the first). Settings and the files of the organisation are
//! read through it.
//!
//! A reader asks a table for the keys that it knows and ends with [`Fields::finish`], which refuses
//! every other key and names the nearest known one. Nothing here knows what the keys mean.
//!
//! | file | what for |
//! |---|---|
//! | `place` | a text, places in it, a problem at a place |
//! | `secrets` | what of a line may be shown |
//! | `document` | one text of TOML and what is wrong with it |
//! | `fields` | a table of it, key by key |
//! | `syntax` | errors of the parser in words that help |
//! | `russian` | keys that are written in Russian |
//! | `encoding` | bytes that are no UTF-8, and what they probably are |

mod document;
mod encoding;
mod fields;
mod place;
mod russian;
mod secrets;
mod syntax;

pub use document::Document;
pub use encoding::{NotText, text_of};
pub use fields::{Fields, type_name};
pub use place::{At, Source, Span};
