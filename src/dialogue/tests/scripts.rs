//! Code, algorithms and dynamic choices, with algorithms that are faked: what the language makes of a
//! program is its own business.

use super::*;
use crate::model::{FileSource, HistoryStep, OutgoingFile};

const CODE_BOT: &str = r#"
allow_code = true
[[keyword]]
words = "Возврат"
kind = "text"
text = "правило"
[[keyword]]
words = "Расчёт"
kind = "algorithm"
algorithm = "Алгоритм1"
[[keyword]]
words = "Даты"
kind = "choice"
title = "Выберите дату"
algorithm = "Свободные даты"
[[keyword]]
parent = "Даты"
words = ""
kind = "algorithm"
algorithm = "Новый визит"
[[keyword]]
words = "Склады"
kind = "algorithm"
algorithm = "Список складов"
title = "Какой склад?"
confirm = true
"#;

fn text(text: &str) -> ScriptOutcome {
    said(ScriptReply::Text(RichText::authored(text)))
}

fn variants(texts: &[&str]) -> Vec<ScriptVariant> {
    texts
        .iter()
        .map(|text| ScriptVariant {
            text: (*text).to_owned(),
            value: Some(format!("значение {text}")),
        })
        .collect()
}

fn dates(_: &ScriptRequest) -> ScriptOutcome {
    said(ScriptReply::Choice(variants(&["01.12.2026", "02.12.2026"])))
}

fn visit(request: &ScriptRequest) -> ScriptOutcome {
    let step = request.history.last().expect("a step of history");
    text(&format!(
        "{} > {} > {}",
        step.keyword,
        step.variant.label,
        step.variant.value.as_deref().unwrap_or("-")
    ))
}

fn world() -> World {
    let mut world = World::new(CODE_BOT);
    let fakes: [(&str, Fake); 6] = [
        ("Алгоритм1", |_| text("<b>итог</b>")),
        ("Свободные даты", dates),
        ("Новый визит", visit),
        ("Список складов", |_| {
            said(ScriptReply::Choice(variants(&["Север", "Юг"])))
        }),
        ("Нет результата", |_| {
            said(ScriptReply::Nothing)
        }),
        ("Падает", |_| ScriptOutcome {
            messages: vec![RichText::authored("сначала")],
            reply: Err(ScriptFailure::Error("Деление на 0 <b>".into())),
        }),
    ];
    for (name, fake) in fakes {
        world.scripts.algorithms.insert(name.to_owned(), fake);
    }
    world
}

#[test]
fn d1_code_then_algorithm_then_keyword_then_unknown() {
    let mut world = world();
    let mut check = |said: &str, expected: &[&str]| {
        assert_eq!(world.answers(1, said), expected, "{said}");
    };
    check("[6]", &["6"]);
    check("алгоритм 1", &["итог"]); // D6: folded
    check("Алгоритм1", &["итог"]);
    check("Возврат", &["правило"]);
    check("что угодно", &["Не знаю"]);
    check("Нет результата", &["Выполнено, результата нет."]);
    check("падает", &["сначала", "Ошибка: Деление на 0 <b>"]); // D29, escaped
}

#[test]
fn r156_without_the_permission_only_keywords() {
    let mut world = world();
    world.bot.allow_code = false;
    assert_eq!(world.answers(1, "[6]"), ["Не знаю"]);
    assert_eq!(world.answers(1, "Алгоритм1"), ["Не знаю"]);
    // R144: the keyword's algorithm runs all the same.
    assert_eq!(world.answers(1, "Расчет"), ["итог"]);
}

#[test]
fn files_quote_as_texts_do() {
    for (quote, expected) in [("always", Some(500)), ("never", None)] {
        let mut world = World::new(&format!("quote = \"{quote}\"\n{CODE_BOT}"));
        world.scripts.algorithms.insert("Алгоритм1".into(), |_| {
            said(ScriptReply::Message {
                text: None,
                files: vec![OutgoingFile {
                    name: "акт.pdf".into(),
                    source: FileSource::Base64(String::new()),
                    photo: false,
                }],
                buttons: Vec::new(),
            })
        });
        world.say(1, "Расчёт");
        assert_eq!(world.last().text.to_plain(), "файл акт.pdf: ");
        assert_eq!(world.last().reply_to, expected, "{quote}");
    }
}

