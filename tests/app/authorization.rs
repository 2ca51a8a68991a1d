//! Authorisation seen from outside: the control endpoint, registration links, what is kept of secrets,
//! cards as they stand, people who are registered by whatever means and told once.

use serde_json::{Value, json};
use vestnik::model::{BotCode, By, Change, ChatId, PartyKind, PartyRef, Registration};
use vestnik::store::unit_of_work::{self, Stamp};
use vestnik::store::{inbox, requests};
use vestnik_simulator::Say;

use crate::support::app::App;
use crate::support::http::{self, Answer};

const PARTIES: &str = r#"
[[group]]
code = "deciders"
name = "Решающие"
[[user]]
code = "ivanov"
name = "Иванов"
groups = ["deciders"]
[[user]]
code = "petrov"
name = "Петров"
groups = ["deciders"]
[[counterparty]]
code = "romashka"
name = "ООО Ромашка"
inn = "7701234567"
[[registration]]
bot = "main"
chat = 501
party = "user:ivanov"
[[registration]]
bot = "main"
chat = 502
party = "user:petrov"
"#;

const SHOP: &str = r#"
quote = "never"
[authorization]
responsible = "group:deciders"
fields = ["Наименование", "ИНН"]
[[keyword]]
words = "Цена"
kind = "text"
text = "100 рублей"
[[keyword]]
words = "Выбор"
kind = "choice"
title = "Что?"
variants = ["Раз", "Два"]
"#;

const BEGIN: &str = "Отправить данные для авторизации...";

fn app() -> App {
    app_on(false).expect("SQLite")
}

fn app_on(postgres: bool) -> Option<App> {
    let mut builder = App::builder()
        .bot("main", "main = true\nquote = \"never\"\n")
        .bot("shop", SHOP)
        .file("parties.toml", PARTIES);
    if postgres {
        builder = builder.postgres();
    }
    builder.start()
}

#[track_caller]
fn send(app: &App, method: &str, path: &str, token: &str, body: &Value, more: &str) -> Answer {
    http::send_with(
        app.node().http_addr,
        method,
        &format!("/api/v1/{path}"),
        &format!("Authorization: Bearer {token}\r\n{more}"),
        &body.to_string(),
    )
}

/// A stranger sends his data and waits.
#[track_caller]
fn apply_for(app: &App, chat: i64, data: &str) {
    app.texts("shop", chat, BEGIN);
    app.texts("shop", chat, data);
    let answers = app.texts("shop", chat, "Отправить");
    assert_eq!(answers.len(), 1, "{answers:?}");
}

/// The card that a responsible person sees: text and buttons as they stand now.
fn card(app: &App, chat: i64) -> (String, Vec<String>) {
    let shown = app.shown("main", chat).expect("a chat");
    let last = shown
        .iter()
        .rev()
        .find(|shown| shown.text.contains("Запрос авторизации"));
    let card = last.expect("a card");
    (card.text.clone(), card.labels())
}

#[test]
fn d21_cards_show_what_became_of_the_request_whoever_decided() {
    let app = app();
    let operate = app.token("operate");
    apply_for(&app, 11, "ООО Ромашка, 7701234567");
    for decider in [501, 502] {
        let (text, labels) = card(&app, decider);
        assert!(text.contains("ООО Ромашка, 7701234567"), "{text}");
        assert_eq!(labels, ["Принять", "Отклонить"]);
    }
    // One of them takes it in hand: the other sees who.
    app.press_in("main", 501, "Принять");
    let (text, labels) = card(&app, 502);
    assert!(text.ends_with("Решает Иванов."), "{text}");
    assert_eq!(labels, [""; 0]);
    app.press_in("main", 501, "Назад");
    for decider in [501, 502] {
        assert_eq!(card(&app, decider).1, ["Принять", "Отклонить"]);
    }
    // An administrator decides over HTTP.
    let list = send(
        &app,
        "GET",
        "authorization-requests?status=waiting",
        &operate,
        &json!({}),
        "",
    );
    let id = list.json()["items"][0]["id"].as_i64().expect("an id");
    let after = app.simulator().last_seq();
    let accepted = send(
        &app,
        "POST",
        &format!("authorization-requests/{id}/accept"),
        &operate,
        &json!({"party": "counterparty:romashka"}),
        "",
    );
    assert_eq!(accepted.status, 200, "{accepted:?}");
    assert_eq!(accepted.json()["status"], "accepted");
    assert_eq!(accepted.json()["decided_by"], "token:test operate");
    app.rest();
    let told = app.answers("shop", 11, after).expect("a bot");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].text, "Вы зарегистрированы: ООО Ромашка.");
    for decider in [501, 502] {
        let (text, labels) = card(&app, decider);
        assert!(
            text.ends_with("✅ Зарегистрирован: ООО Ромашка. Решение: test operate"),
            "{text}"
        );
        assert_eq!(labels, [""; 0]);
    }
    // A second decision comes too late, and says so.
    let late = send(
        &app,
        "POST",
        &format!("authorization-requests/{id}/reject"),
        &operate,
        &json!({}),
        "",
    );
    assert_eq!(
        (late.status, &late.json()["code"]),
        (409, &json!("conflict"))
    );
}

