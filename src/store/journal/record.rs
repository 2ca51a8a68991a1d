//! The records of the journal, written and read. The form is kept for ever: what changes it gets a
//! number of its own, and `tests/store/journal.rs` holds samples of every one.
//!
//! ```text
//! body    = version record*
//! record  = kind length payload
//! handled = channel bot telegram-id at count update*           what a bot answered in one batch
//! update  = length id flags [chat] [sender] received raw? trace? count answer*
//! answer  = key flags [chat] [thread] [quoted] text?
//! sent    = at count (key at count number*)*                   the channel has these answers
//! moved   = count key*                                         these answers are rows of `messages` now
//! ```
//!
//! Keys of messages and moments are written as differences to the ones before them.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::model::{
    BotCode, Channel, ChatId, MessageKey, Moment, Outgoing, OutgoingBody, PersonId, RichText,
    TelegramBotId, UpdateId,
};
use crate::store::StoreError;
use crate::store::inbox::{NewUpdate, UpdateKey, UpdateState};

use super::bytes::{Reader, number_length, put_bytes, put_number, put_signed, unreadable};

/// The form of a body.
pub(super) const VERSION: u8 = 1;

const HANDLED: u8 = 1;
const SENT: u8 = 2;
const MOVED: u8 = 3;

const CHANNEL_TELEGRAM: u8 = 0;
const CHANNEL_EMAIL: u8 = 1;
const CHANNEL_INBOX: u8 = 2;

const HAS_CHAT: u8 = 1;
const HAS_SENDER: u8 = 2;
/// A private chat: the sender's number is the chat's.
const SENDER_IS_CHAT: u8 = 4;
const HAS_RAW: u8 = 8;
const HAS_TRACE: u8 = 16;

const MARKUP: u8 = 1;
const HAS_THREAD: u8 = 2;
const QUOTES: u8 = 4;
const OTHER_CHAT: u8 = 8;
const HAS_TEXT: u8 = 16;

/// Whose updates a record holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) channel: Channel,
    pub(super) bot: BotCode,
    pub(super) telegram_id: TelegramBotId,
    /// When they were handled.
    pub(super) at: Moment,
}

/// An update as it goes in.
#[derive(Clone, Copy, Debug)]
pub struct Handled<'a> {
    /// Its number.
    pub id: UpdateId,
    /// The chat, where it has one.
    pub chat: Option<ChatId>,
    /// The sender, where it has one.
    pub sender: Option<PersonId>,
    /// The JSON as it came.
    pub raw: &'a str,
    /// When it came.
    pub received_at: Moment,
    /// What was tried for it, in words.
    pub trace: Option<&'a str>,
}

/// An update as it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Update<'a> {
    pub(super) id: UpdateId,
    pub(super) chat: Option<ChatId>,
    pub(super) sender: Option<PersonId>,
    pub(super) raw: Option<&'a str>,
    pub(super) received_at: Moment,
    pub(super) trace: Option<&'a str>,
    pub(super) answers: SmallVec<[Answer<'a>; 1]>,
}

/// A text that answers an update, without buttons: what is not sent again after it was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Answer<'a> {
    pub(super) key: MessageKey,
    pub(super) chat: ChatId,
    pub(super) thread: Option<i64>,
    pub(super) reply_to: Option<i64>,
    /// Whether it is mark-up, and the text; `None` when its time is over.
    pub(super) text: Option<(bool, &'a str)>,
}

impl<'a> Answer<'a> {
    /// What the journal keeps of a message; `None` for one that is no text.
    fn of(outgoing: &'a Outgoing) -> Option<Answer<'a>> {
        let OutgoingBody::Text { text, .. } = &outgoing.body else {
            return None;
        };
        let text = match text {
            RichText::Markup(text) => (true, text.as_str()),
            RichText::Plain(text) => (false, text.as_str()),
        };
        Some(Answer {
            key: outgoing.key,
            chat: outgoing.to.chat,
            thread: outgoing.to.thread,
            reply_to: outgoing.reply_to,
            text: Some(text),
        })
    }

    /// What is sent.
    pub(super) fn body(&self) -> Option<OutgoingBody> {
        let (is_markup, text) = self.text?;
        Some(OutgoingBody::Text {
            text: if is_markup {
                RichText::Markup(text.to_owned())
            } else {
                RichText::Plain(text.to_owned())
            },
            buttons: crate::model::Buttons::None,
        })
    }
}

/// An answer that the channel has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Sent {
    pub(super) key: MessageKey,
    pub(super) at: Moment,
    pub(super) ids: Vec<i64>,
}

