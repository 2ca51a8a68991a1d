//! What a person may press in an empty chat.

use serde::Serialize;
use serde_json::Value;

use crate::world::{Bot, State};

/// What a chat offers before anything was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Suggestions {
    /// What the bot says it can do.
    pub description: String,
    /// The commands of the menu in this chat: pairs of command and description.
    pub commands: Vec<(String, String)>,
    /// Texts to try, which were put here by whoever set the bot up.
    pub texts: Vec<String>,
}

impl State {
    pub(crate) fn suggest(&mut self, bot: i64, texts: Vec<String>) {
        self.bot(bot).suggestions = texts;
        self.tell_bot(bot);
    }

    /// What a person sees in a chat with a bot.
    pub(crate) fn suggestions(&self, bot: i64, chat: i64, person: i64) -> Suggestions {
        let Some(owner) = self.bots.get(&bot) else {
            return Suggestions::default();
        };
        let language = self
            .people
            .get(&person)
            .map_or("ru", |person| person.language.as_str());
        Suggestions {
            description: owner.description.clone(),
            commands: commands(owner, chat, person, language),
            texts: owner.suggestions.clone(),
        }
    }
}

/// The list of commands by Telegram's order: the narrowest scope first, in each the person's
/// language before none.
fn commands(bot: &Bot, chat: i64, person: i64, language: &str) -> Vec<(String, String)> {
    let scopes: &[&str] = if chat > 0 {
        &["chat", "all_private_chats", "default"]
    } else {
        &["chat_member", "chat", "all_group_chats", "default"]
    };
    let of = |scope: &str, language: &str| {
        bot.commands.values().find_map(|list| {
            let fits = |key: &str, id: i64| match &key_of(&list.scope, key) {
                None => true,
                Some(given) => *given == id,
            };
            let same = list.scope["type"] == scope
                && list.language == language
                && fits("chat_id", chat)
                && fits("user_id", person);
            same.then_some(&list.commands)
        })
    };
    let found = scopes
        .iter()
        .find_map(|scope| of(scope, language).or_else(|| of(scope, "")));
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    found
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|command| {
            let name = text(command, "command");
            let name = name.trim_start_matches('/').to_owned();
            (name, text(command, "description"))
        })
        .collect()
}

/// A number of a scope, which bots write as a number or as text.
fn key_of(scope: &Value, key: &str) -> Option<i64> {
    match &scope[key] {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
