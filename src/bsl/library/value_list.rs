//! СписокЗначений: values with presentations and marks, in order.

use super::define::{
    array_items, enumeration, flag, is_left_out, method, place_among, place_or_none, prop, shifted,
};
use super::registry::{Area, Constructor, TypeDef};
use super::type_description::{TypeSet, chosen, description, type_set};
use crate::kernel::sort;
use crate::value::heap::{Body, Obj};
use crate::value::native::{NativeObject, NoIterator};
use crate::value::paid::Paid;
use crate::value::{Value, memory};
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

/// Lists of values.
pub static AREA: Area = Area {
    title: "Список значений",
    functions: &[],
    types: &[&VALUE_LIST, &LIST_ITEM],
    enums: &[&SORT_DIRECTION],
};

enumeration!(
    /// НаправлениеСортировки.
    SORT_DIRECTION "НаправлениеСортировки" "SortDirection" [
        "Возр" "Asc",
        "Убыв" "Desc",
    ]
);

/// Bytes that an item counts for besides its object.
const ITEM_COST: usize = 200;

/// ЭлементСпискаЗначений: what the list shows and what it stands for.
struct Item {
    value: Value,
    /// Empty when the value's own text is shown.
    presentation: Value,
    check: bool,
    picture: Value,
    id: i64,
    types: Rc<TypeSet>,
}

impl NativeObject for Item {
    fn size(&self) -> usize {
        size_of::<Item>()
    }

    fn presentation(&self, vm: &Vm<'_>) -> Option<String> {
        Some(self.shown(vm))
    }
}

impl Item {
    /// What 1C shows for an item: its presentation, else the text of the value.
    fn shown(&self, vm: &Vm<'_>) -> String {
        match self.presentation.as_string() {
            Some(text) if !text.is_empty() => text,
            // A list may hold one of its own items, which is in hand now.
            _ => match &self.value {
                Value::Obj(obj) if std::ptr::eq(obj.ty(), &LIST_ITEM) => LIST_ITEM.ru.to_owned(),
                value => vm.text(value),
            },
        }
    }
}

/// A list.
#[derive(Default)]
struct List {
    items: Vec<Obj>,
    next_id: i64,
    types: Rc<TypeSet>,
    available: Value,
}

impl List {
    fn new() -> List {
        List {
            available: Value::Undefined,
            ..List::default()
        }
    }

    fn place(&self, vm: &Vm<'_>, value: &Value) -> Result<usize, Fault> {
        let obj = value.as_obj();
        place_among(vm, &self.items, value, |item| {
            obj.is_some_and(|obj| item.same(obj))
        })
    }
}

impl NativeObject for List {
    fn size(&self) -> usize {
        self.items.capacity() * size_of::<Obj>()
    }

    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(
            self.place(vm, key)
                .map(|at| Value::Obj(self.items[at].clone())),
        )
    }

    fn item(&self, _vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        Ok(self.items.get(place).map(|item| Value::Obj(item.clone())))
    }

    fn count(&self) -> Option<usize> {
        Some(self.items.len())
    }

    /// The presentations, as 1C shows a list: «один; два».
    fn presentation(&self, vm: &Vm<'_>) -> Option<String> {
        let mut text = String::new();
        for obj in vm.meter().over_each(8, &self.items) {
            // What could not be paid for ends the run, whatever it would have been shown as.
            let obj = obj.ok()?;
            if !memory::afford(text.capacity() * 2) {
                return None;
            }
            if let Some(item) = obj.native::<Item>() {
                if !text.is_empty() {
                    text.push_str("; ");
                }
                match &item.value {
                    Value::Obj(inner) if std::ptr::eq(inner.ty(), &VALUE_LIST) => {
                        text.push_str(VALUE_LIST.ru)
                    }
                    _ => text.push_str(&item.shown(vm)),
                }
            }
        }
        Some(text)
    }
}

fn object(this: &Value) -> Result<&Obj, Fault> {
    this.as_obj()
        .filter(|obj| std::ptr::eq(obj.ty(), &VALUE_LIST))
        .ok_or_else(|| Fault::param(1))
}

