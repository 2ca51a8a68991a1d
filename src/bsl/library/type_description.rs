//! ОписаниеТипов and its qualifiers: which types a value may have, and how another value is made to fit.
//! Typed columns of tables and lists of values use it.

use super::define::{enumeration, method, prop};
use super::names::listed_text;
use super::registry::{Area, Constructor, EnumDef, TypeDef};
use super::table::{ROW, TREE_ROW};
use super::value_list::{LIST_ITEM, VALUE_LIST};
use crate::kernel::date::Date;
use crate::kernel::qualifiers::{
    BinaryQualifiers, DateFractions, NumberQualifiers, StringQualifiers,
};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::NativeObject;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message, beginning};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// Descriptions of types.
pub static AREA: Area = Area {
    title: "Описания типов",
    functions: &[],
    types: &[
        &TYPE_DESCRIPTION,
        &NUMBER_QUALIFIERS,
        &STRING_QUALIFIERS,
        &DATE_QUALIFIERS,
        &BINARY_QUALIFIERS,
    ],
    enums: &[&ALLOWED_SIGN, &ALLOWED_LENGTH, &DATE_FRACTIONS],
};

enumeration!(
    /// ДопустимыйЗнак.
    ALLOWED_SIGN "ДопустимыйЗнак" "AllowedSign" [
        "Любой" "Any",
        "Неотрицательный" "Nonnegative",
    ]
);

enumeration!(
    /// ДопустимаяДлина.
    ALLOWED_LENGTH "ДопустимаяДлина" "AllowedLength" [
        "Переменная" "Variable",
        "Фиксированная" "Fixed",
    ]
);

enumeration!(
    /// ЧастиДаты.
    DATE_FRACTIONS "ЧастиДаты" "DateFractions" [
        "Дата" "Date",
        "Время" "Time",
        "ДатаВремя" "DateTime",
    ]
);

/// A fixed length pads no further than this many units.
const PADDING_MAX: usize = 1024;

/// The types of a description, with its qualifiers.
#[derive(Default)]
pub struct TypeSet {
    pub(super) types: Vec<Value>,
    pub(super) number: NumberQualifiers,
    pub(super) string: StringQualifiers,
    pub(super) date: DateFractions,
    binary: BinaryQualifiers,
}

/// The primitive types, which know conversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Primitive {
    Number,
    String,
    Date,
    Boolean,
}

fn primitive(ty: &Value) -> Option<Primitive> {
    let Value::Type(ty) = ty else { return None };
    match ty.ru {
        "Число" => Some(Primitive::Number),
        "Строка" => Some(Primitive::String),
        "Дата" => Some(Primitive::Date),
        "Булево" => Some(Primitive::Boolean),
        _ => None,
    }
}

impl TypeSet {
    /// The set of one type.
    #[must_use]
    pub fn of(ty: Value) -> TypeSet {
        TypeSet {
            types: vec![ty],
            ..TypeSet::default()
        }
    }

