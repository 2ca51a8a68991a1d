//! ДвоичныеДанные and the functions between bytes and texts: encodings, Base64, hexadecimal.

use super::define::{
    choice, enumeration, flag, function, is_left_out, method, native_of, no_files, said, string_of,
};
use super::registry::{Area, Constructor, TypeDef};
use super::stream;
use crate::kernel::encode::{
    Charset, EncodingMode, decode_base64, decode_hex, decode_percent, encode_base64, encode_hex,
    encode_percent,
};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::NativeObject;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::any::Any;
use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;

enumeration! {
    /// КодировкаТекста.
    TEXT_ENCODING "КодировкаТекста" "TextEncoding" [
        "ANSI" "ANSI",
        "OEM" "OEM",
        "UTF16" "UTF16",
        "UTF8" "UTF8",
        "UTF8NoBOM" "UTF8NoBOM",
        "Системная" "System",
    ]
}

enumeration! {
    /// СпособКодированияСтроки.
    STRING_ENCODING "СпособКодированияСтроки" "StringEncodingMethod" [
        "КодировкаURL" "URLEncoding",
        "URLВКодировкеURL" "URLInURLEncoding",
    ]
}

/// ДвоичныеДанные: they never change, therefore streams and bodies share them.
pub struct BinaryData(Rc<[u8]>);

impl NativeObject for BinaryData {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn size(&self) -> usize {
        self.0.len() + 32
    }

    /// Bytes in hexadecimal, divided by blanks: programs take hashes from this text. What would not
    /// fit the memory of the run shows the type's name.
    fn presentation(&self, vm: &Vm<'_>) -> Option<String> {
        if self.0.len().saturating_mul(9) > vm.memory_left() {
            return None;
        }
        let hex = encode_hex(&self.0);
        let mut text = String::with_capacity(self.0.len() * 3);
        for (at, digit) in hex.chars().enumerate() {
            if at > 0 && at % 2 == 0 {
                text.push(' ');
            }
            text.push(digit);
        }
        Some(text)
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        let other = other.as_any().downcast_ref::<BinaryData>()?;
        Some(self.0 == other.0)
    }

    fn content_hash(&self) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.0);
        Some(hasher.finish())
    }
}

/// ДвоичныеДанные.
pub static BINARY_DATA: TypeDef = TypeDef {
    ru: "ДвоичныеДанные",
    en: "BinaryData",
    new: Some(Constructor {
        params: "ИмяФайла",
        call: |vm, _| Err(no_files(vm)),
    }),
    methods: &[
        method!("Размер" "Size" ("") true |_, this, _| Ok(bytes_of(this, 1)?.len().into())),
        method!("ОткрытьПотокДляЧтения" "OpenStreamForRead" ("") true |vm, this, _| {
            let bytes = bytes_of(this, 1)?;
            Ok(stream::reading(vm, bytes))
        }),
        method!("Записать" "Write" ("Поток") false |vm, this, args| {
            if args[0].is_str() {
                return Err(no_files(vm));
            }
            let bytes = bytes_of(this, 1)?;
            stream::write(vm, &args[0], 1, &bytes)?;
            Ok(Value::Undefined)
        }),
    ],
    props: &[],
};

