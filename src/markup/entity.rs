//! Character references: the four named ones that Telegram knows and the numeric ones.

/// Reads a character reference at the start of `text` (which begins with `&`): the character and
/// the number of bytes it takes. `None` when it is none of those Telegram knows; the ampersand
/// then stands for itself.
pub fn decode(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('&')?;
    for (name, ch) in [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"')] {
        if let Some(after) = rest.strip_prefix(name)
            && !after.starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            let semicolon = usize::from(after.starts_with(';'));
            return Some((ch, 1 + name.len() + semicolon));
        }
    }
    let digits = rest.strip_prefix('#')?;
    let (body, radix, prefix) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 3),
        None => (digits, 10, 2),
    };
    let count = body
        .bytes()
        .take_while(|b| (*b as char).is_digit(radix))
        .count();
    // Eight digits hold every code point in both bases; longer ones are not references.
    if count == 0 || count > 8 {
        return None;
    }
    let ch = char::from_u32(u32::from_str_radix(&body[..count], radix).ok()?)?;
    if ch == '\0' {
        return None;
    }
    let semicolon = usize::from(body[count..].starts_with(';'));
    Some((ch, prefix + count + semicolon))
}
