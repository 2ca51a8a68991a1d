//! Values that settings and the files of the organisation write in the same form.

use chrono::NaiveTime;
use chrono_tz::Tz;

use crate::model::nearest;

/// Reads an IANA name of a time zone.
///
/// # Errors
/// What to do: the nearest name, or an example.
pub fn parse_time_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| {
        match nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
            Some(near) => format!("возможно, имелось в виду \"{near}\""),
            None => "напишите имя из базы IANA: Europe/Moscow, Asia/Yekaterinburg".to_owned(),
        }
    })
}

/// Reads `18:00`.
pub(super) fn parse_time_of_day(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| {
        (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(hour) || !digits(minute) || minute.len() != 2 {
        return None;
    }
    NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)
}
