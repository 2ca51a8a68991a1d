//! The world behind the Bot API: bots, people, chats, messages and the updates that wait.

pub(crate) mod calls;
pub(crate) mod clock;
pub(crate) mod faults;
pub(crate) mod files;
pub(crate) mod keyboard;
pub(crate) mod pictures;
pub(crate) mod wire;

mod bot;
mod chat;
mod delivery;
mod entities;
mod entry;
mod info;
mod log;
mod message;
mod person;
pub(crate) mod rng;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex, MutexGuard};
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast};

use crate::SimulatorConfig;

pub(crate) use bot::{Bot, Callback, Commands, Update};
pub use calls::{Call, CallFilter};
pub(crate) use chat::{Chat, Shown, Standing, Topic, is_supergroup};
pub use clock::ClockInfo;
pub(crate) use entry::Event;
pub use entry::{Entry, EntryKind, FileInfo, Sender};
pub use faults::{Fault, FaultKind};
pub use files::FileKind;
pub use info::{BotInfo, ChatInfo, TopicInfo};
pub use keyboard::{Button, Keyboard, Rows};
pub(crate) use message::{ALBUM_MAX, Forwarded, Message, Origin, Quote, album_breach};
pub(crate) use person::Person;

use calls::Calls;
use clock::Clock;
use faults::Faults;
use files::Files;

/// Events that a reader of `/sim/events` may lag behind before it is told to read anew.
const EVENTS_BOUND: usize = 4_096;
/// Presses of one bot whose answers are still awaited; older ones are "too old".
const CALLBACKS_BOUND: usize = 50_000;
/// Kinds of updates that a bot gets only when it asks for them by name.
const NOT_BY_DEFAULT: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// The state behind one lock, and the signals that wake those who wait for a change.
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) signals: Arc<Signals>,
}

impl Shared {
    pub(crate) fn new(config: SimulatorConfig) -> Self {
        let signals = Arc::new(Signals::default());
        Self {
            state: Mutex::new(State::new(config, signals.clone())),
            signals,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// Who is woken by what. Polls have a signal of their own for each bot.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// A line was written in some chat; for threads.
    pub(crate) written_sync: Condvar,
    /// The same for tasks.
    pub(crate) written: Notify,
    /// The clock was set.
    pub(crate) clock: Notify,
}

pub(crate) struct State {
    pub(crate) config: SimulatorConfig,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) calls: Calls,
    pub(crate) files: Files,
    pub(crate) bots: HashMap<i64, Bot>,
    pub(crate) people: BTreeMap<i64, Person>,
    pub(crate) events: broadcast::Sender<Arc<Event>>,
    signals: Arc<Signals>,
    next_seq: u64,
    malformed: usize,
}

impl State {
    fn new(config: SimulatorConfig, signals: Arc<Signals>) -> Self {
        Self {
            clock: Clock::new(config.clock_us, config.clock_frozen),
            faults: Faults::new(config.seed),
            calls: Calls::new(config.calls_kept),
            files: Files::new(config.file_bytes_kept),
            bots: HashMap::new(),
            people: BTreeMap::new(),
            events: broadcast::channel(EVENTS_BOUND).0,
            signals,
            next_seq: 1,
            malformed: 0,
            config,
        }
    }

    /// A bot, made when it is first spoken of.
    pub(crate) fn bot(&mut self, id: i64) -> &mut Bot {
        if !self.bots.contains_key(&id) {
            // Telegram's ids begin anywhere; here the seed says where.
            let mut rng = rng::Rng::new(self.config.seed ^ id as u64);
            let bot = Bot::new(id, rng.between(100_000_000, 900_000_000));
            self.bots.insert(id, bot);
            self.tell_bot(id);
        }
        self.bots
            .get_mut(&id)
            .unwrap_or_else(|| unreachable!("the bot was just made"))
    }

    /// Tells the page that a bot is there or has another name.
    pub(crate) fn tell_bot(&mut self, id: i64) {
        self.tell(id, None, 0, || {
            json!({"kind": "bot", "bot": id}).to_string()
        });
    }

    pub(crate) fn tell(
        &self,
        bot: i64,
        chat: Option<i64>,
        seq: u64,
        json: impl FnOnce() -> String,
    ) {
        if self.events.receiver_count() > 0 {
            // Nobody left to hear it is no failure.
            let _ = self.events.send(Arc::new(Event {
                bot,
                chat,
                seq,
                json: json(),
            }));
        }
    }

    pub(crate) fn person(&mut self, id: i64) -> &mut Person {
        self.people.entry(id).or_insert_with(|| Person::new(id))
    }

    /// A chat of a bot, made when it is first spoken of; of a private one also the person.
    pub(crate) fn chat(&mut self, bot: i64, id: i64) -> &mut Chat {
        if id > 0 {
            self.person(id);
        }
        let chats = &mut self.bot(bot).chats;
        chats.entry(id).or_insert_with(|| {
            let title = if id < 0 {
                format!("Группа {}", id.unsigned_abs())
            } else {
                String::new()
            };
            Chat::new(id, title)
        })
    }

    /// Where a group is now that has become another.
    pub(crate) fn moved(&self, bot: i64, chat: i64) -> i64 {
        self.bots
            .get(&bot)
            .and_then(|bot| bot.migrated.get(&chat))
            .copied()
            .unwrap_or(chat)
    }