/// One record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Record<'a> {
    Handled(Header, Vec<Update<'a>>),
    Sent(Vec<Sent>),
    Moved(Vec<MessageKey>),
}

/// One update's part of a record that is being made.
#[derive(Clone, Debug)]
struct Part {
    bytes: std::ops::Range<usize>,
    keys: std::ops::Range<usize>,
    chat: Option<ChatId>,
}

/// A record of handled updates in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    header: Header,
    bytes: Vec<u8>,
    keys: Vec<MessageKey>,
    parts: Vec<Part>,
}

impl Draft {
    /// Nothing yet, of this bot at this moment.
    pub fn new(channel: Channel, bot: BotCode, telegram_id: TelegramBotId, at: Moment) -> Draft {
        Draft {
            header: Header {
                channel,
                bot,
                telegram_id,
                at,
            },
            bytes: Vec::new(),
            keys: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// How many updates it holds.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// True when it holds none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether an answer may stand in the journal: a plain text of the bot itself that leaves at once.
    /// Whatever may be changed, looked for or held back later is a row of `messages`.
    pub fn takes(&self, outgoing: &Outgoing) -> bool {
        use crate::model::{Lane, MessageKind};
        outgoing.kind == MessageKind::Answer
            && outgoing.lane == Lane::Interactive
            && outgoing.not_before.is_none()
            && outgoing.to.bot == self.header.bot
            && outgoing.to.channel == self.header.channel
            && matches!(&outgoing.body, OutgoingBody::Text { buttons, .. } if buttons.is_none())
    }

    /// Adds an update with its answers, each of which it [`takes`](Self::takes).
    pub fn push<'a>(&mut self, update: Handled<'a>, answers: impl Iterator<Item = &'a Outgoing>) {
        let first_byte = self.bytes.len();
        let first_key = self.keys.len();
        let answers: SmallVec<[Answer<'_>; 1]> = answers.filter_map(Answer::of).collect();
        self.keys.extend(answers.iter().map(|answer| answer.key));
        // An update rarely takes more than its JSON and two hundred bytes.
        self.bytes
            .reserve(update.raw.len() + update.trace.map_or(0, str::len) + 256);
        let whole = Update {
            id: update.id,
            chat: update.chat,
            sender: update.sender,
            raw: Some(update.raw),
            received_at: update.received_at,
            trace: update.trace,
            answers,
        };
        write_update(&mut self.bytes, self.header.at, &whole);
        self.parts.push(Part {
            bytes: first_byte..self.bytes.len(),
            keys: first_key..self.keys.len(),
            chat: update.chat,
        });
    }

    /// The part of one update alone.
    pub(in crate::store) fn only(&self, index: usize) -> Draft {
        let part = &self.parts[index];
        Draft {
            header: self.header.clone(),
            bytes: self.bytes[part.bytes.clone()].to_vec(),
            keys: self.keys[part.keys.clone()].to_vec(),
            parts: vec![Part {
                bytes: 0..part.bytes.len(),
                keys: 0..part.keys.len(),
                ..part.clone()
            }],
        }
    }

    /// An update without its answers, as a row.
    pub(in crate::store) fn as_row(
        &self,
        index: usize,
        state: UpdateState,
    ) -> Result<NewUpdate, StoreError> {
        let header = &self.header;
        let bytes = &self.bytes[self.parts[index].bytes.clone()];
        let update = read_update(&mut Reader::new(bytes), header)?;
        Ok(NewUpdate {
            key: UpdateKey {
                bot: header.telegram_id,
                update: update.id,
            },
            channel: header.channel,
            bot: header.bot.clone(),
            chat: update.chat,
            sender: update.sender,
            state,
            personal: false,
            raw: update.raw.unwrap_or_default().to_owned(),
            received_at: update.received_at,
            handled_at: Some(header.at),
            trace: update.trace.map(str::to_owned),
        })
    }

    /// The record of those updates that are to be written; `None` when none is.
    pub(in crate::store) fn finish(
        &self,
        is_written: impl Fn(usize) -> bool,
    ) -> Option<Arc<Written>> {
        let indices = (0..self.parts.len()).filter(|index| is_written(*index));
        let parts: SmallVec<[&Part; 8]> = indices.map(|index| &self.parts[index]).collect();
        if parts.is_empty() {
            return None;
        }
        let head = handled_head(&self.header, parts.len());
        let mut opened = Vec::with_capacity(self.keys.len());
        let mut chats = Vec::with_capacity(parts.len());
        let mut length = head.len();
        for part in &parts {
            length += number_length(part.bytes.len() as u64) + part.bytes.len();
            opened.extend_from_slice(&self.keys[part.keys.clone()]);
            if let Some(chat) = part.chat {
                chats.push(chat_mark(&self.header.bot, chat));
            }
        }
        let mut bytes = Vec::with_capacity(length + 6);
        bytes.push(HANDLED);
        put_number(&mut bytes, length as u64);
        bytes.extend_from_slice(&head);
        for part in &parts {
            put_bytes(&mut bytes, &self.bytes[part.bytes.clone()]);
        }
        Some(Arc::new(Written {
            bytes,
            updates: parts.len(),
            opened,
            settled: Vec::new(),
            takes_out: false,
            chats,
            at: self.header.at,
        }))
    }
}

/// A record ready to be appended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::store) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) updates: usize,
    /// Answers that wait for their mark from now on.
    pub(super) opened: Vec<MessageKey>,
    /// Answers that wait no more.
    pub(super) settled: Vec<MessageKey>,
    /// They wait no more because they became rows.
    pub(super) takes_out: bool,
    /// Under which marks of chats it can be found.
    pub(super) chats: Vec<u32>,
    pub(super) at: Moment,
}

/// The record that these answers were sent: key, moment, the channel's numbers of each.
pub(super) fn sent<'a>(
    marks: impl Iterator<Item = (MessageKey, Moment, &'a [i64])> + Clone,
) -> Written {
    let at = marks.clone().map(|(_, at, _)| at).min();
    let at = at.unwrap_or(Moment(0));
    let settled: Vec<MessageKey> = marks.clone().map(|(key, ..)| key).collect();
    let mut payload = Vec::with_capacity(16 + settled.len() * 12);
    put_signed(&mut payload, at.0);
    put_number(&mut payload, settled.len() as u64);
    let mut before = 0;
    for (key, marked_at, ids) in marks {
        put_signed(&mut payload, key.0 - before);
        before = key.0;
        put_signed(&mut payload, marked_at.micros_since(at));
        put_number(&mut payload, ids.len() as u64);
        for id in ids {
            put_signed(&mut payload, *id);
        }
    }
    Written {
        bytes: frame(SENT, &payload),
        updates: 0,
        opened: Vec::new(),
        settled,
        takes_out: false,
        chats: Vec::new(),
        at,
    }
}

/// The record that these answers are rows now.
pub(super) fn moved(keys: &[MessageKey], at: Moment) -> Written {
    let mut payload = Vec::with_capacity(8 + keys.len() * 3);
    put_number(&mut payload, keys.len() as u64);
    let mut before = 0;
    for key in keys {
        put_signed(&mut payload, key.0 - before);
        before = key.0;
    }
    Written {
        bytes: frame(MOVED, &payload),
        updates: 0,
        opened: Vec::new(),
        settled: keys.to_vec(),
        takes_out: true,
        chats: Vec::new(),
        at,
    }
}

fn write_update(out: &mut Vec<u8>, handled_at: Moment, update: &Update<'_>) {
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    let is_private = update.chat.map(|chat| chat.0) == update.sender.map(|sender| sender.0);
    put_signed(out, update.id.0);
    out.push(
        flag(update.chat.is_some(), HAS_CHAT)
            | flag(update.sender.is_some() && !is_private, HAS_SENDER)
            | flag(update.sender.is_some() && is_private, SENDER_IS_CHAT)
            | flag(update.raw.is_some(), HAS_RAW)
            | flag(update.trace.is_some(), HAS_TRACE),
    );
    if let Some(chat) = update.chat {
        put_signed(out, chat.0);
    }
    if let Some(sender) = update.sender.filter(|_| !is_private) {
        put_signed(out, sender.0);
    }
    put_signed(out, handled_at.micros_since(update.received_at));
    for text in [update.raw, update.trace].into_iter().flatten() {
        put_bytes(out, text.as_bytes());
    }
    put_number(out, update.answers.len() as u64);
    let mut before = 0;
    for answer in &update.answers {
        let elsewhere = Some(answer.chat) != update.chat;
        put_signed(out, answer.key.0 - before);
        before = answer.key.0;
        out.push(
            flag(answer.text.is_some_and(|(is_markup, _)| is_markup), MARKUP)
                | flag(answer.thread.is_some(), HAS_THREAD)
                | flag(answer.reply_to.is_some(), QUOTES)
                | flag(elsewhere, OTHER_CHAT)
                | flag(answer.text.is_some(), HAS_TEXT),
        );
        if elsewhere {
            put_signed(out, answer.chat.0);
        }
        for number in [answer.thread, answer.reply_to].into_iter().flatten() {
            put_signed(out, number);
        }
        if let Some((_, text)) = answer.text {
            put_bytes(out, text.as_bytes());
        }
    }
}

/// A body without what people wrote and were answered: who, when and the trace stay. `None` when it
/// holds nothing of it.
pub(in crate::store) fn without_texts(body: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let mut out = vec![VERSION];
    let mut changed = false;
    for record in read(body)? {
        match record {
            Record::Handled(header, updates) => {
                let mut payload = handled_head(&header, updates.len());
                for mut update in updates {
                    changed |= update.raw.take().is_some();
                    for answer in &mut update.answers {
                        changed |= answer.text.take().is_some();
                    }
                    let mut bytes = Vec::new();
                    write_update(&mut bytes, header.at, &update);
                    put_bytes(&mut payload, &bytes);
                }
                out.extend(frame(HANDLED, &payload));
            }
            Record::Sent(marks) => {
                let marks = marks.iter().map(|mark| (mark.key, mark.at, &mark.ids[..]));
                out.extend(sent(marks).bytes);
            }
            Record::Moved(keys) => out.extend(moved(&keys, Moment(0)).bytes),
        }
    }
    Ok(changed.then_some(out))
}

fn handled_head(header: &Header, updates: usize) -> Vec<u8> {
    let mut payload = Vec::with_capacity(64);
    payload.push(channel_code(header.channel));
    put_bytes(&mut payload, header.bot.as_str().as_bytes());
    put_signed(&mut payload, header.telegram_id.0);
    put_signed(&mut payload, header.at.0);
    put_number(&mut payload, updates as u64);
    payload
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + 6);
    bytes.push(kind);
    put_bytes(&mut bytes, payload);
    bytes
}

