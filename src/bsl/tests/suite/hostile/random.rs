//! Random calls with random values: what nobody thought of.

use super::steps;
use crate::support::{Random, Recorder, module};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use vestnik_bsl::{Environment, Limits, Program, Vm};

const PROGRAMS: u64 = 1_500;
const BYTES: usize = 400;
const MEMORY: usize = 16 << 20;

#[test]
fn nothing_panics_or_holds_more_than_it_may() {
    let mut ran = 0;
    let mut failures = Vec::new();
    for seed in 0..PROGRAMS {
        let mut random = Random::new(seed + 77);
        let bytes: Vec<u8> = (0..BYTES).map(|_| random.below(256) as u8).collect();
        let text = steps::program(&bytes);
        let program = Program::compile(&Environment::default(), &[module(&text)]);
        // A name that is refused, or an argument too few.
        if program.problems().next().is_some() {
            continue;
        }
        ran += 1;
        let limits = Limits {
            instructions: 300_000,
            memory: MEMORY,
            time: Duration::from_secs(3600),
            depth: 200,
            ..Limits::default()
        };
        let mut host = Recorder::default();
        let mut vm = Vm::new(&program, &mut host, limits);
        let result = catch_unwind(AssertUnwindSafe(|| {
            if let Err(fault) = vm.run(0) {
                let _ = vm.render_error(&fault);
            }
            vm.account().peak()
        }));
        match result {
            Ok(peak) if peak > MEMORY * 11 / 4 => {
                failures.push(format!("seed {seed}: held {} MB\n{text}", peak >> 20));
            }
            Ok(_) => {}
            Err(_) => failures.push(format!("seed {seed}: panicked\n{text}")),
        }
    }
    assert!(ran > PROGRAMS / 3, "{ran} of {PROGRAMS} programs ran");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
