//! ЧтениеXML.

use super::super::bytes::{charset, decode_text};
use super::super::define::{
    enumeration, file_method, is_left_out, method, native, native_of, native_of_mut, prop, recount,
    said, string_of,
};
use super::super::registry::{Constructor, TypeDef};
use super::super::stream;
use super::namespaces::context;
use super::settings::{ReaderSettings, SPACE, default_reading};
use super::{DEPTH_MAX, paid_text};
use crate::kernel::encode::Charset;
use crate::kernel::xml::{
    XmlAttribute, XmlError, XmlNode, XmlReadOptions, XmlReader, local_part, prefix_part,
};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;

enumeration! {
    /// ТипУзлаXML.
    NODE_TYPE "ТипУзлаXML" "XMLNodeType" [
        "Ничего" "None",
        "НачалоЭлемента" "StartElement",
        "КонецЭлемента" "EndElement",
        "Текст" "Text",
        "СекцияCDATA" "CDATASection",
        "Комментарий" "Comment",
        "ИнструкцияОбработки" "ProcessingInstruction",
        "ОбъявлениеXML" "XMLDeclaration",
        "Атрибут" "Attribute",
        "КонецСущности" "EndEntity",
        "СсылкаНаСущность" "EntityReference",
        "ОпределениеТипаДокумента" "DocumentTypeDefinition",
        "Нотация" "Notation",
        "Сущность" "Entity",
        "ПробельныеСимволы" "Whitespace",
    ]
}

