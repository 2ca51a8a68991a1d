//! The present moment, as the runtime sees it, and the time that has passed.
//!
//! Two questions, two answers. [`Clock::now`] is the wall clock: the machine's, one that a test moves,
//! or that of a simulator which is followed (`testing.clock`, `app/followed_clock.rs`). Moments in rows,
//! deadlines and periods of retention are told by it. [`Clock::steady`] is the time that has passed: it
//! never goes back and does not jump when somebody sets the machine's clock, so holds and pauses within
//! the process go by it. A test that moves its clock on moves both, for then time is meant to have
//! passed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::model::Moment;

/// A clock; clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Microseconds between the machine's clock and this one while it goes.
    offset: AtomicI64,
    /// Where it stands; [`GOES`] while it goes.
    stands_at: AtomicI64,
    /// The beginning of steady time.
    began: Instant,
    /// How far it was moved on by hand, microseconds.
    skipped: AtomicI64,
    was_set: watch::Sender<()>,
}

/// In place of a moment: the clock goes.
const GOES: i64 = i64::MIN;

/// Time that has passed, microseconds since the clock was made. Only differences mean something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Steady(pub i64);

impl Steady {
    /// So much later.
    pub fn plus_micros(self, micros: i64) -> Steady {
        Steady(self.0.saturating_add(micros))
    }

    /// So much later.
    pub fn plus(self, pause: Duration) -> Steady {
        self.plus_micros(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX))
    }

    /// So much later.
    pub fn plus_millis(self, millis: i64) -> Steady {
        self.plus_micros(millis.saturating_mul(1_000))
    }

    /// How long after `earlier`.
    pub fn micros_since(self, earlier: Steady) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Tells when a clock was set, without missing a time.
#[derive(Debug)]
pub struct Moves(watch::Receiver<()>);

impl Moves {
    /// Waits until the clock is set.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            // The clock is gone and will not be set any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock::new(GOES)
    }

    /// A clock that stands at `now` until [`set`](Self::set) moves it.
    pub fn manual(now: Moment) -> Clock {
        Clock::new(now.0)
    }

    fn new(stands_at: i64) -> Clock {
        Clock(Arc::new(Inner {
            offset: AtomicI64::new(0),
            stands_at: AtomicI64::new(stands_at),
            began: Instant::now(),
            skipped: AtomicI64::new(0),
            was_set: watch::Sender::new(()),
        }))
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        match self.0.stands_at.load(Ordering::Acquire) {
            GOES => system_now().plus_micros(self.0.offset.load(Ordering::Relaxed)),
            stands_at => Moment(stands_at),
        }
    }

    /// The time that has passed.
    pub fn steady(&self) -> Steady {
        let passed = i64::try_from(self.0.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        Steady(passed).plus_micros(self.0.skipped.load(Ordering::Relaxed))
    }

    /// Makes the clock show `now`: one that stands stands there, one that goes goes on from there.
    pub fn set(&self, now: Moment) {
        let stands = self.0.stands_at.load(Ordering::Acquire) != GOES;
        self.show(now, stands);
    }

    /// Makes the clock show `now` and stand there, or go on from there.
    pub fn show(&self, now: Moment, stands: bool) {
        let forward = now.micros_since(self.now());
        if forward > 0 {
            self.0.skipped.fetch_add(forward, Ordering::Relaxed);
        }
        if stands {
            self.0.stands_at.store(now.0, Ordering::Release);
        } else {
            let offset = now.micros_since(system_now());
            self.0.offset.store(offset, Ordering::Relaxed);
            self.0.stands_at.store(GOES, Ordering::Release);
        }
        self.0.was_set.send_replace(());
    }

    /// What to wait on for the clock to be set: all times from now on.
    pub fn moves(&self) -> Moves {
        Moves(self.0.was_set.subscribe())
    }

    /// Waits until this clock shows `moment` or later, however it gets there.
    pub async fn sleep_until(&self, moment: Moment) {
        let mut moves = self.moves();
        loop {
            let left = moment.micros_since(self.now());
            if left <= 0 {
                return;
            }
            if self.0.stands_at.load(Ordering::Acquire) == GOES {
                wait(left, &mut moves).await;
            } else {
                moves.next().await;
            }
        }
    }

    /// Waits until so much time has passed.
    pub async fn sleep_until_steady(&self, until: Steady) {
        let mut moves = self.moves();
        loop {
            let left = until.micros_since(self.steady());
            if left <= 0 {
                return;
            }
            wait(left, &mut moves).await;
        }
    }
}

async fn wait(micros: i64, moves: &mut Moves) {
    tokio::select! {
        () = tokio::time::sleep(Duration::from_micros(micros.unsigned_abs())) => {}
        () = moves.next() => {}
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
    fn a_clock_that_stands_moves_only_by_hand_and_one_that_goes_can_be_shifted() {
        let clock = Clock::manual(Moment(5));
        assert_eq!(clock.now(), Moment(5));
        clock.set(Moment(7));
        assert_eq!(clock.clone().now(), Moment(7));

        let clock = Clock::system();
        let far = clock.now().plus_secs(86_400);
        clock.set(far);
        assert!(clock.now() >= far);
        clock.show(Moment(5), true);
        assert_eq!(clock.now(), Moment(5));
        clock.show(Moment(5), false);
        assert!(clock.now() >= Moment(5) && clock.now() < far);
    }

    #[test]
    fn steady_time_goes_on_with_the_clock_and_never_back() {
        const HOUR: i64 = 3_600_000_000;
        for clock in [Clock::system(), Clock::manual(Moment(HOUR))] {
            let began = clock.steady();
            let now = clock.now();
            clock.set(now.plus_micros(-HOUR));
            assert!(clock.steady() >= began);
            assert!(
                clock.steady().micros_since(began) < HOUR,
                "no hour has passed"
            );
            clock.set(now.plus_micros(HOUR));
            assert!(clock.steady().micros_since(began) >= 2 * HOUR - 1_000_000);
        }
    }

    #[tokio::test]
    async fn sleepers_wake_when_the_clock_is_moved() {
        let clock = Clock::manual(Moment(0));
        let until = Moment(0).plus_secs(86_400);
        let until_steady = clock.steady().plus_micros(until.0);
        let mut moves = clock.moves();
        let sleep = async {
            clock.sleep_until(until).await;
            clock.sleep_until_steady(until_steady).await;
        };
        let moving = async {
            // Back first: that wakes nobody for good.
            clock.set(Moment(0).plus_secs(-5));
            clock.show(until, false);
        };
        tokio::join!(sleep, moving);
        moves.next().await;
    }
}
