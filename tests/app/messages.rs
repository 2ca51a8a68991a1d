//! Messages that are not plain typed text: files with captions, albums, contacts, forwards, messages by
//! way of another bot; and what people read of an algorithm that fails.

use vestnik_simulator::{Attachment, FileKind, Forward, Say, Via};

use crate::support::app::App;

const SHOP: &str = r#"
allow_code = true
code_groups = ["coders"]
quote = "never"
unknown_reply = "Не знаю"
[[keyword]]
words = "Акт"
kind = "algorithm"
algorithm = "Принять"
[[keyword]]
words = "Упасть"
kind = "algorithm"
algorithm = "Упасть"
[[keyword]]
words = "Сообщить"
kind = "algorithm"
algorithm = "Сообщить"
[[keyword]]
words = "Выбор"
kind = "choice"
title = "Что?"
confirm = true
variants = ["Первый вариант"]
[[keyword]]
parent = "Выбор"
words = "Первый вариант"
kind = "algorithm"
algorithm = "Выбрано"
"#;

const ALGORITHMS: &str = r#"
[[algorithm]]
name = "Принять"
telegram = true
file = "algorithms/Принять.bsl"
[[algorithm]]
name = "Упасть"
file = "algorithms/Упасть.bsl"
[[algorithm]]
name = "Сообщить"
file = "algorithms/Сообщить.bsl"
[[algorithm]]
name = "Выбрано"
file = "algorithms/Выбрано.bsl"
"#;

