//! Fields, elements and the walk of collections.

use super::error::{ErrorInfo, Fault, Message};
use super::{Cache, Vm};
use crate::bytecode::program::NameRef;
use crate::library::registry::{LIBRARY, Member, TypeDef};
use crate::library::types;
use crate::syntax::names::Name;
use crate::value::heap::{Body, Obj};
use crate::value::native::NoIterator;
use crate::value::paid::Paid;
use crate::value::{RefElement, RefKey, RefTo, Value, memory};
use std::rc::Rc;

/// The type of a value in the library; the host's types are told apart by [`Vm::type_value`].
#[must_use]
pub fn type_of(value: &Value) -> &'static TypeDef {
    match value {
        Value::Undefined | Value::Missing | Value::Ref(_) | Value::RefElement(_) => {
            &types::UNDEFINED
        }
        Value::Null => &types::NULL,
        Value::Bool(_) => &types::BOOLEAN,
        Value::Int(_) | Value::Dec(..) | Value::Big(_) => &types::NUMBER,
        Value::Date(_) => &types::DATE,
        Value::Short(..) | Value::Str(_) => &types::STRING,
        Value::Obj(obj) => obj.ty(),
        Value::Uuid(_) => &types::UUID,
        Value::Type(_) | Value::HostType(_) => &types::TYPE,
        Value::Enum(_, list) | Value::EnumList(list) => &list.ty,
        Value::Module(_) => &types::COMMON_MODULE,
        Value::Error(_) => &types::ERROR_INFO,
    }
}

/// Whether a dot may follow the value at all.
fn is_object(value: &Value) -> bool {
    matches!(
        value,
        Value::Obj(_)
            | Value::Uuid(_)
            | Value::Enum(..)
            | Value::EnumList(_)
            | Value::Module(_)
            | Value::Error(_)
    )
}

