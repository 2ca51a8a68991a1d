//! What Telegram was last told of a bot's commands and description.

use super::{look, settle};
use crate::model::{BotCode, TelegramBotId};
use crate::store::{Store, bots, meta};

fn presented_name(bot: &BotCode) -> String {
    format!("presented.{bot}")
}

/// What Telegram was last told of a bot's commands and description, as a hash.
pub async fn presented(store: &Store, bot: &BotCode) -> Option<Option<String>> {
    let name = presented_name(bot);
    look(store, "a bot's presentation", move |conn| {
        meta::get(conn, &name)
    })
    .await
}

/// Telegram was told.
pub async fn set_presented(
    store: &Store,
    bot: &BotCode,
    telegram_id: TelegramBotId,
    said: String,
    username: Option<String>,
) {
    let code = bot.clone();
    let name = presented_name(&code);
    settle(store, "a bot's presentation", move |conn| {
        bots::set_identity(conn, &code, telegram_id, username.as_deref())?;
        meta::set(conn, &name, &said)
    })
    .await;
}