/// ЧтениеXML.
pub static XML_READER: TypeDef = TypeDef {
    ru: "ЧтениеXML",
    en: "XMLReader",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&XML_READER, Body::Native(Box::<Reader>::default()))),
    }),
    methods: &[
        method!("УстановитьСтроку" "SetString" ("СтрокаXML, ПараметрыЧтения?, НаборСхем?") false
        |vm, this, args| {
            let text = paid_text(vm, &args[0], 1)?;
            open(vm, this, &text, &args[1], 2, &args[2])
        }),
        method!("ОткрытьПоток" "OpenStream" ("Поток, ПараметрыЧтения?, НаборСхем?, Кодировка?") false
        |vm, this, args| {
            let bytes = stream::rest(vm, &args[0], 1)?;
            let given = charset(vm, &args[3], 4)?;
            let charset = given.unwrap_or_else(|| guess(&bytes));
            let text = decode_text(vm, &bytes, charset)?;
            open(vm, this, &text, &args[1], 2, &args[2])
        }),
        file_method("ОткрытьФайл", "OpenFile"),
        method!("Закрыть" "Close" ("") false |vm, this, _| {
            *native_of_mut::<Reader>(this, 1)? = Reader::default();
            recount(vm, this)?;
            Ok(Value::Undefined)
        }),
        method!("Прочитать" "Read" ("") true |vm, this, _| Ok(next(vm, this)?.into())),
        method!("Пропустить" "Skip" ("") false skip),
        method!("ПерейтиКСодержимому" "MoveToContent" ("") true |vm, this, _| {
            let is_content = |reader: &Reader| {
                !matches!(
                    reader.current,
                    None | Some(
                        XmlNode::Comment(_)
                            | XmlNode::Instruction { .. }
                            | XmlNode::Declaration
                            | XmlNode::DocType { .. }
                    )
                )
            };
            native_of_mut::<Reader>(this, 1)?.attribute = None;
            while !is_content(&*native_of::<Reader>(this, 1)?) {
                if !next(vm, this)? {
                    break;
                }
            }
            Ok(Value::Enum(native_of::<Reader>(this, 1)?.node_type(), &NODE_TYPE))
        }),
        method!("КоличествоАтрибутов" "AttributeCount" ("") true |_, this, _| {
            Ok(native_of::<Reader>(this, 1)?.attributes().len().into())
        }),
        method!("ИмяАтрибута" "AttributeName" ("Индекс") true |vm, this, args| {
            of_attribute(vm, this, &args[0], |it| Value::str(&it.name))
        }),
        method!("ЛокальноеИмяАтрибута" "AttributeLocalName" ("Индекс") true |vm, this, args| {
            of_attribute(vm, this, &args[0], |it| Value::str(local_part(&it.name)))
        }),
        method!("ПрефиксАтрибута" "AttributePrefix" ("Индекс") true |vm, this, args| {
            of_attribute(vm, this, &args[0], |it| Value::str(prefix_part(&it.name)))
        }),
        method!("URIПространстваИменАтрибута" "AttributeNamespaceURI" ("Индекс") true
        |vm, this, args| of_attribute(vm, this, &args[0], |it| Value::str(&it.uri))),
        method!("ТипАтрибута" "AttributeType" ("Индекс") true |vm, this, args| {
            // Lists of attributes are not read: everything is text.
            of_attribute(vm, this, &args[0], |_| Value::str("CDATA"))
        }),
        method!("ЗначениеАтрибута" "AttributeValue" ("ИндексИлиИмя, URIПространстваИмен?") true
            attribute_value),
        method!("ПолучитьАтрибут" "GetAttribute" ("ИндексИлиИмя, URIПространстваИмен?") true
            attribute_value),
        method!("ПрочитатьАтрибут" "ReadAttribute" ("") true |_, this, _| step(this, false)),
        method!("ПервыйАтрибут" "FirstAttribute" ("") true |_, this, _| step(this, true)),
        method!("СледующийАтрибут" "NextAttribute" ("") true |_, this, _| step(this, false)),
        method!("ПервоеОбъявление" "FirstDeclaration" ("") true |_, this, _| declaration(this, true)),
        method!("СледующееОбъявление" "NextDeclaration" ("") true
            |_, this, _| declaration(this, false)),
    ],
    props: &[
        prop!("ТипУзла" "NodeType" |_, this| {
            Ok(Value::Enum(native_of::<Reader>(this, 1)?.node_type(), &NODE_TYPE))
        }),
        prop!("Имя" "Name" |_, this| Ok(Value::str(native_of::<Reader>(this, 1)?.name()))),
        prop!("ЛокальноеИмя" "LocalName" |_, this| {
            Ok(Value::str(local_part(native_of::<Reader>(this, 1)?.name())))
        }),
        prop!("Префикс" "Prefix" |_, this| {
            Ok(Value::str(prefix_part(native_of::<Reader>(this, 1)?.name())))
        }),
        prop!("URIПространстваИмен" "NamespaceURI" |_, this| {
            let reader = native_of::<Reader>(this, 1)?;
            Ok(Value::str(match (reader.in_hand(), &reader.current) {
                (Some(attribute), _) => &attribute.uri,
                (None, Some(XmlNode::Start { uri, .. } | XmlNode::End { uri, .. })) => uri,
                _ => "",
            }))
        }),
        prop!("Значение" "Value" |_, this| Ok(Value::str(native_of::<Reader>(this, 1)?.value()))),
        prop!("ИмеетИмя" "HasName" |_, this| {
            let reader = native_of::<Reader>(this, 1)?;
            Ok((!reader.name().is_empty() && !reader.is_text()).into())
        }),
        prop!("ИмеетЗначение" "HasValue" |_, this| {
            let reader = native_of::<Reader>(this, 1)?;
            let has = reader.in_hand().is_some()
                || matches!(
                    reader.current,
                    Some(
                        XmlNode::Text(_)
                            | XmlNode::Cdata(_)
                            | XmlNode::Comment(_)
                            | XmlNode::Instruction { .. }
                    )
                );
            Ok(has.into())
        }),
        prop!("ЭтоСимвольныеДанные" "IsCharacters" |_, this| {
            Ok(native_of::<Reader>(this, 1)?.is_text().into())
        }),
        prop!("ЭтоПробельныеСимволы" "IsWhitespace" |_, this| {
            let reader = native_of::<Reader>(this, 1)?;
            Ok((reader.is_text() && reader.value().trim().is_empty()).into())
        }),
        prop!("ЭтоАтрибутПоУмолчанию" "IsDefaultAttribute" |_, this| {
            // Only what the document says is known.
            Ok(match native_of::<Reader>(this, 1)?.in_hand() {
                Some(_) => Value::Bool(false),
                None => Value::Undefined,
            })
        }),
        prop!("КонтекстПространствИмен" "NamespaceContext" |vm, this| {
            let (depth, pairs) = match &native_of::<Reader>(this, 1)?.source {
                Some(source) => {
                    let pairs = source
                        .namespaces()
                        .map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned()));
                    (source.depth(), pairs.collect())
                }
                None => return Ok(Value::Undefined),
            };
            context(vm, depth, pairs)
        }),
        prop!("ИгнорироватьПробелы" "IgnoreWhitespace"
        |_, this| {
            let reader = native_of::<Reader>(this, 1)?;
            Ok((!reader.source.as_ref().is_some_and(|it| it.options.blanks)).into())
        },
        |vm, this, value| {
            let on = vm.to_bool(&value)?;
            if let Some(source) = &mut native_of_mut::<Reader>(this, 1)?.source {
                source.options.blanks = !on;
            }
            Ok(())
        }),
        prop!("Параметры" "Settings" |_, this| Ok(native_of::<Reader>(this, 1)?.settings.clone())),
        prop!("ПробельныеСимволы" "Space" |_, this| {
            let reader = native_of::<Reader>(this, 1)?;
            let space = match native_of::<ReaderSettings>(&reader.settings, 1) {
                Ok(settings) => settings.space,
                Err(_) => 0,
            };
            Ok(Value::Enum(space, &SPACE))
        }),
        prop!("ВерсияXML" "XMLVersion" |_, this| declared(this, 0, "1.0")),
        prop!("КодировкаXML" "XMLEncoding" |_, this| declared(this, 1, "UTF-8")),
        prop!("КодировкаИсточника" "InputEncoding" |_, this| declared(this, 1, "UTF-8")),
        prop!("Автономный" "Standalone" |_, this| {
            let reader = native_of::<Reader>(this, 1)?;
            let told = reader.source.as_ref().map(|source| source.declared[2].clone());
            Ok((told.as_deref() == Some("yes")).into())
        }),
        prop!("Язык" "Lang" |_, this| {
            let reader = native_of::<Reader>(this, 1)?;
            let lang = reader.attributes().iter().find(|it| it.name == "xml:lang");
            Ok(Value::str(lang.map_or("", |it| &it.value)))
        }),
        prop!("БазовыйURI" "BaseURI" |_, _| Ok(Value::str(""))),
        prop!("ПубличныйИдентификатор" "PublicId" |_, this| {
            Ok(match &native_of::<Reader>(this, 1)?.current {
                Some(XmlNode::DocType { public, .. }) => Value::str(public),
                _ => Value::str(""),
            })
        }),
        prop!("СистемныйИдентификатор" "SystemId" |_, this| {
            Ok(match &native_of::<Reader>(this, 1)?.current {
                Some(XmlNode::DocType { system, .. }) => Value::str(system),
                _ => Value::str(""),
            })
        }),
        prop!("ИмяНотации" "NotationName" |_, _| Ok(Value::str(""))),
    ],
};

