//! ИндексыКоллекции: hash indexes over columns. An index is built when a search first needs it, and kept
//! up from then on by every row that is added, changed or removed.

use super::cells::Cells;
use super::data::Table;
use super::row::Row;
use super::{cell_hash, combine};
use crate::library::define::{method, native_of};
use crate::library::registry::TypeDef;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::{NativeObject, NoIterator};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use crate::vm::meter::Meter;
use hashbrown::HashTable;
use std::rc::Rc;

/// Indexes of one table; each must be kept up at every change.
const INDEXES_MAX: usize = 16;

/// Rows by the hash of their cells in some columns.
pub struct Index {
    /// Its number within the table.
    pub number: u32,
    /// The columns' slots.
    pub slots: Vec<u32>,
    /// Hash of the key and number of the row, for rows of equal hash in any order.
    entries: HashTable<(u64, u64)>,
    built: bool,
}

impl Index {
    fn new(number: u32, slots: Vec<u32>) -> Index {
        Index {
            number,
            slots,
            entries: HashTable::new(),
            built: false,
        }
    }

    /// Forgets its entries: the rows got other numbers.
    pub fn reset(&mut self) {
        self.entries.clear();
        self.built = false;
    }

    /// Whether its entries are kept up.
    #[must_use]
    pub fn is_built(&self) -> bool {
        self.built
    }

    /// Reads all rows.
    pub fn build<'a>(&mut self, rows: impl Iterator<Item = &'a Row>) {
        self.entries.clear();
        self.built = true;
        for row in rows {
            self.insert(row);
        }
    }

    /// Whether a column belongs to it.
    #[must_use]
    pub fn covers(&self, slot: u32) -> bool {
        self.slots.contains(&slot)
    }

    fn hash_of(&self, row: &Row) -> u64 {
        self.slots.iter().fold(0, |hash, slot| {
            combine(hash, row.with_cell(*slot, cell_hash))
        })
    }

    /// Enters a row.
    pub fn insert(&mut self, row: &Row) {
        if self.built {
            let hash = self.hash_of(row);
            self.entries
                .insert_unique(hash, (hash, row.id), |entry| entry.0);
        }
    }

    /// Removes a row, whose cells are still those it was entered with.
    pub fn remove(&mut self, row: &Row) {
        if self.built {
            let hash = self.hash_of(row);
            if let Ok(entry) = self
                .entries
                .find_entry(hash, |entry| *entry == (hash, row.id))
            {
                entry.remove();
            }
        }
    }

    /// Numbers of the rows that may match, ascending; their cells are still to be compared.
    pub fn candidates(
        &self,
        meter: &Rc<Meter>,
        conditions: &[(u32, Value)],
    ) -> Result<Vec<u64>, Fault> {
        meter.work((self.slots.len() * conditions.len() / 8).min(1 << 30) as u32 + 1)?;
        let cell = |slot: &u32| {
            let condition = conditions.iter().find(|(own, _)| own == slot);
            condition.map_or(0, |(_, value)| cell_hash(value))
        };
        let hash = self
            .slots
            .iter()
            .fold(0, |hash, slot| combine(hash, cell(slot)));
        let entries = self.entries.iter_hash(hash);
        let mut found = meter
            .over(entries.filter(|entry| entry.0 == hash).map(|entry| entry.1))
            .gather()?;
        found.sort_unstable();
        Ok(found)
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn size(&self) -> usize {
        self.entries.capacity() * 20 + self.slots.capacity() * 4
    }
}

/// The collection as an object.
struct IndexesObject(Rc<Table>);

impl NativeObject for IndexesObject {
    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(index_at(vm, &self.0, key))
    }

    fn item(&self, vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        let number = self.0.indexes().get(place).map(|index| index.number);
        Ok(number.map(|number| index_value(vm, &self.0, number)))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.indexes().len())
    }
}

