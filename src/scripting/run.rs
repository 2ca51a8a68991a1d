//! One run of an algorithm or of code typed in a chat.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{ChatCode, Data, LimitKind, Limits, Value, Vm};

use crate::model::{
    HistoryStep, Locale, MessageKey, Outgoing, PartyRef, RichText, ScriptFailure, ScriptOutcome,
    ScriptProgram, ScriptReply, ScriptRequest, ScriptVariant,
};
use crate::store::Lent;

use super::control::Control;
use super::host::{RunHost, language};
use super::library::Library;
use super::services::{Caller, CallerFile, Services};
use super::session::Session;
use super::{attributes, names, reply, shapes, stored};

/// What a run came to.
pub struct Run {
    /// Its messages and reply.
    pub outcome: ScriptOutcome,
    /// What it sends besides; none on a failure.
    pub sends: Vec<Outgoing>,
    /// Кнопки of messages among them, by the message's key: each becomes a choice that belongs to no
    /// rule.
    pub offers: Vec<(MessageKey, Vec<ScriptVariant>)>,
    /// The lease with what it wrote, to be committed by the caller; `None` when it wrote nothing, and
    /// on a failure: then all of it is undone.
    pub lent: Option<Lent>,
    /// Instructions charged.
    pub instructions: u64,
    /// Time it took.
    pub wall: Duration,
    /// The most bytes that it held at once.
    pub memory: usize,
    /// What it did, for «Почему бот так ответил?».
    pub trace: Vec<String>,
}

/// What a quick run may use: less than the hand-over to another thread and a second commit cost.
fn quick_limits() -> Limits {
    Limits {
        instructions: 20_000,
        time: Duration::from_millis(2),
        memory: 1 << 20,
        depth: 100,
        nesting: 2,
        digits: 100,
        output: 16 << 10,
        cancel: None,
        overdue: None,
    }
}

/// Runs a short script that needs nothing but its input on a thread that may not block. `None`: it is
/// none, nothing of it has happened, and [`run`] has to run it.
pub fn run_quick(
    services: &Services,
    library: &Library,
    request: &ScriptRequest,
    caller: &Caller,
) -> Option<Run> {
    let algorithm = match &request.program {
        ScriptProgram::Algorithm(name) => Some(name),
        ScriptProgram::Code(_) => None,
    };
    if algorithm.is_some_and(|name| library.is_slow(name)) {
        return None;
    }
    let done = run_with(
        services,
        library,
        request,
        caller,
        &Control::default(),
        true,
    );
    if done.is_none()
        && let Some(name) = algorithm
    {
        library.set_slow(name);
    }
    done
}

/// Runs what is asked for. The thread may block and has a stack of 16 MB. A panic ends the run alone.
pub fn run(
    services: &Services,
    library: &Library,
    request: &ScriptRequest,
    caller: &Caller,
    control: &Control,
) -> Run {
    run_with(services, library, request, caller, control, false).unwrap_or_else(|| Run {
        outcome: ScriptOutcome {
            messages: Vec::new(),
            reply: Err(ScriptFailure::Unavailable),
        },
        sends: Vec::new(),
        offers: Vec::new(),
        lent: None,
        instructions: 0,
        wall: Duration::ZERO,
        memory: 0,
        trace: Vec::new(),
    })
}

fn run_with(
    services: &Services,
    library: &Library,
    request: &ScriptRequest,
    caller: &Caller,
    control: &Control,
    quick: bool,
) -> Option<Run> {
    let started = Instant::now();
    let script = match &request.program {
        ScriptProgram::Algorithm(name) => name.to_string(),
        ScriptProgram::Code(_) => "код из чата".to_owned(),
    };
    let is_strangers_code =
        caller.party.is_none() && matches!(request.program, ScriptProgram::Code(_));
    let session = Session::new(
        services,
        Arc::clone(library.program()),
        Arc::clone(library.bots()),
        caller,
        caller.time_zone.parse().unwrap_or(chrono_tz::UTC),
        script,
        is_strangers_code,
        control,
        quick,
    );
    let result = catch_unwind(AssertUnwindSafe(|| {
        execute(services, library, request, &session, quick)
    }));
    if quick {
        let again = session.was_refused()
            || match &result {
                Err(_) => true,
                Ok(executed) => matches!(
                    executed.reply,
                    Err(ScriptFailure::Limit { .. } | ScriptFailure::Unavailable)
                ),
            };
        if again {
            return None;
        }
    }
    let executed = result.unwrap_or_else(|_| {
        tracing::error!(script = session.script, "a run of a program panicked");
        let text = "внутренняя ошибка при выполнении; подробности в журнале сервера";
        Executed::failed(ScriptFailure::Error(text.to_owned()))
    });
    let Executed {
        messages,
        reply,
        instructions,
        memory,
    } = executed;
    let (sends, offers, lent) = match &reply {
        Ok(_) => (
            session.sends.take(),
            session.offers.take(),
            session.take_lent(),
        ),
        Err(_) => {
            drop(session.take_lent());
            control.set_writes(false);
            (Vec::new(), Vec::new(), None)
        }
    };
    Some(Run {
        outcome: ScriptOutcome { messages, reply },
        sends,
        offers,
        lent,
        instructions,
        wall: started.elapsed(),
        memory,
        trace: session.take_trace(),
    })
}

