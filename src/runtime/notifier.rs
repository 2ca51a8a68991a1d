//! The notifier: tells people what happened, once, whoever made it happen. It follows the events of
//! registrations and requests; the notices of an event and its mark are one commit, so that a crash
//! neither loses nor doubles them.
//!
//! ```text
//! commit --Look--> Notifier --notices and mark, one job--> store --Due--> couriers
//! ```
//!
//! One per database, under the lease. Requests that wait too long are [`Reminders`], a source of the
//! timetable.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::future::LocalBoxFuture;

use super::shared::Shared;
use super::timetable::DueSource;
use super::{jobs, notices};
use crate::model::Moment;

/// An event that another process wrote (a command beside the server) is noticed so soon.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Events may be open.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Look;

/// The notifier of a node.
pub struct Notifier {
    shared: Arc<Shared>,
    /// A look is under way.
    looking: bool,
    /// It was asked for while one was under way.
    again: bool,
}

impl Notifier {
    /// A notifier that begins when it is started.
    pub fn new(shared: Arc<Shared>) -> Notifier {
        Notifier {
            shared,
            looking: false,
            again: false,
        }
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.looking, true) {
            self.again = true;
            return;
        }
        let shared = self.shared.clone();
        ctx.spawn(async move { tell(&shared).await }.into_actor(self).map(
            |more, notifier, ctx| {
                notifier.looking = false;
                if std::mem::take(&mut notifier.again) || more {
                    notifier.look(ctx);
                }
            },
        ));
    }
}

impl Actor for Notifier {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.look(ctx);
        ctx.run_interval(LOOK_EVERY, |notifier, ctx| notifier.look(ctx));
    }
}

impl Handler<Look> for Notifier {
    type Result = ();

    fn handle(&mut self, _: Look, ctx: &mut Self::Context) {
        self.look(ctx);
    }
}

/// Tells what is open. True when there may be more.
async fn tell(shared: &Shared) -> bool {
    // Their texts are the bots'.
    if !shared.definitions.are_loaded() {
        return false;
    }
    let Some(open) = jobs::notices::open(&shared.store).await else {
        return false;
    };
    let more = !open.is_empty();
    for event in open {
        let notices = notices::of_event(shared, &event.about);
        let now = shared.clock.now();
        if jobs::notices::tell(&shared.store, event.id, notices, now)
            .await
            .is_none()
        {
            return false;
        }
    }
    more
}

/// Requests that nobody decided for `remind_after`.
pub struct Reminders {
    /// The node.
    pub shared: Arc<Shared>,
}

impl DueSource for Reminders {
    fn handle(&self, now: Moment) -> LocalBoxFuture<'static, Option<Option<Moment>>> {
        let shared = self.shared.clone();
        Box::pin(async move {
            if !shared.definitions.are_loaded() {
                return Some(None);
            }
            let (due, _) = jobs::notices::due(&shared.store, now).await?;
            for request in due {
                let (next, notices) = notices::reminder(&shared, &request, now);
                // Changed meanwhile: the next look sees how.
                jobs::notices::remind(&shared.store, next, notices, now).await?;
            }
            let (_, next) = jobs::notices::due(&shared.store, now).await?;
            Some(next.filter(|next| *next > now))
        })
    }
}
