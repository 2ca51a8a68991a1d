//! Names of XML.

/// Whether a name can stand in XML: `а.б`, `к:имя`; what is between colons is not looked at, as in 1C.
#[must_use]
pub fn is_xml_name(name: &str) -> bool {
    let mut symbols = name.chars();
    symbols.next().is_some_and(is_start) && symbols.all(is_part)
}

fn is_start(symbol: char) -> bool {
    matches!(
        symbol,
        ':' | '_' | 'A'..='Z' | 'a'..='z'
            | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
            | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
            | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
            | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}'
    )
}

fn is_part(symbol: char) -> bool {
    is_start(symbol)
        || matches!(
            symbol,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}'
        )
}

/// Whether a character may stand in a document at all.
pub(super) fn is_allowed(symbol: char) -> bool {
    matches!(symbol, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

/// White space of XML, and nothing else.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

/// The part of a name after its colon.
#[must_use]
pub fn local_part(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// The part of a name before its colon; empty when there is none.
#[must_use]
pub fn prefix_part(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}
