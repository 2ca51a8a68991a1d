//! The files of an organisation: which there are and what each holds. How they come from disk: `disk`.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::model::Problem;

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
/// Where the files of bots lie.
pub(super) const BOTS: &str = "bots/";
/// Where the files of scenarios lie.
pub(super) const SCENARIOS: &str = "scenarios/";

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
    /// Where an organisation lies, when none does in the folder that was given.
    pub elsewhere: Option<PathBuf>,
}

impl Given {
    /// Whether there is a file of a bot among them.
    pub fn has_bots(&self) -> bool {
        self.files
            .keys()
            .any(|path| FileKind::of(path) == Some(FileKind::Bot))
    }

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
            ..Given::default()
        }
    }
}

/// True when a path leads to a file below its folder and nowhere else.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\\')
        && Path::new(path)
            .components()
            .all(|component| matches!(component, Component::Normal(_)))
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
