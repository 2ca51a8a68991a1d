//! What the files of an organisation say, as plain structs with places. Names that lead elsewhere
//! (parents, targets) are resolved; everything else is as written.

use std::fmt;

use crate::model::{
    AttributeValue, BotCode, Channel, ChatId, FieldKind, Fold, Locale, NoticeEvent, OnOtherText,
    PartyRef, Quote, StepKind, Term, UpdateMode, Who,
};
use crate::source::{At, Span};

/// Everything that a set of files says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Definitions {
    /// The bots, in the order of their files.
    pub bots: Vec<BotDefinition>,
    /// The algorithms.
    pub algorithms: Vec<AlgorithmDefinition>,
    /// The scenarios.
    pub scenarios: Vec<ScenarioDefinition>,
    /// The seed of data.
    pub parties: PartiesSeed,
}

/// Where the token of a bot comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// An environment variable.
    Env(String),
    /// A file; only its first line counts.
    File(String),
    /// Written out; sealed before it is kept.
    Literal(String),
    /// Sealed by this installation, or so it is hoped.
    Sealed(String),
}

/// Without the token itself.
impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenSource::Env(name) => write!(f, "Env({name})"),
            TokenSource::File(path) => write!(f, "File({path})"),
            TokenSource::Literal(_) => f.write_str("Literal(…)"),
            TokenSource::Sealed(_) => f.write_str("Sealed(…)"),
        }
    }
}

/// The section `[authorization]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuthorizationDefinition {
    /// On or off; a section without this key is on.
    pub enabled: bool,
    /// Запрос авторизации.
    pub prompt: Option<At<String>>,
    /// The name of an algorithm.
    pub algorithm: Option<At<String>>,
    /// The code of a scenario.
    pub scenario: Option<At<String>>,
    /// The code of a user, or a group as `group:CODE`.
    pub responsible: Option<At<String>>,
    /// The attributes that the parts of the data are, in order; `-` for a part that is none.
    pub fields: Vec<At<String>>,
    /// Seconds after which the responsible person is reminded.
    pub remind_after_s: i64,
}

/// A file in `bots/`.
#[derive(Clone, PartialEq, Debug)]
pub struct BotDefinition {
    /// The path of the file.
    pub file: String,
    /// The code.
    pub code: At<BotCode>,
    /// Наименование.
    pub name: At<String>,
    /// Описание.
    pub description: Option<At<String>>,
    /// Where the token comes from; `None` only beside an error.
    pub token: Option<At<TokenSource>>,
    /// The main bot.
    pub main: At<bool>,
    /// The first value of its on/off state (D30).
    pub enabled: bool,
    /// Ответ на неизвестный запрос.
    pub unknown_reply: Option<At<String>>,
    /// Разрешить выполнять программный код.
    pub allow_code: bool,
    /// Who may type code.
    pub code_groups: Vec<At<String>>,
    /// Whether the task commands answer; without the key: in the main bot (D3).
    pub task_menu: bool,
    /// `keyboard`: rows of texts.
    pub keyboard: Vec<At<Vec<String>>>,
    /// `help`; keywords are listed where it is left out.
    pub help: bool,
    /// The language; `None`: the organisation's.
    pub locale: Option<Locale>,
    /// D6, D7.
    pub fold: Fold,
    /// D11.
    pub on_other_text: OnOtherText,
    /// D11.
    pub choice_ttl_s: i64,
    /// When answers quote.
    pub quote: Quote,
    /// How updates reach us.
    pub mode: UpdateMode,
    /// The section, where there is one.
    pub authorization: Option<AuthorizationDefinition>,
    /// Overridden texts.
    pub texts: Vec<(At<String>, At<String>)>,
    /// The records in the order written.
    pub keywords: Vec<KeywordDefinition>,
}

/// One `[[keyword]]`. Kept small: there may be a million.
#[derive(Clone, PartialEq, Debug)]
pub struct KeywordDefinition {
    /// Where the record begins.
    pub span: Span,
    /// Its words as written; none: a catch-all (D12).
    pub words: Box<[Box<str>]>,
    /// Where the words stand; the record itself where there are none.
    pub words_span: Span,
    /// The record whose choice it answers, by its number in the file.
    pub parent: ParentRecord,
    /// What it does.
    pub kind: KindDefinition,
    /// Пометка удаления.
    pub deleted: bool,
}

