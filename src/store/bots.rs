//! Bots as rows: what the fleet needs before it reads a definition.

use diesel::prelude::*;

use crate::model::{BotCode, Channel, TelegramBotId};

use super::conn::{Conn, on_engine};
use super::error::StoreError;
use super::schema::bots;
use super::secrets::{Key, SEALED_PREFIX, Secret};

/// Where a bot's token comes from. Never the token itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenSource {
    /// A sealed text (`sealed:…`); see [`token_context`].
    Sealed(String),
    /// A variable of the environment.
    Env(String),
    /// A file.
    File(String),
}

impl TokenSource {
    fn write(&self) -> String {
        match self {
            TokenSource::Sealed(text) => text.clone(),
            TokenSource::Env(name) => format!("env:{name}"),
            TokenSource::File(path) => format!("file:{path}"),
        }
    }

    fn read(text: &str) -> Result<TokenSource, StoreError> {
        if text.starts_with(SEALED_PREFIX) {
            Ok(TokenSource::Sealed(text.to_owned()))
        } else if let Some(name) = text.strip_prefix("env:") {
            Ok(TokenSource::Env(name.to_owned()))
        } else if let Some(path) = text.strip_prefix("file:") {
            Ok(TokenSource::File(path.to_owned()))
        } else {
            Err(StoreError::other("bots.token: неизвестный источник токена"))
        }
    }
}

/// The context in which a bot's token is sealed.
pub fn token_context(bot: &BotCode) -> String {
    format!("bot:{bot}")
}

/// Seals the token of a bot.
///
/// # Errors
/// Only when the system gives no random bytes.
pub fn seal_token(key: &Key, bot: &BotCode, token: &Secret) -> Result<String, StoreError> {
    key.seal(token.expose(), &token_context(bot))
}

/// A bot's row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BotRecord {
    /// Its code.
    pub code: BotCode,
    /// The channel it speaks on.
    pub channel: Channel,
    /// Telegram's id, known after the first getMe.
    pub telegram_id: Option<TelegramBotId>,
    /// The username without the @, known after the first getMe.
    pub username: Option<String>,
    /// Where its token comes from.
    pub token: TokenSource,
    /// Whether it should run: as last told by the file or by an operator, whichever came last.
    pub enabled: bool,
    /// The revision that last changed its definition.
    pub revision: i64,
    /// Its file is gone, but data refer to it.
    pub deleted: bool,
}

/// What a bot's file says, to be applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BotDefinition {
    /// Its code.
    pub code: BotCode,
    /// The channel.
    pub channel: Channel,
    /// Where its token comes from.
    pub token: TokenSource,
    /// `enabled` of the file.
    pub enabled: bool,
    /// The revision that is applied.
    pub revision: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bots)]
struct Row {
    code: String,
    telegram_id: Option<i64>,
    username: Option<String>,
    token: String,
    enabled: bool,
    revision: i64,
    deleted: bool,
}

impl Row {
    fn record(self) -> Result<BotRecord, StoreError> {
        Ok(BotRecord {
            code: BotCode::new(&self.code),
            channel: Channel::Telegram,
            telegram_id: self.telegram_id.map(TelegramBotId),
            username: self.username,
            token: TokenSource::read(&self.token)?,
            enabled: self.enabled,
            revision: self.revision,
            deleted: self.deleted,
        })
    }
}

/// Writes what a file says. The file's `enabled` counts only where the file changed it: else the
/// operator's last command stands over every further apply.
///
/// # Errors
/// An outage.
pub fn apply(conn: &mut Conn, definition: &BotDefinition) -> Result<(), StoreError> {
    let code = definition.code.as_str();
    let token = definition.token.write();
    let before: Option<(bool, bool, bool)> = on_engine!(conn, c => bots::table
        .find(code)
        .select((bots::file_enabled, bots::enabled, bots::deleted))
        .get_result(c)
        .optional())?;
    let enabled = match before {
        Some((file, enabled, false)) if file == definition.enabled => enabled,
        _ => definition.enabled,
    };
    on_engine!(conn, c => diesel::insert_into(bots::table)
        .values((
            bots::code.eq(code),
            bots::channel.eq(definition.channel.as_str()),
            bots::token.eq(&token),
            bots::file_enabled.eq(definition.enabled),
            bots::enabled.eq(enabled),
            bots::revision.eq(definition.revision),
            bots::deleted.eq(false),
        ))
        .on_conflict(bots::code)
        .do_update()
        .set((
            bots::channel.eq(definition.channel.as_str()),
            bots::token.eq(&token),
            bots::file_enabled.eq(definition.enabled),
            bots::enabled.eq(enabled),
            bots::revision.eq(definition.revision),
            bots::deleted.eq(false),
        ))
        .execute(c))?;
    Ok(())
}

/// An operator's command: on or off, kept over restarts.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such bot.
pub fn command(conn: &mut Conn, code: &BotCode, enabled: bool) -> Result<(), StoreError> {
    let changed = on_engine!(conn, c => diesel::update(bots::table.find(code.as_str()))
        .filter(bots::deleted.eq(false))
        .set(bots::enabled.eq(enabled))
        .execute(c))?;
    found(changed, code)
}

/// Marks a bot whose file is gone.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such bot.
pub fn mark_deleted(conn: &mut Conn, code: &BotCode, revision: i64) -> Result<(), StoreError> {
    let changed = on_engine!(conn, c => diesel::update(bots::table.find(code.as_str()))
        .set((bots::deleted.eq(true), bots::revision.eq(revision)))
        .execute(c))?;
    found(changed, code)
}

/// Keeps what getMe told.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such bot.
pub fn set_identity(
    conn: &mut Conn,
    code: &BotCode,
    telegram_id: TelegramBotId,
    username: Option<&str>,
) -> Result<(), StoreError> {
    let changed = on_engine!(conn, c => diesel::update(bots::table.find(code.as_str()))
        .set((
            bots::telegram_id.eq(Some(telegram_id.0)),
            bots::username.eq(username),
        ))
        .execute(c))?;
    found(changed, code)
}

fn found(changed: usize, code: &BotCode) -> Result<(), StoreError> {
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::not_found(format!("бот {code}")))
    }
}

/// One bot.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, code: &BotCode) -> Result<Option<BotRecord>, StoreError> {
    let row: Option<Row> = on_engine!(conn, c => bots::table
        .find(code.as_str())
        .select(Row::as_select())
        .get_result(c)
        .optional())?;
    row.map(Row::record).transpose()
}

/// All bots by code, also the deleted ones.
///
/// # Errors
/// An outage.
pub fn list(conn: &mut Conn) -> Result<Vec<BotRecord>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => bots::table
        .order(bots::code)
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Row::record).collect()
}
