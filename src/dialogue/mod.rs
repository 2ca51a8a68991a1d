//! The pure rules of a conversation: (bot, conversation, incoming) → effects.
//!
//! Not here: the store, Telegram, actors, tokio. The caller loads what [`choice_needed`] names, calls
//! [`decide`], writes the effects in one commit and sends what they hold.

mod turn;

pub use turn::{Addressed, Decision, Effect, Incoming, IncomingKind, Person, Turn};
