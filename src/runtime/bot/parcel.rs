//! A message on its way: what its row says, and what the courier learns of it.

use crate::model::{ChatId, Lane, MessageKey, MessageKind, Moment, Outgoing, OutgoingBody};
use crate::runtime::clock::Steady;

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Its key.
    pub key: MessageKey,
    /// The chat.
    pub chat: ChatId,
    /// The topic.
    pub thread: Option<i64>,
    /// Its lane.
    pub lane: Lane,
    /// What it is.
    pub kind: MessageKind,
    /// What it quotes.
    pub reply_to: Option<i64>,
    /// What is sent.
    pub body: OutgoingBody,
    /// Its row says `sending`.
    pub claimed: bool,
    /// How often it was sent again without knowing whether it had arrived.
    pub resends: u32,
    /// Failed tries.
    pub tries: u32,
    /// When its row was written.
    pub created_at: Moment,
    /// Not to be sent before this moment.
    pub not_before: Option<Moment>,
    /// When the update that it answers came; for the latency.
    pub received_at: Option<Moment>,
    /// Since when it waits, by a clock that does not jump; set when the courier takes it in.
    pub since: Steady,
}

impl Parcel {
    /// A message that was written just now, or read from its row.
    pub fn new(
        outgoing: Outgoing,
        claimed: bool,
        created_at: Moment,
        received_at: Option<Moment>,
    ) -> Parcel {
        Parcel {
            key: outgoing.key,
            chat: outgoing.to.chat,
            thread: outgoing.to.thread,
            lane: outgoing.lane,
            kind: outgoing.kind,
            reply_to: outgoing.reply_to,
            body: outgoing.body,
            claimed,
            resends: 0,
            tries: 0,
            created_at,
            not_before: outgoing.not_before,
            received_at,
            since: Steady::default(),
        }
    }
}
