//! How a bot presents itself at Telegram: its command list (D5) and its description. Said only when
//! it changed: a thousand bots that start would otherwise make two thousand calls for nothing.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::core::BotCore;
use crate::dialogue;
use crate::model::TelegramBotId;
use crate::runtime::jobs;
use crate::telegram::{ApiError, BotCommand};

/// Telegram's own bound (Bot API, setMyDescription).
const DESCRIPTION_MAX: usize = 512;

/// Tells Telegram the bot's commands and description, if it does not know them yet.
pub async fn present(core: &Rc<BotCore>, username: Option<String>) {
    let bot = core.bot.borrow().clone();
    let commands: Vec<BotCommand> = dialogue::commands(&bot, bot.locale)
        .into_iter()
        .map(|entry| BotCommand {
            command: entry.command.trim_start_matches('/').to_owned(),
            description: entry.description,
        })
        .collect();
    let description: String = bot
        .description
        .to_plain()
        .chars()
        .take(DESCRIPTION_MAX)
        .collect();
    let mut hasher = DefaultHasher::new();
    username.hash(&mut hasher);
    for command in &commands {
        command.command.hash(&mut hasher);
        command.description.hash(&mut hasher);
    }
    description.hash(&mut hasher);
    let said = format!("{:016x}", hasher.finish());
    let Some(known) = jobs::presentation::presented(&core.shared.store, &core.code).await else {
        return;
    };
    if known.as_deref() == Some(said.as_str()) {
        return;
    }
    // Closed with its arbiter only, which ends this task too.
    let permit = core.introductions.acquire().await;
    let said_now = say(core, &commands, &description).await;
    drop(permit);
    match said_now {
        Ok(()) => {
            let telegram_id = TelegramBotId(core.api.bot_id());
            let store = &core.shared.store;
            jobs::presentation::set_presented(store, &core.code, telegram_id, said, username).await;
        }
        // Nothing depends on it, and the next start tries again.
        Err(error) => {
            core.shared.metrics.api_error(error.code());
            tracing::warn!(bot = %core.code, code = error.code(), "commands and description were not set: {error}");
        }
    }
}

async fn say(core: &BotCore, commands: &[BotCommand], description: &str) -> Result<(), ApiError> {
    core.api.set_my_commands(commands, None).await?;
    core.api.set_my_description(description, None).await
}
