//! The next update to ask for, per Telegram bot id. Not a maximum: Telegram's numbers may jump
//! downwards after a quiet week.

use std::marker::PhantomData;

use diesel::prelude::*;

use crate::model::{Moment, TelegramBotId, UpdateId};

use super::conn::{Conn, on_engine};
use super::dialect::SetOffset;
use super::error::StoreError;
use super::schema::offsets;

/// The offset and when it was set; `None` for a bot that never received anything.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, bot: TelegramBotId) -> Result<Option<(UpdateId, Moment)>, StoreError> {
    let row: Option<(i64, i64)> = on_engine!(conn, c => offsets::table
        .find(bot.0)
        .select((offsets::next_update, offsets::at))
        .get_result(c)
        .optional())?;
    Ok(row.map(|(next, at)| (UpdateId(next), Moment(at))))
}

/// Sets the offset, also to less than before.
///
/// # Errors
/// An outage.
pub fn set(
    conn: &mut Conn,
    bot: TelegramBotId,
    next: UpdateId,
    at: Moment,
) -> Result<(), StoreError> {
    let set = SetOffset {
        bot_id: bot.0,
        next_update: next.0,
        at: at.0,
        borrows: PhantomData,
    };
    on_engine!(conn, c => set.execute(c))?;
    Ok(())
}
