//! The actors, one per file, with their messages at the head.
//!
//! | room | what it is for |
//! |---|---|
//! | `bot/` | one bot: polling, deciding, committing, sending |
//! | `fleet/` | which bots should run; restarts by reason |
//! | `scripts/` | the threads that run scripts, and the algorithms in force |
//! | `jobs/` | what the actors ask of the store, a file a subject |
//! | `timetable.rs` | what is due, retention |
//! | `team.rs`, `view.rs` | the actors of a node together, and what the outside sees of them |
//! | `directory.rs` | who is who: registrations, groups, what scripts are told of a party |
//! | `shared.rs`, `reports.rs` | what all actors share, and what bots report to the fleet |
//! | `lease.rs`, `handler_marks.rs` | one node at work per database; which update a handler had in hand when the process ended |
//! | `arbiter.rs`, `clock.rs`, `ids.rs`, `log.rs`, `metrics.rs`, `hooks.rs` | what they all use |
//!
//! This is the only room that names actix. It knows neither SQL nor HTML, nor HTTP.

mod arbiter;
mod bot;
pub mod clock;
pub mod definitions;
pub mod directory;
mod fleet;
pub mod handler_marks;
mod hooks;
pub mod ids;
pub mod jobs;
pub mod lease;
mod log;
pub mod metrics;
mod notices;
mod notifier;
pub mod recent_places;
mod reports;
pub mod responsible;
pub mod scripts;
pub mod shared;
pub mod team;
mod timetable;
mod view;

pub use bot::snapshot::{BotSnapshot, CourierSnapshot, PauseView, PollState, PollerSnapshot};
pub use clock::Clock;
pub use fleet::{BotState, BotStatus, Order};
pub use hooks::Point;
pub use lease::node_name;
pub use reports::EndReason;
pub use timetable::TimetableSnapshot;
pub use view::{NodeView, Readiness};

/// A random number from 0 to 1, for jitter. Where the system gives none, the middle.
fn random_fraction() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}
