//! Definitions and data: files and revisions, bots, parties, registrations, tokens, audit.

use std::collections::BTreeMap;

use vestnik::model::{
    AttributeValue, Channel, ChatId, Moment, PartyGroup, PartyKind, PartyRef, Registration,
    TelegramBotId,
};
use vestnik::store::bots::{self, BotDefinition, TokenSource};
use vestnik::store::definitions::{self, FileChange};
use vestnik::store::parties::{self, PartySeed, Seeded};
use vestnik::store::tokens::{self, NewApiToken};
use vestnik::store::{By, Secret, Store, StoreError, audit, meta, registrations};

use super::{Db, bot, key, on_both};

fn put(path: &str, bytes: &[u8]) -> FileChange {
    FileChange::Put {
        path: path.into(),
        bytes: bytes.to_vec(),
    }
}

fn apply(store: &Store, changes: Vec<FileChange>) -> Option<i64> {
    store
        .write_blocking(move |c| {
            definitions::apply(c, &changes, Moment(1), &By::File("bots".into()), "проба")
        })
        .expect("applied")
}

fn files_come_back_byte_for_byte_with_their_revisions(db: &Db) {
    let store = db.open();
    let odd = b"\xef\xbb\xbfcode = 'a'\r\n\0\xff";
    let version = || {
        store
            .read_blocking(meta::definitions_version)
            .expect("read")
    };
    assert_eq!(version(), 0);
    assert_eq!(
        apply(&store, vec![put("a.toml", odd), put("b.toml", b"b")]),
        Some(1)
    );
    assert_eq!(version(), 1);
    assert_eq!(
        apply(&store, vec![put("a.toml", odd)]),
        None,
        "nothing changed"
    );
    assert_eq!(
        apply(
            &store,
            vec![
                put("a.toml", b"new"),
                FileChange::Delete {
                    path: "b.toml".into()
                },
                FileChange::Delete {
                    path: "never.toml".into()
                },
            ]
        ),
        Some(2)
    );
    assert_eq!(apply(&store, vec![put("b.toml", b"back")]), Some(3));
    let at = |revision: i64| -> Vec<(String, Vec<u8>)> {
        store
            .read_blocking(move |c| definitions::files_at(c, revision))
            .expect("read")
            .into_iter()
            .map(|file| (file.path, file.bytes))
            .collect()
    };
    assert_eq!(
        at(1),
        [
            ("a.toml".into(), odd.to_vec()),
            ("b.toml".into(), b"b".to_vec())
        ]
    );
    assert_eq!(at(2), [("a.toml".into(), b"new".to_vec())]);
    let now = store.read_blocking(definitions::files).expect("read");
    assert_eq!(
        now.iter()
            .map(|file| (file.path.as_str(), file.revision))
            .collect::<Vec<_>>(),
        [("a.toml", 2), ("b.toml", 3)]
    );
    let hashes = store.read_blocking(definitions::hashes).expect("read");
    assert_eq!(hashes[0].1, definitions::sha256_hex(b"new"));
    assert_eq!(
        definitions::sha256_hex(b"abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let revisions = store
        .read_blocking(|c| definitions::revisions(c, 2))
        .expect("read");
    assert_eq!(
        revisions
            .iter()
            .map(|revision| revision.id)
            .collect::<Vec<_>>(),
        [3, 2]
    );
}

fn an_operators_command_outlives_an_apply_that_does_not_speak_of_it(db: &Db) {
    let store = db.open();
    let sealed = bots::seal_token(&key(), &bot(), &Secret::new("77:abc")).expect("sealed");
    let apply = |enabled: bool, revision: i64| {
        let definition = BotDefinition {
            code: bot(),
            channel: Channel::Telegram,
            token: TokenSource::Sealed(sealed.clone()),
            enabled,
            revision,
        };
        store
            .write_blocking(move |c| bots::apply(c, &definition))
            .expect("applied");
    };
    let get = || {
        store
            .read_blocking(|c| bots::get(c, &bot()))
            .expect("read")
            .expect("there")
    };
    apply(true, 1);
    assert!(get().enabled);
    store
        .write_blocking(|c| bots::command(c, &bot(), false))
        .expect("off");
    apply(true, 2);
    assert!(!get().enabled, "the file did not change its mind");
    apply(false, 3);
    apply(true, 4);
    assert!(get().enabled, "the file changed its mind");
    store
        .write_blocking(|c| bots::set_identity(c, &bot(), TelegramBotId(77), Some("shop_bot")))
        .expect("set");
    store
        .write_blocking(|c| bots::mark_deleted(c, &bot(), 5))
        .expect("marked");
    assert!(matches!(
        store.write_blocking(|c| bots::command(c, &bot(), true)),
        Err(StoreError::NotFound { .. })
    ));
    apply(true, 6);
    let record = get();
    assert!(!record.deleted && record.enabled);
    assert_eq!(record.telegram_id, Some(TelegramBotId(77)));
    let TokenSource::Sealed(text) = record.token else {
        panic!("a sealed token");
    };
    assert_eq!(
        key()
            .unseal(&text, &bots::token_context(&bot()))
            .map(|secret| secret.expose().to_owned()),
        Ok("77:abc".into())
    );
    assert_eq!(store.read_blocking(bots::list).map(|all| all.len()), Ok(1));
}

fn user(code: &str) -> PartyRef {
    PartyRef {
        kind: PartyKind::User,
        code: code.into(),
    }
}

fn a_seed_updates_what_it_names_and_revives_nothing(db: &Db) {
    let store = db.open();
    let seed = |name: Option<&str>, attributes: &[(&str, &str)]| {
        let seed = PartySeed {
            reference: user("ivanov"),
            name: name.map(str::to_owned),
            groups: name.map(|_| vec!["managers".into(), "all".into()]),
            time_zone: None,
            language: None,
            attributes: attributes
                .iter()
                .map(|(name, value)| {
                    (
                        (*name).to_owned(),
                        AttributeValue::Text((*value).to_owned()),
                    )
                })
                .collect::<BTreeMap<_, _>>(),
        };
        store
            .write_blocking(move |c| parties::seed(c, &seed))
            .expect("seeded")
    };
    let get = || {
        store
            .read_blocking(|c| parties::get(c, &user("ivanov")))
            .expect("read")
            .expect("there")
    };
    assert_eq!(seed(Some("Иванов"), &[("inn", "77")]), Seeded::Created);
    assert_eq!(seed(Some("Иванов"), &[("inn", "77")]), Seeded::Unchanged);
    store
        .write_blocking(|c| parties::set_deleted(c, &user("ivanov"), true))
        .expect("marked");
    assert_eq!(seed(None, &[("phone", "1")]), Seeded::Updated);
    let party = get();
    assert_eq!(party.name, "Иванов", "not named, so not changed");
    assert_eq!(party.groups, ["all", "managers"]);
    assert_eq!(party.attributes.len(), 2);
    assert!(party.deleted, "a seed does not bring it back");
    let find = |value: &'static str| {
        store
            .read_blocking(move |c| {
                parties::find_by_attribute(c, PartyKind::User, "inn", value, 10)
            })
            .expect("read")
    };
    assert_eq!(find("77"), [user("ivanov")]);
    assert!(find("78").is_empty());
    assert_eq!(
        store.read_blocking(|c| parties::members(c, "managers")),
        Ok(vec![user("ivanov")])
    );
    assert_eq!(store.read_blocking(parties::list), Ok(vec![party]));
    let group = PartyGroup {
        code: "all".into(),
        name: "Все".into(),
    };
    let written = group.clone();
    store
        .write_blocking(move |c| parties::put_group(c, &written))
        .expect("put");
    assert_eq!(store.read_blocking(parties::groups), Ok(vec![group]));
}

fn a_revoked_registration_stays_out(db: &Db) {
    let store = db.open();
    let registration = |code: &str| Registration {
        bot: bot(),
        chat: ChatId(1001),
        party: user(code),
    };
    let seed = |code: &str| {
        let registration = registration(code);
        store
            .write_blocking(move |c| {
                let seeds = registrations::seeds(c, Channel::Telegram, &registration)?;
                if matches!(seeds, Seeded::Created | Seeded::Updated) {
                    let by = By::File("parties.toml".into());
                    registrations::register(c, Channel::Telegram, &registration, Moment(1), &by)?;
                }
                Ok(seeds)
            })
            .expect("seeded")
    };
    let party = || {
        store
            .read_blocking(|c| registrations::party_of(c, Channel::Telegram, &bot(), ChatId(1001)))
            .expect("read")
            .map(|party| party.code)
    };
    assert_eq!(seed("ivanov"), Seeded::Created);
    assert_eq!(seed("ivanov"), Seeded::Unchanged);
    assert_eq!(seed("petrov"), Seeded::Updated);
    assert_eq!(party(), Some("petrov".into()));
    let revoke = || {
        store.write_blocking(|c| {
            registrations::revoke(
                c,
                Channel::Telegram,
                &bot(),
                ChatId(1001),
                Moment(2),
                &By::Token("ops".into()),
            )
        })
    };
    assert_eq!(revoke(), Ok(true));
    assert_eq!(revoke(), Ok(false));
    assert_eq!(seed("ivanov"), Seeded::LeftRevoked);
    assert_eq!(party(), None);
    let again = registration("ivanov");
    store
        .write_blocking(move |c| {
            registrations::register(c, Channel::Telegram, &again, Moment(3), &By::System)
        })
        .expect("registered by chat");
    assert_eq!(party(), Some("ivanov".into()));
    let all = store.read_blocking(|c| registrations::all(c, Channel::Telegram));
    let all: Vec<_> = all
        .expect("read")
        .into_iter()
        .map(|row| (row.chat, row.party))
        .collect();
    assert_eq!(all, [(ChatId(1001), Some(user("ivanov")))]);
    assert_eq!(
        store
            .read_blocking(|c| registrations::of_party(c, &user("ivanov")))
            .map(|all| all.len()),
        Ok(1)
    );
    assert_eq!(
        store
            .read_blocking(registrations::list)
            .map(|all| all.len()),
        Ok(1)
    );
}

fn a_token_is_found_by_its_hash_until_revoked(db: &Db) {
    let store = db.open();
    let token = tokens::generate().expect("random");
    let create = |id: i64, token: &Secret| {
        let (token, new) = (
            token.clone(),
            NewApiToken {
                id,
                name: "ops".into(),
                scopes: vec!["read".into(), "operate".into()],
                party: Some(user("ivanov")),
            },
        );
        store.write_blocking(move |c| tokens::create(c, &token, &new, Moment(1), &By::System))
    };
    let find = |text: &str| {
        let text = text.to_owned();
        store
            .read_blocking(move |c| tokens::find(c, &text))
            .expect("read")
    };
    create(1, &token).expect("created");
    assert!(matches!(
        create(2, &tokens::generate().expect("random")),
        Err(StoreError::NotUnique { .. })
    ));
    let found = find(token.expose()).expect("found");
    assert_eq!(found.scopes, ["read", "operate"]);
    assert_eq!(found.party, Some(user("ivanov")));
    assert_eq!(find("vst_wrong"), None);
    store
        .write_blocking(|c| tokens::used(c, 1, Moment(7)))
        .expect("noted");
    assert_eq!(store.read_blocking(tokens::count), Ok(1));
    assert_eq!(
        store.write_blocking(|c| tokens::revoke(c, "ops", Moment(8))),
        Ok(true)
    );
    assert_eq!(find(token.expose()), None);
    assert_eq!(store.read_blocking(tokens::count), Ok(0));
    create(3, &tokens::generate().expect("random")).expect("the name is free again");
    let all = store.read_blocking(tokens::list).expect("read");
    assert_eq!(all[0].last_used_at, Some(Moment(7)));
    assert_eq!(all.len(), 2);
}

fn the_audit_is_read_backwards(db: &Db) {
    let store = db.open();
    for (id, object) in [(1, "bot:a"), (2, "bot:b"), (3, "bot:a")] {
        store
            .write_blocking(move |c| {
                audit::write(
                    c,
                    id,
                    Moment(id),
                    &By::Token("ops".into()),
                    "bot.stop",
                    object,
                    "{}",
                )
            })
            .expect("written");
    }
    let ids = |object: Option<&'static str>, before: Option<i64>| -> Vec<i64> {
        store
            .read_blocking(move |c| audit::list(c, object, before, 10))
            .expect("read")
            .into_iter()
            .map(|row| row.id)
            .collect()
    };
    assert_eq!(ids(None, None), [3, 2, 1]);
    assert_eq!(ids(Some("bot:a"), None), [3, 1]);
    assert_eq!(ids(None, Some(3)), [2, 1]);
}

on_both!(
    files_come_back_byte_for_byte_with_their_revisions,
    an_operators_command_outlives_an_apply_that_does_not_speak_of_it,
    a_seed_updates_what_it_names_and_revives_nothing,
    a_revoked_registration_stays_out,
    a_token_is_found_by_its_hash_until_revoked,
    the_audit_is_read_backwards,
);
