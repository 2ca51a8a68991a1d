//! What the sides share about HTTP: who may ask, and the parameters of a request in all their
//! spellings.

pub(crate) mod guard;
mod multipart;
mod params;

pub(crate) use params::{Params, Upload};