/// The insides of ЧтениеXML.
#[derive(Default)]
pub(in crate::library) struct Reader {
    /// The text and the place in it; out while a tree is built from it.
    pub source: Option<Box<XmlReader>>,
    /// The node read last.
    pub current: Option<XmlNode>,
    /// The attribute that ПрочитатьАтрибут stands at; past the last there is none in hand.
    attribute: Option<usize>,
    settings: Value,
    ignorable_blanks: bool,
}

native!(Reader, |this| {
    let node = match &this.current {
        Some(XmlNode::Text(text) | XmlNode::Cdata(text) | XmlNode::Comment(text)) => {
            text.capacity()
        }
        Some(XmlNode::Instruction { data, .. }) => data.capacity(),
        Some(XmlNode::DocType { subset, .. }) => subset.capacity(),
        _ => 0,
    };
    node + this
        .source
        .as_ref()
        .map_or(0, |source| source.heap_bytes() + 512)
});

impl Reader {
    pub(super) fn attributes(&self) -> &[XmlAttribute] {
        match &self.current {
            Some(XmlNode::Start { attributes, .. }) => attributes,
            _ => &[],
        }
    }

    /// The attribute in hand: name, value and type of the node are then its own.
    fn in_hand(&self) -> Option<&XmlAttribute> {
        self.attributes().get(self.attribute?)
    }

