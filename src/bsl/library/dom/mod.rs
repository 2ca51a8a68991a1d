//! DOM: ПостроительDOM makes a tree from what a ЧтениеXML has not read yet, ДокументDOM makes nodes,
//! nodes are moved and changed, ЗаписьDOM writes them, XPath searches in them.
//!
//! The tree is the kernel's (`kernel/xml/dom`): a document's nodes are one table, and an object of the
//! program is that table and a number. Two objects of one node are equal. What 8.3.27 does where it
//! departs from the standard and from its documentation is known from measurements that open-bsl has
//! published: attributes are searched by local names without a namespace, ПолучитьЭлементыПоИмени
//! overlooks namespaces, ДочерниеУзлы and Атрибуты follow every change.
//!
//! | file | what |
//! |---|---|
//! | `node` | members that all nodes have, and those of each type |
//! | `lists` | СписокУзловDOM, КоллекцияАтрибутовDOM, СписокЭлементовDOM |
//! | `builder` | ПостроительDOM, ЗаписьDOM |
//! | `xpath` | ВычислитьВыражениеXPath, its results and resolvers |

mod builder;
mod lists;
mod node;
mod xpath;

use super::define::{enumeration, native_of, said};
use super::registry::Area;
use crate::kernel::Stop;
use crate::kernel::xml::dom::{Dom, DomError, NodeId, NodeKind};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::NativeObject;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::cell::RefCell;
use std::rc::Rc;

/// DOM and XPath.
pub static AREA: Area = Area {
    title: "DOM и XPath",
    functions: &[],
    types: &[
        &builder::DOM_BUILDER,
        &builder::DOM_WRITER,
        &node::DOCUMENT,
        &node::ELEMENT,
        &node::ATTRIBUTE,
        &node::TEXT,
        &node::CDATA,
        &node::COMMENT,
        &node::INSTRUCTION,
        &node::REFERENCE,
        &node::DOC_TYPE,
        &node::FRAGMENT,
        &lists::NODE_LIST,
        &lists::ATTRIBUTES,
        &lists::ELEMENT_LIST,
        &xpath::RESULT,
        &xpath::EXPRESSION,
        &xpath::RESOLVER,
    ],
    enums: &[&NODE_TYPE, &xpath::RESULT_TYPE],
};

enumeration! {
    /// ТипУзлаDOM.
    NODE_TYPE "ТипУзлаDOM" "DOMNodeType" [
        "Элемент" "Element",
        "Атрибут" "Attribute",
        "Текст" "Text",
        "СекцияCDATA" "CDATASection",
        "СсылкаНаСущность" "EntityReference",
        "ИнструкцияОбработки" "ProcessingInstruction",
        "Комментарий" "Comment",
        "Документ" "Document",
        "ОпределениеТипаДокумента" "DocumentType",
        "ФрагментДокумента" "DocumentFragment",
        "Сущность" "Entity",
        "Нотация" "Notation",
        "ПространствоИменXPath" "XPathNamespace",
    ]
}

/// A document with all its nodes, shared by the objects of the program.
pub(super) type Tree = Rc<RefCell<Dom>>;

/// A node as an object: it keeps its whole document.
pub(super) struct NodeObject {
    tree: Tree,
    id: NodeId,
}

impl NativeObject for NodeObject {
    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        let other = other.downcast_ref::<NodeObject>();
        Some(other.is_some_and(|it| self.id == it.id && Rc::ptr_eq(&self.tree, &it.tree)))
    }

    fn content_hash(&self) -> Option<u64> {
        Some(Rc::as_ptr(&self.tree) as u64 ^ u64::from(self.id.number()) << 40)
    }
}

/// A node as a value.
fn node_value(vm: &Vm<'_>, tree: &Tree, id: NodeId) -> Value {
    let kind = tree.borrow().kind(id);
    let object = NodeObject {
        tree: Rc::clone(tree),
        id,
    };
    vm.alloc(node::type_of(kind), Body::Native(Box::new(object)))
}

/// The same; Неопределено for none.
fn node_or_none(vm: &Vm<'_>, tree: &Tree, id: Option<NodeId>) -> Value {
    id.map_or(Value::Undefined, |id| node_value(vm, tree, id))
}

/// The node of a parameter, or of the object itself.
fn node_of(value: &Value, number: u8) -> Result<(Tree, NodeId), Fault> {
    let node = native_of::<NodeObject>(value, number)?;
    Ok((Rc::clone(&node.tree), node.id))
}

/// A node of a parameter that must be of this document.
fn own_node(vm: &Vm<'_>, tree: &Tree, value: &Value, number: u8) -> Result<NodeId, Fault> {
    let (other, id) = node_of(value, number)?;
    if Rc::ptr_eq(tree, &other) {
        return Ok(id);
    }
    Err(said(
        vm,
        "Узел принадлежит другому документу DOM: перенесите его методом ИмпортироватьУзел",
        "The node belongs to another DOM document: take it over with ImportNode",
    ))
}

/// Pays before a node is added.
fn pay(vm: &mut Vm<'_>, text: usize) -> Result<(), Fault> {
    vm.charge(8)?;
    vm.charge_work(text)?;
    vm.reserve(Dom::NODE_BYTES + text.saturating_mul(2))
}

/// Pays for a walk over what is below a node, and for its text.
fn pay_below(vm: &mut Vm<'_>, tree: &Tree, id: NodeId) -> Result<(), Fault> {
    // Counting is a walk itself, over at most as many nodes as there are.
    vm.charge_work(tree.borrow().count() / 4)?;
    let (bytes, nodes) = tree.borrow().weight(id);
    vm.charge_work(bytes + nodes * 16)?;
    vm.reserve(bytes.saturating_mul(2))
}

/// What a tree refuses, in words.
fn refused(vm: &Vm<'_>, error: DomError) -> Fault {
    let (ru, en) = match error {
        DomError::BadName(name) => (
            format!("Недопустимое имя XML «{name}»"),
            format!("Not a name of XML: \"{name}\""),
        ),
        DomError::BadNamespace => (
            "Пространство имен не подходит к имени".to_owned(),
            "The namespace does not fit the name".to_owned(),
        ),
        DomError::Hierarchy => (
            "Узел DOM не может быть дочерним узлом здесь".to_owned(),
            "The DOM node cannot be a child here".to_owned(),
        ),
        DomError::NotFound => (
            "Узел DOM не найден".to_owned(),
            "The DOM node is not found".to_owned(),
        ),
        DomError::InUse => (
            "Атрибут принадлежит другому элементу".to_owned(),
            "The attribute belongs to another element".to_owned(),
        ),
    };
    said(vm, ru, en)
}

/// Runs what asks a clock now and then, and gives the fault by which the clock stopped it.
fn ticking<R>(
    vm: &Vm<'_>,
    run: impl FnOnce(&mut dyn FnMut() -> Result<(), Stop>) -> R,
) -> Result<R, Fault> {
    let meter = vm.meter();
    let mut fault = None;
    let result = run(&mut || {
        meter.work(2).map_err(|why| {
            fault = Some(why);
            Stop
        })
    });
    match fault {
        Some(fault) => Err(fault),
        None => Ok(result),
    }
}

/// Whether a node is an element of a name, as ПолучитьЭлементыПоИмени takes it: the whole name or the
/// local one, `*` for any.
fn is_named(dom: &Dom, id: NodeId, name: &str) -> bool {
    dom.kind(id) == NodeKind::Element
        && (name == "*" || dom.name(id) == name || dom.local_name(id) == name)
}
