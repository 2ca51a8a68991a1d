//! `vestnik check [PATH…] [--tokens] [--dialogues DIR]`: what is wrong with files of an organisation, without a
//! database; without a path, with what the database holds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::check_tokens::{self, Found};
use super::ends::{EXIT_ENVIRONMENT, EXIT_INPUT, EXIT_USAGE, open_store, store_failed};
use super::temporary::Temporary;
use crate::model::{Level, Locale, Problem, sort_problems};
use crate::organisation::{
    Given, Known, Loader, TokenSource, TokenState, check, exported, known_data, read, token_number,
    write_folder,
};
use crate::rehearsal::dialogues::play_folder;
use crate::store::Secret;

/// Check files of the organisation; without a path, those in the database.
#[derive(Args)]
pub struct CheckArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Also see whether every bot's token can be had, and ask Telegram whose it is.
    #[arg(long)]
    tokens: bool,
    /// Also play the dialogue tests of this folder (`*.txt`) against the organisation: on a simulated
    /// Telegram, with a database of their own.
    #[arg(long, value_name = "DIR")]
    dialogues: Option<PathBuf>,
    /// A folder of the organisation, or files of one.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(args: &CheckArgs) -> ExitCode {
    let checked = if args.paths.is_empty() {
        check_database(args)
    } else {
        check_paths(args)
    };
    let mut problems = match checked {
        Ok(problems) => problems,
        Err(code) => return code,
    };
    sort_problems(&mut problems);
    for problem in &problems {
        println!("{problem}");
    }
    let count = |level: Level| {
        problems
            .iter()
            .filter(|problem| problem.level == level)
            .count()
    };
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    if problems.is_empty() {
        println!("Замечаний нет.");
    } else {
        println!(
            "Ошибок: {errors}, предупреждений: {warnings}, замечаний: {}.",
            count(Level::Note)
        );
    }
    // What is allowed is no fault of the input.
    if errors > 0 {
        return ExitCode::from(EXIT_INPUT);
    }
    match &args.dialogues {
        Some(folder) => play(folder, args),
        None => ExitCode::SUCCESS,
    }
}

/// Plays dialogue tests against the given folder or, without one, against what the database holds.
fn play(folder: &Path, args: &CheckArgs) -> ExitCode {
    let temporary = match Temporary::new("vestnik-check") {
        Ok(temporary) => temporary,
        Err(error) => {
            eprintln!("vestnik: временная папка не создаётся: {error}");
            return ExitCode::from(EXIT_ENVIRONMENT);
        }
    };
    let organisation = match args.paths.as_slice() {
        [path] if path.is_dir() => path.clone(),
        [] => {
            let exported = open_store(args.config.as_deref())
                .and_then(|store| exported(&store, true).map_err(|error| store_failed(&error)));
            let files = match exported {
                Ok(files) => files,
                Err(code) => return code,
            };
            let copy = temporary.path().join("database");
            if let Err(error) = write_folder(&copy, &files) {
                eprintln!("vestnik: {}: {error}", copy.display());
                return ExitCode::from(EXIT_ENVIRONMENT);
            }
            copy
        }
        _ => {
            eprintln!("vestnik: для --dialogues укажите одну папку организации целиком");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let played = play_folder(folder, Some(&organisation), temporary.path(), |_| true);
    println!("{played}");
    if played.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_INPUT)
    }
}

fn check_paths(args: &CheckArgs) -> Result<Vec<Problem>, ExitCode> {
    let given = Given::read(&args.paths);
    // A file alone may name people and algorithms that other files hold.
    let mut problems = given.problems.clone();
    let reading = read(&given.files, &Known::default());
    problems.extend(
        reading.problems.into_iter().filter(|problem| {
            given.whole || !problem.code.starts_with("unknown-") || is_own(problem)
        }),
    );
    problems.extend(
        check(&reading.definitions, &given.files)
            .into_iter()
            .filter(|problem| given.whole || problem.code != "no-main-bot"),
    );
    if args.tokens {
        let mut found = Vec::new();
        for bot in &reading.definitions.bots {
            match bot.token.as_ref().map(|token| token_of(&token.value)) {
                // One that is sealed is known to the database only.
                None | Some(Ok(None)) => {}
                Some(Ok(Some(token))) => found.push(Found {
                    file: bot.file.clone(),
                    bot: bot.code.value.to_string(),
                    token,
                }),
                Some(Err(reason)) => {
                    problems.push(token_problem(&bot.file, bot.code.value.as_str(), reason));
                }
            }
        }
        problems.extend(check_tokens::ask(
            args.config.as_deref(),
            &args.paths,
            &found,
        )?);
    }
    Ok(problems)
}

/// The token that a file names, or why it cannot be had; `None` for a sealed one.
fn token_of(source: &TokenSource) -> Result<Option<Secret>, String> {
    let (text, whence) = match source {
        TokenSource::Env(name) => match std::env::var(name) {
            Ok(token) => (token, format!("в переменной {name}")),
            Err(_) => return Err(format!("переменная {name} не задана")),
        },
        TokenSource::File(path) => match std::fs::read_to_string(path) {
            Ok(text) => (
                text.lines().next().unwrap_or_default().to_owned(),
                format!("в файле {path}"),
            ),
            Err(error) => return Err(format!("файл {path} не читается: {error}")),
        },
        TokenSource::Literal(token) => (token.to_string(), "в файле бота".to_owned()),
        TokenSource::Sealed(_) => return Ok(None),
    };
    let text = zeroize::Zeroizing::new(text);
    match token_number(text.trim()) {
        Some(_) => Ok(Some(Secret::new(text.trim()))),
        None => Err(format!("{whence} не токен")),
    }
}

/// Names that a file looks for in itself are known even when it stands alone.
fn is_own(problem: &Problem) -> bool {
    !matches!(
        problem.code,
        "unknown-algorithm"
            | "unknown-scenario"
            | "unknown-group"
            | "unknown-party"
            | "unknown-bot"
    )
}

fn token_problem(file: &str, bot: &str, reason: String) -> Problem {
    Problem::of_file(
        Level::Error,
        "token-missing",
        file,
        format!("бот {bot}: {reason}"),
    )
    .hint("токен имеет вид число:буквы, его выдаёт @BotFather")
}

fn check_database(args: &CheckArgs) -> Result<Vec<Problem>, ExitCode> {
    let store = open_store(args.config.as_deref())?;
    let files = exported(&store, false).map_err(|error| store_failed(&error))?;
    let known = known_data(&store).map_err(|error| store_failed(&error))?;
    let reading = read(&files, &known);
    let mut problems = reading.problems;
    problems.extend(check(&reading.definitions, &files));
    if args.tokens {
        let environment = |name: &str| std::env::var(name).ok();
        let changes = Loader::new(Locale::Ru)
            .changes_blocking(&store, &environment)
            .map_err(|error| store_failed(&error))?
            .ok_or(ExitCode::from(EXIT_ENVIRONMENT))?;
        let mut found = Vec::new();
        for loaded in changes.bots {
            let code = loaded.bot.code.as_str();
            match loaded.token {
                TokenState::Missing(reason) => {
                    problems.push(token_problem("база данных", code, reason));
                }
                TokenState::Known(token) => found.push(Found {
                    file: "база данных".to_owned(),
                    bot: code.to_owned(),
                    token,
                }),
            }
        }
        problems.extend(check_tokens::ask(
            args.config.as_deref(),
            &args.paths,
            &found,
        )?);
    }
    Ok(problems)
}
