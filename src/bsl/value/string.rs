//! Strings: UTF-16 units, so that lengths and positions are what 1C counts and cost nothing.
//! Up to seven units lie inside the value; longer ones are shared, and grow in place while a single
//! variable holds them.

use super::memory;
use std::rc::Rc;

/// Units that fit a value of 16 bytes beside its tag.
pub const SHORT_MAX: usize = 7;

/// The units of a string that lies inside its value: length and room.
#[inline]
#[must_use]
pub fn short_units(len: u8, units: &[u16; SHORT_MAX]) -> &[u16] {
    &units[..len as usize]
}

/// A string inside a value; `None` when it is too long.
#[inline]
#[must_use]
pub fn short(units: &[u16]) -> Option<super::Value> {
    if units.len() > SHORT_MAX {
        return None;
    }
    let mut own = [0; SHORT_MAX];
    // A copy loop of at most seven steps beats a call of memcpy.
    for (to, from) in own.iter_mut().zip(units) {
        *to = *from;
    }
    Some(super::Value::Short(units.len() as u8, own))
}

/// Bytes that a shared string costs besides its units: counts of the pointer, the vector.
const STR_COST: usize = 56;

/// A shared string.
pub struct StrBox {
    units: Vec<u16>,
}

impl StrBox {
    /// Takes over a buffer.
    #[must_use]
    pub fn new(units: Vec<u16>) -> Rc<StrBox> {
        memory::add(STR_COST + units.capacity() * 2);
        Rc::new(StrBox { units })
    }

    /// The units.
    #[inline]
    #[must_use]
    pub fn units(&self) -> &[u16] {
        &self.units
    }

    /// Grows the string in place; the caller has asked for the memory.
    pub fn append(&mut self, more: &[u16]) {
        let before = self.units.capacity();
        self.units.extend_from_slice(more);
        let after = self.units.capacity();
        if after != before {
            memory::add((after - before) * 2);
        }
    }
}

impl Drop for StrBox {
    fn drop(&mut self) {
        memory::sub(STR_COST + self.units.capacity() * 2);
    }
}

/// UTF-8 text to units, appended; nothing of a long one where the run cannot afford the growth.
#[inline]
pub fn push_str(out: &mut Vec<u16>, text: &str) {
    if text.len() >= LONG {
        memory::work(text.len());
        if out.capacity() - out.len() < text.len()
            && !memory::afford(out.len().saturating_add(text.len()).saturating_mul(2))
        {
            return;
        }
    }
    out.extend(text.encode_utf16());
}

/// Units from which on a text is long: its copies are asked for.
pub(super) const LONG: usize = 2048;

/// Units to UTF-8; a half of a pair alone becomes U+FFFD. Of a text that the run cannot afford in
/// UTF-8 nothing is left, and the run ends ([`memory::afford`]).
#[must_use]
pub fn to_string(units: &[u16]) -> String {
    if units.len() < LONG {
        return String::from_utf16_lossy(units);
    }
    // Gone over twice: once to measure it.
    memory::work(units.len() * 2);
    let symbols = || char::decode_utf16(units.iter().copied());
    let symbols = || symbols().map(|symbol| symbol.unwrap_or(char::REPLACEMENT_CHARACTER));
    let bytes = symbols().map(char::len_utf8).sum();
    if !memory::afford(bytes) {
        return String::new();
    }
    let mut text = String::with_capacity(bytes);
    text.extend(symbols());
    text
}

/// Appends a text to one in the making, or nothing where the run cannot afford the growth.
#[inline]
pub fn push_units(out: &mut Vec<u16>, units: &[u16]) {
    if units.len() >= LONG {
        memory::work(units.len() / 4);
        if out.capacity() - out.len() < units.len() {
            let capacity = out.len().saturating_add(units.len());
            if !memory::afford(capacity.saturating_mul(2)) {
                return;
            }
            out.reserve_exact(units.len());
        }
    }
    out.extend_from_slice(units);
}

/// Whole numbers as 1C prints them: groups of three divided by NBSP.
pub fn push_int(out: &mut Vec<u16>, value: i64) {
    let mut digits = [0u16; 27];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    let mut group = 0;
    loop {
        if group == 3 {
            at -= 1;
            digits[at] = 0xa0;
            group = 0;
        }
        at -= 1;
        digits[at] = b'0' as u16 + (rest % 10) as u16;
        rest /= 10;
        group += 1;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-' as u16;
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_groups() {
        for (value, text) in [
            (0, "0"),
            (-5, "-5"),
            (999, "999"),
            (1000, "1\u{a0}000"),
            (-1_234_567, "-1\u{a0}234\u{a0}567"),
            (
                i64::MIN,
                "-9\u{a0}223\u{a0}372\u{a0}036\u{a0}854\u{a0}775\u{a0}808",
            ),
        ] {
            let mut out = Vec::new();
            push_int(&mut out, value);
            assert_eq!(to_string(&out), text);
        }
    }
}
