//! The control endpoint: health and figures for machines, bots and orders for administrators.
//!
//! A handler extracts, authorises, does one thing and answers. JSON under `/api/v1`, errors as
//! problem+json (RFC 9457). Not here: SQL; actors are asked through
//! [`NodeView`].

mod auth;
mod bots;
mod health;
mod problem;
mod scope;

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

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/health/live", web::get().to(health::live))
        .route("/health/ready", web::get().to(health::ready))
        .route("/metrics", web::get().to(health::metrics))
        .service(
            web::scope("/api/v1")
                .route("/bots", web::get().to(bots::list))
                .route("/bots/{code}", web::get().to(bots::show))
                .route("/bots/{code}/start", web::post().to(bots::start))
                .route("/bots/{code}/stop", web::post().to(bots::stop))
                .route("/bots/{code}/restart", web::post().to(bots::restart)),
        )
        .default_service(web::to(problem::not_found));
}
