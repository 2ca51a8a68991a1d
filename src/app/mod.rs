//! Puts a node together: settings become configurations, then store, runtime and control endpoint are
//! started in their order.
//!
//! It knows no rule of the domain: what a node does is the runtime's.

mod configuration;
mod definitions;
mod descriptors;
mod followed_clock;
mod node;

pub use configuration::{Making, Opened, database, endpoint_options, open_store, trial_services};
pub use node::{NodeError, NodeHandle, start};
