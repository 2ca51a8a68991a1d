//! The files of an organisation: which there are, what each holds, and how they come from disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::model::{Level, Problem, nearest};
use crate::source::Document;

/// One file as it is kept: its path within the organisation and its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DefinitionFile {
    /// The path within the folder, with `/`: `bots/shop.toml`.
    pub path: String,
    /// The text, byte for byte.
    pub bytes: Arc<[u8]>,
}

/// What a file holds; its path tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FileKind {
    /// `parties.toml`: the seed of parties and registrations.
    Parties,
    /// `algorithms.toml`: the list of algorithms.
    Algorithms,
    /// `bots/*.toml`: a bot.
    Bot,
    /// `scenarios/*.toml`: a scenario.
    Scenario,
    /// A text in the 1C language, named by `algorithms.toml`.
    Program,
}

/// The list of parties.
pub const PARTIES: &str = "parties.toml";
/// The list of algorithms.
pub const ALGORITHMS: &str = "algorithms.toml";
const BOTS: &str = "bots/";
const SCENARIOS: &str = "scenarios/";
/// A larger file is a mistake: a thousand long keywords take under one megabyte.
const FILE_BYTES_MAX: u64 = 64 << 20;

impl FileKind {
    /// The kind of a path within an organisation, if it is one of the files that are read.
    pub fn of(path: &str) -> Option<FileKind> {
        let in_folder = |folder: &str| {
            path.strip_prefix(folder).is_some_and(|name| {
                name.ends_with(".toml") && name.len() > ".toml".len() && !name.contains('/')
            })
        };
        if path == PARTIES {
            Some(FileKind::Parties)
        } else if path == ALGORITHMS {
            Some(FileKind::Algorithms)
        } else if in_folder(BOTS) {
            Some(FileKind::Bot)
        } else if in_folder(SCENARIOS) {
            Some(FileKind::Scenario)
        } else if path.ends_with(".bsl") {
            Some(FileKind::Program)
        } else {
            None
        }
    }
}

/// What `apply` or `check` was given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// The files, by path.
    pub files: BTreeMap<String, DefinitionFile>,
    /// True when a whole folder was given: then what it lacks is to be deleted.
    pub whole: bool,
    /// What could not be read, and what was passed over.
    pub problems: Vec<Problem>,
}

impl Given {
    /// Files made in memory, as a whole folder.
    pub fn folder(
        files: impl IntoIterator<Item = (impl Into<String>, impl Into<Vec<u8>>)>,
    ) -> Given {
        Given {
            files: files
                .into_iter()
                .map(|(path, bytes)| {
                    let path = path.into();
                    let file = DefinitionFile {
                        path: path.clone(),
                        bytes: bytes.into().into(),
                    };
                    (path, file)
                })
                .collect(),
            whole: true,
            problems: Vec::new(),
        }
    }

    /// Reads paths from disk: one folder is a whole organisation; a file stands for itself, and
    /// `algorithms.toml` brings the programs that lie beside it.
    pub fn read(paths: &[PathBuf]) -> Given {
        let mut given = Given::default();
        for path in paths {
            if path.is_dir() {
                given.whole = paths.len() == 1;
                given.read_folder(path);
            } else {
                given.read_single(path);
            }
        }
        given
    }

    fn fail(&mut self, path: &Path, message: String, hint: &str) {
        self.problems.push(
            Problem::of_file(
                Level::Error,
                "unreadable-file",
                path.display().to_string(),
                message,
            )
            .hint(hint),
        );
    }

    fn take(&mut self, on_disk: &Path, path: String) {
        let size = std::fs::metadata(on_disk).map_or(0, |data| data.len());
        if size > FILE_BYTES_MAX {
            self.fail(on_disk, "файл слишком велик".into(), "разделите файл");
            return;
        }
        match std::fs::read(on_disk) {
            Ok(bytes) => {
                let bytes = bytes.into();
                self.files
                    .insert(path.clone(), DefinitionFile { path, bytes });
            }
            Err(error) => self.fail(
                on_disk,
                format!("файл не читается: {error}"),
                "проверьте имя файла и права на чтение",
            ),
        }
    }

