//! `vestnik trace BOT CHAT`: why a bot answered as it did.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono_tz::Tz;
use clap::Args;

use super::ends::{EXIT_INPUT, load_settings, open_store, store_failed};
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
    let zone = match load_settings(args.config.as_deref(), &[]) {
        Ok(settings) => settings.organisation.time_zone,
        Err(code) => return code,
    };
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
                print!("{}", shown(traced, zone));
            }
            ExitCode::SUCCESS
        }
    }
}

fn shown(traced: &Traced, zone: Tz) -> String {
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
        "{}, обновление {}: {state}{took}\n",
        local(traced.received_at, zone),
        traced.update.0
    );
    for line in traced.trace.lines() {
        text.push_str("  ");
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The wall clock of the organisation, with the zone's name.
fn local(moment: Moment, zone: Tz) -> String {
    chrono::DateTime::from_timestamp_micros(moment.0)
        .map(|at| {
            let at = at.with_timezone(&zone).format("%d.%m.%Y %H:%M:%S");
            format!("{at} ({zone})")
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_organisation() {
        let noon = Moment(1_795_521_600_000_000); // 2026-11-24 12:00 UTC
        let check = |zone: Tz, expected: &str| assert_eq!(local(noon, zone), expected);
        check(Tz::Europe__Moscow, "24.11.2026 15:00:00 (Europe/Moscow)");
        check(
            Tz::Asia__Yekaterinburg,
            "24.11.2026 17:00:00 (Asia/Yekaterinburg)",
        );
        check(Tz::UTC, "24.11.2026 12:00:00 (UTC)");
    }
}
