//! How a bot is shown. The comments of these types are in Russian: they are the descriptions that the
//! OpenAPI document gives to people.

use chrono::SecondsFormat;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::model;
use crate::runtime::{
    BotSnapshot, BotState, BotStatus, CourierSnapshot, EndReason, PauseView, PollState,
    PollerSnapshot,
};

/// Момент по RFC 3339, в UTC.
#[derive(Clone, Copy, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-24T09:30:00.000000Z")]
pub struct Moment(pub i64);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match chrono::DateTime::from_timestamp_micros(self.0) {
            Some(moment) => {
                serializer.serialize_str(&moment.to_rfc3339_opts(SecondsFormat::Micros, true))
            }
            // Outside of what a calendar can write: 262,000 years away.
            None => serializer.serialize_none(),
        }
    }
}

impl From<model::Moment> for Moment {
    fn from(moment: model::Moment) -> Moment {
        Moment(moment.0)
    }
}

/// Боты и их состояние.
#[derive(Serialize, ToSchema)]
pub struct Bots {
    /// По возрастанию кода.
    pub bots: Vec<Status>,
}

/// Бот со снимком его работы.
#[derive(Serialize, ToSchema)]
pub struct Bot {
    #[serde(flatten)]
    pub status: Status,
    /// Пусто, пока бот не работает.
    pub actors: Option<Snapshot>,
}

/// Состояние бота.
#[derive(Serialize, ToSchema)]
#[schema(as = BotStatus)]
pub struct Status {
    /// Код, как в файле бота.
    code: String,
    /// Наименование.
    name: String,
    #[serde(flatten)]
    state: State,
    /// Включён администратором.
    enabled: bool,
    /// Имя в Telegram без @; известно после первого ответа Telegram.
    username: Option<String>,
    /// Сколько раз запускался с запуска сервера.
    starts: u64,
    /// Сколько раз подряд остановился сам.
    failures: u32,
}

impl From<BotStatus> for Status {
    fn from(status: BotStatus) -> Status {
        let BotStatus {
            code,
            name,
            state,
            enabled,
            username,
            starts,
            failures,
        } = status;
        Status {
            code: code.to_string(),
            name,
            state: state.into(),
            enabled,
            username,
            starts,
            failures,
        }
    }
}

/// Работает, выключен, ждёт повторного запуска, не может работать, останавливается.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
#[schema(as = BotState)]
enum State {
    /// Работает.
    Running,
    /// Выключен.
    Off,
    /// Остановился сам и будет запущен снова.
    Waiting {
        /// Почему остановился.
        reason: Reason,
        /// Когда будет запущен.
        until: Moment,
    },
    /// Не может работать, пока что-то не исправят.
    Broken {
        /// Что исправить.
        why: String,
    },
    /// Останавливается.
    Stopping,
}

impl From<BotState> for State {
    fn from(state: BotState) -> State {
        match state {
            BotState::Running => State::Running,
            BotState::Off => State::Off,
            BotState::Waiting { reason, until } => State::Waiting {
                reason: reason.into(),
                until: until.into(),
            },
            BotState::Broken { why } => State::Broken { why },
            BotState::Stopping => State::Stopping,
        }
    }
}

/// Почему бот остановился сам.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "reason", content = "detail")]
#[schema(as = EndReason)]
enum Reason {
    /// Сбой программы: в какой её части.
    Panicked(String),
    /// Не смог продолжать: почему.
    Failed(String),
    /// Telegram не знает его токена.
    Unauthorised,
}

impl From<EndReason> for Reason {
    fn from(reason: EndReason) -> Reason {
        match reason {
            EndReason::Panicked(whose) => Reason::Panicked(whose),
            EndReason::Failed(why) => Reason::Failed(why),
            EndReason::Unauthorised => Reason::Unauthorised,
        }
    }
}

