//! Values outside a run: plain trees that can be stored and sent to other threads.

use crate::kernel::date::Date;
use crate::kernel::number::Number;
use crate::library::registry::LIBRARY;
use crate::library::structure::structure;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

/// A value without its run.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Неопределено.
    Undefined,
    /// NULL of a database.
    Null,
    /// Булево.
    Bool(bool),
    /// Число.
    Number(Number),
    /// Строка. Halves of surrogate pairs alone become U+FFFD.
    Str(String),
    /// Дата.
    Date(Date),
    /// УникальныйИдентификатор.
    Uuid([u8; 16]),
    /// A reference of the host.
    Reference {
        /// Type, as in the environment.
        type_name: String,
        /// Key within it.
        key: String,
    },
    /// Массив, ФиксированныйМассив.
    Array(Vec<Data>),
    /// Структура, ФиксированнаяСтруктура: names in their first spelling.
    Structure(Vec<(String, Data)>),
    /// Соответствие, ФиксированноеСоответствие.
    Map(Vec<(Data, Data)>),
    /// СписокЗначений.
    ValueList(Vec<ListItem>),
    /// ДвоичныеДанные, given to a run by its host; a run gives none back, for they are not stored.
    Binary(Vec<u8>),
}

/// An element of СписокЗначений.
#[derive(Debug, Clone, PartialEq)]
pub struct ListItem {
    /// Значение.
    pub value: Data,
    /// Представление.
    pub presentation: String,
    /// Пометка.
    pub check: bool,
}

impl Data {
    /// About the bytes that it takes: more than its text does, but for signs that have to be escaped.
    #[must_use]
    pub fn weight(&self) -> usize {
        let inside = match self {
            Data::Str(text) => text.len(),
            Data::Number(number) => number.heap_bytes() * 3,
            Data::Reference { type_name, key } => type_name.len() + key.len(),
            Data::Array(items) => items.iter().map(Data::weight).sum(),
            Data::Structure(fields) => fields
                .iter()
                .map(|(name, value)| name.len() + 24 + value.weight())
                .sum(),
            Data::Map(entries) => entries
                .iter()
                .map(|(key, value)| key.weight() + value.weight())
                .sum(),
            Data::ValueList(items) => items
                .iter()
                .map(|item| item.value.weight() + item.presentation.len() + 32)
                .sum(),
            _ => 0,
        };
        inside + size_of::<Data>()
    }
}

/// Nesting that is stored: a cycle ends here with an error.
const DEPTH_MAX: u32 = 100;

