//! Entities that Telegram finds by itself in what people and bots write: mentions, commands,
//! hashtags, cashtags, addresses, e-mail, telephone numbers.
//!
//! The rules are those of TDLib's `find_entities` (td/telegram/MessageEntity.cpp), where words,
//! lengths and the characters around decide. Telephone numbers are found by Telegram's servers,
//! whose rule is not public: here it is `+` and 7 to 15 digits.

mod tags;
mod urls;

use serde_json::{Value, json};
use vestnik_markup::{EntityKind, Rich, utf16_len};

/// A stretch of text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    kind: &'static str,
    start: usize,
    end: usize,
}

/// Whether a character belongs to a word: letters, digits, `_`.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_ascii_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The character before a place.
fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character at a place.
fn at(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Where a run of such characters ends.
fn run(text: &str, from: usize, fits: impl Fn(char) -> bool) -> usize {
    let rest = &text[from..];
    from + rest.find(|c| !fits(c)).unwrap_or(rest.len())
}

/// All that is found in a text: in order, none within another.
pub(super) fn find(text: &str) -> Vec<Found> {
    // Most texts have none of these characters, and thousands of messages come a second.
    if !text
        .bytes()
        .any(|byte| matches!(byte, b'@' | b'/' | b'#' | b'$' | b'.' | b':' | b'+'))
    {
        return Vec::new();
    }
    let mut found = tags::find(text);
    urls::find(text, &mut found);
    // Of two that begin together the longer counts, of others that meet the first.
    found.sort_by_key(|one| (one.start, usize::MAX - one.end));
    let mut end = 0;
    found.retain(|one| {
        let keeps = one.start >= end;
        if keeps {
            end = one.end;
        }
        keeps
    });
    found
}

/// The entities of a text as the Bot API gives them: those of the formatting and those found.
pub(crate) fn json(rich: &Rich) -> Vec<Value> {
    let text = rich.text();
    let mut out: Vec<(usize, usize, Value)> = Vec::new();
    let found: Vec<(usize, usize, &str)> = {
        let mut byte = 0;
        let mut units = 0;
        find(text)
            .into_iter()
            .map(|one| {
                units += utf16_len(&text[byte..one.start]);
                byte = one.start;
                (units, utf16_len(&text[one.start..one.end]), one.kind)
            })
            .filter(|(offset, length, _)| !hidden(rich, *offset, *length))
            .collect()
    };
    for entity in rich.entities() {
        let (start, end) = (entity.offset, entity.offset + entity.length);
        // Bold and its like are cut where they cross the edge of something found.
        let mut edges = vec![start];
        if splits(&entity.kind) {
            let inside = found.iter().flat_map(|(offset, length, _)| {
                let crosses = |at: usize, other: usize| {
                    start < at && at < end && !(start..=end).contains(&other)
                };
                let (from, to) = (*offset, offset + length);
                [
                    crosses(from, to).then_some(from),
                    crosses(to, from).then_some(to),
                ]
            });
            edges.extend(inside.flatten());
        }
        edges.push(end);
        for pair in edges.windows(2) {
            out.push((pair[0], pair[1] - pair[0], formatting(&entity.kind)));
        }
    }
    out.extend(
        found
            .into_iter()
            .map(|(offset, length, kind)| (offset, length, json!({"type": kind}))),
    );
    out.sort_by_key(|(offset, length, _)| (*offset, usize::MAX - *length));
    out.into_iter()
        .map(|(offset, length, mut value)| {
            value["offset"] = json!(offset);
            value["length"] = json!(length);
            value
        })
        .collect()
}

/// Whether formatting keeps something from being found: code and links hold nothing else, and
/// nothing crosses the edge of a quotation.
fn hidden(rich: &Rich, offset: usize, length: usize) -> bool {
    let (start, end) = (offset, offset + length);
    rich.entities().iter().any(|entity| {
        let (from, to) = (entity.offset, entity.offset + entity.length);
        let meets = from < end && start < to;
        match entity.kind {
            EntityKind::Code
            | EntityKind::Pre(_)
            | EntityKind::Link(_)
            | EntityKind::CustomEmoji(_) => meets,
            EntityKind::Blockquote(_) => meets && (start < from || to < end),
            _ => false,
        }
    })
}

fn splits(kind: &EntityKind) -> bool {
    matches!(
        kind,
        EntityKind::Bold
            | EntityKind::Italic
            | EntityKind::Underline
            | EntityKind::Strikethrough
            | EntityKind::Spoiler
    )
}

fn formatting(kind: &EntityKind) -> Value {
    let mut value = json!({"type": kind.name()});
    match kind {
        EntityKind::Link(url) => match url.strip_prefix("tg://user?id=").map(str::parse::<i64>) {
            Some(Ok(id)) => {
                value["type"] = json!("text_mention");
                value["user"] = json!({"id": id, "is_bot": false, "first_name": ""});
            }
            _ => value["url"] = json!(url),
        },
        EntityKind::Pre(Some(language)) => value["language"] = json!(language),
        EntityKind::CustomEmoji(id) => value["custom_emoji_id"] = json!(id),
        _ => {}
    }
    value
}

#[cfg(test)]
mod tests;
