//! ВРег, НРег, ТРег: one character stays one character (ß stays ß), as .NET and 1C do.

/// The upper case of a character, itself if that would be several.
#[must_use]
pub fn upper_char(symbol: char) -> char {
    match symbol {
        'a'..='z' => symbol.to_ascii_uppercase(),
        '\0'..='\u{7f}' => symbol,
        'а'..='я' => char::from_u32(symbol as u32 - 0x20).unwrap_or(symbol),
        _ => single(symbol.to_uppercase(), symbol),
    }
}

/// The lower case of a character, itself if that would be several.
#[must_use]
pub fn lower_char(symbol: char) -> char {
    match symbol {
        'A'..='Z' => symbol.to_ascii_lowercase(),
        '\0'..='\u{7f}' => symbol,
        'А'..='Я' => char::from_u32(symbol as u32 + 0x20).unwrap_or(symbol),
        _ => single(symbol.to_lowercase(), symbol),
    }
}

fn single(mut mapped: impl Iterator<Item = char>, symbol: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(mapped), None) => mapped,
        _ => symbol,
    }
}

/// ВРег of UTF-16; halves of pairs that stand alone stay.
#[must_use]
pub fn upper(text: &[u16]) -> Vec<u16> {
    map(text, upper_char)
}

/// НРег of UTF-16.
#[must_use]
pub fn lower(text: &[u16]) -> Vec<u16> {
    map(text, lower_char)
}

/// ТРег of UTF-16: each word begins with a capital and goes on small; a word is a run of letters
/// and digits.
#[must_use]
pub fn title(text: &[u16]) -> Vec<u16> {
    let mut inside = false;
    map(text, |symbol| {
        let mapped = if inside {
            lower_char(symbol)
        } else {
            upper_char(symbol)
        };
        inside = symbol.is_alphanumeric();
        mapped
    })
}

fn map(text: &[u16], mut change: impl FnMut(char) -> char) -> Vec<u16> {
    let mut result = Vec::with_capacity(text.len());
    let mut buffer = [0u16; 2];
    for unit in char::decode_utf16(text.iter().copied()) {
        match unit {
            Ok(symbol) => result.extend_from_slice(change(symbol).encode_utf16(&mut buffer)),
            Err(half) => result.push(half.unpaired_surrogate()),
        }
    }
    result
}
