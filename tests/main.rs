//! The integration tests: one binary, one thing to link.
#![allow(missing_docs)]
// Helpers serve both kinds of tests, and a seed is printed for whoever repeats a run.
#![allow(dead_code, clippy::print_stdout, clippy::print_stderr)]

mod app;
mod architecture;
mod dialogues;
mod faults;
mod organisation;
mod scripting;
mod store;
mod support;
