//! Conversions by name, ЗначениеЗаполнено, Формат, Выполнить's sister Вычислить.

use super::define::function;
use super::presentation::parsed;
use super::registry::Area;
use crate::kernel::date::Date;
use crate::kernel::format::{FormatString, format_boolean, format_date, format_number};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

/// Conversions.
pub static AREA: Area = Area {
    title: "Преобразование значений",
    functions: &[
        function!("Число" "Number" ("Значение") true number),
        function!("Строка" "String" ("Значение") true string),
        function!("Булево" "Boolean" ("Значение") true boolean),
        function!("Дата" "Date" ("СтрокаИлиГод, Месяц?, День?, Час?, Минута?, Секунда?") true date),
        function!("ЗначениеЗаполнено" "ValueIsFilled" ("Значение") true is_filled),
        function!("Формат" "Format" ("Значение, ФорматнаяСтрока?") true format),
        function!("Вычислить" "Eval" ("Выражение") true evaluate),
    ],
    types: &[],
    enums: &[],
};

fn number(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    Ok(vm.to_number(&args[0])?.into())
}

fn string(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].is_str() {
        return Ok(std::mem::take(&mut args[0]));
    }
    Ok(vm.text_value(&args[0]))
}

fn boolean(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    Ok(vm.to_bool(&args[0])?.into())
}

fn date(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    if args[1].is_missing() {
        return Ok(Value::Date(vm.to_date(&args[0])?));
    }
    let mut parts = [0u32; 6];
    for (at, (part, arg)) in parts.iter_mut().zip(&*args).enumerate() {
        if arg.is_missing() {
            if at < 3 {
                return Err(Message::TooFewArguments.into());
            }
            continue;
        }
        *part = u32::try_from(vm.to_int(arg)?).map_err(|_| Fault::from(Message::NotADate))?;
    }
    let [year, month, day, hour, minute, second] = parts;
    Date::new(year, month, day, hour, minute, second)
        .map(Value::Date)
        .ok_or_else(|| Message::NotADate.into())
}

fn is_filled(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let filled = args[0].is_filled();
    if !filled {
        // Only blanks are gone over to the end.
        vm.charge_work(args[0].long_units())?;
    }
    Ok(filled.into())
}

fn format(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let locale = vm.locale();
    if !args[1].is_missing() && args[1].long_units() == 0 {
        // Whole numbers without groups are what most programs ask for.
        let text = vm.text(&args[1]);
        if let (Value::Int(int), "ЧГ=0" | "ЧГ=" | "NG=0" | "NG=") = (&args[0], text.as_str())
            && *int != 0
        {
            return Ok(int.to_string().into());
        }
    }
    let format = if args[1].is_missing() {
        FormatString::default()
    } else {
        parsed(vm, &args[1])?
    };
    let result = match &args[0] {
        Value::Int(_) | Value::Dec(..) | Value::Big(_) => {
            format_number(&vm.to_number(&args[0])?, &format, locale)
        }
        Value::Date(date) => format_date(*date, &format, locale),
        Value::Bool(value) => format_boolean(*value, &format, locale),
        Value::Undefined | Value::Null => String::new(),
        value => return Ok(vm.text_value(value)),
    };
    Ok(result.into())
}

/// The checker turns a call of this name into an instruction; by another way it cannot be reached.
fn evaluate(_: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Err(Message::NotAvailable("Вычислить".into()).into())
}
