//! Chats and bots that Telegram told to wait: kept over a restart.

use diesel::prelude::*;

use crate::model::{BotCode, Channel, ChatId, Moment};

use super::conn::{Conn, on_engine};
use super::error::StoreError;
use super::schema::pauses;

/// A pause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pause {
    /// The chat; `None`: the whole bot.
    pub chat: Option<ChatId>,
    /// When it was set.
    pub set_at: Moment,
    /// Until when.
    pub until: Moment,
}

/// The number that stands for the whole bot: Telegram gives no chat this id.
const WHOLE_BOT: i64 = 0;

/// Sets a pause, in place of the one that is there.
///
/// # Errors
/// An outage.
pub fn set(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
    pause: &Pause,
) -> Result<(), StoreError> {
    on_engine!(conn, c => diesel::insert_into(pauses::table)
        .values((
            pauses::channel.eq(channel.as_str()),
            pauses::bot.eq(bot.as_str()),
            pauses::chat.eq(pause.chat.map_or(WHOLE_BOT, |chat| chat.0)),
            pauses::until_at.eq(pause.until.0),
            pauses::set_at.eq(pause.set_at.0),
        ))
        .on_conflict((pauses::channel, pauses::bot, pauses::chat))
        .do_update()
        .set((
            pauses::until_at.eq(pause.until.0),
            pauses::set_at.eq(pause.set_at.0),
        ))
        .execute(c))?;
    Ok(())
}

/// The pauses of a bot that last beyond the given moment.
///
/// # Errors
/// An outage.
pub fn of_bot(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
    now: Moment,
) -> Result<Vec<Pause>, StoreError> {
    let rows: Vec<(i64, i64, i64)> = on_engine!(conn, c => pauses::table
        .filter(
            pauses::channel
                .eq(channel.as_str())
                .and(pauses::bot.eq(bot.as_str()))
                .and(pauses::until_at.gt(now.0)),
        )
        .select((pauses::chat, pauses::until_at, pauses::set_at))
        .order(pauses::chat)
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(chat, until, set_at)| Pause {
            chat: (chat != WHOLE_BOT).then_some(ChatId(chat)),
            set_at: Moment(set_at),
            until: Moment(until),
        })
        .collect())
}

/// Deletes pauses that are over.
///
/// # Errors
/// An outage.
pub fn purge(conn: &mut Conn, now: Moment) -> Result<usize, StoreError> {
    Ok(on_engine!(conn, c => diesel::delete(pauses::table)
        .filter(pauses::until_at.le(now.0))
        .execute(c))?)
}
