//! ТекстовыйДокумент: a text by lines, and a template of areas whose parameters fill fields of a fixed
//! width.
//!
//! A document holds its lines without line feeds; a return before one stays in the text and is not
//! shown in the line. An area is taken together with the directives around it, ends at the next
//! directive, and is looked up in the text that was there when the first area was asked for.

use super::bytes::charset;
use super::data_text::{optional_string, separator_text};
use super::define::{method, native_of, native_of_mut, no_files, prop, recount, said, string_of};
use super::registry::{Area, Constructor, TypeDef};
use super::stream;
use super::text_reader::text_of;
use super::text_writer::converted;
use crate::syntax::names::Name;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::NativeObject;
use crate::vm::Vm;
use crate::vm::error::Fault;

const FEED: u16 = 0x0a;
const RETURN: u16 = 0x0d;

/// Lines of a text; the last of them may end without a line feed.
#[derive(Default, Clone)]
struct Text {
    lines: Vec<Value>,
    /// Whether the last line has its line feed.
    ended: bool,
}

impl Text {
    /// The lines of a string; the caller has paid for them.
    fn of(units: &[u16]) -> Text {
        if units.is_empty() {
            return Text::default();
        }
        let ended = units.last() == Some(&FEED);
        let body = if ended {
            &units[..units.len() - 1]
        } else {
            units
        };
        Text {
            lines: body.split(|unit| *unit == FEED).map(Value::units).collect(),
            ended,
        }
    }

    fn units(&self) -> usize {
        let own = |line: &Value| line.as_units().map_or(0, <[u16]>::len) + 1;
        self.lines.iter().map(own).sum()
    }

    fn joined(&self) -> Vec<u16> {
        let mut units = Vec::with_capacity(self.units());
        for (at, line) in self.lines.iter().enumerate() {
            if at > 0 {
                units.push(FEED);
            }
            units.extend_from_slice(line.as_units().unwrap_or_default());
        }
        if self.ended {
            units.push(FEED);
        }
        units
    }
}

/// An area of a template.
struct Part {
    /// Folded name.
    name: String,
    text: Text,
}

#[derive(Default)]
struct Document {
    text: Text,
    /// The areas and their bytes, from the first time that one was asked for.
    parts: Option<(Vec<Part>, usize)>,
    /// Values of the fields, when the document is an area of a template.
    params: Option<Value>,
    read_only: bool,
    language: Value,
}

impl NativeObject for Document {
    fn size(&self) -> usize {
        let parts = self.parts.as_ref().map_or(0, |(_, bytes)| *bytes);
        size_of::<Document>() + self.text.lines.capacity() * size_of::<Value>() + parts
    }
}

/// Values for the fields of an area.
struct Params(Vec<(Name, Value)>);

impl NativeObject for Params {
    fn size(&self) -> usize {
        self.0.capacity() * size_of::<(Name, Value)>()
    }

    fn get_field(&self, _: &Vm<'_>, name: Name, place: &mut u32) -> Option<Value> {
        let at = self.0.iter().position(|(own, _)| *own == name)?;
        *place = at as u32;
        Some(self.0[at].1.clone())
    }

    fn set_field(
        &mut self,
        _: &mut Vm<'_>,
        name: Name,
        _: &mut u32,
        value: &Value,
    ) -> Option<Result<(), Fault>> {
        let own = self.0.iter_mut().find(|(own, _)| *own == name)?;
        own.1 = value.clone();
        Some(Ok(()))
    }

