//! Buffers that pay before they grow: what a native function builds by a script's measure.

use super::{Value, memory, string};
use crate::vm::error::Fault;

/// Above this many bytes a buffer grows by a quarter, below it doubles.
const DOUBLES_TO: usize = 4 << 20;

/// A vector whose growth is asked for first; `Paid<u16>` is a text in the making, `Paid<u8>` bytes.
///
/// It counts for itself while it grows; what it becomes counts on.
#[derive(Debug)]
pub struct Paid<T> {
    items: Vec<T>,
}

impl<T> Default for Paid<T> {
    fn default() -> Paid<T> {
        Paid { items: Vec::new() }
    }
}

impl<T> Paid<T> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Paid<T> {
        Paid::default()
    }

    /// One with room for so many.
    pub fn with_room(count: usize) -> Result<Paid<T>, Fault> {
        let mut list = Paid::new();
        list.make_room(count)?;
        Ok(list)
    }

    /// Makes room for so many more.
    pub fn make_room(&mut self, more: usize) -> Result<(), Fault> {
        let free = self.items.capacity() - self.items.len();
        if more <= free {
            return Ok(());
        }
        self.grow(self.items.len().saturating_add(more))
    }

    #[cold]
    fn grow(&mut self, needed: usize) -> Result<(), Fault> {
        let before = self.items.capacity();
        let size = size_of::<T>().max(1);
        let step = if before.saturating_mul(size) < DOUBLES_TO {
            before
        } else {
            before / 4
        };
        let capacity = needed.max(before.saturating_add(step)).max(8);
        // Old and new are both there while the items move.
        memory::reserve(capacity.saturating_mul(size))?;
        if self
            .items
            .try_reserve_exact(capacity - self.items.len())
            .is_err()
        {
            memory::reserve(usize::MAX)?;
        }
        memory::add((self.items.capacity() - before) * size_of::<T>());
        Ok(())
    }

    /// Adds one.
    #[inline]
    pub fn push(&mut self, item: T) -> Result<(), Fault> {
        if self.items.len() == self.items.capacity() {
            self.grow(self.items.len() + 1)?;
        }
        self.items.push(item);
        Ok(())
    }

    /// Takes the last one.
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What there is.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.items
    }

    /// What there is, to change in place.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// The vector; whoever keeps it counts it.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<T> {
        memory::sub(self.items.capacity() * size_of::<T>());
        std::mem::take(&mut self.items)
    }
}

impl<T: Clone> Paid<T> {
    /// Adds copies.
    pub fn extend(&mut self, items: &[T]) -> Result<(), Fault> {
        self.make_room(items.len())?;
        self.items.extend_from_slice(items);
        Ok(())
    }
}

impl Paid<u16> {
    /// Adds a text in UTF-8.
    pub fn push_str(&mut self, text: &str) -> Result<(), Fault> {
        self.make_room(text.len())?;
        string::push_str(&mut self.items, text);
        Ok(())
    }

    /// The text as a value.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::from_units(self.into_vec())
    }
}

impl<T> Drop for Paid<T> {
    fn drop(&mut self) {
        memory::sub(self.items.capacity() * size_of::<T>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::memory::Account;

    #[test]
    fn growth_is_asked_for() {
        let account = Account::new(100 << 10);
        let _entered = account.enter();
        let mut list = Paid::new();
        let refused = (0..100_000).find(|&number: &i64| list.push(number).is_err());
        let most = (100 << 10) / size_of::<i64>();
        assert!(refused.is_some_and(|at| at > most as i64 / 4 && at < most as i64));
        assert!(memory::is_called() && memory::settle().is_broke);
        drop(list);
        assert_eq!(memory::live(), 0);
    }

    #[test]
    fn a_text_becomes_a_value() {
        let account = Account::new(1 << 20);
        let _entered = account.enter();
        let mut text = Paid::new();
        assert!(text.push_str("при").is_ok());
        assert!(text.extend(&[u16::from(b'v'), u16::from(b'e')]).is_ok());
        let value = text.into_value();
        assert_eq!(value.as_string().as_deref(), Some("приve"));
        drop(value);
        assert_eq!(memory::live(), 0);
    }
}
