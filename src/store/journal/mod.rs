//! The journal: what a bot accepted and answered, a record a batch, many records a row.
//!
//! Most updates are answered at once with a text that nobody looks at again. Written as rows of their
//! own they dirty a page of five b-trees each; here they are appended, and so is the mark that an answer
//! was sent (docs/decisions/0009-journal.md). Whatever is still to be done stands in rows: an update
//! that waits for a script, a message that is queued, deferred, refused or of unknown fate, one with
//! buttons. An answer that stops being ordinary is *taken out*: it becomes a row of `messages`, and the
//! journal says so.
//!
//! Records are gathered on the connection (`Conn::record`) and become rows just before the commit, so
//! that the jobs of a commit share them; what is undone is forgotten. `Journal` knows which answers
//! wait for their mark. Each row says from which row on there may be such: after a crash the next node
//! reads from there and takes out what has no mark ([`replay`]).
//!
//! Here: appending and taking out. `record.rs`: the form. `read.rs`: what is looked up.

mod bytes;
mod read;
mod record;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::marker::PhantomData;
use std::sync::Arc;

use diesel::prelude::*;
use parking_lot::Mutex;

use crate::model::{
    BotCode, ChatAddress, ChatId, Lane, MessageKey, MessageKind, MessageState, Moment, Outgoing,
};

use super::chats;
use super::conn::{Conn, on_engine};
use super::dialect::{AppendJournal, AppendJournalIndex};
use super::error::StoreError;
use super::ids::Ids;
use super::inbox::UpdateKey;
use super::messages::{self, NewMessage, SentMark};
use super::schema::journal;

pub use read::{Contents, contents};
pub(super) use read::{
    find_message, find_update, list_messages, message_counts, traces, update_count,
};
pub use record::{Draft, Handled};
pub(super) use record::{Written, without_texts};

use record::{Answer, Header, Record};

/// Bytes of records that share a row. More, and what is looked up reads more than it wants; less, and
/// the ends of rows leave more of their pages empty.
const ROW_MAX: usize = 64 * 1024;
/// Rows that are read at once.
const ROWS_AT_ONCE: i64 = 32;
/// Renamings of a chat that are followed; a number is never taken back.
const RENAMES_MAX: usize = 8;

/// Which answers wait for their mark, and the numbers of rows. One per store.
pub(super) struct Journal {
    ids: Arc<Ids>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// Rows that are being written, and rows with answers that wait, with the number of these.
    rows: BTreeMap<i64, usize>,
    /// Answers that wait, with their row.
    keys: HashMap<MessageKey, i64>,
}

impl Journal {
    pub(super) fn new(ids: Arc<Ids>) -> Journal {
        Journal {
            ids,
            open: Mutex::default(),
        }
    }

    /// Numbers for so many updates, in order.
    pub(super) fn next_seqs(&self, count: usize) -> i64 {
        self.ids.next_range(count)
    }

    /// How many answers wait for their mark.
    pub(super) fn waiting(&self) -> usize {
        self.open.lock().keys.len()
    }

    fn holds(&self, key: MessageKey) -> bool {
        self.open.lock().keys.contains_key(&key)
    }

    /// A number for a row with so many updates, and the row from which on answers may wait.
    fn begin_row(&self, updates: usize) -> (i64, i64) {
        let mut open = self.open.lock();
        let seq = self.ids.next_range(updates + 1);
        open.rows.insert(seq, 0);
        let from = open.rows.first_key_value().map_or(seq, |(seq, _)| *seq);
        (seq, from)
    }
}

/// Rows that a transaction has written. Dropped, they are forgotten; [`committed`](Self::committed)
/// makes them count.
pub(super) struct Flushed {
    journal: Arc<Journal>,
    rows: Vec<(i64, Vec<MessageKey>)>,
    settled: Vec<MessageKey>,
}

