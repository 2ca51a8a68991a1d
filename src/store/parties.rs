//! Users, partners, counterparties and groups.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::model::{AttributeValue, Party, PartyGroup, PartyKind, PartyRef};

use super::conn::{Conn, on_engine};
use super::error::StoreError;
use super::schema::{parties, party_attributes, party_groups, party_members};

/// What a file says of a party: the fields that it names. Fields left out keep their values.
#[derive(Clone, PartialEq, Debug)]
pub struct PartySeed {
    /// Which.
    pub reference: PartyRef,
    /// Наименование.
    pub name: Option<String>,
    /// Codes of groups, all of them.
    pub groups: Option<Vec<String>>,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// Language.
    pub language: Option<String>,
    /// The attributes that are named; others stay.
    pub attributes: BTreeMap<String, AttributeValue>,
}

/// What a seed came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seeded {
    /// It was not there.
    Created,
    /// It was there and is now different.
    Updated,
    /// It was there and says the same.
    Unchanged,
    /// It is there, but was revoked: a seed does not bring it back.
    LeftRevoked,
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::other(format!("сторона: {error}")))
}

/// The text by which an attribute is looked up.
fn search_text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) | AttributeValue::Number(text) | AttributeValue::Date(text) => {
            text.clone()
        }
        AttributeValue::Boolean(value) => value.to_string(),
        AttributeValue::Party(party) => party.to_string(),
    }
}

