//! Choices: offering, pressing, typing, confirming, going back, paging, old buttons.

use super::*;

fn confirmed() -> String {
    THREE_LEVELS.replacen("kind = \"choice\"", "kind = \"choice\"\nconfirm = true", 1)
}

/// A choice of `count` variants, each answered by the catch-all.
fn many(count: usize, settings: &str) -> String {
    let variants: Vec<String> = (1..=count).map(|n| format!("\"в{n}\"")).collect();
    format!(
        "[[keyword]]\nwords = \"Много\"\nkind = \"choice\"\n{settings}\nvariants = [{}]\n\
         [[keyword]]\nparent = \"Много\"\nwords = \"\"\nkind = \"text\"\ntext = \"любой\"\n",
        variants.join(", ")
    )
}

#[test]
fn r141_three_levels_with_recursion() {
    check(
        THREE_LEVELS,
        "\
case R141 R143 the article's choice
@shop a
> Выбор
< Выберите вариант
[ Вариант №1 | Вариант №2 | Вариант №3 ]
* Вариант №1
< Выбрали \"Вариант №1\"
[ ]
> выбор
< Выберите вариант
* Вариант №3
< Выберите вариант
[ Вариант №1 | Вариант №2 | Вариант №3 ]
* Вариант №2
< Второй уровень
[ Вариант 2.1 | Вариант 2.2 | Назад ]
* Вариант 2.1
< Третий уровень
[ Вариант 2.1.1 | Назад ]
* Вариант 2.1.1
< Это 2.1.1
<!
",
    );
}

#[test]
fn d10_typed_counts_as_pressed_and_only_inside_the_open_choice() {
    let file = format!(
        "{THREE_LEVELS}\n[[keyword]]\nparent = \"Выбор\"\nwords = \"Тайное слово, тс\"\nkind = \"text\"\ntext = \"тайна\""
    );
    check(
        &file.replace("words = \"Вариант №1\"", "words = \"Вариант №1, в1\""),
        "\
case D10 not open
@shop a
> Вариант №1
< Не знаю
case D10 open
@shop a
> Выбор
< Выберите вариант
> вариант № 2
< Второй уровень
> НАЗАД
< Выберите вариант
> ВАРИАНТ №1
< Выбрали \"Вариант №1\"
> Вариант №1
< Не знаю
case D10 a further word of a child
@shop a
> Выбор
< Выберите вариант
> В1
< Выбрали \"Вариант №1\"
case D10 a child that no variant names
@shop a
> Выбор
< Выберите вариант
> тс
< тайна
",
    );
}

#[test]
fn the_question_shows_what_was_chosen_and_loses_its_buttons() {
    let mut world = World::new(&THREE_LEVELS.replace("Вариант №1", "<Вариант №1>"));
    world.say(1, "Выбор");
    world.press(1, "<Вариант №1>");
    let question = &world.messages[0];
    assert_eq!(
        question.text,
        RichText::Markup("Выберите вариант\n\n✅ &lt;Вариант №1&gt;".into())
    );
    assert!(question.buttons.is_none());
    // Typed: the same.
    world.say(1, "Выбор");
    world.say(1, "вариант №2");
    let question = &world.messages[2];
    assert_eq!(
        question.text.to_plain(),
        "Выберите вариант\n\n✅ Вариант №2"
    );
    assert!(question.buttons.is_none());
}

#[test]
fn r139_without_a_title_the_named_text_stands_there() {
    check(
        "[texts]\nchoice_title = \"{keyword}:\"\n[[keyword]]\nwords = \"Цвет\"\nkind = \"choice\"\nvariants = [\"Красный\"]",
        "case R139\n@shop a\n> цвет\n< Цвет:\n[ Красный ]\n",
    );
}

