//! What a transaction changed of what somebody keeps in memory: who is linked to a chat, what is known of
//! a party, what is to be sent.
//!
//! Statements note it on their connection ([`Conn::note`](super::Conn)), so no writer can forget to;
//! what is undone is forgotten again, and what is committed is told to the watchers of the store
//! ([`Store::watch`](super::Store::watch)) before the writer of a job hears that it is done. Values come
//! with the version of their row: two commits may be told in another order than they were made in.

use std::sync::Arc;

use crate::model::{BotCode, ChatId, Moment, Party, PartyRef};

/// A party as it is now.
#[derive(Clone, Debug)]
pub struct PartyNow {
    /// Which.
    pub reference: PartyRef,
    /// The version of its row.
    pub version: i64,
    /// What it says; `None` where only a field was written: it has to be read.
    pub party: Option<Arc<Party>>,
}

/// A registration as it is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistrationNow {
    /// Whose user.
    pub bot: BotCode,
    /// The private chat.
    pub chat: ChatId,
    /// The version of its row.
    pub version: i64,
    /// Whom it is linked to; `None`: it is revoked.
    pub party: Option<PartyRef>,
}

/// One thing that changed.
#[derive(Clone, Debug)]
pub(super) enum Note {
    Party(PartyNow),
    Registration(RegistrationNow),
    Due(BotCode, Option<Moment>),
    Event(i64),
}

/// Everything that a transaction changed, in order.
#[derive(Clone, Debug, Default)]
pub struct Changed(Vec<Note>);

impl Changed {
    pub(super) fn push(&mut self, note: Note) {
        self.0.push(note);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// True when nobody has to be told.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether people changed: parties with their groups, or registrations.
    pub fn has_people(&self) -> bool {
        self.0
            .iter()
            .any(|note| matches!(note, Note::Party(_) | Note::Registration(_)))
    }

    /// Parties that were written, with the groups that they name.
    pub fn parties(&self) -> impl Iterator<Item = &PartyNow> {
        self.0.iter().filter_map(|note| match note {
            Note::Party(party) => Some(party),
            _ => None,
        })
    }

    /// Chats that were linked to a party, or unlinked.
    pub fn registrations(&self) -> impl Iterator<Item = &RegistrationNow> {
        self.0.iter().filter_map(|note| match note {
            Note::Registration(registration) => Some(registration),
            _ => None,
        })
    }

    /// Bots that have a message to send which nobody has in memory, and from when on (`None`: now).
    pub fn due(&self) -> impl Iterator<Item = (&BotCode, Option<Moment>)> {
        self.0.iter().filter_map(|note| match note {
            Note::Due(bot, not_before) => Some((bot, *not_before)),
            _ => None,
        })
    }

    /// Ids of events that were written.
    pub fn events(&self) -> impl Iterator<Item = i64> {
        self.0.iter().filter_map(|note| match note {
            Note::Event(id) => Some(*id),
            _ => None,
        })
    }
}

/// Told of every commit that changed something. Runs on the thread that committed and holds up its next
/// commit: it must be quick, and must not come back to the store.
pub type Watcher = Arc<dyn Fn(&Changed) + Send + Sync>;

/// Whoever is told.
#[derive(Default)]
pub(super) struct Watchers(parking_lot::RwLock<Vec<Watcher>>);

impl Watchers {
    pub(super) fn add(&self, watcher: Watcher) {
        self.0.write().push(watcher);
    }

    pub(super) fn tell(&self, changed: &Changed) {
        if changed.is_empty() {
            return;
        }
        for watcher in self.0.read().iter() {
            watcher(changed);
        }
    }
}