/// Where a record hangs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParentRecord {
    /// At the top.
    Top,
    /// Under the record with this number.
    Record(u32),
    /// Under a record that does not exist; only beside an error.
    Missing,
}

/// Вид.
#[derive(Clone, PartialEq, Debug)]
pub enum KindDefinition {
    /// Текстовый ответ.
    Text(At<Box<str>>),
    /// Выполнение алгоритма.
    Algorithm {
        /// Its name.
        name: At<Box<str>>,
        /// Title and the like, for a result that becomes a choice (D13).
        settings: Option<Box<ChoiceSettings>>,
    },
    /// Выбор.
    Choice(Box<ChoiceDefinition>),
    /// Ключевое слово.
    Alias {
        /// The path of words, as written.
        target: At<Box<str>>,
        /// The record by its number in the file; `None`: only deleted records answer to it.
        record: Option<u32>,
    },
    /// Could not be read; only beside an error.
    Unread,
}

/// What is offered.
#[derive(Clone, PartialEq, Debug)]
pub enum VariantsDefinition {
    /// Written out.
    Fixed(Box<[At<Box<str>>]>),
    /// Made by an algorithm.
    Algorithm(At<Box<str>>),
}

/// A choice.
#[derive(Clone, PartialEq, Debug)]
pub struct ChoiceDefinition {
    /// What is offered.
    pub variants: VariantsDefinition,
    /// How.
    pub settings: ChoiceSettings,
}

/// How a choice is offered.
#[derive(Clone, PartialEq, Debug)]
pub struct ChoiceSettings {
    /// Заголовок выбора.
    pub title: Option<At<Box<str>>>,
    /// Подтверждать выбор.
    pub confirm: bool,
    /// Buttons in a row.
    pub columns: u8,
    /// Whether a nested choice has «Назад».
    pub back: bool,
}

impl KeywordDefinition {
    /// How messages call the record: its first word.
    pub fn title(&self) -> &str {
        self.words.first().map_or("(любой вариант)", |word| word)
    }
}

impl BotDefinition {
    /// For each record whether it can answer: neither it nor a record above it is marked for
    /// deletion (R138, D13).
    pub fn live(&self) -> Vec<bool> {
        let mut live: Vec<Option<bool>> = vec![None; self.keywords.len()];
        for start in 0..self.keywords.len() {
            let mut path = Vec::new();
            let mut at = start;
            let answer = loop {
                if let Some(known) = live[at] {
                    break known;
                }
                path.push(at);
                if self.keywords[at].deleted {
                    break false;
                }
                match self.keywords[at].parent {
                    ParentRecord::Top => break true,
                    ParentRecord::Missing => break false,
                    ParentRecord::Record(parent) => at = parent as usize,
                }
            };
            for record in path {
                live[record] = Some(answer);
            }
        }
        live.into_iter().map(|live| live.unwrap_or(false)).collect()
    }

    /// Whether a record that is not deleted itself stands under one that is.
    pub fn is_under_deleted(&self, record: usize) -> bool {
        let mut at = self.keywords[record].parent;
        while let ParentRecord::Record(parent) = at {
            let keyword = &self.keywords[parent as usize];
            if keyword.deleted {
                return true;
            }
            at = keyword.parent;
        }
        false
    }

    /// The words from the top down to a record, as messages show them.
    pub fn path(&self, record: usize) -> String {
        let mut parts = vec![self.keywords[record].title()];
        let mut at = self.keywords[record].parent;
        while let ParentRecord::Record(parent) = at {
            let keyword = &self.keywords[parent as usize];
            parts.push(keyword.title());
            at = keyword.parent;
        }
        parts.reverse();
        parts.join(" / ")
    }
}

