//! УникальныйИдентификатор (RFC 9562) by the crate `uuid`: text and the bits of version 4. A value is
//! its 16 bytes in the order of the text; 1C takes no text without hyphens.

use uuid::{Builder, Uuid};

/// Version 4 from sixteen random bytes of the caller.
#[must_use]
pub fn random_uuid(bytes: [u8; 16]) -> [u8; 16] {
    Builder::from_random_bytes(bytes).into_uuid().into_bytes()
}

/// The text of 36 characters, lower case.
#[must_use]
pub fn uuid_text(bytes: &[u8; 16]) -> String {
    Uuid::from_bytes(*bytes).hyphenated().to_string()
}

/// The text of 36 characters with its hyphens, in any case, in braces or not, blanks around it or not;
/// nothing else.
#[must_use]
pub fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim().trim_start_matches('{').trim_end_matches('}');
    // The crate also reads it without hyphens and as a URN; each has another length.
    if text.len() != 36 {
        return None;
    }
    Uuid::try_parse(text).ok().map(Uuid::into_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn uuids() {
        let text = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
        let bytes = parse_uuid(text).unwrap();
        assert_eq!(bytes[..4], [0x6b, 0xa7, 0xb8, 0x10]);
        assert_eq!(uuid_text(&bytes), text);
        assert_eq!(parse_uuid(&text.to_uppercase()), Some(bytes));
        assert_eq!(parse_uuid(&format!(" {{{text}}} ")), Some(bytes));
        for text in [
            "",
            "6ba7b8109dad41d180b400c04fd430c8",
            "6ba7b810-9dad-41d1-80b4-00c04fd430cg",
            "6ba7b810-9dad-41d1-80b4+00c04fd430c8",
            "{6ba7b810-9dad-41d1-80b4-00c04fd430c}",
            "яяяяяяяяяяяяяяяяяя",
        ] {
            assert_eq!(parse_uuid(text), None, "{text}");
        }
        assert_eq!(
            uuid_text(&random_uuid([0xff; 16])),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(uuid_text(&[0; 16]), "00000000-0000-0000-0000-000000000000");
    }

    proptest! {
        #[test]
        fn uuids_read_back(bytes in any::<[u8; 16]>(), text in any::<String>()) {
            prop_assert_eq!(parse_uuid(&uuid_text(&bytes)), Some(bytes));
            let _ = parse_uuid(&text);
        }
    }
}
