//! The whole application in a box: an organisation, a simulated Telegram, a node on a database of its
//! own, a clock that only the test moves.
//!
//! When an [`App`] is dropped, nothing may be left in hand and the node must end without an error.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vestnik::model::{
    BotCode, Channel, ChatAddress, ChatId, Lane, MessageKey, MessageKind, MessageState, Moment,
    Outgoing, OutgoingBody, RichText,
};
use vestnik::organisation::{Applied, ApplyError, ApplyOptions, Given, Gone, apply};
use vestnik::rehearsal::{Stage, noon};
use vestnik::runtime::{BotState, BotStatus, Order};
use vestnik::settings::{Settings, StoreUrl};
use vestnik::store::messages::{self, NewMessage, StoredMessage};
use vestnik::store::tokens::{self, NewApiToken};
use vestnik::store::{By, inbox};
use vestnik_simulator::{Entry, Press, Say};

use super::http::{self, Answer};
use super::postgres;

/// Longer than anything takes on a busy machine; only a hang runs into it.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The number of the first bot at Telegram; the next ones follow.
pub const FIRST_BOT: i64 = 7_001;

/// What an [`App`] is made of.
pub struct Builder {
    files: BTreeMap<String, String>,
    bots: i64,
    postgres: bool,
    settings: Settings,
}

impl Builder {
    /// A file of the organisation.
    pub fn file(mut self, path: &str, text: &str) -> Builder {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    /// A bot from the words of its file, without code and token; its name is its code unless told.
    pub fn bot(mut self, code: &str, text: &str) -> Builder {
        let number = FIRST_BOT + self.bots;
        self.bots += 1;
        let file = bot_file(code, number, text);
        self.file(&format!("bots/{code}.toml"), &file)
    }

    /// Other settings.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Builder {
        change(&mut self.settings);
        self
    }

    /// On PostgreSQL.
    pub fn postgres(mut self) -> Builder {
        self.postgres = true;
        self
    }

    /// Starts it; `None`: PostgreSQL is to be left out of this run.
    pub fn start(mut self) -> Option<App> {
        let dir = tempfile::tempdir().expect("a folder");
        let organisation = dir.path().join("organisation");
        for (path, text) in &self.files {
            write(&organisation.join(path), text);
        }
        self.settings.store.url = if self.postgres {
            StoreUrl::Postgres(postgres::shared()?.database())
        } else {
            StoreUrl::Sqlite(dir.path().join("vestnik.db"))
        };
        self.settings.store.key_file = dir.path().join("vestnik.key");
        self.settings.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        self.settings.organisation.dir = Some(organisation.clone());
        self.settings.organisation.quiet = true;
        let stage = Stage::start(self.settings, noon()).unwrap_or_else(|error| panic!("{error}"));
        Some(App {
            stage: Some(stage),
            organisation,
            bots: self.bots,
            _dir: dir,
        })
    }
}

/// The text of a bot's file.
pub fn bot_file(code: &str, number: i64, text: &str) -> String {
    let name = if text.contains("name = ") {
        String::new()
    } else {
        format!("name = \"{code}\"\n")
    };
    let unknown = if text.contains("unknown_reply") {
        ""
    } else {
        "unknown_reply = \"Не знаю\"\n"
    };
    format!("code = \"{code}\"\n{name}token = \"{number}:test\"\n{unknown}{text}")
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, text).expect("written");
}

/// A running application. Derefs to its [`Stage`].
pub struct App {
    stage: Option<Stage>,
    organisation: PathBuf,
    bots: i64,
    _dir: tempfile::TempDir,
}

impl Deref for App {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        self.stage.as_ref().expect("the stage stands")
    }
}

impl App {
    /// An application without bots yet, on SQLite.
    pub fn builder() -> Builder {
        Builder {
            files: BTreeMap::new(),
            bots: 0,
            postgres: false,
            settings: Settings::default(),
        }
    }

    /// One bot `shop`, from the words of its file.
    pub fn shop(text: &str) -> App {
        App::builder().bot("shop", text).start().expect("SQLite")
    }

    pub fn stage_mut(&mut self) -> &mut Stage {
        self.stage.as_mut().expect("the stage stands")
    }

    /// The folder of the organisation.
    pub fn organisation(&self) -> &Path {
        &self.organisation
    }

