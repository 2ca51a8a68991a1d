//! Functions of strings. Positions and lengths count UTF-16 units, from 1.

use super::define::{enumeration, function, is_left_out, said};
use super::registry::{Area, EnumDef, TypeDef};
use crate::kernel::collation;
use crate::kernel::text as kernel;
use crate::kernel::text::{Direction, TemplatePiece};
use crate::value::Value;
use crate::value::paid::Paid;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::borrow::Cow;
use std::cmp::Ordering;

enumeration!(
    /// НаправлениеПоиска.
    SEARCH_DIRECTION "НаправлениеПоиска" "SearchDirection" [
        "СНачала" "FromBegin",
        "СКонца" "FromEnd",
    ]
);

/// Символы.
pub static CHARS: EnumDef = EnumDef {
    ty: TypeDef {
        ru: "Символы",
        en: "Chars",
        new: None,
        methods: &[],
        props: &[],
    },
    items: &[
        ("ПС", "LF"),
        ("ВК", "CR"),
        ("Таб", "Tab"),
        ("НПП", "NBSp"),
        ("ПФ", "FF"),
        ("ВТаб", "VTab"),
    ],
    strings: &["\n", "\r", "\t", "\u{a0}", "\u{c}", "\u{b}"],
};

/// Strings.
pub static AREA: Area = Area {
    title: "Строки",
    functions: &[
        function!("СтрДлина" "StrLen" ("Строка") true str_len),
        function!("СокрЛ" "TrimL" ("Строка") true trim_left),
        function!("СокрП" "TrimR" ("Строка") true trim_right),
        function!("СокрЛП" "TrimAll" ("Строка") true trim_all),
        function!("Лев" "Left" ("Строка, ЧислоСимволов") true left),
        function!("Прав" "Right" ("Строка, ЧислоСимволов") true right),
        function!("Сред" "Mid" ("Строка, НачальныйНомер, ЧислоСимволов?") true mid),
        function!("Найти" "Find" ("Строка, ПодстрокаПоиска") true find_old),
        function!("СтрНайти" "StrFind" ("Строка, ПодстрокаПоиска, НаправлениеПоиска?, НачальнаяПозиция?, НомерВхождения?") true find),
        function!("ВРег" "Upper" ("Строка") true upper),
        function!("НРег" "Lower" ("Строка") true lower),
        function!("ТРег" "Title" ("Строка") true title),
        function!("Символ" "Char" ("КодСимвола") true char_of),
        function!("КодСимвола" "CharCode" ("Строка, НомерСимвола?") true char_code),
        function!("ПустаяСтрока" "IsBlankString" ("Строка") true is_blank),
        function!("СтрЗаменить" "StrReplace" ("Строка, ПодстрокаПоиска, ПодстрокаЗамены") true replace),
        function!("СтрЧислоСтрок" "StrLineCount" ("Строка") true line_count),
        function!("СтрПолучитьСтроку" "StrGetLine" ("Строка, НомерСтроки") true get_line),
        function!("СтрЧислоВхождений" "StrOccurrenceCount" ("Строка, ПодстрокаПоиска") true occurrences),
        function!("СтрСравнить" "StrCompare" ("Строка1, Строка2") true compare),
        function!("СтрНачинаетсяС" "StrStartsWith" ("Строка, СтрокаПоиска") true starts_with),
        function!("СтрЗаканчиваетсяНа" "StrEndsWith" ("Строка, СтрокаПоиска") true ends_with),
        function!("СтрРазделить" "StrSplit" ("Строка, Разделитель, ВключатьПустые?") true split),
        function!("СтрСоединить" "StrConcat" ("Строки, Разделитель?") true join),
        function!("СтрШаблон" "StrTemplate" ("Шаблон, Значение1?, Значение2?, Значение3?, Значение4?, Значение5?, Значение6?, Значение7?, Значение8?, Значение9?, Значение10?") true template),
        function!("НСтр" "NStr" ("ИсходнаяСтрока, КодЯзыка?") true nstr),
    ],
    types: &[],
    enums: &[&SEARCH_DIRECTION, &CHARS],
};

fn str_len(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    Ok(match args[0].as_units() {
        Some(units) => units.len().into(),
        None => vm.units(&args[0]).len().into(),
    })
}

fn part(
    vm: &mut Vm<'_>,
    value: &Value,
    range: impl Fn(&[u16]) -> std::ops::Range<usize>,
) -> Result<Value, Fault> {
    let units = vm.units(value);
    let range = range(&units);
    if range.len() == units.len() && value.is_str() {
        return Ok(value.clone());
    }
    if range.len() > 512 {
        vm.reserve(range.len() * 2)?;
        vm.charge_work(range.len())?;
    }
    Ok(Value::units(&units[range]))
}

