//! Elements of an archive.

use super::archive::{Archive, Entry, Path, place};
use crate::kernel::date::Date;
use crate::library::args::unsigned;
use crate::library::define::{method, native_of, prop};
use crate::library::registry::{MethodDef, PropDef, TypeDef};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::native::{NativeObject, NoIterator};
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

/// The collection of elements.
struct Entries(Rc<Archive>);

impl NativeObject for Entries {
    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(self.at(vm, key))
    }

    fn item(&self, vm: &Vm<'_>, at: usize) -> Result<Option<Value>, NoIterator> {
        let exists = self.0.entry(vm, at).is_ok();
        Ok(exists.then(|| entry_value(vm, &self.0, at)))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.entries.len())
    }
}

impl Entries {
    fn at(&self, vm: &Vm<'_>, key: &Value) -> Result<Value, Fault> {
        self.0.check(vm)?;
        let at = place(vm, &self.0, key)?;
        Ok(entry_value(vm, &self.0, at))
    }
}

/// An element.
pub(super) struct EntryObject {
    pub archive: Rc<Archive>,
    pub at: usize,
}

impl NativeObject for EntryObject {
    fn same(&self, other: &dyn NativeObject) -> Option<bool> {
        let other = other.downcast_ref::<EntryObject>()?;
        Some(Rc::ptr_eq(&self.archive, &other.archive) && self.at == other.at)
    }

    fn content_hash(&self) -> Option<u64> {
        Some(self.at as u64)
    }
}

pub(super) fn entries_value(vm: &Vm<'_>, archive: &Rc<Archive>) -> Value {
    let ty = match archive.is_newer {
        true => &ARCHIVE_ENTRIES,
        false => &ZIP_ENTRIES,
    };
    vm.alloc(ty, Body::Native(Box::new(Entries(Rc::clone(archive)))))
}

fn entry_value(vm: &Vm<'_>, archive: &Rc<Archive>, at: usize) -> Value {
    let ty = match archive.is_newer {
        true => &ARCHIVE_ENTRY,
        false => &ZIP_ENTRY,
    };
    let entry = EntryObject {
        archive: Rc::clone(archive),
        at,
    };
    vm.alloc(ty, Body::Native(Box::new(entry)))
}

fn with<R>(vm: &Vm<'_>, this: &Value, read: impl FnOnce(&Entry) -> R) -> Result<R, Fault> {
    let object = native_of::<EntryObject>(this, 1)?;
    object.archive.entry(vm, object.at).map(read)
}

static ENTRIES_METHODS: &[MethodDef] = &[
    method!("Количество" "Count" ("") true |vm, this, _| {
        let entries = native_of::<Entries>(this, 1)?;
        entries.0.check(vm)?;
        Ok(entries.0.entries.len().into())
    }),
    method!("Получить" "Get" ("Индекс") true |vm, this, args| {
        native_of::<Entries>(this, 1)?.at(vm, &args[0])
    }),
    // By the name in its folder as it is in the archive, in letters of any case.
    method!("Найти" "Find" ("Имя") true |vm, this, args| {
        let name = crate::library::define::string_of(&args[0], 1)?.to_lowercase();
        let archive = Rc::clone(&native_of::<Entries>(this, 1)?.0);
        archive.check(vm)?;
        vm.charge_work(archive.entries.len() * 32)?;
        let found = archive.entries.iter().position(|entry| {
            !entry.original.name.is_empty() && entry.original.name.to_lowercase() == name
        });
        Ok(found.map_or(Value::Undefined, |at| entry_value(vm, &archive, at)))
    }),
];

/// A property that is a part of one of the two names.
macro_rules! name {
    ($ru:literal $en:literal $path:ident $part:expr) => {
        prop!($ru $en |vm, this| {
            let part: fn(&Path) -> String = $part;
            Ok(with(vm, this, |entry| part(&entry.$path))?.into())
        })
    };
}

static ENTRY_PROPS: &[PropDef] = &[
    name!("ПолноеИмя" "FullName" shown Path::full),
    name!("Имя" "Name" shown |path| path.name.clone()),
    name!("Путь" "Path" shown |path| path.folder.clone()),
    name!("ИмяБезРасширения" "BaseName" shown |path| path.split().0.to_owned()),
    name!("Расширение" "Extension" shown |path| path.split().1.to_owned()),
    name!("ИсходноеПолноеИмя" "OriginalFullName" original Path::full),
    name!("ИсходноеИмя" "OriginalName" original |path| path.name.clone()),
    name!("ИсходныйПуть" "OriginalPath" original |path| path.folder.clone()),
    name!("ИсходноеИмяБезРасширения" "OriginalBaseName" original |path| path.split().0.to_owned()),
    name!("ИсходноеРасширение" "OriginalExtension" original |path| path.split().1.to_owned()),
    prop!("РазмерНесжатого" "UncompressedSize" |vm, this| {
        Ok(unsigned(with(vm, this, Entry::size)?))
    }),
    prop!("РазмерСжатого" "CompressedSize" |vm, this| {
        Ok(unsigned(with(vm, this, Entry::packed_size)?))
    }),
    prop!("Зашифрован" "Encrypted" |vm, this| {
        Ok(with(vm, this, Entry::is_encrypted)?.into())
    }),
    prop!("Невидимый" "Hidden" |vm, this| {
        Ok(with(vm, this, Entry::is_hidden)?.into())
    }),
    prop!("ТолькоЧтение" "ReadOnly" |vm, this| {
        Ok(with(vm, this, Entry::is_read_only)?.into())
    }),
    prop!("ВремяИзменения" "Modified" |vm, this| {
        let time = with(vm, this, Entry::modified)?;
        let date = time.and_then(|time| {
            Date::new(
                time.year().into(),
                time.month().into(),
                time.day().into(),
                time.hour().into(),
                time.minute().into(),
                time.second().into(),
            )
        });
        Ok(Value::Date(date.unwrap_or(Date::EMPTY)))
    }),
];

/// ЭлементыZipФайла.
pub static ZIP_ENTRIES: TypeDef = TypeDef {
    ru: "ЭлементыZipФайла",
    en: "ZipFileEntries",
    new: None,
    methods: ENTRIES_METHODS,
    props: &[],
};

/// ЭлементыФайлаАрхива.
pub static ARCHIVE_ENTRIES: TypeDef = TypeDef {
    ru: "ЭлементыФайлаАрхива",
    en: "ArchiveFileEntries",
    new: None,
    methods: ENTRIES_METHODS,
    props: &[],
};

/// ЭлементZipФайла.
pub static ZIP_ENTRY: TypeDef = TypeDef {
    ru: "ЭлементZipФайла",
    en: "ZipFileEntry",
    new: None,
    methods: &[],
    props: ENTRY_PROPS,
};

/// ЭлементФайлаАрхива.
pub static ARCHIVE_ENTRY: TypeDef = TypeDef {
    ru: "ЭлементФайлаАрхива",
    en: "ArchiveFileEntry",
    new: None,
    methods: &[],
    props: ENTRY_PROPS,
};
