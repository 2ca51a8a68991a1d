//! The types of nodes: what all have, and what each has besides.

use super::super::define::{is_left_out, method, prop, said, string_of};
use super::super::registry::{Constructor, MethodDef, PropDef, TypeDef};
use super::super::xml::paid_text;
use super::{
    NODE_TYPE, Tree, is_named, lists, node_of, node_or_none, node_value, own_node, pay, pay_below,
    refused, xpath,
};
use crate::kernel::xml::dom::{Dom, NodeId, NodeKind};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::cell::RefCell;
use std::rc::Rc;

/// The type of a node's objects.
pub(super) fn type_of(kind: NodeKind) -> &'static TypeDef {
    match kind {
        NodeKind::Element => &ELEMENT,
        NodeKind::Attribute => &ATTRIBUTE,
        NodeKind::Text => &TEXT,
        NodeKind::Cdata => &CDATA,
        NodeKind::Reference => &REFERENCE,
        NodeKind::Instruction => &INSTRUCTION,
        NodeKind::Comment => &COMMENT,
        NodeKind::Document => &DOCUMENT,
        NodeKind::DocType => &DOC_TYPE,
        NodeKind::Fragment => &FRAGMENT,
    }
}

fn number_of(kind: NodeKind) -> u16 {
    match kind {
        NodeKind::Element => 0,
        NodeKind::Attribute => 1,
        NodeKind::Text => 2,
        NodeKind::Cdata => 3,
        NodeKind::Reference => 4,
        NodeKind::Instruction => 5,
        NodeKind::Comment => 6,
        NodeKind::Document => 7,
        NodeKind::DocType => 8,
        NodeKind::Fragment => 9,
    }
}

// ---- what all nodes have ------------------------------------------------------------------------

/// A text of the node.
fn told(this: &Value, of: impl FnOnce(&Dom, NodeId) -> &str) -> Result<Value, Fault> {
    let (tree, id) = node_of(this, 1)?;
    let dom = tree.borrow();
    Ok(Value::str(of(&dom, id)))
}

/// A node beside this one.
fn beside(
    vm: &Vm<'_>,
    this: &Value,
    of: impl FnOnce(&Dom, NodeId) -> Option<NodeId>,
) -> Result<Value, Fault> {
    let (tree, id) = node_of(this, 1)?;
    let found = of(&tree.borrow(), id);
    Ok(node_or_none(vm, &tree, found))
}

/// The text of a node that is one; an attribute's may be in pieces.
fn value(vm: &mut Vm<'_>, this: &Value) -> Result<Value, Fault> {
    let (tree, id) = node_of(this, 1)?;
    pay_below(vm, &tree, id)?;
    let dom = tree.borrow();
    Ok(Value::from(dom.value(id)))
}

fn set_value(vm: &mut Vm<'_>, this: &Value, new: &Value) -> Result<(), Fault> {
    let (tree, id) = node_of(this, 1)?;
    let text = paid_text(vm, new, 1)?;
    tree.borrow_mut().set_value(id, &text);
    Ok(())
}

const NODE_NAME: PropDef = prop!("ИмяУзла" "NodeName" |_, this| told(this, Dom::name));
const TYPE: PropDef = prop!("ТипУзла" "NodeType" |_, this| {
    let (tree, id) = node_of(this, 1)?;
    let kind = tree.borrow().kind(id);
    Ok(Value::Enum(number_of(kind), &NODE_TYPE))
});
const NODE_VALUE: PropDef = prop!("ЗначениеУзла" "NodeValue" |vm, this| {
    let (tree, id) = node_of(this, 1)?;
    let kind = tree.borrow().kind(id);
    match kind {
        NodeKind::Attribute | NodeKind::Text | NodeKind::Cdata | NodeKind::Comment => {
            value(vm, this)
        }
        _ => Ok(Value::Undefined),
    }
}, |vm, this, new| {
    let (tree, id) = node_of(this, 1)?;
    let kind = tree.borrow().kind(id);
    match kind {
        NodeKind::Attribute | NodeKind::Text | NodeKind::Cdata | NodeKind::Comment => {
            set_value(vm, this, &new)
        }
        // Taken without an effect, as 8.3.27 does.
        _ => Ok(()),
    }
});
const TEXT_CONTENT: PropDef = prop!("ТекстовоеСодержимое" "TextContent" |vm, this| {
    let (tree, id) = node_of(this, 1)?;
    let kind = tree.borrow().kind(id);
    match kind {
        NodeKind::Document | NodeKind::DocType | NodeKind::Instruction => Ok(Value::Undefined),
        NodeKind::Element | NodeKind::Fragment | NodeKind::Reference => {
            pay_below(vm, &tree, id)?;
            let text = tree.borrow().text_content(id);
            Ok(Value::from(text))
        }
        _ => value(vm, this),
    }
}, |vm, this, new| {
    let (tree, id) = node_of(this, 1)?;
    let text = paid_text(vm, &new, 1)?;
    pay(vm, 0)?;
    vm.charge_work(tree.borrow().child_count(id))?;
    tree.borrow_mut().set_text(id, &text);
    Ok(())
});
const LOCAL_NAME: PropDef = prop!("ЛокальноеИмя" "LocalName" |_, this| told(this, Dom::local_name));
const PREFIX: PropDef = prop!("Префикс" "Prefix" |_, this| told(this, Dom::prefix));
const URI: PropDef = prop!("URIПространстваИмен" "NamespaceURI" |_, this| told(this, Dom::uri));
const BASE_URI: PropDef = prop!("БазовыйURI" "BaseURI" |_, _| Ok(Value::str("")));
const PARENT: PropDef =
    prop!("РодительскийУзел" "ParentNode" |vm, this| beside(vm, this, Dom::parent));