/// Writes a party whole, with its groups and attributes.
///
/// # Errors
/// An outage.
pub fn put(conn: &mut Conn, party: &Party) -> Result<(), StoreError> {
    let kind = party.reference.kind.as_str();
    let code = party.reference.code.as_str();
    let attributes = json(&party.attributes)?;
    on_engine!(conn, c => diesel::insert_into(parties::table)
        .values((
            parties::kind.eq(kind),
            parties::code.eq(code),
            parties::name.eq(&party.name),
            parties::time_zone.eq(party.time_zone.as_deref()),
            parties::language.eq(party.language.as_deref()),
            parties::deleted.eq(party.deleted),
            parties::attributes.eq(&attributes),
        ))
        .on_conflict((parties::kind, parties::code))
        .do_update()
        .set((
            parties::name.eq(&party.name),
            parties::time_zone.eq(party.time_zone.as_deref()),
            parties::language.eq(party.language.as_deref()),
            parties::deleted.eq(party.deleted),
            parties::attributes.eq(&attributes),
        ))
        .execute(c))?;
    on_engine!(conn, c => diesel::delete(party_members::table)
        .filter(party_members::kind.eq(kind).and(party_members::code.eq(code)))
        .execute(c))?;
    for group in &party.groups {
        on_engine!(conn, c => diesel::insert_into(party_members::table)
            .values((
                party_members::party_group.eq(group),
                party_members::kind.eq(kind),
                party_members::code.eq(code),
            ))
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    on_engine!(conn, c => diesel::delete(party_attributes::table)
        .filter(party_attributes::kind.eq(kind).and(party_attributes::code.eq(code)))
        .execute(c))?;
    for (name, value) in &party.attributes {
        let value = search_text(value);
        on_engine!(conn, c => diesel::insert_into(party_attributes::table)
            .values((
                party_attributes::kind.eq(kind),
                party_attributes::code.eq(code),
                party_attributes::name.eq(name),
                party_attributes::value.eq(&value),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Creates a party or updates the fields that the seed names. A deletion mark stays.
///
/// # Errors
/// An outage.
pub fn seed(conn: &mut Conn, seed: &PartySeed) -> Result<Seeded, StoreError> {
    let before = get(conn, &seed.reference)?;
    let mut after = before.clone().unwrap_or_else(|| Party {
        reference: seed.reference.clone(),
        name: seed.reference.code.clone(),
        groups: Vec::new(),
        time_zone: None,
        language: None,
        deleted: false,
        attributes: BTreeMap::new(),
    });
    if let Some(name) = &seed.name {
        after.name.clone_from(name);
    }
    if let Some(groups) = &seed.groups {
        after.groups.clone_from(groups);
        after.groups.sort();
        after.groups.dedup();
    }
    if seed.time_zone.is_some() {
        after.time_zone.clone_from(&seed.time_zone);
    }
    if seed.language.is_some() {
        after.language.clone_from(&seed.language);
    }
    after
        .attributes
        .extend(seed.attributes.iter().map(|(k, v)| (k.clone(), v.clone())));
    match before {
        Some(before) if before == after => Ok(Seeded::Unchanged),
        before => {
            put(conn, &after)?;
            Ok(if before.is_none() {
                Seeded::Created
            } else {
                Seeded::Updated
            })
        }
    }
}

type Row = (
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    bool,
    String,
);

fn kind(text: &str) -> Result<PartyKind, StoreError> {
    [PartyKind::User, PartyKind::Partner, PartyKind::Counterparty]
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| StoreError::other(format!("parties.kind: «{text}»")))
}

/// Reads a reference from its two columns.
pub(super) fn reference(kind_text: &str, code: &str) -> Result<PartyRef, StoreError> {
    Ok(PartyRef {
        kind: kind(kind_text)?,
        code: code.to_owned(),
    })
}

fn party(row: Row, groups: Vec<String>) -> Result<Party, StoreError> {
    let (kind, code, name, time_zone, language, deleted, attributes) = row;
    let reference = reference(&kind, &code)?;
    let attributes = serde_json::from_str(&attributes).map_err(|error| {
        StoreError::other(format!("реквизиты {reference} не читаются: {error}"))
    })?;
    Ok(Party {
        reference,
        name,
        groups,
        time_zone,
        language,
        deleted,
        attributes,
    })
}

/// One party.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, reference: &PartyRef) -> Result<Option<Party>, StoreError> {
    let kind = reference.kind.as_str();
    let row: Option<Row> = on_engine!(conn, c => parties::table
        .find((kind, &reference.code))
        .get_result(c)
        .optional())?;
    let Some(row) = row else { return Ok(None) };
    let groups: Vec<String> = on_engine!(conn, c => party_members::table
        .filter(
            party_members::kind
                .eq(kind)
                .and(party_members::code.eq(&reference.code)),
        )
        .select(party_members::party_group)
        .order(party_members::party_group)
        .load(c))?;
    party(row, groups).map(Some)
}

/// All parties by kind and code, also the deleted ones.
///
/// # Errors
/// An outage.
pub fn list(conn: &mut Conn) -> Result<Vec<Party>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => parties::table
        .order((parties::kind, parties::code))
        .load(c))?;
    let members: Vec<(String, String, String)> = on_engine!(conn, c => party_members::table
        .order((party_members::kind, party_members::code, party_members::party_group))
        .select((party_members::kind, party_members::code, party_members::party_group))
        .load(c))?;
    let mut groups: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (kind, code, group) in members {
        groups.entry((kind, code)).or_default().push(group);
    }
    rows.into_iter()
        .map(|row| {
            let groups = groups
                .remove(&(row.0.clone(), row.1.clone()))
                .unwrap_or_default();
            party(row, groups)
        })
        .collect()
}

/// Sets or takes away the deletion mark.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such party.
pub fn set_deleted(conn: &mut Conn, reference: &PartyRef, deleted: bool) -> Result<(), StoreError> {
    let changed = on_engine!(conn, c => diesel::update(
        parties::table.find((reference.kind.as_str(), &reference.code))
    )
    .set(parties::deleted.eq(deleted))
    .execute(c))?;
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::not_found(reference.to_string()))
    }
}

/// Parties of a kind whose attribute has this value (text compared as written), by code, at most
/// `limit`.
///
/// # Errors
/// An outage.
pub fn find_by_attribute(
    conn: &mut Conn,
    kind: PartyKind,
    name: &str,
    value: &str,
    limit: i64,
) -> Result<Vec<PartyRef>, StoreError> {
    let codes: Vec<String> = on_engine!(conn, c => party_attributes::table
        .filter(
            party_attributes::kind
                .eq(kind.as_str())
                .and(party_attributes::name.eq(name))
                .and(party_attributes::value.eq(value)),
        )
        .order(party_attributes::code)
        .limit(limit)
        .select(party_attributes::code)
        .load(c))?;
    Ok(codes
        .into_iter()
        .map(|code| PartyRef { kind, code })
        .collect())
}

/// The members of a group, by code.
///
/// # Errors
/// An outage.
pub fn members(conn: &mut Conn, group: &str) -> Result<Vec<PartyRef>, StoreError> {
    let rows: Vec<(String, String)> = on_engine!(conn, c => party_members::table
        .filter(party_members::party_group.eq(group))
        .order((party_members::kind, party_members::code))
        .select((party_members::kind, party_members::code))
        .load(c))?;
    rows.iter()
        .map(|(kind, code)| reference(kind, code))
        .collect()
}

/// Creates or renames a group.
///
/// # Errors
/// An outage.
pub fn put_group(conn: &mut Conn, group: &PartyGroup) -> Result<(), StoreError> {
    on_engine!(conn, c => diesel::insert_into(party_groups::table)
        .values((
            party_groups::code.eq(&group.code),
            party_groups::name.eq(&group.name),
        ))
        .on_conflict(party_groups::code)
        .do_update()
        .set(party_groups::name.eq(&group.name))
        .execute(c))?;
    Ok(())
}

/// All groups, by code.
///
/// # Errors
/// An outage.
pub fn groups(conn: &mut Conn) -> Result<Vec<PartyGroup>, StoreError> {
    let rows: Vec<(String, String)> = on_engine!(conn, c => party_groups::table
        .order(party_groups::code)
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(code, name)| PartyGroup { code, name })
        .collect())
}
