//! The files of an organisation from disk, and nothing but them: only regular files below the folder
//! that was named, of a bounded size. A pipe, a device or a link that leads out of the folder is told
//! and not opened, so nothing from elsewhere gets into a message or the database.
//!
//! Files that lie where bots and scenarios are read from and are not read (`stray`) are told too: a
//! bot whose file is called `client.toml.txt` would else be a bot that is gone.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::files::{
    ALGORITHMS, BOTS, DefinitionFile, FileKind, Given, PARTIES, SCENARIOS, is_inside,
};
use super::stray::{self, Stray};
use crate::model::{Level, Problem, nearest};
use crate::source::Document;

/// A larger file is a mistake: a thousand long keywords take under one megabyte.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// All files together: they are held in memory while they are compared.
const FOLDER_BYTES_MAX: u64 = 256 << 20;
/// A folder with more in it is not an organisation's: somebody named `/` or his home.
const ENTRIES_MAX: usize = 20_000;
/// Deeper folders are not read: an organisation is flat.
const DEPTH_MAX: usize = 8;
/// The folders of an organisation.
const FOLDERS: [&str; 3] = ["bots", "scenarios", "algorithms"];

impl Given {
    /// Reads paths from disk. One folder is a whole organisation. Of several paths each stands for
    /// itself, and so does a file: `algorithms.toml` brings the programs that lie beside it.
    pub fn read(paths: &[PathBuf]) -> Given {
        let mut reader = Reader::default();
        match paths {
            [folder] if folder.is_dir() => {
                reader.given.whole = true;
                reader.organisation(folder);
                reader.note_a_wrong_folder(folder);
            }
            paths => {
                for path in paths {
                    if path.is_dir() {
                        reader.part(path);
                    } else {
                        reader.single(path);
                    }
                }
            }
        }
        reader.given
    }
}

/// A folder that is read: as it was named, and where it really is.
struct Folder {
    named: PathBuf,
    real: PathBuf,
    /// What its paths begin with within the organisation: `bots/`, or nothing.
    prefix: &'static str,
}

#[derive(Default)]
struct Reader {
    given: Given,
    bytes: u64,
    entries: usize,
    visited: BTreeSet<PathBuf>,
}

impl Reader {
    fn fail(&mut self, path: &Path, message: impl Into<String>, hint: impl Into<String>) {
        self.given.problems.push(
            Problem::of_file(
                Level::Error,
                "unreadable-file",
                path.display().to_string(),
                message,
            )
            .hint(hint),
        );
    }

    fn organisation(&mut self, folder: &Path) {
        if let Some(folder) = self.open(folder, "") {
            self.walk(&folder, Path::new(""), 0);
        }
    }

    /// A folder among other paths: an organisation's, or one of an organisation's folders, as
    /// `organisation/*` of a shell names them.
    fn part(&mut self, folder: &Path) {
        let name = folder.canonicalize().ok();
        let name = name.as_deref().and_then(Path::file_name);
        let prefix = match name.and_then(|name| name.to_str()) {
            Some("bots") => BOTS,
            Some("scenarios") => SCENARIOS,
            Some("algorithms") => "algorithms/",
            _ => "",
        };
        if let Some(folder) = self.open(folder, prefix) {
            self.walk(&folder, Path::new(""), 0);
        }
    }

    fn open(&mut self, folder: &Path, prefix: &'static str) -> Option<Folder> {
        match folder.canonicalize() {
            Ok(real) => Some(Folder {
                named: folder.to_owned(),
                real,
                prefix,
            }),
            Err(error) => {
                self.unreadable_folder(folder, &error);
                None
            }
        }
    }

    fn unreadable_folder(&mut self, folder: &Path, error: &std::io::Error) {
        self.fail(
            folder,
            format!("папка не читается: {error}"),
            "проверьте имя папки и права на чтение",
        );
    }

