//! КоллекцияСтрокДереваЗначений: the children of a node, with the methods that go down to their own.

use super::cells::Cells;
use super::tree::{Node, node_value, this_node};
use super::value_table::{sorted, total};
use crate::library::define::{
    array_items, flag, method, native_of, place_among, place_or_none, prop, same_handle,
};
use crate::library::registry::TypeDef;
use crate::library::type_description::is_number_only;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::{NativeObject, NoIterator};
use crate::value::paid::Paid;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

/// The collection as an object.
struct RowsObject(Rc<Node>);

impl NativeObject for RowsObject {
    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(child_at(vm, &self.0, key).map(|at| node_value(vm, &self.0.children()[at])))
    }

    fn item(&self, vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        let child = self.0.children().get(place).cloned();
        Ok(child.map(|child| node_value(vm, &child)))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.children().len())
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        same_handle(&self.0, other, |other: &RowsObject| &other.0)
    }

    fn content_hash(&self) -> Option<u64> {
        Some(Rc::as_ptr(&self.0) as u64)
    }
}

/// Строки of a node as a value.
pub fn rows_value(vm: &Vm<'_>, node: &Rc<Node>) -> Value {
    vm.alloc(
        &TREE_ROWS,
        Body::Native(Box::new(RowsObject(Rc::clone(node)))),
    )
}

fn this_rows(this: &Value) -> Result<Rc<Node>, Fault> {
    Ok(Rc::clone(&native_of::<RowsObject>(this, 1)?.0))
}

/// The place of a child given as a row or a number.
fn child_at(vm: &Vm<'_>, node: &Node, value: &Value) -> Result<usize, Fault> {
    let child = match value {
        Value::Obj(_) => Some(this_node(value)?),
        _ => None,
    };
    place_among(vm, &node.children(), value, |own| {
        child.as_ref().is_some_and(|child| Rc::ptr_eq(own, child))
    })
}

/// The children in order, each followed by what is below it when that is asked for.
fn walk(vm: &mut Vm<'_>, node: &Node, below: bool) -> Result<Vec<Rc<Node>>, Fault> {
    if !below {
        return node.children_now(vm);
    }
    let mut found = Paid::new();
    let mut work = Paid::new();
    let meter = vm.meter();
    let put = |work: &mut Paid<Rc<Node>>, node: &Node| {
        for child in meter.over(node.children().iter().rev()) {
            work.push(Rc::clone(child?))?;
        }
        Ok::<(), Fault>(())
    };
    put(&mut work, node)?;
    while let Some(next) = work.pop() {
        put(&mut work, &next)?;
        found.push(next)?;
    }
    Ok(found.into_vec())
}

fn sort_rows(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let node = this_rows(this)?;
    let order = node.columns.resolve_order(vm, &args[0])?;
    let below = flag(vm, &args[1], false)?;
    let descending: Vec<bool> = order.iter().map(|(_, descending)| *descending).collect();
    let mut nodes = vec![Rc::clone(&node)];
    if below {
        nodes.extend(walk(vm, &node, true)?);
    }
    for node in nodes {
        let children = node.children_now(vm)?;
        let meter = vm.meter();
        let keys = meter.over(&order).gather_with(|(slot, _)| {
            meter
                .over(&children)
                .gather_with(|child| Ok(child.cell(*slot)))
        })?;
        let places = sorted(vm, keys, &descending)?;
        if !places.is_empty() {
            vm.charge_work(places.len() * 4)?;
            node.reorder(places);
        }
    }
    Ok(Value::Undefined)
}

