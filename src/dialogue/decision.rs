//! What comes out of a decision.

use crate::model::{
    Change, ChoiceId, Conversation, HistoryStep, KeywordId, OpenChoice, Outgoing, ScriptRequest,
};

use super::applying::Applied;
use super::scene::Here;
use super::trace::Trace;

/// Something that is to happen.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// A message is sent.
    Send(Outgoing),
    /// A press is answered: fire and forget, at once.
    AnswerPress {
        /// Telegram's id of the press.
        query: String,
        /// A short note shown over the chat.
        text: Option<String>,
    },
    /// The row of a choice is written: new, or in place of the one with its id.
    PutChoice(OpenChoice),
    /// The row of a choice, which need not be loaded, becomes closed: it was left for another one.
    CloseChoice(ChoiceId),
    /// Something else is written in the same commit.
    Change(Box<Change>),
    /// The conversation becomes this.
    Remember(Conversation),
}

impl Effect {
    /// Something else is written in the same commit.
    pub fn change(change: Change) -> Effect {
        Effect::Change(Box::new(change))
    }
}

/// What a turn comes to.
#[derive(Clone, PartialEq, Debug)]
pub enum Decision {
    /// All is decided.
    Done {
        /// What is to happen, in order.
        effects: Vec<Effect>,
        /// What was tried.
        trace: Trace,
    },
    /// A script has to run first; [`resume`](super::resume) goes on with what it came to.
    Run {
        /// What happens at once, whatever becomes of the script: answers to presses.
        at_once: Vec<Effect>,
        /// The script.
        request: ScriptRequest,
        /// Where to go on.
        pending: Box<Pending>,
    },
}

/// Where a turn goes on when its script has ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Pending {
    pub(super) then: Next,
    pub(super) effects: Vec<Effect>,
    pub(super) next: Conversation,
    pub(super) here: Option<Here>,
    pub(super) trace: Trace,
}

impl Pending {
    /// Whether a person called it: code, or an algorithm by its name.
    pub fn is_call(&self) -> bool {
        self.then == Next::Reply(Then::Called)
    }

    /// Whether it checks the data of a stranger: what it writes and sends counts only when it finds who
    /// that is.
    pub fn is_check(&self) -> bool {
        matches!(self.then, Next::Check(_))
    }
}

/// Who goes on.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Next {
    /// The outcome is a reply.
    Reply(Then),
    /// It says who a stranger is.
    Check(Box<Applied>),
}

impl From<Then> for Next {
    fn from(then: Then) -> Next {
        Next::Reply(then)
    }
}

/// What a reply is for.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Then {
    /// Code or an algorithm that the person called: its choice belongs to no rule.
    Called,
    /// A rule of kind algorithm.
    Rule(KeywordId, Vec<HistoryStep>),
    /// The variants of a dynamic choice.
    Variants(KeywordId, Vec<HistoryStep>),
}
