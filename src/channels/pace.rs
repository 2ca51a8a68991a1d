//! How fast one bot may send: token buckets and pauses. Pure: the clock (microseconds UTC) is
//! passed in, nothing sleeps, nothing is sent.
//!
//! Three buckets: the bot, the chat, and the group a minute. A bucket is one number, the moment at
//! which it will be full again: sending moves it on by one interval, and a moment not after `now`
//! is a full bucket. So a chat that has been idle needs no memory, and the tokens can go below zero:
//! *interactive* messages take tokens and never wait for them, *background* ones wait until the
//! debt is paid.
//!
//! A 429 does not say what it is about: the chat waits. A second one from another chat within a
//! second makes it the whole bot (the rule stands in the design under "Sending"). Pauses hold for both lanes. They are
//! given out as rows and taken back at start; buckets are not, so a restart may cost one burst.

use std::collections::HashMap;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// Messages to one chat that may go at once before its rate holds. Telegram lets short bursts pass;
/// fewer, and an answer in two parts is followed by a late notice; more, and 429 comes.
const CHAT_BURST: i64 = 3;

/// Which part of a group's minute may go at once: of 20 a minute, 4. Larger, and a group is silent
/// for the rest of its minute; smaller, and notices that belong together trickle in.
const GROUP_BURST_SHARE: i64 = 5;

/// How far interactive messages can bring a bucket into debt. Telegram counts over a minute at most,
/// so what is older than that no longer matters; without an end a flood of questions would silence
/// all notices for an hour.
const DEBT_MAX: i64 = 60 * SECOND;

/// Two 429 of different chats within this mean the bot.
const BOT_PAUSE_WINDOW: i64 = SECOND;

/// A clock that goes back by more than this was set, and everything is moved with it: else buckets
/// and pauses would stand in the future.
const CLOCK_SET: i64 = SECOND;

/// Chats are looked through for idle ones when there are so many, and again at twice what was left.
const SWEEP_MIN: usize = 256;

/// The rates; 0 switches one off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Messages of the bot a second.
    pub per_bot_per_s: u32,
    /// Messages to one chat a second.
    pub per_chat_per_s: u32,
    /// Messages to one group a minute.
    pub per_group_per_min: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Rates {
            per_bot_per_s: 30,
            per_chat_per_s: 1,
            per_group_per_min: 20,
        }
    }
}

/// Which lane a message goes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Priority {
    /// An answer to a person: takes tokens, waits only for pauses.
    Interactive,
    /// A notice, a manual message, a broadcast: waits for tokens and pauses.
    Background,
}

/// What a pause holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PauseScope {
    /// All chats of the bot.
    Bot,
    /// One chat.
    Chat(i64),
}

/// Nothing is sent there until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pause {
    /// What waits.
    pub scope: PauseScope,
    /// Until when, microseconds UTC.
    pub until: i64,
}

/// How fast a bucket fills and how much it holds.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// Between two messages in the long run.
    interval: i64,
    /// How much sooner a message may go than its turn: a burst of n is n - 1 intervals.
    tolerance: i64,
}

impl Rule {
    /// None where the rate is off. Intervals are rounded up, so that the rate holds strictly.
    fn new(rate: i64, period: i64, burst: i64) -> Option<Rule> {
        (rate > 0).then(|| {
            let interval = (period + rate - 1) / rate;
            Rule {
                interval,
                tolerance: interval * (burst - 1),
            }
        })
    }
}

/// The moment at which the bucket is full.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket(i64);

impl Bucket {
    fn allowed_at(self, rule: Option<Rule>) -> i64 {
        rule.map_or(i64::MIN, |rule| self.0 - rule.tolerance)
    }

