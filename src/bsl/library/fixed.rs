//! ФиксированныйМассив, ФиксированнаяСтруктура, ФиксированноеСоответствие: copies that nobody changes.

use super::define::method;
use super::map::KEY_AND_VALUE;
use super::registry::{Area, Constructor, TypeDef};
use super::structure::STRUCTURE;
use crate::syntax::names::Name;
use crate::value::Value;
use crate::value::heap::{Body, Obj};
use crate::value::map::MapData;
use crate::value::native::{NativeObject, NoIterator};
use crate::value::structure::StructData;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

/// Fixed collections.
pub static AREA: Area = Area {
    title: "Фиксированные коллекции",
    functions: &[],
    types: &[&FIXED_ARRAY, &FIXED_STRUCTURE, &FIXED_MAP],
    enums: &[],
};

/// The fixed insides of a value.
fn with<T: NativeObject, R>(
    this: &Value,
    then: impl FnOnce(&T) -> Result<R, Fault>,
) -> Result<R, Fault> {
    match this.as_obj().and_then(Obj::native::<T>) {
        Some(own) => then(&own),
        None => Err(Fault::param(1)),
    }
}

// ---- the array --------------------------------------------------------------------------------

struct FixedArray(Vec<Value>);

impl FixedArray {
    fn at(&self, vm: &Vm<'_>, index: &Value) -> Result<Value, Fault> {
        let at = usize::try_from(vm.to_int(index)?).ok();
        at.and_then(|at| self.0.get(at))
            .cloned()
            .ok_or_else(|| Message::IndexOutOfRange.into())
    }
}

impl NativeObject for FixedArray {
    fn size(&self) -> usize {
        self.0.capacity() * size_of::<Value>()
    }

    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(self.at(vm, key))
    }

    fn item(&self, _vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        Ok(self.0.get(place).cloned())
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// ФиксированныйМассив.
pub static FIXED_ARRAY: TypeDef = TypeDef {
    ru: "ФиксированныйМассив",
    en: "FixedArray",
    new: Some(Constructor {
        params: "Массив",
        call: |vm, args| {
            let items = vm.items(&args[0]).map_err(|_| Fault::param(1))?;
            Ok(vm.alloc(&FIXED_ARRAY, Body::Native(Box::new(FixedArray(items)))))
        },
    }),
    methods: &[
        method!("Количество" "Count" ("") true |_, this, _| with(this, |own: &FixedArray| Ok(Value::from(own.0.len())))),
        method!("ВГраница" "UBound" ("") true |_, this, _| {
            with(this, |own: &FixedArray| Ok(Value::Int(own.0.len() as i64 - 1)))
        }),
        method!("Получить" "Get" ("Индекс") true |vm, this, args| with(this, |own: &FixedArray| own.at(vm, &args[0]))),
        method!("Найти" "Find" ("Значение") true |vm, this, args| {
            let each = 1 + args[0].long_units() / 64;
            with(this, |own: &FixedArray| {
                let found = vm.meter().over_each(each, &own.0).place(|item| item.equals(&args[0]))?;
                Ok(found.map_or(Value::Undefined, Value::from))
            })
        }),
    ],
    props: &[],
};

// ---- the structure ----------------------------------------------------------------------------

struct FixedStructure(StructData);

impl NativeObject for FixedStructure {
    fn size(&self) -> usize {
        self.0.size()
    }

    fn get_field(&self, _vm: &Vm<'_>, name: Name, place: &mut u32) -> Option<Value> {
        let at = self.0.position(name, *place as usize)?;
        *place = at as u32;
        Some(self.0.at(at).clone())
    }

    fn field_names(&self, vm: &Vm<'_>) -> Vec<String> {
        let fields = self.0.fields().iter();
        fields
            .map(|field| vm.spelling(field.spelling).to_string())
            .collect()
    }

    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        let name = key.as_string()?;
        let found = vm
            .names()
            .find(name.trim())
            .and_then(|name| self.0.get(name))
            .cloned();
        Some(found.ok_or_else(|| Message::FieldNotFound(name).into()))
    }

    fn item(&self, vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        Ok(self.0.fields().get(place).map(|field| {
            let key = Value::str(&vm.spelling(field.spelling));
            vm.alloc(&KEY_AND_VALUE, Body::KeyValue(key, field.value.clone()))
        }))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.fields().len())
    }
}

