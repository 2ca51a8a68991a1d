//! Authorisation requests: what a stranger sent, what became of it link by link, and whose cards show it
//! (R91, R95-R123, D21, D22).

use serde::{Deserialize, Serialize};

use super::ids::{BotCode, ChatId, MessageKey, Moment, PersonId, RequestId};
use super::party::{Party, PartyRef};
use super::words::words;

words! {
    /// Where a request stands.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum RequestState {
        /// A responsible person is to decide.
        Waiting = "waiting",
        /// A process decides (D22).
        Process = "process",
        /// The chat is linked to a party.
        Accepted = "accepted",
        /// It was refused, with or without a reason.
        Rejected = "rejected",
        /// No link let the person in and none is left.
        Failed = "failed",
        /// The person sent a newer one.
        Replaced = "replaced",
    }
}

impl RequestState {
    /// Somebody is still to decide.
    pub fn is_open(self) -> bool {
        matches!(self, RequestState::Waiting | RequestState::Process)
    }
}

words! {
    /// A link of the chain, in the order in which they are tried (R113-R115).
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Link {
        /// An algorithm looks at the data.
        Algorithm = "algorithm",
        /// A process is started by a scenario.
        Scenario = "scenario",
        /// A person decides.
        Responsible = "responsible",
    }
}

/// What became of a link.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkResult {
    /// It found who this is.
    Found(PartyRef),
    /// It is at work: a process runs, a person was asked.
    Began,
    /// It did not let the person in; the next link is tried.
    Failed,
}

/// A link that was tried.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LinkOutcome {
    /// Which.
    pub link: Link,
    /// What became of it.
    pub result: LinkResult,
    /// Why, in words for whoever runs the bots; never shown to the applicant.
    pub reason: String,
}

/// A file that came with the data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RequestFile {
    /// The channel's id, by which the bot of the request fetches and sends it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Bytes, where the channel told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// MIME type; empty where the channel told none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mime: String,
}

/// What the person entered (R98).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ApplicantData {
    /// The text; of a contact its telephone.
    pub text: String,
    /// The person's own telephone, where he sent his contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Files that came with the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<RequestFile>,
}

/// How far a stranger has come with his data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicantStep {
    /// The button was pressed: the next message is the data.
    Enter,
    /// The data were read back and wait for «Отправить» (R99).
    Confirm {
        /// What was entered.
        data: ApplicantData,
        /// The message that reads them back: only its buttons send them.
        question: MessageKey,
    },
}

/// What a responsible person is asked in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardStep {
    /// Why he refuses.
    Reason,
    /// Whom to look for.
    Search,
    /// The name of the party that is to be created.
    Name(super::party::PartyKind),
}

/// A message that shows a request to a responsible person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Card {
    /// To whom.
    pub user: PartyRef,
    /// Through which bot.
    pub bot: BotCode,
    /// In which chat.
    pub chat: ChatId,
    /// The message.
    pub message: MessageKey,
}

/// A request. Its JSON is stored whole; the table repeats what it is looked up by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Its number.
    pub id: RequestId,
    /// The bot that the person wants to use.
    pub bot: BotCode,
    /// The private chat: its key is what is linked in the end (R121).
    pub chat: ChatId,
    /// Who asks.
    pub person: PersonId,
    /// First name as Telegram tells it; may be empty.
    pub first_name: String,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Username without the @.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// What was entered and confirmed.
    pub data: ApplicantData,
    /// The links that were tried, in order.
    pub links: Vec<LinkOutcome>,
    /// Where it stands.
    pub state: RequestState,
    /// Counts its changes; the optimistic lock.
    pub version: i64,
    /// When it was sent.
    pub created_at: Moment,
    /// The messages that show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
    /// Who of several responsible people has it in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<PartyRef>,
    /// The parties that were offered last, by the numbers of their buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<PartyRef>,
    /// When the responsible person is reminded; `None`: not any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_at: Option<Moment>,
    /// How often that was done.
    #[serde(default)]
    pub reminded: u32,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Moment>,
    /// By whom, in the text form of [`By`](super::By).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Who it is, once accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyRef>,
    /// Why it was refused, as the applicant reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl AuthorizationRequest {
    /// First and last name; empty where Telegram told none.
    pub fn person_name(&self) -> String {
        match &self.last_name {
            Some(last) if !last.is_empty() => format!("{} {last}", self.first_name),
            _ => self.first_name.clone(),
        }
    }
}

/// What is decided about a request.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// The chat is linked to this party, which must be there and not marked for deletion.
    Accept(PartyRef),
    /// The same with a party that is made for it; one without a code gets the next number of its kind.
    Create(Box<Party>),
    /// The person stays out.
    Reject(Option<String>),
}

/// The kind of the event that a chat was linked to a party, however: its person is told once.
pub const REGISTRATION_MADE: &str = "registration.made";
/// A request was accepted: its cards say so.
pub const AUTHORIZATION_ACCEPTED: &str = "authorization.accepted";
/// It was refused: its cards say so, and the applicant is told.
pub const AUTHORIZATION_REJECTED: &str = "authorization.rejected";
/// A newer one took its place: its cards say so.
pub const AUTHORIZATION_REPLACED: &str = "authorization.replaced";
/// One of several responsible people took it in hand: the cards of the others say so.
pub const AUTHORIZATION_TAKEN: &str = "authorization.taken";
/// He gave it back: all cards have their first buttons again.
pub const AUTHORIZATION_RELEASED: &str = "authorization.released";