fn with_list<R>(this: &Value, then: impl FnOnce(&List) -> Result<R, Fault>) -> Result<R, Fault> {
    match object(this)?.native::<List>() {
        Some(list) => then(&list),
        None => Err(Fault::param(1)),
    }
}

fn change<R>(this: &Value, then: impl FnOnce(&mut List) -> Result<R, Fault>) -> Result<R, Fault> {
    let obj = object(this)?;
    let result = match obj.native_mut::<List>() {
        Some(mut list) => then(&mut list),
        None => Err(Fault::param(1)),
    };
    obj.recount();
    result
}

/// The items now, for a walk.
fn items(vm: &Vm<'_>, this: &Value) -> Result<Vec<Obj>, Fault> {
    with_list(this, |list| vm.copied(&list.items))
}

fn value_of(obj: &Obj) -> Value {
    obj.native::<Item>()
        .map_or(Value::Undefined, |item| item.value.clone())
}

/// Adds an item at a place: value, presentation, mark, picture.
fn insert(
    vm: &mut Vm<'_>,
    this: &Value,
    at: Option<usize>,
    args: &[Value],
) -> Result<Value, Fault> {
    vm.reserve(ITEM_COST)?;
    let (types, id) = with_list(this, |list| Ok((Rc::clone(&list.types), list.next_id)))?;
    let value = if args[0].is_missing() {
        types.default_value()
    } else {
        types.adjust(vm, &args[0])
    };
    let presentation = if is_left_out(&args[1]) {
        Value::str("")
    } else {
        vm.text_value(&args[1])
    };
    let check = flag(vm, &args[2], false)?;
    let picture = if args[3].is_missing() {
        Value::Undefined
    } else {
        args[3].clone()
    };
    let item = Item {
        value,
        presentation,
        check,
        picture,
        id,
        types,
    };
    let obj = vm.alloc_obj(&LIST_ITEM, Body::Native(Box::new(item)));
    let count = change(this, |list| {
        list.next_id += 1;
        let at = at.unwrap_or(list.items.len()).min(list.items.len());
        list.items.insert(at, obj.clone());
        Ok(list.items.len() - at)
    })?;
    vm.charge_work(count)?;
    Ok(Value::Obj(obj))
}

/// Both sorts, by keys made beforehand.
fn sort_items(
    vm: &mut Vm<'_>,
    this: &Value,
    keys: Vec<Value>,
    direction: &Value,
) -> Result<Value, Fault> {
    let descending = chosen(direction, &SORT_DIRECTION) == Some(1);
    let order = sort::sorted_order(keys.len(), |left, right| {
        let order = vm.order_charged(&keys[left], &keys[right])?;
        Ok::<_, Fault>(if descending { order.reverse() } else { order })
    })?;
    change(this, |list| {
        if order.len() == list.items.len() {
            sort::apply(&mut list.items, order);
        }
        Ok(Value::Undefined)
    })
}

fn find(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    // Long strings of one length are compared to the end.
    let each = 1 + (args[0].long_units() / 64) as u32;
    for obj in items(vm, this)? {
        vm.charge(each)?;
        if value_of(&obj).equals(&args[0]) {
            return Ok(Value::Obj(obj));
        }
    }
    Ok(Value::Undefined)
}

fn copy(vm: &mut Vm<'_>, this: &Value, _args: &mut [Value]) -> Result<Value, Fault> {
    let items = items(vm, this)?;
    let (types, next_id, available) = with_list(this, |list| {
        Ok((Rc::clone(&list.types), list.next_id, list.available.clone()))
    })?;
    let mut copies = Paid::with_room(items.len())?;
    for obj in &items {
        vm.charge(8)?;
        vm.reserve(ITEM_COST)?;
        if let Some(item) = obj.native::<Item>() {
            let copy = Item {
                value: item.value.clone(),
                presentation: item.presentation.clone(),
                check: item.check,
                picture: item.picture.clone(),
                id: item.id,
                types: Rc::clone(&types),
            };
            copies.push(vm.alloc_obj(&LIST_ITEM, Body::Native(Box::new(copy))))?;
        }
    }
    let list = List {
        items: copies.into_vec(),
        next_id,
        types,
        available,
    };
    Ok(vm.alloc(&VALUE_LIST, Body::Native(Box::new(list))))
}

