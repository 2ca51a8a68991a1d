//! What a run is given: who asks, what runs share, what one may use up.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{BotCode, ChatId, IdSource, Locale, Moment, PartyRef, TelegramBotId, UpdateId};
use crate::settings::ScriptSettings;
use crate::store::Store;

use super::http::Transport;

/// Who asks, and where.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The bot.
    pub bot: BotCode,
    /// The chat.
    pub chat: ChatId,
    /// The topic of a forum.
    pub thread: Option<i64>,
    /// ИмяПользователя: the person's name in Telegram.
    pub person_name: String,
    /// Телефон, where it is known.
    pub phone: Option<String>,
    /// Вложения: files that came with the message.
    pub files: Vec<CallerFile>,
    /// _Исполнитель: the party of the chat.
    pub party: Option<PartyRef>,
    /// IANA name of the zone of local time; UTC where it is none.
    pub time_zone: String,
    /// The language of errors and presentations.
    pub locale: Locale,
    /// The update that is handled: makes HTTP calls recognisable when it is handled again.
    pub update: Option<(TelegramBotId, UpdateId)>,
}

/// A file that came with a message.
#[derive(Clone, Debug)]
pub struct CallerFile {
    /// Its name.
    pub name: String,
    /// Bytes, where the channel told.
    pub size: Option<u64>,
    /// MIME type; may be empty.
    pub mime: String,
    /// What is in it; `None`: nobody reads it, or it could not be fetched.
    pub content: Option<bytes::Bytes>,
}

/// What a run may use up.
#[derive(Clone, Debug)]
pub struct ScriptLimits {
    /// Time.
    pub time: Duration,
    /// Instructions.
    pub instructions: u64,
    /// Bytes of values.
    pub memory: usize,
    /// How long it may hold the write lease.
    pub write_limit: Duration,
}

impl ScriptLimits {
    /// As `[scripts]` of the settings says.
    #[must_use]
    pub fn from_settings(settings: &ScriptSettings) -> ScriptLimits {
        ScriptLimits {
            time: Duration::from_millis(settings.time_ms.into()),
            instructions: settings.instructions,
            memory: (settings.memory_mb as usize) << 20,
            write_limit: Duration::from_millis(settings.write_limit_ms.into()),
        }
    }
}

impl From<&ScriptSettings> for ScriptLimits {
    fn from(settings: &ScriptSettings) -> ScriptLimits {
        ScriptLimits::from_settings(settings)
    }
}

/// What runs share.
pub struct Services {
    /// The database.
    pub store: Store,
    /// HTTP calls.
    pub transport: Transport,
    /// The present moment.
    pub now: Arc<dyn Fn() -> Moment + Send + Sync>,
    /// Keys of messages.
    pub ids: Arc<dyn IdSource + Send + Sync>,
    /// Limits of a run.
    pub limits: ScriptLimits,
    /// Whether a write needs the lease of the node at work; a trial run, whose writes are undone, does
    /// not.
    pub fenced: bool,
}
