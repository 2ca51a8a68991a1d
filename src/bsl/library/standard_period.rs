//! СтандартныйПериод: a period that is told by its name and counted from today, or given by dates.

use super::define::{choice, enumeration, native_of, native_of_mut, prop};
use super::registry::{Area, Constructor, TypeDef};
use super::shown;
use crate::kernel::date::{Date, Period};
use crate::kernel::format::{FormatString, format_period};
use crate::kernel::number::Number;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::NativeObject;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

enumeration! {
    /// ВариантСтандартногоПериода.
    PERIOD_VARIANT "ВариантСтандартногоПериода" "StandardPeriodVariant" [
        "ПроизвольныйПериод" "Custom",
        "Сегодня" "Today",
        "Вчера" "Yesterday",
        "Завтра" "Tomorrow",
        "Последние7Дней" "Last7Days",
        "Следующие7Дней" "Next7Days",
        "Месяц" "Month",
        "ЭтаНеделя" "ThisWeek",
        "ЭтаДекада" "ThisTenDays",
        "ЭтотМесяц" "ThisMonth",
        "ЭтотКвартал" "ThisQuarter",
        "ЭтоПолугодие" "ThisHalfYear",
        "ЭтотГод" "ThisYear",
        "СНачалаЭтойНедели" "FromBeginningOfThisWeek",
        "СНачалаЭтойДекады" "FromBeginningOfThisTenDays",
        "СНачалаЭтогоМесяца" "FromBeginningOfThisMonth",
        "СНачалаЭтогоКвартала" "FromBeginningOfThisQuarter",
        "СНачалаЭтогоПолугодия" "FromBeginningOfThisHalfYear",
        "СНачалаЭтогоГода" "FromBeginningOfThisYear",
        "ДоКонцаЭтойНедели" "TillEndOfThisWeek",
        "ДоКонцаЭтойДекады" "TillEndOfThisTenDays",
        "ДоКонцаЭтогоМесяца" "TillEndOfThisMonth",
        "ДоКонцаЭтогоКвартала" "TillEndOfThisQuarter",
        "ДоКонцаЭтогоПолугодия" "TillEndOfThisHalfYear",
        "ДоКонцаЭтогоГода" "TillEndOfThisYear",
        "ПрошлаяНеделя" "LastWeek",
        "ПрошлаяДекада" "LastTenDays",
        "ПрошлыйМесяц" "LastMonth",
        "ПрошлыйКвартал" "LastQuarter",
        "ПрошлоеПолугодие" "LastHalfYear",
        "ПрошлыйГод" "LastYear",
        "ПрошлаяНеделяДоТакогоЖеДняНедели" "LastWeekTillSameWeekDay",
        "ПрошлаяДекадаДоТакогоЖеНомераДня" "LastTenDaysTillSameDayNumber",
        "ПрошлыйМесяцДоТакойЖеДаты" "LastMonthTillSameDate",
        "ПрошлыйКварталДоТакойЖеДаты" "LastQuarterTillSameDate",
        "ПрошлоеПолугодиеДоТакойЖеДаты" "LastHalfYearTillSameDate",
        "ПрошлыйГодДоТакойЖеДаты" "LastYearTillSameDate",
        "СледующаяНеделя" "NextWeek",
        "СледующаяДекада" "NextTenDays",
        "СледующийМесяц" "NextMonth",
        "СледующийКвартал" "NextQuarter",
        "СледующееПолугодие" "NextHalfYear",
        "СледующийГод" "NextYear",
        "СледующаяНеделяДоТакогоЖеДняНедели" "NextWeekTillSameWeekDay",
        "СледующаяДекадаДоТакогоЖеНомераДня" "NextTenDaysTillSameDayNumber",
        "СледующийМесяцДоТакойЖеДаты" "NextMonthTillSameDate",
        "СледующийКварталДоТакойЖеДаты" "NextQuarterTillSameDate",
        "СледующееПолугодиеДоТакойЖеДаты" "NextHalfYearTillSameDate",
        "СледующийГодДоТакойЖеДаты" "NextYearTillSameDate",
    ]
}

/// The variant whose dates are given.
const CUSTOM: u16 = 0;

/// What a period is made of, in the order of each group of variants.
#[derive(Clone, Copy)]
enum Unit {
    Week,
    TenDays,
    Month,
    Quarter,
    HalfYear,
    Year,
}

const UNITS: [Unit; 6] = [
    Unit::Week,
    Unit::TenDays,
    Unit::Month,
    Unit::Quarter,
    Unit::HalfYear,
    Unit::Year,
];

