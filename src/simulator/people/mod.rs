//! The people's side: they write, press, edit, block and move their groups; and their addresses.

mod events;
mod press;
mod routes;
mod say;
mod standing;
mod writing;

pub use press::{Press, Pressed};
pub(crate) use routes::routes;
pub use say::Say;
