//! An archive that is open to be read: its directory in memory, the packed bytes beside it.

use super::{NAMES_ENCODING, PART, broken, no_passwords, not_open};
use crate::kernel::encode::Charset;
use crate::library::args::bad_value;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::cell::Cell;
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::rc::Rc;
use zip::read::{ArchiveOffset, Config, OwnedZipFileEntry, ZipReadOptions};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

/// Bytes of an element of the directory besides its names.
const ENTRY_COST: usize = size_of::<Entry>() + 512;

/// A flag of an element: its name is UTF-8.
const UTF8_NAME: u16 = 1 << 11;

/// Letters that a name may not have; they are shown as underscores.
const FORBIDDEN: [char; 8] = ['>', '<', '|', '?', '*', '\\', ':', '"'];

/// An open archive. Elements that a program took out hold it too, until it is closed.
pub(super) struct Archive {
    bytes: Rc<[u8]>,
    pub comment: String,
    pub entries: Vec<Entry>,
    /// Whether it was opened by the newer of the two types.
    pub is_newer: bool,
    closed: Cell<bool>,
    size: usize,
}

/// An element of the directory.
pub(super) struct Entry {
    raw: OwnedZipFileEntry,
    pub original: Path,
    /// Without letters that a name may not have, and unlike the names before it.
    pub shown: Path,
}

/// A name in parts.
#[derive(Clone)]
pub(super) struct Path {
    /// Folders, with a slash at the end; empty without them.
    pub folder: String,
    /// The name in its folder; empty of a folder itself.
    pub name: String,
}

impl Path {
    fn new(full: &str) -> Path {
        let at = full.rfind('/').map_or(0, |slash| slash + 1);
        let (folder, name) = full.split_at(at);
        Path {
            folder: folder.to_owned(),
            name: name.to_owned(),
        }
    }

    pub fn full(&self) -> String {
        format!("{}{}", self.folder, self.name)
    }

    /// The name before its last dot, and what follows the dot.
    pub fn split(&self) -> (&str, &str) {
        self.name.rsplit_once('.').unwrap_or((&self.name, ""))
    }
}

impl Entry {
    pub fn size(&self) -> u64 {
        self.raw.size()
    }

    pub fn packed_size(&self) -> u64 {
        self.raw.compressed_size()
    }

    pub fn is_encrypted(&self) -> bool {
        self.raw.encrypted()
    }

    pub fn is_read_only(&self) -> bool {
        self.raw.is_read_only()
    }

    /// The attribute of DOS and Windows.
    pub fn is_hidden(&self) -> bool {
        self.raw.external_attributes() & 2 != 0
    }

    pub fn modified(&self) -> Option<zip::DateTime> {
        self.raw.last_modified().filter(zip::DateTime::is_valid)
    }
}

impl Archive {
    /// Reads the directory. `encoding` is a number of КодировкаИменФайловВZipФайле.
    pub fn open(
        vm: &mut Vm<'_>,
        bytes: Rc<[u8]>,
        encoding: Option<u16>,
        is_newer: bool,
    ) -> Result<Archive, Fault> {
        // The end of the directory is looked for by its mark.
        vm.charge_work(bytes.len())?;
        let config = Config {
            archive_offset: ArchiveOffset::Detect,
        };
        let mut directory = ZipIterable::try_new(Cursor::new(Rc::clone(&bytes)), config)
            .map_err(|error| broken(vm, &error))?;
        let mut archive = Archive {
            comment: String::new(),
            entries: Vec::new(),
            is_newer,
            closed: Cell::new(false),
            size: 0,
            bytes,
        };
        archive.comment = text(&comment(&archive.bytes), encoding, false);
        let mut seen: HashMap<String, u32> = HashMap::new();
        let files = directory.files().map_err(|error| broken(vm, &error))?;
        for file in files {
            let file = file.map_err(|error| broken(vm, &error))?;
            vm.charge_work(file.name_raw().len() * 4 + 64)?;
            let cost = ENTRY_COST + file.name_raw().len() * 8;
            vm.reserve(archive.size + archive.entries.len() * size_of::<Entry>() + cost)?;
            let is_utf8 = file.flags().as_u16() & UTF8_NAME != 0;
            let original = Path::new(&text(file.name_raw(), encoding, is_utf8));
            let shown = shown(&original, &mut seen);
            archive.size += cost;
            archive.entries.push(Entry {
                raw: file.into(),
                original,
                shown,
            });
        }
        Ok(archive)
    }

