//! A folder of dialogue tests: every file of it against the organisations that it names.

use std::fmt;
use std::path::{Path, PathBuf};

use super::parse::{Case, parse};
use super::run::run;
use crate::rehearsal::{Stage, noon, prepare};

/// What became of a folder. `Display` is the report, in Russian.
#[derive(Debug, Default)]
pub struct Played {
    /// Cases that went as written.
    pub passed: usize,
    /// All that went wrong, a paragraph each, with file and line.
    pub failures: Vec<String>,
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{}", failure.trim_end())?;
        }
        write!(
            f,
            "диалоги: прошло {}, не прошло {}",
            self.passed,
            self.failures.len()
        )
    }
}

/// Plays every `*.txt` of a folder, in the order of names. `org NAME` is the folder NAME beside the
/// file or in its folder `orgs`; without `org` it is `organisation`. Databases are made below `temp`.
pub fn play_folder(
    folder: &Path,
    organisation: Option<&Path>,
    temp: &Path,
    wanted: impl Fn(&Case) -> bool,
) -> Played {
    let mut played = Played::default();
    let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) => {
            let failure = format!("{}: папка не читается: {error}", folder.display());
            played.failures.push(failure);
            return played;
        }
    };
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    if files.is_empty() {
        played.failures.push(format!(
            "{}: нет файлов *.txt с диалогами",
            folder.display()
        ));
    }
    for path in files {
        let of_file = play_file(&path, organisation, temp, &wanted);
        played.passed += of_file.passed;
        played.failures.extend(of_file.failures);
    }
    played
}

/// Plays one file. See [`play_folder`].
pub fn play_file(
    path: &Path,
    organisation: Option<&Path>,
    temp: &Path,
    wanted: impl Fn(&Case) -> bool,
) -> Played {
    let mut played = Played::default();
    let name = path.display();
    let file = match std::fs::read_to_string(path) {
        Ok(text) => parse(&text),
        Err(error) => {
            played
                .failures
                .push(format!("{name}: не читается: {error}"));
            return played;
        }
    };
    let file = match file {
        Ok(file) => file,
        Err(errors) => {
            let errors = errors.iter().map(|error| format!("{name}: {error}"));
            played.failures.extend(errors);
            return played;
        }
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut stages = 0;
    let open = |org: Option<&str>| {
        stages += 1;
        let from = match org {
            Some(org) => find(folder, org)?,
            None => organisation
                .ok_or("не сказано, какая организация: напишите в файле «org ПАПКА»")?
                .to_owned(),
        };
        let settings = prepare(&from, &temp.join(format!("{stem}-{stages}")))?;
        Stage::start(settings, noon())
    };
    let report = run(&file, &wanted, open);
    played.passed = report.passed;
    let failures = report
        .failures
        .iter()
        .map(|failure| format!("{name}: {failure}"));
    played.failures.extend(failures);
    played
}

fn find(folder: &Path, org: &str) -> Result<PathBuf, String> {
    [folder.join("orgs").join(org), folder.join(org)]
        .into_iter()
        .find(|path| path.is_dir())
        .ok_or_else(|| {
            format!(
                "нет папки организации «{org}» ни в {0}, ни в {0}/orgs",
                folder.display()
            )
        })
}
