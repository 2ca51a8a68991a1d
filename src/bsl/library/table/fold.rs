//! Свернуть, Скопировать, СкопироватьКолонки.

use super::cells::Cells;
use super::columns::Columns;
use super::data::{Table, table_value};
use super::row::Row;
use super::value_table::this_table;
use super::{SlotPairs, cell_hash, combine};
use crate::kernel::number::Number;
use crate::library::define::array_items;
use crate::value::heap::Obj;
use crate::value::paid::Paid;
use crate::value::{Value, memory};
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
    let rows = table.rows_now(vm)?;
    let mut places: HashTable<(u64, usize)> = HashTable::new();
    let mut firsts: Vec<Obj> = Vec::new();
    let mut totals: Vec<Vec<Number>> = Vec::new();
    let same = |left: &Row, right: &Row| {
        groups
            .iter()
            .all(|slot| left.with_cell(*slot, |a| right.with_cell(*slot, |b| a.same_key(b))))
    };
    for obj in vm.meter().over_each(2 + kept.len(), &rows) {
        let obj = obj?;
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
                vm.reserve(GROUP_COST + sums.len() * size_of::<Number>())?;
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
    let meter = vm.meter();
    let keys = meter
        .over_each(1 + groups.len(), &firsts)
        .gather_with(|obj| {
            memory::reserve(groups.len() * size_of::<Value>())?;
            Ok(obj
                .native::<Row>()
                .map(|row| groups.iter().map(|slot| row.cell(*slot)).collect())
                .unwrap_or_else(Vec::new))
        })?;
    drop(firsts);
    table.clear();
    table.columns.keep(&kept);
    for group in meter.over_each(1 + kept.len(), keys.into_iter().zip(totals)) {
        let (keys, totals): (Vec<Value>, Vec<Number>) = group?;
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

/// Copies columns; gives the slots there and here.
pub(super) fn copied_columns(
    vm: &Vm<'_>,
    from: &Columns,
    to: &Columns,
    slots: Vec<u32>,
) -> Result<SlotPairs, Fault> {
    let mut pairs = Paid::with_room(slots.len())?;
    for slot in vm.meter().over_each(4, slots) {
        let slot = slot?;
        memory::reserve(COLUMN_COST)?;
        if let Some(column) = from.column(slot) {
            pairs.push((slot, to.add_like(&column)))?;
        }
    }
    Ok(pairs.into_vec())
}

/// Bytes that a column costs.
const COLUMN_COST: usize = 256;
/// Bytes that a group costs while rows are folded, besides its sums.
const GROUP_COST: usize = 96;

/// A table with copies of the named columns; with it the slots there and here.
fn with_columns(
    vm: &Vm<'_>,
    table: &Table,
    names: &Value,
) -> Result<(Rc<Table>, SlotPairs), Fault> {
    let slots = table.columns.resolve_list(vm, names)?;
    let copy = Table::new();
    let pairs = copied_columns(vm, &table.columns, &copy.columns, slots)?;
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
        Value::Missing | Value::Undefined => table.rows_now(vm)?,
        value => match array_items(vm, value, 1) {
            Ok(items) => vm.meter().over(&items).gather_with(|item| {
                match (table.place(vm, item)?, item) {
                    (Some(_), Value::Obj(obj)) => Ok(obj.clone()),
                    _ => Err(Fault::text(
                        "Скопировать: в массиве есть не строка этой таблицы",
                    )),
                }
            })?,
            Err(fault) if fault.0.limit().is_some() => return Err(fault),
            Err(_) => {
                let conditions = table.columns.resolve_filter(vm, value, 1)?;
                table.search(vm, &conditions, usize::MAX)?
            }
        },
    };
    let (copy, pairs) = with_columns(vm, &table, &args[1])?;
    for obj in vm.meter().over_each(1 + pairs.len(), rows) {
        let obj = obj?;
        let added = copy.add(vm, None)?;
        if let (Some(from), Some(mut to)) = (obj.native::<Row>(), added.native_mut::<Row>()) {
            for (old, new) in &pairs {
                to.put(*new, from.cell(*old));
            }
        }
    }
    Ok(table_value(vm, copy))
}