    fn walk(&mut self, folder: &Folder, below: &Path, depth: usize) {
        let here = folder.named.join(below);
        // A link may lead in a circle.
        let is_new = here
            .canonicalize()
            .is_ok_and(|real| self.visited.insert(real));
        if !is_new {
            return;
        }
        let entries =
            std::fs::read_dir(&here).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.unreadable_folder(&here, &error),
        };
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                if self.entries == ENTRIES_MAX + 1 {
                    self.fail(
                        &folder.named,
                        format!("в папке больше {ENTRIES_MAX} файлов: это не папка организации"),
                        "укажите папку, в которой лежит папка bots",
                    );
                }
                return;
            }
            let on_disk = entry.path();
            let Ok(name) = entry.file_name().into_string() else {
                self.given.problems.push(
                    Problem::of_file(
                        Level::Warning,
                        "stray-file",
                        on_disk.display().to_string(),
                        "имя файла не в кодировке UTF-8, файл не читается",
                    )
                    .hint("переименуйте файл"),
                );
                continue;
            };
            let below = below.join(&name);
            let path = format!("{}{}", folder.prefix, slashed(&below));
            self.entry(folder, &on_disk, &below, path, depth);
        }
    }

    fn entry(&mut self, folder: &Folder, on_disk: &Path, below: &Path, path: String, depth: usize) {
        let is_known = FileKind::of(&path).is_some();
        let is_kept_apart = stray::is_kept_apart(&path);
        match kind(on_disk, &folder.real) {
            Kind::File if is_known && !stray::is_passed_over(&path) => self.take(on_disk, path),
            Kind::File => self.stray(&path),
            Kind::Folder if is_kept_apart => {
                let holds = holds_definitions(on_disk);
                self.given.problems.extend(stray::folder(&path, holds));
            }
            Kind::Folder if depth < DEPTH_MAX && !stray::is_passed_over(&path) => {
                self.walk(folder, below, depth + 1);
            }
            Kind::Folder => {}
            // What would not be read anyway is nobody's concern.
            Kind::Outside if is_known || is_kept_apart || FOLDERS.contains(&path.as_str()) => self
                .fail(
                    on_disk,
                    "ссылка ведёт из папки организации и не читается",
                    "положите в папку сам файл: читаются только файлы внутри неё",
                ),
            Kind::Special if is_known || is_kept_apart => self.fail(
                on_disk,
                "это не обычный файл, а канал, устройство или сокет, и он не читается",
                "уберите его или положите на его место обычный файл",
            ),
            Kind::Gone if is_known || is_kept_apart => self.fail(
                on_disk,
                "ссылка никуда не ведёт, или файл недоступен",
                "положите на её место сам файл или проверьте права",
            ),
            Kind::Outside | Kind::Special | Kind::Gone => {}
        }
    }

    fn stray(&mut self, path: &str) {
        let problem = match stray::of(path) {
            Some(Stray {
                level,
                message,
                hint,
            }) => Problem::of_file(level, "stray-file", path, message).hint(hint),
            None if path.ends_with(".toml") && !stray::is_passed_over(path) => {
                let hint = match nearest(path, [PARTIES, ALGORITHMS]) {
                    Some(near) => format!("возможно, файл должен называться {near}"),
                    None => match folder_meant(path) {
                        Some(near) => format!("возможно, папка должна называться {near}"),
                        None => {
                            "читаются parties.toml, algorithms.toml, bots/*.toml и scenarios/*.toml"
                                .into()
                        }
                    },
                };
                Problem::of_file(
                    Level::Warning,
                    "unknown-file",
                    path,
                    "файл не относится к организации и не читается",
                )
                .hint(hint)
            }
            None => return,
        };
        self.given.problems.push(problem);
    }

    /// Reads a regular file.
    fn take(&mut self, on_disk: &Path, path: String) {
        let mut bytes = Vec::new();
        let read = std::fs::File::open(on_disk)
            .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            return self.fail(
                on_disk,
                format!("файл не читается: {error}"),
                "проверьте имя файла и права на чтение",
            );
        }
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        if length > FILE_BYTES_MAX {
            return self.fail(
                on_disk,
                format!("файл больше {} МБ", FILE_BYTES_MAX >> 20),
                "проверьте, тот ли это файл; большой разделите",
            );
        }
        if self.bytes > FOLDER_BYTES_MAX {
            // Once: the files after it are not read either.
            if self.bytes - length <= FOLDER_BYTES_MAX {
                self.fail(
                    on_disk,
                    format!("все файлы вместе больше {} МБ", FOLDER_BYTES_MAX >> 20),
                    "проверьте, та ли это папка",
                );
            }
            return;
        }
        let file = DefinitionFile {
            path: path.clone(),
            bytes: bytes.into(),
        };
        match self.given.files.get(&path) {
            Some(other) if *other != file => self.fail(
                on_disk,
                format!("файл {path} дан дважды, и тексты разные"),
                "оставьте один из путей",
            ),
            _ => {
                self.given.files.insert(path, file);
            }
        }
    }

    fn single(&mut self, on_disk: &Path) {
        if !on_disk.exists() {
            self.fail(on_disk, "такого файла нет", "проверьте путь");
            return;
        }
        let Some(path) = path_within(on_disk) else {
            self.fail(
                on_disk,
                "непонятно, что это за файл",
                "файл бота лежит в папке bots, сценария — в папке scenarios; остальные называются parties.toml и algorithms.toml",
            );
            return;
        };
        // The folder of the organisation: as many steps up as the path has parts.
        let root = on_disk.ancestors().nth(path.split('/').count());
        let root = match root {
            Some(root) if root.as_os_str().is_empty() => Path::new("."),
            Some(root) => root,
            None => Path::new("."),
        };
        let Some(folder) = self.open(root, "") else {
            return;
        };
        let is_list = path == ALGORITHMS;
        self.entry(&folder, on_disk, Path::new(&path), path.clone(), 0);
        if !is_list {
            return;
        }
        let programs: Vec<String> = self
            .given
            .files
            .get(ALGORITHMS)
            .and_then(|file| std::str::from_utf8(&file.bytes).ok())
            .map(program_paths)
            .unwrap_or_default();
        for program in programs {
            let on_disk = folder.named.join(&program);
            // A program that is missing is told by the reader of the list, with its line.
            if is_inside(&program) && on_disk.exists() && !self.given.files.contains_key(&program) {
                self.entry(&folder, &on_disk, Path::new(&program), program.clone(), 0);
            }
        }
    }

    /// When a folder holds no organisation, where one lies: somebody named the folder within or above.
    fn note_a_wrong_folder(&mut self, folder: &Path) {
        if self.given.has_bots() {
            return;
        }
        self.given.elsewhere = beside(folder);
        if !self.given.files.is_empty() || self.given.problems.iter().any(Problem::is_error) {
            return;
        }
        let hint = match &self.given.elsewhere {
            Some(elsewhere) => format!("возможно, имелась в виду папка {}", elsewhere.display()),
            None => "нужен хотя бы один файл в bots/; пример лежит в config/demo".to_owned(),
        };
        self.fail(folder, "в папке нет файлов организации", hint);
    }
}

