//! КодировкаТекста: UTF-8, UTF-16 and the one-byte encodings of Russian texts.

use super::Malformed;
use super::tables::{CP866, ISO_8859_1, ISO_8859_5, KOI8_R, WINDOWS_1251};

/// An encoding of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charset {
    /// UTF-8, written without the byte order mark; reading cuts one.
    #[default]
    Utf8,
    /// UTF-16 little-endian; reading obeys a byte order mark.
    Utf16Le,
    /// UTF-16 big-endian.
    Utf16Be,
    /// windows-1251, ANSI.
    Windows1251,
    /// cp866, OEM.
    Cp866,
    /// KOI8-R.
    Koi8R,
    /// ISO 8859-5.
    Iso8859R5,
    /// ISO 8859-1.
    Iso8859R1,
    /// US-ASCII.
    Ascii,
}

impl Charset {
    /// By a name that 1C, HTTP or people use, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Charset> {
        let plain: String = name
            .trim()
            .to_lowercase()
            .chars()
            .filter(|symbol| !matches!(symbol, '-' | '_' | ' '))
            .collect();
        Some(match plain.as_str() {
            "utf8" | "utf8nobom" => Charset::Utf8,
            "utf16" | "utf16le" | "unicode" => Charset::Utf16Le,
            "utf16be" => Charset::Utf16Be,
            "windows1251" | "cp1251" | "win1251" | "1251" | "ansi" => Charset::Windows1251,
            "cp866" | "ibm866" | "dos866" | "866" | "oem" => Charset::Cp866,
            "koi8r" | "koi8" => Charset::Koi8R,
            "iso88595" => Charset::Iso8859R5,
            "iso88591" | "latin1" => Charset::Iso8859R1,
            "usascii" | "ascii" => Charset::Ascii,
            _ => return None,
        })
    }

    /// The name in HTTP headers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "UTF-8",
            Charset::Utf16Le => "UTF-16LE",
            Charset::Utf16Be => "UTF-16BE",
            Charset::Windows1251 => "windows-1251",
            Charset::Cp866 => "cp866",
            Charset::Koi8R => "koi8-r",
            Charset::Iso8859R5 => "iso-8859-5",
            Charset::Iso8859R1 => "iso-8859-1",
            Charset::Ascii => "us-ascii",
        }
    }

    fn table(self) -> Option<&'static [char; 128]> {
        match self {
            Charset::Windows1251 => Some(&WINDOWS_1251),
            Charset::Cp866 => Some(&CP866),
            Charset::Koi8R => Some(&KOI8_R),
            Charset::Iso8859R5 => Some(&ISO_8859_5),
            Charset::Iso8859R1 => Some(&ISO_8859_1),
            Charset::Utf8 | Charset::Utf16Le | Charset::Utf16Be | Charset::Ascii => None,
        }
    }

    /// The bytes of a text, without a byte order mark; a character that the encoding lacks becomes
    /// a question mark.
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Charset::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => {
                let table = self.table();
                let byte = |symbol: char| {
                    if symbol.is_ascii() {
                        return symbol as u8;
                    }
                    let place =
                        table.and_then(|table| table.iter().position(|other| *other == symbol));
                    place
                        .filter(|_| symbol != char::REPLACEMENT_CHARACTER)
                        .map_or(b'?', |place| place as u8 + 0x80)
                };
                text.chars().map(byte).collect()
            }
        }
    }

    /// The text of bytes, without its byte order mark. An error for what is no text: broken UTF,
    /// a byte without a meaning.
    pub fn decode(self, bytes: &[u8]) -> Result<String, Malformed> {
        match (self, bytes) {
            (Charset::Utf8, [0xef, 0xbb, 0xbf, rest @ ..]) => self.decode_part(rest),
            (Charset::Utf16Le | Charset::Utf16Be, [0xff, 0xfe, rest @ ..]) => {
                Charset::Utf16Le.decode_part(rest)
            }
            (Charset::Utf16Le | Charset::Utf16Be, [0xfe, 0xff, rest @ ..]) => {
                Charset::Utf16Be.decode_part(rest)
            }
            _ => self.decode_part(bytes),
        }
    }

    /// The same for bytes from the middle of a text, where a byte order mark is a character.
    pub(super) fn decode_part(self, bytes: &[u8]) -> Result<String, Malformed> {
        match self {
            Charset::Utf8 => std::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|_| Malformed),
            Charset::Utf16Le | Charset::Utf16Be => {
                if !bytes.len().is_multiple_of(2) {
                    return Err(Malformed);
                }
                let units = bytes
                    .chunks_exact(2)
                    .map(|pair| self.unit([pair[0], pair[1]]));
                char::decode_utf16(units)
                    .collect::<Result<_, _>>()
                    .map_err(|_| Malformed)
            }
            _ => bytes
                .iter()
                .map(|byte| match (byte, self.table()) {
                    (0..=0x7f, _) => Ok(char::from(*byte)),
                    (_, Some(table)) => match table[usize::from(byte - 0x80)] {
                        char::REPLACEMENT_CHARACTER => Err(Malformed),
                        symbol => Ok(symbol),
                    },
                    (_, None) => Err(Malformed),
                })
                .collect(),
        }
    }

    fn unit(self, pair: [u8; 2]) -> u16 {
        if self == Charset::Utf16Be {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    }

    /// The same, with U+FFFD for what is no text: for answers of servers and files.
    #[must_use]
    pub fn decode_lossy(self, bytes: &[u8]) -> String {
        if let Ok(text) = self.decode(bytes) {
            return text;
        }
        match self {
            Charset::Utf8 => {
                let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
                String::from_utf8_lossy(bytes).into_owned()
            }
            Charset::Utf16Le | Charset::Utf16Be => {
                let units: Vec<u16> = bytes
                    .chunks(2)
                    .map(|pair| self.unit([pair[0], pair.get(1).copied().unwrap_or(0)]))
                    .collect();
                String::from_utf16_lossy(&units)
            }
            _ => {
                let table = self.table();
                let symbol = |byte: &u8| match byte {
                    0..=0x7f => char::from(*byte),
                    _ => table.map_or(char::REPLACEMENT_CHARACTER, |table| {
                        table[usize::from(byte - 0x80)]
                    }),
                };
                bytes.iter().map(symbol).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Charset; 9] = [
        Charset::Utf8,
        Charset::Utf16Le,
        Charset::Utf16Be,
        Charset::Windows1251,
        Charset::Cp866,
        Charset::Koi8R,
        Charset::Iso8859R5,
        Charset::Iso8859R1,
        Charset::Ascii,
    ];

    #[test]
    fn names() {
        for charset in ALL {
            assert_eq!(Charset::parse(charset.name()), Some(charset));
        }
        for (name, expected) in [
            ("UTF8", Some(Charset::Utf8)),
            ("ANSI", Some(Charset::Windows1251)),
            ("OEM", Some(Charset::Cp866)),
            ("KOI8-R", Some(Charset::Koi8R)),
            ("нечто", None),
        ] {
            assert_eq!(Charset::parse(name), expected, "{name}");
        }
    }

    #[test]
    fn russian_texts() {
        for (charset, bytes) in [
            (Charset::Windows1251, &b"\xcf\xf0\xe8\xb8 \xb9"[..]),
            (Charset::Cp866, b"\x8f\xe0\xa8\xf1 \xfc"),
            (Charset::Iso8859R5, b"\xbf\xe0\xd8\xf1 \xf0"),
            (
                Charset::Utf16Le,
                b"\x1f\x04\x40\x04\x38\x04\x51\x04 \x00\x16\x21",
            ),
            (
                Charset::Utf16Be,
                b"\x04\x1f\x04\x40\x04\x38\x04\x51\x00 \x21\x16",
            ),
        ] {
            assert_eq!(charset.encode("Приё №"), bytes, "{charset:?}");
            assert_eq!(
                charset.decode(bytes).as_deref(),
                Ok("Приё №"),
                "{charset:?}"
            );
        }
        assert_eq!(Charset::Koi8R.encode("Приё"), b"\xf0\xd2\xc9\xa3");
        assert_eq!(Charset::Windows1251.encode("中я"), b"?\xff");
        assert_eq!(Charset::Ascii.encode("ая"), b"??");
    }

    #[test]
    fn malformed() {
        assert_eq!(Charset::Utf8.decode(b"\xff"), Err(Malformed));
        assert_eq!(Charset::Utf16Le.decode(b"\x00"), Err(Malformed));
        assert_eq!(Charset::Utf16Le.decode(b"\x00\xd8"), Err(Malformed));
        assert_eq!(Charset::Windows1251.decode(b"\x98"), Err(Malformed));
        assert_eq!(Charset::Ascii.decode(b"\x80"), Err(Malformed));
        assert_eq!(Charset::Utf8.decode_lossy(b"a\xff"), "a\u{fffd}");
        assert_eq!(Charset::Utf8.decode(b"\xef\xbb\xbfa").as_deref(), Ok("a"));
        assert_eq!(
            Charset::Utf16Le.decode(b"\xfe\xff\x00a").as_deref(),
            Ok("a")
        );
    }

    proptest! {
        #[test]
        fn texts_read_back(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            for charset in ALL {
                let encoded = charset.encode(&text);
                if let Ok(decoded) = charset.decode(&encoded) {
                    prop_assert_eq!(charset.encode(&decoded), encoded);
                }
                // A one-byte text decodes to one character a byte, and back to the same bytes.
                if let (Ok(decoded), Some(_)) = (charset.decode(&bytes), charset.table()) {
                    prop_assert_eq!(charset.encode(&decoded), bytes.clone());
                }
                let _ = charset.decode_lossy(&bytes);
            }
        }
    }
}