/// КоллекцияСтрокДереваЗначений.
pub static TREE_ROWS: TypeDef = TypeDef {
    ru: "КоллекцияСтрокДереваЗначений",
    en: "ValueTreeRowCollection",
    new: None,
    methods: &[
        method!("Добавить" "Add" ("") true |vm, this, _| {
            let child = this_rows(this)?.add(vm, None)?;
            Ok(node_value(vm, &child))
        }),
        method!("Вставить" "Insert" ("Индекс") true |vm, this, args| {
            let at = vm.to_int(&args[0])?.max(0) as usize;
            let child = this_rows(this)?.add(vm, Some(at))?;
            Ok(node_value(vm, &child))
        }),
        method!("Количество" "Count" ("") true |_, this, _| Ok(Value::from(this_rows(this)?.children().len()))),
        method!("Получить" "Get" ("Индекс") true |vm, this, args| {
            let node = this_rows(this)?;
            let at = child_at(vm, &node, &Value::Int(vm.to_int(&args[0])?))?;
            let child = Rc::clone(&node.children()[at]);
            Ok(node_value(vm, &child))
        }),
        method!("Индекс" "IndexOf" ("Строка") true |vm, this, args| {
            let at = child_at(vm, &*this_rows(this)?, &args[0]);
            Ok(place_or_none(at.ok()))
        }),
        method!("Удалить" "Delete" ("Строка") false |vm, this, args| {
            let node = this_rows(this)?;
            let at = child_at(vm, &node, &args[0])?;
            vm.charge_work(node.children().len())?;
            node.remove(at);
            Ok(Value::Undefined)
        }),
        method!("Очистить" "Clear" ("") false |vm, this, _| {
            let node = this_rows(this)?;
            vm.charge_work(node.children().len() * 8)?;
            node.clear();
            Ok(Value::Undefined)
        }),
        method!("Сдвинуть" "Move" ("Строка, Смещение") false |vm, this, args| {
            let node = this_rows(this)?;
            let at = child_at(vm, &node, &args[0])?;
            let shift = vm.to_int(&args[1])?;
            vm.charge_work(node.children().len())?;
            node.shift(at, shift)?;
            Ok(Value::Undefined)
        }),
        method!("Найти" "Find" ("Значение, Колонки?, ВключатьПодчиненные?") true |vm, this, args| {
            let node = this_rows(this)?;
            let slots = node.columns.resolve_list(vm, &args[1])?;
            let below = flag(vm, &args[2], false)?;
            let rows = walk(vm, &node, below)?;
            let each = 1 + slots.len() / 4 + args[0].long_units() / 64;
            let found = vm.meter().over_each(each, rows).first(|row| {
                row.has(&slots, &args[0])
            })?;
            Ok(found.map_or(Value::Undefined, |row| node_value(vm, &row)))
        }),
        method!("НайтиСтроки" "FindRows" ("ПараметрыОтбора, ВключатьПодчиненные?") true |vm, this, args| {
            let node = this_rows(this)?;
            let conditions = node.columns.resolve_filter(vm, &args[0], 1)?;
            let below = flag(vm, &args[1], false)?;
            let long = conditions.iter().map(|(_, value)| value.long_units());
            let each = 1 + conditions.len() / 4 + long.sum::<usize>() / 64;
            let mut found = Paid::new();
            for row in vm.meter().over_each(each, walk(vm, &node, below)?) {
                let row = row?;
                if row.matches(&conditions) {
                    found.push(node_value(vm, &row))?;
                }
            }
            Ok(vm.new_array(found.into_vec()))
        }),
        method!("Сортировать" "Sort" ("Колонки, ВключатьПодчиненные?, ОбъектСравненияЗначений?") false sort_rows),
        method!("Итог" "Total" ("Колонка, ВключатьПодчиненные?") true |vm, this, args| {
            let node = this_rows(this)?;
            let slot = node.columns.resolve(vm, &args[0], 1)?;
            let below = flag(vm, &args[1], false)?;
            let rows = walk(vm, &node, below)?;
            let values = vm
                .meter()
                .over(rows)
                .gather_with(|row| Ok(row.cell(slot)))?;
            let number_column = node
                .columns
                .types_of(slot)
                .is_some_and(|types| is_number_only(&types));
            total(vm, &values, number_column)
        }),
        method!("ВыгрузитьКолонку" "UnloadColumn" ("Колонка") true |vm, this, args| {
            let node = this_rows(this)?;
            let slot = node.columns.resolve(vm, &args[0], 1)?;
            let children = node.children();
            let rows = vm.meter().over(children.iter());
            let values = rows.gather_with(|row| Ok(row.cell(slot)))?;
            Ok(vm.new_array(values))
        }),
        method!("ЗагрузитьКолонку" "LoadColumn" ("Массив, Колонка") false |vm, this, args| {
            let node = this_rows(this)?;
            let items = array_items(vm, &args[0], 1)?;
            let slot = node.columns.resolve(vm, &args[1], 2)?;
            for (row, value) in node.children_now(vm)?.iter().zip(&items) {
                vm.charge(1)?;
                row.store(vm, slot, value);
            }
            Ok(Value::Undefined)
        }),
        method!("ЗаполнитьЗначения" "FillValues" ("Значение, Колонки?, ВключатьПодчиненные?") false |vm, this, args| {
            let node = this_rows(this)?;
            let slots = node.columns.resolve_list(vm, &args[1])?;
            let below = flag(vm, &args[2], false)?;
            for row in walk(vm, &node, below)? {
                for slot in &slots {
                    vm.charge(1)?;
                    row.store(vm, *slot, &args[0]);
                }
            }
            Ok(Value::Undefined)
        }),
    ],
    props: &[prop!("Родитель" "Parent" |vm, this| {
        let node = this_rows(this)?;
        Ok(if node.is_root() {
            Value::Undefined
        } else {
            node_value(vm, &node)
        })
    })],
};
