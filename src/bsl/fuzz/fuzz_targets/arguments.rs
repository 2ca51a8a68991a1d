//! Any values as arguments of anything in the registry, under tight limits: no panic, no abort, and no
//! more memory than a run may hold with one copy in hand.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::alloc::System;
use std::time::Duration;
use vestnik_bsl::allocator::Counting;
use vestnik_bsl::{Environment, Host, Limits, Program, Source, Vm};

#[path = "../../tests/suite/hostile/steps.rs"]
mod steps;

// ASan replaces the system's allocator, which stays underneath.
#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

struct Silent;
impl Host for Silent {}

const MEMORY: usize = 16 << 20;

fuzz_target!(|bytes: &[u8]| {
    let sources = [Source {
        name: "М".into(),
        text: steps::program(bytes).into(),
        common: false,
    }];
    let program = Program::compile(&Environment::default(), &sources);
    if program.problems().next().is_some() {
        return;
    }
    let limits = Limits {
        instructions: 200_000,
        time: Duration::from_secs(5),
        memory: MEMORY,
        depth: 200,
        ..Limits::default()
    };
    let mut host = Silent;
    let mut vm = Vm::new(&program, &mut host, limits);
    if let Err(fault) = vm.run(0) {
        let _ = vm.render_error(&fault);
    }
    let peak = vm.account().peak();
    assert!(peak <= MEMORY * 11 / 4, "held {} MB", peak >> 20);
});
