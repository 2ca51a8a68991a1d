//! ТаблицаЗначений and ДеревоЗначений with their columns, rows and indexes.
//!
//! The columns of a table are shared by its rows, which keep their values by the column's slot: a
//! number that stays the column's own, so that a column may be moved, added or removed without
//! touching a row. A row of a table is an object of its own; a row of a tree is a node that objects
//! only point to, because nodes know their parents.
//!
//! | file | what |
//! |---|---|
//! | `cells` | what rows of tables and of trees do alike with their values |
//! | `columns` | КоллекцияКолонок, Колонка, lists of columns given by the program |
//! | `index` | Индексы: hash indexes that Найти and НайтиСтроки use |
//! | `row` | СтрокаТаблицыЗначений |
//! | `data` | the table's rows in order, with their indexes kept up |
//! | `value_table` | the methods of ТаблицаЗначений |
//! | `fold` | Свернуть, Скопировать |
//! | `tree`, `tree_rows` | ДеревоЗначений, its rows and their collections |

mod cells;
mod columns;
mod data;
mod fold;
mod index;
mod row;
#[cfg(test)]
mod tests;
mod tree;
mod tree_rows;
mod value_table;

pub use columns::{COLUMN, COLUMNS};
pub use data::Table;
pub use row::ROW;
pub use tree::{TREE, TREE_ROW};
pub use tree_rows::TREE_ROWS;
pub use value_table::VALUE_TABLE;

use super::registry::Area;
use crate::value::{Value, memory};
use cells::Cells;

/// Tables and trees of values.
pub static AREA: Area = Area {
    title: "Таблица значений и дерево значений",
    functions: &[],
    types: &[
        &VALUE_TABLE,
        &ROW,
        &COLUMNS,
        &COLUMN,
        &index::INDEXES,
        &index::INDEX,
        &TREE,
        &TREE_ROWS,
        &TREE_ROW,
    ],
    enums: &[],
};

/// Slots of columns there and of their copies here.
type SlotPairs = Vec<(u32, u32)>;

/// Bytes that a row or table counts for itself, because it grows where its object is out of reach.
#[derive(Default)]
pub(crate) struct Charge(usize);

impl Charge {
    /// Counts so many bytes from now on instead of those before.
    pub(crate) fn set(&mut self, bytes: usize) {
        memory::sub(std::mem::replace(&mut self.0, bytes));
        memory::add(bytes);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        memory::sub(self.0);
    }
}

/// The hash of a cell. A boolean hashes as the number that `=` takes it for.
fn cell_hash(value: &Value) -> u64 {
    match value {
        Value::Bool(value) => Value::Int(i64::from(*value)).key_hash(),
        value => value.key_hash(),
    }
}

fn combine(hash: u64, next: u64) -> u64 {
    hash.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ next
}

/// Puts copies into the cells of a table or tree that is a copy itself: what is put away may not
/// share its insides.
pub(super) fn copy_cells(
    vm: &mut crate::vm::Vm<'_>,
    copy: &crate::value::Value,
) -> Result<(), crate::vm::error::Fault> {
    use super::storage::stored;
    if let Ok(table) = value_table::this_table(copy) {
        let slots = table.columns.all_slots();
        for row in table.rows_now(vm)? {
            vm.charge(slots.len() as u32)?;
            for &slot in &slots {
                let value = row
                    .native::<row::Row>()
                    .map(|row| row.cell(slot))
                    .unwrap_or_default();
                if value.as_obj().is_none() {
                    continue;
                }
                let value = stored(vm, &value)?;
                if let Some(mut row) = row.native_mut::<row::Row>() {
                    row.put(slot, value);
                }
            }
        }
        return Ok(());
    }
    let root = tree::this_node(copy)?;
    let slots = root.columns.all_slots();
    let mut work = root.children_now(vm)?;
    while let Some(node) = work.pop() {
        vm.charge(slots.len() as u32 + 1)?;
        for &slot in &slots {
            let value = node.cell(slot);
            if value.as_obj().is_some() {
                let value = stored(vm, &value)?;
                node.put(slot, value);
            }
        }
        work.extend(node.children_now(vm)?);
    }
    Ok(())
}
