//! What bots remember of people: one row per (bot, chat, sender) whose state is not the default.

use std::marker::PhantomData;

use diesel::prelude::*;

use crate::model::{BotCode, ChatId, Conversation, Moment, PersonId};

use super::conn::{Conn, on_engine};
use super::dialect::PutConversation;
use super::error::StoreError;
use super::schema::conversations;

/// Writes a conversation; the default one is deleted, for it is not stored.
///
/// # Errors
/// An outage.
pub fn put(
    conn: &mut Conn,
    bot: &BotCode,
    chat: ChatId,
    sender: PersonId,
    conversation: &Conversation,
) -> Result<(), StoreError> {
    if conversation.is_default() {
        return delete(conn, bot, chat, sender);
    }
    let state = serde_json::to_string(conversation)
        .map_err(|error| StoreError::other(format!("состояние беседы: {error}")))?;
    let until = conversation
        .dialogue
        .as_ref()
        .map(|dialogue| dialogue.until().0);
    let put = PutConversation {
        bot: bot.as_str(),
        chat: chat.0,
        sender: sender.0,
        state: &state,
        until_at: until,
        borrows: PhantomData,
    };
    on_engine!(conn, c => put.execute(c))?;
    Ok(())
}

/// Deletes a conversation: it is the default one again.
///
/// # Errors
/// An outage.
pub fn delete(
    conn: &mut Conn,
    bot: &BotCode,
    chat: ChatId,
    sender: PersonId,
) -> Result<(), StoreError> {
    on_engine!(conn, c => diesel::delete(
        conversations::table.find((bot.as_str(), chat.0, sender.0))
    )
    .execute(c))?;
    Ok(())
}

/// A conversation; the default one where none is stored.
///
/// # Errors
/// An outage.
pub fn get(
    conn: &mut Conn,
    bot: &BotCode,
    chat: ChatId,
    sender: PersonId,
) -> Result<Conversation, StoreError> {
    let state: Option<String> = on_engine!(conn, c => conversations::table
        .find((bot.as_str(), chat.0, sender.0))
        .select(conversations::state)
        .get_result(c)
        .optional())?;
    Ok(match state {
        None => Conversation::default(),
        // A state of a form that is no longer read must not lock the person out.
        Some(state) => serde_json::from_str(&state).unwrap_or_else(|error| {
            tracing::error!(%bot, %error, "a stored conversation cannot be read; begun anew");
            Conversation::default()
        }),
    })
}

/// Who has a conversation with the bot that is not the default one.
///
/// # Errors
/// An outage.
pub fn list_keys(conn: &mut Conn, bot: &BotCode) -> Result<Vec<(ChatId, PersonId)>, StoreError> {
    let rows: Vec<(i64, i64)> = on_engine!(conn, c => conversations::table
        .filter(conversations::bot.eq(bot.as_str()))
        .select((conversations::chat, conversations::sender))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(chat, sender)| (ChatId(chat), PersonId(sender)))
        .collect())
}

/// Deletes conversations whose dialogue closed by itself before the given moment, at most `limit`;
/// tells which.
///
/// # Errors
/// An outage.
pub fn delete_closed(
    conn: &mut Conn,
    before: Moment,
    limit: i64,
) -> Result<Vec<(BotCode, ChatId, PersonId)>, StoreError> {
    let rows: Vec<(String, i64, i64)> = on_engine!(conn, c => conversations::table
        .filter(conversations::until_at.is_not_null().and(conversations::until_at.lt(before.0)))
        .order(conversations::until_at)
        .limit(limit)
        .select((conversations::bot, conversations::chat, conversations::sender))
        .load(c))?;
    let mut deleted = Vec::with_capacity(rows.len());
    for (bot, chat, sender) in rows {
        let key = (BotCode::new(&bot), ChatId(chat), PersonId(sender));
        delete(conn, &key.0, key.1, key.2)?;
        deleted.push(key);
    }
    Ok(deleted)
}
