//! `vestnik backup FILE`: a consistent copy of the SQLite database, beside a running server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::ends::{EXIT_INPUT, open_store, store_result};

/// Copy the database to a file while the server runs.
#[derive(Args)]
pub struct BackupArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The copy; must not exist.
    file: PathBuf,
}

/// Runs the command.
pub fn run(args: BackupArgs) -> ExitCode {
    if args.file.exists() {
        eprintln!(
            "vestnik: {}: файл уже есть; укажите другое имя",
            args.file.display()
        );
        return ExitCode::from(EXIT_INPUT);
    }
    let store = match open_store(args.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    store_result(store.backup(&args.file).map(|()| {
        println!(
            "Копия: {}. Ключ шифрования в неё не входит: сохраните его отдельно.",
            args.file.display()
        );
    }))
}
