//! The methods of ТаблицаЗначений.

use super::cells::Cells;
use super::columns::columns_value;
use super::data::{Table, TableObject, table_value};
use super::fold;
use super::index::indexes_value;
use super::row::Row;
use crate::kernel::number::Number;
use crate::kernel::sort;
use crate::library::define::{array_items, method, native_of, place_or_none, prop};
use crate::library::registry::{Constructor, TypeDef};
use crate::library::type_description::is_number_only;
use crate::value::Value;
use crate::value::heap::Obj;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use hashbrown::HashTable;
use std::cmp::Ordering;
use std::rc::Rc;

/// The table behind a value.
pub(super) fn this_table(this: &Value) -> Result<Rc<Table>, Fault> {
    Ok(Rc::clone(&native_of::<TableObject>(this, 1)?.0))
}

/// The values of a column, row by row.
pub(super) fn column_values(vm: &mut Vm<'_>, rows: &[Obj], slot: u32) -> Result<Vec<Value>, Fault> {
    vm.meter().over(rows).gather_with(|obj| {
        Ok(obj
            .native::<Row>()
            .map_or(Value::Undefined, |row| row.cell(slot)))
    })
}

/// Итог: the sum of the numbers; Неопределено when there is none, unless the column is of numbers.
pub(super) fn total(
    vm: &mut Vm<'_>,
    values: &[Value],
    number_column: bool,
) -> Result<Value, Fault> {
    let mut sum = Number::ZERO;
    let mut any = number_column;
    for value in vm.meter().over(values) {
        if let Some(number) = value?.as_number() {
            sum = sum
                .add(&number, vm.max_digits())
                .map_err(crate::vm::number_error)?;
            any = true;
        }
    }
    Ok(if any { sum.into() } else { Value::Undefined })
}

/// The keys of one column. Whole numbers and dates compare as words, and so do strings: each gets the
/// rank of its text, so that a text is compared once with its neighbours and not at every step.
enum Keys {
    Words(Vec<i64>),
    Values(Vec<Value>),
}

impl Keys {
    fn new(vm: &mut Vm<'_>, values: Vec<Value>) -> Result<Keys, Fault> {
        // A word for each value, at most three times over.
        vm.charge_work(values.len() * 16)?;
        vm.reserve(values.len() * 16)?;
        let numbers: Option<Vec<i64>> = values.iter().map(Value::as_i64).collect();
        if let Some(numbers) = numbers {
            return Ok(Keys::Words(numbers));
        }
        let date = |value: &Value| match value {
            Value::Date(date) => Some(date.ticks() as i64),
            _ => None,
        };
        let dates: Option<Vec<i64>> = values.iter().map(date).collect();
        if let Some(dates) = dates {
            return Ok(Keys::Words(dates));
        }
        if values.iter().all(Value::is_str) {
            return Ok(Keys::Words(ranks(vm, &values)?));
        }
        Ok(Keys::Values(values))
    }

    #[inline]
    fn order(&self, vm: &mut Vm<'_>, left: usize, right: usize) -> Result<Ordering, Fault> {
        match self {
            Keys::Words(words) => Ok(words[left].cmp(&words[right])),
            Keys::Values(values) => vm.order_charged(&values[left], &values[right]),
        }
    }
}

/// For each string its place among the different strings of the column.
fn ranks(vm: &mut Vm<'_>, values: &[Value]) -> Result<Vec<i64>, Fault> {
    vm.reserve(values.len() * 48)?;
    let mut known: HashTable<usize> = HashTable::new();
    let mut texts: Vec<&Value> = Vec::new();
    let mut numbers = Vec::with_capacity(values.len());
    for value in vm.meter().over_each(4, values) {
        let value = value?;
        let hash = value.key_hash();
        let number = match known.find(hash, |number| texts[*number].same_key(value)) {
            Some(number) => *number,
            None => {
                let number = texts.len();
                texts.push(value);
                known.insert_unique(hash, number, |other| texts[*other].key_hash());
                number
            }
        };
        numbers.push(number);
    }
    let order = sort::sorted_order(texts.len(), |left, right| {
        vm.order_charged(texts[left], texts[right])
    })?;
    let mut rank = vec![0; texts.len()];
    for (place, number) in order.into_iter().enumerate() {
        rank[number] = place as i64;
    }
    Ok(numbers.into_iter().map(|number| rank[number]).collect())
}

