//! Vestnik (вестник, herald): many Telegram bots in one process, tied to the processes of an
//! organisation. ARCHITECTURE.md is the map; each room says in its first lines what it is for and
//! what it must not know.

pub mod app;
pub mod authorization;
pub mod channels;
pub mod cli;
pub mod dialogue;
pub mod http;
pub mod model;
pub mod organisation;
pub mod rehearsal;
pub mod runtime;
pub mod scripting;
pub mod settings;
pub mod source;
pub mod store;
pub mod telegram;
pub mod texts;
