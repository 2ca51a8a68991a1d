//! The language from outside: cases written in it, walls, diagnostics, and a second evaluator.
//!
//! `support.rs` runs a text; every other file is one kind of proof. The cases of `conformance.rs` lie
//! in `tests/bsl/` at the root of the repository. Nothing here may depend on the speed of a machine.

use vestnik_bsl::allocator::Counting;

#[global_allocator]
static ALLOCATOR: Counting<mimalloc::MiMalloc> = Counting(mimalloc::MiMalloc);

mod conformance;
mod coverage;
mod diagnostics;
mod docs;
mod evaluator;
mod generator;
mod hostile;
mod limits;
mod memory;
mod mutations;
mod printer;
mod random_programs;
mod round_trip;
mod support;