/// What the machine came to.
struct Executed {
    /// Texts of Сообщить.
    messages: Vec<RichText>,
    reply: Result<ScriptReply, ScriptFailure>,
    instructions: u64,
    memory: usize,
}

impl Executed {
    fn failed(failure: ScriptFailure) -> Executed {
        Executed {
            messages: Vec::new(),
            reply: Err(failure),
            instructions: 0,
            memory: 0,
        }
    }
}

fn execute(
    services: &Services,
    library: &Library,
    request: &ScriptRequest,
    session: &Rc<Session>,
    quick: bool,
) -> Executed {
    let program = Arc::clone(library.program());
    let mut host = RunHost::new(Rc::clone(session), &services.transport);
    let limits = if quick {
        quick_limits()
    } else {
        Limits {
            instructions: services.limits.instructions,
            time: services.limits.time,
            memory: services.limits.memory,
            cancel: Some(Arc::clone(&session.control.cancel)),
            overdue: Some(Arc::clone(&session.control.overdue)),
            ..Limits::default()
        }
    };
    let mut vm = Vm::new(&program, &mut host, limits);
    let result = match start(&mut vm, library, request, session) {
        Ok(Some(value)) => reply_of(&mut vm, session, &value),
        Ok(None) => {
            return Executed::failed(ScriptFailure::Unavailable);
        }
        Err(fault) => Err(fault),
    };
    // Past its time under the lease nothing can be committed any more.
    let result = match result {
        Ok(_) if session.expired() => Err(Fault::limit(LimitKind::Time)),
        result => result,
    };
    let reply = result.map_err(|fault| failure(&vm, services, session, &fault));
    let instructions = vm.instructions();
    let memory = vm.account().peak();
    drop(vm);
    Executed {
        messages: std::mem::take(&mut host.messages),
        reply,
        instructions,
        memory,
    }
}

/// Runs and gives the result; `None` when there is no such algorithm.
fn start(
    vm: &mut Vm<'_>,
    library: &Library,
    request: &ScriptRequest,
    session: &Rc<Session>,
) -> Result<Option<Value>, Fault> {
    let input = vm.from_data(&input(request, session))?;
    vm.set_variable(names::INPUT, input);
    let performer = match &session.caller.party {
        Some(party) => vm.from_data(&reference(party))?,
        None => Value::Undefined,
    };
    vm.set_variable(names::PERFORMER, performer);
    match &request.program {
        ScriptProgram::Algorithm(name) => {
            let Some(module) = library.module(name) else {
                return Ok(None);
            };
            vm.run(module)?;
        }
        ScriptProgram::Code(text) => match library.classify(text) {
            ChatCode::Expression => {
                return vm.run_chat(text, ChatCode::Expression).map(Some);
            }
            ChatCode::Statements => {
                vm.run_chat(text, ChatCode::Statements)?;
            }
            // The algorithms changed since it was found to be code.
            ChatCode::NotCode => return Ok(None),
        },
    }
    Ok(Some(
        vm.variable(names::RESULT).cloned().unwrap_or_default(),
    ))
}

fn reply_of(vm: &mut Vm<'_>, session: &Rc<Session>, value: &Value) -> Result<ScriptReply, Fault> {
    let account = vm.account();
    let _entered = account.enter();
    let reply = match attributes::reference_of(value).filter(|party| !party.code.is_empty()) {
        Some(party) => {
            let loaded = session.load(&party);
            let loaded = loaded.map_err(|error| session.fault(vm, error))?;
            ScriptReply::Party {
                alive: loaded.is_some_and(|loaded| !loaded.party.deleted),
                party,
                text: shapes::rich(vm, value)?,
            }
        }
        None => reply::reply(vm, value)?,
    };
    vm.stands()?;
    Ok(reply)
}

