//! What the rules of authorisation look at besides the conversation: rows that the caller reads first
//! ([`facts_needed`]), and what it knows of the world outside ([`Outside`]).

use std::sync::Arc;

use crate::authorization::{self, Button, CardButton, Fitting, NotStarted};
use crate::model::{
    ApplicantStep, AuthorizationRequest, Bot, BotCode, BuiltIn, CardStep, Change, ChatId,
    Conversation, Dialogue, PartyRef, RegistrationLink, RequestId,
};

use super::turn::{Addressed, Incoming, IncomingKind};

/// What has to be read before a message or press can be decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FactsNeeded {
    /// The open request of the sender's chat, and how many were refused since a day.
    Applicant,
    /// A request whose card was pressed or is answered.
    Card {
        /// Which.
        request: RequestId,
        /// Which parties are looked for with it.
        looked: Looked,
    },
    /// The registration link with this hash.
    Link(String),
}

/// Which parties are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Looked {
    /// None.
    Nothing,
    /// Those that fit the data.
    ByData,
    /// Those that fit these words.
    By(String),
    /// The one offered with this number.
    Offered(usize),
}

/// What was read.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Facts {
    /// Nothing was needed.
    #[default]
    Nothing,
    /// For [`FactsNeeded::Applicant`].
    Applicant {
        /// The open request.
        open: Option<Box<AuthorizationRequest>>,
        /// How many were refused since a day.
        refused: i64,
    },
    /// For [`FactsNeeded::Card`].
    Card {
        /// The request, where it still is.
        request: Option<Box<AuthorizationRequest>>,
        /// What was found; never a party marked for deletion.
        fitting: Vec<Fitting>,
        /// The name of who has it in hand.
        taken_by: String,
    },
    /// For [`FactsNeeded::Link`].
    Link(Option<Box<RegistrationLink>>),
}

/// What stands before the hash in the text of `/start` where the secret of a registration link was
/// (`runtime` puts it there, so that the secret itself is nowhere).
pub const LINK_MARK: &str = "reg#";

/// What the decision about this message or press needs to have read.
pub fn facts_needed(conversation: &Conversation, incoming: &Incoming) -> Option<FactsNeeded> {
    if incoming.addressed != Addressed::Private {
        return None;
    }
    match &incoming.kind {
        IncomingKind::Press { data, .. } => match authorization::parse(data)? {
            Button::Applicant(_) => Some(FactsNeeded::Applicant),
            Button::Card(request, button) => Some(FactsNeeded::Card {
                request,
                looked: match button {
                    CardButton::Accept => Looked::ByData,
                    CardButton::Pick(index) => Looked::Offered(index),
                    _ => Looked::Nothing,
                },
            }),
        },
        IncomingKind::Text(text) => {
            if let Some(hash) = link_hash(text) {
                return Some(FactsNeeded::Link(hash.to_owned()));
            }
            match conversation.dialogue.as_ref()? {
                Dialogue::Applying {
                    step: ApplicantStep::Confirm { .. },
                    ..
                } => Some(FactsNeeded::Applicant),
                Dialogue::Deciding { request, step, .. } => Some(FactsNeeded::Card {
                    request: *request,
                    looked: match step {
                        CardStep::Search => Looked::By(text.clone()),
                        CardStep::Reason | CardStep::Name(_) => Looked::Nothing,
                    },
                }),
                _ => None,
            }
        }
        IncomingKind::Other(_) => None,
    }
}

/// The hash in `/start reg#…`.
fn link_hash(text: &str) -> Option<&str> {
    let (head, payload) = text.split_once(' ')?;
    if !head
        .split('@')
        .next()?
        .eq_ignore_ascii_case(BuiltIn::Start.command())
    {
        return None;
    }
    payload.trim().strip_prefix(LINK_MARK)
}

/// What the rules ask of the world outside; the answers are at hand.
pub trait Outside {
    /// The responsible people of the bot, each with the bot and the private chat in which he is reached.
    fn responsible(&self) -> Vec<(PartyRef, BotCode, ChatId)>;
    /// Starts a scenario for a request (D22): what is to be written for it.
    ///
    /// # Errors
    /// Why it did not start.
    fn start(
        &self,
        scenario: &str,
        request: &AuthorizationRequest,
    ) -> Result<Vec<Change>, NotStarted>;
    /// The definition of a bot, for a card of its request in the chat of another.
    fn bot(&self, code: &BotCode) -> Option<Arc<Bot>>;
}

/// Nobody and nothing outside.
#[derive(Clone, Copy, Debug)]
pub struct NothingOutside;

impl Outside for NothingOutside {
    fn responsible(&self) -> Vec<(PartyRef, BotCode, ChatId)> {
        Vec::new()
    }

    fn start(&self, _: &str, _: &AuthorizationRequest) -> Result<Vec<Change>, NotStarted> {
        Err(NotStarted("процессов здесь нет".to_owned()))
    }

    fn bot(&self, _: &BotCode) -> Option<Arc<Bot>> {
        None
    }
}
