//! A bot as its actor sees it: an immutable snapshot of a definition, replaced whole on reload.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::ids::BotCode;
use super::keyword::KeywordTree;
use super::rich_text::RichText;
use super::words::words;

words! {
    /// The language of the sentences that a bot says itself.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Locale {
        /// Russian.
        #[default]
        Ru = "ru",
        /// English.
        En = "en",
    }
}

words! {
    /// What another text does while a choice is open (D11).
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub enum OnOtherText {
        /// The choice is left and the text handled afresh.
        #[default]
        Leave = "leave",
        /// The choice is offered again.
        Repeat = "repeat",
    }
}

words! {
    /// When an answer quotes the message that it answers.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub enum Quote {
        /// Never.
        Never = "never",
        /// In groups only.
        #[default]
        Groups = "groups",
        /// Always.
        Always = "always",
    }
}

words! {
    /// How updates reach us.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub enum UpdateMode {
        /// Long polling.
        #[default]
        Poll = "poll",
        /// Reserved: refused by the reader of files until it exists.
        Webhook = "webhook",
    }
}

/// The section `[authorization]` of a bot (R91, R106).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Authorization {
    /// Запрос авторизации: what a stranger reads (R96).
    pub prompt: Option<String>,
    /// The name of the algorithm that checks the data (R107).
    pub algorithm: Option<String>,
    /// The code of the scenario that is started when the algorithm fails (R114).
    pub scenario: Option<String>,
    /// Who decides (R115): the code of a user, or `group:CODE`, of which the first to take it has it.
    pub responsible: Option<String>,
    /// The attributes that the parts of the data between commas are, in order: a party that is created
    /// from them gets these. `-` for a part that is none.
    pub fields: Vec<String>,
    /// Seconds after which whoever decides is reminded.
    pub remind_after_s: i64,
}

/// The texts of a bot that its file overrides (R90, D20): name → template. The names and
/// placeholders were checked when the file was applied.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BotTexts(pub BTreeMap<String, String>);

/// A bot's definition.
#[derive(Clone, Debug)]
pub struct Bot {
    /// Its code.
    pub code: BotCode,
    /// Наименование.
    pub name: String,
    /// Описание: what /start tells about the bot (R88). Empty: nothing.
    pub description: RichText,
    /// The bot that notices and tasks go through.
    pub main: bool,
    /// Ответ на неизвестный запрос (R85); `None`: the named text `unknown`.
    pub unknown_reply: Option<RichText>,
    /// Разрешить выполнять программный код (R92).
    pub allow_code: bool,
    /// Groups whose members may type code; empty: whoever the bot serves.
    pub code_groups: Vec<String>,
    /// Whether the task commands answer (D3).
    pub task_menu: bool,
    /// Its own keyboard in place of the telephone's, row by row: what is pressed is written.
    pub keyboard: Vec<Vec<String>>,
    /// Whether /help lists its keywords.
    pub help: bool,
    /// The language of its own sentences.
    pub locale: Locale,
    /// How its words are compared (D6, D7).
    pub fold: Fold,
    /// D11.
    pub on_other_text: OnOtherText,
    /// How long a choice stays open, seconds (D11).
    pub choice_ttl_s: i64,
    /// When answers quote.
    pub quote: Quote,
    /// How updates reach us.
    pub mode: UpdateMode,
    /// The code of the user who answers for it: `[authorization] responsible`, also while authorisation
    /// is off. He is told of what fails.
    pub responsible: Option<String>,
    /// Present when authorisation is on.
    pub authorization: Option<Authorization>,
    /// Overridden texts.
    pub texts: BotTexts,
    /// Ключевые слова.
    pub keywords: KeywordTree,
    /// The revision of the definitions that this snapshot was made from.
    pub revision: i64,
}
