//! Any text given to a fixed program, under tight limits: what the targets of formats share.

use std::time::Duration;
use vestnik_bsl::{Environment, Host, Limits, Program, Source, Value, Vm};

struct Silent;
impl Host for Silent {}

/// A program that the target runs again and again.
pub fn program(text: &str) -> Program {
    let sources = [Source {
        name: "М".into(),
        text: text.into(),
        common: false,
    }];
    let program = Program::compile(&Environment::default(), &sources);
    assert!(
        program.problems().next().is_none(),
        "the program of the target does not compile"
    );
    program
}

/// Calls `Прочесть` with the parts of the input, which zeros divide; missing parts are empty.
pub fn run(program: &Program, bytes: &[u8], parts: usize) {
    let text = String::from_utf8_lossy(bytes);
    let mut given = text.splitn(parts, '\0');
    let args: Vec<Value> = (0..parts)
        .map(|_| Value::str(given.next().unwrap_or("")))
        .collect();
    let limits = Limits {
        instructions: 1_000_000,
        time: Duration::from_secs(2),
        memory: 8 << 20,
        ..Limits::default()
    };
    let mut host = Silent;
    let mut vm = Vm::new(program, &mut host, limits);
    if let Err(fault) = vm.call(0, "Прочесть", &args) {
        let _ = vm.render_error(&fault);
    }
}
