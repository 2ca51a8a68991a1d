//! The chat page: files in the binary, which load nothing from elsewhere.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

/// Nothing but our own files, no script or style within the page, no frames around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

const INDEX: &str = include_str!("index.html");

/// Name, media type and text of what lies under `/page/`.
const FILES: [(&str, &str, &str); 9] = [
    ("page.css", "text/css", include_str!("page.css")),
    ("main.js", SCRIPT, include_str!("script/main.js")),
    ("compose.js", SCRIPT, include_str!("script/compose.js")),
    ("dom.js", SCRIPT, include_str!("script/dom.js")),
    ("format.js", SCRIPT, include_str!("script/format.js")),
    ("messages.js", SCRIPT, include_str!("script/messages.js")),
    ("side.js", SCRIPT, include_str!("script/side.js")),
    ("state.js", SCRIPT, include_str!("script/state.js")),
    ("tools.js", SCRIPT, include_str!("script/tools.js")),
];
const SCRIPT: &str = "text/javascript";

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/", web::get().to(|| async { asset("text/html", INDEX) }));
    for (name, kind, text) in FILES {
        let path = format!("/page/{name}");
        config.route(
            &path,
            web::get().to(move || async move { asset(kind, text) }),
        );
    }
}

fn asset(kind: &str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(format!("{kind}; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(text)
}
