//! Algorithms in the whole application: limits, neighbours, stops, traces, the audit, trial runs.

use std::time::{Duration, Instant};

use vestnik::model::{BotCode, ChatId};
use vestnik::store::{audit, inbox};

use crate::support::app::{App, Builder, PATIENCE};

const KEYWORDS: &str = r#"
allow_code = true
quote = "never"
[[keyword]]
words = "Цена"
kind = "text"
text = "Сто рублей"
[[keyword]]
words = "Бесконечно"
kind = "algorithm"
algorithm = "Бесконечно"
[[keyword]]
words = "Записать"
kind = "algorithm"
algorithm = "Запись"
"#;

const ALGORITHMS: &str = r#"
[[algorithm]]
name = "Бесконечно"
file = "algorithms/Бесконечно.bsl"
[[algorithm]]
name = "Запись"
short_name = "З"
telegram = true
file = "algorithms/Запись.bsl"
"#;

const ENDLESS: &str = "Пока Истина Цикл\nКонецЦикла;\n";

/// Reads, works for some 50 ms and writes.
const WRITES: &str = "Найден = Справочники.Контрагенты.НайтиПоНаименованию(\"нет такого\");
Начало = ТекущаяУниверсальнаяДатаВМиллисекундах();
Для Номер = 1 По 100000 Цикл
	Если Номер % 1000 = 0 И Лев(Строка(Номер), 1) = \"x\" Тогда
		Прервать;
	КонецЕсли;
КонецЦикла;
Клиент = Справочники.Контрагенты.СоздатьЭлемент();
Клиент.Наименование = \"Клиент\";
Клиент.Записать();
_Результат = \"Записан\";
";

fn app(more: impl FnOnce(Builder) -> Builder) -> App {
    let builder = App::builder()
        .bot("shop", KEYWORDS)
        .file("algorithms.toml", ALGORITHMS)
        .file("algorithms/Бесконечно.bsl", ENDLESS)
        .file("algorithms/Запись.bsl", WRITES);
    more(builder).start().expect("SQLite")
}

/// Only the time of a run is limited.
fn timed(builder: Builder, time_ms: u32) -> Builder {
    builder.settings(|settings| {
        settings.scripts.time_ms = time_ms;
        settings.scripts.instructions = u64::MAX;
    })
}

