//! Encodings of texts, by the names that 1C takes. The tables are encoding_rs's; which names there are,
//! what becomes of a character that an encoding lacks, and byte order marks are 1C's.

use super::Malformed;
use encoding_rs::{Encoding, mem};

/// An encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charset {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16, little endian: 1C's UTF16.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
    /// ISO 8859-1, whose bytes are the first 256 code points. (The web means windows-1252 by the name.)
    Latin1,
    /// US-ASCII.
    Ascii,
    /// Any other.
    Table(&'static Encoding),
}

impl Charset {
    /// Windows' Cyrillic: 1C's ANSI under a Russian system.
    pub const WINDOWS_1251: Charset = Charset::Table(encoding_rs::WINDOWS_1251);
    /// DOS's Cyrillic: 1C's OEM under a Russian system.
    pub const CP866: Charset = Charset::Table(encoding_rs::IBM866);

    /// The encoding of a name: case, hyphens and blanks do not matter.
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
            "windows1251" | "cp1251" | "win1251" | "1251" | "ansi" => Charset::WINDOWS_1251,
            "cp866" | "ibm866" | "dos866" | "866" | "oem" => Charset::CP866,
            "koi8r" | "koi8" => Charset::Table(encoding_rs::KOI8_R),
            "iso88591" | "latin1" => Charset::Latin1,
            "usascii" | "ascii" => Charset::Ascii,
            _ => {
                let named = |label: &str| Encoding::for_label_no_replacement(label.as_bytes());
                let windows = |page: &str| match page.len() {
                    3 | 4 => named(&format!("windows-{page}")),
                    _ => None,
                };
                let found = named(name.trim())
                    .or_else(|| named(&plain))
                    .or_else(|| windows(plain.strip_prefix("windows")?))
                    .or_else(|| windows(plain.strip_prefix("cp")?))?;
                if found == encoding_rs::X_USER_DEFINED {
                    return None;
                }
                Charset::Table(found)
            }
        })
    }

    /// The name in HTTP headers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "UTF-8",
            Charset::Utf16Le => "UTF-16LE",
            Charset::Utf16Be => "UTF-16BE",
            Charset::Latin1 => "iso-8859-1",
            Charset::Ascii => "us-ascii",
            Charset::Table(encoding) => encoding.name(),
        }
    }

    /// The byte order mark of the encoding; empty when it has none.
    #[must_use]
    pub fn mark(self) -> &'static [u8] {
        match self {
            Charset::Utf8 => b"\xef\xbb\xbf",
            Charset::Utf16Le => b"\xff\xfe",
            Charset::Utf16Be => b"\xfe\xff",
            _ => b"",
        }
    }

    /// Bytes of the smallest unit: texts of two-byte units are looked through in pairs.
    #[must_use]
    pub fn unit_size(self) -> usize {
        match self {
            Charset::Utf16Le | Charset::Utf16Be => 2,
            _ => 1,
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
            Charset::Latin1 => text
                .chars()
                .map(|symbol| u8::try_from(u32::from(symbol)).unwrap_or(b'?'))
                .collect(),
            Charset::Ascii => text
                .chars()
                .map(|symbol| {
                    if symbol.is_ascii() {
                        symbol as u8
                    } else {
                        b'?'
                    }
                })
                .collect(),
            Charset::Table(encoding) => encode_by_table(encoding, text),
        }
    }

    /// The same for a string of the language; half of a pair alone becomes U+FFFD.
    #[must_use]
    pub fn encode_units(self, units: &[u16]) -> Vec<u8> {
        match self {
            Charset::Utf16Le => units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            Charset::Utf16Be => units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            Charset::Utf8 => String::from_utf16_lossy(units).into_bytes(),
            _ => self.encode(&String::from_utf16_lossy(units)),
        }
    }

    /// The text of bytes, without its byte order mark. An error for what is no text: broken UTF,
    /// a byte without a meaning.
    pub fn decode(self, bytes: &[u8]) -> Result<String, Malformed> {
        let (charset, bytes) = self.without_mark(bytes);
        charset.decode_part(bytes)
    }

    /// The encoding that a byte order mark names, and the bytes after it. A mark of UTF-16 tells its
    /// own order.
    fn without_mark(self, bytes: &[u8]) -> (Charset, &[u8]) {
        match (self, bytes) {
            (Charset::Utf8, [0xef, 0xbb, 0xbf, rest @ ..]) => (self, rest),
            (Charset::Utf16Le | Charset::Utf16Be, [0xff, 0xfe, rest @ ..]) => {
                (Charset::Utf16Le, rest)
            }
            (Charset::Utf16Le | Charset::Utf16Be, [0xfe, 0xff, rest @ ..]) => {
                (Charset::Utf16Be, rest)
            }
            _ => (self, bytes),
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
                String::from_utf16(&self.pairs(bytes)).map_err(|_| Malformed)
            }
            Charset::Latin1 => Ok(mem::decode_latin1(bytes).into_owned()),
            Charset::Ascii => match bytes.is_ascii() {
                true => Ok(mem::decode_latin1(bytes).into_owned()),
                false => Err(Malformed),
            },
            Charset::Table(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map(std::borrow::Cow::into_owned)
                .ok_or(Malformed),
        }
    }

    /// UTF-16 units of bytes; half of a unit at the end counts with a zero.
    fn pairs(self, bytes: &[u8]) -> Vec<u16> {
        let unit = |pair: &[u8]| {
            let pair = [pair[0], pair.get(1).copied().unwrap_or(0)];
            if self == Charset::Utf16Be {
                u16::from_be_bytes(pair)
            } else {
                u16::from_le_bytes(pair)
            }
        };
        bytes.chunks(2).map(unit).collect()
    }

    /// How many of the bytes make the first units of the text, and how many units those are: fewer
    /// than asked for when the bytes end, one more when a pair would be torn.
    #[must_use]
    pub fn prefix(self, bytes: &[u8], count: usize) -> (usize, usize) {
        match self {
            Charset::Utf8 => {
                let (mut taken, mut units) = (0, 0);
                for chunk in bytes.utf8_chunks() {
                    for symbol in chunk.valid().chars() {
                        if units >= count {
                            return (taken, units);
                        }
                        taken += symbol.len_utf8();
                        units += symbol.len_utf16();
                    }
                    if !chunk.invalid().is_empty() {
                        if units >= count {
                            return (taken, units);
                        }
                        taken += chunk.invalid().len();
                        units += 1;
                    }
                }
                (taken, units)
            }
            Charset::Utf16Le | Charset::Utf16Be => {
                let units = bytes.len().div_ceil(2).min(count);
                ((units * 2).min(bytes.len()), units)
            }
            Charset::Table(encoding) if !encoding.is_single_byte() => {
                let mut decoder = encoding.new_decoder_without_bom_handling();
                let mut units = 0;
                // Room for the replacement of a broken character and the one after it.
                let mut room = [0; 16];
                for (at, byte) in bytes.iter().enumerate() {
                    if units >= count {
                        return (at, units);
                    }
                    units += decoder.decode_to_utf16(&[*byte], &mut room, false).2;
                }
                units += decoder.decode_to_utf16(&[], &mut room, true).2;
                (bytes.len(), units)
            }
            _ => (bytes.len().min(count), bytes.len().min(count)),
        }
    }

    /// The text of bytes, with U+FFFD for what is no text: for answers of servers and files.
    #[must_use]
    pub fn decode_lossy(self, bytes: &[u8]) -> String {
        match self {
            Charset::Utf8 => String::from_utf8_lossy(self.without_mark(bytes).1).into_owned(),
            _ => String::from_utf16_lossy(&self.decode_units(bytes)),
        }
    }

    /// The same as a string of the language; its mark is left out.
    #[must_use]
    pub fn decode_units(self, bytes: &[u8]) -> Vec<u16> {
        let (charset, bytes) = self.without_mark(bytes);
        charset.decode_part_units(bytes)
    }

    /// The same for bytes from the middle of a text, where a byte order mark is a character.
    #[must_use]
    pub fn decode_part_units(self, bytes: &[u8]) -> Vec<u16> {
        match self {
            Charset::Utf8 => {
                // One unit more than bytes, as the conversion asks.
                let mut units = vec![0; bytes.len() + 1];
                let written = mem::convert_utf8_to_utf16(bytes, &mut units);
                units.truncate(written);
                units.shrink_to_fit();
                units
            }
            Charset::Utf16Le | Charset::Utf16Be => {
                let units = self.pairs(bytes);
                match String::from_utf16(&units) {
                    Ok(_) => units,
                    Err(_) => String::from_utf16_lossy(&units).encode_utf16().collect(),
                }
            }
            Charset::Latin1 => bytes.iter().map(|byte| u16::from(*byte)).collect(),
            Charset::Ascii => bytes
                .iter()
                .map(|byte| {
                    if byte.is_ascii() {
                        u16::from(*byte)
                    } else {
                        0xfffd
                    }
                })
                .collect(),
            Charset::Table(encoding) => encoding
                .decode_without_bom_handling(bytes)
                .0
                .encode_utf16()
                .collect(),
        }
    }
}

