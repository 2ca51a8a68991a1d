//! Running a text and reading what came of it.

use std::path::PathBuf;
use vestnik_bsl::host::{HttpRequest, HttpResponse, MessageStatus};
use vestnik_bsl::kernel::date::Date;
use vestnik_bsl::{Environment, Fault, Host, Limits, Locale, Program, Source, Vm};

/// A host that keeps messages, whose clock stands still, whose random bytes count up, and whose network
/// answers with what it was asked, except that there is none for the server «нет».
#[derive(Default)]
pub struct Recorder {
    /// Messages in order.
    pub lines: Vec<String>,
    /// Language of texts.
    pub locale: Locale,
    drawn: u8,
}

impl Host for Recorder {
    fn message(&mut self, text: &str, _: MessageStatus) {
        self.lines.push(text.to_string());
    }

    fn now_utc(&mut self) -> Date {
        Date::new(2024, 2, 29, 12, 34, 56).unwrap_or(Date::EMPTY)
    }

    fn locale(&self) -> Locale {
        self.locale
    }

    fn random(&mut self, bytes: &mut [u8]) -> bool {
        for byte in bytes {
            self.drawn = self.drawn.wrapping_add(1);
            *byte = self.drawn;
        }
        true
    }

    fn http(&mut self, request: HttpRequest) -> Option<Result<HttpResponse, String>> {
        if request.host == "нет" {
            return None;
        }
        if request.host == "глух" {
            return Some(Err("сервер не отвечает".into()));
        }
        let scheme = if request.secure { "https" } else { "http" };
        let mut answer = format!(
            "{} {scheme}://{}:{}{} {}",
            request.method, request.host, request.port, request.path, request.timeout_s
        );
        for (name, value) in &request.headers {
            answer.push_str(&format!("\n{name}: {value}"));
        }
        if let Some((user, password)) = &request.login {
            answer.push_str(&format!("\n{user}/{password}"));
        }
        answer.push('\n');
        let mut body = answer.into_bytes();
        body.extend_from_slice(&request.body);
        Some(Ok(HttpResponse {
            status: if request.path == "/404" { 404 } else { 200 },
            headers: vec![("Content-Type".into(), "text/plain; charset=utf-8".into())],
            body,
        }))
    }
}

/// What a run left.
pub struct Outcome {
    /// Messages.
    pub lines: Vec<String>,
    /// The error that nothing caught.
    pub fault: Option<Fault>,
    /// Its text, and the line and column of its place.
    pub error: Option<(String, u32, u32)>,
    /// What the compiler had to say; then nothing ran.
    pub problems: String,
}

/// A module named М.
pub fn module(text: &str) -> Source {
    source("М", text, false)
}

/// A module.
pub fn source(name: &str, text: &str, common: bool) -> Source {
    Source {
        name: name.into(),
        text: text.into(),
        common,
    }
}

/// Runs the first module.
pub fn run(sources: &[Source], limits: Limits) -> Outcome {
    run_in(sources, limits, Locale::Ru)
}

/// Runs the first module in a language.
pub fn run_in(sources: &[Source], limits: Limits, locale: Locale) -> Outcome {
    let program = Program::compile(&Environment::default(), sources);
    let problems: Vec<String> = (0..sources.len())
        .map(|at| program.render_problems(at, locale))
        .filter(|text| !text.is_empty())
        .collect();
    let mut outcome = Outcome {
        lines: Vec::new(),
        fault: None,
        error: None,
        problems: problems.join("\n"),
    };
    if !outcome.problems.is_empty() {
        return outcome;
    }
    let mut host = Recorder {
        locale,
        ..Recorder::default()
    };
    let mut vm = Vm::new(&program, &mut host, limits);
    outcome.fault = vm.run(0).err();
    outcome.error = outcome.fault.as_ref().map(|fault| {
        let place = vm.location(&fault.0);
        let (line, column) = place.map_or((0, 0), |place| (place.at.line, place.at.column));
        (fault.0.description(locale), line, column)
    });
    drop(vm);
    outcome.lines = host.lines;
    outcome
}

/// A path from the root of the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// A file of the repository.
pub fn read(path: &str) -> String {
    let full = repository(path);
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{}: {error}", full.display()))
}

/// Whether generated files are written anew instead of compared: `VESTNIK_WRITE_DOCS` is set.
pub fn writes_docs() -> bool {
    std::env::var_os("VESTNIK_WRITE_DOCS").is_some()
}

/// Compares a generated file, or writes it when `VESTNIK_WRITE_DOCS` is set.
#[track_caller]
pub fn generated(path: &str, expected: &str) {
    if writes_docs() {
        std::fs::write(repository(path), expected)
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        return;
    }
    assert!(
        read(path) == expected,
        "{path} is stale: run VESTNIK_WRITE_DOCS=1 cargo test -p vestnik-bsl --test suite and read the change"
    );
}

/// Numbers from a seed: xorshift64*, so that a run can be repeated anywhere.
pub struct Random(u64);

impl Random {
    /// A generator; any seed will do.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound.max(1)
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
