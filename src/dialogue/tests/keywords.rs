//! Keywords of the kinds text, alias and algorithm.

use super::*;

#[test]
fn r126_several_words_and_folding() {
    check(
        r#"
[[keyword]]
words = "Расчёт, Расчет"
kind = "text"
text = "Считаю"
[[keyword]]
words = 'А1, "Да, конечно"'
kind = "text"
text = "<b>Ответ</b> на А1"
"#,
        "\
case R126 R127 R128 D6 D8
@shop a
> расчет
< Считаю
> РАСЧЁТ
< Считаю
> А1
< Ответ на А1
> а 1
< Ответ на А1
> а\u{a0}\t1
< Ответ на А1
> да,конечно
< Ответ на А1
> Да
< Не знаю
> A1
< Не знаю
",
    );
}

#[test]
fn r145_yo_and_lookalikes_fold_by_setting() {
    let file = |settings: &str| {
        format!(
            "{settings}\n[[keyword]]\nwords = \"Расчёт, А1\"\nkind = \"text\"\ntext = \"ответ\""
        )
    };
    check(
        &file("fold_yo = false"),
        "case R145\n@shop a\n> Расчет\n< Не знаю\n> расчёт\n< ответ",
    );
    check(
        &file("fold_lookalikes = true"),
        "case D7\n@shop a\n> A1\n< ответ\n> /start\n<~ Здрав",
    );
}

#[test]
fn d27_texts_are_html_and_what_is_not_valid_stays_as_it_stands() {
    let shown = |text: &str| {
        let mut world = World::new(&format!(
            "[[keyword]]\nwords = \"к\"\nkind = \"text\"\ntext = '''{text}'''"
        ));
        world.say(1, "к");
        world.last().text.clone()
    };
    assert_eq!(shown("<b>да</b>"), RichText::Markup("<b>да</b>".into()));
    assert_eq!(shown("<b>да"), RichText::Plain("<b>да".into()));
    assert_eq!(shown("%E2%9A%A0 срок"), RichText::Markup("⚠ срок".into())); // R173
    assert_eq!(
        shown("<b> </b>").to_plain(),
        "Выполнено, результата нет.",
        "never a blank answer"
    );
}

#[test]
fn r138_deleted_records_are_ignored() {
    check(
        r#"
[[keyword]]
words = "Старое"
kind = "text"
text = "удалено"
deleted = true
[[keyword]]
words = "Псевдоним"
kind = "alias"
target = "Старое"
[[keyword]]
words = "Выбор"
kind = "choice"
variants = ["а"]
deleted = true
[[keyword]]
parent = "Выбор"
words = "а"
kind = "text"
text = "ребёнок удалённого"
"#,
        "\
case R138 D13
@shop a
> Старое
< Не знаю
> Псевдоним
< Не знаю
> Выбор
< Не знаю
> а
< Не знаю
",
    );
}

#[test]
fn r137_an_alias_answers_by_another_rule() {
    check(
        r#"
[[keyword]]
words = "Цена"
kind = "alias"
target = "Стоимость"
[[keyword]]
words = "Стоимость"
kind = "alias"
target = "Прайс"
[[keyword]]
words = "Прайс"
kind = "text"
text = "100 рублей"
"#,
        "case R137\n@shop a\n> цена\n< 100 рублей\n> стоимость\n< 100 рублей\n<!",
    );
}

#[test]
fn d15_an_alias_loop_that_slipped_in_ends() {
    check(
        r#"
[[keyword]]
words = "а"
kind = "alias"
target = "б"
[[keyword]]
words = "б"
kind = "alias"
target = "а"
"#,
        "case D15\n@shop a\n> а\n< Не знаю\n<!",
    );
}

#[test]
fn r131_an_algorithm_that_is_not_there_is_told() {
    let mut world = World::new(
        r#"
[[keyword]]
words = "Расчёт"
kind = "algorithm"
algorithm = "Алгоритм1"
[[keyword]]
words = "Даты"
kind = "choice"
algorithm = "Свободные даты"
"#,
    );
    for word in ["Расчёт", "Даты"] {
        assert_eq!(
            world.answers(1, word),
            [format!(
                "Сейчас на «{word}» ответить нельзя: алгоритм недоступен. Сообщите об этом администратору."
            )]
        );
        assert!(world.conversations.is_empty(), "nothing is open");
    }
}
