//! Пользователи Telegram: chats linked to parties. A revoked one stays as a row, so that a seed does
//! not bring it back.

use diesel::prelude::*;

use crate::model::{BotCode, By, Channel, ChatId, Moment, PartyRef, Registration};

use super::changed::{Note, RegistrationNow};
use super::conn::{Conn, on_engine};
use super::error::StoreError;
use super::parties::{Seeded, reference};
use super::schema::registrations;

/// A registration read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRegistration {
    /// The channel.
    pub channel: Channel,
    /// Bot, chat and party.
    pub registration: Registration,
    /// Since when.
    pub created_at: Moment,
    /// By whom.
    pub created_by: String,
    /// When it was revoked; `None`: it is in force.
    pub revoked_at: Option<Moment>,
    /// By whom it was revoked.
    pub revoked_by: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = registrations)]
struct Row {
    bot: String,
    chat: i64,
    party_kind: String,
    party_code: String,
    created_at: i64,
    created_by: String,
    revoked_at: Option<i64>,
    revoked_by: Option<String>,
}

impl Row {
    fn registration(self) -> Result<StoredRegistration, StoreError> {
        Ok(StoredRegistration {
            channel: Channel::Telegram,
            registration: Registration {
                bot: BotCode::new(&self.bot),
                chat: ChatId(self.chat),
                party: reference(&self.party_kind, &self.party_code)?,
            },
            created_at: Moment(self.created_at),
            created_by: self.created_by,
            revoked_at: self.revoked_at.map(Moment),
            revoked_by: self.revoked_by,
        })
    }
}

/// Links a chat to a party, in place of what it was linked to and also after a revocation.
///
/// # Errors
/// An outage.
pub fn register(
    conn: &mut Conn,
    channel: Channel,
    registration: &Registration,
    at: Moment,
    by: &By,
) -> Result<(), StoreError> {
    let kind = registration.party.kind.as_str();
    let code = &registration.party.code;
    let by = by.to_string();
    let version: i64 = on_engine!(conn, c => diesel::insert_into(registrations::table)
        .values((
            registrations::channel.eq(channel.as_str()),
            registrations::bot.eq(registration.bot.as_str()),
            registrations::chat.eq(registration.chat.0),
            registrations::party_kind.eq(kind),
            registrations::party_code.eq(code),
            registrations::created_at.eq(at.0),
            registrations::created_by.eq(&by),
            registrations::version.eq(1),
        ))
        .on_conflict((registrations::channel, registrations::bot, registrations::chat))
        .do_update()
        .set((
            registrations::party_kind.eq(kind),
            registrations::party_code.eq(code),
            registrations::created_at.eq(at.0),
            registrations::created_by.eq(&by),
            registrations::revoked_at.eq(None::<i64>),
            registrations::revoked_by.eq(None::<String>),
            registrations::version.eq(registrations::version + 1),
        ))
        .returning(registrations::version)
        .get_result(c))?;
    conn.note(Note::Registration(RegistrationNow {
        bot: registration.bot.clone(),
        chat: registration.chat,
        version,
        party: Some(registration.party.clone()),
    }));
    Ok(())
}

/// What a file says: links a chat that is not linked, updates the party of one that is, and leaves a
/// revoked one revoked.
///
/// # Errors
/// An outage.
pub fn seed(
    conn: &mut Conn,
    channel: Channel,
    registration: &Registration,
    at: Moment,
    by: &By,
) -> Result<Seeded, StoreError> {
    match stored(conn, channel, &registration.bot, registration.chat)? {
        Some(before) if before.revoked_at.is_some() => Ok(Seeded::LeftRevoked),
        Some(before) if before.registration.party == registration.party => Ok(Seeded::Unchanged),
        before => {
            register(conn, channel, registration, at, by)?;
            Ok(if before.is_none() {
                Seeded::Created
            } else {
                Seeded::Updated
            })
        }
    }
}

