//! What is to be written, as a value: the pure rooms say it, the store's unit of work writes it, for an
//! update, a script, a request of the control endpoint and a step of a process alike.

use super::authorization::{AuthorizationRequest, Verdict};
use super::by::By;
use super::conversation::{Conversation, ConversationKey, OpenChoice};
use super::ids::{BotCode, ChatId, ChoiceId, LinkId, RequestId};
use super::outgoing::Outgoing;
use super::party::{Party, PartyGroup, Registration};
use super::registration_link::RegistrationLink;

/// A row for the audit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audited {
    /// Who did it.
    pub by: By,
    /// A stable name of what was done, such as `party.write`.
    pub action: &'static str,
    /// To what, such as `bot:shop`.
    pub object: String,
    /// JSON.
    pub detail: String,
}

/// Something failed that people do not see, and whoever answers for it is to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// Where it failed: of one place people are told once an hour.
    pub place: String,
    /// What they read, a message a person.
    pub messages: Vec<Outgoing>,
}

/// One change of what the database holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// A conversation goes on in another state; the default state is not kept.
    Conversation {
        /// With which bot.
        bot: BotCode,
        /// With whom.
        key: ConversationKey,
        /// Its state from now on.
        conversation: Conversation,
    },
    /// A choice was offered or changed.
    Choice {
        /// The bot under whose message it stands.
        bot: BotCode,
        /// The choice from now on.
        choice: OpenChoice,
    },
    /// A choice was left.
    CloseChoice {
        /// The bot that offered it.
        bot: BotCode,
        /// Which.
        choice: ChoiceId,
    },
    /// A chat can be written to again, or cannot any more (D30).
    Reachable {
        /// By which bot.
        bot: BotCode,
        /// Which chat.
        chat: ChatId,
        /// `None`: it can; else a stable name of the reason.
        blocked: Option<&'static str>,
    },
    /// A group became a supergroup: its chat has another number everywhere.
    MoveChat {
        /// The bot that heard of it.
        bot: BotCode,
        /// The old number.
        from: ChatId,
        /// The new one.
        to: ChatId,
    },
    /// A party as an object holds it. One without a code gets the next number of its kind. Written when
    /// its row still has the version that was read (`None`: a new one).
    SaveParty {
        /// The party whole, with its groups and attributes.
        party: Party,
        /// The version that was read.
        expected: Option<i64>,
    },
    /// A party as a file says it, whatever its version is.
    PutParty(Party),
    /// A group as a file says it.
    PutGroup(PartyGroup),
    /// A chat is linked to a party, whatever it was linked to, also after a revocation.
    Register(Registration),
    /// The same by somebody else than who makes the other changes: an algorithm that found the party.
    RegisterBy {
        /// Bot, chat and party.
        registration: Registration,
        /// Who says so.
        by: By,
    },
    /// The same as a file says it: one that was revoked stays revoked (D23).
    SeedRegistration(Registration),
    /// A chat is linked to nobody any more.
    Revoke {
        /// Whose user.
        bot: BotCode,
        /// The private chat.
        chat: ChatId,
    },
    /// A stranger's data were confirmed and went through the chain: the request as it came out of it.
    /// Written when the open request of its chat is still the one that was read.
    OpenRequest {
        /// The request, with the links that were tried.
        request: Box<AuthorizationRequest>,
        /// The open one that was read, with its version: it is replaced.
        replaces: Option<(RequestId, i64)>,
    },
    /// A request goes on waiting in another way: somebody took it in hand, was offered parties, was
    /// reminded. Written when its version is still the one before.
    SaveRequest {
        /// The request from now on, with the version that was read.
        request: Box<AuthorizationRequest>,
        /// A stable name of what happened; others who see its card are shown it.
        event: Option<&'static str>,
    },
    /// A request is decided, when it is still open and has the version that was read.
    DecideRequest {
        /// Which.
        request: RequestId,
        /// The version that was read.
        version: i64,
        /// What is decided.
        verdict: Verdict,
        /// By whom.
        by: By,
    },
    /// A registration link is made.
    PutLink(Box<RegistrationLink>),
    /// A person opened a registration link, which must still let people in.
    UseLink {
        /// Which, with the version that was read.
        link: LinkId,
        /// The version that was read.
        version: i64,
        /// The private chat that is linked.
        chat: ChatId,
        /// The name of the person, for a party that is made for him.
        name: String,
    },
    /// A bot is switched on or off, kept over a restart (D30).
    Switch {
        /// Which.
        bot: BotCode,
        /// On.
        enabled: bool,
    },
    /// Who did what.
    Audit(Audited),
    /// Somebody is told that something failed, unless he was of the same place within the hour.
    Alarm(Alarm),
}
