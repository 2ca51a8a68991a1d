//! The Bot API's addresses: `/bot<TOKEN>/<method>` and `/file/bot<TOKEN>/<path>`.

use std::io;

use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt as _, stream};

use super::{ApiError, Reply, bot_of, call};
use crate::world::Shared;

type Data = web::Data<Shared>;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/bot{token}/{method}", web::route().to(bot_api))
        .route("/file/bot{token}/{path:.*}", web::get().to(download));
}

/// What Telegram says of an address that it does not have.
pub(crate) fn not_found() -> HttpResponse {
    reply(ApiError::new(404, "Not Found").reply())
}

fn reply(reply: Reply) -> HttpResponse {
    match reply {
        Reply::Json { status, body } => HttpResponse::build(status_of(status))
            .content_type("application/json")
            .body(body),
        Reply::Html { status, location } => {
            let status = status_of(status);
            let mut answer = HttpResponse::build(status);
            if let Some(location) = location {
                answer.insert_header((header::LOCATION, location));
            }
            answer.content_type("text/html").body(page(status))
        }
        Reply::Huge { body, more } => huge(&body, more),
        Reply::Cut => {
            // A body that fails before its first byte makes the server drop the connection with
            // nothing written, the head of the response neither.
            let failed = || io::Error::new(io::ErrorKind::ConnectionAborted, "cut by a fault");
            HttpResponse::Ok().streaming(stream::once(async move { Err::<Bytes, _>(failed()) }))
        }
    }
}

/// What a proxy says in place of Telegram.
fn page(status: StatusCode) -> String {
    format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n\
         <hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
    )
}

/// JSON with white space before its last bracket; made as it is read, never held whole.
fn huge(body: &str, more: u64) -> HttpResponse {
    const CHUNK: &[u8] = &[b' '; 64 << 10];
    let (head, tail) = body.split_at(body.len().saturating_sub(1));
    let ends = [Bytes::from(head.to_owned()), Bytes::from(tail.to_owned())];
    let [head, tail] = ends;
    let chunks = more / CHUNK.len() as u64;
    let padding = stream::iter((0..chunks).map(|_| Bytes::from_static(CHUNK)));
    let all = stream::once(async { head })
        .chain(padding)
        .chain(stream::once(async { tail }));
    HttpResponse::Ok()
        .content_type("application/json")
        .streaming(all.map(Ok::<_, io::Error>))
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn bot_api(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: Bytes,
    shared: Data,
) -> HttpResponse {
    let (token, method) = path.into_inner();
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    reply(
        call(
            &shared,
            &token,
            &method,
            request.query_string(),
            &kind,
            &body,
        )
        .await,
    )
}

async fn download(path: web::Path<(String, String)>, shared: Data) -> HttpResponse {
    let (token, path) = path.into_inner();
    let found = match bot_of(&token) {
        Some(bot) => shared.lock().download(bot, &path),
        None => Err(ApiError::new(404, "Not Found")),
    };
    match found {
        Ok(bytes) => HttpResponse::Ok()
            .content_type("application/octet-stream")
            .body(bytes),
        Err(_) => not_found(),
    }
}
