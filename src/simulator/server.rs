//! One server for the Bot API, the people's side and the page.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::rt::System;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};
use tokio::sync::oneshot;

use crate::http::guard;
use crate::world::Shared;
use crate::{api, page, people};

/// A request's body; above it are Telegram's 50 MB and the other parts of a form.
const BODY_MAX: usize = 64 << 20;

/// Serves until told to stop. Runs its own runtime, so it must have a thread of its own.
pub(crate) fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    stop: oneshot::Receiver<()>,
) -> io::Result<()> {
    System::new().block_on(async move {
        let data = web::Data::from(shared);
        let listening = web::Data::new(guard::Listening(listener.local_addr()?));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .app_data(listening.clone())
                .app_data(web::PayloadConfig::new(BODY_MAX))
                .wrap(from_fn(guard::check))
                .configure(api::routes)
                .configure(people::routes)
                .configure(page::routes)
                .default_service(web::to(nowhere))
        })
        // One worker: the world is behind one lock, and a test machine has better use for cores.
        .workers(1)
        .backlog(8_192)
        .max_connections(65_536)
        .keep_alive(Duration::from_secs(120))
        .client_request_timeout(Duration::from_secs(60))
        // The poll of a bot that was killed must end with its connection, not fifty seconds later.
        .h1_allow_half_closed(false)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        actix_web::rt::spawn(async move {
            // A dropped sender means the same as a word.
            let _ = stop.await;
            handle.stop(false).await;
        });
        server.await
    })
}

/// Takes the body, so that the connection can be used again.
async fn nowhere(_body: Bytes) -> HttpResponse {
    api::not_found()
}
