//! What the control endpoint and the tests see of a node, and what they may ask of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use serde::Serialize;

use super::bot::snapshot::{BotSnapshot, TakeSnapshot};
use super::clock::Clock;
use super::fleet::{self, BotStatus, Command, Fleet, List, Order};
use super::jobs;
use super::shared::Shared;
use super::timetable::{self, Timetable, TimetableSnapshot};
use crate::model::{BotCode, By};
use crate::settings::Settings;
use crate::store::{Store, StoreError};

/// How long an answer of a bot's actor may take before a snapshot goes without it.
const LOOK_MAX: Duration = Duration::from_secs(1);

/// What the control endpoint and the tests see of a node.
#[derive(Clone)]
pub struct NodeView {
    shared: Arc<Shared>,
    fleet: Addr<Fleet>,
    timetable: Addr<Timetable>,
    started_at: Instant,
}

/// How a node does, for `/health/ready`.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    /// The database answers and takes writes, and the lease holds.
    pub ready: bool,
    /// The lease holds.
    pub lease: bool,
    /// The database answers.
    pub store: bool,
    /// Commits succeed: not with a full disk, or while somebody keeps a lock.
    pub writes: bool,
    /// Seconds since the start.
    pub uptime_s: u64,
}

impl NodeView {
    /// Of a node whose actors run since `started_at`.
    pub fn new(
        shared: Arc<Shared>,
        fleet: Addr<Fleet>,
        timetable: Addr<Timetable>,
        started_at: Instant,
    ) -> NodeView {
        NodeView {
            shared,
            fleet,
            timetable,
            started_at,
        }
    }

    /// The store, for resources that are rows.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The list of bots.
    pub async fn bots(&self) -> Vec<BotStatus> {
        self.fleet.send(List).await.unwrap_or_default()
    }

    /// The snapshot of a bot that runs; `None` when it does not, or does not answer in time.
    pub async fn snapshot(&self, code: &BotCode) -> Option<BotSnapshot> {
        let snapshot = self.shared.bots.get(code)?.snapshot.clone();
        tokio::time::timeout(LOOK_MAX, snapshot.send(TakeSnapshot))
            .await
            .ok()?
            .ok()?
    }

    /// Switches a bot on or off, or starts it anew; on and off are kept over a restart. False: there
    /// is no such bot.
    ///
    /// # Errors
    /// When the switch could not be written.
    pub async fn command(&self, code: &BotCode, order: Order) -> Result<bool, StoreError> {
        match order {
            Order::Start | Order::Stop => {
                let (enabled, now) = (order == Order::Start, self.shared.clock.now());
                if !jobs::bots::set_enabled(&self.shared.store, code, enabled, now, By::System)
                    .await?
                {
                    return Ok(false);
                }
            }
            Order::Restart => {}
        }
        let command = Command {
            code: code.clone(),
            order,
        };
        Ok(self.fleet.send(command).await.unwrap_or(false))
    }

    /// Looks for changed definitions at once instead of within a second.
    pub async fn sync(&self) {
        // Only a node that is ending does not answer.
        let _ = self.fleet.send(fleet::Sync).await;
    }

    /// The snapshot of the timetable.
    pub async fn timetable(&self) -> TimetableSnapshot {
        self.timetable
            .send(timetable::TakeSnapshot)
            .await
            .unwrap_or_default()
    }

    /// Whether the node is at work.
    pub async fn readiness(&self) -> Readiness {
        let lease = self.shared.lease.covers(Duration::ZERO);
        let store = jobs::health::answers(&self.shared.store).await;
        let now = self.shared.clock.now();
        let writes = lease && jobs::health::takes_writes(&self.shared.store, now).await;
        Readiness {
            ready: lease && store && writes,
            lease,
            store,
            writes,
            uptime_s: self.started_at.elapsed().as_secs(),
        }
    }

    /// The text for Prometheus.
    pub async fn metrics(&self) -> String {
        jobs::health::gauges(&self.shared.store, &self.shared.metrics).await;
        self.shared.metrics.render()
    }
}
