//! ЗаписатьJSON: a whole value, without recursion.

use super::super::callback::Callback;
use super::super::define::{
    choice, flag, is_left_out, native, native_of, native_of_mut, prop, recount, said,
};
use super::super::registry::{Constructor, TypeDef};
use super::writer::{Writer, is_scalar, not_open, write_error, write_scalar};
use super::{
    DATE_FORMAT, DATE_VARIANT, DEPTH_DEFAULT, DEPTH_MAX, date_format, date_variant, write_date,
};
use crate::kernel::json::{JsonWriteError, JsonWriter, JsonWriterOptions};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// НастройкиСериализацииJSON.
pub static SERIALIZER_SETTINGS: TypeDef = TypeDef {
    ru: "НастройкиСериализацииJSON",
    en: "JSONSerializerSettings",
    new: Some(Constructor {
        params: "",
        call: |vm, _| {
            Ok(vm.alloc(
                &SERIALIZER_SETTINGS,
                Body::Native(Box::<Settings>::default()),
            ))
        },
    }),
    methods: &[],
    props: &[
        prop!("ВариантЗаписиДаты" "DateWritingVariant"
        |_, this| Ok(Value::Enum(native_of::<Settings>(this, 1)?.variant, &DATE_VARIANT)),
        |_, this, value| {
            let variant = choice(&value, &DATE_VARIANT, 1)?.unwrap_or(0);
            native_of_mut::<Settings>(this, 1)?.variant = variant;
            Ok(())
        }),
        prop!("ФорматСериализацииДаты" "DateSerializationFormat"
        |_, this| Ok(Value::Enum(native_of::<Settings>(this, 1)?.format, &DATE_FORMAT)),
        |_, this, value| {
            let format = choice(&value, &DATE_FORMAT, 1)?.unwrap_or(0);
            native_of_mut::<Settings>(this, 1)?.format = format;
            Ok(())
        }),
        prop!("СериализовыватьМассивыКакОбъекты" "SerializeArraysAsObjects"
        |_, this| Ok(native_of::<Settings>(this, 1)?.arrays_as_objects.into()),
        |vm, this, value| {
            let on = flag(vm, &value, false)?;
            native_of_mut::<Settings>(this, 1)?.arrays_as_objects = on;
            Ok(())
        }),
    ],
};

/// The insides of НастройкиСериализацииJSON: numbers of values of its enumerations.
#[derive(Clone, Copy, Default)]
struct Settings {
    format: u16,
    variant: u16,
    arrays_as_objects: bool,
}

native!(Settings, |_| 0);

/// Bytes of text between two looks at the limit of memory.
const CHECK_EVERY: usize = 64 * 1024;

/// A container being written.
struct Level {
    container: Value,
    place: usize,
    is_object: bool,
    /// An array that is written as an object.
    numbered: bool,
}

struct Saver {
    settings: Settings,
    convert: Option<Callback>,
    levels: Vec<Level>,
    checked: usize,
    /// Neither maps nor dates.
    plain: bool,
}

pub(super) fn write_json(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    native_of::<Writer>(&args[0], 1)?;
    let settings = if is_left_out(&args[2]) {
        Settings::default()
    } else {
        *native_of::<Settings>(&args[2], 3)?
    };
    let mut saver = Saver {
        settings,
        convert: Callback::of(vm, args, 3)?,
        levels: Vec::new(),
        checked: 0,
        plain: false,
    };
    let writer = native_of_mut::<Writer>(&args[0], 1)?.text.take();
    let Some(mut writer) = writer else {
        return Err(not_open(vm));
    };
    saver.checked = writer.text().len();
    let value = std::mem::take(&mut args[1]);
    let result = saver.save(vm, &mut writer, value);
    native_of_mut::<Writer>(&args[0], 1)?.text = Some(writer);
    recount(vm, &args[0])?;
    result.map(|()| Value::Undefined)
}

/// ЗаписатьЗначениеJSON: what is a structure, an array or simple; no maps and no dates, as measured on
/// 8.3.27.
pub(super) fn write_json_value(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let mut saver = Saver {
        settings: Settings::default(),
        convert: None,
        levels: Vec::new(),
        checked: 0,
        plain: true,
    };
    let mut writer = JsonWriter::new(
        JsonWriterOptions::default(),
        vm.memory_left() / 3,
        DEPTH_MAX,
    );
    let value = std::mem::take(&mut args[0]);
    saver.save(vm, &mut writer, value)?;
    let text = writer.finish();
    vm.charge_work(text.len())?;
    Ok(text.into())
}

/// What JSON makes of a value.
enum Kind {
    Scalar,
    Date,
    Array,
    Object,
    Unknown,
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Date(_) => Kind::Date,
        Value::Obj(obj) => match &*obj.body() {
            Body::Array(_) => Kind::Array,
            Body::Struct(_) | Body::Map(_) => Kind::Object,
            Body::Native(_) => match obj.ty().ru {
                "ФиксированныйМассив" => Kind::Array,
                "ФиксированнаяСтруктура" | "ФиксированноеСоответствие" => {
                    Kind::Object
                }
                _ => Kind::Unknown,
            },
            _ => Kind::Unknown,
        },
        value if is_scalar(value) => Kind::Scalar,
        _ => Kind::Unknown,
    }
}