    /// Whether anything fits.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.types.is_empty()
    }

    /// Whether the type is in the set.
    #[must_use]
    pub fn contains(&self, ty: &Value) -> bool {
        self.types.iter().any(|own| own.same_key(ty))
    }

    pub(super) fn add(&mut self, ty: Value) {
        if !self.contains(&ty) {
            self.types.push(ty);
        }
    }

    /// The value of an empty cell: of a single primitive type its empty value, else Неопределено.
    #[must_use]
    pub fn default_value(&self) -> Value {
        match self.types.as_slice() {
            [only] => match primitive(only) {
                Some(Primitive::Number) => Value::Int(0),
                Some(Primitive::String) => self.fit_string(&Value::str("")),
                Some(Primitive::Date) => Value::Date(Date::EMPTY),
                Some(Primitive::Boolean) => Value::Bool(false),
                None => Value::Undefined,
            },
            _ => Value::Undefined,
        }
    }

    /// ПривестиЗначение: the value when its type fits, else what a single primitive type makes of it,
    /// else the empty value. Never an error.
    pub fn adjust(&self, vm: &mut Vm<'_>, value: &Value) -> Value {
        if self.is_any() {
            return value.clone();
        }
        if let Some(obj) = value.as_obj().filter(|_| is_opaque(value)) {
            if self.contains(&Value::Type(obj.ty())) {
                return value.clone();
            }
            return match self.types.as_slice() {
                [only] if primitive(only) == Some(Primitive::String) => {
                    self.fit_string(&Value::str(obj.ty().ru))
                }
                _ => self.default_value(),
            };
        }
        if self.contains(&vm.type_value(value)) {
            return match value {
                value if value.is_str() => self.fit_string(value),
                Value::Date(date) => Value::Date(self.date.adjust(*date)),
                value => match value.as_number() {
                    Some(number) => self.number.adjust(&number).into(),
                    None => value.clone(),
                },
            };
        }
        let [only] = self.types.as_slice() else {
            return Value::Undefined;
        };
        match (primitive(only), value) {
            (Some(_), Value::Undefined | Value::Null | Value::Missing) => self.default_value(),
            (Some(Primitive::String), value) => {
                let text = vm.text_value(value);
                self.fit_string(&text)
            }
            (Some(Primitive::Number), value) => match vm.to_number(value) {
                Ok(number) => self.number.adjust(&number).into(),
                Err(_) => Value::Int(0),
            },
            (Some(Primitive::Boolean), value) => Value::Bool(vm.to_bool(value).unwrap_or(false)),
            (Some(Primitive::Date), value) => {
                let text = value.as_string().unwrap_or_default();
                let date = Date::parse_digits(text.trim()).or_else(|| Date::parse_1c_text(&text));
                Value::Date(self.date.adjust(date.unwrap_or(Date::EMPTY)))
            }
            (None, _) => Value::Undefined,
        }
    }

    fn fit_string(&self, value: &Value) -> Value {
        let adjusted = value
            .as_units()
            .and_then(|units| self.string.adjust(units, PADDING_MAX));
        adjusted.map_or_else(|| value.clone(), Value::from_units)
    }

    fn same(&self, other: &TypeSet) -> bool {
        self.types.len() == other.types.len()
            && self.types.iter().all(|ty| other.contains(ty))
            && (self.number, self.string, self.date) == (other.number, other.string, other.date)
    }
}

/// The object of a description; unchangeable, so that columns share the set.
pub struct TypeDescription(pub Rc<TypeSet>);

impl NativeObject for TypeDescription {
    fn size(&self) -> usize {
        size_of::<TypeSet>() + self.0.types.capacity() * size_of::<Value>()
    }

    fn presentation(&self, vm: &Vm<'_>) -> Option<String> {
        let names: Vec<String> = self.0.types.iter().map(|ty| vm.text(ty)).collect();
        Some(names.join(", "))
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        Some(
            other
                .downcast_ref::<TypeDescription>()
                .is_some_and(|other| self.0.same(&other.0)),
        )
    }

    fn content_hash(&self) -> Option<u64> {
        // Equal sets may list their types in another order.
        Some(self.0.types.iter().fold(17, |sum, ty| sum ^ ty.key_hash()))
    }
}

/// The set behind a value that is a description.
#[must_use]
pub fn type_set(value: &Value) -> Option<Rc<TypeSet>> {
    value
        .as_obj()?
        .native::<TypeDescription>()
        .map(|description| Rc::clone(&description.0))
}

/// A description as a value.
pub fn description(vm: &Vm<'_>, set: Rc<TypeSet>) -> Value {
    vm.alloc(
        &TYPE_DESCRIPTION,
        Body::Native(Box::new(TypeDescription(set))),
    )
}

/// One of the three kinds of qualifiers as an object; equal ones are one value.
#[derive(PartialEq, Eq, Hash)]
enum Qualifiers {
    Number(NumberQualifiers),
    String(StringQualifiers),
    Date(DateFractions),
    Binary(BinaryQualifiers),
}

impl NativeObject for Qualifiers {
    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        Some(other.downcast_ref::<Qualifiers>() == Some(self))
    }

    fn content_hash(&self) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        Some(hasher.finish())
    }
}

