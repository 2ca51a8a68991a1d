//! What all actors of a node share.

use std::sync::Arc;

use actix::prelude::*;
use dashmap::DashMap;

use super::bot::snapshot::TakeSnapshot;
use super::clock::Clock;
use super::definitions::Definitions;
use super::directory::Directory;
use super::handler_marks::HandlerMarks;
use super::ids::SpacedIds;
use super::lease::LeaseClock;
use super::metrics::Metrics;
use super::recent_places::RecentPlaces;
use super::scripts::ScriptPool;
use crate::model::BotCode;
use crate::settings::Settings;
use crate::store::Store;
use crate::telegram::Endpoint;

/// What all actors of a node share.
pub struct Shared {
    /// The settings.
    pub settings: Settings,
    /// The store.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// How Telegram is reached.
    pub endpoint: Endpoint,
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// Keys of messages and choices.
    pub ids: Arc<SpacedIds>,
    /// The bots that run, by code; read by HTTP without asking the fleet.
    pub bots: DashMap<BotCode, BotHandle>,
    /// What all bots are defined as.
    pub definitions: Definitions,
    /// Places of failures that were told of a moment ago.
    pub alarms: RecentPlaces,
    /// Who is who.
    pub directory: Arc<Directory>,
    /// Scripts.
    pub scripts: ScriptPool,
    /// How long our lease still holds.
    pub lease: LeaseClock,
    /// The run before this one did not end by itself.
    pub unclean: bool,
    /// Which updates are in a handler's hands.
    pub handler_marks: HandlerMarks,
}

/// A bot that runs.
#[derive(Clone)]
pub struct BotHandle {
    /// Asks its actor for a snapshot.
    pub snapshot: Recipient<TakeSnapshot>,
}
