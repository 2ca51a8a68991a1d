//! «Почему бот так ответил?»: what was tried for the last updates of a chat.

use actix_web::get;
use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::bot_view::Moment;
use super::problem::{BadQuery, NoSuchBot, Problem, Refused};
use super::scope::Scope;
use crate::model::{BotCode, ChatId};
use crate::runtime::NodeView;
use crate::store::inbox::{self, Traced, UpdateState};

/// Entries of one answer.
const PAGE_MOST: u32 = 100;

/// The query.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Ключ чата
    chat: i64,
    /// Записи до этого места: значение next предыдущей страницы
    before: Option<i64>,
    /// Не больше записей, чем столько; 20, если не указано
    limit: Option<u32>,
}

/// Что бот пробовал для одного обновления.
#[derive(Serialize, ToSchema)]
#[schema(as = Trace)]
struct Entry {
    /// Номер обновления у Telegram.
    update: i64,
    /// Кто написал; пусто, если это не человек.
    sender: Option<i64>,
    state: State,
    /// Когда пришло.
    received_at: Moment,
    /// Когда обработано.
    handled_at: Option<Moment>,
    /// По шагу.
    steps: Vec<String>,
}

/// Ждёт, обработано, не удалось, отложено при переполнении.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UpdateState)]
enum State {
    Pending,
    Done,
    Failed,
    Refused,
}

impl From<UpdateState> for State {
    fn from(state: UpdateState) -> State {
        match state {
            UpdateState::Pending => State::Pending,
            UpdateState::Done => State::Done,
            UpdateState::Failed => State::Failed,
            UpdateState::Refused => State::Refused,
        }
    }
}

/// Записи чата, новые впереди.
#[derive(Serialize, ToSchema)]
#[schema(as = Traces)]
struct Page {
    traces: Vec<Entry>,
    /// Значение before следующей страницы; нет на последней.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

impl From<&Traced> for Entry {
    fn from(traced: &Traced) -> Entry {
        Entry {
            update: traced.update.0,
            sender: traced.sender.map(|sender| sender.0),
            state: traced.state.into(),
            received_at: traced.received_at.into(),
            handled_at: traced.handled_at.map(Moment::from),
            steps: traced.trace.lines().map(str::to_owned).collect(),
        }
    }
}

#[utoipa::path(
    operation_id = "listTraces",
    summary = "Почему бот так ответил: что он пробовал для последних сообщений чата",
    security(("token" = ["read"])),
    params(("code" = String, Path, description = "Код бота"), Wanted),
    responses((status = 200, description = "Сделано", body = Page), BadQuery, Refused, NoSuchBot),
)]
#[get("/api/v1/bots/{code}/traces")]
pub async fn list(
    caller: Caller,
    view: Data<NodeView>,
    code: Path<String>,
    wanted: Query<Wanted>,
) -> Result<Json<Page>, Problem> {
    caller.require(Scope::Read)?;
    let code = BotCode::new(&code);
    if !view.bots().await.iter().any(|status| status.code == code) {
        return Err(Problem::no_such("Бот", code.as_str()));
    }
    let limit = wanted.limit.unwrap_or(20).clamp(1, PAGE_MOST);
    let (chat, before) = (ChatId(wanted.chat), wanted.before);
    let found = view
        .store()
        .read(move |conn| inbox::traces(conn, &code, chat, before, i64::from(limit)))
        .await
        .map_err(|error| Problem::store(&error))?;
    let next = (found.len() == limit as usize)
        .then(|| found.iter().map(|traced| traced.seq).min())
        .flatten();
    Ok(Json(Page {
        traces: found.iter().map(Entry::from).collect(),
        next,
    }))
}
