//! `vestnik register`, `vestnik registrations`, `vestnik revoke`: who is linked to which chat, beside a
//! running server too (D23).

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::ends::{EXIT_INPUT, open_store, store_failed};
use crate::model::{Audited, BotCode, By, Change, Channel, ChatId, PartyRef, Registration};
use crate::runtime::Clock;
use crate::store::registrations::{self, Filter, StoredRegistration};
use crate::store::unit_of_work::{self, Stamp, Wrote};
use crate::store::{Conn, Store, StoreError, bots, parties};

/// Rows that are read at once.
const PAGE: i64 = 500;

/// Link a private chat of a bot to a user, partner or counterparty; the person is told.
#[derive(Args)]
pub struct RegisterArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Tell nobody.
    #[arg(long)]
    quiet: bool,
    /// The bot's code.
    bot: String,
    /// The chat key that the person reads at «Мой ключ».
    chat: i64,
    /// user:CODE, partner:CODE or counterparty:CODE.
    party: PartyRef,
}

/// Revoke a registration: the person is a stranger at his next message.
#[derive(Args)]
pub struct RevokeArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The bot's code.
    bot: String,
    /// The chat key.
    chat: i64,
}

/// List who is linked to which chat.
#[derive(Args)]
pub struct RegistrationsArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Of this bot only.
    #[arg(long)]
    bot: Option<String>,
    /// A chat key, or the beginning of a name or code.
    #[arg(long)]
    search: Option<String>,
    /// Revoked ones too.
    #[arg(long)]
    all: bool,
}

/// Who does it: whoever may run commands on this machine, by the name of his account.
fn by() -> By {
    let account = std::env::var("USER").unwrap_or_default();
    By::Person(format!("cli:{account}"))
}

fn write<T: Send + 'static>(
    store: &Store,
    quiet: bool,
    job: impl Fn(&mut Conn, &Stamp<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
) -> Result<T, StoreError> {
    let (by, at, ids) = (by(), Clock::system().now(), store.ids().clone());
    store.write_blocking(move |conn| {
        let stamp = Stamp {
            at,
            by: &by,
            quiet,
            ids: &ids,
        };
        job(conn, &stamp)
    })
}

fn audit(
    conn: &mut Conn,
    stamp: &Stamp<'_>,
    action: &'static str,
    (bot, chat): (&BotCode, ChatId),
    detail: String,
) -> Result<(), StoreError> {
    let audited = Audited {
        by: stamp.by.clone(),
        action,
        object: format!("registration:telegram:{bot}:{chat}"),
        detail,
    };
    unit_of_work::write(conn, stamp, &Change::Audit(audited)).map(|_| ())
}

/// Runs `vestnik register`.
pub fn register(args: RegisterArgs) -> ExitCode {
    let store = match open_store(args.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    if args.chat <= 0 {
        eprintln!(
            "vestnik: {}: ключ личного чата — положительное число; группы не регистрируются",
            args.chat
        );
        return ExitCode::from(EXIT_INPUT);
    }
    let linked = Registration {
        bot: BotCode::new(&args.bot),
        chat: ChatId(args.chat),
        party: args.party,
    };
    let registration = linked.clone();
    let written = write(&store, args.quiet, move |conn, stamp| {
        let Registration { bot, chat, party } = &registration;
        let is_known = bots::list(conn)?
            .iter()
            .any(|known| known.code == *bot && !known.deleted);
        if !is_known {
            return Err(StoreError::not_found(format!("бот «{bot}»")));
        }
        if parties::get(conn, party)?.is_none_or(|party| party.deleted) {
            return Err(StoreError::not_found(format!(
                "{party}, не помеченный на удаление"
            )));
        }
        let wrote = unit_of_work::write(conn, stamp, &Change::Register(registration.clone()))?;
        if wrote == Wrote::Done {
            let detail = serde_json::json!({ "party": party }).to_string();
            audit(conn, stamp, "registration.create", (bot, *chat), detail)?;
        }
        Ok(wrote)
    });
    match written {
        Ok(Wrote::Nothing) => {
            println!("Уже так: {}:{} — {}", linked.bot, linked.chat, linked.party)
        }
        Ok(_) => println!(
            "Зарегистрирован: {}:{} — {}",
            linked.bot, linked.chat, linked.party
        ),
        Err(error) => return refused(&error),
    }
    ExitCode::SUCCESS
}

/// Runs `vestnik revoke`.
pub fn revoke(args: RevokeArgs) -> ExitCode {
    let store = match open_store(args.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let (bot, chat) = (BotCode::new(&args.bot), ChatId(args.chat));
    let revoked = bot.clone();
    let written = write(&store, false, move |conn, stamp| {
        let change = Change::Revoke {
            bot: revoked.clone(),
            chat,
        };
        let wrote = unit_of_work::write(conn, stamp, &change)?;
        if wrote == Wrote::Done {
            audit(
                conn,
                stamp,
                "registration.revoke",
                (&revoked, chat),
                "{}".to_owned(),
            )?;
        }
        Ok(wrote)
    });
    match written {
        Ok(Wrote::Nothing) => {
            eprintln!(
                "vestnik: {bot}:{chat}: такой действующей регистрации нет; список: vestnik registrations"
            );
            ExitCode::from(EXIT_INPUT)
        }
        Ok(_) => {
            println!("Отозвана: {bot}:{chat}");
            ExitCode::SUCCESS
        }
        Err(error) => refused(&error),
    }
}

/// Runs `vestnik registrations`.
pub fn list(args: RegistrationsArgs) -> ExitCode {
    let store = match open_store(args.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let mut filter = Filter {
        bot: args.bot.as_deref().map(BotCode::new),
        in_force: (!args.all).then_some(true),
        search: args.search,
        limit: PAGE,
        ..Filter::default()
    };
    loop {
        let page = filter.clone();
        let rows = match store.read_blocking(move |conn| registrations::page(conn, &page)) {
            Ok(rows) => rows,
            Err(error) => return store_failed(&error),
        };
        for row in &rows {
            println!("{}", line(row));
        }
        match rows.last() {
            Some(last) if i64::try_from(rows.len()) == Ok(PAGE) => {
                let last = &last.registration;
                filter.after = Some((last.bot.clone(), last.chat));
            }
            _ => return ExitCode::SUCCESS,
        }
    }
}

fn line(row: &StoredRegistration) -> String {
    let Registration { bot, chat, party } = &row.registration;
    let revoked = match &row.revoked_by {
        Some(by) => format!("  отозвана: {by}"),
        None => String::new(),
    };
    let channel = match row.channel {
        Channel::Telegram => "",
        other => other.as_str(),
    };
    format!(
        "{channel}{bot}  {chat}  {party}  {}{revoked}",
        row.created_by
    )
}

fn refused(error: &StoreError) -> ExitCode {
    match error {
        StoreError::NotFound { .. } => {
            eprintln!("vestnik: {error}");
            ExitCode::from(EXIT_INPUT)
        }
        error => store_failed(error),
    }
}
