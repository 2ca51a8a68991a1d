//! The pure rules of authorisation (R91, R95-R123, D21, D22): who a chat belongs to, decided by an
//! algorithm, a scenario or a responsible person.
//!
//! Each file takes what is and what happened and says what comes next; nothing is written, sent or
//! looked up here. `dialogue` leads the talk with strangers and responsible people by it, `runtime`
//! tells people what was decided.
//!
//! | file | (what is, what happened) → what comes next |
//! |---|---|
//! | `chain` | (settings, links tried) → the next link, registration, waiting or the error |
//! | `applicant` | (how far he has come, what he did) → what he is asked or told |
//! | `card` | (request, who, what he pressed or wrote) → what is offered, asked or decided |
//! | `data` | what the buttons of both carry |
//! | `fields` | data → a party's name and attributes; data → what to look parties up by |
//! | `said` | a request → the text of its card, a line for what became of it |
//!
//! Not here: the store, Telegram, actors, tokio; conversations.

mod applicant;
mod card;
mod chain;
mod data;
mod fields;
mod said;
#[cfg(test)]
mod tests;

pub use applicant::{ApplicantAct, ApplicantInput, act};
pub use card::{CardAct, CardInput, CardView, Fitting, decide};
pub use chain::{NotStarted, Step, next};
pub use data::{ApplicantButton, Button, CardButton, format, parse};
pub use fields::{Look, looks, parts, party_of};
pub use said::{Said, card_text, offer_label, status};

/// Requests of one chat that may be refused in a day (D21): more is somebody who tries keys.
pub const REFUSALS_A_DAY: i64 = 5;
/// Parties that are offered at once (D21): more rows do not fit on a telephone.
pub const OFFERED_MAX: usize = 8;
/// How often a responsible person is reminded of one request.
pub const REMINDERS_MAX: u32 = 3;
