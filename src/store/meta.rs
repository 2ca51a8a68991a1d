//! Named values of the store itself.

use diesel::prelude::*;

use super::conn::{Conn, on_engine};
use super::error::StoreError;
use super::schema::meta;
use super::secrets::Key;

/// The next block of ids to hand out.
const NEXT_BLOCK: &str = "next_block";
/// The number that every change of the definitions raises.
const DEFINITIONS_VERSION: &str = "definitions.version";
/// A known text, sealed with the key of this database.
const KEY_CHECK: &str = "key_check";
const KEY_CHECK_TEXT: &str = "vestnik";

/// The value of a name.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<String>, StoreError> {
    Ok(on_engine!(conn, c => meta::table
        .find(name)
        .select(meta::value)
        .get_result(c)
        .optional())?)
}

/// Sets a name.
///
/// # Errors
/// An outage.
pub fn set(conn: &mut Conn, name: &str, value: &str) -> Result<(), StoreError> {
    on_engine!(conn, c => diesel::insert_into(meta::table)
        .values((meta::key.eq(name), meta::value.eq(value)))
        .on_conflict(meta::key)
        .do_update()
        .set(meta::value.eq(value))
        .execute(c))?;
    Ok(())
}

/// Adds one to a number under a name (from nothing: to `first`) and gives the number before. The
/// row is locked until the transaction ends.
fn count_up(conn: &mut Conn, name: &str, first: i64) -> Result<i64, StoreError> {
    on_engine!(conn, c => diesel::insert_into(meta::table)
        .values((meta::key.eq(name), meta::value.eq(first.to_string())))
        .on_conflict(meta::key)
        .do_nothing()
        .execute(c))?;
    let text: String = match conn {
        Conn::Sqlite(c) => meta::table.find(name).select(meta::value).get_result(c)?,
        Conn::Postgres(c) => meta::table
            .find(name)
            .select(meta::value)
            .for_update()
            .get_result(c)?,
    };
    let number: i64 = text
        .parse()
        .map_err(|_| StoreError::other(format!("meta.{name}: «{text}» не число")))?;
    set(conn, name, &(number + 1).to_string())?;
    Ok(number)
}

/// Reserves a block of ids.
pub(super) fn take_block(conn: &mut Conn) -> Result<i64, StoreError> {
    count_up(conn, NEXT_BLOCK, 1)
}

/// The version of the definitions: compared every second, raised by every apply.
///
/// # Errors
/// An outage.
pub fn definitions_version(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(get(conn, DEFINITIONS_VERSION)?
        .and_then(|text| text.parse().ok())
        .unwrap_or(0))
}

/// Raises the version of the definitions; gives the new one.
///
/// # Errors
/// An outage.
pub fn raise_definitions_version(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(count_up(conn, DEFINITIONS_VERSION, 0)? + 1)
}

/// Makes sure that the key is the one of this database; seals the known text the first time.
pub(super) fn check_key(conn: &mut Conn, key: &Key) -> Result<(), StoreError> {
    match get(conn, KEY_CHECK)? {
        None => set(conn, KEY_CHECK, &key.seal(KEY_CHECK_TEXT, KEY_CHECK)?),
        Some(sealed) => match key.unseal(&sealed, KEY_CHECK) {
            Ok(text) if text.expose() == KEY_CHECK_TEXT => Ok(()),
            _ => Err(StoreError::WrongKey {
                key: key.source().to_owned(),
            }),
        },
    }
}