/// Снимок работающего бота; счётчики — с его запуска.
#[derive(Serialize, ToSchema)]
#[schema(as = BotSnapshot)]
pub struct Snapshot {
    /// Редакция определения, по которой он отвечает.
    revision: i64,
    /// Правил.
    keywords: usize,
    /// Обработано обновлений.
    updates_done: u64,
    /// Обновлений, обработать которые не удалось.
    updates_failed: u64,
    /// Обновлений, отложенных при переполнении.
    updates_refused: u64,
    /// Разговоров, в которых бот чего-то ждёт.
    open_conversations: usize,
    /// Разбирает то, что осталось после сбоя.
    recovering: bool,
    /// Опрос Telegram.
    poller: Option<Poller>,
    /// Отправка.
    courier: Option<Courier>,
}

impl From<BotSnapshot> for Snapshot {
    fn from(snapshot: BotSnapshot) -> Snapshot {
        let BotSnapshot {
            revision,
            keywords,
            updates_done,
            updates_failed,
            updates_refused,
            open_conversations,
            recovering,
            poller,
            courier,
        } = snapshot;
        Snapshot {
            revision,
            keywords,
            updates_done,
            updates_failed,
            updates_refused,
            open_conversations,
            recovering,
            poller: poller.map(Poller::from),
            courier: courier.map(Courier::from),
        }
    }
}

/// Опрос Telegram.
#[derive(Serialize, ToSchema)]
struct Poller {
    state: PollingState,
    /// Номер обновления, которое будет спрошено следующим.
    offset: Option<i64>,
    /// Последний ответ Telegram.
    last_answer_at: Option<Moment>,
    /// Неудачных опросов подряд.
    failures: u32,
    /// Последняя ошибка.
    last_error: Option<String>,
}

impl From<PollerSnapshot> for Poller {
    fn from(snapshot: PollerSnapshot) -> Poller {
        let PollerSnapshot {
            state,
            offset,
            last_answer_at,
            failures,
            last_error,
        } = snapshot;
        Poller {
            state: state.into(),
            offset,
            last_answer_at: last_answer_at.map(Moment::from),
            failures,
            last_error,
        }
    }
}

/// Узнаёт себя, ждёт обновлений, сохраняет их, повторяет после ошибки, видит другого с тем же токеном,
/// закончил.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PollState)]
enum PollingState {
    Introducing,
    Polling,
    Committing,
    Retrying,
    Conflict,
    Stopped,
}

impl From<PollState> for PollingState {
    fn from(state: PollState) -> PollingState {
        match state {
            PollState::Introducing => PollingState::Introducing,
            PollState::Polling => PollingState::Polling,
            PollState::Committing => PollingState::Committing,
            PollState::Retrying => PollingState::Retrying,
            PollState::Conflict => PollingState::Conflict,
            PollState::Stopped => PollingState::Stopped,
        }
    }
}

/// Отправка; счётчики — с запуска бота.
#[derive(Serialize, ToSchema)]
struct Courier {
    /// Неотправленных сообщений в памяти.
    backlog: usize,
    /// Вызовов Telegram, которые сейчас идут.
    in_flight: usize,
    /// Чатов, в которые есть что отправить.
    lanes: usize,
    /// Отправлено.
    sent: u64,
    /// Telegram отказал окончательно.
    failed: u64,
    /// Остальное ждёт в базе.
    overflow: bool,
    /// Паузы, которых потребовал Telegram.
    pauses: Vec<Pause>,
    /// Последняя ошибка Telegram.
    last_error: Option<String>,
}

impl From<CourierSnapshot> for Courier {
    fn from(snapshot: CourierSnapshot) -> Courier {
        let CourierSnapshot {
            backlog,
            in_flight,
            lanes,
            sent,
            failed,
            overflow,
            pauses,
            last_error,
        } = snapshot;
        Courier {
            backlog,
            in_flight,
            lanes,
            sent,
            failed,
            overflow,
            pauses: pauses.into_iter().map(Pause::from).collect(),
            last_error,
        }
    }
}

/// Пауза отправки.
#[derive(Serialize, ToSchema)]
struct Pause {
    /// Чат, в виде хеша, как в журнале; пусто — весь бот.
    chat: Option<String>,
    /// До какого времени.
    until: Moment,
}

impl From<PauseView> for Pause {
    fn from(pause: PauseView) -> Pause {
        let PauseView { chat, until } = pause;
        Pause {
            chat,
            until: Moment(until),
        }
    }
}
