//! Hexadecimal text of bytes by the crate `hex`. 1C's own: upper case out, either in, white space
//! overlooked.

use super::Malformed;

/// ПолучитьHexСтрокуИзДвоичныхДанных.
#[must_use]
pub fn encode_hex(bytes: &[u8]) -> String {
    hex::encode_upper(bytes)
}

/// Digits in either case. An error for a half byte and for any other sign but white space.
pub fn decode_hex(text: &str) -> Result<Vec<u8>, Malformed> {
    if !text.contains(char::is_whitespace) {
        return hex::decode(text).map_err(|_| Malformed);
    }
    let plain: String = text.split_whitespace().collect();
    hex::decode(plain).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex() {
        assert_eq!(encode_hex(&[0, 0x1f, 0xff]), "001FFF");
        assert_eq!(decode_hex("00 1f\nFF"), Ok(vec![0, 0x1f, 0xff]));
        for text in ["0", "0x", "гг", "000"] {
            assert_eq!(decode_hex(text), Err(Malformed), "{text}");
        }
    }
}
