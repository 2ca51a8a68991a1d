//! What people do, over HTTP: JSON at `/sim/bots/…` and `/sim/people`.

use std::time::{Duration, Instant};

use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::events;
use super::{Press, Pressed, Say};
use crate::http::Params;
use crate::world::{Sender, Shared, Standing, pictures};

/// Longest wait of one request for messages or the clock.
const WAIT_MAX_S: f64 = 60.0;

pub(super) type Data = web::Data<Shared>;
pub(super) type Answer = Result<HttpResponse, Refused>;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/sim/bots", web::get().to(bots))
        .route("/sim/bots", web::post().to(name_bot))
        .route("/sim/people", web::get().to(people))
        .route("/sim/people", web::post().to(name_person))
        .route("/sim/bots/{bot}/messages", web::post().to(say))
        .route("/sim/bots/{bot}/press", web::post().to(press))
        .route("/sim/bots/{bot}/edits", web::post().to(edit))
        .route("/sim/bots/{bot}/deletions", web::post().to(remove))
        .route("/sim/bots/{bot}/topics", web::post().to(open_topic))
        .route("/sim/bots/{bot}/suggestions", web::post().to(suggest))
        .route(
            "/sim/bots/{bot}/chats/{chat}/suggestions",
            web::get().to(suggestions),
        )
        .route("/sim/bots/{bot}/members", web::post().to(stand))
        .route("/sim/bots/{bot}/migrate", web::post().to(migrate))
        .route("/sim/bots/{bot}/updates", web::post().to(push_update))
        .route(
            "/sim/bots/{bot}/chats/{chat}/messages",
            web::get().to(messages),
        )
        .route("/sim/bots/{bot}/files/{file}", web::get().to(file))
        .route("/sim/events", web::get().to(events::stream));
}

/// What the people's side refuses: the words say what to do.
#[derive(Debug)]
pub(super) struct Refused(u16, String);

impl From<String> for Refused {
    fn from(what: String) -> Self {
        Self(400, what)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.1)
    }
}

impl actix_web::ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0).unwrap_or(StatusCode::BAD_REQUEST)
    }

    fn error_response(&self) -> HttpResponse {
        respond(self.0, json!({"ok": false, "error": self.1}).to_string())
    }
}

fn respond(status: u16, body: String) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status)
        .content_type("application/json")
        .body(body)
}

pub(super) fn answer(value: &Value) -> Answer {
    Ok(respond(200, value.to_string()))
}

pub(super) fn body_json(body: &Bytes) -> Result<Value, Refused> {
    serde_json::from_slice(body)
        .map_err(|error| Refused(400, format!("тело запроса — не JSON: {error}")))
}

/// Query parameters, read as a bot's are.
pub(super) fn query(request: &HttpRequest) -> Params {
    Params::read(request.query_string(), "", &Bytes::new()).unwrap_or_default()
}

async fn bots(shared: Data) -> Answer {
    let infos: Vec<Value> = shared
        .lock()
        .bot_infos()
        .into_iter()
        .map(|bot| {
            let commands: Vec<_> = bot
                .commands
                .iter()
                .map(|(command, text)| json!({"command": command, "description": text}))
                .collect();
            json!({"id": bot.id, "name": bot.name, "username": bot.username,
                "description": bot.description, "commands": commands, "polling": bot.polling,
                "polled": bot.polled, "privacy": bot.privacy, "waiting": bot.waiting, "chats": bot.chats})
        })
        .collect();
    answer(&json!(infos))
}

async fn name_bot(body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let id = body["id"].as_i64().filter(|id| *id > 0);
    let id = id.ok_or_else(|| "id: нужен номер бота, целое больше нуля".to_owned())?;
    let mut state = shared.lock();
    state.name_bot(id, body["name"].as_str(), body["username"].as_str());
    if let Some(privacy) = body["privacy"].as_bool() {
        state.bot(id).privacy = privacy;
    }
    answer(&json!({"ok": true}))
}

async fn people(shared: Data) -> Answer {
    let state = shared.lock();
    let people = state.people.values().filter(|person| !person.is_bot).map(
        |person| json!({"id": person.id, "name": person.full_name(), "username": person.username}),
    );
    answer(&people.collect())
}