fn is_map(value: &Value) -> bool {
    value
        .as_obj()
        .is_some_and(|obj| matches!(obj.ty().ru, "Соответствие" | "ФиксированноеСоответствие"))
}

impl Saver {
    fn save(&mut self, vm: &mut Vm<'_>, writer: &mut JsonWriter, root: Value) -> Result<(), Fault> {
        self.value(vm, writer, None, root)?;
        while let Some(level) = self.levels.last_mut() {
            vm.charge(4)?;
            let container = level.container.clone();
            let Some((key, value, place)) = next(vm, &container, level.place, level.is_object)?
            else {
                let end = if level.is_object || level.numbered {
                    JsonWriter::end_object
                } else {
                    JsonWriter::end_array
                };
                self.levels.pop();
                end(writer).map_err(|error| write_error(vm, error))?;
                continue;
            };
            let name = match key {
                Some(key) => match key.as_string() {
                    Some(name) => Some(name),
                    None => {
                        return Err(said(
                            vm,
                            "Ключи соответствия для записи в JSON должны быть строками",
                            "Keys of a map must be strings to be written to JSON",
                        ));
                    }
                },
                None if level.numbered => Some(level.place.to_string()),
                None => None,
            };
            level.place = place;
            self.value(vm, writer, name, value)?;
            self.check(vm, writer)?;
        }
        Ok(())
    }

    /// Writes a value, or the beginning of one, after its name.
    fn value(
        &mut self,
        vm: &mut Vm<'_>,
        writer: &mut JsonWriter,
        name: Option<String>,
        value: Value,
    ) -> Result<(), Fault> {
        let mut value = value;
        if self.plain && (matches!(kind(&value), Kind::Date) || is_map(&value)) {
            return Err(bad_type(vm));
        }
        if matches!(kind(&value), Kind::Unknown) {
            let Some(convert) = &self.convert else {
                return Err(bad_type(vm));
            };
            let property = name.as_deref().map_or(Value::Undefined, Value::str);
            match convert.call_or_refuse(vm, property, value)? {
                Some(converted) => value = converted,
                // A refused property is left out; a refused root leaves nothing to write.
                None => return Ok(()),
            }
        }
        if let Some(name) = &name {
            writer.name(name).map_err(|error| write_error(vm, error))?;
        }
        let result: Result<(), JsonWriteError> = match kind(&value) {
            Kind::Scalar => {
                vm.charge_work(value.as_units().map_or(0, <[u16]>::len))?;
                write_scalar(writer, &value)
            }
            Kind::Date => {
                let Value::Date(date) = value else {
                    return Err(bad_type(vm));
                };
                let format = date_format(&Value::Enum(self.settings.format, &DATE_FORMAT), 3)?;
                let variant = date_variant(&Value::Enum(self.settings.variant, &DATE_VARIANT), 3)?;
                let text = write_date(vm, date, format, variant);
                writer.string(&text)
            }
            Kind::Array | Kind::Object => {
                if self.levels.len() >= DEPTH_DEFAULT {
                    return Err(write_error(vm, JsonWriteError::TooDeep));
                }
                let is_object = matches!(kind(&value), Kind::Object);
                let numbered = !is_object && self.settings.arrays_as_objects;
                self.levels.push(Level {
                    container: value,
                    place: 0,
                    is_object,
                    numbered,
                });
                if is_object || numbered {
                    writer.start_object()
                } else {
                    writer.start_array()
                }
            }
            Kind::Unknown => return Err(bad_type(vm)),
        };
        result.map_err(|error| write_error(vm, error))
    }

    /// The text grows outside of the accounted values while it is being written.
    fn check(&mut self, vm: &mut Vm<'_>, writer: &JsonWriter) -> Result<(), Fault> {
        let length = writer.text().len();
        if length - self.checked >= CHECK_EVERY {
            vm.reserve(length.saturating_mul(2))?;
            vm.charge_work(length - self.checked)?;
            self.checked = length;
        }
        Ok(())
    }
}

/// A key, the value and the place to go on from.
type Step = Option<(Option<Value>, Value, usize)>;

/// The element or field at a place.
fn next(vm: &mut Vm<'_>, container: &Value, place: usize, is_object: bool) -> Result<Step, Fault> {
    if let Value::Obj(obj) = container {
        match &*obj.body() {
            Body::Array(items) => {
                return Ok(items.get(place).map(|item| (None, item.clone(), place + 1)));
            }
            Body::Struct(fields) => {
                return Ok(fields.fields().get(place).map(|field| {
                    let name = Value::str(&vm.spelling(field.spelling));
                    (Some(name), field.value.clone(), place + 1)
                }));
            }
            Body::Map(map) => {
                return Ok(map
                    .next(place)
                    .map(|(key, value, next)| (Some(key.clone()), value.clone(), next)));
            }
            _ => {}
        }
    }
    let Some((item, place)) = vm.next_item(container, place)? else {
        return Ok(None);
    };
    if !is_object {
        return Ok(Some((None, item, place)));
    }
    let key = vm.field(&item, "Ключ")?;
    let value = vm.field(&item, "Значение")?;
    Ok(Some((Some(key), value, place)))
}

fn bad_type(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Передано значение недопустимого типа",
        "A value of this type cannot be written to JSON",
    )
}