    /// Bytes of the archive in memory.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.size
    }

    pub fn close(&self) {
        self.closed.set(true);
    }

    pub fn check(&self, vm: &Vm<'_>) -> Result<(), Fault> {
        match self.closed.get() {
            true => Err(not_open(vm)),
            false => Ok(()),
        }
    }

    pub fn entry(&self, vm: &Vm<'_>, at: usize) -> Result<&Entry, Fault> {
        self.check(vm)?;
        self.entries.get(at).ok_or_else(|| bad_value(vm, 1))
    }

    /// Unpacks an element into a sink, part by part: what the directory says about sizes counts for
    /// nothing.
    pub fn unpack(
        &self,
        vm: &mut Vm<'_>,
        at: usize,
        mut sink: impl FnMut(&mut Vm<'_>, &[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let entry = self.entry(vm, at)?;
        if entry.is_encrypted() {
            return Err(no_passwords(vm));
        }
        let mut cursor = Cursor::new(Rc::clone(&self.bytes));
        let mut file = entry
            .raw
            .as_ref()
            .with_reader(&mut cursor, ZipReadOptions::new())
            .map_err(|error| broken(vm, &error))?;
        let mut part = vec![0; PART];
        loop {
            let count = match file.read(&mut part) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) => return Err(broken(vm, &ZipError::Io(error))),
            };
            vm.charge_work(count * 2)?;
            vm.check_time()?;
            sink(vm, part.get(..count).unwrap_or_default())?;
        }
    }
}

/// The comment of the whole archive: the record of its end has it last.
fn comment(bytes: &[u8]) -> Vec<u8> {
    const END: &[u8] = b"PK\x05\x06";
    const SIZE: usize = 22;
    let from = bytes.len().saturating_sub(SIZE + usize::from(u16::MAX));
    let tail = bytes.get(from..).unwrap_or_default();
    let found = tail
        .windows(END.len())
        .enumerate()
        .rev()
        .filter(|(_, window)| *window == END)
        .find_map(|(at, _)| {
            let length: [u8; 2] = tail.get(at + 20..at + SIZE)?.try_into().ok()?;
            let rest = tail.get(at + SIZE..)?;
            (rest.len() == usize::from(u16::from_le_bytes(length))).then_some(rest)
        });
    found.unwrap_or_default().to_vec()
}

/// A name or comment. Without a word of the program the mark of UTF-8 decides, and whether the bytes
/// are UTF-8; older programs wrote names in the encoding of DOS.
fn text(bytes: &[u8], encoding: Option<u16>, is_utf8: bool) -> String {
    let named = encoding.and_then(|encoding| NAMES_ENCODING.items.get(usize::from(encoding)));
    let from_os = matches!(named, Some(("КодировкаОС", _)));
    match std::str::from_utf8(bytes) {
        Ok(text) if !from_os || is_utf8 || text.is_ascii() => text.to_owned(),
        _ => match Charset::parse("cp866").map(|charset| charset.decode(bytes)) {
            Some(Ok(text)) if !is_utf8 => text,
            _ => String::from_utf8_lossy(bytes).into_owned(),
        },
    }
}

/// The name as programs see it.
fn shown(original: &Path, seen: &mut HashMap<String, u32>) -> Path {
    let clean = |text: &str| text.replace(FORBIDDEN, "_");
    let folder = clean(&original.folder);
    let name = clean(&original.name);
    let path = Path { folder, name };
    let full = path.full();
    let Some(times) = seen.get_mut(&full.to_lowercase()) else {
        seen.insert(full.to_lowercase(), 0);
        return path;
    };
    if path.name.is_empty() {
        return path;
    }
    *times += 1;
    let (base, extension) = path.split();
    let dot = if path.name.contains('.') { "." } else { "" };
    Path {
        name: format!("{base}({times}){dot}{extension}"),
        folder: path.folder.clone(),
    }
}

/// The place of an element that a parameter tells by its number.
pub(super) fn place(vm: &Vm<'_>, archive: &Archive, value: &Value) -> Result<usize, Fault> {
    let at = usize::try_from(vm.to_int(value)?).ok();
    at.filter(|at| *at < archive.entries.len())
        .ok_or_else(|| crate::vm::error::Message::IndexOutOfRange.into())
}
