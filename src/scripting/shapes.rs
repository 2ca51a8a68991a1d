//! What kind of value a value is, and what of it can be shown to a person.

use vestnik_bsl::library::formatted::{Run, runs};
use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{Mark, RichText};

/// The name of a value's type.
pub(super) fn type_text(vm: &Vm<'_>, value: &Value) -> String {
    vm.text(&vm.type_value(value))
}

/// The fields of a structure, names folded; `None` when the value is none.
pub(super) fn fields_of(
    vm: &mut Vm<'_>,
    value: &Value,
) -> Result<Option<Vec<(String, Value)>>, Fault> {
    let is_structure = value
        .as_obj()
        .is_some_and(|obj| matches!(obj.ty().ru, "Структура" | "ФиксированнаяСтруктура"));
    if !is_structure {
        return Ok(None);
    }
    let mut fields = Vec::new();
    for item in vm.items(value)? {
        vm.charge(8)?;
        let (key, value) = (vm.field(&item, "Ключ")?, vm.field(&item, "Значение")?);
        fields.push((vm.text(&key).to_lowercase(), value));
    }
    Ok(Some(fields))
}

/// Whether a value is an array.
pub(super) fn is_array(value: &Value) -> bool {
    value
        .as_obj()
        .is_some_and(|obj| matches!(obj.ty().ru, "Массив" | "ФиксированныйМассив"))
}

/// Whether a value is a list of values.
pub(super) fn is_value_list(value: &Value) -> bool {
    value
        .as_obj()
        .is_some_and(|obj| obj.ty().ru == "СписокЗначений")
}

/// Units of the longest text for a person: some two hundred messages of Telegram.
const TEXT_MAX: usize = 1_000_000;

/// A text for a person: a string is markup as its author wrote it, a formatted string becomes markup,
/// any other value is shown as it is (D27).
pub(super) fn rich(vm: &mut Vm<'_>, value: &Value) -> Result<RichText, Fault> {
    if matches!(value, Value::Undefined | Value::Missing) {
        return Ok(RichText::Plain(String::new()));
    }
    let length = vm.units(value).len();
    if length > TEXT_MAX {
        return Err(Fault::text(format!(
            "Текст сообщения длиннее {TEXT_MAX} символов: такой отправляют файлом"
        )));
    }
    // Markup is read into parts; a text of signs alone has many.
    vm.charge_work(length * 8)?;
    vm.reserve(length * 16)?;
    if let Some(runs) = runs(value) {
        return Ok(formatted(runs));
    }
    Ok(match value.as_string() {
        Some(text) => RichText::authored(&text),
        None => RichText::Plain(vm.text(value)),
    })
}

/// A formatted string as markup, its text escaped. A link that nobody's client opens is a text; a text
/// of one width has no other format.
fn formatted(runs: Vec<Run>) -> RichText {
    RichText::of_parts(runs.into_iter().map(|run| {
        let mut marks = Vec::new();
        if run.fixed_width {
            marks.push(Mark::Code);
        } else {
            let own = [
                (run.bold, Mark::Bold),
                (run.italic, Mark::Italic),
                (run.underline, Mark::Underline),
                (run.strikeout, Mark::Strikethrough),
            ];
            marks.extend(own.into_iter().filter(|(on, _)| *on).map(|(_, mark)| mark));
            marks.extend(run.link.map(Mark::Link));
        }
        (run.text, marks)
    }))
}

/// A date without time of day as ДД.ММ.ГГГГ (D14), any other value by the language's rules.
pub(super) fn label(vm: &Vm<'_>, value: &Value) -> String {
    if let Value::Date(date) = value
        && !date.is_empty()
    {
        let parts = date.parts();
        if (parts.hour, parts.minute, parts.second) == (0, 0, 0) {
            return format!("{:02}.{:02}.{:04}", parts.day, parts.month, parts.year);
        }
    }
    vm.text(value)
}
