//! The switch of a bot, kept over a restart.

use crate::model::BotCode;
use crate::store::{Store, StoreError, bots};

/// Switches a bot on or off for good. False: there is no such bot.
///
/// # Errors
/// An outage.
pub async fn set_enabled(store: &Store, code: &BotCode, enabled: bool) -> Result<bool, StoreError> {
    let code = code.clone();
    match store
        .write(move |conn| bots::command(conn, &code, enabled))
        .await
    {
        Ok(()) => Ok(true),
        Err(StoreError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
