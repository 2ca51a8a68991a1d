//! Chats that have another number, cannot be written to, or are to be left alone for a while.

use super::{CHANNEL, settle};
use crate::channels::pace::{Pause, PauseScope};
use crate::model::{BotCode, ChatId, Moment};
use crate::runtime::clock::{Clock, Steady};
use crate::store::{Store, chats, pauses};

/// A group became a supergroup.
pub async fn rewrite_chat(store: &Store, bot: &BotCode, from: ChatId, to: ChatId) {
    let bot = bot.clone();
    settle(store, "a chat with another number", move |conn| {
        chats::rewrite_chat(conn, CHANNEL, &bot, from, to)
    })
    .await;
}

/// A chat cannot be written to.
pub async fn chat_gone(store: &Store, bot: &BotCode, chat: ChatId, code: &'static str, at: Moment) {
    let bot = bot.clone();
    settle(store, "a chat that is gone", move |conn| {
        chats::set_blocked(conn, CHANNEL, &bot, chat, Some((at, code)))
    })
    .await;
}

/// A pause outlives a restart: by the wall clock, for steady time begins anew.
pub async fn keep_pause(store: &Store, clock: &Clock, bot: &BotCode, pause: Pause) {
    let now = clock.now();
    let left = Steady(pause.until).micros_since(clock.steady());
    let bot = bot.clone();
    let row = pauses::Pause {
        chat: match pause.scope {
            PauseScope::Bot => None,
            PauseScope::Chat(chat) => Some(ChatId(chat)),
        },
        set_at: now,
        until: now.plus_micros(left),
    };
    settle(store, "a pause", move |conn| {
        pauses::set(conn, CHANNEL, &bot, &row)
    })
    .await;
}
