//! What a conversation asks of a script, and what comes back (R131, R147-R163, D1, D2, D13, D14, D27,
//! D29). The bridge to the 1C language is `scripting`'s; the pure rules know these words only.

use super::conversation::HistoryStep;
use super::outgoing::OutgoingFile;
use super::party::PartyRef;
use super::rich_text::RichText;

/// What is to be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScriptProgram {
    /// An algorithm by its name as its definition spells it (R131, R150).
    Algorithm(Box<str>),
    /// Code typed into the chat (R147); it was found to be code (D2).
    Code(Box<str>),
}

/// A script to run and what it is told beyond who asks and where: `_ДанныеДляОбработки`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptRequest {
    /// What runs.
    pub program: ScriptProgram,
    /// Текст: what the person wrote or pressed.
    pub text: String,
    /// КлючевоеСлово: the word of the rule that runs it; empty for a direct call.
    pub keyword: String,
    /// История of the choice, oldest first (R161).
    pub history: Vec<HistoryStep>,
}

/// Variants of one choice that a script may make: what nobody pages through is a mistake, and each is
/// kept with its choice for a month.
pub const VARIANTS_MAX: usize = 1_000;

/// An element of an array or a value list that becomes a button (R163, D14).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptVariant {
    /// Its text, from which its label is made.
    pub text: String,
    /// Its value in the text form of stored language values; `None`: the text itself.
    pub value: Option<String>,
}

/// What the value of `_Результат` (or of an expression) means as a reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScriptReply {
    /// Неопределено, or a text with nothing to show.
    Nothing,
    /// A text: a string is markup as its author wrote it, any other value is escaped (D27).
    Text(RichText),
    /// A reference to a party: its presentation as a text, and who it is.
    Party {
        /// Which.
        party: PartyRef,
        /// It is there and not marked for deletion.
        alive: bool,
        /// Its presentation.
        text: RichText,
    },
    /// Массив, ФиксированныйМассив or СписокЗначений: a choice (D13) of at most [`VARIANTS_MAX`].
    Choice(Vec<ScriptVariant>),
    /// A structure with Текст, Файл or Кнопки, or binary data: a message with files.
    Message {
        /// The text, or the caption of the file.
        text: Option<RichText>,
        /// At most 10 files.
        files: Vec<OutgoingFile>,
        /// Кнопки: a choice below the text.
        buttons: Vec<ScriptVariant>,
    },
}

/// Why there is no reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScriptFailure {
    /// It failed: the exception's message for a person.
    Error(String),
    /// A limit stopped it.
    Limit {
        /// Which, for whoever asked.
        brief: String,
        /// The same with the number and the setting, for whoever may change it.
        whole: String,
    },
    /// Too many scripts wait already.
    Busy,
    /// The algorithm is not there, or does not compile.
    Unavailable,
}

/// What a script came to. On a failure nothing of what it wrote has happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptOutcome {
    /// Texts of Сообщить, in order (D29).
    pub messages: Vec<RichText>,
    /// The reply.
    pub reply: Result<ScriptReply, ScriptFailure>,
}
