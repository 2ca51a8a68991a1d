//! Who is who is never stale: whoever writes it, the next message is handled by what is true.

use vestnik::model::{BotCode, By, Channel, ChatId, PartyKind, PartyRef, Registration};
use vestnik::store::{Store, StoreConfig, parties, registrations};

use crate::support::app::App;

const PARTIES: &str = r#"
[[group]]
code = "coders"
name = "Кто пишет код"
[[user]]
code = "ivanov"
name = "Иванов"
[[user]]
code = "petrov"
name = "Петров"
phone = "+7 900 000-00-01"
groups = ["coders"]
[[registration]]
bot = "shop"
chat = 1001
party = "user:petrov"
"#;

const SHOP: &str = r#"
allow_code = true
code_groups = ["coders"]
quote = "never"
unknown_reply = "Не знаю"
[[keyword]]
words = "Кто я"
kind = "algorithm"
algorithm = "Кто"
[[keyword]]
words = "Сменить"
kind = "algorithm"
algorithm = "Сменить"
"#;

const ALGORITHMS: &str = r#"
[[algorithm]]
name = "Кто"
file = "algorithms/Кто.bsl"
[[algorithm]]
name = "Сменить"
file = "algorithms/Сменить.bsl"
"#;

const WHO: &str = "Если _Исполнитель = Неопределено Тогда
	_Результат = \"никто\";
Иначе
	_Результат = _Исполнитель.Наименование + \" \" + _ДанныеДляОбработки.Телефон;
КонецЕсли;
";
const CHANGE: &str = "Я = _Исполнитель.ПолучитьОбъект();
Я.Телефон = \"+7 900 000-00-02\";
Я.Наименование = \"Петрова\";
Я.Записать();
_Результат = \"записано\";
";

fn app() -> App {
    App::builder()
        .bot("shop", SHOP)
        .file("parties.toml", PARTIES)
        .file("algorithms.toml", ALGORITHMS)
        .file("algorithms/Кто.bsl", WHO)
        .file("algorithms/Сменить.bsl", CHANGE)
        .start()
        .expect("SQLite")
}

fn link(chat: i64, code: &str) -> Registration {
    Registration {
        bot: BotCode::new("shop"),
        chat: ChatId(chat),
        party: user(code),
    }
}

fn user(code: &str) -> PartyRef {
    PartyRef {
        kind: PartyKind::User,
        code: code.to_owned(),
    }
}

#[test]
fn what_an_algorithm_writes_of_its_own_party_the_next_message_sees() {
    let app = app();
    assert_eq!(
        app.texts("shop", 1001, "Кто я"),
        ["Петров +7 900 000-00-01"]
    );
    assert_eq!(app.texts("shop", 1001, "Сменить"), ["записано"]);
    assert_eq!(
        app.texts("shop", 1001, "Кто я"),
        ["Петрова +7 900 000-00-02"]
    );
}

#[test]
fn a_registration_of_this_process_holds_for_the_next_message() {
    let app = app();
    assert_eq!(app.texts("shop", 1002, "Кто я"), ["никто"]);
    let now = app.clock().now();
    app.store()
        .write_blocking(move |c| {
            registrations::register(
                c,
                Channel::Telegram,
                &link(1002, "petrov"),
                now,
                &By::System,
            )
        })
        .expect("written");
    assert_eq!(
        app.texts("shop", 1002, "Кто я"),
        ["Петров +7 900 000-00-01"]
    );
    assert_eq!(app.texts("shop", 1002, "2+2"), ["4"]);
    app.store()
        .write_blocking(move |c| {
            let bot = BotCode::new("shop");
            registrations::revoke(c, Channel::Telegram, &bot, ChatId(1002), now, &By::System)
        })
        .expect("revoked");
    assert_eq!(app.texts("shop", 1002, "Кто я"), ["никто"]);
    assert_eq!(app.texts("shop", 1002, "2+2"), ["Не знаю"]);
}

#[test]
fn what_another_process_writes_of_people_is_noticed_without_an_apply() {
    let app = app();
    assert_eq!(
        app.texts("shop", 1001, "Кто я"),
        ["Петров +7 900 000-00-01"]
    );
    assert_eq!(app.texts("shop", 1001, "2+2"), ["4"]);
    let file = app.store().file().expect("SQLite");
    let key = app.store().key().clone();
    let beside = Store::open(StoreConfig::new(
        format!("sqlite:{}", file.display()),
        key,
        "beside",
    ))
    .expect("opened");
    let now = app.clock().now();
    beside
        .write_blocking(move |c| {
            registrations::register(
                c,
                Channel::Telegram,
                &link(1003, "ivanov"),
                now,
                &By::System,
            )?;
            let mut petrov = parties::get(c, &user("petrov"))?.expect("there");
            petrov.groups.clear();
            petrov.name = "Петрович".to_owned();
            parties::put(c, &petrov)
        })
        .expect("written");
    app.until("people are read anew", |app| {
        app.texts("shop", 1003, "Кто я") == ["Иванов"]
    });
    assert_eq!(
        app.texts("shop", 1001, "Кто я"),
        ["Петрович +7 900 000-00-01"]
    );
    assert_eq!(
        app.texts("shop", 1001, "2+2"),
        ["Не знаю"],
        "no longer in the group"
    );
}
