//! The switch of a bot, kept over a restart.

use crate::model::{BotCode, By, Change, Moment};
use crate::store::unit_of_work::{self, Stamp};
use crate::store::{Store, StoreError};

/// Switches a bot on or off for good. False: there is no such bot.
///
/// # Errors
/// An outage.
pub async fn set_enabled(
    store: &Store,
    code: &BotCode,
    enabled: bool,
    at: Moment,
    by: By,
) -> Result<bool, StoreError> {
    let change = Change::Switch {
        bot: code.clone(),
        enabled,
    };
    let ids = store.ids().clone();
    let written = store.write(move |conn| {
        let stamp = Stamp {
            at,
            by: &by,
            quiet: false,
            ids: &ids,
        };
        unit_of_work::write(conn, &stamp, &change)
    });
    match written.await {
        Ok(_) => Ok(true),
        Err(StoreError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
