//! The next update to ask for, per Telegram bot id, and which were accepted before it. Not a maximum:
//! Telegram's numbers may jump downwards after a quiet week.
//!
//! Numbers come without gaps, so what was accepted is one range that grows at its end: a batch that
//! follows it is known to be new by moving the end on, one statement whatever its size. A batch that does
//! not follow is looked at number by number, and begins a range of its own.

use std::marker::PhantomData;

use diesel::prelude::*;

use crate::model::{Moment, TelegramBotId, UpdateId};

use super::conn::{Conn, on_engine};
use super::dialect::{PassUpdates, SetOffset};
use super::error::StoreError;
use super::inbox;
use super::schema::{offsets, update_ranges};

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

/// A range of numbers that were accepted is heeded for so long: Telegram keeps updates for 24 hours, and
/// begins anew with a number by chance after a week without any.
const HEEDED_MICROS: i64 = 72 * 3_600 * 1_000_000;
/// Ranges of one bot. With more, the two that are nearest to each other become one: what lies between was
/// passed over by Telegram itself.
const RANGES_MAX: usize = 64;

/// Numbers from `first` to before `next`, the last of them accepted at `at`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Range {
    first: i64,
    next: i64,
    at: i64,
}

/// Accepts updates: moves the offset to `next` and tells of each whether it is new. An update given twice
/// is new once.
///
/// # Errors
/// An outage.
pub fn pass(
    conn: &mut Conn,
    bot: TelegramBotId,
    updates: &[UpdateId],
    next: UpdateId,
    at: Moment,
) -> Result<Vec<bool>, StoreError> {
    let follow = updates.windows(2).all(|two| two[0].0 + 1 == two[1].0)
        && updates.last().is_some_and(|last| last.0 + 1 == next.0);
    if let Some(first) = updates.first().filter(|_| follow) {
        let pass = PassUpdates {
            next_update: next.0,
            at: at.0,
            bot_id: bot.0,
            first: first.0,
            borrows: PhantomData,
        };
        if on_engine!(conn, c => pass.execute(c))? == 1 {
            return Ok(vec![true; updates.len()]);
        }
    }
    one_by_one(conn, bot, updates, next, at)
}

fn one_by_one(
    conn: &mut Conn,
    bot: TelegramBotId,
    updates: &[UpdateId],
    next: UpdateId,
    at: Moment,
) -> Result<Vec<bool>, StoreError> {
    let mut ranges = ranges(conn, bot)?;
    ranges.retain(|range| at.micros_since(Moment(range.at)) < HEEDED_MICROS);
    // Of before there were ranges.
    let known = inbox::known(conn, bot, updates)?;
    let mut new = Vec::with_capacity(updates.len());
    for update in updates {
        let holds = |range: &Range| (range.first..range.next).contains(&update.0);
        let is_new = !known.contains(update) && !ranges.iter().any(holds);
        new.push(is_new);
        if !ranges.iter().any(holds) {
            add(&mut ranges, update.0, at);
        }
    }
    let current = match ranges.iter().position(|range| range.next == next.0) {
        Some(index) => ranges.remove(index),
        None => Range {
            first: next.0,
            next: next.0,
            at: at.0,
        },
    };
    while ranges.len() > RANGES_MAX {
        join_nearest(&mut ranges);
    }
    keep(conn, bot, current, &ranges, at)?;
    Ok(new)
}

/// All ranges of a bot, in order, none touching another.
fn ranges(conn: &mut Conn, bot: TelegramBotId) -> Result<Vec<Range>, StoreError> {
    let rows: Vec<(i64, i64, i64)> = on_engine!(conn, c => update_ranges::table
        .filter(update_ranges::bot_id.eq(bot.0))
        .select((
            update_ranges::first_update,
            update_ranges::next_update,
            update_ranges::at,
        ))
        .load(c))?;
    let current: Option<(Option<i64>, i64, i64)> = on_engine!(conn, c => offsets::table
        .find(bot.0)
        .select((offsets::first_update, offsets::next_update, offsets::at))
        .get_result(c)
        .optional())?;
    let current = current.and_then(|(first, next, at)| Some((first?, next, at)));
    let mut ranges: Vec<Range> = rows
        .into_iter()
        .chain(current)
        .filter(|(first, next, _)| first < next)
        .map(|(first, next, at)| Range { first, next, at })
        .collect();
    ranges.sort_unstable_by_key(|range| range.first);
    ranges.dedup_by(|later, earlier| join(earlier, later));
    Ok(ranges)
}

/// Makes one range of two that touch; `later` does not begin before `earlier`.
fn join(earlier: &mut Range, later: &Range) -> bool {
    let touch = later.first <= earlier.next;
    if touch {
        earlier.next = earlier.next.max(later.next);
        earlier.at = earlier.at.max(later.at);
    }
    touch
}

fn add(ranges: &mut Vec<Range>, number: i64, at: Moment) {
    let place = ranges.partition_point(|range| range.first < number);
    ranges.insert(
        place,
        Range {
            first: number,
            next: number + 1,
            at: at.0,
        },
    );
    ranges.dedup_by(|later, earlier| join(earlier, later));
}

fn join_nearest(ranges: &mut Vec<Range>) {
    let nearest = ranges
        .windows(2)
        .enumerate()
        .min_by_key(|(_, two)| two[1].first.saturating_sub(two[0].next))
        .map(|(index, _)| index);
    if let Some(index) = nearest {
        let later = ranges.remove(index + 1);
        ranges[index].next = later.next;
        ranges[index].at = ranges[index].at.max(later.at);
    }
}

/// Writes what [`one_by_one`] found.
fn keep(
    conn: &mut Conn,
    bot: TelegramBotId,
    current: Range,
    others: &[Range],
    at: Moment,
) -> Result<(), StoreError> {
    on_engine!(conn, c => diesel::delete(update_ranges::table)
        .filter(update_ranges::bot_id.eq(bot.0))
        .execute(c))?;
    for range in others {
        on_engine!(conn, c => diesel::insert_into(update_ranges::table)
            .values((
                update_ranges::bot_id.eq(bot.0),
                update_ranges::first_update.eq(range.first),
                update_ranges::next_update.eq(range.next),
                update_ranges::at.eq(range.at),
            ))
            .execute(c))?;
    }
    set(conn, bot, UpdateId(current.next), at)?;
    on_engine!(conn, c => diesel::update(offsets::table.find(bot.0))
        .set(offsets::first_update.eq(Some(current.first)))
        .execute(c))?;
    Ok(())
}

/// Deletes ranges that are heeded no more.
pub(super) fn purge(conn: &mut Conn, now: Moment) -> Result<usize, StoreError> {
    let before = now.plus_micros(-HEEDED_MICROS).0;
    Ok(on_engine!(conn, c => diesel::delete(update_ranges::table)
        .filter(update_ranges::at.lt(before))
        .execute(c))?)
}