/// Name, spelling and value of a field.
pub type FieldOf = (Name, Name, Value);

/// Fields of a structure, fixed or not; `None` for anything else.
pub fn struct_fields(vm: &Vm<'_>, value: &Value) -> Result<Option<Vec<FieldOf>>, Fault> {
    let read = |data: &StructData| {
        let fields = vm.meter().over(data.fields());
        fields.gather_with(|field| Ok((field.name, field.spelling, field.value.clone())))
    };
    let Some(obj) = value.as_obj() else {
        return Ok(None);
    };
    match &*obj.body() {
        Body::Struct(data) => read(data).map(Some),
        Body::Native(native) => match native.downcast_ref::<FixedStructure>() {
            Some(fixed) => read(&fixed.0).map(Some),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Of a structure, or of keys and values as Структура itself has them.
fn new_structure(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let source = match (args.first(), &STRUCTURE.new) {
        (Some(Value::Obj(_)), _) if args.len() == 1 => args[0].clone(),
        (_, Some(constructor)) => (constructor.call)(vm, args)?,
        _ => return Err(Fault::param(1)),
    };
    let fields = struct_fields(vm, &source)?.ok_or_else(|| Fault::param(1))?;
    let mut data = StructData::default();
    for field in vm.meter().over_each(2, fields) {
        let (name, spelling, value) = field?;
        data.insert(name, spelling, value);
    }
    Ok(vm.alloc(
        &FIXED_STRUCTURE,
        Body::Native(Box::new(FixedStructure(data))),
    ))
}

/// ФиксированнаяСтруктура.
pub static FIXED_STRUCTURE: TypeDef = TypeDef {
    ru: "ФиксированнаяСтруктура",
    en: "FixedStructure",
    new: Some(Constructor {
        params: "Ключи?, Значения...",
        call: new_structure,
    }),
    methods: &[
        method!("Количество" "Count" ("") true |_, this, _| {
            with(this, |own: &FixedStructure| Ok(Value::from(own.0.fields().len())))
        }),
        method!("Свойство" "Property" ("Ключ, &Значение?") true |vm, this, args| {
            let name = args[0].as_string().ok_or_else(|| Fault::param(1))?;
            let found = with(this, |own: &FixedStructure| {
                Ok(vm.names().find(name.trim()).and_then(|name| own.0.get(name)).cloned())
            })?;
            let is_there = found.is_some();
            args[1] = found.unwrap_or_default();
            Ok(is_there.into())
        }),
    ],
    props: &[],
};

// ---- the map ----------------------------------------------------------------------------------

struct FixedMap(MapData);

impl NativeObject for FixedMap {
    fn size(&self) -> usize {
        self.0.size()
    }

    /// Unlike in Соответствие, a key that is not there is an error; Получить asks for one.
    fn get_index(&self, _vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        let found = self.0.get(key).cloned();
        Some(found.ok_or_else(|| Message::KeyNotFound.into()))
    }

    fn item(&self, vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        // Nothing is ever removed, so that places are without holes.
        let entry = self.0.next(place);
        Ok(entry.map(|(key, value, _)| {
            vm.alloc(&KEY_AND_VALUE, Body::KeyValue(key.clone(), value.clone()))
        }))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

fn new_map(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let mut data = MapData::default();
    for item in vm.items(&args[0]).map_err(|_| Fault::param(1))? {
        vm.charge(4)?;
        let (key, value) = match item.as_obj().map(Obj::body).as_deref() {
            Some(Body::KeyValue(key, value)) => (key.clone(), value.clone()),
            _ => return Err(Fault::param(1)),
        };
        data.insert(key, value, |bytes| vm.reserve(bytes))?;
    }
    Ok(vm.alloc(&FIXED_MAP, Body::Native(Box::new(FixedMap(data)))))
}

/// ФиксированноеСоответствие.
pub static FIXED_MAP: TypeDef = TypeDef {
    ru: "ФиксированноеСоответствие",
    en: "FixedMap",
    new: Some(Constructor {
        params: "Соответствие",
        call: new_map,
    }),
    methods: &[
        method!("Количество" "Count" ("") true |_, this, _| with(this, |own: &FixedMap| Ok(Value::from(own.0.len())))),
        method!("Получить" "Get" ("Ключ") true |_, this, args| {
            with(this, |own: &FixedMap| Ok(own.0.get(&args[0]).cloned().unwrap_or_default()))
        }),
    ],
    props: &[],
};
