//! `vestnik apply PATH… [--dry-run]`: files of the organisation into the database, beside a running
//! server too.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::ends::{EXIT_INPUT, open_store, store_failed};
use crate::model::{Moment, Problem};
use crate::organisation::{ApplyError, ApplyOptions, Given, apply};
use crate::store::By;

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
    let store = match open_store(args.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let options = ApplyOptions {
        dry_run: args.dry_run,
        only_changed: false,
        quiet: args.quiet,
        at: now(),
        by: By::File(
            args.paths
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
        ),
    };
    let applied = match apply(&store, &given, &options) {
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
