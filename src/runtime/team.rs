//! The actors of a node: started together, ended together.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;

use super::fleet::{Fleet, Shutdown};
use super::notifier::{Look, Notifier, Reminders};
use super::reports::Due;
use super::shared::Shared;
use super::timetable::{DueMessages, DueSource, Timetable};
use super::view::NodeView;

/// Runs a node's work on an actix system of the thread that calls, to its end.
pub fn run_system<T>(work: impl Future<Output = T>) -> T {
    System::new().block_on(work)
}

/// The actors of a node at work.
pub struct Team {
    fleet: Addr<Fleet>,
    timetable: Addr<Timetable>,
    arbiters: Vec<Arbiter>,
    shared: Arc<Shared>,
}

impl Team {
    /// Starts them, on an arbiter per core. Only within [`run_system`].
    pub fn start(shared: &Arc<Shared>) -> Team {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let arbiters: Vec<Arbiter> = (0..cores).map(|_| Arbiter::new()).collect();
        let handles = arbiters.iter().map(Arbiter::handle).collect();
        let fleet = Fleet::new(shared.clone(), handles).start();
        let due: Recipient<Due> = fleet.clone().recipient();
        let couriers = due.clone();
        shared.store.watch(Arc::new(move |changed| {
            for (bot, not_before) in changed.due() {
                // What is deferred is the timetable's.
                if not_before.is_none() {
                    couriers.do_send(Due(bot.clone()));
                }
            }
        }));
        let messages = DueMessages {
            store: shared.store.clone(),
            due,
        };
        let notifier = Notifier::new(shared.clone()).start();
        shared.store.watch(Arc::new(move |changed| {
            if changed.events().next().is_some() {
                notifier.do_send(Look);
            }
        }));
        let reminders = Reminders {
            shared: shared.clone(),
        };
        let sources: Vec<Rc<dyn DueSource>> = vec![Rc::new(messages), Rc::new(reminders)];
        let timetable = Timetable::new(shared.clone(), sources).start();
        Team {
            fleet,
            timetable,
            arbiters,
            shared: shared.clone(),
        }
    }

    /// What the outside sees of them.
    pub fn view(&self, started_at: Instant) -> NodeView {
        NodeView::new(
            self.shared.clone(),
            self.fleet.clone(),
            self.timetable.clone(),
            started_at,
        )
    }

    /// Ends all bots and the threads they run on. False when not all ended within `most`.
    pub async fn end(self, most: Duration) -> bool {
        let ended = tokio::time::timeout(most, self.fleet.send(Shutdown))
            .await
            .is_ok();
        for arbiter in self.arbiters {
            arbiter.stop();
            // Its thread ends when its last task does; the join is bounded by the stop above.
            let _ = arbiter.join();
        }
        ended
    }
}