    fn field_names(&self, vm: &Vm<'_>) -> Vec<String> {
        let name = |(name, _): &(Name, Value)| vm.names().text(*name).to_string();
        self.0.iter().map(name).collect()
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// ТекстовыйДокумент.
pub static TEXT_DOCUMENT: TypeDef = TypeDef {
    ru: "ТекстовыйДокумент",
    en: "TextDocument",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(alloc(vm, Document::default())),
    }),
    methods: &[
        method!("УстановитьТекст" "SetText" ("Текст") false |vm, this, args| {
            let units = vm.units(&args[0]).into_owned();
            set_text(vm, this, &units)
        }),
        method!("ПолучитьТекст" "GetText" ("") true |vm, this, _| text(vm, this)),
        method!("Очистить" "Clear" ("") false |vm, this, _| set_text(vm, this, &[])),
        method!("КоличествоСтрок" "LineCount" ("") true |_, this, _| {
            Ok(native_of::<Document>(this, 1)?.text.lines.len().into())
        }),
        method!("ПолучитьСтроку" "GetLine" ("НомерСтроки") true |vm, this, args| {
            let number = vm.to_int(&args[0])?;
            let line = line_at(&native_of::<Document>(this, 1)?.text, number);
            Ok(match line.as_ref().and_then(Value::as_units) {
                Some([shown @ .., RETURN]) => {
                    vm.reserve(shown.len() * 2)?;
                    Value::units(shown)
                }
                Some(_) => line.unwrap_or_default(),
                None => Value::str(""),
            })
        }),
        method!("ДобавитьСтроку" "AddLine" ("Строка") false |vm, this, args| {
            let units = vm.units(&args[0]).into_owned();
            insert(vm, this, usize::MAX, &units)
        }),
        method!("ВставитьСтроку" "InsertLine" ("НомерСтроки, Строка") false |vm, this, args| {
            let place = vm.to_int(&args[0])?.max(1) as usize - 1;
            let units = vm.units(&args[1]).into_owned();
            insert(vm, this, place, &units)
        }),
        method!("ЗаменитьСтроку" "ReplaceLine" ("НомерСтроки, Строка") false |vm, this, args| {
            let number = vm.to_int(&args[0])?;
            let units = vm.units(&args[1]).into_owned();
            if line_at(&native_of::<Document>(this, 1)?.text, number).is_some() {
                // An own line feed at the end of the text stays.
                let ended = native_of::<Document>(this, 1)?.text.ended;
                native_of_mut::<Document>(this, 1)?.text.lines.remove(number as usize - 1);
                insert(vm, this, number as usize - 1, &units)?;
                native_of_mut::<Document>(this, 1)?.text.ended = ended;
            }
            Ok(Value::Undefined)
        }),
        method!("УдалитьСтроку" "DeleteLine" ("НомерСтроки") false |vm, this, args| {
            let number = vm.to_int(&args[0])?;
            let mut document = native_of_mut::<Document>(this, 1)?;
            if line_at(&document.text, number).is_some() {
                let moved = document.text.lines.len() - number as usize;
                vm.charge_work(moved)?;
                document.text.lines.remove(number as usize - 1);
                if document.text.lines.is_empty() {
                    document.text.ended = false;
                }
            }
            Ok(Value::Undefined)
        }),
        method!("ПолучитьОбласть" "GetArea" ("ИмяОбласти") true area),
        method!("Вывести" "Put" ("Область") false put),
        method!("Прочитать" "Read" ("Поток, Кодировка?, РазделительСтрок?") false read),
        method!("Записать" "Write" ("Поток, Кодировка?, РазделительСтрок?") true write),
    ],
    props: &[
        prop!("Параметры" "Parameters" |vm, this| {
            let params = native_of::<Document>(this, 1)?.params.clone();
            Ok(params.unwrap_or_else(|| alloc_params(vm, Vec::new())))
        }),
        prop!("ТолькоПросмотр" "ReadOnly"
        |_, this| Ok(native_of::<Document>(this, 1)?.read_only.into()),
        |vm, this, value| {
            let read_only = vm.to_bool(&value)?;
            native_of_mut::<Document>(this, 1)?.read_only = read_only;
            Ok(())
        }),
        prop!("КодЯзыкаМакета" "TemplateLanguageCode"
        |_, this| match &native_of::<Document>(this, 1)?.language {
            Value::Undefined => Ok(Value::str("")),
            language => Ok(language.clone()),
        },
        |_, this, value| {
            string_of(&value, 1)?;
            native_of_mut::<Document>(this, 1)?.language = value;
            Ok(())
        }),
        prop!("ИспользуемоеИмяФайла" "UsedFileName" |_, this| {
            native_of::<Document>(this, 1)?;
            Ok(Value::str(""))
        }),
    ],
};

/// ПараметрыМакетаТекстовогоДокумента.
pub static TEMPLATE_PARAMS: TypeDef = TypeDef {
    ru: "ПараметрыМакетаТекстовогоДокумента",
    en: "TextDocumentTemplateParameters",
    new: None,
    methods: &[
        method!("Количество" "Count" ("") true |_, this, _| {
            Ok(native_of::<Params>(this, 1)?.0.len().into())
        }),
        method!("Заполнить" "Fill" ("Значения") false |vm, this, args| {
            let names = native_of::<Params>(this, 1)?.field_names(vm);
            let known = vm.field_names(&args[0]);
            let known: Vec<String> = known.iter().map(|it| crate::syntax::names::fold(it)).collect();
            for name in names {
                vm.charge_work(known.len())?;
                if !known.contains(&name) {
                    continue;
                }
                let value = vm.field(&args[0], &name)?;
                let own = vm.intern(&name);
                let mut params = native_of_mut::<Params>(this, 1)?;
                if let Some((_, place)) = params.0.iter_mut().find(|(it, _)| *it == own) {
                    *place = value;
                }
            }
            Ok(Value::Undefined)
        }),
    ],
    props: &[],
};

