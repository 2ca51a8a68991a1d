//! Time zones: МестноеВремя, УниверсальноеВремя and their kin. The zone of a run is the host's.

use super::define::function;
use super::registry::Area;
use crate::kernel::date::Date;
use crate::kernel::number::Number;
use crate::kernel::timezone::Zone;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

/// Time zones.
pub static AREA: Area = Area {
    title: "Часовые пояса",
    functions: &[
        function!("МестноеВремя" "ToLocalTime" ("УниверсальноеВремя, ЧасовойПояс?") true to_local),
        function!("УниверсальноеВремя" "ToUniversalTime" ("МестноеВремя, ЧасовойПояс?") true to_universal),
        function!("ЧасовойПояс" "TimeZone" ("") true |vm, _| Ok(vm.host().zone().into())),
        function!("ЧасовойПоясСеанса" "SessionTimeZone" ("") true |vm, _| Ok(vm.host().zone().into())),
        function!("ПолучитьДопустимыеЧасовыеПояса" "GetAvailableTimeZones" ("") true |vm, _| {
            let names: Vec<Value> = Zone::names().map(Value::str).collect();
            vm.reserve(names.len() * 64)?;
            vm.charge_work(names.len() * 16)?;
            Ok(vm.new_array(names))
        }),
        function!("ПредставлениеЧасовогоПояса" "TimeZonePresentation" ("ЧасовойПояс") true |vm, args| {
            Ok(named_zone(vm, &args[0])?.name().into())
        }),
        function!("СмещениеСтандартногоВремени" "StandardTimeOffset" ("ЧасовойПояс?, УниверсальноеВремя?") true |vm, args| {
            let utc = moment(vm, &args[1])?;
            Ok(Value::Int(match zone_of(vm, &args[0])? {
                Some(zone) => i64::from(zone.standard_shift_at(utc)),
                // Of a zone that only the host knows the whole shift is taken for the standard one.
                None => vm.host().zone_offset_utc(utc, None).unwrap_or(0),
            }))
        }),
        function!("СмещениеЛетнегоВремени" "DaylightTimeOffset" ("ЧасовойПояс?, УниверсальноеВремя?") true |vm, args| {
            let utc = moment(vm, &args[1])?;
            let zone = zone_of(vm, &args[0])?;
            Ok(Value::Int(zone.map_or(0, |zone| i64::from(zone.summer_shift_at(utc)))))
        }),
    ],
    types: &[],
    enums: &[],
};

fn zone_name(vm: &Vm<'_>, value: &Value) -> Option<String> {
    match value {
        Value::Missing | Value::Undefined => None,
        value => Some(vm.text(value)).filter(|name| !name.is_empty()),
    }
}

fn unknown_zone(name: &str) -> Fault {
    Fault::text(format!(
        "Неизвестный часовой пояс «{name}»: нужно имя вида «Europe/Moscow» или «GMT+3»"
    ))
}

/// The zone that a name stands for; without a name it is the host's affair.
fn named(vm: &Vm<'_>, value: &Value) -> Result<Option<Zone>, Fault> {
    match zone_name(vm, value) {
        None => Ok(None),
        Some(name) => Zone::parse(&name)
            .map(Some)
            .ok_or_else(|| unknown_zone(&name)),
    }
}

fn to_local(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let utc = vm.to_date(&args[0])?;
    let shift = match named(vm, &args[1])? {
        Some(zone) => i64::from(zone.shift_at(utc)),
        None => vm.host().zone_offset_utc(utc, None).unwrap_or(0),
    };
    shifted(utc, shift)
}

fn to_universal(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let local = vm.to_date(&args[0])?;
    let shift = match named(vm, &args[1])? {
        Some(zone) => i64::from(zone.shift_at_local(local)),
        None => vm.host().zone_offset_local(local, None).unwrap_or(0),
    };
    shifted(local, -shift)
}

fn shifted(date: Date, seconds: i64) -> Result<Value, Fault> {
    let shifted = date.add_seconds(&Number::from_i64(seconds));
    shifted
        .map(Value::Date)
        .ok_or_else(|| Message::DateRange.into())
}

fn named_zone(vm: &mut Vm<'_>, value: &Value) -> Result<Zone, Fault> {
    match zone_of(vm, value)? {
        Some(zone) => Ok(zone),
        None => Err(unknown_zone(&vm.host().zone())),
    }
}

/// The zone of a name, or of the session; `None` when the session's has no name that is known.
fn zone_of(vm: &mut Vm<'_>, value: &Value) -> Result<Option<Zone>, Fault> {
    Ok(match named(vm, value)? {
        Some(zone) => Some(zone),
        None => Zone::parse(&vm.host().zone()),
    })
}

fn moment(vm: &mut Vm<'_>, value: &Value) -> Result<Date, Fault> {
    match value {
        Value::Missing | Value::Undefined => Ok(vm.host().now_utc()),
        value => vm.to_date(value),
    }
}
