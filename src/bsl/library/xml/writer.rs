//! ЗаписьXML.

use super::super::define::{
    file_method, flag, is_left_out, method, native, native_of, native_of_mut, prop, recount, said,
    string_of,
};
use super::super::registry::{Constructor, TypeDef};
use super::super::text_target::TextTarget;
use super::namespaces::context;
use super::reader::Reader;
use super::settings::{given_writing, writing};
use super::{DEPTH_MAX, paid_text, text_or};
use crate::kernel::encode::Charset;
use crate::kernel::xml::{
    XMLNS, XmlNode, XmlWriteError, XmlWriter, XmlWriterOptions, local_part, prefix_part,
};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::{Fault, LimitKind};

/// ЗаписьXML.
pub static XML_WRITER: TypeDef = TypeDef {
    ru: "ЗаписьXML",
    en: "XMLWriter",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&XML_WRITER, Body::Native(Box::<Writer>::default()))),
    }),
    methods: &[
        method!("УстановитьСтроку" "SetString" ("КодировкаИлиПараметры?") false |vm, this, args| {
            let options = given_writing(&args[0], 1, "")?;
            open(vm, this, options, None)
        }),
        method!("ОткрытьПоток" "OpenStream" ("Поток, КодировкаИлиПараметры?, ДобавитьBOM?") false
        |vm, this, args| {
            let options = given_writing(&args[1], 2, "UTF-8")?;
            let Some(charset) = Charset::parse(&options.encoding) else {
                return Err(said(
                    vm,
                    format!("Неизвестная кодировка «{}»", options.encoding),
                    format!("Unknown encoding \"{}\"", options.encoding),
                ));
            };
            let mark = flag(vm, &args[2], false)?;
            let target = TextTarget::open(vm, &args[0], charset, mark)?;
            open(vm, this, options, Some(target))
        }),
        file_method("ОткрытьФайл", "OpenFile"),
        method!("Закрыть" "Close" ("") true close),
        method!("ЗаписатьОбъявлениеXML" "WriteXMLDeclaration" ("") false |vm, this, _| {
            write(vm, this, XmlWriter::declaration)
        }),
        method!("ЗаписатьНачалоЭлемента" "WriteStartElement" ("Имя, URIПространстваИмен?") false
        |vm, this, args| {
            let name = paid_text(vm, &args[0], 1)?;
            let uri = optional(vm, &args[1], 2)?;
            write(vm, this, |writer| writer.start(&name, uri.as_deref()))
        }),
        method!("ЗаписатьКонецЭлемента" "WriteEndElement" ("") false |vm, this, _| {
            write(vm, this, XmlWriter::end)
        }),
        method!("ЗаписатьАтрибут" "WriteAttribute" ("Имя, URIИлиЗначение, Значение?") false
        |vm, this, args| {
            let name = paid_text(vm, &args[0], 1)?;
            let second = paid_text(vm, &args[1], 2)?;
            let third = optional(vm, &args[2], 3)?;
            write(vm, this, |writer| match third {
                Some(value) => writer.attribute(&name, Some(&second), &value),
                None => writer.attribute(&name, None, &second),
            })
        }),
        method!("ЗаписатьНачалоАтрибута" "WriteStartAttribute" ("Имя, URIПространстваИмен?") false
        |vm, this, args| {
            let name = paid_text(vm, &args[0], 1)?;
            let uri = optional(vm, &args[1], 2)?;
            write(vm, this, |writer| writer.start_attribute(&name, uri.as_deref()))
        }),
        method!("ЗаписатьКонецАтрибута" "WriteEndAttribute" ("") false |vm, this, _| {
            write(vm, this, XmlWriter::end_attribute)
        }),
        method!("ЗаписатьТекст" "WriteText" ("Текст") false |vm, this, args| {
            let text = paid_text(vm, &args[0], 1)?;
            write(vm, this, |writer| writer.characters(&text))
        }),
        method!("ЗаписатьСекциюCDATA" "WriteCDATASection" ("Данные") false |vm, this, args| {
            let text = paid_text(vm, &args[0], 1)?;
            write(vm, this, |writer| writer.cdata(&text))
        }),
        method!("ЗаписатьКомментарий" "WriteComment" ("Текст") false |vm, this, args| {
            let text = paid_text(vm, &args[0], 1)?;
            write(vm, this, |writer| writer.comment(&text))
        }),
        method!("ЗаписатьИнструкциюОбработки" "WriteProcessingInstruction" ("Имя, Текст") false
        |vm, this, args| {
            let (name, text) = (paid_text(vm, &args[0], 1)?, paid_text(vm, &args[1], 2)?);
            write(vm, this, |writer| writer.instruction(&name, &text))
        }),
        method!("ЗаписатьСсылкуНаСущность" "WriteEntityReference" ("Имя") false |vm, this, args| {
            let name = paid_text(vm, &args[0], 1)?;
            write(vm, this, |writer| writer.reference(&name))
        }),
        method!("ЗаписатьБезОбработки" "WriteRaw" ("Текст") false |vm, this, args| {
            let text = paid_text(vm, &args[0], 1)?;
            write(vm, this, |writer| writer.raw(&text))
        }),
        method!("ЗаписатьСоответствиеПространстваИмен" "WriteNamespaceMapping"
        ("Префикс, URIПространстваИмен") false |vm, this, args| {
            let (prefix, uri) = (paid_text(vm, &args[0], 1)?, paid_text(vm, &args[1], 2)?);
            write(vm, this, |writer| writer.namespace_mapping(&prefix, &uri))
        }),
        method!("ЗаписатьТипДокумента" "WriteDocumentType"
            ("Имя, ПубличныйИдентификаторИлиПодмножество?, СистемныйИдентификатор?, Подмножество?") false
            doc_type),
        method!("ЗаписатьТекущий" "WriteCurrent" ("ЧтениеXML") false current),
        method!("НайтиПрефикс" "LookupPrefix" ("URIПространстваИмен") true |vm, this, args| {
            let uri = string_of(&args[0], 1)?;
            let writer = native_of::<Writer>(this, 1)?;
            let Some(text) = &writer.text else {
                return Err(not_open(vm));
            };
            vm.charge_work(text.namespaces().count() * 16)?;
            Ok(text.prefix(&uri).map_or(Value::Undefined, Value::str))
        }),
    ],
    props: &[
        prop!("Отступ" "Indent"
        |_, this| {
            let writer = native_of::<Writer>(this, 1)?;
            Ok(writer.text.as_ref().is_none_or(|text| text.indents()).into())
        },
        |vm, this, value| {
            let on = vm.to_bool(&value)?;
            if let Some(text) = &mut native_of_mut::<Writer>(this, 1)?.text {
                text.set_indent(on);
            }
            Ok(())
        }),
        prop!("КонтекстПространствИмен" "NamespaceContext" |vm, this| {
            let (depth, pairs) = match &native_of::<Writer>(this, 1)?.text {
                Some(text) => {
                    let pairs = text
                        .namespaces()
                        .map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned()));
                    (text.depth(), pairs.collect())
                }
                None => return Ok(Value::Undefined),
            };
            context(vm, depth, pairs)
        }),
        prop!("Параметры" "Settings" |_, this| Ok(native_of::<Writer>(this, 1)?.settings.clone())),
    ],
};