    /// Writes a message into a chat: gives it id and date, and tells the readers.
    pub(crate) fn write(&mut self, bot: i64, chat_id: i64, mut message: Message) -> i64 {
        self.chat(bot, chat_id);
        message.date = self.clock.now_s();
        let kept = self.config.messages_kept;
        let Some(owner) = self.bots.get_mut(&bot) else {
            return 0;
        };
        let Some(chat) = owner.chats.get_mut(&chat_id) else {
            return 0;
        };
        // Supergroups number their messages themselves; all other chats of a bot share a counter.
        let counter = if is_supergroup(chat_id) {
            &mut chat.next_message_id
        } else {
            &mut owner.next_message_id
        };
        message.id = *counter;
        *counter += 1;
        match &message.keyboard {
            Some(Keyboard::Shown(rows)) => {
                chat.keyboard = Some(Shown {
                    rows: rows.clone(),
                    message: message.id,
                    once: message.options.once,
                });
            }
            Some(Keyboard::Removed(_)) => chat.keyboard = None,
            None => {}
        }
        let id = message.id;
        chat.messages.push_back(message);
        if chat.messages.len() > kept {
            chat.messages.pop_front();
        }
        self.log_message(bot, chat_id, id, EntryKind::Message);
        id
    }

    /// A number for a new album.
    pub(crate) fn album_id(&mut self) -> String {
        (self.faults.rng().next() >> 1).to_string()
    }

    /// Takes a message out of a chat; bots learn nothing of it.
    pub(crate) fn delete(&mut self, bot: i64, chat: i64, id: i64) {
        self.log_message(bot, chat, id, EntryKind::Delete);
        self.chat(bot, chat)
            .messages
            .retain(|message| message.id != id);
    }

    /// Adds a line about a message as it is now.
    pub(crate) fn log_message(&mut self, bot: i64, chat: i64, id: i64, kind: EntryKind) {
        let found = self
            .bots
            .get(&bot)
            .and_then(|owner| Some((owner, owner.chats.get(&chat)?.message(id)?)));
        if let Some((owner, message)) = found {
            let entry = self.entry(owner, chat, message, kind);
            self.log(entry);
        }
    }

    pub(crate) fn log(&mut self, mut entry: Entry) {
        entry.seq = self.next_seq;
        self.next_seq += 1;
        let json = || serde_json::to_string(&entry).unwrap_or_default();
        self.tell(entry.bot, Some(entry.chat), entry.seq, json);
        let kept = self.config.messages_kept * 2;
        let chat = self.chat(entry.bot, entry.chat);
        chat.log.push_back(entry);
        if chat.log.len() > kept {
            chat.log.pop_front();
        }
        self.signals.written_sync.notify_all();
        self.signals.written.notify_waiters();
    }

    /// The number of the newest line of all chats.
    pub(crate) fn last_seq(&self) -> u64 {
        self.next_seq - 1
    }

    /// Lets a bot have an update, unless it asked not to have this kind.
    pub(crate) fn update(&mut self, bot: i64, chat: Option<i64>, kind: &str, body: &Value) {
        let allowed = match &self.bot(bot).allowed {
            Some(list) => list.iter().any(|allowed| allowed == kind),
            None => !NOT_BY_DEFAULT.contains(&kind),
        };
        if !allowed {
            return;
        }
        for fault in self.faults.at_update(bot, chat) {
            match fault {
                FaultKind::IdsJump => self.jump_down(bot),
                FaultKind::MalformedUpdate => {
                    let sample = wire::MALFORMED[self.malformed % wire::MALFORMED.len()];
                    self.malformed += 1;
                    self.push_update(bot, sample);
                }
                _ => {}
            }
        }
        let key = serde_json::to_string(kind).unwrap_or_default();
        self.push_update(bot, &format!(",{key}:{body}"));
    }

    /// Puts an update into the queue; `fields` is what follows the id, beginning with a comma, or
    /// nothing.
    pub(crate) fn push_update(&mut self, bot: i64, fields: &str) -> i64 {
        let bound = self.config.updates_kept;
        let bot = self.bot(bot);
        let id = bot.next_update_id;
        bot.next_update_id += 1;
        bot.waiting.push_back(Update {
            id,
            json: format!("{{\"update_id\":{id}{fields}}}"),
        });
        if bot.waiting.len() > bound {
            bot.waiting.pop_front();
        }
        bot.arrived.notify_waiters();
        id
    }

    /// Update ids go on from a much lower number, as Telegram's do after a quiet week.
    pub(crate) fn jump_down(&mut self, bot: i64) {
        let from = self.bot(bot).next_update_id;
        let to = self.faults.rng().between(1, (from / 2).max(2));
        self.bot(bot).next_update_id = to;
    }

    /// Notes a press and gives the id by which the bot answers it.
    pub(crate) fn add_callback(&mut self, bot: i64, callback: Callback) -> u64 {
        let id = self.faults.rng().next() >> 1;
        let callbacks = &mut self.bot(bot).callbacks;
        callbacks.insert(id, callback);
        if callbacks.len() > CALLBACKS_BOUND {
            // Ids are random, so the oldest is looked for; this happens past the bound only.
            let oldest = callbacks.iter().min_by_key(|(_, callback)| callback.at_us);
            if let Some(id) = oldest.map(|(id, _)| *id) {
                callbacks.remove(&id);
            }
        }
        id
    }

    /// Wakes all hanging polls, so that a new fault reaches them.
    pub(crate) fn wake_polls(&self) {
        for bot in self.bots.values() {
            bot.arrived.notify_waiters();
        }
    }
}
