//! КодироватьСтроку and РаскодироватьСтроку: `%XX` by the crate `percent-encoding`. 1C's own: which
//! signs stay, other encodings than UTF-8, and what is no `%XX` stays as it is.

use super::{Charset, Malformed};
use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode_byte, utf8_percent_encode,
};

/// СпособКодированияСтроки.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodingMode {
    /// КодировкаURL: everything but letters, digits and `- _ . ~`.
    Url,
    /// URLВКодировкеURL: the signs that divide a URL stay too.
    UrlInUrlEncoding,
}

/// All but letters, digits and `- _ . ~` (RFC 3986, «unreserved»).
const URL: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Without the signs that divide a URL («reserved»). The percent sign itself is encoded.
const IN_URL: AsciiSet = without(URL, b"!#$&'()*+,/:;=?@[]");

/// A set without the signs.
pub(crate) const fn without(mut set: AsciiSet, signs: &[u8]) -> AsciiSet {
    let mut at = 0;
    while at < signs.len() {
        set = set.remove(signs[at]);
        at += 1;
    }
    set
}

/// What [`request_target`](crate::kernel::uri::request_target) encodes between two percent signs.
pub(crate) const IN_TARGET: AsciiSet = without(URL, b"!$&'()*+,;=:@/?");

/// КодироватьСтроку: bytes of the encoding as `%XX`.
#[must_use]
pub fn encode_percent(text: &str, mode: EncodingMode, charset: Charset) -> String {
    let set = match mode {
        EncodingMode::Url => &URL,
        EncodingMode::UrlInUrlEncoding => &IN_URL,
    };
    if charset == Charset::Utf8 {
        return utf8_percent_encode(text, set).to_string();
    }
    let mut result = String::with_capacity(text.len());
    let mut buffer = [0u8; 4];
    for symbol in text.chars() {
        let symbol = &*symbol.encode_utf8(&mut buffer);
        if symbol.is_ascii() {
            // As the sign, whatever the encoding makes of it (UTF-16 has two bytes for each).
            match utf8_percent_encode(symbol, set).next() {
                Some(same) if same == symbol => result.push_str(same),
                _ => push_bytes(&mut result, &charset.encode(symbol)),
            }
        } else {
            push_bytes(&mut result, &charset.encode(symbol));
        }
    }
    result
}

/// Appends each byte as `%XX`.
fn push_bytes(text: &mut String, bytes: &[u8]) {
    text.extend(bytes.iter().map(|byte| percent_encode_byte(*byte)));
}

/// РаскодироватьСтроку: runs of `%XX` are bytes of the encoding; a plus stays a plus, a percent sign
/// without two digits stays as it is. An error when the bytes are no text in the encoding.
pub fn decode_percent(text: &str, charset: Charset) -> Result<String, Malformed> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        result.push_str(&rest[..at]);
        let run = run_length(&rest.as_bytes()[at..]);
        if run == 0 {
            result.push('%');
            rest = &rest[at + 1..];
            continue;
        }
        let bytes: Vec<u8> = percent_decode(&rest.as_bytes()[at..at + run]).collect();
        result.push_str(&charset.decode_part(&bytes)?);
        rest = &rest[at + run..];
    }
    result.push_str(rest);
    Ok(result)
}

/// Bytes of the `%XX`s that the text begins with.
fn run_length(text: &[u8]) -> usize {
    let pairs = text.chunks_exact(3);
    3 * pairs.take_while(|part| is_encoded(part)).count()
}

/// Whether the text begins with `%XX`.
pub(crate) fn is_encoded(text: &[u8]) -> bool {
    matches!(text, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
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
