//! Пользователи Telegram: chats linked to parties. A revoked one stays as a row, so that a seed does
//! not bring it back.

use diesel::prelude::*;

use crate::model::{BotCode, By, Channel, ChatId, Moment, PartyKind, PartyRef, Registration};

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
    /// Counts its changes.
    pub version: i64,
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
    version: i64,
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
            version: self.version,
        })
    }
}

/// Links a chat to a party, in place of what it was linked to and also after a revocation. Gives the
/// version of the row: it numbers the links that this chat has had.
///
/// # Errors
/// An outage.
pub fn register(
    conn: &mut Conn,
    channel: Channel,
    registration: &Registration,
    at: Moment,
    by: &By,
) -> Result<i64, StoreError> {
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
    Ok(version)
}

/// What a file that links a chat comes to: one that is not linked is, the party of one that is linked is
/// another, and a revoked one stays revoked.
///
/// # Errors
/// An outage.
pub fn seeds(
    conn: &mut Conn,
    channel: Channel,
    registration: &Registration,
) -> Result<Seeded, StoreError> {
    Ok(
        match stored(conn, channel, &registration.bot, registration.chat)? {
            Some(before) if before.revoked_at.is_some() => Seeded::LeftRevoked,
            Some(before) if before.registration.party == registration.party => Seeded::Unchanged,
            Some(_) => Seeded::Updated,
            None => Seeded::Created,
        },
    )
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

/// A registration, also a revoked one.
///
/// # Errors
/// An outage.
pub fn stored(
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

/// Which registrations a page shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this bot.
    pub bot: Option<BotCode>,
    /// Of this party.
    pub party: Option<PartyRef>,
    /// In force, or revoked; `None`: both.
    pub in_force: Option<bool>,
    /// The chat key, or the beginning of the name or code of the party, whatever their case.
    pub search: Option<String>,
    /// Behind this bot and chat.
    pub after: Option<(BotCode, ChatId)>,
    /// At most so many.
    pub limit: i64,
}

/// Parties that a search looks at. More share a beginning only where nobody searches by it.
const SEARCHED_MAX: i64 = 200;

/// Registrations by bot and chat.
///
/// # Errors
/// An outage.
pub fn page(conn: &mut Conn, filter: &Filter) -> Result<Vec<StoredRegistration>, StoreError> {
    let Some(search) = filter.search.as_deref().map(str::trim) else {
        return narrowed(conn, filter, None);
    };
    if search.is_empty() {
        return narrowed(conn, filter, None);
    }
    let mut found = Vec::new();
    if let Ok(chat) = search.parse::<i64>() {
        found.extend(narrowed(conn, filter, Some(Searched::Chat(chat)))?);
    }
    let parties = super::parties::beginning(conn, search, SEARCHED_MAX)?;
    for kind in [PartyKind::User, PartyKind::Partner, PartyKind::Counterparty] {
        let of_kind = parties.iter().filter(|party| party.kind == kind);
        let codes: Vec<String> = of_kind.map(|party| party.code.clone()).collect();
        if !codes.is_empty() {
            found.extend(narrowed(
                conn,
                filter,
                Some(Searched::Parties(kind, codes)),
            )?);
        }
    }
    found.sort_by(|one, other| place(one).cmp(&place(other)));
    found.dedup_by(|one, other| place(one) == place(other));
    found.truncate(usize::try_from(filter.limit).unwrap_or(usize::MAX));
    Ok(found)
}

fn place(stored: &StoredRegistration) -> (&str, i64) {
    (stored.registration.bot.as_str(), stored.registration.chat.0)
}

enum Searched {
    Chat(i64),
    Parties(PartyKind, Vec<String>),
}

fn narrowed(
    conn: &mut Conn,
    filter: &Filter,
    searched: Option<Searched>,
) -> Result<Vec<StoredRegistration>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => {
        let mut query = registrations::table
            .order((registrations::bot, registrations::chat))
            .limit(filter.limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(bot) = &filter.bot {
            query = query.filter(registrations::bot.eq(bot.as_str()));
        }
        match &searched {
            Some(Searched::Chat(chat)) => query = query.filter(registrations::chat.eq(chat)),
            Some(Searched::Parties(kind, codes)) => {
                query = query.filter(
                    registrations::party_kind
                        .eq(kind.as_str())
                        .and(registrations::party_code.eq_any(codes)),
                );
            }
            None => {}
        }
        if let Some(party) = &filter.party {
            query = query.filter(
                registrations::party_kind
                    .eq(party.kind.as_str())
                    .and(registrations::party_code.eq(party.code.as_str())),
            );
        }
        query = match filter.in_force {
            Some(true) => query.filter(registrations::revoked_at.is_null()),
            Some(false) => query.filter(registrations::revoked_at.is_not_null()),
            None => query,
        };
        if let Some((bot, chat)) = &filter.after {
            query = query.filter(
                registrations::bot.gt(bot.as_str()).or(registrations::bot
                    .eq(bot.as_str())
                    .and(registrations::chat.gt(chat.0))),
            );
        }
        query.load(c)
    })?;
    rows.into_iter().map(Row::registration).collect()
}
