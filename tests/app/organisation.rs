//! Definitions are text, data are rows (design: "What is true"): the two do not undo each other.

use vestnik::model::{BotCode, Channel, ChatId, PartyKind, PartyRef, Registration};
use vestnik::organisation::exported;
use vestnik::store::{By, registrations};

use super::SHOP;
use crate::support::app::{App, FIRST_BOT};

const PARTIES: &str = r#"
[[user]]
code = "ivanov"
name = "Иванов Иван"
[[user]]
code = "petrov"
name = "Пётр"
[[registration]]
bot = "shop"
chat = 1001
party = "user:ivanov"
"#;

fn registered(app: &App) -> Vec<(i64, bool)> {
    let rows = app.read(registrations::list).expect("read");
    let mut found: Vec<(i64, bool)> = rows
        .iter()
        .map(|row| (row.registration.chat.0, row.revoked_at.is_none()))
        .collect();
    found.sort_unstable();
    found
}

fn check(mut app: App) {
    let closed = format!("{SHOP}\n[authorization]\nenabled = true\n");
    assert_eq!(app.texts("shop", 1001, "Цена"), ["100 рублей"]);
    assert!(
        app.texts("shop", 1002, "Цена")[0].contains("пройдите авторизацию"),
        "a stranger is not served"
    );

    // Somebody revokes one and registers another, as people do in the running system.
    let now = app.clock().now();
    app.store()
        .write_blocking(move |conn| {
            let bot = BotCode::new("shop");
            registrations::revoke(
                conn,
                Channel::Telegram,
                &bot,
                ChatId(1001),
                now,
                &By::System,
            )?;
            let new = Registration {
                bot,
                chat: ChatId(1002),
                party: PartyRef {
                    kind: PartyKind::User,
                    code: "petrov".into(),
                },
            };
            registrations::register(conn, Channel::Telegram, &new, now, &By::System).map(|_| ())
        })
        .expect("written");

    // The file is edited (a name), and the server is started anew: it applies what changed.
    app.write("parties.toml", &PARTIES.replace("Пётр", "Петров Пётр"));
    app.write_bot(
        "shop",
        FIRST_BOT,
        &closed.replace("100 рублей", "200 рублей"),
    );
    app.restart_node();
    assert_eq!(
        app.texts("shop", 1002, "Цена"),
        ["200 рублей"],
        "the new one stays in"
    );
    assert!(
        app.texts("shop", 1001, "Цена")[0].contains("пройдите авторизацию"),
        "the revoked one stays out, though the file still names him"
    );
    assert_eq!(registered(&app), [(1001, false), (1002, true)]);

    // The export is what was applied, byte for byte, but for the token.
    let files = exported(app.store(), false).expect("exported");
    let parties = &files["parties.toml"].bytes;
    assert_eq!(
        &**parties,
        PARTIES.replace("Пётр", "Петров Пётр").as_bytes()
    );
    let bot = String::from_utf8(files["bots/shop.toml"].bytes.to_vec()).expect("text");
    let on_disk = std::fs::read_to_string(app.organisation().join("bots/shop.toml")).expect("read");
    assert!(
        bot.contains("token = \"sealed:") && !bot.contains(":test"),
        "{bot}"
    );
    let without_token = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.starts_with("token"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(without_token(&bot), without_token(&on_disk));

    // A restart without a change is none.
    app.restart_node();
    assert_eq!(app.apply().expect("applied").revision, None);
    assert_eq!(registered(&app), [(1001, false), (1002, true)]);
}

fn app(postgres: bool) -> Option<App> {
    let closed = format!("{SHOP}\n[authorization]\nenabled = true\n");
    let builder = App::builder()
        .bot("shop", &closed)
        .file("parties.toml", PARTIES);
    if postgres {
        builder.postgres().start()
    } else {
        builder.start()
    }
}

#[test]
fn applying_does_not_undo_what_people_did_on_sqlite() {
    check(app(false).expect("SQLite"));
}

#[test]
fn applying_does_not_undo_what_people_did_on_postgres() {
    if let Some(app) = app(true) {
        check(app);
    }
}
