//! When a bot that ended by itself is started again. Pure: the clock is passed in.

use std::time::Duration;

use crate::model::Backoff;
use crate::runtime::clock::Steady;
use crate::runtime::reports::EndReason;

/// Back-off after a crash. Longer than the ceiling would leave people without answers after the cause is
/// gone.
const CRASHED: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(60));
/// A bot that ran so long without an end is healthy again: its back-off starts anew.
const HEALTHY_AFTER_MS: i64 = 60_000;
/// So many ends in a row open the circuit breaker: from then on one try per pause.
const BREAKER_AFTER: u32 = 8;
/// The pause of an open breaker. Short enough that a cause which went away in the night is noticed.
const BREAKER_PAUSE_MS: i64 = 300_000;
/// A wrong token does not mend itself, but may be valid again after Telegram's own trouble.
const UNAUTHORISED_PAUSE_MS: i64 = 300_000;

/// The restart history of one bot.
#[derive(Clone, Debug, Default)]
pub struct RestartPolicy {
    in_a_row: u32,
    started_at: Option<Steady>,
}

impl RestartPolicy {
    /// The bot was started.
    pub fn started(&mut self, now: Steady) {
        self.started_at = Some(now);
    }

    /// The bot ended: milliseconds until it is started again. `jitter` is a random number from 0 to 1: it keeps a thousand bots that fell
    /// together from rising together.
    pub fn ended(&mut self, reason: &EndReason, now: Steady, jitter: f64) -> i64 {
        if let Some(started_at) = self.started_at.take()
            && now.micros_since(started_at) >= HEALTHY_AFTER_MS * 1_000
        {
            self.in_a_row = 0;
        }
        match reason {
            EndReason::Unauthorised => UNAUTHORISED_PAUSE_MS,
            EndReason::Panicked(_) | EndReason::Failed(_) => {
                self.in_a_row += 1;
                if self.in_a_row >= BREAKER_AFTER {
                    return BREAKER_PAUSE_MS;
                }
                let pause = CRASHED.jittered(self.in_a_row, jitter);
                i64::try_from(pause.as_millis()).unwrap_or(BREAKER_PAUSE_MS)
            }
        }
    }

    /// How many times in a row it ended by itself.
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_breaker_and_begin_anew_after_a_healthy_run() {
        let mut policy = RestartPolicy::default();
        let panicked = EndReason::Panicked("courier".into());
        let mut pauses = Vec::new();
        for _ in 0..9 {
            policy.started(Steady(0));
            pauses.push(policy.ended(&panicked, Steady(1), 1.0));
        }
        let expected = [200, 400, 800, 1600, 3200, 6400, 12_800, 300_000, 300_000];
        assert_eq!(pauses, expected);

        policy.started(Steady(0));
        assert_eq!(policy.ended(&panicked, Steady(60_000_000), 0.0), 100);
        assert_eq!(
            policy.ended(&EndReason::Unauthorised, Steady(0), 0.5),
            300_000
        );
    }
}