/// Revokes; false when nothing was in force.
///
/// # Errors
/// An outage.
pub fn revoke(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
    chat: ChatId,
    at: Moment,
    by: &By,
) -> Result<bool, StoreError> {
    let version: Option<i64> = on_engine!(conn, c => diesel::update(
        registrations::table.find((channel.as_str(), bot.as_str(), chat.0))
    )
    .filter(registrations::revoked_at.is_null())
    .set((
        registrations::revoked_at.eq(Some(at.0)),
        registrations::revoked_by.eq(Some(by.to_string())),
        registrations::version.eq(registrations::version + 1),
    ))
    .returning(registrations::version)
    .get_result(c)
    .optional())?;
    let Some(version) = version else {
        return Ok(false);
    };
    conn.note(Note::Registration(RegistrationNow {
        bot: bot.clone(),
        chat,
        version,
        party: None,
    }));
    Ok(true)
}

/// A chat has another number: its registration goes along, unless the new number has one.
///
/// # Errors
/// An outage.
pub(super) fn move_chat(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
    old: ChatId,
    new: ChatId,
) -> Result<(), StoreError> {
    if stored(conn, channel, bot, new)?.is_some() {
        return Ok(());
    }
    let moved: Option<(String, String, i64, bool)> = on_engine!(conn, c => diesel::update(
        registrations::table.find((channel.as_str(), bot.as_str(), old.0))
    )
    .set((
        registrations::chat.eq(new.0),
        registrations::version.eq(registrations::version + 1),
    ))
    .returning((
        registrations::party_kind,
        registrations::party_code,
        registrations::version,
        registrations::revoked_at.is_null(),
    ))
    .get_result(c)
    .optional())?;
    if let Some((kind, code, version, in_force)) = moved {
        let party = in_force.then(|| reference(&kind, &code)).transpose()?;
        for (chat, party) in [(old, None), (new, party)] {
            conn.note(Note::Registration(RegistrationNow {
                bot: bot.clone(),
                chat,
                version,
                party,
            }));
        }
    }
    Ok(())
}

fn stored(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
    chat: ChatId,
) -> Result<Option<StoredRegistration>, StoreError> {
    let row: Option<Row> = on_engine!(conn, c => registrations::table
        .find((channel.as_str(), bot.as_str(), chat.0))
        .select(Row::as_select())
        .get_result(c)
        .optional())?;
    row.map(Row::registration).transpose()
}

/// The party of a chat, where one is in force.
///
/// # Errors
/// An outage.
pub fn party_of(
    conn: &mut Conn,
    channel: Channel,
    bot: &BotCode,
    chat: ChatId,
) -> Result<Option<PartyRef>, StoreError> {
    Ok(stored(conn, channel, bot, chat)?
        .filter(|stored| stored.revoked_at.is_none())
        .map(|stored| stored.registration.party))
}

/// The registrations of all bots, revoked ones too, for the memory of a node.
///
/// # Errors
/// An outage.
pub fn all(conn: &mut Conn, channel: Channel) -> Result<Vec<RegistrationNow>, StoreError> {
    let rows: Vec<(String, i64, String, String, i64, bool)> = on_engine!(conn, c => registrations::table
        .filter(registrations::channel.eq(channel.as_str()))
        .select((
            registrations::bot,
            registrations::chat,
            registrations::party_kind,
            registrations::party_code,
            registrations::version,
            registrations::revoked_at.is_null(),
        ))
        .load(c))?;
    rows.into_iter()
        .map(|(bot, chat, kind, code, version, in_force)| {
            Ok(RegistrationNow {
                bot: BotCode::new(&bot),
                chat: ChatId(chat),
                version,
                party: in_force.then(|| reference(&kind, &code)).transpose()?,
            })
        })
        .collect()
}

/// The registrations in force of a party, over all bots.
///
/// # Errors
/// An outage.
pub fn of_party(conn: &mut Conn, party: &PartyRef) -> Result<Vec<StoredRegistration>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => registrations::table
        .filter(
            registrations::party_kind
                .eq(party.kind.as_str())
                .and(registrations::party_code.eq(&party.code))
                .and(registrations::revoked_at.is_null()),
        )
        .order((registrations::bot, registrations::chat))
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Row::registration).collect()
}

/// All registrations, also the revoked ones, by bot and chat.
///
/// # Errors
/// An outage.
pub fn list(conn: &mut Conn) -> Result<Vec<StoredRegistration>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => registrations::table
        .order((registrations::bot, registrations::chat))
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Row::registration).collect()
}
