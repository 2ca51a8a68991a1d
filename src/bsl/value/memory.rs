//! The account of a run: the bytes that it holds and may hold.
//!
//! A value does not know its run, therefore the account is the thread's: a run puts its own in place
//! while it executes ([`Account::enter`]) and takes it away afterwards, so that runs on one thread,
//! nested or in turn, do not count each other's bytes.
//!
//! There are two counts, and the greater one is held against the limit. One is what values say they
//! hold ([`add`], [`sub`]); it is there in every embedding. The other is the truth: what the thread
//! allocated and did not free, where the program installed [`Counting`](crate::allocator::Counting) as
//! its allocator; then texts of errors, buffers of native functions and whatever a host collects for
//! the run are in it without anybody's doing.
//!
//! Who is about to allocate by a script's measure asks first: [`reserve`], or [`afford`] where there is
//! no error to return. Past the limit the account is *broke* and stays so: everything that asks is
//! refused, and the machine ends the run as soon as the native function in hand returns.
//!
//! Conversions and comparisons of values have no machine at hand; the work they do on long texts is a
//! debt of the account ([`work`]), which the machine collects at its next payment.

use crate::vm::error::{Fault, LimitKind};
use std::cell::Cell;
use std::ptr;

/// The account that is in place on a thread. Signed: a thread frees what others allocated.
struct Purse {
    /// Bytes that values say they hold.
    own: Cell<isize>,
    /// Bytes that the thread allocated and did not free; stays 0 without the counting allocator.
    held: Cell<isize>,
    /// `held` at the moment at which the run held nothing.
    base: Cell<isize>,
    /// `held` above this calls the machine: it is past the limit. The least number calls it in any case:
    /// the account is broke, or its debt is large.
    ceiling: Cell<isize>,
    /// Something was refused, or the run is at another wall.
    broke: Cell<bool>,
    /// Units gone over that nobody has paid for yet.
    debt: Cell<usize>,
    /// Bytes that the run may hold.
    limit: Cell<isize>,
    /// The allocator looks up at the next `held` above this, and not before.
    mark: Cell<isize>,
    /// The greatest `held` seen by the allocator, to [`STEP`] bytes.
    peak: Cell<isize>,
    /// The account in place.
    current: Cell<*const Account>,
}

thread_local! {
    static PURSE: Purse = const {
        Purse {
            own: Cell::new(0),
            held: Cell::new(0),
            base: Cell::new(0),
            ceiling: Cell::new(isize::MAX),
            broke: Cell::new(false),
            debt: Cell::new(0),
            limit: Cell::new(isize::MAX),
            mark: Cell::new(isize::MAX),
            peak: Cell::new(0),
            current: Cell::new(ptr::null()),
        }
    };
}

/// Units of debt that call the machine: about as much work as it does between two looks at the clock.
const DEBT: usize = 64 << 10;

/// How exactly the allocator keeps the peak, in bytes.
const STEP: isize = 64 << 10;

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

/// Counts bytes that values hold from now on.
#[inline]
pub fn add(bytes: usize) {
    PURSE.with(|purse| {
        let own = purse.own.get().wrapping_add(bytes as isize);
        purse.own.set(own);
        if own > purse.limit.get() {
            purse.break_off();
        }
    });
}

/// Counts bytes that values hold no more.
#[inline]
pub fn sub(bytes: usize) {
    PURSE.with(|purse| purse.own.set(purse.own.get().wrapping_sub(bytes as isize)));
}

/// Bytes held by the run that executes on this thread.
#[inline]
#[must_use]
pub fn live() -> usize {
    PURSE.with(Purse::live)
}

/// Bytes that the run may still take; without a run as many as there are.
#[must_use]
pub fn left() -> usize {
    PURSE.with(|purse| {
        if purse.broke.get() {
            return 0;
        }
        (purse.limit.get() as usize).saturating_sub(purse.live())
    })
}

/// Whether the machine has to look at the account: [`settle`] tells why.
#[inline]
#[must_use]
pub(crate) fn is_called() -> bool {
    PURSE.with(|purse| purse.held.get() > purse.ceiling.get())
}

