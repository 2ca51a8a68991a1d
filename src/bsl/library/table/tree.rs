//! ДеревоЗначений and its rows. A node knows its parent and its children; objects of the program only
//! point to nodes, and are equal when they point to the same.

use super::columns::{Columns, columns_value};
use super::tree_rows::rows_value;
use super::{Charge, SlotPairs};
use crate::library::registry::{Constructor, MethodDef, PropDef, TypeDef};
use crate::syntax::names::Name;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::{NativeObject, NoIterator};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::any::Any;
use std::cell::{Ref, RefCell};
use std::rc::{Rc, Weak};

/// A node: a row of the tree, or its root, which has no row.
pub struct Node {
    pub(super) columns: Rc<Columns>,
    cells: RefCell<Vec<Value>>,
    children: RefCell<Vec<Rc<Node>>>,
    parent: RefCell<Weak<Node>>,
    is_root: bool,
    charge: RefCell<Charge>,
}

/// Bytes of a node besides its cells and children.
const NODE_COST: usize = size_of::<Node>() + 32;

impl Node {
    /// A node without a place in a tree.
    fn new(columns: &Rc<Columns>, is_root: bool) -> Rc<Node> {
        let node = Rc::new(Node {
            columns: Rc::clone(columns),
            cells: RefCell::default(),
            children: RefCell::default(),
            parent: RefCell::default(),
            is_root,
            charge: RefCell::default(),
        });
        node.recount();
        node
    }

    /// An empty tree.
    #[must_use]
    pub fn root(columns: &Rc<Columns>) -> Rc<Node> {
        Node::new(columns, true)
    }

