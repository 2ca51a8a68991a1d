//! КоллекцияСтрокДереваЗначений: the children of a node, with the methods that go down to their own.

use super::tree::{Node, node_value, this_node};
use super::value_table::{array_items, sorted, total};
use crate::library::registry::{MethodDef, PropDef, TypeDef};
use crate::library::type_description::is_number_only;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::{NativeObject, NoIterator};
use crate::value::paid::Paid;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::any::Any;
use std::rc::Rc;

/// The collection as an object.
struct RowsObject(Rc<Node>);

impl NativeObject for RowsObject {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

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
        Some(
            other
                .as_any()
                .downcast_ref::<RowsObject>()
                .is_some_and(|other| Rc::ptr_eq(&self.0, &other.0)),
        )
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
    let rows = this.as_obj().and_then(|obj| obj.native::<RowsObject>());
    rows.map(|rows| Rc::clone(&rows.0))
        .ok_or_else(|| Fault::param(1))
}

/// The place of a child given as a row or a number.
fn child_at(vm: &Vm<'_>, node: &Node, value: &Value) -> Result<usize, Fault> {
    let at = match value {
        Value::Obj(_) => {
            let child = this_node(value)?;
            vm.meter().units(node.children().len())?;
            node.children()
                .iter()
                .position(|own| Rc::ptr_eq(own, &child))
        }
        value => usize::try_from(vm.to_int(value)?)
            .ok()
            .filter(|at| *at < node.children().len()),
    };
    at.ok_or_else(|| Message::IndexOutOfRange.into())
}

