//! What the rules of authorisation want to see: requests, links, parties that fit.

use super::look;
use crate::authorization::{self, Fitting, Look, OFFERED_MAX};
use crate::dialogue::{Facts, FactsNeeded, Looked};
use crate::model::{
    AttributeValue, AuthorizationRequest, BotCode, ChatId, Moment, Party, PartyKind, PartyRef,
};
use crate::store::{Conn, Store, StoreError, links, parties, requests};

/// Refusals are counted over so long (D21).
const DAY_S: i64 = 86_400;
/// The catalogs in the order in which parties are offered.
const KINDS: [PartyKind; 3] = [PartyKind::Counterparty, PartyKind::Partner, PartyKind::User];

/// What a decision about a message in this chat wants to see. `None`: the node is ending.
pub async fn facts(
    store: &Store,
    bot: &BotCode,
    chat: ChatId,
    needed: FactsNeeded,
    now: Moment,
) -> Option<Facts> {
    let bot = bot.clone();
    look(
        store,
        "what authorisation needs",
        move |conn| match &needed {
            FactsNeeded::Applicant => Ok(Facts::Applicant {
                open: requests::open_of(conn, &bot, chat)?.map(Box::new),
                refused: requests::refused_since(conn, &bot, chat, now.plus_secs(-DAY_S))?,
            }),
            FactsNeeded::Link(hash) => Ok(Facts::Link(links::by_hash(conn, hash)?.map(Box::new))),
            FactsNeeded::Card { request, looked } => {
                let request = requests::get(conn, *request)?;
                let fitting = match &request {
                    Some(request) => looked_for(conn, request, looked)?,
                    None => Vec::new(),
                };
                let taken_by = match request
                    .as_ref()
                    .and_then(|request| request.taken_by.as_ref())
                {
                    Some(user) => name_of(conn, user)?,
                    None => String::new(),
                };
                Ok(Facts::Card {
                    request: request.map(Box::new),
                    fitting,
                    taken_by,
                })
            }
        },
    )
    .await
}

/// The name of a party; its reference where it is gone.
///
/// # Errors
/// An outage.
pub fn name_of(conn: &mut Conn, party: &PartyRef) -> Result<String, StoreError> {
    Ok(match parties::get(conn, party)? {
        Some(found) if !found.name.trim().is_empty() => found.name,
        _ => party.to_string(),
    })
}

fn looked_for(
    conn: &mut Conn,
    request: &AuthorizationRequest,
    looked: &Looked,
) -> Result<Vec<Fitting>, StoreError> {
    let looks = match looked {
        Looked::Nothing => return Ok(Vec::new()),
        Looked::Offered(index) => {
            let mut found = Vec::new();
            if let Some(party) = request.offered.get(*index) {
                add(conn, party, &mut found)?;
            }
            return Ok(found);
        }
        Looked::ByData => authorization::looks(&request.data.text, request.data.phone.as_deref()),
        Looked::By(text) => authorization::looks(text, None),
    };
    fitting(conn, &looks)
}

/// Parties that fit, the surest first, at most [`OFFERED_MAX`]; none that is marked for deletion.
///
/// # Errors
/// An outage.
pub fn fitting(conn: &mut Conn, looks: &[Look]) -> Result<Vec<Fitting>, StoreError> {
    let most = i64::try_from(OFFERED_MAX).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for look in looks {
        for kind in KINDS {
            if found.len() >= OFFERED_MAX {
                return Ok(found);
            }
            let parties = match look {
                Look::Attribute(name, value) => {
                    parties::find_by_attribute(conn, kind, name, value, most)?
                }
                Look::Code(code) => parties::find_by_code(conn, kind, code)?
                    .into_iter()
                    .collect(),
                Look::Name(name) => parties::names_beginning(conn, kind, name, most)?,
            };
            for party in parties {
                if found.len() < OFFERED_MAX {
                    add(conn, &party, &mut found)?;
                }
            }
        }
    }
    Ok(found)
}

fn add(conn: &mut Conn, party: &PartyRef, found: &mut Vec<Fitting>) -> Result<(), StoreError> {
    if found.iter().any(|known| known.party == *party) {
        return Ok(());
    }
    if let Some(party) = parties::get(conn, party)?.filter(|party| !party.deleted) {
        found.push(Fitting {
            detail: detail(&party),
            name: party.name,
            party: party.reference,
        });
    }
    Ok(())
}

/// What tells a party from others of its name.
fn detail(party: &Party) -> String {
    match party.attributes.get("inn") {
        Some(AttributeValue::Text(inn) | AttributeValue::Number(inn)) => inn.clone(),
        _ => party.reference.code.clone(),
    }
}