/// The insides of ЗаписьXML.
#[derive(Default)]
pub(in crate::library) struct Writer {
    /// The text so far; out while ЗаписьDOM writes.
    pub text: Option<Box<XmlWriter>>,
    target: Option<TextTarget>,
    settings: Value,
}

native!(Writer, |this| this.text.as_ref().map_or(0, |text| text
    .text()
    .len()
    + 64 * text.depth()
    + 512));

/// A text parameter that may be left out.
fn optional(vm: &mut Vm<'_>, value: &Value, number: u8) -> Result<Option<String>, Fault> {
    if is_left_out(value) {
        Ok(None)
    } else {
        paid_text(vm, value, number).map(Some)
    }
}

fn open(
    vm: &mut Vm<'_>,
    this: &Value,
    options: XmlWriterOptions,
    target: Option<TextTarget>,
) -> Result<Value, Fault> {
    let settings = writing(vm, options.clone());
    // The text is kept in UTF-8 and given away in UTF-16.
    let writer = XmlWriter::new(options, vm.memory_left() / 3, DEPTH_MAX);
    let new = Writer {
        text: Some(Box::new(writer)),
        target,
        settings,
    };
    let old = std::mem::replace(&mut *native_of_mut::<Writer>(this, 1)?, new);
    drop(old);
    recount(vm, this)?;
    Ok(Value::Undefined)
}

/// No УстановитьСтроку or ОткрытьПоток.
pub(in crate::library) fn not_open(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Приемник записи XML не задан: сначала вызовите УстановитьСтроку или ОткрытьПоток",
        "There is nowhere to write XML: call SetString or OpenStream first",
    )
}