const OWNER: PropDef = prop!("ДокументВладелец" "OwnerDocument" |vm, this| {
    beside(vm, this, |_, _| Some(NodeId::DOCUMENT))
});
const FIRST: PropDef = prop!("ПервыйДочерний" "FirstChild" |vm, this| {
    opened(vm, this)?;
    beside(vm, this, Dom::first)
});
const LAST: PropDef = prop!("ПоследнийДочерний" "LastChild" |vm, this| {
    opened(vm, this)?;
    beside(vm, this, Dom::last)
});
const AFTER: PropDef =
    prop!("СледующийСоседний" "NextSibling" |vm, this| beside(vm, this, Dom::after));
const BEFORE: PropDef =
    prop!("ПредыдущийСоседний" "PreviousSibling" |vm, this| beside(vm, this, Dom::before));
const CHILDREN: PropDef = prop!("ДочерниеУзлы" "ChildNodes" |vm, this| {
    let (tree, id) = opened(vm, this)?;
    Ok(lists::children(vm, &tree, id))
});
const NODE_ATTRIBUTES: PropDef = prop!("Атрибуты" "Attributes" |vm, this| {
    let (tree, id) = node_of(this, 1)?;
    let is_element = tree.borrow().kind(id) == NodeKind::Element;
    Ok(if is_element {
        lists::attributes(vm, &tree, id)
    } else {
        Value::Undefined
    })
});

/// The node; the value of an attribute is a text inside of it from now on, which the program can see.
fn opened(vm: &mut Vm<'_>, this: &Value) -> Result<(Tree, NodeId), Fault> {
    let (tree, id) = node_of(this, 1)?;
    if tree.borrow().kind(id) == NodeKind::Attribute {
        let length = tree.borrow().own_value(id).len();
        pay(vm, length)?;
        tree.borrow_mut().open_attribute(id);
    }
    Ok((tree, id))
}

