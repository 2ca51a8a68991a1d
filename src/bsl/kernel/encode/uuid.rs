//! УникальныйИдентификатор: a value of 16 bytes, compared by content.

use std::fmt;

/// A universally unique identifier (RFC 9562).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// The empty one, all zeros.
    pub const EMPTY: Uuid = Uuid([0; 16]);

    /// Version 4 from sixteen random bytes of the caller.
    #[must_use]
    pub fn from_random(mut bytes: [u8; 16]) -> Uuid {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Uuid(bytes)
    }

    /// As it is.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Uuid {
        Uuid(bytes)
    }

    /// The bytes in the order of the text.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The text of 36 characters with its hyphens, in any case, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Uuid> {
        if text.len() != 36 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0u8; 16];
        let mut digits = 0;
        for (index, symbol) in text.chars().enumerate() {
            if matches!(index, 8 | 13 | 18 | 23) {
                if symbol != '-' {
                    return None;
                }
                continue;
            }
            let digit = symbol.to_digit(16)? as u8;
            bytes[digits / 2] = bytes[digits / 2] << 4 | digit;
            digits += 1;
        }
        Some(Uuid(bytes))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                formatter.write_str("-")?;
            }
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn uuids() {
        let text = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
        assert_eq!(Uuid::parse(text).unwrap().to_string(), text);
        assert_eq!(Uuid::parse(&text.to_uppercase()), Uuid::parse(text));
        for text in [
            "",
            "6ba7b8109dad41d180b400c04fd430c8",
            "6ba7b810-9dad-41d1-80b4-00c04fd430cg",
            "6ba7b810-9dad-41d1-80b4+00c04fd430c8",
            "{6ba7b810-9dad-41d1-80b4-00c04fd430c}",
            "яяяяяяяяяяяяяяяяяя",
        ] {
            assert_eq!(Uuid::parse(text), None, "{text}");
        }
        assert_eq!(
            Uuid::from_random([0xff; 16]).to_string(),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(
            Uuid::EMPTY.to_string(),
            "00000000-0000-0000-0000-000000000000"
        );
    }

    proptest! {
        #[test]
        fn uuids_read_back(bytes in any::<[u8; 16]>(), text in any::<String>()) {
            let uuid = Uuid::from_bytes(bytes);
            prop_assert_eq!(Uuid::parse(&uuid.to_string()), Some(uuid));
            let _ = Uuid::parse(&text);
        }
    }
}
