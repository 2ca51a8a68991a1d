//! `vestnik bsl`: programs of the 1C language outside the bots: run, evaluate, check.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{Local, Offset, TimeZone, Utc};
use clap::{Args, Subcommand, ValueEnum};
use vestnik_bsl::check::check_syntax_only;
use vestnik_bsl::diagnostic::{Diagnostic, Locator, render};
use vestnik_bsl::host::{HttpRequest, HttpResponse, LogEntry, MessageStatus};
use vestnik_bsl::kernel::date::Date;
use vestnik_bsl::syntax::{parse, token::seed_names};
use vestnik_bsl::{
    ChatCode, Data, Environment, Fault, Host, LimitKind, Limits, Locale, Program, Source, Vm,
};

use super::ends::EXIT_INPUT;
use crate::scripting::http::{AllowList, Call, HttpLimits, Transport};

/// Programs of the 1C language: run, evaluate, check
#[derive(Args)]
pub struct BslArgs {
    #[command(subcommand)]
    command: BslCommand,
}

#[derive(Subcommand)]
enum BslCommand {
    /// Run a file; messages go to stdout
    Run(RunArgs),
    /// Print an expression's value, or the _Результат of statements
    Eval(EvalArgs),
    /// Check files and folders (*.bsl, *.os)
    Check(CheckArgs),
}

#[derive(Args)]
struct RunArgs {
    /// The program
    file: PathBuf,
    /// A common module: NAME=FILE
    #[arg(long = "module", value_name = "NAME=FILE")]
    modules: Vec<String>,
    /// What the program finds in АргументыКоманднойСтроки
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
    #[command(flatten)]
    limits: LimitArgs,
}

#[derive(Args)]
struct EvalArgs {
    /// An expression or statements; - reads them from the standard input
    #[arg(allow_hyphen_values = true)]
    code: String,
    #[command(flatten)]
    limits: LimitArgs,
}

#[derive(Args)]
struct CheckArgs {
    /// Files and folders
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Only the shape: names are resolved elsewhere
    #[arg(long)]
    syntax_only: bool,
    /// Files at once [default: the number of cores]
    #[arg(long)]
    jobs: Option<usize>,
    /// Language of messages
    #[arg(long, value_enum, default_value = "ru")]
    locale: Language,
}

#[derive(Args)]
struct LimitArgs {
    /// Instructions [default: no limit]
    #[arg(long)]
    instructions: Option<u64>,
    /// Wall time in milliseconds [default: no limit]
    #[arg(long)]
    time_ms: Option<u64>,
    /// Memory of values in MiB [default: 4096]
    #[arg(long)]
    memory_mb: Option<usize>,
    /// Nested calls [default: 100000]
    #[arg(long)]
    depth: Option<usize>,
    /// Digits of a number [default: 1000]
    #[arg(long)]
    digits: Option<u32>,
    /// Output in bytes [default: no limit]
    #[arg(long)]
    output: Option<usize>,
    /// A host that HTTPСоединение may call, as in scripts.http_allow [default: none]
    #[arg(long, value_name = "HOST[:PORT]")]
    http_allow: Vec<String>,
    /// Language of messages
    #[arg(long, value_enum, default_value = "ru")]
    locale: Language,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Ru,
    En,
}

impl From<Language> for Locale {
    fn from(language: Language) -> Locale {
        match language {
            Language::Ru => Locale::Ru,
            Language::En => Locale::En,
        }
    }
}

impl LimitArgs {
    fn limits(&self) -> Limits {
        let own = Limits::generous();
        Limits {
            instructions: self.instructions.unwrap_or(own.instructions),
            time: self.time_ms.map_or(own.time, Duration::from_millis),
            memory: self
                .memory_mb
                .map_or(own.memory, |mb| mb.saturating_mul(1 << 20)),
            depth: self.depth.unwrap_or(own.depth),
            digits: self.digits.unwrap_or(own.digits),
            output: self.output.unwrap_or(own.output),
            ..own
        }
    }
}

/// Runs the command.
pub fn run(args: BslArgs) -> ExitCode {
    match args.command {
        BslCommand::Run(args) => run_file(&args),
        BslCommand::Eval(args) => eval(&args),
        BslCommand::Check(args) => check(&args),
    }
}

// ---- the host of the command line -------------------------------------------------------------

/// A person's terminal: messages, the machine's clock and zone, random bytes; of the network what the
/// person allowed.
struct Console {
    out: BufWriter<Stdout>,
    locale: Locale,
    http: Option<Transport>,
}

