//! XPath over a document: ВыражениеXPath, РезультатXPath, РазыменовательПространствИменDOM.

use super::super::define::{
    choice, enumeration, is_left_out, method, native, native_of, native_of_mut, prop, said,
    string_of,
};
use super::super::registry::{Constructor, TypeDef};
use super::super::xml::paid_text;
use super::node::pay_for_depth;
use super::{Tree, node_of, node_or_none, own_node, ticking};
use crate::kernel::number::Number;
use crate::kernel::xml::dom::{NodeId, NodeKind};
use crate::kernel::xml::xpath::{Expression, Found, XPathError, evaluate, parse};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::rc::Rc;

enumeration! {
    /// ТипРезультатаDOMXPath.
    RESULT_TYPE "ТипРезультатаDOMXPath" "DOMXPathResultType" [
        "Любой" "Any",
        "Число" "Number",
        "Строка" "String",
        "Булево" "Boolean",
        "НеупорядоченныйИтераторУзлов" "UnorderedNodeIterator",
        "УпорядоченныйИтераторУзлов" "OrderedNodeIterator",
        "НеупорядоченныйСнимокУзлов" "UnorderedNodeSnapshot",
        "УпорядоченныйСнимокУзлов" "OrderedNodeSnapshot",
        "ЛюбойНеупорядоченныйУзел" "AnyUnorderedNode",
        "ПервыйУпорядоченныйУзел" "FirstOrderedNode",
    ]
}

const ANY: u16 = 0;
const NUMBER: u16 = 1;
const STRING: u16 = 2;
const BOOLEAN: u16 = 3;
const ITERATOR: u16 = 4;
const SNAPSHOTS: std::ops::RangeInclusive<u16> = 6..=7;
const SINGLE: std::ops::RangeInclusive<u16> = 8..=9;

// ---- resolvers ----------------------------------------------------------------------------------

/// What prefixes stand for.
enum Resolver {
    /// As a node sees them.
    Node(Tree, NodeId),
    /// As the program says.
    Given(Vec<(String, String)>),
}

native!(Resolver, |this| match this {
    Resolver::Node(..) => 0,
    Resolver::Given(pairs) => pairs
        .iter()
        .map(|(a, b)| a.capacity() + b.capacity() + 48)
        .sum(),
});

impl Resolver {
    fn uri(&self, prefix: &str) -> Option<String> {
        match self {
            Resolver::Node(tree, id) => {
                let dom = tree.borrow();
                // A text sees nothing, in 8.3.27; a document is its root element.
                let id = match dom.kind(*id) {
                    NodeKind::Text | NodeKind::Cdata => return None,
                    NodeKind::Document => dom.root()?,
                    _ => *id,
                };
                // `xmlns` is the default namespace; there are no prefixes that nobody declared.
                let prefix = match prefix {
                    "" | "xml" => return None,
                    "xmlns" => "",
                    prefix => prefix,
                };
                dom.namespace(id, prefix).map(str::to_owned)
            }
            Resolver::Given(pairs) => {
                let found = pairs.iter().find(|(known, _)| known == prefix);
                found.map(|(_, uri)| uri.clone())
            }
        }
    }
}

/// РазыменовательПространствИменDOM.
pub static RESOLVER: TypeDef = TypeDef {
    ru: "РазыменовательПространствИменDOM",
    en: "DOMNamespaceResolver",
    new: Some(Constructor {
        params: "УзелСоответствиеИлиПрефикс, URI?",
        call: new_resolver,
    }),
    methods: &[
        method!("НайтиURIПространстваИмен" "LookupNamespaceURI" ("Префикс") true |vm, this, args| {
            let prefix = string_of(&args[0], 1)?;
            let resolver = native_of::<Resolver>(this, 1)?;
            pay_for(vm, &resolver)?;
            Ok(resolver.uri(&prefix).map_or(Value::Undefined, Value::from))
        }),
    ],
    props: &[],
};

fn pay_for(vm: &mut Vm<'_>, resolver: &Resolver) -> Result<(), Fault> {
    match resolver {
        Resolver::Node(tree, id) => pay_for_depth(vm, tree, *id),
        Resolver::Given(pairs) => vm.charge_work(pairs.len() * 16),
    }
}

/// Of a node, of a Соответствие of prefixes and namespaces, or of one prefix and its namespace. What is
/// none of them sees nothing.
pub(super) fn new_resolver(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let resolver = if let Ok((tree, id)) = node_of(&args[0], 1) {
        Resolver::Node(tree, id)
    } else if let Some(prefix) = args[0].as_string().filter(|_| !is_left_out(&args[1])) {
        Resolver::Given(vec![(prefix, string_of(&args[1], 2)?)])
    } else if let Ok(items) = vm.items(&args[0]) {
        let mut pairs = Vec::new();
        for item in items {
            vm.charge(16)?;
            let (prefix, uri) = (vm.field(&item, "Ключ")?, vm.field(&item, "Значение")?);
            pairs.push((paid_text(vm, &prefix, 1)?, paid_text(vm, &uri, 1)?));
        }
        Resolver::Given(pairs)
    } else {
        Resolver::Given(Vec::new())
    };
    Ok(vm.alloc(&RESOLVER, Body::Native(Box::new(resolver))))
}