/// ОписаниеТипов.
pub static TYPE_DESCRIPTION: TypeDef = TypeDef {
    ru: "ОписаниеТипов",
    en: "TypeDescription",
    new: Some(Constructor {
        params: "Типы?, ДополнительныеТипы?, ВычитаемыеТипы?, КвалификаторыЧисла?, КвалификаторыСтроки?, КвалификаторыДаты?, КвалификаторыДвоичныхДанных?",
        call: new_description,
    }),
    methods: &[
        method!("Типы" "Types" ("") true |vm, this, _| {
            let types = this_set(this)?.types.clone();
            Ok(vm.new_array(types))
        }),
        method!("СодержитТип" "ContainsType" ("Тип") true |_, this, args| Ok(Value::Bool(this_set(this)?.contains(&args[0])))),
        method!("ПривестиЗначение" "AdjustValue" ("Значение?") true |vm, this, args| {
            let set = this_set(this)?;
            Ok(set.adjust(vm, &args[0]))
        }),
    ],
    props: &[
        prop!("КвалификаторыЧисла" "NumberQualifiers" |vm, this| {
            let qualifiers = Qualifiers::Number(this_set(this)?.number);
            Ok(vm.alloc(&NUMBER_QUALIFIERS, Body::Native(Box::new(qualifiers))))
        }),
        prop!("КвалификаторыСтроки" "StringQualifiers" |vm, this| {
            let qualifiers = Qualifiers::String(this_set(this)?.string);
            Ok(vm.alloc(&STRING_QUALIFIERS, Body::Native(Box::new(qualifiers))))
        }),
        prop!("КвалификаторыДаты" "DateQualifiers" |vm, this| {
            let qualifiers = Qualifiers::Date(this_set(this)?.date);
            Ok(vm.alloc(&DATE_QUALIFIERS, Body::Native(Box::new(qualifiers))))
        }),
        prop!("КвалификаторыДвоичныхДанных" "BinaryDataQualifiers" |vm, this| {
            let qualifiers = Qualifiers::Binary(this_set(this)?.binary);
            Ok(vm.alloc(&BINARY_QUALIFIERS, Body::Native(Box::new(qualifiers))))
        }),
    ],
};

fn this_set(this: &Value) -> Result<Rc<TypeSet>, Fault> {
    type_set(this).ok_or_else(|| Fault::param(1))
}

/// КвалификаторыЧисла.
pub static NUMBER_QUALIFIERS: TypeDef = TypeDef {
    ru: "КвалификаторыЧисла",
    en: "NumberQualifiers",
    new: Some(Constructor {
        params: "Разрядность?, РазрядностьДробнойЧасти?, ДопустимыйЗнак?",
        call: |vm, args| {
            let qualifiers = NumberQualifiers {
                digits: small(vm, &args[0])?,
                fraction_digits: small(vm, &args[1])?,
                non_negative: chosen(&args[2], &ALLOWED_SIGN) == Some(1),
            };
            Ok(vm.alloc(
                &NUMBER_QUALIFIERS,
                Body::Native(Box::new(Qualifiers::Number(qualifiers))),
            ))
        },
    }),
    methods: &[],
    props: &[
        prop!("Разрядность" "Digits" |_, this| number_of(this, |qualifiers| Value::Int(i64::from(qualifiers.digits)))),
        prop!("РазрядностьДробнойЧасти" "FractionDigits" |_, this| {
            number_of(this, |qualifiers| {
                Value::Int(i64::from(qualifiers.fraction_digits))
            })
        }),
        prop!("ДопустимыйЗнак" "AllowedSign" |_, this| {
            number_of(this, |qualifiers| {
                Value::Enum(u16::from(qualifiers.non_negative), &ALLOWED_SIGN)
            })
        }),
    ],
};

fn number_of(this: &Value, read: impl Fn(&NumberQualifiers) -> Value) -> Result<Value, Fault> {
    match this
        .as_obj()
        .and_then(|obj| obj.native::<Qualifiers>())
        .as_deref()
    {
        Some(Qualifiers::Number(qualifiers)) => Ok(read(qualifiers)),
        _ => Err(Fault::param(1)),
    }
}