#[test]
fn r140_confirmation() {
    check(
        &confirmed(),
        "\
case R140 yes
@shop a
> Выбор
< Выберите вариант
* Вариант №1
< Вы выбрали: Вариант №1. Верно?
[ Да | Другой вариант ]
* Да
< Выбрали \"Вариант №1\"
<!
case R140 another one
@shop a
> Выбор
< Выберите вариант
* Вариант №1
< Вы выбрали: Вариант №1. Верно?
* Другой вариант
< Выберите вариант
[ Вариант №1 | Вариант №2 | Вариант №3 ]
* Вариант №2
< Вы выбрали: Вариант №2. Верно?
* Да
< Второй уровень
[ Вариант 2.1 | Вариант 2.2 | Назад ]
case D14 typed answers
@shop a
> Выбор
< Выберите вариант
> вариант №1
< Вы выбрали: Вариант №1. Верно?
> вариант №2
< Вы выбрали: Вариант №2. Верно?
kill
> другой вариант
< Выберите вариант
> вариант №1
< Вы выбрали: Вариант №1. Верно?
kill
> да
< Выбрали \"Вариант №1\"
> да
< Не знаю
case D3 cancel instead of yes
@shop a
> Выбор
< Выберите вариант
> вариант №1
< Вы выбрали: Вариант №1. Верно?
> отмена
< Отменено.
> да
< Не знаю
case D11 something else instead of yes
@shop a
> Выбор
< Выберите вариант
> вариант №1
< Вы выбрали: Вариант №1. Верно?
> погода
< Не знаю
* Да
< Выбрали \"Вариант №1\"
",
    );
}

#[test]
fn d14_nothing_is_recorded_before_yes() {
    let mut world = World::new(&confirmed());
    world.say(1, "Выбор");
    world.press(1, "Вариант №2");
    assert_eq!(
        world.messages[0].labels(),
        ["Да", "Другой вариант"],
        "in place of the question"
    );
    world.press(1, "Другой вариант");
    assert_eq!(world.messages[0].labels().len(), 3);
    assert_eq!(world.messages.len(), 1, "no dead question is left");
    world.press(1, "Вариант №2");
    world.press(1, "Да");
    assert_eq!(
        world.messages[0].text.to_plain(),
        "Выберите вариант\n\n✅ Вариант №2"
    );
    let choices: Vec<OpenChoice> = world
        .choices
        .values()
        .map(|stored| serde_json::from_str(stored).expect("it reads back"))
        .collect();
    let second = choices
        .iter()
        .find(|choice| choice.history.len() == 1)
        .expect("the nested one");
    assert_eq!(second.history[0].keyword, "Выбор");
    assert_eq!(second.history[0].variant.label, "Вариант №2");
    let with_buttons: Vec<&str> = world
        .messages
        .iter()
        .filter(|shown| !shown.buttons.is_none())
        .flat_map(Shown::labels)
        .collect();
    assert_eq!(with_buttons, ["Вариант 2.1", "Вариант 2.2", "Назад"]);
}

#[test]
fn d14_back() {
    check(
        THREE_LEVELS,
        "\
case D15 back takes the last step off
@shop a
> Выбор
< Выберите вариант
* Вариант №2
< Второй уровень
* Вариант 2.1
< Третий уровень
* Назад
< Второй уровень
[ Вариант 2.1 | Вариант 2.2 | Назад ]
* Назад
< Выберите вариант
[ Вариант №1 | Вариант №2 | Вариант №3 ]
> Назад
< Не знаю
",
    );
    let without = THREE_LEVELS.replace("title = \"Второй", "back = false\ntitle = \"Второй");
    check(
        &without,
        "\
case D14 back = false
@shop a
> Выбор
< Выберите вариант
> Вариант №2
< Второй уровень
[ Вариант 2.1 | Вариант 2.2 ]
> Назад
< Не знаю
",
    );
}