    fn take(&mut self, rule: Option<Rule>, at: i64) {
        if let Some(rule) = rule {
            self.0 = (self.0.max(at) + rule.interval)
                .min(at + rule.tolerance + rule.interval + DEBT_MAX);
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct ChatState {
    second: Bucket,
    minute: Bucket,
    paused_until: i64,
}

impl ChatState {
    /// Whether forgetting it changes nothing.
    fn is_idle(&self, at: i64) -> bool {
        self.second.0 <= at && self.minute.0 <= at && self.paused_until <= at
    }
}

/// The buckets and pauses of one bot.
#[derive(Debug)]
pub struct Pace {
    bot_rule: Option<Rule>,
    chat_rule: Option<Rule>,
    group_rule: Option<Rule>,
    bot: Bucket,
    bot_paused_until: i64,
    chats: HashMap<i64, ChatState>,
    /// The last 429: which chat, when.
    last_refusal: Option<(i64, i64)>,
    sweep_at: usize,
    latest: i64,
}

impl Pace {
    /// Full buckets, no pauses.
    pub fn new(rates: Rates) -> Pace {
        let mut limits = Pace {
            bot_rule: None,
            chat_rule: None,
            group_rule: None,
            bot: Bucket::default(),
            bot_paused_until: 0,
            chats: HashMap::new(),
            last_refusal: None,
            sweep_at: SWEEP_MIN,
            latest: i64::MIN,
        };
        limits.set_rates(rates);
        limits
    }

    /// Other rates from now on; what was sent already still counts.
    pub fn set_rates(&mut self, rates: Rates) {
        // The bot's messages are paced one by one, so that no second holds more than the rate; a
        // burst would have to be paid for by a lower rate, and nobody sees 33 ms.
        self.bot_rule = Rule::new(rates.per_bot_per_s.into(), SECOND, 1);
        self.chat_rule = Rule::new(rates.per_chat_per_s.into(), SECOND, CHAT_BURST);
        // The burst is taken off the rate, so that no minute holds more than the limit.
        let per_minute = i64::from(rates.per_group_per_min);
        let burst = (per_minute / GROUP_BURST_SHARE).max(1);
        self.group_rule =
            Rule::new(per_minute - burst + 1, 60 * SECOND, burst).filter(|_| per_minute > 0);
    }

    /// When a message to this chat may go: `at` itself or later. Ask again at that moment: another
    /// message may have gone first.
    pub fn next_allowed(&mut self, chat: i64, priority: Priority, at: i64) -> i64 {
        self.see(at);
        let state = self.chats.get(&chat).copied().unwrap_or_default();
        let paused = self.bot_paused_until.max(state.paused_until).max(at);
        match priority {
            Priority::Interactive => paused,
            Priority::Background => paused
                .max(self.bot.allowed_at(self.bot_rule))
                .max(state.second.allowed_at(self.chat_rule))
                .max(state.minute.allowed_at(self.group_rule(chat))),
        }
    }

    /// A message to this chat is being sent now, whatever its lane.
    pub fn take(&mut self, chat: i64, at: i64) {
        self.see(at);
        self.bot.take(self.bot_rule, at);
        let group_rule = self.group_rule(chat);
        if self.chat_rule.is_none() && group_rule.is_none() {
            return;
        }
        let chat_rule = self.chat_rule;
        let state = self.chats.entry(chat).or_default();
        state.second.take(chat_rule, at);
        state.minute.take(group_rule, at);
        self.sweep(at);
    }

    /// Telegram answered 429 to a message to this chat. Gives the pause that follows, as a row to
    /// keep.
    pub fn refused(&mut self, chat: i64, retry_after_s: u32, at: i64) -> Pause {
        self.see(at);
        self.sweep(at);
        let until = at.saturating_add(i64::from(retry_after_s) * SECOND);
        let another = self
            .last_refusal
            .is_some_and(|(other, when)| other != chat && at - when <= BOT_PAUSE_WINDOW);
        self.last_refusal = Some((chat, at));
        let scope = if another {
            PauseScope::Bot
        } else {
            PauseScope::Chat(chat)
        };
        self.pause(Pause { scope, until })
    }

    /// Holds a chat or the bot; a longer pause that is there already stays. Gives what now holds.
    pub fn pause(&mut self, pause: Pause) -> Pause {
        let held = match pause.scope {
            PauseScope::Bot => &mut self.bot_paused_until,
            PauseScope::Chat(chat) => &mut self.chats.entry(chat).or_default().paused_until,
        };
        *held = (*held).max(pause.until);
        Pause {
            scope: pause.scope,
            until: *held,
        }
    }

    /// The pauses that still hold, in a stable order.
    pub fn pauses(&self, at: i64) -> Vec<Pause> {
        let bot = Pause {
            scope: PauseScope::Bot,
            until: self.bot_paused_until,
        };
        let chats = self.chats.iter().map(|(chat, state)| Pause {
            scope: PauseScope::Chat(*chat),
            until: state.paused_until,
        });
        let mut pauses: Vec<Pause> = std::iter::once(bot)
            .chain(chats)
            .filter(|pause| pause.until > at)
            .collect();
        pauses.sort_unstable();
        pauses
    }

    /// A group became a supergroup: what was sent and what is held goes with it.
    pub fn migrate(&mut self, old: i64, new: i64) {
        if let Some(state) = self.chats.remove(&old) {
            let target = self.chats.entry(new).or_default();
            target.second.0 = target.second.0.max(state.second.0);
            target.minute.0 = target.minute.0.max(state.minute.0);
            target.paused_until = target.paused_until.max(state.paused_until);
        }
    }

    /// How many chats are in memory.
    pub fn chats_in_memory(&self) -> usize {
        self.chats.len()
    }

    /// Forgets idle chats.
    pub fn forget_idle(&mut self, at: i64) {
        self.chats.retain(|_, state| !state.is_idle(at));
        self.chats.shrink_to(SWEEP_MIN);
        self.sweep_at = SWEEP_MIN.max(self.chats.len() * 2);
    }

    /// Groups and channels have negative numbers.
    fn group_rule(&self, chat: i64) -> Option<Rule> {
        self.group_rule.filter(|_| chat < 0)
    }

    /// Costs one look at each chat for each doubling, so nothing in the long run.
    fn sweep(&mut self, at: i64) {
        if self.chats.len() >= self.sweep_at {
            self.forget_idle(at);
        }
    }

    /// Moves everything along with a clock that was set back. One that was set forward only ends
    /// pauses early, which the next 429 puts right.
    fn see(&mut self, at: i64) {
        if self.latest != i64::MIN && at < self.latest - CLOCK_SET {
            let back = self.latest - at;
            self.bot.0 -= back;
            self.bot_paused_until -= back;
            for state in self.chats.values_mut() {
                state.second.0 -= back;
                state.minute.0 -= back;
                state.paused_until -= back;
            }
            if let Some((_, when)) = &mut self.last_refusal {
                *when -= back;
            }
            self.latest = at;
        }
        self.latest = self.latest.max(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: i64 = 1_800_000_000 * SECOND;
    const OFF: Rates = Rates {
        per_bot_per_s: 0,
        per_chat_per_s: 0,
        per_group_per_min: 0,
    };

    /// Sends `count` background messages to one chat as fast as allowed; says when, in ms.
    fn send_all(limits: &mut Pace, chat: i64, count: usize) -> Vec<i64> {
        let mut at = START;
        let mut sent = Vec::new();
        for _ in 0..count {
            at = limits.next_allowed(chat, Priority::Background, at);
            limits.take(chat, at);
            sent.push((at - START) / 1000);
        }
        sent
    }

    #[track_caller]
    fn check(rates: Rates, chat: i64, expected_ms: &[i64]) {
        let mut limits = Pace::new(rates);
        assert_eq!(send_all(&mut limits, chat, expected_ms.len()), expected_ms);
    }

    #[test]
    fn a_burst_goes_at_once_and_then_the_rate_holds() {
        check(OFF, 5, &[0; 50]);
        check(
            Rates {
                per_bot_per_s: 10,
                ..OFF
            },
            5,
            &[0, 100, 200, 300],
        );
        check(
            Rates {
                per_chat_per_s: 1,
                ..OFF
            },
            5,
            &[0, 0, 0, 1000, 2000, 3000],
        );
        check(
            Rates {
                per_chat_per_s: 1,
                ..OFF
            },
            -5,
            &[0, 0, 0, 1000, 2000, 3000],
        );
        check(
            Rates {
                per_group_per_min: 20,
                ..OFF
            },
            5,
            &[0; 25],
        );
        check(
            Rates {
                per_group_per_min: 20,
                ..OFF
            },
            -5,
            &[0, 0, 0, 0, 3529, 7058, 10588],
        );
        check(
            Rates {
                per_group_per_min: 1,
                ..OFF
            },
            -5,
            &[0, 60_000, 120_000],
        );
    }

    #[test]
    fn interactive_never_waits_and_background_pays() {
        let mut limits = Pace::new(Rates {
            per_chat_per_s: 1,
            ..OFF
        });
        for _ in 0..10 {
            assert_eq!(limits.next_allowed(5, Priority::Interactive, START), START);
            limits.take(5, START);
        }
        // Ten are spent, three were there: the eleventh is due in eight seconds.
        assert_eq!(
            limits.next_allowed(5, Priority::Background, START),
            START + 8 * SECOND
        );
        assert_eq!(limits.next_allowed(6, Priority::Background, START), START);
        // The debt has an end.
        for _ in 0..10_000 {
            limits.take(5, START);
        }
        let next = limits.next_allowed(5, Priority::Background, START);
        assert!(next <= START + DEBT_MAX + 3 * SECOND, "{}", next - START);
    }

    #[test]
    fn a_second_429_from_another_chat_pauses_the_bot() {
        #[track_caller]
        fn check(refusals: &[(i64, i64)], expected: &[(PauseScope, i64)]) {
            let mut limits = Pace::new(OFF);
            for (chat, ms) in refusals {
                limits.refused(*chat, 5, START + ms * 1000);
            }
            let last = refusals.last().map_or(0, |refusal| refusal.1);
            let got: Vec<_> = limits
                .pauses(START + last * 1000)
                .iter()
                .map(|pause| (pause.scope, (pause.until - START) / 1000))
                .collect();
            assert_eq!(got, expected, "{refusals:?}");
        }
        use PauseScope::{Bot, Chat};
        check(&[(1, 0)], &[(Chat(1), 5000)]);
        check(&[(1, 0), (1, 500)], &[(Chat(1), 5500)]);
        check(&[(1, 0), (2, 1000)], &[(Bot, 6000), (Chat(1), 5000)]);
        check(&[(1, 0), (2, 1001)], &[(Chat(1), 5000), (Chat(2), 6001)]);
        check(
            &[(1, 0), (1, 900), (2, 1800)],
            &[(Bot, 6800), (Chat(1), 5900)],
        );
    }

    #[test]
    fn a_pause_holds_both_lanes_and_never_shrinks() {
        let mut limits = Pace::new(OFF);
        assert_eq!(limits.refused(1, 10, START).until, START + 10 * SECOND);
        assert_eq!(limits.refused(1, 1, START).until, START + 10 * SECOND);
        let both = [Priority::Interactive, Priority::Background];
        for priority in both {
            assert_eq!(limits.next_allowed(1, priority, START), START + 10 * SECOND);
            assert_eq!(limits.next_allowed(2, priority, START), START);
        }
        for priority in both {
            assert_eq!(
                limits.next_allowed(1, priority, START + 11 * SECOND),
                START + 11 * SECOND
            );
        }
        limits.pause(Pause {
            scope: PauseScope::Bot,
            until: START + 60 * SECOND,
        });
        assert_eq!(
            limits.next_allowed(2, Priority::Interactive, START + 12 * SECOND),
            START + 60 * SECOND
        );
    }

    #[test]
    fn pauses_survive_a_restart() {
        let mut before = Pace::new(Rates::default());
        before.refused(3, 1, START - 10 * SECOND);
        before.refused(1, 30, START);
        before.refused(2, 40, START);
        let rows = before.pauses(START);
        let mut after = Pace::new(Rates::default());
        for row in &rows {
            after.pause(*row);
        }
        assert_eq!(after.pauses(START), rows);
        assert_eq!(
            after.next_allowed(9, Priority::Interactive, START),
            START + 40 * SECOND
        );
    }

    #[test]
    fn idle_chats_are_forgotten() {
        let mut limits = Pace::new(Rates {
            per_bot_per_s: 0,
            ..Rates::default()
        });
        for chat in 0..100_000 {
            limits.take(chat, START + chat * 10_000);
        }
        assert!(
            limits.chats_in_memory() <= 2 * SWEEP_MIN,
            "{}",
            limits.chats_in_memory()
        );
        limits.refused(7, 3600, START + 2000 * SECOND);
        limits.forget_idle(START + 2001 * SECOND);
        assert_eq!(limits.chats_in_memory(), 1);
        // With chat limits off nothing is kept at all.
        let mut limits = Pace::new(OFF);
        limits.take(5, START);
        assert_eq!(limits.chats_in_memory(), 0);
    }

    #[test]
    fn a_migrated_group_keeps_its_debts() {
        let mut limits = Pace::new(Rates {
            per_group_per_min: 20,
            ..OFF
        });
        for _ in 0..4 {
            limits.take(-5, START);
        }
        limits.refused(-5, 2, START);
        limits.migrate(-5, -1005);
        assert_eq!(limits.next_allowed(-5, Priority::Background, START), START);
        assert_eq!(
            limits.next_allowed(-1005, Priority::Interactive, START),
            START + 2 * SECOND
        );
        assert!(limits.next_allowed(-1005, Priority::Background, START) > START + 3 * SECOND);
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nobody() {
        let mut limits = Pace::new(Rates::default());
        for _ in 0..5 {
            limits.take(5, START);
        }
        limits.refused(5, 10, START);
        let hour = 3600 * SECOND;
        let earlier = START - hour;
        assert_eq!(
            limits.next_allowed(5, Priority::Interactive, earlier),
            earlier + 10 * SECOND
        );
        assert_eq!(
            limits.next_allowed(6, Priority::Interactive, earlier),
            earlier
        );
        assert!(limits.next_allowed(6, Priority::Background, earlier) < earlier + SECOND);
        // A little back is only another thread's older reading.
        let mut limits = Pace::new(OFF);
        limits.refused(5, 10, START);
        assert_eq!(
            limits.next_allowed(5, Priority::Interactive, START - 1000),
            START + 10 * SECOND
        );
    }

    /// How many of the moments lie in the half-open window that ends with `end`.
    fn within(times: &[i64], end: i64, window: i64) -> i64 {
        times
            .iter()
            .filter(|at| **at <= end && **at > end - window)
            .count() as i64
    }

    proptest! {
        /// Background messages alone: no second of a bot, no minute of a group holds more than its
        /// limit; no span of a chat holds more than its burst beyond the rate.
        #[test]
        fn background_keeps_the_rates(
            rates in (1u32..40, 1u32..4, 1u32..30),
            steps in proptest::collection::vec((-3i64..4, 0i64..400_000), 1..250),
        ) {
            let rates = Rates { per_bot_per_s: rates.0, per_chat_per_s: rates.1, per_group_per_min: rates.2 };
            let mut limits = Pace::new(rates);
            let mut at = START;
            let mut sent: Vec<(i64, i64)> = Vec::new();
            for (chat, pause) in steps {
                at = limits.next_allowed(chat, Priority::Background, at + pause);
                limits.take(chat, at);
                sent.push((chat, at));
            }
            let all: Vec<i64> = sent.iter().map(|(_, at)| *at).collect();
            for (chat, at) in &sent {
                prop_assert!(within(&all, *at, SECOND) <= i64::from(rates.per_bot_per_s));
                let own: Vec<i64> = sent.iter().filter(|(c, _)| c == chat).map(|(_, at)| *at).collect();
                for window_s in [1, 5, 30] {
                    let most = window_s * i64::from(rates.per_chat_per_s) + CHAT_BURST;
                    prop_assert!(within(&own, *at, window_s * SECOND) <= most);
                }
                if *chat < 0 {
                    prop_assert!(within(&own, *at, 60 * SECOND) <= i64::from(rates.per_group_per_min));
                }
            }
        }

        /// Mixed lanes: interactive goes at its own moment, and a background message goes only when
        /// all that went before it, in both lanes, leaves room.
        #[test]
        fn background_waits_for_what_interactive_took(
            steps in proptest::collection::vec((1i64..4, 0i64..2_000_000, any::<bool>()), 1..150),
        ) {
            let rates = Rates { per_bot_per_s: 0, per_chat_per_s: 1, per_group_per_min: 0 };
            let mut limits = Pace::new(rates);
            let mut now = START;
            let mut sent: Vec<(i64, i64)> = Vec::new();
            for (chat, pause, interactive) in steps {
                now += pause;
                let priority = if interactive { Priority::Interactive } else { Priority::Background };
                let at = limits.next_allowed(chat, priority, now);
                if interactive {
                    prop_assert_eq!(at, now);
                } else {
                    now = at;
                }
                limits.take(chat, at);
                sent.push((chat, at));
                if !interactive {
                    let own: Vec<i64> = sent.iter().filter(|(c, _)| *c == chat).map(|(_, at)| *at).collect();
                    for window_s in [1, 5, 20] {
                        prop_assert!(within(&own, at, window_s * SECOND) <= window_s + CHAT_BURST);
                    }
                }
            }
        }
    }
}
