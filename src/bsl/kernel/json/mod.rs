//! JSON as ЧтениеJSON and ЗаписьJSON see it: a reader that gives one token at a time, a writer with the
//! options of ПараметрыЗаписиJSON, and the three forms of dates.
//!
//! Our own, not a crate for values: numbers stay decimal, tokens have places, callbacks and limits are
//! asked between them (see `kernel`).
//!
//! Neither recurses: nesting is a counter with a limit, so hostile depth is an error message. The
//! reader accepts RFC 8259 and comments; its errors carry line and column.

mod date;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use date::{JsonDateFormat, JsonDateVariant, JsonMoment, read_json_date, write_json_date};
pub use reader::{JsonError, JsonErrorKind, JsonReader, JsonToken};
pub use writer::{JsonEscape, JsonNewLines, JsonWriteError, JsonWriter, JsonWriterOptions};
