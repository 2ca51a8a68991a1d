//! Authorisation requests (D21): who wants to be let in, and the decision.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::edit::{self, At, IfMatch, answer, change, limit, read};
use super::parties::{NewParty, party_of};
use super::problem::{Problem, Refused, Rejected};
use super::registrations::party;
use super::scope::Scope;
use crate::model::{
    Audited, AuthorizationRequest, BotCode, Change, ChatId, LinkResult, RequestId, RequestState,
    Verdict, Word,
};
use crate::runtime::NodeView;
use crate::store::requests::{self, Filter};
use crate::store::unit_of_work;
use crate::store::{StoreError, parties};

/// Запрос авторизации.
#[derive(Serialize, ToSchema)]
pub struct Request {
    id: i64,
    /// waiting, process, accepted, rejected, failed или replaced.
    status: &'static str,
    /// Код бота.
    bot: String,
    /// Ключ чата.
    chat: i64,
    /// Имя и фамилия в Telegram.
    person: String,
    /// Имя в Telegram без @.
    username: Option<String>,
    /// Что прислано.
    data: String,
    /// Телефон из собственного контакта.
    phone: Option<String>,
    files: Vec<File>,
    /// Что пробовали, по порядку.
    links: Vec<Tried>,
    created_at: At,
    /// Кого спросили.
    asked: Vec<String>,
    /// Кто из них взялся решать.
    taken_by: Option<String>,
    decided_at: Option<At>,
    decided_by: Option<String>,
    /// С кем связан чат.
    party: Option<String>,
    /// Причина отказа.
    reason: Option<String>,
}

/// Приложенный файл.
#[derive(Serialize, ToSchema)]
#[schema(as = RequestFile)]
struct File {
    name: String,
    /// Байты, если известно.
    size: Option<u64>,
}

/// Звено: алгоритм, сценарий или ответственный.
#[derive(Serialize, ToSchema)]
#[schema(as = RequestLink)]
struct Tried {
    /// algorithm, scenario или responsible.
    link: &'static str,
    /// found, began или failed.
    result: &'static str,
    /// Почему.
    reason: String,
}

impl From<&AuthorizationRequest> for Request {
    fn from(request: &AuthorizationRequest) -> Request {
        let mut asked: Vec<String> = Vec::new();
        for card in &request.cards {
            let user = card.user.to_string();
            if !asked.contains(&user) {
                asked.push(user);
            }
        }
        Request {
            id: request.id.0,
            status: request.state.as_str(),
            bot: request.bot.to_string(),
            chat: request.chat.0,
            person: request.person_name(),
            username: request.username.clone(),
            data: request.data.text.clone(),
            phone: request.data.phone.clone(),
            files: request
                .data
                .files
                .iter()
                .map(|file| File {
                    name: file.name.clone(),
                    size: file.size,
                })
                .collect(),
            links: request
                .links
                .iter()
                .map(|tried| Tried {
                    link: tried.link.as_str(),
                    result: match tried.result {
                        LinkResult::Found(_) => "found",
                        LinkResult::Began => "began",
                        LinkResult::Failed => "failed",
                    },
                    reason: tried.reason.clone(),
                })
                .collect(),
            created_at: At(request.created_at),
            asked,
            taken_by: request.taken_by.as_ref().map(ToString::to_string),
            decided_at: request.decided_at.map(At),
            decided_by: request.decided_by.clone(),
            party: request.party.as_ref().map(ToString::to_string),
            reason: request.reason.clone(),
        }
    }
}

/// Новые впереди.
#[derive(Serialize, ToSchema)]
struct AuthorizationRequests {
    items: Vec<Request>,
    /// Значение cursor следующей страницы; нет на последней.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// The query.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// waiting, process, accepted, rejected, failed или replaced
    status: Option<String>,
    /// Код бота
    bot: Option<String>,
    /// Ключ чата
    chat: Option<i64>,
    /// Значение next предыдущей страницы
    cursor: Option<i64>,
    /// Не больше строк, чем столько; 50, если не указано
    limit: Option<u32>,
}

#[utoipa::path(
    operation_id = "listAuthorizationRequests",
    summary = "Запросы авторизации",
    security(("token" = ["read"])),
    params(Wanted),
    responses((status = 200, description = "Сделано", body = AuthorizationRequests), Refused, Rejected),
)]
#[get("/api/v1/authorization-requests")]
pub async fn list(
    caller: Caller,
    view: Data<NodeView>,
    wanted: Query<Wanted>,
) -> Result<Json<AuthorizationRequests>, Problem> {
    caller.require(Scope::Read)?;
    let state = match wanted.status.as_deref() {
        None => None,
        Some(word) => Some(RequestState::from_word(word).ok_or_else(|| {
            Problem::invalid(
                "status: ожидалось waiting, process, accepted, rejected, failed или replaced",
            )
        })?),
    };
    let most = limit(wanted.limit);
    let filter = Filter {
        state,
        bot: wanted.bot.as_deref().map(BotCode::new),
        chat: wanted.chat.map(ChatId),
        before: wanted.cursor.map(RequestId),
        limit: most + 1,
    };
    let found = view
        .store()
        .read(move |conn| requests::list(conn, &filter))
        .await
        .map_err(|error| Problem::of(&error))?;
    let (found, next) = edit::page(found, most, |last| last.id.0);
    Ok(Json(AuthorizationRequests {
        items: found.iter().map(Request::from).collect(),
        next,
    }))
}