/// КвалификаторыСтроки.
pub static STRING_QUALIFIERS: TypeDef = TypeDef {
    ru: "КвалификаторыСтроки",
    en: "StringQualifiers",
    new: Some(Constructor {
        params: "Длина?, ДопустимаяДлина?",
        call: |vm, args| {
            let qualifiers = StringQualifiers {
                length: small(vm, &args[0])? as usize,
                fixed: chosen(&args[1], &ALLOWED_LENGTH) == Some(1),
            };
            Ok(vm.alloc(
                &STRING_QUALIFIERS,
                Body::Native(Box::new(Qualifiers::String(qualifiers))),
            ))
        },
    }),
    methods: &[],
    props: &[
        prop!("Длина" "Length" |_, this| string_of(this, |qualifiers| Value::Int(qualifiers.length as i64))),
        prop!("ДопустимаяДлина" "AllowedLength" |_, this| {
            string_of(this, |qualifiers| {
                Value::Enum(u16::from(qualifiers.fixed), &ALLOWED_LENGTH)
            })
        }),
    ],
};

fn string_of(this: &Value, read: impl Fn(&StringQualifiers) -> Value) -> Result<Value, Fault> {
    match this
        .as_obj()
        .and_then(|obj| obj.native::<Qualifiers>())
        .as_deref()
    {
        Some(Qualifiers::String(qualifiers)) => Ok(read(qualifiers)),
        _ => Err(Fault::param(1)),
    }
}

/// КвалификаторыДвоичныхДанных: they are told, never applied; only the fields of a database have a
/// length.
pub static BINARY_QUALIFIERS: TypeDef = TypeDef {
    ru: "КвалификаторыДвоичныхДанных",
    en: "BinaryDataQualifiers",
    new: Some(Constructor {
        params: "Длина?, ДопустимаяДлина?",
        call: |vm, args| {
            let length = match &args[0] {
                Value::Missing | Value::Undefined => 0,
                value => u32::try_from(vm.to_int(value)?).map_err(|_| Fault::param(1))?,
            };
            let fixed = chosen(&args[1], &ALLOWED_LENGTH) == Some(1);
            let qualifiers = Qualifiers::Binary(BinaryQualifiers { length, fixed });
            Ok(vm.alloc(&BINARY_QUALIFIERS, Body::Native(Box::new(qualifiers))))
        },
    }),
    methods: &[],
    props: &[
        prop!("Длина" "Length" |_, this| Ok(Value::Int(i64::from(binary_of(this)?.length)))),
        prop!("ДопустимаяДлина" "AllowedLength" |_, this| {
            Ok(Value::Enum(
                u16::from(binary_of(this)?.fixed),
                &ALLOWED_LENGTH,
            ))
        }),
    ],
};

fn binary_of(this: &Value) -> Result<BinaryQualifiers, Fault> {
    match this
        .as_obj()
        .and_then(|obj| obj.native::<Qualifiers>())
        .as_deref()
    {
        Some(Qualifiers::Binary(binary)) => Ok(*binary),
        _ => Err(Fault::param(1)),
    }
}

/// КвалификаторыДаты.
pub static DATE_QUALIFIERS: TypeDef = TypeDef {
    ru: "КвалификаторыДаты",
    en: "DateQualifiers",
    new: Some(Constructor {
        params: "ЧастиДаты?",
        call: |vm, args| {
            let fractions = match chosen(&args[0], &DATE_FRACTIONS) {
                Some(0) => DateFractions::Date,
                Some(1) => DateFractions::Time,
                _ => DateFractions::DateTime,
            };
            Ok(vm.alloc(
                &DATE_QUALIFIERS,
                Body::Native(Box::new(Qualifiers::Date(fractions))),
            ))
        },
    }),
    methods: &[],
    props: &[prop!("ЧастиДаты" "DateFractions" |_, this| match this
        .as_obj()
        .and_then(|obj| obj.native::<Qualifiers>())
        .as_deref()
    {
        Some(Qualifiers::Date(fractions)) => Ok(Value::Enum(
            match fractions {
                DateFractions::Date => 0,
                DateFractions::Time => 1,
                DateFractions::DateTime => 2,
            },
            &DATE_FRACTIONS,
        )),
        _ => Err(Fault::param(1)),
    })],
};

