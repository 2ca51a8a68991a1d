//! The bots: the list, one with the snapshots of its actors, and the switch.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::auth::Caller;
use super::problem::Problem;
use crate::http::Scope;
use crate::model::BotCode;
use crate::runtime::{BotSnapshot, BotStatus, NodeView, Order};

#[derive(Serialize)]
struct BotList {
    bots: Vec<BotStatus>,
}

#[derive(Serialize)]
struct BotView {
    #[serde(flatten)]
    status: BotStatus,
    actors: Option<BotSnapshot>,
}

/// `GET bots`.
pub async fn list(caller: Caller, view: web::Data<NodeView>) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Read)?;
    Ok(HttpResponse::Ok().json(BotList {
        bots: view.bots().await,
    }))
}

/// `GET bots/{code}`.
pub async fn show(
    caller: Caller,
    view: web::Data<NodeView>,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Read)?;
    answer(&view, &code).await
}

/// `POST bots/{code}/start`.
pub async fn start(
    caller: Caller,
    view: web::Data<NodeView>,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    order(&caller, &view, &code, Order::Start).await
}

/// `POST bots/{code}/stop`.
pub async fn stop(
    caller: Caller,
    view: web::Data<NodeView>,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    order(&caller, &view, &code, Order::Stop).await
}

/// `POST bots/{code}/restart`.
pub async fn restart(
    caller: Caller,
    view: web::Data<NodeView>,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    order(&caller, &view, &code, Order::Restart).await
}

async fn order(
    caller: &Caller,
    view: &NodeView,
    code: &str,
    order: Order,
) -> Result<HttpResponse, Problem> {
    caller.require(Scope::Operate)?;
    tracing::info!(bot = code, ?order, by = caller.name(), "an order over HTTP");
    match view.command(&BotCode::new(code), order).await {
        Ok(true) => answer(view, code).await,
        Ok(false) => Err(Problem::no_such("Бот", code)),
        Err(error) => Err(Problem::store(&error)),
    }
}

async fn answer(view: &NodeView, code: &str) -> Result<HttpResponse, Problem> {
    let status = view
        .bots()
        .await
        .into_iter()
        .find(|status| status.code.as_str() == code);
    let Some(status) = status else {
        return Err(Problem::no_such("Бот", code));
    };
    let actors = view.snapshot(&status.code).await;
    Ok(HttpResponse::Ok().json(BotView { status, actors }))
}
