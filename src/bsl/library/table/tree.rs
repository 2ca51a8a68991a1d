//! ДеревоЗначений and its rows. A node knows its parent and its children; objects of the program only
//! point to nodes, and are equal when they point to the same.

use super::cells::{self, Cells};
use super::columns::{Columns, columns_value};
use super::tree_rows::rows_value;
use super::{Charge, SlotPairs};
use crate::library::define::{array_items, method, native_of, prop, same_handle, shifted};
use crate::library::registry::{Constructor, TypeDef};
use crate::syntax::names::Name;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::{NativeObject, NoIterator};
use crate::vm::Vm;
use crate::vm::error::Fault;
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

    /// Borrowed: the program may not run meanwhile.
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
        shifted(&mut self.children.borrow_mut(), at, shift)
    }

    /// Writes a value, made to fit its column.
    pub fn store(&self, vm: &mut Vm<'_>, slot: u32, value: &Value) {
        let value = self.columns.fitted(vm, slot, value);
        self.put(slot, value);
    }

    /// Writes a value that fits.
    pub fn put(&self, slot: u32, value: Value) {
        let mut cells = self.cells.borrow_mut();
        let grown = cells::grow(&mut cells, &self.columns);
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
}

impl Cells for Node {
    fn columns(&self) -> &Columns {
        &self.columns
    }

    #[inline]
    fn with_cells<R>(&self, look: impl FnOnce(&[Value]) -> R) -> R {
        look(&self.cells.borrow())
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
    fn get_field(&self, _vm: &Vm<'_>, name: Name, place: &mut u32) -> Option<Value> {
        if self.0.is_root {
            return None;
        }
        let slot = self.0.columns.slot_named(name, place)?;
        Some(self.0.cell(slot))
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
        let slot = self.0.columns.slot_named(name, place)?;
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
        Ok(self.0.columns.slot_at(place).map(|slot| self.0.cell(slot)))
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        same_handle(&self.0, other, |other: &NodeObject| &other.0)
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
    Ok(Rc::clone(&native_of::<NodeObject>(this, 1)?.0))
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
            let items = array_items(vm, value, 1)?;
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
        method!("Скопировать" "Copy" ("Строки?, Колонки?") true copy),
        method!("СкопироватьКолонки" "CopyColumns" ("Колонки?") true |vm, this, args| {
            let (columns, _) = copied_columns(vm, &this_node(this)?.columns, &args[0])?;
            Ok(node_value(vm, &Node::root(&columns)))
        }),
    ],
    props: &[
        prop!("Колонки" "Columns" |vm, this| Ok(columns_value(vm, &this_node(this)?.columns))),
        prop!("Строки" "Rows" |vm, this| Ok(rows_value(vm, &this_node(this)?))),
    ],
};

/// СтрокаДереваЗначений.
pub static TREE_ROW: TypeDef = TypeDef {
    ru: "СтрокаДереваЗначений",
    en: "ValueTreeRow",
    new: None,
    methods: &[
        method!("Владелец" "Owner" ("") true |vm, this, _| {
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
        }),
        method!("Уровень" "Level" ("") true |vm, this, _| {
            let mut level = 0;
            let mut node = this_node(this)?;
            while let Some(parent) = node.parent().filter(|parent| !parent.is_root) {
                vm.charge(1)?;
                level += 1;
                node = parent;
            }
            Ok(Value::Int(level))
        }),
        method!("Количество" "Count" ("") true |_, this, _| Ok(Value::from(this_node(this)?.columns.list().len()))),
        method!("Получить" "Get" ("Индекс") true |vm, this, args| {
            let node = this_node(this)?;
            Ok(node.cell(node.columns.slot_numbered(vm, &args[0])?))
        }),
        method!("Установить" "Set" ("Индекс, Значение") false |vm, this, args| {
            let node = this_node(this)?;
            let slot = node.columns.slot_numbered(vm, &args[0])?;
            node.store(vm, slot, &args[1]);
            Ok(Value::Undefined)
        }),
    ],
    props: &[
        prop!("Родитель" "Parent" |vm, this| {
            let parent = this_node(this)?.parent().filter(|parent| !parent.is_root);
            Ok(parent.map_or(Value::Undefined, |parent| node_value(vm, &parent)))
        }),
        prop!("Строки" "Rows" |vm, this| Ok(rows_value(vm, &this_node(this)?))),
    ],
};
