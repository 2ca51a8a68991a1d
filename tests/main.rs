//! The integration tests: one binary, one thing to link.
#![allow(missing_docs)]

mod organisation;
mod store;
mod support;
