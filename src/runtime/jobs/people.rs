//! What the directory of people reads.

use super::{CHANNEL, look};
use crate::model::{Party, PartyRef};
use crate::store::{RegistrationNow, Store, meta, parties, registrations};

/// Everybody, as one look into the database shows them.
pub struct Read {
    /// The version of people before the look: what changes during it is noticed at the next.
    pub version: i64,
    /// All registrations, revoked ones too.
    pub registrations: Vec<RegistrationNow>,
    /// Party, group, version of the party's row.
    pub memberships: Vec<(PartyRef, String, i64)>,
    /// Users marked for deletion, each with the version of its row.
    pub deleted: Vec<(PartyRef, i64)>,
}

/// Reads everybody. `None`: the node is ending.
pub async fn read(store: &Store) -> Option<Read> {
    look(store, "people", |conn| {
        Ok(Read {
            version: meta::people_version(conn)?,
            registrations: registrations::all(conn, CHANNEL)?,
            memberships: parties::memberships(conn)?,
            deleted: parties::deleted_users(conn)?,
        })
    })
    .await
}

/// The version of people. `None`: the node is ending.
pub async fn version(store: &Store) -> Option<i64> {
    look(store, "the version of people", meta::people_version).await
}

/// One party with the version of its row, where there is one. `None`: the node is ending.
pub async fn party(store: &Store, party: PartyRef) -> Option<Option<(Party, i64)>> {
    look(store, "a party", move |conn| {
        parties::versioned(conn, &party)
    })
    .await
}
