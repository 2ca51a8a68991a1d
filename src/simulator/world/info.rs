//! What a reader may know of bots and their chats.

use serde::Serialize;
use serde_json::Value;

use super::{Entry, Sender, State};

/// What is known of a bot.
#[derive(Debug, Clone, Serialize)]
pub struct BotInfo {
    /// The number before the token's colon.
    pub id: i64,
    /// `first_name` of `getMe`.
    pub name: String,
    /// `username` of `getMe`.
    pub username: String,
    /// What the bot says it can do.
    pub description: String,
    /// The default commands: pairs of command and description.
    pub commands: Vec<(String, String)>,
    /// Whether a long poll hangs now.
    pub polling: bool,
    /// Whether it ever polled.
    pub polled: bool,
    /// Whether it hears in groups only what is meant for it.
    pub privacy: bool,
    /// Updates that were not confirmed yet.
    pub waiting: usize,
    /// Its chats.
    pub chats: Vec<ChatInfo>,
}

/// What is known of a bot's chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChatInfo {
    /// The number; groups are below zero.
    pub id: i64,
    /// `private`, `group` or `supergroup`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The person's name or the group's title.
    pub title: String,
    /// Where the bot stands: `member`, `administrator`, `left` or `kicked` (blocked).
    pub status: String,
    /// The topics of a forum.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<TopicInfo>,
}

/// A topic of a forum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicInfo {
    /// The number by which messages name it.
    pub id: i64,
    /// Its name; empty for one that was only spoken of by its number.
    pub name: String,
}

impl State {
    pub(crate) fn entries(
        &self,
        bot: i64,
        chat: i64,
        after: u64,
        from: Option<Sender>,
    ) -> Vec<Entry> {
        let chat = self.moved(bot, chat);
        let Some(chat) = self.bots.get(&bot).and_then(|bot| bot.chats.get(&chat)) else {
            return Vec::new();
        };
        // Lines rise, and readers want the newest: found from the end.
        let start = chat.log.partition_point(|entry| entry.seq <= after);
        let fits = |entry: &&Entry| from.is_none_or(|from| from == entry.from);
        chat.log.range(start..).filter(fits).cloned().collect()
    }

    pub(crate) fn name_bot(&mut self, id: i64, name: Option<&str>, username: Option<&str>) {
        let bot = self.bot(id);
        if let Some(name) = name {
            name.clone_into(&mut bot.name);
        }
        if let Some(username) = username {
            username
                .trim_start_matches('@')
                .clone_into(&mut bot.username);
        }
        self.tell_bot(id);
    }

    pub(crate) fn bot_infos(&self) -> Vec<BotInfo> {
        let mut infos: Vec<BotInfo> = self
            .bots
            .values()
            .map(|bot| {
                let defaults = bot
                    .commands
                    .values()
                    .find(|list| list.scope["type"] == "default" && list.language.is_empty());
                let text = |value: &Value, key: &str| {
                    value
                        .get(key)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned()
                };
                let commands = defaults
                    .and_then(|list| list.commands.as_array())
                    .map(|list| {
                        list.iter()
                            .map(|c| (text(c, "command"), text(c, "description")))
                            .collect()
                    });
                let mut chats: Vec<_> = bot
                    .chats
                    .values()
                    .map(|chat| ChatInfo {
                        id: chat.id,
                        kind: chat.kind().to_owned(),
                        title: self.chat_title(chat.id, bot.id),
                        status: chat.standing.name().to_owned(),
                        topics: chat
                            .threads
                            .iter()
                            .map(|(id, topic)| TopicInfo {
                                id: *id,
                                name: topic.name.clone(),
                            })
                            .collect(),
                    })
                    .collect();
                chats.sort_by_key(|chat| chat.id);
                BotInfo {
                    id: bot.id,
                    name: bot.name.clone(),
                    username: bot.username.clone(),
                    description: bot.description.clone(),
                    commands: commands.unwrap_or_default(),
                    polling: bot.polling > 0,
                    polled: bot.poll_epoch > 0,
                    privacy: bot.privacy,
                    waiting: bot.waiting.len(),
                    chats,
                }
            })
            .collect();
        infos.sort_by_key(|info| info.id);
        infos
    }

    fn chat_title(&self, chat: i64, bot: i64) -> String {
        if chat > 0 {
            return self
                .people
                .get(&chat)
                .map_or_else(String::new, |person| person.full_name());
        }
        let chat = self.bots.get(&bot).and_then(|bot| bot.chats.get(&chat));
        chat.map_or_else(String::new, |chat| chat.title.clone())
    }
}
