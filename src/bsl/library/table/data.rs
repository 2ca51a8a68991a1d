//! The rows of a table in order, and its indexes.

use super::Charge;
use super::cells::Cells;
use super::columns::Columns;
use super::index::Index;
use super::row::{ROW, Row};
use super::value_table::VALUE_TABLE;
use crate::kernel::sort;
use crate::library::define::{same_handle, shifted};
use crate::value::Value;
use crate::value::heap::{Body, Obj};
use crate::value::native::{NativeObject, NoIterator};
use crate::value::paid::Paid;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::cell::{Cell, Ref, RefCell};
use std::rc::{Rc, Weak};

/// What all objects of one ТаблицаЗначений point to.
pub struct Table {
    /// Its columns, shared with the rows.
    pub columns: Rc<Columns>,
    rows: RefCell<Vec<Obj>>,
    /// Numbers of the rows, ascending: where a row of a number stands is a binary search.
    ids: RefCell<Vec<u64>>,
    next_id: Cell<u64>,
    indexes: RefCell<Vec<Index>>,
    next_index: Cell<u32>,
    charge: RefCell<Charge>,
}

impl Table {
    /// A table without columns and rows.
    #[must_use]
    pub fn new() -> Rc<Table> {
        let table = Rc::new(Table {
            columns: Rc::new(Columns::default()),
            rows: RefCell::default(),
            ids: RefCell::default(),
            next_id: Cell::new(0),
            indexes: RefCell::default(),
            next_index: Cell::new(0),
            charge: RefCell::default(),
        });
        table.columns.belong_to(&table);
        table
    }