    /// The children.
    pub fn children(&self) -> Ref<'_, Vec<Rc<Node>>> {
        self.children.borrow()
    }

    /// A copy of the children, for a walk.
    pub fn children_now(&self, vm: &Vm<'_>) -> Result<Vec<Rc<Node>>, Fault> {
        let children = self.children.borrow();
        vm.copied(&children)
    }

    /// The parent, while it lives.
    #[must_use]
    pub fn parent(&self) -> Option<Rc<Node>> {
        self.parent.borrow().upgrade()
    }

    /// Whether it is the tree itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.is_root
    }

    /// Adds an empty child at a place, at the end without one.
    pub fn add(self: &Rc<Self>, vm: &mut Vm<'_>, at: Option<usize>) -> Result<Rc<Node>, Fault> {
        vm.charge_work(self.columns.slots() * 4)?;
        vm.reserve(NODE_COST + self.columns.slots() * size_of::<Value>())?;
        let child = Node::new(&self.columns, false);
        *child.parent.borrow_mut() = Rc::downgrade(self);
        let mut children = self.children.borrow_mut();
        let at = at.unwrap_or(children.len()).min(children.len());
        vm.charge_work(children.len() - at)?;
        children.insert(at, Rc::clone(&child));
        drop(children);
        self.recount();
        Ok(child)
    }

    /// Removes a child.
    pub fn remove(&self, at: usize) {
        let child = self.children.borrow_mut().remove(at);
        *child.parent.borrow_mut() = Weak::new();
        self.recount();
    }

    /// Removes all children.
    pub fn clear(&self) {
        let children = std::mem::take(&mut *self.children.borrow_mut());
        for child in &children {
            *child.parent.borrow_mut() = Weak::new();
        }
        self.recount();
    }

    /// Puts the children into the order of places.
    pub fn reorder(&self, order: Vec<usize>) {
        crate::kernel::sort::apply(&mut self.children.borrow_mut(), order);
    }

    /// Moves a child.
    pub fn shift(&self, at: usize, shift: i64) -> Result<(), Fault> {
        let mut children = self.children.borrow_mut();
        let to = (at as i64).saturating_add(shift);
        if to < 0 || to >= children.len() as i64 {
            return Err(Message::IndexOutOfRange.into());
        }
        let child = children.remove(at);
        children.insert(to as usize, child);
        Ok(())
    }

    /// The value of a slot.
    #[must_use]
    pub fn cell(&self, slot: u32) -> Value {
        self.with_cell(slot, Value::clone)
    }

    /// Looks at the value of a slot.
    pub fn with_cell<R>(&self, slot: u32, look: impl FnOnce(&Value) -> R) -> R {
        match self.cells.borrow().get(slot as usize) {
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

    /// Writes a value, made to fit its column.
    pub fn store(&self, vm: &mut Vm<'_>, slot: u32, value: &Value) {
        let value = match self.columns.types_of(slot) {
            Some(types) => types.adjust(vm, value),
            None => value.clone(),
        };
        self.put(slot, value);
    }

    /// Writes a value that fits.
    pub fn put(&self, slot: u32, value: Value) {
        let mut cells = self.cells.borrow_mut();
        let slots = self.columns.slots();
        let grown = cells.len() < slots;
        while cells.len() < slots {
            let empty = self.columns.default_of(cells.len() as u32);
            cells.push(empty);
        }
        let old = cells
            .get_mut(slot as usize)
            .map(|cell| std::mem::replace(cell, value));
        drop(cells);
        // The old value may be the last hold of something whose end looks at this node.
        drop(old);
        if grown {
            self.recount();
        }
    }

    fn recount(&self) {
        let cells = self.cells.borrow().capacity() * size_of::<Value>();
        let children = self.children.borrow().capacity() * size_of::<usize>();
        self.charge.borrow_mut().set(NODE_COST + cells + children);
    }

    fn slot_at(&self, at: usize) -> Option<u32> {
        self.columns.list().get(at).map(|column| column.slot)
    }
}

impl Drop for Node {
    /// A chain of nodes of any depth is freed without recursion.
    fn drop(&mut self) {
        let mut queue = std::mem::take(self.children.get_mut());
        while let Some(node) = queue.pop() {
            if let Some(mut node) = Rc::into_inner(node) {
                queue.append(node.children.get_mut());
            }
        }
    }
}

/// A row or the tree as an object.
pub struct NodeObject(pub Rc<Node>);

impl NativeObject for NodeObject {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn get_field(&self, _vm: &Vm<'_>, name: Name, place: &mut u32) -> Option<Value> {
        if self.0.is_root {
            return None;
        }
        let at = self.0.columns.position(name, *place as usize)?;
        *place = at as u32;
        self.0.slot_at(at).map(|slot| self.0.cell(slot))
    }

    fn set_field(
        &mut self,
        vm: &mut Vm<'_>,
        name: Name,
        place: &mut u32,
        value: &Value,
    ) -> Option<Result<(), Fault>> {
        if self.0.is_root {
            return None;
        }
        let at = self.0.columns.position(name, *place as usize)?;
        *place = at as u32;
        let slot = self.0.slot_at(at)?;
        self.0.store(vm, slot, value);
        Some(Ok(()))
    }

    fn field_names(&self, _vm: &Vm<'_>) -> Vec<String> {
        if self.0.is_root {
            Vec::new()
        } else {
            self.0.columns.names()
        }
    }

    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        if self.0.is_root {
            return None;
        }
        Some(
            self.0
                .columns
                .resolve(vm, key, 1)
                .map(|slot| self.0.cell(slot)),
        )
    }

    fn set_index(
        &mut self,
        vm: &mut Vm<'_>,
        key: &Value,
        value: Value,
    ) -> Option<Result<(), Fault>> {
        if self.0.is_root {
            return None;
        }
        Some(
            self.0
                .columns
                .resolve(vm, key, 1)
                .map(|slot| self.0.store(vm, slot, &value)),
        )
    }

    fn item(&self, _vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        if self.0.is_root {
            return Err(NoIterator);
        }
        Ok(self.0.slot_at(place).map(|slot| self.0.cell(slot)))
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        Some(
            other
                .as_any()
                .downcast_ref::<NodeObject>()
                .is_some_and(|other| Rc::ptr_eq(&self.0, &other.0)),
        )
    }

    fn content_hash(&self) -> Option<u64> {
        Some(Rc::as_ptr(&self.0) as u64)
    }
}

/// A node as a value.
pub fn node_value(vm: &Vm<'_>, node: &Rc<Node>) -> Value {
    let ty = if node.is_root { &TREE } else { &TREE_ROW };
    vm.alloc(ty, Body::Native(Box::new(NodeObject(Rc::clone(node)))))
}

/// The node behind a value.
pub(super) fn this_node(this: &Value) -> Result<Rc<Node>, Fault> {
    let node = this.as_obj().and_then(|obj| obj.native::<NodeObject>());
    node.map(|node| Rc::clone(&node.0))
        .ok_or_else(|| Fault::param(1))
}

/// Copies the named columns; with them the slots there and here.
fn copied_columns(
    vm: &Vm<'_>,
    columns: &Columns,
    names: &Value,
) -> Result<(Rc<Columns>, SlotPairs), Fault> {
    let slots = columns.resolve_list(vm, names)?;
    let copy = Rc::new(Columns::default());
    let pairs = super::fold::copied_columns(vm, columns, &copy, slots)?;
    Ok((copy, pairs))
}