fn trim_left(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    part(vm, &args[0], |units| kernel::trim(units, true, false))
}

fn trim_right(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    part(vm, &args[0], |units| kernel::trim(units, false, true))
}

fn trim_all(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    part(vm, &args[0], |units| kernel::trim(units, true, true))
}

fn left(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let count = vm.to_int(&args[1])?;
    part(vm, &args[0], |units| kernel::left_range(units.len(), count))
}

fn right(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let count = vm.to_int(&args[1])?;
    part(vm, &args[0], |units| {
        kernel::right_range(units.len(), count)
    })
}

fn mid(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let start = vm.to_int(&args[1])?;
    let count = if args[2].is_missing() {
        None
    } else {
        Some(vm.to_int(&args[2])?)
    };
    part(vm, &args[0], |units| {
        kernel::mid_range(units.len(), start, count)
    })
}

fn find_old(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (text, needle) = (vm.units(&args[0]), vm.units(&args[1]));
    let found = kernel::find(&text, &needle, Direction::FromBegin, None, 1);
    vm.charge_work(walked(&text, &needle, 0, found))?;
    Ok(found.into())
}

/// Units that a search from the front went over: up to what it found, or to the end.
fn walked(text: &[u16], needle: &[u16], from: usize, found: usize) -> usize {
    let end = if found == 0 { text.len() } else { found - 1 };
    end.saturating_sub(from) + needle.len()
}

fn find(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (text, needle) = (vm.units(&args[0]), vm.units(&args[1]));
    let direction = match &args[2] {
        Value::Missing | Value::Undefined => Direction::FromBegin,
        Value::Enum(item, list) if std::ptr::eq(*list, &SEARCH_DIRECTION) => {
            if *item == 0 {
                Direction::FromBegin
            } else {
                Direction::FromEnd
            }
        }
        _ => return Err(Fault::param(3)),
    };
    let start = match &args[3] {
        Value::Missing | Value::Undefined => None,
        value => {
            let start = vm.to_int(value)?;
            let start = usize::try_from(start).ok().filter(|&start| start >= 1);
            let start = start.ok_or_else(|| Fault::value(4))?;
            // A position past the end is an error of 1C, but not in an empty string.
            if start > text.len() && !text.is_empty() {
                return Err(Fault::value(4));
            }
            Some(start)
        }
    };
    let occurrence = if args[4].is_missing() {
        1
    } else {
        vm.to_int(&args[4])?
    };
    let occurrence = usize::try_from(occurrence)
        .ok()
        .filter(|&it| it >= 1)
        .ok_or_else(|| Fault::value(5))?;
    let found = kernel::find(&text, &needle, direction, start, occurrence);
    let work = if direction == Direction::FromBegin {
        walked(&text, &needle, start.unwrap_or(1) - 1, found)
    } else {
        text.len()
    };
    vm.charge_work(work)?;
    Ok(found.into())
}

fn upper(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    mapped(vm, &args[0], kernel::upper)
}

fn lower(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    mapped(vm, &args[0], kernel::lower)
}

fn title(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    mapped(vm, &args[0], kernel::title)
}

fn mapped(vm: &mut Vm<'_>, value: &Value, map: fn(&[u16]) -> Vec<u16>) -> Result<Value, Fault> {
    let units = vm.units(value);
    if units.len() > 256 {
        vm.reserve(units.len() * 2)?;
        vm.charge_work(units.len() * 8)?;
    }
    Ok(Value::from_units(map(&units)))
}

fn char_of(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    // A code that is no unit of UTF-16 gives the empty string, as 1C 8.3.27 does.
    match u32::try_from(vm.to_int(&args[0])?) {
        Ok(code) => {
            Ok(u16::try_from(code).map_or_else(|_| Value::str(""), |unit| Value::units(&[unit])))
        }
        Err(_) => Err(Fault::value(1)),
    }
}

fn char_code(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let number = if args[1].is_missing() {
        1
    } else {
        vm.to_int(&args[1])?
    };
    let units = vm.units(&args[0]);
    let index = usize::try_from(number - 1).ok();
    Ok(match index.and_then(|index| units.get(index)) {
        Some(&unit) => Value::Int(i64::from(unit)),
        None => Value::Int(-1),
    })
}

fn is_blank(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let units = vm.units(&args[0]);
    let blanks = units.iter().take_while(|&&unit| kernel::is_blank(unit));
    let blanks = blanks.count();
    vm.charge_work(blanks)?;
    Ok((blanks == units.len()).into())
}

