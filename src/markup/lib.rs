//! The HTML subset that Telegram understands: parse, check, split, plain text.
//!
//! Everything here is a pure function of text. The crate knows no bots, no files and no network;
//! the simulator refuses with its errors what Telegram refuses, the server checks keyword texts
//! with it before they are sent and cuts long answers with it.
//!
//! ```
//! use vestnik_markup::{parse, split};
//! let rich = parse("<b>Расчёт</b> &lt;1&gt;").unwrap();
//! assert_eq!(rich.text(), "Расчёт <1>");
//! assert_eq!(rich.to_html(), "<b>Расчёт</b> &lt;1&gt;");
//! assert_eq!(split("<b>один два</b>", 4), ["<b>один</b>", "<b>два</b>"]);
//! ```

mod entity;
mod error;
mod parse;
mod percent;
mod rich;
mod split;

pub use entity::decode as decode_entity;
pub use error::{ErrorKind, MarkupError};
pub use parse::parse;
pub use percent::decode_percent_utf8;
pub use rich::{Entity, EntityKind, Rich, escape, escape_attribute, plain, to_html, utf16_len};
pub use split::{split, split_plain};

/// The visible length of Telegram HTML in UTF-16 units, the unit of Telegram's limits. Text that
/// is not valid Telegram HTML is sent as it stands, so its own length is meant.
pub fn len_utf16(html: &str) -> usize {
    match parse(html) {
        Ok(rich) => rich.len_utf16(),
        Err(_) => utf16_len(html),
    }
}

#[cfg(test)]
mod tests;
