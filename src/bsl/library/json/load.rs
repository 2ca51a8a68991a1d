//! ПрочитатьJSON: a whole value, without recursion.

use super::super::callback::Callback;
use super::super::define::{is_left_out, native_of, native_of_mut, recount, said, string_of};
use super::super::map::MAP;
use super::super::names::is_name;
use super::super::structure::STRUCTURE;
use super::reader::{Reader, bad_text, no_source};
use super::{DEPTH_DEFAULT, DEPTH_MAX, date_format, read_date, shown};
use crate::kernel::json::{JsonDateFormat, JsonReader, JsonToken};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::map::MapData;
use crate::value::structure::StructData;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::collections::HashSet;

/// Bytes that a field costs before its object is made and counts itself.
const FIELD_COST: usize = 96;

struct Options {
    into_map: bool,
    dates: HashSet<String>,
    date_format: JsonDateFormat,
    recovery: Option<Callback>,
    /// Properties that the recovery sees; all when there is none.
    recovered: HashSet<String>,
    depth: usize,
}

/// A container in the making.
enum Level {
    Array(Vec<Value>),
    Struct(StructData),
    Map(Box<MapData>),
}

/// Building of one value.
struct Builder {
    options: Options,
    levels: Vec<(Level, Option<String>)>,
    /// The name whose value comes next.
    name: Option<String>,
    /// Bytes of containers in the making, which nobody else counts.
    pending: usize,
}

/// ПрочитатьЗначениеJSON.
pub(super) fn read_json_value(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = string_of(&args[0], 1)?;
    vm.reserve(text.len())?;
    let mut source = JsonReader::new(&text, DEPTH_MAX, vm.max_digits());
    let mut builder = Builder {
        options: Options {
            into_map: false,
            dates: HashSet::new(),
            date_format: JsonDateFormat::Iso,
            recovery: None,
            recovered: HashSet::new(),
            depth: DEPTH_DEFAULT,
        },
        levels: Vec::new(),
        name: None,
        pending: 0,
    };
    builder.read(vm, &mut source, None, &mut None)
}

pub(super) fn read_json(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    native_of::<Reader>(&args[0], 1)?;
    let options = Options {
        into_map: !is_left_out(&args[1]) && vm.to_bool(&args[1])?,
        dates: names(vm, &args[2], 3)?,
        date_format: date_format(&args[3], 4)?,
        recovery: Callback::of(vm, args, 4)?,
        recovered: names(vm, &args[7], 8)?,
        depth: if is_left_out(&args[8]) {
            DEPTH_DEFAULT
        } else {
            usize::try_from(vm.to_int(&args[8])?).map_err(|_| Fault::value(9))?
        },
    };
    let (source, current) = {
        let mut reader = native_of_mut::<Reader>(&args[0], 1)?;
        let current = reader.current.take();
        (reader.source.take(), current.filter(|_| !reader.taken))
    };
    let Some(mut source) = source else {
        return Err(no_source(vm));
    };
    let mut builder = Builder {
        options,
        levels: Vec::new(),
        name: None,
        pending: 0,
    };
    // A program that walks the text itself stands at the value it wants, or at the name before it.
    let first = current.filter(|token| {
        !matches!(
            token,
            JsonToken::Name(_) | JsonToken::Comment(_) | JsonToken::ObjectEnd | JsonToken::ArrayEnd
        )
    });
    let mut last = None;
    let result = builder.read(vm, &mut source, first, &mut last);
    let mut reader = native_of_mut::<Reader>(&args[0], 1)?;
    reader.source = Some(source);
    reader.current = last;
    reader.taken = true;
    drop(reader);
    recount(vm, &args[0])?;
    result
}

/// Names divided by commas, or a collection of them.
fn names(vm: &mut Vm<'_>, value: &Value, number: u8) -> Result<HashSet<String>, Fault> {
    match value {
        value if is_left_out(value) => Ok(HashSet::new()),
        value if value.is_str() => Ok(string_of(value, number)?
            .split(',')
            .map(|name| name.trim().to_string())
            .filter(|name| !name.is_empty())
            .collect()),
        value => vm
            .items(value)
            .map_err(|_| Fault::param(number))?
            .iter()
            .map(|name| string_of(name, number))
            .collect(),
    }
}

