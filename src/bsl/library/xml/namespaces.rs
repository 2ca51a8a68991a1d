//! КонтекстПространствИменXML: prefixes and namespaces where a reader or a writer stood.

use super::super::define::{method, native, native_of, prop, string_of};
use super::super::map::MAP;
use super::super::registry::TypeDef;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::map::MapData;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// КонтекстПространствИменXML.
pub static NAMESPACE_CONTEXT: TypeDef = TypeDef {
    ru: "КонтекстПространствИменXML",
    en: "XMLNamespaceContext",
    new: None,
    methods: &[
        method!("URIПространствИмен" "NamespaceURIs" ("") true |vm, this, _| {
            let mut uris: Vec<Value> = Vec::new();
            for (_, uri) in scope(vm, this)? {
                if !uris.iter().any(|known| known.same_key(&uri)) {
                    uris.push(uri);
                }
                vm.charge_work(uris.len())?;
            }
            Ok(vm.new_array(uris))
        }),
        method!("НайтиURIПространстваИмен" "LookupNamespaceURI" ("Префикс") true |vm, this, args| {
            let prefix = Value::str(&string_of(&args[0], 1)?);
            let found = scope(vm, this)?.into_iter().find(|(known, _)| known.same_key(&prefix));
            Ok(found.map_or(Value::Undefined, |(_, uri)| uri))
        }),
        method!("НайтиПрефикс" "LookupPrefix" ("URIПространстваИмен") true |vm, this, args| {
            let uri = Value::str(&string_of(&args[0], 1)?);
            let found = scope(vm, this)?.into_iter().find(|(_, known)| known.same_key(&uri));
            Ok(found.map_or(Value::Undefined, |(prefix, _)| prefix))
        }),
        method!("Префиксы" "Prefixes" ("URIПространстваИмен") true |vm, this, args| {
            let uri = Value::str(&string_of(&args[0], 1)?);
            let prefixes = scope(vm, this)?
                .into_iter()
                .filter(|(_, known)| known.same_key(&uri))
                .map(|(prefix, _)| prefix)
                .collect();
            Ok(vm.new_array(prefixes))
        }),
        method!("СоответствияПространствИмен" "NamespaceMappings" ("") true |vm, this, _| {
            let mut map = MapData::default();
            for (prefix, uri) in scope(vm, this)? {
                map.insert(prefix, uri, |bytes| vm.reserve(bytes))?;
            }
            Ok(vm.alloc(&MAP, Body::Map(Box::new(map))))
        }),
    ],
    props: &[
        prop!("Глубина" "Depth" |_, this| Ok(native_of::<Context>(this, 1)?.depth.into())),
        prop!("ПространствоИменПоУмолчанию" "DefaultNamespace" |vm, this| {
            let empty = Value::str("");
            let found = scope(vm, this)?.into_iter().find(|(prefix, _)| prefix.same_key(&empty));
            Ok(found.map_or(empty, |(_, uri)| uri))
        }),
    ],
};

/// The insides of КонтекстПространствИменXML: what holds, each prefix once.
struct Context {
    depth: usize,
    scope: Vec<(Value, Value)>,
}

native!(Context, |this| this.scope.capacity()
    * size_of::<(Value, Value)>());

fn scope(vm: &mut Vm<'_>, this: &Value) -> Result<Vec<(Value, Value)>, Fault> {
    let count = native_of::<Context>(this, 1)?.scope.len();
    vm.charge_work(count * 16)?;
    vm.reserve(count * size_of::<(Value, Value)>())?;
    Ok(native_of::<Context>(this, 1)?.scope.clone())
}

/// A context from prefixes and namespaces, the innermost first; one that was declared empty is none.
pub(super) fn context(
    vm: &mut Vm<'_>,
    depth: usize,
    pairs: Vec<(String, String)>,
) -> Result<Value, Fault> {
    let mut scope: Vec<(Value, Value)> = Vec::new();
    for (prefix, uri) in pairs {
        vm.charge_work(16 + scope.len())?;
        let prefix = Value::str(&prefix);
        if !scope.iter().any(|(known, _)| known.same_key(&prefix)) {
            scope.push((prefix, Value::str(&uri)));
        }
    }
    let empty = Value::str("");
    scope.retain(|(_, uri)| !uri.same_key(&empty));
    // As they are declared, outer ones first.
    scope.reverse();
    Ok(vm.alloc(
        &NAMESPACE_CONTEXT,
        Body::Native(Box::new(Context { depth, scope })),
    ))
}
