//! What is known of chats: blocked, migrated, told to wait. And the rewriting of a chat that
//! became a supergroup.

use diesel::prelude::*;

use crate::model::{BotCode, Channel, ChatId, Moment};

use super::conn::{Conn, on_engine};
use super::dialect::{ChoiceOpen, InboxPending, MessageOpen};
use super::error::StoreError;
use super::journal;
use super::schema::{chats, choices, conversations, inbox, messages, pauses};

/// A chat of a bot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChatRecord {
    /// When the bot was blocked or kicked; `None`: it may write.
    pub blocked_at: Option<Moment>,
    /// The channel's words.
    pub reason: Option<String>,
    /// The supergroup that the chat became.
    pub migrated_to: Option<ChatId>,
}

/// What is known of a chat; the default where nothing is.
///
/// # Errors
/// An outage.
pub fn get(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
    chat: ChatId,
) -> Result<ChatRecord, StoreError> {
    let row: Option<(Option<i64>, Option<String>, Option<i64>)> = on_engine!(conn, c => chats::table
        .find((channel.as_str(), bot.as_str(), chat.0))
        .select((chats::blocked_at, chats::reason, chats::migrated_to))
        .get_result(c)
        .optional())?;
    let (blocked_at, reason, migrated_to) = row.unwrap_or_default();
    Ok(ChatRecord {
        blocked_at: blocked_at.map(Moment),
        reason,
        migrated_to: migrated_to.map(ChatId),
    })
}

/// Marks a chat as blocked, or (`None`) as open again: the person wrote.
///
/// # Errors
/// An outage.
pub fn set_blocked(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
    chat: ChatId,
    blocked: Option<(Moment, &str)>,
) -> Result<(), StoreError> {
    let at = blocked.map(|(at, _)| at.0);
    let reason = blocked.map(|(_, reason)| reason);
    on_engine!(conn, c => diesel::insert_into(chats::table)
        .values((
            chats::channel.eq(channel.as_str()),
            chats::bot.eq(bot.as_str()),
            chats::chat.eq(chat.0),
            chats::blocked_at.eq(at),
            chats::reason.eq(reason),
        ))
        .on_conflict((chats::channel, chats::bot, chats::chat))
        .do_update()
        .set((chats::blocked_at.eq(at), chats::reason.eq(reason)))
        .execute(c))?;
    Ok(())
}

/// The chats of a bot that are blocked, for the courier's memory.
///
/// # Errors
/// An outage.
pub fn blocked_of_bot(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
) -> Result<Vec<ChatId>, StoreError> {
    let rows: Vec<i64> = on_engine!(conn, c => chats::table
        .filter(
            chats::channel
                .eq(channel.as_str())
                .and(chats::bot.eq(bot.as_str()))
                .and(chats::blocked_at.is_not_null()),
        )
        .select(chats::chat)
        .order(chats::chat)
        .load(c))?;
    Ok(rows.into_iter().map(ChatId).collect())
}

/// Rewrites a chat that became another one wherever something is still to happen in it: open
/// messages, waiting updates, conversations, open choices, registrations, pauses; the chat itself
/// keeps a pointer to the new one. Rows of the past keep the old chat: their message numbers are
/// valid in no other.
///
/// # Errors
/// An outage.
pub fn rewrite_chat(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
    old: ChatId,
    new: ChatId,
) -> Result<(), StoreError> {
    journal::take_out_of_chat(conn, bot, old)?;
    let code = bot.as_str();
    let channel_name = channel.as_str();
    on_engine!(conn, c => diesel::update(messages::table)
        .filter(
            MessageOpen
                .and(messages::bot.eq(code))
                .and(messages::channel.eq(channel_name))
                .and(messages::chat.eq(old.0)),
        )
        .set(messages::chat.eq(new.0))
        .execute(c))?;
    on_engine!(conn, c => diesel::update(inbox::table)
        .filter(
            InboxPending
                .and(inbox::bot.eq(code))
                .and(inbox::channel.eq(channel_name))
                .and(inbox::chat.eq(Some(old.0))),
        )
        .set(inbox::chat.eq(Some(new.0)))
        .execute(c))?;

    // Where the new chat has a row already, it is the fresher one and the old row goes.
    let senders: Vec<i64> = on_engine!(conn, c => conversations::table
        .filter(conversations::bot.eq(code).and(conversations::chat.eq(new.0)))
        .select(conversations::sender)
        .load(c))?;
    for sender in senders {
        on_engine!(conn, c => diesel::delete(conversations::table.find((code, old.0, sender)))
            .execute(c))?;
    }
    on_engine!(conn, c => diesel::update(conversations::table)
        .filter(conversations::bot.eq(code).and(conversations::chat.eq(old.0)))
        .set(conversations::chat.eq(new.0))
        .execute(c))?;

    let open: Vec<(i64, String)> = on_engine!(conn, c => choices::table
        .filter(ChoiceOpen.and(choices::bot.eq(code)).and(choices::chat.eq(old.0)))
        .select((choices::id, choices::body))
        .load(c))?;
    for (id, body) in open {
        let mut choice = super::choices::read(id, &body)?;
        choice.chat = new;
        super::choices::put(conn, bot, &choice)?;
    }

    super::registrations::move_chat(conn, channel, bot, old, new)?;
    on_engine!(conn, c => diesel::delete(pauses::table.find((channel_name, code, old.0)))
        .execute(c))?;
    on_engine!(conn, c => diesel::insert_into(chats::table)
        .values((
            chats::channel.eq(channel_name),
            chats::bot.eq(code),
            chats::chat.eq(old.0),
            chats::migrated_to.eq(Some(new.0)),
        ))
        .on_conflict((chats::channel, chats::bot, chats::chat))
        .do_update()
        .set(chats::migrated_to.eq(Some(new.0)))
        .execute(c))?;
    Ok(())
}
