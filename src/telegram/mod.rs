//! The Bot API of Telegram: a client, the types we use, errors a caller can act on, and the pure
//! limits on sending.
//!
//! This room knows HTTP and nothing of our bots, chats or database: it takes a [`Token`] and plain
//! values, and gives plain values or an [`ApiError`] back. It is the only room (besides the scripts'
//! HTTP) that names reqwest. Identifiers are plain `i64` here, as Telegram has them; the callers
//! make the model's own id types at their edge.
//!
//! - [`Endpoint`] is where and how to reach the API (made once per process), [`Client`] is its two
//!   connection pools (made once per single-thread runtime), [`BotApi`] is a client with a token
//!   (made once per bot, cheap).
//! - [`Batch`] is the answer of `getUpdates`: every update parsed alone, with its raw JSON.
//!
//! Secrets: a token and a proxy's password have types that do not print, and texts of errors are
//! searched for both before they leave (see `client.rs`).

mod client;
mod connect;
mod download;
mod endpoint;
mod error;
mod exchange;
mod line;
mod methods;
mod parse;
mod split;
mod token;
mod types;
mod upload;
mod wire;

#[cfg(test)]
mod tests;

pub use client::{BotApi, Client, causes};
pub use download::Download;
pub use endpoint::{Endpoint, EndpointError, EndpointOptions, SEND_TIMEOUT};
pub use error::{ApiError, ConflictWith, GoneReason, NetworkKind, Outcome};
pub use methods::{
    AnswerCallback, BotCommand, ChatAction, EditMarkup, EditText, GetUpdates, MediaItem, MediaKind,
    ParseMode, SendFile, SendMediaGroup, SendMessage,
};
pub use parse::{parse_batch, parse_update};
pub use token::{Token, TokenError};
pub use types::{
    Batch, CallbackMessage, CallbackQuery, Chat, ChatKind, Contact, Content, Entity, EntityKind,
    FileInfo, FileRef, Incoming, InlineAction, InlineButton, MalformedUpdate, MemberStatus,
    Message, MyChatMember, RawJson, ReplyButton, ReplyMarkup, ReplyTo, SentMessage, Update,
    UpdateKind, User,
};
pub use upload::InputFile;
