//! What a bot remembers of one person in one chat, and the choices it has offered.

use serde::{Deserialize, Serialize};

use super::authorization::{ApplicantStep, CardStep};
use super::ids::{ChatId, ChoiceId, MessageKey, Moment, PersonId, RequestId};
use super::rich_text::RichText;

/// How many steps of a choice's history are kept (D15): the oldest go first.
pub const HISTORY_STEPS_MAX: usize = 50;

/// Whom a conversation is with: the sender within a chat (D28).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ConversationKey {
    /// Where.
    pub chat: ChatId,
    /// With whom.
    pub sender: PersonId,
}

/// The state of a conversation: of one sender, in one chat, with one bot (D28). The default state is
/// not stored.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Conversation {
    /// What the bot waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialogue: Option<Dialogue>,
    /// A message that is not text was already answered with `unsupported`; the next such message is
    /// not answered again until the person writes a text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsupported_told: bool,
}

impl Conversation {
    /// True when there is nothing to remember.
    pub fn is_default(&self) -> bool {
        *self == Conversation::default()
    }
}

/// What the next message of the person may answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialogue {
    /// A choice is open: a press or a typed variant answers it (D10).
    Choice {
        /// The row of the choice, loaded by the caller with the conversation.
        choice: ChoiceId,
        /// When it closes by itself (D11).
        until: Moment,
    },
    /// A variant was picked and waits for Да / Другой вариант (R140, D14).
    Confirm {
        /// The row of the choice.
        choice: ChoiceId,
        /// The index of the picked variant.
        variant: usize,
        /// The message that asks: the question of the choice itself. In older rows it is another one beside
        /// the question.
        question: MessageKey,
        /// When it closes by itself.
        until: Moment,
    },
    /// A stranger enters what lets him in (R97-R99).
    Applying {
        /// How far he has come.
        step: ApplicantStep,
        /// When what he entered is forgotten.
        until: Moment,
    },
    /// A responsible person is asked something about a request (D21).
    Deciding {
        /// Which request.
        request: RequestId,
        /// What he is asked.
        step: CardStep,
        /// When the question closes by itself.
        until: Moment,
    },
}

impl Dialogue {
    /// The choice that this dialogue is about.
    pub fn choice(&self) -> Option<ChoiceId> {
        match self {
            Dialogue::Choice { choice, .. } | Dialogue::Confirm { choice, .. } => Some(*choice),
            Dialogue::Applying { .. } | Dialogue::Deciding { .. } => None,
        }
    }

    /// When the dialogue closes by itself.
    pub fn until(&self) -> Moment {
        match self {
            Dialogue::Choice { until, .. }
            | Dialogue::Confirm { until, .. }
            | Dialogue::Applying { until, .. }
            | Dialogue::Deciding { until, .. } => *until,
        }
    }
}

/// One variant of a choice as it was offered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Variant {
    /// The label of its button.
    pub label: String,
    /// What the label stands for where it differs: a label is numbered when another is equal (D14),
    /// cut when it is too long. This text, not the label, finds the rule that answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its value in the text form of stored language values; `None`: the text itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Variant {
    /// The text that finds the rule: what was offered, before numbering and cutting.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or(&self.label)
    }
}

/// One step of a choice's history (R161, D15).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HistoryStep {
    /// The word of the rule whose choice was answered.
    pub keyword: String,
    /// The path of that rule ([`KeywordTree::path_of`](super::KeywordTree::path_of)): «Назад» leads
    /// there. Empty where a choice belongs to no rule.
    pub rule: String,
    /// What was picked.
    pub variant: Variant,
}

/// Whether a choice can still be answered in place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceStatus {
    /// Offered and not answered.
    Open,
    /// Answered, left or cancelled. A press on its button opens it anew (D11).
    Closed,
}

/// A choice that was offered: a row, kept 30 days. `callback_data` is its id and an index.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenChoice {
    /// Its key.
    pub id: ChoiceId,
    /// The person it was offered to (D28).
    pub sender: PersonId,
    /// The chat it was offered in.
    pub chat: ChatId,
    /// The rule, as a path of folded words ([`KeywordTree::path_of`](super::KeywordTree::path_of)):
    /// it outlives a reload. Empty where the choice belongs to no rule (the array that an algorithm
    /// called by its name gave): each of its variants is handled as if its text had been typed.
    pub keyword: String,
    /// The message with its buttons: the one that was sent last, when it was offered again.
    pub question: MessageKey,
    /// What was picked on the way here, oldest first.
    pub history: Vec<HistoryStep>,
    /// The variants in the order offered.
    pub variants: Vec<Variant>,
    /// The number of the keyboard that stands under the question. A button of any other was taken away: a
    /// press on it is over, however late it comes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub keyboard: u32,
    /// The page that is shown, from 0 (over 8 rows a choice is paged, D14).
    pub page: usize,
    /// The text above the buttons, as it was offered.
    pub title: RichText,
    /// Whether a picked variant is asked about first (R140).
    pub confirm: bool,
    /// Buttons in a row, 1 to 4.
    pub columns: u8,
    /// Whether it has «Назад» (D14).
    pub back: bool,
    /// Open or closed.
    pub status: ChoiceStatus,
    /// When it was offered.
    pub at: Moment,
    /// When it was answered last. A second press within a moment is a finger that tapped twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Moment>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
