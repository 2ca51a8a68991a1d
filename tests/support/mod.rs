//! Helpers of the integration tests.

pub mod app;
pub mod http;
pub mod postgres;
pub mod process;
pub mod webdriver;
