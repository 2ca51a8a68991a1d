//! A server that can be killed: `vestnik serve` as a child process beside a simulator in the test's
//! own process, on a database that outlives it.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use vestnik::model::MessageState;
use vestnik::store::journal::{self, Contents};
use vestnik_simulator::{
    Entry, EntryKind, Say, Sender, Simulator, SimulatorConfig, SimulatorHandle,
};

use crate::store::Db;

/// Longer than anything here takes on a slow machine; only a hang runs into it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The id of the first bot at the simulator; the next ones follow.
const FIRST_BOT: i64 = 7_001;

/// A database, a simulated Telegram, the organisation's files; servers come and go.
pub struct World {
    pub db: Db,
    pub simulator: SimulatorHandle,
    bots: Vec<i64>,
    /// What people wrote: (bot, chat) → message ids in order.
    said: HashMap<(i64, i64), Vec<i64>>,
    /// Servers follow the simulator's clock.
    follows_clock: bool,
}

impl World {
    /// A world of so many bots, none of them at work yet.
    pub fn new(db: Db, bots: usize) -> World {
        let config = SimulatorConfig {
            messages_kept: 100_000,
            ..SimulatorConfig::default()
        };
        let mut world = World {
            db,
            simulator: Simulator::start(config).expect("the simulator starts"),
            bots: Vec::new(),
            said: HashMap::new(),
            follows_clock: false,
        };
        std::fs::create_dir_all(world.db.path("org/bots")).expect("a folder");
        for _ in 0..bots {
            world.add_bot();
        }
        world.write_settings();
        world
    }

    /// The same with one bot and servers that follow the simulator's clock.
    pub fn with_clock(db: Db) -> World {
        let mut world = World::new(db, 1);
        world.follows_clock = true;
        world.write_settings();
        world
    }

    fn write_settings(&self) {
        let url = self.simulator.url();
        let clock = if self.follows_clock {
            format!("{url}/sim/clock")
        } else {
            String::new()
        };
        // No script may fail because the machine is slow: their limits have tests of their own.
        let text = format!(
            "[telegram]\napi_url = \"{url}\"\npoll_timeout_s = 2\n\
             [telegram.limits]\nper_bot_per_s = 0\nper_chat_per_s = 0\nper_group_per_min = 0\n\
             [store]\nurl = \"{store}\"\nkey_file = \"{key}\"\n\
             [http]\nlisten = \"127.0.0.1:0\"\n\
             [scripts]\ntime_ms = 60000\nwrite_limit_ms = 30000\n\
             [organisation]\ndir = \"{org}\"\n\
             [testing]\nclock = \"{clock}\"\n",
            store = self.db.url(),
            key = self.db.path("test.key").display(),
            org = self.db.path("org").display(),
        );
        std::fs::write(self.config(), text).expect("written");
    }

    /// The settings file.
    pub fn config(&self) -> PathBuf {
        self.db.path("settings.toml")
    }

    /// One more bot in the organisation's folder; a running server gets it by [`apply`](Self::apply).
    pub fn add_bot(&mut self) -> i64 {
        let id = FIRST_BOT + i64::try_from(self.bots.len()).expect("few bots");
        self.write_bot(id, true);
        self.bots.push(id);
        id
    }

    /// Writes a bot's file anew.
    pub fn write_bot(&self, id: i64, enabled: bool) {
        // Each answer quotes what it answers: so lost, doubled and swapped answers are told apart.
        let text = format!(
            "code = \"{code}\"\nname = \"Бот {id}\"\ntoken = \"{id}:test\"\nquote = \"always\"\nenabled = {enabled}\n\
             [[keyword]]\nwords = \"Цена\"\nkind = \"text\"\ntext = \"Сто рублей\"\n",
            code = code(id),
        );
        std::fs::write(self.bot_file(id), text).expect("written");
    }

    /// The file of a bot.
    pub fn bot_file(&self, id: i64) -> PathBuf {
        self.db.path(&format!("org/bots/{}.toml", code(id)))
    }

