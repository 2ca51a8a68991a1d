//! Trials of definitions: what would happen, without a Telegram and without anything that stays.
//!
//! | file | what for |
//! |---|---|
//! | `dialogues/` | dialogue tests: what a person writes and what a bot is to answer, as plain text |
//! | `stage` | a simulator and a node in this process, on which they are played |
//! | `organisation` | an organisation made ready for a stage: its own tokens, its own database |
//! | `algorithm` | one algorithm against a database, and everything it did undone |
//!
//! Not here: how a node works inside. A stage starts one as the command line does and looks at it as
//! its store and a simulated Telegram show it.

mod algorithm;
pub mod dialogues;
mod organisation;
mod stage;

pub use algorithm::{Trial, TrialError, Tried, try_algorithm};
pub use organisation::prepare;
pub use stage::{Shown, Stage, labels, noon};
