//! ПараметрыЧтенияXML and ПараметрыЗаписиXML.

use super::super::define::{
    choice, enumeration, flag, is_left_out, native, native_of, prop, string_of,
};
use super::super::registry::{Constructor, TypeDef};
use super::text_or;
use crate::kernel::xml::{XmlReadOptions, XmlWriterOptions};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;

enumeration! {
    /// ПробельныеСимволыXML.
    SPACE "ПробельныеСимволыXML" "XMLSpace" [
        "ПоУмолчанию" "Default",
        "Сохранять" "Preserve",
    ]
}

enumeration! {
    /// ТипПроверкиXML. Documents are never checked against anything but themselves.
    VALIDATION "ТипПроверкиXML" "XMLValidationType" [
        "НетПроверки" "NoValidate",
        "ОпределениеТипаДокумента" "DocumentTypeDefinition",
        "СхемаXML" "XMLSchema",
    ]
}

/// ПараметрыЧтенияXML.
pub static READER_SETTINGS: TypeDef = TypeDef {
    ru: "ПараметрыЧтенияXML",
    en: "XMLReaderSettings",
    new: Some(Constructor {
        params: "Версия?, Язык?, ПробельныеСимволы?, ТипПроверки?, ИгнорироватьОбъявлениеXML?, ИгнорироватьТипДокумента?, ИгнорироватьИнструкцииОбработки?, ИгнорироватьКомментарии?, ИгнорироватьПробельныеСимволы?, СекцииCDATAКакТекст?, ИспользоватьИгнорируемыеПробельныеСимволы?",
        call: |vm, args| {
            let settings = ReaderSettings {
                version: text_or(&args[0], 1, "1.0")?,
                language: text_or(&args[1], 2, "")?,
                space: choice(&args[2], &SPACE, 3)?.unwrap_or(0),
                validation: choice(&args[3], &VALIDATION, 4)?.unwrap_or(0),
                ignore_declaration: flag(vm, &args[4], true)?,
                ignore_doc_type: flag(vm, &args[5], true)?,
                ignore_instructions: flag(vm, &args[6], false)?,
                ignore_comments: flag(vm, &args[7], false)?,
                ignore_blanks: flag(vm, &args[8], true)?,
                cdata_as_text: flag(vm, &args[9], false)?,
                ignorable_blanks: flag(vm, &args[10], false)?,
            };
            Ok(vm.alloc(&READER_SETTINGS, Body::Native(Box::new(settings))))
        },
    }),
    methods: &[],
    props: &[
        prop!("Версия" "Version" |_, this| Ok(Value::str(&reading(this)?.version))),
        prop!("Язык" "Language" |_, this| Ok(Value::str(&reading(this)?.language))),
        prop!("ПробельныеСимволы" "Space" |_, this| {
            Ok(Value::Enum(reading(this)?.space, &SPACE))
        }),
        prop!("ТипПроверкиПравильности" "ValidationType" |_, this| {
            Ok(Value::Enum(reading(this)?.validation, &VALIDATION))
        }),
        prop!("ИгнорироватьОбъявлениеXML" "IgnoreXMLDeclaration" |_, this| {
            Ok(reading(this)?.ignore_declaration.into())
        }),
        prop!("ИгнорироватьТипДокумента" "IgnoreDocumentType" |_, this| {
            Ok(reading(this)?.ignore_doc_type.into())
        }),
        prop!("ИгнорироватьИнструкцииОбработки" "IgnoreDataProcessorInstructions" |_, this| {
            Ok(reading(this)?.ignore_instructions.into())
        }),
        prop!("ИгнорироватьКомментарии" "IgnoreComments" |_, this| {
            Ok(reading(this)?.ignore_comments.into())
        }),
        prop!("ИгнорироватьПробельныеСимволы" "IgnoreWhitespace" |_, this| {
            Ok(reading(this)?.ignore_blanks.into())
        }),
        prop!("СекцииCDATAКакТекст" "CDATASectionAsText" |_, this| {
            Ok(reading(this)?.cdata_as_text.into())
        }),
        prop!("ИспользоватьИгнорируемыеПробельныеСимволы" "UseIgnorableWhitespace" |_, this| {
            Ok(reading(this)?.ignorable_blanks.into())
        }),
    ],
};

/// The insides of ПараметрыЧтенияXML.
#[derive(Clone)]
pub(super) struct ReaderSettings {
    pub version: String,
    language: String,
    pub space: u16,
    validation: u16,
    ignore_declaration: bool,
    ignore_doc_type: bool,
    ignore_instructions: bool,
    ignore_comments: bool,
    ignore_blanks: bool,
    cdata_as_text: bool,
    pub ignorable_blanks: bool,
}

