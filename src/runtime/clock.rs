//! The present moment, as the runtime sees it: the machine's clock, a clock that a test moves, or
//! one that is shifted by hand (`testing.clock` is not followed yet).
//!
//! Only wall-clock decisions (deadlines, retention, rows) ask this clock. Time-outs and pauses
//! between tries are measured by tokio and are not its business.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

use crate::model::Moment;

/// A clock; clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Source,
    was_set: Notify,
}

#[derive(Debug)]
enum Source {
    /// The machine's clock plus an offset in microseconds that the follower of a simulator sets.
    System(AtomicI64),
    /// Stands still until it is set.
    Manual(AtomicI64),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock::new(Source::System(AtomicI64::new(0)))
    }

    /// A clock that stands at `now` until [`set`](Self::set) moves it.
    pub fn manual(now: Moment) -> Clock {
        Clock::new(Source::Manual(AtomicI64::new(now.0)))
    }

    fn new(source: Source) -> Clock {
        Clock(Arc::new(Inner {
            source,
            was_set: Notify::new(),
        }))
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        match &self.0.source {
            Source::System(offset) => system_now().plus_micros(offset.load(Ordering::Relaxed)),
            Source::Manual(now) => Moment(now.load(Ordering::Relaxed)),
        }
    }

    /// Makes the clock show `now`: a manual clock stands there, the machine's goes on from there.
    pub fn set(&self, now: Moment) {
        match &self.0.source {
            Source::System(offset) => {
                offset.store(now.micros_since(system_now()), Ordering::Relaxed);
            }
            Source::Manual(cell) => cell.store(now.0, Ordering::Relaxed),
        }
        self.0.was_set.notify_waiters();
    }

    /// Waits until this clock shows `moment` or later, however it gets there.
    pub async fn sleep_until(&self, moment: Moment) {
        loop {
            let was_set = self.0.was_set.notified();
            let left = moment.micros_since(self.now());
            if left <= 0 {
                return;
            }
            match &self.0.source {
                Source::System(_) => {
                    let left = Duration::from_micros(left.unsigned_abs());
                    tokio::select! {
                        () = tokio::time::sleep(left) => {}
                        () = was_set => {}
                    }
                }
                Source::Manual(_) => was_set.await,
            }
        }
    }
}

fn system_now() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_the_system_clock_can_be_shifted() {
        let clock = Clock::manual(Moment(5));
        assert_eq!(clock.now(), Moment(5));
        clock.set(Moment(7));
        assert_eq!(clock.clone().now(), Moment(7));

        let clock = Clock::system();
        let far = clock.now().plus_secs(86_400);
        clock.set(far);
        assert!(clock.now() >= far);
    }
}