fn encode_by_table(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    use encoding_rs::EncoderResult;
    let mut encoder = encoding.new_encoder();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => return bytes,
            // Every encoding writes a character in at most ten bytes, escapes included.
            EncoderResult::OutputFull => bytes.reserve(rest.len() + 16),
            EncoderResult::Unmappable(_) => bytes.push(b'?'),
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
        Charset::WINDOWS_1251,
        Charset::CP866,
        Charset::Table(encoding_rs::KOI8_R),
        Charset::Table(encoding_rs::ISO_8859_5),
        Charset::Latin1,
        Charset::Ascii,
    ];

    #[test]
    fn names() {
        for charset in ALL {
            assert_eq!(Charset::parse(charset.name()), Some(charset));
        }
        for (name, expected) in [
            ("UTF8", Some(Charset::Utf8)),
            ("ANSI", Some(Charset::WINDOWS_1251)),
            ("OEM", Some(Charset::CP866)),
            ("KOI8-R", Some(Charset::Table(encoding_rs::KOI8_R))),
            ("нечто", None),
            ("x-user-defined", None),
            (
                "windows-1252",
                Some(Charset::Table(encoding_rs::WINDOWS_1252)),
            ),
            ("cp1250", Some(Charset::Table(encoding_rs::WINDOWS_1250))),
            ("GB2312", Some(Charset::Table(encoding_rs::GBK))),
            ("Shift_JIS", Some(Charset::Table(encoding_rs::SHIFT_JIS))),
            ("KOI8-U", Some(Charset::Table(encoding_rs::KOI8_U))),
        ] {
            assert_eq!(Charset::parse(name), expected, "{name}");
        }
    }

    #[test]
    fn russian_texts() {
        for (charset, bytes) in [
            (Charset::WINDOWS_1251, &b"\xcf\xf0\xe8\xb8 \xb9"[..]),
            (Charset::CP866, b"\x8f\xe0\xa8\xf1 \xfc"),
            (
                Charset::Table(encoding_rs::ISO_8859_5),
                b"\xbf\xe0\xd8\xf1 \xf0",
            ),
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
        assert_eq!(
            Charset::Table(encoding_rs::KOI8_R).encode("Приё"),
            b"\xf0\xd2\xc9\xa3"
        );
        assert_eq!(Charset::WINDOWS_1251.encode("中я"), b"?\xff");
        assert_eq!(Charset::Ascii.encode("ая"), b"??");
    }

    #[test]
    fn malformed() {
        assert_eq!(Charset::Utf8.decode(b"\xff"), Err(Malformed));
        assert_eq!(Charset::Utf16Le.decode(b"\x00"), Err(Malformed));
        assert_eq!(Charset::Utf16Le.decode(b"\x00\xd8"), Err(Malformed));
        // The byte that Windows leaves without a meaning is a control character, as everywhere.
        assert_eq!(
            Charset::WINDOWS_1251.decode(b"\x98").as_deref(),
            Ok("\u{98}")
        );
        assert_eq!(Charset::Ascii.decode(b"\x80"), Err(Malformed));
        assert_eq!(Charset::Utf8.decode_lossy(b"a\xff"), "a\u{fffd}");
        assert_eq!(Charset::Utf8.decode(b"\xef\xbb\xbfa").as_deref(), Ok("a"));
        assert_eq!(
            Charset::Utf16Le.decode(b"\xfe\xff\x00a").as_deref(),
            Ok("a")
        );
    }

    #[test]
    fn beginnings_of_texts() {
        let text = "Аб😀я";
        for (charset, count, expected) in [
            (Charset::Utf8, 0, (0, 0)),
            (Charset::Utf8, 2, (4, 2)),
            (Charset::Utf8, 3, (8, 4)),
            (Charset::Utf8, 9, (10, 5)),
            (Charset::Utf16Le, 2, (4, 2)),
            (Charset::Table(encoding_rs::GB18030), 2, (4, 2)),
            (Charset::Table(encoding_rs::GB18030), 9, (10, 5)),
        ] {
            let bytes = charset.encode(text);
            assert_eq!(
                charset.prefix(&bytes, count),
                expected,
                "{charset:?} {count}"
            );
        }
        assert_eq!(Charset::WINDOWS_1251.prefix(b"abc", 2), (2, 2));
        assert_eq!(Charset::Utf8.prefix(b"\xd0\x90\xd0", 2), (3, 2));
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
                let one_byte = match charset {
                    Charset::Latin1 => true,
                    Charset::Table(encoding) => encoding.is_single_byte(),
                    _ => false,
                };
                if let (Ok(decoded), true) = (charset.decode(&bytes), one_byte) {
                    prop_assert_eq!(charset.encode(&decoded), bytes.clone());
                }
                let lossy = charset.decode_lossy(&bytes);
                prop_assert_eq!(charset.decode_units(&bytes), lossy.encode_utf16().collect::<Vec<_>>());
                let whole = charset.prefix(&bytes, usize::MAX).0;
                prop_assert_eq!(whole, bytes.len());
                let units: Vec<u16> = text.encode_utf16().collect();
                prop_assert_eq!(charset.encode_units(&units), charset.encode(&text));
            }
        }
    }
}
