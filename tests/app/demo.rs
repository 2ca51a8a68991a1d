//! `vestnik demo`: what a newcomer sees.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::support::app::PATIENCE;
use crate::support::http;
use crate::support::process::{Running, vestnik};

/// The address within a URL.
fn address(url: &str) -> SocketAddr {
    let rest = url
        .strip_prefix("http://")
        .unwrap_or_else(|| panic!("a URL: {url}"));
    rest.split('/')
        .next()
        .expect("a host")
        .parse()
        .expect("an address")
}

#[test]
fn it_prints_both_addresses_answers_and_leaves_nothing_behind() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut demo = Running::start(vestnik(temp.path()).arg("demo").env("TMPDIR", temp.path()));
    let page = address(&demo.wait_out("Чат с ботами:"));
    let control = address(&demo.wait_out("Управление:"));
    demo.wait_out("Что попробовать:");
    demo.wait_out("Завершить: Ctrl-C");

    let shown = http::ask(page, "GET", "/", None);
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("page/main.js"));
    assert_eq!(http::ask(control, "GET", "/health/ready", None).status, 200);

    // Each bot has its name and says what to write to it first.
    let bots = http::ask(page, "GET", "/sim/bots", None).json();
    for bot in bots.as_array().expect("a list") {
        assert!(
            bot["name"].as_str().expect("a name").starts_with("Полдень"),
            "{bot}"
        );
        let path = format!("/sim/bots/{}/chats/1001/suggestions", bot["id"]);
        let found = http::ask(page, "GET", &path, None).json();
        assert!(
            found["texts"]
                .as_array()
                .is_some_and(|texts| texts.len() > 2),
            "{found}"
        );
    }

    // Four bots, one of them with a choice of three levels.
    let answer = |bot: i64, after: i64| {
        let path = format!("/sim/bots/{bot}/chats/1001/messages?after={after}");
        let entries = http::ask(page, "GET", &path, None).json();
        let entries = entries.as_array().expect("a list").clone();
        entries.into_iter().rfind(|entry| {
            // A confirmation stands in place of the question.
            let is_question = entry["buttons"]
                .as_array()
                .is_some_and(|rows| !rows.is_empty());
            entry["from"] == "bot" && (entry["kind"] == "message" || is_question)
        })
    };
    let ask = |bot: i64, what: &str, body: &str| {
        let before = answer(bot, 0).map_or(0, |entry| entry["seq"].as_i64().expect("a number"));
        let sent = http::send_json(page, "POST", &format!("/sim/bots/{bot}/{what}"), body);
        assert_eq!(sent.status, 200, "{sent:?}");
        let began = Instant::now();
        loop {
            if let Some(entry) = answer(bot, before)
                && entry["seq"].as_i64() > Some(before)
            {
                return entry;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "bot {bot} does not answer {body}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let say = |bot: i64, text: &str| {
        let body = serde_json::json!({"from": 1001, "chat": 1001, "name": "Иван", "text": text});
        ask(bot, "messages", &body.to_string())
    };
    let text = |entry: &serde_json::Value| entry["text"].as_str().expect("a text").to_owned();
    assert!(text(&say(1001, "/start")).contains("Иван"));
    assert!(text(&say(1002, "ц е н а")).contains("790 ₽"));
    let mut question = say(1003, "Подбор");
    for (label, next) in [
        ("Эспрессо-машина", "Шаг 2"),
        ("С молоком", "Шаг 3"),
        ("Орехи", "Орехи"),
    ] {
        let press = serde_json::json!({
            "from": 1001, "chat": 1001, "message_id": question["message_id"], "label": label,
        });
        question = ask(1003, "press", &press.to_string());
        assert!(text(&question).contains(next), "{label}: {question}");
    }

    // The clock that the page moves is the clock of the bots.
    let moved = r#"{"now": "2040-05-05T12:00:00Z"}"#;
    assert_eq!(
        http::send_json(page, "POST", "/sim/clock", moved).status,
        200
    );
    let began = Instant::now();
    while !text(&say(1001, "ТекущаяДата()")).contains("2040") {
        assert!(began.elapsed() < PATIENCE, "the bots keep their own time");
    }

    demo.signal("INT");
    let status = demo.wait_exit(Duration::from_secs(10));
    assert_eq!(status.code(), Some(0), "{}\n{}", demo.out(), demo.err());
    let left: Vec<_> = std::fs::read_dir(temp.path())
        .expect("read")
        .flatten()
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let said = demo.err();
    assert!(
        said.starts_with("vestnik: база данных sqlite:/") && said.lines().count() == 1,
        "nothing else needed attention: {said}"
    );
}

#[test]
fn a_given_folder_stays_with_what_was_changed_in_it() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path().join("проба");
    let start = || {
        let mut demo = Running::start(vestnik(temp.path()).args(["demo", "--dir"]).arg(&folder));
        demo.wait_out("Завершить: Ctrl-C");
        demo
    };
    let stop = |mut demo: Running| {
        demo.signal("TERM");
        assert_eq!(
            demo.wait_exit(Duration::from_secs(10)).code(),
            Some(0),
            "{}",
            demo.err()
        );
    };
    stop(start());
    let shop = folder.join("organisation/bots/shop.toml");
    let text = std::fs::read_to_string(&shop).expect("the sample is there");
    std::fs::write(&shop, text.replace("790 ₽", "990 ₽")).expect("written");
    stop(start());
    let text = std::fs::read_to_string(&shop).expect("it is there");
    assert!(text.contains("990 ₽"), "what was changed stays");
    assert!(folder.join("vestnik.db").exists());
}