/// Скопировать: the whole tree, or the rows of an array with what is below them.
fn copy(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let root = this_node(this)?;
    let (columns, pairs) = copied_columns(vm, &root.columns, &args[1])?;
    let rows: Vec<Rc<Node>> = match &args[0] {
        Value::Missing | Value::Undefined => root.children_now(vm)?,
        value => {
            let items = super::value_table::array_items(vm, value, 1)?;
            vm.meter().over(&items).gather_with(this_node)?
        }
    };
    let copy = Node::root(&columns);
    let meter = vm.meter();
    let mut work = meter
        .over(rows.into_iter().rev())
        .gather_with(|row| Ok((row, Rc::clone(&copy))))?;
    while let Some((from, parent)) = work.pop() {
        vm.charge(2 + pairs.len() as u32)?;
        let to = parent.add(vm, None)?;
        for (old, new) in &pairs {
            to.put(*new, from.cell(*old));
        }
        vm.reserve(from.children().len() * 2 * size_of::<(Rc<Node>, Rc<Node>)>())?;
        for child in meter.over(from.children().iter().rev()) {
            work.push((Rc::clone(child?), Rc::clone(&to)));
        }
    }
    Ok(node_value(vm, &copy))
}

/// ДеревоЗначений.
pub static TREE: TypeDef = TypeDef {
    ru: "ДеревоЗначений",
    en: "ValueTree",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(node_value(vm, &Node::root(&Rc::new(Columns::default())))),
    }),
    methods: &[
        MethodDef {
            ru: "Скопировать",
            en: "Copy",
            params: "Строки?, Колонки?",
            is_function: true,
            call: copy,
        },
        MethodDef {
            ru: "СкопироватьКолонки",
            en: "CopyColumns",
            params: "Колонки?",
            is_function: true,
            call: |vm, this, args| {
                let (columns, _) = copied_columns(vm, &this_node(this)?.columns, &args[0])?;
                Ok(node_value(vm, &Node::root(&columns)))
            },
        },
    ],
    props: &[
        PropDef {
            ru: "Колонки",
            en: "Columns",
            get: |vm, this| Ok(columns_value(vm, &this_node(this)?.columns)),
            set: None,
        },
        PropDef {
            ru: "Строки",
            en: "Rows",
            get: |vm, this| Ok(rows_value(vm, &this_node(this)?)),
            set: None,
        },
    ],
};

/// СтрокаДереваЗначений.
pub static TREE_ROW: TypeDef = TypeDef {
    ru: "СтрокаДереваЗначений",
    en: "ValueTreeRow",
    new: None,
    methods: &[
        MethodDef {
            ru: "Владелец",
            en: "Owner",
            params: "",
            is_function: true,
            call: |vm, this, _| {
                let mut node = this_node(this)?;
                while let Some(parent) = node.parent() {
                    vm.charge(1)?;
                    node = parent;
                }
                Ok(if node.is_root {
                    node_value(vm, &node)
                } else {
                    Value::Undefined
                })
            },
        },
        MethodDef {
            ru: "Уровень",
            en: "Level",
            params: "",
            is_function: true,
            call: |vm, this, _| {
                let mut level = 0;
                let mut node = this_node(this)?;
                while let Some(parent) = node.parent().filter(|parent| !parent.is_root) {
                    vm.charge(1)?;
                    level += 1;
                    node = parent;
                }
                Ok(Value::Int(level))
            },
        },
        MethodDef {
            ru: "Количество",
            en: "Count",
            params: "",
            is_function: true,
            call: |_, this, _| Ok(Value::from(this_node(this)?.columns.list().len())),
        },
        MethodDef {
            ru: "Получить",
            en: "Get",
            params: "Индекс",
            is_function: true,
            call: |vm, this, args| {
                let node = this_node(this)?;
                let slot = usize::try_from(vm.to_int(&args[0])?)
                    .ok()
                    .and_then(|at| node.slot_at(at));
                slot.map(|slot| node.cell(slot))
                    .ok_or_else(|| Message::IndexOutOfRange.into())
            },
        },
        MethodDef {
            ru: "Установить",
            en: "Set",
            params: "Индекс, Значение",
            is_function: false,
            call: |vm, this, args| {
                let node = this_node(this)?;
                let slot = usize::try_from(vm.to_int(&args[0])?)
                    .ok()
                    .and_then(|at| node.slot_at(at));
                let slot = slot.ok_or(Message::IndexOutOfRange)?;
                node.store(vm, slot, &args[1]);
                Ok(Value::Undefined)
            },
        },
    ],
    props: &[
        PropDef {
            ru: "Родитель",
            en: "Parent",
            get: |vm, this| {
                let parent = this_node(this)?.parent().filter(|parent| !parent.is_root);
                Ok(parent.map_or(Value::Undefined, |parent| node_value(vm, &parent)))
            },
            set: None,
        },
        PropDef {
            ru: "Строки",
            en: "Rows",
            get: |vm, this| Ok(rows_value(vm, &this_node(this)?)),
            set: None,
        },
    ],
};
