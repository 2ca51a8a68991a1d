//! What the two sides share about HTTP: the parameters of a request in all their spellings.

mod multipart;
mod params;

pub(crate) use params::{Params, Upload};
