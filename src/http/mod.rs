//! The control endpoint: health and figures for machines, bots and orders for administrators.
//!
//! A handler extracts, authorises, does one thing and answers. JSON under `/api/v1`, errors as
//! problem+json (RFC 9457). Not here: SQL; actors are asked through
//! [`NodeView`].

mod auth;
mod bot_view;
mod bots;
mod edit;
mod guard;
mod health;
mod links;
mod openapi;
mod parties;
mod problem;
mod registrations;
mod requests;
mod scope;
#[cfg(test)]
mod tests;
mod traces;

use std::net::{SocketAddr, TcpListener};

use actix_web::dev::Server;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, web};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

pub use scope::Scope;

use crate::runtime::NodeView;
use problem::Problem;

/// A request's body is small: definitions come as files of their own resource.
const BODY_MAX: usize = 1024 * 1024;
/// Connections at a time: those who look after a node are few, and whoever opens more must not take the
/// descriptors of the bots (`app/descriptors.rs` keeps so many).
const CONNECTIONS_MAX: usize = 128;
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
    let listening = listener.local_addr()?;
    let names = guard::Names::new(listening, view.settings().http.public_url.as_deref());
    let names = web::Data::new(names);
    let server = HttpServer::new(move || {
        let (app, document) = App::new()
            .into_utoipa_app()
            .openapi(openapi::shared())
            .configure(operations)
            .split_for_parts();
        app.app_data(web::Data::new(view.clone()))
            .app_data(web::Data::new(document))
            .app_data(names.clone())
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .app_data(
                web::JsonConfig::default()
                    .limit(BODY_MAX)
                    .error_handler(|error, _| Problem::bad_body(&error).into()),
            )
            .app_data(
                web::QueryConfig::default()
                    .error_handler(|error, _| Problem::bad_query(&error.to_string()).into()),
            )
            .app_data(
                web::PathConfig::default()
                    .error_handler(|_, request| Problem::no_such("Адрес", request.path()).into()),
            )
            .wrap(from_fn(guard::check))
            .wrap(
                DefaultHeaders::new()
                    .add(("X-Content-Type-Options", "nosniff"))
                    .add(("Cache-Control", "no-store")),
            )
            .default_service(web::to(problem::not_served))
    })
    .workers(1)
    .max_connections(CONNECTIONS_MAX)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_MAX_S)
    .listen(listener)?
    .run();
    Ok(server)
}

/// Everything that is served, but for the answer to anything else. What is registered here is described.
fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(health::live)
        .service(health::ready)
        .service(health::metrics)
        .service(openapi::show)
        .service(bots::list)
        .service(bots::show)
        .service(bots::start)
        .service(bots::stop)
        .service(bots::restart)
        .service(traces::list)
        // Before the registrations: `links` is no id of one.
        .service(links::list)
        .service(links::make)
        .service(links::code)
        .service(links::revoke)
        .service(registrations::list)
        .service(registrations::create)
        .service(registrations::show)
        .service(registrations::relink)
        .service(registrations::revoke)
        .service(requests::list)
        .service(requests::show)
        .service(requests::accept)
        .service(requests::reject)
        .service(parties::list)
        .service(parties::create)
        .service(parties::show)
        .service(parties::change_fields)
        .service(parties::mark)
        .service(parties::list_groups)
        .service(parties::create_group)
        .service(parties::change_group);
}
