//! Bytes and texts: encodings, Base64, percent signs, hexadecimal, identifiers.

mod base64;
mod charset;
mod hex;
mod percent;
mod uuid;

pub use base64::{decode_base64, encode_base64, encode_base64_line};
pub use charset::Charset;
pub use hex::{decode_hex, encode_hex};
pub use percent::{EncodingMode, decode_percent, encode_percent};
pub(crate) use percent::{IN_TARGET, is_encoded};
pub use uuid::{parse_uuid, random_uuid, uuid_text};

/// Bytes or a text that are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;
