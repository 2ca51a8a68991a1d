//! Who is linked to a chat, and what scripts are told of a party.

use std::collections::{HashMap, HashSet};

use super::{CHANNEL, look};
use crate::model::{AttributeValue, BotCode, ChatId, PartyRef};
use crate::store::{Store, parties, registrations};

/// The private chats of a bot that are linked to a party.
pub async fn parties_of(store: &Store, bot: &BotCode) -> Option<HashMap<ChatId, PartyRef>> {
    let code = bot.clone();
    look(store, "registrations", move |conn| {
        Ok(registrations::of_bot(conn, CHANNEL, &code)?
            .into_iter()
            .collect())
    })
    .await
}

/// The members of groups.
pub async fn members(store: &Store, groups: &[String]) -> Option<HashSet<PartyRef>> {
    if groups.is_empty() {
        return Some(HashSet::new());
    }
    let groups = groups.to_vec();
    look(store, "members of groups", move |conn| {
        let mut members = HashSet::new();
        for group in &groups {
            members.extend(parties::members(conn, group)?);
        }
        Ok(members)
    })
    .await
}

/// What a script is told of a party besides who it is.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its time zone, where it has its own.
    pub time_zone: Option<String>,
    /// Its telephone.
    pub phone: Option<String>,
}

/// Reads what a script is told of a party. `None`: the node is ending.
pub async fn known_of(store: &Store, party: PartyRef) -> Option<Known> {
    look(store, "a party", move |conn| {
        let Some(party) = parties::get(conn, &party)? else {
            return Ok(Known::default());
        };
        let phone = match party.attributes.get("phone") {
            Some(AttributeValue::Text(phone) | AttributeValue::Number(phone)) => {
                Some(phone.clone())
            }
            _ => None,
        };
        Ok(Known {
            time_zone: party.time_zone,
            phone,
        })
    })
    .await
}
