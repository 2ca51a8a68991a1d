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
//! | `run`, `services` | one run, and what it is given |
//! | `control` | what a run and its watchdog tell each other |
//! | `session` | one run's store, lease, sends: what objects of the host share |
//! | `host` | clock, messages, log, HTTP of a run |
//! | `members`, `names` | objects of the host by tables; names in both languages |
//! | `document` | all of them as the tables of docs/algorithms-host.md |
//! | `catalogs`, `reference`, `object` | `Справочники`, its managers, selections, references, objects |
//! | `telegram` | `Telegram`, `ЧатБоты` |
//! | `reply`, `variants`, `files` | a value becomes a reply, buttons, files |
//! | `attributes`, `shapes`, `times` | values of parties, kinds of values, moments and dates |
//! | `closed` | which members the objects have, for the checker |
//! | `stored` | a value becomes text and comes back |
//! | `http` | calls of HTTPСоединение |
//!
//! It must not know of actors, updates as Telegram writes them, or which script runs when.

mod attributes;
mod catalogs;
mod closed;
mod control;
mod document;
mod files;
mod host;
pub mod http;
mod library;
mod members;
mod names;
mod object;
mod reference;
mod reply;
mod run;
mod services;
mod session;
mod shapes;
mod stored;
mod telegram;
mod times;
mod variants;

pub use control::Control;
pub use document::host_reference;
pub use library::{Algorithm, Library, LibraryProblem};
pub use run::{Run, run, run_quick};
pub use services::{Caller, CallerFile, ScriptLimits, Services};
pub use stored::{StoredError, from_text, to_text};