const HAS_CHILDREN: MethodDef = method!("ЕстьДочерниеУзлы" "HasChildNodes" ("") true |vm, this, _| {
    let (tree, id) = opened(vm, this)?;
    let has = tree.borrow().first(id).is_some();
    Ok(has.into())
});
const HAS_ATTRIBUTES: MethodDef = method!("ЕстьАтрибуты" "HasAttributes" ("") true |_, this, _| {
    let (tree, id) = node_of(this, 1)?;
    let has = !tree.borrow().attributes(id).is_empty();
    Ok(has.into())
});
const APPEND: MethodDef = method!("ДобавитьДочерний" "AppendChild" ("Узел") true |vm, this, args| {
    insert(vm, this, &args[0], None)
});
const INSERT: MethodDef = method!("ВставитьПеред" "InsertBefore" ("Узел, ПередУзлом") true |vm, this, args| {
    let (tree, _) = node_of(this, 1)?;
    let before = own_node(vm, &tree, &args[1], 2)?;
    insert(vm, this, &args[0], Some(before))
});
const REMOVE: MethodDef = method!("УдалитьДочерний" "RemoveChild" ("Узел") true |vm, this, args| {
    let (tree, id) = opened(vm, this)?;
    let child = own_node(vm, &tree, &args[0], 1)?;
    let removed = tree.borrow_mut().remove(id, child);
    removed.map_err(|error| refused(vm, error))?;
    Ok(args[0].clone())
});
const REPLACE: MethodDef = method!("ЗаменитьДочерний" "ReplaceChild" ("НовыйУзел, СтарыйУзел") true
|vm, this, args| {
    let (tree, id) = opened(vm, this)?;
    let (new, old) = (own_node(vm, &tree, &args[0], 1)?, own_node(vm, &tree, &args[1], 2)?);
    pay_for_place(vm, &tree, id, new)?;
    let replaced = tree.borrow_mut().replace(id, new, old);
    replaced.map_err(|error| refused(vm, error))?;
    Ok(args[1].clone())
});
const CLONE: MethodDef = method!("КлонироватьУзел" "CloneNode" ("Глубоко") true |vm, this, args| {
    let (tree, id) = node_of(this, 1)?;
    let deep = vm.to_bool(&args[0])?;
    if tree.borrow().kind(id) == NodeKind::Document {
        // A document's copy is a document of its own.
        let copy = Rc::new(RefCell::new(Dom::default()));
        let mut child = tree.borrow().first(id).filter(|_| deep);
        while let Some(node) = child {
            let taken = copied(vm, &copy, Some(&tree), node, true)?;
            pay_for_place(vm, &copy, NodeId::DOCUMENT, taken)?;
            let put = copy.borrow_mut().insert(NodeId::DOCUMENT, taken, None);
            put.map_err(|error| refused(vm, error))?;
            child = tree.borrow().after(node);
        }
        return Ok(node_value(vm, &copy, NodeId::DOCUMENT));
    }
    let copy = copied(vm, &tree, None, id, deep)?;
    Ok(node_value(vm, &tree, copy))
});
const NORMALISE: MethodDef = method!("Нормализовать" "Normalize" ("") false |vm, this, _| {
    let (tree, id) = node_of(this, 1)?;
    pay_below(vm, &tree, id)?;
    tree.borrow_mut().normalise(id);
    Ok(Value::Undefined)
});
const IS_EQUAL: MethodDef = method!("ЭтоРавныйУзел" "IsEqualNode" ("Узел") true |vm, this, args| {
    let (tree, id) = node_of(this, 1)?;
    let (other, other_id) = node_of(&args[0], 1)?;
    pay_below(vm, &tree, id)?;
    let equal = tree.borrow().is_equal(id, &other.borrow(), other_id);
    Ok(equal.into())
});
const IS_SAME: MethodDef = method!("ЭтоТотЖеУзел" "IsSameNode" ("Узел") true |_, this, args| {
    Ok(this.equals(&args[0]).into())
});
const LOOKUP_URI: MethodDef = method!("НайтиURIПространстваИмен" "LookupNamespaceURI" ("Префикс") true
|vm, this, args| {
    let (tree, id) = node_of(this, 1)?;
    let prefix = string_of(&args[0], 1)?;
    pay_for_depth(vm, &tree, id)?;
    let dom = tree.borrow();
    Ok(dom.namespace(id, &prefix).map_or(Value::Undefined, Value::str))
});
const LOOKUP_PREFIX: MethodDef = method!("НайтиПрефикс" "LookupPrefix" ("URIПространстваИмен") true
|vm, this, args| {
    let (tree, id) = node_of(this, 1)?;
    let uri = string_of(&args[0], 1)?;
    pay_for_depth(vm, &tree, id)?;
    let dom = tree.borrow();
    Ok(dom.prefix_of(id, &uri).map_or(Value::Undefined, Value::str))
});
const IS_DEFAULT: MethodDef = method!(
    "ЭтоПространствоИменПоУмолчанию" "IsDefaultNamespace" ("URIПространстваИмен") true
|vm, this, args| {
    let (tree, id) = node_of(this, 1)?;
    let uri = string_of(&args[0], 1)?;
    pay_for_depth(vm, &tree, id)?;
    let is_default = tree.borrow().namespace(id, "") == Some(&*uri);
    Ok(is_default.into())
});

/// Looking for a prefix goes up to the root, over the attributes of each element.
pub(super) fn pay_for_depth(vm: &mut Vm<'_>, tree: &Tree, id: NodeId) -> Result<(), Fault> {
    let dom = tree.borrow();
    let mut at = Some(id);
    while let Some(node) = at {
        vm.charge(1 + dom.attributes(node).len() as u32)?;
        at = dom.above(node);
    }
    Ok(())
}

