//! Messages as they are kept.

use serde_json::{Map, Value};
use vestnik_markup::Rich;

use super::files::File;
use super::{Keyboard, Rows, Sender};

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
    pub(crate) reply_to: Option<i64>,
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
            reply_to: None,
            thread: None,
            album: None,
        }
    }
}
