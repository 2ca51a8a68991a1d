//! ЗаписьZipФайла and ЗаписьФайлаАрхива.

use super::{
    COMPRESSION_LEVEL, COMPRESSION_METHOD, ENCRYPTION_METHOD, NAMES_ENCODING, PART, already_open,
    broken, no_passwords, not_open, zip_only,
};
use crate::library::args::bad_value;
use crate::library::buffer;
use crate::library::bytes::{BinaryData, share};
use crate::library::define::{
    choice, is_left_out, method, native, native_of, native_of_mut, no_files, recount, said,
    string_of,
};
use crate::library::registry::{Constructor, MethodDef, TypeDef};
use crate::library::{dates, stream};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::io::{Cursor, Write};
use std::rc::Rc;
use zip::CompressionMethod;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Bytes that an element costs besides its data and names.
const ENTRY_COST: usize = 1024;

/// An archive being written, and where it goes.
struct Writer {
    state: State,
    is_newer: bool,
    options: SimpleFileOptions,
    /// Bytes of the directory, which is written last.
    directory: usize,
}

enum State {
    Closed,
    Open {
        zip: Box<ZipWriter<Cursor<Vec<u8>>>>,
        target: Option<Value>,
    },
    Written(Rc<[u8]>),
}

impl Writer {
    fn written(&self) -> usize {
        match &self.state {
            State::Closed => 0,
            State::Open { zip, .. } => zip.get_ref().map_or(0, |out| out.get_ref().capacity()),
            State::Written(bytes) => bytes.len(),
        }
    }
}

native!(Writer, |writer| writer.written() + writer.directory);

static METHODS: &[MethodDef] = &[
    method!("Открыть" "Open"
        ("ФайлИлиПоток, Пароль?, Дополнительно?, Дополнительно2?, Дополнительно3?, Дополнительно4?, Дополнительно5?")
        false |vm, this, args| {
        let (is_open, is_newer) = {
            let writer = native_of::<Writer>(this, 1)?;
            // One that was made without a stream waits for it as long as it is empty.
            let is_open = match writer.state {
                State::Open { ref target, .. } => target.is_some() || writer.directory > 0,
                _ => false,
            };
            (is_open, writer.is_newer)
        };
        if is_open {
            return Err(already_open(vm));
        }
        let opened = open(vm, args, is_newer)?;
        *native_of_mut::<Writer>(this, 1)? = opened;
        recount(vm, this)?;
        Ok(Value::Undefined)
    }),
    method!("Добавить" "Add" ("Данные, ИмяВАрхиве?, РежимОбработкиПодкаталогов?") false add),
    method!("Записать" "Write" ("") false |vm, this, _| {
        let target = match &native_of::<Writer>(this, 1)?.state {
            State::Open { target: Some(target), .. } => target.clone(),
            State::Open { target: None, .. } => return Err(said(
                vm,
                "Не указан поток, в который записывается архив",
                "There is no stream to write the archive to",
            )),
            _ => return Err(not_open(vm)),
        };
        let bytes = finish(vm, this)?;
        stream::write(vm, &target, 1, &bytes)?;
        Ok(Value::Undefined)
    }),
    method!("ПолучитьДвоичныеДанные" "GetBinaryData" ("") true |vm, this, _| {
        let written = match &native_of::<Writer>(this, 1)?.state {
            State::Written(bytes) => Some(Rc::clone(bytes)),
            // An archive for a stream is whole only when it was written there.
            State::Open { target: Some(_), .. } => return Err(not_written(vm)),
            _ => None,
        };
        let bytes = match written {
            Some(bytes) => bytes,
            None => finish(vm, this)?,
        };
        Ok(share(vm, bytes))
    }),
];

/// ЗаписьZipФайла.
pub static ZIP_WRITER: TypeDef = TypeDef {
    ru: "ЗаписьZipФайла",
    en: "ZipFileWriter",
    new: Some(Constructor {
        params: "ФайлИлиПоток?, Пароль?, Комментарий?, МетодСжатия?, УровеньСжатия?, МетодШифрования?, КодировкаИменФайлов?",
        call: |vm, args| new_writer(vm, args, &ZIP_WRITER, false),
    }),
    methods: METHODS,
    props: &[],
};

/// ЗаписьФайлаАрхива.
pub static ARCHIVE_WRITER: TypeDef = TypeDef {
    ru: "ЗаписьФайлаАрхива",
    en: "ArchiveFileWriter",
    new: Some(Constructor {
        params: "ФайлИлиПоток?, Пароль?, ТипФайлаАрхива?, Комментарий?, МетодСжатия?, УровеньСжатия?, МетодШифрования?",
        call: |vm, args| new_writer(vm, args, &ARCHIVE_WRITER, true),
    }),
    methods: METHODS,
    props: &[],
};

fn not_written(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Архив еще не записан: вызовите метод Записать",
        "The archive is not written yet: call the method Write",
    )
}

fn new_writer(
    vm: &mut Vm<'_>,
    args: &[Value],
    ty: &'static TypeDef,
    is_newer: bool,
) -> Result<Value, Fault> {
    let writer = open(vm, args, is_newer)?;
    Ok(vm.alloc(ty, Body::Native(Box::new(writer))))
}