/// An `[[algorithm]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlgorithmDefinition {
    /// Наименование.
    pub name: At<String>,
    /// Дополнительное наименование.
    pub short_name: Option<At<String>>,
    /// Алгоритм Telegram: can be called by its name from a code bot.
    pub telegram: bool,
    /// Общий модуль: its exported procedures are seen by other algorithms.
    pub common_module: bool,
    /// The path of its text within the organisation.
    pub file: At<String>,
}

/// A file in `scenarios/`.
#[derive(Clone, PartialEq, Debug)]
pub struct ScenarioDefinition {
    /// The path of the file.
    pub file: String,
    /// The code.
    pub code: At<String>,
    /// Наименование.
    pub name: String,
    /// Ручной старт новых процессов.
    pub manual_start: bool,
    /// How long a process may take.
    pub deadline: Option<Term>,
    /// Groups that may start it; empty: every user.
    pub available_to: Vec<At<String>>,
    /// Who performs where the author is not a user (D19).
    pub default_performer: Option<At<Who>>,
    /// The steps.
    pub steps: Vec<StepDefinition>,
    /// Настройки оповещений.
    pub notifications: Vec<NotificationDefinition>,
}

/// A `[[step]]`.
#[derive(Clone, PartialEq, Debug)]
pub struct StepDefinition {
    /// The code within the scenario.
    pub code: At<String>,
    /// Наименование.
    pub name: Option<String>,
    /// What it is.
    pub kind: StepKind,
    /// Исполнитель; `None`: the author (R11).
    pub performer: Option<At<Who>>,
    /// How long the step may take.
    pub deadline: Option<Term>,
    /// Важная.
    pub important: bool,
    /// Варианты выполнения.
    pub outcomes: Vec<At<String>>,
    /// Additional data (R19).
    pub fields: Vec<FieldDefinition>,
    /// Where it goes on.
    pub next: Vec<NextDefinition>,
    /// The algorithm of a step of kind algorithm or condition.
    pub algorithm: Option<At<String>>,
    /// The scenario of a step of kind subprocess.
    pub scenario: Option<At<String>>,
}

/// A field that the performer fills in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldDefinition {
    /// Its name.
    pub name: At<String>,
    /// What may be filled in.
    pub kind: FieldKind,
    /// Must be filled in.
    pub required: bool,
    /// Shown by «Подробнее» (D19).
    pub shown: bool,
}

/// A way onwards.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NextDefinition {
    /// Only with this outcome.
    pub outcome: Option<At<String>>,
    /// The step that follows.
    pub step: At<String>,
}

/// A `[[notification]]`.
#[derive(Clone, PartialEq, Debug)]
pub struct NotificationDefinition {
    /// What it is about.
    pub event: NoticeEvent,
    /// How it leaves.
    pub channel: Channel,
    /// Who is told.
    pub recipients: Vec<At<Who>>,
    /// The text.
    pub text: At<String>,
    /// The fields of task and process follow the text.
    pub card: bool,
    /// Доступны вложения из процесса.
    pub attachments: bool,
}

/// The seed of data: `parties.toml`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PartiesSeed {
    /// Groups.
    pub groups: Vec<GroupSeed>,
    /// Users, partners and counterparties.
    pub parties: Vec<PartySeed>,
    /// Telegram users.
    pub registrations: Vec<RegistrationSeed>,
}

/// A `[[group]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupSeed {
    /// The code.
    pub code: At<String>,
    /// Наименование.
    pub name: String,
}

/// A party as far as the seed names it; what is `None` stays as it is.
#[derive(Clone, PartialEq, Debug)]
pub struct PartySeed {
    /// Which.
    pub reference: At<PartyRef>,
    /// Наименование; needed for a party that does not exist yet.
    pub name: Option<String>,
    /// Its groups.
    pub groups: Option<Vec<At<String>>>,
    /// Its time zone.
    pub time_zone: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// Пометка удаления; the seed can set it, never take it off.
    pub deleted: bool,
    /// Attributes.
    pub attributes: Vec<(At<String>, At<AttributeValue>)>,
}

/// A `[[registration]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistrationSeed {
    /// Where the record begins.
    pub span: Span,
    /// The bot.
    pub bot: At<String>,
    /// The private chat.
    pub chat: At<ChatId>,
    /// Who it is.
    pub party: At<PartyRef>,
}
