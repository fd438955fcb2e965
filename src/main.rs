//! The command line program.

use std::process::ExitCode;

/// Pages are trees of small pieces: this allocator hands them out faster than the system's, and gives
/// their memory back, which the system's keeps for years.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    feedmill::cli::main()
}
