//! The Bot API: one call in, one reply out, with the faults between.

mod albums;
mod callbacks;
mod chats;
mod editing;
mod forwards;
mod media;
mod profile;
mod routes;
mod sending;
mod text;
mod updates;

use actix_web::web::Bytes;
use serde_json::{Value, json};

use crate::http::Params;
use crate::world::clock::format_rfc3339;
use crate::world::faults::Plan;
use crate::world::files::FileKind;
use crate::world::{Call, Fault, FaultKind, Shared, State, is_supergroup};

pub(crate) use routes::{not_found, routes};

/// How a call ends.
#[derive(Debug)]
pub(crate) enum Reply {
    Json {
        status: u16,
        body: String,
    },
    /// A page that is not the Bot API's.
    Html {
        status: u16,
        location: Option<String>,
    },
    /// JSON that is so many bytes longer than it need be.
    Huge {
        body: String,
        more: u64,
    },
    /// The connection is closed without a word.
    Cut,
}

/// An error as Telegram gives it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) code: u16,
    pub(crate) description: String,
    pub(crate) parameters: Option<Value>,
}

impl ApiError {
    pub(crate) fn new(code: u16, description: impl Into<String>) -> Self {
        Self {
            code,
            description: description.into(),
            parameters: None,
        }
    }

    /// 400; the words follow "Bad Request: ".
    pub(crate) fn bad(what: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", what.as_ref()))
    }

    pub(crate) fn forbidden(what: &str) -> Self {
        Self::new(403, format!("Forbidden: {what}"))
    }

    fn migrated(to: i64) -> Self {
        Self {
            parameters: Some(json!({"migrate_to_chat_id": to})),
            ..Self::bad("group chat was upgraded to a supergroup chat")
        }
    }

    fn reply(&self) -> Reply {
        let mut body =
            json!({"ok": false, "error_code": self.code, "description": self.description});
        if let Some(parameters) = &self.parameters {
            body["parameters"] = parameters.clone();
        }
        Reply::Json {
            status: self.code,
            body: body.to_string(),
        }
    }
}

/// What a method gives back: the JSON of `result`.
pub(crate) type ApiResult = Result<Value, ApiError>;

/// Methods in their usual spelling; calls may spell them in any case.
pub(crate) const METHODS: [&str; 46] = [
    "getMe",
    "getUpdates",
    "sendMessage",
    "editMessageText",
    "editMessageCaption",
    "editMessageReplyMarkup",
    "deleteMessage",
    "deleteMessages",
    "answerCallbackQuery",
    "sendChatAction",
    "editMessageMedia",
    "sendDocument",
    "sendPhoto",
    "sendSticker",
    "sendVoice",
    "sendAudio",
    "sendVideo",
    "sendAnimation",
    "sendVideoNote",
    "sendMediaGroup",
    "sendContact",
    "sendLocation",
    "sendVenue",
    "forwardMessage",
    "forwardMessages",
    "copyMessage",
    "copyMessages",
    "getFile",
    "setMyCommands",
    "getMyCommands",
    "deleteMyCommands",
    "setMyDescription",
    "getMyDescription",
    "setMyShortDescription",
    "getMyShortDescription",
    "setMyName",
    "getMyName",
    "setWebhook",
    "deleteWebhook",
    "getWebhookInfo",
    "getChat",
    "getChatMember",
    "getChatMemberCount",
    "leaveChat",
    "close",
    "logOut",
];

/// The bot of a token `<id>:<text>`.
pub(crate) fn bot_of(token: &str) -> Option<i64> {
    let (id, text) = token.split_once(':')?;
    let digits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    id.parse()
        .ok()
        .filter(|id| *id > 0 && digits && !text.is_empty())
}