fn channel_code(channel: Channel) -> u8 {
    match channel {
        Channel::Telegram => CHANNEL_TELEGRAM,
        Channel::Email => CHANNEL_EMAIL,
        Channel::Inbox => CHANNEL_INBOX,
    }
}

/// By this number the rows of a chat are found (FNV-1a, 32 bits, over the bot's code, a zero and the
/// chat's eight bytes): two chats may share one, so what is found is compared.
pub(super) fn chat_mark(bot: &BotCode, chat: ChatId) -> u32 {
    let chat = chat.0.to_le_bytes();
    let bytes = bot.as_str().bytes().chain([0]).chain(chat);
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// The records of a body.
pub(super) fn read(body: &[u8]) -> Result<Vec<Record<'_>>, StoreError> {
    let mut reader = Reader::new(body);
    let version = reader.byte()?;
    if version != VERSION {
        return Err(unreadable(&format!("вид {version}")));
    }
    let mut records = Vec::new();
    while !reader.is_empty() {
        let kind = reader.byte()?;
        let mut payload = Reader::new(reader.bytes()?);
        records.push(match kind {
            HANDLED => read_handled(&mut payload)?,
            SENT => read_sent(&mut payload)?,
            MOVED => {
                let count = payload.count()?;
                let mut before = 0;
                let mut keys = Vec::with_capacity(count);
                for _ in 0..count {
                    before += payload.signed()?;
                    keys.push(MessageKey(before));
                }
                Record::Moved(keys)
            }
            other => return Err(unreadable(&format!("род {other}"))),
        });
    }
    Ok(records)
}

