//! What a run has used up of its limits, and the way in which native functions pay.
//!
//! The loop over instructions charges by itself. A native function pays for every element and cell that
//! it goes over *before* it works on it ([`Metered`], [`Meter::work`]), and asks for memory before it
//! takes it ([`crate::value::paid`], [`crate::value::memory::reserve`]). Each payment looks at the
//! memory of the run and at whether it is overdue; the clock and the number of instructions are looked
//! at after every slice of work.

use super::error::{Fault, LimitKind};
use crate::limits::Limits;
use crate::value::memory;
use crate::value::paid::Paid;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Work between two looks at the clock, in instructions.
pub(crate) const SLICE: i64 = 4096;

/// The meter of one run; native functions hold it beside the machine ([`super::Vm::meter`]).
pub struct Meter {
    instructions: u64,
    cancel: Option<Arc<AtomicBool>>,
    overdue: Arc<AtomicBool>,
    time: Cell<Duration>,
    started: Cell<Instant>,
    /// What is left of the slice that native functions work off.
    slice: Cell<i64>,
    spent: Cell<u64>,
    dead: Cell<Option<LimitKind>>,
}

impl Meter {
    /// A meter that starts now.
    pub(crate) fn new(limits: &Limits) -> Rc<Meter> {
        Rc::new(Meter {
            instructions: limits.instructions,
            cancel: limits.cancel.clone(),
            overdue: limits.overdue.clone().unwrap_or_default(),
            time: Cell::new(limits.time),
            started: Cell::new(Instant::now()),
            slice: Cell::new(SLICE),
            spent: Cell::new(0),
            dead: Cell::new(None),
        })
    }

    /// Pays for work: one instruction is some tens of nanoseconds, an element looked at or copied.
    #[inline]
    pub fn work(&self, cost: u32) -> Result<(), Fault> {
        let left = self.slice.get() - i64::from(cost);
        self.slice.set(left);
        if left < 0 || memory::is_called() || self.overdue.load(Ordering::Relaxed) {
            self.end_of_slice()
        } else {
            Ok(())
        }
    }

    /// Pays for going over so many units of a text or bytes, of which an instruction does sixteen.
    #[inline]
    pub fn units(&self, units: usize) -> Result<(), Fault> {
        self.work((units / 16).min(1 << 30) as u32 + 1)
    }

    #[cold]
    fn end_of_slice(&self) -> Result<(), Fault> {
        let used = SLICE - self.slice.replace(SLICE);
        self.spend(used)
    }

    /// Counts work that was done, and looks at every limit.
    pub(crate) fn spend(&self, work: i64) -> Result<(), Fault> {
        let account = memory::settle();
        let work = work.max(0) as u64 + account.units as u64 / 16;
        self.spent.set(self.spent.get().saturating_add(work));
        if let Some(kind) = self.dead.get() {
            return Err(Fault::limit(kind));
        }
        if account.is_broke {
            return Err(self.hit(LimitKind::Memory));
        }
        if self.spent.get() > self.instructions {
            return Err(self.hit(LimitKind::Instructions));
        }
        self.check_time()
    }

    /// Whether the run still stands: it is not past its memory, nothing was refused to it, and its debt
    /// is paid.
    #[inline]
    pub(crate) fn look(&self) -> Result<(), Fault> {
        if memory::is_called() {
            self.called()
        } else {
            Ok(())
        }
    }

    #[cold]
    fn called(&self) -> Result<(), Fault> {
        self.spend(0)
    }

    /// Looks at cancellation and at the clock.
    pub(crate) fn check_time(&self) -> Result<(), Fault> {
        if self
            .cancel
            .as_ref()
            .is_some_and(|cancel| cancel.load(Ordering::Relaxed))
        {
            return Err(self.hit(LimitKind::Cancelled));
        }
        if self.overdue.load(Ordering::Relaxed) || self.started.get().elapsed() > self.time.get() {
            return Err(self.hit(LimitKind::Time));
        }
        Ok(())
    }

    /// The run is at a wall: nothing of it runs any more, whoever asks. The first wall stays.
    pub(crate) fn hit(&self, kind: LimitKind) -> Fault {
        let kind = self.dead.get().unwrap_or(kind);
        self.dead.set(Some(kind));
        memory::break_off();
        Fault::limit(kind)
    }

    pub(crate) fn restart(&self) {
        self.started.set(Instant::now());
    }

    /// The run ends so much later than now, or earlier.
    pub(crate) fn end_within(&self, time: Duration) {
        let end = self.started.get().elapsed().saturating_add(time);
        self.time.set(self.time.get().min(end));
    }

    pub(crate) fn time_left(&self) -> Duration {
        self.time.get().saturating_sub(self.started.get().elapsed())
    }

    /// Work that was counted, with what native functions have worked off of their present slice.
    pub(crate) fn spent(&self) -> u64 {
        let open = (SLICE - self.slice.get()).max(0);
        self.spent.get().saturating_add(open as u64)
    }

    /// A walk that pays for each element before it hands it out.
    pub fn over<I: IntoIterator>(self: &Rc<Self>, items: I) -> Metered<I::IntoIter> {
        self.over_each(1, items)
    }

    /// The same, where an element costs more: its cells, or units of its text by sixteen.
    pub fn over_each<I: IntoIterator>(
        self: &Rc<Self>,
        cost: usize,
        items: I,
    ) -> Metered<I::IntoIter> {
        Metered {
            meter: Rc::clone(self),
            cost: cost.clamp(1, 1 << 30) as u32,
            items: items.into_iter(),
        }
    }
}

/// An iterator that pays. An element that could not be paid for is an error, and the run is over.
pub struct Metered<I> {
    meter: Rc<Meter>,
    cost: u32,
    items: I,
}

impl<I: Iterator> Iterator for Metered<I> {
    type Item = Result<I::Item, Fault>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let item = self.items.next()?;
        Some(self.meter.work(self.cost).map(|()| item))
    }
}

impl<I: Iterator> Metered<I> {
    /// The first element that fits.
    pub fn first(self, fits: impl Fn(&I::Item) -> bool) -> Result<Option<I::Item>, Fault> {
        for item in self.items {
            self.meter.work(self.cost)?;
            if fits(&item) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// The place of the first element that fits.
    pub fn place(self, fits: impl Fn(&I::Item) -> bool) -> Result<Option<usize>, Fault> {
        let (meter, cost) = (self.meter, self.cost);
        for (at, item) in self.items.enumerate() {
            meter.work(cost)?;
            if fits(&item) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// All elements, their memory paid for as it is taken.
    pub fn gather(self) -> Result<Vec<I::Item>, Fault> {
        let mut list = Paid::with_room(self.items.size_hint().0)?;
        for item in self {
            list.push(item?)?;
        }
        Ok(list.into_vec())
    }

    /// What a function makes of each element, its memory paid for as it is taken.
    pub fn gather_with<T>(
        self,
        mut make: impl FnMut(I::Item) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut list = Paid::with_room(self.items.size_hint().0)?;
        for item in self {
            list.push(make(item?)?)?;
        }
        Ok(list.into_vec())
    }
}