async fn name_person(body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let id = body["id"].as_i64().filter(|id| *id > 0);
    let id = id.ok_or_else(|| "id: нужен номер человека, целое больше нуля".to_owned())?;
    let mut state = shared.lock();
    let person = state.person(id);
    if let Some(name) = body["name"].as_str() {
        person.rename(name);
    }
    if let Some(username) = body["username"].as_str() {
        person.username = Some(username.trim_start_matches('@').to_owned());
    }
    answer(&json!({"id": id, "name": person.full_name()}))
}

async fn say(path: web::Path<i64>, body: Bytes, shared: Data) -> Answer {
    let bot = path.into_inner();
    let body = body_json(&body)?;
    let write = |value: &Value| -> Result<Value, String> {
        let say = Say::from_json(value)?;
        let chat = say.chat.unwrap_or(say.from);
        let ids = shared.lock().say(bot, say)?;
        let mut written = json!({"message_id": ids.first(), "chat": chat});
        if ids.len() > 1 {
            written["message_ids"] = json!(ids);
        }
        Ok(written)
    };
    match &body {
        // Many at once, for tests that let thousands wait.
        Value::Array(list) => answer(&list.iter().map(write).collect::<Result<Value, _>>()?),
        one => answer(&write(one)?),
    }
}

async fn press(path: web::Path<i64>, body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    let press = Press {
        from: body["from"].as_i64().unwrap_or(0),
        chat: body["chat"].as_i64(),
        message_id: body["message_id"].as_i64(),
        label: text("label").unwrap_or_default(),
        data: text("data"),
    };
    if press.label.is_empty() && press.data.is_none() {
        return Err("label: нужна надпись кнопки".to_owned().into());
    }
    match shared.lock().press(path.into_inner(), press)? {
        Pressed::Callback(id) => answer(&json!({"ok": true, "callback_id": id})),
        Pressed::Message(id) => answer(&json!({"ok": true, "message_id": id})),
    }
}

/// Chat, author and number of the message that a body is about.
fn about_message(body: &Value) -> Result<(i64, Option<i64>, i64), Refused> {
    let from = body["from"].as_i64();
    let chat = body["chat"].as_i64().or(from);
    let chat = chat.ok_or_else(|| "chat: нужен номер чата, или from".to_owned())?;
    let message = body["message_id"].as_i64();
    let message = message.ok_or_else(|| "message_id: нужен номер сообщения".to_owned())?;
    Ok((chat, from, message))
}

async fn edit(path: web::Path<i64>, body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let (chat, from, message) = about_message(&body)?;
    let text = body["text"].as_str().filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| "text: нужен новый текст".to_owned())?;
    shared
        .lock()
        .change(path.into_inner(), chat, from, message, text)?;
    answer(&json!({"ok": true}))
}

async fn remove(path: web::Path<i64>, body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let (chat, from, message) = about_message(&body)?;
    shared
        .lock()
        .remove(path.into_inner(), chat, from, message)?;
    answer(&json!({"ok": true}))
}

async fn open_topic(path: web::Path<i64>, body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let chat = body["chat"].as_i64().unwrap_or(0);
    let by = body["from"].as_i64().filter(|by| *by > 0);
    let by = by.ok_or_else(|| "from: нужен номер человека, целое больше нуля".to_owned())?;
    let name = body["name"].as_str().unwrap_or_default();
    let thread = shared
        .lock()
        .open_topic(path.into_inner(), chat, by, name)?;
    answer(&json!({"thread": thread}))
}

async fn suggest(path: web::Path<i64>, body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let texts = body["texts"].as_array().and_then(|texts| {
        let text = |text: &Value| text.as_str().map(str::to_owned);
        texts.iter().map(text).collect::<Option<Vec<_>>>()
    });
    let texts = texts.ok_or_else(|| "texts: нужен список текстов".to_owned())?;
    shared.lock().suggest(path.into_inner(), texts);
    answer(&json!({"ok": true}))
}

async fn suggestions(path: web::Path<(i64, i64)>, request: HttpRequest, shared: Data) -> Answer {
    let (bot, chat) = path.into_inner();
    let person = query(&request).int("from").unwrap_or(chat);
    let found = shared.lock().suggestions(bot, chat, person);
    let commands: Vec<_> = found
        .commands
        .iter()
        .map(|(command, text)| json!({"command": command, "description": text}))
        .collect();
    answer(&json!({
        "description": found.description, "commands": commands, "texts": found.texts,
    }))
}