enum Kind {
    File,
    Folder,
    /// A link out of the folder.
    Outside,
    /// A pipe, a device, a socket.
    Special,
    /// A link to nothing, or what may not be looked at.
    Gone,
}

/// What lies there. Nothing is opened: opening a pipe waits for its writer.
fn kind(on_disk: &Path, root: &Path) -> Kind {
    let Ok(itself) = std::fs::symlink_metadata(on_disk) else {
        return Kind::Gone;
    };
    let data = if itself.file_type().is_symlink() {
        match (on_disk.canonicalize(), std::fs::metadata(on_disk)) {
            (Ok(real), Ok(_)) if !real.starts_with(root) => return Kind::Outside,
            (Ok(_), Ok(data)) => data,
            _ => return Kind::Gone,
        }
    } else {
        itself
    };
    if data.is_file() {
        Kind::File
    } else if data.is_dir() {
        Kind::Folder
    } else {
        Kind::Special
    }
}

fn slashed(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The folder that a file lies in by a misspelt name: `bot/shop.toml`.
fn folder_meant(path: &str) -> Option<&'static str> {
    let (folder, _) = path.split_once('/')?;
    FOLDERS
        .into_iter()
        .find(|known| nearest(folder, [*known]).is_some())
}

/// Whether a folder holds a file that would be read one folder above.
fn holds_definitions(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.take(ENTRIES_MAX).any(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "toml")
    })
}

