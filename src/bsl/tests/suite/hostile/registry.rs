//! Everything that the registry knows, called with what no honest program passes: nothing panics, holds
//! more than [`PEAK`], or works for longer than it paid for. What is added to the registry is called
//! too.

use super::zoo::{self, MAKERS, address};
use super::{MEMORY, PEAK};
use crate::support::{Recorder, module};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use vestnik_bsl::host::{Host, HostMethod, HostObject, HttpRequest, HttpResponse, MessageStatus};
use vestnik_bsl::kernel::date::Date;
use vestnik_bsl::library::registry::{LIBRARY, Params, TypeDef};
use vestnik_bsl::library::unavailable::REASONS;
use vestnik_bsl::value::Value;
use vestnik_bsl::{Environment, Fault, Limits, Program, Vm};

/// Instructions of a run, and those that a call finds at least.
const INSTRUCTIONS: u64 = 8_000_000;
const AT_LEAST: u64 = 4_000_000;

/// A call works at most for this many times what the loop needs for the instructions that were paid. In
/// a build that is not optimised the library is slower than the loop by more.
const FACTOR: f64 = if cfg!(debug_assertions) { 80.0 } else { 20.0 };
/// Instructions that every call has free.
const FREE: u64 = 6_000;

/// A call that is tried: how it is written, in terms of `О`, its object, and `А0`, `А1` …
struct Call {
    text: String,
    receiver: Option<String>,
    params: usize,
    named: String,
}

fn args(count: usize) -> String {
    let names: Vec<String> = (0..count).map(|at| format!("А{at}")).collect();
    names.join(", ")
}

/// Parameters that are passed: a list without end gets some.
fn count(params: &str) -> usize {
    let params = Params::parse(params);
    params.list.len() + if params.variadic { 3 } else { 0 }
}

/// Whether a name is only known to be refused with a reason, whatever it is given.
fn is_refused(name: &str) -> bool {
    REASONS.iter().any(|(ru, ..)| *ru == name)
}

fn calls(receivers: &HashMap<usize, String>) -> Vec<Call> {
    let mut calls = Vec::new();
    for function in &LIBRARY.functions {
        let def = function.def;
        // Made an instruction by the compiler, which is called below.
        if def.ru == "Вычислить" || is_refused(def.ru) {
            continue;
        }
        let params = count(def.params);
        let name = LIBRARY.names.find(def.ru);
        let is_object = name.is_some_and(|name| LIBRARY.object(name).is_some());
        let call = match is_object {
            // A property of the global context.
            true => def.ru.to_owned(),
            false => format!("{}({})", def.ru, args(params)),
        };
        calls.push(Call {
            text: if def.is_function {
                format!("Р = {call}")
            } else {
                call
            },
            receiver: None,
            params,
            named: def.ru.to_owned(),
        });
    }
    for ty in &LIBRARY.types {
        if let Some(new) = ty.new.as_ref().filter(|_| !is_refused(ty.ru)) {
            let params = count(new.params);
            calls.push(Call {
                text: format!("Р = Новый {}({})", ty.ru, args(params)),
                receiver: None,
                params,
                named: format!("Новый {}", ty.ru),
            });
        }
        if let Some(receiver) = receivers.get(&address(ty)) {
            members(ty, receiver, &mut calls);
        }
    }
    // What the machine itself does with values.
    for (text, params) in [
        ("Р = А0 + А1", 2),
        ("Р = \"\" + А0", 1),
        ("Р = А0 = А1", 2),
        ("Р = А0 < А1", 2),
        ("Р = А0 * А1", 2),
        ("Р = А0 / А1", 2),
        ("Р = А0 % А1", 2),
        ("Р = -А0", 1),
        ("Р = НЕ А0", 1),
        ("Р = А0[А1]", 2),
        ("А0[А1] = А1", 2),
        ("Р = А0.А", 1),
        ("А0.А = А1", 2),
        ("Для Каждого Х Из А0 Цикл Р = Х; КонецЦикла", 1),
        ("Для Н = А0 По А1 Цикл Прервать; КонецЦикла", 2),
        ("Р = Вычислить(А0)", 1),
        ("Выполнить(А0)", 1),
        ("Р = Новый(А0, А1)", 2),
        ("ВызватьИсключение А0", 1),
        ("ВызватьИсключение(А0, А1, А1, А1, А0)", 2),
        (
            "Попытка ВызватьИсключение А0; Исключение Р = ПодробноеПредставлениеОшибки(ИнформацияОбОшибке()); КонецПопытки",
            1,
        ),
    ] {
        calls.push(Call {
            text: text.to_owned(),
            receiver: None,
            params,
            named: text.to_owned(),
        });
    }
    calls
}

