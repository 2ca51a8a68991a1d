//! What rows of tables and rows of trees do alike with their cells. A cell is found by its column's
//! slot; columns may have come after the row, so that a cell may not be there yet.

use super::columns::Columns;
use crate::value::Value;

/// A row: values by slot.
pub trait Cells {
    /// The columns whose slots its cells have.
    fn columns(&self) -> &Columns;

    /// Looks at the cells that there are.
    fn with_cells<R>(&self, look: impl FnOnce(&[Value]) -> R) -> R;

    /// Looks at the value of a slot without copying it.
    #[inline]
    fn with_cell<R>(&self, slot: u32, look: impl FnOnce(&Value) -> R) -> R {
        self.with_cells(|cells| match cells.get(slot as usize) {
            Some(value) => look(value),
            None => look(&self.columns().default_of(slot)),
        })
    }

    /// The value of a slot.
    #[inline]
    fn cell(&self, slot: u32) -> Value {
        self.with_cell(slot, Value::clone)
    }

    /// Whether the values of the slots are these.
    fn matches(&self, conditions: &[(u32, Value)]) -> bool {
        conditions
            .iter()
            .all(|(slot, value)| self.with_cell(*slot, |cell| cell.equals(value)))
    }

    /// Whether one of the slots has the value.
    fn has(&self, slots: &[u32], value: &Value) -> bool {
        slots
            .iter()
            .any(|slot| self.with_cell(*slot, |cell| cell.equals(value)))
    }
}

/// Gives every slot a cell. Whether there were fewer before.
pub(super) fn grow(cells: &mut Vec<Value>, columns: &Columns) -> bool {
    let slots = columns.slots();
    let grown = cells.len() < slots;
    cells.reserve_exact(slots.saturating_sub(cells.len()));
    while cells.len() < slots {
        cells.push(columns.default_of(cells.len() as u32));
    }
    grown
}
