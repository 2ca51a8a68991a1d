//! Health and figures.

use actix_web::{HttpRequest, HttpResponse, Responder, web};

use super::auth::Caller;
use super::problem::Problem;
use crate::http::Scope;
use crate::runtime::NodeView;

/// The process lives.
pub async fn live() -> impl Responder {
    web::Json(serde_json::json!({ "live": true }))
}

/// The node is at work: it holds the lease and the database answers.
pub async fn ready(view: web::Data<NodeView>) -> HttpResponse {
    let readiness = view.readiness().await;
    let mut response = if readiness.ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response.json(readiness)
}

/// The figures for Prometheus: open to this machine, behind a token to others.
pub async fn metrics(
    request: HttpRequest,
    view: web::Data<NodeView>,
    caller: Option<Caller>,
) -> Result<HttpResponse, Problem> {
    let local = request
        .peer_addr()
        .is_some_and(|peer| peer.ip().is_loopback());
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
