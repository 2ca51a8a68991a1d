//! Lines about messages, for the people's side.

use serde_json::Value;

use super::files::File;
use super::{Bot, Entry, EntryKind, Message, Origin, Person, Sender, State};

impl State {
    /// A line about a message as it is now; its number is given when it is added.
    pub(super) fn entry(&self, bot: &Bot, chat: i64, message: &Message, kind: EntryKind) -> Entry {
        let name = match message.from {
            Sender::Bot => String::new(),
            Sender::Person(id) => self.name_of(id),
        };
        let forward = message
            .forward
            .as_ref()
            .map(|forward| match &forward.origin {
                Origin::User(Sender::Bot) => bot.name.clone(),
                Origin::User(Sender::Person(id)) => self.name_of(*id),
                Origin::Hidden(name) => name.clone(),
                Origin::Chat { title, .. } | Origin::Channel { title, .. } => title.clone(),
            });
        let via = message.via.and_then(|id| self.people.get(&id));
        let written = kind == EntryKind::Message;
        // A venue has a location beside it, for those who know no venues.
        let mut fields = message.extra.iter();
        let field = fields
            .clone()
            .find(|(key, _)| *key == "venue")
            .or(fields.next());
        Entry {
            seq: 0,
            bot: bot.id,
            chat,
            kind,
            message_id: message.id,
            from: message.from,
            name,
            html: message.rich.to_html(),
            text: message.rich.text().to_owned(),
            buttons: message.buttons.clone().unwrap_or_default(),
            keyboard: message.keyboard.clone().filter(|_| written),
            keyboard_once: written && message.options.once,
            placeholder: message.options.placeholder.clone().filter(|_| written),
            force_reply: written && message.options.force_reply,
            files: message.file.iter().map(File::info).collect(),
            media: field.map(|(key, _)| key.clone()),
            about: field.and_then(|(key, value)| about(key, value)),
            forward,
            via: via.map(|bot| bot.username.clone().unwrap_or_else(|| bot.full_name())),
            reply_to: message.reply_to,
            quote: message
                .quote
                .as_ref()
                .map(|quote| quote.text.text().to_owned()),
            thread: message.thread,
            album: message.album.clone(),
            alert: false,
            date: message.edit_date.unwrap_or(message.date),
        }
    }

    fn name_of(&self, person: i64) -> String {
        let person = self.people.get(&person);
        person.map_or_else(String::new, Person::full_name)
    }
}

/// A field of a message that is neither text nor file, in a few words.
fn about(key: &str, value: &Value) -> Option<String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let joined = |parts: [Option<String>; 2], by: &str| {
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(by))
    };
    let name = |user: &Value| joined([text(user, "first_name"), text(user, "last_name")], " ");
    match key {
        "contact" => joined([name(value), text(value, "phone_number")], ", "),
        "location" => {
            let degrees = |key: &str| value.get(key).and_then(Value::as_f64);
            Some(format!(
                "{}, {}",
                degrees("latitude")?,
                degrees("longitude")?
            ))
        }
        "venue" => joined([text(value, "title"), text(value, "address")], ", "),
        "poll" => text(value, "question"),
        "dice" => {
            let shown = value.get("value").map(Value::to_string);
            joined([text(value, "emoji"), shown], " ")
        }
        "new_chat_members" => {
            let names: Vec<_> = value.as_array()?.iter().filter_map(name).collect();
            Some(names.join(", "))
        }
        "left_chat_member" => name(value),
        "forum_topic_created" => text(value, "name"),
        _ => None,
    }
}
