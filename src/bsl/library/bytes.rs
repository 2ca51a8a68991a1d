//! ДвоичныеДанные and the functions between bytes and texts: encodings, Base64, hexadecimal.

use super::args::{bad_value, whole_of};
use super::define::{
    choice, enumeration, function, is_left_out, method, native_of, no_files, said, string_of,
};
use super::registry::{Area, Constructor, TypeDef};
use super::stream;
use crate::kernel::encode::{
    Charset, EncodingMode, Malformed, decode_base64, decode_hex, decode_percent, encode_base64,
    encode_hex, encode_percent,
};
use crate::value::heap::Body;
use crate::value::native::NativeObject;
use crate::value::{Value, memory};
use crate::vm::Vm;
use crate::vm::error::{Fault, beginning};
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

/// Bytes that the text of a value shows.
const SHOWN_MAX: usize = 256;

/// ДвоичныеДанные: they never change, therefore streams and bodies share them.
pub struct BinaryData(Rc<[u8]>);

impl BinaryData {
    /// The bytes, shared.
    pub(super) fn shared(&self) -> Rc<[u8]> {
        Rc::clone(&self.0)
    }
}

impl NativeObject for BinaryData {
    fn size(&self) -> usize {
        self.0.len() + 32
    }

    /// Bytes in hexadecimal, divided by blanks: programs take hashes from this text. Of many bytes
    /// the first are shown.
    fn presentation(&self, _: &Vm<'_>) -> Option<String> {
        let shown = &self.0[..self.0.len().min(SHOWN_MAX)];
        let mut text = String::with_capacity(shown.len() * 3 + 3);
        for (at, byte) in shown.iter().enumerate() {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(&encode_hex(&[*byte]));
        }
        if shown.len() < self.0.len() {
            text.push_str("...");
        }
        Some(text)
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.len())
    }

    fn content_units(&self) -> usize {
        if self.0.len() < 512 { 0 } else { self.0.len() }
    }

    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        let other = other.downcast_ref::<BinaryData>()?;
        if self.0.len() == other.0.len() {
            memory::work(self.0.len() / 4);
        }
        Some(self.0 == other.0)
    }

    fn content_hash(&self) -> Option<u64> {
        memory::work(self.0.len());
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
        method!("Записать" "Write" ("Поток") false write_to),
        method!("ЗаписатьАсинх" "WriteAsync" ("Поток") true write_to),
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
            let bytes = bytes_of(&args[0], 1)?;
            let text = base64_text(vm, &bytes)?;
            binary(vm, text.into_bytes())
        }),
        function!("ПолучитьДвоичныеДанныеИзBase64ДвоичныхДанных" "GetBinaryDataFromBase64BinaryData"
        ("Base64ДвоичныеДанные") true |vm, args| {
            let text = ascii(vm, &bytes_of(&args[0], 1)?)?;
            let bytes = decoded(vm, &text, decode_base64, "Base64")?;
            binary(vm, bytes)
        }),
        function!("ПолучитьHexСтрокуИзДвоичныхДанных" "GetHexStringFromBinaryData"
        ("ДвоичныеДанные") true |vm, args| {
            let bytes = bytes_of(&args[0], 1)?;
            Ok(hex_text(vm, &bytes)?.into())
        }),
        function!("ПолучитьДвоичныеДанныеИзHexСтроки" "GetBinaryDataFromHexString"
        ("Строка") true |vm, args| {
            let text = string_of(&args[0], 1)?;
            let bytes = decoded(vm, &text, decode_hex, "Hex")?;
            binary(vm, bytes)
        }),
        function!("ПолучитьHexДвоичныеДанныеИзДвоичныхДанных" "GetHexBinaryDataFromBinaryData"
        ("ДвоичныеДанные") true |vm, args| {
            let bytes = bytes_of(&args[0], 1)?;
            let text = hex_text(vm, &bytes)?;
            binary(vm, text.into_bytes())
        }),
        function!("ПолучитьДвоичныеДанныеИзHexДвоичныхДанных" "GetBinaryDataFromHexBinaryData"
        ("HexДвоичныеДанные") true |vm, args| {
            let text = ascii(vm, &bytes_of(&args[0], 1)?)?;
            let bytes = decoded(vm, &text, decode_hex, "Hex")?;
            binary(vm, bytes)
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

/// Bytes of the longest name of an encoding, with room.
const CHARSET_NAME_MAX: usize = 64;

/// The encoding that a parameter names: КодировкаТекста or a name; `None` when it was left out.
pub(super) fn charset(vm: &Vm<'_>, value: &Value, number: u8) -> Result<Option<Charset>, Fault> {
    match value {
        value if is_left_out(value) => Ok(None),
        Value::Enum(..) => Ok(
            choice(value, &TEXT_ENCODING, number)?.map(|item| match item {
                0 => Charset::WINDOWS_1251,
                1 => Charset::CP866,
                2 => Charset::Utf16Le,
                // The system's own encoding is UTF-8 wherever we run.
                _ => Charset::Utf8,
            }),
        ),
        value => {
            let name = string_of(value, number)?;
            let name = name.trim();
            if name.is_empty() {
                return Ok(None);
            }
            let known = (name.len() <= CHARSET_NAME_MAX).then(|| Charset::parse(name));
            match known.flatten() {
                Some(charset) => Ok(Some(charset)),
                None => {
                    let name = beginning(name);
                    Err(said(
                        vm,
                        format!("Неизвестная кодировка «{name}»"),
                        format!("Unknown encoding \"{name}\""),
                    ))
                }
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
    Ok(marked(charset, mark, charset.encode(text)))
}

/// The same for a string of the language.
pub(super) fn encode_string(
    vm: &mut Vm<'_>,
    units: &[u16],
    charset: Charset,
    mark: bool,
) -> Result<Vec<u8>, Fault> {
    vm.charge_work(units.len())?;
    // A unit takes at most three bytes of UTF-8, which are made first.
    vm.reserve(units.len().saturating_mul(6))?;
    Ok(marked(charset, mark, charset.encode_units(units)))
}

fn marked(charset: Charset, mark: bool, bytes: Vec<u8>) -> Vec<u8> {
    if mark && !charset.mark().is_empty() {
        [charset.mark(), &bytes].concat()
    } else {
        bytes
    }
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

/// The same as a string of the language.
pub(super) fn decode_string(
    vm: &mut Vm<'_>,
    bytes: &[u8],
    charset: Charset,
) -> Result<Value, Fault> {
    vm.charge_work(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(5))?;
    Ok(Value::from_units(charset.decode_units(bytes)))
}

/// A boolean parameter that is one, or was left out.
pub(super) fn strict_flag(value: &Value, number: u8) -> Result<bool, Fault> {
    match value {
        Value::Missing | Value::Undefined => Ok(false),
        Value::Bool(flag) => Ok(*flag),
        _ => Err(Fault::param(number)),
    }
}

/// The bytes that a text of Base64 or hexadecimal digits stands for.
pub(super) fn decoded(
    vm: &mut Vm<'_>,
    text: &str,
    decode: fn(&str) -> Result<Vec<u8>, Malformed>,
    what: &str,
) -> Result<Vec<u8>, Fault> {
    vm.charge_work(text.len())?;
    vm.reserve(text.len())?;
    decode(text).map_err(|_| {
        said(
            vm,
            format!("Неверный формат данных: строка не является записью {what}"),
            format!("Bad data: the string is not {what}"),
        )
    })
}

/// Base64 of bytes.
pub(super) fn base64_text(vm: &mut Vm<'_>, bytes: &[u8]) -> Result<String, Fault> {
    vm.charge_work(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(4))?;
    Ok(encode_base64(bytes))
}

/// Hexadecimal digits of bytes.
pub(super) fn hex_text(vm: &mut Vm<'_>, bytes: &[u8]) -> Result<String, Fault> {
    vm.charge_work(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(6))?;
    Ok(encode_hex(bytes))
}

/// Bytes that are text of Latin letters and digits.
pub(super) fn ascii(vm: &mut Vm<'_>, bytes: &[u8]) -> Result<String, Fault> {
    vm.charge_work(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(2))?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

fn write_to(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].is_str() {
        return Err(no_files(vm));
    }
    let bytes = bytes_of(this, 1)?;
    stream::write(vm, &args[0], 1, &bytes)?;
    Ok(Value::Undefined)
}

fn to_base64(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let bytes = bytes_of(&args[0], 1)?;
    Ok(base64_text(vm, &bytes)?.into())
}

fn from_base64(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = string_of(&args[0], 1)?;
    let bytes = decoded(vm, &text, decode_base64, "Base64")?;
    binary(vm, bytes)
}

fn from_string(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let bytes = bytes_of_string(vm, args)?;
    binary(vm, bytes)
}

/// The bytes that Строка, Кодировка and ДобавитьBOM stand for.
pub(super) fn bytes_of_string(vm: &mut Vm<'_>, args: &[Value]) -> Result<Vec<u8>, Fault> {
    let units = args[0].as_units().ok_or_else(|| Fault::param(1))?;
    let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
    let mark = strict_flag(&args[2], 3)?;
    encode_string(vm, units, charset, mark)
}

fn to_string(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let bytes = bytes_of(&args[0], 1)?;
    let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
    decode_string(vm, &bytes, charset)
}

fn concat(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let parts = vm.items(&args[0]).map_err(|_| Fault::param(1))?;
    let mut total = 0usize;
    for part in &parts {
        vm.charge(1)?;
        total = total.saturating_add(bytes_of(part, 1)?.len());
    }
    vm.charge_work(total)?;
    // Once as they are put together, once as the value.
    vm.reserve(total.saturating_mul(2))?;
    let mut bytes = Vec::with_capacity(total);
    for part in &parts {
        bytes.extend_from_slice(&bytes_of(part, 1)?);
    }
    binary(vm, bytes)
}

fn split(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let bytes = bytes_of(&args[0], 1)?;
    let size = match whole_of(vm, &args[1], 2)? {
        0 => return Err(bad_value(vm, 2)),
        size => usize::try_from(size).unwrap_or(usize::MAX),
    };
    vm.charge_work(bytes.len())?;
    if bytes.is_empty() {
        let only = binary(vm, Vec::new())?;
        return Ok(vm.new_array(vec![only]));
    }
    vm.reserve(bytes.len().div_ceil(size) * size_of::<Value>())?;
    let mut parts = Vec::with_capacity(bytes.len().div_ceil(size));
    for chunk in bytes.chunks(size) {
        vm.charge(1)?;
        parts.push(binary(vm, chunk.to_vec())?);
    }
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