#[test]
fn d15_history_begins_anew_at_a_top_level_choice_and_has_a_limit() {
    let history = |world: &World| -> Vec<String> {
        let newest = world
            .choices
            .values()
            .map(|stored| serde_json::from_str::<OpenChoice>(stored).expect("it reads back"))
            .max_by_key(|choice| choice.id)
            .expect("a choice");
        newest
            .history
            .iter()
            .map(|step| step.variant.label.clone())
            .collect()
    };
    let mut world = World::new(THREE_LEVELS);
    world.say(1, "Выбор");
    world.press(1, "Вариант №2");
    world.press(1, "Вариант 2.1");
    assert_eq!(history(&world), ["Вариант №2", "Вариант 2.1"]);
    world.say(1, "Выбор");
    assert_eq!(history(&world), [""; 0]);
    world.press(1, "Вариант №3"); // also through an alias
    assert_eq!(history(&world), [""; 0]);

    // A loop of choices within the tree goes on for ever, its history does not.
    let looped = format!(
        "{THREE_LEVELS}\n[[keyword]]\nparent = \"Выбор / Вариант №2 / Вариант 2.1\"\nwords = \"ещё\"\nkind = \"alias\"\ntarget = \"Выбор / Вариант №2\"\n"
    )
    .replace("\"Вариант 2.1.1\"]", "\"Вариант 2.1.1\", \"ещё\"]");
    let mut world = World::new(&looped);
    world.say(1, "Выбор");
    world.press(1, "Вариант №2");
    for _ in 0..40 {
        world.press(1, "Вариант 2.1");
        world.press(1, "ещё");
    }
    let history = history(&world);
    assert_eq!(history.len(), 50);
    assert_eq!(history[49], "ещё");
}

#[test]
fn d11_other_text_leaves_or_repeats() {
    check(
        THREE_LEVELS,
        "\
case D11 leave
@shop a
> Выбор
< Выберите вариант
> погода
< Не знаю
> вариант №1
< Не знаю
* Вариант №1
< Выбрали \"Вариант №1\"
",
    );
    check(
        &format!("on_other_text = \"repeat\"\n{}", confirmed()),
        "\
case D11 repeat
@shop a
> Выбор
< Выберите вариант
> погода
< Выберите вариант

  Чтобы выйти, напишите «Отмена».
[ Вариант №1 | Вариант №2 | Вариант №3 ]
> вариант №1
< Вы выбрали: Вариант №1. Верно?
> погода
< Вы выбрали: Вариант №1. Верно?

  Чтобы выйти, напишите «Отмена».
[ Да | Другой вариант ]
> мк
<~ ^Ваш ключ
> да
< Выбрали \"Вариант №1\"
> погода
< Не знаю
",
    );
}

#[test]
fn d11_a_choice_stays_open_for_its_time() {
    check(
        THREE_LEVELS,
        "\
case D11 typed in time
@shop a
clock 2026-05-12 12:00
> Выбор
< Выберите вариант
clock 2026-05-13 11:59
> вариант №1
< Выбрали \"Вариант №1\"
case D11 typed too late, pressed for all that
@shop a
clock 2026-05-12 12:00
> Выбор
< Выберите вариант
clock 2026-05-13 12:00
> вариант №1
< Не знаю
* Вариант №2
< Второй уровень
> отмена
< Отменено.
",
    );
    let mut world = World::new(&format!("on_other_text = \"repeat\"\n{THREE_LEVELS}"));
    world.say(1, "Выбор");
    world.wait(24 * 3600);
    assert_eq!(
        world.answers(1, "погода"),
        ["Не знаю"],
        "an expired choice is not repeated"
    );
    assert!(world.conversations.is_empty());
}

#[test]
fn d11_an_older_button_opens_its_choice_again_with_its_history() {
    let mut world = World::new(THREE_LEVELS);
    world.say(1, "Выбор");
    world.press(1, "Вариант №2");
    let nested = world.last().clone();
    world.say(1, "Выбор"); // leaves the nested one
    let top = world.last().clone();
    world.wait(60);
    world.press_data(
        1,
        nested.number,
        nested.data("Вариант 2.1").expect("a button"),
    );
    assert_eq!(world.last().text.to_plain(), "Третий уровень");
    let choice = world
        .choices
        .values()
        .map(|stored| serde_json::from_str::<OpenChoice>(stored).expect("it reads back"))
        .max_by_key(|choice| choice.id)
        .expect("a choice");
    let labels: Vec<&str> = choice
        .history
        .iter()
        .map(|step| step.variant.label.as_str())
        .collect();
    assert_eq!(labels, ["Вариант №2", "Вариант 2.1"]);
    // The top-level one was left for it: closed, its buttons stay.
    let top_choice = world
        .choices
        .values()
        .map(|stored| serde_json::from_str::<OpenChoice>(stored).expect("it reads back"))
        .find(|choice| choice.question == top.key)
        .expect("the row");
    assert_eq!(top_choice.status, ChoiceStatus::Closed);
    world.press(1, "Вариант №1");
    assert_eq!(world.last().text.to_plain(), "Выбрали \"Вариант №1\"");
}

