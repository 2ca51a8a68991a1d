//! What a bot says about itself: name, descriptions, commands.

use serde_json::{Value, json};

use super::{ApiError, ApiResult};
use crate::http::Params;
use crate::world::{Commands, State, wire};

/// Telegram's bounds, in characters.
const NAME_MAX: usize = 64;
const DESCRIPTION_MAX: usize = 512;
const SHORT_DESCRIPTION_MAX: usize = 120;
const COMMANDS_MAX: usize = 100;

impl State {
    pub(super) fn get_me(&mut self, bot: i64) -> ApiResult {
        Ok(wire::me(self.bot(bot)))
    }

    /// The texts that have a getter and a setter each. Of the languages only the default is kept:
    /// a text for another language is taken and not shown.
    pub(super) fn my_texts(&mut self, id: i64, method: &str, params: &Params) -> ApiResult {
        let default_language = params.text("language_code").is_none();
        let bot = self.bot(id);
        let (field, text, key, max, error) = match method {
            "setMyName" | "getMyName" => {
                ("name", &mut bot.name, "name", NAME_MAX, "BOT_TITLE_INVALID")
            }
            "setMyDescription" | "getMyDescription" => (
                "description",
                &mut bot.description,
                "description",
                DESCRIPTION_MAX,
                "bot description is too long",
            ),
            _ => (
                "short_description",
                &mut bot.short_description,
                "short_description",
                SHORT_DESCRIPTION_MAX,
                "bot short description is too long",
            ),
        };
        if method.starts_with("get") {
            return Ok(json!({key: text}));
        }
        let value = params.text(field).unwrap_or_default();
        if value.chars().count() > max {
            return Err(ApiError::bad(error));
        }
        if default_language && !(field == "name" && value.is_empty()) {
            *text = value;
            self.tell_bot(id);
        }
        Ok(json!(true))
    }

    pub(super) fn my_commands(&mut self, bot: i64, method: &str, params: &Params) -> ApiResult {
        let scope = params
            .json("scope")
            .map_err(|_| ApiError::bad("can't parse BotCommandScope"))?
            .unwrap_or_else(|| json!({"type": "default"}));
        let language = params.text("language_code").unwrap_or_default();
        let key = format!("{scope} {language}");
        let commands = &mut self.bot(bot).commands;
        match method {
            "getMyCommands" => {
                let list = commands.get(&key).map(|list| list.commands.clone());
                return Ok(list.unwrap_or(json!([])));
            }
            "deleteMyCommands" => {
                commands.remove(&key);
            }
            _ => {
                let list = params
                    .json("commands")
                    .map_err(|_| ApiError::bad("can't parse commands JSON object"))?;
                let Some(Value::Array(list)) = list else {
                    return Err(ApiError::bad("expected an Array of BotCommand"));
                };
                check_commands(&list)?;
                let commands_given = Commands {
                    scope,
                    language,
                    commands: Value::Array(list),
                };
                commands.insert(key, commands_given);
            }
        }
        self.tell_bot(bot);
        Ok(json!(true))
    }
}

fn check_commands(list: &[Value]) -> Result<(), ApiError> {
    if list.len() > COMMANDS_MAX {
        return Err(ApiError::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in list {
        let text = |key: &str| command.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = text("command").trim_start_matches('/');
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !(1..=32).contains(&name.len()) || !name.chars().all(fits) {
            return Err(ApiError::bad("BOT_COMMAND_INVALID"));
        }
        match text("description").chars().count() {
            0 => return Err(ApiError::bad("command description must be non-empty")),
            1..=256 => {}
            _ => return Err(ApiError::bad("BOT_COMMAND_DESCRIPTION_INVALID")),
        }
    }
    Ok(())
}