fn read_handled<'a>(payload: &mut Reader<'a>) -> Result<Record<'a>, StoreError> {
    let channel = match payload.byte()? {
        CHANNEL_TELEGRAM => Channel::Telegram,
        CHANNEL_EMAIL => Channel::Email,
        CHANNEL_INBOX => Channel::Inbox,
        other => return Err(unreadable(&format!("канал {other}"))),
    };
    let header = Header {
        channel,
        bot: BotCode::new(payload.text()?),
        telegram_id: TelegramBotId(payload.signed()?),
        at: Moment(payload.signed()?),
    };
    let count = payload.count()?;
    let mut updates = Vec::with_capacity(count);
    for _ in 0..count {
        let mut update = Reader::new(payload.bytes()?);
        updates.push(read_update(&mut update, &header)?);
    }
    Ok(Record::Handled(header, updates))
}

fn read_update<'a>(reader: &mut Reader<'a>, header: &Header) -> Result<Update<'a>, StoreError> {
    let id = UpdateId(reader.signed()?);
    let flags = reader.byte()?;
    let chat = match flags & HAS_CHAT {
        0 => None,
        _ => Some(ChatId(reader.signed()?)),
    };
    let sender = match flags & (HAS_SENDER | SENDER_IS_CHAT) {
        0 => None,
        SENDER_IS_CHAT => chat.map(|chat| PersonId(chat.0)),
        _ => Some(PersonId(reader.signed()?)),
    };
    let received_at = header.at.plus_micros(-reader.signed()?);
    let raw = match flags & HAS_RAW {
        0 => None,
        _ => Some(reader.text()?),
    };
    let trace = match flags & HAS_TRACE {
        0 => None,
        _ => Some(reader.text()?),
    };
    let count = reader.count()?;
    let mut answers = SmallVec::with_capacity(count);
    let mut before = 0;
    for _ in 0..count {
        before += reader.signed()?;
        let flags = reader.byte()?;
        let own = chat.unwrap_or(ChatId(0));
        let to = match flags & OTHER_CHAT {
            0 => own,
            _ => ChatId(reader.signed()?),
        };
        let mut number = |flag: u8| match flags & flag {
            0 => Ok(None),
            _ => reader.signed().map(Some),
        };
        let (thread, reply_to) = (number(HAS_THREAD)?, number(QUOTES)?);
        answers.push(Answer {
            key: MessageKey(before),
            chat: to,
            thread,
            reply_to,
            text: match flags & HAS_TEXT {
                0 => None,
                _ => Some((flags & MARKUP != 0, reader.text()?)),
            },
        });
    }
    Ok(Update {
        id,
        chat,
        sender,
        raw,
        received_at,
        trace,
        answers,
    })
}

