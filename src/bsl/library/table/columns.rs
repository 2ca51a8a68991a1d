//! Columns of tables and trees, and the ways in which a program names them.

use super::data::Table;
use crate::library::define::{is_left_out, method, native_of, prop, said, same_handle, shifted};
use crate::library::fixed::struct_fields;
use crate::library::names::{is_name, listed_text};
use crate::library::registry::TypeDef;
use crate::library::type_description::{TypeSet, description, type_set};
use crate::syntax::names::{Name, fold};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::{NativeObject, NoIterator};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message, beginning};
use std::cell::{Cell, Ref, RefCell, RefMut};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// Columns that a table may have: each costs every row a cell.
const COLUMNS_MAX: usize = 10_000;

/// A column.
#[derive(Clone)]
pub struct Column {
    /// Its name; columns without one have none.
    pub name: Option<Name>,
    /// The name as it was written.
    pub spelling: Rc<str>,
    /// Place of its value in every row.
    pub slot: u32,
    /// ТипЗначения; without types anything fits.
    pub types: Rc<TypeSet>,
    /// Заголовок, when it is not the name.
    pub title: Option<Value>,
    /// Ширина.
    pub width: i64,
}

impl Places {
    fn enter(&mut self, column: &Column, at: usize) {
        let slot = column.slot as usize;
        if self.by_slot.len() <= slot {
            self.by_slot.resize(slot + 1, u32::MAX);
        }
        self.by_slot[slot] = at as u32;
        if let Some(name) = column.name {
            self.by_name.entry(name).or_insert(at as u32);
        }
    }
}

/// The columns of a table or tree, in order.
#[derive(Default)]
pub struct Columns {
    list: RefCell<Vec<Column>>,
    /// Where columns stand; made when it is first asked for, forgotten when the order changes.
    places: RefCell<Option<Places>>,
    next_slot: Cell<u32>,
    /// The table, whose indexes a removed column takes along; a tree has none.
    table: RefCell<Weak<Table>>,
}

/// Where the columns stand in their list.
struct Places {
    /// By slot; of a removed one the greatest number.
    by_slot: Vec<u32>,
    by_name: HashMap<Name, u32>,
}

/// Columns up to which a scan is as good as a table of places.
const SCAN_MAX: usize = 16;

impl Columns {
    /// Tells the columns their table.
    pub fn belong_to(&self, table: &Rc<Table>) {
        *self.table.borrow_mut() = Rc::downgrade(table);
    }