/// What the account has to say to the machine.
pub(crate) struct Settled {
    /// Units of its debt, which is paid with that.
    pub units: usize,
    /// It is past its limit, or was broken off.
    pub is_broke: bool,
}

/// Asks the account what it has to say; it is quiet again, unless it is broke.
#[cold]
pub(crate) fn settle() -> Settled {
    PURSE.with(|purse| {
        let is_broke = purse.broke.get() || purse.live() > purse.limit.get() as usize;
        if is_broke {
            purse.break_off();
        } else {
            purse.ceiling.set(purse.full());
        }
        Settled {
            units: purse.debt.replace(0),
            is_broke,
        }
    })
}

/// Counts work on a long text or bytes, by its units: for what is done to values without a machine at
/// hand.
#[inline]
pub fn work(units: usize) {
    PURSE.with(|purse| {
        let debt = purse.debt.get().saturating_add(units);
        purse.debt.set(debt);
        if debt > DEBT && !purse.current.get().is_null() {
            purse.ceiling.set(isize::MIN);
        }
    });
}

/// Asks for bytes before they are allocated. What is refused is not to be allocated: the caller makes
/// do with nothing, and the run ends when it returns.
#[inline]
#[must_use]
pub fn afford(bytes: usize) -> bool {
    PURSE.with(|purse| {
        let granted =
            !purse.broke.get() && signed(purse.live().saturating_add(bytes)) <= purse.limit.get();
        if !granted {
            purse.break_off();
        }
        granted
    })
}

/// The same with the error that ends the run.
#[inline]
pub fn reserve(bytes: usize) -> Result<(), Fault> {
    if afford(bytes) {
        Ok(())
    } else {
        Err(Fault::limit(LimitKind::Memory))
    }
}

/// Refuses everything from now on: the run has hit one of its walls.
pub(crate) fn break_off() {
    PURSE.with(Purse::break_off);
}

impl Purse {
    #[inline]
    fn live(&self) -> usize {
        let held = self.held.get().wrapping_sub(self.base.get());
        // Values that outlived their run were counted elsewhere: less than nothing is nothing.
        self.own.get().max(held).max(0) as usize
    }

    /// `held` at the limit.
    fn full(&self) -> isize {
        self.base.get().saturating_add(self.limit.get())
    }

    /// Outside a run there is nothing to break.
    fn break_off(&self) {
        if !self.current.get().is_null() {
            self.broke.set(true);
            self.ceiling.set(isize::MIN);
        }
    }

    /// The allocator has come past its mark.
    #[cold]
    fn mark_passed(&self, held: isize) {
        let peak = held.max(self.peak.get());
        self.peak.set(peak);
        self.mark.set(peak.saturating_add(STEP));
    }
}

/// The thread is about to allocate bytes; called by the allocator, which must not be re-entered here.
#[inline]
pub(crate) fn took(bytes: usize) {
    PURSE.with(|purse| {
        let held = purse.held.get().wrapping_add(bytes as isize);
        purse.held.set(held);
        if held > purse.mark.get() {
            purse.mark_passed(held);
        }
    });
}

/// The thread has freed bytes; called by the allocator.
#[inline]
pub(crate) fn gave(bytes: usize) {
    PURSE.with(|purse| {
        purse
            .held
            .set(purse.held.get().wrapping_sub(bytes as isize))
    });
}

/// Bytes that the thread holds by the allocator's count, in or out of a run; a difference of two tells
/// what was allocated between them and not freed. 0 without the counting allocator.
#[must_use]
pub fn thread_holds() -> isize {
    PURSE.with(|purse| purse.held.get())
}

/// Takes over bytes that another thread allocated and this one keeps and frees: rows that a thread of
/// the store has read, the body of an answer.
pub fn adopt(bytes: isize) {
    PURSE.with(|purse| purse.held.set(purse.held.get().wrapping_add(bytes)));
}

/// The account of one run.
#[derive(Debug)]
pub struct Account {
    limit: isize,
    own: Cell<isize>,
    held: Cell<isize>,
    peak: Cell<isize>,
    broke: Cell<bool>,
    debt: Cell<usize>,
}

