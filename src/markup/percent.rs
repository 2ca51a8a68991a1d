//! Percent-encoded UTF-8 in texts (R173, D27).

/// Shows percent-encoded characters outside ASCII as themselves: `%E2%9A%A0` becomes `⚠`. What is
/// not a whole, valid, printable sequence stays as written ("100%", "%20", "%E2"), and so does
/// what stands inside a tag, where a link keeps its own encoding.
pub fn decode_percent_utf8(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['%', '<']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if let Some(after) = rest.strip_prefix('<') {
            let name = after.starts_with(|c: char| c.is_ascii_alphabetic());
            let end = if name { tag_end(rest) } else { 1 };
            out.push_str(&rest[..end]);
            end
        } else if let Some((ch, taken)) = sequence(rest) {
            out.push(ch);
            taken
        } else {
            out.push('%');
            1
        };
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// The length of the tag at the start of `text`, quotes respected; 1 when it never ends and the
/// `<` is therefore only a character.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    1
}

/// One percent-encoded character outside ASCII at the start of `text` and the bytes it takes.
fn sequence(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    let byte = |index: usize| -> Option<u8> {
        let three = bytes.get(index * 3..index * 3 + 3)?;
        if three[0] != b'%' {
            return None;
        }
        let high = (three[1] as char).to_digit(16)?;
        let low = (three[2] as char).to_digit(16)?;
        Some((high * 16 + low) as u8)
    };
    let len = match byte(0)? {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let mut buffer = [0; 4];
    for (index, slot) in buffer.iter_mut().enumerate().take(len) {
        *slot = byte(index)?;
    }
    let ch = std::str::from_utf8(&buffer[..len]).ok()?.chars().next()?;
    (!ch.is_control()).then_some((ch, len * 3))
}