fn members(ty: &'static TypeDef, receiver: &str, calls: &mut Vec<Call>) {
    for method in ty.methods {
        let params = count(method.params);
        let call = format!("О.{}({})", method.ru, args(params));
        calls.push(Call {
            text: if method.is_function {
                format!("Р = {call}")
            } else {
                call
            },
            receiver: Some(receiver.to_owned()),
            params,
            named: format!("{}.{}", ty.ru, method.ru),
        });
    }
    for prop in ty.props {
        calls.push(Call {
            text: format!("Р = О.{}", prop.ru),
            receiver: Some(receiver.to_owned()),
            params: 0,
            named: format!("{}.{}", ty.ru, prop.ru),
        });
        if prop.set.is_some() {
            calls.push(Call {
                text: format!("О.{0} = А0; Р = О.{0}; Р = \"\" + О", prop.ru),
                receiver: Some(receiver.to_owned()),
                params: 1,
                named: format!("{}.{} =", ty.ru, prop.ru),
            });
        }
    }
}

/// The program with a procedure for each call, and one for each object.
fn program(calls: &[Call]) -> Program {
    let mut text = zoo::makers();
    for (at, call) in calls.iter().enumerate() {
        if let Some(receiver) = &call.receiver {
            text.push_str(&format!(
                "Функция О{at}() Экспорт Возврат {receiver}; КонецФункции\n"
            ));
        }
        let object = if call.receiver.is_some() { "О, " } else { "" };
        text.push_str(
            &format!(
                "Процедура В{at}({object}{}) Экспорт {}; КонецПроцедуры\n",
                args(call.params),
                call.text
            )
            .replace(", )", ")"),
        );
    }
    text.push_str(
        "Процедура Мера() Экспорт Для Н = 1 По 100000 Цикл Р = Н % 7; КонецЦикла; КонецПроцедуры\n",
    );
    let environment = Environment {
        properties: vec!["Засада".into()],
        ..Environment::default()
    };
    let program = Program::compile(&environment, &[module(&text)]);
    assert_eq!(program.render_problems(0, vestnik_bsl::Locale::Ru), "");
    program
}

fn limits() -> Limits {
    Limits {
        instructions: INSTRUCTIONS,
        ..super::limits()
    }
}

/// The host of the calls.
#[derive(Default)]
struct Place(Recorder);

impl Host for Place {
    fn message(&mut self, text: &str, status: MessageStatus) {
        self.0.message(text, status);
    }

    fn now_utc(&mut self) -> Date {
        self.0.now_utc()
    }

    fn random(&mut self, bytes: &mut [u8]) -> bool {
        self.0.random(bytes)
    }

    fn http(&mut self, request: HttpRequest) -> Option<Result<HttpResponse, String>> {
        self.0.http(request)
    }

    fn global(&mut self, _: &str) -> Option<Box<dyn HostObject>> {
        Some(Box::new(Ambush))
    }
}

/// Nanoseconds that this thread has worked; waiting for others is not in it. `None` where the system
/// does not tell.
#[cfg(unix)]
fn worked() -> Option<u64> {
    use nix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).ok()?;
    u64::try_from(time.tv_sec() * 1_000_000_000 + time.tv_nsec()).ok()
}

#[cfg(not(unix))]
fn worked() -> Option<u64> {
    None
}

