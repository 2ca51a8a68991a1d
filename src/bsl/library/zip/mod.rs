//! ЗаписьZipФайла and ЧтениеZipФайла with their newer names ЗаписьФайлаАрхива and ЧтениеФайлаАрхива,
//! over streams and bytes: a program has no files. Methods: deflate and none, without passwords.
//!
//! Ours alone, where 1C knows files only: `Добавить(Данные, ИмяВАрхиве)` with bytes or a stream, and
//! `Извлечь(Элемент, Поток)`.

mod archive;
mod entries;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

use super::define::{enumeration, said};
use super::registry::Area;
use crate::vm::Vm;
use crate::vm::error::Fault;
use zip::result::ZipError;

enumeration! {
    /// МетодСжатияZIP.
    COMPRESSION_METHOD "МетодСжатияZIP" "ZIPCompressionMethod" [
        "BZIP2" "BZIP2",
        "Копирование" "Copy",
        "Сжатие" "Deflate",
    ]
}

enumeration! {
    /// УровеньСжатияZIP.
    COMPRESSION_LEVEL "УровеньСжатияZIP" "ZIPCompressionLevel" [
        "Максимальный" "Maximum",
        "Минимальный" "Minimum",
        "Оптимальный" "Optimal",
    ]
}

enumeration! {
    /// МетодШифрованияZIP.
    ENCRYPTION_METHOD "МетодШифрованияZIP" "ZIPEncryptionMethod" [
        "AES128" "AES128",
        "AES192" "AES192",
        "AES256" "AES256",
        "Zip20" "Zip20",
    ]
}

enumeration! {
    /// РежимСохраненияПутейZIP.
    STORE_PATHS "РежимСохраненияПутейZIP" "ZIPStorePathMode" [
        "НеСохранятьПути" "DontStorePath",
        "СохранятьОтносительныеПути" "StoreRelativePath",
        "СохранятьПолныеПути" "StoreFullPath",
    ]
}

enumeration! {
    /// РежимОбработкиПодкаталоговZIP.
    SUBFOLDERS "РежимОбработкиПодкаталоговZIP" "ZIPSubDirProcessingMode" [
        "НеОбрабатывать" "DontRecurse",
        "ОбрабатыватьРекурсивно" "ProcessRecursively",
    ]
}

enumeration! {
    /// РежимВосстановленияПутейФайловZIP.
    RESTORE_PATHS "РежимВосстановленияПутейФайловZIP" "ZIPRestoreFilePathsMode" [
        "Восстанавливать" "Restore",
        "НеВосстанавливать" "DontRestore",
    ]
}

enumeration! {
    /// КодировкаИменФайловВZipФайле.
    NAMES_ENCODING "КодировкаИменФайловВZipФайле" "FileNamesEncodingInZipFile" [
        "Авто" "Auto",
        "КодировкаОС" "OSEncoding",
        "UTF8" "UTF8",
    ]
}

enumeration! {
    /// ТипФайлаАрхива.
    ARCHIVE_TYPE "ТипФайлаАрхива" "ArchiveFileType" [
        "Zip" "Zip",
        "BZIP2" "BZIP2",
        "GZIP" "GZIP",
        "RAR" "RAR",
        "SevenZip" "SevenZip",
        "TAR" "TAR",
        "XZ" "XZ",
    ]
}

/// Archives.
pub static AREA: Area = Area {
    title: "Архивы ZIP",
    functions: &[],
    types: &[
        &reader::ZIP_READER,
        &reader::ARCHIVE_READER,
        &entries::ZIP_ENTRIES,
        &entries::ARCHIVE_ENTRIES,
        &entries::ZIP_ENTRY,
        &entries::ARCHIVE_ENTRY,
        &writer::ZIP_WRITER,
        &writer::ARCHIVE_WRITER,
    ],
    enums: &[
        &COMPRESSION_METHOD,
        &COMPRESSION_LEVEL,
        &ENCRYPTION_METHOD,
        &STORE_PATHS,
        &SUBFOLDERS,
        &RESTORE_PATHS,
        &NAMES_ENCODING,
        &ARCHIVE_TYPE,
    ],
};

/// Bytes that go through a compressor between looks at the clock.
const PART: usize = 64 * 1024;

fn not_open(vm: &Vm<'_>) -> Fault {
    said(vm, "Архив не открыт", "The archive is not open")
}

fn already_open(vm: &Vm<'_>) -> Fault {
    said(vm, "Архив уже открыт", "The archive is open already")
}

fn no_passwords(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Шифрование архивов не поддерживается",
        "Encryption of archives is not supported",
    )
}

/// What a program may know of an archive that cannot be read or written.
fn broken(vm: &Vm<'_>, error: &ZipError) -> Fault {
    match error {
        ZipError::UnsupportedArchive(_) => said(
            vm,
            "Архив сжат или зашифрован методом, который не поддерживается",
            "The archive is packed or encrypted by a method that is not supported",
        ),
        _ => said(
            vm,
            "Файл не является архивом ZIP или поврежден",
            "The file is not a ZIP archive or is broken",
        ),
    }
}

/// The type of archive of a parameter: only ZIP is read and written.
fn zip_only(vm: &Vm<'_>, value: &crate::value::Value, number: u8) -> Result<(), Fault> {
    match super::define::choice(value, &ARCHIVE_TYPE, number)? {
        None | Some(0) => Ok(()),
        Some(_) => Err(said(
            vm,
            "Архивы этого типа здесь недоступны: только ТипФайлаАрхива.Zip",
            "Archives of this type are not available here: ArchiveFileType.Zip only",
        )),
    }
}
