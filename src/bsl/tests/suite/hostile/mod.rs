//! Programs that mean harm: whatever they hand to the library, a run ends at its walls.
//!
//! `cases.rs` holds what was found by attack, a test each; `registry.rs` calls everything that the
//! registry knows with huge, odd and self-containing arguments.

mod cases;

use std::time::Duration;
use vestnik_bsl::{Fault, Limits};

/// The memory of a run, as a bot's.
pub const MEMORY: usize = 64 << 20;

/// What no run may pass, however it goes past its limit: a copy in hand when it is stopped.
pub const PEAK: usize = 176 << 20;

/// Walls of a bot without the clock: what is not paid for shows in memory, or never ends.
pub fn limits() -> Limits {
    Limits {
        memory: MEMORY,
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

/// Whether the library has a type or function of the name.
pub fn knows(name: &str) -> bool {
    use vestnik_bsl::library::registry::LIBRARY;
    let found = LIBRARY.names.find(name);
    found.is_some_and(|name| LIBRARY.ty(name).is_some() || LIBRARY.function(name).is_some())
}
