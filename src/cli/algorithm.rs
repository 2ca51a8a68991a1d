//! `vestnik algorithm run NAME`: one algorithm against the database, and everything it did undone.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{EXIT_ENVIRONMENT, EXIT_INPUT, load_settings, store_failed};
use crate::model::{
    BotCode, ChatId, FileSource, Outgoing, OutgoingBody, PartyRef, RichText, ScriptFailure,
    ScriptProgram, ScriptReply, ScriptRequest,
};
use crate::organisation::Loader;
use crate::scripting::{self, Caller, Library};
use crate::store::{Store, parties};
use crate::{app, runtime};

/// Try algorithms.
#[derive(Args)]
pub struct AlgorithmArgs {
    #[command(subcommand)]
    command: AlgorithmCommand,
}

#[derive(Subcommand)]
enum AlgorithmCommand {
    Run(RunArgs),
}

/// Run an algorithm against the database; what it writes is undone, what it would send is printed.
#[derive(Args)]
struct RunArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Whom `_Исполнитель` is: user:CODE, partner:CODE or counterparty:CODE.
    #[arg(long = "as", value_name = "PARTY")]
    party: Option<PartyRef>,
    /// Текст of `_ДанныеДляОбработки`.
    #[arg(long, value_name = "TEXT", default_value = "")]
    text: String,
    /// The bot that is to have asked for it; the first one by default.
    #[arg(long, value_name = "CODE")]
    bot: Option<String>,
    /// КлючЧата of `_ДанныеДляОбработки`.
    #[arg(
        long,
        value_name = "CHAT",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    chat: i64,
    /// The algorithm's name or additional name.
    #[arg(value_name = "NAME")]
    name: String,
}

/// Runs the command.
pub fn run(args: AlgorithmArgs) -> ExitCode {
    let AlgorithmCommand::Run(args) = args.command;
    match run_one(&args) {
        Ok(code) | Err(code) => code,
    }
}

fn run_one(args: &RunArgs) -> Result<ExitCode, ExitCode> {
    let settings = load_settings(args.config.as_deref())?;
    let store = app::store_config(&settings, runtime::node_name())
        .and_then(Store::open)
        .map_err(|error| store_failed(&error))?;
    let environment = |name: &str| std::env::var(name).ok();
    let changes = Loader::new(settings.organisation.locale)
        .changes_blocking(&store, &environment)
        .map_err(|error| store_failed(&error))?
        .unwrap_or_default();
    let bot = match &args.bot {
        Some(code) => match changes.codes.iter().find(|known| known.as_str() == code) {
            Some(code) => code.clone(),
            None => {
                eprintln!("vestnik: бота «{code}» нет");
                return Err(ExitCode::from(EXIT_INPUT));
            }
        },
        None => changes
            .codes
            .first()
            .cloned()
            .unwrap_or_else(|| BotCode::new("bot")),
    };
    let library = Library::compile(changes.algorithms.unwrap_or_default(), &changes.codes);
    let Some(name) = library.named(&args.name).map(str::to_owned) else {
        eprintln!(
            "vestnik: алгоритма «{}» нет; имена стоят в algorithms.toml",
            args.name
        );
        return Err(ExitCode::from(EXIT_INPUT));
    };
    if !library.contains(&name) {
        for problem in library.problems().iter().filter(|it| it.algorithm == name) {
            eprintln!("{}", problem.rendered);
        }
        return Err(ExitCode::from(EXIT_INPUT));
    }
    let time_zone = match &args.party {
        None => None,
        Some(party) => {
            let wanted = party.clone();
            match store
                .read_blocking(move |conn| parties::get(conn, &wanted))
                .map_err(|error| store_failed(&error))?
            {
                Some(party) => party.time_zone,
                None => {
                    eprintln!("vestnik: «{party}» нет в базе");
                    return Err(ExitCode::from(EXIT_INPUT));
                }
            }
        }
    };
    let caller = Caller {
        bot,
        chat: ChatId(args.chat),
        thread: None,
        person_name: String::new(),
        phone: None,
        party: args.party.clone(),
        time_zone: time_zone.unwrap_or_else(|| settings.organisation.time_zone.to_string()),
        locale: settings.organisation.locale,
        update: None,
    };
    let request = ScriptRequest {
        program: ScriptProgram::Algorithm(name.into()),
        text: args.text.clone(),
        keyword: String::new(),
        history: Vec::new(),
    };
    let services = app::trial_services(&settings, &store);
    let run = std::thread::Builder::new()
        .stack_size(16 << 20)
        .spawn(move || {
            let mut run = scripting::run(&services, &library, &request, &caller, &Arc::default());
            // Dropped: everything is undone.
            let wrote = run.lent.take().is_some();
            (run, wrote)
        })
        .map(std::thread::JoinHandle::join);
    let (run, wrote) = match run {
        Ok(Ok(run)) => run,
        _ => {
            eprintln!("vestnik: алгоритм не выполнен: сбой потока");
            return Err(ExitCode::from(EXIT_ENVIRONMENT));
        }
    };
    for text in &run.outcome.messages {
        println!("Сообщить: {}", text.to_plain());
    }
    for outgoing in &run.sends {
        println!("{}", sent(outgoing));
    }
    for line in &run.trace {
        eprintln!("{line}");
    }
    let failed = match &run.outcome.reply {
        Ok(reply) => {
            print!("{}", shown(reply));
            false
        }
        Err(ScriptFailure::Error(error)) => {
            eprintln!("Ошибка: {error}");
            true
        }
        Err(ScriptFailure::Limit(error)) => {
            eprintln!("Остановлен: {error}");
            true
        }
        Err(ScriptFailure::Busy | ScriptFailure::Unavailable) => {
            eprintln!("Алгоритм недоступен");
            true
        }
    };
    eprintln!(
        "Операций: {}, время: {} мс{}",
        run.instructions,
        run.wall.as_millis(),
        if wrote {
            "; записанное отменено"
        } else {
            ""
        }
    );
    Ok(if failed {
        ExitCode::from(EXIT_INPUT)
    } else {
        ExitCode::SUCCESS
    })
}

fn sent(outgoing: &Outgoing) -> String {
    let body = match &outgoing.body {
        OutgoingBody::Text { text, .. } => text.to_plain(),
        OutgoingBody::Files { files, caption, .. } => {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            let caption = caption.as_ref().map(RichText::to_plain).unwrap_or_default();
            format!("{caption} [{}]", names.join(", "))
        }
        OutgoingBody::Edit { .. } => "правка сообщения".to_owned(),
    };
    format!(
        "Отправить через {} в чат {}: {body}",
        outgoing.to.bot, outgoing.to.chat
    )
}

fn shown(reply: &ScriptReply) -> String {
    match reply {
        ScriptReply::Nothing => "Результата нет.\n".to_owned(),
        ScriptReply::Text(text) => format!("{}\n", text.to_plain()),
        ScriptReply::Choice(variants) => variants
            .iter()
            .map(|variant| format!("[ {} ]\n", variant.text))
            .collect(),
        ScriptReply::Message {
            text,
            files,
            buttons,
        } => {
            let mut out = String::new();
            if let Some(text) = text {
                out.push_str(&text.to_plain());
                out.push('\n');
            }
            for file in files {
                let size = match &file.source {
                    FileSource::Base64(text) => format!(", {} байт", text.len() / 4 * 3),
                    FileSource::FileId(_) => String::new(),
                };
                out.push_str(&format!("файл {}{size}\n", file.name));
            }
            for button in buttons {
                out.push_str(&format!("[ {} ]\n", button.text));
            }
            out
        }
    }
}
