//! What the value of a program means as a reply (R163, D13, D14, D27).

use vestnik_bsl::library::bytes::bytes_of;
use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{RichText, ScriptReply};

use super::files::{FILES_MAX, file_of, files_of};
use super::shapes::{fields_of, is_array, is_value_list, rich};
use super::variants::{self, variants};

/// The reply that a value means.
pub(super) fn reply(vm: &mut Vm<'_>, value: &Value) -> Result<ScriptReply, Fault> {
    if matches!(value, Value::Undefined | Value::Missing) {
        return Ok(ScriptReply::Nothing);
    }
    if is_array(value) || is_value_list(value) {
        return Ok(ScriptReply::Choice(variants(vm, value)?));
    }
    if bytes_of(value, 1).is_ok() {
        return Ok(ScriptReply::Message {
            text: None,
            files: vec![file_of(vm, value)?],
            buttons: Vec::new(),
        });
    }
    if let Some(fields) = fields_of(vm, value)?
        && let Some(message) = message(vm, fields)?
    {
        return Ok(message);
    }
    let text = rich(vm, value)?;
    Ok(if text.is_blank() {
        ScriptReply::Nothing
    } else {
        ScriptReply::Text(text)
    })
}

/// A structure with Текст, Файл or Кнопки; `None` when it has none of them.
fn message(vm: &mut Vm<'_>, fields: Vec<(String, Value)>) -> Result<Option<ScriptReply>, Fault> {
    let mut known = false;
    let mut text: Option<RichText> = None;
    let mut files = Vec::new();
    let mut buttons = Vec::new();
    for (field, value) in fields {
        match field.as_str() {
            "текст" | "text" => {
                known = true;
                text = Some(rich(vm, &value)?).filter(|text| !text.is_blank());
            }
            "файл" | "файлы" | "file" | "files" => {
                known = true;
                files.append(&mut files_of(vm, &value)?);
            }
            "кнопки" | "buttons" => {
                known = true;
                if !matches!(value, Value::Undefined) {
                    buttons = variants::buttons(vm, &value)?;
                }
            }
            _ => {}
        }
    }
    if !known {
        return Ok(None);
    }
    if files.len() > FILES_MAX {
        return Err(Fault::text(format!(
            "В одном сообщении не больше {FILES_MAX} файлов"
        )));
    }
    Ok(Some(if files.is_empty() && buttons.is_empty() {
        text.map_or(ScriptReply::Nothing, ScriptReply::Text)
    } else {
        ScriptReply::Message {
            text,
            files,
            buttons,
        }
    }))
}