impl Flushed {
    /// The transaction is on the disk.
    pub(super) fn committed(mut self) {
        let mut open = self.journal.open.lock();
        let open = &mut *open;
        for (seq, keys) in self.rows.drain(..) {
            if keys.is_empty() {
                open.rows.remove(&seq);
                continue;
            }
            open.rows.insert(seq, keys.len());
            open.keys.extend(keys.into_iter().map(|key| (key, seq)));
        }
        for key in self.settled.drain(..) {
            let Some(seq) = open.keys.remove(&key) else {
                continue;
            };
            if let Some(left) = open.rows.get_mut(&seq) {
                *left -= 1;
                if *left == 0 {
                    open.rows.remove(&seq);
                }
            }
        }
    }
}

impl Drop for Flushed {
    fn drop(&mut self) {
        if !self.rows.is_empty() {
            let mut open = self.journal.open.lock();
            for (seq, _) in &self.rows {
                open.rows.remove(seq);
            }
        }
    }
}

/// Writes records as rows. The last thing before a commit.
pub(super) fn flush(
    conn: &mut Conn,
    journal: &Arc<Journal>,
    records: &[Arc<Written>],
) -> Result<Flushed, StoreError> {
    let mut flushed = Flushed {
        journal: Arc::clone(journal),
        rows: Vec::new(),
        settled: Vec::new(),
    };
    let mut rest = records;
    while let Some(first) = rest.first() {
        let mut size = first.bytes.len();
        let mut count = 1;
        while let Some(next) = rest.get(count)
            && size + next.bytes.len() <= ROW_MAX
        {
            size += next.bytes.len();
            count += 1;
        }
        let (of_row, others) = rest.split_at(count);
        rest = others;
        write_row(conn, &mut flushed, of_row, size)?;
    }
    Ok(flushed)
}

fn write_row(
    conn: &mut Conn,
    flushed: &mut Flushed,
    records: &[Arc<Written>],
    size: usize,
) -> Result<(), StoreError> {
    let mut body = Vec::with_capacity(size + 1);
    body.push(record::VERSION);
    let mut opened = Vec::new();
    let mut marks: Vec<u32> = Vec::new();
    let mut at = Moment(i64::MIN);
    for record in records {
        body.extend_from_slice(&record.bytes);
        opened.extend_from_slice(&record.opened);
        flushed.settled.extend_from_slice(&record.settled);
        marks.extend_from_slice(&record.chats);
        at = at.max(record.at);
    }
    let updates = records.iter().map(|record| record.updates).sum();
    let (seq, open_from) = flushed.journal.begin_row(updates);
    let keys = opened.iter().map(|key| key.0);
    let (first_key, last_key) = (keys.clone().min(), keys.max());
    flushed.rows.push((seq, opened));
    let row = AppendJournal {
        seq,
        at: at.0,
        open_from,
        body: &body,
        borrows: PhantomData,
    };
    on_engine!(conn, c => row.execute(c))?;
    if updates > 0 {
        marks.sort_unstable();
        marks.dedup();
        let chats: Vec<u8> = marks.iter().flat_map(|mark| mark.to_le_bytes()).collect();
        let index = AppendJournalIndex {
            seq,
            first_key,
            last_key,
            chats: &chats,
            borrows: PhantomData,
        };
        on_engine!(conn, c => index.execute(c))?;
    }
    Ok(())
}

/// Answers that jobs before this one in the same commit settled: what the journal knows of them holds until
/// the commit is on the disk. `taken_out`: only those that became rows.
fn settled_before(conn: &Conn, taken_out: bool) -> HashSet<MessageKey> {
    let records = conn.records().iter();
    let records = records.filter(|record| record.takes_out || !taken_out);
    let keys = records.flat_map(|record| record.settled.iter().copied());
    keys.collect()
}

