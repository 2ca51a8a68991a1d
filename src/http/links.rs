//! Links that register whoever opens them (D23): for one person, or for many with a limit.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::edit::{self, At, IdempotencyKey, answer, change, limit, read};
use super::problem::{Problem, Refused, Rejected};
use super::registrations::{self, party};
use super::scope::Scope;
use crate::model::{
    Audited, BotCode, Change, ChatId, IdSource, LinkGrant, LinkId, PartyKind, Registration,
    RegistrationLink, Word,
};
use crate::runtime::NodeView;
use crate::store::unit_of_work::{self, Stamp};
use crate::store::{Conn, StoreError, bots, links};

/// A link lets people in for so long unless it says otherwise (D23).
const HOURS: u32 = 24;
/// A link for many may live for a year: posters hang for long.
const HOURS_MOST: u32 = 24 * 366;
/// People that one link lets in at most.
const LIMIT_MOST: u32 = 100_000;

/// Ссылка, которая регистрирует того, кто её откроет.
#[derive(Serialize, ToSchema)]
pub struct Link {
    id: i64,
    /// active, spent — впустила всех, expired или revoked.
    status: &'static str,
    /// Код бота.
    bot: String,
    /// С кем связывает: `user:КОД`, `partner:КОД` или `counterparty:КОД`.
    party: Option<String>,
    /// Кого создаёт: user, partner или counterparty.
    create: Option<&'static str>,
    /// Группы созданного пользователя.
    groups: Vec<String>,
    /// Скольких впустит.
    limit: u32,
    /// Скольких впустила.
    used: u32,
    expires_at: At,
    created_at: At,
    created_by: String,
}

impl Link {
    fn of(link: &RegistrationLink, now: crate::model::Moment) -> Link {
        let (party, create, groups) = match &link.grant {
            LinkGrant::Party(party) => (Some(party.to_string()), None, Vec::new()),
            LinkGrant::New { kind, groups } => (None, Some(kind.as_str()), groups.clone()),
        };
        Link {
            id: link.id.0,
            status: if link.revoked_at.is_some() {
                "revoked"
            } else if link.used >= link.limit {
                "spent"
            } else if now >= link.expires_at {
                "expired"
            } else {
                "active"
            },
            bot: link.bot.to_string(),
            party,
            create,
            groups,
            limit: link.limit,
            used: link.used,
            expires_at: At(link.expires_at),
            created_at: At(link.created_at),
            created_by: link.created_by.clone(),
        }
    }
}

/// Новая ссылка с её адресом, который больше не будет показан текстом.
#[derive(Serialize, ToSchema)]
struct CreatedLink {
    #[serde(flatten)]
    link: Link,
    /// `https://t.me/ИМЯ?start=…`
    url: String,
}

/// Новые впереди.
#[derive(Serialize, ToSchema)]
struct Links {
    items: Vec<Link>,
    /// Значение cursor следующей страницы; нет на последней.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// The query.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Значение next предыдущей страницы
    cursor: Option<i64>,
    /// Не больше строк, чем столько; 50, если не указано
    limit: Option<u32>,
}

#[utoipa::path(
    operation_id = "listRegistrationLinks",
    summary = "Ссылки для регистрации",
    security(("token" = ["read"])),
    params(Wanted),
    responses((status = 200, description = "Сделано", body = Links), Refused, Rejected),
)]
#[get("/api/v1/registrations/links")]
pub async fn list(
    caller: Caller,
    view: Data<NodeView>,
    wanted: Query<Wanted>,
) -> Result<Json<Links>, Problem> {
    caller.require(Scope::Read)?;
    let (before, most) = (wanted.cursor.map(LinkId), limit(wanted.limit));
    let found = view
        .store()
        .read(move |conn| links::list(conn, before, most + 1))
        .await
        .map_err(|error| Problem::of(&error))?;
    let now = view.clock().now();
    let (found, next) = edit::page(found, most, |last| last.id.0);
    Ok(Json(Links {
        items: found.iter().map(|link| Link::of(link, now)).collect(),
        next,
    }))
}

/// Кого и как впускает ссылка: `party` или `create`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLink {
    /// Код бота.
    bot: String,
    /// `user:КОД`, `partner:КОД` или `counterparty:КОД`.
    party: Option<String>,
    /// Каждого создать: user, partner или counterparty, с именем из Telegram.
    create: Option<String>,
    /// Группы созданных пользователей.
    #[serde(default)]
    groups: Vec<String>,
    /// Скольких впустит; 1, если не указано.
    limit: Option<u32>,
    /// Сколько часов действует; 24, если не указано.
    hours: Option<u32>,
}

