//! Files that a program sends.

use base64::Engine as _;
use vestnik_bsl::library::bytes::bytes_of;
use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{Channel, FileSource, OutgoingFile};

use super::shapes::{fields_of, is_array, type_text};

/// Files of one message.
pub(super) const FILES_MAX: usize = Channel::Telegram.limits().album_files;

/// A file: ДвоичныеДанные, or a structure with Имя and Данные.
pub(super) fn file_of(vm: &mut Vm<'_>, value: &Value) -> Result<OutgoingFile, Fault> {
    let mut name = String::new();
    let mut photo = false;
    let mut data = None;
    if let Some(fields) = fields_of(vm, value)? {
        for (field, value) in fields {
            match field.as_str() {
                "имя" | "имяфайла" | "name" => name = vm.text(&value).trim().to_owned(),
                "данные" | "двоичныеданные" | "data" => data = Some(value),
                "картинка" | "photo" => photo = vm.to_bool(&value)?,
                _ => {
                    return Err(Fault::text(format!(
                        "У файла нет свойства «{field}»: есть Имя, Данные, Картинка"
                    )));
                }
            }
        }
    } else {
        data = Some(value.clone());
    }
    let bytes = data.as_ref().and_then(|data| bytes_of(data, 1).ok());
    let Some(bytes) = bytes else {
        let given = data.as_ref().unwrap_or(value);
        return Err(Fault::text(format!(
            "Файл — это ДвоичныеДанные или структура с полями Имя и Данные, а передано значение типа «{}»",
            type_text(vm, given)
        )));
    };
    if bytes.is_empty() {
        return Err(Fault::text("Файл пуст: Telegram такие не принимает"));
    }
    vm.reserve(bytes.len() * 4 / 3)?;
    if name.is_empty() {
        name = default_name(&bytes).to_owned();
    }
    Ok(OutgoingFile {
        name,
        source: FileSource::Base64(base64::engine::general_purpose::STANDARD.encode(&bytes)),
        photo,
    })
}

/// A name that tells what the bytes are, for a file that was given none.
fn default_name(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "файл.png",
        [0xff, 0xd8, 0xff, ..] => "файл.jpg",
        [b'%', b'P', b'D', b'F', ..] => "файл.pdf",
        [b'P', b'K', 3, 4, ..] => "файл.zip",
        _ if std::str::from_utf8(bytes).is_ok() => "файл.txt",
        _ => "файл.bin",
    }
}

/// Files: one, or an array of them.
pub(super) fn files_of(vm: &mut Vm<'_>, value: &Value) -> Result<Vec<OutgoingFile>, Fault> {
    let mut files = Vec::new();
    match value {
        Value::Undefined | Value::Missing => {}
        value if is_array(value) => {
            for item in vm.items(value)? {
                if files.len() == FILES_MAX {
                    return Err(Fault::text(format!(
                        "В одном сообщении не больше {FILES_MAX} файлов"
                    )));
                }
                files.push(file_of(vm, &item)?);
            }
        }
        value => files.push(file_of(vm, value)?),
    }
    Ok(files)
}
