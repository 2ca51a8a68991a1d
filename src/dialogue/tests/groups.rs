//! Groups (D28).

use super::*;

const GROUP: i64 = -100_500;

fn in_group(sender: i64, addressed: Addressed, text: &str) -> Incoming {
    Incoming {
        sender: person(sender),
        chat: ChatId(GROUP),
        thread: Some(33),
        message_id: Some(700),
        addressed,
        kind: IncomingKind::Text(text.into()),
        own: true,
        files: Vec::new(),
        phone: None,
    }
}

fn press(sender: i64, shown: &Shown, label: &str) -> Incoming {
    Incoming {
        sender: person(sender),
        chat: ChatId(GROUP),
        thread: Some(33),
        message_id: Some(shown.number),
        addressed: Addressed::GroupToBot,
        kind: IncomingKind::Press {
            query: "q".into(),
            message_id: shown.number,
            data: shown.data(label).expect("a button").into(),
        },
        own: true,
        files: Vec::new(),
        phone: None,
    }
}

/// What a text for the bot brings in a group.
fn answers(world: &mut World, sender: i64, text: &str) -> Vec<String> {
    let before = world.messages.len();
    world.come(in_group(sender, Addressed::GroupToBot, text));
    world.texts_since(before)
}

#[test]
fn d28_only_what_is_for_the_bot_is_answered_and_in_the_same_topic() {
    let mut world = World::new(THREE_LEVELS);
    world.come(in_group(1, Addressed::GroupToOthers, "Выбор"));
    let mut sticker = in_group(1, Addressed::GroupToOthers, "");
    sticker.kind = IncomingKind::Other("sticker".into());
    world.come(sticker.clone());
    assert!(world.messages.is_empty());
    assert!(world.conversations.is_empty());

    assert_eq!(answers(&mut world, 1, "Выбор"), ["Выберите вариант"]);
    assert_eq!(world.last().thread, Some(33));
    assert_eq!(
        world.last().reply_to,
        Some(700),
        "quote = \"groups\" is the default"
    );
    world.come(in_group(1, Addressed::GroupToOthers, "вариант №1"));
    assert_eq!(world.messages.len(), 1, "said to others");
    assert_eq!(
        answers(&mut world, 1, "вариант №1"),
        ["Выбрали \"Вариант №1\""]
    );
    assert_eq!(answers(&mut world, 1, "погода"), ["Не знаю"]);
    assert_eq!(
        answers(&mut world, 1, "/start@shop_bot"),
        ["Здравствуйте, Иван!"]
    );
    sticker.addressed = Addressed::GroupToBot;
    world.come(sticker);
    assert!(
        world
            .last()
            .text
            .to_plain()
            .starts_with("Я понимаю только текст")
    );
}

#[test]
fn d28_what_is_private_is_answered_with_a_link() {
    let mut world = World::new("task_menu = true");
    world.registered.insert(PersonId(1));
    for command in ["Мой ключ", "/menu", "бм", "нз"] {
        assert_eq!(
            answers(&mut world, 1, command),
            ["Это работает только в личном чате: https://t.me/shop_bot"],
            "{command}"
        );
    }
    let mut world = World::new("authorization = true");
    assert_eq!(
        answers(&mut world, 1, "погода"),
        ["Это работает только в личном чате: https://t.me/shop_bot"]
    );
    world.registered.insert(PersonId(1));
    assert_eq!(answers(&mut world, 1, "погода"), ["Не знаю"]);
}

#[test]
fn d28_a_press_on_another_persons_choice() {
    let mut world = World::new(THREE_LEVELS);
    answers(&mut world, 1, "Выбор");
    let question = world.last().clone();
    world.come(press(2, &question, "Вариант №1"));
    assert_eq!(
        world.notes,
        [Some("Эти кнопки предложены другому человеку.".into())]
    );
    assert_eq!(world.messages.len(), 1);
    world.come(press(1, &question, "Вариант №1"));
    assert_eq!(world.last().text.to_plain(), "Выбрали \"Вариант №1\"");
}

#[test]
fn d28_people_of_a_group_have_conversations_of_their_own() {
    let mut world = World::new(THREE_LEVELS);
    answers(&mut world, 1, "Выбор");
    assert_eq!(answers(&mut world, 2, "вариант №1"), ["Не знаю"]);
    assert_eq!(answers(&mut world, 2, "отмена"), ["Отменять нечего."]);
    assert_eq!(answers(&mut world, 1, "отмена"), ["Отменено."]);
    // The same person's private chat is another conversation.
    answers(&mut world, 1, "Выбор");
    assert_eq!(world.answers(1, "вариант №1"), ["Не знаю"]);
}

#[test]
fn d28_an_anonymous_sender_is_a_stranger() {
    let mut world = World::new("authorization = true");
    world.registered.insert(PersonId(1));
    let mut anonymous = in_group(1, Addressed::GroupToBot, "погода");
    anonymous.sender.anonymous = true;
    world.come(anonymous);
    assert!(
        world
            .last()
            .text
            .to_plain()
            .contains("https://t.me/shop_bot")
    );
    // Keywords answer strangers where the bot serves them.
    let mut world = World::new(THREE_LEVELS);
    let mut anonymous = in_group(1, Addressed::GroupToBot, "Выбор");
    anonymous.sender.anonymous = true;
    world.come(anonymous);
    assert_eq!(world.last().text.to_plain(), "Выберите вариант");
}
