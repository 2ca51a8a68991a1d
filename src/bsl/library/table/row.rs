//! СтрокаТаблицыЗначений: the values of a row by slot.

use super::Charge;
use super::columns::Columns;
use super::data::{Table, table_value};
use crate::library::registry::{MethodDef, TypeDef};
use crate::syntax::names::Name;
use crate::value::Value;
use crate::value::native::{NativeObject, NoIterator};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::any::Any;
use std::rc::{Rc, Weak};

/// A row.
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
        let slots = self.columns.slots();
        self.cells
            .reserve_exact(slots.saturating_sub(self.cells.len()));
        while self.cells.len() < slots {
            let slot = self.cells.len() as u32;
            self.cells.push(self.columns.default_of(slot));
        }
        self.charge.set(self.cells.capacity() * size_of::<Value>());
    }

    /// The value of a slot.
    #[must_use]
    pub fn cell(&self, slot: u32) -> Value {
        self.with_cell(slot, Value::clone)
    }

    /// Looks at the value of a slot without copying it.
    pub fn with_cell<R>(&self, slot: u32, look: impl FnOnce(&Value) -> R) -> R {
        match self.cells.get(slot as usize) {
            Some(value) => look(value),
            None => look(&self.columns.default_of(slot)),
        }
    }

    /// Whether the values of the slots are these.
    #[must_use]
    pub fn matches(&self, conditions: &[(u32, Value)]) -> bool {
        conditions
            .iter()
            .all(|(slot, value)| self.with_cell(*slot, |cell| cell.equals(value)))
    }

    /// Writes a value, made to fit its column; the table's indexes follow.
    pub fn store(&mut self, vm: &mut Vm<'_>, slot: u32, value: &Value) {
        let value = match self.columns.types_of(slot) {
            Some(types) => types.adjust(vm, value),
            None => value.clone(),
        };
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

    fn slot_at(&self, at: usize) -> Option<u32> {
        self.columns.list().get(at).map(|column| column.slot)
    }
}

impl NativeObject for Row {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn get_field(&self, _vm: &Vm<'_>, name: Name, place: &mut u32) -> Option<Value> {
        let at = self.columns.position(name, *place as usize)?;
        *place = at as u32;
        self.slot_at(at).map(|slot| self.cell(slot))
    }

    fn set_field(
        &mut self,
        vm: &mut Vm<'_>,
        name: Name,
        place: &mut u32,
        value: &Value,
    ) -> Option<Result<(), Fault>> {
        let at = self.columns.position(name, *place as usize)?;
        *place = at as u32;
        let slot = self.slot_at(at)?;
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
        Ok(self.slot_at(place).map(|slot| self.cell(slot)))
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
        MethodDef {
            ru: "Количество",
            en: "Count",
            params: "",
            is_function: true,
            call: |_, this, _| with_row(this, |row| Ok(Value::from(row.columns.list().len()))),
        },
        MethodDef {
            ru: "Получить",
            en: "Get",
            params: "Индекс",
            is_function: true,
            call: |vm, this, args| {
                let at = vm.to_int(&args[0])?;
                with_row(this, |row| {
                    let slot = usize::try_from(at).ok().and_then(|at| row.slot_at(at));
                    slot.map(|slot| row.cell(slot))
                        .ok_or_else(|| Message::IndexOutOfRange.into())
                })
            },
        },
        MethodDef {
            ru: "Установить",
            en: "Set",
            params: "Индекс, Значение",
            is_function: false,
            call: |vm, this, args| {
                let at = vm.to_int(&args[0])?;
                let obj = this.as_obj().ok_or_else(|| Fault::param(1))?;
                let slot = with_row(this, |row| {
                    let slot = usize::try_from(at).ok().and_then(|at| row.slot_at(at));
                    slot.ok_or_else(|| Fault::new(Message::IndexOutOfRange))
                })?;
                if let Some(mut row) = obj.native_mut::<Row>() {
                    row.store(vm, slot, &args[1]);
                }
                Ok(Value::Undefined)
            },
        },
        MethodDef {
            ru: "Владелец",
            en: "Owner",
            params: "",
            is_function: true,
            call: |vm, this, _| {
                let table = with_row(this, |row| Ok(row.table.upgrade()))?;
                Ok(table.map_or(Value::Undefined, |table| table_value(vm, table)))
            },
        },
    ],
    props: &[],
};

fn with_row<R>(this: &Value, then: impl FnOnce(&Row) -> Result<R, Fault>) -> Result<R, Fault> {
    match this.as_obj().and_then(|obj| obj.native::<Row>()) {
        Some(row) => then(&row),
        None => Err(Fault::param(1)),
    }
}
