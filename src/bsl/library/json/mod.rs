//! JSON: ЧтениеJSON and ЗаписьJSON token by token (`reader.rs`, `writer.rs`), ПрочитатьJSON and
//! ЗаписатьJSON whole values (`load.rs`, `save.rs`), dates here.

mod load;
mod reader;
mod save;
#[cfg(test)]
mod tests;
mod writer;

use super::define::{choice, enumeration, function, is_left_out, said, string_of};
use super::registry::Area;
use crate::kernel::date::Date;
use crate::kernel::json::{
    JsonDateFormat, JsonDateVariant, JsonMoment, read_json_date, write_json_date,
};
use crate::kernel::number::Number;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

enumeration! {
    /// ФорматДатыJSON.
    DATE_FORMAT "ФорматДатыJSON" "JSONDateFormat" [
        "ISO" "ISO",
        "JavaScript" "JavaScript",
        "Microsoft" "Microsoft",
    ]
}

enumeration! {
    /// ВариантЗаписиДатыJSON.
    DATE_VARIANT "ВариантЗаписиДатыJSON" "JSONDateWritingVariant" [
        "ЛокальнаяДата" "LocalDate",
        "ЛокальнаяДатаСоСмещением" "LocalDateWithOffset",
        "УниверсальнаяДата" "UniversalDate",
    ]
}

/// JSON.
pub static AREA: Area = Area {
    title: "JSON",
    functions: &[
        function!("ПрочитатьJSON" "ReadJSON"
            ("ЧтениеJSON, ПрочитатьВСоответствие?, ИменаСвойствСоЗначениямиДата?, ОжидаемыйФорматДаты?, ИмяФункцииВосстановления?, МодульФункцииВосстановления?, ДополнительныеПараметрыФункцииВосстановления?, ИменаСвойствДляОбработкиВосстановления?, МаксимальнаяВложенность?")
            true load::read_json),
        function!("ЗаписатьJSON" "WriteJSON"
            ("ЗаписьJSON, Значение, НастройкиСериализации?, ИмяФункцииПреобразования?, МодульФункцииПреобразования?, ДополнительныеПараметрыФункцииПреобразования?")
            false save::write_json),
        function!("ПрочитатьДатуJSON" "ReadJSONDate" ("Строка, Формат") true |vm, args| {
            let text = string_of(&args[0], 1)?;
            let format = date_format(&args[1], 2)?;
            Ok(Value::Date(read_date(vm, &text, format)?))
        }),
        function!("ЗаписатьДатуJSON" "WriteJSONDate" ("Дата, Формат, Вариант?") true |vm, args| {
            let Value::Date(date) = args[0] else {
                return Err(Fault::param(1));
            };
            let format = date_format(&args[1], 2)?;
            let variant = date_variant(&args[2], 3)?;
            // Milliseconds are universal: another variant named for them is a mistake.
            if !is_left_out(&args[2])
                && format != JsonDateFormat::Iso
                && variant != JsonDateVariant::Universal
            {
                return Err(said(
                    vm,
                    "Для этого формата даты допустима только универсальная дата",
                    "This format of dates allows universal dates only",
                ));
            }
            Ok(write_date(vm, date, format, variant).into())
        }),
        function!("ЗаписатьЗначениеJSON" "WriteJSONValue" ("Значение") true save::write_json_value),
        function!("ПрочитатьЗначениеJSON" "ReadJSONValue" ("Строка") true load::read_json_value),
    ],
    types: &[
        &reader::JSON_READER,
        &writer::JSON_WRITER,
        &writer::WRITER_SETTINGS,
        &save::SERIALIZER_SETTINGS,
    ],
    enums: &[
        &DATE_FORMAT,
        &DATE_VARIANT,
        &reader::VALUE_TYPE,
        &writer::NEW_LINES,
        &writer::ESCAPE,
    ],
};

/// Depth at which ЧтениеJSON and ЗаписьJSON stop: nobody nests so deep but an attacker.
const DEPTH_MAX: usize = 10_000;

/// МаксимальнаяВложенность of whole values, unless the program says otherwise.
const DEPTH_DEFAULT: usize = 500;

fn date_format(value: &Value, number: u8) -> Result<JsonDateFormat, Fault> {
    Ok(match choice(value, &DATE_FORMAT, number)? {
        Some(1) => JsonDateFormat::JavaScript,
        Some(2) => JsonDateFormat::Microsoft,
        _ => JsonDateFormat::Iso,
    })
}

fn date_variant(value: &Value, number: u8) -> Result<JsonDateVariant, Fault> {
    Ok(match choice(value, &DATE_VARIANT, number)? {
        Some(1) => JsonDateVariant::LocalWithOffset,
        Some(2) => JsonDateVariant::Universal,
        _ => JsonDateVariant::Local,
    })
}

/// The local date that a text tells.
fn read_date(vm: &mut Vm<'_>, text: &str, format: JsonDateFormat) -> Result<Date, Fault> {
    match read_json_date(text, format) {
        Some(JsonMoment::Local(date)) => Ok(date),
        Some(JsonMoment::Universal(date)) => {
            let shift = vm.host().zone_offset_utc(date, None).unwrap_or(0);
            date.add_seconds(&Number::from_i64(shift))
                .ok_or_else(|| Message::DateRange.into())
        }
        None => Err(said(
            vm,
            format!(
                "Представление даты имеет неверный формат (\"{}\")",
                shown(text)
            ),
            format!("The date has a wrong format (\"{}\")", shown(text)),
        )),
    }
}

/// The text of a local date.
fn write_date(
    vm: &mut Vm<'_>,
    date: Date,
    format: JsonDateFormat,
    variant: JsonDateVariant,
) -> String {
    let shift = vm.host().zone_offset_local(date, None).unwrap_or(0);
    let shift = i32::try_from(shift).unwrap_or(0);
    write_json_date(date, shift, format, variant)
}

/// The beginning of a text, for an error.
fn shown(text: &str) -> String {
    const MAX: usize = 60;
    let mut start: String = text.chars().take(MAX).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}