impl Vm<'_> {
    /// A value as data. An error names the type that cannot be stored, or tells of a cycle.
    pub fn to_data(&mut self, value: &Value) -> Result<Data, Fault> {
        let account = self.account();
        let _entered = account.enter();
        self.data_of(value, 0)
    }

    fn data_of(&mut self, value: &Value, depth: u32) -> Result<Data, Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault::text(
                "Значение нельзя сохранить: оно содержит само себя или вложено слишком глубоко",
            ));
        }
        self.charge(4)?;
        let obj = match value {
            Value::Undefined | Value::Missing => return Ok(Data::Undefined),
            Value::Null => return Ok(Data::Null),
            Value::Bool(value) => return Ok(Data::Bool(*value)),
            Value::Date(date) => return Ok(Data::Date(*date)),
            Value::Uuid(uuid) => return Ok(Data::Uuid(**uuid)),
            Value::Int(_) | Value::Dec(..) | Value::Big(_) => {
                return Ok(Data::Number(self.to_number(value)?));
            }
            Value::Short(..) | Value::Str(_) => {
                return Ok(Data::Str(value.as_string().unwrap_or_default()));
            }
            Value::Obj(obj) => obj,
            _ => return Err(self.not_data(value)),
        };
        if let Body::Host(host) = &*obj.body() {
            return match host.identity() {
                Some(identity) => Ok(Data::Reference {
                    type_name: identity.type_name,
                    key: identity.key,
                }),
                None => Err(self.not_data(value)),
            };
        }
        match obj.ty().ru {
            "Массив" | "ФиксированныйМассив" => {
                let items = self.items(value)?;
                let items = items.iter().map(|item| self.data_of(item, depth + 1));
                Ok(Data::Array(items.collect::<Result<_, _>>()?))
            }
            "Структура" | "ФиксированнаяСтруктура" => {
                let mut fields = Vec::new();
                for item in self.items(value)? {
                    let (key, value) = self.pair(&item)?;
                    fields.push((self.text(&key), self.data_of(&value, depth + 1)?));
                }
                Ok(Data::Structure(fields))
            }
            "Соответствие" | "ФиксированноеСоответствие" => {
                let mut entries = Vec::new();
                for item in self.items(value)? {
                    let (key, value) = self.pair(&item)?;
                    entries.push((
                        self.data_of(&key, depth + 1)?,
                        self.data_of(&value, depth + 1)?,
                    ));
                }
                Ok(Data::Map(entries))
            }
            "СписокЗначений" => {
                let mut list = Vec::new();
                for item in self.items(value)? {
                    let (own, presentation) = (
                        self.field(&item, "Значение")?,
                        self.field(&item, "Представление")?,
                    );
                    let check = self.field(&item, "Пометка")?;
                    list.push(ListItem {
                        value: self.data_of(&own, depth + 1)?,
                        presentation: self.text(&presentation),
                        check: self.to_bool(&check).unwrap_or(false),
                    });
                }
                Ok(Data::ValueList(list))
            }
            _ => Err(self.not_data(value)),
        }
    }

    fn pair(&mut self, item: &Value) -> Result<(Value, Value), Fault> {
        Ok((self.field(item, "Ключ")?, self.field(item, "Значение")?))
    }

    fn not_data(&self, value: &Value) -> Fault {
        let ty = self.type_value(value);
        Fault::text(format!(
            "Значение типа «{}» нельзя сохранить",
            self.text(&ty)
        ))
    }

    /// Data as a value of this run. A reference that the host does not know becomes Неопределено.
    pub fn from_data(&mut self, data: &Data) -> Result<Value, Fault> {
        let account = self.account();
        let _entered = account.enter();
        self.value_of(data)
    }

    fn value_of(&mut self, data: &Data) -> Result<Value, Fault> {
        self.reserve(64)?;
        Ok(match data {
            Data::Undefined => Value::Undefined,
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Number(number) => number.clone().into(),
            Data::Str(text) => Value::str(text),
            Data::Date(date) => Value::Date(*date),
            Data::Uuid(uuid) => Value::Uuid(Rc::new(*uuid)),
            Data::Binary(bytes) => crate::library::bytes::binary(self, bytes.clone())?,
            Data::Reference { type_name, key } => match self.host().reference(type_name, key) {
                Some(object) => self.host_object(object),
                None => Value::Undefined,
            },
            Data::Array(items) => {
                let items: Result<Vec<Value>, Fault> =
                    items.iter().map(|item| self.value_of(item)).collect();
                self.new_array(items?)
            }
            Data::Structure(fields) => {
                let mut values = Vec::with_capacity(fields.len());
                for (name, value) in fields {
                    values.push((name.clone(), self.value_of(value)?));
                }
                structure(self, values)
            }
            Data::Map(entries) => {
                let map = self.new_object("Соответствие", Vec::new())?;
                for (key, value) in entries {
                    let (key, value) = (self.value_of(key)?, self.value_of(value)?);
                    self.set_element(&map, key, value)?;
                }
                map
            }
            Data::ValueList(items) => {
                let list = self.new_object("СписокЗначений", Vec::new())?;
                for item in items {
                    let value = self.value_of(&item.value)?;
                    let args = vec![
                        value,
                        Value::str(&item.presentation),
                        Value::Bool(item.check),
                    ];
                    self.call_member(&list, "Добавить", args)?;
                }
                list
            }
        })
    }

    /// `Новый` by the name of a type of the library.
    pub fn new_object(&mut self, type_name: &str, args: Vec<Value>) -> Result<Value, Fault> {
        let ty = LIBRARY
            .names
            .find(type_name)
            .and_then(|name| LIBRARY.ty(name));
        match ty {
            Some(ty) => self.construct(ty, &mut args.into()),
            None => Err(crate::vm::error::Message::TypeNotFound(type_name.to_string()).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, Host, Limits, Program};

    struct Nobody;
    impl Host for Nobody {}

    #[test]
    fn data_comes_back_as_it_went() {
        let program = Program::compile(&Environment::default(), &[]);
        let mut host = Nobody;
        let mut vm = Vm::new(&program, &mut host, Limits::default());
        let data = Data::Structure(vec![
            (
                "Список".into(),
                Data::Array(vec![
                    Data::Number(Number::from_scaled(15, 1)),
                    Data::Null,
                    Data::Bool(true),
                    Data::Uuid([7; 16]),
                ]),
            ),
            (
                "КартА".into(),
                Data::Map(vec![
                    (Data::Str("ключ".into()), Data::Date(Date::EMPTY)),
                    (Data::Undefined, Data::Undefined),
                ]),
            ),
        ]);
        let value = vm.from_data(&data).expect("it fits");
        assert_eq!(vm.to_data(&value).expect("it is storable"), data);
    }

    #[test]
    fn what_cannot_be_stored_is_named() {
        let program = Program::compile(&Environment::default(), &[]);
        let mut host = Nobody;
        let mut vm = Vm::new(&program, &mut host, Limits::default());
        let array = vm.new_array(Vec::new());
        if let Value::Obj(obj) = &array
            && let Ok(mut body) = obj.body_mut()
            && let Body::Array(items) = &mut *body
        {
            items.push(array.clone());
        }
        let error = vm.to_data(&array).expect_err("a cycle");
        assert!(format!("{error:?}").contains("содержит само себя"));
        let ty = vm.type_by_name("Строка").expect("a type");
        let error = vm.to_data(&ty).expect_err("a type is no data");
        assert!(format!("{error:?}").contains("«Тип»"));
    }
}