#[utoipa::path(
    operation_id = "showAuthorizationRequest",
    summary = "Один запрос авторизации",
    security(("token" = ["read"])),
    params(("id" = i64, Path, description = "Номер запроса")),
    responses((status = 200, description = "Сделано", body = Request), Refused, Rejected),
)]
#[get("/api/v1/authorization-requests/{id}")]
pub async fn show(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<i64>,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Read)?;
    let id = RequestId(*id);
    let found = view
        .store()
        .read(move |conn| requests::get(conn, id))
        .await
        .map_err(|error| Problem::of(&error))?;
    let request = found.ok_or_else(|| no_such(id))?;
    Ok(shown(&request))
}

fn no_such(id: RequestId) -> Problem {
    Problem::no_such("Запрос авторизации", &id.to_string())
}

fn shown(request: &AuthorizationRequest) -> HttpResponse {
    answer(
        StatusCode::OK,
        Some(request.version),
        &Request::from(request),
    )
}

/// Кого зарегистрировать: найденного или нового.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Accepted {
    /// `user:КОД`, `partner:КОД` или `counterparty:КОД`.
    party: Option<String>,
    /// Кого создать.
    create: Option<NewParty>,
}

#[utoipa::path(
    operation_id = "acceptAuthorizationRequest",
    summary = "Принять: связать чат с найденным или созданным",
    security(("token" = ["operate"])),
    params(
        ("id" = i64, Path, description = "Номер запроса"),
        ("If-Match" = Option<String>, Header, description = "ETag прочитанного"),
    ),
    request_body = Accepted,
    responses((status = 200, description = "Сделано", body = Request), Refused, Rejected),
)]
#[post("/api/v1/authorization-requests/{id}/accept")]
pub async fn accept(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<i64>,
    seen: IfMatch,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let accepted: Accepted = read(&body)?;
    let verdict = match (accepted.party, accepted.create) {
        (Some(text), None) => Verdict::Accept(party(&text)?),
        (None, Some(new)) => Verdict::Create(Box::new(party_of(new)?)),
        _ => {
            return Err(Problem::invalid(
                "ожидалось одно из двух: party — кого зарегистрировать, или create — кого создать",
            ));
        }
    };
    decide(&caller, &view, RequestId(*id), seen, verdict).await
}

/// Почему отказано.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rejection {
    /// Это прочитает тот, кто прислал запрос.
    reason: Option<String>,
}

#[utoipa::path(
    operation_id = "rejectAuthorizationRequest",
    summary = "Отклонить, с причиной или без",
    security(("token" = ["operate"])),
    params(
        ("id" = i64, Path, description = "Номер запроса"),
        ("If-Match" = Option<String>, Header, description = "ETag прочитанного"),
    ),
    request_body = Rejection,
    responses((status = 200, description = "Сделано", body = Request), Refused, Rejected),
)]
#[post("/api/v1/authorization-requests/{id}/reject")]
pub async fn reject(
    caller: Caller,
    view: Data<NodeView>,
    id: Path<i64>,
    seen: IfMatch,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    let rejection: Rejection = read(&body)?;
    let reason = rejection
        .reason
        .map(|reason| reason.trim().to_owned())
        .filter(|reason| !reason.is_empty());
    let verdict = Verdict::Reject(reason);
    decide(&caller, &view, RequestId(*id), seen, verdict).await
}

async fn decide(
    caller: &Caller,
    view: &NodeView,
    id: RequestId,
    seen: IfMatch,
    verdict: Verdict,
) -> Result<HttpResponse, Problem> {
    let request = change(view, caller, move |conn, stamp| {
        let missing = || StoreError::not_found(format!("запрос авторизации {id}"));
        let before = requests::get(conn, id)?.ok_or_else(missing)?;
        seen.require(before.version)?;
        if !before.state.is_open() {
            let state = before.state.as_str();
            return Err(StoreError::NotUnique {
                what: format!("решение по запросу {id} ({state})"),
            });
        }
        if let Verdict::Accept(party) = &verdict
            && parties::get(conn, party)?.is_none_or(|party| party.deleted)
        {
            return Err(StoreError::not_found(party.to_string()));
        }
        let decide = Change::DecideRequest {
            request: id,
            version: before.version,
            verdict: verdict.clone(),
            by: stamp.by.clone(),
        };
        unit_of_work::write(conn, stamp, &decide)?;
        let (action, detail) = match &verdict {
            Verdict::Accept(party) => (
                "authorization.accept",
                serde_json::json!({ "party": party }),
            ),
            Verdict::Create(party) => (
                "authorization.accept",
                serde_json::json!({ "created": party.reference.kind.as_str(), "name": party.name }),
            ),
            Verdict::Reject(reason) => (
                "authorization.reject",
                serde_json::json!({ "reason": reason }),
            ),
        };
        let audited = Audited {
            by: stamp.by.clone(),
            action,
            object: format!("authorization:{id}"),
            detail: detail.to_string(),
        };
        unit_of_work::write(conn, stamp, &Change::Audit(audited))?;
        requests::get(conn, id)?.ok_or_else(missing)
    })
    .await?;
    Ok(shown(&request))
}