    fn read_folder(&mut self, folder: &Path) {
        let mut found = Vec::new();
        if let Err(error) = walk(folder, "", 0, &mut found) {
            self.fail(
                folder,
                format!("папка не читается: {error}"),
                "проверьте имя папки и права на чтение",
            );
            return;
        }
        for path in found {
            if FileKind::of(&path).is_some() {
                let on_disk = folder.join(&path);
                self.take(&on_disk, path);
            } else if path.ends_with(".toml") {
                let hint = match nearest(&path, [PARTIES, ALGORITHMS]) {
                    Some(near) => format!("возможно, файл должен называться {near}"),
                    None => {
                        "читаются parties.toml, algorithms.toml, bots/*.toml и scenarios/*.toml"
                            .into()
                    }
                };
                self.problems.push(
                    Problem::of_file(
                        Level::Warning,
                        "unknown-file",
                        path,
                        "файл не относится к организации и не читается",
                    )
                    .hint(hint),
                );
            }
        }
        if self.files.is_empty() && self.problems.is_empty() {
            self.fail(
                folder,
                "в папке нет файлов организации".into(),
                "нужен хотя бы один файл в bots/; пример лежит в config/demo",
            );
        }
    }

    fn read_single(&mut self, on_disk: &Path) {
        if !on_disk.exists() {
            self.fail(on_disk, "такого файла нет".into(), "проверьте путь");
            return;
        }
        let Some(path) = path_within(on_disk) else {
            self.fail(
                on_disk,
                "непонятно, что это за файл".into(),
                "файл бота лежит в папке bots, сценария — в папке scenarios; остальные называются parties.toml и algorithms.toml",
            );
            return;
        };
        let is_list = path == ALGORITHMS;
        self.take(on_disk, path);
        if !is_list {
            return;
        }
        let programs: Vec<String> = self
            .files
            .get(ALGORITHMS)
            .and_then(|file| std::str::from_utf8(&file.bytes).ok())
            .map(program_paths)
            .unwrap_or_default();
        let folder = on_disk.parent().unwrap_or(Path::new("")).to_owned();
        for program in programs {
            let on_disk = folder.join(&program);
            // A program that is missing is told by the reader of the list, with its line.
            if is_inside(&program) && on_disk.is_file() {
                self.take(&on_disk, program);
            }
        }
    }
}

/// The values of `file` in a list of algorithms; whatever is wrong with the list is told elsewhere.
fn program_paths(text: &str) -> Vec<String> {
    let (_, table) = Document::parse(ALGORITHMS, text);
    let Some(list) = table
        .get_ref()
        .get("algorithm")
        .and_then(|list| list.get_ref().as_array())
    else {
        return Vec::new();
    };
    list.iter()
        .filter_map(|entry| {
            entry
                .get_ref()
                .get("file")?
                .get_ref()
                .as_str()
                .map(str::to_owned)
        })
        .collect()
}

/// True when a path leads to a file below its folder and nowhere else.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\\')
        && Path::new(path)
            .components()
            .all(|component| matches!(component, Component::Normal(_)))
}

/// The path within an organisation of a file that was named alone.
fn path_within(on_disk: &Path) -> Option<String> {
    let parts: Vec<&str> = on_disk
        .components()
        .filter_map(|component| match component {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    let name = *parts.last()?;
    if name == PARTIES || name == ALGORITHMS {
        return Some(name.to_owned());
    }
    let start = parts
        .iter()
        .rposition(|part| matches!(*part, "bots" | "scenarios" | "algorithms"))?;
    let path = parts[start..].join("/");
    FileKind::of(&path).map(|_| path)
}

/// Deeper folders are not read: an organisation is flat, and a link may lead in circles.
const DEPTH_MAX: usize = 8;

fn walk(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<String>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            if depth < DEPTH_MAX {
                walk(&entry.path(), &format!("{path}/"), depth + 1, found)?;
            }
        } else {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_what_a_file_holds() {
        let check =
            |path: &str, kind: Option<FileKind>| assert_eq!(FileKind::of(path), kind, "{path}");
        check("parties.toml", Some(FileKind::Parties));
        check("bots/shop.toml", Some(FileKind::Bot));
        check("bots/old/shop.toml", None);
        check("bots/.toml", None);
        check("scenarios/a.toml", Some(FileKind::Scenario));
        check("algorithms/а.bsl", Some(FileKind::Program));
        check("readme.md", None);
    }

    #[test]
    fn a_single_file_finds_its_place() {
        let check = |path: &str, within: Option<&str>| {
            assert_eq!(path_within(Path::new(path)).as_deref(), within, "{path}");
        };
        check("/srv/org/bots/shop.toml", Some("bots/shop.toml"));
        check("bots/shop.toml", Some("bots/shop.toml"));
        check("x/parties.toml", Some("parties.toml"));
        check("org/algorithms/а.bsl", Some("algorithms/а.bsl"));
        check("shop.toml", None);
    }

    #[test]
    fn a_program_stays_in_its_folder() {
        assert!(is_inside("algorithms/а.bsl"));
        for path in [
            "../a.bsl",
            "/etc/a.bsl",
            "",
            "a\\..\\b.bsl",
            "a/../../b.bsl",
        ] {
            assert!(!is_inside(path), "{path}");
        }
    }
}
