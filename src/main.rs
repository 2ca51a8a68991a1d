//! The door: parses a subcommand and calls the library.

fn main() -> std::process::ExitCode {
    vestnik::cli::main()
}