#[test]
fn d28_who_may_not_type_code() {
    let mut world = world();
    world.may_code = false; // code_groups
    assert_eq!(world.answers(1, "[6]"), ["Не знаю"]);
    assert_eq!(world.answers(1, "Расчёт"), ["итог"]);
    world.may_code = true;
    // A group: keywords with algorithms, no code.
    let mut message = incoming(1, IncomingKind::Text("[6]".into()));
    message.chat = ChatId(-5);
    message.addressed = Addressed::GroupToBot;
    world.come(message.clone());
    assert_eq!(world.last().text.to_plain(), "Не знаю");
    message.kind = IncomingKind::Text("Расчёт".into());
    world.come(message);
    assert_eq!(world.last().text.to_plain(), "итог");
    assert_eq!(world.scripts.code_runs.get(), 0);
}

#[test]
fn r162_r165_a_dynamic_choice_with_one_child() {
    let mut world = world();
    world.say(1, "даты");
    assert_eq!(world.last().text.to_plain(), "Выберите дату");
    assert_eq!(world.last().labels(), ["01.12.2026", "02.12.2026"]);
    let (number, other) = {
        let shown = world.last();
        let data = shown.data("01.12.2026").expect("a button");
        (shown.number, data.to_owned())
    };
    world.press(1, "02.12.2026");
    assert_eq!(
        world.last().text.to_plain(),
        "Даты > 02.12.2026 > значение 02.12.2026"
    );
    // A late press on a button that was taken away changes nothing.
    world.wait(2);
    world.press_data(1, number, &other);
    assert_eq!(
        world.last().text.to_plain(),
        "Даты > 02.12.2026 > значение 02.12.2026"
    );
    // One that was left for something else opens again.
    world.say(1, "даты");
    world.say(1, "погода");
    world.press(1, "01.12.2026");
    assert_eq!(
        world.last().text.to_plain(),
        "Даты > 01.12.2026 > значение 01.12.2026"
    );
}

#[test]
fn d13_an_array_of_a_rule_is_a_choice_with_its_settings() {
    let mut world = world();
    world.say(1, "склады");
    assert_eq!(world.last().text.to_plain(), "Какой склад?");
    world.press(1, "Юг");
    assert_eq!(world.last().text.to_plain(), "Вы выбрали: Юг. Верно?");
    world.press(1, "Да");
    // No child answers it: as typed, never as code.
    assert_eq!(world.last().text.to_plain(), "Не знаю");
}

#[test]
fn d13_a_pressed_variant_is_never_code() {
    let mut world = world();
    world.scripts.algorithms.insert("Хитрый".into(), |_| {
        said(ScriptReply::Choice(variants(&["[Удалить()]", "Возврат"])))
    });
    world.say(1, "хитрый");
    assert_eq!(world.last().text.to_plain(), "Выберите вариант:");
    world.press(1, "[Удалить()]");
    assert_eq!(world.last().text.to_plain(), "Не знаю");
    world.say(1, "хитрый");
    world.press(1, "Возврат");
    assert_eq!(world.last().text.to_plain(), "правило");
    assert_eq!(world.scripts.code_runs.get(), 0);
}

#[test]
fn d14_nothing_to_choose_from() {
    let mut world = world();
    world
        .scripts
        .algorithms
        .insert("Свободные даты".into(), |_| {
            said(ScriptReply::Choice(Vec::new()))
        });
    assert_eq!(world.answers(1, "Даты"), ["Сейчас выбирать не из чего."]);
    world
        .scripts
        .algorithms
        .insert("Свободные даты".into(), |_| {
            said(ScriptReply::Nothing)
        });
    assert_eq!(world.answers(1, "Даты"), ["Сейчас выбирать не из чего."]);
    world
        .scripts
        .algorithms
        .insert("Свободные даты".into(), |_| {
            text("Закрыто до весны")
        });
    assert_eq!(world.answers(1, "Даты"), ["Закрыто до весны"]);
    world
        .scripts
        .algorithms
        .insert("Свободные даты".into(), |_| {
            let many: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
            said(ScriptReply::Choice(variants(
                &many.iter().map(String::as_str).collect::<Vec<_>>(),
            )))
        });
    assert_eq!(
        world.answers(1, "Даты"),
        ["Ошибка: вариантов выбора 1001, а предложить можно не больше 1000"]
    );
    assert!(world.conversations.is_empty());
}

