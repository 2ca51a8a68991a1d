//! The stage of dialogue tests: a simulated Telegram and a real node, in this process, on a database
//! of their own and a clock that stands still between the steps of people.
//!
//! Nothing here waits for a fixed time: a step is over when Telegram holds no update that the node
//! has not committed and the database holds none that is not handled and no message that is not
//! sent. Only how long that may take is bounded.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use chrono::{NaiveDateTime, TimeZone};
use vestnik_simulator::{
    Button, Entry, EntryKind, Keyboard, Press, Say, Sender, Simulator, SimulatorConfig,
    SimulatorHandle,
};

use crate::app::{self, NodeHandle};
use crate::model::{BotCode, MessageState, Moment};
use crate::runtime::Clock;
use crate::settings::Settings;
use crate::store::messages::{self, StoredMessage};
use crate::store::{Conn, Store, StoreError, bots, events, inbox, requests};

/// How long a bot may take to answer before the run gives up: generous, for a machine that is busy
/// with other things. A sound run never comes near it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a waiting stage looks.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// How far the clock goes with each step of a person: nobody presses twice within a second.
const STEP_S: i64 = 2;
/// More open messages than a case can make.
const OPEN_MAX: i64 = 1_000;

/// Where the clock of a stage stands at first: noon of a Tuesday in Moscow, so that no case depends
/// on the day on which it is played.
pub fn noon() -> Moment {
    Moment(1_778_576_400_000_000)
}

/// A simulator and a node that a test plays on.
pub struct Stage {
    simulator: SimulatorHandle,
    settings: Settings,
    clock: Clock,
    node: Option<NodeHandle>,
    bots: BTreeMap<BotCode, i64>,
}

/// A message of a bot as it stands in the chat now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Its number.
    pub message_id: i64,
    /// What is written in it.
    pub text: String,
    /// The labels of its buttons, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Shown {
    /// The labels of its buttons in order.
    pub fn labels(&self) -> Vec<String> {
        self.rows.concat()
    }
}

impl Stage {
    /// Starts a simulator and a node with these settings, whose `telegram.api_url` and `http.listen`
    /// are set here, at this moment of a clock that stands.
    ///
    /// # Errors
    /// Why the node does not start: all errors of the organisation's files, for example.
    pub fn start(mut settings: Settings, now: Moment) -> Result<Stage, String> {
        let simulator = Simulator::start(SimulatorConfig {
            clock_us: Some(now.0),
            clock_frozen: true,
            ..SimulatorConfig::default()
        })
        .map_err(|error| format!("симулятор не запускается: {error}"))?;
        settings.telegram.api_url = simulator.url();
        let mut stage = Stage {
            simulator,
            settings,
            clock: Clock::manual(now),
            node: None,
            bots: BTreeMap::new(),
        };
        stage.start_node()?;
        Ok(stage)
    }

