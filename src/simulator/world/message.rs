//! Messages as they are kept.

use serde_json::{Map, Value};
use vestnik_markup::Rich;

use super::files::{File, FileKind};
use super::keyboard::ReplyOptions;
use super::{Keyboard, Rows, Sender};

/// A part of the answered message, chosen by hand.
#[derive(Debug, Clone)]
pub(crate) struct Quote {
    pub(crate) text: Rich,
    /// Where it begins in the answered message, in UTF-16 units.
    pub(crate) position: usize,
}

/// Where a forwarded message first appeared, and when.
#[derive(Debug, Clone)]
pub(crate) struct Forwarded {
    pub(crate) origin: Origin,
    /// Unix seconds.
    pub(crate) date: i64,
}

/// Who is shown as the author of a forwarded message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    User(Sender),
    /// A person who lets nobody link to the account: only the name.
    Hidden(String),
    /// Written in the name of a group.
    Chat {
        id: i64,
        title: String,
    },
    Channel {
        id: i64,
        title: String,
        message: i64,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: i64,
    pub(crate) from: Sender,
    pub(crate) sender_chat: Option<i64>,
    pub(crate) date: i64,
    pub(crate) edit_date: Option<i64>,
    /// Text, or the caption of a file.
    pub(crate) rich: Rich,
    pub(crate) file: Option<File>,
    /// Other fields of the Bot API: contact, location and so on.
    pub(crate) extra: Map<String, Value>,
    pub(crate) buttons: Option<Rows>,
    pub(crate) keyboard: Option<Keyboard>,
    /// Of the keyboard that it put up, or of the answer that it asks for.
    pub(crate) options: ReplyOptions,
    pub(crate) reply_to: Option<i64>,
    /// The part of the answered message that it quotes.
    pub(crate) quote: Option<Quote>,
    pub(crate) forward: Option<Forwarded>,
    /// The bot through which a person sent it.
    pub(crate) via: Option<i64>,
    pub(crate) thread: Option<i64>,
    pub(crate) album: Option<String>,
}

impl Message {
    /// A message of nothing yet; the id is given when it is written.
    pub(crate) fn new(from: Sender) -> Self {
        Self {
            id: 0,
            from,
            sender_chat: None,
            date: 0,
            edit_date: None,
            rich: Rich::default(),
            file: None,
            extra: Map::new(),
            buttons: None,
            keyboard: None,
            options: ReplyOptions::default(),
            reply_to: None,
            quote: None,
            forward: None,
            via: None,
            thread: None,
            album: None,
        }
    }

    /// Whose it is when it is sent on: of one that was forwarded already, the first author.
    pub(crate) fn origin(&self) -> Forwarded {
        self.forward.clone().unwrap_or_else(|| Forwarded {
            origin: match self.sender_chat {
                Some(id) => Origin::Chat {
                    id,
                    title: String::new(),
                },
                None => Origin::User(self.from),
            },
            date: self.date,
        })
    }
}

/// Telegram's bound on the messages of an album.
pub(crate) const ALBUM_MAX: usize = 10;

/// The first kind that keeps files from being one album: documents and audio files stand only
/// among themselves.
pub(crate) fn album_breach(kinds: &[FileKind]) -> Option<FileKind> {
    let album = kinds.first()?.album();
    if kinds.iter().all(|kind| kind.album() == album) {
        return None;
    }
    let apart = |kind: &&FileKind| matches!(kind, FileKind::Document | FileKind::Audio);
    kinds.iter().find(apart).or(kinds.first()).copied()
}