/// The order in which rows of these keys stand: by the first key, then the next; equal ones as before.
pub(super) fn sorted(
    vm: &mut Vm<'_>,
    keys: Vec<Vec<Value>>,
    descending: &[bool],
) -> Result<Vec<usize>, Fault> {
    let count = keys.first().map_or(0, Vec::len);
    // The order, and room to merge in.
    vm.reserve(count * 2 * size_of::<usize>())?;
    let mut columns = Vec::with_capacity(keys.len());
    for (values, descending) in keys.into_iter().zip(descending) {
        columns.push((Keys::new(vm, values)?, *descending));
    }
    sort::sorted_order(count, |left, right| {
        vm.charge(2)?;
        for (column, descending) in &columns {
            let order = column.order(vm, left, right)?;
            if order != Ordering::Equal {
                return Ok(if *descending { order.reverse() } else { order });
            }
        }
        Ok(Ordering::Equal)
    })
}

fn store(vm: &mut Vm<'_>, obj: &Obj, slot: u32, value: &Value) -> Result<(), Fault> {
    vm.charge(1)?;
    if let Some(mut row) = obj.native_mut::<Row>() {
        row.store(vm, slot, value);
    }
    Ok(())
}

fn find(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let table = this_table(this)?;
    let slots = table.columns.resolve_list(vm, &args[1])?;
    let value = &args[0];
    if let [slot] = slots.as_slice() {
        let found = table.search(vm, &[(*slot, value.clone())], 1)?;
        return Ok(found
            .into_iter()
            .next()
            .map_or(Value::Undefined, Value::Obj));
    }
    let each = 1 + slots.len() / 4 + value.long_units() / 64;
    for obj in vm.meter().over_each(each, table.rows().iter()) {
        let obj = obj?;
        if obj
            .native::<Row>()
            .is_some_and(|row| row.has(&slots, value))
        {
            return Ok(Value::Obj(obj.clone()));
        }
    }
    Ok(Value::Undefined)
}

fn sort_rows(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let table = this_table(this)?;
    let order = table.columns.resolve_order(vm, &args[0])?;
    let rows = table.rows_now(vm)?;
    let mut keys = Vec::with_capacity(order.len());
    for (slot, _) in &order {
        keys.push(column_values(vm, &rows, *slot)?);
    }
    let descending: Vec<bool> = order.iter().map(|(_, descending)| *descending).collect();
    let order = sorted(vm, keys, &descending)?;
    vm.charge_work(order.len() * 16)?;
    table.reorder(order);
    Ok(Value::Undefined)
}

fn fill(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let table = this_table(this)?;
    let slots = table.columns.resolve_list(vm, &args[1])?;
    for obj in table.rows_now(vm)? {
        for slot in &slots {
            store(vm, &obj, *slot, &args[0])?;
        }
    }
    Ok(Value::Undefined)
}

fn load_column(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let table = this_table(this)?;
    let items = array_items(vm, &args[0], 1)?;
    let slot = table.columns.resolve(vm, &args[1], 2)?;
    for (obj, value) in table.rows_now(vm)?.iter().zip(&items) {
        store(vm, obj, slot, value)?;
    }
    Ok(Value::Undefined)
}

/// The row of a parameter, or «Индекс находится за границами».
fn place(vm: &Vm<'_>, table: &Table, value: &Value) -> Result<usize, Fault> {
    table
        .place(vm, value)?
        .ok_or_else(|| Message::IndexOutOfRange.into())
}

