//! СписокУзловDOM and КоллекцияАтрибутовDOM, which follow the tree, and СписокЭлементовDOM, which does
//! not.

use super::super::define::{method, native_of, string_of};
use super::super::registry::{MethodDef, TypeDef};
use super::{Tree, node_or_none, node_value, own_node, pay, refused};
use crate::kernel::xml::dom::NodeId;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::{NativeObject, NoIterator};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::cell::Cell;
use std::rc::Rc;

enum Nodes {
    /// The children of a node.
    Children(NodeId),
    /// The attributes of an element.
    Attributes(NodeId),
    /// Those that were found.
    Found(Vec<NodeId>),
}

/// A list as an object.
struct List {
    tree: Tree,
    nodes: Nodes,
    /// Where a child stood, and the version of the tree: a walk need not begin anew.
    last: Cell<Option<(u64, usize, NodeId)>>,
}

impl List {
    fn len(&self) -> usize {
        let dom = self.tree.borrow();
        match &self.nodes {
            Nodes::Children(id) => dom.child_count(*id),
            Nodes::Attributes(id) => dom.attributes(*id).len(),
            Nodes::Found(found) => found.len(),
        }
    }

    fn at(&self, vm: &Vm<'_>, place: usize) -> Result<Option<NodeId>, Fault> {
        let dom = self.tree.borrow();
        let parent = match &self.nodes {
            Nodes::Children(id) => *id,
            Nodes::Attributes(id) => return Ok(dom.attributes(*id).get(place).copied()),
            Nodes::Found(found) => return Ok(found.get(place).copied()),
        };
        if place >= dom.child_count(parent) {
            return Ok(None);
        }
        let known = match self.last.get() {
            Some((version, at, id)) if version == dom.version() && at <= place => Some((at, id)),
            _ => None,
        };
        vm.meter()
            .work((place - known.map_or(0, |(at, _)| at)) as u32 / 4 + 1)?;
        let found = dom.child_at(parent, place, known);
        self.last.set(found.map(|id| (dom.version(), place, id)));
        Ok(found)
    }

    fn get(&self, vm: &Vm<'_>, index: &Value) -> Result<Value, Fault> {
        let place = usize::try_from(vm.to_int(index)?).unwrap_or(usize::MAX);
        match self.at(vm, place)? {
            Some(id) => Ok(node_value(vm, &self.tree, id)),
            None => Err(Message::IndexOutOfRange.into()),
        }
    }
}

impl NativeObject for List {
    fn size(&self) -> usize {
        match &self.nodes {
            Nodes::Found(found) => found.capacity() * size_of::<NodeId>(),
            _ => 0,
        }
    }

    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(self.get(vm, key))
    }

    fn item(&self, vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        // A fault of the meter ends the run at the machine's next look.
        let id = self.at(vm, place).unwrap_or(None);
        Ok(id.map(|id| node_value(vm, &self.tree, id)))
    }

    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

fn list(vm: &Vm<'_>, ty: &'static TypeDef, tree: &Tree, nodes: Nodes) -> Value {
    let list = List {
        tree: Rc::clone(tree),
        nodes,
        last: Cell::new(None),
    };
    vm.alloc(ty, Body::Native(Box::new(list)))
}

/// ДочерниеУзлы.
pub(super) fn children(vm: &Vm<'_>, tree: &Tree, id: NodeId) -> Value {
    list(vm, &NODE_LIST, tree, Nodes::Children(id))
}

/// Атрибуты.
pub(super) fn attributes(vm: &Vm<'_>, tree: &Tree, id: NodeId) -> Value {
    list(vm, &ATTRIBUTES, tree, Nodes::Attributes(id))
}

/// What ПолучитьЭлементыПоИмени found.
pub(super) fn elements(vm: &Vm<'_>, tree: &Tree, found: Vec<NodeId>) -> Value {
    list(vm, &ELEMENT_LIST, tree, Nodes::Found(found))
}

const COUNT: MethodDef = method!("Количество" "Count" ("") true |_, this, _| {
    Ok(native_of::<List>(this, 1)?.len().into())
});
const GET: MethodDef = method!("Получить" "Get" ("Индекс") true |vm, this, args| {
    native_of::<List>(this, 1)?.get(vm, &args[0])
});
const ITEM: MethodDef = method!("Элемент" "Item" ("Индекс") true |vm, this, args| {
    native_of::<List>(this, 1)?.get(vm, &args[0])
});

/// СписокУзловDOM.
pub static NODE_LIST: TypeDef = TypeDef {
    ru: "СписокУзловDOM",
    en: "DOMNodeList",
    new: None,
    methods: &[COUNT, GET, ITEM],
    props: &[],
};

/// СписокЭлементовDOM.
pub static ELEMENT_LIST: TypeDef = TypeDef {
    ru: "СписокЭлементовDOM",
    en: "DOMElementList",
    new: None,
    methods: &[COUNT, GET, ITEM],
    props: &[],
};

/// КоллекцияАтрибутовDOM.
pub static ATTRIBUTES: TypeDef = TypeDef {
    ru: "КоллекцияАтрибутовDOM",
    en: "DOMAttributeMap",
    new: None,
    methods: &[
        COUNT,
        GET,
        ITEM,
        method!("ПолучитьИменованныйЭлемент" "GetNamedItem" ("ИмяИлиURI, ЛокальноеИмя?") true
        |vm, this, args| {
            let (tree, element) = element_of(this)?;
            let found = find(&tree, element, args)?;
            Ok(node_or_none(vm, &tree, found))
        }),
        method!("УстановитьИменованныйЭлемент" "SetNamedItem" ("АтрибутDOM") true
        |vm, this, args| {
            let (tree, element) = element_of(this)?;
            let attribute = own_node(vm, &tree, &args[0], 1)?;
            pay(vm, 0)?;
            let old = tree.borrow_mut().set_attribute_node(element, attribute);
            let old = old.map_err(|error| refused(vm, error))?;
            Ok(node_or_none(vm, &tree, old))
        }),
        method!("УдалитьИменованныйЭлемент" "RemoveNamedItem" ("ИмяИлиURI, ЛокальноеИмя?") true
        |vm, this, args| {
            let (tree, element) = element_of(this)?;
            let Some(found) = find(&tree, element, args)? else {
                return Ok(Value::Undefined);
            };
            let removed = tree.borrow_mut().remove_attribute(element, found);
            removed.map_err(|error| refused(vm, error))?;
            Ok(node_value(vm, &tree, found))
        }),
    ],
    props: &[],
};

fn element_of(this: &Value) -> Result<(Tree, NodeId), Fault> {
    let list = native_of::<List>(this, 1)?;
    match list.nodes {
        Nodes::Attributes(id) => Ok((Rc::clone(&list.tree), id)),
        _ => Err(Fault::param(1)),
    }
}

/// An attribute by its name, or by namespace and local name.
pub(super) fn find(tree: &Tree, element: NodeId, args: &[Value]) -> Result<Option<NodeId>, Fault> {
    let first = string_of(&args[0], 1)?;
    let dom = tree.borrow();
    if super::super::define::is_left_out(&args[1]) {
        return Ok(dom.attribute(element, &first));
    }
    Ok(dom.attribute_ns(element, &first, &string_of(&args[1], 2)?))
}
