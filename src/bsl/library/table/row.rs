//! СтрокаТаблицыЗначений: the values of a row by slot.

use super::Charge;
use super::cells::{self, Cells};
use super::columns::Columns;
use super::data::{Table, table_value};
use crate::library::define::{method, native_of, native_of_mut};
use crate::library::registry::TypeDef;
use crate::syntax::names::Name;
use crate::value::Value;
use crate::value::native::{NativeObject, NoIterator};
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::{Rc, Weak};

/// The values of a row by slot; freed with the last object that points to it.
pub struct Row {
    cells: Vec<Value>,
    pub(super) columns: Rc<Columns>,
    /// Its table while it belongs to one.
    pub(super) table: Weak<Table>,
    /// Its number in the table: rows further down have greater ones.
    pub(super) id: u64,
    charge: Charge,
}

impl Row {
    /// A row of empty cells.
    #[must_use]
    pub fn new(columns: &Rc<Columns>, table: &Rc<Table>, id: u64) -> Row {
        let mut row = Row {
            cells: Vec::new(),
            columns: Rc::clone(columns),
            table: Rc::downgrade(table),
            id,
            charge: Charge::default(),
        };
        row.grow();
        row
    }

    /// Gives every slot a cell: columns may have come after the row.
    fn grow(&mut self) {
        cells::grow(&mut self.cells, &self.columns);
        self.charge.set(self.cells.capacity() * size_of::<Value>());
    }

    /// Writes a value, made to fit its column; the table's indexes follow.
    pub fn store(&mut self, vm: &mut Vm<'_>, slot: u32, value: &Value) {
        let value = self.columns.fitted(vm, slot, value);
        self.put(slot, value);
    }

    /// Writes a value that fits.
    pub fn put(&mut self, slot: u32, value: Value) {
        if self.cells.len() <= slot as usize {
            self.grow();
        }
        let table = self.table.upgrade().filter(|table| table.indexed(slot));
        if let Some(table) = &table {
            table.unindex(self, Some(slot));
        }
        if let Some(cell) = self.cells.get_mut(slot as usize) {
            *cell = value;
        }
        if let Some(table) = &table {
            table.index(self, Some(slot));
        }
    }
}

impl Cells for Row {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    #[inline]
    fn with_cells<R>(&self, look: impl FnOnce(&[Value]) -> R) -> R {
        look(&self.cells)
    }
}

impl NativeObject for Row {
    fn get_field(&self, _vm: &Vm<'_>, name: Name, place: &mut u32) -> Option<Value> {
        let slot = self.columns.slot_named(name, place)?;
        Some(self.cell(slot))
    }

    fn set_field(
        &mut self,
        vm: &mut Vm<'_>,
        name: Name,
        place: &mut u32,
        value: &Value,
    ) -> Option<Result<(), Fault>> {
        let slot = self.columns.slot_named(name, place)?;
        self.store(vm, slot, value);
        Some(Ok(()))
    }

    fn field_names(&self, _vm: &Vm<'_>) -> Vec<String> {
        self.columns.names()
    }

    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(self.columns.resolve(vm, key, 1).map(|slot| self.cell(slot)))
    }

    fn set_index(
        &mut self,
        vm: &mut Vm<'_>,
        key: &Value,
        value: Value,
    ) -> Option<Result<(), Fault>> {
        Some(
            self.columns
                .resolve(vm, key, 1)
                .map(|slot| self.store(vm, slot, &value)),
        )
    }

    fn item(&self, _vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        Ok(self.columns.slot_at(place).map(|slot| self.cell(slot)))
    }

    fn count(&self) -> Option<usize> {
        Some(self.columns.list().len())
    }
}

/// СтрокаТаблицыЗначений.
pub static ROW: TypeDef = TypeDef {
    ru: "СтрокаТаблицыЗначений",
    en: "ValueTableRow",
    new: None,
    methods: &[
        method!("Количество" "Count" ("") true |_, this, _| with_row(this, |row| Ok(Value::from(row.columns.list().len())))),
        method!("Получить" "Get" ("Индекс") true |vm, this, args| {
            with_row(this, |row| Ok(row.cell(row.columns.slot_numbered(vm, &args[0])?)))
        }),
        method!("Установить" "Set" ("Индекс, Значение") false |vm, this, args| {
            let slot = with_row(this, |row| row.columns.slot_numbered(vm, &args[0]))?;
            native_of_mut::<Row>(this, 1)?.store(vm, slot, &args[1]);
            Ok(Value::Undefined)
        }),
        method!("Владелец" "Owner" ("") true |vm, this, _| {
            let table = with_row(this, |row| Ok(row.table.upgrade()))?;
            Ok(table.map_or(Value::Undefined, |table| table_value(vm, table)))
        }),
    ],
    props: &[],
};

fn with_row<R>(this: &Value, then: impl FnOnce(&Row) -> Result<R, Fault>) -> Result<R, Fault> {
    then(&*native_of::<Row>(this, 1)?)
}
