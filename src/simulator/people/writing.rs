//! A person writes a message.

use actix_web::web::Bytes;
use serde_json::{Map, Value, json};
use vestnik_markup::{Rich, utf16_len};

use super::{Attachment, Forward, Say, Via};
use crate::world::pictures::SAMPLE_PNG;
use crate::world::{
    ALBUM_MAX, FileKind, Forwarded, Message, Origin, Person, Quote, Sender, State, album_breach,
};

/// In whose name Telegram shows what an anonymous admin and a channel write.
const ANONYMOUS_ADMIN: i64 = 1_087_968_824;
const CHANNEL_BOT: i64 = 136_817_688;

impl State {
    /// A person writes. Gives the ids of the messages: one, or those of an album.
    pub(crate) fn say(&mut self, bot: i64, mut say: Say) -> Result<Vec<i64>, String> {
        let chat_id = self.moved(bot, say.chat.unwrap_or(say.from));
        if chat_id == 0 {
            return Err("chat: чата с номером 0 не бывает".into());
        }
        let person = self.introduce(&mut say);
        self.come_back(bot, chat_id, say.from);
        let message = self.envelope(bot, chat_id, &mut say)?;
        let messages = self.contents(bot, &person, say, message)?;
        let mut ids = Vec::new();
        for message in messages {
            let id = self.write(bot, chat_id, message);
            ids.push(id);
            if let Some(value) = self.message_json(bot, chat_id, id)
                && self.hears(bot, chat_id, id)
            {
                self.update(bot, Some(chat_id), "message", &value);
            }
        }
        Ok(ids)
    }

    /// Makes or renames the person.
    fn introduce(&mut self, say: &mut Say) -> Person {
        let person = self.person(say.from);
        if let Some(name) = &say.name {
            person.rename(name);
        }
        if let Some(username) = say.username.take() {
            person.username = Some(username.trim_start_matches('@').to_owned());
        }
        if let Some(language) = say.language.take() {
            person.language = language;
        }
        person.clone()
    }

    /// All of a message but its content: who, where, in answer to what, whose.
    fn envelope(&mut self, bot: i64, chat_id: i64, say: &mut Say) -> Result<Message, String> {
        let chat = self.chat(bot, chat_id);
        if let Some(title) = say.title.take() {
            chat.title = title;
        }
        let thread = say.thread.filter(|_| chat_id < 0);
        if let Some(thread) = thread {
            chat.threads.entry(thread).or_default();
        }
        let answered = match say.reply_to {
            Some(id) => Some(
                chat.message(id)
                    .ok_or_else(|| format!("reply_to: в чате {chat_id} нет сообщения {id}"))?,
            ),
            None => None,
        };
        let quote = match (&say.quote, answered) {
            (None, _) => None,
            (Some(_), None) => return Err("quote: нужен и reply_to, что цитируется".into()),
            (Some(quote), Some(answered)) => {
                let text = answered.rich.text();
                let at = text.find(quote.as_str()).filter(|_| !quote.is_empty());
                let at = at.ok_or("quote: этих слов нет в сообщении, на которое отвечают")?;
                Some(Quote {
                    text: Rich::from_plain(quote.clone()),
                    position: utf16_len(&text[..at]),
                })
            }
        };
        let sender = match say.sender_chat {
            None => say.from,
            Some(id) if id == chat_id => self.stand_in(ANONYMOUS_ADMIN, "Group"),
            Some(_) => self.stand_in(CHANNEL_BOT, "Channel"),
        };
        let mut message = Message::new(Sender::Person(sender));
        message.sender_chat = say.sender_chat;
        message.reply_to = say.reply_to;
        message.quote = quote;
        message.thread = thread;
        message.via = say.via.take().map(|via| self.inline_bot(via));
        if let Some(forward) = say.forward.take() {
            self.forwarded(bot, chat_id, forward, &mut message)?;
        }
        Ok(message)
    }

    /// What a message holds: one message of it, or those of an album.
    fn contents(
        &mut self,
        bot: i64,
        person: &Person,
        say: Say,
        mut message: Message,
    ) -> Result<Vec<Message>, String> {
        let rich = match (say.html, say.text) {
            (Some(html), _) => vestnik_markup::parse(&html)
                .map_err(|error| format!("html: {}", error.russian()))?,
            (None, Some(text)) => Rich::from_plain(text),
            (None, None) => Rich::default(),
        }
        .trimmed();
        if !rich.text().is_empty() {
            message.rich = rich;
        }
        if !say.album.is_empty() {
            return self.album(bot, say.album, message);
        }
        if let Some(fields) = say.contact {
            message
                .extra
                .insert("contact".into(), contact(person, fields));
        }
        if let Some((latitude, longitude)) = say.location {
            let place = json!({"latitude": latitude, "longitude": longitude});
            message.extra.insert("location".into(), place);
        }
        let plain = |kind: FileKind, name: String, bytes: Vec<u8>| Attachment {
            kind,
            name,
            bytes,
            caption: None,
            about: Map::new(),
        };
        let file = match (say.file, say.photo, say.sticker, say.media) {
            (Some((name, bytes)), ..) => Some(plain(FileKind::Document, name, bytes)),
            (None, Some(bytes), ..) => Some(plain(FileKind::Photo, String::new(), bytes)),
            (None, None, true, _) => Some(plain(FileKind::Sticker, String::new(), Vec::new())),
            (None, None, false, media) => media,
        };
        if let Some(file) = file {
            message.file = Some(self.attached(bot, file));
        }
        message.extra.extend(say.raw);
        let empty = message.rich.text().is_empty();
        if empty && message.file.is_none() && message.extra.is_empty() {
            return Err("text: сообщению нужен текст, файл, контакт, место или стикер".into());
        }
        Ok(vec![message])
    }

