//! Users, partners, counterparties and groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::prelude::*;

use crate::model::{AttributeValue, Party, PartyGroup, PartyKind, PartyRef};

use super::changed::{Note, PartyNow};
use super::conn::{Conn, Engine, on_engine};
use super::error::StoreError;
use super::meta;
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

/// The longest text that an index is asked to hold, in characters: PostgreSQL refuses an entry of
/// some 2,700 bytes.
const FOLDED_MAX: usize = 200;

/// Names of one beginning that are looked at: more than one matter only where a name is longer than
/// its folded form in the index.
const BEGINS_MAX: i64 = 50;

/// A text as finds compare it: case does not count.
pub fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// The part of a folded text that stands in an index.
fn index_text(text: &str) -> String {
    let mut text = folded(text);
    if let Some((end, _)) = text.char_indices().nth(FOLDED_MAX) {
        text.truncate(end);
    }
    text
}

/// The key by which the index finds a text of a catalog.
fn key(kind: &str, text: &str) -> String {
    format!("{kind}:{}", index_text(text))
}

/// Writes a party whole, with its groups and attributes, whatever its version is.
///
/// # Errors
/// An outage.
pub fn put(conn: &mut Conn, party: &Party) -> Result<(), StoreError> {
    let kind = party.reference.kind.as_str();
    let code = party.reference.code.as_str();
    let attributes = json(&party.attributes)?;
    let code_key = key(kind, code);
    let name_key = key(kind, &party.name);
    let version: i64 = on_engine!(conn, c => diesel::insert_into(parties::table)
        .values((
            parties::kind.eq(kind),
            parties::code.eq(code),
            parties::name.eq(&party.name),
            parties::time_zone.eq(party.time_zone.as_deref()),
            parties::language.eq(party.language.as_deref()),
            parties::deleted.eq(party.deleted),
            parties::attributes.eq(&attributes),
            parties::version.eq(1),
            parties::code_key.eq(&code_key),
            parties::name_key.eq(&name_key),
        ))
        .on_conflict((parties::kind, parties::code))
        .do_update()
        .set((
            parties::name.eq(&party.name),
            parties::time_zone.eq(party.time_zone.as_deref()),
            parties::language.eq(party.language.as_deref()),
            parties::deleted.eq(party.deleted),
            parties::attributes.eq(&attributes),
            parties::version.eq(parties::version + 1),
            parties::code_key.eq(&code_key),
            parties::name_key.eq(&name_key),
        ))
        .returning(parties::version)
        .get_result(c))?;
    put_parts(conn, party)?;
    note(conn, party, version);
    Ok(())
}

fn note(conn: &mut Conn, party: &Party, version: i64) {
    conn.note(Note::Party(PartyNow {
        reference: party.reference.clone(),
        version,
        party: Some(Arc::new(party.clone())),
    }));
}

/// Writes what an object holds, if nobody wrote it since it was read: `expected` is the version that
/// was read, `None` for a new one. Gives the new version.
///
/// # Errors
/// [`StoreError::NotUnique`] when a new one has the code of another; [`StoreError::Stale`] when the
/// version is another one or the party is gone; an outage.
pub fn save(conn: &mut Conn, party: &Party, expected: Option<i64>) -> Result<i64, StoreError> {
    let kind = party.reference.kind.as_str();
    let code = party.reference.code.as_str();
    let attributes = json(&party.attributes)?;
    let code_key = key(kind, code);
    let name_key = key(kind, &party.name);
    let version = match expected {
        None => {
            let inserted = on_engine!(conn, c => diesel::insert_into(parties::table)
                .values((
                    parties::kind.eq(kind),
                    parties::code.eq(code),
                    parties::name.eq(&party.name),
                    parties::time_zone.eq(party.time_zone.as_deref()),
                    parties::language.eq(party.language.as_deref()),
                    parties::deleted.eq(party.deleted),
                    parties::attributes.eq(&attributes),
                    parties::version.eq(1),
                    parties::code_key.eq(&code_key),
                    parties::name_key.eq(&name_key),
                ))
                .on_conflict_do_nothing()
                .execute(c))?;
            if inserted == 0 {
                return Err(StoreError::NotUnique {
                    what: party.reference.to_string(),
                });
            }
            1
        }
        Some(expected) => {
            let updated = on_engine!(conn, c => diesel::update(parties::table.find((kind, code)))
                .filter(parties::version.eq(expected))
                .set((
                    parties::name.eq(&party.name),
                    parties::time_zone.eq(party.time_zone.as_deref()),
                    parties::language.eq(party.language.as_deref()),
                    parties::deleted.eq(party.deleted),
                    parties::attributes.eq(&attributes),
                    parties::version.eq(expected + 1),
                    parties::name_key.eq(&name_key),
                ))
                .execute(c))?;
            if updated == 0 {
                return Err(StoreError::stale(party.reference.to_string()));
            }
            expected + 1
        }
    };
    put_parts(conn, party)?;
    note(conn, party, version);
    Ok(version)
}

