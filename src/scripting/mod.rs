//! The bridge from `bsl::Host` to the domain.

pub mod http;