#[test]
fn d21_two_people_decide_at_once_and_one_of_them_is_first() {
    // Accept, refuse, refuse without a reason: what both have before their eyes, or kept from before.
    for (one, other) in [("x", "x"), ("a", "x"), ("x", "r"), ("x", "x")] {
        let app = app();
        apply_for(&app, 11, "ООО Ромашка, 7701234567");
        let open = || {
            app.read(|conn| requests::last_of(conn, &BotCode::new("shop"), ChatId(11)))
                .expect("read")
                .expect("a request")
        };
        let id = open().id;
        let after = app.simulator().last_seq();
        // Neither waits for what the other one does.
        for (decider, button) in [(501, one), (502, other)] {
            let shown = app.shown("main", decider).expect("a chat");
            let press = vestnik_simulator::Press {
                from: decider,
                chat: Some(decider),
                message_id: shown.last().map(|shown| shown.message_id),
                label: String::new(),
                data: Some(format!("req={:x}:{button}", id.0)),
            };
            app.press("main", press).expect("pressed");
        }
        app.rest();
        let request = open();
        let told = app.answers("shop", 11, after).expect("a bot").len();
        if one == other {
            assert_eq!(request.state.as_str(), "rejected");
        }
        match request.state.as_str() {
            "rejected" => assert_eq!(told, 1, "{one} {other}"),
            // Who took it in hand was first: the other one could not decide.
            "waiting" => assert_eq!((told, request.taken_by.is_some()), (0, true)),
            other => panic!("{other}"),
        }
        hold_against(&app, 11, &format!("{one} {other}"));
    }
}

