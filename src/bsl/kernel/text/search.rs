//! СтрНайти, СтрЧислоВхождений, СтрЗаменить: exact, in linear time for any input.

use super::{TooLong, Unit};

/// НаправлениеПоиска.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// СНачала.
    #[default]
    FromBegin,
    /// СКонца.
    FromEnd,
}

/// Up to this length a plain comparison at each place is the quickest and its worst case harmless.
const PLAIN: usize = 32;

/// The first place of a short needle: the search for its first unit runs many units at a time.
fn find_plain<T: Unit>(text: &[T], needle: &[T]) -> Option<usize> {
    let (&first, rest) = needle.split_first()?;
    let last = text.len().checked_sub(needle.len())?;
    let mut at = 0;
    while at <= last {
        at += text[at..=last].iter().position(|&unit| unit == first)?;
        if &text[at + 1..at + needle.len()] == rest {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Where matches begin, one after the other, in time linear in the text for any needle.
struct Matches<'a, T, R> {
    text: &'a [T],
    needle: &'a [T],
    /// Reads unit `index` of a slice; reversing both slices turns the search around.
    read: R,
    /// Knuth–Morris–Pratt: how much of the needle still matches after a mismatch; empty for a
    /// plain search.
    fallback: Vec<u32>,
    at: usize,
    matched: usize,
}

impl<'a, T: Unit, R: Fn(&[T], usize) -> T> Matches<'a, T, R> {
    fn new(text: &'a [T], needle: &'a [T], read: R) -> Self {
        let mut fallback = Vec::new();
        if needle.len() > PLAIN && needle.len() <= text.len() {
            fallback = vec![0u32; needle.len()];
            let mut length = 0usize;
            for index in 1..needle.len() {
                while length > 0 && read(needle, index) != read(needle, length) {
                    length = fallback[length - 1] as usize;
                }
                if read(needle, index) == read(needle, length) {
                    length += 1;
                }
                fallback[index] = length as u32;
            }
        }
        Matches {
            text,
            needle,
            read,
            fallback,
            at: 0,
            matched: 0,
        }
    }

    /// The next match; `overlapping` ones begin anywhere after the last one's begin.
    fn next(&mut self, overlapping: bool) -> Option<usize> {
        let (text, needle) = (self.text, self.needle);
        if needle.is_empty() || needle.len() > text.len() {
            return None;
        }
        if needle.len() <= PLAIN {
            let first = (self.read)(needle, 0);
            while self.at + needle.len() <= text.len() {
                let at = self.at;
                self.at += 1;
                if (self.read)(text, at) == first
                    && (1..needle.len())
                        .all(|index| (self.read)(text, at + index) == (self.read)(needle, index))
                {
                    if !overlapping {
                        self.at = at + needle.len();
                    }
                    return Some(at);
                }
            }
            return None;
        }
        while self.at < text.len() {
            let unit = (self.read)(text, self.at);
            while self.matched > 0 && unit != (self.read)(needle, self.matched) {
                self.matched = self.fallback[self.matched - 1] as usize;
            }
            if unit == (self.read)(needle, self.matched) {
                self.matched += 1;
            }
            self.at += 1;
            if self.matched == needle.len() {
                self.matched = if overlapping {
                    self.fallback[needle.len() - 1] as usize
                } else {
                    0
                };
                return Some(self.at - needle.len());
            }
        }
        None
    }
}

fn forward<T: Copy>(text: &[T], index: usize) -> T {
    text[index]
}

fn backward<T: Copy>(text: &[T], index: usize) -> T {
    text[text.len() - 1 - index]
}

/// СтрНайти: the position from 1, or 0. From the end the match must end at or before `start`.
/// Occurrences may overlap. An empty needle is found at once (1C 8.3.27), at the start. `start`
/// outside the text (it counts from 1; `None` is the first or last unit) finds nothing: the caller
/// raises its own error first where 1C does.
pub fn find<T: Unit>(
    text: &[T],
    needle: &[T],
    direction: Direction,
    start: Option<usize>,
    occurrence: usize,
) -> usize {
    if occurrence == 0 {
        return 0;
    }
    if needle.is_empty() {
        return match direction {
            Direction::FromBegin => start.unwrap_or(1).max(1),
            Direction::FromEnd => start.unwrap_or(text.len()).max(1),
        };
    }
    match direction {
        Direction::FromBegin => {
            let skip = start.unwrap_or(1).saturating_sub(1);
            let Some(rest) = text.get(skip..) else {
                return 0;
            };
            if occurrence == 1 && needle.len() <= PLAIN {
                return find_plain(rest, needle).map_or(0, |at| skip + at + 1);
            }
            let mut matches = Matches::new(rest, needle, forward);
            nth(&mut matches, occurrence).map_or(0, |at| skip + at + 1)
        }
        Direction::FromEnd => {
            let rest = &text[..start.unwrap_or(text.len()).min(text.len())];
            let mut matches = Matches::new(rest, needle, backward);
            nth(&mut matches, occurrence).map_or(0, |at| rest.len() - at - needle.len() + 1)
        }
    }
}

fn nth<T: Unit, R: Fn(&[T], usize) -> T>(
    matches: &mut Matches<'_, T, R>,
    occurrence: usize,
) -> Option<usize> {
    for _ in 1..occurrence {
        matches.next(true)?;
    }
    matches.next(true)
}

/// СтрЧислоВхождений: occurrences may overlap (believed); none of an empty needle.
pub fn count<T: Unit>(text: &[T], needle: &[T]) -> usize {
    let mut matches = Matches::new(text, needle, forward);
    std::iter::from_fn(|| matches.next(true)).count()
}

/// СтрЗаменить: every occurrence from the left, not overlapping; nothing for an empty one. The
/// length is known before anything is built, so growth stops at the limit (in units) at once.
/// `None` when there is nothing to replace, so that the caller keeps its string.
pub fn replace<T: Unit>(
    text: &[T],
    needle: &[T],
    with: &[T],
    max_length: usize,
) -> Result<Option<Vec<T>>, TooLong> {
    let mut matches = Matches::new(text, needle, forward);
    let mut places = Vec::new();
    while let Some(at) = matches.next(false) {
        places.push(at);
    }
    if places.is_empty() {
        return Ok(None);
    }
    let kept = text.len() - places.len() * needle.len();
    let length = places
        .len()
        .checked_mul(with.len())
        .and_then(|grown| grown.checked_add(kept));
    let length = length
        .filter(|length| *length <= max_length)
        .ok_or(TooLong)?;
    let mut result = Vec::with_capacity(length);
    let mut start = 0;
    for at in places {
        result.extend_from_slice(&text[start..at]);
        result.extend_from_slice(with);
        start = at + needle.len();
    }
    result.extend_from_slice(&text[start..]);
    Ok(Some(result))
}
