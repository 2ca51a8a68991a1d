//! `vestnik apply PATH… [--dry-run] [--delete-bots]`: files of the organisation into the database, beside a running
//! server too.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::ends::{EXIT_ENVIRONMENT, EXIT_INPUT, load_settings, open, store_failed};
use super::temporary::Temporary;
use crate::app::{self, Making};
use crate::model::{Moment, Problem};
use crate::organisation::{ApplyError, ApplyOptions, Given, Gone, apply};
use crate::runtime;
use crate::settings::{Settings, StoreUrl};
use crate::store::{self, By, Key, Store, StoreConfig, StoreError};

/// Apply files of the organisation: a whole folder (what it lacks is deleted) or single files.
#[derive(Args)]
pub struct ApplyArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only show what would change.
    #[arg(long)]
    dry_run: bool,
    /// Tell nobody that he is registered.
    #[arg(long)]
    quiet: bool,
    /// Delete bots whose files the folder lacks, with their keywords, registrations and messages.
    #[arg(long)]
    delete_bots: bool,
    /// A folder of the organisation, or files of one.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(args: &ApplyArgs) -> ExitCode {
    // Wrong files need no database to be told about.
    let given = Given::read(&args.paths);
    if given.problems.iter().any(Problem::is_error) {
        return refuse(&given.problems);
    }
    match apply_given(args, &given) {
        Ok(code) | Err(code) => code,
    }
}

fn apply_given(args: &ApplyArgs, given: &Given) -> Result<ExitCode, ExitCode> {
    let settings = load_settings(args.config.as_deref(), &args.paths)?;
    // A rehearsal makes nothing: where there is no database yet, an empty one stands in for it.
    let mut stand_in = None;
    let store = if args.dry_run && !is_there(&settings)? {
        let folder = Temporary::new("vestnik-apply").map_err(|error| {
            eprintln!("vestnik: временная папка не создаётся: {error}");
            ExitCode::from(EXIT_ENVIRONMENT)
        })?;
        let database = app::database(&settings);
        eprintln!("vestnik: базы данных {database} ещё нет; показано первое применение");
        let store = empty(folder.path()).map_err(|error| store_failed(&error))?;
        stand_in = Some(folder);
        store
    } else {
        open(&settings, Making::Allowed)?
    };
    let code = apply_to(&store, args, given);
    drop(store);
    drop(stand_in);
    Ok(code)
}

fn is_there(settings: &Settings) -> Result<bool, ExitCode> {
    let url = match &settings.store.url {
        StoreUrl::Sqlite(file) => format!("sqlite:{}", file.display()),
        StoreUrl::Postgres(url) => url.clone(),
    };
    store::is_there(&url).map_err(|error| store_failed(&error))
}

/// A database with nothing in it.
fn empty(folder: &Path) -> Result<Store, StoreError> {
    let url = format!("sqlite:{}", folder.join("vestnik.db").display());
    let key = Key::find_or_make(&folder.join("vestnik.key"))?;
    Store::open(StoreConfig::new(url, key, runtime::node_name()))
}

fn apply_to(store: &Store, args: &ApplyArgs, given: &Given) -> ExitCode {
    let options = ApplyOptions {
        dry_run: args.dry_run,
        only_changed: false,
        quiet: args.quiet,
        gone: if args.delete_bots {
            Gone::Delete
        } else {
            Gone::Refuse
        },
        at: now(),
        by: By::File(
            args.paths
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
        ),
    };
    let applied = match apply(store, given, &options) {
        Ok(applied) => applied,
        Err(ApplyError::Refused(problems)) => return refuse(&problems),
        Err(ApplyError::Store(error)) => return store_failed(&error),
    };
    for finding in &applied.findings {
        eprintln!("{finding}");
    }
    print!("{}", applied.diff);
    if applied.diff.is_empty() {
        println!("Ничего не изменилось.");
    } else if args.dry_run {
        println!("Это проба: ничего не записано.");
    } else if let Some(revision) = applied.revision {
        println!("Применено, ревизия {revision}.");
    } else {
        println!("Применено.");
    }
    ExitCode::SUCCESS
}

fn refuse(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        eprintln!("{problem}");
    }
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    eprintln!("vestnik: файлы не приняты, ошибок: {errors}; ничего не изменилось");
    ExitCode::from(EXIT_INPUT)
}

fn now() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
