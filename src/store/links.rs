//! Links that register whoever opens them (D23). A link is found by the hash of its secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use zeroize::Zeroizing;

use crate::model::{LinkId, Moment, RegistrationLink};

use super::conn::{Conn, on_engine};
use super::definitions::sha256_hex;
use super::error::StoreError;
use super::schema::registration_links as links;
use super::secrets::Secret;

/// What every secret begins with.
pub const PREFIX: &str = "reg_";

/// A new secret: 24 random bytes. With its prefix it fits into the 64 letters of a `start` parameter.
///
/// # Errors
/// When the system gives no random numbers.
pub fn generate() -> Result<Secret, StoreError> {
    let mut bytes = Zeroizing::new([0u8; 24]);
    getrandom::fill(&mut *bytes)
        .map_err(|error| StoreError::other(format!("система не даёт случайных чисел: {error}")))?;
    let text = URL_SAFE_NO_PAD.encode(*bytes);
    Ok(Secret::new(format!("{PREFIX}{text}")))
}

/// The hash under which a secret is stored.
pub fn hash(secret: &str) -> String {
    sha256_hex(secret.as_bytes())
}

/// What a sealed secret of a link belongs to.
pub fn context(id: LinkId) -> String {
    format!("registration-link:{id}")
}

fn body(link: &RegistrationLink) -> Result<String, StoreError> {
    serde_json::to_string(link)
        .map_err(|error| StoreError::other(format!("ссылка {}: {error}", link.id)))
}

fn read((id, body): (i64, String)) -> Result<RegistrationLink, StoreError> {
    serde_json::from_str(&body)
        .map_err(|error| StoreError::other(format!("ссылка {id} не читается: {error}")))
}

/// Writes a new link.
///
/// # Errors
/// An outage.
pub fn insert(conn: &mut Conn, link: &RegistrationLink) -> Result<(), StoreError> {
    let body = body(link)?;
    on_engine!(conn, c => diesel::insert_into(links::table)
        .values((
            links::id.eq(link.id.0),
            links::bot.eq(link.bot.as_str()),
            links::hash.eq(&link.hash),
            links::version.eq(link.version),
            links::expires_at.eq(link.expires_at.0),
            links::body.eq(&body),
        ))
        .execute(c))?;
    Ok(())
}

/// Writes a link that was read with this version; its own becomes the next.
///
/// # Errors
/// [`StoreError::Stale`] when it was changed meanwhile; an outage.
pub fn save(conn: &mut Conn, link: &mut RegistrationLink) -> Result<(), StoreError> {
    let before = link.version;
    link.version += 1;
    let body = body(link)?;
    let changed = on_engine!(conn, c => diesel::update(links::table.find(link.id.0))
        .filter(links::version.eq(before))
        .set((links::version.eq(link.version), links::body.eq(&body)))
        .execute(c))?;
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::stale(format!("ссылка {}", link.id)))
    }
}

/// One link.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, id: LinkId) -> Result<Option<RegistrationLink>, StoreError> {
    let found: Option<(i64, String)> = on_engine!(conn, c => links::table
        .find(id.0)
        .select((links::id, links::body))
        .get_result(c)
        .optional())?;
    found.map(read).transpose()
}

/// The link with this hash.
///
/// # Errors
/// An outage.
pub fn by_hash(conn: &mut Conn, hash: &str) -> Result<Option<RegistrationLink>, StoreError> {
    let found: Option<(i64, String)> = on_engine!(conn, c => links::table
        .filter(links::hash.eq(hash))
        .select((links::id, links::body))
        .get_result(c)
        .optional())?;
    found.map(read).transpose()
}

/// Links, the newest first: before the given one, at most `limit`.
///
/// # Errors
/// An outage.
pub fn list(
    conn: &mut Conn,
    before: Option<LinkId>,
    limit: i64,
) -> Result<Vec<RegistrationLink>, StoreError> {
    let rows: Vec<(i64, String)> = on_engine!(conn, c => {
        let mut query = links::table
            .order(links::id.desc())
            .limit(limit)
            .select((links::id, links::body))
            .into_boxed();
        if let Some(before) = before {
            query = query.filter(links::id.lt(before.0));
        }
        query.load(c)
    })?;
    rows.into_iter().map(read).collect()
}

/// Deletes links that ran out before the given moment, at most `limit`; tells how many.
///
/// # Errors
/// An outage.
pub fn purge(conn: &mut Conn, before: Moment, limit: i64) -> Result<usize, StoreError> {
    let ids: Vec<i64> = on_engine!(conn, c => links::table
        .filter(links::expires_at.lt(before.0))
        .order(links::expires_at)
        .limit(limit)
        .select(links::id)
        .load(c))?;
    Ok(on_engine!(conn, c => diesel::delete(links::table)
        .filter(links::id.eq_any(&ids))
        .execute(c))?)
}