    fn is_text(&self) -> bool {
        self.in_hand().is_none()
            && matches!(self.current, Some(XmlNode::Text(_) | XmlNode::Cdata(_)))
    }

    fn node_type(&self) -> u16 {
        if self.in_hand().is_some() {
            return 8;
        }
        match &self.current {
            None => 0,
            Some(XmlNode::Start { .. }) => 1,
            Some(XmlNode::End { .. }) => 2,
            Some(XmlNode::Text(text)) if self.ignorable_blanks && text.trim().is_empty() => 14,
            Some(XmlNode::Text(_)) => 3,
            Some(XmlNode::Cdata(_)) => 4,
            Some(XmlNode::Comment(_)) => 5,
            Some(XmlNode::Instruction { .. }) => 6,
            Some(XmlNode::Declaration) => 7,
            Some(XmlNode::Reference(_)) => 10,
            Some(XmlNode::DocType { .. }) => 11,
        }
    }

    fn name(&self) -> &str {
        if let Some(attribute) = self.in_hand() {
            return &attribute.name;
        }
        match &self.current {
            None => "",
            Some(XmlNode::Start { name, .. } | XmlNode::End { name, .. }) => name,
            Some(XmlNode::Text(_)) => "#text",
            Some(XmlNode::Cdata(_)) => "#cdata-section",
            Some(XmlNode::Comment(_)) => "#comment",
            Some(XmlNode::Instruction { target, .. }) => target,
            Some(XmlNode::Declaration) => "xml",
            Some(XmlNode::Reference(name) | XmlNode::DocType { name, .. }) => name,
        }
    }

    fn value(&self) -> &str {
        if let Some(attribute) = self.in_hand() {
            return &attribute.value;
        }
        match &self.current {
            Some(XmlNode::Text(text) | XmlNode::Cdata(text) | XmlNode::Comment(text)) => text,
            Some(XmlNode::Instruction { data, .. }) => data,
            Some(XmlNode::DocType { subset, .. }) => subset,
            _ => "",
        }
    }
}

/// The encoding of bytes: their mark, else what the declaration says, else UTF-8.
fn guess(bytes: &[u8]) -> Charset {
    match bytes {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => return Charset::Utf16Le,
        [0xfe, 0xff, ..] | [0, b'<', ..] => return Charset::Utf16Be,
        [0xef, 0xbb, 0xbf, ..] => return Charset::Utf8,
        _ => {}
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]);
    let Some(declaration) = head.strip_prefix("<?xml") else {
        return Charset::Utf8;
    };
    let declaration = declaration.split("?>").next().unwrap_or_default();
    let named = declaration.split("encoding").nth(1).and_then(|rest| {
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|it| matches!(it, '"' | '\''))?;
        rest[1..].split(quote).next()
    });
    named.and_then(Charset::parse).unwrap_or_default()
}

fn open(
    vm: &mut Vm<'_>,
    this: &Value,
    text: &str,
    settings: &Value,
    number: u8,
    schemas: &Value,
) -> Result<Value, Fault> {
    if !is_left_out(schemas) {
        return Err(said(
            vm,
            "Проверка по схемам XML здесь недоступна",
            "Validation by schemas is not available here",
        ));
    }
    let given = !is_left_out(settings);
    let settings = if given {
        settings.clone()
    } else {
        default_reading(vm)
    };
    let (options, ignorable_blanks) = {
        let settings = native_of::<ReaderSettings>(&settings, number)?;
        let options = if given {
            settings.options()
        } else {
            XmlReadOptions::default()
        };
        (options, settings.ignorable_blanks)
    };
    vm.charge_work(text.len())?;
    // Line ends of other kinds take another copy.
    vm.reserve(text.len().saturating_mul(2))?;
    let source = XmlReader::new(text, options, DEPTH_MAX);
    *native_of_mut::<Reader>(this, 1)? = Reader {
        source: Some(Box::new(source)),
        current: None,
        attribute: None,
        settings,
        ignorable_blanks,
    };
    recount(vm, this)?;
    Ok(Value::Undefined)
}

/// No text was given.
pub(in crate::library) fn no_source(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Источник данных для чтения XML не задан: сначала вызовите УстановитьСтроку или ОткрытьПоток",
        "There is no source of XML: call SetString or OpenStream first",
    )
}

