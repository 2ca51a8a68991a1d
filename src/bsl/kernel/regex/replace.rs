//! The text that replaces what was found: `$1` is a group, a backslash takes the meaning away.

/// A part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(Vec<u16>),
    /// What a group found; 0 is the whole.
    Group(usize),
    /// A group that the pattern does not have.
    NoGroup,
}

/// A replacement, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Its parts in order.
    pub pieces: Vec<Piece>,
}

impl Replacement {
    /// Reads a replacement for a pattern of so many groups. A number takes as many digits as the
    /// number of the last group has, so that `$12` is group 1 and a two where there are nine groups
    /// or fewer (as measured on 8.3.27).
    #[must_use]
    pub fn parse(units: &[u16], groups: usize) -> Replacement {
        let most = groups.to_string().len();
        let mut pieces = Vec::new();
        let mut text = Vec::new();
        let mut at = 0;
        while let Some(&unit) = units.get(at) {
            at += 1;
            if unit == u16::from(b'\\') {
                // The last backslash is lost.
                text.extend(units.get(at));
                at += 1;
                continue;
            }
            let digits = units[at..]
                .iter()
                .take(most)
                .map_while(|unit| char::from_u32(u32::from(*unit))?.to_digit(10));
            let (count, number) = digits.fold((0, 0usize), |(count, number), digit| {
                (count + 1, number * 10 + digit as usize)
            });
            if unit != u16::from(b'$') || count == 0 {
                text.push(unit);
                continue;
            }
            at += count;
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(if number <= groups {
                Piece::Group(number)
            } else {
                Piece::NoGroup
            });
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Replacement { pieces }
    }
}
