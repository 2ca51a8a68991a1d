//! `[organisation]`: what holds for all bots of the organisation.

use std::path::PathBuf;

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::layers::Section;
use super::values::{parse_time_of_day, parse_time_zone};
use crate::model::{Locale, Word};

/// The organisation as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrganisationSettings {
    /// A folder of files that is applied at start when it changed.
    pub dir: Option<PathBuf>,
    /// Nobody is told of the registrations in the files (as `vestnik apply --quiet`). No key of a file:
    /// rehearsals and the demo set it.
    pub quiet: bool,
    /// Its time zone.
    pub time_zone: Tz,
    /// The language of a bot that does not name one.
    pub locale: Locale,
    /// The end of the working day: the time of a deadline without one (D17).
    pub day_end: NaiveTime,
}

impl OrganisationSettings {
    /// Moscow.
    pub const TIME_ZONE: Tz = Tz::Europe__Moscow;
    /// Russian.
    pub const LOCALE: Locale = Locale::Ru;
    /// Hours and minutes of the end of the day.
    pub const DAY_END: (u32, u32) = (18, 0);
}

impl Default for OrganisationSettings {
    fn default() -> Self {
        let (hour, minute) = Self::DAY_END;
        OrganisationSettings {
            dir: None,
            quiet: false,
            time_zone: Self::TIME_ZONE,
            locale: Self::LOCALE,
            day_end: NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default(),
        }
    }
}

impl OrganisationSettings {
    pub(super) fn fill(&mut self, section: &Section<'_, '_>) {
        section.text("dir", |text, origin| {
            self.dir = (!text.is_empty()).then(|| section.path(text, &origin));
        });
        section.text("time_zone", |text, origin| match parse_time_zone(&text) {
            Ok(zone) => self.time_zone = zone,
            Err(hint) => section.fail(
                origin,
                "bad-time-zone",
                format!("«time_zone»: неизвестный часовой пояс «{text}»"),
                &hint,
            ),
        });
        section.text("locale", |text, origin| match Locale::from_word(&text) {
            Some(locale) => self.locale = locale,
            None => section.fail(
                origin,
                "bad-locale",
                format!("«locale»: неизвестный язык «{text}»"),
                "напишите ru или en",
            ),
        });
        section.text("day_end", |text, origin| match parse_time_of_day(&text) {
            Some(time) => self.day_end = time,
            None => section.fail(
                origin,
                "bad-time-of-day",
                format!("«day_end»: непонятное время «{text}»"),
                "напишите часы и минуты: 18:00",
            ),
        });
        section.finish();
    }
}