#[test]
fn a_structure_becomes_a_message_with_a_file_or_buttons() {
    let mut world = world();
    world.scripts.algorithms.insert("Акт".into(), |_| {
        said(ScriptReply::Message {
            text: Some(RichText::authored("Ваш акт")),
            files: vec![OutgoingFile {
                name: "акт.pdf".into(),
                source: FileSource::Base64("AA==".into()),
                photo: false,
            }],
            buttons: Vec::new(),
        })
    });
    world.scripts.algorithms.insert("Вопрос".into(), |_| {
        said(ScriptReply::Message {
            text: Some(RichText::authored("Что дальше?")),
            files: Vec::new(),
            buttons: variants(&["Возврат"]),
        })
    });
    assert_eq!(world.answers(1, "акт"), ["файл акт.pdf: Ваш акт"]);
    world.scripts.algorithms.insert("Договор".into(), |_| {
        said(ScriptReply::Message {
            text: Some(RichText::authored(&"д".repeat(1_025))),
            files: vec![OutgoingFile {
                name: "договор.pdf".into(),
                source: FileSource::Base64("AA==".into()),
                photo: false,
            }],
            buttons: Vec::new(),
        })
    });
    assert_eq!(
        world.answers(1, "договор"),
        ["д".repeat(1_025), "файл договор.pdf: ".to_owned()],
        "too long for a caption"
    );
    assert_eq!(world.answers(1, "вопрос"), ["Что дальше?"]);
    assert_eq!(world.last().labels(), ["Возврат"]);
    world.press(1, "Возврат");
    assert_eq!(world.last().text.to_plain(), "правило");
}

#[test]
fn what_a_script_is_told() {
    let mut world = world();
    world.say(1, "РАСЧЁТ");
    let asked = world.scripts.asked.take().expect("it ran");
    assert_eq!(
        (asked.text.as_str(), asked.keyword.as_str()),
        ("РАСЧЁТ", "Расчёт")
    );
    assert_eq!(asked.history, Vec::<HistoryStep>::new());
    world.say(1, "[1]");
    let asked = world.scripts.asked.take().expect("it ran");
    assert_eq!((asked.text.as_str(), asked.keyword.as_str()), ("[1]", ""));
    world.say(1, "Даты");
    world.press(1, "01.12.2026");
    let asked = world.scripts.asked.take().expect("it ran");
    assert_eq!(
        (asked.text.as_str(), asked.keyword.as_str()),
        ("01.12.2026", "")
    );
    assert_eq!(asked.history.len(), 1);
}

#[test]
fn failures_and_limits_are_told() {
    let mut world = world();
    let fakes: [(&str, Fake, &str); 2] = [
        (
            "Долгий",
            |_| ScriptOutcome {
                messages: Vec::new(),
                reply: Err(ScriptFailure::Limit {
                    brief: "превышено время".into(),
                    whole: "превышено время: 5 с (scripts.time_ms)".into(),
                }),
            },
            "Вычисление остановлено: превышено время: 5 с (scripts.time_ms)",
        ),
        (
            "Занят",
            |_| ScriptOutcome {
                messages: Vec::new(),
                reply: Err(ScriptFailure::Busy),
            },
            "Сейчас слишком много запросов. Повторите чуть позже.",
        ),
    ];
    for (name, fake, expected) in fakes {
        world.scripts.algorithms.insert(name.into(), fake);
        assert_eq!(world.answers(1, name), [expected]);
    }
}