/// Marks those of these messages that stand in the journal as sent; gives the others.
pub(super) fn mark_sent<'a>(conn: &mut Conn, marks: &'a [SentMark]) -> Vec<&'a SentMark> {
    let Some(journal) = conn.journal().cloned() else {
        return marks.iter().collect();
    };
    let rows = settled_before(conn, true);
    let (own, others): (Vec<&SentMark>, Vec<&SentMark>) = {
        let open = journal.open.lock();
        marks
            .iter()
            .partition(|mark| open.keys.contains_key(&mark.key) && !rows.contains(&mark.key))
    };
    if !own.is_empty() {
        let marks = own.iter().map(|mark| (mark.key, mark.at, &mark.ids[..]));
        conn.record(Arc::new(record::sent(marks)));
    }
    others
}

/// Makes a row, which says `sending`, of an answer that stands in the journal; false when it does not
/// stand there.
pub(super) fn take_out(conn: &mut Conn, key: MessageKey) -> Result<bool, StoreError> {
    let Some(journal) = conn.journal().cloned() else {
        return Ok(false);
    };
    let row = journal.open.lock().keys.get(&key).copied();
    let Some(seq) = row else { return Ok(false) };
    if settled_before(conn, false).contains(&key) {
        return Ok(false);
    }
    let taken = take_out_of_rows(conn, &[seq], |_, answer| answer.key == key)?;
    Ok(!taken.is_empty())
}

/// Makes rows of all answers of a bot that wait for their mark: whoever was to send them is gone.
///
/// # Errors
/// An outage.
pub fn take_out_of_bot(conn: &mut Conn, bot: &BotCode) -> Result<usize, StoreError> {
    take_out_waiting(conn, |header, _| header.bot == *bot)
}

/// The same for one chat of the bot, which gets another number.
pub(super) fn take_out_of_chat(
    conn: &mut Conn,
    bot: &BotCode,
    chat: ChatId,
) -> Result<usize, StoreError> {
    take_out_waiting(conn, |header, answer| {
        header.bot == *bot && answer.chat == chat
    })
}

fn take_out_waiting(
    conn: &mut Conn,
    wanted: impl Fn(&Header, &Answer<'_>) -> bool,
) -> Result<usize, StoreError> {
    let Some(journal) = conn.journal().cloned() else {
        return Ok(0);
    };
    let rows: Vec<i64> = {
        let open = journal.open.lock();
        open.rows.keys().copied().collect()
    };
    let settled = settled_before(conn, false);
    let waits = |header: &Header, answer: &Answer<'_>| {
        wanted(header, answer) && journal.holds(answer.key) && !settled.contains(&answer.key)
    };
    Ok(take_out_of_rows(conn, &rows, waits)?.len())
}

