//! Accounting of the bytes that values hold.
//!
//! A value does not know its run, therefore the count is the thread's: a run puts its own count in
//! place while it executes ([`Account::enter`]) and takes it back afterwards, so that runs on one
//! thread, nested or in turn, do not count each other's bytes.

use std::cell::Cell;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
}

/// Counts bytes that were allocated.
#[inline]
pub fn add(bytes: usize) {
    LIVE.with(|live| live.set(live.get().wrapping_add(bytes)));
}

/// Counts bytes that were freed.
#[inline]
pub fn sub(bytes: usize) {
    LIVE.with(|live| live.set(live.get().wrapping_sub(bytes)));
}

/// Bytes held by the run that executes on this thread.
#[inline]
#[must_use]
pub fn live() -> usize {
    // A value that outlived its run was counted elsewhere; a wrapped count means less than nothing.
    LIVE.with(|live| {
        if live.get() > usize::MAX / 2 {
            0
        } else {
            live.get()
        }
    })
}

/// The count of one run.
#[derive(Debug, Default)]
pub struct Account(Cell<usize>);

/// Puts the count back when the run pauses or ends.
pub struct Entered<'a> {
    account: &'a Account,
    outer: usize,
}

impl Account {
    /// Makes this account the thread's.
    #[must_use]
    pub fn enter(&self) -> Entered<'_> {
        let outer = LIVE.with(|live| live.replace(self.0.get()));
        Entered {
            account: self,
            outer,
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let own = LIVE.with(|live| live.replace(self.outer));
        self.account.0.set(own);
    }
}