#[test]
fn d11_a_press_whose_rule_is_gone_is_told_and_the_buttons_go() {
    let gone = |new: &str| {
        let mut world = World::new(THREE_LEVELS);
        world.say(1, "Выбор");
        world.press(1, "Вариант №2");
        world.reload(new);
        world.press(1, "Вариант 2.2");
        assert_eq!(
            world.last().text.to_plain(),
            "Этот выбор больше не действует. Начните, пожалуйста, заново."
        );
        assert!(world.messages[1].buttons.is_none());
        assert!(world.conversations.is_empty());
        assert_eq!(world.notes.last(), Some(&None));
    };
    gone("");
    // The record is there, but it is no choice any more.
    gone(&THREE_LEVELS.replace(
        "kind = \"choice\"\ntitle = \"Второй уровень\"\nvariants = [\"Вариант 2.1\", \"Вариант 2.2\"]",
        "kind = \"text\"\ntext = \"просто\"",
    ));
    // The row is gone (30 days).
    let mut world = World::new(THREE_LEVELS);
    world.say(1, "Выбор");
    world.choices.clear();
    world.press(1, "Вариант №1");
    assert!(
        world
            .last()
            .text
            .to_plain()
            .starts_with("Этот выбор больше не действует")
    );
    assert!(world.messages[0].buttons.is_none());
    // A text meanwhile is an ordinary text.
    let mut world = World::new(THREE_LEVELS);
    world.say(1, "Выбор");
    world.choices.clear();
    assert_eq!(world.answers(1, "вариант №1"), ["Не знаю"]);
    assert!(world.conversations.is_empty());
    // The previous choice is gone when «Назад» is pressed.
    let mut world = World::new(THREE_LEVELS);
    world.say(1, "Выбор");
    world.press(1, "Вариант №2");
    let back = world.last().clone();
    world.reload(&THREE_LEVELS.replacen("words = \"Выбор\"", "words = \"Иное\"", 1));
    world.press_data(1, back.number, back.data("Назад").expect("a button"));
    assert!(
        world
            .last()
            .text
            .to_plain()
            .starts_with("Этот выбор больше не действует")
    );
}

#[test]
fn a_press_with_data_that_nobody_made_is_answered_quietly() {
    let mut world = World::new(THREE_LEVELS);
    world.say(1, "Выбор");
    for data in ["", "да", "1:zz", "x"] {
        world.press_data(1, 1, data);
        assert_eq!(
            world.notes.last(),
            Some(&Some("Этот выбор больше не действует.".into()))
        );
        assert_eq!(world.messages.len(), 1, "nothing is sent");
    }
    // A made-up number of a variant.
    let id = *world.choices.keys().next().expect("a choice");
    world.press_data(1, 1, &data::format(id, 0, data::Action::Variant(99)));
    assert!(
        world
            .last()
            .text
            .to_plain()
            .starts_with("Этот выбор больше не действует")
    );
    // A made-up «Назад» and page.
    world.wait(5);
    world.press_data(1, 1, &data::format(id, 0, data::Action::Back));
    world.press_data(1, 1, &data::format(id, 0, data::Action::Page(99)));
    // A choice of another chat.
    world.press_data(2, 1, &data::format(id, 0, data::Action::Variant(0)));
    assert!(
        world
            .last()
            .text
            .to_plain()
            .starts_with("Этот выбор больше не действует")
    );
    assert_eq!(world.answers(1, "вариант №1"), ["Выбрали \"Вариант №1\""]);
}

