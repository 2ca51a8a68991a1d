//! `vestnik export DIR [--data]`: the organisation back into files.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::ends::{EXIT_ENVIRONMENT, open_store, store_failed};
use crate::organisation::{exported, write_folder};

/// Write the organisation's files into a folder, byte for byte as they were applied.
#[derive(Args)]
pub struct ExportArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write `parties.toml` from the data as they are now: people, groups, registrations.
    #[arg(long)]
    data: bool,
    /// The folder; made where there is none.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Runs the command.
pub fn run(args: &ExportArgs) -> ExitCode {
    let store = match open_store(args.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let files = match exported(&store, args.data) {
        Ok(files) => files,
        Err(error) => return store_failed(&error),
    };
    match write_folder(&args.dir, &files) {
        Ok(left) => {
            for path in left {
                eprintln!(
                    "vestnik: {}: этого файла в организации нет, он оставлен как был",
                    args.dir.join(path).display()
                );
            }
            println!("Файлов: {}, папка {}", files.len(), args.dir.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!(
                "vestnik: {}: не записывается: {error}; проверьте место и права",
                args.dir.display()
            );
            ExitCode::from(EXIT_ENVIRONMENT)
        }
    }
}
