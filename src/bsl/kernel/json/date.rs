//! Dates in JSON: ЗаписатьДатуJSON and ПрочитатьДатуJSON.

use crate::kernel::date::Date;
use crate::kernel::number::Number;

/// ФорматДатыJSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonDateFormat {
    /// ISO: 2024-01-02T03:04:05Z.
    #[default]
    Iso,
    /// Microsoft: /Date(1704164645000)/.
    Microsoft,
    /// JavaScript: new Date(1704164645000).
    JavaScript,
}

/// ВариантЗаписиДатыJSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonDateVariant {
    /// УниверсальнаяДата.
    #[default]
    Universal,
    /// ЛокальнаяДата.
    Local,
    /// ЛокальнаяДатаСоСмещением.
    LocalWithOffset,
}

/// A date as a text tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonMoment {
    /// Written with a zone, given here in universal time; the caller makes it local.
    Universal(Date),
    /// Written without a zone: local as it is.
    Local(Date),
}

/// The text of a local date whose zone is `shift` seconds ahead of universal time. The milliseconds
/// of Microsoft and JavaScript are universal whatever the variant. A universal date past the ends of
/// the calendar is its end, as in 1C.
#[must_use]
pub fn write_json_date(
    date: Date,
    shift: i32,
    format: JsonDateFormat,
    variant: JsonDateVariant,
) -> String {
    let universal = date
        .add_seconds(&Number::from_i64(-i64::from(shift)))
        .unwrap_or(if shift > 0 { Date::EMPTY } else { date });
    let sign = if shift < 0 { '-' } else { '+' };
    let (hours, minutes) = (shift.unsigned_abs() / 3600, shift.unsigned_abs() / 60 % 60);
    match (format, variant) {
        (JsonDateFormat::Iso, JsonDateVariant::Universal) => {
            format!("{}Z", universal.to_xml_text())
        }
        (JsonDateFormat::Iso, JsonDateVariant::Local) => date.to_xml_text(),
        (JsonDateFormat::Iso, JsonDateVariant::LocalWithOffset) => {
            format!("{}{sign}{hours:02}:{minutes:02}", date.to_xml_text())
        }
        (JsonDateFormat::Microsoft, _) => format!("/Date({})/", universal.unix_seconds() * 1000),
        (JsonDateFormat::JavaScript, _) => {
            format!("new Date({})", universal.unix_seconds() * 1000)
        }
    }
}

/// The moment that a text tells in the format; `None` when it is none.
#[must_use]
pub fn read_json_date(text: &str, format: JsonDateFormat) -> Option<JsonMoment> {
    let text = text.trim();
    let milliseconds = match format {
        JsonDateFormat::Iso => {
            let (date, shift) = Date::parse_xml(text)?;
            return match shift {
                None => Some(JsonMoment::Local(date.whole_seconds())),
                Some(shift) => {
                    let universal = date.add_seconds(&Number::from_i64(-i64::from(shift)))?;
                    Some(JsonMoment::Universal(universal.whole_seconds()))
                }
            };
        }
        JsonDateFormat::Microsoft => {
            let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
            // The offset only tells where it was written; the milliseconds are universal.
            let end = inner
                .get(1..)?
                .find(['+', '-'])
                .map_or(inner.len(), |at| at + 1);
            &inner[..end]
        }
        JsonDateFormat::JavaScript => text
            .strip_prefix("new Date(")
            .and_then(|inner| inner.strip_suffix(')'))?,
    };
    let milliseconds: i64 = milliseconds.trim().parse().ok()?;
    Date::from_unix_seconds(milliseconds.div_euclid(1000)).map(JsonMoment::Universal)
}
