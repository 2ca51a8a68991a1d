//! `vestnik token create|list|revoke`: the tokens of the control endpoint.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::ends::{EXIT_INPUT, open_store, store_result};
use crate::http::Scope;
use crate::model::{IdSource, PartyKind, PartyRef};
use crate::runtime::Clock;
use crate::store::tokens::{self, ApiToken, NewApiToken};
use crate::store::{By, StoreError};

/// Manage the tokens of the control endpoint.
#[derive(Args)]
pub struct TokenArgs {
    /// Settings over the built-in defaults.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token; it is printed once and kept only as a hash.
    Create {
        /// What it is for, as the list and the journal show it.
        name: String,
        /// read, operate or admin; each holds those before it.
        #[arg(long, default_value = "operate", value_parser = parse_scope)]
        scope: Scope,
        /// The user in whose name it acts.
        #[arg(long, value_name = "user:CODE")]
        user: Option<PartyRef>,
    },
    /// Show the tokens.
    List,
    /// Make a token worthless.
    Revoke {
        /// Its name in the list.
        name: String,
    },
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).ok_or_else(|| "ожидалось read, operate или admin".to_owned())
}

/// Runs the command.
pub fn run(args: TokenArgs) -> ExitCode {
    let store = match open_store(args.config.as_deref()) {
        Ok(store) => store,
        Err(code) => return code,
    };
    let now = Clock::system().now();
    let done = match args.command {
        TokenCommand::Create { name, scope, user } => {
            if let Some(user) = &user
                && user.kind != PartyKind::User
            {
                eprintln!(
                    "vestnik: {user}: токен действует от имени пользователя, ожидалось user:КОД"
                );
                return ExitCode::from(EXIT_INPUT);
            }
            let token = NewApiToken {
                id: store.ids().next_id(),
                name,
                scopes: vec![scope.as_str().to_owned()],
                party: user,
            };
            tokens::generate().and_then(|secret| {
                let kept = secret.clone();
                store.write_blocking(move |conn| {
                    tokens::create(conn, &kept, &token, now, &By::System)
                })?;
                println!("{}", secret.expose());
                Ok(())
            })
        }
        TokenCommand::List => store.read_blocking(tokens::list).map(|tokens| {
            for token in tokens {
                println!("{}", line(&token));
            }
        }),
        TokenCommand::Revoke { name } => {
            let wanted = name.clone();
            match store.write_blocking(move |conn| tokens::revoke(conn, &wanted, now)) {
                Ok(true) => Ok(()),
                Ok(false) => {
                    eprintln!(
                        "vestnik: токена «{name}» нет или он уже отозван; список: vestnik token list"
                    );
                    return ExitCode::from(EXIT_INPUT);
                }
                Err(error) => Err(error),
            }
        }
    };
    match done {
        Err(error @ StoreError::NotUnique { .. }) => {
            eprintln!("vestnik: {error}; отзовите его или возьмите другое имя");
            ExitCode::from(EXIT_INPUT)
        }
        done => store_result(done),
    }
}

fn line(token: &ApiToken) -> String {
    let state = if token.revoked_at.is_some() {
        "отозван"
    } else {
        "действует"
    };
    let party = token
        .party
        .as_ref()
        .map(|party| format!("  {party}"))
        .unwrap_or_default();
    format!("{}  {}  {state}{party}", token.name, token.scopes.join(","))
}
