//! The door: parses a subcommand and calls the library.

use mimalloc::MiMalloc;
use vestnik_bsl::allocator::Counting;

/// Counts for every thread what it holds: a run of a script is held to its limit of memory by it
/// (decision 0011).
#[global_allocator]
static ALLOCATOR: Counting<MiMalloc> = Counting(MiMalloc);

fn main() -> std::process::ExitCode {
    // A thousand parked bots touch a little of many pages: with huge pages each of them costs a third
    // more memory. Where the kernel refuses, it costs just that.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
    vestnik::cli::main()
}
