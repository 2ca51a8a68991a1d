//! The chat page: three files in the binary, which load nothing from elsewhere.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/",
            web::get().to(|| asset("text/html", include_str!("index.html"))),
        )
        .route(
            "/page.css",
            web::get().to(|| asset("text/css", include_str!("page.css"))),
        )
        .route(
            "/page.js",
            web::get().to(|| asset("text/javascript", include_str!("page.js"))),
        );
}

async fn asset(kind: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(format!("{kind}; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(text)
}