fn reference(party: &PartyRef) -> Data {
    Data::Reference {
        type_name: names::type_name(names::REFERENCE, party.kind),
        key: party.code.clone(),
    }
}

/// `_ДанныеДляОбработки`.
fn input(request: &ScriptRequest, session: &Session) -> Data {
    let caller = &session.caller;
    let text = |text: &str| Data::Str(text.to_owned());
    Data::Structure(
        [
            ("Текст", text(&request.text)),
            ("Бот", text(caller.bot.as_str())),
            (
                "КлючЧата",
                Data::Number(vestnik_bsl::kernel::number::Number::from_i64(caller.chat.0)),
            ),
            ("КлючевоеСлово", text(&request.keyword)),
            ("ИмяПользователя", text(&caller.person_name)),
            ("Телефон", text(caller.phone.as_deref().unwrap_or_default())),
            (
                "Вложения",
                Data::Array(caller.files.iter().map(attachment).collect()),
            ),
            (
                "История",
                Data::Array(request.history.iter().map(step).collect()),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
    )
}

/// Структура(Имя, Размер, Тип, Содержимое) of a file that came with the message.
fn attachment(file: &CallerFile) -> Data {
    let size = file.size.and_then(|size| i64::try_from(size).ok());
    let fields = [
        ("Имя", Data::Str(file.name.clone())),
        (
            "Размер",
            Data::Number(vestnik_bsl::kernel::number::Number::from_i64(
                size.unwrap_or(0),
            )),
        ),
        ("Тип", Data::Str(file.mime.clone())),
        (
            "Содержимое",
            file.content
                .as_ref()
                .map_or(Data::Undefined, |content| Data::Binary(content.to_vec())),
        ),
    ];
    Data::Structure(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

fn step(step: &HistoryStep) -> Data {
    let shown = step.variant.text();
    let value = match &step.variant.value {
        None => Data::Str(shown.to_owned()),
        Some(text) => stored::from_text(text).unwrap_or_else(|error| {
            tracing::error!(%error, "a value of a choice is lost: its text stands for it");
            Data::Str(shown.to_owned())
        }),
    };
    Data::Structure(
        [
            ("КлючевоеСлово", Data::Str(step.keyword.clone())),
            ("Представление", Data::Str(shown.to_owned())),
            ("Значение", value),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into(),
    )
}

/// What is told of an error.
fn failure(vm: &Vm<'_>, services: &Services, session: &Session, fault: &Fault) -> ScriptFailure {
    let Some(limit) = fault.0.limit() else {
        return ScriptFailure::Error(vm.error_description(&fault.0));
    };
    let limits = &services.limits;
    let ru = session.caller.locale == Locale::Ru;
    let pick = |russian: &'static str, english: &'static str| if ru { russian } else { english };
    let (brief, whole) = match limit {
        LimitKind::Time if session.expired() => {
            let ms = limits.write_limit.as_millis();
            (
                pick(
                    "запись длилась слишком долго и отменена",
                    "writing took too long and was undone",
                ),
                if ru {
                    format!("запись длилась дольше {ms} мс и отменена (scripts.write_limit_ms)")
                } else {
                    format!(
                        "writing took more than {ms} ms and was undone (scripts.write_limit_ms)"
                    )
                },
            )
        }
        LimitKind::Time => {
            let brief = pick("превышено время выполнения", "the run took too long");
            let s = limits.time.as_secs_f64();
            (brief, format!("{brief}: {s} с (scripts.time_ms)"))
        }
        LimitKind::Instructions => {
            let brief = pick("превышено число операций", "too many instructions");
            let n = limits.instructions;
            (brief, format!("{brief}: {n} (scripts.instructions)"))
        }
        LimitKind::Memory => {
            let brief = pick("превышен объем памяти", "too much memory");
            let mb = limits.memory >> 20;
            (brief, format!("{brief}: {mb} МБ (scripts.memory_mb)"))
        }
        _ => {
            let text = fault.0.description(language(session.caller.locale));
            return ScriptFailure::Limit {
                brief: text.clone(),
                whole: text,
            };
        }
    };
    ScriptFailure::Limit {
        brief: brief.to_owned(),
        whole,
    }
}