/// The first variant of each group of six.
const THIS: u16 = 7;
const FROM_BEGINNING: u16 = 13;
const TILL_END: u16 = 19;
const LAST: u16 = 25;
const LAST_TILL_SAME: u16 = 31;
const NEXT: u16 = 37;
const NEXT_TILL_SAME: u16 = 43;

fn days(date: Date, days: i64) -> Option<Date> {
    date.add_seconds(&Number::from_i64(days * 86_400))
}

impl Unit {
    /// The first second of the unit around a day.
    fn start(self, day: Date) -> Option<Date> {
        let parts = day.parts();
        Some(match self {
            Unit::Week => day.start_of(Period::Week),
            Unit::TenDays => {
                let first = (parts.day.min(30) - 1) / 10 * 10 + 1;
                Date::new(parts.year, parts.month, first, 0, 0, 0)?
            }
            Unit::Month => day.start_of(Period::Month),
            Unit::Quarter => day.start_of(Period::Quarter),
            Unit::HalfYear => {
                let first = if parts.month <= 6 { 1 } else { 7 };
                Date::new(parts.year, first, 1, 0, 0, 0)?
            }
            Unit::Year => day.start_of(Period::Year),
        })
    }

    /// The first second of the unit that many units away.
    fn shifted(self, start: Date, units: i64) -> Option<Date> {
        let months = match self {
            Unit::Week => return days(start, units * 7),
            Unit::TenDays => {
                // One step at a time is enough: nothing asks for more.
                return if units > 0 {
                    let next = days(start, 10)?;
                    match start.parts().day {
                        21 => start.add_months(1)?.start_of(Period::Month).into(),
                        _ => Some(next),
                    }
                } else if units < 0 {
                    self.start(days(start, -1)?)
                } else {
                    Some(start)
                };
            }
            Unit::Month => 1,
            Unit::Quarter => 3,
            Unit::HalfYear => 6,
            Unit::Year => 12,
        };
        start.add_months(months * units)
    }

    /// The last second of the unit that begins there.
    fn end(self, start: Date) -> Option<Date> {
        self.shifted(start, 1)?.add_seconds(&Number::from_i64(-1))
    }

    /// The day of the neighbouring unit that answers to a day of this one.
    fn same_day(self, day: Date, units: i64) -> Option<Date> {
        match self {
            Unit::Week => days(day, units * 7),
            Unit::TenDays => {
                let start = self.start(day)?;
                let other = self.shifted(start, units)?;
                let number = i64::from(day.parts().day - start.parts().day);
                let found = days(other, number)?;
                // The last ten days of a month may be eight.
                Some(found.min(self.end(other)?))
            }
            Unit::Month => day.add_months(units),
            Unit::Quarter => day.add_months(3 * units),
            Unit::HalfYear => day.add_months(6 * units),
            Unit::Year => day.add_months(12 * units),
        }
    }
}

/// The bounds of a variant, counted from a moment of today.
fn bounds(variant: u16, now: Date) -> Option<(Date, Date)> {
    let day = now.start_of(Period::Day);
    let day_end = now.end_of(Period::Day);
    let of = |first: u16| UNITS[usize::from(variant - first) % UNITS.len()];
    Some(match variant {
        1 => (day, day_end),
        2 => (days(day, -1)?, days(day_end, -1)?),
        3 => (days(day, 1)?, days(day_end, 1)?),
        4 => (days(day, -6)?, day_end),
        5 => (day, days(day_end, 6)?),
        6 => (day.add_months(-1)?, day_end),
        THIS..FROM_BEGINNING => {
            let unit = of(THIS);
            let start = unit.start(day)?;
            (start, unit.end(start)?)
        }
        FROM_BEGINNING..TILL_END => (of(FROM_BEGINNING).start(day)?, day_end),
        TILL_END..LAST => {
            let unit = of(TILL_END);
            (day, unit.end(unit.start(day)?)?)
        }
        LAST..LAST_TILL_SAME => {
            let unit = of(LAST);
            let start = unit.shifted(unit.start(day)?, -1)?;
            (start, unit.end(start)?)
        }
        LAST_TILL_SAME..NEXT => {
            let unit = of(LAST_TILL_SAME);
            let start = unit.shifted(unit.start(day)?, -1)?;
            (start, unit.same_day(day, -1)?.end_of(Period::Day))
        }
        NEXT..NEXT_TILL_SAME => {
            let unit = of(NEXT);
            let start = unit.shifted(unit.start(day)?, 1)?;
            (start, unit.end(start)?)
        }
        _ => {
            let unit = of(NEXT_TILL_SAME);
            let start = unit.shifted(unit.start(day)?, 1)?;
            (start, unit.same_day(day, 1)?.end_of(Period::Day))
        }
    })
}

