//! The command line: one file per subcommand.

/// Runs the subcommand that the process was started with.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