/// Bytes and encodings.
pub static AREA: Area = Area {
    title: "Двоичные данные и кодировки",
    functions: &[
        function!("Base64Строка" "Base64String" ("ДвоичныеДанные") true to_base64),
        function!("Base64Значение" "Base64Value" ("Строка") true from_base64),
        function!("ПолучитьBase64СтрокуИзДвоичныхДанных" "GetBase64StringFromBinaryData"
            ("ДвоичныеДанные") true to_base64),
        function!("ПолучитьДвоичныеДанныеИзBase64Строки" "GetBinaryDataFromBase64String"
            ("Строка") true from_base64),
        function!("ПолучитьBase64ДвоичныеДанныеИзДвоичныхДанных" "GetBase64BinaryDataFromBinaryData"
        ("ДвоичныеДанные") true |vm, args| {
            let text = base64_text(vm, &args[0])?;
            binary(vm, text.into_bytes())
        }),
        function!("ПолучитьДвоичныеДанныеИзBase64ДвоичныхДанных" "GetBinaryDataFromBase64BinaryData"
        ("Base64ДвоичныеДанные") true |vm, args| {
            let text = ascii(vm, &args[0])?;
            decoded(vm, decode_base64(&text).ok(), "Base64")
        }),
        function!("ПолучитьHexСтрокуИзДвоичныхДанных" "GetHexStringFromBinaryData"
        ("ДвоичныеДанные") true |vm, args| {
            let text = hex_text(vm, &args[0])?;
            Ok(text.into())
        }),
        function!("ПолучитьДвоичныеДанныеИзHexСтроки" "GetBinaryDataFromHexString"
        ("Строка") true |vm, args| {
            let text = string_of(&args[0], 1)?;
            vm.charge_work(text.len())?;
            decoded(vm, decode_hex(&text).ok(), "Hex")
        }),
        function!("ПолучитьHexДвоичныеДанныеИзДвоичныхДанных" "GetHexBinaryDataFromBinaryData"
        ("ДвоичныеДанные") true |vm, args| {
            let text = hex_text(vm, &args[0])?;
            binary(vm, text.into_bytes())
        }),
        function!("ПолучитьДвоичныеДанныеИзHexДвоичныхДанных" "GetBinaryDataFromHexBinaryData"
        ("HexДвоичныеДанные") true |vm, args| {
            let text = ascii(vm, &args[0])?;
            decoded(vm, decode_hex(&text).ok(), "Hex")
        }),
        function!("ПолучитьДвоичныеДанныеИзСтроки" "GetBinaryDataFromString"
            ("Строка, Кодировка?, ДобавитьBOM?") true from_string),
        function!("ПолучитьСтрокуИзДвоичныхДанных" "GetStringFromBinaryData"
            ("ДвоичныеДанные, Кодировка?") true to_string),
        function!("СоединитьДвоичныеДанные" "ConcatBinaryData" ("Массив") true concat),
        function!("РазделитьДвоичныеДанные" "SplitBinaryData" ("ДвоичныеДанные, Размер") true split),
        function!("КодироватьСтроку" "EncodeString"
            ("Строка, СпособКодированияСтроки, КодировкаСтроки?") true encode),
        function!("РаскодироватьСтроку" "DecodeString"
            ("Строка, СпособКодированияСтроки, КодировкаСтроки?") true decode),
    ],
    types: &[&BINARY_DATA],
    enums: &[&TEXT_ENCODING, &STRING_ENCODING],
};

/// A value of ДвоичныеДанные.
pub fn binary(vm: &mut Vm<'_>, bytes: Vec<u8>) -> Result<Value, Fault> {
    vm.reserve(bytes.len())?;
    Ok(share(vm, bytes.into()))
}

/// The same for bytes that are shared already.
pub(super) fn share(vm: &Vm<'_>, bytes: Rc<[u8]>) -> Value {
    vm.alloc(&BINARY_DATA, Body::Native(Box::new(BinaryData(bytes))))
}

/// The bytes of a parameter that must be ДвоичныеДанные.
pub fn bytes_of(value: &Value, number: u8) -> Result<Rc<[u8]>, Fault> {
    Ok(Rc::clone(&native_of::<BinaryData>(value, number)?.0))
}

/// The encoding that a parameter names: КодировкаТекста or a name; `None` when it was left out.
pub(super) fn charset(vm: &Vm<'_>, value: &Value, number: u8) -> Result<Option<Charset>, Fault> {
    match value {
        value if is_left_out(value) => Ok(None),
        Value::Enum(..) => Ok(
            choice(value, &TEXT_ENCODING, number)?.map(|item| match item {
                0 => Charset::Windows1251,
                1 => Charset::Cp866,
                2 => Charset::Utf16Le,
                // The system's own encoding is UTF-8 wherever we run.
                _ => Charset::Utf8,
            }),
        ),
        value => {
            let name = string_of(value, number)?;
            match Charset::parse(&name) {
                Some(charset) => Ok(Some(charset)),
                None if name.trim().is_empty() => Ok(None),
                None => Err(said(
                    vm,
                    format!("Неизвестная кодировка «{name}»"),
                    format!("Unknown encoding \"{name}\""),
                )),
            }
        }
    }
}

/// The bytes of a text with its byte order mark, when one is asked for and the encoding has it.
pub(super) fn encode_text(
    vm: &mut Vm<'_>,
    text: &str,
    charset: Charset,
    mark: bool,
) -> Result<Vec<u8>, Fault> {
    vm.charge_work(text.len())?;
    vm.reserve(text.len().saturating_mul(2))?;
    let mut bytes = match (charset, mark) {
        (Charset::Utf8, true) => vec![0xef, 0xbb, 0xbf],
        (Charset::Utf16Le, true) => vec![0xff, 0xfe],
        (Charset::Utf16Be, true) => vec![0xfe, 0xff],
        _ => return Ok(charset.encode(text)),
    };
    bytes.extend(charset.encode(text));
    Ok(bytes)
}

