//! Runs a text with the core library and gives back what it said: the tests of the library are text in,
//! text out.

use crate::host::MessageStatus;
use crate::kernel::date::Date;
use crate::{Environment, Host, Limits, Locale, Program, Source, Vm};

/// A host of fixed moment, zone and luck.
#[derive(Default)]
struct Listener(Vec<String>);

impl Host for Listener {
    fn message(&mut self, text: &str, _: MessageStatus) {
        self.0.push(text.replace('\u{a0}', "_"));
    }

    fn now_utc(&mut self) -> Date {
        Date::parse_literal("20240102000405").unwrap_or(Date::EMPTY)
    }

    fn zone_offset_utc(&mut self, _: Date, _: Option<&str>) -> Option<i64> {
        Some(3 * 3600)
    }

    fn zone(&mut self) -> String {
        "Europe/Moscow".to_owned()
    }
}

/// The messages of a run, one a line, NBSP as `_`; then the error, if it ended with one.
pub fn run(text: &str) -> String {
    run_within(text, Limits::default())
}

/// The same under limits.
pub fn run_within(text: &str, limits: Limits) -> String {
    let sources = [Source {
        name: "Тест".into(),
        text: text.into(),
        common: false,
    }];
    let program = Program::compile(&Environment::default(), &sources);
    if program.problems().next().is_some() {
        return program.render_problems(0, Locale::Ru);
    }
    let mut host = Listener::default();
    let mut vm = Vm::new(&program, &mut host, limits);
    let error = vm.run(0).err().map(|fault| {
        // A method's own words are the innermost cause.
        let mut error = &fault.0;
        while let Some(cause) = &error.cause {
            error = cause;
        }
        error.description(Locale::Ru)
    });
    drop(vm);
    host.0.extend(error.map(|text| format!("ошибка: {text}")));
    host.0.join("\n")
}

/// Runs the text and compares what it said, line by line.
#[track_caller]
pub fn check(text: &str, expected: &str) {
    let trimmed = |text: &str| {
        text.trim()
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(trimmed(&run(text)), trimmed(expected), "{text}");
}
