//! What can go wrong with a call, as variants to act on.
//!
//! [`classify`] reads Telegram's refusals; the texts it looks for are those of the Bot API server,
//! compared without regard to case, since Telegram has changed their case and wording over time.
//! How a broken connection is read stands in `client.rs`, which knows reqwest.

use super::wire::AnswerParameters;

/// Whether a failed call may have been carried out all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The connection could not be opened, so nothing was written: the call was not carried out.
    NotSent,
    /// Telegram answered that it did not carry it out.
    Refused,
    /// The request was written (wholly or in part) and its answer never read.
    Unknown,
}

/// What broke below the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NetworkKind {
    /// The host's name could not be resolved.
    Dns,
    /// The connection was refused, reset or timed out while it was opened.
    Connect,
    /// The proxy refused or could not reach the host.
    Proxy,
    /// TLS could not be agreed on, or the certificate is not trusted.
    Tls,
    /// No answer within the time-out.
    Timeout,
    /// The connection was cut before a whole answer was read.
    Closed,
    /// Something before Telegram answered in its place: a page for logging in, a gateway, another server.
    Gateway,
    /// The request could not be built or sent for a reason of its own.
    Other,
}

/// Why a chat cannot be written to any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GoneReason {
    /// The person blocked the bot.
    Blocked,
    /// The bot was put out of the group or channel, or is not a member of it.
    Kicked,
    /// The account or the group was deleted.
    Deactivated,
    /// Telegram knows no such chat (for this bot).
    NotFound,
    /// The bot may not write there.
    NoRights,
    /// The person has never written to the bot, which may not begin.
    NotStarted,
}

/// With whom a poll collides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConflictWith {
    /// Somebody else polls with the same token (or our own poll before a restart still hangs).
    OtherPoll,
    /// A webhook is set.
    Webhook,
}

/// A failed call. `Display` is the line for the log; [`ApiError::for_operator`] says in Russian what
/// happened and what to do; [`ApiError::code`] is stable and goes to metrics and rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// 429: wait so long, in seconds. Does not say whether the chat or the whole bot is meant.
    #[error("too many requests: retry after {seconds} s")]
    RetryAfter {
        /// How long to wait.
        seconds: u32,
    },
    /// The group became a supergroup and has another number now.
    #[error("the group became the supergroup {chat}")]
    MigratedTo {
        /// The number to write to from now on.
        chat: i64,
    },
    /// The chat cannot be written to.
    #[error("the chat cannot be written to ({reason:?}): {description}")]
    ChatGone {
        /// Why.
        reason: GoneReason,
        /// Telegram's words.
        description: String,
    },
    /// The token was revoked or is not one of Telegram's.
    #[error("the token is not valid")]
    Unauthorised,
    /// 409: the updates of this bot go elsewhere.
    #[error("conflict with {with:?}: {description}")]
    Conflict {
        /// With whom.
        with: ConflictWith,
        /// Telegram's words.
        description: String,
    },
    /// The edit would change nothing: as good as done.
    #[error("the message is not modified")]
    NotModified,
    /// The callback query is too old to be answered: nothing to be done.
    #[error("the callback query is too old")]
    QueryTooOld,
    /// The text's mark-up is refused; the same text goes as plain text.
    #[error("the mark-up is refused: {description}")]
    CantParseEntities {
        /// Telegram's words, with the offset.
        description: String,
    },
    /// The text or caption is longer than Telegram takes.
    #[error("the text is too long")]
    MessageTooLong,
    /// The message to edit, to delete or to reply to is not there or can no longer be changed.
    #[error("the message is gone: {description}")]
    MessageGone {
        /// Telegram's words.
        description: String,
    },
    /// The topic (message thread) was deleted; without it the message can be sent.
    #[error("the topic is gone: {description}")]
    ThreadGone {
        /// Telegram's words.
        description: String,
    },
    /// The file is larger than may be fetched or sent.
    #[error("the file is too large (limit {limit:?} bytes)")]
    FileTooLarge {
        /// Our own limit that was passed, in bytes; none where Telegram refused.
        limit: Option<u64>,
    },
    /// Any other refusal: the request is at fault, the same again will be refused again.
    #[error("bad request {code}: {description}")]
    BadRequest {
        /// Telegram's `error_code`, or the HTTP status.
        code: u16,
        /// Telegram's words, or the beginning of the answer.
        description: String,
    },
    /// 5xx of Telegram or of a gateway before it (with JSON, HTML or nothing).
    #[error("server error {status}")]
    Server {
        /// The status.
        status: u16,
    },
    /// The connection failed.
    #[error("network: {kind:?}, {outcome:?}: {detail}")]
    Network {
        /// What broke.
        kind: NetworkKind,
        /// Whether the call may have been carried out.
        outcome: Outcome,
        /// The causes, outermost first, without address and secrets.
        detail: String,
    },
    /// The answer is longer than any answer of its method; the rest of it was not read.
    #[error("the answer is longer than {limit} bytes")]
    AnswerTooLong {
        /// The most bytes that are read.
        limit: usize,
        /// The number of the first update, where updates were asked for and it could be read.
        first_update: Option<i64>,
    },
    /// Success was answered in a form we cannot read.
    #[error("the answer cannot be read: {detail}")]
    Malformed {
        /// What was wrong with it.
        detail: String,
    },
}

