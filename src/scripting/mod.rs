//! The bridge from the 1C language to the domain: what an algorithm and code typed in a chat see, can
//! call, and what their value means as a reply (R131, R147-R168, D1, D2, D13, D14, D27, D29).
//!
//! [`Library`] is what can run: all algorithms of an organisation, compiled once per revision and
//! shared by all threads. [`run`] is one run on a thread that may block. Everything it writes, what it
//! sends and (by its caller) its answer become one transaction: the run hands back the write lease
//! with what it wrote, and whoever called it writes the rest through it and commits.
//!
//! | file | what |
//! |---|---|
//! | `library` | compiled algorithms, direct calls, is a text code |
//! | `session` | one run's store, lease, sends: what objects of the host share |
//! | `names` | every name that the host gives, in both languages |
//! | `host` | clock, messages, log, HTTP of a run |
//! | `catalogs`, `party` | `Справочники`, its managers, references, objects, selections |
//! | `telegram` | `Telegram`, `ЧатБоты` |
//! | `reply` | a value becomes a reply |
//! | `stored` | a value becomes text and comes back |
//! | `http` | calls of HTTPСоединение |
//!
//! It must not know of actors, updates as Telegram writes them, or which script runs when.

mod catalogs;
mod convert;
mod host;
pub mod http;
mod library;
mod names;
mod party;
mod reply;
mod run;
mod session;
mod stored;
mod telegram;

pub use library::{Algorithm, Library, LibraryProblem};
pub use names::host_reference;
pub use run::{Caller, Run, ScriptLimits, Services, run, run_quick};
pub use stored::{StoredError, from_text, to_text};