#[test]
fn d23_a_registration_is_made_changed_revoked_and_found_over_http() {
    for postgres in [false, true] {
        let Some(app) = app_on(postgres) else {
            return;
        };
        let (read, operate) = (app.token("read"), app.token("operate"));
        let new = json!({"bot": "shop", "chat": 77, "party": "user:ivanov"});
        let refused = send(&app, "POST", "registrations", &read, &new, "");
        assert_eq!(refused.status, 403);
        // Once for a key, however often it is asked.
        let key = "Idempotency-Key: 4d1\r\n";
        for _ in 0..3 {
            let made = send(&app, "POST", "registrations", &operate, &new, key);
            assert_eq!(made.status, 201, "{made:?}");
            assert_eq!(made.json()["id"], "shop:77");
            assert_eq!(made.json()["created_by"], "token:test operate");
        }
        let other = json!({"bot": "shop", "chat": 78, "party": "user:ivanov"});
        let reused = send(&app, "POST", "registrations", &operate, &other, key);
        assert_eq!(
            (reused.status, &reused.json()["code"]),
            (422, &json!("key_reused"))
        );
        app.rest();
        let told = app.answers("shop", 77, 0).expect("a bot");
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].text, "Вы зарегистрированы: Иванов.");
        assert_eq!(app.texts("shop", 77, "Цена"), ["100 рублей"]);
        assert_eq!(app.texts("shop", 77, "Выбор"), ["Что?"]);

        // What is not there is told, and what is not a chat of a person.
        for (body, status) in [
            (
                json!({"bot": "nobody", "chat": 1, "party": "user:ivanov"}),
                404,
            ),
            (
                json!({"bot": "shop", "chat": 1, "party": "user:nobody"}),
                404,
            ),
            (
                json!({"bot": "shop", "chat": -1, "party": "user:ivanov"}),
                400,
            ),
            (json!({"bot": "shop", "chat": 1, "party": "ivanov"}), 400),
            (json!({"bot": "shop", "chat": 1}), 400),
        ] {
            let answer = send(&app, "POST", "registrations", &operate, &body, "");
            assert_eq!(answer.status, status, "{body}: {answer:?}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }

        // Re-linked by whoever saw it as it is.
        let shown = send(&app, "GET", "registrations/shop:77", &read, &json!({}), "");
        let etag = shown.header("etag").to_owned();
        let to = json!({"party": "counterparty:romashka"});
        let stale = send(
            &app,
            "PATCH",
            "registrations/shop:77",
            &operate,
            &to,
            "If-Match: \"99\"\r\n",
        );
        assert_eq!(
            (stale.status, &stale.json()["code"]),
            (412, &json!("stale"))
        );
        let seen = format!("If-Match: {etag}\r\n");
        let changed = send(&app, "PATCH", "registrations/shop:77", &operate, &to, &seen);
        assert_eq!(changed.status, 200, "{changed:?}");
        app.rest();
        let told = app.answers("shop", 77, 0).expect("a bot");
        assert_eq!(
            told.last().expect("told").text,
            "Вы зарегистрированы: ООО Ромашка."
        );

        // Found by the beginning of a name, by the code, by the chat key, in any case, page by page.
        for search in ["ооо ром", "romashka", "77"] {
            let found = send(
                &app,
                "GET",
                &format!("registrations?search={}", percent(search)),
                &read,
                &json!({}),
                "",
            );
            let items = found.json()["items"].as_array().expect("a list").clone();
            assert_eq!(items.len(), 1, "{search}: {found:?}");
            assert_eq!(items[0]["party"], "counterparty:romashka");
        }
        let mut pages = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("registrations?limit=1{cursor}");
            let page = send(&app, "GET", &path, &read, &json!({}), "").json();
            pages.extend(
                page["items"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|row| row["id"].clone()),
            );
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(pages, ["main:501", "main:502", "shop:77"]);

        // Revoked: a stranger at the next message, and the open choice is no more.
        let revoked = send(
            &app,
            "POST",
            "registrations/shop:77/revoke",
            &operate,
            &json!({}),
            "",
        );
        assert_eq!(revoked.json()["status"], "revoked");
        assert!(app.press_in("shop", 77, "Раз")[0].contains("пройдите авторизацию"));
        assert!(app.texts("shop", 77, "Цена")[0].contains("пройдите авторизацию"));
        let active = send(
            &app,
            "GET",
            "registrations?status=active&bot=shop",
            &read,
            &json!({}),
            "",
        );
        assert_eq!(active.json()["items"], json!([]));
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn d23_a_link_registers_once_and_its_secret_is_nowhere() {
    let app = app();
    let (read, operate) = (app.token("read"), app.token("operate"));
    let new = json!({"bot": "shop", "party": "counterparty:romashka"});
    let made = send(&app, "POST", "registrations/links", &operate, &new, "");
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let url = made["url"].as_str().expect("a link").to_owned();
    let (_, secret) = url.split_once("?start=").expect("a parameter");
    assert!(secret.len() <= 64 && secret.starts_with("reg_"), "{url}");
    let code = format!("registrations/links/{}.svg", made["id"]);
    assert_eq!(send(&app, "GET", &code, &read, &json!({}), "").status, 403);
    let drawn = send(&app, "GET", &code, &operate, &json!({}), "");
    assert_eq!(drawn.status, 200);
    assert!(drawn.body.contains("<svg"), "{}", drawn.body);

    let told = app.texts("shop", 21, &format!("/start {secret}"));
    assert_eq!(told, ["Вы зарегистрированы: ООО Ромашка."]);
    assert_eq!(app.texts("shop", 21, "Цена"), ["100 рублей"]);
    // Once.
    let again = app.texts("shop", 22, &format!("/start {secret}"));
    assert!(
        again[0].starts_with("Эта ссылка больше не действует"),
        "{again:?}"
    );
    assert_eq!(
        send(&app, "GET", &code, &operate, &json!({}), "").status,
        409
    );
    // Neither the hash nor a made-up link opens anything.
    let hash = vestnik::store::links::hash(secret);
    for text in [
        format!("/start reg#{hash}"),
        "/start reg_nothing".to_owned(),
    ] {
        let answer = app.texts("shop", 23, &text);
        assert!(!answer[0].contains("зарегистрированы:"), "{answer:?}");
    }
    // The secret is in no row: not in the updates as they came, not in what was tried.
    for chat in [21, 22] {
        let traces = app
            .read(move |conn| inbox::traces(conn, &BotCode::new("shop"), ChatId(chat), None, 10))
            .expect("read");
        for traced in traces {
            assert!(!traced.trace.contains(secret), "{}", traced.trace);
        }
    }
    app.rest();
    let file = app.store().file().expect("SQLite");
    for suffix in ["", "-wal"] {
        let path = format!("{}{suffix}", file.display());
        if let Ok(bytes) = std::fs::read(&path) {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "the secret is in {path}");
        }
    }
}

#[test]
fn d23_a_link_for_many_has_a_limit_and_an_end() {
    let app = app();
    let operate = app.token("operate");
    let new =
        json!({"bot": "shop", "create": "user", "groups": ["deciders"], "limit": 2, "hours": 1});
    let made = send(&app, "POST", "registrations/links", &operate, &new, "").json();
    let secret = made["url"]
        .as_str()
        .expect("a link")
        .rsplit('=')
        .next()
        .expect("it")
        .to_owned();
    for chat in [31, 32] {
        let told = app.texts("shop", chat, &format!("/start {secret}"));
        assert_eq!(told, ["Вы зарегистрированы: Иван."]);
    }
    // Who is known needs no second card; a third finds the link spent.
    let known = app.texts("shop", 31, &format!("/start {secret}"));
    assert!(known[0].starts_with("Эта ссылка"), "{known:?}");
    let third = app.texts("shop", 33, &format!("/start {secret}"));
    assert!(third[0].starts_with("Эта ссылка"), "{third:?}");
    let people = send(
        &app,
        "GET",
        "parties?kind=user&search=%D0%98%D0%B2%D0%B0%D0%BD",
        &operate,
        &json!({}),
        "",
    );
    let people = people.json()["items"].as_array().expect("a list").clone();
    assert_eq!(people.len(), 3, "ivanov and two new: {people:?}");
    // One that ran out, and one that was withdrawn.
    for withdrawn in [false, true] {
        let made = send(&app, "POST", "registrations/links", &operate, &new, "").json();
        let secret = made["url"]
            .as_str()
            .expect("a link")
            .rsplit('=')
            .next()
            .expect("it")
            .to_owned();
        if withdrawn {
            let path = format!("registrations/links/{}/revoke", made["id"]);
            assert_eq!(
                send(&app, "POST", &path, &operate, &json!({}), "").json()["status"],
                "revoked"
            );
        } else {
            app.advance_clock(3_601);
        }
        let late = app.texts("shop", 34, &format!("/start {secret}"));
        assert!(late[0].starts_with("Эта ссылка"), "{late:?}");
    }
}

#[test]
fn r102_parties_and_groups_are_listed_made_changed_and_marked() {
    let app = app();
    let operate = app.token("operate");
    let new = json!({"kind": "counterparty", "name": "ООО Лютик", "attributes": {"inn": "7709", "Скидка": 5, "VIP": true}});
    let made = send(&app, "POST", "parties", &operate, &new, "").json();
    let id = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        made["attributes"],
        json!({"inn": "7709", "Скидка": 5, "VIP": true})
    );
    let path = format!("parties/{id}");
    let shown = send(&app, "GET", &path, &operate, &json!({}), "");
    let etag = shown.header("etag").to_owned();
    let change = json!({"name": "ООО Василёк", "attributes": {"VIP": null}});
    let seen = format!("If-Match: {etag}\r\n");
    let changed = send(&app, "PATCH", &path, &operate, &change, &seen);
    assert_eq!(changed.json()["name"], "ООО Василёк");
    assert_eq!(
        changed.json()["attributes"],
        json!({"inn": "7709", "Скидка": 5})
    );
    assert_eq!(
        send(&app, "PATCH", &path, &operate, &change, &seen).status,
        412
    );
    let marked = send(&app, "DELETE", &path, &operate, &json!({}), "");
    assert_eq!(marked.json()["status"], "deleted");
    // A party that is marked takes no new chat.
    let link = json!({"bot": "shop", "chat": 41, "party": id});
    assert_eq!(
        send(&app, "POST", "registrations", &operate, &link, "").status,
        404
    );

    let group = json!({"code": "night", "name": "Ночная смена"});
    assert_eq!(
        send(&app, "POST", "groups", &operate, &group, "").status,
        201
    );
    assert_eq!(
        send(&app, "POST", "groups", &operate, &group, "").status,
        409
    );
    let renamed = send(
        &app,
        "PATCH",
        "groups/night",
        &operate,
        &json!({"name": "Ночь"}),
        "",
    );
    assert_eq!(renamed.json(), json!({"code": "night", "name": "Ночь"}));
    let found = send(
        &app,
        "GET",
        "groups?search=%D0%BD%D0%BE%D1%87",
        &operate,
        &json!({}),
        "",
    );
    assert_eq!(
        found.json()["items"],
        json!([{"code": "night", "name": "Ночь"}])
    );
    let user = json!({"kind": "user", "code": "sidorov", "name": "Сидоров", "groups": ["nowhere"]});
    assert_eq!(
        send(&app, "POST", "parties", &operate, &user, "").status,
        404
    );
}