/// ТаблицаЗначений.
pub static VALUE_TABLE: TypeDef = TypeDef {
    ru: "ТаблицаЗначений",
    en: "ValueTable",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(table_value(vm, Table::new())),
    }),
    methods: &[
        method!("Добавить" "Add" ("") true |vm, this, _| this_table(this)?.add(vm, None).map(Value::Obj)),
        method!("Вставить" "Insert" ("Индекс") true |vm, this, args| {
            let at = vm.to_int(&args[0])?.max(0) as usize;
            this_table(this)?.add(vm, Some(at)).map(Value::Obj)
        }),
        method!("Количество" "Count" ("") true |_, this, _| Ok(Value::from(this_table(this)?.len()))),
        method!("Получить" "Get" ("Индекс") true |vm, this, args| {
            let table = this_table(this)?;
            let at = place(vm, &table, &Value::Int(vm.to_int(&args[0])?))?;
            Ok(Value::Obj(table.rows()[at].clone()))
        }),
        method!("Индекс" "IndexOf" ("Строка") true |vm, this, args| {
            let at = this_table(this)?.place(vm, &args[0])?;
            Ok(place_or_none(at))
        }),
        method!("Удалить" "Delete" ("Строка") false |vm, this, args| {
            let table = this_table(this)?;
            let at = place(vm, &table, &args[0])?;
            vm.charge_work(table.len() - at)?;
            table.remove(at);
            Ok(Value::Undefined)
        }),
        method!("Очистить" "Clear" ("") false |vm, this, _| {
            let table = this_table(this)?;
            vm.charge_work(table.len() * 16)?;
            table.clear();
            Ok(Value::Undefined)
        }),
        method!("Сдвинуть" "Move" ("Строка, Смещение") false |vm, this, args| {
            let table = this_table(this)?;
            let at = place(vm, &table, &args[0])?;
            let shift = vm.to_int(&args[1])?;
            table.shift(vm, at, shift)?;
            Ok(Value::Undefined)
        }),
        method!("Найти" "Find" ("Значение, Колонки?") true find),
        method!("НайтиСтроки" "FindRows" ("ПараметрыОтбора") true |vm, this, args| {
            let table = this_table(this)?;
            let conditions = table.columns.resolve_filter(vm, &args[0], 1)?;
            let rows = table.search(vm, &conditions, usize::MAX)?;
            let rows = vm
                .meter()
                .over(rows)
                .gather_with(|row| Ok(Value::Obj(row)))?;
            Ok(vm.new_array(rows))
        }),
        method!("Сортировать" "Sort" ("Колонки, ОбъектСравненияЗначений?") false sort_rows),
        method!("Итог" "Total" ("Колонка") true |vm, this, args| {
            let table = this_table(this)?;
            let slot = table.columns.resolve(vm, &args[0], 1)?;
            let rows = table.rows_now(vm)?;
            let values = column_values(vm, &rows, slot)?;
            let number_column = table
                .columns
                .types_of(slot)
                .is_some_and(|types| is_number_only(&types));
            total(vm, &values, number_column)
        }),
        method!("ВыгрузитьКолонку" "UnloadColumn" ("Колонка") true |vm, this, args| {
            let table = this_table(this)?;
            let slot = table.columns.resolve(vm, &args[0], 1)?;
            let rows = table.rows_now(vm)?;
            let values = column_values(vm, &rows, slot)?;
            Ok(vm.new_array(values))
        }),
        method!("ЗагрузитьКолонку" "LoadColumn" ("Массив, Колонка") false load_column),
        method!("ЗаполнитьЗначения" "FillValues" ("Значение, Колонки?") false fill),
        method!("Свернуть" "GroupBy" ("КолонкиГруппировок, КолонкиСуммирования?") false fold::group_by),
        method!("Скопировать" "Copy" ("Строки?, Колонки?") true fold::copy),
        method!("СкопироватьКолонки" "CopyColumns" ("Колонки?") true fold::copy_columns),
    ],
    props: &[
        prop!("Колонки" "Columns" |vm, this| Ok(columns_value(vm, &this_table(this)?.columns))),
        prop!("Индексы" "Indexes" |vm, this| Ok(indexes_value(vm, &this_table(this)?))),
    ],
};