    /// Stops and starts on the same files.
    #[track_caller]
    pub fn restart_node(&mut self) {
        self.stage_mut()
            .restart()
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// Stops; [`start_again`](Self::start_again) goes on.
    #[track_caller]
    pub fn stop_node(&mut self) {
        self.stage_mut()
            .stop_node()
            .unwrap_or_else(|error| panic!("{error}"));
    }

    #[track_caller]
    pub fn start_again(&mut self) {
        self.stage_mut()
            .start_node()
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// Writes a file of the organisation's folder; [`apply`](Self::apply) makes it true.
    pub fn write(&self, path: &str, text: &str) {
        write(&self.organisation.join(path), text);
    }

    /// Writes a bot's file anew, or a new one.
    pub fn write_bot(&mut self, code: &str, number: i64, text: &str) {
        self.bots = self.bots.max(number - FIRST_BOT + 1);
        self.write(&format!("bots/{code}.toml"), &bot_file(code, number, text));
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.organisation.join(path)).expect("removed");
    }

    /// Applies the whole folder beside the running node, as `vestnik apply` does, through the same
    /// database.
    pub fn apply(&self) -> Result<Applied, ApplyError> {
        let given = Given::read(std::slice::from_ref(&self.organisation));
        let options = ApplyOptions {
            dry_run: false,
            only_changed: false,
            quiet: true,
            gone: Gone::Delete,
            at: self.clock().now(),
            by: By::File("test".to_owned()),
        };
        apply(self.store(), &given, &options)
    }

    /// Applies, and waits until the node has seen it.
    #[track_caller]
    pub fn apply_and_sync(&mut self) -> Applied {
        let applied = self.apply().unwrap_or_else(|error| panic!("{error}"));
        let view = self.node().view.clone();
        wait(async move { view.sync().await });
        self.stage_mut()
            .meet_bots()
            .unwrap_or_else(|error| panic!("{error}"));
        applied
    }

    /// A person writes in the private chat.
    #[track_caller]
    pub fn write_to(&self, bot: &str, chat: i64, text: &str) -> i64 {
        self.say(bot, Say::text(chat, text))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// A person writes and everything that comes of it is awaited: the bot's new messages.
    #[track_caller]
    pub fn ask(&self, bot: &str, chat: i64, text: &str) -> Vec<Entry> {
        let mut say = Say::text(chat, text);
        say.name = Some("Иван".to_owned());
        self.ask_with(bot, say)
    }

    /// The same with a message of any kind.
    #[track_caller]
    pub fn ask_with(&self, bot: &str, say: Say) -> Vec<Entry> {
        let chat = say.chat.unwrap_or(say.from);
        let after = self.simulator().last_seq();
        self.say(bot, say).unwrap_or_else(|error| panic!("{error}"));
        self.rest();
        self.answers(bot, chat, after)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The texts of what the bot answers.
    #[track_caller]
    pub fn texts(&self, bot: &str, chat: i64, text: &str) -> Vec<String> {
        self.ask(bot, chat, text)
            .into_iter()
            .map(|entry| entry.text)
            .collect()
    }

    /// A person presses, and everything that comes of it is awaited: the texts of new messages.
    #[track_caller]
    pub fn press_in(&self, bot: &str, chat: i64, label: &str) -> Vec<String> {
        let press = Press {
            from: chat,
            label: label.to_owned(),
            ..Press::default()
        };
        let after = self.simulator().last_seq();
        self.press(bot, press)
            .unwrap_or_else(|error| panic!("{error}"));
        self.rest();
        let answers = self
            .answers(bot, chat, after)
            .unwrap_or_else(|error| panic!("{error}"));
        answers.into_iter().map(|entry| entry.text).collect()
    }

    /// Waits until everything is handled and sent.
    #[track_caller]
    pub fn rest(&self) {
        self.settle().unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until a condition holds.
    #[track_caller]
    pub fn until(&self, what: &str, mut holds: impl FnMut(&App) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(
                began.elapsed() < PATIENCE,
                "not within {PATIENCE:?}: {what}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Switches a bot.
    #[track_caller]
    pub fn command(&self, bot: &str, order: Order) {
        let (view, code) = (self.node().view.clone(), BotCode::new(bot));
        let known = wait(async move { view.command(&code, order).await });
        assert!(known.expect("written"), "no bot {bot}");
    }

    /// How a bot stands.
    pub fn status(&self, bot: &str) -> Option<BotStatus> {
        let view = self.node().view.clone();
        let list = wait(async move { view.bots().await });
        list.into_iter().find(|status| status.code.as_str() == bot)
    }

    /// Waits until a bot runs.
    #[track_caller]
    pub fn until_running(&self, bot: &str) {
        self.until(&format!("{bot} runs"), |app| {
            app.status(bot)
                .is_some_and(|status| status.state == BotState::Running)
        });
    }

    /// The rows of a bot's messages, the oldest first.
    pub fn messages(&self, bot: &str) -> Vec<StoredMessage> {
        let bot = BotCode::new(bot);
        let mut rows = self
            .read(move |conn| {
                let filter = messages::Filter {
                    bot: Some(bot.clone()),
                    limit: 10_000,
                    ..messages::Filter::default()
                };
                messages::list(conn, &filter)
            })
            .expect("read");
        rows.reverse();
        rows
    }

    /// How many messages stand in a state.
    pub fn count(&self, state: MessageState) -> i64 {
        let counts = self.read(messages::state_counts).expect("read");
        counts
            .iter()
            .find(|(found, _)| *found == state)
            .map_or(0, |(_, count)| *count)
    }

    /// How many updates stand in each state, as text: `done 3, failed 1`.
    pub fn updates(&self) -> String {
        let counts = self.read(inbox::state_counts).expect("read");
        let counts: Vec<String> = counts
            .iter()
            .map(|(state, count)| format!("{} {count}", state.as_str()))
            .collect();
        counts.join(", ")
    }

    /// Writes a message row, as another part of the system or another process would.
    pub fn put_message(
        &self,
        bot: &str,
        chat: i64,
        kind: MessageKind,
        not_before: Moment,
        text: RichText,
    ) -> MessageKey {
        use vestnik::model::IdSource;
        let key = MessageKey(self.store().ids().next_id());
        let outgoing = Outgoing {
            key,
            to: ChatAddress {
                channel: Channel::Telegram,
                bot: BotCode::new(bot),
                chat: ChatId(chat),
                thread: None,
            },
            lane: Lane::Background,
            kind,
            reply_to: None,
            not_before: Some(not_before),
            body: OutgoingBody::Text {
                text,
                buttons: Default::default(),
            },
        };
        let now = self.clock().now();
        let new = NewMessage::new(&outgoing, MessageState::Queued, None, now).expect("a message");
        self.store()
            .write_blocking(move |conn| messages::insert(conn, std::slice::from_ref(&new)))
            .expect("written");
        key
    }

    /// A row by its key.
    pub fn message(&self, key: MessageKey) -> StoredMessage {
        self.read(move |conn| messages::get(conn, key))
            .expect("read")
            .expect("a row")
    }

    /// A token of the control endpoint with this right.
    pub fn token(&self, scope: &str) -> String {
        use vestnik::model::IdSource;
        let secret = tokens::generate().expect("a secret");
        let (kept, now) = (secret.clone(), self.clock().now());
        let token = NewApiToken {
            id: self.store().ids().next_id(),
            name: format!("test {scope}"),
            scopes: vec![scope.to_owned()],
            party: None,
        };
        self.store()
            .write_blocking(move |conn| tokens::create(conn, &kept, &token, now, &By::System))
            .expect("written");
        secret.expose().to_owned()
    }

    /// Asks the control endpoint.
    #[track_caller]
    pub fn http(&self, method: &str, path: &str, token: Option<&str>) -> Answer {
        http::ask(self.node().http_addr, method, path, token)
    }

    /// Calls of a method that a bot made.
    pub fn calls(&self, bot: &str, method: &str) -> Vec<vestnik_simulator::Call> {
        let filter = vestnik_simulator::CallFilter {
            bot: Some(self.bot(bot).expect("a bot")),
            method: Some(method.to_owned()),
            ..Default::default()
        };
        self.simulator().calls(&filter)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let Some(stage) = self.stage.take() else {
            return;
        };
        if std::thread::panicking() {
            return;
        }
        if stage.runs() {
            stage
                .settle()
                .unwrap_or_else(|error| panic!("left in hand: {error}"));
            let open = stage.open_messages().expect("read");
            assert!(open.is_empty(), "left in the queue: {open:#?}");
        }
        stage
            .close()
            .unwrap_or_else(|error| panic!("the node ended with an error: {error}"));
    }
}

/// Waits for a future on this thread.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}
