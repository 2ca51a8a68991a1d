//! The door: parses a subcommand and calls the library.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // A thousand parked bots touch a little of many pages: with huge pages each of them costs a third
    // more memory. Where the kernel refuses, it costs just that.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
    vestnik::cli::main()
}