impl ApiError {
    /// A stable name for metrics, rows and logs.
    pub fn code(&self) -> &'static str {
        match self {
            ApiError::RetryAfter { .. } => "retry_after",
            ApiError::MigratedTo { .. } => "migrated",
            ApiError::ChatGone { reason, .. } => match reason {
                GoneReason::Blocked => "chat_blocked",
                GoneReason::Kicked => "chat_kicked",
                GoneReason::Deactivated => "chat_deactivated",
                GoneReason::NotFound => "chat_not_found",
                GoneReason::NoRights => "chat_no_rights",
                GoneReason::NotStarted => "chat_not_started",
            },
            ApiError::Unauthorised => "unauthorised",
            ApiError::Conflict {
                with: ConflictWith::OtherPoll,
                ..
            } => "conflict_poll",
            ApiError::Conflict {
                with: ConflictWith::Webhook,
                ..
            } => "conflict_webhook",
            ApiError::NotModified => "not_modified",
            ApiError::QueryTooOld => "query_too_old",
            ApiError::CantParseEntities { .. } => "cant_parse_entities",
            ApiError::MessageTooLong => "message_too_long",
            ApiError::MessageGone { .. } => "message_gone",
            ApiError::ThreadGone { .. } => "thread_gone",
            ApiError::FileTooLarge { .. } => "file_too_large",
            ApiError::BadRequest { .. } => "bad_request",
            ApiError::Server { .. } => "server",
            ApiError::Network { kind, .. } => match kind {
                NetworkKind::Dns => "network_dns",
                NetworkKind::Connect => "network_connect",
                NetworkKind::Proxy => "network_proxy",
                NetworkKind::Tls => "network_tls",
                NetworkKind::Timeout => "network_timeout",
                NetworkKind::Closed => "network_closed",
                NetworkKind::Gateway => "network_gateway",
                NetworkKind::Other => "network_other",
            },
            ApiError::AnswerTooLong { .. } => "answer_too_long",
            ApiError::Malformed { .. } => "malformed",
        }
    }

    /// Whether the call may have been carried out. A message in doubt becomes `unknown` and follows
    /// the policy of its kind; a refused or unsent one may be tried again without a second copy.
    pub fn outcome(&self) -> Outcome {
        match self {
            ApiError::Network { outcome, .. } => *outcome,
            ApiError::Malformed { .. } | ApiError::AnswerTooLong { .. } => Outcome::Unknown,
            // A gateway that gave up waiting had handed the request on.
            ApiError::Server { status: 504 } => Outcome::Unknown,
            _ => Outcome::Refused,
        }
    }

    /// Whether the same call may succeed later without anybody changing it. Says nothing about a
    /// second copy: for that see [`ApiError::outcome`].
    pub fn is_retryable(&self) -> bool {
        match self {
            ApiError::RetryAfter { .. }
            | ApiError::Server { .. }
            | ApiError::Network { .. }
            | ApiError::AnswerTooLong { .. }
            | ApiError::Malformed { .. } => true,
            // Our own poll before a restart ends by itself; a webhook does not.
            ApiError::Conflict { with, .. } => *with == ConflictWith::OtherPoll,
            ApiError::MigratedTo { .. }
            | ApiError::ChatGone { .. }
            | ApiError::Unauthorised
            | ApiError::NotModified
            | ApiError::QueryTooOld
            | ApiError::CantParseEntities { .. }
            | ApiError::MessageTooLong
            | ApiError::MessageGone { .. }
            | ApiError::ThreadGone { .. }
            | ApiError::FileTooLarge { .. }
            | ApiError::BadRequest { .. } => false,
        }
    }

    /// For the operator, in Russian: what happened and what to do.
    pub fn for_operator(&self) -> String {
        match self {
            ApiError::RetryAfter { seconds } => format!(
                "Telegram просит подождать {seconds} с: сообщений слишком много. Отправка продолжится сама."
            ),
            ApiError::MigratedTo { chat } => format!(
                "Группа стала супергруппой, её новый номер {chat}. Номер заменяется сам."
            ),
            ApiError::ChatGone { reason, .. } => match reason {
                GoneReason::Blocked => "Получатель заблокировал бота. Попросите его разблокировать бота и написать ему.",
                GoneReason::Kicked => "Бот исключён из группы или не состоит в ней. Добавьте бота снова.",
                GoneReason::Deactivated => "Учётная запись получателя или группа удалена. Удалите регистрацию этого чата.",
                GoneReason::NotFound => "Telegram не знает такого чата. Проверьте номер чата в регистрации.",
                GoneReason::NoRights => "У бота нет права писать в этот чат. Дайте ему это право в настройках группы.",
                GoneReason::NotStarted => "Получатель ни разу не писал боту, а первым бот писать не может. Попросите получателя открыть бота и нажать «Старт».",
            }
            .to_owned(),
            ApiError::Unauthorised => {
                "Telegram не принимает токен бота. Возьмите действующий токен у @BotFather и укажите его в файле бота.".to_owned()
            }
            ApiError::Conflict { with: ConflictWith::OtherPoll, .. } => {
                "Обновления этого бота забирает кто-то ещё с тем же токеном. Остановите вторую программу или перевыпустите токен у @BotFather.".to_owned()
            }
            ApiError::Conflict { with: ConflictWith::Webhook, .. } => {
                "У бота установлен webhook, поэтому опрос невозможен. Снимите webhook (deleteWebhook) или уберите программу, которая его ставит.".to_owned()
            }
            ApiError::NotModified => "Сообщение уже такое. Делать ничего не нужно.".to_owned(),
            ApiError::QueryTooOld => "Нажатие кнопки устарело. Делать ничего не нужно.".to_owned(),
            ApiError::CantParseEntities { description } => format!(
                "Telegram не принимает разметку текста: {description}. Сообщение отправляется простым текстом; исправьте теги в тексте."
            ),
            ApiError::MessageTooLong => "Текст длиннее, чем принимает Telegram. Сократите его.".to_owned(),
            ApiError::MessageGone { .. } => {
                "Сообщения, которое нужно изменить или на которое нужно ответить, больше нет. Делать ничего не нужно.".to_owned()
            }
            ApiError::ThreadGone { .. } => "Тема группы удалена. Сообщение можно отправить без темы.".to_owned(),
            ApiError::FileTooLarge { limit: Some(limit) } => format!(
                "Файл больше предела в {} МБ. Уменьшите файл или измените telegram.limits (нужен свой Bot API server).",
                limit / (1024 * 1024)
            ),
            ApiError::FileTooLarge { limit: None } => {
                "Файл больше, чем принимает Telegram. Уменьшите файл или поставьте свой Bot API server.".to_owned()
            }
            ApiError::BadRequest { code, description } => format!(
                "Telegram отклонил запрос ({code}): {description}. Повтор не поможет, исправьте сообщение или настройку."
            ),
            ApiError::Server { status } => format!(
                "На стороне Telegram ошибка {status}. Запрос повторится сам."
            ),
            ApiError::Network { kind, detail, .. } => match kind {
                NetworkKind::Dns => format!(
                    "Не удаётся найти адрес сервера Telegram: {detail}. Проверьте DNS и telegram.api_url."
                ),
                NetworkKind::Connect => format!(
                    "Нет соединения с Telegram: {detail}. Проверьте сеть, межсетевой экран и telegram.proxy."
                ),
                NetworkKind::Proxy => format!(
                    "Прокси не соединяет с Telegram: {detail}. Проверьте telegram.proxy, имя и пароль."
                ),
                NetworkKind::Tls => format!(
                    "Не удаётся защитить соединение с Telegram: {detail}. Проверьте сертификаты системы и часы."
                ),
                NetworkKind::Timeout => format!(
                    "Telegram не ответил вовремя: {detail}. Запрос повторится сам; если так долго, проверьте сеть."
                ),
                NetworkKind::Closed => format!(
                    "Соединение с Telegram оборвалось: {detail}. Запрос повторится сам."
                ),
                NetworkKind::Gateway => format!(
                    "Вместо Telegram ответил кто-то другой: {detail}. Проверьте telegram.api_url, прокси и не просит ли сеть войти. Запрос повторится сам."
                ),
                NetworkKind::Other => format!("Запрос к Telegram не выполнен: {detail}."),
            },
            ApiError::AnswerTooLong { limit, .. } => format!(
                "Ответ длиннее {} МБ, такого Telegram не присылает; он не дочитан. Проверьте, что telegram.api_url ведёт к Bot API.",
                limit / (1024 * 1024)
            ),
            ApiError::Malformed { detail } => format!(
                "Ответ Telegram не удаётся прочитать: {detail}. Проверьте, что telegram.api_url ведёт к Bot API."
            ),
        }
    }
}