/// A count of digits or units; a skipped one is 0.
fn small(vm: &Vm<'_>, value: &Value) -> Result<u32, Fault> {
    match value {
        Value::Missing | Value::Undefined => Ok(0),
        value => Ok(vm.to_int(value)?.clamp(0, i64::from(u32::MAX)) as u32),
    }
}

/// The chosen value of an enumeration.
pub(crate) fn chosen(value: &Value, list: &'static EnumDef) -> Option<u16> {
    match value {
        Value::Enum(item, own) if std::ptr::eq(*own, list) => Some(*item),
        _ => None,
    }
}

/// A type by its name: of the library, else of the host.
fn type_by_name(vm: &Vm<'_>, name: &str) -> Result<Value, Fault> {
    vm.type_by_name(name)
        .ok_or_else(|| Message::TypeNotFound(beginning(name.trim())).into())
}

/// Whether the value is an object whose text may lead to a row that is in hand: a row may be written
/// into its own cell, or hold a list that holds the row. Their insides are not looked at; the name of
/// their type is all there is to know.
fn is_opaque(value: &Value) -> bool {
    let opaque = [&ROW, &TREE_ROW, &VALUE_LIST, &LIST_ITEM];
    value
        .as_obj()
        .is_some_and(|obj| opaque.iter().any(|ty| std::ptr::eq(obj.ty(), *ty)))
}

/// The types that a parameter of the constructor names: a string of names, a type, an array of types,
/// a description.
fn types_of(vm: &Vm<'_>, value: &Value, param: u8) -> Result<Vec<Value>, Fault> {
    // Each once: there are some hundreds of types, and a program may name them a million times.
    let mut set = TypeSet::default();
    match value {
        Value::Missing | Value::Undefined => {}
        Value::Type(_) | Value::HostType(_) => set.add(value.clone()),
        value if value.is_str() => {
            for name in listed_text(vm, value).filled() {
                set.add(type_by_name(vm, name?)?);
                vm.meter().units(set.types.len())?;
            }
        }
        Value::Obj(obj) => {
            if let Some(description) = obj.native::<TypeDescription>() {
                return Ok(description.0.types.clone());
            }
            match &*obj.body() {
                Body::Array(items) => {
                    for item in items {
                        vm.meter().units(set.types.len())?;
                        match item {
                            Value::Type(_) | Value::HostType(_) => set.add(item.clone()),
                            _ => return Err(Fault::param(param)),
                        }
                    }
                }
                _ => return Err(Fault::param(param)),
            }
        }
        _ => return Err(Fault::param(param)),
    }
    Ok(set.types)
}

/// Both forms: types, added and removed types, qualifiers; and the older one of types and qualifiers.
fn new_description(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let mut set = TypeSet::default();
    if let Some(base) = type_set(&args[0]) {
        (set.number, set.string, set.date) = (base.number, base.string, base.date);
    }
    for ty in types_of(vm, &args[0], 1)? {
        set.add(ty);
    }
    for (index, value) in args.iter().enumerate().skip(1) {
        let qualifiers = value.as_obj().and_then(|obj| obj.native::<Qualifiers>());
        match qualifiers.as_deref() {
            Some(Qualifiers::Number(number)) => set.number = *number,
            Some(Qualifiers::String(string)) => set.string = *string,
            Some(Qualifiers::Date(date)) => set.date = *date,
            Some(Qualifiers::Binary(binary)) => set.binary = *binary,
            None => {
                drop(qualifiers);
                let types = types_of(vm, value, index as u8 + 1)?;
                match index {
                    1 => types.into_iter().for_each(|ty| set.add(ty)),
                    2 => set
                        .types
                        .retain(|own| !types.iter().any(|ty| ty.same_key(own))),
                    _ if types.is_empty() => {}
                    _ => return Err(Fault::param(index as u8 + 1)),
                }
            }
        }
    }
    Ok(description(vm, Rc::new(set)))
}

/// A description of the one type Число; columns that Итог may sum.
#[must_use]
pub fn is_number_only(set: &TypeSet) -> bool {
    matches!(set.types.as_slice(), [only] if primitive(only) == Some(Primitive::Number))
}
