//! One bot: its actor, poller and courier, and the way of an update through them.
//!
//! | file | what it is for |
//! |---|---|
//! | `actor.rs` | the bot's start and its end |
//! | `core.rs` | what its tasks share |
//! | `poller.rs` | the long poll and the offset |
//! | `intake.rs` | what an update means; the only door for updates |
//! | `turns.rs` | from a batch to a commit, and the backlog of an earlier run |
//! | `decide.rs`, `outside.rs` | one decision of the pure rules, and the world as they see it |
//! | `albums.rs`, `backlog.rs` | the messages of an album become one; rows that an earlier run left |
//! | `queues.rs`, `scripts.rs`, `script_end.rs` | updates that wait for each other, and the script that one of them needs |
//! | `commit.rs`, `settle.rs` | what a commit writes, and what follows from it |
//! | `parcel.rs`, `courier/`, `marks.rs` | sending, and the marks of what was sent |
//! | `alarm.rs` | who is told of an algorithm that failed |
//! | `presentation.rs` | commands and description at Telegram |
//! | `watch.rs`, `snapshot.rs` | how its end becomes known, and what it shows of itself |

pub mod actor;
mod alarm;
pub mod albums;
mod backlog;
pub mod commit;
pub mod core;
pub mod courier;
pub mod decide;
pub mod intake;
pub mod marks;
pub mod outside;
pub mod parcel;
pub mod poller;
pub mod presentation;
pub mod queues;
pub mod script_end;
pub mod scripts;
pub mod settle;
pub mod snapshot;
pub mod turns;
pub mod watch;
