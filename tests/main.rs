//! The integration tests: one binary, one thing to link.
#![allow(missing_docs)]

use mimalloc::MiMalloc;
use vestnik_bsl::allocator::Counting;

/// As in the server: runs of scripts are held to their memory by the count of their thread.
#[global_allocator]
static ALLOCATOR: Counting<MiMalloc> = Counting(MiMalloc);

mod app;
mod architecture;
mod dialogues;
mod faults;
mod organisation;
mod scripting;
mod store;
mod support;
