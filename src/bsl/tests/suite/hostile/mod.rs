//! Programs that mean harm: whatever they hand to the library, a run ends at its walls.
//!
//! `cases.rs` holds what was found by attack, a test each; `registry.rs` calls everything that the
//! registry knows with huge, odd and self-containing arguments, which `zoo.rs` makes; `random.rs` runs
//! random calls, which `steps.rs` spells out.

mod cases;
mod random;
mod registry;
mod steps;
mod zoo;

use std::time::Duration;
use vestnik_bsl::{Fault, Limits};

/// The memory of a run, as a bot's.
pub const MEMORY: usize = 64 << 20;

/// What no run may pass, however it goes past its limit: a copy in hand when it is stopped.
pub const PEAK: usize = 176 << 20;

/// Walls of a bot, without the clock and with a fifth of its instructions: what is not paid for shows
/// in memory, or goes on long after it should have ended.
pub fn limits() -> Limits {
    Limits {
        memory: MEMORY,
        instructions: 10_000_000,
        time: Duration::from_secs(3600),
        ..Limits::default()
    }
}

/// How a run ended: `None` without an error, the name of the wall, or the text of the error.
pub fn ending(fault: Option<&Fault>) -> Option<String> {
    let fault = fault?;
    Some(match fault.0.limit() {
        Some(kind) => format!("{kind:?}"),
        None => fault.0.description(vestnik_bsl::Locale::Ru),
    })
}
