//! Keys known before anything is written: each process reserves blocks of 2^32 numbers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::model::IdSource;

/// Numbers in a block: with 20,000 a second a block lasts 59 hours. Larger, and keys would sooner
/// pass 2^53, which JSON readers in browsers hold exactly.
const BLOCK: i64 = 1 << 32;

/// The keys of this process.
pub struct Ids {
    range: Mutex<Range>,
    low: AtomicBool,
}

struct Range {
    next: i64,
    end: i64,
    spare: VecDeque<i64>,
}

impl Ids {
    /// Ids that start with the given block.
    pub(super) fn new(block: i64) -> Ids {
        Ids {
            range: Mutex::new(Range {
                next: block * BLOCK,
                end: (block + 1) * BLOCK,
                spare: VecDeque::new(),
            }),
            low: AtomicBool::new(false),
        }
    }

    /// So many numbers in a row; gives the first. At most half a block.
    pub(super) fn next_range(&self, count: usize) -> i64 {
        let count = i64::try_from(count)
            .unwrap_or(BLOCK / 2)
            .clamp(1, BLOCK / 2);
        loop {
            let mut range = self.range.lock();
            if range.end - range.next < count {
                match range.spare.pop_front() {
                    Some(block) => {
                        range.next = block * BLOCK;
                        range.end = (block + 1) * BLOCK;
                    }
                    None => {
                        // Half a block was used up while no write of this process succeeded.
                        drop(range);
                        self.low.store(true, Ordering::Relaxed);
                        std::thread::sleep(Duration::from_millis(10));
                        continue;
                    }
                }
            }
            let first = range.next;
            range.next += count;
            let left = range.end - range.next;
            if left <= BLOCK / 2 && left + count > BLOCK / 2 && range.spare.is_empty() {
                self.low.store(true, Ordering::Relaxed);
            }
            return first;
        }
    }

    /// True when the writer should reserve one more block.
    pub(super) fn runs_low(&self) -> bool {
        self.low.load(Ordering::Relaxed)
    }

    /// A further block, whose reservation is committed.
    pub(super) fn add_block(&self, block: i64) {
        self.range.lock().spare.push_back(block);
        self.low.store(false, Ordering::Relaxed);
    }
}

impl IdSource for Ids {
    fn next_id(&self) -> i64 {
        self.next_range(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_block_is_followed_by_the_spare_one() {
        let ids = Ids::new(3);
        assert_eq!(ids.next_id(), 3 << 32);
        assert!(!ids.runs_low());
        ids.range.lock().next = (3 << 32) + BLOCK / 2 - 1;
        ids.next_id();
        assert!(ids.runs_low());
        ids.add_block(9);
        assert!(!ids.runs_low());
        ids.range.lock().next = (4 << 32) - 1;
        assert_eq!(ids.next_id(), (4 << 32) - 1);
        assert_eq!(ids.next_id(), 9 << 32);
        assert_eq!(ids.next_range(3), (9 << 32) + 1);
        assert_eq!(ids.next_id(), (9 << 32) + 4);
        // A range is never cut in two.
        ids.range.lock().next = (10 << 32) - 2;
        ids.add_block(12);
        assert_eq!(ids.next_range(3), 12 << 32);
    }
}
