//! A large organisation's people: what a look into the directory costs a message, and how long lists over
//! many registrations and open requests take, on both engines.
//!
//! `cargo bench --bench authorisation -- REGISTRATIONS REQUESTS [postgres://…]`; without numbers 1,000,000
//! registrations of 50,000 parties and 10,000 open requests, on a SQLite file in a temporary folder.
//! The database has to be empty.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::time::{Duration, Instant};

use vestnik::model::{
    ApplicantData, AuthorizationRequest, BotCode, By, Change, Channel, ChatId, Moment, Party,
    PartyKind, PartyRef, PersonId, Registration, RequestId, RequestState,
};
use vestnik::runtime::directory::Directory;
use vestnik::store::unit_of_work::{self, Stamp};
use vestnik::store::{Key, Store, StoreConfig, parties, registrations, requests};

/// Rows of one transaction while the database is filled.
const BATCH: i64 = 10_000;
const PARTIES: i64 = 50_000;
/// Looks of each kind that are timed.
const LOOKS: i64 = 200;

fn bot() -> BotCode {
    BotCode::new("shop")
}

fn party(number: i64) -> PartyRef {
    PartyRef {
        kind: PartyKind::Counterparty,
        code: format!("{number:09}"),
    }
}

fn fill(store: &Store, registered: i64, open: i64) {
    for from in (0..PARTIES).step_by(BATCH as usize) {
        let write = store.write_blocking(move |conn| {
            for number in from..(from + BATCH).min(PARTIES) {
                let party = Party {
                    reference: party(number),
                    name: format!("ООО Клиент {number}"),
                    groups: Vec::new(),
                    time_zone: None,
                    language: None,
                    deleted: false,
                    attributes: Default::default(),
                };
                parties::put(conn, &party)?;
            }
            Ok(())
        });
        write.expect("parties");
    }
    for from in (0..registered).step_by(BATCH as usize) {
        let write = store.write_blocking(move |conn| {
            for number in from..(from + BATCH).min(registered) {
                let registration = Registration {
                    bot: bot(),
                    chat: ChatId(1_000_000 + number),
                    party: party(number % PARTIES),
                };
                let (at, by) = (Moment(number), By::System);
                registrations::register(conn, Channel::Telegram, &registration, at, &by)?;
            }
            Ok(())
        });
        write.expect("registrations");
    }
    for from in (0..open).step_by(BATCH as usize) {
        let ids = store.ids().clone();
        let write = store.write_blocking(move |conn| {
            let stamp = Stamp {
                at: Moment(1),
                by: &By::System,
                quiet: true,
                ids: &ids,
            };
            for number in from..(from + BATCH).min(open) {
                let change = Change::OpenRequest {
                    request: Box::new(request(number)),
                    replaces: None,
                };
                unit_of_work::write(conn, &stamp, &change)?;
            }
            Ok(())
        });
        write.expect("requests");
    }
}

fn request(number: i64) -> AuthorizationRequest {
    AuthorizationRequest {
        id: RequestId(1 + number),
        bot: bot(),
        chat: ChatId(1 + number),
        person: PersonId(1 + number),
        first_name: "Иван".into(),
        last_name: None,
        username: None,
        data: ApplicantData {
            text: format!("ООО Новый {number}, 77{number:08}"),
            ..ApplicantData::default()
        },
        links: Vec::new(),
        state: RequestState::Waiting,
        version: 1,
        created_at: Moment(number),
        cards: Vec::new(),
        taken_by: None,
        offered: Vec::new(),
        remind_at: Some(Moment(i64::MAX)),
        reminded: 0,
        decided_at: None,
        decided_by: None,
        party: None,
        reason: None,
    }
}

/// Median and the slowest of one in a hundred.
fn timed(what: &str, mut look: impl FnMut(i64)) {
    let mut took: Vec<Duration> = (0..LOOKS)
        .map(|number| {
            let began = Instant::now();
            look(number);
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
    println!(
        "{what}: {:?} in the middle, {:?} of 1 in 100",
        at(50),
        at(99)
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<i64> = arguments
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    let registered = numbers.first().copied().unwrap_or(1_000_000);
    let open = numbers.get(1).copied().unwrap_or(10_000);
    let folder = tempfile::tempdir().expect("a folder");
    let url = arguments
        .iter()
        .find(|text| text.starts_with("postgres"))
        .cloned()
        .unwrap_or_else(|| format!("sqlite:{}", folder.path().join("bench.db").display()));
    let config = StoreConfig::new(url, Key::from_bytes(&[7; 32], "bench"), "bench");
    let store = Store::open(config).expect("opens");
    let began = Instant::now();
    fill(&store, registered, open);
    println!(
        "{registered} registrations of {PARTIES} parties and {open} open requests, written in {:?}",
        began.elapsed()
    );

    let directory = Directory::new(&store);
    let began = Instant::now();
    let loaded = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(directory.load());
    assert!(loaded, "the store is open");
    println!("directory loaded in {:?}", began.elapsed());
    let count = 1_000_000;
    let began = Instant::now();
    let mut known = 0;
    for number in 0..count {
        let chat = ChatId(1_000_000 + (number * 7_919) % registered.max(1));
        known += i64::from(directory.standing(&bot(), chat, &[]).0);
    }
    assert_eq!(known, count);
    println!(
        "a look into the directory: {} ns",
        began.elapsed().as_nanos() / count as u128
    );

    let page = |filter: registrations::Filter| {
        let rows = store
            .read_blocking(move |conn| registrations::page(conn, &filter))
            .expect("read");
        assert!(!rows.is_empty());
    };
    let filter = |search: String| registrations::Filter {
        search: Some(search),
        limit: 50,
        ..registrations::Filter::default()
    };
    timed("search by a whole name", |number| {
        page(filter(format!("ООО Клиент {}", number * 37)));
    });
    timed("search by a beginning that all have", |_| {
        page(filter("ооо кли".to_owned()));
    });
    timed("search by a code", |number| {
        page(filter(format!("{:09}", number * 37)))
    });
    timed("search by a chat key", |number| {
        page(filter((1_000_000 + number).to_string()));
    });
    timed("a page from the middle", |number| {
        page(registrations::Filter {
            after: Some((bot(), ChatId(1_000_000 + registered / 2 + number))),
            limit: 50,
            ..registrations::Filter::default()
        });
    });
    timed("the open request of a chat", |number| {
        let found = store
            .read_blocking(move |conn| requests::open_of(conn, &bot(), ChatId(1 + number)))
            .expect("read");
        assert_eq!(found.is_some(), number < open);
    });
    timed("a page of open requests", |_| {
        let filter = requests::Filter {
            state: Some(RequestState::Waiting),
            limit: 50,
            ..requests::Filter::default()
        };
        store
            .read_blocking(move |conn| requests::list(conn, &filter))
            .expect("read");
    });
    timed("when the next reminder is due", |_| {
        store.read_blocking(requests::next_due).expect("read");
    });
    store.close();
}