fn replace(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (text, needle, with) = (vm.units(&args[0]), vm.units(&args[1]), vm.units(&args[2]));
    vm.charge_work(text.len())?;
    let room = vm.memory_left() / 2;
    match kernel::replace(&text, &needle, &with, room) {
        Ok(None) => Ok(Value::units(&text)),
        Ok(Some(units)) => {
            vm.charge_work(units.len())?;
            Ok(Value::from_units(units))
        }
        // The limit of memory says it in its own words.
        Err(_) => {
            vm.reserve(usize::MAX / 4)?;
            Ok(Value::Undefined)
        }
    }
}

fn line_count(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = vm.units(&args[0]);
    vm.charge_work(text.len())?;
    Ok(kernel::line_count(&text).into())
}

fn get_line(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let number = vm.to_int(&args[1])?;
    let length = vm.units(&args[0]).len();
    vm.charge_work(length)?;
    part(vm, &args[0], |units| kernel::line(units, number))
}

fn occurrences(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (text, needle) = (vm.units(&args[0]), vm.units(&args[1]));
    vm.charge_work(text.len())?;
    Ok(kernel::count(&text, &needle).into())
}

fn compare(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (a, b) = (vm.units(&args[0]), vm.units(&args[1]));
    vm.charge_work(a.len().min(b.len()) * 8)?;
    Ok(Value::Int(
        match collation::compare_ignoring_case_utf16(&a, &b) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        },
    ))
}

fn starts_with(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (text, part) = (vm.units(&args[0]), vm.units(&args[1]));
    if part.is_empty() {
        return Err(Fault::value(2));
    }
    vm.charge_work(part.len() / 4)?;
    Ok(text.starts_with(&part).into())
}

fn ends_with(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (text, part) = (vm.units(&args[0]), vm.units(&args[1]));
    if part.is_empty() {
        return Err(Fault::value(2));
    }
    vm.charge_work(part.len() / 4)?;
    Ok(text.ends_with(&part).into())
}

fn split(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let with_empty = if args[2].is_missing() {
        true
    } else {
        vm.to_bool(&args[2])?
    };
    let (text, separators) = (vm.units(&args[0]), vm.units(&args[1]));
    vm.charge_work(text.len().saturating_mul(separators.len().max(1)))?;
    let mut parts = Paid::new();
    for range in vm
        .meter()
        .over_each(4, kernel::split(&text, &separators, with_empty))
    {
        parts.push(Value::units(&text[range?]))?;
    }
    Ok(vm.new_array(parts.into_vec()))
}

fn join(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let items = match &args[0] {
        Value::Obj(_) => vm.items(&args[0])?,
        _ => return Err(Fault::param(1)),
    };
    let separator = if args[1].is_missing() {
        Cow::Borrowed(&[][..])
    } else {
        vm.units(&args[1])
    };
    let mut out = Paid::new();
    for (at, item) in items.iter().enumerate() {
        let text = vm.units(item);
        vm.meter.units(separator.len() / 4 + text.len() / 4)?;
        if at > 0 {
            out.extend(&separator)?;
        }
        out.extend(&text)?;
    }
    Ok(out.into_value())
}

fn template(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = vm.text(&args[0]);
    let wrong = |vm: &Vm<'_>, place: usize| {
        said(
            vm,
            format!("Ошибка синтаксиса шаблона в позиции {place}"),
            format!("Syntax error of the template at position {place}"),
        )
    };
    let mut named = 0;
    for piece in vm.meter().over_each(2, kernel::template_pieces(&text)) {
        match piece? {
            Ok(TemplatePiece::Parameter(number)) => named = named.max(number),
            Ok(TemplatePiece::Text(_)) => {}
            Err(error) => return Err(wrong(vm, error.position)),
        }
    }
    // A value that no place asks for is a mistake; a place without a value stays empty.
    let given = args.iter().rposition(|value| !is_left_out(value));
    if given.unwrap_or(0) > named {
        return Err(Message::TooManyArguments.into());
    }
    let mut out = Paid::with_room(text.len())?;
    for piece in vm.meter().over_each(2, kernel::template_pieces(&text)) {
        let piece = piece?.map_err(|error| wrong(vm, error.position))?;
        match piece {
            TemplatePiece::Text(range) => out.push_str(&text[range])?,
            TemplatePiece::Parameter(number) => {
                if let Some(value) = args.get(number) {
                    let units = vm.units(value);
                    vm.meter.units(units.len() / 4)?;
                    out.extend(&units)?;
                }
            }
        }
    }
    Ok(out.into_value())
}

fn nstr(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = vm.text(&args[0]);
    let language = if args[1].is_missing() {
        match vm.locale() {
            crate::diagnostic::Locale::Ru => "ru".to_string(),
            crate::diagnostic::Locale::En => "en".to_string(),
        }
    } else {
        vm.text(&args[1])
    };
    Ok(kernel::nstr(&text, &language).into())
}
