//! Authorisation requests: rows that somebody is to decide, and those that are decided.

use diesel::prelude::*;

use crate::model::{
    AuthorizationRequest, BotCode, By, ChatId, Moment, PartyRef, RequestId, RequestState, Word,
};

use super::conn::{Conn, on_engine};
use super::dialect::RequestOpen;
use super::error::StoreError;
use super::schema::authorization_requests as requests;

fn body(request: &AuthorizationRequest) -> Result<String, StoreError> {
    serde_json::to_string(request)
        .map_err(|error| StoreError::other(format!("запрос авторизации {}: {error}", request.id)))
}

fn read(id: i64, body: &str) -> Result<AuthorizationRequest, StoreError> {
    serde_json::from_str(body)
        .map_err(|error| StoreError::other(format!("запрос авторизации {id} не читается: {error}")))
}

/// Writes a new request.
///
/// # Errors
/// [`StoreError::Stale`] when another one of its chat is open; an outage.
pub fn insert(conn: &mut Conn, request: &AuthorizationRequest) -> Result<(), StoreError> {
    let body = body(request)?;
    // `on conflict` and not an error: PostgreSQL would abort the transaction.
    let inserted = on_engine!(conn, c => diesel::insert_into(requests::table)
        .values((
            requests::id.eq(request.id.0),
            requests::bot.eq(request.bot.as_str()),
            requests::chat.eq(request.chat.0),
            requests::state.eq(request.state.as_str()),
            requests::version.eq(request.version),
            requests::created_at.eq(request.created_at.0),
            requests::decided_at.eq(request.decided_at.map(|at| at.0)),
            requests::remind_at.eq(request.remind_at.map(|at| at.0)),
            requests::body.eq(&body),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 1 {
        Ok(())
    } else {
        Err(stale(request.id))
    }
}

/// Writes a request that was read with this version; its own becomes the next.
///
/// # Errors
/// [`StoreError::Stale`] when it was changed meanwhile; an outage.
pub fn save(conn: &mut Conn, request: &mut AuthorizationRequest) -> Result<(), StoreError> {
    let before = request.version;
    request.version += 1;
    let body = body(request)?;
    let changed = on_engine!(conn, c => diesel::update(requests::table.find(request.id.0))
        .filter(requests::version.eq(before))
        .set((
            requests::state.eq(request.state.as_str()),
            requests::version.eq(request.version),
            requests::decided_at.eq(request.decided_at.map(|at| at.0)),
            requests::remind_at.eq(request.remind_at.map(|at| at.0)),
            requests::body.eq(&body),
        ))
        .execute(c))?;
    if changed == 1 {
        Ok(())
    } else {
        Err(stale(request.id))
    }
}

fn stale(id: RequestId) -> StoreError {
    StoreError::stale(format!("запрос авторизации {id}"))
}

/// One request.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, id: RequestId) -> Result<Option<AuthorizationRequest>, StoreError> {
    let found: Option<String> = on_engine!(conn, c => requests::table
        .find(id.0)
        .select(requests::body)
        .get_result(c)
        .optional())?;
    found.map(|body| read(id.0, &body)).transpose()
}

/// The open request of a chat.
///
/// # Errors
/// An outage.
pub fn open_of(
    conn: &mut Conn,
    bot: &BotCode,
    chat: ChatId,
) -> Result<Option<AuthorizationRequest>, StoreError> {
    let found: Option<(i64, String)> = on_engine!(conn, c => requests::table
        .filter(RequestOpen.and(requests::bot.eq(bot.as_str())).and(requests::chat.eq(chat.0)))
        .select((requests::id, requests::body))
        .first(c)
        .optional())?;
    found.map(|(id, body)| read(id, &body)).transpose()
}

/// The last request of a chat, whatever became of it.
///
/// # Errors
/// An outage.
pub fn last_of(
    conn: &mut Conn,
    bot: &BotCode,
    chat: ChatId,
) -> Result<Option<AuthorizationRequest>, StoreError> {
    let found: Option<(i64, String)> = on_engine!(conn, c => requests::table
        .filter(requests::bot.eq(bot.as_str()).and(requests::chat.eq(chat.0)))
        .order(requests::id.desc())
        .select((requests::id, requests::body))
        .first(c)
        .optional())?;
    found.map(|(id, body)| read(id, &body)).transpose()
}

/// How many requests of a chat were refused since a moment (D21: at most five a day).
///
/// # Errors
/// An outage.
pub fn refused_since(
    conn: &mut Conn,
    bot: &BotCode,
    chat: ChatId,
    since: Moment,
) -> Result<i64, StoreError> {
    Ok(on_engine!(conn, c => requests::table
        .filter(
            requests::bot.eq(bot.as_str())
                .and(requests::chat.eq(chat.0))
                .and(requests::decided_at.ge(since.0))
                .and(requests::state.eq_any(["rejected", "failed"])),
        )
        .count()
        .get_result(c))?)
}

/// The chat was linked to a party by other means: its open request is decided by that.
///
/// # Errors
/// An outage.
pub(super) fn settle_registered(
    conn: &mut Conn,
    (bot, chat): (&BotCode, ChatId),
    party: &PartyRef,
    at: Moment,
    by: &By,
) -> Result<Option<AuthorizationRequest>, StoreError> {
    let Some(mut request) = open_of(conn, bot, chat)? else {
        return Ok(None);
    };
    accept(&mut request, party, at, by);
    save(conn, &mut request)?;
    Ok(Some(request))
}

/// What an accepted request says.
pub(super) fn accept(request: &mut AuthorizationRequest, party: &PartyRef, at: Moment, by: &By) {
    request.party = Some(party.clone());
    decide(request, RequestState::Accepted, at, by);
}

/// What a decided request says.
pub(super) fn decide(request: &mut AuthorizationRequest, state: RequestState, at: Moment, by: &By) {
    request.state = state;
    request.decided_at = Some(at);
    request.decided_by = Some(by.to_string());
    request.remind_at = None;
}

/// Requests whose responsible people are to be reminded, the longest due first.
///
/// # Errors
/// An outage.
pub fn due(
    conn: &mut Conn,
    now: Moment,
    limit: i64,
) -> Result<Vec<AuthorizationRequest>, StoreError> {
    let rows: Vec<(i64, String)> = on_engine!(conn, c => requests::table
        .filter(requests::remind_at.is_not_null().and(requests::remind_at.le(now.0)))
        .order(requests::remind_at)
        .limit(limit)
        .select((requests::id, requests::body))
        .load(c))?;
    rows.into_iter().map(|(id, body)| read(id, &body)).collect()
}

/// When the next reminder is due.
///
/// # Errors
/// An outage.
pub fn next_due(conn: &mut Conn) -> Result<Option<Moment>, StoreError> {
    let next: Option<Option<i64>> = on_engine!(conn, c => requests::table
        .filter(requests::remind_at.is_not_null())
        .order(requests::remind_at)
        .select(requests::remind_at)
        .first(c)
        .optional())?;
    Ok(next.flatten().map(Moment))
}

/// Which requests a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<RequestState>,
    /// Of this bot.
    pub bot: Option<BotCode>,
    /// Of this chat.
    pub chat: Option<ChatId>,
    /// Older than this one.
    pub before: Option<RequestId>,
    /// At most so many.
    pub limit: i64,
}

/// Requests, the newest first.
///
/// # Errors
/// An outage.
pub fn list(conn: &mut Conn, filter: &Filter) -> Result<Vec<AuthorizationRequest>, StoreError> {
    let rows: Vec<(i64, String)> = on_engine!(conn, c => {
        let mut query = requests::table
            .order(requests::id.desc())
            .limit(filter.limit)
            .select((requests::id, requests::body))
            .into_boxed();
        if let Some(state) = filter.state {
            query = query.filter(requests::state.eq(state.as_str()));
        }
        if let Some(bot) = &filter.bot {
            query = query.filter(requests::bot.eq(bot.as_str()));
        }
        if let Some(chat) = filter.chat {
            query = query.filter(requests::chat.eq(chat.0));
        }
        if let Some(before) = filter.before {
            query = query.filter(requests::id.lt(before.0));
        }
        query.load(c)
    })?;
    rows.into_iter().map(|(id, body)| read(id, &body)).collect()
}

/// How many requests are in each state.
///
/// # Errors
/// An outage.
pub fn counts(conn: &mut Conn) -> Result<Vec<(RequestState, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = on_engine!(conn, c => requests::table
        .group_by(requests::state)
        .select((requests::state, diesel::dsl::count_star()))
        .load(c))?;
    Ok(rows
        .into_iter()
        .filter_map(|(state, count)| Some((RequestState::from_word(&state)?, count)))
        .collect())
}

/// Deletes requests decided before the given moment, at most `limit`: they hold what people wrote of
/// themselves. Tells how many.
///
/// # Errors
/// An outage.
pub fn purge(conn: &mut Conn, before: Moment, limit: i64) -> Result<usize, StoreError> {
    let ids: Vec<i64> = on_engine!(conn, c => requests::table
        .filter(requests::state.eq_any(["accepted", "rejected", "failed", "replaced"])
            .and(requests::decided_at.lt(before.0)))
        .order(requests::id)
        .limit(limit)
        .select(requests::id)
        .load(c))?;
    Ok(on_engine!(conn, c => diesel::delete(requests::table)
        .filter(requests::id.eq_any(&ids))
        .execute(c))?)
}