#[test]
fn d21_a_registration_by_other_means_decides_the_open_request() {
    let app = app();
    apply_for(&app, 51, "кто-то");
    let after = app.simulator().last_seq();
    let (at, ids) = (app.clock().now(), app.store().ids().clone());
    app.store()
        .write_blocking(move |conn| {
            let stamp = Stamp {
                at,
                by: &By::Person("cli:root".into()),
                quiet: false,
                ids: &ids,
            };
            let registration = Registration {
                bot: BotCode::new("shop"),
                chat: ChatId(51),
                party: PartyRef {
                    kind: PartyKind::Counterparty,
                    code: "romashka".into(),
                },
            };
            unit_of_work::write(conn, &stamp, &Change::Register(registration))
        })
        .expect("written");
    app.rest();
    let told = app.answers("shop", 51, after).expect("a bot");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].text, "Вы зарегистрированы: ООО Ромашка.");
    assert!(
        card(&app, 501)
            .0
            .contains("✅ Зарегистрирован: ООО Ромашка")
    );
    let open = app
        .read(|conn| requests::open_of(conn, &BotCode::new("shop"), ChatId(51)))
        .expect("read");
    assert_eq!(open, None);
}

#[test]
fn r97_a_foreign_contact_is_not_the_applicants_data() {
    let app = app();
    app.texts("shop", 61, BEGIN);
    let mut contact = serde_json::Map::new();
    contact.insert("phone_number".into(), json!("+79990000000"));
    contact.insert("user_id".into(), json!(62));
    let say = Say {
        from: 61,
        chat: Some(61),
        contact: Some(contact),
        ..Say::default()
    };
    let answers = app.ask_with("shop", say);
    assert_eq!(answers.len(), 1);
    assert!(
        answers[0].text.starts_with("Это не ваш контакт"),
        "{answers:?}"
    );
}