/// The text of bytes; what is no text becomes U+FFFD.
pub(super) fn decode_text(
    vm: &mut Vm<'_>,
    bytes: &[u8],
    charset: Charset,
) -> Result<String, Fault> {
    vm.charge_work(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(5))?;
    Ok(charset.decode_lossy(bytes))
}

fn decoded(vm: &mut Vm<'_>, bytes: Option<Vec<u8>>, what: &str) -> Result<Value, Fault> {
    match bytes {
        Some(bytes) => binary(vm, bytes),
        None => Err(said(
            vm,
            format!("Неверный формат данных: строка не является записью {what}"),
            format!("Bad data: the string is not {what}"),
        )),
    }
}

fn base64_text(vm: &mut Vm<'_>, value: &Value) -> Result<String, Fault> {
    let bytes = bytes_of(value, 1)?;
    vm.charge_work(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(4))?;
    Ok(encode_base64(&bytes))
}

fn hex_text(vm: &mut Vm<'_>, value: &Value) -> Result<String, Fault> {
    let bytes = bytes_of(value, 1)?;
    vm.charge_work(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(6))?;
    Ok(encode_hex(&bytes))
}

/// Bytes that are text of Latin letters and digits.
fn ascii(vm: &mut Vm<'_>, value: &Value) -> Result<String, Fault> {
    let bytes = bytes_of(value, 1)?;
    vm.charge_work(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(2))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn to_base64(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = base64_text(vm, &args[0])?;
    Ok(text.into())
}

fn from_base64(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = string_of(&args[0], 1)?;
    vm.charge_work(text.len())?;
    decoded(vm, decode_base64(&text).ok(), "Base64")
}

fn from_string(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = string_of(&args[0], 1)?;
    let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
    let mark = flag(vm, &args[2], false)?;
    let bytes = encode_text(vm, &text, charset, mark)?;
    binary(vm, bytes)
}

fn to_string(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let bytes = bytes_of(&args[0], 1)?;
    let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
    Ok(decode_text(vm, &bytes, charset)?.into())
}

fn concat(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let mut bytes = Vec::new();
    for part in vm.items(&args[0])? {
        let part = bytes_of(&part, 1)?;
        vm.charge_work(part.len())?;
        vm.reserve(bytes.len() + part.len())?;
        bytes.extend_from_slice(&part);
    }
    binary(vm, bytes)
}

fn split(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let bytes = bytes_of(&args[0], 1)?;
    let size = usize::try_from(vm.to_int(&args[1])?)
        .ok()
        .filter(|size| *size > 0)
        .ok_or_else(|| Fault::param(2))?;
    vm.charge_work(bytes.len())?;
    let mut parts = Vec::new();
    for chunk in bytes.chunks(size) {
        vm.charge(1)?;
        parts.push(binary(vm, chunk.to_vec())?);
    }
    vm.reserve(parts.len() * size_of::<Value>())?;
    Ok(vm.new_array(parts))
}

fn encode(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = vm.text(&args[0]);
    let mode = match choice(&args[1], &STRING_ENCODING, 2)? {
        Some(1) => EncodingMode::UrlInUrlEncoding,
        _ => EncodingMode::Url,
    };
    let charset = charset(vm, &args[2], 3)?.unwrap_or_default();
    vm.charge_work(text.len())?;
    // Three signs for a byte, in UTF-8 and then in UTF-16.
    vm.reserve(text.len().saturating_mul(9))?;
    Ok(encode_percent(&text, mode, charset).into())
}

fn decode(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = vm.text(&args[0]);
    choice(&args[1], &STRING_ENCODING, 2)?;
    let charset = charset(vm, &args[2], 3)?.unwrap_or_default();
    vm.charge_work(text.len())?;
    vm.reserve(text.len().saturating_mul(3))?;
    match decode_percent(&text, charset) {
        Ok(text) => Ok(text.into()),
        Err(_) => Err(said(
            vm,
            format!("Строка не является текстом в кодировке {}", charset.name()),
            format!("The string is not a text in {}", charset.name()),
        )),
    }
}