/// Nanoseconds of an instruction of the loop, here and now.
fn pace(program: &Program) -> Option<f64> {
    let mut host = Place::default();
    let mut vm = Vm::new(program, &mut host, limits());
    let mut found = f64::INFINITY;
    // The first call also sees the program for the first time.
    for _ in 0..2 {
        let (before, paid) = (worked()?, vm.instructions());
        vm.call(0, "Мера", &[]).expect("the measure ends well");
        let pace = (worked()? - before) as f64 / (vm.instructions() - paid) as f64;
        found = found.min(pace);
    }
    Some(found)
}

/// One run that makes two arguments and calls with them until it is at its end.
struct Runner<'p> {
    program: &'p Program,
    calls: &'p [Call],
    pace: Option<f64>,
    /// Which quarter of the calls is made.
    turn: usize,
    /// Whether all are.
    all: bool,
    failures: Vec<String>,
}

/// The arguments that every call gets.
const ALWAYS: &[&str] = &["Слово", "Имена", "Смесь", "СамаСтруктура"];

/// How the two arguments are dealt out to the parameters of a call.
const DEALS: [fn(usize) -> Option<usize>; 4] = [
    |_| Some(0),
    |at| Some(at % 2),
    |at| Some((at + 1) % 2),
    |at| (at == 0).then_some(0),
];

impl Runner<'_> {
    /// Whether a call is made with the arguments in hand, dealt out in this way. Every call gets the
    /// arguments of [`ALWAYS`] and a quarter of the others, each another one; with `VESTNIK_HOSTILE` set
    /// it gets all.
    fn is_tried(&self, call: usize, deal: usize) -> bool {
        let deals = match self.calls[call].params {
            0 => deal == 0,
            1 => deal == 0 || deal == 2,
            _ => true,
        };
        deals && (self.all || (call + self.turn).is_multiple_of(4))
    }

    /// All calls with two arguments.
    fn go_through(&mut self, first: &str, second: &str) {
        let mut next = 0;
        while next < self.calls.len() * DEALS.len() {
            next = self.run_from(next, first, second);
        }
    }

    /// Calls until the run is at its end; gives the number of the next call.
    fn run_from(&mut self, from: usize, first: &str, second: &str) -> usize {
        let mut host = Place::default();
        let mut vm = Vm::new(self.program, &mut host, limits());
        let made: Result<Vec<Value>, _> = [first, second]
            .iter()
            .map(|maker| vm.call(0, maker, &[]))
            .collect();
        let made = made.unwrap_or_else(|fault| panic!("{first}, {second}: {fault:?}"));
        let mut at = from;
        while at < self.calls.len() * DEALS.len() {
            if vm.instructions() + AT_LEAST > INSTRUCTIONS {
                return at;
            }
            let (number, deal) = (at / DEALS.len(), DEALS[at % DEALS.len()]);
            at += 1;
            let call = &self.calls[number];
            if !self.is_tried(number, (at - 1) % DEALS.len()) {
                continue;
            }
            let mut args: Vec<Value> = Vec::new();
            if call.receiver.is_some() {
                match vm.call(0, &format!("О{number}"), &[]) {
                    Ok(object) => args.push(object),
                    Err(_) => return at,
                }
            }
            for param in 0..call.params {
                args.push(match deal(param) {
                    Some(which) => made[which].clone(),
                    None => Value::Undefined,
                });
            }
            let name = format!("В{number}");
            let before = (worked(), vm.instructions());
            let result = catch_unwind(AssertUnwindSafe(|| vm.call(0, &name, &args)));
            let after = (worked(), vm.instructions());
            let what = format!(
                "{} ({first}, {second}; {})",
                call.named,
                (at - 1) % DEALS.len()
            );
            let peak = vm.account().peak();
            if peak > PEAK {
                self.failures
                    .push(format!("{what}: held {} MB", peak >> 20));
            }
            if let (Some(pace), Some(start), Some(end)) = (self.pace, before.0, after.0) {
                let paid = after.1 - before.1 + FREE;
                let ratio = (end - start) as f64 / (paid as f64 * pace);
                if ratio > FACTOR {
                    self.failures.push(format!(
                        "{what}: worked {} ms, {ratio:.0} times what it paid for",
                        (end - start) / 1_000_000
                    ));
                }
            }
            match result {
                Err(_) => {
                    self.failures.push(format!("{what}: panicked"));
                    return at;
                }
                Ok(Err(fault)) if fault.0.limit().is_some() => return at,
                Ok(_) if peak > MEMORY * 3 / 4 => return at,
                Ok(_) => {}
            }
        }
        at
    }
}

