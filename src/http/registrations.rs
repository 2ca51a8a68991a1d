//! Пользователи Telegram: who is linked to which chat (R101-R103, D23).

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpResponse, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::edit::{self, At, IdempotencyKey, IfMatch, answer, change, limit, read};
use super::problem::{Problem, Refused, Rejected};
use super::scope::Scope;
use crate::model::{Audited, BotCode, Change, Channel, ChatId, PartyRef, Registration as Linked};
use crate::runtime::NodeView;
use crate::store::registrations::{self, Filter, StoredRegistration};
use crate::store::unit_of_work::{self, Stamp};
use crate::store::{Conn, StoreError, bots, parties};

const CHANNEL: Channel = Channel::Telegram;

/// Чат бота, связанный с пользователем, партнером или контрагентом.
#[derive(Serialize, ToSchema)]
pub struct Registration {
    /// Бот и ключ чата: `main:1001`.
    id: String,
    status: Status,
    /// Код бота.
    bot: String,
    /// Ключ чата.
    chat: i64,
    /// `user:КОД`, `partner:КОД` или `counterparty:КОД`.
    party: String,
    created_at: At,
    /// Кто зарегистрировал.
    created_by: String,
    revoked_at: Option<At>,
    /// Кто отозвал.
    revoked_by: Option<String>,
}

/// Действует или отозвана.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RegistrationStatus)]
enum Status {
    Active,
    Revoked,
}

impl From<&StoredRegistration> for Registration {
    fn from(stored: &StoredRegistration) -> Registration {
        let Linked { bot, chat, party } = &stored.registration;
        Registration {
            id: format!("{bot}:{chat}"),
            status: match stored.revoked_at {
                None => Status::Active,
                Some(_) => Status::Revoked,
            },
            bot: bot.to_string(),
            chat: chat.0,
            party: party.to_string(),
            created_at: At(stored.created_at),
            created_by: stored.created_by.clone(),
            revoked_at: stored.revoked_at.map(At),
            revoked_by: stored.revoked_by.clone(),
        }
    }
}

/// По возрастанию бота и чата.
#[derive(Serialize, ToSchema)]
struct Registrations {
    items: Vec<Registration>,
    /// Значение cursor следующей страницы; нет на последней.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The query.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Код бота
    bot: Option<String>,
    /// `user:КОД`, `partner:КОД` или `counterparty:КОД`
    party: Option<String>,
    /// active или revoked
    status: Option<Status>,
    /// Ключ чата или начало наименования или кода
    search: Option<String>,
    /// Значение next предыдущей страницы
    cursor: Option<String>,
    /// Не больше строк, чем столько; 50, если не указано
    limit: Option<u32>,
}

#[utoipa::path(
    operation_id = "listRegistrations",
    summary = "Кто в каком чате зарегистрирован",
    security(("token" = ["read"])),
    params(Wanted),
    responses((status = 200, description = "Сделано", body = Registrations), Refused, Rejected),
)]
#[get("/api/v1/registrations")]
pub async fn list(
    caller: Caller,
    view: Data<NodeView>,
    wanted: Query<Wanted>,
) -> Result<Json<Registrations>, Problem> {
    caller.require(Scope::Read)?;
    let wanted = wanted.into_inner();
    let most = limit(wanted.limit);
    let filter = Filter {
        bot: wanted.bot.as_deref().map(BotCode::new),
        party: wanted.party.as_deref().map(party).transpose()?,
        in_force: wanted.status.map(|status| matches!(status, Status::Active)),
        search: wanted.search,
        after: wanted.cursor.as_deref().map(place).transpose()?,
        limit: most + 1,
    };
    let found = view
        .store()
        .read(move |conn| registrations::page(conn, &filter))
        .await
        .map_err(|error| Problem::of(&error))?;
    let (found, next) = edit::page(found, most, |last| Registration::from(last).id);
    let items = found.iter().map(Registration::from).collect();
    Ok(Json(Registrations { items, next }))
}

/// Bot and chat of an id.
fn place(id: &str) -> Result<(BotCode, ChatId), Problem> {
    let parsed = id
        .rsplit_once(':')
        .and_then(|(bot, chat)| Some((BotCode::new(bot), ChatId(chat.parse().ok()?))));
    parsed.ok_or_else(|| Problem::no_such("Регистрация", id))
}

/// A reference to a party.
pub fn party(text: &str) -> Result<PartyRef, Problem> {
    text.parse()
        .map_err(|error: String| Problem::invalid(&error))
}

#[utoipa::path(
    operation_id = "showRegistration",
    summary = "Одна регистрация",
    security(("token" = ["read"])),
    params(("id" = String, Path, description = "Бот и ключ чата: main:1001")),
    responses((status = 200, description = "Сделано", body = Registration), Refused, Rejected),
)]
#[get("/api/v1/registrations/{id}")]
pub async fn show(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Read)?;
    let (bot, chat) = place(&id)?;
    let found = view
        .store()
        .read(move |conn| registrations::stored(conn, CHANNEL, &bot, chat))
        .await
        .map_err(|error| Problem::of(&error))?;
    let stored = found.ok_or_else(|| Problem::no_such("Регистрация", &id))?;
    Ok(shown(StatusCode::OK, &stored))
}

fn shown(status: StatusCode, stored: &StoredRegistration) -> HttpResponse {
    answer(status, Some(stored.version), &Registration::from(stored))
}

