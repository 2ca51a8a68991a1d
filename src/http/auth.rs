//! Who asks: the Bearer token of a request and what it may do.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};

use super::problem::Problem;
use crate::http::Scope;
use crate::runtime::NodeView;
use crate::store::tokens::{self, ApiToken};

/// The token of a request, known and not revoked.
pub struct Caller(ApiToken);

impl Caller {
    /// Refuses a caller without this right.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if scope.is_in(&self.0.scopes) {
            Ok(())
        } else {
            Err(Problem::forbidden(scope.as_str()))
        }
    }

    /// The token's name, for the log.
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Caller, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| {
                value
                    .strip_prefix("Bearer ")
                    .or_else(|| value.strip_prefix("bearer "))
            })
            .map(|token| token.trim().to_owned());
        let view = request.app_data::<web::Data<NodeView>>().cloned();
        Box::pin(async move {
            let (Some(token), Some(view)) = (token, view) else {
                return Err(Problem::unauthorised());
            };
            let found = view
                .store()
                .read(move |conn| tokens::find(conn, &token))
                .await;
            match found {
                Ok(Some(info)) => Ok(Caller(info)),
                Ok(None) => Err(Problem::unauthorised()),
                Err(error) => Err(Problem::store(&error)),
            }
        })
    }
}
