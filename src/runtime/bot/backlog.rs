//! Updates and rows that wait, as the messages that people sent: the rows of an album are one.

use super::albums::{self, Part};
use super::core::BotCore;
use super::intake::{self, Event};
use crate::model::{Channel, ConversationKey, Moment, UpdateId};
use crate::runtime::jobs::updates::Waiting;
use crate::telegram;

/// A message of the backlog.
pub struct Message {
    /// The number of its update; of an album that of the part which speaks for it.
    pub update_id: UpdateId,
    /// The other parts of an album.
    pub with: Vec<UpdateId>,
    /// When it came.
    pub received_at: Moment,
    /// How often the process ended with it in a handler's hands.
    pub crashes: u32,
    /// What it means; `None`: it cannot be read.
    pub event: Option<Event>,
    /// The album's name and its parts as they came.
    album: Option<(String, Vec<Part>)>,
}

impl Message {
    /// Whose it is.
    pub fn key(&self) -> Option<ConversationKey> {
        match &self.event {
            Some(Event::Turn(key, _)) => Some(*key),
            _ => None,
        }
    }

    /// Whether it is an album.
    pub fn is_album(&self) -> bool {
        self.album.is_some()
    }

    /// Whether it is an album that may have more parts.
    pub fn may_go_on(&self) -> bool {
        let most = Channel::Telegram.limits().album_files;
        (self.album.as_ref()).is_some_and(|(_, parts)| parts.len() < most && self.crashes == 0)
    }

    /// It waits for what the next poll brings.
    pub fn hold(self, core: &BotCore) {
        let (Some(key), Some((name, parts))) = (self.key(), self.album) else {
            return;
        };
        for part in parts {
            // It has fewer than make it whole.
            let _ = core.albums.add(&name, key, part);
        }
    }
}

/// The messages of these rows, each at the place of its first row.
pub fn messages(core: &BotCore, rows: Vec<Waiting>) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::with_capacity(rows.len());
    for row in rows {
        let parsed = telegram::parse_update(bytes::Bytes::from(row.raw));
        let event = read_item(core, &parsed);
        let (Some(Event::Turn(key, incoming)), Some(name)) = (&event, album_of(&parsed)) else {
            messages.push(Message {
                update_id: row.update_id,
                with: Vec::new(),
                received_at: row.received_at,
                crashes: row.crashes,
                event,
                album: None,
            });
            continue;
        };
        let part = Part {
            update_id: row.update_id,
            received_at: row.received_at,
            incoming: incoming.clone(),
        };
        let found = messages.iter_mut().find(|message| {
            message.key() == Some(*key)
                && (message.album.as_ref()).is_some_and(|(known, _)| *known == name)
        });
        let message = match found {
            Some(message) => {
                if let Some((_, parts)) = &mut message.album {
                    parts.push(part);
                }
                message.crashes = message.crashes.max(row.crashes);
                message
            }
            None => {
                messages.push(Message {
                    update_id: row.update_id,
                    with: Vec::new(),
                    received_at: row.received_at,
                    crashes: row.crashes,
                    event,
                    album: Some((name, vec![part])),
                });
                continue;
            }
        };
        let key = *key;
        let parts = message.album.iter().flat_map(|(_, parts)| parts).cloned();
        let whole = albums::joined(parts.collect()).waiting;
        message.update_id = whole.update_id;
        message.with = whole.with;
        message.received_at = whole.received_at;
        message.event = Some(Event::Turn(key, whole.incoming));
    }
    messages
}

/// The album that a message belongs to.
pub fn album_of(item: &telegram::Incoming) -> Option<String> {
    let telegram::Incoming::Update(update) = item else {
        return None;
    };
    let telegram::UpdateKind::Message(message) = &update.kind else {
        return None;
    };
    message.media_group_id.clone()
}

/// What an update means; `None`: it cannot be read, which is logged.
pub fn read_item(core: &BotCore, item: &telegram::Incoming) -> Option<Event> {
    match item {
        telegram::Incoming::Update(update) => {
            Some(intake::read(&update.kind, &core.myself.borrow()))
        }
        telegram::Incoming::Malformed(malformed) => {
            tracing::warn!(
                bot = %core.code,
                update = malformed.update_id,
                "an update cannot be read and is kept as failed: {}",
                malformed.error
            );
            None
        }
    }
}