#[utoipa::path(
    operation_id = "createRegistrationLink",
    summary = "Сделать ссылку: одноразовую или для многих",
    security(("token" = ["operate"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Повтор с тем же ключом ничего не делает; адрес он не повторяет")),
    request_body = NewLink,
    responses((status = 201, description = "Сделано", body = CreatedLink), Refused, Rejected),
)]
#[post("/api/v1/registrations/links")]
pub async fn make(
    caller: Caller,
    view: Data<NodeView>,
    key: IdempotencyKey,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let new: NewLink = read(&body)?;
    let grant = match (&new.party, &new.create) {
        (Some(text), None) => LinkGrant::Party(party(text)?),
        (None, Some(word)) => LinkGrant::New {
            kind: PartyKind::from_word(word).ok_or_else(|| {
                Problem::invalid("create: ожидалось user, partner или counterparty")
            })?,
            groups: new.groups.clone(),
        },
        _ => {
            return Err(Problem::invalid(
                "ожидалось одно из двух: party — с кем связывать, или create — кого создавать",
            ));
        }
    };
    let (most, hours) = (new.limit.unwrap_or(1), new.hours.unwrap_or(HOURS));
    if !(1..=LIMIT_MOST).contains(&most) || !(1..=HOURS_MOST).contains(&hours) {
        return Err(Problem::invalid(&format!(
            "limit — от 1 до {LIMIT_MOST}, hours — от 1 до {HOURS_MOST}"
        )));
    }
    let bot = BotCode::new(&new.bot);
    let username = username(&view, &bot).await?;
    let store_key = view.store().key().clone();
    edit::create_hidden(&view, &caller, key, &body, "url", move |conn, stamp| {
        known(conn, &bot, &grant)?;
        let secret = links::generate()?;
        let id = LinkId(stamp.ids.next_id());
        let link = RegistrationLink {
            id,
            bot: bot.clone(),
            hash: links::hash(secret.expose()),
            sealed: Some(store_key.seal(secret.expose(), &links::context(id))?),
            grant: grant.clone(),
            limit: most,
            used: 0,
            expires_at: stamp.at.plus_secs(i64::from(hours) * 3_600),
            created_at: stamp.at,
            created_by: stamp.by.to_string(),
            revoked_at: None,
            version: 1,
        };
        unit_of_work::write(conn, stamp, &Change::PutLink(Box::new(link.clone())))?;
        let detail =
            serde_json::json!({ "bot": bot, "grant": grant, "limit": most, "hours": hours });
        audit(
            conn,
            stamp,
            "registration-link.create",
            id,
            detail.to_string(),
        )?;
        Ok(CreatedLink {
            url: url(&username, secret.expose()),
            link: Link::of(&link, stamp.at),
        })
    })
    .await
}

fn url(username: &str, secret: &str) -> String {
    format!("https://t.me/{username}?start={secret}")
}

async fn username(view: &NodeView, bot: &BotCode) -> Result<String, Problem> {
    let known = view.bots().await;
    let status = known
        .into_iter()
        .find(|status| status.code == *bot)
        .ok_or_else(|| Problem::no_such("Бот", bot.as_str()))?;
    status.username.ok_or_else(|| {
        Problem::conflict("имя бота в Telegram ещё неизвестно: запустите его хотя бы раз")
    })
}

fn known(conn: &mut Conn, bot: &BotCode, grant: &LinkGrant) -> Result<(), StoreError> {
    match grant {
        LinkGrant::Party(party) => registrations::exists(
            conn,
            &Registration {
                bot: bot.clone(),
                chat: ChatId(1),
                party: party.clone(),
            },
        ),
        LinkGrant::New { groups, .. } => {
            let is_known = bots::list(conn)?.iter().any(|known| known.code == *bot);
            if !is_known {
                return Err(StoreError::not_found(format!("бот «{bot}»")));
            }
            super::parties::known_groups(conn, groups)
        }
    }
}

fn audit(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    action: &'static str,
    id: LinkId,
    detail: String,
) -> Result<(), StoreError> {
    let audited = Audited {
        by: stamp.by.clone(),
        action,
        object: format!("registration-link:{id}"),
        detail,
    };
    unit_of_work::write(conn, stamp, &Change::Audit(audited)).map(|_| ())
}

#[utoipa::path(
    operation_id = "revokeRegistrationLink",
    summary = "Отозвать ссылку: она больше никого не впустит",
    security(("token" = ["operate"])),
    params(("id" = i64, Path, description = "Номер ссылки")),
    responses((status = 200, description = "Сделано", body = Link), Refused, Rejected),
)]
#[post("/api/v1/registrations/links/{id}/revoke")]
pub async fn revoke(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<i64>,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let id = LinkId(*id);
    let link = change(&view, &caller, move |conn, stamp| {
        let missing = || StoreError::not_found(format!("ссылка {id}"));
        let mut link = links::get(conn, id)?.ok_or_else(missing)?;
        if link.revoked_at.is_none() {
            link.revoked_at = Some(stamp.at);
            link.sealed = None;
            links::save(conn, &mut link)?;
            audit(conn, stamp, "registration-link.revoke", id, "{}".to_owned())?;
        }
        Ok(link)
    })
    .await?;
    let now = view.clock().now();
    Ok(answer(
        StatusCode::OK,
        Some(link.version),
        &Link::of(&link, now),
    ))
}

#[utoipa::path(
    operation_id = "showRegistrationLinkCode",
    summary = "QR-код действующей ссылки: кто его видит, тот может войти",
    security(("token" = ["operate"])),
    params(("id" = i64, Path, description = "Номер ссылки")),
    responses((status = 200, description = "Картинка SVG", content_type = "image/svg+xml", body = String), Refused, Rejected),
)]
#[get("/api/v1/registrations/links/{id}.svg")]
pub async fn code(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<i64>,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let id = LinkId(*id);
    let found = view
        .store()
        .read(move |conn| links::get(conn, id))
        .await
        .map_err(|error| Problem::of(&error))?;
    let link = found.ok_or_else(|| Problem::no_such("Ссылка", &id.to_string()))?;
    let sealed = link
        .sealed
        .as_deref()
        .filter(|_| link.lets_in(view.clock().now()))
        .ok_or_else(|| Problem::conflict("ссылка больше не действует: сделайте новую"))?;
    let secret = view
        .store()
        .key()
        .unseal(sealed, &links::context(id))
        .map_err(|error| Problem::of(&error))?;
    let url = url(&username(&view, &link.bot).await?, secret.expose());
    let drawn = qrcode::QrCode::new(url.as_bytes())
        .map_err(|error| Problem::invalid(&format!("QR-код: {error}")))?
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(320, 320)
        .build();
    Ok(HttpResponse::Ok().content_type("image/svg+xml").body(drawn))
}
