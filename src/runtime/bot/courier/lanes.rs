//! The lanes of a courier: what waits, what is held, what is ready. Not here: what becomes of a call.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use super::LaneKey;
use crate::channels::pace::Pace;
use crate::model::{ChatId, MessageKey};
use crate::runtime::bot::parcel::Parcel;
use crate::runtime::clock::Steady;

/// How many numbers of sent messages are remembered for edits; older ones are read from the table.
const RECENT_MAX: usize = 512;

#[derive(Default)]
pub(super) struct LaneQueue {
    pub(super) parcels: VecDeque<Parcel>,
    /// A call or a claim of this lane is under way.
    pub(super) busy: bool,
    /// Not before this moment.
    pub(super) held_until: Option<Steady>,
    /// It stands in `ready`.
    pub(super) is_ready: bool,
}

pub(super) struct State {
    pub(super) lanes: HashMap<LaneKey, LaneQueue>,
    pub(super) ready: VecDeque<LaneKey>,
    pub(super) holds: BinaryHeap<Reverse<(Steady, LaneKey)>>,
    pub(super) pace: Pace,
    pub(super) in_flight: usize,
    /// Claims under way.
    pub(super) claiming: usize,
    /// Readings of the table under way.
    pub(super) loading: usize,
    /// What was committed while the table was being read.
    pub(super) arrived: Vec<Parcel>,
    pub(super) backlog: usize,
    pub(super) claimed: usize,
    /// Keys in memory, so that a reload takes nothing twice.
    pub(super) keys: HashSet<MessageKey>,
    pub(super) recent: HashMap<MessageKey, i64>,
    pub(super) recent_order: VecDeque<MessageKey>,
    /// There are rows in the table that did not fit into memory.
    pub(super) overflow: bool,
    /// Chats that got another number while messages to them were under way.
    pub(super) moved: HashMap<ChatId, ChatId>,
    pub(super) timer_at: Option<Steady>,
    pub(super) stopping: bool,
    pub(super) sent: u64,
    pub(super) failed: u64,
    pub(super) last_error: Option<String>,
}

impl State {
    pub(super) fn make_ready(&mut self, key: LaneKey) {
        let Some(lane) = self.lanes.get_mut(&key) else {
            return;
        };
        if lane.busy || lane.is_ready || lane.held_until.is_some() {
            return;
        }
        if lane.parcels.is_empty() {
            // An idle lane leaves memory.
            self.lanes.remove(&key);
            return;
        }
        lane.is_ready = true;
        self.ready.push_back(key);
    }

    pub(super) fn hold(&mut self, key: LaneKey, until: Steady) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.held_until = Some(until);
            self.holds.push(Reverse((until, key)));
        }
    }

    pub(super) fn release_holds(&mut self, now: Steady) {
        while let Some(&Reverse((until, key))) = self.holds.peek() {
            if until > now {
                break;
            }
            self.holds.pop();
            if let Some(lane) = self.lanes.get_mut(&key)
                && lane.held_until.is_some_and(|held| held <= now)
            {
                lane.held_until = None;
                self.make_ready(key);
            }
        }
    }

    /// The number that a chat has now.
    pub(super) fn current(&self, chat: ChatId) -> ChatId {
        let mut chat = chat;
        // A number is never taken back, so the walk ends; the bound is for a table gone wrong.
        for _ in 0..8 {
            match self.moved.get(&chat) {
                Some(&next) => chat = next,
                None => break,
            }
        }
        chat
    }

    pub(super) fn remember(&mut self, key: MessageKey, message_id: i64) {
        self.recent.insert(key, message_id);
        self.recent_order.push_back(key);
        if self.recent_order.len() > RECENT_MAX
            && let Some(oldest) = self.recent_order.pop_front()
        {
            self.recent.remove(&oldest);
        }
    }
}
