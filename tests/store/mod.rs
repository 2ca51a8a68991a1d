//! The store's suite: every case runs on both engines through [`Db`].

mod changed;
mod definitions;
mod faults;
mod former;
mod group_commit;
mod journal;
mod lending;
mod lost_answer;
mod opening;
mod outbox;
mod queues;
mod retention;

use std::sync::atomic::{AtomicI64, Ordering};

use vestnik::model::{
    BotCode, Channel, ChatAddress, ChatId, Lane, MessageKey, MessageKind, MessageState, Moment,
    Outgoing, OutgoingBody, RichText, TelegramBotId, UpdateId,
};
use vestnik::store::inbox::{NewUpdate, UpdateKey, UpdateState};
use vestnik::store::messages::NewMessage;
use vestnik::store::{Key, Store, StoreConfig, StoreError, Tuning};

use crate::support::postgres::{self, Server};

/// Makes of each named case a test per engine.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $case() { super::$case(&$crate::store::Db::sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $case() {
                if let Some(db) = $crate::store::Db::postgres() { super::$case(&db); }
            })+
        }
    };
}
pub(crate) use on_both;

/// A database of one test.
pub struct Db {
    url: String,
    dir: tempfile::TempDir,
    server: Option<Server>,
}

static NODE: AtomicI64 = AtomicI64::new(0);

impl Db {
    /// A new SQLite file.
    pub fn sqlite() -> Db {
        let dir = tempfile::tempdir().expect("a folder");
        Db {
            url: format!("sqlite:{}", dir.path().join("test.db").display()),
            dir,
            server: None,
        }
    }

    /// A new database of the shared server.
    pub fn postgres() -> Option<Db> {
        Some(Db {
            url: postgres::shared()?.database(),
            dir: tempfile::tempdir().expect("a folder"),
            server: None,
        })
    }

    /// A database of a server that may be stopped and started.
    pub fn private_postgres() -> Option<Db> {
        let server = Server::private()?;
        Some(Db {
            url: server.database(),
            dir: tempfile::tempdir().expect("a folder"),
            server: Some(server),
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a private server")
    }

    /// A path in the test's folder.
    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    pub fn config(&self) -> StoreConfig {
        let node = NODE.fetch_add(1, Ordering::Relaxed);
        StoreConfig::new(&self.url, key(), format!("node{node}"))
    }

    pub fn open(&self) -> Store {
        Store::open(self.config()).expect("the store opens")
    }

    pub fn open_tuned(&self, change: impl FnOnce(&mut Tuning)) -> Store {
        let mut config = self.config();
        change(&mut config.tuning);
        Store::open(config).expect("the store opens")
    }
}

pub fn key() -> Key {
    Key::from_bytes(&[7; 32], "ключ теста")
}

pub fn bot() -> BotCode {
    BotCode::new("shop")
}

pub fn update_key(number: i64) -> UpdateKey {
    UpdateKey {
        bot: TelegramBotId(77),
        update: UpdateId(number),
    }
}

pub fn update(number: i64, state: UpdateState) -> NewUpdate {
    NewUpdate {
        key: update_key(number),
        channel: Channel::Telegram,
        bot: bot(),
        chat: Some(ChatId(1001)),
        sender: None,
        state,
        personal: false,
        raw: format!("{{\"update_id\":{number}}}"),
        received_at: Moment(number),
        handled_at: None,
        trace: None,
    }
}

pub fn outgoing(key: i64) -> Outgoing {
    Outgoing {
        key: MessageKey(key),
        to: ChatAddress {
            channel: Channel::Telegram,
            bot: bot(),
            chat: ChatId(1001),
            thread: None,
        },
        lane: Lane::Interactive,
        kind: MessageKind::Answer,
        reply_to: None,
        not_before: None,
        body: OutgoingBody::Text {
            text: RichText::Plain(format!("ответ {key}")),
            buttons: Default::default(),
        },
    }
}

pub fn message(key: i64, state: MessageState) -> NewMessage {
    NewMessage::new(&outgoing(key), state, None, Moment(key)).expect("a message")
}

/// Runs futures together on this thread until all are done.
pub fn together<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(futures_util::future::join_all(futures))
}

/// Retries while the database is away; for tests of outages.
pub fn until_back<T>(mut work: impl FnMut() -> Result<T, StoreError>) -> T {
    let began = std::time::Instant::now();
    loop {
        match work() {
            Ok(value) => return value,
            Err(error) if error.is_outage() && began.elapsed().as_secs() < 60 => {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            Err(error) => panic!("{error}"),
        }
    }
}