    /// The bots' ids.
    pub fn bots(&self) -> Vec<i64> {
        self.bots.clone()
    }

    /// The first bot's id.
    pub fn bot(&self) -> i64 {
        self.bots[0]
    }

    /// A person writes to a bot.
    pub fn say(&mut self, bot: i64, chat: i64, text: &str) {
        let id = self
            .simulator
            .say(bot, Say::text(chat, text))
            .expect("said");
        self.said.entry((bot, chat)).or_default().push(id);
    }

    /// So many messages to each of so many chats of a bot, chat after chat in turn.
    pub fn say_many(&mut self, bot: i64, chats: i64, each: usize) {
        for _ in 0..each {
            for chat in 1..=chats {
                self.say(bot, 1_000 + chat, "Цена");
            }
        }
    }

    /// Forgets what was written so far: its rows are gone.
    pub fn forget(&mut self) {
        self.said.clear();
    }

    /// Messages that were written so far.
    pub fn said(&self) -> usize {
        self.said.values().map(Vec::len).sum()
    }

    /// The bot's messages in a chat.
    pub fn answers(&self, bot: i64, chat: i64) -> Vec<Entry> {
        let entries = self.simulator.messages(bot, chat, 0);
        entries
            .into_iter()
            .filter(|entry| entry.kind == EntryKind::Message && entry.from == Sender::Bot)
            .collect()
    }

    /// How many of the written messages have an answer.
    pub fn answered(&self) -> usize {
        self.said
            .iter()
            .map(|((bot, chat), said)| {
                let answers = self.answers(*bot, *chat);
                let quoted: std::collections::HashSet<i64> = answers
                    .iter()
                    .filter_map(|answer| answer.reply_to)
                    .collect();
                said.iter().filter(|id| quoted.contains(id)).count()
            })
            .sum()
    }

    /// Waits until all messages have an answer.
    #[track_caller]
    pub fn wait_answered(&self, server: &Server) {
        let began = Instant::now();
        let (mut last, mut last_at) = (self.answered(), Instant::now());
        while last < self.said() {
            std::thread::sleep(Duration::from_millis(20));
            let now = self.answered();
            if now > last {
                (last, last_at) = (now, Instant::now());
            }
            assert!(
                last_at.elapsed() < PATIENCE,
                "{last} of {} answered after {:?}\n{}\n{}",
                self.said(),
                began.elapsed(),
                self.table(),
                server.log()
            );
        }
    }

