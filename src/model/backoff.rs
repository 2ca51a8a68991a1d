//! Back-off: how long to wait before another try of what failed. Pure: chance is passed in.

use std::time::Duration;

/// A ladder of pauses: each twice the one before, up to a ceiling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backoff {
    first: Duration,
    ceiling: Duration,
}

impl Backoff {
    /// From the first pause up to the longest.
    pub const fn new(first: Duration, ceiling: Duration) -> Backoff {
        Backoff { first, ceiling }
    }

    /// The pause after so many failures in a row; after none or one the first.
    pub fn pause(&self, failures: u32) -> Duration {
        let doubled = failures.saturating_sub(1).min(30);
        self.first.saturating_mul(1 << doubled).min(self.ceiling)
    }

    /// The same with jitter: between half of the pause and all of it, by `chance` from 0 to 1. Whatever
    /// fell together must not come back in step.
    pub fn jittered(&self, failures: u32, chance: f64) -> Duration {
        self.pause(failures)
            .mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_ceiling() {
        let ladder = Backoff::new(Duration::from_millis(250), Duration::from_secs(2));
        let pauses =
            [0, 1, 2, 3, 4, 5, u32::MAX].map(|failures| ladder.pause(failures).as_millis());
        assert_eq!(pauses, [250, 250, 500, 1000, 2000, 2000, 2000]);
        let jittered =
            [-1.0, 0.0, 0.5, 1.0, 9.0].map(|chance| ladder.jittered(2, chance).as_millis());
        assert_eq!(jittered, [250, 250, 375, 500, 500]);
    }
}