/// The generator of a run: the seed is printed and can be given by `VESTNIK_TEST_SEED`.
struct Dice(u64);

impl Dice {
    #[expect(
        clippy::print_stdout,
        reason = "whoever repeats a failure needs the seed"
    )]
    fn new() -> Dice {
        let seed = std::env::var("VESTNIK_TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or_else(|| {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                since.map_or(1, |since| since.as_micros() as u64)
            });
        println!("VESTNIK_TEST_SEED={seed}");
        Dice(seed)
    }

    /// A number under `bound` (SplitMix64).
    fn roll(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.roll(among.len())]
    }
}

/// What is true of a chat, by the database and by what its person has read.
#[track_caller]
fn hold_against(app: &App, chat: i64, history: &str) {
    let bot = BotCode::new("shop");
    let of = bot.clone();
    let (registered, made, open, rejected) = app
        .read(move |conn| {
            use vestnik::model::{Channel, RequestState};
            use vestnik::store::{events, registrations};
            let party = registrations::party_of(conn, Channel::Telegram, &of, ChatId(chat))?;
            let stream = format!("registration:telegram:{of}:{chat}");
            let made = events::of_stream(conn, &stream)?.len();
            let filter = |state| requests::Filter {
                state: Some(state),
                bot: Some(of.clone()),
                chat: Some(ChatId(chat)),
                limit: 1_000,
                ..requests::Filter::default()
            };
            let open = requests::list(conn, &filter(RequestState::Waiting))?.len();
            let rejected = requests::list(conn, &filter(RequestState::Rejected))?.len();
            Ok((party.is_some(), made, open, rejected))
        })
        .expect("read");
    let texts: Vec<String> = app
        .answers("shop", chat, 0)
        .expect("a bot")
        .into_iter()
        .map(|entry| entry.text)
        .collect();
    let count = |beginning: &str| {
        texts
            .iter()
            .filter(|text| text.starts_with(beginning))
            .count()
    };
    assert!(open <= 1, "one open request a chat: {open}\n{history}");
    assert!(!registered || open == 0, "a request that hangs\n{history}");
    assert_eq!(
        count("Вы зарегистрированы"),
        made,
        "`authorized` once each\n{history}"
    );
    assert_eq!(
        count("В авторизации отказано"),
        rejected,
        "refusals once each\n{history}"
    );
    // The rules answer whoever is let in, and nobody else.
    let answer = app.texts("shop", chat, "/start");
    assert_eq!(answer.len(), 1, "{history}");
    let answer = app.texts("shop", chat, "Цена");
    let served = answer.iter().any(|text| text == "100 рублей");
    assert_eq!(served, registered, "{answer:?}\n{history}");
}