/// Texts by lines.
pub static AREA: Area = Area {
    title: "Текстовый документ",
    functions: &[],
    types: &[&TEXT_DOCUMENT, &TEMPLATE_PARAMS],
    enums: &[],
};

fn alloc(vm: &Vm<'_>, document: Document) -> Value {
    vm.alloc(&TEXT_DOCUMENT, Body::Native(Box::new(document)))
}

fn alloc_params(vm: &Vm<'_>, params: Vec<(Name, Value)>) -> Value {
    vm.alloc(&TEMPLATE_PARAMS, Body::Native(Box::new(Params(params))))
}

/// The line of a number, counted from 1.
fn line_at(text: &Text, number: i64) -> Option<Value> {
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    text.lines.get(at).cloned()
}

/// Pays for cutting units into lines: a line takes more than its units.
fn pay(vm: &mut Vm<'_>, units: &[u16]) -> Result<(), Fault> {
    vm.charge_work(units.len().saturating_mul(2))?;
    let lines = units.iter().filter(|unit| **unit == FEED).count() + 1;
    vm.reserve(lines.saturating_mul(96).saturating_add(units.len() * 2))
}

fn set_text(vm: &mut Vm<'_>, this: &Value, units: &[u16]) -> Result<Value, Fault> {
    pay(vm, units)?;
    native_of_mut::<Document>(this, 1)?.text = Text::of(units);
    recount(vm, this)?;
    Ok(Value::Undefined)
}

fn text(vm: &mut Vm<'_>, this: &Value) -> Result<Value, Fault> {
    let document = native_of::<Document>(this, 1)?;
    let units = document.text.units();
    vm.charge_work(units)?;
    vm.reserve(units * 2)?;
    Ok(Value::from_units(document.text.joined()))
}

/// Puts lines before the one at a place; past the last they are added, with a line feed.
fn insert(vm: &mut Vm<'_>, this: &Value, place: usize, units: &[u16]) -> Result<Value, Fault> {
    pay(vm, units)?;
    {
        let mut document = native_of_mut::<Document>(this, 1)?;
        let text = &mut document.text;
        let new = units.split(|unit| *unit == FEED).map(Value::units);
        if place >= text.lines.len() {
            // The vector may double.
            vm.reserve(text.lines.len() * size_of::<Value>())?;
            text.lines.extend(new);
            text.ended = true;
        } else {
            vm.charge_work(text.lines.len() - place)?;
            text.lines.splice(place..place, new);
        }
    }
    recount(vm, this)?;
    Ok(Value::Undefined)
}

/// What a line of a template begins or ends.
enum Directive {
    /// `#Область Имя`, the name folded.
    Start(String),
    /// `#КонецОбласти`.
    End,
}

fn directive(line: &[u16]) -> Option<Directive> {
    let first = line.iter().position(|unit| !matches!(unit, 0x20 | 0x09))?;
    if line[first] != u16::from(b'#') {
        return None;
    }
    let text = crate::syntax::names::fold(&String::from_utf16_lossy(&line[first + 1..]));
    let mut words = text.split_whitespace();
    match words.next()? {
        "область" | "region" | "area" => Some(Directive::Start(words.next()?.to_string())),
        "конецобласти" | "endregion" | "endarea" => Some(Directive::End),
        _ => None,
    }
}

/// The areas of a template, each with the lines of its directives.
fn parts_of(text: &Text) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut open: Option<Part> = None;
    for (at, line) in text.lines.iter().enumerate() {
        let ended = at + 1 < text.lines.len() || text.ended;
        match directive(line.as_units().unwrap_or_default()) {
            Some(Directive::Start(name)) => {
                found.extend(open.take());
                let lines = vec![line.clone()];
                open = Some(Part {
                    name,
                    text: Text { lines, ended },
                });
            }
            Some(Directive::End) => {
                if let Some(mut part) = open.take() {
                    part.text.lines.push(line.clone());
                    part.text.ended = ended;
                    found.push(part);
                }
            }
            None => {
                if let Some(part) = &mut open {
                    part.text.lines.push(line.clone());
                    part.text.ended = ended;
                }
            }
        }
    }
    found.extend(open);
    found
}

