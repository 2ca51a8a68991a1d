//! Health and figures.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::Caller;
use super::guard::is_passed_on;
use super::problem::Problem;
use super::scope::Scope;
use crate::runtime::{self, NodeView};

/// Процесс работает.
#[derive(Serialize, ToSchema)]
struct Live {
    /// Всегда `true`: иначе ответа нет.
    live: bool,
}

/// Готовность узла.
#[derive(Serialize, ToSchema)]
struct Readiness {
    /// Аренда у этого узла, база данных отвечает и принимает запись.
    ready: bool,
    /// Аренда у этого узла.
    lease: bool,
    /// База данных отвечает.
    store: bool,
    /// База данных принимает запись.
    writes: bool,
    /// Секунд с запуска.
    uptime_s: u64,
}

impl From<runtime::Readiness> for Readiness {
    fn from(readiness: runtime::Readiness) -> Readiness {
        // `ready` alone would be the operation of that name.
        let runtime::Readiness {
            ready: is_ready,
            lease,
            store,
            writes,
            uptime_s,
        } = readiness;
        Readiness {
            ready: is_ready,
            lease,
            store,
            writes,
            uptime_s,
        }
    }
}

#[utoipa::path(
    operation_id = "live",
    summary = "Процесс работает",
    responses((status = 200, description = "Работает", body = Live)),
)]
#[get("/health/live")]
pub async fn live() -> Json<Live> {
    Json(Live { live: true })
}

#[utoipa::path(
    operation_id = "ready",
    summary = "Узел работает: аренда у него, база данных отвечает",
    responses(
        (status = 200, description = "Готов", body = Readiness),
        (status = 503, description = "Не готов", body = Readiness),
    ),
)]
#[get("/health/ready")]
pub async fn ready(view: Data<NodeView>) -> HttpResponse {
    let readiness = view.readiness().await;
    let mut response = if readiness.ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response.json(Readiness::from(readiness))
}

/// Open to this machine, behind a token to others.
#[utoipa::path(
    operation_id = "metrics",
    summary = "Показатели для Prometheus",
    description = "С этой машины без токена; с другой или через посредника (Forwarded, X-Forwarded-For) нужен токен с правом read",
    security((), ("token" = ["read"])),
    responses(
        (status = 200, description = "Показатели", body = String, content_type = "text/plain"),
        (status = 401, description = "Нужен токен", body = Problem,
         content_type = "application/problem+json"),
        (status = 403, description = "У токена нет права", body = Problem,
         content_type = "application/problem+json"),
    ),
)]
#[get("/metrics")]
pub async fn metrics(
    request: HttpRequest,
    view: Data<NodeView>,
    caller: Option<Caller>,
) -> Result<HttpResponse, Problem> {
    let local = request
        .peer_addr()
        .is_some_and(|peer| peer.ip().is_loopback())
        && !is_passed_on(request.headers());
    if !local {
        caller
            .ok_or_else(Problem::unauthorised)?
            .require(Scope::Read)?;
    }
    let text = view.metrics().await;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text))
}
