//! Moments of the system and dates of the language, which have no zone (D18).

use chrono::{LocalResult, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use vestnik_bsl::kernel::date::Date;

use crate::model::Moment;

/// A moment as a date in UTC, to a tenth of a millisecond.
pub(super) fn date_of(moment: Moment) -> Date {
    let seconds = moment.0.div_euclid(1_000_000);
    let part = moment.0.rem_euclid(1_000_000) / 100;
    Date::from_unix_seconds(seconds)
        .and_then(|date| Date::from_ticks(date.ticks() + part as u64))
        .unwrap_or(Date::EMPTY)
}

/// A date in the terms of chrono, to the second.
fn naive(date: Date) -> Option<NaiveDateTime> {
    let parts = date.parts();
    NaiveDate::from_ymd_opt(parts.year as i32, parts.month, parts.day)?.and_hms_opt(
        parts.hour,
        parts.minute,
        parts.second,
    )
}

/// Seconds east of UTC at a moment in UTC.
pub(super) fn offset_at_utc(zone: Tz, utc: Date) -> Option<i64> {
    let offset = zone.offset_from_utc_datetime(&naive(utc)?);
    Some(i64::from(offset.fix().local_minus_utc()))
}

/// The same at a wall-clock time: the earlier of two, and across a gap the time before it.
pub(super) fn offset_at_local(zone: Tz, local: Date) -> Option<i64> {
    let wall = naive(local)?;
    let offset = match zone.offset_from_local_datetime(&wall) {
        LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => offset,
        LocalResult::None => {
            let before = wall.checked_sub_signed(chrono::TimeDelta::hours(3))?;
            zone.offset_from_local_datetime(&before).earliest()?
        }
    };
    Some(i64::from(offset.fix().local_minus_utc()))
}

/// The moment of a wall-clock time.
pub(super) fn moment_of_local(zone: Tz, local: Date) -> Option<Moment> {
    let seconds = local.unix_seconds() - offset_at_local(zone, local)?;
    Some(Moment(seconds.checked_mul(1_000_000)?))
}
