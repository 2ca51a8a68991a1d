//! Bearer tokens of the HTTP interface. Only a SHA-256 is kept: a token is 32 random bytes, so
//! nothing slower is needed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use zeroize::Zeroizing;

use crate::model::{By, Moment, PartyRef};

use super::conn::{Conn, on_engine};
use super::definitions::sha256_hex;
use super::error::StoreError;
use super::schema::api_tokens;
use super::secrets::Secret;

/// How a token begins, so that a leaked one is recognised.
const PREFIX: &str = "vst_";

/// A token's row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiToken {
    /// Its id.
    pub id: i64,
    /// Its name, unique among those in force.
    pub name: String,
    /// `read`, `operate`, `admin`.
    pub scopes: Vec<String>,
    /// The user whose acts its acts are.
    pub party: Option<PartyRef>,
    /// When it was made.
    pub created_at: Moment,
    /// By whom.
    pub created_by: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Moment>,
    /// When it was revoked.
    pub revoked_at: Option<Moment>,
}

/// A token to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewApiToken {
    /// Its id, from the store's ids.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `read`, `operate`, `admin`.
    pub scopes: Vec<String>,
    /// The user whose acts its acts are.
    pub party: Option<PartyRef>,
}

/// A new random token, to be shown once.
///
/// # Errors
/// Only when the system gives no random bytes.
pub fn generate() -> Result<Secret, StoreError> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    getrandom::fill(&mut *bytes)
        .map_err(|error| StoreError::other(format!("система не даёт случайных чисел: {error}")))?;
    Ok(Secret::new(format!(
        "{PREFIX}{}",
        URL_SAFE_NO_PAD.encode(*bytes)
    )))
}

/// Writes a token's hash.
///
/// # Errors
/// [`StoreError::NotUnique`] when a token of this name is in force.
pub fn create(
    conn: &mut Conn,
    token: &Secret,
    new: &NewApiToken,
    at: Moment,
    by: &By,
) -> Result<(), StoreError> {
    let inserted = on_engine!(conn, c => diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(new.id),
            api_tokens::hash.eq(sha256_hex(token.expose().as_bytes())),
            api_tokens::name.eq(&new.name),
            api_tokens::scopes.eq(new.scopes.join(" ")),
            api_tokens::party.eq(new.party.as_ref().map(ToString::to_string)),
            api_tokens::created_at.eq(at.0),
            api_tokens::created_by.eq(by.to_string()),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 1 {
        Ok(())
    } else {
        Err(StoreError::NotUnique {
            what: format!("токен «{}»", new.name),
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_tokens)]
struct Row {
    id: i64,
    name: String,
    scopes: String,
    party: Option<String>,
    created_at: i64,
    created_by: String,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl Row {
    fn token(self) -> Result<ApiToken, StoreError> {
        Ok(ApiToken {
            id: self.id,
            name: self.name,
            scopes: self.scopes.split_whitespace().map(str::to_owned).collect(),
            party: self
                .party
                .map(|party| party.parse())
                .transpose()
                .map_err(StoreError::other)?,
            created_at: Moment(self.created_at),
            created_by: self.created_by,
            last_used_at: self.last_used_at.map(Moment),
            revoked_at: self.revoked_at.map(Moment),
        })
    }
}

/// The token in force that hashes alike; `None` for a wrong or revoked one.
///
/// # Errors
/// An outage.
pub fn find(conn: &mut Conn, presented: &str) -> Result<Option<ApiToken>, StoreError> {
    let row: Option<Row> = on_engine!(conn, c => api_tokens::table
        .filter(
            api_tokens::hash
                .eq(sha256_hex(presented.as_bytes()))
                .and(api_tokens::revoked_at.is_null()),
        )
        .select(Row::as_select())
        .get_result(c)
        .optional())?;
    row.map(Row::token).transpose()
}

/// Notes a use; the caller does so at most once a minute.
///
/// # Errors
/// An outage.
pub fn used(conn: &mut Conn, id: i64, at: Moment) -> Result<(), StoreError> {
    on_engine!(conn, c => diesel::update(api_tokens::table.find(id))
        .set(api_tokens::last_used_at.eq(Some(at.0)))
        .execute(c))?;
    Ok(())
}

/// Revokes the token of this name; false when none is in force.
///
/// # Errors
/// An outage.
pub fn revoke(conn: &mut Conn, name: &str, at: Moment) -> Result<bool, StoreError> {
    let changed = on_engine!(conn, c => diesel::update(api_tokens::table)
        .filter(api_tokens::name.eq(name).and(api_tokens::revoked_at.is_null()))
        .set(api_tokens::revoked_at.eq(Some(at.0)))
        .execute(c))?;
    Ok(changed > 0)
}

/// All tokens, the oldest first, also the revoked ones.
///
/// # Errors
/// An outage.
pub fn list(conn: &mut Conn) -> Result<Vec<ApiToken>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => api_tokens::table
        .order(api_tokens::id)
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Row::token).collect()
}

/// How many tokens are in force: without one a public address is refused.
///
/// # Errors
/// An outage.
pub fn count(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(on_engine!(conn, c => api_tokens::table
        .filter(api_tokens::revoked_at.is_null())
        .count()
        .get_result(c))?)
}