/// The folder above or one below, when the files of bots lie in its `bots`.
fn beside(folder: &Path) -> Option<PathBuf> {
    let has_bots = |folder: &Path| holds_definitions(&folder.join("bots"));
    let real = folder.canonicalize().ok()?;
    if real
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| FOLDERS.contains(&name))
        && let Some(above) = real.parent()
        && has_bots(above)
    {
        // As it was named, where that can be said.
        return Some(match folder.parent() {
            Some(above) if !above.as_os_str().is_empty() => above.to_owned(),
            _ => above.to_owned(),
        });
    }
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let mut below: Vec<PathBuf> = entries
        .take(ENTRIES_MAX)
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && has_bots(path))
        .collect();
    below.sort();
    below.into_iter().next()
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
    let start = parts.iter().rposition(|part| FOLDERS.contains(part))?;
    let path = parts[start..].join("/");
    FileKind::of(&path).map(|_| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::render_problems;

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

    fn write(folder: &Path, path: &str, bytes: &[u8]) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, bytes).expect("written");
    }

    /// What is read of a folder, and what is said of it, by the paths within it.
    fn read(folder: &Path) -> (Vec<String>, String) {
        let given = Given::read(&[folder.to_owned()]);
        let said = render_problems(&given.problems);
        let said = said.replace(&format!("{}/", folder.display()), "");
        (given.files.into_keys().collect(), said)
    }

    #[test]
    fn what_is_not_read_is_told_and_what_editors_leave_is_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let check = |names: &[&str], expected: &str| {
            let folder = dir.path().join("org");
            let _ = std::fs::remove_dir_all(&folder);
            write(&folder, "bots/shop.toml", b"");
            for name in names {
                write(&folder, name, b"x");
            }
            let (files, said) = read(&folder);
            assert_eq!(files, ["bots/shop.toml"], "{names:?}");
            assert_eq!(said.trim_end(), expected, "{names:?}\n{said}");
        };
        check(
            &["bots/client.toml.txt"],
            "bots/client.toml.txt: файл не читается: имя должно оканчиваться на .toml [stray-file]\n  \
             что сделать: переименуйте его в bots/client.toml; если он не нужен, уберите из папки",
        );
        check(
            &["scenarios/contract.tml"],
            "scenarios/contract.tml: файл не читается: имя должно оканчиваться на .toml [stray-file]\n  \
             что сделать: переименуйте его в scenarios/contract.toml; если он не нужен, уберите из папки",
        );
        check(
            &["bots/Client.TOML"],
            "bots/Client.TOML: файл не читается: имя должно оканчиваться на .toml [stray-file]\n  \
             что сделать: переименуйте его в bots/Client.toml; если он не нужен, уберите из папки",
        );
        check(
            &["bots/old/a.toml"],
            "bots/old: папки внутри bots не читаются, а в этой лежат файлы .toml [stray-file]\n  \
             что сделать: переложите файлы в bots; если они не нужны, уберите папку",
        );
        check(
            &["bots/pictures/a.png"],
            "bots/pictures: предупреждение: папки внутри bots не читаются [stray-file]\n  \
             что сделать: уберите папку: в bots лежат только файлы .toml",
        );
        check(
            &["bots/README.md"],
            "bots/README.md: предупреждение: посторонний файл, он не читается [stray-file]\n  \
             что сделать: уберите его: в bots лежат только файлы .toml",
        );
        check(
            &["bots/shop.toml.bak"],
            "bots/shop.toml.bak: замечание: похоже на копию файла, она не читается [stray-file]\n  \
             что сделать: уберите её, если она больше не нужна",
        );
        check(
            &["bots/.client.toml"],
            "bots/.client.toml: замечание: имя начинается с точки, файл не читается [stray-file]\n  \
             что сделать: уберите точку в начале имени, если это бот",
        );
        check(
            &["bot/client.toml"],
            "bot/client.toml: предупреждение: файл не относится к организации и не читается [unknown-file]\n  \
             что сделать: возможно, папка должна называться bots",
        );
        check(
            &["partys.toml"],
            "partys.toml: предупреждение: файл не относится к организации и не читается [unknown-file]\n  \
             что сделать: возможно, файл должен называться parties.toml",
        );
        check(
            &[
                "bots/shop.toml~",
                "bots/#shop.toml#",
                "bots/.shop.toml.swp",
                "bots/.DS_Store",
                "bots/Thumbs.db",
                "bots/.git/config",
                ".git/x.toml",
                "readme.md",
            ],
            "",
        );
    }

    #[test]
    fn a_wrong_folder_names_the_right_one() {
        let dir = tempfile::tempdir().expect("a folder");
        write(dir.path(), "org/bots/shop.toml", b"");
        let elsewhere = |folder: &str| {
            let given = Given::read(&[dir.path().join(folder)]);
            assert!(given.whole && !given.has_bots(), "{folder}");
            let said = render_problems(&given.problems);
            assert!(
                said.contains("возможно, имелась в виду папка"),
                "{folder}: {said}"
            );
            given
                .elsewhere
                .map(|path| path.canonicalize().expect("it is there"))
        };
        let org = dir.path().join("org").canonicalize().ok();
        assert_eq!(elsewhere("org/bots"), org);
        assert_eq!(elsewhere(""), org);
    }

    #[test]
    fn several_paths_stand_for_themselves() {
        let dir = tempfile::tempdir().expect("a folder");
        write(dir.path(), "org/bots/shop.toml", b"1");
        write(dir.path(), "org/scenarios/a.toml", b"1");
        write(dir.path(), "org/parties.toml", b"1");
        write(dir.path(), "other/bots/shop.toml", b"2");
        let path = |path: &str| dir.path().join(path);
        let given = Given::read(&[
            path("org/bots"),
            path("org/parties.toml"),
            path("org/scenarios"),
        ]);
        let names: Vec<_> = given.files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["bots/shop.toml", "parties.toml", "scenarios/a.toml"]
        );
        assert!(
            !given.whole && given.problems.is_empty(),
            "{:?}",
            given.problems
        );
        let twice = Given::read(&[path("org"), path("other")]);
        assert!(!twice.whole);
        assert!(render_problems(&twice.problems).contains("дан дважды"));
    }

    #[cfg(unix)]
    #[test]
    fn nothing_but_regular_files_of_the_folder_is_read() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().expect("a folder");
        let org = dir.path().join("org");
        write(&org, "bots/shop.toml", b"");
        write(&org, "kept/real.toml", b"");
        write(dir.path(), "secret.toml", b"top secret");
        write(dir.path(), "elsewhere/b.toml", b"top secret");
        let link = |to: &Path, path: &str| symlink(to, org.join(path)).expect("a link");
        link(&dir.path().join("secret.toml"), "bots/a.toml");
        link(Path::new("/etc/passwd"), "parties.toml");
        link(Path::new("/dev/zero"), "algorithms.toml");
        link(Path::new("nowhere"), "bots/b.toml");
        link(&dir.path().join("elsewhere"), "scenarios");
        link(Path::new("../kept/real.toml"), "bots/good.toml");
        link(&org, "circle");
        let made = std::process::Command::new("mkfifo")
            .arg(org.join("bots/pipe.toml"))
            .status();
        assert!(made.is_ok_and(|status| status.success()), "a pipe");
        let (files, said) = read(&org);
        assert_eq!(files, ["bots/good.toml", "bots/shop.toml"]);
        for name in [
            "bots/a.toml",
            "parties.toml",
            "algorithms.toml",
            "scenarios",
        ] {
            let line = format!("{name}: ссылка ведёт из папки организации");
            assert!(said.contains(&line), "{name}: {said}");
        }
        assert!(
            said.contains("bots/b.toml: ссылка никуда не ведёт"),
            "{said}"
        );
        assert!(
            said.contains("bots/pipe.toml: это не обычный файл"),
            "{said}"
        );
        assert!(
            !said.contains("secret") && !said.contains("root:"),
            "{said}"
        );
        // One that is named alone is held to the same.
        let alone = Given::read(&[org.join("bots/a.toml")]);
        assert!(alone.files.is_empty());
        assert!(render_problems(&alone.problems).contains("ссылка ведёт из папки"));
    }

    #[test]
    fn a_file_too_large_is_not_read() {
        let dir = tempfile::tempdir().expect("a folder");
        write(dir.path(), "bots/shop.toml", b"");
        let file = std::fs::File::create(dir.path().join("parties.toml")).expect("a file");
        // Sparse: it takes no room.
        file.set_len(1 << 40).expect("long");
        let (files, said) = read(dir.path());
        assert_eq!(files, ["bots/shop.toml"]);
        assert!(said.contains("parties.toml: файл больше 64 МБ"), "{said}");
    }
}
