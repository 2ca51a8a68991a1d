//! The files of an organisation and what they say.
//!
//! | file | what for |
//! |---|---|
//! | `files`, `disk`, `stray` | the files themselves; how they come from disk; what lies beside them |
//! | `read/` | text → definitions, with every mistake of every file told in one go |
//! | `definitions` | what the files say, with places |
//! | `snapshot` | a bot's definition → the bot that its actor works with |
//! | `check` | the bot check: allowed, but probably not meant |
//! | `programs` | texts of algorithms: compiled, looked through |
//! | `tokens` | literal tokens become sealed ones in the kept text |
//! | `seed` | `parties.toml` against the data that is there |
//! | `diff` | what an application would change, for people |
//! | `gone` | bots that an application would delete |
//! | `apply`, `load`, `export` | the same against the store |
//!
//! Definitions are text: the store keeps each file byte for byte, and everything else is made from
//! it (design: "What is true"). Not here: actors, HTTP.

mod apply;
mod check;
pub mod definitions;
pub mod demo;
mod diff;
mod disk;
mod export;
mod files;
mod gone;
mod load;
mod programs;
mod read;
mod seed;
mod snapshot;
mod stray;
mod tokens;

pub use apply::{Applied, ApplyError, ApplyOptions, Gone, apply};
pub use check::check;
pub use definitions::{Definitions, TokenSource};
pub use diff::{Change, Diff, Sign};
pub use export::{exported, known_data, write_folder};
pub use files::{ALGORITHMS, DefinitionFile, FileKind, Given, PARTIES};
pub use load::{Changes, LoadedBot, Loader, TokenState};
pub use read::{Known, Reading, read};
pub use snapshot::bot_snapshot;
pub use tokens::token_number;