async fn stand(path: web::Path<i64>, body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let chat = body["chat"].as_i64().filter(|chat| *chat != 0);
    let chat = chat.ok_or_else(|| "chat: нужен номер чата".to_owned())?;
    let status = body["status"].as_str().unwrap_or_default();
    let standing = Standing::parse(status).ok_or_else(|| {
        format!("status: member, administrator, left или kicked, а не «{status}»")
    })?;
    let by = body["from"]
        .as_i64()
        .filter(|by| *by > 0)
        .unwrap_or(chat.saturating_abs());
    shared.lock().stand(path.into_inner(), chat, by, standing);
    answer(&json!({"ok": true}))
}

async fn migrate(path: web::Path<i64>, body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let (chat, to) = (
        body["chat"].as_i64().unwrap_or(0),
        body["to"].as_i64().unwrap_or(0),
    );
    if chat >= 0 || to >= 0 {
        return Err("chat и to: нужны номера двух групп, меньше нуля"
            .to_owned()
            .into());
    }
    let updates = body["updates"].as_bool().unwrap_or(true);
    shared.lock().migrate(path.into_inner(), chat, to, updates);
    answer(&json!({"ok": true}))
}

async fn push_update(path: web::Path<i64>, body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let object = body
        .as_object()
        .ok_or_else(|| "обновление — это объект".to_owned())?;
    let fields: String = object
        .iter()
        .filter(|(key, _)| *key != "update_id")
        .map(|(key, value)| format!(",{}:{value}", Value::String(key.clone())))
        .collect();
    let id = shared.lock().push_update(path.into_inner(), &fields);
    answer(&json!({"update_id": id}))
}

async fn messages(request: HttpRequest, path: web::Path<(i64, i64)>, shared: Data) -> Answer {
    use base64::Engine as _;
    let (bot, chat) = path.into_inner();
    let query = query(&request);
    let after = query
        .int("after")
        .and_then(|after| u64::try_from(after).ok())
        .unwrap_or(0);
    let from = match query.text("from").as_deref() {
        None => None,
        Some("bot") => Some(Sender::Bot),
        Some(id) => {
            let id = id
                .parse()
                .map_err(|_| format!("from: «bot» или номер, а не «{id}»"))?;
            Some(Sender::Person(id))
        }
    };
    let until = Instant::now() + wait(&query);
    let mut entries = loop {
        let written = shared.signals.written.notified();
        tokio::pin!(written);
        written.as_mut().enable();
        let entries = shared.lock().entries(bot, chat, after, from);
        let left = until.saturating_duration_since(Instant::now());
        if !entries.is_empty()
            || left.is_zero()
            || tokio::time::timeout(left, written).await.is_err()
        {
            break entries;
        }
    };
    if query.flag("files") {
        let state = shared.lock();
        for file in entries.iter_mut().flat_map(|entry| &mut entry.files) {
            let found = state.files.get(bot, &file.file_id);
            file.base64 =
                found.map(|found| base64::engine::general_purpose::STANDARD.encode(&found.bytes));
        }
    }
    answer(&json!(entries))
}

pub(super) fn wait(query: &Params) -> Duration {
    let seconds = query
        .text("wait")
        .and_then(|wait| wait.parse::<f64>().ok())
        .unwrap_or(0.0);
    Duration::try_from_secs_f64(seconds.clamp(0.0, WAIT_MAX_S)).unwrap_or_default()
}

async fn file(path: web::Path<(i64, String)>, shared: Data) -> Answer {
    let (bot, id) = path.into_inner();
    let state = shared.lock();
    let found = state
        .files
        .get(bot, &id)
        .ok_or_else(|| Refused(404, format!("файла {id} нет")))?;
    // Never shown in the page's own origin: a file may hold a page with a script.
    let name: String = found.name.chars().filter(|c| !c.is_control()).collect();
    let encoded = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    let kind = pictures::mime(&found.bytes).unwrap_or("application/octet-stream");
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{encoded}"),
        ))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(found.bytes.clone()))
}