#[test]
fn a_finger_that_taps_twice_is_answered_once() {
    let mut world = World::new(THREE_LEVELS);
    world.say(1, "Выбор");
    let question = world.last().clone();
    let data = question.data("Вариант №1").expect("a button").to_owned();
    for _ in 0..3 {
        world.press_data(1, question.number, &data);
    }
    assert_eq!(world.messages.len(), 2);
    assert_eq!(world.notes.len(), 3, "each press is answered");
    world.wait(2);
    // Later, on a telephone that the edit never reached: it is over, and nothing changes.
    let choices = world.choices.clone();
    world.press_data(1, question.number, &data);
    assert_eq!(world.messages.len(), 2);
    assert_eq!(
        world.notes.last(),
        Some(&Some("Этот выбор больше не действует.".into()))
    );
    assert_eq!(world.choices, choices);
    // A confirmation is asked for once.
    let mut world = World::new(&confirmed());
    world.say(1, "Выбор");
    let data = world
        .last()
        .data("Вариант №1")
        .expect("a button")
        .to_owned();
    world.press_data(1, 1, &data);
    world.press_data(1, 1, &data);
    assert_eq!(world.read.len(), 2);
}

/// Buttons that were taken away stay away: a press on one, however late and whatever stands there now,
/// is answered with a note and changes nothing.
#[test]
fn taken_away_buttons_stay_away() {
    let over = |world: &mut World, number: i64, data: &str| {
        world.wait(60);
        let before = (
            world.choices.clone(),
            world.conversations.clone(),
            world.read.len(),
        );
        let shown: Vec<(RichText, Buttons)> = (world.messages.iter())
            .map(|shown| (shown.text.clone(), shown.buttons.clone()))
            .collect();
        world.press_data(1, number, data);
        assert_eq!(
            world.notes.last(),
            Some(&Some("Этот выбор больше не действует.".into())),
            "{data}"
        );
        let after = (
            world.choices.clone(),
            world.conversations.clone(),
            world.read.len(),
        );
        assert_eq!(before, after, "{data}");
        for (message, before) in world.messages.iter().zip(shown) {
            assert_eq!((message.text.clone(), message.buttons.clone()), before);
        }
        assert!(world.trace.describe(&world.bot).contains("уже убрана"));
    };
    let data = |world: &World, at: usize, label: &str| -> (i64, String) {
        let shown = &world.messages[at];
        (
            shown.number,
            shown.data(label).expect("a button").to_owned(),
        )
    };
    let mut world = World::new(&confirmed());
    world.say(1, "Выбор");
    let variant = data(&world, 0, "Вариант №2");
    world.press(1, "Вариант №2");
    let yes = data(&world, 0, "Да");
    // A variant while it is asked whether another is meant.
    over(&mut world, variant.0, &variant.1);
    world.press(1, "Другой вариант");
    over(&mut world, yes.0, &yes.1);
    world.press(1, "Вариант №2");
    let yes = data(&world, 0, "Да");
    world.press(1, "Да");
    for (number, data) in [&variant, &yes] {
        over(&mut world, *number, data);
    }
    // «Назад» of a nested choice that was gone back from, and its variants.
    let nested = data(&world, 1, "Вариант 2.1");
    world.press(1, "Назад");
    over(&mut world, nested.0, &nested.1);
    // After «Отмена».
    let top = data(&world, 1, "Вариант №1");
    world.say(1, "Отмена");
    over(&mut world, top.0, &top.1);
    // Typed: the question that was asked again below.
    world.say(1, "Выбор");
    let at = world.messages.len() - 1;
    let first = data(&world, at, "Вариант №1");
    world.say(1, "вариант №1");
    assert!(world.messages[at].buttons.is_none());
    over(&mut world, first.0, &first.1);
    // One that was only left opens again (D11), with what it showed last.
    world.say(1, "погода");
    world.press(1, "Да");
    assert_eq!(world.last().text.to_plain(), "Выбрали \"Вариант №1\"");
}

