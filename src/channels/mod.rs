//! How a message leaves: one file per channel. A channel turns the words of `model` into its own and its
//! refusals into ours; it does not know who asked for a message, nor the rows it is kept in. What its
//! messages can carry stands in [`Channel::limits`].
//!
//! | file | what it is for |
//! |---|---|
//! | `fit.rs` | a message that is too long becomes several |
//! | `pace.rs` | how fast messages may leave: token buckets and pauses, pure |
//! | `telegram.rs` | the Bot API |

mod fit;
pub mod pace;
pub mod telegram;

use futures_util::future::LocalBoxFuture;
use smallvec::SmallVec;

pub use fit::{KEY_SPACING, fit};

use crate::model::{Channel, ChatId, OutgoingBody};

/// A message ready to be handed over.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// Where to.
    pub chat: ChatId,
    /// The topic of a forum.
    pub thread: Option<i64>,
    /// The message it quotes, by the channel's number.
    pub reply_to: Option<i64>,
    /// What is sent.
    pub body: &'a OutgoingBody,
    /// For an edit: the channel's number of the message to change; `None`: it was never sent.
    pub edits: Option<i64>,
}

/// What the channel made of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Delivered {
    /// The channel's numbers of the messages that were sent or changed.
    pub message_ids: SmallVec<[i64; 1]>,
    /// The ids by which the same bot can send the same files again, in order.
    pub file_ids: Vec<String>,
}

/// A message that was not delivered, or of which nobody knows.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text}")]
pub struct Undelivered {
    /// What to do about it.
    pub refusal: Refusal,
    /// A stable name for metrics, rows and logs.
    pub code: &'static str,
    /// The channel's words, for the log; no secret.
    pub text: String,
}

/// What to do about a message that was not delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It changes nothing: as good as done.
    Unchanged,
    /// The channel asks to wait so many seconds; it does not say whether in this chat or everywhere.
    Wait(u32),
    /// The chat has another number.
    Moved(ChatId),
    /// Its mark-up is refused; it may go as plain text.
    MarkUp,
    /// The message that it edits or quotes is gone.
    MessageGone,
    /// Its topic is gone.
    ThreadGone,
    /// The chat cannot be written to.
    ChatGone,
    /// The bot itself is not let in.
    Unauthorised,
    /// It was not carried out, and the same may succeed later.
    Later,
    /// It may have been carried out: its answer was never read.
    Unknown,
    /// It was not carried out, and the same will be refused again.
    Final,
}

/// Hands messages to a channel for one bot. Used on one thread.
pub trait Carrier {
    /// The channel.
    fn channel(&self) -> Channel;

    /// How long a hand-over may take: one that would outlast the node's lease is not begun.
    fn patience(&self) -> std::time::Duration;

    /// Hands a message over. One call, so one outcome.
    fn deliver<'a>(
        &'a self,
        delivery: Delivery<'a>,
    ) -> LocalBoxFuture<'a, Result<Delivered, Undelivered>>;
}
