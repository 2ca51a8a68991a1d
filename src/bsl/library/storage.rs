//! Values put away: ХранилищеЗначения and the temporary storage of a run. What is put away is a copy
//! of its own: changes of the original do not reach it, and each taking gives another copy.

use super::args::bad_value;
use super::bytes::BinaryData;
use super::define::{function, is_left_out, method, native_of, prop, said, string_of};
use super::registry::{Area, Constructor, TypeDef};
use super::standard_period::StandardPeriod;
use super::table::copy_cells;
use super::value_list::copy_items;
use crate::kernel::encode::{parse_uuid, random_uuid, uuid_text};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::NativeObject;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::collections::HashMap;

/// What the addresses of the temporary storage begin with.
const ADDRESS: &str = "e1cib/tempstorage/";

/// Levels of collections inside one another that a stored value has at most: one that contains itself
/// ends here, and the native stack holds so many.
const LEVELS_MAX: u32 = 400;

/// Levels of the copy under way.
#[derive(Default)]
struct CopyLevel(u32);

/// Bytes of an entry of the temporary storage besides its value.
const ENTRY_COST: usize = 96;

/// ХранилищеЗначения.
struct Storage {
    value: Value,
    compression: Value,
}

impl NativeObject for Storage {}

/// ХранилищеЗначения.
pub static STORAGE: TypeDef = TypeDef {
    ru: "ХранилищеЗначения",
    en: "ValueStorage",
    new: Some(Constructor {
        params: "Значение, Сжатие?",
        call: |vm, args| {
            let value = stored(vm, &args[0])?;
            let compression = match &args[1] {
                Value::Missing | Value::Undefined => Value::Undefined,
                value => {
                    native_of::<Compression>(value, 2)?;
                    value.clone()
                }
            };
            Ok(storage(vm, value, compression))
        },
    }),
    methods: &[method!("Получить" "Get" ("") true |vm, this, _| {
        let value = native_of::<Storage>(this, 1)?.value.clone();
        stored(vm, &value)
    })],
    props: &[prop!("СжатиеДанных" "DataCompression" |_, this| {
        Ok(native_of::<Storage>(this, 1)?.compression.clone())
    })],
};

/// СжатиеДанных: a level from 0 to 9, or the usual one.
struct Compression(i64);

impl NativeObject for Compression {
    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        let other = other.downcast_ref::<Compression>()?;
        Some(self.0 == other.0)
    }

    fn content_hash(&self) -> Option<u64> {
        Some(self.0 as u64)
    }
}

/// СжатиеДанных.
pub static COMPRESSION: TypeDef = TypeDef {
    ru: "СжатиеДанных",
    en: "Deflation",
    new: Some(Constructor {
        params: "УровеньСжатия?",
        call: |vm, args| {
            let level = match &args[0] {
                Value::Missing | Value::Undefined => -1,
                value => match vm.to_int(value)? {
                    level @ -1..=9 => level,
                    _ => return Err(bad_value(vm, 1)),
                },
            };
            Ok(vm.alloc(&COMPRESSION, Body::Native(Box::new(Compression(level)))))
        },
    }),
    methods: &[],
    props: &[prop!("УровеньСжатия" "DeflationLevel" |_, this| {
        Ok(Value::Int(native_of::<Compression>(this, 1)?.0))
    })],
};

/// What a run has put away under addresses.
#[derive(Default)]
pub(super) struct TempStorage {
    values: HashMap<[u8; 16], Value>,
    /// Addresses for a host without randomness.
    next: u128,
}

