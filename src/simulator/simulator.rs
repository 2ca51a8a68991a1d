//! The simulator from the inside: started in a thread of its own, driven without HTTP.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::people::{Press, Pressed, Say, Suggestions};
use crate::server;
use crate::world::clock::{format_rfc3339, parse_rfc3339};
use crate::world::{
    BotInfo, Call, CallFilter, ClockInfo, Entry, EntryKind, Fault, Sender, Shared, Standing,
};

/// How the simulator starts. All bounds are there to keep memory flat in long runs.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: String,
    /// Decides about faults with a probability, update ids and callback ids.
    pub seed: u64,
    /// Where the virtual clock starts, microseconds since 1970; the machine's time when not given.
    pub clock_us: Option<i64>,
    /// Whether the virtual clock stands still until it is moved.
    pub clock_frozen: bool,
    /// Messages kept in each chat; twice as many lines of the people's side.
    pub messages_kept: usize,
    /// Bot API calls kept.
    pub calls_kept: usize,
    /// Updates kept for each bot that does not fetch them.
    pub updates_kept: usize,
    /// Bytes of files kept; the oldest files go.
    pub file_bytes_kept: usize,
    /// How long a press may be answered, by the virtual clock.
    pub callback_ttl_s: i64,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:0".into(),
            seed: 1,
            clock_us: None,
            clock_frozen: false,
            messages_kept: 1_000,
            calls_kept: 10_000,
            updates_kept: 1_000_000,
            file_bytes_kept: 256 << 20,
            callback_ttl_s: 60,
        }
    }
}

/// The simulated world; clones share it.
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
}