// ---- expressions --------------------------------------------------------------------------------

/// The insides of ВыражениеXPath.
struct Prepared {
    expression: Rc<Expression>,
    resolver: Value,
    tree: Tree,
    length: usize,
}

// Some words for each sign of the text.
native!(Prepared, |this| this.length * 32);

/// ВыражениеXPath.
pub static EXPRESSION: TypeDef = TypeDef {
    ru: "ВыражениеXPath",
    en: "XPathExpression",
    new: None,
    methods: &[
        method!("Вычислить" "Evaluate" ("УзелКонтекста, ТипРезультата?") true |vm, this, args| {
            let (expression, resolver, tree) = {
                let own = native_of::<Prepared>(this, 1)?;
                (Rc::clone(&own.expression), own.resolver.clone(), Rc::clone(&own.tree))
            };
            run(vm, &expression, &tree, &args[0], 1, &resolver, &args[1], 2)
        }),
    ],
    props: &[],
};

fn parsed(vm: &mut Vm<'_>, text: &Value) -> Result<Expression, Fault> {
    let text = paid_text(vm, text, 1)?;
    vm.charge_work(text.len() * 8)?;
    vm.reserve(text.len().saturating_mul(64))?;
    parse(&text).map_err(|error| wrong(vm, error))
}

fn wrong(vm: &Vm<'_>, error: XPathError) -> Fault {
    match error {
        XPathError::Wrong(ru, en) => said(
            vm,
            format!("Ошибка в выражении XPath: {ru}"),
            format!("Wrong XPath expression: {en}"),
        ),
        // A stop is a fault of the meter, which came before.
        XPathError::Stopped => said(vm, "Вычисление XPath прервано", "XPath was stopped"),
    }
}

/// A resolver of a parameter; Неопределено sees nothing.
fn checked_resolver(value: &Value, number: u8) -> Result<(), Fault> {
    if !is_left_out(value) {
        native_of::<Resolver>(value, number)?;
    }
    Ok(())
}

/// СоздатьВыражениеXPath: a wrong text is found here, an unknown prefix when it is evaluated.
pub(super) fn new_expression(
    vm: &mut Vm<'_>,
    this: &Value,
    args: &mut [Value],
) -> Result<Value, Fault> {
    let (tree, _) = node_of(this, 1)?;
    checked_resolver(&args[1], 2)?;
    let expression = parsed(vm, &args[0])?;
    let prepared = Prepared {
        expression: Rc::new(expression),
        resolver: args[1].clone(),
        tree,
        length: args[0].as_units().map_or(0, |units| units.len()),
    };
    Ok(vm.alloc(&EXPRESSION, Body::Native(Box::new(prepared))))
}

/// ВычислитьВыражениеXPath.
pub(super) fn evaluate_text(
    vm: &mut Vm<'_>,
    this: &Value,
    args: &mut [Value],
) -> Result<Value, Fault> {
    let (tree, _) = node_of(this, 1)?;
    checked_resolver(&args[2], 3)?;
    let expression = parsed(vm, &args[0])?;
    run(vm, &expression, &tree, &args[1], 2, &args[2], &args[3], 4)
}

#[allow(
    clippy::too_many_arguments,
    reason = "each parameter of the call has its number"
)]
fn run(
    vm: &mut Vm<'_>,
    expression: &Expression,
    tree: &Tree,
    context: &Value,
    context_number: u8,
    resolver: &Value,
    wanted: &Value,
    wanted_number: u8,
) -> Result<Value, Fault> {
    let node = own_node(vm, tree, context, context_number)?;
    let wanted = choice(wanted, &RESULT_TYPE, wanted_number)?.unwrap_or(ANY);
    let resolver = native_of::<Resolver>(resolver, 3).ok();
    if let Some(resolver) = &resolver {
        for _ in 0..expression.prefix_count() {
            pay_for(vm, resolver)?;
        }
    }
    vm.reserve(tree.borrow().count() * 8)?;
    ticking(vm, |tick| tree.borrow_mut().put_in_order(tick).is_ok())?;
    let namespace = |prefix: &str| resolver.as_ref().and_then(|it| it.uri(prefix));
    let found = ticking(vm, |tick| {
        evaluate(expression, &tree.borrow(), node, &namespace, tick)
    })?;
    let found = found.map_err(|error| wrong(vm, error))?;
    let result = XPathResult::new(Rc::clone(tree), found, wanted);
    Ok(vm.alloc(&RESULT, Body::Native(Box::new(result))))
}

