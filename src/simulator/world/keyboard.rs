//! Buttons under messages and keyboards of replies: read, checked as Telegram checks them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Telegram's limit on callback_data, in bytes.
const CALLBACK_DATA_MAX: usize = 64;
/// Telegram's limit on the buttons of one message.
const BUTTONS_MAX: usize = 100;

/// Buttons of a row beyond this are dropped by Telegram without a word.
const ROW_MAX: usize = 12;

/// A button as a person sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What is written on it.
    pub label: String,
    /// Of an inline button: what the bot gets when it is pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Of an inline button that opens a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Of an inline button that copies a text: the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
    /// Of a reply keyboard: pressing it sends the person's contact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contact: bool,
    /// Of a reply keyboard: pressing it sends where the person is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub location: bool,
}

/// Rows of buttons.
pub type Rows = Vec<Vec<Button>>;

/// What a message did to the keyboard below the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Keyboard {
    /// It put up this keyboard.
    Shown(Rows),
    /// It took the keyboard away; the word is always `removed`.
    Removed(String),
}

/// How a reply keyboard, or a wish for an answer, behaves on the person's side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReplyOptions {
    /// The keyboard hides once a button was pressed.
    pub(crate) once: bool,
    /// What stands in the empty field.
    pub(crate) placeholder: Option<String>,
    /// The person's next text answers this message unless chosen otherwise.
    pub(crate) force_reply: bool,
}

/// The parameter `reply_markup` of a method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Markup {
    None,
    Inline(Rows),
    Reply(Rows, ReplyOptions),
    Remove,
    ForceReply(ReplyOptions),
}

impl Markup {
    /// Reads and checks; the error is Telegram's description without "Bad Request: ".
    pub(crate) fn read(value: Option<Value>) -> Result<Self, String> {
        let Some(value) = value else {
            return Ok(Self::None);
        };
        let object = value.as_object().ok_or("object expected as reply markup")?;
        if let Some(rows) = object.get("inline_keyboard") {
            let rows = read_rows(rows, "inline keyboard", inline_button)?;
            let count: usize = rows.iter().map(Vec::len).sum();
            if count > BUTTONS_MAX {
                return Err("reply markup is too long".into());
            }
            return Ok(if count == 0 {
                Self::None
            } else {
                Self::Inline(rows)
            });
        }
        if let Some(rows) = object.get("keyboard") {
            let options = reply_options(object, "one_time_keyboard", "")?;
            let rows = read_rows(rows, "keyboard", reply_button)?;
            return Ok(if rows.is_empty() {
                Self::None
            } else {
                Self::Reply(rows, options)
            });
        }
        if object
            .get("remove_keyboard")
            .is_some_and(|flag| flag == &Value::Bool(true))
        {
            return Ok(Self::Remove);
        }
        if object
            .get("force_reply")
            .is_some_and(|flag| flag == &Value::Bool(true))
        {
            return Ok(Self::ForceReply(reply_options(object, "", "force_reply")?));
        }
        if object.is_empty() || object.values().all(|value| value == &Value::Bool(false)) {
            return Ok(Self::None);
        }
        Err("can't parse reply markup JSON object".into())
    }
}

/// Telegram's limit on `input_field_placeholder`, in characters.
const PLACEHOLDER_MAX: usize = 64;

fn reply_options(
    object: &Map<String, Value>,
    once: &str,
    force_reply: &str,
) -> Result<ReplyOptions, String> {
    let placeholder = object
        .get("input_field_placeholder")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty());
    if placeholder.is_some_and(|text| text.chars().count() > PLACEHOLDER_MAX) {
        return Err("input field placeholder is too long".into());
    }
    let on = |key: &str| object.get(key) == Some(&Value::Bool(true));
    Ok(ReplyOptions {
        once: on(once),
        placeholder: placeholder.map(str::to_owned),
        force_reply: on(force_reply),
    })
}

fn read_rows(
    rows: &Value,
    what: &str,
    read: impl Fn(&Value) -> Result<Button, String>,
) -> Result<Rows, String> {
    let wrong = || format!("field \"{}\" must be of type Array", what.replace(' ', "_"));
    let mut out = Vec::new();
    for row in rows.as_array().ok_or_else(wrong)? {
        let row = row
            .as_array()
            .ok_or_else(|| format!("can't parse {what} row: an Array expected"))?;
        let mut row = row.iter().map(&read).collect::<Result<Vec<_>, _>>()?;
        row.truncate(ROW_MAX);
        if !row.is_empty() {
            out.push(row);
        }
    }
    Ok(out)
}

