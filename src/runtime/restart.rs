//! Why an actor of a bot ended, and when it is started again. Pure: the clock is passed in.

use serde::Serialize;

use super::clock::Steady;

/// Why the actors of a bot ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "detail")]
pub enum EndReason {
    /// It was asked to stop.
    Asked,
    /// Code of ours panicked: which actor, as far as known.
    Panicked(String),
    /// It could not go on (the store refused, a definition is broken).
    Failed(String),
    /// Telegram does not know the token.
    Unauthorised,
    /// Somebody else polls with the same token.
    Conflict,
}

impl EndReason {
    /// A stable name for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            EndReason::Asked => "asked",
            EndReason::Panicked(_) => "panicked",
            EndReason::Failed(_) => "failed",
            EndReason::Unauthorised => "unauthorised",
            EndReason::Conflict => "conflict",
        }
    }
}

/// Back-off after a crash: doubles from the first to the ceiling.
const BACKOFF_FIRST_MS: i64 = 200;
/// Longer would leave people without answers after the cause is gone.
const BACKOFF_CEILING_MS: i64 = 60_000;
/// A bot that ran so long without an end is healthy again: its back-off starts anew.
const HEALTHY_AFTER_MS: i64 = 60_000;
/// So many ends in a row open the circuit breaker: from then on one try per pause.
const BREAKER_AFTER: u32 = 8;
/// The pause of an open breaker. Short enough that a cause which went away in the night is noticed.
const BREAKER_PAUSE_MS: i64 = 300_000;
/// A wrong token does not mend itself, but may be valid again after Telegram's own trouble.
const UNAUTHORISED_PAUSE_MS: i64 = 300_000;

/// What is to be done after an end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Leave it.
    Stay,
    /// Start it again after so many milliseconds.
    After(i64),
}

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

    /// The bot ended. `jitter` is a random number from 0 to 1: it keeps a thousand bots that fell
    /// together from rising together.
    pub fn ended(&mut self, reason: &EndReason, now: Steady, jitter: f64) -> Verdict {
        if let Some(started_at) = self.started_at.take()
            && now.micros_since(started_at) >= HEALTHY_AFTER_MS * 1_000
        {
            self.in_a_row = 0;
        }
        match reason {
            EndReason::Asked => {
                self.in_a_row = 0;
                Verdict::Stay
            }
            EndReason::Unauthorised => Verdict::After(UNAUTHORISED_PAUSE_MS),
            EndReason::Panicked(_) | EndReason::Failed(_) | EndReason::Conflict => {
                self.in_a_row += 1;
                if self.in_a_row >= BREAKER_AFTER {
                    return Verdict::After(BREAKER_PAUSE_MS);
                }
                let backoff =
                    (BACKOFF_FIRST_MS << (self.in_a_row - 1).min(20)).min(BACKOFF_CEILING_MS);
                let half = backoff / 2;
                #[expect(clippy::cast_possible_truncation, reason = "under a minute")]
                let jittered = half + (half as f64 * jitter.clamp(0.0, 1.0)) as i64;
                Verdict::After(jittered)
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
        assert_eq!(pauses, expected.map(Verdict::After));

        policy.started(Steady(0));
        assert_eq!(
            policy.ended(&panicked, Steady(60_000_000), 0.0),
            Verdict::After(100)
        );
        assert_eq!(
            policy.ended(&EndReason::Asked, Steady(0), 0.0),
            Verdict::Stay
        );
        assert_eq!(
            policy.ended(&EndReason::Unauthorised, Steady(0), 0.5),
            Verdict::After(300_000)
        );
    }
}
