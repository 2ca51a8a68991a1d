//! Algorithms against the database: what they see, find, write and send, on both engines.

mod basics;
mod stage;
