//! Any text: it compiles or is refused, runs under tight limits, and every report can be rendered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use vestnik_bsl::{Environment, Host, Limits, Locale, Program, Source, Vm};

struct Silent;
impl Host for Silent {}

fuzz_target!(|text: &str| {
    let sources = [Source {
        name: "М".into(),
        text: text.into(),
        common: false,
    }];
    let program = Program::compile(&Environment::default(), &sources);
    if program.problems().next().is_some() {
        let _ = program.render_problems(0, Locale::Ru);
        return;
    }
    let limits = Limits {
        instructions: 100_000,
        time: Duration::from_secs(2),
        memory: 8 << 20,
        depth: 200,
        output: 1 << 16,
        ..Limits::default()
    };
    let mut host = Silent;
    let mut vm = Vm::new(&program, &mut host, limits);
    if let Err(fault) = vm.run(0) {
        let _ = vm.render_error(&fault);
        let _ = vm.error_details(&fault.0);
    }
});