fn read_sent<'a>(payload: &mut Reader<'a>) -> Result<Record<'a>, StoreError> {
    let at = Moment(payload.signed()?);
    let count = payload.count()?;
    let mut marks = Vec::with_capacity(count);
    let mut before = 0;
    for _ in 0..count {
        before += payload.signed()?;
        let at = at.plus_micros(payload.signed()?);
        let ids = payload.count()?;
        marks.push(Sent {
            key: MessageKey(before),
            at,
            ids: (0..ids)
                .map(|_| payload.signed())
                .collect::<Result<_, _>>()?,
        });
    }
    Ok(Record::Sent(marks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Buttons, ChatAddress, Lane, MessageKind};
    use proptest::prelude::*;

    fn draft() -> Draft {
        Draft::new(
            Channel::Telegram,
            BotCode::new("shop"),
            TelegramBotId(77),
            Moment(1_800_000_000_000_000),
        )
    }

    fn answer(key: i64, chat: i64, text: RichText) -> Outgoing {
        Outgoing {
            key: MessageKey(key),
            to: ChatAddress {
                channel: Channel::Telegram,
                bot: BotCode::new("shop"),
                chat: ChatId(chat),
                thread: (chat < 0).then_some(4),
            },
            lane: Lane::Interactive,
            kind: MessageKind::Answer,
            reply_to: (key % 2 == 0).then_some(9),
            not_before: None,
            body: OutgoingBody::Text {
                text,
                buttons: Buttons::None,
            },
        }
    }

    /// A record of every form that this version writes.
    fn sample() -> Vec<u8> {
        let mut draft = draft();
        let handled = |id: i64, chat: Option<i64>, sender: Option<i64>| Handled {
            id: UpdateId(id),
            chat: chat.map(ChatId),
            sender: sender.map(PersonId),
            raw: "{}",
            received_at: Moment(1_799_999_999_999_000),
            trace: (id == 10).then_some("шаг"),
        };
        let answers = [
            answer(128, 5, RichText::Plain("а".into())),
            answer(127, -6, RichText::Markup("<b>б</b>".into())),
        ];
        draft.push(handled(10, Some(5), Some(5)), answers.iter());
        draft.push(handled(11, Some(-6), Some(5)), [].iter());
        draft.push(handled(12, None, None), [].iter());
        let handled = draft.finish(|index| index != 1).expect("a record");
        let mark = (
            MessageKey(128),
            Moment(1_800_000_000_001_000),
            &[1_000, 1_001][..],
        );
        let mut body = vec![VERSION];
        body.extend(&handled.bytes);
        body.extend(sent(std::iter::once(mark)).bytes);
        body.extend(moved(&[MessageKey(127), MessageKey(3)], Moment(0)).bytes);
        body
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
            .collect()
    }

    /// As the first version wrote it. Never to be changed: a database may hold it.
    const FIRST: &str = "010140000473686f709a018080c489e5c5b2060225141d0ad00f027b7d06d188d0b0d0b3028002141202d0b0011b0b\
        08093c623ed0b13c2f623e081808d00f027b7d000211d08fc489e5c5b2060180020002d00fd20f030502fe01f701";

    fn shown(body: &[u8]) -> String {
        format!("{:?}", read(body).expect("a body"))
    }

    #[test]
    fn the_first_form_is_written_and_read() {
        assert_eq!(hex(&sample()), FIRST);
        assert_eq!(
            shown(&bytes(FIRST)),
            "[Handled(Header { channel: Telegram, bot: \"shop\", telegram_id: TelegramBotId(77), \
             at: Moment(1800000000000000) }, [\
             Update { id: UpdateId(10), chat: Some(ChatId(5)), sender: Some(PersonId(5)), \
             raw: Some(\"{}\"), received_at: Moment(1799999999999000), trace: Some(\"шаг\"), answers: [\
             Answer { key: MessageKey(128), chat: ChatId(5), thread: None, reply_to: Some(9), \
             text: Some((false, \"а\")) }, \
             Answer { key: MessageKey(127), chat: ChatId(-6), thread: Some(4), reply_to: None, \
             text: Some((true, \"<b>б</b>\")) }] }, \
             Update { id: UpdateId(12), chat: None, sender: None, \
             raw: Some(\"{}\"), received_at: Moment(1799999999999000), trace: None, answers: [] }]), \
             Sent([Sent { key: MessageKey(128), at: Moment(1800000000001000), ids: [1000, 1001] }]), \
             Moved([MessageKey(127), MessageKey(3)])]"
        );
    }

    #[test]
    fn texts_are_cut_and_the_rest_stays() {
        let cut = without_texts(&sample())
            .expect("read")
            .expect("something to cut");
        assert_eq!(without_texts(&cut), Ok(None));
        let expected = shown(&sample())
            .replace("raw: Some(\"{}\")", "raw: None")
            .replace("text: Some((false, \"а\"))", "text: None")
            .replace("text: Some((true, \"<b>б</b>\"))", "text: None");
        assert_eq!(shown(&cut), expected);
    }

    #[test]
    fn one_update_can_be_taken_out_of_a_draft() {
        let mut draft = draft();
        for id in 1..=3 {
            let handled = Handled {
                id: UpdateId(id),
                chat: Some(ChatId(id)),
                sender: None,
                raw: "{\"a\":1}",
                received_at: Moment(id),
                trace: Some("шаг"),
            };
            let answers = [answer(id * 10, id, RichText::Plain("а".into()))];
            draft.push(handled, answers.iter());
        }
        let alone = draft.only(1).finish(|_| true).expect("a record");
        assert_eq!(alone.opened, [MessageKey(20)]);
        assert_eq!(
            alone.bytes,
            draft.finish(|index| index == 1).expect("a record").bytes
        );
        let row = draft.as_row(1, UpdateState::Failed).expect("a row");
        assert_eq!(
            (
                row.key.update,
                row.chat,
                row.raw.as_str(),
                row.received_at,
                row.trace.as_deref()
            ),
            (
                UpdateId(2),
                Some(ChatId(2)),
                "{\"a\":1}",
                Moment(2),
                Some("шаг")
            )
        );
        assert_eq!(draft.finish(|_| false), None);
    }

    #[test]
    fn other_forms_are_refused() {
        assert!(read(&[]).is_err());
        assert!(read(&[VERSION + 1]).is_err());
        assert!(read(&[VERSION, 99, 0]).is_err());
        assert_eq!(read(&[VERSION]), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn a_spoilt_body_is_an_error_and_no_panic(at in 0usize..200, byte: u8, cut in 0usize..200) {
            let mut body = sample();
            let length = body.len();
            body[at % length] = byte;
            body.truncate(length - cut % length);
            let _ = read(&body);
            let _ = without_texts(&body);
        }
    }
}
