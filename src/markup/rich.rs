//! Text with formatting, as Telegram keeps it: visible text and entities over it.

/// The length of a text in UTF-16 units, in which Telegram counts offsets and limits.
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Visible text with its formatting. Entities nest properly: outer ones come first, and none
/// crosses the edge of another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rich {
    text: String,
    entities: Vec<Entity>,
}

/// One stretch of formatted text; offset and length are in UTF-16 units, as in the Bot API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Where it begins.
    pub offset: usize,
    /// How long it is, never 0.
    pub length: usize,
    /// What it is.
    pub kind: EntityKind,
}

/// What a stretch of text is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EntityKind {
    /// `<b>`, `<strong>`
    Bold,
    /// `<i>`, `<em>`
    Italic,
    /// `<u>`, `<ins>`
    Underline,
    /// `<s>`, `<strike>`, `<del>`
    Strikethrough,
    /// `<tg-spoiler>`, `<span class="tg-spoiler">`
    Spoiler,
    /// `<code>`
    Code,
    /// `<pre>`, with the language of `<code class="language-…">` inside it
    Pre(Option<String>),
    /// `<a href>`; `tg://user?id=…` mentions a person
    Link(String),
    /// `<tg-emoji emoji-id>`
    CustomEmoji(String),
    /// `<blockquote>`; true when it is expandable
    Blockquote(bool),
}

impl EntityKind {
    /// The entity's `type` in the Bot API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bold => "bold",
            Self::Italic => "italic",
            Self::Underline => "underline",
            Self::Strikethrough => "strikethrough",
            Self::Spoiler => "spoiler",
            Self::Code => "code",
            Self::Pre(_) => "pre",
            Self::Link(_) => "text_link",
            Self::CustomEmoji(_) => "custom_emoji",
            Self::Blockquote(false) => "blockquote",
            Self::Blockquote(true) => "expandable_blockquote",
        }
    }

    fn open(&self, out: &mut String) {
        match self {
            Self::Bold => out.push_str("<b>"),
            Self::Italic => out.push_str("<i>"),
            Self::Underline => out.push_str("<u>"),
            Self::Strikethrough => out.push_str("<s>"),
            Self::Spoiler => out.push_str("<tg-spoiler>"),
            Self::Code => out.push_str("<code>"),
            Self::Pre(None) => out.push_str("<pre>"),
            Self::Pre(Some(language)) => {
                out.push_str("<pre><code class=\"language-");
                push_escaped(out, language, true);
                out.push_str("\">");
            }
            Self::Link(url) => {
                out.push_str("<a href=\"");
                push_escaped(out, url, true);
                out.push_str("\">");
            }
            Self::CustomEmoji(id) => {
                out.push_str("<tg-emoji emoji-id=\"");
                push_escaped(out, id, true);
                out.push_str("\">");
            }
            Self::Blockquote(false) => out.push_str("<blockquote>"),
            Self::Blockquote(true) => out.push_str("<blockquote expandable>"),
        }
    }

    fn close(&self) -> &'static str {
        match self {
            Self::Bold => "</b>",
            Self::Italic => "</i>",
            Self::Underline => "</u>",
            Self::Strikethrough => "</s>",
            Self::Spoiler => "</tg-spoiler>",
            Self::Code => "</code>",
            Self::Pre(None) => "</pre>",
            Self::Pre(Some(_)) => "</code></pre>",
            Self::Link(_) => "</a>",
            Self::CustomEmoji(_) => "</tg-emoji>",
            Self::Blockquote(_) => "</blockquote>",
        }
    }
}

impl Rich {
    /// Text without formatting.
    pub fn from_plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            entities: Vec::new(),
        }
    }

    /// `entities` must nest, outer ones first; the parser makes no others.
    pub(crate) fn new(text: String, entities: Vec<Entity>) -> Self {
        Self { text, entities }
    }

    /// What a reader sees.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The formatting, outer entities before inner ones.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// The visible length in UTF-16 units.
    pub fn len_utf16(&self) -> usize {
        utf16_len(&self.text)
    }

    /// Without white space at both ends, as Telegram stores a message.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        let end = start + self.text.trim().len();
        self.slice(start, end)
    }

    /// The part between two byte offsets of the text, entities clipped to it.
    pub(crate) fn slice(&self, start: usize, end: usize) -> Self {
        let from = utf16_len(&self.text[..start]);
        let part = &self.text[start..end];
        let to = from + utf16_len(part);
        let entities = self
            .entities
            .iter()
            .filter_map(|entity| {
                let begin = entity.offset.max(from);
                let finish = (entity.offset + entity.length).min(to);
                (begin < finish).then(|| Entity {
                    offset: begin - from,
                    length: finish - begin,
                    kind: entity.kind.clone(),
                })
            })
            .collect();
        Self {
            text: part.to_owned(),
            entities,
        }
    }

    /// Canonical Telegram HTML: one spelling for each element, no superfluous escapes.
    pub fn to_html(&self) -> String {
        let mut out = String::with_capacity(self.text.len() + self.entities.len() * 8);
        let mut open: Vec<&Entity> = Vec::new();
        let mut next = self.entities.iter().peekable();
        let mut at = 0;
        for ch in self.text.chars() {
            while open
                .last()
                .is_some_and(|entity| entity.offset + entity.length <= at)
            {
                out.push_str(open.pop().map_or("", |entity| entity.kind.close()));
            }
            while let Some(entity) = next.next_if(|entity| entity.offset <= at) {
                entity.kind.open(&mut out);
                open.push(entity);
            }
            push_escaped_char(&mut out, ch, false);
            at += ch.len_utf16();
        }
        while let Some(entity) = open.pop() {
            out.push_str(entity.kind.close());
        }
        out
    }
}

/// Canonical Telegram HTML of a parsed text.
pub fn to_html(rich: &Rich) -> String {
    rich.to_html()
}

/// What a reader sees, without formatting.
pub fn plain(rich: &Rich) -> &str {
    rich.text()
}

/// Makes any text safe to stand in Telegram HTML as itself. Inside an attribute use
/// [`escape_attribute`].
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(&mut out, text, false);
    out
}

/// Makes any text safe to stand in a double-quoted attribute value.
pub fn escape_attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(&mut out, text, true);
    out
}

fn push_escaped(out: &mut String, text: &str, attribute: bool) {
    for ch in text.chars() {
        push_escaped_char(out, ch, attribute);
    }
}

fn push_escaped_char(out: &mut String, ch: char, attribute: bool) {
    match ch {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' if attribute => out.push_str("&quot;"),
        _ => out.push(ch),
    }
}
