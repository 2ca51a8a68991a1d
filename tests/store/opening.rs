//! Opening: migrations, databases from the future, keys, backups.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use vestnik::model::IdSource;
use vestnik::store::inbox::{self, UpdateState};
use vestnik::store::{Key, Store, StoreError, meta};

use super::{Db, on_both, update};

/// Runs SQL past the store.
fn raw(db: &Db, sql: &str) {
    match db.url().strip_prefix("sqlite:") {
        Some(path) => SqliteConnection::establish(path)
            .expect("opens")
            .batch_execute(sql),
        None => PgConnection::establish(db.url())
            .expect("opens")
            .batch_execute(sql),
    }
    .expect("runs");
}

fn a_second_start_finds_everything_in_place(db: &Db) {
    let store = db.open();
    store
        .write_blocking(|c| inbox::accept(c, &[update(1, UpdateState::Pending)]))
        .expect("written");
    drop(store);
    let store = db.open();
    let counts = store.read_blocking(inbox::state_counts).expect("read");
    assert_eq!(counts, vec![(UpdateState::Pending, 1)]);
}

fn two_processes_may_open_at_once(db: &Db) {
    let opened: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| Store::open(db.config()).map(|_| ())))
            .collect();
        threads.into_iter().map(|thread| thread.join()).collect()
    });
    for result in opened {
        result.expect("no panic").expect("opens");
    }
}

fn a_database_from_the_future_is_refused(db: &Db) {
    drop(db.open());
    raw(
        db,
        "insert into __diesel_schema_migrations (version) values ('99991231000000')",
    );
    let error = Store::open(db.config()).err().expect("refused");
    assert_eq!(
        error,
        StoreError::FromFuture {
            migration: "99991231000000".into()
        }
    );
    assert!(error.to_string().contains("новее этой программы"));
}

fn another_key_is_refused_and_named(db: &Db) {
    drop(db.open());
    let mut config = db.config();
    config.key = Key::from_bytes(&[8; 32], "файл other.key");
    let error = Store::open(config).err().expect("refused");
    assert_eq!(
        error,
        StoreError::WrongKey {
            key: "файл other.key".into()
        }
    );
    drop(db.open());
}

fn each_column_of_the_schema_is_there(db: &Db) {
    // Reads of every table compile against `schema.rs`; running them shows that the migrations
    // agree.
    use vestnik::store::*;
    let store = db.open();
    let run = |read: fn(&mut Conn) -> Result<(), StoreError>| {
        store.read_blocking(read).expect("the table is as declared");
    };
    run(|c| inbox::pending(c, &super::bot(), 0, 1).map(drop));
    run(|c| inbox::bots_with_pending(c).map(drop));
    run(|c| messages::list(c, &messages::Filter::default()).map(drop));
    run(|c| messages::bots_with_open(c).map(drop));
    run(|c| bots::list(c).map(drop));
    run(|c| parties::list(c).map(drop));
    run(|c| parties::groups(c).map(drop));
    run(|c| registrations::list(c).map(drop));
    run(|c| definitions::files(c).map(drop));
    run(|c| definitions::revisions(c, 1).map(drop));
    run(|c| events::open(c, 1).map(drop));
    run(|c| audit::list(c, Some("x"), Some(1), 1).map(drop));
    run(|c| tokens::list(c).map(drop));
    run(|c| lease::who(c).map(drop));
    run(|c| conversations::list_keys(c, &super::bot()).map(drop));
}

fn a_read_cannot_write(db: &Db) {
    let store = db.open();
    assert!(store.read_blocking(|c| meta::set(c, "a", "b")).is_err());
    assert_eq!(store.read_blocking(|c| meta::get(c, "a")), Ok(None));
}

fn ids_are_never_given_twice(db: &Db) {
    let first = db.open();
    let second = db.open();
    let mut seen = std::collections::HashSet::new();
    for store in [&first, &second, &first] {
        for _ in 0..100 {
            assert!(seen.insert(store.ids().next_id()));
        }
    }
    assert!(second.ids().next_id() > first.ids().next_id());
}

on_both!(
    ids_are_never_given_twice,
    a_second_start_finds_everything_in_place,
    two_processes_may_open_at_once,
    a_database_from_the_future_is_refused,
    another_key_is_refused_and_named,
    each_column_of_the_schema_is_there,
    a_read_cannot_write,
);

#[test]
fn a_file_is_set_up_as_promised() {
    use diesel::prelude::*;
    #[derive(diesel::QueryableByName)]
    struct Value {
        #[diesel(sql_type = diesel::sql_types::Text)]
        value: String,
    }
    let db = Db::sqlite();
    let store = db.open();
    let value = |pragma: &'static str, column: &'static str| {
        store
            .write_blocking(move |c| {
                let vestnik::store::Engine::Sqlite(c) = c.engine() else {
                    return Err(StoreError::other("not SQLite"));
                };
                Ok(diesel::sql_query(format!(
                    "select cast({column} as text) as value from pragma_{pragma}"
                ))
                .get_result::<Value>(c)?
                .value)
            })
            .expect("a pragma")
    };
    assert_eq!(value("journal_mode", "journal_mode"), "wal");
    assert_eq!(value("auto_vacuum", "auto_vacuum"), "2");
    assert_eq!(value("synchronous", "synchronous"), "2");
    assert_eq!(value("foreign_keys", "foreign_keys"), "1");
    assert_eq!(value("busy_timeout", "timeout"), "5000");
}

#[test]
fn a_backup_is_a_database_of_its_own() {
    let db = Db::sqlite();
    let store = db.open();
    store
        .write_blocking(|c| meta::set(c, "a", "b"))
        .expect("written");
    let copy = db.path("copy.db");
    store.backup(&copy).expect("copied");
    assert!(matches!(
        store.backup(&copy),
        Err(StoreError::NotUnique { .. })
    ));
    let mut config = db.config();
    config.url = format!("sqlite:{}", copy.display());
    let copied = Store::open(config).expect("the copy opens");
    assert_eq!(
        copied.read_blocking(|c| meta::get(c, "a")),
        Ok(Some("b".into()))
    );
}

#[test]
fn postgres_over_an_open_network_is_refused() {
    let mut config = Db::sqlite().config();
    config.url = "postgres://me@db.example.org/x".into();
    let error = Store::open(config).err().expect("refused");
    assert!(error.to_string().contains("sslmode"), "{error}");
}