    fn album(
        &mut self,
        bot: i64,
        files: Vec<Attachment>,
        message: Message,
    ) -> Result<Vec<Message>, String> {
        if !(2..=ALBUM_MAX).contains(&files.len()) {
            return Err(format!("album: в альбоме от 2 до {ALBUM_MAX} файлов"));
        }
        let kinds: Vec<FileKind> = files.iter().map(|file| file.kind).collect();
        if let Some(kind) = kinds.iter().find(|kind| kind.album().is_none()) {
            return Err(format!("album: {} в альбом не кладут", kind.name()));
        }
        if album_breach(&kinds).is_some() {
            return Err(
                "album: вместе бывают фото и видео; документы и музыка — только с такими же".into(),
            );
        }
        let album = self.album_id();
        let mut first = Some(message.rich.clone());
        let mut messages = Vec::new();
        for mut file in files {
            let own = file.caption.take().map(Rich::from_plain);
            // Clients put the text of the whole album under its first file.
            let rich = own.or_else(|| first.take()).unwrap_or_default().trimmed();
            first = None;
            messages.push(Message {
                rich,
                file: Some(self.attached(bot, file)),
                album: Some(album.clone()),
                ..message.clone()
            });
        }
        Ok(messages)
    }

    fn attached(&mut self, bot: i64, file: Attachment) -> crate::world::files::File {
        let picture = matches!(file.kind, FileKind::Photo | FileKind::Sticker);
        let (name, bytes) = match (file.name.is_empty(), file.bytes.is_empty()) {
            (true, false) if file.kind == FileKind::Photo => ("photo.jpg".into(), file.bytes),
            (true, false) => (file.kind.sample_name().to_owned(), file.bytes),
            (true, true) => (file.kind.sample_name().to_owned(), sample(picture)),
            (false, true) if file.kind != FileKind::Document => (file.name, sample(picture)),
            (false, _) => (file.name, file.bytes),
        };
        self.files
            .add(bot, &name, file.kind, Bytes::from(bytes), file.about)
    }

    /// Who writes in the name of a chat.
    fn stand_in(&mut self, id: i64, name: &str) -> i64 {
        let person = self.person(id);
        name.clone_into(&mut person.first_name);
        person.is_bot = true;
        id
    }

    /// The bot through which something is sent: one of the simulator's, or made on the fly.
    fn inline_bot(&mut self, via: Via) -> i64 {
        let known = self.bots.values().find(|bot| bot.username == via.username);
        let id = via.id.or(known.map(|bot| bot.id)).unwrap_or_else(|| {
            // Any number of its own, the same each time.
            let sum = via.username.bytes().fold(7_i64, |sum, byte| {
                (sum * 31 + i64::from(byte)) % 1_000_000_007
            });
            5_000_000_000 + sum
        });
        let name = via.name.or(known.map(|bot| bot.name.clone()));
        let person = self.person(id);
        person.is_bot = true;
        person.first_name = name.unwrap_or_else(|| via.username.clone());
        person.username = Some(via.username);
        id
    }

    /// Makes a message one that was sent on.
    fn forwarded(
        &mut self,
        bot: i64,
        chat_id: i64,
        forward: Forward,
        message: &mut Message,
    ) -> Result<(), String> {
        let date = self.clock.now_s();
        let origin = match forward {
            Forward::Person(id) if id == bot => Origin::User(Sender::Bot),
            Forward::Person(id) => {
                self.person(id);
                Origin::User(Sender::Person(id))
            }
            Forward::Hidden(name) => Origin::Hidden(name),
            Forward::Chat { id, title } => Origin::Chat { id, title },
            Forward::Channel { id, title, message } => Origin::Channel { id, title, message },
            Forward::Message { chat, id } => {
                let from = self.moved(bot, chat.unwrap_or(chat_id));
                let found = self.chat(bot, from).message(id);
                let found =
                    found.ok_or_else(|| format!("forward: в чате {from} нет сообщения {id}"))?;
                message.rich = found.rich.clone();
                message.file = found.file.clone();
                message.extra = found.extra.clone();
                message.via = found.via;
                message.forward = Some(found.origin());
                return Ok(());
            }
        };
        message.forward = Some(Forwarded { origin, date });
        Ok(())
    }
}

/// The content of a file that was sent without one.
fn sample(picture: bool) -> Vec<u8> {
    if picture {
        SAMPLE_PNG.to_vec()
    } else {
        b"sample".to_vec()
    }
}

/// A person's own contact, with these fields over it. Somebody else's names its owner itself.
fn contact(person: &Person, fields: Map<String, Value>) -> Value {
    let mut own = json!({
        "phone_number": format!("+7999{:07}", person.id % 10_000_000),
        "first_name": person.first_name,
        "user_id": person.id,
    });
    if let Some(last) = &person.last_name {
        own["last_name"] = json!(last);
    }
    for (key, value) in fields {
        own[key] = value;
    }
    // A contact of nobody in Telegram has no number of a person.
    if own["user_id"].is_null()
        && let Some(own) = own.as_object_mut()
    {
        own.remove("user_id");
    }
    own
}
