//! Base64 (RFC 4648), the standard alphabet by the crate `base64`. 1C's own: Base64Строка breaks lines
//! after 76 characters with CR LF (believed), Base64Значение overlooks white space and missing padding.

use super::Malformed;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Characters of a line.
const LINE: usize = 76;

/// Writes padding; reads with it and without, and overlooks the spare bits of the last character.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Base64Строка.
#[must_use]
pub fn encode_base64(bytes: &[u8]) -> String {
    let line = encode_base64_line(bytes);
    if line.len() <= LINE {
        return line;
    }
    let mut text = String::with_capacity(line.len() + line.len() / LINE * 2);
    let mut rest = line.as_str();
    while rest.len() > LINE {
        let (head, tail) = rest.split_at(LINE);
        text.push_str(head);
        text.push_str("\r\n");
        rest = tail;
    }
    text.push_str(rest);
    text
}

/// Without line breaks, for headers, JSON and XML.
#[must_use]
pub fn encode_base64_line(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// Base64Значение. Padding is whole or missing; anything after it but white space is an error.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, Malformed> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let plain: Vec<u8> = text.bytes().filter(|byte| !is_blank(byte)).collect();
    // A part of the padding is a text that was cut.
    if plain.last() == Some(&b'=') && !plain.len().is_multiple_of(4) {
        return Err(Malformed);
    }
    ENGINE.decode(plain).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base64() {
        // RFC 4648, section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode_base64(bytes.as_bytes()), text);
            assert_eq!(decode_base64(text), Ok(bytes.as_bytes().to_vec()));
        }
        assert_eq!(decode_base64(" Zm9v\r\n YmFy "), Ok(b"foobar".to_vec()));
        assert_eq!(decode_base64("Zg"), Ok(b"f".to_vec()));
        for text in ["Z", "Zg=", "Zg===", "Zg==Zg==", "Z!==", "====", "Зм"] {
            assert_eq!(decode_base64(text), Err(Malformed), "{text}");
        }
        let long = encode_base64(&[0; 60]);
        assert_eq!(long, format!("{}\r\n{}", "A".repeat(76), "A".repeat(4)));
        assert!(!encode_base64_line(&[0; 600]).contains('\n'));
    }

    proptest! {
        #[test]
        fn base64_reads_back(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in any::<String>()) {
            prop_assert_eq!(decode_base64(&encode_base64(&bytes)), Ok(bytes));
            let _ = decode_base64(&text);
        }
    }
}