/// Putting a node somewhere looks at all above the place, and at what is in a fragment.
fn pay_for_place(vm: &mut Vm<'_>, tree: &Tree, at: NodeId, child: NodeId) -> Result<(), Fault> {
    pay_for_depth(vm, tree, at)?;
    let inside = tree.borrow().child_count(child);
    vm.charge_work(inside * 4)
}

fn insert(
    vm: &mut Vm<'_>,
    this: &Value,
    child: &Value,
    before: Option<NodeId>,
) -> Result<Value, Fault> {
    let (tree, id) = opened(vm, this)?;
    let node = own_node(vm, &tree, child, 1)?;
    pay_for_place(vm, &tree, id, node)?;
    let put = tree.borrow_mut().insert(id, node, before);
    put.map_err(|error| refused(vm, error))?;
    Ok(child.clone())
}

/// A copy within a document, or from another one into it.
fn copied(
    vm: &mut Vm<'_>,
    into: &Tree,
    from: Option<&Tree>,
    id: NodeId,
    deep: bool,
) -> Result<NodeId, Fault> {
    let source = from.unwrap_or(into);
    vm.charge_work(source.borrow().count() / 4)?;
    let (bytes, nodes) = match deep {
        true => source.borrow().weight(id),
        false => (source.borrow().own_value(id).len(), 1),
    };
    vm.charge_work(bytes + nodes * 64)?;
    vm.reserve(bytes.saturating_mul(2) + nodes * Dom::NODE_BYTES)?;
    Ok(match from {
        Some(from) => into.borrow_mut().copy_from(Some(&from.borrow()), id, deep),
        None => into.borrow_mut().copy_from(None, id, deep),
    })
}