    /// Starts the node, which must not run, on the same files.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn start_node(&mut self) -> Result<(), String> {
        assert!(self.node.is_none(), "the node runs already");
        let stop_early = Arc::new(AtomicBool::new(false));
        let node = app::start(self.settings.clone(), self.clock.clone(), stop_early)
            .map_err(|error| error.to_string())?;
        self.node = Some(node);
        self.meet_bots()
    }

    /// Stops the node and waits until it has ended.
    ///
    /// # Errors
    /// When it ended with an error.
    pub fn stop_node(&mut self) -> Result<(), String> {
        match self.node.take() {
            Some(node) => node.stop().map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }

    /// Stops the node and starts it on the same files.
    ///
    /// # Errors
    /// When it ended with an error or does not start.
    pub fn restart(&mut self) -> Result<(), String> {
        self.stop_node()?;
        self.start_node()
    }

    /// Waits until the bots that are switched on are known to Telegram.
    ///
    /// # Errors
    /// When one does not come to life in time.
    pub fn meet_bots(&mut self) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let records = self.read(bots::list)?;
            let unknown: Vec<&str> = records
                .iter()
                .filter(|bot| bot.enabled && !bot.deleted && bot.telegram_id.is_none())
                .map(|bot| bot.code.as_str())
                .collect();
            if unknown.is_empty() {
                let known = records
                    .iter()
                    .filter_map(|bot| Some((bot.code.clone(), bot.telegram_id?.0)));
                self.bots.extend(known);
                return Ok(());
            }
            if Instant::now() > until {
                return Err(format!("боты не запустились: {}", unknown.join(", ")));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The node.
    ///
    /// # Panics
    /// When it does not run.
    pub fn node(&self) -> &NodeHandle {
        self.node.as_ref().expect("the node runs")
    }

    /// Whether the node runs.
    pub fn runs(&self) -> bool {
        self.node.as_ref().is_some_and(|node| !node.has_ended())
    }

    /// The store of the node.
    pub fn store(&self) -> &Store {
        self.node().view.store()
    }

    /// The simulator.
    pub fn simulator(&self) -> &SimulatorHandle {
        &self.simulator
    }

    /// The settings, for the next start.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The clock of node and simulator.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Sets the clock of node and simulator.
    pub fn set_clock(&self, now: Moment) {
        let by = now.micros_since(self.clock.now());
        let stamp = chrono::DateTime::from_timestamp_micros(self.simulator.now_us() + by);
        // A moment that chrono cannot say is none that a test asks for.
        if let Some(stamp) = stamp {
            let _ = self.simulator.set_clock(&stamp.to_rfc3339());
        }
        self.clock.set(now);
    }

    /// Moves the clock of node and simulator.
    pub fn advance_clock(&self, secs: i64) {
        self.set_clock(self.clock.now().plus_secs(secs));
    }

    /// Sets the clock to a wall time of the organisation.
    ///
    /// # Errors
    /// When its zone has no such time.
    pub fn set_wall_clock(&self, wall: NaiveDateTime) -> Result<(), String> {
        let zone = self.settings.organisation.time_zone;
        match zone.from_local_datetime(&wall).earliest() {
            Some(moment) => {
                self.set_clock(Moment(moment.timestamp_micros()));
                Ok(())
            }
            None => Err(format!("времени {wall} в поясе {zone} не бывает")),
        }
    }

    /// Telegram's number of a bot.
    ///
    /// # Errors
    /// When there is no such bot.
    pub fn bot(&self, code: &str) -> Result<i64, String> {
        self.bots.get(code).copied().ok_or_else(|| {
            let known: Vec<&str> = self.bots.keys().map(BotCode::as_str).collect();
            format!("нет включённого бота «{code}»; есть: {}", known.join(", "))
        })
    }

    /// A person writes. Gives the number of the message.
    ///
    /// # Errors
    /// When there is no such bot, or Telegram would not let it be written.
    pub fn say(&self, bot: &str, say: Say) -> Result<i64, String> {
        self.advance_clock(STEP_S);
        self.simulator.say(self.bot(bot)?, say)
    }

    /// A person presses.
    ///
    /// # Errors
    /// When there is no such button.
    pub fn press(&self, bot: &str, press: Press) -> Result<(), String> {
        self.advance_clock(STEP_S);
        self.simulator.press(self.bot(bot)?, press).map(|_| ())
    }

    /// What a bot wrote in a chat after a line of the simulator: new messages, and questions that it put in
    /// place of others; not that a question was answered, nor that its page was turned.
    ///
    /// # Errors
    /// When there is no such bot.
    pub fn answers(&self, bot: &str, chat: i64, after: u64) -> Result<Vec<Entry>, String> {
        let mut texts: HashMap<i64, String> = HashMap::new();
        let mut entries = self.simulator.messages(self.bot(bot)?, chat, 0);
        entries.retain(|entry| {
            if entry.from != Sender::Bot {
                return false;
            }
            let before = match entry.kind {
                EntryKind::Message | EntryKind::Edit => {
                    texts.insert(entry.message_id, entry.text.clone())
                }
                EntryKind::Delete | EntryKind::Answer => return false,
            };
            let is_question = || !entry.buttons.is_empty() && before.as_ref() != Some(&entry.text);
            entry.seq > after && (entry.kind == EntryKind::Message || is_question())
        });
        Ok(entries)
    }

    /// Waits for the first message of a bot in a chat after a line of the simulator. `None`: all is
    /// handled and sent, and there is none.
    ///
    /// # Errors
    /// When the bot does not come to rest in time.
    pub fn next_answer(&self, bot: &str, chat: i64, after: u64) -> Result<Option<Entry>, String> {
        let until = Instant::now() + PATIENCE;
        loop {
            // Looked at before the chat: what was sent until then is in the chat.
            let settled = self.unsettled()?.is_none();
            if let Some(entry) = self.answers(bot, chat, after)?.into_iter().next() {
                return Ok(Some(entry));
            }
            if settled {
                return Ok(None);
            }
            self.wait(until)?;
        }
    }

    /// Waits until everything that came is handled and everything that is due is sent.
    ///
    /// # Errors
    /// What is still open when patience ends, or that the node has ended.
    pub fn settle(&self) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        while self.unsettled()?.is_some() {
            self.wait(until)?;
        }
        Ok(())
    }

    fn wait(&self, until: Instant) -> Result<(), String> {
        if Instant::now() > until {
            let open = self.unsettled()?.unwrap_or_default();
            return Err(format!("за {} с не закончено: {open}", PATIENCE.as_secs()));
        }
        std::thread::sleep(LOOK_EVERY);
        Ok(())
    }

    /// What is not finished yet; `None`: nothing.
    ///
    /// # Errors
    /// When the node has ended or its database does not answer.
    pub fn unsettled(&self) -> Result<Option<String>, String> {
        if !self.runs() {
            return Err("узел завершился".to_owned());
        }
        let enabled = self.read(bots::list)?;
        let enabled = enabled.iter().filter(|bot| bot.enabled && !bot.deleted);
        for bot in enabled.filter_map(|bot| self.bots.get(&bot.code)) {
            // What Telegram was told to forget is committed.
            let waiting = self.simulator.waiting_updates(*bot);
            if waiting > 0 {
                return Ok(Some(format!("обновлений у Telegram: {waiting}")));
            }
        }
        let pending = self.read(inbox::bots_with_pending)?;
        if let Some(bot) = pending.first() {
            return Ok(Some(format!("необработанные обновления у бота {bot}")));
        }
        if let Some(event) = self.read(|conn| events::open(conn, 1))?.first() {
            return Ok(Some(format!("событие {} {}", event.kind, event.stream)));
        }
        let now = self.clock.now();
        if self.read(requests::next_due)?.is_some_and(|due| due <= now) {
            return Ok(Some("напоминание о запросе авторизации".to_owned()));
        }
        let open = self.open_messages()?;
        let due = |message: &&StoredMessage| message.not_before.is_none_or(|at| at <= now);
        Ok(open.iter().find(due).map(|message| {
            format!(
                "сообщение {} боту {} в чат {}: {:?}, {:?}",
                message.key, message.to.bot, message.to.chat, message.state, message.error
            )
        }))
    }

    /// Messages that are not sent yet, deferred ones too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn open_messages(&self) -> Result<Vec<StoredMessage>, String> {
        let of_state = |state| {
            move |conn: &mut Conn| {
                let filter = messages::Filter {
                    state: Some(state),
                    limit: OPEN_MAX,
                    ..messages::Filter::default()
                };
                messages::list(conn, &filter)
            }
        };
        let mut open = self.read(of_state(MessageState::Queued))?;
        open.extend(self.read(of_state(MessageState::Sending))?);
        Ok(open)
    }

    /// Reads the database.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn read<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, String> {
        self.store()
            .read_blocking(job)
            .map_err(|error| error.to_string())
    }

    /// The messages of a bot in a chat as they stand now, the oldest first.
    ///
    /// # Errors
    /// When there is no such bot.
    pub fn shown(&self, bot: &str, chat: i64) -> Result<Vec<Shown>, String> {
        let mut shown: BTreeMap<i64, Shown> = BTreeMap::new();
        for entry in self.simulator.messages(self.bot(bot)?, chat, 0) {
            match entry.kind {
                EntryKind::Message | EntryKind::Edit if entry.from == Sender::Bot => {
                    let message = Shown {
                        message_id: entry.message_id,
                        rows: labels(&entry),
                        text: entry.text,
                    };
                    shown.insert(entry.message_id, message);
                }
                EntryKind::Delete => {
                    shown.remove(&entry.message_id);
                }
                EntryKind::Message | EntryKind::Edit | EntryKind::Answer => {}
            }
        }
        Ok(shown.into_values().collect())
    }

    /// The last lines of a chat, for people.
    pub fn transcript(&self, bot: &str, chat: i64) -> String {
        const LINES: usize = 30;
        let Ok(bot) = self.bot(bot) else {
            return String::new();
        };
        let entries = self.simulator.messages(bot, chat, 0);
        let from = entries.len().saturating_sub(LINES);
        entries[from..].iter().map(line).collect()
    }

    /// What was tried for the last update of a chat, for people.
    pub fn trace(&self, bot: &str, chat: i64) -> String {
        let (code, chat) = (BotCode::new(bot), crate::model::ChatId(chat));
        self.read(move |conn| inbox::traces(conn, &code, chat, None, 1))
            .ok()
            .and_then(|found| found.into_iter().next())
            .map(|traced| traced.trace)
            .unwrap_or_default()
    }

    /// Ends the node and the simulator. What is not due may stay open.
    ///
    /// # Errors
    /// When the node ended with an error.
    pub fn close(mut self) -> Result<(), String> {
        self.stop_node()
    }
}

