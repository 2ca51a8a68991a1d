//! The walls of a run, in one place.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What a run may use. Each limit has its own error, which no `Попытка` catches; only too many digits
/// of a number is an ordinary error, because one operation goes wrong and nothing is lost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Instructions; charged at backward jumps and calls.
    pub instructions: u64,
    /// Wall time.
    pub time: Duration,
    /// Bytes that the run holds: what its thread has allocated where the program installed
    /// [`Counting`](crate::allocator::Counting), what its values say elsewhere.
    pub memory: usize,
    /// Nested calls of procedures and functions.
    pub depth: usize,
    /// Nested runs of the interpreter itself (Выполнить, callbacks): each takes real stack.
    pub nesting: usize,
    /// Digits of a number.
    pub digits: u32,
    /// Bytes of messages.
    pub output: usize,
    /// Set from another thread to stop the run.
    pub cancel: Option<Arc<AtomicBool>>,
    /// Set by whoever watches the run once `time` is over: native functions look at it with every
    /// element that they pay for, at the clock only now and then.
    pub overdue: Option<Arc<AtomicBool>>,
}

impl Default for Limits {
    /// What an algorithm of a bot gets (`[scripts]` of the settings).
    fn default() -> Limits {
        Limits {
            instructions: 50_000_000,
            time: Duration::from_secs(5),
            memory: 64 << 20,
            depth: 5_000,
            nesting: 40,
            digits: 1_000,
            output: 1 << 20,
            cancel: None,
            overdue: None,
        }
    }
}

impl Limits {
    /// For a person's own programs on the command line: only what would take the machine down.
    #[must_use]
    pub fn generous() -> Limits {
        Limits {
            instructions: u64::MAX,
            time: Duration::from_secs(u64::MAX / 4),
            memory: 4 << 30,
            depth: 100_000,
            output: usize::MAX,
            ..Limits::default()
        }
    }
}