    /// The columns.
    pub fn list(&self) -> Ref<'_, Vec<Column>> {
        self.list.borrow()
    }

    /// How many slots a row has now.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.next_slot.get() as usize
    }

    /// The place of a column by name; `guess` is where the caller saw it last.
    #[inline]
    #[must_use]
    pub fn position(&self, name: Name, guess: usize) -> Option<usize> {
        let list = self.list.borrow();
        if list
            .get(guess)
            .is_some_and(|column| column.name == Some(name))
        {
            return Some(guess);
        }
        if list.len() <= SCAN_MAX {
            return list.iter().position(|column| column.name == Some(name));
        }
        self.with_places(&list, |places| {
            places.by_name.get(&name).map(|at| *at as usize)
        })
    }

    /// The place of a column by slot.
    fn place_of(&self, list: &[Column], slot: u32) -> Option<usize> {
        let own = |column: &Column| column.slot == slot;
        if list.get(slot as usize).is_some_and(own) {
            return Some(slot as usize);
        }
        if list.len() <= SCAN_MAX {
            return list.iter().position(own);
        }
        self.with_places(list, |places| {
            let at = places.by_slot.get(slot as usize).copied();
            at.filter(|at| *at != u32::MAX).map(|at| at as usize)
        })
    }

    fn with_places<R>(&self, list: &[Column], look: impl FnOnce(&Places) -> R) -> R {
        let mut places = self.places.borrow_mut();
        look(places.get_or_insert_with(|| {
            let mut places = Places {
                by_slot: vec![u32::MAX; self.slots()],
                by_name: HashMap::with_capacity(list.len()),
            };
            for (at, column) in list.iter().enumerate() {
                places.enter(column, at);
            }
            places
        }))
    }

    /// The list, to change its order or names.
    fn change(&self) -> RefMut<'_, Vec<Column>> {
        *self.places.borrow_mut() = None;
        self.list.borrow_mut()
    }

    /// Adds a column at the end.
    fn push(&self, column: Column) {
        let mut list = self.list.borrow_mut();
        if let Some(places) = self.places.borrow_mut().as_mut() {
            places.enter(&column, list.len());
        }
        list.push(column);
    }

    /// Names of the columns that have one, as they are written.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let list = self.list.borrow();
        let named = list.iter().filter(|column| column.name.is_some());
        named.map(|column| column.spelling.to_string()).collect()
    }

    /// The slots of all columns, in order.
    #[must_use]
    pub fn all_slots(&self) -> Vec<u32> {
        self.list
            .borrow()
            .iter()
            .map(|column| column.slot)
            .collect()
    }

    /// The empty value of a slot.
    #[must_use]
    pub fn default_of(&self, slot: u32) -> Value {
        let list = self.list.borrow();
        self.place_of(&list, slot)
            .map_or(Value::Undefined, |at| list[at].types.default_value())
    }

    /// The types of a slot, when they restrict its values.
    #[must_use]
    pub fn types_of(&self, slot: u32) -> Option<Rc<TypeSet>> {
        let list = self.list.borrow();
        let column = &list[self.place_of(&list, slot)?];
        if column.types.is_any() {
            None
        } else {
            Some(Rc::clone(&column.types))
        }
    }

    /// Adds a column with the properties of another one, at the end.
    pub fn add_like(&self, column: &Column) -> u32 {
        let slot = self.new_slot();
        self.push(Column {
            slot,
            ..column.clone()
        });
        slot
    }

    /// The column of a slot.
    #[must_use]
    pub fn column(&self, slot: u32) -> Option<Column> {
        let list = self.list.borrow();
        let at = self.place_of(&list, slot)?;
        Some(list[at].clone())
    }

    fn new_slot(&self) -> u32 {
        let slot = self.next_slot.get();
        self.next_slot.set(slot + 1);
        slot
    }

    fn remove(&self, at: usize) {
        let column = self.change().remove(at);
        if let Some(table) = self.table.borrow().upgrade() {
            table.drop_indexes_of(column.slot);
        }
    }

    /// Keeps the columns of these slots, in this order.
    pub fn keep(&self, slots: &[u32]) {
        let mut old: HashMap<u32, Column> = std::mem::take(&mut *self.change())
            .into_iter()
            .map(|column| (column.slot, column))
            .collect();
        let kept = slots.iter().filter_map(|slot| old.remove(slot)).collect();
        *self.list.borrow_mut() = kept;
        if let Some(table) = self.table.borrow().upgrade() {
            for slot in old.keys() {
                table.drop_indexes_of(*slot);
            }
        }
    }

    /// The column that a value names: a name, a number from 0, a column object.
    pub fn resolve(&self, vm: &Vm<'_>, value: &Value, param: u8) -> Result<u32, Fault> {
        if let Some(index) = value.as_i64() {
            let list = self.list.borrow();
            let column = usize::try_from(index)
                .ok()
                .and_then(|index| list.get(index));
            return column
                .map(|column| column.slot)
                .ok_or_else(|| Message::IndexOutOfRange.into());
        }
        if value.is_str() {
            return self.slot_by_text(vm, vm.text(value).trim());
        }
        let object = value.as_obj().and_then(|obj| obj.native::<ColumnObject>());
        match object {
            Some(column) if std::ptr::eq(Rc::as_ptr(&column.columns), self) => {
                if self.place_of(&self.list.borrow(), column.slot).is_some() {
                    Ok(column.slot)
                } else {
                    Err(Fault::param(param))
                }
            }
            _ => Err(Fault::param(param)),
        }
    }

    fn slot_by_text(&self, vm: &Vm<'_>, name: &str) -> Result<u32, Fault> {
        vm.meter().work(4)?;
        let found = vm
            .names()
            .find(name)
            .and_then(|name| self.position(name, 0));
        match found {
            Some(at) => Ok(self.list.borrow()[at].slot),
            None => Err(wrong_name(vm, name)),
        }
    }

    /// The columns of a text `Имя1, Имя2`, each once; all of them when it is skipped or empty.
    pub fn resolve_list(&self, vm: &Vm<'_>, value: &Value) -> Result<Vec<u32>, Fault> {
        let named = self.resolve_names(vm, value)?;
        Ok(if named.is_empty() {
            self.all_slots()
        } else {
            named
        })
    }

    /// The same without «all».
    pub fn resolve_names(&self, vm: &Vm<'_>, value: &Value) -> Result<Vec<u32>, Fault> {
        Ok(self.resolve_distinct(vm, value)?.0)
    }

    /// The same; with it whether a column was named more than once.
    pub fn resolve_distinct(&self, vm: &Vm<'_>, value: &Value) -> Result<(Vec<u32>, bool), Fault> {
        let mut slots = Vec::new();
        let mut seen = Seen::of(self);
        let mut repeated = false;
        for name in listed_text(vm, value).filled() {
            let slot = self.slot_by_text(vm, name?)?;
            if seen.is_new(slot) {
                slots.push(slot);
            } else {
                repeated = true;
            }
        }
        Ok((slots, repeated))
    }

    /// The order of Сортировать: `Имя1, Имя2 Убыв`; `true` is descending. A column that was named
    /// before decides nothing any more.
    pub fn resolve_order(&self, vm: &Vm<'_>, value: &Value) -> Result<Vec<(u32, bool)>, Fault> {
        let mut order = Vec::new();
        let mut seen = Seen::of(self);
        for part in listed_text(vm, value).filled() {
            let part = part?;
            let (name, direction) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
            let descending = match fold(direction.trim()).as_str() {
                "" | "возр" | "asc" => false,
                "убыв" | "desc" => true,
                other => {
                    return Err(Fault::text(format!(
                        "Неизвестное направление сортировки «{}»: Возр или Убыв",
                        beginning(other)
                    )));
                }
            };
            let slot = self.slot_by_text(vm, name)?;
            if seen.is_new(slot) {
                order.push((slot, descending));
            }
        }
        Ok(order)
    }

    /// The slot of the column at a place.
    #[inline]
    pub fn slot_at(&self, at: usize) -> Option<u32> {
        self.list().get(at).map(|column| column.slot)
    }

    /// The slot of the column of a name; `place` is the caller's cache of where it stood.
    #[inline]
    pub fn slot_named(&self, name: Name, place: &mut u32) -> Option<u32> {
        let at = self.position(name, *place as usize)?;
        *place = at as u32;
        self.slot_at(at)
    }

    /// The slot of the column whose number the program gives.
    pub fn slot_numbered(&self, vm: &Vm<'_>, number: &Value) -> Result<u32, Fault> {
        let at = usize::try_from(vm.to_int(number)?).ok();
        at.and_then(|at| self.slot_at(at))
            .ok_or_else(|| Message::IndexOutOfRange.into())
    }

    /// A value made to fit the column of a slot.
    #[inline]
    pub fn fitted(&self, vm: &mut Vm<'_>, slot: u32, value: &Value) -> Value {
        match self.types_of(slot) {
            Some(types) => types.adjust(vm, value),
            None => value.clone(),
        }
    }

    /// The conditions of НайтиСтроки: a structure whose fields are columns.
    pub fn resolve_filter(
        &self,
        vm: &Vm<'_>,
        value: &Value,
        param: u8,
    ) -> Result<Vec<(u32, Value)>, Fault> {
        let fields = struct_fields(vm, value)?.ok_or_else(|| Fault::param(param))?;
        vm.meter()
            .over(fields)
            .gather_with(|(name, spelling, value)| match self.position(name, 0) {
                Some(at) => Ok((self.list.borrow()[at].slot, value)),
                None => Err(wrong_name(vm, &vm.spelling(spelling))),
            })
    }
}