/// What the writer refuses, in words.
pub(in crate::library) fn write_error(vm: &mut Vm<'_>, error: XmlWriteError) -> Fault {
    let (ru, en) = match error {
        XmlWriteError::BadName(name) => (
            format!("Недопустимое имя XML «{name}»"),
            format!("Not a name of XML: \"{name}\""),
        ),
        XmlWriteError::Structure => (
            "Нарушена структура XML: здесь нельзя записать этот узел".to_owned(),
            "This node is not allowed here in XML".to_owned(),
        ),
        XmlWriteError::DuplicateAttribute(name) => (
            format!("Атрибут «{name}» уже записан"),
            format!("The attribute \"{name}\" is written already"),
        ),
        XmlWriteError::BadNamespace(prefix) => (
            format!("Неверное соответствие пространства имен для префикса «{prefix}»"),
            format!("Bad namespace of the prefix \"{prefix}\""),
        ),
        XmlWriteError::BadText => (
            "Текст содержит то, что закончило бы его в XML".to_owned(),
            "The text has what would end it in XML".to_owned(),
        ),
        XmlWriteError::TooLong => return vm.stop(LimitKind::Memory),
        XmlWriteError::TooDeep => (
            "Вложенность XML больше допустимой".to_owned(),
            "XML is nested deeper than allowed".to_owned(),
        ),
    };
    said(vm, ru, en)
}

/// Writes with the kernel, and counts what came of it.
pub(super) fn write(
    vm: &mut Vm<'_>,
    this: &Value,
    step: impl FnOnce(&mut XmlWriter) -> Result<(), XmlWriteError>,
) -> Result<Value, Fault> {
    vm.charge(8)?;
    let (result, more) = match &mut native_of_mut::<Writer>(this, 1)?.text {
        Some(text) => {
            let before = text.text().len();
            let result = step(text);
            (result, text.text().len() - before)
        }
        None => return Err(not_open(vm)),
    };
    result.map_err(|error| write_error(vm, error))?;
    vm.charge_work(more)?;
    recount(vm, this)?;
    Ok(Value::Undefined)
}

fn close(vm: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    let writer = std::mem::take(&mut *native_of_mut::<Writer>(this, 1)?);
    let Some(text) = writer.text else {
        return Ok(Value::str(""));
    };
    let text = text.finish();
    vm.charge_work(text.len())?;
    let result = match writer.target {
        None => Value::from(text),
        Some(target) => {
            target.put(vm, &text)?;
            Value::str("")
        }
    };
    recount(vm, this)?;
    Ok(result)
}

/// (Имя, Подмножество), (Имя, СистемныйИдентификатор, Подмножество) or all four.
fn doc_type(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let name = paid_text(vm, &args[0], 1)?;
    let given: Vec<String> = (1..4)
        .map(|at| text_or(&args[at], at as u8 + 1, ""))
        .collect::<Result<_, _>>()?;
    let (public, system, subset) = match (is_left_out(&args[2]), is_left_out(&args[3])) {
        (_, false) => (&*given[0], &*given[1], &*given[2]),
        (false, true) => ("", &*given[0], &*given[1]),
        (true, true) => ("", "", &*given[0]),
    };
    write(vm, this, |writer| {
        writer.doc_type(&name, public, system, subset)
    })
}

/// ЗаписатьТекущий: the node that a reader stands at, an element with its attributes.
fn current(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let node = native_of::<Reader>(&args[0], 1)?.current.clone();
    let Some(node) = node else {
        return Ok(Value::Undefined);
    };
    write(vm, this, |writer| match &node {
        XmlNode::Start {
            name,
            uri,
            attributes,
        } => {
            writer.start(name, None)?;
            let declared = attributes.iter().filter(|it| &*it.uri == XMLNS);
            for declaration in declared {
                let name = &declaration.name;
                let prefix = if name == "xmlns" {
                    ""
                } else {
                    local_part(name)
                };
                writer.namespace_mapping(prefix, &declaration.value)?;
            }
            // What was declared around the element in its document holds here too.
            if !uri.is_empty() && writer.namespace(prefix_part(name)) != Some(uri) {
                writer.namespace_mapping(prefix_part(name), uri)?;
            }
            for attribute in attributes.iter().filter(|it| &*it.uri != XMLNS) {
                let uri = Some(&*attribute.uri).filter(|uri| !uri.is_empty());
                writer.attribute(&attribute.name, uri, &attribute.value)?;
            }
            Ok(())
        }
        XmlNode::End { .. } => writer.end(),
        XmlNode::Text(text) => writer.characters(text),
        XmlNode::Cdata(text) => writer.cdata(text),
        XmlNode::Comment(text) => writer.comment(text),
        XmlNode::Instruction { target, data } => writer.instruction(target, data),
        XmlNode::Reference(name) => writer.reference(name),
        XmlNode::Declaration => writer.declaration(),
        XmlNode::DocType {
            name,
            public,
            system,
            subset,
        } => writer.doc_type(name, public, system, subset),
    })
}
