//! «Проверка токена» (R77): whether Telegram knows the tokens, and as whom.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::ends::{EXIT_ENVIRONMENT, load_settings};
use crate::app;
use crate::model::{Level, Problem};
use crate::store::Secret;
use crate::telegram::{ApiError, Client, Endpoint, Token};

/// A token that has the form of one.
pub struct Found {
    /// The file that names it.
    pub file: String,
    /// The bot's code.
    pub bot: String,
    /// The token.
    pub token: Secret,
}

/// Asks Telegram who each bot is and prints it; tokens that it does not know are problems.
///
/// # Errors
/// The exit code when Telegram cannot be asked at all; why is printed.
pub fn ask(
    config: Option<&Path>,
    paths: &[PathBuf],
    found: &[Found],
) -> Result<Vec<Problem>, ExitCode> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let settings = load_settings(config, paths)?;
    let failed = |error: &dyn std::fmt::Display| {
        eprintln!("vestnik: {error}");
        ExitCode::from(EXIT_ENVIRONMENT)
    };
    let endpoint = Endpoint::new(&app::endpoint_options(&settings.telegram))
        .map_err(|error| failed(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(&error))?;
    runtime.block_on(async {
        let client = Client::new(&endpoint).map_err(|error| failed(&error))?;
        let mut problems = Vec::new();
        for Found { file, bot, token } in found {
            let Ok(parsed) = Token::parse(token.expose()) else {
                continue;
            };
            match client.bot(&parsed).get_me().await {
                Ok(me) => println!(
                    "бот {bot}: токен верен, это «{}», @{}",
                    me.first_name,
                    me.username.unwrap_or_default()
                ),
                Err(ApiError::Unauthorised) => problems.push(
                    Problem::of_file(
                        Level::Error,
                        "token-refused",
                        file,
                        format!("бот {bot}: Telegram не знает такого токена"),
                    )
                    .hint("возьмите токен у @BotFather командой /token; после /revoke прежний не действует"),
                ),
                Err(error) => problems.push(
                    Problem::of_file(
                        Level::Error,
                        "token-unchecked",
                        file,
                        format!("бот {bot}: токен не проверен: {error}"),
                    )
                    .hint("проверьте telegram.api_url, telegram.proxy и сеть"),
                ),
            }
        }
        Ok(problems)
    })
}