/// Storage of values.
pub static AREA: Area = Area {
    title: "Хранилище значения и временное хранилище",
    functions: &[
        function!("ПоместитьВоВременноеХранилище" "PutToTempStorage" ("Данные, Адрес?") true put),
        function!("ПолучитьИзВременногоХранилища" "GetFromTempStorage" ("Адрес") true |vm, args| {
            let address = address(vm, &args[0], 1)?;
            let found = vm.extension::<TempStorage>().values.get(&address).cloned();
            match found {
                Some(value) => stored(vm, &value),
                None => Ok(Value::Undefined),
            }
        }),
        function!("УдалитьИзВременногоХранилища" "DeleteFromTempStorage" ("Адрес") false
            |vm, args| {
            let address = address(vm, &args[0], 1)?;
            if vm.extension::<TempStorage>().values.remove(&address).is_some() {
                crate::value::memory::sub(ENTRY_COST);
            }
            Ok(Value::Undefined)
        }),
        function!("ЭтоАдресВременногоХранилища" "IsTempStorageURL" ("Адрес") true |_, args| {
            let text = args[0].as_string();
            Ok(text.is_some_and(|text| parse_address(&text).is_some()).into())
        }),
    ],
    types: &[&STORAGE, &COMPRESSION],
    enums: &[],
};

/// A storage that holds the value, a copy already.
fn storage(vm: &Vm<'_>, value: Value, compression: Value) -> Value {
    let storage = Storage { value, compression };
    vm.alloc(&STORAGE, Body::Native(Box::new(storage)))
}

/// What is inside of a storage, and the level of its compression when it has one.
pub(super) fn parts(storage: &Value) -> Result<(Value, Option<i64>), Fault> {
    let storage = native_of::<Storage>(storage, 1)?;
    let level = native_of::<Compression>(&storage.compression, 1)
        .ok()
        .map(|compression| compression.0);
    Ok((storage.value.clone(), level))
}

/// A storage of a value that nothing else holds.
pub(super) fn restored(vm: &Vm<'_>, value: Value, is_compressed: bool) -> Value {
    let compression = match is_compressed {
        true => vm.alloc(&COMPRESSION, Body::Native(Box::new(Compression(-1)))),
        false => Value::Undefined,
    };
    storage(vm, value, compression)
}

fn parse_address(text: &str) -> Option<[u8; 16]> {
    let key = text.strip_prefix(ADDRESS)?;
    // Attributes may follow the identifier.
    parse_uuid(key.split('?').next()?)
}

fn address(vm: &Vm<'_>, value: &Value, number: u8) -> Result<[u8; 16], Fault> {
    parse_address(&string_of(value, number)?).ok_or_else(|| bad_value(vm, number))
}

fn put(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let address = match &args[1] {
        value if is_left_out(value) => new_address(vm),
        // The form whose life the value shares; a run has no forms.
        Value::Uuid(_) => new_address(vm),
        value => address(vm, value, 2)?,
    };
    let value = stored(vm, &args[0])?;
    vm.reserve(ENTRY_COST)?;
    if vm
        .extension::<TempStorage>()
        .values
        .insert(address, value)
        .is_none()
    {
        crate::value::memory::add(ENTRY_COST);
    }
    Ok(format!("{ADDRESS}{}", uuid_text(&address)).into())
}

fn new_address(vm: &mut Vm<'_>) -> [u8; 16] {
    let mut bytes = [0; 16];
    if vm.host().random(&mut bytes) {
        return random_uuid(bytes);
    }
    let storage = vm.extension::<TempStorage>();
    storage.next += 1;
    storage.next.to_be_bytes()
}

/// A copy of a value that can be put away: collections with all that is in them; what has a life of
/// its own (a stream, a reader) cannot.
pub(super) fn stored(vm: &mut Vm<'_>, value: &Value) -> Result<Value, Fault> {
    let level = &mut vm.extension::<CopyLevel>().0;
    if *level >= LEVELS_MAX {
        return Err(said(
            vm,
            "Значение содержит само себя или вложено слишком глубоко: такое не хранится",
            "The value contains itself or is nested too deep: this is not stored",
        ));
    }
    *level += 1;
    let copy = stored_inside(vm, value);
    vm.extension::<CopyLevel>().0 -= 1;
    copy
}