/// Longest part of a foreign text that goes into an error, in characters: a page of HTML is no use
/// in a log line.
const SHOWN_MAX: usize = 200;

/// The beginning of a foreign text on one line.
pub(super) fn shorten(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.trim().chars().enumerate() {
        if count == SHOWN_MAX {
            out.push('…');
            break;
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

/// Reads a refusal: `code` is Telegram's `error_code` where there was one, else the HTTP status.
pub(super) fn classify(code: u16, description: &str, parameters: AnswerParameters) -> ApiError {
    if let Some(chat) = parameters.migrate_to_chat_id {
        return ApiError::MigratedTo { chat };
    }
    let lower = description.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if code == 429 || parameters.retry_after.is_some() {
        // Without a number of its own the text still has it: "... retry after 5".
        let seconds = parameters
            .retry_after
            .or_else(|| trailing_number(&lower))
            .unwrap_or(1);
        return ApiError::RetryAfter { seconds };
    }
    let description = shorten(description);
    let gone = |reason, description| ApiError::ChatGone {
        reason,
        description,
    };
    match code {
        500..=599 => ApiError::Server { status: code },
        401 => ApiError::Unauthorised,
        // A token with an unknown number is answered "Not Found"; an unknown method or file has
        // more words.
        404 if lower == "not found" => ApiError::Unauthorised,
        409 => {
            let with = if has(&["webhook"]) {
                ConflictWith::Webhook
            } else {
                ConflictWith::OtherPoll
            };
            ApiError::Conflict { with, description }
        }
        413 => ApiError::FileTooLarge { limit: None },
        403 => {
            let reason = if has(&["blocked"]) {
                GoneReason::Blocked
            } else if has(&["kicked", "not a member", "was banned", "not in the chat"]) {
                GoneReason::Kicked
            } else if has(&["deactivated", "was deleted"]) {
                GoneReason::Deactivated
            } else if has(&["initiate conversation"]) {
                GoneReason::NotStarted
            } else {
                GoneReason::NoRights
            };
            gone(reason, description)
        }
        _ if has(&["not modified", "message_not_modified"]) => ApiError::NotModified,
        _ if has(&[
            "query is too old",
            "query id is invalid",
            "query_id_invalid",
        ]) =>
        {
            ApiError::QueryTooOld
        }
        _ if has(&[
            "can't parse entities",
            "can't parse message text",
            "can't find end",
            "entity_bounds_invalid",
        ]) =>
        {
            ApiError::CantParseEntities { description }
        }
        _ if has(&[
            "message is too long",
            "message_too_long",
            "caption is too long",
            "caption_too_long",
        ]) =>
        {
            ApiError::MessageTooLong
        }
        _ if has(&["thread not found", "topic_deleted", "topic_id_invalid"]) => {
            ApiError::ThreadGone { description }
        }
        _ if has(&[
            "message to edit not found",
            "message to be replied not found",
            "message to reply not found",
            "replied message not found",
            "reply message not found",
            "message to delete not found",
            "message can't be edited",
            "message can't be deleted",
            "message_id_invalid",
            "message identifier is not specified",
            "message not found",
        ]) =>
        {
            ApiError::MessageGone { description }
        }
        _ if has(&["file is too big", "too large"]) => ApiError::FileTooLarge { limit: None },
        _ if has(&["group chat was deactivated", "input_user_deactivated"]) => {
            gone(GoneReason::Deactivated, description)
        }
        _ if has(&[
            "chat not found",
            "user not found",
            "peer_id_invalid",
            "chat_id is empty",
        ]) =>
        {
            gone(GoneReason::NotFound, description)
        }
        _ if has(&["user_is_blocked"]) => gone(GoneReason::Blocked, description),
        _ if has(&[
            "not enough rights",
            "have no rights",
            "no write access",
            "need administrator rights",
            "chat_write_forbidden",
            "chat_restricted",
            "chat_admin_required",
            "chat_send_",
        ]) =>
        {
            gone(GoneReason::NoRights, description)
        }
        _ => ApiError::BadRequest { code, description },
    }
}

/// The number a text ends with.
fn trailing_number(text: &str) -> Option<u32> {
    let start = text
        .trim_end()
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + 1);
    text.trim_end().get(start..)?.parse().ok()
}