/// Индексы of a table as a value.
pub fn indexes_value(vm: &Vm<'_>, table: &Rc<Table>) -> Value {
    vm.alloc(
        &INDEXES,
        Body::Native(Box::new(IndexesObject(Rc::clone(table)))),
    )
}

/// An index as an object.
struct IndexObject {
    table: Rc<Table>,
    number: u32,
}

impl NativeObject for IndexObject {
    fn presentation(&self, _vm: &Vm<'_>) -> Option<String> {
        let indexes = self.table.indexes();
        let index = indexes.iter().find(|index| index.number == self.number)?;
        let columns = self.table.columns.list();
        let names: Vec<&str> = index
            .slots
            .iter()
            .filter_map(|slot| columns.iter().find(|column| column.slot == *slot))
            .map(|column| &*column.spelling)
            .collect();
        Some(names.join(", "))
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        Some(other.downcast_ref::<IndexObject>().is_some_and(|other| {
            Rc::ptr_eq(&self.table, &other.table) && self.number == other.number
        }))
    }

    fn content_hash(&self) -> Option<u64> {
        Some(Rc::as_ptr(&self.table) as u64 ^ u64::from(self.number) << 48)
    }
}

fn index_value(vm: &Vm<'_>, table: &Rc<Table>, number: u32) -> Value {
    let object = IndexObject {
        table: Rc::clone(table),
        number,
    };
    vm.alloc(&INDEX, Body::Native(Box::new(object)))
}

fn index_at(vm: &Vm<'_>, table: &Rc<Table>, key: &Value) -> Result<Value, Fault> {
    let at = vm.to_int(key)?;
    let number = usize::try_from(at)
        .ok()
        .and_then(|at| table.indexes().get(at).map(|index| index.number));
    number
        .map(|number| index_value(vm, table, number))
        .ok_or_else(|| Message::IndexOutOfRange.into())
}

fn this_table(this: &Value) -> Result<Rc<Table>, Fault> {
    Ok(Rc::clone(&native_of::<IndexesObject>(this, 1)?.0))
}

/// ИндексыКоллекции.
pub static INDEXES: TypeDef = TypeDef {
    ru: "ИндексыКоллекции",
    en: "CollectionIndexes",
    new: None,
    methods: &[
        method!("Добавить" "Add" ("Колонки") true |vm, this, args| {
            let table = this_table(this)?;
            let slots = table.columns.resolve_names(vm, &args[0])?;
            if slots.is_empty() {
                return Err(Fault::param(1));
            }
            if table.indexes().len() >= INDEXES_MAX {
                return Err(Fault::text(format!(
                    "У таблицы больше {INDEXES_MAX} индексов"
                )));
            }
            let number = table.add_index(|number| Index::new(number, slots));
            Ok(index_value(vm, &table, number))
        }),
        method!("Количество" "Count" ("") true |_, this, _| Ok(Value::from(this_table(this)?.indexes().len()))),
        method!("Получить" "Get" ("Индекс") true |vm, this, args| index_at(vm, &this_table(this)?, &args[0])),
        method!("Удалить" "Delete" ("Индекс") false |vm, this, args| {
            let table = this_table(this)?;
            let number = args[0]
                .as_obj()
                .and_then(|obj| obj.native::<IndexObject>().map(|index| index.number));
            let at = match number {
                Some(number) => table
                    .indexes()
                    .iter()
                    .position(|index| index.number == number),
                None => usize::try_from(vm.to_int(&args[0])?)
                    .ok()
                    .filter(|at| *at < table.indexes().len()),
            };
            let at = at.ok_or(Message::IndexOutOfRange)?;
            table.remove_index(at);
            Ok(Value::Undefined)
        }),
        method!("Очистить" "Clear" ("") false |_, this, _| {
            this_table(this)?.clear_indexes();
            Ok(Value::Undefined)
        }),
    ],
    props: &[],
};

/// ИндексКоллекции.
pub static INDEX: TypeDef = TypeDef {
    ru: "ИндексКоллекции",
    en: "CollectionIndex",
    new: None,
    methods: &[],
    props: &[],
};
