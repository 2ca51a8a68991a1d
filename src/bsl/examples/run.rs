//! Runs one file with the core library: for measurements of the package alone. `run FILE ops` shows the
//! bytecode first, `run FILE limits` runs under the limits of a bot; then `NAME=FILE` of common modules.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for a person"
)]
use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};
use vestnik_bsl::allocator::Counting;
use vestnik_bsl::host::MessageStatus;
use vestnik_bsl::kernel::date::Date;
use vestnik_bsl::{Environment, Host, Limits, Locale, Program, Source, Vm};

#[global_allocator]
static ALLOCATOR: Counting<mimalloc::MiMalloc> = Counting(mimalloc::MiMalloc);

struct Console;
impl Host for Console {
    fn message(&mut self, text: &str, _: MessageStatus) {
        println!("{text}");
    }

    fn now_utc(&mut self) -> Date {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let since = since.unwrap_or_default();
        let ticks = u64::from(since.subsec_micros()) / 100;
        let date = Date::from_unix_seconds(since.as_secs() as i64).unwrap_or(Date::EMPTY);
        Date::from_ticks(date.ticks() + ticks).unwrap_or(date)
    }

    /// Not for secrets: the seed of the standard maps.
    fn random(&mut self, bytes: &mut [u8]) -> bool {
        for part in bytes.chunks_mut(8) {
            let number = RandomState::new().hash_one(0).to_le_bytes();
            part.copy_from_slice(&number[..part.len()]);
        }
        true
    }
}

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut sources = vec![Source {
        name: path,
        text: text.into(),
        common: false,
    }];
    for module in std::env::args().skip(2) {
        if let Some((name, path)) = module.split_once('=') {
            sources.push(Source {
                name: name.into(),
                text: std::fs::read_to_string(path).unwrap_or_default().into(),
                common: true,
            });
        }
    }
    let program = Program::compile(&Environment::default(), &sources);
    if program.problems().next().is_some() {
        for at in 0..sources.len() {
            println!("{}", program.render_problems(at, Locale::Ru));
        }
        std::process::exit(1);
    }
    let wish = std::env::args().nth(2).unwrap_or_default();
    if wish == "ops" {
        for method in &program.modules[0].methods {
            for (at, op) in method.code.iter().enumerate() {
                println!("{at}: {op:?}");
            }
        }
    }
    let mut host = Console;
    let limits = if wish == "limits" {
        Limits::default()
    } else {
        Limits::generous()
    };
    let mut vm = Vm::new(&program, &mut host, limits);
    if let Err(fault) = vm.run(0) {
        eprintln!("{}", vm.render_error(&fault));
        std::process::exit(1);
    }
}