impl Console {
    fn new(args: &LimitArgs) -> Console {
        let allowed = &args.http_allow;
        Console {
            out: BufWriter::new(io::stdout()),
            locale: args.locale.into(),
            http: (!allowed.is_empty())
                .then(|| Transport::new(AllowList::new(allowed), HttpLimits::default())),
        }
    }

    fn line(&mut self, text: &str) {
        // A closed pipe is no business of the program: it goes on unheard.
        let _ = writeln!(self.out, "{text}");
    }
}

/// The local shift at a moment, in seconds.
fn local_shift(unix_seconds: i64, is_local: bool) -> i64 {
    let Some(moment) = chrono::DateTime::from_timestamp(unix_seconds, 0) else {
        return 0;
    };
    let naive = moment.naive_utc();
    let offset = if is_local {
        Local
            .offset_from_local_datetime(&naive)
            .earliest()
            .map(|it| it.fix())
    } else {
        Some(Local.offset_from_utc_datetime(&naive).fix())
    };
    offset.map_or(0, |offset| i64::from(offset.local_minus_utc()))
}

impl Host for Console {
    fn message(&mut self, text: &str, _: MessageStatus) {
        self.line(text);
    }

    fn log(&mut self, entry: LogEntry) {
        let _ = self.out.flush();
        eprintln!(
            "{:?} {}: {} {}",
            entry.level, entry.event, entry.comment, entry.data
        );
    }

    fn now_utc(&mut self) -> Date {
        let now = Utc::now();
        let fraction = u64::from(now.timestamp_subsec_micros() / 100);
        Date::from_unix_seconds(now.timestamp())
            .and_then(|date| Date::from_ticks(date.ticks() + fraction))
            .unwrap_or(Date::EMPTY)
    }

    fn zone_offset_utc(&mut self, utc: Date, zone: Option<&str>) -> Option<i64> {
        match zone {
            None => Some(local_shift(utc.unix_seconds(), false)),
            Some(_) => None,
        }
    }

    fn zone_offset_local(&mut self, local: Date, zone: Option<&str>) -> Option<i64> {
        match zone {
            None => Some(local_shift(local.unix_seconds(), true)),
            Some(_) => None,
        }
    }

    fn zone(&mut self) -> String {
        std::env::var("TZ").unwrap_or_default()
    }

    fn locale(&self) -> Locale {
        self.locale
    }

    fn flush(&mut self) {
        let _ = self.out.flush();
    }

    fn random(&mut self, bytes: &mut [u8]) -> bool {
        getrandom::fill(bytes).is_ok()
    }

    fn user_name(&mut self) -> String {
        std::env::var("USER").unwrap_or_default()
    }

    fn http(&mut self, request: HttpRequest) -> Option<Result<HttpResponse, String>> {
        // What was said so far is seen while the call waits.
        let _ = self.out.flush();
        let answer = self.http.as_ref()?.send(request, &Call::default());
        Some(answer.map_err(|error| error.text(self.locale)))
    }

    fn may_exit(&self) -> bool {
        true
    }
}

// ---- run and eval -----------------------------------------------------------------------------

/// Variables that a program on the command line knows.
const VARIABLES: [&str; 2] = ["АргументыКоманднойСтроки", "_Результат"];

/// What an algorithm of a bot knows besides: a check of files must not call it unknown.
const BOT_VARIABLES: [&str; 2] = ["_Исполнитель", "_ДанныеДляОбработки"];
const BOT_PROPERTIES: [&str; 4] = ["Справочники", "Telegram", "ЧатБоты", "Процессы"];

fn environment(with_bots: bool) -> Environment {
    let mut environment = Environment {
        variables: VARIABLES.map(String::from).to_vec(),
        ..Environment::default()
    };
    if with_bots {
        environment
            .variables
            .extend(BOT_VARIABLES.map(String::from));
        environment
            .properties
            .extend(BOT_PROPERTIES.map(String::from));
    }
    environment
}

/// A file's text, with or without the byte order mark.
fn read(path: &Path) -> Result<String, ExitCode> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            Err(ExitCode::from(EXIT_INPUT))
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn sources(args: &RunArgs) -> Result<Vec<Source>, ExitCode> {
    let mut sources = vec![Source {
        name: stem(&args.file),
        text: read(&args.file)?.into(),
        common: false,
    }];
    for module in &args.modules {
        let Some((name, file)) = module.split_once('=') else {
            eprintln!("--module {module}: ожидается ИМЯ=ФАЙЛ");
            return Err(ExitCode::from(2));
        };
        let text = read(Path::new(file))?.into();
        sources.push(Source {
            name: name.to_string(),
            text,
            common: true,
        });
    }
    Ok(sources)
}