fn area(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let name = string_of(&args[0], 1)?;
    let folded = crate::syntax::names::fold(name.trim());
    if native_of::<Document>(this, 1)?.parts.is_none() {
        let (lines, units) = {
            let text = &native_of::<Document>(this, 1)?.text;
            (text.lines.len(), text.units())
        };
        vm.charge_work(units)?;
        vm.reserve(lines.saturating_mul(128))?;
        {
            let mut document = native_of_mut::<Document>(this, 1)?;
            let parts = parts_of(&document.text);
            let own = |part: &Part| {
                size_of::<Part>()
                    + part.name.len()
                    + part.text.lines.capacity() * size_of::<Value>()
            };
            let bytes = parts.iter().map(own).sum();
            document.parts = Some((parts, bytes));
        }
        recount(vm, this)?;
    }
    let (cost, text) = {
        let document = native_of::<Document>(this, 1)?;
        let parts = document.parts.as_ref().map_or(&[][..], |(parts, _)| parts);
        let part = parts.iter().find(|part| part.name == folded);
        (parts.len(), part.map(|part| part.text.clone()))
    };
    vm.charge_work(cost)?;
    let Some(text) = text else {
        return Err(said(
            vm,
            format!("Область не найдена ({name})"),
            format!("The area is not found ({name})"),
        ));
    };
    vm.charge_work(text.units())?;
    vm.reserve(text.lines.len() * size_of::<Value>())?;
    let mut params: Vec<(Name, Value)> = Vec::new();
    for line in &text.lines {
        for (_, field) in fields(line.as_units().unwrap_or_default()) {
            let Some(field) = field else { continue };
            let name = vm.intern(&field);
            vm.charge_work(params.len())?;
            vm.reserve((params.len() + 1) * size_of::<(Name, Value)>())?;
            if params.iter().all(|(own, _)| *own != name) {
                params.push((name, Value::Undefined));
            }
        }
    }
    let params = alloc_params(vm, params);
    Ok(alloc(
        vm,
        Document {
            text,
            params: Some(params),
            ..Document::default()
        },
    ))
}

/// A line as its plain pieces and its fields `[Имя]` with their names.
fn fields(line: &[u16]) -> Vec<(&[u16], Option<String>)> {
    let (open, close) = (u16::from(b'['), u16::from(b']'));
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.iter().position(|unit| *unit == open) {
        let Some(length) = rest[start..].iter().position(|unit| *unit == close) else {
            break;
        };
        let name = String::from_utf16_lossy(&rest[start + 1..start + length]);
        let name = name.trim();
        if super::names::is_name(name) {
            found.push((&rest[..start], None));
            found.push((&rest[start..=start + length], Some(name.to_string())));
            rest = &rest[start + length + 1..];
        } else {
            found.push((&rest[..=start], None));
            rest = &rest[start + 1..];
        }
    }
    found.push((rest, None));
    found
}

fn put(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let (text, params) = {
        let area = native_of::<Document>(&args[0], 1)?;
        (area.text.clone(), area.params.clone())
    };
    // Only what ПолучитьОбласть gave is put out.
    let Some(params) = params else {
        return Ok(Value::Undefined);
    };
    vm.charge_work(text.units())?;
    for line in &text.lines {
        let units = line.as_units().unwrap_or_default();
        if directive(units).is_some() {
            continue;
        }
        let mut filled: Vec<u16> = Vec::with_capacity(units.len());
        for (piece, field) in fields(units) {
            let Some(field) = field else {
                filled.extend_from_slice(piece);
                continue;
            };
            let name = vm.intern(&field);
            let value = {
                let params = native_of::<Params>(&params, 1)?;
                let own = params.0.iter().find(|(own, _)| *own == name);
                own.map(|(_, value)| value.clone()).unwrap_or_default()
            };
            let text = vm.units(&value);
            let shown = &text[..text.len().min(piece.len())];
            filled.extend_from_slice(shown);
            // The field keeps its width.
            filled.resize(filled.len() + piece.len() - shown.len(), 0x20);
        }
        insert(vm, this, usize::MAX, &filled)?;
    }
    Ok(Value::Undefined)
}

fn read(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].is_str() {
        return Err(no_files(vm));
    }
    let given = charset(vm, &args[1], 2)?;
    let separator = optional_string(&args[2], 3)?.unwrap_or_else(|| Value::str("\r\n"));
    let bytes = stream::rest(vm, &args[0], 1)?;
    let text = text_of(vm, &bytes, given, &separator)?;
    set_text(vm, this, text.as_units().unwrap_or_default())
}

fn write(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].is_str() {
        return Err(no_files(vm));
    }
    let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
    let separator = optional_string(&args[2], 3)?.unwrap_or_else(|| Value::str("\r\n"));
    let separator = separator_text(vm, &separator)?;
    let own = text(vm, this)?;
    let units = own.as_units().unwrap_or_default();
    vm.reserve(units.len() * 3)?;
    let own = String::from_utf16_lossy(units);
    let bytes = converted(vm, &own, &separator, charset)?;
    stream::write(vm, &args[0], 1, &bytes)?;
    Ok(Value::Bool(true))
}
