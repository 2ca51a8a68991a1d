//! The people's side: they write, press, edit, block and move their groups; and their addresses.

mod changing;
mod control;
mod events;
mod press;
mod routes;
mod say;
mod standing;
mod suggestions;
mod writing;

pub use press::{Press, Pressed};
pub use say::{Attachment, Forward, Say, Via};
pub use suggestions::Suggestions;

/// Where somebody is who does not say where: latitude and longitude of Moscow.
const SAMPLE_PLACE: (f64, f64) = (55.751_244, 37.618_423);

/// All addresses of this side.
pub(crate) fn routes(config: &mut actix_web::web::ServiceConfig) {
    routes::routes(config);
    control::routes(config);
}
