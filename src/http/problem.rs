//! Errors as problem+json (RFC 9457): a stable code for programs, a sentence for people. Inner causes
//! go to the log, never into an answer.

use std::fmt;

use actix_web::error::JsonPayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentType, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, web};
use serde::Serialize;
use utoipa::openapi::OpenApi;
use utoipa::{IntoResponses, ToSchema};

use crate::store::StoreError;

/// Ошибка, по RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Всегда `about:blank`: вид ошибки называет `code`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Вид ошибки для людей.
    title: &'static str,
    /// Код ответа HTTP.
    status: u16,
    /// Вид ошибки для программ, не меняется.
    code: &'static str,
    /// Что случилось и что делать.
    detail: String,
    /// The methods that are served, for the header `Allow`.
    #[serde(skip)]
    allowed: Option<String>,
}

/// What every operation behind a token may answer.
#[derive(IntoResponses)]
#[expect(
    dead_code,
    reason = "only described: the answers are made by `Problem`"
)]
pub enum Refused {
    /// Нужен токен
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorised(Problem),
    /// У токена нет права
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// База данных не отвечает
    #[response(status = 503, content_type = "application/problem+json")]
    StoreUnavailable(Problem),
}

/// What every operation on people and requests may answer besides.
#[derive(IntoResponses)]
#[expect(
    dead_code,
    reason = "only described: the answers are made by `Problem`"
)]
pub enum Rejected {
    /// Запрос неверен
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem),
    /// Такого нет
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// Так уже есть, или сейчас нельзя
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
    /// Изменено другим после того, как прочитано
    #[response(status = 412, content_type = "application/problem+json")]
    Stale(Problem),
    /// С этим Idempotency-Key был другой запрос
    #[response(status = 422, content_type = "application/problem+json")]
    KeyReused(Problem),
}

/// What every operation on one bot may answer besides.
#[derive(IntoResponses)]
#[response(
    status = 404,
    description = "Такого бота нет",
    content_type = "application/problem+json"
)]
#[expect(dead_code, reason = "only described: the answer is made by `Problem`")]
pub struct NoSuchBot(Problem);

