//! Places of failures that were told of a moment ago.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::model::Moment;

/// A place that the database was asked about is not looked at again for so long, µs: an algorithm that
/// fails for everybody must not look through all registrations each time.
const ASKED_MICROS: i64 = 60 * 1_000_000;
/// Places that are remembered; with more the memory begins anew.
const PLACES_MAX: usize = 10_000;

/// The places that were told of a moment ago. Only spares work: the rows are what counts.
#[derive(Default)]
pub struct RecentPlaces(Mutex<HashMap<String, Moment>>);

impl RecentPlaces {
    /// A commit has asked whether the place is to be told of.
    pub fn asked(&self, place: &str, now: Moment) {
        let mut places = self.0.lock();
        if places.len() >= PLACES_MAX {
            places.clear();
        }
        places.insert(place.to_owned(), now);
    }

    /// Whether it was asked about a moment ago.
    pub fn is_quiet(&self, place: &str, now: Moment) -> bool {
        let asked = self.0.lock().get(place).copied();
        asked.is_some_and(|at| (0..ASKED_MICROS).contains(&now.micros_since(at)))
    }
}
