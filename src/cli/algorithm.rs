//! `vestnik algorithm run NAME`: one algorithm against the database, and everything it did undone.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::ends::{EXIT_ENVIRONMENT, EXIT_INPUT, load_settings, open, store_failed};
use crate::app::Making;
use crate::model::{
    ChatId, FileSource, Outgoing, OutgoingBody, PartyRef, RichText, ScriptFailure, ScriptReply,
};
use crate::rehearsal::{Trial, TrialError, Tried, try_algorithm};

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
    let settings = load_settings(args.config.as_deref(), &[])?;
    let store = open(&settings, Making::Refused)?;
    let trial = Trial {
        algorithm: args.name.clone(),
        party: args.party.clone(),
        text: args.text.clone(),
        bot: args.bot.clone(),
        chat: ChatId(args.chat),
    };
    let Tried { run, wrote } = try_algorithm(&settings, &store, trial).map_err(|error| {
        if let TrialError::Store(error) = error {
            return store_failed(&error);
        }
        // A program that does not compile speaks for itself, place by place.
        match &error {
            TrialError::Broken(errors) => errors.iter().for_each(|error| eprintln!("{error}")),
            error => eprintln!("vestnik: {error}"),
        }
        ExitCode::from(match error {
            TrialError::Crashed => EXIT_ENVIRONMENT,
            _ => EXIT_INPUT,
        })
    })?;
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
        Err(ScriptFailure::Limit { whole: error, .. }) => {
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
        ScriptReply::Text(text) | ScriptReply::Party { text, .. } => {
            format!("{}\n", text.to_plain())
        }
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
