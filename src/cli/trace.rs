//! `vestnik trace BOT CHAT`: why a bot answered as it did.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::ends::{EXIT_INPUT, open_store, store_failed};
use crate::model::{BotCode, ChatId, Moment};
use crate::store::inbox::{self, Traced, UpdateState};

/// Print what a bot tried for the last messages of a chat, the newest last.
#[derive(Args)]
pub struct TraceArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// At most so many messages.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// The bot's code.
    #[arg(value_name = "BOT")]
    bot: String,
    /// The chat's key: what «Мой ключ» answers.
    #[arg(value_name = "CHAT", allow_negative_numbers = true)]
    chat: i64,
}

/// Runs the command.
pub fn run(args: &TraceArgs) -> ExitCode {
    let store = match open_store(args.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let bot = BotCode::new(&args.bot);
    let (code, chat, limit) = (bot.clone(), ChatId(args.chat), i64::from(args.limit));
    let known = store.read_blocking(move |conn| {
        let known = crate::store::bots::list(conn)?
            .into_iter()
            .any(|row| row.code == code && !row.deleted);
        Ok((known, inbox::traces(conn, &code, chat, None, limit)?))
    });
    match known {
        Err(error) => store_failed(&error),
        Ok((false, _)) => {
            eprintln!("vestnik: бота «{bot}» нет; коды ботов стоят в файлах bots/*.toml");
            ExitCode::from(EXIT_INPUT)
        }
        Ok((true, found)) if found.is_empty() => {
            println!(
                "Бот «{bot}»: из чата {} за время хранения ничего не приходило",
                args.chat
            );
            ExitCode::SUCCESS
        }
        Ok((true, found)) => {
            for traced in found.iter().rev() {
                print!("{}", shown(traced));
            }
            ExitCode::SUCCESS
        }
    }
}

fn shown(traced: &Traced) -> String {
    let state = match traced.state {
        UpdateState::Pending => "ждёт",
        UpdateState::Done => "обработано",
        UpdateState::Failed => "не обработано из-за ошибки",
        UpdateState::Refused => "отложено: слишком много сообщений",
    };
    let took = traced.handled_at.map_or(String::new(), |at| {
        format!(" за {} мс", at.micros_since(traced.received_at) / 1_000)
    });
    let mut text = format!(
        "{} UTC, обновление {}: {state}{took}\n",
        utc(traced.received_at),
        traced.update.0
    );
    for line in traced.trace.lines() {
        text.push_str("  ");
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn utc(moment: Moment) -> String {
    chrono::DateTime::from_timestamp_micros(moment.0)
        .map(|at| at.format("%d.%m.%Y %H:%M:%S").to_string())
        .unwrap_or_default()
}