/// No column has the name, or none may: it is taken, or no name at all.
fn wrong_name(vm: &Vm<'_>, name: &str) -> Fault {
    let name = beginning(name);
    said(
        vm,
        format!("Неверное имя колонки ({name})"),
        format!("Wrong name of a column ({name})"),
    )
}

/// The slots that a list has named.
struct Seen(Vec<bool>);

impl Seen {
    fn of(columns: &Columns) -> Seen {
        Seen(vec![false; columns.slots()])
    }

    fn is_new(&mut self, slot: u32) -> bool {
        self.0
            .get_mut(slot as usize)
            .is_none_or(|seen| !std::mem::replace(seen, true))
    }
}

/// The collection as an object.
pub struct ColumnsObject(pub Rc<Columns>);

impl NativeObject for ColumnsObject {
    fn get_field(&self, vm: &Vm<'_>, name: Name, place: &mut u32) -> Option<Value> {
        let slot = self.0.slot_named(name, place)?;
        Some(column_object(vm, &self.0, slot))
    }

    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(
            self.0
                .resolve(vm, key, 1)
                .map(|slot| column_object(vm, &self.0, slot)),
        )
    }

    fn item(&self, vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        let slot = self.0.slot_at(place);
        Ok(slot.map(|slot| column_object(vm, &self.0, slot)))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.list().len())
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        same_handle(&self.0, other, |other: &ColumnsObject| &other.0)
    }

    fn content_hash(&self) -> Option<u64> {
        Some(Rc::as_ptr(&self.0) as u64)
    }
}

