//! Changes of registrations and of authorisation requests that touch several tables: what they write
//! together, and the events by which others hear of it.

use crate::model::{
    AUTHORIZATION_ACCEPTED, AUTHORIZATION_REJECTED, AUTHORIZATION_REPLACED, AuthorizationRequest,
    By, Channel, ChatId, IdSource, LinkGrant, LinkId, Party, PartyRef, REGISTRATION_MADE,
    Registration, RequestId, RequestState, Verdict,
};

use super::conn::Conn;
use super::error::StoreError;
use super::events::{self, NewEvent};
use super::unit_of_work::Stamp;
use super::{links, parties, registrations, requests};

const CHANNEL: Channel = Channel::Telegram;

/// Links a chat to a party. False when it is linked to it already.
pub(super) fn register(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    registration: &Registration,
    by: &By,
) -> Result<bool, StoreError> {
    if !link(conn, stamp, registration, by)? {
        return Ok(false);
    }
    let place = (&registration.bot, registration.chat);
    let settled = requests::settle_registered(conn, place, &registration.party, stamp.at, by)?;
    if let Some(request) = settled {
        tell(conn, stamp, &request, AUTHORIZATION_ACCEPTED)?;
    }
    Ok(true)
}

fn link(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    registration: &Registration,
    by: &By,
) -> Result<bool, StoreError> {
    let Registration { bot, chat, party } = registration;
    if registrations::party_of(conn, CHANNEL, bot, *chat)?.as_ref() == Some(party) {
        return Ok(false);
    }
    let version = registrations::register(conn, CHANNEL, registration, stamp.at, by)?;
    if stamp.quiet {
        return Ok(true);
    }
    events::append(
        conn,
        &NewEvent {
            id: stamp.ids.next_id(),
            stream: format!("registration:{}:{bot}:{chat}", CHANNEL.as_str()),
            seq: version,
            kind: REGISTRATION_MADE.to_owned(),
            version: 1,
            at: stamp.at,
            by: by.clone(),
            cause: None,
            payload: serde_json::json!({ "bot": bot, "chat": chat, "party": party }).to_string(),
        },
    )?;
    Ok(true)
}

fn tell(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    request: &AuthorizationRequest,
    kind: &str,
) -> Result<(), StoreError> {
    events::append(
        conn,
        &NewEvent {
            id: stamp.ids.next_id(),
            stream: format!("authorization:{}", request.id),
            seq: request.version,
            kind: kind.to_owned(),
            version: 1,
            at: stamp.at,
            by: stamp.by.clone(),
            cause: None,
            payload: serde_json::json!({ "request": request.id }).to_string(),
        },
    )
}

/// Writes a request as it came out of the chain, in place of the open one that was read.
pub(super) fn open(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    request: &AuthorizationRequest,
    replaces: Option<(RequestId, i64)>,
) -> Result<(), StoreError> {
    let former = requests::open_of(conn, &request.bot, request.chat)?;
    if former.as_ref().map(|former| (former.id, former.version)) != replaces {
        return Err(StoreError::stale(format!(
            "запрос авторизации чата {}",
            request.chat
        )));
    }
    // Registered by somebody else while the chain was at work: nothing is left to be decided.
    if registrations::party_of(conn, CHANNEL, &request.bot, request.chat)?.is_some() {
        return Err(StoreError::stale(format!("чат {}", request.chat)));
    }
    if let Some(mut former) = former {
        requests::decide(&mut former, RequestState::Replaced, stamp.at, stamp.by);
        requests::save(conn, &mut former)?;
        tell(conn, stamp, &former, AUTHORIZATION_REPLACED)?;
    }
    requests::insert(conn, request)
}

/// Writes how a request goes on waiting.
pub(super) fn save(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    request: &AuthorizationRequest,
    event: Option<&'static str>,
) -> Result<(), StoreError> {
    let mut request = request.clone();
    requests::save(conn, &mut request)?;
    match event {
        Some(event) => tell(conn, stamp, &request, event),
        None => Ok(()),
    }
}

/// Decides a request that is open and has this version.
pub(super) fn decide(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    (id, version): (RequestId, i64),
    verdict: &Verdict,
    by: &By,
) -> Result<(), StoreError> {
    let found = requests::get(conn, id)?;
    let mut request = found
        .filter(|request| request.state.is_open() && request.version == version)
        .ok_or_else(|| StoreError::stale(format!("запрос авторизации {id}")))?;
    let party = match verdict {
        Verdict::Reject(reason) => {
            request.reason.clone_from(reason);
            requests::decide(&mut request, RequestState::Rejected, stamp.at, by);
            requests::save(conn, &mut request)?;
            return tell(conn, stamp, &request, AUTHORIZATION_REJECTED);
        }
        Verdict::Accept(party) => {
            let alive = parties::get(conn, party)?.is_some_and(|party| !party.deleted);
            if !alive {
                return Err(StoreError::stale(party.to_string()));
            }
            party.clone()
        }
        Verdict::Create(party) => create(conn, party)?,
    };
    requests::accept(&mut request, &party, stamp.at, by);
    requests::save(conn, &mut request)?;
    let registration = Registration {
        bot: request.bot.clone(),
        chat: request.chat,
        party,
    };
    link(conn, stamp, &registration, by)?;
    tell(conn, stamp, &request, AUTHORIZATION_ACCEPTED)
}

fn create(conn: &mut Conn, party: &Party) -> Result<PartyRef, StoreError> {
    let mut party = party.clone();
    if party.reference.code.is_empty() {
        party.reference.code = parties::next_code(conn, party.reference.kind)?;
    }
    parties::save(conn, &party, None)?;
    Ok(party.reference)
}

/// A person opened a link that has this version: it lets him in or is stale.
pub(super) fn use_link(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    (id, version): (LinkId, i64),
    chat: ChatId,
    name: &str,
) -> Result<(), StoreError> {
    let found = links::get(conn, id)?;
    let mut link = found
        .filter(|link| link.version == version && link.lets_in(stamp.at))
        .ok_or_else(|| StoreError::stale(format!("ссылка {id}")))?;
    let party = match &link.grant {
        LinkGrant::Party(party) => party.clone(),
        LinkGrant::New { kind, groups } => create(
            conn,
            &Party {
                reference: PartyRef {
                    kind: *kind,
                    code: String::new(),
                },
                name: name.to_owned(),
                groups: groups.clone(),
                time_zone: None,
                language: None,
                deleted: false,
                attributes: Default::default(),
            },
        )?,
    };
    link.used += 1;
    if link.used >= link.limit {
        link.sealed = None;
    }
    links::save(conn, &mut link)?;
    let registration = Registration {
        bot: link.bot.clone(),
        chat,
        party,
    };
    let by = By::Person(format!("telegram:{}:{chat}", link.bot));
    register(conn, stamp, &registration, &by)?;
    Ok(())
}
