//! What an earlier self of a bot left behind, and the messages whose handing over a crash interrupted.

use std::collections::HashSet;

use super::messages::stored_parcel;
use super::{CHANNEL, look, settle};
use crate::channels::pace::{Pause, PauseScope};
use crate::model::{
    BotCode, ChatId, ConversationKey, MessageKey, MessageKind, MessageState, Moment, Resend,
    TelegramBotId,
};
use crate::runtime::bot::parcel::Parcel;
use crate::runtime::clock::{Clock, Steady};
use crate::store::messages::{self, StoredMessage};
use crate::store::{Store, chats, conversations, journal, offsets, pauses};

/// Telegram keeps updates for 24 hours.
const TELEGRAM_KEEPS_S: i64 = 24 * 3600;

/// What an earlier self of a bot left behind.
pub struct LeftBehind {
    /// The next update to ask for.
    pub next_offset: Option<i64>,
    /// Since when updates may be lost, when the bot was away for longer than Telegram keeps them.
    pub updates_lost_since: Option<Moment>,
    /// Conversations that are not in their first state.
    pub open: HashSet<ConversationKey>,
    /// Chats that cannot be written to.
    pub unreachable: HashSet<ChatId>,
    /// Pauses that still hold, until then in steady time.
    pub pauses: Vec<Pause>,
    /// Where the handing over of messages was interrupted: all open messages in order, those to be sent
    /// again as claimed.
    pub interrupted: Vec<Parcel>,
}

/// Reads what an earlier self left behind and sorts out what a crash interrupted. `None`: the node is
/// ending.
pub async fn read_left_behind(
    store: &Store,
    bot: &BotCode,
    telegram_id: i64,
    clock: &Clock,
) -> Option<LeftBehind> {
    if store.probe().answers_waiting > 0 {
        // Some may be of this bot as it was before it was built anew.
        let code = bot.clone();
        settle(store, "answers of a bot that ended", move |conn| {
            journal::take_out_of_bot(conn, &code)
        })
        .await?;
    }
    let code = bot.clone();
    let (now, steady) = (clock.now(), clock.steady());
    let (left, open_messages) = look(store, "the state of a bot", move |conn| {
        let offset = offsets::get(conn, TelegramBotId(telegram_id))?;
        let open = conversations::list_keys(conn, &code)?;
        let unreachable = chats::blocked_of_bot(conn, CHANNEL, &code)?;
        let paused = pauses::of_bot(conn, CHANNEL, &code, now)?;
        let open_messages =
            messages::open_of_bot(conn, &code, MessageKey(i64::MIN), now, i64::MAX)?;
        let lost_before = now.plus_secs(-TELEGRAM_KEEPS_S);
        let left = LeftBehind {
            next_offset: offset.map(|(next, _)| next.0),
            updates_lost_since: offset.map(|(_, at)| at).filter(|at| *at < lost_before),
            open: open
                .into_iter()
                .map(|(chat, sender)| ConversationKey { chat, sender })
                .collect(),
            unreachable: unreachable.into_iter().collect(),
            pauses: paused
                .into_iter()
                .map(|row| pause_of_row(row, now, steady))
                .collect(),
            interrupted: Vec::new(),
        };
        Ok((left, open_messages))
    })
    .await?;
    let is_sending = |message: &StoredMessage| message.state == MessageState::Sending;
    let interrupted = if open_messages.iter().any(is_sending) {
        recover(store, open_messages).await?
    } else {
        Vec::new()
    };
    Some(LeftBehind {
        interrupted,
        ..left
    })
}

/// No longer than the whole of it, although the clock was set back since.
fn pause_of_row(row: pauses::Pause, now: Moment, steady: Steady) -> Pause {
    let left = row.until.micros_since(now.max(row.set_at));
    Pause {
        scope: match row.chat {
            None => PauseScope::Bot,
            Some(chat) => PauseScope::Chat(chat.0),
        },
        until: steady.plus_micros(left).0,
    }
}

/// Messages that say `sending` were handed over by a process that is gone, or were about to be. They go
/// on in the order of all open messages: one that waits for another try may stand before them.
async fn recover(store: &Store, open: Vec<StoredMessage>) -> Option<Vec<Parcel>> {
    let mut again = Vec::new();
    let mut left = Vec::new();
    for message in open {
        if message.state != MessageState::Sending {
            again.push(message);
            continue;
        }
        let resend = match message.kind.resend() {
            Resend::Freely => true,
            Resend::Marked => message.body.is_some(),
            Resend::Never => false,
        };
        if resend {
            again.push(message)
        } else {
            left.push(message.key)
        }
    }
    let marks: Vec<MessageKey> = again
        .iter()
        .filter(|message| message.state == MessageState::Sending)
        .filter(|message| message.kind != MessageKind::Edit)
        .map(|message| message.key)
        .collect();
    tracing::info!(
        again = marks.len(),
        left = left.len(),
        "messages whose handing over was interrupted are sent again and marked"
    );
    settle(store, "interrupted messages", move |conn| {
        for key in &marks {
            messages::mark_resent(conn, *key)?;
        }
        for key in &left {
            messages::mark(conn, *key, MessageState::Unknown, None)?;
        }
        Ok(())
    })
    .await?;
    Some(
        again
            .into_iter()
            .filter_map(|message| {
                let claimed = message.state == MessageState::Sending;
                stored_parcel(message, claimed)
            })
            .collect(),
    )
}
