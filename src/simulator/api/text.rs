//! Texts and captions: their formatting and their limits.

use serde_json::Value;
use vestnik_markup::{Rich, escape, escape_attribute, parse, utf16_len};

use super::ApiError;
use crate::http::Params;

/// Telegram's limits, in UTF-16 units after the entities are read.
const TEXT_MAX: usize = 4_096;
const CAPTION_MAX: usize = 1_024;

/// Text as `parse_mode` or `entities` say; the former wins, as with Telegram.
fn formatted(text: &str, mode: Option<&str>, entities: Option<&Value>) -> Result<Rich, ApiError> {
    match (mode.map(str::to_ascii_lowercase).as_deref(), entities) {
        (None, None) => Ok(Rich::from_plain(text).trimmed()),
        (None, Some(entities)) => with_entities(text, entities),
        (Some("html"), _) => match parse(text) {
            Ok(rich) => Ok(rich.trimmed()),
            Err(error) => Err(ApiError::bad(format!("can't parse entities: {error}"))),
        },
        (Some("markdown" | "markdownv2"), _) => {
            Err(ApiError::bad("the simulator reads parse_mode HTML only"))
        }
        (Some(_), _) => Err(ApiError::bad("unsupported parse_mode")),
    }
}

/// The opening and closing tag of an entity that formats; `None`: one that Telegram finds itself.
fn tags(entity: &Value) -> Option<(String, String)> {
    let text = |key: &str| entity.get(key).and_then(Value::as_str).unwrap_or_default();
    let plain = |tag: &str| Some((format!("<{tag}>"), format!("</{tag}>")));
    match text("type") {
        "bold" => plain("b"),
        "italic" => plain("i"),
        "underline" => plain("u"),
        "strikethrough" => plain("s"),
        "spoiler" => plain("tg-spoiler"),
        "code" => plain("code"),
        "blockquote" => plain("blockquote"),
        "expandable_blockquote" => Some(("<blockquote expandable>".into(), "</blockquote>".into())),
        "pre" => Some(match text("language") {
            "" => ("<pre>".into(), "</pre>".into()),
            language => (
                format!(
                    "<pre><code class=\"language-{}\">",
                    escape_attribute(language)
                ),
                "</code></pre>".into(),
            ),
        }),
        "text_link" => Some((
            format!("<a href=\"{}\">", escape_attribute(text("url"))),
            "</a>".into(),
        )),
        "text_mention" => {
            let id = entity["user"]["id"].as_i64()?;
            Some((format!("<a href=\"tg://user?id={id}\">"), "</a>".into()))
        }
        "custom_emoji" => Some((
            format!(
                "<tg-emoji emoji-id=\"{}\">",
                escape_attribute(text("custom_emoji_id"))
            ),
            "</tg-emoji>".into(),
        )),
        _ => None,
    }
}

/// Formatting given as a list of entities. Those that lie outside the text, are empty, or cross
/// an earlier one are left out.
fn with_entities(text: &str, entities: &Value) -> Result<Rich, ApiError> {
    let wrong = || ApiError::bad("can't parse entities: expected an Array of MessageEntity");
    let whole = utf16_len(text);
    let mut list = Vec::new();
    for entity in entities.as_array().ok_or_else(wrong)? {
        let number = |key: &str| entity.get(key).and_then(Value::as_i64);
        let (Some(offset), Some(length)) = (number("offset"), number("length")) else {
            return Err(wrong());
        };
        let (Ok(start), Ok(length)) = (usize::try_from(offset), usize::try_from(length)) else {
            continue;
        };
        let end = start.saturating_add(length);
        if length > 0 && end <= whole {
            list.extend(tags(entity).map(|(open, close)| (start, end, open, close)));
        }
    }
    list.sort_by_key(|(start, end, ..)| (*start, usize::MAX - *end));
    let mut html = String::with_capacity(text.len() + list.len() * 8);
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut next = list.into_iter().peekable();
    let mut at = 0;
    for ch in text.chars() {
        while open.last().is_some_and(|(end, _)| *end <= at) {
            html.push_str(&open.pop().unwrap_or_default().1);
        }
        while let Some((_, end, tag, close)) = next.next_if(|(start, ..)| *start <= at) {
            let crosses = open.last().is_some_and(|(outer, _)| end > *outer);
            if !crosses {
                html.push_str(&tag);
                open.push((end, close));
            }
        }
        let mut buffer = [0; 4];
        html.push_str(&escape(ch.encode_utf8(&mut buffer)));
        at += ch.len_utf16();
    }
    while let Some((_, close)) = open.pop() {
        html.push_str(&close);
    }
    match parse(&html) {
        Ok(rich) => Ok(rich.trimmed()),
        Err(error) => Err(ApiError::bad(format!("can't parse entities: {error}"))),
    }
}