fn load_values(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let values = array_items(vm, &args[0], 1)?;
    change(this, |list| {
        list.items.clear();
        Ok(())
    })?;
    for value in values {
        insert(
            vm,
            this,
            None,
            &[value, Value::Missing, Value::Missing, Value::Missing],
        )?;
    }
    Ok(Value::Undefined)
}

/// СписокЗначений.
pub static VALUE_LIST: TypeDef = TypeDef {
    ru: "СписокЗначений",
    en: "ValueList",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&VALUE_LIST, Body::Native(Box::new(List::new())))),
    }),
    methods: &[
        method!("Добавить" "Add" ("Значение?, Представление?, Пометка?, Картинка?") true |vm, this, args| insert(vm, this, None, args)),
        method!("Вставить" "Insert" ("Индекс, Значение?, Представление?, Пометка?, Картинка?") true |vm, this, args| {
            let at = vm.to_int(&args[0])?.max(0) as usize;
            insert(vm, this, Some(at), &args[1..])
        }),
        method!("Количество" "Count" ("") true |_, this, _| with_list(this, |list| Ok(Value::from(list.items.len())))),
        method!("Получить" "Get" ("Индекс") true |vm, this, args| {
            let at = Value::Int(vm.to_int(&args[0])?);
            with_list(this, |list| {
                list.place(vm, &at)
                    .map(|at| Value::Obj(list.items[at].clone()))
            })
        }),
        method!("Индекс" "IndexOf" ("Элемент") true |vm, this, args| {
            with_list(this, |list| {
                Ok(place_or_none(list.place(vm, &args[0]).ok()))
            })
        }),
        method!("Удалить" "Delete" ("Элемент") false |vm, this, args| {
            let removed = change(this, |list| {
                vm.charge_work(list.items.len())?;
                let at = list.place(vm, &args[0])?;
                Ok(list.items.remove(at))
            })?;
            drop(removed);
            Ok(Value::Undefined)
        }),
        method!("Очистить" "Clear" ("") false |vm, this, _| {
            let count = with_list(this, |list| Ok(list.items.len()))?;
            vm.charge_work(count * 8)?;
            let removed = change(this, |list| Ok(std::mem::take(&mut list.items)))?;
            drop(removed);
            Ok(Value::Undefined)
        }),
        method!("Сдвинуть" "Move" ("Элемент, Смещение") false |vm, this, args| {
            let shift = vm.to_int(&args[1])?;
            change(this, |list| {
                vm.charge_work(list.items.len())?;
                let at = list.place(vm, &args[0])?;
                shifted(&mut list.items, at, shift)?;
                Ok(Value::Undefined)
            })
        }),
        method!("Скопировать" "Copy" ("") true copy),
        method!("ВыгрузитьЗначения" "UnloadValues" ("") true |vm, this, _| {
            let items = items(vm, this)?;
            let values = vm
                .meter()
                .over(&items)
                .gather_with(|obj| Ok(value_of(obj)))?;
            Ok(vm.new_array(values))
        }),
        method!("ЗагрузитьЗначения" "LoadValues" ("Массив") false load_values),
        method!("ЗаполнитьПометки" "FillChecks" ("Пометка") false |vm, this, args| {
            let check = vm.to_bool(&args[0])?;
            for obj in items(vm, this)? {
                vm.charge(1)?;
                if let Some(mut item) = obj.native_mut::<Item>() {
                    item.check = check;
                }
            }
            Ok(Value::Undefined)
        }),
        method!("НайтиПоЗначению" "FindByValue" ("Значение") true find),
        method!("НайтиПоИдентификатору" "FindByID" ("Идентификатор") true |vm, this, args| {
            let id = vm.to_int(&args[0])?;
            let items = items(vm, this)?;
            let found = vm
                .meter()
                .over(items)
                .first(|obj| obj.native::<Item>().is_some_and(|item| item.id == id))?;
            Ok(found.map_or(Value::Undefined, Value::Obj))
        }),
        method!("СортироватьПоЗначению" "SortByValue" ("Направление?") false |vm, this, args| {
            let items = items(vm, this)?;
            let keys = vm
                .meter()
                .over(&items)
                .gather_with(|obj| Ok(value_of(obj)))?;
            sort_items(vm, this, keys, &args[0])
        }),
        method!("СортироватьПоПредставлению" "SortByPresentation" ("Направление?") false |vm, this, args| {
            let items = items(vm, this)?;
            let keys = vm.meter().over_each(8, &items).gather_with(|obj| {
                let text = obj
                    .native::<Item>()
                    .map_or_else(String::new, |item| item.shown(vm));
                Ok(Value::str(&text))
            })?;
            sort_items(vm, this, keys, &args[0])
        }),
    ],
    props: &[
        prop!("ТипЗначения" "ValueType" |vm, this| {
            let types = with_list(this, |list| Ok(Rc::clone(&list.types)))?;
            Ok(description(vm, types))
        }, |vm, this, value| {
            let types = type_set(&value).ok_or_else(|| Fault::param(1))?;
            for obj in items(vm, this)? {
                vm.charge(1)?;
                let fitted = types.adjust(vm, &value_of(&obj));
                if let Some(mut item) = obj.native_mut::<Item>() {
                    item.value = fitted;
                    item.types = Rc::clone(&types);
                }
            }
            change(this, |list| {
                list.types = types;
                Ok(())
            })
        }),
        prop!("ДоступныеЗначения" "AvailableValues" |_, this| with_list(this, |list| Ok(list.available.clone())), |_, this, value| {
            change(this, |list| {
                list.available = value;
                Ok(())
            })
        }),
    ],
};

