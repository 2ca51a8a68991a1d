//! Who is told of an algorithm that failed: whoever answers for the bot, once an hour for each place.

use vestnik::store::audit;

use crate::support::app::{App, Builder, bot_file};

const SHOP: &str = r#"
[authorization]
enabled = false
responsible = "ivanov"
[[keyword]]
words = "Цена"
kind = "algorithm"
algorithm = "Цена"
[[keyword]]
words = "Скидка"
kind = "algorithm"
algorithm = "Скидка"
"#;

const ALGORITHMS: &str = r#"
[[algorithm]]
name = "Цена"
file = "algorithms/Цена.bsl"
[[algorithm]]
name = "Скидка"
file = "algorithms/Скидка.bsl"
"#;

const PARTIES: &str = r#"
[[group]]
code = "administrators"
name = "Администраторы"
[[group]]
code = "coders"
name = "Пишут код"
[[user]]
code = "ivanov"
name = "Иванов"
[[user]]
code = "petrova"
name = "Петрова"
groups = ["administrators"]
[[user]]
code = "sidorov"
name = "Сидоров"
groups = ["coders"]
[[registration]]
bot = "main"
chat = 1001
party = "user:ivanov"
[[registration]]
bot = "main"
chat = 1002
party = "user:petrova"
[[registration]]
bot = "shop"
chat = 1002
party = "user:petrova"
[[registration]]
bot = "main"
chat = 1003
party = "user:sidorov"
"#;

const FAILS: &str = "Сумма = 1;\nВызватьИсключение \"Нет <b>цены</b> & скидки\";\n";

fn builder(shop: &str) -> Builder {
    App::builder()
        .bot("shop", shop)
        .bot("main", "main = true\n")
        .file("parties.toml", PARTIES)
        .file("algorithms.toml", ALGORITHMS)
        .file("algorithms/Цена.bsl", FAILS)
        .file("algorithms/Скидка.bsl", "А = 1 / 0;\n")
}

fn start(shop: &str) -> App {
    let app = builder(shop).start().expect("SQLite");
    // Whoever is to be written to has written first.
    for chat in 1001..=1003 {
        app.ask("main", chat, "Привет");
        app.ask("shop", chat, "Привет");
    }
    app
}

/// A person asks, and everything that comes of it is awaited: what each of these chats reads.
#[track_caller]
fn told(app: &App, text: &str, chats: &[(&str, i64)]) -> Vec<String> {
    let after = app.simulator().last_seq();
    assert_eq!(
        app.texts("shop", 5, text),
        ["Не получилось выполнить. Попробуйте позже."]
    );
    app.rest();
    let mut read = Vec::new();
    for &(bot, chat) in chats {
        for entry in app.answers(bot, chat, after).expect("answers") {
            read.push(format!("{bot} {chat}: {}", entry.text));
        }
    }
    read
}

const ALL: [(&str, i64); 6] = [
    ("main", 1001),
    ("main", 1002),
    ("main", 1003),
    ("shop", 1001),
    ("shop", 1002),
    ("shop", 1003),
];

#[test]
fn the_responsible_is_told_once_an_hour_of_each_place_also_over_a_restart() {
    let mut app = start(SHOP);
    let first = told(&app, "Цена", &ALL);
    assert_eq!(first.len(), 1, "{first:?}");
    let text = &first[0];
    // Registered with the main bot only; the text of the exception is shown as it is.
    assert!(
        text.starts_with("main 1001: ⚠ В боте «shop» алгоритм «Цена»"),
        "{text}"
    );
    assert!(
        text.contains("Цена") && text.contains("Нет <b>цены</b> & скидки"),
        "{text}"
    );
    assert!(text.contains("(2"), "the line: {text}");
    // The same place again, another place, and after a restart.
    assert_eq!(told(&app, "Цена", &ALL), [""; 0]);
    assert_eq!(told(&app, "Скидка", &ALL).len(), 1);
    app.advance_clock(3_000);
    app.restart_node();
    assert_eq!(told(&app, "Цена", &ALL), [""; 0]);
    app.advance_clock(601);
    assert_eq!(told(&app, "Цена", &ALL).len(), 1);
    // Another line of it is another place.
    app.write("algorithms/Цена.bsl", &format!("\n{FAILS}"));
    app.apply_and_sync();
    assert_eq!(told(&app, "Цена", &ALL).len(), 1);
    // The audit has each of them whole.
    let rows = app
        .store()
        .read_blocking(|c| audit::list(c, None, None, 100))
        .expect("read");
    let failed = rows.iter().filter(|row| row.action == "algorithm.failed");
    let failed: Vec<&str> = failed.map(|row| row.detail.as_str()).collect();
    assert_eq!(failed.len(), 6);
    assert!(failed[0].contains("Нет <b>цены</b>"), "{failed:?}");
}

#[test]
fn without_a_responsible_the_administrators_are_told_else_who_may_type_code() {
    let shop = SHOP.replace("responsible = \"ivanov\"", "");
    let mut app = start(&shop);
    // With the failing bot first, where he is registered there.
    let first = told(&app, "Цена", &ALL);
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].starts_with("shop 1002: "), "{first:?}");
    // Nobody is an administrator, and somebody may type code.
    let coded = format!("allow_code = true\ncode_groups = [\"coders\"]\n{shop}");
    app.write("bots/shop.toml", &bot_file("shop", 7_001, &coded));
    let parties = PARTIES.replace("groups = [\"administrators\"]", "groups = []");
    app.write("parties.toml", &parties);
    app.apply_and_sync();
    app.advance_clock(3_601);
    let then = told(&app, "Цена", &ALL);
    assert_eq!(then.len(), 1, "{then:?}");
    assert!(then[0].starts_with("main 1003: "), "{then:?}");
}
