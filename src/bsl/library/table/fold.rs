//! Свернуть, Скопировать, СкопироватьКолонки.

use super::data::{Table, table_value};
use super::row::Row;
use super::value_table::{array_items, this_table};
use super::{SlotPairs, cell_hash, combine};
use crate::kernel::number::Number;
use crate::value::Value;
use crate::value::heap::Obj;
use crate::vm::Vm;
use crate::vm::error::Fault;
use hashbrown::HashTable;
use std::collections::HashSet;
use std::rc::Rc;

/// Свернуть: one row for each key, in the order of first appearance, numbers summed; the table keeps
/// the named columns only, the columns of groups first (believed).
pub(super) fn group_by(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let table = this_table(this)?;
    let (groups, repeated) = table.columns.resolve_distinct(vm, &args[0])?;
    let (sums, again) = table.columns.resolve_distinct(vm, &args[1])?;
    let named: HashSet<u32> = groups.iter().copied().collect();
    if repeated || again || sums.iter().any(|slot| named.contains(slot)) {
        return Err(Fault::text("Свернуть: одна колонка названа дважды"));
    }
    let kept: Vec<u32> = groups.iter().chain(&sums).copied().collect();
    let rows = table.rows_now();
    vm.charge_work(rows.len() * 16)?;
    vm.reserve(rows.len() * (sums.len() * 16 + 40))?;
    let mut places: HashTable<(u64, usize)> = HashTable::new();
    let mut firsts: Vec<Obj> = Vec::new();
    let mut totals: Vec<Vec<Number>> = Vec::new();
    let same = |left: &Row, right: &Row| {
        groups
            .iter()
            .all(|slot| left.with_cell(*slot, |a| right.with_cell(*slot, |b| a.same_key(b))))
    };
    for obj in &rows {
        vm.charge(1)?;
        let Some(row) = obj.native::<Row>() else {
            continue;
        };
        let hash = groups.iter().fold(0, |hash, slot| {
            combine(hash, row.with_cell(*slot, cell_hash))
        });
        let known = places
            .find(hash, |(own, at)| {
                *own == hash
                    && firsts[*at]
                        .native::<Row>()
                        .is_some_and(|first| same(&first, &row))
            })
            .map(|(_, at)| *at);
        let at = match known {
            Some(at) => at,
            None => {
                places.insert_unique(hash, (hash, firsts.len()), |entry| entry.0);
                firsts.push(obj.clone());
                totals.push(vec![Number::ZERO; sums.len()]);
                firsts.len() - 1
            }
        };
        for (total, slot) in totals[at].iter_mut().zip(&sums) {
            if let Some(number) = row.with_cell(*slot, Value::as_number) {
                *total = total
                    .add(&number, vm.max_digits())
                    .map_err(crate::vm::number_error)?;
            }
        }
    }
    // The rows of the result are new: those before it keep their values, without a table.
    let keys: Vec<Vec<Value>> = firsts
        .iter()
        .filter_map(|obj| {
            obj.native::<Row>()
                .map(|row| groups.iter().map(|slot| row.cell(*slot)).collect())
        })
        .collect();
    drop(firsts);
    table.clear();
    table.columns.keep(&kept);
    for (keys, totals) in keys.into_iter().zip(totals) {
        vm.charge(1)?;
        let obj = table.add(vm, None)?;
        if let Some(mut row) = obj.native_mut::<Row>() {
            for (slot, value) in groups.iter().zip(keys) {
                row.put(*slot, value);
            }
            for (slot, total) in sums.iter().zip(totals) {
                row.put(*slot, total.into());
            }
        }
    }
    Ok(Value::Undefined)
}

/// A table with copies of the named columns; with it the slots there and here.
fn with_columns(
    vm: &Vm<'_>,
    table: &Table,
    names: &Value,
) -> Result<(Rc<Table>, SlotPairs), Fault> {
    let slots = table.columns.resolve_list(vm, names)?;
    let copy = Table::new();
    let mut pairs = Vec::with_capacity(slots.len());
    for slot in slots {
        let column = table
            .columns
            .list()
            .iter()
            .find(|column| column.slot == slot)
            .cloned();
        if let Some(column) = column {
            pairs.push((slot, copy.columns.add_like(&column)));
        }
    }
    Ok((copy, pairs))
}

/// СкопироватьКолонки.
pub(super) fn copy_columns(
    vm: &mut Vm<'_>,
    this: &Value,
    args: &mut [Value],
) -> Result<Value, Fault> {
    let (copy, _) = with_columns(vm, &*this_table(this)?, &args[0])?;
    Ok(table_value(vm, copy))
}

/// Скопировать: all rows, those of an array, or those that match a structure.
pub(super) fn copy(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let table = this_table(this)?;
    let rows: Vec<Obj> = match &args[0] {
        Value::Missing | Value::Undefined => table.rows_now(),
        value => match array_items(value, 1) {
            Ok(items) => {
                let mut rows = Vec::with_capacity(items.len());
                for item in &items {
                    match (table.place(vm, item)?, item) {
                        (Some(_), Value::Obj(obj)) => rows.push(obj.clone()),
                        _ => {
                            return Err(Fault::text(
                                "Скопировать: в массиве есть не строка этой таблицы",
                            ));
                        }
                    }
                }
                rows
            }
            Err(_) => {
                let conditions = table.columns.resolve_filter(vm, value, 1)?;
                table.search(vm, &conditions, usize::MAX)?
            }
        },
    };
    let (copy, pairs) = with_columns(vm, &table, &args[1])?;
    for obj in rows {
        vm.charge(1)?;
        let added = copy.add(vm, None)?;
        if let (Some(from), Some(mut to)) = (obj.native::<Row>(), added.native_mut::<Row>()) {
            for (old, new) in &pairs {
                to.put(*new, from.cell(*old));
            }
        }
    }
    Ok(table_value(vm, copy))
}
