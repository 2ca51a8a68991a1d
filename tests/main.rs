//! The integration tests: one binary, one thing to link.
#![allow(missing_docs)]

mod app;
mod architecture;
mod dialogues;
mod faults;
mod organisation;
mod scripting;
mod store;
mod support;
