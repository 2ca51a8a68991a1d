//! The bots: the list, one with the snapshots of its actors, and the switch.

use actix_web::web::{Data, Json, Path};
use actix_web::{get, post};

use super::auth::Caller;
use super::bot_view::{Bot, Bots, Status};
use super::problem::{NoSuchBot, Problem, Refused};
use super::scope::Scope;
use crate::model::BotCode;
use crate::runtime::{NodeView, Order};

#[utoipa::path(
    operation_id = "listBots",
    summary = "Боты и их состояние",
    security(("token" = ["read"])),
    responses((status = 200, description = "Сделано", body = Bots), Refused),
)]
#[get("/api/v1/bots")]
pub async fn list(caller: Caller, view: Data<NodeView>) -> Result<Json<Bots>, Problem> {
    caller.require(Scope::Read)?;
    let bots = view.bots().await.into_iter().map(Status::from).collect();
    Ok(Json(Bots { bots }))
}

#[utoipa::path(
    operation_id = "showBot",
    summary = "Бот со снимком его работы",
    security(("token" = ["read"])),
    params(("code" = String, Path, description = "Код бота")),
    responses((status = 200, description = "Сделано", body = Bot), Refused, NoSuchBot),
)]
#[get("/api/v1/bots/{code}")]
pub async fn show(
    caller: Caller,
    view: Data<NodeView>,
    code: Path<String>,
) -> Result<Json<Bot>, Problem> {
    caller.require(Scope::Read)?;
    answer(&view, &code).await
}

#[utoipa::path(
    operation_id = "startBot",
    summary = "Включить бота; сохраняется после перезапуска",
    security(("token" = ["operate"])),
    params(("code" = String, Path, description = "Код бота")),
    responses((status = 200, description = "Сделано", body = Bot), Refused, NoSuchBot),
)]
#[post("/api/v1/bots/{code}/start")]
pub async fn start(
    caller: Caller,
    view: Data<NodeView>,
    code: Path<String>,
) -> Result<Json<Bot>, Problem> {
    order(&caller, &view, &code, Order::Start).await
}

#[utoipa::path(
    operation_id = "stopBot",
    summary = "Выключить бота; сохраняется после перезапуска",
    security(("token" = ["operate"])),
    params(("code" = String, Path, description = "Код бота")),
    responses((status = 200, description = "Сделано", body = Bot), Refused, NoSuchBot),
)]
#[post("/api/v1/bots/{code}/stop")]
pub async fn stop(
    caller: Caller,
    view: Data<NodeView>,
    code: Path<String>,
) -> Result<Json<Bot>, Problem> {
    order(&caller, &view, &code, Order::Stop).await
}

#[utoipa::path(
    operation_id = "restartBot",
    summary = "Запустить бота заново",
    security(("token" = ["operate"])),
    params(("code" = String, Path, description = "Код бота")),
    responses((status = 200, description = "Сделано", body = Bot), Refused, NoSuchBot),
)]
#[post("/api/v1/bots/{code}/restart")]
pub async fn restart(
    caller: Caller,
    view: Data<NodeView>,
    code: Path<String>,
) -> Result<Json<Bot>, Problem> {
    order(&caller, &view, &code, Order::Restart).await
}

async fn order(
    caller: &Caller,
    view: &NodeView,
    code: &str,
    order: Order,
) -> Result<Json<Bot>, Problem> {
    caller.require(Scope::Operate)?;
    tracing::info!(bot = code, ?order, by = caller.name(), "an order over HTTP");
    match view.command(&BotCode::new(code), order).await {
        Ok(true) => answer(view, code).await,
        Ok(false) => Err(Problem::no_such("Бот", code)),
        Err(error) => Err(Problem::store(&error)),
    }
}

async fn answer(view: &NodeView, code: &str) -> Result<Json<Bot>, Problem> {
    let status = view
        .bots()
        .await
        .into_iter()
        .find(|status| status.code.as_str() == code);
    let Some(status) = status else {
        return Err(Problem::no_such("Бот", code));
    };
    let actors = view.snapshot(&status.code).await;
    Ok(Json(Bot {
        status: status.into(),
        actors: actors.map(Into::into),
    }))
}
