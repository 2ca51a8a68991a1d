//! HTTPЗапрос.

use super::super::bytes::{bytes_of, charset, decode_text, encode_text, share};
use super::super::define::{
    choice, enumeration, is_left_out, method, native, native_of, native_of_mut, no_files, prop,
    recount, said, string_of,
};
use super::super::map::MAP;
use super::super::registry::{Constructor, TypeDef};
use super::super::stream;
use super::is_token;
use crate::kernel::encode::Charset;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

enumeration! {
    /// ИспользованиеByteOrderMark.
    BYTE_ORDER_MARK "ИспользованиеByteOrderMark" "ByteOrderMarkUse" [
        "Авто" "Auto",
        "Использовать" "Use",
        "НеИспользовать" "DontUse",
    ]
}

/// HTTPЗапрос.
pub static REQUEST: TypeDef = TypeDef {
    ru: "HTTPЗапрос",
    en: "HTTPRequest",
    new: Some(Constructor {
        params: "АдресРесурса?, Заголовки?",
        call: |vm, args| {
            let address = if is_left_out(&args[0]) {
                String::new()
            } else {
                string_of(&args[0], 1)?
            };
            let headers = if is_left_out(&args[1]) {
                vm.alloc(&MAP, Body::Map(Box::default()))
            } else {
                as_headers(&args[1], 2)?
            };
            let request = Request {
                address,
                headers,
                body: Content::Bytes(Rc::from([])),
            };
            vm.reserve(request.address.len())?;
            Ok(vm.alloc(&REQUEST, Body::Native(Box::new(request))))
        },
    }),
    methods: &[
        method!("УстановитьТелоИзСтроки" "SetBodyFromString"
        ("Строка, Кодировка?, ИспользованиеByteOrderMark?") false |vm, this, args| {
            let text = string_of(&args[0], 1)?;
            let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
            let mark = match choice(&args[2], &BYTE_ORDER_MARK, 3)? {
                Some(1) => true,
                Some(2) => false,
                // A mark before UTF-8 is what most servers stumble over (believed for Авто).
                _ => matches!(charset, Charset::Utf16Le | Charset::Utf16Be),
            };
            let bytes = encode_text(vm, &text, charset, mark)?;
            set_body(vm, this, Content::Bytes(bytes.into()))
        }),
        method!("УстановитьТелоИзДвоичныхДанных" "SetBodyFromBinaryData" ("Данные") false
        |vm, this, args| {
            let bytes = bytes_of(&args[0], 1)?;
            set_body(vm, this, Content::Bytes(bytes))
        }),
        method!("УстановитьИмяФайлаТела" "SetBodyFileName" ("ИмяФайла") false |vm, _, _| {
            Err(no_files(vm))
        }),
        method!("ПолучитьИмяФайлаТела" "GetBodyFileName" ("") true |_, _, _| Ok(Value::Undefined)),
        method!("ПолучитьТелоКакСтроку" "GetBodyAsString" ("Кодировка?") true |vm, this, args| {
            let charset = charset(vm, &args[0], 1)?.unwrap_or_default();
            let bytes = body(vm, this)?;
            Ok(decode_text(vm, &bytes, charset)?.into())
        }),
        method!("ПолучитьТелоКакДвоичныеДанные" "GetBodyAsBinaryData" ("") true |vm, this, _| {
            let bytes = body(vm, this)?;
            Ok(share(vm, bytes))
        }),
        // The stream is the body from then on: what the program writes there is sent.
        method!("ПолучитьТелоКакПоток" "GetBodyAsStream" ("") true |vm, this, _| {
            if let Content::Stream(stream) = &native_of::<Request>(this, 1)?.body {
                return Ok(stream.clone());
            }
            let bytes = body(vm, this)?;
            let stream = stream::writing(vm);
            stream::write(vm, &stream, 1, &bytes)?;
            set_body(vm, this, Content::Stream(stream.clone()))?;
            Ok(stream)
        }),
    ],
    props: &[
        prop!("АдресРесурса" "ResourceAddress"
        |_, this| Ok(Value::str(&native_of::<Request>(this, 1)?.address)),
        |vm, this, value| {
            let address = string_of(&value, 1)?;
            native_of_mut::<Request>(this, 1)?.address = address;
            recount(vm, this)
        }),
        prop!("Заголовки" "Headers"
        |_, this| Ok(native_of::<Request>(this, 1)?.headers.clone()),
        |_, this, value| {
            let headers = as_headers(&value, 1)?;
            let old =
                std::mem::replace(&mut native_of_mut::<Request>(this, 1)?.headers, headers);
            drop(old);
            Ok(())
        }),
    ],
};

/// A body to be sent.
enum Content {
    Bytes(Rc<[u8]>),
    Stream(Value),
}

/// The insides of HTTPЗапрос.
pub(super) struct Request {
    pub(super) address: String,
    headers: Value,
    body: Content,
}

native!(Request, |this| this.address.len()
    + match &this.body {
        Content::Bytes(bytes) => bytes.len(),
        Content::Stream(_) => 0,
    });

fn as_headers(value: &Value, number: u8) -> Result<Value, Fault> {
    let is_map = value
        .as_obj()
        .is_some_and(|obj| matches!(obj.ty().ru, "Соответствие" | "ФиксированноеСоответствие"));
    if is_map {
        Ok(value.clone())
    } else {
        Err(Fault::param(number))
    }
}

fn set_body(vm: &mut Vm<'_>, this: &Value, body: Content) -> Result<Value, Fault> {
    let old = std::mem::replace(&mut native_of_mut::<Request>(this, 1)?.body, body);
    drop(old);
    recount(vm, this)?;
    Ok(Value::Undefined)
}

/// The bytes of the body.
pub(super) fn body(vm: &mut Vm<'_>, this: &Value) -> Result<Rc<[u8]>, Fault> {
    let stream = match &native_of::<Request>(this, 1)?.body {
        Content::Bytes(bytes) => return Ok(Rc::clone(bytes)),
        Content::Stream(stream) => stream.clone(),
    };
    stream::final_content(vm, &stream)
}

/// The headers as they are sent. A line break in one would smuggle in another.
pub(super) fn header_list(vm: &mut Vm<'_>, this: &Value) -> Result<Vec<(String, String)>, Fault> {
    let headers = native_of::<Request>(this, 1)?.headers.clone();
    let mut list = Vec::new();
    for item in vm.items(&headers)? {
        let name = vm.field(&item, "Ключ")?;
        let value = vm.field(&item, "Значение")?;
        let (name, value) = (vm.text(&name), header_text(vm, &value));
        let (name, value) = (name.trim().to_string(), value.trim().to_string());
        if !is_token(&name)
            || value
                .chars()
                .any(|symbol| symbol.is_control() && symbol != '\t')
        {
            return Err(said(
                vm,
                format!("Неверный заголовок HTTP «{name}»"),
                format!("Not an HTTP header: \"{name}\""),
            ));
        }
        list.push((name, value));
    }
    Ok(list)
}

/// Numbers go without the groups that people read.
fn header_text(vm: &Vm<'_>, value: &Value) -> String {
    match value.as_number() {
        Some(number) => number.to_invariant_text(),
        None => vm.text(value),
    }
}
