//! The integration tests: one binary, one thing to link.
#![allow(missing_docs)]

mod store;
mod support;
