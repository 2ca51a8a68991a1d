//! Algorithms against the database: what they see, find, write and send, on both engines.

mod article;
mod basics;
mod catalogs;
mod library;
mod replies;
mod sends;
pub mod stage;
mod writing;
