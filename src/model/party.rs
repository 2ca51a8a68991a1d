//! Parties: users, partners and counterparties (R102), whom a chat can be linked to.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{BotCode, ChatId};
use super::words::{Word, words};

words! {
    /// Which of the three catalogs a party stands in. Its name stands before the colon in
    /// `user:ivanov`.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum PartyKind {
        /// Пользователь: an employee.
        User = "user",
        /// Партнер.
        Partner = "partner",
        /// Контрагент.
        Counterparty = "counterparty",
    }
}

/// A reference to a party as files and the API write it: `user:ivanov`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartyRef {
    /// The catalog.
    pub kind: PartyKind,
    /// The code within the catalog.
    pub code: String,
}

impl fmt::Display for PartyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.code)
    }
}

impl FromStr for PartyRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "user:КОД, partner:КОД или counterparty:КОД";
        let (kind, code) = text
            .split_once(':')
            .ok_or_else(|| format!("«{text}»: ожидалось {expected}"))?;
        let kind =
            PartyKind::from_word(kind).ok_or_else(|| format!("«{text}»: ожидалось {expected}"))?;
        if code.is_empty() {
            return Err(format!("«{text}»: нет кода, ожидалось {expected}"));
        }
        Ok(PartyRef {
            kind,
            code: code.to_owned(),
        })
    }
}

impl TryFrom<String> for PartyRef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<PartyRef> for String {
    fn from(party: PartyRef) -> String {
        party.to_string()
    }
}

/// The value of an attribute of a party.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeValue {
    /// A text.
    Text(String),
    /// A number, in its invariant decimal text (`12.5`), so that no digit is lost.
    Number(String),
    /// A boolean.
    Boolean(bool),
    /// A wall-clock date without a zone, `YYYY-MM-DDThh:mm:ss` (D18).
    Date(String),
    /// A reference to a party.
    Party(PartyRef),
}

/// A party with its attributes. The well-known keys `inn`, `kpp`, `partner`, `email`, `phone`
/// stand among `attributes` under these Latin names; any other key has its own spelling.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Party {
    /// Kind and code.
    pub reference: PartyRef,
    /// Наименование.
    pub name: String,
    /// Codes of the groups it belongs to; users only.
    pub groups: Vec<String>,
    /// IANA name of the person's zone, where it differs from the organisation's.
    pub time_zone: Option<String>,
    /// The language in which bots speak to this person, where it differs from the bot's.
    pub language: Option<String>,
    /// Пометка удаления.
    pub deleted: bool,
    /// Further attributes by name.
    pub attributes: BTreeMap<String, AttributeValue>,
}

/// A group of users.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PartyGroup {
    /// Its code.
    pub code: String,
    /// Наименование.
    pub name: String,
}

/// Пользователь Telegram: a chat of a bot that is linked to a party (R102, D23).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Registration {
    /// The bot.
    pub bot: BotCode,
    /// The private chat.
    pub chat: ChatId,
    /// Who it is.
    pub party: PartyRef,
}
