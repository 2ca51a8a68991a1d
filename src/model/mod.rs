//! Plain types and rules of the domain: ids, bots and their keyword trees, parties, rich text,
//! conversations, outgoing messages. Everything else in the house is written in these words.
//!
//! Not here: I/O of any kind, async, actix, diesel. A type of this room can be made in a test by
//! writing it down.

mod authorization;
mod backoff;
mod bot;
mod built_in;
mod by;
mod change;
mod conversation;
mod fold;
mod ids;
mod keyword;
mod near;
mod outgoing;
mod party;
mod problem;
mod registration_link;
mod rich_text;
mod scenario;
mod script;
mod words;

pub use authorization::{
    AUTHORIZATION_ACCEPTED, AUTHORIZATION_REJECTED, AUTHORIZATION_RELEASED, AUTHORIZATION_REPLACED,
    AUTHORIZATION_TAKEN, ApplicantData, ApplicantStep, AuthorizationRequest, Card, CardStep, Link,
    LinkOutcome, LinkResult, REGISTRATION_MADE, RequestFile, RequestState, Verdict,
};
pub use backoff::Backoff;
pub use bot::{Authorization, Bot, BotTexts, Locale, OnOtherText, Quote, UpdateMode};
pub use built_in::BuiltIn;
pub use by::By;
pub use change::{Alarm, Audited, Change};
pub use conversation::{
    ChoiceStatus, Conversation, ConversationKey, Dialogue, HISTORY_STEPS_MAX, HistoryStep,
    OpenChoice, Variant,
};
pub use fold::{Fold, has_lookalike_mix};
pub use ids::{
    BotCode, ChatId, ChoiceId, IdSource, LinkId, MessageKey, Moment, PersonId, RequestId,
    TelegramBotId, UpdateId,
};
pub use keyword::{
    Choice, Keyword, KeywordId, KeywordKind, KeywordTree, KeywordTreeBuilder, KeywordWords,
    Variants, WordsError,
};
pub use near::nearest;
pub use outgoing::{
    Button, ButtonAction, Buttons, Channel, ChannelLimits, ChatAddress, EditTarget, FileSource,
    Lane, MessageKind, MessageState, Outgoing, OutgoingBody, OutgoingFile, Resend,
};
pub use party::{AttributeValue, Party, PartyGroup, PartyKind, PartyRef, Registration};
pub use problem::{Level, Problem, render_problems, sort_problems};
pub use registration_link::{LinkGrant, RegistrationLink};
pub use rich_text::{Mark, RichText};
pub use scenario::{FieldKind, NoticeEvent, StepKind, Term, Who};
pub use script::{
    ScriptFailure, ScriptOutcome, ScriptProgram, ScriptReply, ScriptRequest, ScriptVariant,
    VARIANTS_MAX,
};
pub use words::Word;