/// An error of the text, with its place.
pub(in crate::library) fn bad_text(vm: &Vm<'_>, error: &XmlError) -> Fault {
    Fault::text(error.message(vm.locale()))
}

/// The next node; `false` at the end of the document.
pub(super) fn next(vm: &mut Vm<'_>, this: &Value) -> Result<bool, Fault> {
    let step = match &native_of::<Reader>(this, 1)?.source {
        Some(source) => source.step_bytes(),
        None => return Err(no_source(vm)),
    };
    vm.charge(8)?;
    vm.charge_work(step)?;
    vm.reserve(step.saturating_mul(3))?;
    let more = {
        let mut reader = native_of_mut::<Reader>(this, 1)?;
        let Some(source) = &mut reader.source else {
            return Err(no_source(vm));
        };
        let node = source.read().map_err(|error| bad_text(vm, &error))?;
        let more = node.is_some();
        reader.current = node;
        reader.attribute = None;
        more
    };
    recount(vm, this)?;
    Ok(more)
}

/// Пропустить: to the end of the element that begins here, else of the one around.
fn skip(vm: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    let target = {
        let reader = native_of::<Reader>(this, 1)?;
        let depth = reader.source.as_ref().map_or(0, |source| source.depth());
        match reader.current {
            Some(XmlNode::End { .. }) => depth.saturating_sub(1),
            _ => depth,
        }
    };
    while next(vm, this)? {
        let reader = native_of::<Reader>(this, 1)?;
        let depth = reader.source.as_ref().map_or(0, |source| source.depth());
        if depth == target && matches!(reader.current, Some(XmlNode::End { .. })) {
            break;
        }
    }
    Ok(Value::Undefined)
}

/// ПрочитатьАтрибут: one attribute on; past the last the element is in hand again.
fn step(this: &Value, first: bool) -> Result<Value, Fault> {
    let mut reader = native_of_mut::<Reader>(this, 1)?;
    let count = reader.attributes().len();
    let next = match reader.attribute {
        Some(at) if !first => at + 1,
        _ => 0,
    };
    reader.attribute = Some(next.min(count));
    Ok((next < count).into())
}

/// The same over declarations of namespaces only.
fn declaration(this: &Value, mut first: bool) -> Result<Value, Fault> {
    loop {
        let more = step(this, first)?;
        first = false;
        let reader = native_of::<Reader>(this, 1)?;
        match reader.in_hand() {
            Some(it) if it.name == "xmlns" || it.name.starts_with("xmlns:") => return Ok(more),
            Some(_) => {}
            None => return Ok(Value::Bool(false)),
        }
    }
}

/// Something of the attribute at an index; Неопределено past the last.
fn of_attribute(
    vm: &Vm<'_>,
    this: &Value,
    index: &Value,
    of: impl FnOnce(&XmlAttribute) -> Value,
) -> Result<Value, Fault> {
    let index = usize::try_from(vm.to_int(index)?).unwrap_or(usize::MAX);
    let reader = native_of::<Reader>(this, 1)?;
    Ok(reader.attributes().get(index).map_or(Value::Undefined, of))
}

/// By index, by whole name, or by local name and namespace.
fn attribute_value(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].as_number().is_some() {
        return of_attribute(vm, this, &args[0], |it| Value::str(&it.value));
    }
    let name = string_of(&args[0], 1)?;
    let uri = if is_left_out(&args[1]) {
        None
    } else {
        Some(string_of(&args[1], 2)?)
    };
    let reader = native_of::<Reader>(this, 1)?;
    vm.charge_work(reader.attributes().len() * 16)?;
    let found = reader.attributes().iter().find(|it| match &uri {
        None => it.name == name,
        Some(uri) => &*it.uri == uri && local_part(&it.name) == name,
    });
    Ok(found.map_or(Value::Undefined, |it| Value::str(&it.value)))
}

fn declared(this: &Value, at: usize, default: &str) -> Result<Value, Fault> {
    let reader = native_of::<Reader>(this, 1)?;
    let told = reader
        .source
        .as_ref()
        .map(|source| source.declared[at].as_str());
    Ok(Value::str(match told {
        None | Some("") => default,
        Some(told) => told,
    }))
}