fn inline_button(value: &Value) -> Result<Button, String> {
    let wrong = |what: &str| format!("can't parse inline keyboard button: {what}");
    let object = value
        .as_object()
        .ok_or_else(|| wrong("InlineKeyboardButton must be an Object"))?;
    let label = object
        .get("text")
        .and_then(Value::as_str)
        .ok_or_else(|| wrong("Field \"text\" must be of type String"))?
        .to_owned();
    if label.trim().is_empty() {
        return Err("BUTTON_TEXT_INVALID".into());
    }
    let text = |key: &str| match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong(&format!("Field \"{key}\" must be of type String"))),
    };
    if let Some(data) = text("callback_data")? {
        if data.is_empty() || data.len() > CALLBACK_DATA_MAX {
            return Err("BUTTON_DATA_INVALID".into());
        }
        return Ok(Button {
            label,
            data: Some(data),
            ..Button::default()
        });
    }
    let web_app = object
        .get("web_app")
        .and_then(|app| app.get("url"))
        .and_then(Value::as_str);
    if let Some(url) = text("url")?.or_else(|| web_app.map(str::to_owned)) {
        let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
        let own = url.starts_with("tg://");
        if url.contains(char::is_whitespace) || !(own || host.contains('.')) {
            return Err(format!(
                "inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
            ));
        }
        return Ok(Button {
            label,
            url: Some(url),
            ..Button::default()
        });
    }
    if let Some(copy) = object.get("copy_text") {
        let copy = copy.get("text").and_then(Value::as_str).unwrap_or_default();
        if !(1..=256).contains(&copy.chars().count()) {
            return Err("BUTTON_COPY_TEXT_INVALID".into());
        }
        return Ok(Button {
            label,
            copy: Some(copy.to_owned()),
            ..Button::default()
        });
    }
    let other = [
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "pay",
    ];
    if other.iter().any(|key| object.contains_key(*key)) {
        return Ok(Button {
            label,
            ..Button::default()
        });
    }
    Err(wrong("Text buttons are unallowed in the inline keyboard"))
}

fn reply_button(value: &Value) -> Result<Button, String> {
    let text = value
        .as_str()
        .or_else(|| value.get("text").and_then(Value::as_str));
    let wrong = "can't parse keyboard button: KeyboardButton must be a String or an Object";
    let label = text.ok_or(wrong)?.to_owned();
    if label.trim().is_empty() {
        return Err("keyboard button text must be non-empty".into());
    }
    let asks = |key: &str| value.get(key) == Some(&Value::Bool(true));
    Ok(Button {
        label,
        contact: asks("request_contact"),
        location: asks("request_location"),
        ..Button::default()
    })
}

/// The `reply_markup` of a message in the Bot API.
pub(crate) fn inline_json(rows: &Rows) -> Value {
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|button| match (&button.data, &button.url, &button.copy) {
                    (Some(data), ..) => json!({"text": button.label, "callback_data": data}),
                    (None, Some(url), _) => json!({"text": button.label, "url": url}),
                    (None, None, Some(text)) => {
                        json!({"text": button.label, "copy_text": {"text": text}})
                    }
                    (None, None, None) => json!({"text": button.label}),
                })
                .collect()
        })
        .collect();
    json!({"inline_keyboard": rows})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value, expected: &str) {
        let got = match Markup::read(Some(value)) {
            Ok(Markup::Inline(rows)) => inline_json(&rows).to_string(),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("! {error}"),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn inline_buttons_are_checked() {
        let one = |button: Value| json!({"inline_keyboard": [[button], []]});
        check(
            one(json!({"text": "Да", "callback_data": "1"})),
            r#"{"inline_keyboard":[[{"callback_data":"1","text":"Да"}]]}"#,
        );
        check(
            one(json!({"text": "Да", "callback_data": "ж".repeat(32)})),
            &format!(
                r#"{{"inline_keyboard":[[{{"callback_data":"{}","text":"Да"}}]]}}"#,
                "ж".repeat(32)
            ),
        );
        check(
            one(json!({"text": "Да", "callback_data": "ж".repeat(33)})),
            "! BUTTON_DATA_INVALID",
        );
        check(
            one(json!({"text": "Да", "callback_data": ""})),
            "! BUTTON_DATA_INVALID",
        );
        check(
            one(json!({"text": "Да"})),
            "! can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        );
        check(
            one(json!({"callback_data": "1"})),
            "! can't parse inline keyboard button: Field \"text\" must be of type String",
        );
        check(
            one(json!({"text": "x", "url": "http://localhost/"})),
            "! inline keyboard button URL 'http://localhost/' is invalid: Wrong HTTP URL",
        );
        check(json!({"inline_keyboard": []}), "None");
        check(json!("x"), "! object expected as reply markup");
        check(
            json!({"inline_keyboard": vec![json!([{"text": "x", "callback_data": "1"}]); 101]}),
            "! reply markup is too long",
        );
    }

    #[test]
    fn other_markups() {
        check(json!({"remove_keyboard": true}), "Remove");
        let asks = json!({"force_reply": true, "input_field_placeholder": "ИНН"});
        let expected = "ForceReply(ReplyOptions { once: false, placeholder: Some(\"ИНН\"), force_reply: true })";
        check(asks, expected);
        check(json!({"keyboard": [[]]}), "None");
        // What does not fit into a row is lost without a word.
        let wide = Markup::read(Some(json!({"keyboard": [vec!["А"; 13]]})));
        assert!(matches!(wide, Ok(Markup::Reply(rows, _)) if rows[0].len() == 12));
        check(
            json!({"keyboard": [["А"]], "input_field_placeholder": "x".repeat(65)}),
            "! input field placeholder is too long",
        );
        check(json!({}), "None");
        let rows = Markup::read(Some(
            json!({"keyboard": [["А", {"text": "Б", "request_contact": true}]]}),
        ));
        let Ok(Markup::Reply(rows, _)) = rows else {
            panic!("{rows:?}")
        };
        assert_eq!((rows[0][0].label.as_str(), rows[0][1].contact), ("А", true));
    }
}