impl Vm<'_> {
    /// The name of a site.
    pub(crate) fn site_name(&self, module: u32, site: u32) -> NameRef {
        self.module_code(module).sites[site as usize].name
    }

    /// How the name of a site is written.
    #[cold]
    pub(crate) fn site_spelling(&self, module: u32, site: u32) -> String {
        let code = self.module_code(module);
        code.spelling(code.sites[site as usize].name).to_string()
    }

    #[cold]
    fn no_field(&self, object: &Value, module: u32, site: u32) -> Fault {
        let name = self.site_spelling(module, site);
        if is_object(object) {
            Message::FieldNotFound(name).into()
        } else {
            Message::NotAnObject(name).into()
        }
    }

    /// `object.name`.
    pub(crate) fn get_field(
        &mut self,
        object: &Value,
        module: u32,
        site: u32,
    ) -> Result<Value, Fault> {
        let cache = self.modules[module as usize].caches[site as usize];
        let name = cache.name;
        if let Value::Obj(obj) = object {
            match &*obj.body() {
                Body::Struct(fields) => {
                    return match fields.position(name, cache.index as usize) {
                        Some(place) => {
                            if place as u32 != cache.index {
                                self.modules[module as usize].caches[site as usize].index =
                                    place as u32;
                            }
                            Ok(fields.at(place).clone())
                        }
                        None => Err(self.no_field(object, module, site)),
                    };
                }
                Body::Native(native) => {
                    let mut place = cache.index;
                    if let Some(value) = native.get_field(self, name, &mut place) {
                        if place != cache.index {
                            self.modules[module as usize].remember(site, 0, place);
                        }
                        return Ok(value);
                    }
                }
                _ => {}
            }
            if matches!(&*obj.body(), Body::Host(_)) {
                return self.host_field(obj, module, site, cache, name);
            }
        }
        self.get_member(object, module, site, cache, name)
    }

    fn host_field(
        &mut self,
        obj: &Obj,
        module: u32,
        site: u32,
        cache: Cache,
        name: Name,
    ) -> Result<Value, Fault> {
        // The object may call back into the program, which may look at it: reading shares the borrow.
        let obj = obj.clone();
        let body = obj.body();
        let Body::Host(host) = &*body else {
            return Ok(Value::Undefined);
        };
        let class = host.class() as usize;
        let id = if cache.key == class {
            Some(cache.index)
        } else {
            host.field(self.names().text(name))
        };
        match id {
            Some(id) => {
                self.modules[module as usize].remember(site, class, id);
                host.get(id, self)
            }
            None => Err(Message::FieldNotFound(self.site_spelling(module, site)).into()),
        }
    }

    fn get_member(
        &mut self,
        object: &Value,
        module: u32,
        site: u32,
        cache: Cache,
        name: Name,
    ) -> Result<Value, Fault> {
        match object {
            Value::EnumList(list) => {
                return match LIBRARY.item(list, name) {
                    Some(item) if list.strings.is_empty() => Ok(Value::Enum(item, list)),
                    Some(item) => Ok(Value::str(list.strings[item as usize])),
                    None => Err(self.no_field(object, module, site)),
                };
            }
            Value::Module(other) => {
                let slot = self.module_code(*other).exported_vars.get(&name).copied();
                return match slot {
                    Some(slot) => {
                        self.start_module(*other)?;
                        Ok(self.modules[*other as usize].vars[slot as usize].clone())
                    }
                    None => Err(self.no_field(object, module, site)),
                };
            }
            _ => {}
        }
        let ty = type_of(object);
        let key = std::ptr::from_ref(ty) as usize;
        let index = if cache.key == key {
            cache.index
        } else {
            match LIBRARY.member(ty, name) {
                Some(Member::Prop(index)) => {
                    self.modules[module as usize].remember(site, key, index);
                    index
                }
                _ => return Err(self.no_field(object, module, site)),
            }
        };
        let value = (ty.props[index as usize].get)(self, object)?;
        self.stands()?;
        Ok(value)
    }

    /// `object.name = value`.
    pub(crate) fn set_field(
        &mut self,
        object: &Value,
        module: u32,
        site: u32,
        value: Value,
    ) -> Result<(), Fault> {
        let cache = self.modules[module as usize].caches[site as usize];
        let name = cache.name;
        if let Value::Obj(obj) = object {
            if std::ptr::eq(obj.ty(), &crate::library::HOST_OBJECT) {
                // A shared borrow: the host may call back into a program that reads the object.
                let body = obj.body();
                let Body::Host(host) = &*body else {
                    return Ok(());
                };
                let Some(id) = host.field(self.names().text(name)) else {
                    return Err(Message::FieldNotFound(self.site_spelling(module, site)).into());
                };
                return match host.set(id, self, value) {
                    Some(result) => result,
                    None => Err(Message::FieldReadOnly(self.site_spelling(module, site)).into()),
                };
            }
            match &mut *obj.body_mut()? {
                Body::Struct(fields) => {
                    let Some(place) = fields.position(name, cache.index as usize) else {
                        return Err(self.no_field(object, module, site));
                    };
                    self.modules[module as usize].caches[site as usize].index = place as u32;
                    fields.set_at(place, value);
                    return Ok(());
                }
                Body::Native(native) => {
                    let mut place = cache.index;
                    if let Some(result) = native.set_field(self, name, &mut place, &value) {
                        self.modules[module as usize].remember(site, 0, place);
                        return result;
                    }
                    // A field that can be read is there and cannot be written.
                    if native.get_field(self, name, &mut place).is_some() {
                        let name = self.site_spelling(module, site);
                        return Err(Message::FieldReadOnly(name).into());
                    }
                }
                _ => {}
            }
        }
        if let Value::Module(other) = object {
            let slot = self.module_code(*other).exported_vars.get(&name).copied();
            let Some(slot) = slot else {
                return Err(self.no_field(object, module, site));
            };
            self.start_module(*other)?;
            self.modules[*other as usize].vars[slot as usize] = value;
            return Ok(());
        }
        let ty = type_of(object);
        match LIBRARY.member(ty, name) {
            Some(Member::Prop(index)) => match ty.props[index as usize].set {
                Some(set) => set(self, object, value).and_then(|()| self.stands()),
                None => Err(Message::FieldReadOnly(self.site_spelling(module, site)).into()),
            },
            _ => Err(self.no_field(object, module, site)),
        }
    }

    /// Reads a field by its name: for the library and the host.
    pub fn field(&mut self, object: &Value, name: &str) -> Result<Value, Fault> {
        let folded = self.intern(name);
        if let Value::Obj(obj) = object {
            match &*obj.body() {
                Body::Struct(fields) => {
                    return fields
                        .get(folded)
                        .cloned()
                        .ok_or_else(|| Message::FieldNotFound(name.to_string()).into());
                }
                Body::Native(native) => {
                    let mut place = 0;
                    if let Some(value) = native.get_field(self, folded, &mut place) {
                        return Ok(value);
                    }
                }
                _ => {}
            }
            let body = obj.body();
            if let Body::Host(host) = &*body {
                return match host.field(self.names().text(folded)) {
                    Some(id) => host.get(id, self),
                    None => Err(Message::FieldNotFound(name.to_string()).into()),
                };
            }
        }
        let ty = type_of(object);
        match LIBRARY.member(ty, folded) {
            Some(Member::Prop(index)) => (ty.props[index as usize].get)(self, object),
            _ => Err(Message::FieldNotFound(name.to_string()).into()),
        }
    }

    /// Writes a field by its name: for the library and the host.
    pub fn set_field_named(
        &mut self,
        object: &Value,
        name: &str,
        value: Value,
    ) -> Result<(), Fault> {
        let folded = self.intern(name);
        let missing = || Fault::from(Message::FieldNotFound(name.to_string()));
        let read_only = || Fault::from(Message::FieldReadOnly(name.to_string()));
        if let Value::Obj(obj) = object {
            if std::ptr::eq(obj.ty(), &crate::library::HOST_OBJECT) {
                let body = obj.body();
                let Body::Host(host) = &*body else {
                    return Ok(());
                };
                let id = host.field(self.names().text(folded)).ok_or_else(missing)?;
                return host
                    .set(id, self, value)
                    .unwrap_or_else(|| Err(read_only()));
            }
            let old = match &mut *obj.body_mut()? {
                Body::Struct(fields) => {
                    let place = fields.position(folded, usize::MAX).ok_or_else(missing)?;
                    Some(fields.set_at(place, value.clone()))
                }
                Body::Native(native) => {
                    let mut place = 0;
                    match native.set_field(self, folded, &mut place, &value) {
                        Some(result) => return result,
                        // A field that can be read is there and cannot be written.
                        None if native.get_field(self, folded, &mut place).is_some() => {
                            return Err(read_only());
                        }
                        None => None,
                    }
                }
                _ => None,
            };
            if old.is_some() {
                return Ok(());
            }
        }
        match LIBRARY.member(type_of(object), folded) {
            Some(Member::Prop(index)) => match type_of(object).props[index as usize].set {
                Some(set) => set(self, object, value),
                None => Err(read_only()),
            },
            _ => Err(missing()),
        }
    }

    /// Names of a value's fields, as far as the value knows them.
    #[must_use]
    pub fn field_names(&self, object: &Value) -> Vec<String> {
        if let Value::Obj(obj) = object {
            match &*obj.body() {
                Body::Struct(fields) => {
                    let fields = fields.fields().iter();
                    return fields
                        .map(|field| self.spelling(field.spelling).to_string())
                        .collect();
                }
                Body::Native(native) => {
                    let names = native.field_names(self);
                    if !names.is_empty() {
                        return names;
                    }
                }
                Body::Host(host) => return host.field_names(),
                _ => {}
            }
        }
        let props = type_of(object).props.iter();
        props.map(|prop| prop.ru.to_string()).collect()
    }

    // ---- elements ---------------------------------------------------------------------------

    /// `object[key]`.
    pub(crate) fn get_index(&mut self, object: &Value, key: &Value) -> Result<Value, Fault> {
        let Value::Obj(obj) = object else {
            return Err(Message::NotIndexed.into());
        };
        match &*obj.body() {
            Body::Array(items) => {
                let index = self.array_index(key, items.len())?;
                return Ok(items[index].clone());
            }
            Body::Map(map) => {
                let found = map.get(key).cloned().unwrap_or_default();
                self.stands()?;
                return Ok(found);
            }
            Body::Struct(fields) => {
                let found = self.find_field(key);
                return match found.and_then(|name| fields.get(name)) {
                    Some(value) => Ok(value.clone()),
                    None => Err(no_such_key(key)),
                };
            }
            Body::KeyValue(own_key, value) => {
                return match key.as_i64() {
                    Some(0) => Ok(own_key.clone()),
                    Some(1) => Ok(value.clone()),
                    _ => Err(Message::IndexOutOfRange.into()),
                };
            }
            Body::Native(native) => {
                return native
                    .get_index(self, key)
                    .unwrap_or_else(|| Err(Message::NotIndexed.into()));
            }
            Body::Host(_) | Body::Dead => {}
        }
        let body = obj.body();
        match &*body {
            Body::Host(host) => host
                .index(self, key)
                .unwrap_or_else(|| Err(Message::NotIndexed.into())),
            _ => Err(Message::NotIndexed.into()),
        }
    }

    /// `object[key] = value`.
    pub(crate) fn set_index(
        &mut self,
        object: &Value,
        key: Value,
        value: Value,
    ) -> Result<(), Fault> {
        let Value::Obj(obj) = object else {
            return Err(Message::NotIndexed.into());
        };
        let mut grown = false;
        let old = match &mut *obj.body_mut()? {
            Body::Array(items) => {
                let index = self.array_index(&key, items.len())?;
                Some(std::mem::replace(&mut items[index], value))
            }
            Body::Map(map) => {
                let before = map.capacity();
                map.insert(key, value, |bytes| self.reserve(bytes))?;
                grown = map.capacity() != before;
                self.stands()?;
                None
            }
            Body::Struct(fields) => {
                let found = self.find_field(&key);
                match found.and_then(|name| fields.position(name, usize::MAX)) {
                    Some(place) => Some(fields.set_at(place, value)),
                    None => return Err(no_such_key(&key)),
                }
            }
            Body::Native(native) => {
                return native
                    .set_index(self, &key, value)
                    .unwrap_or_else(|| Err(Message::ReadOnly.into()));
            }
            _ => return Err(Message::NotIndexed.into()),
        };
        if grown {
            obj.recount();
        }
        drop(old);
        Ok(())
    }

    pub(crate) fn array_index(&self, key: &Value, length: usize) -> Result<usize, Fault> {
        let index = match key {
            Value::Int(index) => *index,
            _ => self.to_int(key)?,
        };
        usize::try_from(index)
            .ok()
            .filter(|&index| index < length)
            .ok_or_else(|| Message::IndexOutOfRange.into())
    }

    // ---- the walk ---------------------------------------------------------------------------

    /// Whether a value can be walked.
    pub(crate) fn check_iterable(&self, value: &Value) -> Result<(), Fault> {
        let fine = match value {
            Value::Obj(obj) => match &*obj.body() {
                Body::Array(_) | Body::Struct(_) | Body::Map(_) | Body::Host(_) => true,
                Body::Native(native) => native.item(self, usize::MAX).is_ok(),
                Body::KeyValue(..) | Body::Dead => false,
            },
            Value::EnumList(list) => list.strings.is_empty(),
            _ => false,
        };
        if fine {
            Ok(())
        } else {
            Err(Message::NoIterator.into())
        }
    }

    /// The element at or after a place, and the place to go on from.
    pub fn next_item(
        &mut self,
        collection: &Value,
        place: usize,
    ) -> Result<Option<(Value, usize)>, Fault> {
        let obj = match collection {
            Value::Obj(obj) => obj,
            Value::EnumList(list) => {
                return Ok((place < list.items.len())
                    .then(|| (Value::Enum(place as u16, list), place + 1)));
            }
            _ => return Err(Message::NoIterator.into()),
        };
        let pair = match &*obj.body() {
            Body::Array(items) => {
                return Ok(items.get(place).map(|item| (item.clone(), place + 1)));
            }
            Body::Struct(fields) => fields.fields().get(place).map(|field| {
                let key = self.spelling_value(field.spelling);
                (key, field.value.clone(), place + 1)
            }),
            Body::Map(map) => map
                .next(place)
                .map(|(key, value, next)| (key.clone(), value.clone(), next)),
            Body::Native(native) => {
                return match native.item(self, place) {
                    Ok(item) => Ok(item.map(|item| (item, place + 1))),
                    Err(NoIterator) => Err(Message::NoIterator.into()),
                };
            }
            Body::Host(_) => None,
            Body::KeyValue(..) | Body::Dead => return Err(Message::NoIterator.into()),
        };
        if let Some((key, value, next)) = pair {
            let item = self.alloc(
                &crate::library::map::KEY_AND_VALUE,
                Body::KeyValue(key, value),
            );
            return Ok(Some((item, next)));
        }
        let body = obj.body();
        match &*body {
            Body::Host(host) => match host.item(self, place) {
                Some(item) => Ok(item?.map(|item| (item, place + 1))),
                None => Err(Message::NoIterator.into()),
            },
            _ => Ok(None),
        }
    }

    /// All elements of a collection, for the library.
    pub fn items(&mut self, collection: &Value) -> Result<Vec<Value>, Fault> {
        if let Value::Obj(obj) = collection
            && let Body::Array(items) = &*obj.body()
        {
            return self.copied(items);
        }
        let mut items = Paid::new();
        let mut place = 0;
        while let Some((item, next)) = self.next_item(collection, place)? {
            self.charge(2)?;
            items.push(item)?;
            place = next;
        }
        Ok(items.into_vec())
    }

    /// A copy of a list, paid for.
    pub fn copied<T: Clone>(&self, items: &[T]) -> Result<Vec<T>, Fault> {
        self.meter.units(items.len())?;
        memory::reserve(size_of_val(items))?;
        Ok(items.to_vec())
    }

    // ---- references -------------------------------------------------------------------------

    /// The value that a by-reference parameter leads to.
    pub(crate) fn load_ref(&mut self, reference: &Value) -> Result<Value, Fault> {
        match reference {
            Value::Ref(RefTo::Stack(place)) => Ok(self.stack[*place as usize].clone()),
            Value::Ref(RefTo::Module(module, slot)) => {
                Ok(self.modules[*module as usize].vars[*slot as usize].clone())
            }
            Value::Ref(RefTo::Global(index)) => Ok(self.globals[*index as usize].clone()),
            Value::RefElement(element) => {
                let element = Rc::clone(element);
                match &element.key {
                    RefKey::Index(key) => self.get_index(&element.object, key),
                    RefKey::Field(module, site) => self.get_field(&element.object, *module, *site),
                }
            }
            value => Ok(value.clone()),
        }
    }

    /// Writes where a by-reference parameter in a register leads.
    pub(crate) fn store_ref(&mut self, register: usize, value: Value) -> Result<(), Fault> {
        match &self.stack[register] {
            Value::Ref(RefTo::Stack(place)) => {
                let place = *place as usize;
                self.stack[place] = value;
            }
            Value::Ref(RefTo::Module(module, slot)) => {
                let (module, slot) = (*module as usize, *slot as usize);
                self.modules[module].vars[slot] = value;
            }
            Value::Ref(RefTo::Global(index)) => {
                let index = *index as usize;
                self.globals[index] = value;
            }
            Value::RefElement(element) => {
                let element = Rc::clone(element);
                return self.store_element(&element, value);
            }
            _ => self.stack[register] = value,
        }
        Ok(())
    }

    pub(crate) fn store_element(
        &mut self,
        element: &RefElement,
        value: Value,
    ) -> Result<(), Fault> {
        match &element.key {
            RefKey::Index(key) => self.set_index(&element.object, key.clone(), value),
            RefKey::Field(module, site) => self.set_field(&element.object, *module, *site, value),
        }
    }

    // ---- types ------------------------------------------------------------------------------

    /// ТипЗнч.
    #[must_use]
    pub fn type_value(&self, value: &Value) -> Value {
        if let Value::Obj(obj) = value
            && let Body::Host(host) = &*obj.body()
        {
            let name = host.type_name();
            let index = self
                .program
                .environment
                .types
                .iter()
                .position(|it| *it == name);
            return match index {
                Some(index) => Value::HostType(index as u32),
                None => Value::Undefined,
            };
        }
        Value::Type(type_of(value))
    }

    /// Тип(имя).
    #[must_use]
    pub fn type_by_name(&self, name: &str) -> Option<Value> {
        let name = name.trim();
        if let Some(ty) = LIBRARY.names.find(name).and_then(|name| LIBRARY.ty(name)) {
            return Some(Value::Type(ty));
        }
        let name = self.names().find(name)?;
        self.program
            .globals
            .types
            .get(&name)
            .map(|&index| Value::HostType(index))
    }

    /// The error as a value.
    #[must_use]
    pub fn error_value(&self, error: Rc<ErrorInfo>) -> Value {
        Value::Error(error)
    }
}

/// Why a structure has nothing under a key: it is no name, or no field's name.
fn no_such_key(key: &Value) -> Fault {
    match key.as_string() {
        Some(text) => Message::FieldNotFound(text).into(),
        None => Message::WrongParameter(1).into(),
    }
}
