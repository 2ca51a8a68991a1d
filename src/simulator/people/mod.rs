//! The people's side: they write, press, edit, block and move their groups; and their addresses.

mod changing;
mod events;
mod press;
mod routes;
mod say;
mod standing;
mod suggestions;
mod writing;

/// Where somebody is who does not say where: latitude and longitude of Moscow.
const SAMPLE_PLACE: (f64, f64) = (55.751_244, 37.618_423);

pub use press::{Press, Pressed};
pub(crate) use routes::routes;
pub use say::{Attachment, Forward, Say, Via};
pub use suggestions::Suggestions;
