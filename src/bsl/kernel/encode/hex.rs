//! Hexadecimal text of bytes: upper case out, either in, white space overlooked.

use super::Malformed;

/// ПолучитьHexСтрокуИзДвоичныхДанных.
#[must_use]
pub fn encode_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// ПолучитьДвоичныеДанныеИзHexСтроки.
pub fn decode_hex(text: &str) -> Result<Vec<u8>, Malformed> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for symbol in text.chars().filter(|symbol| !symbol.is_whitespace()) {
        let digit = symbol.to_digit(16).ok_or(Malformed)? as u8;
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push(high << 4 | digit),
        }
    }
    if high.is_some() {
        Err(Malformed)
    } else {
        Ok(bytes)
    }
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