/// СтандартныйПериод.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct StandardPeriod {
    variant: u16,
    start: Date,
    end: Date,
}

impl StandardPeriod {
    /// The number of the variant, and the dates of a period given by dates.
    pub(super) fn parts(self) -> (u16, Date, Date) {
        (self.variant, self.start, self.end)
    }

    /// A period of its parts; `None` when there is no such variant.
    pub(super) fn of_parts(variant: u16, start: Date, end: Date) -> Option<StandardPeriod> {
        let known = usize::from(variant) < PERIOD_VARIANT.items.len();
        known.then_some(StandardPeriod {
            variant,
            start,
            end,
        })
    }

    /// The period as a value.
    pub(super) fn into_value(self, vm: &Vm<'_>) -> Value {
        vm.alloc(&STANDARD_PERIOD, Body::Native(Box::new(self)))
    }
}

impl NativeObject for StandardPeriod {
    fn presentation(&self, vm: &Vm<'_>) -> Option<String> {
        Some(if self.variant == CUSTOM {
            format_period(self.start, self.end, &FormatString::default(), vm.locale())
        } else {
            shown::item_text(&PERIOD_VARIANT, self.variant, vm.locale()).into_owned()
        })
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        let other = other.downcast_ref::<StandardPeriod>()?;
        Some(self.variant == other.variant && (self.variant != CUSTOM || self == other))
    }

    fn content_hash(&self) -> Option<u64> {
        Some(u64::from(self.variant))
    }

    /// A period given by empty dates is not filled.
    fn count(&self) -> Option<usize> {
        let filled = self.variant != CUSTOM || !self.start.is_empty() || !self.end.is_empty();
        Some(usize::from(filled))
    }
}

/// СтандартныйПериод.
pub static STANDARD_PERIOD: TypeDef = TypeDef {
    ru: "СтандартныйПериод",
    en: "StandardPeriod",
    new: Some(Constructor {
        params: "ВариантИлиДатаНачала?, ДатаОкончания?",
        call: |vm, args| {
            let mut period = StandardPeriod {
                variant: CUSTOM,
                start: Date::EMPTY,
                end: Date::EMPTY,
            };
            if matches!(args[0], Value::Enum(..)) {
                period.variant = choice(&args[0], &PERIOD_VARIANT, 1)?.unwrap_or(CUSTOM);
            } else {
                period.start = date_of(&args[0], 1)?;
                period.end = date_of(&args[1], 2)?;
            }
            Ok(vm.alloc(&STANDARD_PERIOD, Body::Native(Box::new(period))))
        },
    }),
    methods: &[],
    props: &[
        prop!("Вариант" "Variant"
        |_, this| {
            Ok(Value::Enum(native_of::<StandardPeriod>(this, 1)?.variant, &PERIOD_VARIANT))
        },
        |vm, this, value| {
            let variant = choice(&value, &PERIOD_VARIANT, 1)?.ok_or_else(|| Fault::param(1))?;
            // The dates of the period stay what they were when it becomes an arbitrary one.
            let (start, end) = dates(vm, this)?;
            let mut period = native_of_mut::<StandardPeriod>(this, 1)?;
            *period = StandardPeriod { variant, start, end };
            Ok(())
        }),
        prop!("ДатаНачала" "StartDate"
        |vm, this| Ok(Value::Date(dates(vm, this)?.0)),
        |vm, this, value| {
            let start = date_of(&value, 1)?;
            let (_, end) = dates(vm, this)?;
            let mut period = native_of_mut::<StandardPeriod>(this, 1)?;
            *period = StandardPeriod { variant: CUSTOM, start, end };
            Ok(())
        }),
        prop!("ДатаОкончания" "EndDate"
        |vm, this| Ok(Value::Date(dates(vm, this)?.1)),
        |vm, this, value| {
            let end = date_of(&value, 1)?;
            let (start, _) = dates(vm, this)?;
            let mut period = native_of_mut::<StandardPeriod>(this, 1)?;
            *period = StandardPeriod { variant: CUSTOM, start, end };
            Ok(())
        }),
    ],
};