// ---- results ------------------------------------------------------------------------------------

/// The insides of РезультатXPath. A kind that was asked for tells which member there is; it does not
/// convert the value, but for sets of nodes: their size as a number, whether there is one as a boolean.
struct XPathResult {
    tree: Tree,
    kind: u16,
    nodes: Vec<NodeId>,
    next: usize,
    number: f64,
    text: String,
    boolean: bool,
}

native!(XPathResult, |this| this.nodes.capacity()
    * size_of::<NodeId>()
    + this.text.capacity());

impl XPathResult {
    fn new(tree: Tree, found: Found, wanted: u16) -> XPathResult {
        let own = match &found {
            Found::Nodes(_) => ITERATOR,
            Found::Number(_) => NUMBER,
            Found::Text(_) => STRING,
            Found::Boolean(_) => BOOLEAN,
        };
        let mut result = XPathResult {
            tree,
            kind: if wanted == ANY { own } else { wanted },
            nodes: Vec::new(),
            next: 0,
            number: 0.0,
            text: String::new(),
            boolean: false,
        };
        match found {
            Found::Nodes(nodes) => {
                result.number = nodes.len() as f64;
                result.boolean = !nodes.is_empty();
                result.nodes = nodes;
            }
            Found::Number(number) => result.number = number,
            Found::Text(text) => result.text = text,
            Found::Boolean(boolean) => result.boolean = boolean,
        }
        result
    }
}

/// The insides, when the result is of a kind that has the member.
fn of_kind<R>(
    vm: &Vm<'_>,
    this: &Value,
    kinds: std::ops::RangeInclusive<u16>,
    get: impl FnOnce(&XPathResult) -> Result<R, Fault>,
) -> Result<R, Fault> {
    let result = native_of::<XPathResult>(this, 1)?;
    if kinds.contains(&result.kind) {
        return get(&result);
    }
    Err(said(
        vm,
        "У результата XPath этого типа нет такого значения",
        "An XPath result of this type has no such value",
    ))
}

/// РезультатXPath.
pub static RESULT: TypeDef = TypeDef {
    ru: "РезультатXPath",
    en: "XPathResult",
    new: None,
    methods: &[
        method!("ПолучитьСледующий" "IterateNext" ("") true |vm, this, _| {
            let (tree, id) = {
                let mut result = native_of_mut::<XPathResult>(this, 1)?;
                let id = result.nodes.get(result.next).copied();
                result.next += usize::from(id.is_some());
                (Rc::clone(&result.tree), id)
            };
            Ok(node_or_none(vm, &tree, id))
        }),
        method!("ЭлементСнимка" "SnapshotItem" ("Индекс") true |vm, this, args| {
            let at = usize::try_from(vm.to_int(&args[0])?).unwrap_or(usize::MAX);
            of_kind(vm, this, SNAPSHOTS, |result| {
                Ok(node_or_none(vm, &result.tree, result.nodes.get(at).copied()))
            })
        }),
    ],
    props: &[
        prop!("ТипРезультата" "ResultType" |_, this| {
            Ok(Value::Enum(native_of::<XPathResult>(this, 1)?.kind, &RESULT_TYPE))
        }),
        prop!("ЧисловоеЗначение" "NumberValue" |vm, this| {
            of_kind(vm, this, NUMBER..=NUMBER, |result| {
                // Infinity and what is no number have no value in the language.
                let number = Number::from_f64(result.number);
                number.map(Value::from).ok_or_else(|| Message::NotANumber.into())
            })
        }),
        prop!("СтроковоеЗначение" "StringValue" |vm, this| {
            of_kind(vm, this, STRING..=STRING, |result| Ok(Value::str(&result.text)))
        }),
        prop!("БулевоЗначение" "BooleanValue" |vm, this| {
            of_kind(vm, this, BOOLEAN..=BOOLEAN, |result| Ok(result.boolean.into()))
        }),
        prop!("РазмерСнимка" "SnapshotLength" |vm, this| {
            of_kind(vm, this, SNAPSHOTS, |result| Ok(result.nodes.len().into()))
        }),
        // It has no Russian name in 8.3.27.
        prop!("SingleNodeValue" "SingleNodeValue" |vm, this| {
            of_kind(vm, this, SINGLE, |result| {
                Ok(node_or_none(vm, &result.tree, result.nodes.first().copied()))
            })
        }),
        // A set of nodes is taken when it is found; no change of the tree spoils it.
        prop!("НеверноеСостояниеИтератора" "InvalidIteratorState" |_, _| Ok(Value::Bool(false))),
    ],
};