/// The labels of the buttons under a message, or of the keyboard that it put up.
pub fn labels(entry: &Entry) -> Vec<Vec<String>> {
    let rows = match (&entry.keyboard, entry.buttons.is_empty()) {
        (Some(Keyboard::Shown(rows)), true) => rows,
        _ => &entry.buttons,
    };
    let row = |row: &Vec<Button>| row.iter().map(|button| button.label.clone()).collect();
    rows.iter().map(row).collect()
}

fn line(entry: &Entry) -> String {
    let who = match (entry.from, entry.kind) {
        (Sender::Bot, EntryKind::Edit) => "  < (правка) ",
        (_, EntryKind::Answer) => "  < (всплыло) ",
        (_, EntryKind::Delete) => "  (удалено) ",
        (Sender::Bot, EntryKind::Message) => "  < ",
        (Sender::Person(_), EntryKind::Message | EntryKind::Edit) => "  > ",
    };
    let mut text = format!("{who}{}", entry.text.replace('\n', "\n    "));
    if let Some(media) = &entry.media {
        text.push_str(&format!("({media})"));
    }
    for file in &entry.files {
        text.push_str(&format!("({} {})", file.kind, file.name));
    }
    text.push('\n');
    let buttons = labels(entry).concat();
    if !buttons.is_empty() {
        text.push_str(&format!("    [ {} ]\n", buttons.join(" | ")));
    }
    text
}
