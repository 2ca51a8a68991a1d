//! The record of Bot API calls.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use serde_json::Value;

/// One call of a bot and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// Rises by one with each call.
    pub seq: u64,
    /// RFC 3339, by the virtual clock.
    pub at: String,
    /// The bot.
    pub bot: i64,
    /// The method in its usual spelling.
    pub method: String,
    /// `chat_id`, where the call has one.
    pub chat: Option<i64>,
    /// All parameters; of files name and size.
    pub params: Value,
    /// `ok`, `error`, `cut_before`, `cut_after`, `bad_json`; cut_after and bad_json were carried
    /// out.
    pub outcome: &'static str,
    /// The error's code.
    pub error_code: Option<u16>,
    /// The error's description.
    pub description: Option<String>,
}

/// The last calls, and counts of all.
#[derive(Debug)]
pub(crate) struct Calls {
    ring: VecDeque<Call>,
    bound: usize,
    next: u64,
    counts: BTreeMap<(String, &'static str), u64>,
}

impl Calls {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            ring: VecDeque::new(),
            bound,
            next: 1,
            counts: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, mut call: Call) {
        call.seq = self.next;
        self.next += 1;
        // Looked up before inserted: almost every call finds its counter.
        match self
            .counts
            .iter_mut()
            .find(|((method, outcome), _)| *method == call.method && *outcome == call.outcome)
        {
            Some((_, count)) => *count += 1,
            None => {
                self.counts.insert((call.method.clone(), call.outcome), 1);
            }
        }
        self.ring.push_back(call);
        if self.ring.len() > self.bound {
            self.ring.pop_front();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.ring.clear();
        self.counts.clear();
    }

    /// Counts since the start or the last clearing: method → outcome → number.
    pub(crate) fn counts(&self) -> BTreeMap<String, BTreeMap<&'static str, u64>> {
        let mut out: BTreeMap<String, BTreeMap<&'static str, u64>> = BTreeMap::new();
        for ((method, outcome), count) in &self.counts {
            out.entry(method.clone())
                .or_default()
                .insert(outcome, *count);
        }
        out
    }

    pub(crate) fn select(&self, filter: &CallFilter) -> Vec<Call> {
        let matches = |call: &&Call| {
            call.seq > filter.after
                && filter.bot.is_none_or(|bot| bot == call.bot)
                && filter.chat.is_none_or(|chat| call.chat == Some(chat))
                && filter
                    .method
                    .as_ref()
                    .is_none_or(|m| m.eq_ignore_ascii_case(&call.method))
        };
        let limit = if filter.limit == 0 {
            usize::MAX
        } else {
            filter.limit
        };
        self.ring
            .iter()
            .filter(matches)
            .take(limit)
            .cloned()
            .collect()
    }
}

/// Which calls to show; the default shows all that are kept.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Only calls with a greater `seq`.
    pub after: u64,
    /// Only of this bot.
    pub bot: Option<i64>,
    /// Only of this chat.
    pub chat: Option<i64>,
    /// Only of this method, in any case.
    pub method: Option<String>,
    /// At most so many, the oldest first; 0: all.
    pub limit: usize,
}