const TAKE: &str = "Строки = Новый Массив;
Для Каждого Файл Из _ДанныеДляОбработки.Вложения Цикл
	Строки.Добавить(Файл.Имя + \" \" + Файл.Размер + \" \" + ПолучитьСтрокуИзДвоичныхДанных(Файл.Содержимое));
КонецЦикла;
_Результат = \"Принято: \" + СтрСоединить(Строки, \", \");
";

const PARTIES: &str = r#"
[[group]]
code = "coders"
name = "Кто пишет код"
[[user]]
code = "petrov"
name = "Петров"
groups = ["coders"]
[[registration]]
bot = "shop"
chat = 7
party = "user:petrov"
"#;

fn app() -> App {
    App::builder()
        .bot("shop", SHOP)
        .file("parties.toml", PARTIES)
        .file("algorithms.toml", ALGORITHMS)
        .file("algorithms/Принять.bsl", TAKE)
        .file("algorithms/Упасть.bsl", "А = 1 / 0;\n")
        .file("algorithms/Сообщить.bsl", "Сообщить(\"готово\");\n")
        .file(
            "algorithms/Выбрано.bsl",
            "_Результат = _ДанныеДляОбработки.Текст;\n",
        )
        .start()
        .expect("SQLite")
}

fn texts(app: &App, say: Say) -> Vec<String> {
    let entries = app.ask_with("shop", say);
    entries.into_iter().map(|entry| entry.text).collect()
}

fn document(name: &str, content: &str) -> Attachment {
    Attachment {
        kind: FileKind::Document,
        name: name.to_owned(),
        bytes: content.as_bytes().to_vec(),
        caption: None,
        about: serde_json::Map::new(),
    }
}

#[test]
fn a_file_with_a_caption_is_handled_by_its_caption_and_read_when_asked_for() {
    let app = app();
    let mut say = Say::text(5, "Акт");
    say.file = Some(("акт.txt".to_owned(), "сделано".as_bytes().to_vec()));
    assert_eq!(texts(&app, say), ["Принято: акт.txt 14 сделано"]);
    assert_eq!(app.texts("shop", 5, "Акт"), ["Принято:"]);
}

#[test]
fn a_file_without_a_caption_is_unsupported_once() {
    let app = app();
    let file = || {
        let mut say = Say::text(5, "");
        say.text = None;
        say.file = Some(("акт.txt".to_owned(), b"x".to_vec()));
        say
    };
    assert_eq!(texts(&app, file()).len(), 1);
    assert_eq!(texts(&app, file()), Vec::<String>::new());
}

#[test]
fn an_album_is_one_message_with_all_its_files() {
    let app = app();
    let mut say = Say::text(5, "Акт");
    say.album = vec![document("один.txt", "1"), document("два.txt", "2")];
    assert_eq!(texts(&app, say), ["Принято: один.txt 1 1, два.txt 1 2"]);
}

fn album(parts: usize) -> Say {
    let mut say = Say::text(5, "Акт");
    say.album = (1..=parts)
        .map(|number| document(&format!("{number}.txt"), &number.to_string()))
        .collect();
    say
}

/// Telegram gives a hundred updates at once: the album's first is the last of them.
#[test]
fn an_album_split_over_two_answers_is_one_message() {
    let mut app = app();
    app.stop_node();
    for chat in 100..199 {
        app.write_to("shop", chat, "Акт");
    }
    app.say("shop", album(3)).expect("sent");
    app.start_again();
    app.rest();
    let said: Vec<String> = (app.answers("shop", 5, 0).expect("answers").into_iter())
        .map(|entry| entry.text)
        .collect();
    assert_eq!(said, ["Принято: 1.txt 1 1, 2.txt 1 2, 3.txt 1 3"]);
    for chat in 100..199 {
        assert_eq!(app.answers("shop", chat, 0).expect("answers").len(), 1);
    }
    assert_eq!(app.updates(), "done 102");
    // What the person writes behind it is answered behind it.
    app.stop_node();
    app.say("shop", album(2)).expect("sent");
    app.write_to("shop", 5, "Акт");
    let after = app.simulator().last_seq();
    app.start_again();
    app.rest();
    let said: Vec<String> = (app.answers("shop", 5, after).expect("answers").into_iter())
        .map(|entry| entry.text)
        .collect();
    assert_eq!(said, ["Принято: 1.txt 1 1, 2.txt 1 2", "Принято:"]);
}

/// Its rows wait in the table: a stop in between loses nothing and answers once.
#[test]
fn an_album_that_is_waited_for_outlives_a_restart() {
    let mut app = app();
    for _ in 0..3 {
        let after = app.simulator().last_seq();
        app.say("shop", album(2)).expect("sent");
        app.restart_node();
        app.rest();
        let said: Vec<String> = (app.answers("shop", 5, after).expect("answers").into_iter())
            .map(|entry| entry.text)
            .collect();
        assert_eq!(said, ["Принято: 1.txt 1 1, 2.txt 1 2"]);
    }
}

#[test]
fn code_is_what_a_person_types_himself() {
    let app = app();
    assert_eq!(app.texts("shop", 7, "2+2"), ["4"]);
    assert_eq!(app.texts("shop", 7, "Принять"), ["Принято:"]);
    for text in ["2+2", "Принять"] {
        let mut forwarded = Say::text(7, text);
        forwarded.forward = Some(Forward::Person(8));
        assert_eq!(texts(&app, forwarded), ["Не знаю"], "{text}");
        let mut written_by_a_bot = Say::text(7, text);
        written_by_a_bot.via = Some(Via {
            id: None,
            username: "other_bot".to_owned(),
            name: None,
        });
        assert_eq!(texts(&app, written_by_a_bot), ["Не знаю"], "{text}");
    }
    // Keywords answer all the same.
    let mut forwarded = Say::text(7, "Акт");
    forwarded.forward = Some(Forward::Person(8));
    assert_eq!(texts(&app, forwarded), ["Принято:"]);
}

#[test]
fn who_may_not_type_code_reads_no_text_of_an_exception() {
    let app = app();
    let neutral = "Не получилось выполнить. Попробуйте позже.";
    assert_eq!(app.texts("shop", 5, "Упасть"), [neutral]);
    let figures = app.http("GET", "/metrics", None).body;
    assert!(figures.contains("vestnik_scripts_failed_total{kind=\"error\"} 1"));
    let whole = app.texts("shop", 7, "Упасть").remove(0);
    assert!(
        whole.starts_with("Ошибка: ") && whole.contains("Деление на 0"),
        "{whole}"
    );
    // Also why a text was not taken for code.
    let told = app.texts("shop", 7, "Сумма(1").remove(0);
    assert!(told.starts_with("Не знаю\nПохоже на код"), "{told}");
    assert_eq!(app.texts("shop", 7, "Сумма"), ["Не знаю"]);
    assert_eq!(app.texts("shop", 5, "Сумма(1"), ["Не знаю"]);
}

#[test]
fn a_message_of_the_algorithm_is_an_answer() {
    let app = app();
    assert_eq!(app.texts("shop", 5, "Сообщить"), ["готово"]);
}

#[test]
fn what_was_confirmed_is_the_variant_however_it_was_confirmed() {
    let app = app();
    for (variant, yes) in [("первый ВАРИАНТ", "ДА"), ("Первый вариант", "Да")]
    {
        app.texts("shop", 5, "Выбор");
        app.texts("shop", 5, variant);
        assert_eq!(app.texts("shop", 5, yes), ["Первый вариант"], "{yes}");
    }
    app.texts("shop", 5, "Выбор");
    app.press_in("shop", 5, "Первый вариант");
    assert_eq!(app.press_in("shop", 5, "Да"), ["Первый вариант"]);
}