/// Carries out one call.
pub(crate) async fn call(
    shared: &Shared,
    token: &str,
    method: &str,
    query: &str,
    content_type: &str,
    body: &Bytes,
) -> Reply {
    let Some(bot) = bot_of(token) else {
        return ApiError::new(404, "Not Found").reply();
    };
    let Some(method) = METHODS
        .iter()
        .find(|known| known.eq_ignore_ascii_case(method))
    else {
        return ApiError::new(404, "Not Found: method not found").reply();
    };
    let params = match Params::read(query, content_type, body) {
        Ok(params) => params,
        Err(what) => return ApiError::bad(what).reply(),
    };
    let chat = params.int("chat_id");
    let plan = shared.lock().faults.plan(bot, method, chat);
    let mut run = Run { bot, method, chat };
    if let Some(delay) = plan.delay {
        tokio::time::sleep(delay).await;
    }
    let mut fault = plan.fault;
    if let Some(reply) = run.refuse(shared, fault.as_ref()) {
        run.record(shared, params, reply.0, reply.1.as_ref());
        return reply.2;
    }
    if *method == "getUpdates" {
        return match updates::poll(shared, bot, &params, fault.take()).await {
            updates::Polled::Updates { body, count, fault } => {
                let outcome = carried_out(fault.as_ref());
                // An empty answer says nothing and would push everything else out of the record.
                if count > 0 || outcome != "ok" {
                    run.record(shared, params, outcome, None);
                }
                run.finish(fault.as_ref(), body)
            }
            updates::Polled::Error(error) => {
                run.record(shared, params, "error", Some(&error));
                error.reply()
            }
            updates::Polled::Faulted(plan) => run.poll_fault(shared, params, plan).await,
        };
    }
    let result = {
        let mut state = shared.lock();
        state.bot(bot);
        state.carry_out(bot, method, &params)
    };
    match result {
        Ok(value) => {
            run.record(shared, params, carried_out(fault.as_ref()), None);
            run.finish(
                fault.as_ref(),
                format!("{{\"ok\":true,\"result\":{value}}}"),
            )
        }
        Err(error) => {
            let cut = fault
                .as_ref()
                .is_some_and(|fault| fault.kind == FaultKind::CutAfter);
            run.record(
                shared,
                params,
                if cut { "cut_after" } else { "error" },
                Some(&error),
            );
            if cut { Reply::Cut } else { error.reply() }
        }
    }
}

fn carried_out(fault: Option<&Fault>) -> &'static str {
    match fault.map(|fault| fault.kind) {
        Some(FaultKind::CutAfter) => "cut_after",
        Some(FaultKind::BadJson) => "bad_json",
        _ => "ok",
    }
}

struct Run<'a> {
    bot: i64,
    method: &'a str,
    chat: Option<i64>,
}

impl Run<'_> {
    /// The reply of a fault that keeps the call from being carried out: the outcome for the
    /// record, the error if it is one, and the reply.
    fn refuse(
        &mut self,
        shared: &Shared,
        fault: Option<&Fault>,
    ) -> Option<(&'static str, Option<ApiError>, Reply)> {
        let fault = fault?;
        let group = self.chat.is_some_and(|chat| chat < 0);
        let error = match fault.kind {
            FaultKind::CutAfter | FaultKind::BadJson | FaultKind::Huge | FaultKind::Slow => {
                return None;
            }
            FaultKind::MalformedUpdate | FaultKind::IdsJump => return None,
            FaultKind::CutBefore => return Some(("cut_before", None, Reply::Cut)),
            FaultKind::BadGatewayHtml => {
                let status = fault.status.unwrap_or(502);
                let error = ApiError::new(status, format!("{status} as a page of HTML"));
                let location = fault.location.clone();
                return Some(("error", Some(error), Reply::Html { status, location }));
            }
            FaultKind::TooManyRequests => {
                let after = fault.retry_after.unwrap_or(1);
                let text = format!("Too Many Requests: retry after {after}");
                let parameters = Some(json!({"retry_after": after}));
                ApiError {
                    parameters,
                    ..ApiError::new(429, text)
                }
            }
            FaultKind::ServerError => match fault.status.unwrap_or(500) {
                502 => ApiError::new(502, "Bad Gateway"),
                503 => ApiError::new(503, "Service Unavailable"),
                504 => ApiError::new(504, "Gateway Timeout"),
                status => ApiError::new(status, "Internal Server Error"),
            },
            FaultKind::Blocked => blocked(self.chat.unwrap_or(1)),
            FaultKind::Kicked if group => blocked(self.chat.unwrap_or(-1)),
            FaultKind::Kicked => ApiError::forbidden("bot was kicked from the group chat"),
            FaultKind::Deactivated => ApiError::forbidden("user is deactivated"),
            FaultKind::ChatNotFound => ApiError::bad("chat not found"),
            FaultKind::Unauthorized => ApiError::new(401, "Unauthorized"),
            FaultKind::Conflict => updates::conflict(),
            FaultKind::Migrated => {
                let chat = self.chat?;
                let to = fault
                    .migrate_to
                    .unwrap_or((-1_000_000_000_000_i64).saturating_sub(chat.saturating_abs()));
                shared.lock().migrate(self.bot, chat, to, fault.updates);
                ApiError::migrated(to)
            }
        };
        let reply = error.reply();
        Some(("error", Some(error), reply))
    }

    /// A fault that was set while the poll was hanging.
    async fn poll_fault(&mut self, shared: &Shared, params: Params, plan: Plan) -> Reply {
        if let Some(delay) = plan.delay {
            tokio::time::sleep(delay).await;
        }
        match self.refuse(shared, plan.fault.as_ref()) {
            Some((outcome, error, reply)) => {
                self.record(shared, params, outcome, error.as_ref());
                reply
            }
            None => {
                let fault = plan.fault.as_ref();
                self.record(shared, params, carried_out(fault), None);
                self.finish(fault, updates::EMPTY.into())
            }
        }
    }

    fn finish(&self, fault: Option<&Fault>, body: String) -> Reply {
        match fault.map(|fault| fault.kind) {
            Some(FaultKind::CutAfter) => Reply::Cut,
            Some(FaultKind::Huge) => {
                let size_mb = fault.and_then(|fault| fault.size_mb).unwrap_or(64);
                Reply::Huge {
                    body,
                    more: size_mb << 20,
                }
            }
            Some(FaultKind::BadJson) => {
                let half = body.char_indices().nth(body.chars().count() / 2);
                let body = body[..half.map_or(0, |(at, _)| at)].to_owned();
                Reply::Json { status: 200, body }
            }
            _ => Reply::Json { status: 200, body },
        }
    }

    fn record(
        &self,
        shared: &Shared,
        params: Params,
        outcome: &'static str,
        error: Option<&ApiError>,
    ) {
        let params = params.recorded();
        let mut state = shared.lock();
        let call = Call {
            seq: 0,
            at: format_rfc3339(state.clock.now_us()),
            bot: self.bot,
            method: self.method.to_owned(),
            chat: self.chat,
            params,
            outcome,
            error_code: error.map(|error| error.code),
            description: error.map(|error| error.description.clone()),
        };
        state.calls.add(call);
    }
}