/// The collection as a value.
pub fn columns_value(vm: &Vm<'_>, columns: &Rc<Columns>) -> Value {
    vm.alloc(
        &COLUMNS,
        Body::Native(Box::new(ColumnsObject(Rc::clone(columns)))),
    )
}

/// A column as an object.
struct ColumnObject {
    columns: Rc<Columns>,
    slot: u32,
}

impl NativeObject for ColumnObject {
    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        Some(other.downcast_ref::<ColumnObject>().is_some_and(|other| {
            Rc::ptr_eq(&self.columns, &other.columns) && self.slot == other.slot
        }))
    }

    fn content_hash(&self) -> Option<u64> {
        Some(Rc::as_ptr(&self.columns) as u64 ^ u64::from(self.slot) << 48)
    }
}

fn column_object(vm: &Vm<'_>, columns: &Rc<Columns>, slot: u32) -> Value {
    let object = ColumnObject {
        columns: Rc::clone(columns),
        slot,
    };
    vm.alloc(&COLUMN, Body::Native(Box::new(object)))
}

fn column_at(vm: &Vm<'_>, columns: &Rc<Columns>, at: usize) -> Value {
    let slot = columns.slot_at(at);
    slot.map_or(Value::Undefined, |slot| column_object(vm, columns, slot))
}

fn this_columns(this: &Value) -> Result<Rc<Columns>, Fault> {
    Ok(Rc::clone(&native_of::<ColumnsObject>(this, 1)?.0))
}

/// A title: a text, which is counted as any value of the program.
fn title_of(vm: &Vm<'_>, value: &Value) -> Value {
    vm.text_value(value)
}

/// Добавить and Вставить: name, type, title, width from `args[from..]`.
fn insert(
    vm: &mut Vm<'_>,
    this: &Value,
    at: Option<usize>,
    args: &[Value],
    from: usize,
) -> Result<Value, Fault> {
    let columns = this_columns(this)?;
    let (name, types, title, width) = (
        &args[from],
        &args[from + 1],
        &args[from + 2],
        &args[from + 3],
    );
    let spelling = if is_left_out(name) {
        String::new()
    } else {
        vm.text(name).trim().to_owned()
    };
    let name = if spelling.is_empty() {
        None
    } else if is_name(&spelling) {
        Some(vm.intern(&spelling))
    } else {
        return Err(wrong_name(vm, &spelling));
    };
    if let Some(name) = name
        && columns.position(name, 0).is_some()
    {
        return Err(wrong_name(vm, &spelling));
    }
    if columns.slots() >= COLUMNS_MAX {
        return Err(Fault::text(format!(
            "В таблице больше {COLUMNS_MAX} колонок"
        )));
    }
    let types = if is_left_out(types) {
        Rc::new(TypeSet::default())
    } else {
        match (type_set(types), types) {
            (Some(set), _) => set,
            (None, Value::Type(_) | Value::HostType(_)) => Rc::new(TypeSet::of(types.clone())),
            _ => return Err(Fault::param(from as u8 + 2)),
        }
    };
    let title = if is_left_out(title) {
        None
    } else {
        Some(title_of(vm, title))
    };
    let width = if is_left_out(width) {
        0
    } else {
        vm.to_int(width)?
    };
    vm.charge(8)?;
    vm.reserve(256)?;
    let slot = columns.new_slot();
    let column = Column {
        name,
        spelling: spelling.into(),
        slot,
        types,
        title,
        width,
    };
    let count = columns.list().len();
    match at.filter(|at| *at < count) {
        Some(at) => {
            vm.charge_work(count)?;
            columns.change().insert(at, column);
        }
        None => columns.push(column),
    }
    Ok(column_object(vm, &columns, slot))
}