/// Standard periods.
pub static AREA: Area = Area {
    title: "Стандартный период",
    functions: &[],
    types: &[&STANDARD_PERIOD],
    enums: &[&PERIOD_VARIANT],
};

fn date_of(value: &Value, number: u8) -> Result<Date, Fault> {
    match value {
        Value::Date(date) => Ok(*date),
        Value::Missing | Value::Undefined => Ok(Date::EMPTY),
        _ => Err(Fault::param(number)),
    }
}

fn dates(vm: &mut Vm<'_>, this: &Value) -> Result<(Date, Date), Fault> {
    let period = *native_of::<StandardPeriod>(this, 1)?;
    if period.variant == CUSTOM {
        return Ok((period.start, period.end));
    }
    let now = super::dates::now(vm);
    bounds(period.variant, now).ok_or_else(|| Message::DateRange.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variant: &str, today: &str, expected: &str) {
        let item = PERIOD_VARIANT
            .items
            .iter()
            .position(|(ru, _)| *ru == variant);
        let item = item.unwrap_or_else(|| panic!("{variant}")) as u16;
        let now = Date::parse_digits(today).unwrap();
        let (start, end) = bounds(item, now).unwrap();
        let text = format!("{} - {}", start.to_1c_text(), end.to_1c_text());
        let text = text.replace(" 0:00:00", "").replace(" 23:59:59", "");
        assert_eq!(text, expected, "{variant} {today}");
    }

    #[test]
    fn periods() {
        for (variant, expected) in [
            ("Сегодня", "29.02.2024 - 29.02.2024"),
            ("Вчера", "28.02.2024 - 28.02.2024"),
            ("Завтра", "01.03.2024 - 01.03.2024"),
            ("Последние7Дней", "23.02.2024 - 29.02.2024"),
            ("Следующие7Дней", "29.02.2024 - 06.03.2024"),
            ("Месяц", "29.01.2024 - 29.02.2024"),
            ("ЭтаНеделя", "26.02.2024 - 03.03.2024"),
            ("ЭтаДекада", "21.02.2024 - 29.02.2024"),
            ("ЭтотМесяц", "01.02.2024 - 29.02.2024"),
            ("ЭтотКвартал", "01.01.2024 - 31.03.2024"),
            ("ЭтоПолугодие", "01.01.2024 - 30.06.2024"),
            ("ЭтотГод", "01.01.2024 - 31.12.2024"),
            ("СНачалаЭтойНедели", "26.02.2024 - 29.02.2024"),
            ("СНачалаЭтогоКвартала", "01.01.2024 - 29.02.2024"),
            ("ДоКонцаЭтогоМесяца", "29.02.2024 - 29.02.2024"),
            ("ДоКонцаЭтогоГода", "29.02.2024 - 31.12.2024"),
            ("ПрошлаяНеделя", "19.02.2024 - 25.02.2024"),
            ("ПрошлаяДекада", "11.02.2024 - 20.02.2024"),
            ("ПрошлыйМесяц", "01.01.2024 - 31.01.2024"),
            ("ПрошлоеПолугодие", "01.07.2023 - 31.12.2023"),
            (
                "ПрошлаяНеделяДоТакогоЖеДняНедели",
                "19.02.2024 - 22.02.2024",
            ),
            (
                "ПрошлаяДекадаДоТакогоЖеНомераДня",
                "11.02.2024 - 19.02.2024",
            ),
            ("ПрошлыйМесяцДоТакойЖеДаты", "01.01.2024 - 29.01.2024"),
            ("ПрошлыйКварталДоТакойЖеДаты", "01.10.2023 - 29.11.2023"),
            ("ПрошлыйГодДоТакойЖеДаты", "01.01.2023 - 28.02.2023"),
            ("СледующаяНеделя", "04.03.2024 - 10.03.2024"),
            ("СледующаяДекада", "01.03.2024 - 10.03.2024"),
            ("СледующийМесяц", "01.03.2024 - 31.03.2024"),
            ("СледующийКвартал", "01.04.2024 - 30.06.2024"),
            ("СледующийГодДоТакойЖеДаты", "01.01.2025 - 28.02.2025"),
        ] {
            check(variant, "20240229153000", expected);
        }
        check("ЭтаДекада", "20240131", "21.01.2024 - 31.01.2024");
        check(
            "СледующаяДекадаДоТакогоЖеНомераДня",
            "20240220",
            "21.02.2024 - 29.02.2024",
        );
        check("ПрошлоеПолугодие", "20240701", "01.01.2024 - 30.06.2024");
    }
}
