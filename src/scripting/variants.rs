//! Values that become buttons (R163, D14).

use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{ScriptVariant, VARIANTS_MAX};

use super::shapes::{fields_of, is_array, is_value_list, label, type_text};
use super::stored;

/// Кнопки of a message.
pub(super) fn buttons(vm: &mut Vm<'_>, value: &Value) -> Result<Vec<ScriptVariant>, Fault> {
    if !is_array(value) && !is_value_list(value) {
        return Err(Fault::text(format!(
            "Кнопки — это Массив или СписокЗначений, а не значение типа «{}»",
            type_text(vm, value)
        )));
    }
    variants(vm, value)
}

/// The elements of an array or a value list as variants.
pub(super) fn variants(vm: &mut Vm<'_>, collection: &Value) -> Result<Vec<ScriptVariant>, Fault> {
    let named = is_value_list(collection);
    let items = vm.items(collection)?;
    if items.len() > VARIANTS_MAX {
        return Err(Fault::text(format!(
            "В выборе не больше {VARIANTS_MAX} вариантов, а в результате их {}",
            items.len()
        )));
    }
    let mut variants = Vec::with_capacity(items.len());
    for item in items {
        let (value, presentation) = if named {
            let presentation = vm.field(&item, "Представление")?;
            let value = vm.field(&item, "Значение")?;
            match vm.text(&presentation) {
                // Nobody named it in the list: then it may name itself.
                presentation if presentation.is_empty() => pair(vm, value)?,
                presentation => (value, presentation),
            }
        } else {
            pair(vm, item)?
        };
        variants.push(variant(vm, &value, &presentation)?);
    }
    Ok(variants)
}

/// An element: a structure with Представление and Значение names both, any other is its own text.
fn pair(vm: &mut Vm<'_>, item: Value) -> Result<(Value, String), Fault> {
    let Some(fields) = fields_of(vm, &item)? else {
        return Ok((item, String::new()));
    };
    let find = |ru: &str, en: &str| {
        let mut all = fields.iter();
        all.find(|(name, _)| name == ru || name == en)
            .map(|(_, value)| value.clone())
    };
    match (
        find("представление", "presentation"),
        find("значение", "value"),
    ) {
        (Some(presentation), Some(value)) => {
            let text = label(vm, &presentation);
            Ok((value, text))
        }
        _ => Ok((item, String::new())),
    }
}

fn variant(vm: &mut Vm<'_>, value: &Value, presentation: &str) -> Result<ScriptVariant, Fault> {
    let refused = |vm: &Vm<'_>| {
        Fault::text(format!(
            "Значение типа «{}» не может стать вариантом выбора: оно не сохраняется",
            type_text(vm, value)
        ))
    };
    let data = match vm.to_data(value) {
        Ok(data) => data,
        Err(fault) if fault.0.limit().is_some() => return Err(fault),
        Err(_) => return Err(refused(vm)),
    };
    // An escaped unit of a text takes six signs.
    vm.reserve(data.weight() * 6)?;
    let own = label(vm, value);
    let text = if presentation.trim().is_empty() {
        own.clone()
    } else {
        presentation.to_owned()
    };
    if text.trim().is_empty() {
        return Err(Fault::text(format!(
            "У варианта выбора нет текста: значение типа «{}» пусто, дайте ему Представление",
            type_text(vm, value)
        )));
    }
    let is_own_text = value.is_str() && text == own;
    Ok(ScriptVariant {
        text,
        value: (!is_own_text).then(|| stored::to_text(&data)),
    })
}
