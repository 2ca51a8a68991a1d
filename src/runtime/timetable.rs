//! The timetable: what is due. Deferred messages (and whatever else has a due time: each kind is a
//! [`DueSource`]) are rows; the timetable sleeps until the nearest and lets its source handle what has
//! fallen due. Retention and the exporter's upkeep go by it too.
//!
//! One per database, under the lease. Messages: [`TakeSnapshot`].

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;

use super::jobs;
use super::reports::Due;
use super::shared::Shared;
use crate::model::Moment;
use crate::store::Store;

/// A row that another process wrote (a CLI command) is noticed so soon.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often old rows are purged: often enough that each time there is little.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// Samples of histograms are folded together so often, or they pile up until somebody scrapes.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// One kind of rows that fall due.
pub trait DueSource {
    /// Handles what is due at `now`, some of it at least, and tells when the next row is due. `None`: the
    /// node is ending.
    fn handle(&self, now: Moment) -> LocalBoxFuture<'static, Option<Option<Moment>>>;
}

/// Messages with a due time: the courier of their bot is told.
pub struct DueMessages {
    /// Where they stand.
    pub store: Store,
    /// Who wakes the couriers.
    pub due: Recipient<Due>,
}

impl DueSource for DueMessages {
    fn handle(&self, now: Moment) -> LocalBoxFuture<'static, Option<Option<Moment>>> {
        let (store, couriers) = (self.store.clone(), self.due.clone());
        Box::pin(async move {
            let due = jobs::due::due(&store, now).await?;
            for bot in due.bots {
                couriers.do_send(Due(bot));
            }
            Some(due.next)
        })
    }
}

/// What the timetable shows of itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TimetableSnapshot {
    /// When the next row is due, µs of Unix time.
    pub next_due: Option<Moment>,
    /// Rows that were purged since the start.
    pub purged: u64,
}

struct Watched {
    source: Rc<dyn DueSource>,
    /// A look is under way.
    looking: bool,
    next_due: Option<Moment>,
}

/// The timetable of a node.
pub struct Timetable {
    shared: Arc<Shared>,
    sources: Vec<Watched>,
    purged: u64,
    purging: bool,
    /// It was asked for while one was under way.
    purge_again: bool,
}

impl Timetable {
    /// A timetable that begins when it is started.
    pub fn new(shared: Arc<Shared>, sources: Vec<Rc<dyn DueSource>>) -> Timetable {
        let watched = |source| Watched {
            source,
            looking: false,
            next_due: None,
        };
        Timetable {
            shared,
            sources: sources.into_iter().map(watched).collect(),
            purged: 0,
            purging: false,
            purge_again: false,
        }
    }
}

impl Actor for Timetable {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.look_at_all(ctx);
        ctx.run_interval(LOOK_EVERY, |timetable, ctx| timetable.look_at_all(ctx));
        ctx.run_interval(PURGE_EVERY, |timetable, ctx| timetable.purge(ctx));
        let mut moves = self.shared.clock.moves();
        let addr = ctx.address();
        ctx.spawn(
            async move {
                loop {
                    moves.next().await;
                    addr.do_send(Moved);
                }
            }
            .into_actor(self),
        );
        ctx.run_interval(UPKEEP_EVERY, |timetable, _| {
            timetable.shared.metrics.upkeep()
        });
    }
}

/// The clock was set: much may be due and much may be old at once.
#[derive(Message)]
#[rtype(result = "()")]
struct Moved;

impl Handler<Moved> for Timetable {
    type Result = ();

    fn handle(&mut self, _: Moved, ctx: &mut Self::Context) {
        self.look_at_all(ctx);
        self.purge(ctx);
    }
}

/// Asks for a snapshot.
#[derive(Message)]
#[rtype(result = "TimetableSnapshot")]
pub struct TakeSnapshot;

impl Handler<TakeSnapshot> for Timetable {
    type Result = MessageResult<TakeSnapshot>;

    fn handle(&mut self, _: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        MessageResult(TimetableSnapshot {
            next_due: self
                .sources
                .iter()
                .filter_map(|watched| watched.next_due)
                .min(),
            purged: self.purged,
        })
    }
}

impl Timetable {
    fn look_at_all(&mut self, ctx: &mut Context<Self>) {
        for index in 0..self.sources.len() {
            self.look(index, ctx);
        }
    }

    fn look(&mut self, index: usize, ctx: &mut Context<Self>) {
        let watched = &mut self.sources[index];
        if std::mem::replace(&mut watched.looking, true) {
            return;
        }
        let look = watched.source.handle(self.shared.clock.now());
        ctx.spawn(look.into_actor(self).map(move |next, timetable, ctx| {
            let watched = &mut timetable.sources[index];
            watched.looking = false;
            let Some(next) = next else { return };
            if next != watched.next_due {
                watched.next_due = next;
                if let Some(next) = next {
                    timetable.wake_at(index, next, ctx);
                }
            }
        }));
    }

    fn wake_at(&self, index: usize, next: Moment, ctx: &mut Context<Self>) {
        let clock = self.shared.clock.clone();
        let sleep = async move { clock.sleep_until(next).await };
        ctx.spawn(sleep.into_actor(self).map(move |(), timetable, ctx| {
            let watched = &mut timetable.sources[index];
            if watched.next_due == Some(next) {
                watched.next_due = None;
                timetable.look(index, ctx);
            }
        }));
    }

    fn purge(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.purging, true) {
            self.purge_again = true;
            return;
        }
        let shared = self.shared.clone();
        let purge = async move {
            jobs::retention::purge(
                &shared.store,
                &shared.settings.retention,
                shared.clock.now(),
            )
            .await
        };
        ctx.spawn(purge.into_actor(self).map(|purged, timetable, ctx| {
            timetable.purging = false;
            timetable.purged += purged;
            if std::mem::take(&mut timetable.purge_again) {
                timetable.purge(ctx);
            }
        }));
    }
}