/// «Назад» and a confirmation stand where the question stood whose button was pressed.
#[test]
fn pressed_questions_are_edited_in_place() {
    let mut world = World::new(&confirmed());
    world.say(1, "Выбор");
    world.press(1, "Вариант №2");
    world.press(1, "Да");
    world.press(1, "Вариант 2.1");
    let texts = |world: &World| world.texts_since(0);
    assert_eq!(
        texts(&world),
        [
            "Выберите вариант\n\n✅ Вариант №2",
            "Второй уровень\n\n✅ Вариант 2.1",
            "Третий уровень"
        ]
    );
    world.press(1, "Назад");
    world.press(1, "Назад");
    assert_eq!(
        texts(&world)[2],
        "Выберите вариант",
        "both in the last message"
    );
    assert_eq!(world.messages.len(), 3);
    // The one that stands there now is the one that a typed variant answers.
    world.say(1, "вариант №1");
    assert!(world.messages[2].buttons.is_none());
    world.say(1, "да");
    assert_eq!(
        texts(&world)[3..],
        [
            "Выберите вариант\n\n✅ Вариант №1",
            "Выбрали \"Вариант №1\""
        ]
    );
    // What cannot be shown in place of a question is said below it, and no button stays.
    let mut world = World::new(THREE_LEVELS);
    world.say(1, "Выбор");
    world.press(1, "Вариант №2");
    world.reload(&THREE_LEVELS.replacen("words = \"Выбор\"", "words = \"Иное\"", 1));
    world.press(1, "Назад");
    let buttons = world
        .messages
        .iter()
        .filter(|shown| !shown.buttons.is_none());
    assert_eq!(buttons.count(), 0);
    // A title longer than an edit may be.
    let long = "д".repeat(4_100);
    let mut world = World::new(&THREE_LEVELS.replacen("Выберите вариант", &long, 1));
    world.say(1, "Выбор");
    world.press(1, "Вариант №2");
    world.press(1, "Назад");
    assert_eq!(world.messages.len(), 3);
    assert!(world.messages[1].buttons.is_none());
}

/// Rows of before: the confirmation is a message of its own, buttons say no keyboard.
#[test]
fn an_older_confirmation_goes_on() {
    let mut world = World::new(&confirmed());
    world.say(1, "Выбор");
    world.say(1, "вариант №1");
    // As it was written then.
    let (id, stored) = world.choices.iter().next().expect("a choice");
    let mut choice: OpenChoice = serde_json::from_str(stored).expect("it reads back");
    let (id, question) = (*id, choice.question);
    (choice.question, choice.keyboard) = (world.messages[0].key, 0);
    let stored = serde_json::to_string(&choice).expect("it can be stored");
    assert!(!stored.contains("keyboard"), "{stored}");
    world.choices.insert(id, stored);
    let yes = data::format(id, 0, data::Action::Yes(0));
    world.wait(5);
    world.press_data(1, world.messages[1].number, &yes);
    assert_eq!(world.messages[1].key, question);
    assert_eq!(world.last().text.to_plain(), "Выбрали \"Вариант №1\"");
    assert!(world.messages.iter().all(|shown| shown.buttons.is_none()));
}

#[test]
fn d12_the_catch_all_answers_any_pressed_variant() {
    check(
        &many(3, ""),
        "\
case D12
@shop a
> Много
< Выберите вариант:
[ в1 | в2 | в3 ]
* в2
< любой
> Много
< Выберите вариант:
> в3
< любой
> Много
< Выберите вариант:
> иное
< Не знаю
",
    );
}