fn with_below(vm: &Vm<'_>, value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Missing | Value::Undefined => Ok(false),
        value => vm.to_bool(value),
    }
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
    let below = with_below(vm, &args[1])?;
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
        MethodDef {
            ru: "Добавить",
            en: "Add",
            params: "",
            is_function: true,
            call: |vm, this, _| {
                let child = this_rows(this)?.add(vm, None)?;
                Ok(node_value(vm, &child))
            },
        },
        MethodDef {
            ru: "Вставить",
            en: "Insert",
            params: "Индекс",
            is_function: true,
            call: |vm, this, args| {
                let at = vm.to_int(&args[0])?.max(0) as usize;
                let child = this_rows(this)?.add(vm, Some(at))?;
                Ok(node_value(vm, &child))
            },
        },
        MethodDef {
            ru: "Количество",
            en: "Count",
            params: "",
            is_function: true,
            call: |_, this, _| Ok(Value::from(this_rows(this)?.children().len())),
        },
        MethodDef {
            ru: "Получить",
            en: "Get",
            params: "Индекс",
            is_function: true,
            call: |vm, this, args| {
                let node = this_rows(this)?;
                let at = child_at(vm, &node, &Value::Int(vm.to_int(&args[0])?))?;
                let child = Rc::clone(&node.children()[at]);
                Ok(node_value(vm, &child))
            },
        },
        MethodDef {
            ru: "Индекс",
            en: "IndexOf",
            params: "Строка",
            is_function: true,
            call: |vm, this, args| {
                let at = child_at(vm, &*this_rows(this)?, &args[0]);
                Ok(Value::Int(at.map_or(-1, |at| at as i64)))
            },
        },
        MethodDef {
            ru: "Удалить",
            en: "Delete",
            params: "Строка",
            is_function: false,
            call: |vm, this, args| {
                let node = this_rows(this)?;
                let at = child_at(vm, &node, &args[0])?;
                vm.charge_work(node.children().len())?;
                node.remove(at);
                Ok(Value::Undefined)
            },
        },
        MethodDef {
            ru: "Очистить",
            en: "Clear",
            params: "",
            is_function: false,
            call: |vm, this, _| {
                let node = this_rows(this)?;
                vm.charge_work(node.children().len() * 8)?;
                node.clear();
                Ok(Value::Undefined)
            },
        },
        MethodDef {
            ru: "Сдвинуть",
            en: "Move",
            params: "Строка, Смещение",
            is_function: false,
            call: |vm, this, args| {
                let node = this_rows(this)?;
                let at = child_at(vm, &node, &args[0])?;
                let shift = vm.to_int(&args[1])?;
                vm.charge_work(node.children().len())?;
                node.shift(at, shift)?;
                Ok(Value::Undefined)
            },
        },
        MethodDef {
            ru: "Найти",
            en: "Find",
            params: "Значение, Колонки?, ВключатьПодчиненные?",
            is_function: true,
            call: |vm, this, args| {
                let node = this_rows(this)?;
                let slots = node.columns.resolve_list(vm, &args[1])?;
                let below = with_below(vm, &args[2])?;
                let rows = walk(vm, &node, below)?;
                let each = 1 + slots.len() / 4 + args[0].long_units() / 64;
                let found = vm.meter().over_each(each, rows).first(|row| {
                    slots
                        .iter()
                        .any(|slot| row.with_cell(*slot, |cell| cell.equals(&args[0])))
                })?;
                Ok(found.map_or(Value::Undefined, |row| node_value(vm, &row)))
            },
        },
        MethodDef {
            ru: "НайтиСтроки",
            en: "FindRows",
            params: "ПараметрыОтбора, ВключатьПодчиненные?",
            is_function: true,
            call: |vm, this, args| {
                let node = this_rows(this)?;
                let conditions = node.columns.resolve_filter(vm, &args[0], 1)?;
                let below = with_below(vm, &args[1])?;
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
            },
        },
        MethodDef {
            ru: "Сортировать",
            en: "Sort",
            params: "Колонки, ВключатьПодчиненные?, ОбъектСравненияЗначений?",
            is_function: false,
            call: sort_rows,
        },
        MethodDef {
            ru: "Итог",
            en: "Total",
            params: "Колонка, ВключатьПодчиненные?",
            is_function: true,
            call: |vm, this, args| {
                let node = this_rows(this)?;
                let slot = node.columns.resolve(vm, &args[0], 1)?;
                let below = with_below(vm, &args[1])?;
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
            },
        },
        MethodDef {
            ru: "ВыгрузитьКолонку",
            en: "UnloadColumn",
            params: "Колонка",
            is_function: true,
            call: |vm, this, args| {
                let node = this_rows(this)?;
                let slot = node.columns.resolve(vm, &args[0], 1)?;
                let children = node.children();
                let rows = vm.meter().over(children.iter());
                let values = rows.gather_with(|row| Ok(row.cell(slot)))?;
                Ok(vm.new_array(values))
            },
        },
        MethodDef {
            ru: "ЗагрузитьКолонку",
            en: "LoadColumn",
            params: "Массив, Колонка",
            is_function: false,
            call: |vm, this, args| {
                let node = this_rows(this)?;
                let items = array_items(vm, &args[0], 1)?;
                let slot = node.columns.resolve(vm, &args[1], 2)?;
                for (row, value) in node.children_now(vm)?.iter().zip(&items) {
                    vm.charge(1)?;
                    row.store(vm, slot, value);
                }
                Ok(Value::Undefined)
            },
        },
        MethodDef {
            ru: "ЗаполнитьЗначения",
            en: "FillValues",
            params: "Значение, Колонки?, ВключатьПодчиненные?",
            is_function: false,
            call: |vm, this, args| {
                let node = this_rows(this)?;
                let slots = node.columns.resolve_list(vm, &args[1])?;
                let below = with_below(vm, &args[2])?;
                for row in walk(vm, &node, below)? {
                    for slot in &slots {
                        vm.charge(1)?;
                        row.store(vm, *slot, &args[0]);
                    }
                }
                Ok(Value::Undefined)
            },
        },
    ],
    props: &[PropDef {
        ru: "Родитель",
        en: "Parent",
        get: |vm, this| {
            let node = this_rows(this)?;
            Ok(if node.is_root() {
                Value::Undefined
            } else {
                node_value(vm, &node)
            })
        },
        set: None,
    }],
};