impl Builder {
    fn read(
        &mut self,
        vm: &mut Vm<'_>,
        source: &mut JsonReader,
        first: Option<JsonToken>,
        last: &mut Option<JsonToken>,
    ) -> Result<Value, Fault> {
        let mut first = first;
        loop {
            vm.charge(4)?;
            let token = match first.take() {
                Some(token) => token,
                None => match source.read().map_err(|error| bad_text(vm, &error))? {
                    Some(token) => token,
                    // The reader reports the end of a text without a value itself; this is the end
                    // of a text whose value was read before.
                    None => {
                        return Err(said(
                            vm,
                            "Непредвиденный конец текста JSON",
                            "Unexpected end of JSON text",
                        ));
                    }
                },
            };
            let value = match token {
                JsonToken::ObjectStart | JsonToken::ArrayStart => {
                    if self.levels.len() >= self.options.depth {
                        let (line, _) = source.position();
                        return Err(too_deep(vm, self.options.depth, line));
                    }
                    let level = match (&token, self.options.into_map) {
                        (JsonToken::ArrayStart, _) => Level::Array(Vec::new()),
                        (_, true) => Level::Map(Box::default()),
                        (_, false) => Level::Struct(StructData::default()),
                    };
                    self.levels.push((level, self.name.take()));
                    *last = Some(token);
                    continue;
                }
                JsonToken::Name(name) => {
                    vm.charge_work(name.len())?;
                    self.name = Some(name);
                    continue;
                }
                JsonToken::Comment(_) => continue,
                JsonToken::ObjectEnd | JsonToken::ArrayEnd => {
                    *last = Some(token);
                    match self.levels.pop() {
                        Some((level, name)) => {
                            self.name = name;
                            self.finish(vm, level)?
                        }
                        // The program asked for a value where its container ends.
                        None => {
                            return Err(said(
                                vm,
                                "В тексте JSON нет значения в текущей позиции",
                                "There is no JSON value at the current position",
                            ));
                        }
                    }
                }
                JsonToken::String(text) => {
                    vm.charge_work(text.len())?;
                    let is_date = self
                        .name
                        .as_ref()
                        .is_some_and(|name| self.options.dates.contains(name));
                    let value = if is_date {
                        Value::Date(read_date(vm, &text, self.options.date_format)?)
                    } else {
                        Value::str(&text)
                    };
                    *last = Some(JsonToken::String(text));
                    value
                }
                JsonToken::Number(number) => {
                    *last = Some(JsonToken::Number(number.clone()));
                    self.no_date(vm)?;
                    number.into()
                }
                JsonToken::Boolean(value) => {
                    *last = Some(JsonToken::Boolean(value));
                    self.no_date(vm)?;
                    Value::Bool(value)
                }
                JsonToken::Null => {
                    *last = Some(JsonToken::Null);
                    Value::Undefined
                }
            };
            let value = self.recovered(vm, value)?;
            if self.levels.is_empty() {
                return Ok(value);
            }
            self.add(vm, value)?;
        }
    }

    fn finish(&mut self, vm: &mut Vm<'_>, level: Level) -> Result<Value, Fault> {
        let (value, bytes) = match level {
            Level::Array(items) => {
                let bytes = items.len() * size_of::<Value>();
                (vm.new_array(items), bytes)
            }
            Level::Struct(fields) => {
                let bytes = fields.fields().len() * FIELD_COST;
                (vm.alloc(&STRUCTURE, Body::Struct(fields)), bytes)
            }
            Level::Map(map) => {
                let bytes = map.len() * FIELD_COST;
                (vm.alloc(&MAP, Body::Map(map)), bytes)
            }
        };
        self.pending = self.pending.saturating_sub(bytes);
        Ok(value)
    }

    /// What stands for a date is a string: anything else is none.
    fn no_date(&self, vm: &Vm<'_>) -> Result<(), Fault> {
        match &self.name {
            Some(name) if self.options.dates.contains(name) => Err(said(
                vm,
                format!("Значение свойства «{}» не является датой", shown(name)),
                format!("The value of \"{}\" is not a date", shown(name)),
            )),
            _ => Ok(()),
        }
    }

    /// The value as the program's function gives it back. The function sees every value, elements of
    /// arrays and the whole as well, what lies inside before what it lies in; with names given, only
    /// their values.
    fn recovered(&self, vm: &mut Vm<'_>, value: Value) -> Result<Value, Fault> {
        let Some(recovery) = &self.options.recovery else {
            return Ok(value);
        };
        let wanted = &self.options.recovered;
        let property = match &self.name {
            Some(name) if wanted.is_empty() || wanted.contains(name) => Value::str(name),
            None if wanted.is_empty() => Value::Undefined,
            _ => return Ok(value),
        };
        recovery.call(vm, property, value)
    }

    fn add(&mut self, vm: &mut Vm<'_>, value: Value) -> Result<(), Fault> {
        let name = self.name.take();
        // A container may hold twice what it was asked for.
        vm.reserve(self.pending.saturating_mul(2))?;
        let Some((level, _)) = self.levels.last_mut() else {
            return Ok(());
        };
        match (level, name) {
            (Level::Array(items), _) => {
                self.pending += size_of::<Value>();
                items.push(value);
            }
            (Level::Struct(fields), Some(name)) => {
                if !is_name(&name) {
                    return Err(said(
                        vm,
                        format!(
                            "Недопустимое имя свойства структуры «{}»: прочитайте такой JSON в соответствие",
                            shown(&name)
                        ),
                        format!(
                            "Not a name of a structure's property: \"{}\"; read such JSON into a map",
                            shown(&name)
                        ),
                    ));
                }
                self.pending += FIELD_COST;
                let (folded, spelling) = (vm.intern(&name), vm.intern_spelling(&name));
                if let Some(old) = fields.insert(folded, spelling, value) {
                    self.pending -= FIELD_COST;
                    drop(old);
                }
            }
            (Level::Map(map), Some(name)) => {
                self.pending += FIELD_COST;
                map.insert(Value::str(&name), value, |bytes| vm.reserve(bytes))?;
            }
            // The reader gives no value in an object without its name.
            (Level::Struct(_) | Level::Map(_), None) => {}
        }
        Ok(())
    }
}

fn too_deep(vm: &Vm<'_>, depth: usize, line: usize) -> Fault {
    said(
        vm,
        format!("Вложенность JSON больше допустимой ({depth}), строка {line}"),
        format!("JSON is nested deeper than allowed ({depth}), line {line}"),
    )
}