fn run_file(args: &RunArgs) -> ExitCode {
    let sources = match sources(args) {
        Ok(sources) => sources,
        Err(code) => return code,
    };
    let locale = args.limits.locale.into();
    let program = Program::compile(&environment(false), &sources);
    if program.problems().next().is_some() {
        for module in 0..sources.len() {
            let text = program.render_problems(module, locale);
            if !text.is_empty() {
                eprintln!("{text}");
            }
        }
        return ExitCode::from(EXIT_INPUT);
    }
    let mut host = Console::new(&args.limits);
    let mut vm = Vm::new(&program, &mut host, args.limits.limits());
    let words = Data::Array(
        args.args
            .iter()
            .map(|word| Data::Str(word.clone()))
            .collect(),
    );
    let result = vm.from_data(&words).and_then(|words| {
        vm.set_variable(VARIABLES[0], words);
        vm.run(0)
    });
    finish(vm, &mut Vec::new(), result).unwrap_or(ExitCode::SUCCESS)
}

/// Ends a run: what it raised goes to stderr. `None` when nothing was raised.
fn finish(vm: Vm<'_>, lines: &mut Vec<String>, result: Result<(), Fault>) -> Option<ExitCode> {
    let failure = match &result {
        Ok(()) => None,
        Err(fault) => match fault.0.limit() {
            Some(LimitKind::Exit(code)) => Some((None, ExitCode::from(code as u8))),
            _ => Some((Some(vm.render_error(fault)), ExitCode::from(EXIT_INPUT))),
        },
    };
    // The host's buffer is flushed when the run lets go of it; errors come after the messages.
    let mut vm = vm;
    for line in lines.drain(..) {
        vm.host().message(&line, MessageStatus::Without);
    }
    vm.host().flush();
    drop(vm);
    let (text, code) = failure?;
    if let Some(text) = text {
        eprintln!("{text}");
    }
    Some(code)
}

fn eval(args: &EvalArgs) -> ExitCode {
    match args.code.as_str() {
        "-" => match io::read_to_string(io::stdin()) {
            Ok(code) => eval_text(args, code.strip_prefix('\u{feff}').unwrap_or(&code)),
            Err(error) => {
                eprintln!("vestnik: стандартный ввод не читается: {error}");
                ExitCode::from(EXIT_INPUT)
            }
        },
        code => eval_text(args, code),
    }
}

fn eval_text(args: &EvalArgs, text: &str) -> ExitCode {
    let locale = args.limits.locale.into();
    let program = Program::compile(&environment(false), &[]);
    let as_expression = program.check_text(text, true);
    let code = if as_expression.is_empty() && !program.is_assignment(text) {
        ChatCode::Expression
    } else {
        let as_statements = program.check_text(text, false);
        if !as_statements.is_empty() {
            // A text with an assignment or several statements was meant as statements.
            let meant = if text.contains(';') || text.contains('=') {
                as_statements
            } else {
                as_expression
            };
            for problem in meant {
                eprintln!(
                    "{}",
                    vestnik_bsl::diagnostic::render("", text, &problem, locale)
                );
            }
            return ExitCode::from(EXIT_INPUT);
        }
        ChatCode::Statements
    };
    let mut host = Console::new(&args.limits);
    let mut vm = Vm::new(&program, &mut host, args.limits.limits());
    let mut lines = Vec::new();
    let result = vm.run_chat(text, code).map(|value| {
        let value = match code {
            ChatCode::Statements => vm.variable(VARIABLES[1]).cloned().unwrap_or_default(),
            _ => value,
        };
        let text = vm.text(&value);
        if code == ChatCode::Expression || !text.is_empty() {
            lines.push(text);
        }
    });
    finish(vm, &mut lines, result).unwrap_or(ExitCode::SUCCESS)
}