/// The answer with this number in a chat, waited for.
#[track_caller]
fn answer(app: &App, chat: i64, number: usize) -> String {
    let began = Instant::now();
    loop {
        let answers = app.answers("shop", chat, 0).expect("the bot is there");
        if let Some(answer) = answers.get(number) {
            return answer.text.clone();
        }
        assert!(began.elapsed() < PATIENCE, "no answer {number} in {chat}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// An endless algorithm is stopped after its time; other chats of the same bot go on meanwhile.
#[test]
fn an_endless_algorithm_holds_nobody_else() {
    let app = app(|builder| timed(builder, 1_500));
    app.write_to("shop", 1, "Бесконечно");
    let began = Instant::now();
    for chat in 10..20 {
        app.write_to("shop", chat, "Цена");
        assert_eq!(answer(&app, chat, 0), "Сто рублей");
    }
    let neighbours = began.elapsed();
    let stopped = answer(&app, 1, 0);
    assert!(
        stopped.starts_with("Вычисление остановлено: превышено время"),
        "{stopped}"
    );
    assert!(
        neighbours < began.elapsed(),
        "the neighbours were answered first"
    );
    // While it ran the chat was told that something is being done.
    let typing = app.calls("shop", "sendChatAction");
    assert!(!typing.is_empty(), "typing was shown");
}

/// Messages of one person wait for their script and keep their order.
#[test]
fn a_lane_keeps_its_order() {
    let app = app(|builder| builder);
    for text in ["З", "Цена", "2+2", "З", "Цена"] {
        app.write_to("shop", 1, text);
    }
    let answers: Vec<String> = (0..5).map(|number| answer(&app, 1, number)).collect();
    assert_eq!(
        answers,
        ["Записан", "Сто рублей", "4", "Записан", "Сто рублей"]
    );
}

/// A stop does not wait for an endless script: its update waits for the next start, and is not lost.
#[test]
fn a_stop_cancels_scripts_and_loses_nothing() {
    let mut app = app(|builder| timed(builder, 60_000));
    app.write_to("shop", 1, "Бесконечно");
    app.write_to("shop", 1, "Цена");
    let began = Instant::now();
    while app
        .store()
        .read_blocking(|c| inbox::pending_count(c, &BotCode::new("shop")))
        .expect("read")
        < 2
    {
        assert!(began.elapsed() < Duration::from_secs(60), "accepted");
        std::thread::sleep(Duration::from_millis(10));
    }
    app.stop_node();
    app.write(
        "algorithms/Бесконечно.bsl",
        "_Результат = \"Больше не бесконечно\";\n",
    );
    app.start_again();
    assert_eq!(answer(&app, 1, 0), "Больше не бесконечно");
    assert_eq!(answer(&app, 1, 1), "Сто рублей");
}

/// Code and direct calls are kept in the audit, what rules run is not.
#[test]
fn code_and_calls_are_audited() {
    let app = app(|builder| builder);
    for (said, expected) in [
        ("2+2", "4"),
        ("з", "Записан"),
        ("Бесплатно", "Не знаю"),
        ("Цена", "Сто рублей"),
    ] {
        assert_eq!(app.texts("shop", 5, said), [expected]);
    }
    let failed = app.texts("shop", 5, "1/0").concat();
    assert!(failed.starts_with("Ошибка: "), "{failed}");
    let rows = app
        .store()
        .read_blocking(|c| audit::list(c, None, None, 100))
        .expect("read");
    let kept: Vec<(&str, &str)> = rows
        .iter()
        .rev()
        .filter(|row| row.action.starts_with("code.") || row.action.starts_with("algorithm."))
        .map(|row| (row.action.as_str(), row.object.as_str()))
        .collect();
    assert_eq!(
        kept,
        [
            ("code.run", "bot:shop"),
            ("algorithm.call", "algorithm:Запись"),
            ("code.run", "bot:shop")
        ]
    );
    assert!(
        rows.iter()
            .any(|row| row.by == "person:telegram:shop:5" && row.detail.contains("Деление на 0"))
    );
}

/// «Почему бот так ответил?»
#[test]
fn traces_tell_why() {
    let app = app(|builder| builder);
    for said in ["Цена", "2+2", "Записать", "что?"] {
        app.texts("shop", 7, said);
    }
    let (code, chat) = (BotCode::new("shop"), ChatId(7));
    let found = app
        .store()
        .read_blocking(move |c| inbox::traces(c, &code, chat, None, 10))
        .expect("read");
    let texts: Vec<&str> = found.iter().rev().map(|it| it.trace.as_str()).collect();
    assert_eq!(texts.len(), 4);
    for (text, part) in texts.iter().zip([
        "ключевое слово «цена»",
        "выполнен как программный код\nитог: текст",
        "выполнен алгоритм «Запись»\nитог: текст",
        "ответ на неизвестный запрос",
    ]) {
        assert!(text.contains(part), "{part}: {text}");
    }
    let token = app.token("read");
    let path = "/api/v1/bots/shop/traces?chat=7&limit=3";
    let page = app.http("GET", path, Some(&token)).json();
    assert_eq!(page["traces"].as_array().expect("traces").len(), 3);
    let next = page["next"].as_i64().expect("there is more");
    let rest = app
        .http(
            "GET",
            &format!("/api/v1/bots/shop/traces?chat=7&before={next}"),
            Some(&token),
        )
        .json();
    assert_eq!(rest["traces"].as_array().expect("traces").len(), 1);
    assert_eq!(rest["traces"][0]["state"], "done");
    assert_eq!(app.http("GET", path, None).status, 401);
    let document = app.http("GET", "/api/v1/openapi.json", None).json();
    assert!(document["paths"]["/api/v1/bots/{code}/traces"]["get"].is_object());
}

/// More than a hundred scripts of a bot do not wait: whoever comes later reads so at once.
#[test]
fn a_full_queue_answers_busy() {
    const WAITING: i64 = 100;
    let app = app(|builder| timed(builder, 3_000));
    // Both runs of the bot are taken.
    for chat in 1..=2 {
        app.write_to("shop", chat, "Бесконечно");
    }
    app.until("both run", |app| {
        app.calls("shop", "sendChatAction").len() >= 2
    });
    for chat in 100..100 + WAITING + 5 {
        app.write_to("shop", chat, "Записать");
    }
    let mut busy = 0;
    for chat in 100..100 + WAITING + 5 {
        match answer(&app, chat, 0).as_str() {
            "Записан" => {}
            "Сейчас слишком много запросов. Повторите чуть позже." => {
                busy += 1
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(busy, 5);
    for chat in 1..=2 {
        assert!(answer(&app, chat, 0).starts_with("Вычисление остановлено"));
    }
}