    /// Waits until nothing in the database is open.
    #[track_caller]
    pub fn wait_settled(&self, server: &Server) {
        let began = Instant::now();
        while self.count("select count(*) as n from messages where state = 'queued'") > 0
            || self.sending() > 0
            || self.count("select count(*) as n from inbox where state = 'pending'") > 0
        {
            assert!(
                began.elapsed() < PATIENCE,
                "rows stay open\n{}\n{}",
                self.table(),
                server.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Every message has its answer, in the chat's order; only rows that say `resent` were sent more
    /// than once; nothing failed.
    #[track_caller]
    pub fn check(&self) {
        self.check_but(0);
    }

    /// The same with so many updates that were given up.
    #[track_caller]
    pub fn check_but(&self, failed: i64) {
        let mut wrong = Vec::new();
        let rows: HashMap<(String, i64, i64), MessageRow> = self
            .messages()
            .into_iter()
            .filter_map(|row| Some(((row.bot.clone(), row.chat, row.reply_to?), row)))
            .collect();
        for ((bot, chat), said) in &self.said {
            let answers = self.answers(*bot, *chat);
            let mut times: HashMap<i64, usize> = HashMap::new();
            let mut first_times = Vec::new();
            for quoted in answers.iter().filter_map(|answer| answer.reply_to) {
                let times = times.entry(quoted).or_default();
                *times += 1;
                if *times == 1 {
                    first_times.push(quoted);
                }
            }
            if !first_times.is_sorted() {
                wrong.push(format!("out of order in {bot}/{chat}: {first_times:?}"));
            }
            for id in said {
                let count = times.get(id).copied().unwrap_or(0);
                let row = rows.get(&(code(*bot), *chat, *id));
                match row {
                    _ if count == 0 && failed == 0 => {
                        wrong.push(format!("lost {bot}/{chat}/{id}: {row:?}"))
                    }
                    None if count > 0 => wrong.push(format!("no row for {bot}/{chat}/{id}")),
                    Some(row) if count > 1 && !row.resent => {
                        wrong.push(format!("{bot}/{chat}/{id} came {count} times: {row:?}"));
                    }
                    Some(row) if row.state != "sent" => {
                        wrong.push(format!("{bot}/{chat}/{id}: {row:?}"));
                    }
                    _ => {}
                }
            }
        }
        let given_up = self.count("select count(*) as n from inbox where state = 'failed'");
        if given_up != failed {
            wrong.push(format!("{given_up} updates failed, {failed} expected"));
        }
        let open = self.count("select count(*) as n from inbox where state = 'pending'");
        if open != 0 {
            wrong.push(format!("{open} updates pending"));
        }
        assert!(
            wrong.is_empty(),
            "{} faults:\n{}",
            wrong.len(),
            wrong[..wrong.len().min(20)].join("\n")
        );
    }

    /// Applies the organisation's folder beside a running server.
    pub fn apply(&self) {
        let done = self
            .command(&["apply", "--delete-bots"])
            .arg(self.db.path("org"))
            .arg("--config")
            .arg(self.config())
            .output()
            .expect("runs");
        assert!(done.status.success(), "{done:?}");
    }

    /// Makes a token of the control endpoint.
    pub fn token(&self) -> String {
        // Only what applies files makes a database.
        self.apply();
        let done = self
            .command(&["token", "create", "test", "--scope", "admin", "--config"])
            .arg(self.config())
            .output()
            .expect("runs");
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout)
            .expect("text")
            .trim()
            .to_owned()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestnik"));
        command.args(args).current_dir(self.db.path(""));
        command
    }

    /// Starts a server; returns when its bots are being started.
    #[track_caller]
    pub fn serve(&self) -> Server {
        let server = self.begin(&[]);
        server.wait_ready();
        server
    }

    /// Starts a server that is stopped at a point (docs/testing.md).
    #[track_caller]
    pub fn serve_to(&self, point: &str) -> Server {
        self.begin(&[("VESTNIK_TEST_POINT", point)])
    }

    /// Starts a server and waits for nothing.
    pub fn begin(&self, environment: &[(&str, &str)]) -> Server {
        let mut command = self.command(&["serve", "--config"]);
        command.arg(self.config()).envs(environment.iter().copied());
        self.spawn(command)
    }

    /// Starts a server none of whose files may grow over so many blocks of 512 bytes.
    pub fn begin_limited(&self, blocks: u64) -> Server {
        let mut command = Command::new("sh");
        // A write over the limit then gives an error; the signal would end the process.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        command
            .args([
                "-c",
                &script,
                "sh",
                env!("CARGO_BIN_EXE_vestnik"),
                "serve",
                "--config",
            ])
            .arg(self.config())
            .current_dir(self.db.path(""));
        self.spawn(command)
    }

    /// Starts a server that can write neither lines of its log nor its address: their disk is full.
    pub fn begin_mute(&self) -> Server {
        let full = || std::fs::File::create("/dev/full").expect("a full disk");
        let mut command = self.command(&["serve", "--config"]);
        command.arg(self.config()).env("VESTNIK_LOG", "trace");
        command.stdout(full()).stderr(full());
        let process = command.stdin(Stdio::null()).spawn();
        Server {
            process: process.expect("the server starts"),
            output: Arc::new(Output::default()),
        }
    }

    fn spawn(&self, mut command: Command) -> Server {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let output = Arc::new(Output::default());
        read_on(process.stdout.take().expect("piped"), output.clone());
        read_on(process.stderr.take().expect("piped"), output.clone());
        Server { process, output }
    }

    /// A number that the database counts, past the server.
    pub fn count(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            n: i64,
        }
        let rows: Vec<Count> = self.query(sql);
        rows[0].n
    }

    /// The outbox: rows, and what stands in the journal.
    pub fn messages(&self) -> Vec<MessageRow> {
        // In this order: an answer that is taken out in between is then seen twice and not missed.
        let journal = self.journal().messages;
        let mut rows: Vec<MessageRow> = self.query(
            "select key, bot, chat, state, resent, reply_to, error_text from messages order by key",
        );
        let keys: HashSet<i64> = rows.iter().map(|row| row.key).collect();
        rows.extend(
            journal
                .into_iter()
                .filter(|message| !keys.contains(&message.key.0))
                .map(|message| MessageRow {
                    key: message.key.0,
                    bot: message.to.bot.to_string(),
                    chat: message.to.chat.0,
                    state: match message.state {
                        MessageState::Sent => "sent".to_owned(),
                        _ => "sending".to_owned(),
                    },
                    resent: message.resent,
                    reply_to: message.reply_to,
                    error_text: None,
                }),
        );
        rows.sort_unstable_by_key(|row| row.key);
        rows
    }

    /// How many messages are being sent.
    pub fn sending(&self) -> usize {
        let sending = self.messages().into_iter();
        sending.filter(|row| row.state == "sending").count()
    }

    /// How many updates were accepted.
    pub fn accepted(&self) -> usize {
        let rows = self.count("select count(*) as n from inbox");
        self.journal().updates.len() + usize::try_from(rows).expect("a count")
    }

    /// What the journal holds, read past the server.
    pub fn journal(&self) -> Contents {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            seq: i64,
            #[diesel(sql_type = Binary)]
            body: Vec<u8>,
        }
        let rows: Vec<Row> = self.query("select seq, body from journal order by seq");
        let rows: Vec<(i64, Vec<u8>)> = rows.into_iter().map(|row| (row.seq, row.body)).collect();
        journal::contents(&rows).expect("a journal that can be read")
    }