/// A running simulator; it ends when this is dropped.
pub struct SimulatorHandle {
    simulator: Simulator,
    addr: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts it in a thread of its own; returns when it listens.
    pub fn start(config: SimulatorConfig) -> io::Result<SimulatorHandle> {
        let listener = std::net::TcpListener::bind(&config.listen).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot listen on {}: {error}", config.listen),
            )
        })?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(config));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let served = shared.clone();
        let thread = std::thread::Builder::new()
            .name("simulator".into())
            .spawn(move || {
                // The listener is bound already, so what can fail now is only the runtime itself.
                let _ = server::serve(served, listener, stopped);
            })?;
        Ok(SimulatorHandle {
            simulator: Self { shared },
            addr,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// A person writes to a bot; gives the id of the message, of an album that of the first.
    ///
    /// # Errors
    /// What is missing or wrong in it.
    pub fn say(&self, bot: i64, say: Say) -> Result<i64, String> {
        let ids = self.shared.lock().say(bot, say)?;
        Ok(ids.first().copied().unwrap_or(0))
    }

    /// A person presses a button, found by its label.
    pub fn press(&self, bot: i64, press: Press) -> Result<Pressed, String> {
        self.shared.lock().press(bot, press)
    }

    /// A person changes the text of an own message.
    pub fn edit(&self, bot: i64, chat: i64, message: i64, text: &str) -> Result<(), String> {
        self.shared.lock().change(bot, chat, None, message, text)
    }

    /// A person deletes an own message, or in a private chat the bot's. The bot is not told.
    ///
    /// # Errors
    /// When there is no such message, or it is not the person's.
    pub fn delete(&self, bot: i64, chat: i64, from: i64, message: i64) -> Result<(), String> {
        self.shared.lock().remove(bot, chat, Some(from), message)
    }

    /// A person opens a topic in a supergroup, which becomes a forum; gives its number.
    ///
    /// # Errors
    /// When the chat is no supergroup or the name is empty.
    pub fn open_topic(&self, bot: i64, chat: i64, by: i64, name: &str) -> Result<i64, String> {
        self.shared.lock().open_topic(bot, chat, by, name)
    }

    /// Texts that the page offers to press in an empty chat with this bot.
    pub fn suggest(&self, bot: i64, texts: &[&str]) {
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        self.shared.lock().suggest(bot, texts);
    }

    /// What a person sees in a chat before anything was written.
    pub fn suggestions(&self, bot: i64, chat: i64, person: i64) -> Suggestions {
        self.shared.lock().suggestions(bot, chat, person)
    }

    /// Switches privacy mode: in groups the bot hears only what is meant for it.
    pub fn set_privacy(&self, bot: i64, on: bool) {
        self.shared.lock().bot(bot).privacy = on;
    }

    /// Changes where the bot stands in a chat: `member`, `administrator`, `left`, or `kicked`,
    /// which in a private chat means blocked. `by` is the person who did it.
    pub fn stand(&self, bot: i64, chat: i64, status: &str, by: i64) -> Result<(), String> {
        let standing = Standing::parse(status).ok_or_else(|| {
            format!("статуса «{status}» нет: member, administrator, left, kicked")
        })?;
        self.shared.lock().stand(bot, chat, by, standing);
        Ok(())
    }

    /// Makes a group another one, with the service messages that Telegram sends then.
    pub fn migrate(&self, bot: i64, from: i64, to: i64) {
        self.shared.lock().migrate(bot, from, to, true);
    }

    /// Puts an update of any shape into a bot's queue; gives its id. Of an object all fields but
    /// `update_id` are taken.
    pub fn push_update(&self, bot: i64, update: &Value) -> i64 {
        let fields = match update {
            Value::Object(fields) => fields
                .iter()
                .filter(|(key, _)| *key != "update_id")
                .map(|(key, value)| format!(",{}:{value}", Value::String(key.clone())))
                .collect(),
            _ => String::new(),
        };
        self.shared.lock().push_update(bot, &fields)
    }

    /// What happened in a chat after a line, the oldest first.
    pub fn messages(&self, bot: i64, chat: i64, after: u64) -> Vec<Entry> {
        self.shared.lock().entries(bot, chat, after, None)
    }

    /// Waits until the bot has written at least `count` messages or edits after a line, and gives
    /// them; after the time-out it gives what there is.
    pub fn wait_messages(
        &self,
        bot: i64,
        chat: i64,
        after: u64,
        count: usize,
        timeout: Duration,
    ) -> Vec<Entry> {
        let until = Instant::now() + timeout;
        let mut state = self.shared.lock();
        loop {
            let mut entries = state.entries(bot, chat, after, Some(Sender::Bot));
            entries.retain(|entry| matches!(entry.kind, EntryKind::Message | EntryKind::Edit));
            let timed_out = entries.len() < count
                && self
                    .shared
                    .signals
                    .written_sync
                    .wait_until(&mut state, until)
                    .timed_out();
            if entries.len() >= count || timed_out {
                return entries;
            }
        }
    }

    /// The number of the newest line of all chats, for `after`.
    pub fn last_seq(&self) -> u64 {
        self.shared.lock().last_seq()
    }

    /// Sets a fault; hanging polls feel it at once.
    pub fn fault(&self, fault: Fault) {
        let mut state = self.shared.lock();
        state.faults.add(fault);
        state.wake_polls();
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// The faults at work, with how often each has happened.
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.lock().faults.list().to_vec()
    }

    /// The record of calls, the oldest first.
    pub fn calls(&self, filter: &CallFilter) -> Vec<Call> {
        self.shared.lock().calls.select(filter)
    }

    /// Counts of calls since the start: method → outcome → number.
    pub fn call_counts(&self) -> BTreeMap<String, BTreeMap<&'static str, u64>> {
        self.shared.lock().calls.counts()
    }

    /// The virtual clock, RFC 3339 in UTC.
    pub fn now(&self) -> String {
        format_rfc3339(self.shared.lock().clock.now_us())
    }

    /// The virtual clock, microseconds since 1970.
    pub fn now_us(&self) -> i64 {
        self.shared.lock().clock.now_us()
    }

    /// The virtual clock, for somebody who follows it.
    pub fn clock(&self) -> ClockInfo {
        self.shared.lock().clock.info()
    }

    /// Sets the virtual clock to an RFC 3339 moment.
    pub fn set_clock(&self, now: &str) -> Result<(), String> {
        let us = parse_rfc3339(now)?;
        self.shared.lock().clock.set(us);
        self.shared.signals.clock.notify_waiters();
        Ok(())
    }

    /// Moves the virtual clock.
    pub fn advance_clock(&self, by: Duration) {
        let by_us = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.shared.lock().clock.advance_us(by_us);
        self.shared.signals.clock.notify_waiters();
    }

    /// All bots that were ever spoken of, by id.
    pub fn bots(&self) -> Vec<BotInfo> {
        self.shared.lock().bot_infos()
    }

    /// Names a bot before it names itself.
    pub fn name_bot(&self, bot: i64, name: &str, username: Option<&str>) {
        self.shared.lock().name_bot(bot, Some(name), username);
    }

    /// Names a person.
    pub fn name_person(&self, person: i64, name: &str) {
        self.shared.lock().person(person).rename(name);
    }

    /// Updates of a bot that it has not confirmed.
    pub fn waiting_updates(&self, bot: i64) -> usize {
        self.shared
            .lock()
            .bots
            .get(&bot)
            .map_or(0, |bot| bot.waiting.len())
    }

    /// Waits until a condition on the waiting updates of a bot holds; false after the time-out.
    pub fn wait_until(&self, timeout: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let until = Instant::now() + timeout;
        loop {
            if holds(self) {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The content of a file that somebody sent to or through a bot.
    pub fn file(&self, bot: i64, file_id: &str) -> Option<Vec<u8>> {
        self.shared
            .lock()
            .files
            .get(bot, file_id)
            .map(|file| file.bytes.to_vec())
    }
}

impl SimulatorHandle {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its address as the `api_url` of a bot and as the address of the page.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The world, to hand to another thread.
    pub fn simulator(&self) -> Simulator {
        self.simulator.clone()
    }

    /// Ends it; open connections are closed.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that it has ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for SimulatorHandle {
    fn drop(&mut self) {
        self.end();
    }
}

impl Deref for SimulatorHandle {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}

/// Runs a simulator until the process ends: `vestnik simulator`. `ready` is told the address once
/// it listens.
pub fn run_blocking(config: SimulatorConfig, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let mut handle = Simulator::start(config)?;
    ready(handle.addr());
    match handle.thread.take().map(JoinHandle::join) {
        Some(Err(_)) => Err(io::Error::other("the simulator's thread panicked")),
        _ => Ok(()),
    }
}
