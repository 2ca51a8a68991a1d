//! Identifiers, one type each, so that mixing two does not compile.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// The number before the colon of a bot's token: Telegram's own id of the bot.
    TelegramBotId
}
number_id! {
    /// A Telegram chat. Private chats are positive and equal the person's id; groups are negative.
    ChatId
}
number_id! {
    /// A Telegram user, `from.id` (D28).
    PersonId
}
number_id! {
    /// Telegram's number of an update. It usually grows, but may jump downwards after a quiet week.
    UpdateId
}
number_id! {
    /// Our key of an outgoing message. Made by [`IdSource`]; grows within a process.
    MessageKey
}
number_id! {
    /// Our key of a choice that was offered; it travels in `callback_data`.
    ChoiceId
}
number_id! {
    /// Our number of an authorisation request; it travels in `callback_data` of its cards.
    RequestId
}
number_id! {
    /// Our number of a registration link.
    LinkId
}
number_id! {
    /// A moment: microseconds of Unix time, UTC.
    Moment
}

impl ChatId {
    /// A group, supergroup or channel: Telegram gives these negative ids.
    pub fn is_group(self) -> bool {
        self.0 < 0
    }
}

impl Moment {
    /// A moment far in the past, for "never yet".
    pub const MIN: Moment = Moment(i64::MIN);

    /// This moment and `micros` microseconds more; saturates.
    pub fn plus_micros(self, micros: i64) -> Moment {
        Moment(self.0.saturating_add(micros))
    }

    /// This moment and `millis` milliseconds more; saturates.
    pub fn plus(self, pause: std::time::Duration) -> Moment {
        self.plus_micros(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX))
    }

    /// So many milliseconds later.
    pub fn plus_millis(self, millis: i64) -> Moment {
        self.plus_micros(millis.saturating_mul(1_000))
    }

    /// This moment and `secs` seconds more; saturates.
    pub fn plus_secs(self, secs: i64) -> Moment {
        self.plus_micros(secs.saturating_mul(1_000_000))
    }

    /// Microseconds from `earlier` to this moment; negative when `earlier` is later.
    pub fn micros_since(self, earlier: Moment) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The code of a bot: its name in files, HTTP and logs. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BotCode(Arc<str>);

impl BotCode {
    /// A code as written in an organisation file; the reader of files checks its letters.
    pub fn new(code: &str) -> Self {
        BotCode(code.into())
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BotCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for BotCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::borrow::Borrow<str> for BotCode {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Where new [`MessageKey`]s and [`ChoiceId`]s come from. The store reserves a block of numbers for
/// each process, so a key is known before anything is written and pure rules can put it into a
/// button.
pub trait IdSource {
    /// A number that no other call of any process on this database gives.
    fn next_id(&self) -> i64;
}
