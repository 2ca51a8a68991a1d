//! Simple values as elements of XML: XMLТип, XMLТипЗнч, ЗаписатьXML, ПрочитатьXML. The text inside of
//! the element is that of XMLСтрока.

use super::super::bytes::BINARY_DATA;
use super::super::define::{
    choice, enumeration, function, is_left_out, native_of, native_of_mut, prop, said,
};
use super::super::registry::{Constructor, FunctionDef, TypeDef};
use super::super::storage::STORAGE;
use super::super::types;
use super::super::xml_values::{from_xml, to_xml};
use super::paid_text;
use super::reader::{Reader, next, no_source};
use super::writer::write;
use crate::kernel::xml::{XmlNode, local_part, prefix_part};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::NativeObject;
use crate::vm::Vm;
use crate::vm::error::Fault;

const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const CORE: &str = "http://v8.1c.ru/8.1/data/core";

/// Types that have a notation in XML: the type, its name there and the namespace.
static MAPPED: &[(&TypeDef, &str, &str)] = &[
    (&types::STRING, "string", SCHEMA),
    (&types::NUMBER, "decimal", SCHEMA),
    (&types::BOOLEAN, "boolean", SCHEMA),
    (&types::DATE, "dateTime", SCHEMA),
    (&BINARY_DATA, "base64Binary", SCHEMA),
    (&types::UUID, "UUID", CORE),
    (&types::NULL, "Null", CORE),
    (&types::UNDEFINED, "Undefined", CORE),
    (&STORAGE, "ValueStorage", CORE),
];

/// Other names of XML Schema that are read as values of the language.
const ALSO_READ: &[(&str, &TypeDef)] = &[
    ("date", &types::DATE),
    ("time", &types::DATE),
    ("double", &types::NUMBER),
    ("float", &types::NUMBER),
    ("integer", &types::NUMBER),
    ("int", &types::NUMBER),
    ("long", &types::NUMBER),
    ("short", &types::NUMBER),
    ("normalizedString", &types::STRING),
    ("token", &types::STRING),
    ("anyURI", &types::STRING),
];

enumeration! {
    /// НазначениеТипаXML.
    ASSIGNMENT "НазначениеТипаXML" "XMLTypeAssignment" [
        "Неявное" "Implicit",
        "Явное" "Explicit",
    ]
}

/// ТипДанныхXML.
pub static DATA_TYPE: TypeDef = TypeDef {
    ru: "ТипДанныхXML",
    en: "XMLDataType",
    new: Some(Constructor {
        params: "ИмяТипа, URIПространстваИмен",
        call: |vm, args| {
            let name = paid_text(vm, &args[0], 1)?;
            let uri = paid_text(vm, &args[1], 2)?;
            Ok(data_type(vm, &name, &uri))
        },
    }),
    methods: &[],
    props: &[
        prop!("ИмяТипа" "TypeName" |_, this| {
            Ok(Value::str(&native_of::<XmlType>(this, 1)?.name))
        }),
        prop!("URIПространстваИмен" "NamespaceURI" |_, this| {
            Ok(Value::str(&native_of::<XmlType>(this, 1)?.uri))
        }),
    ],
};

/// The insides of ТипДанныхXML: the same name in the same namespace is the same value.
struct XmlType {
    name: String,
    uri: String,
}

impl NativeObject for XmlType {
    fn size(&self) -> usize {
        size_of::<XmlType>() + self.name.len() + self.uri.len()
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        let other = other.downcast_ref::<XmlType>()?;
        Some(self.name == other.name && self.uri == other.uri)
    }

    fn content_hash(&self) -> Option<u64> {
        Some(self.name.len() as u64 ^ (self.uri.len() as u64) << 32)
    }
}