    /// Counts of what the database holds, for the text of a failure.
    pub fn table(&self) -> String {
        #[derive(QueryableByName, Debug)]
        #[expect(dead_code, reason = "the text of a failure shows it")]
        struct Line {
            #[diesel(sql_type = Text)]
            name: String,
            #[diesel(sql_type = BigInt)]
            n: i64,
        }
        let lines: Vec<Line> = self.query(
            "select 'inbox ' || state as name, count(*) as n from inbox group by 1 \
             union all select 'rows of the journal' as name, count(*) as n from journal \
             union all select 'messages ' || state as name, count(*) as n from messages group by 1",
        );
        format!("{lines:?}")
    }

    fn query<T>(&self, sql: &str) -> Vec<T>
    where
        T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + 'static,
    {
        let began = Instant::now();
        loop {
            let rows = match self.db.url().strip_prefix("sqlite:") {
                Some(file) => SqliteConnection::establish(file).map(|mut conn| {
                    conn.batch_execute("pragma busy_timeout = 10000")
                        .expect("a pragma");
                    sql_query(sql).load(&mut conn)
                }),
                None => PgConnection::establish(self.db.url())
                    .map(|mut conn| sql_query(sql).load(&mut conn)),
            };
            match rows {
                Ok(Ok(rows)) => return rows,
                Ok(Err(error)) => panic!("{error}: {sql}"),
                // A PostgreSQL that was just started again.
                Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A row of the outbox.
#[derive(QueryableByName, Debug)]
#[expect(dead_code, reason = "the text of a failure shows all of it")]
pub struct MessageRow {
    #[diesel(sql_type = BigInt)]
    pub key: i64,
    #[diesel(sql_type = Text)]
    pub bot: String,
    #[diesel(sql_type = BigInt)]
    pub chat: i64,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Bool)]
    pub resent: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub reply_to: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub error_text: Option<String>,
}

/// The code of a bot by its id.
pub fn code(id: i64) -> String {
    format!("bot{id}")
}

#[derive(Default)]
struct Output {
    text: Mutex<String>,
    grew: Condvar,
}

fn read_on(stream: impl Read + Send + 'static, output: Arc<Output>) {
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        // An abort may cut a line in the middle of a letter.
        while let Ok(1..) = stream.read_until(b'\n', &mut line) {
            let mut text = output.text.lock().unwrap_or_else(PoisonError::into_inner);
            text.push_str(&String::from_utf8_lossy(&line));
            line.clear();
            output.grew.notify_all();
        }
        output.grew.notify_all();
    });
}

