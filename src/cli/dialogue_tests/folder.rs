//! A folder of dialogue tests: every file of it against the organisations that it names.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::parse::{Case, parse};
use super::run::run;
use super::stage::Stage;
use crate::model::Moment;
use crate::organisation::{Given, rehearsed, write_folder};
use crate::settings::{Settings, StoreUrl};

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

/// Settings of a stage: a copy of the organisation with tokens for the simulator and a new database,
/// both in this folder, which is made.
///
/// # Errors
/// When the files cannot be read or written.
pub fn prepare(organisation: &Path, home: &Path) -> Result<Settings, String> {
    let given = Given::read(&[organisation.to_owned()]);
    if let Some(problem) = given.problems.iter().find(|problem| problem.is_error()) {
        return Err(problem.to_string());
    }
    let copy = home.join("organisation");
    write_folder(&copy, &rehearsed(given).files)
        .map_err(|error| format!("{}: {error}", copy.display()))?;
    let mut settings = Settings::default();
    // The clock of a stage stands still: nothing may wait for it.
    settings.telegram.limits.per_bot_per_s = 0;
    settings.telegram.limits.per_chat_per_s = 0;
    settings.telegram.limits.per_group_per_min = 0;
    settings.store.url = StoreUrl::Sqlite(home.join("vestnik.db"));
    settings.store.key_file = home.join("vestnik.key");
    settings.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.organisation.dir = Some(copy);
    Ok(settings)
}

/// Where the clock of a stage stands at first: noon of a Tuesday in Moscow, so that no case depends
/// on the day on which it is played.
pub fn noon() -> Moment {
    Moment(1_778_576_400_000_000)
}