native!(ReaderSettings, |this| this.version.len()
    + this.language.len());

fn reading(this: &Value) -> Result<std::cell::Ref<'_, ReaderSettings>, Fault> {
    native_of::<ReaderSettings>(this, 1)
}

impl ReaderSettings {
    pub(super) fn options(&self) -> XmlReadOptions {
        XmlReadOptions {
            comments: !self.ignore_comments,
            cdata: !self.cdata_as_text,
            blanks: !self.ignore_blanks || self.ignorable_blanks,
            instructions: !self.ignore_instructions,
            declaration: !self.ignore_declaration,
            doc_type: !self.ignore_doc_type,
        }
    }
}

/// The settings that ЧтениеXML has when it is given none: comments are passed over, CDATA is text.
pub(super) fn default_reading(vm: &Vm<'_>) -> Value {
    let settings = ReaderSettings {
        version: "1.0".to_owned(),
        language: String::new(),
        space: 0,
        validation: 0,
        ignore_declaration: true,
        ignore_doc_type: true,
        ignore_instructions: false,
        ignore_comments: true,
        ignore_blanks: true,
        cdata_as_text: true,
        ignorable_blanks: false,
    };
    vm.alloc(&READER_SETTINGS, Body::Native(Box::new(settings)))
}

/// ПараметрыЗаписиXML.
pub static WRITER_SETTINGS: TypeDef = TypeDef {
    ru: "ПараметрыЗаписиXML",
    en: "XMLWriterSettings",
    new: Some(Constructor {
        params: "Кодировка?, Версия?, Отступ?, ОтступАтрибутов?, СимволыОтступа?",
        call: |vm, args| {
            let options = XmlWriterOptions {
                encoding: text_or(&args[0], 1, "UTF-8")?,
                version: text_or(&args[1], 2, "1.0")?,
                indent: flag(vm, &args[2], true)?,
                indent_attributes: flag(vm, &args[3], false)?,
                indent_chars: text_or(&args[4], 5, "\t")?,
            };
            if options.indent_chars.chars().count() > INDENT_MAX {
                return Err(Fault::param(5));
            }
            Ok(writing(vm, options))
        },
    }),
    methods: &[],
    props: &[
        prop!("Кодировка" "Encoding" |_, this| {
            Ok(Value::str(&native_of::<WriterSettings>(this, 1)?.0.encoding))
        }),
        prop!("Версия" "Version" |_, this| {
            Ok(Value::str(&native_of::<WriterSettings>(this, 1)?.0.version))
        }),
        prop!("Отступ" "Indent" |_, this| {
            Ok(native_of::<WriterSettings>(this, 1)?.0.indent.into())
        }),
        prop!("ОтступАтрибутов" "IndentAttributes" |_, this| {
            Ok(native_of::<WriterSettings>(this, 1)?.0.indent_attributes.into())
        }),
        prop!("СимволыОтступа" "IndentChars" |_, this| {
            Ok(Value::str(&native_of::<WriterSettings>(this, 1)?.0.indent_chars))
        }),
    ],
};

/// Signs of indentation for a level, as for JSON.
const INDENT_MAX: usize = 64;

/// The insides of ПараметрыЗаписиXML.
pub(super) struct WriterSettings(pub XmlWriterOptions);

native!(WriterSettings, |this| this.0.encoding.len()
    + this.0.version.len()
    + this.0.indent_chars.len());

/// Settings as a value.
pub(super) fn writing(vm: &Vm<'_>, options: XmlWriterOptions) -> Value {
    vm.alloc(
        &WRITER_SETTINGS,
        Body::Native(Box::new(WriterSettings(options))),
    )
}

/// What УстановитьСтроку and ОткрытьПоток of ЗаписьXML are given: settings, the name of an encoding, or
/// nothing. Into a stream the declaration always tells the encoding.
pub(super) fn given_writing(
    value: &Value,
    number: u8,
    encoding: &str,
) -> Result<XmlWriterOptions, Fault> {
    if is_left_out(value) {
        return Ok(XmlWriterOptions {
            encoding: encoding.to_owned(),
            ..XmlWriterOptions::default()
        });
    }
    if value.is_str() {
        return Ok(XmlWriterOptions {
            encoding: string_of(value, number)?,
            ..XmlWriterOptions::default()
        });
    }
    Ok(native_of::<WriterSettings>(value, number)?.0.clone())
}