/// Groups and attributes of a party, in place of those before.
fn put_parts(conn: &mut Conn, party: &Party) -> Result<(), StoreError> {
    let kind = party.reference.kind.as_str();
    let code = party.reference.code.as_str();
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
                party_attributes::name_key.eq(key(kind, name)),
                party_attributes::value_folded.eq(index_text(&value)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// Folds what was written before there were folded columns. Does nothing the second time.
pub(super) fn fold_old_rows(conn: &mut Conn) -> Result<(), StoreError> {
    let rows: Vec<(String, String, String)> = on_engine!(conn, c => parties::table
        .filter(parties::code_key.is_null())
        .select((parties::kind, parties::code, parties::name))
        .load(c))?;
    for (kind, code, name) in rows {
        on_engine!(conn, c => diesel::update(parties::table.find((&kind, &code)))
            .set((
                parties::code_key.eq(key(&kind, &code)),
                parties::name_key.eq(key(&kind, &name)),
            ))
            .execute(c))?;
    }
    let rows: Vec<(String, String, String, String)> = on_engine!(conn, c => party_attributes::table
        .filter(party_attributes::name_key.is_null())
        .select((
            party_attributes::kind,
            party_attributes::code,
            party_attributes::name,
            party_attributes::value,
        ))
        .load(c))?;
    for (kind, code, name, value) in rows {
        on_engine!(conn, c => diesel::update(party_attributes::table.find((&kind, &code, &name)))
            .set((
                party_attributes::name_key.eq(key(&kind, &name)),
                party_attributes::value_folded.eq(index_text(&value)),
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

/// The columns of [`Row`].
const COLUMNS: (
    parties::kind,
    parties::code,
    parties::name,
    parties::time_zone,
    parties::language,
    parties::deleted,
    parties::attributes,
) = (
    parties::kind,
    parties::code,
    parties::name,
    parties::time_zone,
    parties::language,
    parties::deleted,
    parties::attributes,
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
    Ok(versioned(conn, reference)?.map(|(party, _)| party))
}

/// One party and its version.
///
/// # Errors
/// An outage.
pub fn versioned(
    conn: &mut Conn,
    reference: &PartyRef,
) -> Result<Option<(Party, i64)>, StoreError> {
    let kind = reference.kind.as_str();
    let row: Option<(Row, i64)> = on_engine!(conn, c => parties::table
        .find((kind, &reference.code))
        .select((COLUMNS, parties::version))
        .get_result(c)
        .optional())?;
    let Some((row, version)) = row else {
        return Ok(None);
    };
    let groups = if reference.kind == PartyKind::User {
        on_engine!(conn, c => party_members::table
            .filter(
                party_members::kind
                    .eq(kind)
                    .and(party_members::code.eq(&reference.code)),
            )
            .select(party_members::party_group)
            .order(party_members::party_group)
            .load(c))?
    } else {
        Vec::new()
    };
    Ok(Some((party(row, groups)?, version)))
}

/// All parties by kind and code, also the deleted ones.
///
/// # Errors
/// An outage.
pub fn list(conn: &mut Conn) -> Result<Vec<Party>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => parties::table
        .select(COLUMNS)
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
    let version: Option<i64> = on_engine!(conn, c => diesel::update(
        parties::table.find((reference.kind.as_str(), &reference.code))
    )
    .set((
        parties::deleted.eq(deleted),
        parties::version.eq(parties::version + 1),
    ))
    .returning(parties::version)
    .get_result(c)
    .optional())?;
    let Some(version) = version else {
        return Err(StoreError::not_found(reference.to_string()));
    };
    let party = get(conn, reference)?.map(Arc::new);
    conn.note(Note::Party(PartyNow {
        reference: reference.clone(),
        version,
        party,
    }));
    Ok(())
}

/// Users marked for deletion, each with the version of its row.
///
/// # Errors
/// An outage.
pub fn deleted_users(conn: &mut Conn) -> Result<Vec<(PartyRef, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = on_engine!(conn, c => parties::table
        .filter(
            parties::kind
                .eq(PartyKind::User.as_str())
                .and(parties::deleted.eq(true)),
        )
        .select((parties::code, parties::version))
        .load(c))?;
    let user = |code| PartyRef {
        kind: PartyKind::User,
        code,
    };
    Ok(rows
        .into_iter()
        .map(|(code, version)| (user(code), version))
        .collect())
}

/// Parties of a kind whose attribute has this value, whatever the case of its name and value, by
/// code, at most `limit`.
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
    let rows: Vec<(String, String)> = on_engine!(conn, c => party_attributes::table
        .filter(
            party_attributes::name_key
                .eq(key(kind.as_str(), name))
                .and(party_attributes::value_folded.eq(index_text(value))),
        )
        .order(party_attributes::code)
        .limit(limit)
        .select((party_attributes::code, party_attributes::value))
        .load(c))?;
    let value = folded(value);
    // The index holds a beginning only.
    let found = rows.into_iter().filter(|row| folded(&row.1) == value);
    Ok(found.map(|(code, _)| PartyRef { kind, code }).collect())
}

/// The party of a kind with this code: spelled so, else in another case.
///
/// # Errors
/// An outage.
pub fn find_by_code(
    conn: &mut Conn,
    kind: PartyKind,
    code: &str,
) -> Result<Option<PartyRef>, StoreError> {
    let codes: Vec<String> = on_engine!(conn, c => parties::table
        .filter(parties::code_key.eq(key(kind.as_str(), code)))
        .order(parties::code)
        .select(parties::code)
        .load(c))?;
    let whole = folded(code);
    let found = codes
        .iter()
        .find(|found| *found == code)
        .or_else(|| codes.iter().find(|found| folded(found) == whole));
    Ok(found.map(|code| PartyRef {
        kind,
        code: code.clone(),
    }))
}

/// The first party of a kind, by name and code, whose name is this one or (not `whole`) begins so;
/// case does not count.
///
/// # Errors
/// An outage.
pub fn find_by_name(
    conn: &mut Conn,
    kind: PartyKind,
    name: &str,
    whole: bool,
) -> Result<Option<PartyRef>, StoreError> {
    let key = key(kind.as_str(), name);
    let equal: Vec<(String, String)> = on_engine!(conn, c => parties::table
        .filter(parties::name_key.eq(&key))
        .order(parties::code)
        .select((parties::code, parties::name))
        .load(c))?;
    let full = folded(name);
    if let Some((code, _)) = equal.into_iter().find(|(_, name)| folded(name) == full) {
        return Ok(Some(PartyRef { kind, code }));
    }
    if whole {
        return Ok(None);
    }
    if full.is_empty() {
        return Ok(None);
    }
    // The greatest character after the key: no name of that beginning stands behind it.
    let end = format!("{key}\u{10FFFF}");
    let pattern = key.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let begins: Vec<(String, String)> = match &mut conn.engine {
        // SQLite compares bytes, and its `like` uses no index.
        Engine::Sqlite(c) => parties::table
            .filter(parties::name_key.ge(&key).and(parties::name_key.lt(end)))
            .order((parties::name_key, parties::code))
            .select((parties::code, parties::name))
            .limit(BEGINS_MAX)
            .load(c)?,
        Engine::Postgres(c) => parties::table
            .filter(parties::name_key.like(format!("{pattern}%")).escape('!'))
            .order((parties::name_key, parties::code))
            .select((parties::code, parties::name))
            .limit(BEGINS_MAX)
            .load(c)?,
    };
    let found = begins
        .into_iter()
        .find(|(_, name)| folded(name).starts_with(&full));
    Ok(found.map(|(code, _)| PartyRef { kind, code }))
}

/// Parties of all kinds whose name or code begins so, at most `limit` of each kind and of names and codes;
/// case does not count.
///
/// # Errors
/// An outage.
pub fn beginning(conn: &mut Conn, text: &str, limit: i64) -> Result<Vec<PartyRef>, StoreError> {
    let mut found = Vec::new();
    for kind in [PartyKind::User, PartyKind::Partner, PartyKind::Counterparty] {
        for party in names_beginning(conn, kind, text, limit)? {
            if !found.contains(&party) {
                found.push(party);
            }
        }
        let key = key(kind.as_str(), text);
        let end = format!("{key}\u{10FFFF}");
        let pattern = key.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let codes: Vec<String> = match &mut conn.engine {
            Engine::Sqlite(c) => parties::table
                .filter(parties::code_key.ge(&key).and(parties::code_key.lt(end)))
                .order((parties::code_key, parties::code))
                .select(parties::code)
                .limit(limit)
                .load(c)?,
            Engine::Postgres(c) => parties::table
                .filter(parties::code_key.like(format!("{pattern}%")).escape('!'))
                .order((parties::code_key, parties::code))
                .select(parties::code)
                .limit(limit)
                .load(c)?,
        };
        for code in codes {
            let party = PartyRef { kind, code };
            if !found.contains(&party) {
                found.push(party);
            }
        }
    }
    Ok(found)
}

/// Parties of a kind whose name begins so, by name, at most `limit`; case does not count.
///
/// # Errors
/// An outage.
pub fn names_beginning(
    conn: &mut Conn,
    kind: PartyKind,
    name: &str,
    limit: i64,
) -> Result<Vec<PartyRef>, StoreError> {
    let key = key(kind.as_str(), name);
    let full = folded(name);
    if full.trim().is_empty() {
        return Ok(Vec::new());
    }
    let end = format!("{key}\u{10FFFF}");
    let pattern = key.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let begins: Vec<(String, String)> = match &mut conn.engine {
        // SQLite compares bytes, and its `like` uses no index.
        Engine::Sqlite(c) => parties::table
            .filter(parties::name_key.ge(&key).and(parties::name_key.lt(end)))
            .order((parties::name_key, parties::code))
            .select((parties::code, parties::name))
            .limit(limit)
            .load(c)?,
        Engine::Postgres(c) => parties::table
            .filter(parties::name_key.like(format!("{pattern}%")).escape('!'))
            .order((parties::name_key, parties::code))
            .select((parties::code, parties::name))
            .limit(limit)
            .load(c)?,
    };
    Ok(begins
        .into_iter()
        .filter(|(_, name)| folded(name).starts_with(&full))
        .map(|(code, _)| PartyRef { kind, code })
        .collect())
}

/// A party of a kind that has an attribute, and its spelling there, whatever the case of `name`.
///
/// # Errors
/// An outage.
pub fn attribute_sample(
    conn: &mut Conn,
    kind: PartyKind,
    name: &str,
) -> Result<Option<(String, PartyRef)>, StoreError> {
    let row: Option<(String, String)> = on_engine!(conn, c => party_attributes::table
        .filter(party_attributes::name_key.eq(key(kind.as_str(), name)))
        .select((party_attributes::name, party_attributes::code))
        .first(c)
        .optional())?;
    Ok(row.map(|(spelling, code)| (spelling, PartyRef { kind, code })))
}

/// Parties of a kind by code, without their groups, from after a code on, at most `limit`.
///
/// # Errors
/// An outage.
pub fn page(
    conn: &mut Conn,
    kind: PartyKind,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(Party, i64)>, StoreError> {
    let rows: Vec<(Row, i64)> = on_engine!(conn, c => parties::table
        .filter(
            parties::kind
                .eq(kind.as_str())
                .and(parties::code.gt(after.unwrap_or_default())),
        )
        .select((COLUMNS, parties::version))
        .order(parties::code)
        .limit(limit)
        .load(c))?;
    rows.into_iter()
        .map(|(row, version)| Ok((party(row, Vec::new())?, version)))
        .collect()
}

/// A code for a new party: nine digits that no other of its kind has. The number is taken when the
/// transaction commits; until then others wait.
///
/// # Errors
/// An outage.
pub fn next_code(conn: &mut Conn, kind: PartyKind) -> Result<String, StoreError> {
    let counter = format!("parties.next_code.{}", kind.as_str());
    let mut reference = PartyRef {
        kind,
        code: format!("{:09}", meta::count_up(conn, &counter, 1)?),
    };
    if versioned(conn, &reference)?.is_some() {
        // Files or people gave numbers too: go on behind the greatest.
        let codes: Vec<String> = on_engine!(conn, c => parties::table
            .filter(parties::kind.eq(kind.as_str()))
            .select(parties::code)
            .load(c))?;
        let greatest = codes
            .iter()
            .filter(|code| code.len() == 9 && code.bytes().all(|byte| byte.is_ascii_digit()))
            .filter_map(|code| code.parse::<i64>().ok())
            .max()
            .unwrap_or(0);
        reference.code = format!("{:09}", greatest + 1);
        meta::set(conn, &counter, &(greatest + 2).to_string())?;
    }
    Ok(reference.code)
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

/// The groups of everybody who is in one, with the version of his row.
///
/// # Errors
/// An outage.
pub fn memberships(conn: &mut Conn) -> Result<Vec<(PartyRef, String, i64)>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = on_engine!(conn, c => party_members::table
        .inner_join(parties::table.on(
            parties::kind.eq(party_members::kind).and(parties::code.eq(party_members::code)),
        ))
        .select((
            party_members::kind,
            party_members::code,
            party_members::party_group,
            parties::version,
        ))
        .order((party_members::kind, party_members::code, party_members::party_group))
        .load(c))?;
    rows.into_iter()
        .map(|(kind, code, group, version)| Ok((reference(&kind, &code)?, group, version)))
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
