//! Reads Telegram HTML as Telegram does: the same tags, the same refusals, in one pass.

use crate::entity::decode;
use crate::error::{ErrorKind, MarkupError};
use crate::rich::{Entity, EntityKind, Rich, utf16_len};

/// Reads Telegram HTML. Empty elements vanish; an element inside another of the same kind, or
/// inside `code` and `pre`, adds nothing; a link that Telegram would not follow is plain text.
pub fn parse(html: &str) -> Result<Rich, MarkupError> {
    let mut reader = Reader {
        html,
        at: 0,
        text: String::with_capacity(html.len()),
        units: 0,
        open: Vec::new(),
        entities: Vec::new(),
    };
    reader.read()?;
    let mut found = reader.entities;
    // Stable: of two elements over the same stretch the one opened first is the outer one.
    found.sort_by_key(|found| found.order);
    Ok(Rich::new(
        reader.text,
        found.into_iter().map(|found| found.entity).collect(),
    ))
}

struct Reader<'a> {
    html: &'a str,
    at: usize,
    text: String,
    /// Length of `text` in UTF-16 units.
    units: usize,
    open: Vec<Open>,
    entities: Vec<Found>,
}

struct Found {
    entity: Entity,
    /// Position of the start tag: sorts outer elements before inner ones.
    order: usize,
}

struct Open {
    tag: &'static str,
    argument: Option<String>,
    /// Byte offset of the start tag in the HTML.
    start: usize,
    offset: usize,
    text_start: usize,
    /// Of a `pre`: what its last `code` covered, and in what language.
    code: Option<(usize, usize, String)>,
}

const TAGS: [&str; 16] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "span",
    "tg-spoiler",
    "tg-emoji",
    "code",
    "pre",
    "blockquote",
];

