//! Functions of dates.

use super::define::function;
use super::registry::Area;
use crate::kernel::date::{Date, Period};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

/// Dates.
pub static AREA: Area = Area {
    title: "Даты",
    functions: &[
        function!("ТекущаяДата" "CurrentDate" ("") true current),
        function!("ТекущаяДатаСеанса" "CurrentSessionDate" ("") true current),
        function!("ТекущаяУниверсальнаяДата" "CurrentUniversalDate" ("") true current_utc),
        function!("ТекущаяУниверсальнаяДатаВМиллисекундах" "CurrentUniversalDateInMilliseconds" ("") true milliseconds),
        function!("Год" "Year" ("Дата") true |vm, args| part(vm, args, |date| date.parts().year)),
        function!("Месяц" "Month" ("Дата") true |vm, args| part(vm, args, |date| date.parts().month)),
        function!("День" "Day" ("Дата") true |vm, args| part(vm, args, |date| date.parts().day)),
        function!("Час" "Hour" ("Дата") true |vm, args| part(vm, args, |date| date.parts().hour)),
        function!("Минута" "Minute" ("Дата") true |vm, args| part(vm, args, |date| date.parts().minute)),
        function!("Секунда" "Second" ("Дата") true |vm, args| part(vm, args, |date| date.parts().second)),
        function!("ДеньНедели" "WeekDay" ("Дата") true |vm, args| part(vm, args, Date::weekday)),
        function!("ДеньГода" "DayOfYear" ("Дата") true |vm, args| part(vm, args, Date::day_of_year)),
        function!("НеделяГода" "WeekOfYear" ("Дата") true |vm, args| part(vm, args, Date::week_of_year)),
        function!("НачалоМинуты" "BegOfMinute" ("Дата") true |vm, args| start(vm, args, Period::Minute)),
        function!("НачалоЧаса" "BegOfHour" ("Дата") true |vm, args| start(vm, args, Period::Hour)),
        function!("НачалоДня" "BegOfDay" ("Дата") true |vm, args| start(vm, args, Period::Day)),
        function!("НачалоНедели" "BegOfWeek" ("Дата") true |vm, args| start(vm, args, Period::Week)),
        function!("НачалоМесяца" "BegOfMonth" ("Дата") true |vm, args| start(vm, args, Period::Month)),
        function!("НачалоКвартала" "BegOfQuarter" ("Дата") true |vm, args| start(vm, args, Period::Quarter)),
        function!("НачалоГода" "BegOfYear" ("Дата") true |vm, args| start(vm, args, Period::Year)),
        function!("КонецМинуты" "EndOfMinute" ("Дата") true |vm, args| end(vm, args, Period::Minute)),
        function!("КонецЧаса" "EndOfHour" ("Дата") true |vm, args| end(vm, args, Period::Hour)),
        function!("КонецДня" "EndOfDay" ("Дата") true |vm, args| end(vm, args, Period::Day)),
        function!("КонецНедели" "EndOfWeek" ("Дата") true |vm, args| end(vm, args, Period::Week)),
        function!("КонецМесяца" "EndOfMonth" ("Дата") true |vm, args| end(vm, args, Period::Month)),
        function!("КонецКвартала" "EndOfQuarter" ("Дата") true |vm, args| end(vm, args, Period::Quarter)),
        function!("КонецГода" "EndOfYear" ("Дата") true |vm, args| end(vm, args, Period::Year)),
        function!("ДобавитьМесяц" "AddMonth" ("Дата, ЧислоМесяцев") true add_month),
    ],
    types: &[],
    enums: &[],
};

fn current(vm: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::Date(now(vm)))
}

/// The moment on the clock of the session, in whole seconds.
pub(super) fn now(vm: &mut Vm<'_>) -> Date {
    let utc = vm.host().now_utc().whole_seconds();
    let offset = vm.host().zone_offset_utc(utc, None).unwrap_or(0);
    let local = utc.unix_seconds().saturating_add(offset);
    Date::from_unix_seconds(local).unwrap_or(Date::EMPTY)
}

fn current_utc(vm: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::Date(vm.host().now_utc().whole_seconds()))
}

fn milliseconds(vm: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::Int(vm.host().milliseconds()))
}

fn part(vm: &mut Vm<'_>, args: &mut [Value], get: impl Fn(Date) -> u32) -> Result<Value, Fault> {
    Ok(Value::Int(i64::from(get(vm.to_date(&args[0])?))))
}

fn start(vm: &mut Vm<'_>, args: &mut [Value], period: Period) -> Result<Value, Fault> {
    Ok(Value::Date(vm.to_date(&args[0])?.start_of(period)))
}

fn end(vm: &mut Vm<'_>, args: &mut [Value], period: Period) -> Result<Value, Fault> {
    Ok(Value::Date(vm.to_date(&args[0])?.end_of(period)))
}

fn add_month(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let months = vm.to_int(&args[1])?;
    vm.to_date(&args[0])?
        .add_months(months)
        .map(Value::Date)
        .ok_or_else(|| Message::DateRange.into())
}
