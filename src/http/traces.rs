//! «Почему бот так ответил?»: what was tried for the last updates of a chat.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::Scope;
use super::auth::Caller;
use super::problem::Problem;
use crate::model::{BotCode, ChatId};
use crate::runtime::NodeView;
use crate::store::inbox::{self, Traced};

/// Entries of one answer.
const PAGE_MOST: u32 = 100;

/// The query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The chat.
    chat: i64,
    /// Entries before this place, as an earlier answer's `next` says.
    before: Option<i64>,
    /// At most so many, 20 by default.
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Entry {
    update: i64,
    sender: Option<i64>,
    state: &'static str,
    /// µs of Unix time.
    received_at: i64,
    handled_at: Option<i64>,
    /// A step each.
    steps: Vec<String>,
}

#[derive(Serialize)]
struct Page {
    traces: Vec<Entry>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

impl From<&Traced> for Entry {
    fn from(traced: &Traced) -> Entry {
        Entry {
            update: traced.update.0,
            sender: traced.sender.map(|sender| sender.0),
            state: traced.state.as_str(),
            received_at: traced.received_at.0,
            handled_at: traced.handled_at.map(|at| at.0),
            steps: traced.trace.lines().map(str::to_owned).collect(),
        }
    }
}

/// `GET bots/{code}/traces?chat=…`: the newest first.
pub async fn list(
    caller: Caller,
    view: web::Data<NodeView>,
    code: web::Path<String>,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse, Problem> {
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
    Ok(HttpResponse::Ok().json(Page {
        traces: found.iter().map(Entry::from).collect(),
        next,
    }))
}
