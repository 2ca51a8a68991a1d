//! Presentations of numbers and periods in words: ЧислоПрописью, СтрокаСЧислом, ПредставлениеПериода.

use super::define::{enumeration, function};
use super::registry::Area;
use crate::kernel::format::{FormatString, format_period};
use crate::kernel::numerals::{number_in_words, string_with_number};
use crate::value::Value;
use crate::value::paid::Paid;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// Presentations in words.
pub static AREA: Area = Area {
    title: "Представления прописью",
    functions: &[
        function!("ЧислоПрописью" "NumberInWords" ("Число, ФорматнаяСтрока?, ПараметрыПредметаИсчисления?") true in_words),
        function!("СтрокаСЧислом" "StringWithNumber" ("Строка, Число, ВидЧисловогоЗначения?, ФорматнаяСтрока?") true with_number),
        function!("ПредставлениеПериода" "PeriodPresentation" ("ДатаНачала, ДатаОкончания, ФорматнаяСтрока?") true period),
    ],
    types: &[],
    enums: &[&NUMBER_KIND],
};

enumeration!(
    /// ВидЧисловогоЗначения.
    NUMBER_KIND "ВидЧисловогоЗначения" "NumericValueType" [
        "Количественное" "Cardinal",
        "Порядковое" "Ordinal",
    ]
);

fn format_string(vm: &mut Vm<'_>, value: &Value) -> Result<FormatString, Fault> {
    match value {
        Value::Missing | Value::Undefined => Ok(FormatString::default()),
        value => parsed(vm, value),
    }
}

/// A format string. What it makes of a value is some times as long as the string at most.
pub(super) fn parsed(vm: &mut Vm<'_>, value: &Value) -> Result<FormatString, Fault> {
    let text = vm.text(value);
    if text.len() > FORMAT_LONG {
        vm.charge_work(text.len() * 8)?;
        vm.reserve(text.len() * 8)?;
    }
    Ok(FormatString::parse(&text))
}

/// Bytes of a format string that are paid for by themselves; shorter ones are part of the call.
const FORMAT_LONG: usize = 1024;

fn in_words(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let number = vm.to_number(&args[0])?;
    let format = format_string(vm, &args[1])?;
    let counted = if args[2].is_missing() {
        String::new()
    } else {
        vm.text(&args[2])
    };
    vm.charge_work(counted.len())?;
    vm.reserve(counted.len() * 3)?;
    match number_in_words(&number, &format, &counted, vm.locale()) {
        Some(words) => Ok(words.into()),
        None => Err(Fault::text(
            "ЧислоПрописью: в целой части числа больше 36 цифр",
        )),
    }
}

fn with_number(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let forms = vm.text(&args[0]);
    vm.charge_work(forms.len() * 4)?;
    let number = vm.to_number(&args[1])?;
    let ordinal = matches!(&args[2], Value::Enum(1, list) if std::ptr::eq(*list, &NUMBER_KIND));
    let format = format_string(vm, &args[3])?;
    let (form, shown) = string_with_number(&forms, &number, ordinal, &format, vm.locale());
    let mut text = Paid::new();
    for (at, part) in form.split("%1").enumerate() {
        vm.charge_work(shown.len() + part.len())?;
        if at > 0 {
            text.push_str(&shown)?;
        }
        text.push_str(part)?;
    }
    Ok(text.into_value())
}

fn period(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (start, end) = (vm.to_date(&args[0])?, vm.to_date(&args[1])?);
    let format = format_string(vm, &args[2])?;
    Ok(format_period(start, end, &format, vm.locale()).into())
}