impl Reader<'_> {
    fn error(&self, offset: usize, kind: ErrorKind) -> MarkupError {
        MarkupError::at(self.html, offset, kind)
    }

    fn rest(&self) -> &str {
        &self.html[self.at..]
    }

    /// The byte at hand, 0 at the end.
    fn byte(&self) -> u8 {
        self.html.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn ended(&self) -> bool {
        self.at >= self.html.len()
    }

    fn read(&mut self) -> Result<(), MarkupError> {
        while !self.ended() {
            let run = self.rest().find(['<', '&']).unwrap_or(self.rest().len());
            let end = self.at + run;
            self.units += utf16_len(&self.html[self.at..end]);
            self.text.push_str(&self.html[self.at..end]);
            self.at = end;
            match self.byte() {
                b'&' => {
                    let (ch, taken) = decode(self.rest()).unwrap_or(('&', 1));
                    self.text.push(ch);
                    self.units += ch.len_utf16();
                    self.at += taken;
                }
                b'<' if self.html.as_bytes().get(self.at + 1) == Some(&b'/') => self.end_tag()?,
                b'<' => self.start_tag()?,
                _ => {}
            }
        }
        match self.open.last() {
            Some(open) => Err(self.error(open.start, ErrorKind::NoEndTag(open.tag.into()))),
            None => Ok(()),
        }
    }

    fn skip_space(&mut self) {
        while is_space(self.byte()) {
            self.at += 1;
        }
    }

    /// Takes bytes until one of `stop`; false when the text ended first.
    fn take_until(&mut self, stop: impl Fn(u8) -> bool) -> bool {
        while !self.ended() && !stop(self.byte()) {
            self.at += 1;
        }
        !self.ended()
    }

    fn start_tag(&mut self) -> Result<(), MarkupError> {
        let start = self.at;
        self.at += 1;
        if !self.take_until(|b| is_space(b) || b == b'>') {
            return Err(self.error(start, ErrorKind::UnclosedStartTag));
        }
        let name = self.html[start + 1..self.at].to_ascii_lowercase();
        let Some(tag) = TAGS.iter().find(|tag| **tag == name) else {
            return Err(self.error(start, ErrorKind::UnsupportedTag(name)));
        };
        let mut argument = None;
        loop {
            self.skip_space();
            if self.byte() == b'>' {
                self.at += 1;
                break;
            }
            if self.ended() {
                return Err(self.error(start, ErrorKind::UnclosedStartTag));
            }
            if let Some(value) = self.attribute(start, tag)? {
                argument = Some(value);
            }
        }
        match (*tag, &argument) {
            ("span", value) if value.as_deref() != Some("spoiler") => {
                return Err(self.error(start, ErrorKind::SpanClass));
            }
            ("tg-emoji", value)
                if value
                    .as_deref()
                    .is_none_or(|id| id.parse::<u64>().unwrap_or(0) == 0) =>
            {
                return Err(self.error(start, ErrorKind::EmojiId));
            }
            _ => {}
        }
        self.open.push(Open {
            tag,
            argument,
            start,
            offset: self.units,
            text_start: self.text.len(),
            code: None,
        });
        Ok(())
    }

    /// One attribute; its value when it is the one that the tag takes.
    fn attribute(&mut self, start: usize, tag: &str) -> Result<Option<String>, MarkupError> {
        let begin = self.at;
        let stop = |b: u8| is_space(b) || matches!(b, b'=' | b'>' | b'/' | b'"' | b'\'');
        self.take_until(stop);
        let name = self.html[begin..self.at].to_owned();
        if name.is_empty() {
            return Err(self.error(start, ErrorKind::EmptyAttribute(tag.into())));
        }
        self.skip_space();
        if self.ended() {
            return Err(self.error(start, ErrorKind::UnclosedStartTag));
        }
        let value = if self.byte() == b'=' {
            self.at += 1;
            self.skip_space();
            self.value(start)?
        } else {
            String::new()
        };
        Ok(match (tag, name.as_str()) {
            ("a", "href") | ("tg-emoji", "emoji-id") => Some(value),
            ("code", "class") => value.strip_prefix("language-").map(str::to_owned),
            ("span", "class") => value.strip_prefix("tg-").map(str::to_owned),
            ("blockquote", "expandable") => Some(value),
            _ => None,
        })
    }

    fn value(&mut self, start: usize) -> Result<String, MarkupError> {
        let begin = self.at;
        let quote = self.byte();
        if quote != b'"' && quote != b'\'' {
            self.take_until(|b| !(b.is_ascii_alphanumeric() || b == b'.' || b == b'-'));
            let token = self.html[begin..self.at].to_ascii_lowercase();
            if self.ended() {
                return Err(self.error(start, ErrorKind::UnclosedStartTag));
            }
            if !is_space(self.byte()) && self.byte() != b'>' {
                return Err(self.error(begin, ErrorKind::BadNameToken));
            }
            return Ok(token);
        }
        self.at += 1;
        let mut value = String::new();
        while !self.ended() && self.byte() != quote {
            if let Some((ch, taken)) = decode(self.rest()) {
                value.push(ch);
                self.at += taken;
                continue;
            }
            let ch = self.rest().chars().next().unwrap_or_default();
            value.push(ch);
            self.at += ch.len_utf8();
        }
        if self.ended() {
            return Err(self.error(start, ErrorKind::UnclosedStartTag));
        }
        self.at += 1;
        Ok(value)
    }

    fn end_tag(&mut self) -> Result<(), MarkupError> {
        let start = self.at;
        self.at += 2;
        let Some(open) = self.open.pop() else {
            return Err(self.error(start, ErrorKind::UnexpectedEndTag));
        };
        self.take_until(|b| is_space(b) || b == b'>');
        let name = self.html[start + 2..self.at].to_ascii_lowercase();
        self.skip_space();
        if self.byte() != b'>' {
            return Err(self.error(start, ErrorKind::UnclosedEndTag));
        }
        self.at += 1;
        // Telegram takes `</>` for the end of the innermost element.
        if !name.is_empty() && name != open.tag {
            let expected = open.tag.to_owned();
            return Err(self.error(
                start,
                ErrorKind::UnmatchedEndTag {
                    expected,
                    found: name,
                },
            ));
        }
        self.close(open);
        Ok(())
    }

    fn close(&mut self, open: Open) {
        let length = self.units - open.offset;
        if length == 0 {
            return;
        }
        if open.tag == "code"
            && let Some(parent) = self.open.last_mut()
            && parent.tag == "pre"
        {
            parent.code = open
                .argument
                .map(|language| (open.offset, length, language));
            return;
        }
        let Some(kind) = self.kind(&open, length) else {
            return;
        };
        let verbatim = |tag: &str| matches!(tag, "code" | "pre");
        let same = |other: &Open| match &kind {
            EntityKind::Blockquote(_) => other.tag == "blockquote",
            EntityKind::Link(_) => other.tag == "a",
            kind => simple(other.tag).as_ref() == Some(kind),
        };
        if self
            .open
            .iter()
            .any(|other| verbatim(other.tag) || same(other))
        {
            return;
        }
        let entity = Entity {
            offset: open.offset,
            length,
            kind,
        };
        self.entities.push(Found {
            entity,
            order: open.start,
        });
    }

    fn kind(&self, open: &Open, length: usize) -> Option<EntityKind> {
        Some(match open.tag {
            "pre" => EntityKind::Pre(match &open.code {
                Some((offset, len, language))
                    if (*offset, *len) == (open.offset, length) && !language.is_empty() =>
                {
                    Some(language.clone())
                }
                _ => None,
            }),
            "a" => {
                let shown = &self.text[open.text_start..];
                let url = open.argument.as_deref().filter(|url| !url.is_empty());
                EntityKind::Link(checked_link(url.unwrap_or(shown))?)
            }
            "tg-emoji" => EntityKind::CustomEmoji(open.argument.clone()?),
            "blockquote" => EntityKind::Blockquote(open.argument.is_some()),
            tag => simple(tag)?,
        })
    }
}

fn simple(tag: &str) -> Option<EntityKind> {
    Some(match tag {
        "b" | "strong" => EntityKind::Bold,
        "i" | "em" => EntityKind::Italic,
        "u" | "ins" => EntityKind::Underline,
        "s" | "strike" | "del" => EntityKind::Strikethrough,
        "span" | "tg-spoiler" => EntityKind::Spoiler,
        "code" => EntityKind::Code,
        _ => return None,
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

/// A link that Telegram would follow: its own schemes, or HTTP to a host with a dot in it. A bare
/// host gets `http://`.
fn checked_link(url: &str) -> Option<String> {
    let url = url.trim();
    let lower = url.to_ascii_lowercase();
    if url.is_empty() || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return None;
    }
    if ["tg:", "ton:", "tonsite:"]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
    {
        return Some(url.to_owned());
    }
    let after = lower
        .strip_prefix("http://")
        .or_else(|| lower.strip_prefix("https://"));
    let authority = after
        .unwrap_or(&lower)
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    let host_port = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host_port.strip_prefix('[') {
        Some(ipv6) => ipv6
            .split_once(']')
            .map(|(host, port)| (host, port.strip_prefix(':')))?,
        None => match host_port.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host_port, None),
        },
    };
    let dotted = host_port.starts_with('[')
        || (host.contains('.') && host.split('.').all(|label| !label.is_empty()));
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok());
    if !dotted || !port_fits {
        return None;
    }
    Some(if after.is_some() {
        url.to_owned()
    } else {
        format!("http://{url}")
    })
}