/// A share of the arguments, each as the first and with another as the second.
fn go_through(share: usize, of: usize) {
    let receivers = zoo::receivers();
    let calls = calls(&receivers);
    let program = program(&calls);
    let mut runner = Runner {
        program: &program,
        calls: &calls,
        pace: pace(&program),
        turn: 0,
        all: true,
        failures: Vec::new(),
    };
    let everything = std::env::var_os("VESTNIK_HOSTILE").is_some();
    for (at, (first, _)) in MAKERS.iter().enumerate() {
        if at % of == share {
            runner.turn = at / of;
            runner.all = everything || ALWAYS.contains(first);
            let second = MAKERS[(at * 7 + 5) % MAKERS.len()].0;
            runner.go_through(first, second);
        }
    }
    assert!(
        runner.failures.is_empty(),
        "{} calls:\n{}",
        runner.failures.len(),
        runner.failures.join("\n")
    );
}

macro_rules! shares {
    ($($name:ident $share:literal)*) => {
        const SHARES: usize = [$($share),*].len();
        $(
            #[test]
            fn $name() {
                go_through($share, SHARES);
            }
        )*
    };
}

shares! {
    everything_with_the_first_arguments 0
    everything_with_the_second_arguments 1
    everything_with_the_third_arguments 2
    everything_with_the_fourth_arguments 3
    everything_with_the_fifth_arguments 4
    everything_with_the_sixth_arguments 5
}

/// An object of the host that does what no function may.
struct Ambush;

impl HostObject for Ambush {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn class(&self) -> u32 {
        1
    }

    fn type_name(&self) -> String {
        "Засада".into()
    }

    fn method(&self, name: &str) -> Option<HostMethod> {
        let names = ["считать", "держать", "паниковать"];
        let id = names.iter().position(|own| *own == name)?;
        Some(HostMethod {
            id: id as u32,
            min: 0,
            max: 0,
            is_function: true,
        })
    }

    fn call(&self, id: u32, _: &mut Vm<'_>, _: &Value, _: &mut [Value]) -> Result<Value, Fault> {
        match id {
            0 => {
                let sum =
                    (0..20_000_000u64).fold(0, |sum, number| std::hint::black_box(sum ^ number));
                Ok(Value::Int(sum as i64))
            }
            1 => {
                let bytes = std::hint::black_box(Vec::<u8>::with_capacity(PEAK + (1 << 20)));
                Ok(Value::from(bytes.len()))
            }
            _ => panic!("an ambush"),
        }
    }
}

/// The measure itself: a function that works without paying, takes what it did not ask for, or panics
/// is found.
#[test]
fn an_ambush_is_found() {
    let calls: Vec<Call> = ["Считать", "Держать", "Паниковать"]
        .map(|name| Call {
            text: format!("Р = Засада.{name}()"),
            receiver: None,
            params: 0,
            named: name.to_owned(),
        })
        .into();
    let program = program(&calls);
    let mut runner = Runner {
        program: &program,
        calls: &calls,
        pace: pace(&program),
        turn: 0,
        all: true,
        failures: Vec::new(),
    };
    runner.go_through("Ноль", "Ноль");
    let found = |name: &str, what: &str| {
        let mut failures = runner.failures.iter();
        failures.any(|failure| failure.starts_with(name) && failure.contains(what))
    };
    assert!(runner.pace.is_none() || found("Считать", "times what it paid for"));
    assert!(found("Держать", "held"));
    assert!(found("Паниковать", "panicked"));
    assert!(!found("Держать", "panicked"));
}
