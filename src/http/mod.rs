//! The control endpoint: health and figures for machines, bots and orders for administrators.
//!
//! A handler extracts, authorises, does one thing and answers. JSON under `/api/v1`, errors as
//! problem+json (RFC 9457). Not here: SQL; actors are asked through
//! [`NodeView`].

mod auth;
mod bots;
mod health;
mod openapi;
mod problem;
mod scope;
mod traces;

use std::net::{SocketAddr, TcpListener};

use actix_web::dev::Server;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpServer, web};

pub use scope::Scope;

use crate::runtime::NodeView;

/// A request's body is small: definitions come as files of their own resource.
const BODY_MAX: usize = 1024 * 1024;
/// How long a stop waits for requests under way, seconds.
const SHUTDOWN_MAX_S: u64 = 2;

/// Takes the address. Port 0 takes any free port.
///
/// # Errors
/// When the address cannot be read or is taken.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves the control endpoint until the server's handle stops it.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, view: NodeView) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(view.clone()))
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .wrap(
                DefaultHeaders::new()
                    .add(("X-Content-Type-Options", "nosniff"))
                    .add(("Cache-Control", "no-store")),
            )
            .configure(routes)
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_MAX_S)
    .listen(listener)?
    .run();
    Ok(server)
}

/// One operation: how it is served and how it is described.
struct Operation {
    method: actix_web::http::Method,
    path: &'static str,
    route: fn() -> actix_web::Route,
    /// Its name in the description.
    id: &'static str,
    summary: &'static str,
    /// The right that it needs; `None`: it is open.
    scope: Option<Scope>,
    /// Integers in the query: name, whether it must be there, what it is.
    query: &'static [(&'static str, bool, &'static str)],
    /// The schema of its answer; empty: plain text.
    answer: &'static str,
}

/// Everything that is served, but for the answer to anything else.
const ROUTES: &[Operation] = &[
    Operation {
        method: actix_web::http::Method::GET,
        path: "/health/live",
        route: || web::get().to(health::live),
        id: "live",
        summary: "Процесс работает",
        scope: None,
        query: &[],
        answer: "Live",
    },
    Operation {
        method: actix_web::http::Method::GET,
        path: "/health/ready",
        route: || web::get().to(health::ready),
        id: "ready",
        summary: "Узел работает: аренда у него, база данных отвечает",
        scope: None,
        query: &[],
        answer: "Readiness",
    },
    Operation {
        method: actix_web::http::Method::GET,
        path: "/metrics",
        route: || web::get().to(health::metrics),
        id: "metrics",
        summary: "Показатели для Prometheus; с другой машины нужен токен с правом read",
        scope: None,
        query: &[],
        answer: "",
    },
    Operation {
        method: actix_web::http::Method::GET,
        path: "/api/v1/openapi.json",
        route: || web::get().to(openapi::show),
        id: "openapi",
        summary: "Описание этих операций",
        scope: None,
        query: &[],
        answer: "Document",
    },
    Operation {
        method: actix_web::http::Method::GET,
        path: "/api/v1/bots",
        route: || web::get().to(bots::list),
        id: "listBots",
        summary: "Боты и их состояние",
        scope: Some(Scope::Read),
        query: &[],
        answer: "Bots",
    },
    Operation {
        method: actix_web::http::Method::GET,
        path: "/api/v1/bots/{code}",
        route: || web::get().to(bots::show),
        id: "showBot",
        summary: "Бот со снимком его работы",
        scope: Some(Scope::Read),
        query: &[],
        answer: "Bot",
    },
    Operation {
        method: actix_web::http::Method::GET,
        path: "/api/v1/bots/{code}/traces",
        route: || web::get().to(traces::list),
        id: "listTraces",
        summary: "Почему бот так ответил: что он пробовал для последних сообщений чата",
        scope: Some(Scope::Read),
        query: &[
            ("chat", true, "Ключ чата"),
            ("before", false, "Записи до этого места"),
            (
                "limit",
                false,
                "Не больше записей, чем столько; 20, если не указано",
            ),
        ],
        answer: "Traces",
    },
    Operation {
        method: actix_web::http::Method::POST,
        path: "/api/v1/bots/{code}/start",
        route: || web::post().to(bots::start),
        id: "startBot",
        summary: "Включить бота; сохраняется после перезапуска",
        scope: Some(Scope::Operate),
        query: &[],
        answer: "Bot",
    },
    Operation {
        method: actix_web::http::Method::POST,
        path: "/api/v1/bots/{code}/stop",
        route: || web::post().to(bots::stop),
        id: "stopBot",
        summary: "Выключить бота; сохраняется после перезапуска",
        scope: Some(Scope::Operate),
        query: &[],
        answer: "Bot",
    },
    Operation {
        method: actix_web::http::Method::POST,
        path: "/api/v1/bots/{code}/restart",
        route: || web::post().to(bots::restart),
        id: "restartBot",
        summary: "Запустить бота заново",
        scope: Some(Scope::Operate),
        query: &[],
        answer: "Bot",
    },
];

fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(openapi::register)
        .default_service(web::to(problem::not_found));
}
