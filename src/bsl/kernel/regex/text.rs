//! A text as the engine sees it, and places in it as the language counts them.

/// A text to search in, in UTF-8, with the units of UTF-16 that it came from.
///
/// The engine goes through a text forwards, therefore a place is found from the last one asked for: a
/// walk over all matches costs one pass.
pub struct Subject {
    text: String,
    /// Units of UTF-16.
    units: usize,
    /// Every unit is a byte.
    ascii: bool,
    /// Ends of lines other than a line feed, or a line feed at the end.
    odd_breaks: bool,
    /// A place of the text: byte, unit.
    cursor: (usize, usize),
}

impl Subject {
    /// The text of the units; half of a pair becomes U+FFFD, which is one unit as well.
    #[must_use]
    pub fn new(units: &[u16]) -> Subject {
        let text = String::from_utf16_lossy(units);
        let ascii = text.len() == units.len();
        let odd =
            |symbol: char| matches!(symbol, '\u{b}'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let odd_breaks = text.ends_with('\n') || text.contains(odd);
        Subject {
            units: units.len(),
            ascii,
            odd_breaks,
            text,
            cursor: (0, 0),
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many units it has.
    #[must_use]
    pub fn units(&self) -> usize {
        self.units
    }

    /// Whether lines end in more than plain line feeds.
    #[must_use]
    pub fn odd_breaks(&self) -> bool {
        self.odd_breaks
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity()
    }

    /// The unit at a byte; the byte is the start of a character.
    pub fn unit_at(&mut self, byte: usize) -> usize {
        if self.ascii {
            return byte;
        }
        let (at, unit) = self.cursor;
        let unit = if byte >= at {
            unit + width(&self.text.as_bytes()[at..byte])
        } else if byte > at / 2 {
            unit - width(&self.text.as_bytes()[byte..at])
        } else {
            width(&self.text.as_bytes()[..byte])
        };
        self.cursor = (byte, unit);
        unit
    }

    /// The byte at a unit; within a pair that of its start, past the end that of the end.
    pub fn byte_at(&mut self, unit: usize) -> usize {
        if self.ascii {
            return unit.min(self.text.len());
        }
        let (mut byte, mut at) = self.cursor;
        if unit < at {
            (byte, at) = (0, 0);
        }
        for symbol in self.text[byte..].chars() {
            if at + symbol.len_utf16() > unit {
                break;
            }
            at += symbol.len_utf16();
            byte += symbol.len_utf8();
        }
        self.cursor = (byte, at);
        byte
    }
}

/// Units of UTF-16 of whole characters in UTF-8: one for each first byte, one more for those of four.
fn width(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .map(|byte| usize::from((*byte as i8) >= -0x40) + usize::from(*byte >= 0xf0))
        .sum()
}