// ---- check ------------------------------------------------------------------------------------

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        // A file named by the person is checked whatever its ending.
        fs::metadata(path)?;
        files.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)?
        .map(|entry| entry.map(|it| it.path()))
        .collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        let is_module = entry.extension().is_some_and(|ending| {
            ending.eq_ignore_ascii_case("bsl") || ending.eq_ignore_ascii_case("os")
        });
        if entry.is_dir() || is_module {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

/// What checking found.
#[derive(Default)]
struct Findings {
    lines: usize,
    errors: usize,
    /// Number of the file and its messages, for an order that does not depend on the threads.
    messages: Vec<(usize, String)>,
}

fn describe(path: &Path, text: &str, problems: &[Diagnostic], locale: Locale) -> String {
    let mut message = String::new();
    let mut locator = Locator::new(text);
    for problem in problems {
        let at = locator.locate(problem.start);
        message.push_str(&format!(
            "{}:{}:{}: {}\n",
            path.display(),
            at.line,
            at.column,
            problem.message(locale)
        ));
        // The line and a caret under the place, without the module's name that is above already.
        let full = render("", text, problem, locale);
        if let Some((_, excerpt)) = full.split_once('\n') {
            message.push_str(excerpt);
            message.push('\n');
        }
    }
    message
}

fn line_count(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
        + usize::from(!text.is_empty() && !text.ends_with('\n'))
}

fn check(args: &CheckArgs) -> ExitCode {
    let mut files = Vec::new();
    for path in &args.paths {
        if let Err(error) = collect(path, &mut files) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::from(EXIT_INPUT);
        }
    }
    let locale = args.locale.into();
    let findings = if args.syntax_only {
        check_shapes(&files, args.jobs, locale)
    } else {
        check_names(&files, locale)
    };
    let mut messages = findings.messages;
    messages.sort_by_key(|(file, _)| *file);
    for (_, message) in messages {
        eprint!("{message}");
    }
    match locale {
        Locale::Ru => println!(
            "Файлов: {}, строк: {}, ошибок: {}",
            files.len(),
            findings.lines,
            findings.errors
        ),
        Locale::En => println!(
            "Files: {}, lines: {}, errors: {}",
            files.len(),
            findings.lines,
            findings.errors
        ),
    }
    if findings.errors > 0 {
        ExitCode::from(EXIT_INPUT)
    } else {
        ExitCode::SUCCESS
    }
}

/// Every file for itself, on all cores.
fn check_shapes(files: &[PathBuf], jobs: Option<usize>, locale: Locale) -> Findings {
    let jobs = jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
        .clamp(1, files.len().max(1));
    let next = AtomicUsize::new(0);
    let findings = Mutex::new(Findings::default());
    let progress = io::stderr().is_terminal() && files.len() > 100;
    let work = || {
        let mut names = seed_names();
        let mut own = Findings::default();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = files.get(at) else { break };
            if progress && at.is_multiple_of(64) {
                eprint!("\r{at}/{}", files.len());
            }
            check_shape(path, at, &mut names, locale, &mut own);
        }
        if let Ok(mut all) = findings.lock() {
            all.lines += own.lines;
            all.errors += own.errors;
            all.messages.append(&mut own.messages);
        }
    };
    if jobs == 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(work);
            }
        });
    }
    if progress {
        eprint!("\r\x1b[K");
    }
    findings.into_inner().unwrap_or_default()
}

fn check_shape(
    path: &Path,
    at: usize,
    names: &mut vestnik_bsl::syntax::names::Names,
    locale: Locale,
    findings: &mut Findings,
) {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            findings.errors += 1;
            findings
                .messages
                .push((at, format!("{}: {error}\n", path.display())));
            return;
        }
    };
    findings.lines += line_count(&text);
    let (tree, mut problems) = parse(&text, names);
    problems.append(&mut check_syntax_only(&tree, names, &text));
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.start);
        findings.errors += problems.len();
        findings
            .messages
            .push((at, describe(path, &text, &problems, locale)));
    }
}

/// All files as common modules of each other.
fn check_names(files: &[PathBuf], locale: Locale) -> Findings {
    let mut findings = Findings::default();
    let mut sources = Vec::with_capacity(files.len());
    let mut numbers = Vec::with_capacity(files.len());
    for (at, path) in files.iter().enumerate() {
        match fs::read_to_string(path) {
            Ok(text) => {
                findings.lines += line_count(&text);
                sources.push(Source {
                    name: stem(path),
                    text: text.into(),
                    common: true,
                });
                numbers.push(at);
            }
            Err(error) => {
                findings.errors += 1;
                findings
                    .messages
                    .push((at, format!("{}: {error}\n", path.display())));
            }
        }
    }
    let program = Program::compile(&environment(true), &sources);
    for (module, (source, &at)) in sources.iter().zip(&numbers).enumerate() {
        let code = &program.modules[module];
        // What fails only when it is reached is as wrong to who checks.
        let mut problems = [code.problems.as_slice(), &code.findings].concat();
        problems.sort_by_key(|problem| problem.start);
        if !problems.is_empty() {
            findings.errors += problems.len();
            findings
                .messages
                .push((at, describe(&files[at], &source.text, &problems, locale)));
        }
    }
    findings
}
