//! КоллекцияСтрокДереваЗначений: the children of a node, with the methods that go down to their own.

use super::tree::{Node, node_value, this_node};
use super::value_table::{array_items, sorted, total};
use crate::library::registry::{MethodDef, PropDef, TypeDef};
use crate::library::type_description::is_number_only;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::{NativeObject, NoIterator};
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
        vm.charge_work(node.children().len())?;
        return Ok(node.children_now());
    }
    let mut found = Vec::new();
    let mut work: Vec<Rc<Node>> = node.children().iter().rev().cloned().collect();
    while let Some(next) = work.pop() {
        vm.charge(1)?;
        work.extend(next.children().iter().rev().cloned());
        found.push(next);
    }
    Ok(found)
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
        let children = node.children_now();
        let keys: Vec<Vec<Value>> = order
            .iter()
            .map(|(slot, _)| children.iter().map(|child| child.cell(*slot)).collect())
            .collect();
        let places = sorted(vm, keys, &descending)?;
        if !places.is_empty() {
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
                node.remove(at);
                Ok(Value::Undefined)
            },
        },
        MethodDef {
            ru: "Очистить",
            en: "Clear",
            params: "",
            is_function: false,
            call: |_, this, _| {
                this_rows(this)?.clear();
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
                let found = walk(vm, &node, below)?.into_iter().find(|row| {
                    slots
                        .iter()
                        .any(|slot| row.with_cell(*slot, |cell| cell.equals(&args[0])))
                });
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
                let mut rows = walk(vm, &node, below)?;
                rows.retain(|row| row.matches(&conditions));
                vm.reserve(rows.len() * 128)?;
                let rows = rows.iter().map(|row| node_value(vm, row)).collect();
                Ok(vm.new_array(rows))
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
                let values: Vec<Value> = walk(vm, &node, below)?
                    .iter()
                    .map(|row| row.cell(slot))
                    .collect();
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
                vm.charge_work(node.children().len())?;
                vm.reserve(node.children().len() * size_of::<Value>())?;
                let values = node.children().iter().map(|row| row.cell(slot)).collect();
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
                let items = array_items(&args[0], 1)?;
                let slot = node.columns.resolve(vm, &args[1], 2)?;
                for (row, value) in node.children_now().iter().zip(&items) {
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