    /// Borrowed: the program may not run meanwhile.
    pub fn rows(&self) -> Ref<'_, Vec<Obj>> {
        self.rows.borrow()
    }

    /// A copy of the rows, for a walk during which the program may change the table.
    pub fn rows_now(&self, vm: &Vm<'_>) -> Result<Vec<Obj>, Fault> {
        let rows = self.rows.borrow();
        vm.copied(&rows)
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.borrow().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.borrow().is_empty()
    }

    /// Adds an empty row at a place, at the end without one.
    pub fn add(self: &Rc<Self>, vm: &mut Vm<'_>, at: Option<usize>) -> Result<Obj, Fault> {
        vm.charge_work(self.columns.slots() * 4)?;
        vm.reserve(self.columns.slots() * size_of::<Value>() + 256)?;
        let count = self.len();
        let at = at.unwrap_or(count).min(count);
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        let row = Row::new(&self.columns, self, id);
        if at == count {
            self.index(&row, None);
        }
        let obj = vm.alloc_obj(&ROW, Body::Native(Box::new(row)));
        self.rows.borrow_mut().insert(at, obj.clone());
        self.ids.borrow_mut().insert(at, id);
        if at < count {
            vm.charge_work(count * 4)?;
            self.renumber();
        }
        self.recount();
        Ok(obj)
    }

    /// Removes the row of a place.
    pub fn remove(&self, at: usize) {
        let obj = self.rows.borrow_mut().remove(at);
        self.ids.borrow_mut().remove(at);
        if let Some(mut row) = obj.native_mut::<Row>() {
            self.unindex(&row, None);
            row.table = Weak::new();
        }
        self.recount();
    }

    /// Removes all rows.
    pub fn clear(&self) {
        let rows = std::mem::take(&mut *self.rows.borrow_mut());
        self.ids.borrow_mut().clear();
        for index in self.indexes.borrow_mut().iter_mut() {
            index.reset();
        }
        for obj in &rows {
            if let Some(mut row) = obj.native_mut::<Row>() {
                row.table = Weak::new();
            }
        }
        free_in_order(rows);
        self.recount();
    }

    /// Moves the row of a place by a shift.
    pub fn shift(&self, vm: &mut Vm<'_>, at: usize, shift: i64) -> Result<(), Fault> {
        vm.charge_work(self.len() * 4)?;
        shifted(&mut self.rows.borrow_mut(), at, shift)?;
        self.renumber();
        Ok(())
    }

    /// Puts the rows into the order of places.
    pub fn reorder(&self, order: Vec<usize>) {
        sort::apply(&mut self.rows.borrow_mut(), order);
        self.renumber();
    }

    /// Gives the rows ascending numbers again; the indexes are built anew when they are needed.
    fn renumber(&self) {
        let rows = self.rows.borrow();
        let mut ids = self.ids.borrow_mut();
        ids.clear();
        for (at, obj) in rows.iter().enumerate() {
            ids.push(at as u64);
            if let Some(mut row) = obj.native_mut::<Row>() {
                row.id = at as u64;
            }
        }
        self.next_id.set(rows.len() as u64);
        for index in self.indexes.borrow_mut().iter_mut() {
            index.reset();
        }
    }

    /// The place of a row given as an object or a number; `None` when it is no row of this table.
    pub fn place(&self, vm: &Vm<'_>, value: &Value) -> Result<Option<usize>, Fault> {
        if let Some(obj) = value.as_obj() {
            let Some(row) = obj.native::<Row>() else {
                return Err(Fault::param(1));
            };
            let own = row
                .table
                .upgrade()
                .is_some_and(|table| std::ptr::eq(Rc::as_ptr(&table), self));
            return Ok(if own {
                self.ids.borrow().binary_search(&row.id).ok()
            } else {
                None
            });
        }
        let at = vm.to_int(value)?;
        Ok(usize::try_from(at).ok().filter(|at| *at < self.len()))
    }

    /// The rows that match, in order, at most `most` of them.
    pub fn search(
        &self,
        vm: &mut Vm<'_>,
        conditions: &[(u32, Value)],
        most: usize,
    ) -> Result<Vec<Obj>, Fault> {
        let chosen = self.indexes.borrow().iter().position(|index| {
            index
                .slots
                .iter()
                .all(|slot| conditions.iter().any(|(own, _)| own == slot))
        });
        if let Some(chosen) = chosen {
            return self.search_index(vm, chosen, conditions, most);
        }
        // Long strings of one length are compared to the end.
        let long = conditions.iter().map(|(_, value)| value.long_units());
        let each = 1 + conditions.len() / 4 + long.sum::<usize>() / 64;
        let mut found = Paid::new();
        for obj in vm.meter().over_each(each, self.rows.borrow().iter()) {
            let obj = obj?;
            if obj
                .native::<Row>()
                .is_some_and(|row| row.matches(conditions))
            {
                found.push(obj.clone())?;
                if found.len() == most {
                    break;
                }
            }
        }
        Ok(found.into_vec())
    }

    fn search_index(
        &self,
        vm: &mut Vm<'_>,
        chosen: usize,
        conditions: &[(u32, Value)],
        most: usize,
    ) -> Result<Vec<Obj>, Fault> {
        let rows = self.rows.borrow();
        if !self.indexes.borrow()[chosen].is_built() {
            vm.charge_work(rows.len() * 16)?;
            vm.reserve(rows.len() * 40)?;
            let mut indexes = self.indexes.borrow_mut();
            let index = &mut indexes[chosen];
            index.build(std::iter::empty());
            for obj in vm.meter().over(rows.iter()) {
                let obj = obj?;
                if let Some(row) = obj.native::<Row>() {
                    index.insert(&row);
                }
            }
            drop(indexes);
            self.recount();
        }
        let candidates = self.indexes.borrow()[chosen].candidates(&vm.meter(), conditions)?;
        let ids = self.ids.borrow();
        let mut found = Paid::new();
        for id in candidates {
            vm.charge(2)?;
            let obj = ids.binary_search(&id).ok().and_then(|at| rows.get(at));
            if let Some(obj) = obj
                && obj
                    .native::<Row>()
                    .is_some_and(|row| row.matches(conditions))
            {
                found.push(obj.clone())?;
                if found.len() == most {
                    break;
                }
            }
        }
        Ok(found.into_vec())
    }

    // ---- indexes ----------------------------------------------------------------------------

    /// In the order in which Индексы shows them.
    pub fn indexes(&self) -> Ref<'_, Vec<Index>> {
        self.indexes.borrow()
    }

    /// Adds an index; the function is given its number.
    pub fn add_index(&self, make: impl FnOnce(u32) -> Index) -> u32 {
        let number = self.next_index.get();
        self.next_index.set(number + 1);
        self.indexes.borrow_mut().push(make(number));
        number
    }

    /// Removes the index of a place.
    pub fn remove_index(&self, at: usize) {
        self.indexes.borrow_mut().remove(at);
        self.recount();
    }

    /// Removes all indexes.
    pub fn clear_indexes(&self) {
        self.indexes.borrow_mut().clear();
        self.recount();
    }

    /// Removes the indexes that need a column.
    pub fn drop_indexes_of(&self, slot: u32) {
        self.indexes
            .borrow_mut()
            .retain(|index| !index.covers(slot));
        self.recount();
    }

    /// Whether an index in use needs the column.
    #[must_use]
    pub fn indexed(&self, slot: u32) -> bool {
        self.indexes
            .borrow()
            .iter()
            .any(|index| index.is_built() && index.covers(slot))
    }

    /// Enters a row in the indexes, or in those of one column.
    pub fn index(&self, row: &Row, slot: Option<u32>) {
        for index in self.indexes.borrow_mut().iter_mut() {
            if slot.is_none_or(|slot| index.covers(slot)) {
                index.insert(row);
            }
        }
    }

    /// Takes a row out of the indexes, before its cells change.
    pub fn unindex(&self, row: &Row, slot: Option<u32>) {
        for index in self.indexes.borrow_mut().iter_mut() {
            if slot.is_none_or(|slot| index.covers(slot)) {
                index.remove(row);
            }
        }
    }

    fn recount(&self) {
        let indexes: usize = self.indexes.borrow().iter().map(Index::size).sum();
        let rows =
            self.rows.borrow().capacity() * size_of::<Obj>() + self.ids.borrow().capacity() * 8;
        self.charge.borrow_mut().set(rows + indexes);
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        free_in_order(std::mem::take(self.rows.get_mut()));
    }
}

/// Lets go of rows in the order of their memory: after a sort they lie at random, and freeing them so
/// takes several times as long.
fn free_in_order(mut rows: Vec<Obj>) {
    rows.sort_unstable_by_key(Obj::address);
}

/// The object of a table. Several may stand for one table (Владелец); they are equal.
pub struct TableObject(pub Rc<Table>);

impl NativeObject for TableObject {
    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(match self.0.place(vm, key) {
            Ok(Some(at)) => Ok(Value::Obj(self.0.rows()[at].clone())),
            Ok(None) => Err(Message::IndexOutOfRange.into()),
            Err(error) => Err(error),
        })
    }

    fn item(&self, _vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        Ok(self.0.rows().get(place).map(|row| Value::Obj(row.clone())))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.len())
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        same_handle(&self.0, other, |other: &TableObject| &other.0)
    }

    fn content_hash(&self) -> Option<u64> {
        Some(Rc::as_ptr(&self.0) as u64)
    }
}

/// A table as a value.
pub fn table_value(vm: &Vm<'_>, table: Rc<Table>) -> Value {
    vm.alloc(&VALUE_TABLE, Body::Native(Box::new(TableObject(table))))
}
