//! The timetable: what is due. Deferred messages are rows with a due time; the timetable sleeps until
//! the nearest and wakes the courier of its bot. Retention and the exporter's upkeep go by it too.
//!
//! One per database, under the lease. Messages: [`TakeSnapshot`].

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use serde::Serialize;

use super::jobs;
use super::reports::Due;
use super::shared::Shared;
use crate::model::Moment;

/// A row that another process wrote (a CLI command) is noticed so soon.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often old rows are purged: often enough that each time there is little.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// Samples of histograms are folded together so often, or they pile up until somebody scrapes.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// What the timetable shows of itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TimetableSnapshot {
    /// When the next row is due, µs of Unix time.
    pub next_due: Option<Moment>,
    /// Rows that were purged since the start.
    pub purged: u64,
}

/// The timetable of a node.
pub struct Timetable {
    shared: Arc<Shared>,
    due: Recipient<Due>,
    snapshot: TimetableSnapshot,
    looking: bool,
    purging: bool,
    /// It was asked for while one was under way.
    purge_again: bool,
}

impl Timetable {
    /// A timetable that begins when it is started.
    pub fn new(shared: Arc<Shared>, due: Recipient<Due>) -> Timetable {
        Timetable {
            shared,
            due,
            snapshot: TimetableSnapshot::default(),
            looking: false,
            purging: false,
            purge_again: false,
        }
    }
}

impl Actor for Timetable {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.notify(Wake);
        ctx.run_interval(LOOK_EVERY, |_, ctx| ctx.notify(Wake));
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

/// Something may be due.
#[derive(Message)]
#[rtype(result = "()")]
struct Wake;

impl Handler<Wake> for Timetable {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        if std::mem::replace(&mut self.looking, true) {
            return;
        }
        let store = self.shared.store.clone();
        let now = self.shared.clock.now();
        let look = async move { jobs::due::due(&store, now).await };
        ctx.spawn(look.into_actor(self).map(|due, timetable, ctx| {
            timetable.looking = false;
            let Some(due) = due else { return };
            for bot in due.bots {
                timetable.due.do_send(Due(bot));
            }
            if due.next != timetable.snapshot.next_due {
                timetable.snapshot.next_due = due.next;
                if let Some(next) = due.next {
                    timetable.wake_at(next, ctx);
                }
            }
        }));
    }
}

/// The clock was set: much may be due and much may be old at once.
#[derive(Message)]
#[rtype(result = "()")]
struct Moved;

impl Handler<Moved> for Timetable {
    type Result = ();

    fn handle(&mut self, _: Moved, ctx: &mut Self::Context) {
        ctx.notify(Wake);
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
        MessageResult(self.snapshot.clone())
    }
}

impl Timetable {
    fn wake_at(&self, next: Moment, ctx: &mut Context<Self>) {
        let clock = self.shared.clock.clone();
        let sleep = async move { clock.sleep_until(next).await };
        ctx.spawn(sleep.into_actor(self).map(move |(), timetable, ctx| {
            if timetable.snapshot.next_due == Some(next) {
                timetable.snapshot.next_due = None;
                ctx.notify(Wake);
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
            timetable.snapshot.purged += purged;
            if std::mem::take(&mut timetable.purge_again) {
                timetable.purge(ctx);
            }
        }));
    }
}
