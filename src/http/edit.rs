//! What resources that are changed share: pages, ETags, `Idempotency-Key`, moments, bodies.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, ETAG, IF_MATCH};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::auth::Caller;
use super::problem::Problem;
use crate::model::{self, By};
use crate::runtime::NodeView;
use crate::store::idempotency::{self, Answered};
use crate::store::unit_of_work::Stamp;
use crate::store::{Conn, StoreError, definitions};

/// Rows of one page that nobody asked a number for.
pub const PAGE: u32 = 50;
/// The most rows of one page.
pub const PAGE_MOST: u32 = 500;

/// Rows that a page shows.
pub fn limit(asked: Option<u32>) -> i64 {
    i64::from(asked.unwrap_or(PAGE).clamp(1, PAGE_MOST))
}

/// A page of at most so many rows, made of one more than that: only this one tells that another page
/// follows. With it the place of the page's last row, where the next one begins.
pub fn page<T, P>(
    mut found: Vec<T>,
    most: i64,
    place: impl FnOnce(&T) -> P,
) -> (Vec<T>, Option<P>) {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(place);
    (found, next)
}

/// Момент, RFC 3339, UTC.
#[derive(Clone, Copy, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct At(pub model::Moment);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let moment = chrono::DateTime::from_timestamp_micros(self.0.0).unwrap_or_default();
        serializer.serialize_str(&moment.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
    }
}

/// The version that `If-Match` names; `None` without the header and for `*`.
pub struct IfMatch(pub Option<i64>);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<IfMatch, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(header) = request.headers().get(IF_MATCH) else {
            return ready(Ok(IfMatch(None)));
        };
        let text = header.to_str().unwrap_or_default().trim();
        if text == "*" {
            return ready(Ok(IfMatch(None)));
        }
        let version = text.trim_matches('"').parse().ok();
        ready(match version {
            Some(version) => Ok(IfMatch(Some(version))),
            None => Err(Problem::invalid(
                "If-Match: ожидалось значение ETag из ответа, например \"3\"",
            )),
        })
    }
}

impl IfMatch {
    /// Refuses a change of what has another version than the caller saw.
    pub fn require(&self, version: i64) -> Result<(), StoreError> {
        match self.0 {
            Some(expected) if expected != version => {
                Err(StoreError::stale("версия в If-Match".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// `Idempotency-Key`: the same request with it does nothing a second time.
pub struct IdempotencyKey(pub Option<String>);

/// Longest key, in bytes: a UUID is 36.
const KEY_MAX: usize = 200;

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<IdempotencyKey, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(header) = request.headers().get("idempotency-key") else {
            return ready(Ok(IdempotencyKey(None)));
        };
        ready(match header.to_str() {
            Ok(key) if !key.is_empty() && key.len() <= KEY_MAX => {
                Ok(IdempotencyKey(Some(key.to_owned())))
            }
            _ => Err(Problem::invalid(
                "Idempotency-Key: ожидалось от 1 до 200 знаков ASCII",
            )),
        })
    }
}

/// Reads the body of a request.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::invalid(&format!("тело запроса: {error}")))
}

/// An answer with a version.
pub fn answer<T: Serialize>(status: StatusCode, version: Option<i64>, body: &T) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(status);
    if let Some(version) = version {
        response.insert_header((ETAG, format!("\"{version}\"")));
    }
    response
        .insert_header(ContentType::json())
        .body(serde_json::to_string(body).unwrap_or_default())
}

/// Runs a change in the name of the caller, in one transaction.
pub async fn change<T, F>(view: &NodeView, caller: &Caller, job: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: Fn(&mut Conn, &Stamp<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
{
    let (by, at) = (By::Token(caller.name().to_owned()), view.clock().now());
    let ids = view.store().ids().clone();
    let written = view.store().write(move |conn| {
        let stamp = Stamp {
            at,
            by: &by,
            quiet: false,
            ids: &ids,
        };
        job(conn, &stamp)
    });
    written.await.map_err(|error| Problem::of(&error))
}

/// Creates something, once for each `Idempotency-Key`: its answer is kept with what it did.
pub async fn create<T, F>(
    view: &NodeView,
    caller: &Caller,
    key: IdempotencyKey,
    asked: &[u8],
    job: F,
) -> Result<HttpResponse, Problem>
where
    T: Serialize,
    F: Fn(&mut Conn, &Stamp<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
{
    create_hidden(view, caller, key, asked, "", job).await
}

/// The same where a field of the answer is a secret: it is not kept, and a repeated request does not get it.
pub async fn create_hidden<T, F>(
    view: &NodeView,
    caller: &Caller,
    key: IdempotencyKey,
    asked: &[u8],
    hidden: &'static str,
    job: F,
) -> Result<HttpResponse, Problem>
where
    T: Serialize,
    F: Fn(&mut Conn, &Stamp<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
{
    let request_hash = definitions::sha256_hex(asked);
    let token = caller.name().to_owned();
    let done = change(view, caller, move |conn, stamp| {
        let Some(key) = &key.0 else {
            return Ok((json(&job(conn, stamp)?)?.to_string(), true));
        };
        if let Some(before) = idempotency::get(conn, &token, key)? {
            return Ok((before.body, before.request_hash == request_hash));
        }
        let mut kept = json(&job(conn, stamp)?)?;
        let body = kept.to_string();
        if let Some(fields) = kept.as_object_mut() {
            fields.remove(hidden);
        }
        let answered = Answered {
            request_hash: request_hash.clone(),
            status: 201,
            body: kept.to_string(),
        };
        idempotency::put(conn, &token, key, &answered, stamp.at)?;
        Ok((body, true))
    })
    .await?;
    let (body, same) = done;
    if !same {
        return Err(Problem::key_reused());
    }
    Ok(HttpResponse::Created()
        .insert_header(ContentType::json())
        .body(body))
}

fn json<T: Serialize>(value: &T) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::other(format!("ответ: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_row_more_tells_of_another_page() {
        let check = |rows: &[i64], shown: &[i64], next: Option<i64>| {
            let found = page(rows.to_vec(), 2, |last| *last);
            assert_eq!(found, (shown.to_vec(), next), "{rows:?}");
        };
        check(&[], &[], None);
        check(&[7], &[7], None);
        check(&[7, 8], &[7, 8], None);
        check(&[7, 8, 9], &[7, 8], Some(8));
    }
}
