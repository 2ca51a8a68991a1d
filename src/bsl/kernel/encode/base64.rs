//! Base64 (RFC 4648): Base64Строка breaks lines after 76 characters with CR LF as 1C does (believed);
//! Base64Значение overlooks white space.

use super::Malformed;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Characters of a line.
const LINE: usize = 76;

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

/// Without line breaks, for headers and JSON.
#[must_use]
pub fn encode_base64_line(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let [a, b, c] = [
            chunk[0],
            chunk.get(1).copied().unwrap_or(0),
            chunk.get(2).copied().unwrap_or(0),
        ];
        let sextets = [
            a >> 2,
            (a & 3) << 4 | b >> 4,
            (b & 15) << 2 | c >> 6,
            c & 63,
        ];
        for (index, sextet) in sextets.into_iter().enumerate() {
            if index > chunk.len() {
                text.push('=');
            } else {
                text.push(char::from(ALPHABET[usize::from(sextet)]));
            }
        }
    }
    text
}

/// Base64Значение. Padding may be missing; anything after it but white space is an error.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, Malformed> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut buffer = 0u32;
    let mut count = 0;
    let mut padding = 0;
    for byte in text.bytes() {
        let sextet = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return Err(Malformed),
        };
        if padding > 0 {
            return Err(Malformed);
        }
        buffer = buffer << 6 | u32::from(sextet);
        count += 1;
        if count == 4 {
            bytes.extend_from_slice(&buffer.to_be_bytes()[1..]);
            buffer = 0;
            count = 0;
        }
    }
    match (count, padding) {
        (0, 0) => {}
        (2, 0 | 2) => bytes.push((buffer >> 4) as u8),
        (3, 0 | 1) => bytes.extend_from_slice(&[(buffer >> 10) as u8, (buffer >> 2) as u8]),
        _ => return Err(Malformed),
    }
    Ok(bytes)
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
