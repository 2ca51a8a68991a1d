//! The only door for updates: what Telegram sent becomes what the dialogue understands. Polling
//! comes through here, and a webhook will too.
//!
//! Pure: a parsed update and the bot's own identity in, an [`Event`] out.

use crate::dialogue::{Addressed, Incoming, IncomingFile, IncomingKind, LINK_MARK, Person};
use crate::model::{ChatId, ConversationKey, PersonId};
use crate::store::links;
use crate::telegram::{
    CallbackQuery, ChatKind, Content, EntityKind, FileRef, MemberStatus, Message, RawJson,
    UpdateKind, User,
};

/// The bot's own identity, as getMe tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Myself {
    /// Telegram's id of the bot.
    pub id: i64,
    /// Its username without the @; `None` until getMe answered.
    pub username: Option<String>,
}

/// What an update means to a bot.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every event is a turn, and lives until it is decided: a box would cost each an allocation"
)]
pub enum Event {
    /// Somebody wrote or pressed.
    Turn(ConversationKey, Incoming),
    /// The bot can write to this chat again, or cannot any more.
    Reachable {
        /// The chat.
        chat: ChatId,
        /// Whether it can.
        reachable: bool,
    },
    /// A group became a supergroup: its chat has another number from now on.
    Migrated {
        /// The old number.
        from: ChatId,
        /// The new one.
        to: ChatId,
    },
    /// A press on a button whose message Telegram does not name: it is answered, so that the circle on the
    /// button ends, and nothing else can be done.
    PressNowhere {
        /// Telegram's id of the press.
        query: String,
    },
    /// Nothing to be done; why, for the log.
    Ignored(&'static str),
}

/// Reads an update.
pub fn read(update: &UpdateKind, myself: &Myself) -> Event {
    match update {
        UpdateKind::Message(message) => read_message(message, myself),
        UpdateKind::CallbackQuery(query) => read_press(query),
        UpdateKind::MyChatMember(member) => Event::Reachable {
            chat: ChatId(member.chat.id),
            reachable: match member.new {
                MemberStatus::Restricted {
                    can_send: false, ..
                } => false,
                status => status.is_present(),
            },
        },
        UpdateKind::EditedMessage(_) => Event::Ignored("an edited message (D30)"),
        UpdateKind::Unknown { .. } => Event::Ignored("an unknown kind of update"),
    }
}

fn read_message(message: &Message, myself: &Myself) -> Event {
    let chat = ChatId(message.chat.id);
    match &message.content {
        Content::MigratedTo(to) => {
            return Event::Migrated {
                from: chat,
                to: ChatId(*to),
            };
        }
        Content::MigratedFrom(from) => {
            return Event::Migrated {
                from: ChatId(*from),
                to: chat,
            };
        }
        content if content.is_service() => return Event::Ignored("something that happened"),
        _ => {}
    }
    if message.chat.kind == ChatKind::Channel {
        return Event::Ignored("a post of a channel");
    }
    let anonymous = message.sender_chat.is_some();
    let sender = match (&message.sender_chat, &message.from) {
        (Some(sender_chat), _) => Person {
            id: PersonId(sender_chat.id),
            first_name: sender_chat.title.clone().unwrap_or_default(),
            last_name: None,
            username: sender_chat.username.clone(),
            anonymous,
        },
        (None, Some(user)) if user.is_bot => return Event::Ignored("a message of a bot"),
        (None, Some(user)) => person(user),
        (None, None) => return Event::Ignored("a message of nobody"),
    };
    let addressed = addressed(message, myself);
    // A file with a caption is handled by its caption.
    let words = match &message.content {
        Content::Text => message.text.as_deref(),
        Content::File { .. } => message.caption.as_deref(),
        _ => None,
    };
    let kind = match words {
        Some(text) => IncomingKind::Text(match addressed {
            Addressed::Private => text.to_owned(),
            Addressed::GroupToBot | Addressed::GroupToOthers => without_mention(message, myself),
        }),
        None => IncomingKind::Other(message.content.kind().to_owned()),
    };
    let (files, phone) = match &message.content {
        Content::File { kind, file } => (vec![incoming_file(kind, file)], None),
        Content::Contact(contact) if contact.user_id == Some(sender.id.0) => {
            (Vec::new(), Some(contact.phone.clone()))
        }
        _ => (Vec::new(), None),
    };
    let key = ConversationKey {
        chat,
        sender: sender.id,
    };
    let incoming = Incoming {
        sender,
        chat,
        thread: message.thread_id,
        message_id: Some(message.message_id),
        addressed,
        kind,
        own: message.is_own(),
        files,
        phone,
    };
    Event::Turn(key, incoming)
}

fn read_press(query: &CallbackQuery) -> Event {
    let (Some(message), Some(data)) = (&query.message, &query.data) else {
        return Event::PressNowhere {
            query: query.id.clone(),
        };
    };
    let chat = ChatId(message.chat.id);
    let sender = person(&query.from);
    let incoming = Incoming {
        chat,
        thread: message.thread_id,
        message_id: Some(message.message_id),
        addressed: match message.chat.kind {
            ChatKind::Private => Addressed::Private,
            ChatKind::Group | ChatKind::Supergroup | ChatKind::Channel => Addressed::GroupToBot,
        },
        kind: IncomingKind::Press {
            query: query.id.clone(),
            message_id: message.message_id,
            data: data.clone(),
        },
        own: true,
        files: Vec::new(),
        phone: None,
        sender,
    };
    Event::Turn(
        ConversationKey {
            chat,
            sender: incoming.sender.id,
        },
        incoming,
    )
}

fn person(user: &User) -> Person {
    Person {
        id: PersonId(user.id),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        username: user.username.clone(),
        anonymous: false,
    }
}

/// Whether a message is for the bot: commands with its name, replies to it and mentions of it (D28).
fn addressed(message: &Message, myself: &Myself) -> Addressed {
    if message.chat.kind == ChatKind::Private {
        return Addressed::Private;
    }
    let is_me = |name: &str| {
        myself
            .username
            .as_deref()
            .is_some_and(|username| username.eq_ignore_ascii_case(name))
    };
    let mentioned = message.entities.iter().any(|entity| match entity.kind {
        EntityKind::BotCommand => message
            .entity_text(entity)
            .and_then(|command| command.split_once('@'))
            .is_some_and(|(_, name)| is_me(name)),
        EntityKind::Mention => message
            .entity_text(entity)
            .and_then(|mention| mention.strip_prefix('@'))
            .is_some_and(is_me),
        EntityKind::TextMention { user } => user == myself.id,
    });
    let replied = message
        .reply_to
        .is_some_and(|reply| reply.from == Some(myself.id));
    if mentioned || replied {
        Addressed::GroupToBot
    } else {
        Addressed::GroupToOthers
    }
}

fn incoming_file(kind: &str, file: &FileRef) -> IncomingFile {
    let name = file.file_name.clone().unwrap_or_else(|| match kind {
        "photo" => "photo.jpg".to_owned(),
        kind => kind.to_owned(),
    });
    IncomingFile {
        id: file.file_id.clone(),
        name,
        size: file.size,
        mime: file.mime_type.clone().unwrap_or_else(|| match kind {
            "photo" => "image/jpeg".to_owned(),
            _ => String::new(),
        }),
    }
}

/// The text (or caption) without mentions of the bot, so that «@bot Цена» finds the keyword «Цена»; what
/// set the name apart (blanks, a line break, a comma or a colon behind it) goes too.
fn without_mention(message: &Message, myself: &Myself) -> String {
    let text = message.text_or_caption().unwrap_or_default();
    let mut kept = text.to_owned();
    // From the end, so that the places before stay.
    for entity in message.entities.iter().rev() {
        let mention = message.entity_text(entity);
        let is_me = match entity.kind {
            EntityKind::Mention => mention
                .and_then(|mention| mention.strip_prefix('@'))
                .zip(myself.username.as_deref())
                .is_some_and(|(name, username)| name.eq_ignore_ascii_case(username)),
            EntityKind::TextMention { user } => user == myself.id,
            EntityKind::BotCommand => false,
        };
        let Some(mention) = mention.filter(|_| is_me) else {
            continue;
        };
        // A part of `text`, whose beginning stands unchanged in `kept`.
        let start = mention.as_ptr() as usize - text.as_ptr() as usize;
        let before = kept[..start].trim_end();
        let behind = kept[start + mention.len()..]
            .trim_start_matches([',', ':', '.', '!', '?'])
            .trim_start();
        let joint = if before.is_empty() || behind.is_empty() {
            ""
        } else {
            " "
        };
        kept = format!("{before}{joint}{behind}");
    }
    kept
}

/// The secret of a registration link in `/start …` gives way to its hash, in what is decided and in the raw
/// update alike: it is neither stored nor logged, and a pending update can be decided all the same (D23).
/// Only for what comes from Telegram: the hash that a person writes himself is none.
pub fn seal_link(event: &mut Option<Event>, raw: &mut RawJson) {
    let Some(Event::Turn(_, incoming)) = event else {
        return;
    };
    let IncomingKind::Text(text) = &mut incoming.kind else {
        return;
    };
    // Nearly every text ends here.
    if !text.starts_with('/') {
        return;
    }
    let Some(payload) = text
        .split_once(char::is_whitespace)
        .filter(|(head, _)| head.to_lowercase().starts_with("/start"))
        .map(|(_, payload)| payload.trim().to_owned())
    else {
        return;
    };
    let sealed = if payload.starts_with(links::PREFIX) {
        format!("{LINK_MARK}{}", links::hash(&payload))
    } else if payload.starts_with(LINK_MARK) {
        "-".to_owned()
    } else {
        return;
    };
    *text = text.replace(&payload, &sealed);
    let mut kept = raw.as_str().replace(&payload, &sealed);
    if kept.contains(LINK_MARK) != sealed.starts_with(LINK_MARK) {
        // Spelled with escapes: the update goes on, its raw form does not.
        kept = "{}".to_owned();
    }
    *raw = RawJson::lossy(bytes::Bytes::from(kept));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telegram::parse_update;

    /// An update as Telegram sends it in, a line that says what it means out.
    fn check(json: &str, expected: &str) {
        let myself = Myself {
            id: 77,
            username: Some("shop_bot".into()),
        };
        let bytes = bytes::Bytes::from(format!("{{\"update_id\":1,{json}}}"));
        let crate::telegram::Incoming::Update(update) = parse_update(bytes) else {
            panic!("not an update: {json}");
        };
        let shown = match read(&update.kind, &myself) {
            Event::Turn(key, incoming) => format!(
                "{}/{} {:?} {:?}{}",
                key.chat,
                key.sender,
                incoming.addressed,
                incoming.kind,
                if incoming.sender.anonymous {
                    " anonymous"
                } else {
                    ""
                }
            ),
            other => format!("{other:?}"),
        };
        assert_eq!(shown, expected, "{json}");
    }

    const USER: &str = r#""from":{"id":5,"is_bot":false,"first_name":"Иван"}"#;

    fn private(content: &str) -> String {
        format!(
            r#""message":{{"message_id":1,"date":0,{USER},"chat":{{"id":5,"type":"private"}},{content}}}"#
        )
    }

    fn group(content: &str) -> String {
        format!(
            r#""message":{{"message_id":1,"date":0,{USER},"chat":{{"id":-9,"type":"group"}},{content}}}"#
        )
    }

    #[test]
    fn private_messages_are_for_the_bot() {
        check(&private(r#""text":"Цена""#), "5/5 Private Text(\"Цена\")");
        check(
            &private(r#""sticker":{"file_id":"a","file_unique_id":"b"}"#),
            "5/5 Private Other(\"sticker\")",
        );
    }

    #[test]
    fn a_file_with_a_caption_is_handled_by_its_caption() {
        check(
            &private(r#""document":{"file_id":"f","file_name":"акт.pdf"},"caption":"Акт""#),
            "5/5 Private Text(\"Акт\")",
        );
        check(
            &private(r#""photo":[{"file_id":"f","width":1,"height":1}]"#),
            "5/5 Private Other(\"photo\")",
        );
    }

    #[test]
    fn a_mention_is_cut_with_what_sets_it_apart() {
        let mention = |text: &str, offset: usize, expected: &str| {
            check(
                &group(&format!(
                    r#""text":"{text}","entities":[{{"type":"mention","offset":{offset},"length":9}}]"#
                )),
                &format!("-9/5 GroupToBot Text({expected:?})"),
            );
        };
        mention("@shop_bot, Цена", 0, "Цена");
        mention("@shop_bot\\nЦена", 0, "Цена");
        mention("@Shop_Bot:  Цена товара", 0, "Цена товара");
        mention("Цена @shop_bot", 5, "Цена");
        mention("Цена,\\n@shop_bot, сейчас", 6, "Цена, сейчас");
    }

    #[test]
    fn ones_own_contact_tells_the_telephone_and_somebody_elses_does_not() {
        let phone = |contact: &str| {
            let json = format!(
                "{{\"update_id\":1,{}}}",
                private(&format!(
                    r#""contact":{{"phone_number":"+7","first_name":"И"{contact}}}"#
                ))
            );
            let parsed = parse_update(bytes::Bytes::from(json));
            let crate::telegram::Incoming::Update(update) = parsed else {
                panic!("not an update: {contact}");
            };
            let myself = Myself {
                id: 77,
                username: None,
            };
            match read(&update.kind, &myself) {
                Event::Turn(_, incoming) => incoming.phone,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(phone(r#","user_id":5"#), Some("+7".to_owned()));
        assert_eq!(phone(r#","user_id":6"#), None);
        assert_eq!(phone(""), None, "somebody who is not at Telegram");
    }

    #[test]
    fn d28_groups_are_heard_when_they_speak_to_the_bot() {
        check(
            &group(r#""text":"Цена""#),
            "-9/5 GroupToOthers Text(\"Цена\")",
        );
        check(
            &group(
                r#""text":"@shop_bot Цена","entities":[{"type":"mention","offset":0,"length":9}]"#,
            ),
            "-9/5 GroupToBot Text(\"Цена\")",
        );
        check(
            &group(
                r#""text":"/start@Shop_Bot","entities":[{"type":"bot_command","offset":0,"length":15}]"#,
            ),
            "-9/5 GroupToBot Text(\"/start@Shop_Bot\")",
        );
        check(
            &group(
                r#""text":"/start@other","entities":[{"type":"bot_command","offset":0,"length":12}]"#,
            ),
            "-9/5 GroupToOthers Text(\"/start@other\")",
        );
        check(
            &group(
                r#""text":"Цена","reply_to_message":{"message_id":3,"date":0,"chat":{"id":-9,"type":"group"},"from":{"id":77,"is_bot":true,"first_name":"b"}}"#,
            ),
            "-9/5 GroupToBot Text(\"Цена\")",
        );
    }

    #[test]
    fn channel_senders_are_anonymous_and_bots_are_not_heard() {
        check(
            &group(r#""text":"а","sender_chat":{"id":-100,"type":"channel","title":"К"}"#),
            "-9/-100 GroupToOthers Text(\"а\") anonymous",
        );
        check(
            r#""message":{"message_id":1,"date":0,"from":{"id":6,"is_bot":true,"first_name":"b"},"chat":{"id":-9,"type":"group"},"text":"а"}"#,
            "Ignored(\"a message of a bot\")",
        );
    }

    #[test]
    fn a_press_without_a_message_is_answered_all_the_same() {
        check(
            r#""callback_query":{"id":"q","from":{"id":5,"is_bot":false,"first_name":"И"},"data":"d"}"#,
            "PressNowhere { query: \"q\" }",
        );
    }

    #[test]
    fn presses_membership_and_migration_are_read() {
        check(
            r#""callback_query":{"id":"q","from":{"id":5,"is_bot":false,"first_name":"И"},"data":"d","message":{"message_id":4,"date":1,"chat":{"id":5,"type":"private"}}}"#,
            "5/5 Private Press { query: \"q\", message_id: 4, data: \"d\" }",
        );
        check(
            r#""my_chat_member":{"chat":{"id":5,"type":"private"},"date":0,"from":{"id":5,"is_bot":false,"first_name":"И"},"old_chat_member":{"status":"member","user":{"id":77,"is_bot":true,"first_name":"b"}},"new_chat_member":{"status":"kicked","user":{"id":77,"is_bot":true,"first_name":"b"},"until_date":0}}"#,
            "Reachable { chat: ChatId(5), reachable: false }",
        );
        check(
            &group(r#""migrate_to_chat_id":-1009"#),
            "Migrated { from: ChatId(-9), to: ChatId(-1009) }",
        );
        check(
            &group(r#""new_chat_title":"а""#),
            "Ignored(\"something that happened\")",
        );
    }

    /// Updates with everything that we read, each as Telegram sends it.
    const SAMPLES: [&str; 5] = [
        r#"{"update_id":7,"message":{"message_id":1,"date":0,"from":{"id":5,"is_bot":false,"first_name":"И","last_name":"И","username":"i"},"chat":{"id":-9,"type":"supergroup","title":"Г"},"message_thread_id":3,"media_group_id":"a","text":"Цена @shop_bot, /start@shop_bot","entities":[{"type":"mention","offset":5,"length":9},{"type":"bot_command","offset":16,"length":15},{"type":"text_mention","offset":0,"length":2,"user":{"id":77,"is_bot":true,"first_name":"b"}}],"reply_to_message":{"message_id":2,"date":0,"chat":{"id":-9,"type":"group"},"from":{"id":77,"is_bot":true,"first_name":"b"}},"via_bot":{"id":6,"is_bot":true,"first_name":"v"},"forward_origin":{"type":"user","date":0}}}"#,
        r#"{"update_id":7,"message":{"message_id":1,"date":0,"from":{"id":5,"is_bot":false,"first_name":"И"},"chat":{"id":5,"type":"private"},"caption":"Акт","caption_entities":[{"type":"bold","offset":0,"length":3}],"document":{"file_id":"f","file_unique_id":"u","file_name":"а.pdf","mime_type":"application/pdf","file_size":10},"photo":[{"file_id":"f","file_unique_id":"u","width":1,"height":1,"file_size":5}],"contact":{"phone_number":"+7","first_name":"И","user_id":5}}}"#,
        r#"{"update_id":7,"callback_query":{"id":"q","from":{"id":5,"is_bot":false,"first_name":"И"},"data":"1:v0","chat_instance":"c","message":{"message_id":4,"date":1,"chat":{"id":5,"type":"private"},"text":"?"}}}"#,
        r#"{"update_id":7,"my_chat_member":{"chat":{"id":5,"type":"private"},"date":0,"from":{"id":5,"is_bot":false,"first_name":"И"},"old_chat_member":{"status":"member","user":{"id":77,"is_bot":true,"first_name":"b"}},"new_chat_member":{"status":"restricted","can_send_messages":false,"user":{"id":77,"is_bot":true,"first_name":"b"},"until_date":0}}}"#,
        r#"{"update_id":7,"message":{"message_id":1,"date":0,"sender_chat":{"id":-100,"type":"channel","title":"К","username":"k"},"chat":{"id":-9,"type":"group"},"migrate_to_chat_id":-1009,"new_chat_title":"а","left_chat_member":{"id":1,"is_bot":false,"first_name":"x"}}}"#,
    ];

    /// What may stand in place of anything.
    const ODD: [&str; 16] = [
        "null",
        "true",
        "-1",
        "0",
        "9223372036854775807",
        "-9223372036854775808",
        "1e308",
        "1.5",
        "99999999999999999999999",
        r#""""#,
        r#""\ud83d""#,
        r#""\udc00\u0000""#,
        r#""текст""#,
        "[]",
        "{}",
        r#"[{"type":"mention","offset":-5,"length":4294967295}]"#,
    ];

    /// Replaces the value at a place of the JSON, counted over all values but the whole and the number of
    /// the update.
    fn replaced(value: &serde_json::Value, place: &mut usize, odd: Option<&str>) -> String {
        use serde_json::Value;
        let mut inner = |value: &Value| -> Option<String> {
            let here = *place == 0;
            *place = place.wrapping_sub(1);
            match (here, odd) {
                (true, odd) => odd.map(str::to_owned),
                (false, _) => Some(replaced(value, place, odd)),
            }
        };
        match value {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().filter_map(&mut inner).collect();
                format!("[{}]", items.join(","))
            }
            Value::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .filter_map(|(name, value)| {
                        let value = match name.as_str() {
                            "update_id" => value.to_string(),
                            _ => inner(value)?,
                        };
                        Some(format!("{}:{value}", Value::from(name.as_str())))
                    })
                    .collect();
                format!("{{{}}}", fields.join(","))
            }
            plain => plain.to_string(),
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 2_000, ..Default::default() })]

        /// Whatever stands in an update, it is read or kept as one that cannot be, with its number, and
        /// what is read is understood: none is lost, none stops the bot.
        #[test]
        fn odd_updates_are_neither_lost_nor_fatal(
            sample in 0..SAMPLES.len(),
            changes in proptest::collection::vec((0..80usize, proptest::option::of(0..ODD.len())), 1..4),
        ) {
            let mut json = SAMPLES[sample].to_owned();
            for (place, odd) in changes {
                // Half characters cannot be read again to be changed further.
                let Ok(value) = serde_json::from_str(&json) else { break };
                let mut place = place;
                json = replaced(&value, &mut place, odd.map(|odd| ODD[odd]));
            }
            let answer = format!(r#"{{"ok":true,"result":[{{"update_id":6}},{json},{{"update_id":8}}]}}"#);
            let batch = crate::telegram::parse_batch(&bytes::Bytes::from(answer));
            let batch = batch.expect("a batch");
            let numbers: Vec<Option<i64>> = batch.items.iter().map(|item| item.update_id()).collect();
            proptest::prop_assert_eq!(numbers, [Some(6), Some(7), Some(8)], "{}", json);
            proptest::prop_assert_eq!(batch.next_offset(), Some(9));
            for username in [None, Some("shop_bot".to_owned())] {
                let myself = Myself { id: 77, username };
                match &batch.items[1] {
                    crate::telegram::Incoming::Update(update) => {
                        let event = read(&update.kind, &myself);
                        // A press is answered at least, else its circle turns for ever.
                        if matches!(update.kind, UpdateKind::CallbackQuery(_)) {
                            let is_answered =
                                matches!(event, Event::Turn(..) | Event::PressNowhere { .. });
                            proptest::prop_assert!(is_answered, "{} {:?}", json, event);
                        }
                    }
                    crate::telegram::Incoming::Malformed(malformed) => {
                        proptest::prop_assert!(!malformed.raw.as_str().is_empty());
                    }
                }
            }
        }
    }
}