/// ЗаписатьXML and those beside it.
pub(super) const FUNCTIONS: &[FunctionDef] = &[
    function!("XMLТип" "XMLType" ("Тип") true |vm, args| match &args[0] {
        Value::Type(ty) => Ok(mapped(vm, ty)),
        Value::HostType(_) => Ok(Value::Undefined),
        _ => Err(Fault::param(1)),
    }),
    function!("XMLТипЗнч" "XMLTypeOf" ("Значение") true |vm, args| {
        Ok(match vm.type_value(&args[0]) {
            Value::Type(ty) => mapped(vm, ty),
            _ => Value::Undefined,
        })
    }),
    function!("ИзXMLТипа" "FromXMLType" ("ТипИлиИмя, URIПространстваИмен?") true |vm, args| {
        let (name, uri) = if is_left_out(&args[1]) {
            let ty = native_of::<XmlType>(&args[0], 1)?;
            (ty.name.clone(), ty.uri.clone())
        } else {
            (paid_text(vm, &args[0], 1)?, paid_text(vm, &args[1], 2)?)
        };
        Ok(by_name(&name, &uri).map_or(Value::Undefined, Value::Type))
    }),
    function!("ПолучитьXMLТип" "GetXMLType" ("ЧтениеXML") true |vm, args| {
        Ok(match told_type(vm, &args[0])? {
            Some((name, uri)) => data_type(vm, &name, &uri),
            None => Value::Undefined,
        })
    }),
    function!("ВозможностьЧтенияXML" "CanReadXML" ("ЧтениеXML") true |vm, args| {
        let told = told_type(vm, &args[0])?;
        Ok(told.is_some_and(|(name, uri)| by_name(&name, &uri).is_some()).into())
    }),
    function!("ЗаписатьXML" "WriteXML" ("ЗаписьXML, Значение, ИмяИлиНазначение?, URIИлиНазначение?, НазначениеТипа?")
        false write_value),
    function!("ПрочитатьXML" "ReadXML" ("ЧтениеXML, Тип?") true read_value),
];

fn data_type(vm: &Vm<'_>, name: &str, uri: &str) -> Value {
    let ty = XmlType {
        name: name.to_owned(),
        uri: uri.to_owned(),
    };
    vm.alloc(&DATA_TYPE, Body::Native(Box::new(ty)))
}

fn named(ty: &TypeDef) -> Option<(&'static str, &'static str)> {
    let found = MAPPED.iter().find(|(known, ..)| std::ptr::eq(*known, ty));
    found.map(|(_, name, uri)| (*name, *uri))
}

fn mapped(vm: &Vm<'_>, ty: &TypeDef) -> Value {
    match named(ty) {
        // There is a way to write Неопределено, but no type of it.
        Some(("Undefined", _)) | None => Value::Undefined,
        Some((name, uri)) => data_type(vm, name, uri),
    }
}

fn by_name(name: &str, uri: &str) -> Option<&'static TypeDef> {
    let known = MAPPED.iter().find(|it| it.1 == name && it.2 == uri);
    let also = || ALSO_READ.iter().find(|it| it.0 == name && uri == SCHEMA);
    known.map(|it| it.0).or_else(|| also().map(|it| it.1))
}

/// What the element in hand says of its type: `xsi:type`, else its own name.
fn told_type(vm: &mut Vm<'_>, reader: &Value) -> Result<Option<(String, String)>, Fault> {
    let reader = native_of::<Reader>(reader, 1)?;
    let Some(source) = &reader.source else {
        return Err(no_source(vm));
    };
    let Some(XmlNode::Start { name, uri, .. }) = &reader.current else {
        return Ok(None);
    };
    vm.charge_work(reader.attributes().len() * 16)?;
    let told = reader
        .attributes()
        .iter()
        .find(|it| &*it.uri == INSTANCE && local_part(&it.name) == "type");
    let Some(told) = told else {
        return Ok(Some((local_part(name).to_owned(), uri.to_string())));
    };
    let value = told.value.trim();
    let mut meter = vm.meter().over(source.namespaces());
    let of_prefix = meter.find_map(|pair| match pair {
        Ok((prefix, uri)) => (prefix == prefix_part(value)).then(|| Ok(uri.to_owned())),
        Err(fault) => Some(Err(fault)),
    });
    let uri = of_prefix.transpose()?.unwrap_or_default();
    Ok(Some((local_part(value).to_owned(), uri)))
}

