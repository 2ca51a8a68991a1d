//! Cuts a message that is too long for Telegram.

use crate::parse::parse;
use crate::rich::{EntityKind, Rich};

/// Cuts Telegram HTML into parts whose visible length is at most `limit` UTF-16 units: at a line
/// break, else between words, else between characters. Tags are closed at the end of a part and
/// opened again in the next. The line breaks or spaces at a cut are dropped, and a part with
/// nothing to see is left out. What is not Telegram HTML is cut as plain text, as it is sent.
///
/// `limit` under 2 is taken as 2, the longest character.
pub fn split(html: &str, limit: usize) -> Vec<String> {
    match parse(html) {
        Ok(rich) => rich.split(limit).iter().map(Rich::to_html).collect(),
        Err(_) => split_plain(html, limit),
    }
}

/// The same for text that is not HTML.
pub fn split_plain(text: &str, limit: usize) -> Vec<String> {
    Rich::from_plain(text)
        .split(limit)
        .into_iter()
        .map(|part| part.text().to_owned())
        .collect()
}

impl Rich {
    /// Cuts into parts of at most `limit` UTF-16 units; see [`split`].
    pub fn split(&self, limit: usize) -> Vec<Rich> {
        let limit = limit.max(2);
        let text = self.text();
        let atoms = self.atoms();
        let mut parts = Vec::new();
        let mut start = 0;
        while let Some(cut) = cut(&text[start..], limit, |at| atoms_hold(&atoms, start + at)) {
            parts.push(self.slice(start, start + cut.end));
            start += cut.next;
        }
        if start < text.len() || parts.is_empty() {
            parts.push(self.slice(start, text.len()));
        }
        if parts.len() > 1 {
            parts.retain(|part| !part.text().trim().is_empty());
        }
        parts
    }

    /// Byte ranges that are shown as one picture and would be lost when cut.
    fn atoms(&self) -> Vec<(usize, usize)> {
        let mut wanted = self
            .entities()
            .iter()
            .filter(|entity| matches!(entity.kind, EntityKind::CustomEmoji(_)))
            .peekable();
        let mut atoms = Vec::new();
        if wanted.peek().is_none() {
            return atoms;
        }
        let mut units = 0;
        let mut begun: Option<(usize, usize)> = None;
        for (byte, ch) in self.text().char_indices().chain([(self.text().len(), ' ')]) {
            if let Some((from, until)) = begun
                && units >= until
            {
                atoms.push((from, byte));
                begun = None;
            }
            if let Some(entity) = wanted.next_if(|entity| entity.offset <= units) {
                begun = Some((byte, entity.offset + entity.length));
            }
            units += ch.len_utf16();
        }
        atoms
    }
}

/// Whether a cut at this byte would fall inside an atom.
fn atoms_hold(atoms: &[(usize, usize)], at: usize) -> bool {
    atoms.iter().any(|(from, to)| *from < at && at < *to)
}

struct Cut {
    /// Where the part ends.
    end: usize,
    /// Where the next begins.
    next: usize,
}

/// The first cut of a text; `None` when it fits.
fn cut(text: &str, limit: usize, held: impl Fn(usize) -> bool) -> Option<Cut> {
    let mut units = 0;
    let mut fits = 0;
    let mut line = None;
    let mut word = None;
    let mut over = false;
    for (at, ch) in text.char_indices() {
        // A break just behind the limit is as good as one before it: it is dropped.
        match ch {
            '\n' if at > 0 => line = Some(at),
            ' ' | '\t' if at > 0 && !held(at) => word = Some(at),
            _ => {}
        }
        units += ch.len_utf16();
        if units > limit {
            over = true;
            break;
        }
        fits = at + ch.len_utf8();
    }
    if !over {
        return None;
    }
    let is_line = |c: char| c == '\n' || c == '\r';
    let is_word = |c: char| c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if let Some(at) = line {
        let end = text[..at].trim_end_matches(is_line).len();
        let next = text.len() - text[at..].trim_start_matches(is_line).len();
        return Some(Cut { end, next });
    }
    if let Some(at) = word {
        let end = text[..at].trim_end_matches(is_word).len();
        let next = text.len() - text[at..].trim_start_matches(is_word).len();
        return Some(Cut { end, next });
    }
    let mut end = fits;
    // Not inside what is seen as one character; but a pile of marks longer than that is cut.
    let mut back = 0;
    while back < 32 && end > 0 && (held(end) || joined(text, end)) {
        end = text[..end]
            .char_indices()
            .next_back()
            .map_or(0, |(at, _)| at);
        back += 1;
    }
    if end == 0 || held(end) || joined(text, end) {
        end = fits;
    }
    Some(Cut { end, next: end })
}

/// Whether the characters on both sides of a byte offset are seen as one.
fn joined(text: &str, at: usize) -> bool {
    const JOINER: char = '\u{200D}';
    let before = text[..at].chars().next_back();
    let after = text[at..].chars().next();
    let flag = |c: char| ('\u{1F1E6}'..='\u{1F1FF}').contains(&c);
    match (before, after) {
        (Some(JOINER), _) | (_, Some(JOINER)) => true,
        (_, Some(c)) if extends(c) => true,
        (Some(b), Some(c)) if flag(b) && flag(c) => {
            // Flags are pairs of letters: inside a pair when an odd number of them stands before.
            text[..at].chars().rev().take_while(|c| flag(*c)).count() % 2 == 1
        }
        _ => false,
    }
}

/// Marks and selectors that belong to the character before them.
fn extends(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{20D0}'..='\u{20F0}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
}