#[test]
fn d13_a_variant_without_a_child_is_handled_as_typed() {
    check(
        r#"
[[keyword]]
words = "Выбор"
kind = "choice"
variants = ["Цена", "Ничего", "мк", "Отмена", "2+2", "Мёртвый", "Выбор"]
[[keyword]]
words = "Цена"
kind = "text"
text = "100 рублей"
[[keyword]]
parent = "Выбор"
words = "Мёртвый"
kind = "alias"
target = "Нет такого"
"#,
        "\
case D13
@shop a
> Выбор
< Выберите вариант:
* Цена
< 100 рублей
> Выбор
< Выберите вариант:
* Ничего
< Не знаю
> Выбор
< Выберите вариант:
* мк
<~ ^Ваш ключ
> Выбор
< Выберите вариант:
* Отмена
< Отменено.
> Выбор
< Выберите вариант:
* 2+2
< Не знаю
> Выбор
< Выберите вариант:
* Мёртвый
< Не знаю
> Выбор
< Выберите вариант:
* Выбор
< Выберите вариант:
<!
",
    );
}

#[test]
fn d13_a_choice_without_a_rule_is_answered_as_typed() {
    // The array that an algorithm called by its name gives belongs to no rule.
    let mut world = World::new("[[keyword]]\nwords = \"Цена\"\nkind = \"text\"\ntext = \"100\"");
    world.bot.keywords =
        bot("[[keyword]]\nwords = \"в\"\nkind = \"choice\"\nvariants = [\"Цена\"]").keywords;
    world.say(1, "в");
    world.reload("[[keyword]]\nwords = \"Цена\"\nkind = \"text\"\ntext = \"100\"");
    for stored in world.choices.values_mut() {
        let mut choice: OpenChoice = serde_json::from_str(stored).expect("it reads back");
        choice.keyword = String::new();
        *stored = serde_json::to_string(&choice).expect("it can be stored");
    }
    world.press(1, "Цена");
    assert_eq!(world.last().text.to_plain(), "100");
}

#[test]
fn d14_equal_labels_are_numbered_and_each_finds_its_rule() {
    check(
        r#"
[[keyword]]
words = "Выбор"
kind = "choice"
variants = ["да", "да", ""]
[[keyword]]
parent = "Выбор"
words = "да"
kind = "text"
text = "выбрано да"
"#,
        "\
case D14
@shop a
> Выбор
< Выберите вариант:
[ да | да (2) | — ]
* да (2)
< выбрано да
> Выбор
< Выберите вариант:
> да(2)
< выбрано да
",
    );
}

#[test]
fn d14_nothing_to_choose_from() {
    check(
        "[[keyword]]\nwords = \"Выбор\"\nkind = \"choice\"\nvariants = []",
        "case D14\n@shop a\n> Выбор\n< Сейчас выбирать не из чего.\n[ ]\n<!",
    );
}

#[test]
fn d14_columns_and_pages() {
    let mut world = World::new(&many(7, "columns = 3"));
    world.say(1, "Много");
    assert_eq!(
        world.last().rows(),
        [vec!["в1", "в2", "в3"], vec!["в4", "в5", "в6"], vec!["в7"]]
    );
    // Eight rows are one page.
    let mut world = World::new(&many(32, "columns = 4"));
    world.say(1, "Много");
    assert_eq!(world.last().rows().len(), 8);
    check(
        &many(17, ""),
        "\
case D14 pages
@shop a
> Много
< Выберите вариант:
[ в1 | в2 | в3 | в4 | в5 | в6 | в7 | в8 | Ещё ▶ ]
* Ещё ▶
[ в9 | в10 | в11 | в12 | в13 | в14 | в15 | в16 | ◀ Раньше | Ещё ▶ ]
kill
* Ещё ▶
[ в17 | ◀ Раньше ]
* ◀ Раньше
[~ в9 | Ещё ▶ ]
> ещё ▶
<!
* в17
< любой
<!
",
    );
    // A variant of another page can be typed.
    let mut world = World::new(&many(17, ""));
    world.say(1, "Много");
    assert_eq!(world.answers(1, "в17"), ["любой"]);
}

#[test]
fn d10_the_state_of_one_person_is_not_anothers() {
    check(
        THREE_LEVELS,
        "\
case D28 two people
@shop a
> Выбор
< Выберите вариант
@shop b
> вариант №1
< Не знаю
@shop a
> вариант №1
< Выбрали \"Вариант №1\"
",
    );
}