/// Takes the account away when the run pauses or ends.
#[must_use]
pub struct Entered<'a> {
    /// `None`: it was in place already.
    left: Option<Outer<'a>>,
}

/// What was in place before.
struct Outer<'a> {
    account: &'a Account,
    own: isize,
    base: isize,
    ceiling: isize,
    broke: bool,
    debt: usize,
    limit: isize,
    mark: isize,
    peak: isize,
    current: *const Account,
}

impl Account {
    /// An account of a run that may hold so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Account {
        Account {
            limit: signed(limit),
            own: Cell::new(0),
            held: Cell::new(0),
            peak: Cell::new(0),
            broke: Cell::new(false),
            debt: Cell::new(0),
        }
    }

    /// The most bytes that the run held at once, to some tens of kilobytes; 0 without the counting
    /// allocator.
    #[must_use]
    pub fn peak(&self) -> usize {
        PURSE.with(|purse| {
            if ptr::eq(purse.current.get(), self) {
                (purse.peak.get() - purse.base.get()).max(0) as usize
            } else {
                self.peak.get().max(0) as usize
            }
        })
    }

    /// Makes this account the thread's.
    pub fn enter(&self) -> Entered<'_> {
        PURSE.with(|purse| {
            if ptr::eq(purse.current.get(), self) {
                return Entered { left: None };
            }
            let held = purse.held.get();
            let base = held.wrapping_sub(self.held.get());
            let peak = base.wrapping_add(self.peak.get());
            // A debt waits for the machine's next look.
            let ceiling = if self.broke.get() || self.debt.get() > 0 {
                isize::MIN
            } else {
                base.saturating_add(self.limit)
            };
            Entered {
                left: Some(Outer {
                    account: self,
                    own: purse.own.replace(self.own.get()),
                    base: purse.base.replace(base),
                    ceiling: purse.ceiling.replace(ceiling),
                    broke: purse.broke.replace(self.broke.get()),
                    debt: purse.debt.replace(self.debt.get()),
                    limit: purse.limit.replace(self.limit),
                    mark: purse.mark.replace(peak),
                    peak: purse.peak.replace(peak),
                    current: purse.current.replace(self),
                }),
            }
        })
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let Some(outer) = self.left.take() else {
            return;
        };
        PURSE.with(|purse| {
            let account = outer.account;
            let base = purse.base.replace(outer.base);
            let peak = purse.peak.replace(outer.peak);
            account.held.set(purse.held.get().wrapping_sub(base));
            account.peak.set(peak.wrapping_sub(base));
            account.own.set(purse.own.replace(outer.own));
            account.broke.set(purse.broke.replace(outer.broke));
            account.debt.set(purse.debt.replace(outer.debt));
            purse.ceiling.set(outer.ceiling);
            purse.limit.set(outer.limit);
            purse.mark.set(outer.mark);
            purse.current.set(outer.current);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_on_one_thread_do_not_count_each_other() {
        let (outer, inner) = (Account::new(1000), Account::new(100));
        let _in_outer = outer.enter();
        add(600);
        {
            let _again = outer.enter();
            assert_eq!((live(), left()), (600, 400), "it is in place already");
        }
        assert_eq!(live(), 600);
        {
            let _in_inner = inner.enter();
            assert_eq!(live(), 0);
            assert!(afford(100) && !is_called());
            assert!(!afford(101) && is_called() && !afford(0), "broke for good");
            assert!(settle().is_broke);
        }
        assert!(!is_called());
        assert_eq!(live(), 600);
        {
            let _in_inner = inner.enter();
            assert!(settle().is_broke, "also after a pause");
        }
        sub(700);
        assert_eq!(live(), 0, "less than nothing is nothing");
        work(DEBT);
        assert!(!is_called());
        work(1);
        assert!(is_called());
        let settled = settle();
        assert!(settled.units == DEBT + 1 && !settled.is_broke && !is_called());
        add(2000);
        assert!(
            is_called() && settle().is_broke,
            "what was taken without asking"
        );
    }

    #[test]
    fn outside_a_run_everything_is_granted() {
        work(1 << 40);
        assert!(afford(usize::MAX) && !is_called());
        assert!(reserve(1 << 40).is_ok());
    }
}
