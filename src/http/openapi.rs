//! The description of the control endpoint (OpenAPI 3.1): the operations and answers describe
//! themselves where they stand, this file adds what they share.

use actix_web::get;
use actix_web::web::{Data, Json};
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::problem::Problem;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vestnik",
        description = "Управление ботами: состояние, включение, почему бот так ответил.",
    ),
    components(schemas(Problem)),
    modifiers(&Token),
)]
struct Shared;

/// The Bearer token.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Document) {
        let mut token = Http::new(HttpAuthScheme::Bearer);
        token.description = Some("Создаётся командой vestnik token create".to_owned());
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// What all operations share, to which each adds itself when it is registered.
pub fn shared() -> Document {
    Shared::openapi()
}

/// Open, for it holds no data.
#[utoipa::path(
    operation_id = "openapi",
    summary = "Описание этих операций",
    responses((status = 200, description = "Документ OpenAPI 3.1", body = Object)),
)]
#[get("/api/v1/openapi.json")]
pub async fn show(document: Data<Document>) -> Json<Data<Document>> {
    Json(document)
}