/// (Запись, Значение, [НазначениеТипа]), (…, Имя, [НазначениеТипа]) or (…, ЛокальноеИмя, URI, [НазначениеТипа]).
fn write_value(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let mut name = None;
    let mut name_uri = None;
    let mut assignment = choice(&args[4], &ASSIGNMENT, 5)?;
    if !is_left_out(&args[3]) {
        if args[3].is_str() {
            name_uri = Some(paid_text(vm, &args[3], 4)?);
        } else {
            assignment = choice(&args[3], &ASSIGNMENT, 4)?;
        }
    }
    if !is_left_out(&args[2]) {
        if args[2].is_str() {
            name = Some(paid_text(vm, &args[2], 3)?);
        } else {
            assignment = choice(&args[2], &ASSIGNMENT, 3)?;
        }
    }
    let value = match &args[1] {
        Value::Missing => Value::Undefined,
        value => value.clone(),
    };
    let Value::Type(ty) = vm.type_value(&value) else {
        return Err(Fault::param(2));
    };
    let (ty, ty_uri) = named(ty).ok_or_else(|| Fault::param(2))?;
    let text = to_xml(vm, &mut [value.clone()])?;
    let text = paid_text(vm, &text, 2)?;
    let is_nil = matches!(value, Value::Undefined);
    let explicit = assignment == Some(1) && !is_nil;
    write(vm, &args[0], |writer| {
        match &name {
            Some(name) => writer.start(name, name_uri.as_deref())?,
            None => writer.start(ty, Some(ty_uri))?,
        }
        if is_nil || explicit {
            if writer.prefix(INSTANCE).is_none() {
                writer.namespace_mapping("xsi", INSTANCE)?;
            }
            if is_nil {
                writer.attribute("nil", Some(INSTANCE), "true")?;
            } else {
                let known = writer.prefix(ty_uri).map(str::to_owned);
                let prefix = match known {
                    Some(prefix) => prefix,
                    None => {
                        let prefix = if ty_uri == SCHEMA { "xs" } else { "v8" };
                        writer.namespace_mapping(prefix, ty_uri)?;
                        prefix.to_owned()
                    }
                };
                let told = if prefix.is_empty() {
                    ty.to_owned()
                } else {
                    format!("{prefix}:{ty}")
                };
                writer.attribute("type", Some(INSTANCE), &told)?;
            }
        }
        if !text.is_empty() {
            writer.characters(&text)?;
        }
        writer.end()
    })
}

/// ПрочитатьXML: the element in hand, or the first to come; the reader then stands past it.
fn read_value(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let source = args[0].clone();
    if native_of::<Reader>(&source, 1)?.source.is_none() {
        return Err(no_source(vm));
    }
    let passes = |reader: &Reader| {
        matches!(
            reader.current,
            None | Some(
                XmlNode::Declaration
                    | XmlNode::DocType { .. }
                    | XmlNode::Comment(_)
                    | XmlNode::Instruction { .. }
            )
        )
    };
    while passes(&*native_of::<Reader>(&source, 1)?) {
        if !next(vm, &source)? {
            return Err(bad_value(vm));
        }
    }
    let ty = match &args[1] {
        Value::Type(ty) => Some(*ty),
        Value::Missing | Value::Undefined => None,
        Value::HostType(_) => return Err(bad_value(vm)),
        value => {
            let ty = native_of::<XmlType>(value, 2)?;
            Some(by_name(&ty.name, &ty.uri).ok_or_else(|| Fault::param(2))?)
        }
    };
    let ty = match (ty, told_type(vm, &source)?) {
        (_, None) => return Err(bad_value(vm)),
        (Some(ty), _) => ty,
        (None, Some((name, uri))) => by_name(&name, &uri).ok_or_else(|| bad_value(vm))?,
    };
    let is_nil = native_of::<Reader>(&source, 1)?
        .attributes()
        .iter()
        .any(|it| {
            &*it.uri == INSTANCE
                && local_part(&it.name) == "nil"
                && matches!(it.value.trim(), "true" | "1")
        });
    let mut text: Option<String> = None;
    loop {
        if !next(vm, &source)? {
            return Err(bad_value(vm));
        }
        let mut reader = native_of_mut::<Reader>(&source, 1)?;
        match &mut reader.current {
            Some(XmlNode::End { .. }) => break,
            Some(XmlNode::Text(more) | XmlNode::Cdata(more)) => match &mut text {
                None => text = Some(std::mem::take(more)),
                Some(text) => {
                    vm.reserve(text.len() + more.len())?;
                    text.push_str(more);
                }
            },
            Some(XmlNode::Comment(_) | XmlNode::Instruction { .. }) => {}
            _ => return Err(bad_value(vm)),
        }
    }
    next(vm, &source)?;
    if is_nil {
        return Ok(Value::Undefined);
    }
    let text = text.unwrap_or_default();
    vm.charge_work(text.len())?;
    vm.reserve(text.len().saturating_mul(2))?;
    from_xml(vm, &mut [Value::Type(ty), Value::from(text)])
}

fn bad_value(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Ошибка преобразования данных XML: здесь нет значения, которое можно прочитать",
        "XML data conversion error: there is no value here that can be read",
    )
}
