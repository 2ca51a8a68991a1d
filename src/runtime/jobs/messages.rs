//! The rows of outgoing messages: claimed before they leave, marked when they have.

use std::collections::HashSet;

use super::{look, settle};
use crate::model::{BotCode, MessageKey, MessageState, Moment};
use crate::runtime::bot::parcel::Parcel;
use crate::runtime::hooks::{self, Point};
use crate::store::Store;
use crate::store::messages::{self, SendError, SentMark, StoredMessage};

/// A deferred message that is sent so much later than asked is marked late (D25).
const LATE_AFTER_S: i64 = 60;

pub(super) fn stored_parcel(message: StoredMessage, claimed: bool) -> Option<Parcel> {
    let outgoing = message.outgoing()?;
    Some(Parcel {
        tries: u32::try_from(message.tries).unwrap_or(0),
        resends: u32::from(message.resent),
        ..Parcel::new(outgoing, claimed, message.created_at, None)
    })
}

/// A row of a bot that is still open.
pub enum OutboxRow {
    /// To be sent.
    Queued(Parcel),
    /// Being sent.
    Sending,
}

/// The open rows of a bot that are due, in order.
pub async fn open_rows(store: &Store, bot: &BotCode, now: Moment, limit: usize) -> Vec<OutboxRow> {
    let code = bot.clone();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = look(store, "open messages", move |conn| {
        messages::open_of_bot(conn, &code, MessageKey(i64::MIN), now, limit)
    })
    .await
    .unwrap_or_default();
    let mut open = Vec::with_capacity(rows.len());
    for row in rows {
        let key = row.key;
        match row.state {
            MessageState::Queued => match stored_parcel(row, false) {
                Some(parcel) => open.push(OutboxRow::Queued(parcel)),
                None => mark_failed(store, key, "unreadable", "the body cannot be read").await,
            },
            _ => open.push(OutboxRow::Sending),
        }
    }
    open
}

/// Turns queued rows to `sending`; gives those that were still queued, `None` when nothing was written.
pub async fn claim(store: &Store, keys: Vec<MessageKey>) -> Option<HashSet<MessageKey>> {
    settle(store, "a claim", move |conn| {
        hooks::pass(Point::Claim);
        let mut claimed = HashSet::with_capacity(keys.len());
        for key in &keys {
            if messages::mark_sending(conn, &[*key])? == 1 {
                claimed.insert(*key);
            }
        }
        Ok(claimed)
    })
    .await
}

/// Marks messages as sent.
pub async fn mark_sent(store: &Store, marks: Vec<SentMark>) {
    settle(store, "marks of sent messages", move |conn| {
        messages::mark_sent(conn, &marks)
    })
    .await;
}

/// Whether a message that is sent now is later than it was asked for (D25).
pub fn is_late(not_before: Option<Moment>, now: Moment) -> bool {
    not_before.is_some_and(|at| now.micros_since(at) > LATE_AFTER_S * 1_000_000)
}

/// Back to `queued` for another try.
pub async fn requeue(store: &Store, key: MessageKey, at: Moment, code: &'static str) {
    settle(store, "a retry", move |conn| {
        messages::retry_at(conn, key, at, &send_error(code, code))
    })
    .await;
}

/// Claimed messages that were not handed over wait in the table again.
pub async fn unclaim(store: &Store, keys: Vec<MessageKey>) {
    settle(store, "messages given back", move |conn| {
        for key in &keys {
            messages::mark(conn, *key, MessageState::Queued, None)?;
        }
        Ok(())
    })
    .await;
}

/// A message is sent again without knowing whether it had arrived.
pub async fn mark_resent(store: &Store, key: MessageKey) {
    settle(store, "a message sent again", move |conn| {
        messages::mark_resent(conn, key)
    })
    .await;
}

/// It is not known whether a message arrived, and it is left at that.
pub async fn mark_unknown(store: &Store, key: MessageKey, code: &'static str) {
    settle(store, "a message of unknown fate", move |conn| {
        messages::mark(
            conn,
            key,
            MessageState::Unknown,
            Some(&send_error(code, code)),
        )
    })
    .await;
}

/// A message was refused for good.
pub async fn mark_failed(store: &Store, key: MessageKey, code: &str, text: &str) {
    let error = send_error(code, text);
    settle(store, "a refused message", move |conn| {
        messages::mark(conn, key, MessageState::Failed, Some(&error))
    })
    .await;
}

fn send_error(code: &str, text: &str) -> SendError {
    let text = if text == code {
        code.to_owned()
    } else {
        format!("{code}: {text}")
    };
    SendError { code: None, text }
}

/// The channel's number of a message that was sent.
pub async fn message_id(store: &Store, key: MessageKey) -> Option<i64> {
    let message = look(store, "a sent message", move |conn| {
        messages::get(conn, key)
    })
    .await
    .flatten()?;
    message.telegram_message_ids.last().copied()
}