fn stored_inside(vm: &mut Vm<'_>, value: &Value) -> Result<Value, Fault> {
    vm.charge(if value.as_obj().is_some() { 32 } else { 1 })?;
    let Value::Obj(obj) = value else {
        return match value {
            Value::Missing => Ok(Value::Undefined),
            Value::Module(_) => Err(not_storable(vm, value)),
            value => Ok(value.clone()),
        };
    };
    enum Kind {
        Array(Vec<Value>),
        Struct(
            Vec<(
                crate::syntax::names::Name,
                crate::syntax::names::Name,
                Value,
            )>,
        ),
        Map(Vec<(Value, Value)>),
        Table,
        List,
        Period,
        AsIs,
        Not,
    }
    // The insides are taken out first: no borrow lives while the interpreter works.
    let kind = match &*obj.body() {
        Body::Array(items) => Kind::Array(vm.copied(items)?),
        Body::Struct(fields) => {
            let fields = vm.meter().over(fields.fields());
            Kind::Struct(
                fields
                    .gather_with(|field| Ok((field.name, field.spelling, field.value.clone())))?,
            )
        }
        Body::Map(map) => {
            let entries = vm.meter().over(map.iter());
            Kind::Map(entries.gather_with(|(key, value)| Ok((key.clone(), value.clone())))?)
        }
        Body::Host(_) => Kind::AsIs,
        Body::KeyValue(..) | Body::Dead => Kind::Not,
        Body::Native(native) => match obj.ty().ru {
            "ТаблицаЗначений" | "ДеревоЗначений" => Kind::Table,
            "СписокЗначений" => Kind::List,
            "ФиксированныйМассив"
            | "ФиксированнаяСтруктура"
            | "ФиксированноеСоответствие"
            | "ОписаниеТипов"
            | "КвалификаторыЧисла"
            | "КвалификаторыСтроки"
            | "КвалификаторыДаты"
            | "КвалификаторыДвоичныхДанных"
            | "ХранилищеЗначения" => Kind::AsIs,
            _ if native.downcast_ref::<StandardPeriod>().is_some() => Kind::Period,
            _ if native.downcast_ref::<BinaryData>().is_some() => Kind::AsIs,
            _ => Kind::Not,
        },
    };
    match kind {
        Kind::AsIs => Ok(value.clone()),
        Kind::Period => {
            let period = *native_of::<StandardPeriod>(value, 1)?;
            Ok(period.into_value(vm))
        }
        Kind::Not => Err(not_storable(vm, value)),
        Kind::Array(mut items) => {
            for item in &mut items {
                *item = stored(vm, item)?;
            }
            Ok(vm.new_array(items))
        }
        Kind::Struct(fields) => {
            let mut data = crate::value::structure::StructData::default();
            vm.reserve(fields.len() * 64)?;
            for (name, spelling, value) in fields {
                let value = stored(vm, &value)?;
                data.insert(name, spelling, value);
            }
            Ok(vm.alloc(&super::structure::STRUCTURE, Body::Struct(data)))
        }
        Kind::Map(pairs) => {
            let copy = vm.alloc(&super::map::MAP, Body::Map(Box::default()));
            for (key, value) in pairs {
                let (key, value) = (stored(vm, &key)?, stored(vm, &value)?);
                vm.set_element(&copy, key, value)?;
            }
            Ok(copy)
        }
        Kind::Table => {
            let copy = vm.call_member(value, "Скопировать", Vec::new())?;
            copy_cells(vm, &copy)?;
            Ok(copy)
        }
        Kind::List => {
            let copy = vm.call_member(value, "Скопировать", Vec::new())?;
            copy_items(vm, &copy)?;
            Ok(copy)
        }
    }
}

fn not_storable(vm: &Vm<'_>, value: &Value) -> Fault {
    let ty = crate::vm::type_of(value);
    said(
        vm,
        format!(
            "Значение типа «{}» не может быть помещено в хранилище",
            ty.ru
        ),
        format!(
            "A value of the type \"{}\" cannot be put into a storage",
            ty.en
        ),
    )
}