fn take_out_of_rows(
    conn: &mut Conn,
    rows: &[i64],
    wanted: impl Fn(&Header, &Answer<'_>) -> bool,
) -> Result<Vec<MessageKey>, StoreError> {
    let mut taken = Vec::new();
    for seq in rows {
        let body: Option<Vec<u8>> = on_engine!(conn, c => journal::table
            .find(seq)
            .select(journal::body)
            .get_result(c)
            .optional())?;
        // A row that is being written, or was undone.
        let Some(body) = body else { continue };
        let mut found = Vec::new();
        for record in record::read(&body)? {
            if let Record::Handled(header, updates) = record {
                for update in updates {
                    for answer in &update.answers {
                        if wanted(&header, answer) {
                            found.push(as_message(&header, update.id, answer)?);
                        }
                    }
                }
            }
        }
        taken.extend(insert_rows(conn, found)?);
    }
    Ok(taken)
}

/// After a crash: makes rows of all answers that were never marked, so that whoever sends them again
/// finds them. Only while no bot is at work. Gives their number.
///
/// # Errors
/// An outage, or a row that cannot be read.
pub fn replay(conn: &mut Conn) -> Result<usize, StoreError> {
    let from: Option<i64> = on_engine!(conn, c => journal::table
        .order(journal::seq.desc())
        .select(journal::open_from)
        .first(c)
        .optional())?;
    let Some(mut from) = from else { return Ok(0) };
    let mut waiting: BTreeMap<MessageKey, (Outgoing, UpdateKey, Moment)> = BTreeMap::new();
    // Writers of PostgreSQL commit in any order: a mark may stand before its answer.
    let mut settled: HashSet<MessageKey> = HashSet::new();
    loop {
        let rows: Vec<(i64, Vec<u8>)> = on_engine!(conn, c => journal::table
            .filter(journal::seq.ge(from))
            .order(journal::seq)
            .limit(ROWS_AT_ONCE)
            .select((journal::seq, journal::body))
            .load(c))?;
        let Some((last, _)) = rows.last() else { break };
        from = last + 1;
        for (_, body) in &rows {
            for record in record::read(body)? {
                match record {
                    Record::Handled(header, updates) => {
                        for update in updates {
                            for answer in &update.answers {
                                let key = update_key(&header, update.id);
                                if !settled.remove(&answer.key)
                                    && let Some(message) = outgoing(&header, answer)
                                {
                                    waiting.insert(answer.key, (message, key, header.at));
                                }
                            }
                        }
                    }
                    Record::Sent(marks) => {
                        let keys = marks.iter().map(|mark| mark.key);
                        settled.extend(keys.filter(|key| waiting.remove(key).is_none()));
                    }
                    Record::Moved(keys) => {
                        let keys = keys.into_iter();
                        settled.extend(keys.filter(|key| waiting.remove(key).is_none()));
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    for (message, update, at) in waiting.into_values() {
        let row = NewMessage::new(&message, MessageState::Sending, Some(update), at)?;
        found.push((message.to, row));
    }
    Ok(insert_rows(conn, found)?.len())
}

/// Writes rows, each to the number that its chat has now, and says so in the journal.
fn insert_rows(
    conn: &mut Conn,
    found: Vec<(ChatAddress, NewMessage)>,
) -> Result<Vec<MessageKey>, StoreError> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = Vec::with_capacity(found.len());
    for (to, message) in found {
        let chat = current_chat(conn, &to)?;
        rows.push(message.in_chat(chat));
    }
    messages::insert(conn, &rows)?;
    let keys: Vec<MessageKey> = rows.iter().map(NewMessage::key).collect();
    let at = rows.iter().map(NewMessage::created_at).max();
    conn.record(Arc::new(record::moved(&keys, at.unwrap_or(Moment(0)))));
    Ok(keys)
}

fn current_chat(conn: &mut Conn, to: &ChatAddress) -> Result<ChatId, StoreError> {
    let mut chat = to.chat;
    for _ in 0..RENAMES_MAX {
        match chats::get(conn, to.channel, &to.bot, chat)?.migrated_to {
            Some(next) => chat = next,
            None => break,
        }
    }
    Ok(chat)
}

fn update_key(header: &Header, update: crate::model::UpdateId) -> UpdateKey {
    UpdateKey {
        bot: header.telegram_id,
        update,
    }
}

/// The message as it was decided; `None` when its text is gone.
fn outgoing(header: &Header, answer: &Answer<'_>) -> Option<Outgoing> {
    Some(Outgoing {
        key: answer.key,
        to: address(header, answer),
        lane: Lane::Interactive,
        kind: MessageKind::Answer,
        reply_to: answer.reply_to,
        not_before: None,
        body: answer.body()?,
    })
}

fn address(header: &Header, answer: &Answer<'_>) -> ChatAddress {
    ChatAddress {
        channel: header.channel,
        bot: header.bot.clone(),
        chat: answer.chat,
        thread: answer.thread,
    }
}

fn as_message(
    header: &Header,
    update: crate::model::UpdateId,
    answer: &Answer<'_>,
) -> Result<(ChatAddress, NewMessage), StoreError> {
    // Texts are cut after days, and an answer waits for seconds.
    let message = outgoing(header, answer)
        .ok_or_else(|| StoreError::other(format!("сообщение {} без текста", answer.key)))?;
    let update = Some(update_key(header, update));
    let row = NewMessage::new(&message, MessageState::Sending, update, header.at)?;
    Ok((message.to, row))
}