/// КоллекцияКолонокТаблицыЗначений; trees have the same.
pub static COLUMNS: TypeDef = TypeDef {
    ru: "КоллекцияКолонокТаблицыЗначений",
    en: "ValueTableColumnCollection",
    new: None,
    methods: &[
        method!("Добавить" "Add" ("Имя?, Тип?, Заголовок?, Ширина?") true |vm, this, args| insert(vm, this, None, args, 0)),
        method!("Вставить" "Insert" ("Индекс, Имя?, Тип?, Заголовок?, Ширина?") true |vm, this, args| {
            let at = vm.to_int(&args[0])?.max(0) as usize;
            insert(vm, this, Some(at), args, 1)
        }),
        method!("Количество" "Count" ("") true |_, this, _| Ok(Value::from(this_columns(this)?.list().len()))),
        method!("Найти" "Find" ("Имя") true |vm, this, args| {
            let columns = this_columns(this)?;
            let name = vm.text(&args[0]);
            let found = vm
                .names()
                .find(name.trim())
                .and_then(|name| columns.position(name, 0));
            Ok(found.map_or(Value::Undefined, |at| column_at(vm, &columns, at)))
        }),
        method!("Получить" "Get" ("Индекс") true |vm, this, args| {
            let columns = this_columns(this)?;
            let index = Value::Int(vm.to_int(&args[0])?);
            let slot = columns.resolve(vm, &index, 1)?;
            Ok(column_object(vm, &columns, slot))
        }),
        method!("Индекс" "IndexOf" ("Колонка") true |vm, this, args| {
            let columns = this_columns(this)?;
            let slot = columns.resolve(vm, &args[0], 1);
            let at = slot
                .ok()
                .and_then(|slot| columns.place_of(&columns.list(), slot));
            Ok(Value::Int(at.map_or(-1, |at| at as i64)))
        }),
        method!("Сдвинуть" "Move" ("Колонка, Смещение") false |vm, this, args| {
            let columns = this_columns(this)?;
            let slot = columns.resolve(vm, &args[0], 1)?;
            let shift = vm.to_int(&args[1])?;
            vm.charge_work(columns.list().len())?;
            let from = columns.place_of(&columns.list(), slot).unwrap_or(0);
            shifted(&mut columns.change(), from, shift)?;
            Ok(Value::Undefined)
        }),
        method!("Удалить" "Delete" ("Колонка") false |vm, this, args| {
            let columns = this_columns(this)?;
            let slot = columns.resolve(vm, &args[0], 1)?;
            vm.charge_work(columns.list().len())?;
            let at = columns.place_of(&columns.list(), slot);
            if let Some(at) = at {
                columns.remove(at);
            }
            Ok(Value::Undefined)
        }),
        method!("Очистить" "Clear" ("") false |_, this, _| {
            this_columns(this)?.keep(&[]);
            Ok(Value::Undefined)
        }),
    ],
    props: &[],
};

/// Reads or changes the column behind an object; it may have been removed meanwhile.
fn with_column<R>(
    this: &Value,
    then: impl FnOnce(&Rc<Columns>, &mut Column) -> Result<R, Fault>,
) -> Result<R, Fault> {
    let object = this
        .as_obj()
        .and_then(|obj| obj.native::<ColumnObject>())
        .ok_or_else(|| Fault::param(1))?;
    let (columns, slot) = (Rc::clone(&object.columns), object.slot);
    drop(object);
    let mut list = columns.list.borrow_mut();
    match columns.place_of(&list, slot) {
        Some(at) => then(&columns, &mut list[at]),
        None => Err(Fault::text("Колонка удалена из своей таблицы")),
    }
}

/// КолонкаТаблицыЗначений.
pub static COLUMN: TypeDef = TypeDef {
    ru: "КолонкаТаблицыЗначений",
    en: "ValueTableColumn",
    new: None,
    methods: &[],
    props: &[
        prop!("Имя" "Name" |_, this| with_column(this, |_, column| Ok(Value::str(&column.spelling))), |vm, this, value| {
            let spelling = vm.text(&value);
            let name = if is_name(&spelling) {
                vm.intern(&spelling)
            } else {
                return Err(wrong_name(vm, &spelling));
            };
            let object = this
                .as_obj()
                .and_then(|obj| obj.native::<ColumnObject>())
                .ok_or_else(|| Fault::param(1))?;
            let columns = Rc::clone(&object.columns);
            let taken = columns
                .position(name, 0)
                .is_some_and(|at| columns.list()[at].slot != object.slot);
            drop(object);
            if taken {
                return Err(wrong_name(vm, &spelling));
            }
            *columns.places.borrow_mut() = None;
            with_column(this, |_, column| {
                column.name = Some(name);
                column.spelling = spelling.into();
                Ok(())
            })
        }),
        prop!("Заголовок" "Title" |_, this| {
            with_column(this, |_, column| {
                Ok(match &column.title {
                    Some(title) => title.clone(),
                    None => Value::str(&column.spelling),
                })
            })
        }, |vm, this, value| {
            let title = title_of(vm, &value);
            with_column(this, |_, column| {
                column.title = Some(title);
                Ok(())
            })
        }),
        prop!("ТипЗначения" "ValueType" |vm, this| {
            let types = with_column(this, |_, column| Ok(Rc::clone(&column.types)))?;
            Ok(description(vm, types))
        }),
        prop!("Ширина" "Width" |_, this| with_column(this, |_, column| Ok(Value::Int(column.width))), |vm, this, value| {
            let width = vm.to_int(&value)?;
            with_column(this, |_, column| {
                column.width = width;
                Ok(())
            })
        }),
    ],
};
