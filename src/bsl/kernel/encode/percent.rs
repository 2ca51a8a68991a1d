//! КодироватьСтроку and РаскодироватьСтроку.

use super::{Charset, Malformed};

/// СпособКодированияСтроки.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodingMode {
    /// КодировкаURL: everything but letters, digits and `- _ . ~`.
    Url,
    /// URLВКодировкеURL: the signs that divide a URL stay too.
    UrlInUrlEncoding,
}

/// КодироватьСтроку: bytes of the encoding as `%XX`.
#[must_use]
pub fn encode_percent(text: &str, mode: EncodingMode, charset: Charset) -> String {
    let mut result = String::with_capacity(text.len());
    let mut buffer = [0u8; 4];
    for symbol in text.chars() {
        let stays = symbol.is_ascii_alphanumeric()
            || matches!(symbol, '-' | '_' | '.' | '~')
            || (mode == EncodingMode::UrlInUrlEncoding && "!#$&'()*+,/:;=?@[]".contains(symbol));
        if stays {
            result.push(symbol);
            continue;
        }
        for byte in charset.encode(symbol.encode_utf8(&mut buffer)) {
            push_byte(&mut result, byte);
        }
    }
    result
}

/// Appends `%XX`.
pub(crate) fn push_byte(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// РаскодироватьСтроку: runs of `%XX` are bytes of the encoding; a plus stays a plus, a percent sign
/// without two digits stays as it is. An error when the bytes are no text in the encoding.
pub fn decode_percent(text: &str, charset: Charset) -> Result<String, Malformed> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        result.push_str(&rest[..at]);
        let mut run = Vec::new();
        let mut taken = at;
        while let Some(byte) = byte_at(rest.as_bytes(), taken) {
            run.push(byte);
            taken += 3;
        }
        if run.is_empty() {
            result.push('%');
            taken += 1;
        } else {
            result.push_str(&charset.decode_part(&run)?);
        }
        rest = &rest[taken..];
    }
    result.push_str(rest);
    Ok(result)
}

/// The byte written as `%XX` at the place.
pub(crate) fn byte_at(text: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = *text.get(at..at + 3)? else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percent() {
        use EncodingMode::{Url, UrlInUrlEncoding};
        for (text, mode, expected) in [
            ("a b", Url, "a%20b"),
            ("Привет", Url, "%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82"),
            (
                "http://a.b/c?d=1&e=я",
                Url,
                "http%3A%2F%2Fa.b%2Fc%3Fd%3D1%26e%3D%D1%8F",
            ),
            (
                "http://a.b/c?d=1&e=я",
                UrlInUrlEncoding,
                "http://a.b/c?d=1&e=%D1%8F",
            ),
            ("100%", UrlInUrlEncoding, "100%25"),
            ("-_.~", Url, "-_.~"),
            ("⚠", Url, "%E2%9A%A0"),
            ("", Url, ""),
        ] {
            let encoded = encode_percent(text, mode, Charset::Utf8);
            assert_eq!(encoded, expected);
            assert_eq!(decode_percent(&encoded, Charset::Utf8).as_deref(), Ok(text));
        }
        assert_eq!(encode_percent("я", Url, Charset::WINDOWS_1251), "%FF");
        assert_eq!(
            decode_percent("%FF", Charset::WINDOWS_1251).as_deref(),
            Ok("я")
        );
        assert_eq!(decode_percent("%FF", Charset::Utf8), Err(Malformed));
        assert_eq!(
            decode_percent("a+b%2", Charset::Utf8).as_deref(),
            Ok("a+b%2")
        );
        assert_eq!(
            decode_percent("%%41%zz", Charset::Utf8).as_deref(),
            Ok("%A%zz")
        );
    }

    proptest! {
        #[test]
        fn percent_reads_back(text in any::<String>()) {
            for mode in [EncodingMode::Url, EncodingMode::UrlInUrlEncoding] {
                let encoded = encode_percent(&text, mode, Charset::Utf8);
                prop_assert!(encoded.is_ascii());
                prop_assert_eq!(decode_percent(&encoded, Charset::Utf8), Ok(text.clone()));
            }
            let _ = decode_percent(&text, Charset::CP866);
        }
    }
}