/// The parameter `text`.
pub(super) fn text(params: &Params) -> Result<Rich, ApiError> {
    let text = params.text("text").unwrap_or_default();
    let entities = entities(params.json("entities"))?;
    let mode = params.text("parse_mode");
    let rich = formatted(&text, mode.as_deref(), entities.as_ref())?;
    if rich.text().is_empty() {
        return Err(ApiError::bad("message text is empty"));
    }
    if rich.len_utf16() > TEXT_MAX {
        return Err(ApiError::bad("message is too long"));
    }
    Ok(rich)
}

/// The parameter `caption`.
pub(super) fn caption(params: &Params) -> Result<Rich, ApiError> {
    let entities = entities(params.json("caption_entities"))?;
    let text = params.text("caption").unwrap_or_default();
    checked_caption(
        &text,
        params.text("parse_mode").as_deref(),
        entities.as_ref(),
    )
}

/// The caption of an `InputMedia`.
pub(super) fn media_caption(media: &Value) -> Result<Rich, ApiError> {
    let text = |key: &str| media.get(key).and_then(Value::as_str);
    let entities = media.get("caption_entities");
    checked_caption(
        text("caption").unwrap_or_default(),
        text("parse_mode"),
        entities.filter(|list| !list.is_null()),
    )
}

fn entities(read: Result<Option<Value>, String>) -> Result<Option<Value>, ApiError> {
    read.map_err(|_| ApiError::bad("can't parse entities: expected an Array of MessageEntity"))
}

fn checked_caption(
    text: &str,
    mode: Option<&str>,
    entities: Option<&Value>,
) -> Result<Rich, ApiError> {
    let rich = formatted(text, mode, entities)?;
    if rich.len_utf16() > CAPTION_MAX {
        return Err(ApiError::bad("message caption is too long"));
    }
    Ok(rich)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn entities_become_formatting() {
        let one = |kind: &str, offset: i64, length: i64| json!({"type": kind, "offset": offset, "length": length});
        for (entities, expected) in [
            (json!([one("bold", 0, 3)]), "<b>🎉а</b>б&amp;в"),
            (
                json!([one("bold", 0, 4), one("italic", 3, 3)]),
                "<b>🎉аб</b>&amp;в",
            ),
            (
                json!([one("bold", 0, 6), one("code", 4, 2)]),
                "<b>🎉аб<code>&amp;в</code></b>",
            ),
            (
                json!([one("bold", 4, 3), one("bold", -1, 2), one("bold", 0, 0)]),
                "🎉аб&amp;в",
            ),
            (json!([one("mention", 0, 2)]), "🎉аб&amp;в"),
            (
                json!([{"type": "text_link", "offset": 2, "length": 1, "url": "https://x.ru/?a&b"}]),
                "🎉<a href=\"https://x.ru/?a&amp;b\">а</a>б&amp;в",
            ),
        ] {
            let rich = with_entities("🎉аб&в", &entities).unwrap();
            assert_eq!(rich.to_html(), expected, "{entities}");
        }
        assert!(with_entities("а", &json!({})).is_err());
        assert!(with_entities("а", &json!([{"type": "bold"}])).is_err());
    }
}
