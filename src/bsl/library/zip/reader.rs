//! ЧтениеZipФайла and ЧтениеФайлаАрхива.

use super::archive::Archive;
use super::entries::{EntryObject, entries_value};
use super::{NAMES_ENCODING, RESTORE_PATHS, already_open, not_open, zip_only};
use crate::library::bytes::BinaryData;
use crate::library::define::{
    choice, is_left_out, method, native, native_of, native_of_mut, no_files, prop, recount,
    string_of,
};
use crate::library::registry::{Constructor, MethodDef, PropDef, TypeDef};
use crate::library::stream;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

/// A reader, whose archive may not be open yet.
struct Reader {
    archive: Option<Rc<Archive>>,
    is_newer: bool,
}

native!(Reader, |reader| {
    reader.archive.as_ref().map_or(0, |archive| archive.size())
});

static METHODS: &[MethodDef] = &[
    method!("Открыть" "Open" ("ФайлИлиПоток, Пароль?, Дополнительно?") false |vm, this, args| {
        let (is_open, is_newer) = {
            let reader = native_of::<Reader>(this, 1)?;
            (reader.archive.is_some(), reader.is_newer)
        };
        if is_open {
            return Err(already_open(vm));
        }
        let archive = open(vm, args, is_newer)?;
        native_of_mut::<Reader>(this, 1)?.archive = Some(Rc::new(archive));
        recount(vm, this)?;
        Ok(Value::Undefined)
    }),
    method!("Закрыть" "Close" ("") false |vm, this, _| {
        let archive = native_of_mut::<Reader>(this, 1)?.archive.take();
        archive.ok_or_else(|| not_open(vm))?.close();
        recount(vm, this)?;
        Ok(Value::Undefined)
    }),
    method!("Извлечь" "Extract" ("Элемент, Приемник?, РежимВосстановленияПутейФайлов?, Пароль?") false
        |vm, this, args| {
        let archive = archive(vm, this)?;
        let at = {
            let entry = native_of::<EntryObject>(&args[0], 1)?;
            if !Rc::ptr_eq(&archive, &entry.archive) {
                return Err(Fault::param(1));
            }
            entry.at
        };
        choice(&args[2], &RESTORE_PATHS, 3)?;
        if !stream::is_stream(&args[1]) {
            return Err(no_files(vm));
        }
        archive.unpack(vm, at, |vm, part| stream::write(vm, &args[1], 2, part))?;
        Ok(Value::Undefined)
    }),
    method!("ИзвлечьВсе" "ExtractAll" ("Каталог, РежимВосстановленияПутейФайлов?, Пароль?") false
        |vm, this, _| {
        archive(vm, this)?;
        Err(no_files(vm))
    }),
];

static PROPS: &[PropDef] = &[
    prop!("Комментарий" "Comment" |vm, this| Ok(archive(vm, this)?.comment.clone().into())),
    prop!("Элементы" "Items" |vm, this| {
        let archive = archive(vm, this)?;
        Ok(entries_value(vm, &archive))
    }),
];

/// ЧтениеZipФайла.
pub static ZIP_READER: TypeDef = TypeDef {
    ru: "ЧтениеZipФайла",
    en: "ZipFileReader",
    new: Some(Constructor {
        params: "ФайлИлиПоток?, Пароль?, КодировкаИменФайлов?",
        call: |vm, args| new_reader(vm, args, &ZIP_READER, false),
    }),
    methods: METHODS,
    props: PROPS,
};

/// ЧтениеФайлаАрхива.
pub static ARCHIVE_READER: TypeDef = TypeDef {
    ru: "ЧтениеФайлаАрхива",
    en: "ArchiveFileReader",
    new: Some(Constructor {
        params: "ФайлИлиПоток?, Пароль?, ТипФайлаАрхива?",
        call: |vm, args| new_reader(vm, args, &ARCHIVE_READER, true),
    }),
    methods: METHODS,
    props: PROPS,
};

fn new_reader(
    vm: &mut Vm<'_>,
    args: &[Value],
    ty: &'static TypeDef,
    is_newer: bool,
) -> Result<Value, Fault> {
    let archive = match &args[0] {
        value if is_left_out(value) => None,
        _ => Some(Rc::new(open(vm, args, is_newer)?)),
    };
    let reader = Reader { archive, is_newer };
    let value = vm.alloc(ty, Body::Native(Box::new(reader)));
    vm.reserve(0)?;
    Ok(value)
}

fn open(vm: &mut Vm<'_>, args: &[Value], is_newer: bool) -> Result<Archive, Fault> {
    // A password is only missed when an element needs it.
    if !is_left_out(&args[1]) {
        string_of(&args[1], 2)?;
    }
    let encoding = if is_newer {
        zip_only(vm, &args[2], 3)?;
        None
    } else {
        choice(&args[2], &NAMES_ENCODING, 3)?
    };
    let bytes = if args[0].is_str() {
        return Err(no_files(vm));
    } else if let Ok(bytes) = native_of::<BinaryData>(&args[0], 1) {
        bytes.shared()
    } else {
        stream::rest(vm, &args[0], 1)?
    };
    Archive::open(vm, bytes, encoding, is_newer)
}

fn archive(vm: &Vm<'_>, this: &Value) -> Result<Rc<Archive>, Fault> {
    let archive = native_of::<Reader>(this, 1)?.archive.clone();
    archive.ok_or_else(|| not_open(vm))
}