/// A server process.
pub struct Server {
    process: Child,
    output: Arc<Output>,
}

impl Server {
    /// What it printed and logged.
    pub fn log(&self) -> String {
        let text = self
            .output
            .text
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let from = text.len().saturating_sub(6_000);
        let from = (from..text.len())
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text[from..].to_owned()
    }

    /// Waits until it prints a text.
    #[track_caller]
    pub fn wait_for(&self, needle: &str) {
        assert!(
            self.prints_within(needle, PATIENCE),
            "«{needle}» does not come:\n{}",
            self.log()
        );
    }

    /// Whether it prints a text in time.
    pub fn prints_within(&self, needle: &str, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let mut text = self
            .output
            .text
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while !text.contains(needle) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            text = self
                .output
                .grew
                .wait_timeout(text, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// Waits until its bots are being started.
    #[track_caller]
    pub fn wait_ready(&self) {
        self.wait_for("vestnik: http://");
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.end();
    }

    /// Its number, for signals.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let done = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status()
            .expect("kill runs");
        assert!(done.success(), "{name} to {}", self.pid());
    }

    /// SIGTERM; gives how long it took to end and whether it ended well.
    #[track_caller]
    pub fn stop(mut self) -> (Duration, bool) {
        self.signal("TERM");
        let asked = Instant::now();
        let status = self.wait_end();
        (asked.elapsed(), status)
    }

    /// Waits until it ends by itself; gives whether it ended well.
    #[track_caller]
    pub fn wait_end(&mut self) -> bool {
        let began = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("our child") {
                return status.success();
            }
            assert!(
                began.elapsed() < PATIENCE,
                "it does not end:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.process.try_wait().expect("our child").is_some()
    }

    /// The control endpoint, as the server printed it.
    fn address(&self) -> String {
        let text = self
            .output
            .text
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let start = text.find("vestnik: http://").expect("it is ready") + "vestnik: http://".len();
        let address = text[start..].lines().next().expect("an address");
        address.trim().to_owned()
    }

    /// The status of /health/ready.
    #[track_caller]
    pub fn health(&self) -> u16 {
        let address = self.address().parse().expect("an address");
        crate::support::http::ask(address, "GET", "/health/ready", None).status
    }

    /// A request to the control endpoint; gives the answer's body.
    #[track_caller]
    pub fn http(&self, token: &str, method: &str, path: &str) -> serde_json::Value {
        let address = self.address();
        let mut stream = TcpStream::connect(&address).expect("the control endpoint");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("asked");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("answered");
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        // The list is short enough for one chunk, or none: what is between the braces is the JSON.
        let json = match (body.find('{'), body.rfind('}')) {
            (Some(from), Some(to)) => &body[from..=to],
            _ => panic!("{method} {path}: {head}\n{body}"),
        };
        serde_json::from_str(json)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}\n{head}\n{body}"))
    }

    /// What the control endpoint says of a bot.
    #[track_caller]
    pub fn bot(&self, token: &str, bot: i64) -> serde_json::Value {
        self.http(token, "GET", &format!("/api/v1/bots/{}", code(bot)))
    }

    /// Waits until the control endpoint says something of a bot.
    #[track_caller]
    pub fn wait_bot(
        &self,
        token: &str,
        bot: i64,
        what: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        let began = Instant::now();
        loop {
            let said = self.bot(token, bot);
            if what(&said) {
                return said;
            }
            assert!(began.elapsed() < PATIENCE, "{said}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}
