//! When a run that does not end by itself is called, and when it is given up (design: "Crashes").
//!
//! A run ends at its limits by itself, wherever it pays for its work: in the loop over instructions and
//! in native functions that go over elements. This is for what does not pay: a bug of ours or of a
//! library, found by somebody who looked for it. A thread cannot be ended from outside, so such a run
//! is left alone with its thread, and another thread takes its place.

use std::time::Duration;

use crate::scripting::ScriptLimits;

/// How often a run is looked at.
pub(super) const EVERY: Duration = Duration::from_millis(250);
/// How much later than its limit a run is given up: its thread may have had no processor for a while.
const GRACE: Duration = Duration::from_secs(5);
/// The same after the bot or the node asked it to end, which has ten seconds for all it does.
const CANCEL_GRACE: Duration = Duration::from_secs(2);

/// What is to be done about a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It may go on.
    Wait,
    /// It is told that its time is over.
    Call,
    /// Its thread is left to it.
    GiveUp(Lost),
}

/// Why a run was given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lost {
    /// It did not end at its limit of time: its update is handled with that error.
    Overdue,
    /// It did not end when the bot or the node did: its update waits, and has had a try.
    Cancelled,
    /// It holds the database's only writer: nobody writes any more until the process ends.
    Writing,
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Doing {
    /// It waits for the store or the network, which have limits of their own.
    pub(super) waits: bool,
    /// It holds the write lease.
    pub(super) writes: bool,
    /// It was asked to end.
    pub(super) cancelled: bool,
}

/// What is known of a run: how long it has worked, without the time in which it waited for the store or
/// the network.
#[derive(Debug)]
pub(super) struct Watchdog {
    time: Duration,
    write_limit: Duration,
    worked: Duration,
    wrote: Duration,
    cancelled: Duration,
}

impl Watchdog {
    pub(super) fn new(limits: &ScriptLimits) -> Watchdog {
        Watchdog {
            time: limits.time,
            write_limit: limits.write_limit,
            worked: Duration::ZERO,
            wrote: Duration::ZERO,
            cancelled: Duration::ZERO,
        }
    }

    /// Another [`EVERY`] has passed.
    pub(super) fn look(&mut self, doing: Doing) -> Verdict {
        if doing.waits {
            return Verdict::Wait;
        }
        self.worked += EVERY;
        if doing.writes {
            self.wrote += EVERY;
        }
        if doing.cancelled {
            self.cancelled += EVERY;
        }
        if self.wrote > self.write_limit + GRACE {
            Verdict::GiveUp(Lost::Writing)
        } else if self.cancelled > CANCEL_GRACE {
            Verdict::GiveUp(Lost::Cancelled)
        } else if self.worked > self.time + GRACE {
            Verdict::GiveUp(Lost::Overdue)
        } else if self.worked > self.time {
            Verdict::Call
        } else {
            Verdict::Wait
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_called_at_its_limit_and_given_up_later() {
        let limits = ScriptLimits {
            time: Duration::from_secs(1),
            instructions: 0,
            memory: 0,
            write_limit: Duration::from_millis(200),
        };
        // What it does second by second (runs, outside, writes, cancelled), and when what followed.
        let check = |seconds: &str, expected: &str| {
            let mut dog = Watchdog::new(&limits);
            let mut seen: Vec<String> = Vec::new();
            for (second, doing) in seconds.chars().enumerate() {
                let doing = Doing {
                    waits: doing == 'o',
                    writes: doing == 'w',
                    cancelled: doing == 'c',
                };
                for _ in 0..4 {
                    match dog.look(doing) {
                        Verdict::Wait => {}
                        Verdict::Call if seen.is_empty() => seen.push(format!("called {second}")),
                        Verdict::Call => {}
                        Verdict::GiveUp(lost) => {
                            seen.push(format!("{lost:?} {second}"));
                            assert_eq!(seen.join(", "), expected, "{seconds}");
                            return;
                        }
                    }
                }
            }
            assert_eq!(seen.join(", "), expected, "{seconds}");
        };
        check("r", "");
        check("rrrrrrrr", "called 1, Overdue 6");
        check("ooooooooooo", "");
        check("oorooooorrrrrrr", "called 8, Overdue 13");
        check("wwwwwwwww", "called 1, Writing 5");
        check("ccc", "called 1, Cancelled 2");
    }
}