fn open(vm: &mut Vm<'_>, args: &[Value], is_newer: bool) -> Result<Writer, Fault> {
    let target = match &args[0] {
        value if is_left_out(value) => None,
        value if stream::is_stream(value) => Some(value.clone()),
        value if value.is_str() => return Err(no_files(vm)),
        _ => return Err(Fault::param(1)),
    };
    if !is_left_out(&args[1]) && !string_of(&args[1], 2)?.is_empty() {
        return Err(no_passwords(vm));
    }
    // The newer type has the kind of the archive before the rest.
    let shift = usize::from(is_newer);
    if is_newer {
        zip_only(vm, &args[2], 3)?;
    } else {
        choice(&args[6], &NAMES_ENCODING, 7)?;
    }
    let number = |at: usize| u8::try_from(at + 1).unwrap_or(u8::MAX);
    let [comment, method, level, encryption] = [2, 3, 4, 5].map(|at| at + shift);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    if !is_left_out(&args[comment]) {
        let comment = string_of(&args[comment], number(comment))?;
        zip.set_comment(comment)
            .map_err(|error| broken(vm, &error))?;
    }
    let method = match choice(&args[method], &COMPRESSION_METHOD, number(method))? {
        Some(0) => {
            return Err(said(
                vm,
                "Метод сжатия BZIP2 не поддерживается",
                "The compression method BZIP2 is not supported",
            ));
        }
        Some(1) => CompressionMethod::Stored,
        _ => CompressionMethod::Deflated,
    };
    let level = match choice(&args[level], &COMPRESSION_LEVEL, number(level))? {
        Some(0) => 9,
        Some(1) => 1,
        _ => 6,
    };
    choice(&args[encryption], &ENCRYPTION_METHOD, number(encryption))?;
    let packs = method == CompressionMethod::Deflated;
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .compression_level(packs.then_some(level));
    Ok(Writer {
        state: State::Open {
            zip: Box::new(zip),
            target,
        },
        is_newer,
        options,
        directory: 0,
    })
}

/// The moment of the run; archives know years from 1980 to 2107 and every other second.
fn modified(vm: &mut Vm<'_>) -> zip::DateTime {
    let parts = dates::now(vm).parts();
    let small = |number: u32| u8::try_from(number).unwrap_or(0);
    u16::try_from(parts.year)
        .ok()
        .and_then(|year| {
            zip::DateTime::from_date_and_time(
                year,
                small(parts.month),
                small(parts.day),
                small(parts.hour),
                small(parts.minute),
                small(parts.second),
            )
            .ok()
        })
        .unwrap_or_default()
}

fn add(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].is_str() {
        return Err(no_files(vm));
    }
    if !matches!(native_of::<Writer>(this, 1)?.state, State::Open { .. }) {
        return Err(not_open(vm));
    }
    let name = string_of(&args[1], 2)?;
    if !is_proper(&name) {
        return Err(bad_value(vm, 2));
    }
    let data: Rc<[u8]> = if let Ok(bytes) = native_of::<BinaryData>(&args[0], 1) {
        bytes.shared()
    } else if let Ok(buffer) = buffer::buffer_of(&args[0], 1) {
        vm.reserve(buffer.len())?;
        buffer.with(|bytes| bytes.into())
    } else {
        stream::rest(vm, &args[0], 1)?
    };
    if name.ends_with('/') && !data.is_empty() {
        return Err(bad_value(vm, 2));
    }
    let time = modified(vm);
    // Data that deflate makes nothing of grow a little, and the bytes written so far are moved when
    // they grow.
    let written = native_of::<Writer>(this, 1)?.written();
    vm.reserve(written + data.len() + data.len() / 1000 + name.len() * 4 + ENTRY_COST)?;
    let mut this_writer = native_of_mut::<Writer>(this, 1)?;
    let writer = &mut *this_writer;
    let State::Open { zip, .. } = &mut writer.state else {
        return Err(not_open(vm));
    };
    let options = writer.options.last_modified_time(time);
    let started = match name.ends_with('/') {
        true => zip.add_directory(name.as_str(), options),
        false => zip.start_file(name.as_str(), options),
    };
    started.map_err(|error| match error {
        ZipError::InvalidArchive(_) => said(
            vm,
            format!("В архиве уже есть элемент «{name}»"),
            format!("The archive has an element \"{name}\" already"),
        ),
        error => broken(vm, &error),
    })?;
    writer.directory += name.len() * 4 + ENTRY_COST;
    for part in data.chunks(PART) {
        if zip.write_all(part).is_err() {
            return Err(not_open(vm));
        }
        vm.charge_work(part.len() * 4)?;
        vm.check_time()?;
    }
    drop(this_writer);
    recount(vm, this)?;
    Ok(Value::Undefined)
}

/// A name inside of an archive: relative, nowhere empty, never up.
fn is_proper(name: &str) -> bool {
    let parts = name.strip_suffix('/').unwrap_or(name).split('/');
    name.len() <= usize::from(u16::MAX)
        && !name.contains(['\\', '\0'])
        && parts
            .into_iter()
            .all(|part| !matches!(part, "" | "." | ".."))
}

/// Ends the archive.
fn finish(vm: &mut Vm<'_>, this: &Value) -> Result<Rc<[u8]>, Fault> {
    let reserve = {
        let writer = native_of::<Writer>(this, 1)?;
        writer.written() * 2 + writer.directory
    };
    vm.reserve(reserve)?;
    let zip = {
        let mut writer = native_of_mut::<Writer>(this, 1)?;
        match std::mem::replace(&mut writer.state, State::Closed) {
            State::Open { zip, .. } => zip,
            other => {
                writer.state = other;
                return Err(not_open(vm));
            }
        }
    };
    let out = zip.finish().map_err(|error| broken(vm, &error))?;
    let bytes: Rc<[u8]> = out.into_inner().into();
    vm.charge_work(bytes.len())?;
    let mut writer = native_of_mut::<Writer>(this, 1)?;
    writer.state = State::Written(Rc::clone(&bytes));
    writer.directory = 0;
    drop(writer);
    recount(vm, this)?;
    Ok(bytes)
}