/// Кого с каким чатом связать.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRegistration {
    /// Код бота.
    bot: String,
    /// Ключ чата («Мой ключ»).
    chat: i64,
    /// `user:КОД`, `partner:КОД` или `counterparty:КОД`.
    party: String,
}

#[utoipa::path(
    operation_id = "createRegistration",
    summary = "Зарегистрировать чат; человек узнаёт об этом один раз",
    security(("token" = ["operate"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Повтор с тем же ключом ничего не делает")),
    request_body = NewRegistration,
    responses((status = 201, description = "Сделано", body = Registration), Refused, Rejected),
)]
#[post("/api/v1/registrations")]
pub async fn create(
    caller: Caller,
    view: Data<NodeView>,
    key: IdempotencyKey,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let new: NewRegistration = read(&body)?;
    let linked = Linked {
        bot: BotCode::new(&new.bot),
        chat: ChatId(new.chat),
        party: party(&new.party)?,
    };
    if linked.chat.0 <= 0 {
        return Err(Problem::invalid(
            "chat: ожидался ключ личного чата, положительное число; группы не регистрируются",
        ));
    }
    edit::create(&view, &caller, key, &body, move |conn, stamp| {
        link(conn, stamp, &linked).map(|stored| Registration::from(&stored))
    })
    .await
}

/// Links a chat and tells the audit.
fn link(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    linked: &Linked,
) -> Result<StoredRegistration, StoreError> {
    exists(conn, linked)?;
    unit_of_work::write(conn, stamp, &Change::Register(linked.clone()))?;
    let detail = serde_json::json!({ "party": linked.party });
    audit(conn, stamp, "registration.create", linked, &detail)?;
    stored(conn, &linked.bot, linked.chat)
}

/// The bot is there, and the party too and not marked for deletion.
pub fn exists(conn: &mut Conn, linked: &Linked) -> Result<(), StoreError> {
    let known = bots::list(conn)?;
    if !known
        .iter()
        .any(|bot| bot.code == linked.bot && !bot.deleted)
    {
        return Err(StoreError::not_found(format!("бот «{}»", linked.bot)));
    }
    match parties::get(conn, &linked.party)? {
        Some(party) if !party.deleted => Ok(()),
        Some(_) => Err(StoreError::not_found(format!(
            "{} (помечен на удаление)",
            linked.party
        ))),
        None => Err(StoreError::not_found(linked.party.to_string())),
    }
}

fn stored(conn: &mut Conn, bot: &BotCode, chat: ChatId) -> Result<StoredRegistration, StoreError> {
    registrations::stored(conn, CHANNEL, bot, chat)?
        .ok_or_else(|| StoreError::not_found(format!("регистрация {bot}:{chat}")))
}

fn audit(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    action: &'static str,
    linked: &Linked,
    detail: &serde_json::Value,
) -> Result<(), StoreError> {
    let audited = Audited {
        by: stamp.by.clone(),
        action,
        object: format!("registration:telegram:{}:{}", linked.bot, linked.chat),
        detail: detail.to_string(),
    };
    unit_of_work::write(conn, stamp, &Change::Audit(audited)).map(|_| ())
}

/// С кем связать чат вместо прежнего.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Relink {
    /// `user:КОД`, `partner:КОД` или `counterparty:КОД`.
    party: String,
}

#[utoipa::path(
    operation_id = "changeRegistration",
    summary = "Связать чат с другим; отозванная регистрация снова действует",
    security(("token" = ["operate"])),
    params(
        ("id" = String, Path, description = "Бот и ключ чата: main:1001"),
        ("If-Match" = Option<String>, Header, description = "ETag прочитанного"),
    ),
    request_body = Relink,
    responses((status = 200, description = "Сделано", body = Registration), Refused, Rejected),
)]
#[patch("/api/v1/registrations/{id}")]
pub async fn relink(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<String>,
    seen: IfMatch,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let (bot, chat) = place(&id)?;
    let to = party(&read::<Relink>(&body)?.party)?;
    let stored = change(&view, &caller, move |conn, stamp| {
        seen.require(stored(conn, &bot, chat)?.version)?;
        let linked = Linked {
            bot: bot.clone(),
            chat,
            party: to.clone(),
        };
        link(conn, stamp, &linked)
    })
    .await?;
    Ok(shown(StatusCode::OK, &stored))
}

#[utoipa::path(
    operation_id = "revokeRegistration",
    summary = "Отозвать регистрацию: человек снова чужой уже при следующем сообщении",
    security(("token" = ["operate"])),
    params(
        ("id" = String, Path, description = "Бот и ключ чата: main:1001"),
        ("If-Match" = Option<String>, Header, description = "ETag прочитанного"),
    ),
    responses((status = 200, description = "Сделано", body = Registration), Refused, Rejected),
)]
#[post("/api/v1/registrations/{id}/revoke")]
pub async fn revoke(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<String>,
    seen: IfMatch,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let (bot, chat) = place(&id)?;
    let stored = change(&view, &caller, move |conn, stamp| {
        let before = stored(conn, &bot, chat)?;
        seen.require(before.version)?;
        let revoke = Change::Revoke {
            bot: bot.clone(),
            chat,
        };
        if unit_of_work::write(conn, stamp, &revoke)? == unit_of_work::Wrote::Done {
            let linked = &before.registration;
            let detail = serde_json::json!({ "party": linked.party });
            audit(conn, stamp, "registration.revoke", linked, &detail)?;
        }
        stored(conn, &bot, chat)
    })
    .await?;
    Ok(shown(StatusCode::OK, &stored))
}
