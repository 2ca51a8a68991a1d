//! СообщениеПользователю: a message that says which field it is about. The host gets the text.

use super::define::{method, native, native_of, native_of_mut, prop, string_of};
use super::registry::{Area, Constructor, PropDef, TypeDef};
use crate::host::MessageStatus;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// Messages to the person.
pub static AREA: Area = Area {
    title: "Сообщения пользователю",
    functions: &[],
    types: &[&USER_MESSAGE],
    enums: &[],
};

/// Places of the properties in [`Parts`].
const TEXT: usize = 0;
const FIELD: usize = 1;
const DATA_PATH: usize = 2;

/// Text, field, path to the data; the key of the data.
struct Parts {
    texts: [String; 3],
    key: Value,
}

native!(Parts, |parts| parts
    .texts
    .iter()
    .map(String::capacity)
    .sum());

/// СообщениеПользователю.
pub static USER_MESSAGE: TypeDef = TypeDef {
    ru: "СообщениеПользователю",
    en: "UserMessage",
    new: Some(Constructor {
        params: "",
        call: |vm, _| {
            let parts = Parts {
                texts: Default::default(),
                key: Value::Undefined,
            };
            Ok(vm.alloc(&USER_MESSAGE, Body::Native(Box::new(parts))))
        },
    }),
    methods: &[
        method!("Сообщить" "Message" ("") false |vm, this, _| {
            let text = native_of::<Parts>(this, 1)?.texts[TEXT].clone();
            vm.message(&text, MessageStatus::Without)?;
            Ok(Value::Undefined)
        }),
        method!("УстановитьДанные" "SetData" ("Объект") false |_, this, args| {
            native_of_mut::<Parts>(this, 1)?.key = args[0].clone();
            Ok(Value::Undefined)
        }),
    ],
    props: PROPS,
};

const PROPS: &[PropDef] = &[
    prop!("Текст" "Text" |_, this| read(this, TEXT), |vm, this, value| write(vm, this, TEXT, &value)),
    prop!("Поле" "Field" |_, this| read(this, FIELD), |vm, this, value| write(vm, this, FIELD, &value)),
    prop!("ПутьКДанным" "DataPath" |_, this| read(this, DATA_PATH), |vm, this, value| write(vm, this, DATA_PATH, &value)),
    prop!("КлючДанных" "DataKey" |_, this| Ok(native_of::<Parts>(this, 1)?.key.clone()), |_, this, value| {
        native_of_mut::<Parts>(this, 1)?.key = value;
        Ok(())
    }),
];

fn read(this: &Value, at: usize) -> Result<Value, Fault> {
    Ok(Value::str(&native_of::<Parts>(this, 1)?.texts[at]))
}

fn write(vm: &mut Vm<'_>, this: &Value, at: usize, value: &Value) -> Result<(), Fault> {
    let text = match value {
        Value::Undefined => String::new(),
        value => string_of(value, 1).unwrap_or_else(|_| vm.text(value)),
    };
    native_of_mut::<Parts>(this, 1)?.texts[at] = text;
    super::define::recount(vm, this)
}
