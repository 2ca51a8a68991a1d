//! Choices that were offered, kept so that an old button still answers.

use std::marker::PhantomData;

use diesel::prelude::*;

use crate::model::{BotCode, ChoiceId, ChoiceStatus, Moment, OpenChoice};

use super::conn::{Conn, on_engine};
use super::dialect::{ChoiceClosed, PutChoice};
use super::error::StoreError;
use super::schema::choices;

/// A closed choice is kept so long (R137): its buttons open it anew until then.
pub const KEEP_DAYS: i64 = 30;

fn status(status: ChoiceStatus) -> &'static str {
    match status {
        ChoiceStatus::Open => "open",
        ChoiceStatus::Closed => "closed",
    }
}

pub(super) fn body(choice: &OpenChoice) -> Result<String, StoreError> {
    serde_json::to_string(choice)
        .map_err(|error| StoreError::other(format!("выбор {}: {error}", choice.id)))
}

pub(super) fn read(id: i64, body: &str) -> Result<OpenChoice, StoreError> {
    serde_json::from_str(body)
        .map_err(|error| StoreError::other(format!("выбор {id} не читается: {error}")))
}

/// Writes a choice: new, or in place of the one with its id.
///
/// # Errors
/// An outage.
pub fn put(conn: &mut Conn, bot: &BotCode, choice: &OpenChoice) -> Result<(), StoreError> {
    let body = body(choice)?;
    let status = status(choice.status);
    let put = PutChoice {
        id: choice.id.0,
        bot: bot.as_str(),
        chat: choice.chat.0,
        sender: choice.sender.0,
        status,
        body: &body,
        at: choice.at.0,
        borrows: PhantomData,
    };
    on_engine!(conn, c => put.execute(c))?;
    Ok(())
}

/// A choice of this bot; `None` also when it belongs to another bot (data of a button is not
/// trusted).
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, bot: &BotCode, id: ChoiceId) -> Result<Option<OpenChoice>, StoreError> {
    let body: Option<String> = on_engine!(conn, c => choices::table
        .find(id.0)
        .filter(choices::bot.eq(bot.as_str()))
        .select(choices::body)
        .get_result(c)
        .optional())?;
    body.map(|body| read(id.0, &body)).transpose()
}

/// Closes a choice; false when it is not there.
///
/// # Errors
/// An outage.
pub fn close(conn: &mut Conn, bot: &BotCode, id: ChoiceId) -> Result<bool, StoreError> {
    match get(conn, bot, id)? {
        None => Ok(false),
        Some(mut choice) => {
            choice.status = ChoiceStatus::Closed;
            put(conn, bot, &choice)?;
            Ok(true)
        }
    }
}

/// Deletes closed choices offered before the given moment, at most `limit`; tells how many.
///
/// # Errors
/// An outage.
pub fn purge(conn: &mut Conn, before: Moment, limit: i64) -> Result<usize, StoreError> {
    let ids: Vec<i64> = on_engine!(conn, c => choices::table
        .filter(ChoiceClosed.and(choices::at.lt(before.0)))
        .order(choices::at)
        .limit(limit)
        .select(choices::id)
        .load(c))?;
    Ok(on_engine!(conn, c => diesel::delete(choices::table)
        .filter(choices::id.eq_any(&ids))
        .execute(c))?)
}