/// What Telegram says when the bot has no place in a chat.
fn blocked(chat: i64) -> ApiError {
    ApiError::forbidden(match chat {
        chat if is_supergroup(chat) => "bot was kicked from the supergroup chat",
        chat if chat < 0 => "bot was kicked from the group chat",
        _ => "bot was blocked by the user",
    })
}

/// The kind of file that a method sends.
fn sent_kind(method: &str) -> Option<FileKind> {
    let name = method.strip_prefix("send")?.to_ascii_lowercase();
    FileKind::ALL
        .into_iter()
        .find(|kind| kind.name().replace('_', "") == name)
}

impl State {
    fn carry_out(&mut self, bot: i64, method: &str, params: &Params) -> ApiResult {
        match method {
            "getMe" => self.get_me(bot),
            "sendMessage" => self.send_message(bot, params),
            "sendContact" | "sendLocation" | "sendVenue" => self.send_other(bot, method, params),
            "editMessageText"
            | "editMessageCaption"
            | "editMessageMedia"
            | "editMessageReplyMarkup" => self.edit(bot, method, params),
            "forwardMessage" | "forwardMessages" | "copyMessage" | "copyMessages" => {
                self.forward(bot, method, params)
            }
            "deleteMessage" | "deleteMessages" => self.delete_messages(bot, params),
            "answerCallbackQuery" => self.answer_callback(bot, params),
            "sendChatAction" => self.send_chat_action(bot, params),
            "sendMediaGroup" => self.send_media_group(bot, params),
            "getFile" => self.get_file(bot, params),
            "setMyCommands" | "getMyCommands" | "deleteMyCommands" => {
                self.my_commands(bot, method, params)
            }
            "setWebhook" | "deleteWebhook" | "getWebhookInfo" => self.webhook(bot, method, params),
            "getChat" => self.get_chat(bot, params),
            "getChatMember" => self.get_chat_member(bot, params),
            "getChatMemberCount" => self.target(bot, params).map(|_| json!(2)),
            "leaveChat" => self.leave_chat(bot, params),
            "close" | "logOut" => Ok(json!(true)),
            _ => match sent_kind(method) {
                Some(kind) => self.send_file(bot, params, kind),
                None => self.my_texts(bot, method, params),
            },
        }
    }
}