fn with_item<R>(this: &Value, then: impl FnOnce(&mut Item) -> R) -> Result<R, Fault> {
    match this.as_obj().and_then(|obj| obj.native_mut::<Item>()) {
        Some(mut item) => Ok(then(&mut item)),
        None => Err(Fault::param(1)),
    }
}

/// ЭлементСпискаЗначений.
pub static LIST_ITEM: TypeDef = TypeDef {
    ru: "ЭлементСпискаЗначений",
    en: "ValueListItem",
    new: None,
    methods: &[
        method!("ПолучитьИдентификатор" "GetID" ("") true |_, this, _| with_item(this, |item| Value::Int(item.id))),
    ],
    props: &[
        prop!("Значение" "Value" |_, this| with_item(this, |item| item.value.clone()), |vm, this, value| {
            let types = with_item(this, |item| Rc::clone(&item.types))?;
            let value = types.adjust(vm, &value);
            let old = with_item(this, |item| std::mem::replace(&mut item.value, value))?;
            drop(old);
            Ok(())
        }),
        prop!("Представление" "Presentation" |_, this| with_item(this, |item| item.presentation.clone()), |vm, this, value| {
            let text = vm.text_value(&value);
            with_item(this, |item| item.presentation = text)
        }),
        prop!("Пометка" "Check" |_, this| with_item(this, |item| Value::Bool(item.check)), |vm, this, value| {
            let check = vm.to_bool(&value)?;
            with_item(this, |item| item.check = check)
        }),
        prop!("Картинка" "Picture" |_, this| with_item(this, |item| item.picture.clone()), |_, this, value| {
            let old = with_item(this, |item| std::mem::replace(&mut item.picture, value))?;
            drop(old);
            Ok(())
        }),
    ],
};

/// Puts copies into the items of a list that is a copy itself: what is put away may not share its
/// insides.
pub(super) fn copy_items(vm: &mut Vm<'_>, copy: &Value) -> Result<(), Fault> {
    for item in vm.items(copy)? {
        let Some(obj) = item.as_obj() else { continue };
        let value = obj.native::<Item>().map(|item| item.value.clone());
        if let Some(value) = value
            && value.as_obj().is_some()
        {
            let value = super::storage::stored(vm, &value)?;
            if let Some(mut item) = obj.native_mut::<Item>() {
                item.value = value;
            }
        }
    }
    Ok(())
}