macro_rules! node_type {
    ($(#[$doc:meta])* $name:ident $ru:literal $en:literal $new:expr, [$($method:expr),* $(,)?] [$($prop:expr),* $(,)?]) => {
        $(#[$doc])*
        pub static $name: TypeDef = TypeDef {
            ru: $ru,
            en: $en,
            new: $new,
            methods: &[
                HAS_CHILDREN, HAS_ATTRIBUTES, APPEND, INSERT, REMOVE, REPLACE, CLONE, NORMALISE,
                IS_EQUAL, IS_SAME, LOOKUP_URI, LOOKUP_PREFIX, IS_DEFAULT, $($method),*
            ],
            props: &[
                NODE_NAME, TYPE, NODE_VALUE, TEXT_CONTENT, LOCAL_NAME, PREFIX, URI, BASE_URI, PARENT,
                OWNER, FIRST, LAST, AFTER, BEFORE, CHILDREN, NODE_ATTRIBUTES, $($prop),*
            ],
        };
    };
}

// ---- the types ----------------------------------------------------------------------------------

const DATA: PropDef = prop!("Данные" "Data" value, |vm, this, new| set_value(vm, this, &new));
const LENGTH: PropDef = prop!("Длина" "Length" |vm, this| {
    let (tree, id) = node_of(this, 1)?;
    vm.charge_work(tree.borrow().own_value(id).len())?;
    let length = tree.borrow().own_value(id).encode_utf16().count();
    Ok(length.into())
});
const ELEMENTS: MethodDef = method!("ПолучитьЭлементыПоИмени" "GetElementByTagName" ("ИмяИлиURI, Имя?") true
    elements);

node_type! {
    /// ТекстDOM.
    TEXT "ТекстDOM" "DOMText" None, [] [DATA, LENGTH]
}

node_type! {
    /// СекцияCDATADOM.
    CDATA "СекцияCDATADOM" "DOMCDATASection" None, [] [DATA, LENGTH]
}

node_type! {
    /// КомментарийDOM.
    COMMENT "КомментарийDOM" "DOMComment" None, [] [DATA, LENGTH]
}

node_type! {
    /// ИнструкцияОбработкиDOM.
    INSTRUCTION "ИнструкцияОбработкиDOM" "DOMProcessingInstruction" None, [] [
        DATA,
        prop!("Цель" "Target" |_, this| told(this, Dom::name)),
    ]
}

node_type! {
    /// СсылкаНаСущностьDOM.
    REFERENCE "СсылкаНаСущностьDOM" "DOMEntityReference" None, [] []
}

node_type! {
    /// ФрагментДокументаDOM.
    FRAGMENT "ФрагментДокументаDOM" "DOMDocumentFragment" None, [] []
}

node_type! {
    /// ОпределениеТипаДокументаDOM.
    DOC_TYPE "ОпределениеТипаДокументаDOM" "DOMDocumentType" None, [] [
        prop!("Имя" "Name" |_, this| told(this, Dom::name)),
        prop!("ПубличныйИдентификатор" "PublicId" |_, this| told(this, |dom, id| dom.identifiers(id).0)),
        prop!("СистемныйИдентификатор" "SystemId" |_, this| told(this, |dom, id| dom.identifiers(id).1)),
        // Empty in 8.3.27 also when there is one.
        prop!("ВнутреннееПодмножество" "InternalSubset" |_, _| Ok(Value::str(""))),
    ]
}

node_type! {
    /// АтрибутDOM.
    ATTRIBUTE "АтрибутDOM" "DOMAttribute" None, [] [
        prop!("Имя" "Name" |_, this| told(this, Dom::name)),
        prop!("Значение" "Value" value, |vm, this, new| set_value(vm, this, &new)),
        prop!("ЭлементВладелец" "OwnerElement" |vm, this| beside(vm, this, Dom::owner)),
    ]
}

node_type! {
    /// ЭлементDOM.
    ELEMENT "ЭлементDOM" "DOMElement" None, [
        ELEMENTS,
        method!("ПолучитьАтрибут" "GetAttribute" ("ИмяИлиURI, ЛокальноеИмя?") true |vm, this, args| {
            let (tree, found) = attribute(vm, this, args)?;
            let Some(id) = found else {
                return Ok(Value::Undefined);
            };
            value(vm, &node_value(vm, &tree, id))
        }),
        method!("ЕстьАтрибут" "HasAttribute" ("ИмяИлиURI, ЛокальноеИмя?") true |vm, this, args| {
            Ok(attribute(vm, this, args)?.1.is_some().into())
        }),
        method!("ПолучитьУзелАтрибута" "GetAttributeNode" ("ИмяИлиURI, ЛокальноеИмя?") true
        |vm, this, args| {
            let (tree, found) = attribute(vm, this, args)?;
            Ok(node_or_none(vm, &tree, found))
        }),
        method!("УстановитьАтрибут" "SetAttribute" ("ИмяИлиURI, ЗначениеИлиИмя, Значение?") false
            set_attribute),
        method!("УдалитьАтрибут" "RemoveAttribute" ("ИмяИлиURI, ЛокальноеИмя?") false |vm, this, args| {
            let (tree, found) = attribute(vm, this, args)?;
            if let Some(id) = found {
                let (_, element) = node_of(this, 1)?;
                let removed = tree.borrow_mut().remove_attribute(element, id);
                removed.map_err(|error| refused(vm, error))?;
            }
            Ok(Value::Undefined)
        }),
        method!("УстановитьУзелАтрибута" "SetAttributeNode" ("АтрибутDOM") true |vm, this, args| {
            let (tree, element) = node_of(this, 1)?;
            let id = attribute_node(vm, &tree, &args[0])?;
            pay(vm, 0)?;
            vm.charge(tree.borrow().attributes(element).len() as u32)?;
            let old = tree.borrow_mut().set_attribute_node(element, id);
            let old = old.map_err(|error| refused(vm, error))?;
            Ok(node_or_none(vm, &tree, old))
        }),
        method!("УдалитьУзелАтрибута" "RemoveAttributeNode" ("АтрибутDOM") true |vm, this, args| {
            let (tree, element) = node_of(this, 1)?;
            let id = attribute_node(vm, &tree, &args[0])?;
            vm.charge(tree.borrow().attributes(element).len() as u32)?;
            let removed = tree.borrow_mut().remove_attribute(element, id);
            removed.map_err(|error| refused(vm, error))?;
            Ok(args[0].clone())
        }),
    ] [
        prop!("ИмяТега" "TagName" |_, this| told(this, Dom::name)),
    ]
}

node_type! {
    /// ДокументDOM.
    DOCUMENT "ДокументDOM" "DOMDocument" Some(Constructor {
        params: "",
        call: |vm, _| {
            let tree = Rc::new(RefCell::new(Dom::default()));
            Ok(node_value(vm, &tree, NodeId::DOCUMENT))
        },
    }), [
        ELEMENTS,
        method!("ПолучитьЭлементПоИдентификатору" "GetElementById" ("Идентификатор") true
        |_, _, args| {
            // Which attributes are identifiers only a DTD tells, and lists of attributes are not read.
            string_of(&args[0], 1)?;
            Ok(Value::Undefined)
        }),
        method!("СоздатьЭлемент" "CreateElement" ("ИмяИлиURI, Имя?") true |vm, this, args| {
            named(vm, this, args, Dom::element, Dom::element_ns)
        }),
        method!("СоздатьАтрибут" "CreateAttribute" ("ИмяИлиURI, Имя?") true |vm, this, args| {
            named(vm, this, args, Dom::new_attribute, Dom::new_attribute_ns)
        }),
        method!("СоздатьТекстовыйУзел" "CreateTextNode" ("Текст") true |vm, this, args| {
            leaf(vm, this, &args[0], NodeKind::Text)
        }),
        method!("СоздатьСекциюCDATA" "CreateCDATASection" ("Текст") true |vm, this, args| {
            leaf(vm, this, &args[0], NodeKind::Cdata)
        }),
        method!("СоздатьКомментарий" "CreateComment" ("Текст") true |vm, this, args| {
            leaf(vm, this, &args[0], NodeKind::Comment)
        }),
        method!("СоздатьИнструкциюОбработки" "CreateProcessingInstruction" ("Цель, Данные") true
        |vm, this, args| {
            let (tree, _) = node_of(this, 1)?;
            let (target, data) = (paid_text(vm, &args[0], 1)?, paid_text(vm, &args[1], 2)?);
            pay(vm, target.len() + data.len())?;
            let made = tree.borrow_mut().instruction(&target, &data);
            Ok(node_value(vm, &tree, made.map_err(|error| refused(vm, error))?))
        }),
        method!("СоздатьСсылкуНаСущность" "CreateEntityReference" ("Имя") true |vm, this, args| {
            let (tree, _) = node_of(this, 1)?;
            let name = paid_text(vm, &args[0], 1)?;
            pay(vm, name.len())?;
            let made = tree.borrow_mut().reference(&name);
            Ok(node_value(vm, &tree, made.map_err(|error| refused(vm, error))?))
        }),
        method!("СоздатьФрагментДокумента" "CreateDocumentFragment" ("") true |vm, this, _| {
            leaf(vm, this, &Value::str(""), NodeKind::Fragment)
        }),
        method!("ИмпортироватьУзел" "ImportNode" ("Узел, Глубоко?") true |vm, this, args| {
            let (tree, _) = node_of(this, 1)?;
            let (from, id) = node_of(&args[0], 1)?;
            let deep = super::super::define::flag(vm, &args[1], false)?;
            if matches!(from.borrow().kind(id), NodeKind::Document | NodeKind::DocType) {
                return Err(said(
                    vm,
                    "Документ и определение его типа не переносятся в другой документ",
                    "A document and its type are not taken over into another document",
                ));
            }
            let source = (!Rc::ptr_eq(&tree, &from)).then_some(&from);
            let copy = copied(vm, &tree, source, id, deep)?;
            Ok(node_value(vm, &tree, copy))
        }),
        method!("ВычислитьВыражениеXPath" "EvaluateXPathExpression"
            ("Выражение, УзелКонтекста, Разыменователь, ТипРезультата?") true xpath::evaluate_text),
        method!("СоздатьВыражениеXPath" "CreateXPathExpression" ("Выражение, Разыменователь") true
            xpath::new_expression),
        method!("СоздатьРазыменовательПИ" "CreateNSResolver" ("УзелСоответствиеИлиПрефикс?, URI?") true
        |vm, this, args| {
            if is_left_out(&args[0]) {
                args[0] = this.clone();
            }
            xpath::new_resolver(vm, args)
        }),
    ] [
        prop!("ЭлементДокумента" "DocumentElement" |vm, this| beside(vm, this, |dom, _| dom.root())),
        prop!("ОпределениеТипаДокумента" "Doctype" |vm, this| {
            let (tree, id) = node_of(this, 1)?;
            let mut at = tree.borrow().first(id);
            while let Some(node) = at {
                vm.charge(1)?;
                if tree.borrow().kind(node) == NodeKind::DocType {
                    return Ok(node_value(vm, &tree, node));
                }
                at = tree.borrow().after(node);
            }
            Ok(Value::Undefined)
        }),
        prop!("ВерсияXML" "XMLVersion" |_, this| {
            let (tree, _) = node_of(this, 1)?;
            let text = Value::str(&tree.borrow().version_text);
            Ok(text)
        }, |vm, this, new| {
            let (tree, _) = node_of(this, 1)?;
            let text = paid_text(vm, &new, 1)?;
            tree.borrow_mut().version_text = text;
            Ok(())
        }),
        prop!("КодировкаXML" "XMLEncoding" |_, this| {
            let (tree, _) = node_of(this, 1)?;
            let text = Value::str(&tree.borrow().encoding);
            Ok(text)
        }),
    ]
}

/// An attribute of the element by its name, or by namespace and local name.
fn attribute(
    vm: &mut Vm<'_>,
    this: &Value,
    args: &[Value],
) -> Result<(Tree, Option<NodeId>), Fault> {
    let (tree, element) = node_of(this, 1)?;
    vm.charge(tree.borrow().attributes(element).len() as u32)?;
    let found = lists::find(&tree, element, args)?;
    Ok((tree, found))
}

fn attribute_node(vm: &Vm<'_>, tree: &Tree, value: &Value) -> Result<NodeId, Fault> {
    let id = own_node(vm, tree, value, 1)?;
    match tree.borrow().kind(id) {
        NodeKind::Attribute => Ok(id),
        _ => Err(Fault::param(1)),
    }
}

/// (Имя, Значение) or (URI, Имя, Значение). The value is a string and nothing else.
fn set_attribute(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let (tree, element) = node_of(this, 1)?;
    vm.charge(tree.borrow().attributes(element).len() as u32)?;
    let (first, second) = (paid_text(vm, &args[0], 1)?, paid_text(vm, &args[1], 2)?);
    let done = if args[2].is_missing() {
        pay(vm, first.len() + second.len())?;
        tree.borrow_mut().set_attribute(element, &first, &second)
    } else {
        let value = paid_text(vm, &args[2], 3)?;
        pay(vm, second.len() + value.len())?;
        let mut dom = tree.borrow_mut();
        dom.set_attribute_ns(element, &first, &second, &value)
    };
    done.map_err(|error| refused(vm, error))?;
    Ok(Value::Undefined)
}

type ByName = fn(&mut Dom, &str) -> Result<NodeId, crate::kernel::xml::dom::DomError>;
type ByUri = fn(&mut Dom, &str, &str) -> Result<NodeId, crate::kernel::xml::dom::DomError>;

/// (Имя) or (URI, Имя).
fn named(
    vm: &mut Vm<'_>,
    this: &Value,
    args: &[Value],
    by_name: ByName,
    by_uri: ByUri,
) -> Result<Value, Fault> {
    let (tree, _) = node_of(this, 1)?;
    let first = paid_text(vm, &args[0], 1)?;
    let made = if args[1].is_missing() {
        pay(vm, first.len())?;
        by_name(&mut tree.borrow_mut(), &first)
    } else {
        let name = paid_text(vm, &args[1], 2)?;
        pay(vm, first.len() + name.len() * 2)?;
        by_uri(&mut tree.borrow_mut(), &first, &name)
    };
    Ok(node_value(
        vm,
        &tree,
        made.map_err(|error| refused(vm, error))?,
    ))
}

fn leaf(vm: &mut Vm<'_>, this: &Value, text: &Value, kind: NodeKind) -> Result<Value, Fault> {
    let (tree, _) = node_of(this, 1)?;
    let text = paid_text(vm, text, 1)?;
    pay(vm, text.len())?;
    let made = tree.borrow_mut().leaf(kind, &text);
    Ok(node_value(vm, &tree, made))
}

/// Elements below the node in the order of the document. A namespace is taken and overlooked, as
/// 8.3.27 does.
fn elements(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let (tree, id) = node_of(this, 1)?;
    let (at, number) = if args[1].is_missing() { (0, 1) } else { (1, 2) };
    let name = string_of(&args[at], number)?;
    let mut found = crate::value::paid::Paid::new();
    {
        let dom = tree.borrow();
        let mut next = dom.following(id, id);
        while let Some(node) = next {
            vm.charge(1)?;
            if is_named(&dom, node, &name) {
                found.push(node)?;
            }
            next = dom.following(node, id);
        }
    }
    Ok(lists::elements(vm, &tree, found.into_vec()))
}
