//! The next update to ask for, per Telegram bot id. Not a maximum: Telegram's numbers may jump
//! downwards after a quiet week.

use diesel::prelude::*;

use crate::model::{Moment, TelegramBotId, UpdateId};

use super::conn::{Conn, on_engine};
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
    on_engine!(conn, c => diesel::insert_into(offsets::table)
        .values((
            offsets::bot_id.eq(bot.0),
            offsets::next_update.eq(next.0),
            offsets::at.eq(at.0),
        ))
        .on_conflict(offsets::bot_id)
        .do_update()
        .set((offsets::next_update.eq(next.0), offsets::at.eq(at.0)))
        .execute(c))?;
    Ok(())
}