/// Random steps of applicants, responsible people, an administrator, the clock and restarts; after each,
/// no stranger is served, no accepted person stays out, no notice is missing or doubled.
#[test]
fn random_interleavings_keep_what_is_promised() {
    const APPLICANTS: [i64; 3] = [11, 12, 13];
    const DECIDERS: [i64; 2] = [501, 502];
    let mut dice = Dice::new();
    let mut app = app();
    let operate = app.token("operate");
    let mut history = String::new();
    for step in 0..70 {
        let applicant = *dice.pick(&APPLICANTS);
        let decider = *dice.pick(&DECIDERS);
        let what = dice.roll(12);
        let done = match what {
            // An applicant goes on, or writes something else.
            0..=4 => {
                let text = *dice.pick(&[
                    BEGIN,
                    "ООО Ромашка, 7701234567",
                    "Отправить",
                    "Отправить",
                    "Исправить",
                    "Отмена",
                    "Выбор",
                ]);
                app.texts("shop", applicant, text);
                format!("{applicant} пишет {text}")
            }
            // Whole ways, or requests would be rare.
            5 => {
                for text in [BEGIN, "ООО Ромашка, 7701234567", "Отправить"] {
                    app.texts("shop", applicant, text);
                }
                format!("{applicant} подал запрос")
            }
            // A responsible person presses what he sees, new or old, or answers in words.
            6..=9 => {
                let shown = app.shown("main", decider).expect("a chat");
                let buttons: Vec<(i64, String)> = shown
                    .iter()
                    .flat_map(|shown| {
                        let of = |label: String| (shown.message_id, label);
                        shown.labels().into_iter().map(of).collect::<Vec<_>>()
                    })
                    .collect();
                if buttons.is_empty() || dice.roll(5) == 0 {
                    app.texts("main", decider, "Ромашка");
                    format!("{decider} пишет слова")
                } else {
                    let (message_id, label) = dice.pick(&buttons).clone();
                    let press = vestnik_simulator::Press {
                        from: decider,
                        chat: Some(decider),
                        message_id: Some(message_id),
                        label: label.clone(),
                        data: None,
                    };
                    app.press("main", press).expect("pressed");
                    app.rest();
                    format!("{decider} нажал {label}")
                }
            }
            10 => {
                let path = format!("registrations/shop:{applicant}/revoke");
                send(&app, "POST", &path, &operate, &json!({}), "");
                format!("отозван {applicant}")
            }
            _ if dice.roll(2) == 0 => {
                app.restart_node();
                "перезапуск".to_owned()
            }
            _ => {
                app.advance_clock(5 * 3_600);
                app.rest();
                "прошло 5 часов".to_owned()
            }
        };
        history.push_str(&format!("{step}: {done}\n"));
        app.rest();
        if dice.roll(4) == 0 {
            hold_against(&app, applicant, &history);
        }
    }
    for applicant in APPLICANTS {
        hold_against(&app, applicant, &history);
    }
}
