//! Names without regard to case: folding and interning.
//!
//! A name is folded once, when it is read from the source; after that the whole pipeline compares
//! numbers. `ё` and `е` stay different letters, as in 1C.

use hashbrown::HashTable;

/// A folded name. Equal numbers mean names that 1C takes for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u32);

/// The table of folded names. A clone may be extended without disturbing the original: ids that
/// were given out stay valid in every extension.
#[derive(Clone, Default)]
pub struct Names {
    table: HashTable<u32>,
    /// End of each name in `text`.
    ends: Vec<u32>,
    text: String,
}

/// Folds one character: lower case, one character to one.
#[inline]
fn fold_char(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        '\0'..='\x7f' => c,
        'А'..='Я' => char::from_u32(c as u32 + 32).unwrap_or(c),
        'а'..='я' => c,
        'Ѐ'..='Џ' => char::from_u32(c as u32 + 80).unwrap_or(c),
        _ => {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(only), None) => only,
                _ => c,
            }
        }
    }
}

/// Folds a name for comparison.
#[must_use]
pub fn fold(name: &str) -> String {
    name.chars().map(fold_char).collect()
}

#[inline]
fn hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0x517c_c1b7_2722_0a95;
    let mut state = bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        state = (state.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(K);
    }
    for &byte in chunks.remainder() {
        state = (state.rotate_left(5) ^ u64::from(byte)).wrapping_mul(K);
    }
    state ^ (state >> 29)
}

impl Names {
    fn range(ends: &[u32], index: u32) -> std::ops::Range<usize> {
        let start = if index == 0 {
            0
        } else {
            ends[index as usize - 1] as usize
        };
        start..ends[index as usize] as usize
    }

    /// The folded spelling; empty for the name that a damaged text lacks (`Процедура ()`).
    #[must_use]
    pub fn text(&self, name: Name) -> &str {
        if name.0 as usize >= self.ends.len() {
            return "";
        }
        &self.text[Self::range(&self.ends, name.0)]
    }

    /// How many names there are; the next new one gets this number.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the table is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Finds a name in any spelling without adding it.
    #[must_use]
    pub fn find(&self, spelling: &str) -> Option<Name> {
        Self::with_folded(spelling, |folded| self.find_folded(folded))
    }

    fn find_folded(&self, folded: &[u8]) -> Option<Name> {
        self.table
            .find(hash(folded), |&index| {
                &self.text.as_bytes()[Self::range(&self.ends, index)] == folded
            })
            .map(|&index| Name(index))
    }

    /// Finds or adds a name in any spelling.
    pub fn intern(&mut self, spelling: &str) -> Name {
        Self::with_folded(spelling, |folded| {
            if let Some(found) = self.find_folded(folded) {
                return found;
            }
            let index = self.ends.len() as u32;
            self.text.push_str(&String::from_utf8_lossy(folded));
            self.ends.push(self.text.len() as u32);
            let (ends, text) = (&self.ends, &self.text);
            self.table.insert_unique(hash(folded), index, |&other| {
                hash(&text.as_bytes()[Self::range(ends, other)])
            });
            Name(index)
        })
    }

    /// Folds into a buffer on the stack: the lexer calls this for every name of the text.
    #[inline]
    fn with_folded<R>(spelling: &str, then: impl FnOnce(&[u8]) -> R) -> R {
        let mut buffer = [0u8; 128];
        let bytes = spelling.as_bytes();
        if bytes.len() > buffer.len() {
            return then(fold(spelling).as_bytes());
        }
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if byte < 0x80 {
                buffer[at] = byte.to_ascii_lowercase();
                at += 1;
                continue;
            }
            let next = bytes.get(at + 1).copied().unwrap_or(0);
            let folded = match (byte, next) {
                // А..П, Р..Я, then the letters that are already small.
                (0xd0, 0x90..=0x9f) => (0xd0, next + 0x20),
                (0xd0, 0xa0..=0xaf) => (0xd1, next - 0x20),
                (0xd0, 0xb0..=0xbf) | (0xd1, 0x80..=0x8f) => (byte, next),
                (0xd0, 0x81) => (0xd1, 0x91),
                (0xd1, 0x91) => (0xd1, 0x91),
                _ => return then(fold(spelling).as_bytes()),
            };
            buffer[at] = folded.0;
            buffer[at + 1] = folded.1;
            at += 2;
        }
        then(&buffer[..bytes.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_and_yo_is_not() {
        let mut names = Names::default();
        let a = names.intern("СчётЁ_Я1Zz");
        assert_eq!(names.intern("счётё_я1zZ"), a);
        assert_ne!(names.intern("счетё_я1zz"), a);
        assert_eq!(names.text(a), "счётё_я1zz");
        assert_eq!(names.find("СЧЁТЁ_Я1ZZ"), Some(a));
        let long = "Ы".repeat(300);
        let id = names.intern(&long);
        assert_eq!(names.find(&long.to_lowercase()), Some(id));
        assert_eq!(names.intern("Ђорђе"), names.intern("ђОРЂЕ"));
    }
}
