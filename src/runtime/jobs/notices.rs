//! What the notifier asks of the store: events that somebody is to be told of, and the notices of one of
//! them with its mark, in one job.

use super::authorizing::name_of;
use super::{CHANNEL, look, settle};
use crate::model::{
    AUTHORIZATION_ACCEPTED, AUTHORIZATION_REJECTED, AUTHORIZATION_RELEASED, AUTHORIZATION_REPLACED,
    AUTHORIZATION_TAKEN, AuthorizationRequest, BotCode, By, ChatId, Moment, Outgoing, PartyRef,
    REGISTRATION_MADE, RequestId,
};
use crate::runtime::hooks::{self, Point};
use crate::store::events::StoredEvent;
use crate::store::{Conn, Store, StoreError, events, registrations, requests, unit_of_work};

/// Events that one look takes.
const EVENTS_MAX: i64 = 100;
/// The kinds that are told.
const KINDS: &[&str] = &[
    REGISTRATION_MADE,
    AUTHORIZATION_ACCEPTED,
    AUTHORIZATION_REJECTED,
    AUTHORIZATION_REPLACED,
    AUTHORIZATION_TAKEN,
    AUTHORIZATION_RELEASED,
];

/// What an event is about.
#[derive(Clone, Debug)]
pub enum About {
    /// Nobody is to be told any more.
    Nothing,
    /// A chat was linked to a party, and still is.
    Registered {
        /// Whose user.
        bot: BotCode,
        /// The private chat.
        chat: ChatId,
        /// The name of the party.
        party: String,
        /// The request that led to it, where there was one.
        request: Option<Box<AuthorizationRequest>>,
    },
    /// A request, as it is now.
    Request {
        /// The kind of the event.
        kind: String,
        /// The request.
        request: Box<AuthorizationRequest>,
        /// The name of the party that its chat is linked to.
        party: String,
        /// The name of who decided, or has it in hand.
        responsible: String,
    },
}

/// An event that is not told yet.
#[derive(Clone, Debug)]
pub struct Open {
    /// Its id.
    pub id: i64,
    /// What it is about.
    pub about: About,
}

/// Events that are not told yet, the oldest first. `None`: the node is ending.
pub async fn open(store: &Store) -> Option<Vec<Open>> {
    look(store, "events to tell", |conn| {
        let mut open = Vec::new();
        for event in events::open_of_kinds(conn, KINDS, EVENTS_MAX)? {
            open.push(Open {
                id: event.id,
                about: about(conn, &event)?,
            });
        }
        Ok(open)
    })
    .await
}

fn about(conn: &mut Conn, event: &StoredEvent) -> Result<About, StoreError> {
    let payload: serde_json::Value = serde_json::from_str(&event.payload).unwrap_or_default();
    if event.kind == REGISTRATION_MADE {
        return registered(conn, event, &payload);
    }
    let id = payload.get("request").and_then(serde_json::Value::as_i64);
    let Some(id) = id else {
        return Ok(About::Nothing);
    };
    let Some(request) = requests::get(conn, RequestId(id))? else {
        return Ok(About::Nothing);
    };
    let party = match &request.party {
        Some(party) => name_of(conn, party)?,
        None => String::new(),
    };
    let responsible = match (&request.decided_by, &request.taken_by) {
        (Some(by), _) => decided_by(conn, by)?,
        (None, Some(user)) => name_of(conn, user)?,
        (None, None) => String::new(),
    };
    Ok(About::Request {
        kind: event.kind.clone(),
        request: Box::new(request),
        party,
        responsible,
    })
}

fn registered(
    conn: &mut Conn,
    event: &StoredEvent,
    payload: &serde_json::Value,
) -> Result<About, StoreError> {
    let bot = payload.get("bot").and_then(serde_json::Value::as_str);
    let chat = payload.get("chat").and_then(serde_json::Value::as_i64);
    let (Some(bot), Some(chat)) = (bot.map(BotCode::new), chat.map(ChatId)) else {
        return Ok(About::Nothing);
    };
    let stored = registrations::stored(conn, CHANNEL, &bot, chat)?;
    // Revoked or linked to another party meanwhile: that has its own event.
    let in_force = stored
        .filter(|stored| stored.version == event.seq && stored.revoked_at.is_none())
        .map(|stored| stored.registration.party);
    let Some(party) = in_force else {
        return Ok(About::Nothing);
    };
    let request = requests::last_of(conn, &bot, chat)?
        .filter(|request| request.party.as_ref() == Some(&party))
        .map(Box::new);
    Ok(About::Registered {
        party: name_of(conn, &party)?,
        bot,
        chat,
        request,
    })
}

/// Who decided, as people know him.
fn decided_by(conn: &mut Conn, by: &str) -> Result<String, StoreError> {
    Ok(match by.parse() {
        Ok(By::Person(who)) => match who.parse::<PartyRef>() {
            Ok(party) => name_of(conn, &party)?,
            Err(_) => who,
        },
        Ok(By::Token(name) | By::Script(name) | By::File(name)) => name,
        Ok(By::System) | Err(_) => by.to_owned(),
    })
}

/// Writes the notices of an event with its mark, unless it is marked already.
pub async fn tell(store: &Store, event: i64, notices: Vec<Outgoing>, now: Moment) -> Option<bool> {
    settle(store, "notices", move |conn| {
        if !events::mark_handled(conn, event, now)? {
            return Ok(false);
        }
        unit_of_work::send(conn, &notices, now)?;
        hooks::pass(Point::Noticed);
        Ok(true)
    })
    .await
}

/// Requests whose responsible people are to be reminded now, and when the next are.
pub async fn due(
    store: &Store,
    now: Moment,
) -> Option<(Vec<AuthorizationRequest>, Option<Moment>)> {
    look(store, "requests that wait", move |conn| {
        Ok((
            requests::due(conn, now, EVENTS_MAX)?,
            requests::next_due(conn)?,
        ))
    })
    .await
}

/// Writes a reminder with the request that says so. False: the request was changed meanwhile.
pub async fn remind(
    store: &Store,
    request: AuthorizationRequest,
    notices: Vec<Outgoing>,
    now: Moment,
) -> Option<bool> {
    settle(store, "a reminder", move |conn| {
        let mut request = request.clone();
        match requests::save(conn, &mut request) {
            Ok(()) => {}
            Err(StoreError::Stale { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        unit_of_work::send(conn, &notices, now)?;
        Ok(true)
    })
    .await
}