/// What every operation with query parameters may answer besides.
#[derive(IntoResponses)]
#[response(
    status = 400,
    description = "Параметры запроса не читаются",
    content_type = "application/problem+json"
)]
#[expect(dead_code, reason = "only described: the answer is made by `Problem`")]
pub struct BadQuery(Problem);

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: String) -> Problem {
        Problem {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            code,
            detail,
            allowed: None,
        }
    }

    /// 401: there is no token, or nobody knows it.
    pub fn unauthorised() -> Problem {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorised",
            "Нужен токен",
            "Пришлите заголовок Authorization: Bearer ТОКЕН; токен создаёт команда vestnik token create".to_owned(),
        )
    }

    /// 403: the token may not do this.
    pub fn forbidden(scope: &str) -> Problem {
        Problem::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Нет прав",
            format!("У этого токена нет права «{scope}»"),
        )
    }

    /// 403: the request was sent to another name than that of this machine.
    pub fn foreign_host(host: &str) -> Problem {
        Problem::new(
            StatusCode::FORBIDDEN,
            "foreign_host",
            "Чужое имя узла",
            format!(
                "Запрос назвал узел «{host}», а этот адрес управления открыт только для этой машины; обращайтесь к 127.0.0.1 или localhost. Имя, под которым его открывает посредник, задаётся в http.public_url"
            ),
        )
    }

    /// 400: the query parameters, by what serde says of them.
    pub fn bad_query(error: &str) -> Problem {
        let quoted = |after: &str| {
            let (_, rest) = error.split_once(after)?;
            rest.split('`').nth(1).map(str::to_owned)
        };
        let known = error.split_once("expected ").map(|(_, rest)| {
            let names: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
            names.join(", ")
        });
        let detail = match (quoted("missing field"), quoted("unknown field"), known) {
            (Some(name), ..) => format!("Нет параметра «{name}»: допишите к адресу {name}=…"),
            (None, Some(name), Some(known)) => {
                format!("Параметра «{name}» нет; здесь есть: {known}")
            }
            _ => format!("Значение параметра не читается: {error}"),
        };
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad_query",
            "Неверные параметры запроса",
            detail,
        )
    }

    /// 400, 413 or 415: a body that is not the JSON that is expected.
    pub fn bad_body(error: &JsonPayloadError) -> Problem {
        let (status, code, title) = match error {
            JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "Слишком большое тело запроса",
            ),
            JsonPayloadError::ContentType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "Ожидается JSON",
            ),
            _ => (StatusCode::BAD_REQUEST, "bad_body", "Неверное тело запроса"),
        };
        let detail = match error {
            JsonPayloadError::ContentType => {
                "Пришлите тело с заголовком Content-Type: application/json".to_owned()
            }
            other => format!("Тело запроса не читается: {other}"),
        };
        Problem::new(status, code, title, detail)
    }

    /// 405: the address is served, but not by this method.
    fn method_not_allowed(request: &HttpRequest, allowed: Vec<String>) -> Problem {
        let allowed = allowed.join(", ");
        let detail = format!(
            "Адрес {} не отвечает на {}; отвечает на {allowed}",
            request.path(),
            request.method()
        );
        Problem {
            allowed: Some(allowed),
            ..Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "Другой метод",
                detail,
            )
        }
    }

    /// 404 for a resource.
    pub fn no_such(what: &str, code: &str) -> Problem {
        Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "Не найдено",
            format!("{what} «{code}»: нет такого"),
        )
    }

    /// 400: the request says something that cannot be.
    pub fn invalid(detail: &str) -> Problem {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid",
            "Запрос неверен",
            detail.to_owned(),
        )
    }

    /// 409: as things stand it cannot be done.
    pub fn conflict(detail: &str) -> Problem {
        Problem::new(
            StatusCode::CONFLICT,
            "conflict",
            "Сейчас нельзя",
            detail.to_owned(),
        )
    }

    /// 422: a key of `Idempotency-Key` was used for another request.
    pub fn key_reused() -> Problem {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "key_reused",
            "Ключ уже использован",
            "С этим Idempotency-Key был другой запрос; возьмите новый ключ".to_owned(),
        )
    }

    /// What the store refused: not found, not unique, changed meanwhile; anything else is an outage.
    pub fn of(error: &StoreError) -> Problem {
        match error {
            StoreError::NotFound { .. } => Problem::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "Не найдено",
                error.to_string(),
            ),
            StoreError::NotUnique { .. } => Problem::conflict(&error.to_string()),
            StoreError::Stale { .. } => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "stale",
                "Изменено другим",
                format!("{error}; прочитайте заново и повторите"),
            ),
            _ => Problem::store(error),
        }
    }

    /// 503: the store does not answer.
    pub fn store(error: &StoreError) -> Problem {
        tracing::warn!("a request could not be served: {error}");
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unavailable",
            "База данных недоступна",
            "Повторите запрос позже; причина записана в журнал сервера".to_owned(),
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status_code());
        if self.status == 401 {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(allowed) = &self.allowed {
            response.insert_header((ALLOW, allowed.as_str()));
        }
        let body = serde_json::to_string(self).unwrap_or_default();
        response
            .insert_header(ContentType(
                "application/problem+json".parse().expect("a media type"),
            ))
            .body(body)
    }
}

/// The answer to what no operation takes: another method, or an address that is not served.
pub async fn not_served(
    request: HttpRequest,
    document: web::Data<OpenApi>,
) -> Result<HttpResponse, Problem> {
    let allowed = methods_of(&document, request.path());
    Err(if allowed.is_empty() {
        Problem::no_such("Адрес", request.path())
    } else {
        Problem::method_not_allowed(&request, allowed)
    })
}

/// The methods that the document has for a path.
fn methods_of(document: &OpenApi, path: &str) -> Vec<String> {
    let fits = |template: &str| {
        let (mut wanted, mut given) = (template.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) => {
                    let any = wanted.starts_with('{') && !given.is_empty();
                    if !any && wanted != given {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    };
    let found = document.paths.paths.iter().filter(|(path, _)| fits(path));
    let mut methods = Vec::new();
    for (_, item) in found {
        let taken = [
            ("GET", item.get.is_some()),
            ("POST", item.post.is_some()),
            ("PUT", item.put.is_some()),
            ("PATCH", item.patch.is_some()),
            ("DELETE", item.delete.is_some()),
        ];
        methods.extend(
            taken
                .into_iter()
                .filter(|(_, is)| *is)
                .map(|(name, _)| name.to_owned()),
        );
    }
    methods.sort();
    methods.dedup();
    methods
}
