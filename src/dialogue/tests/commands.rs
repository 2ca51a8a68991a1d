//! Built-in commands, the unknown reply, messages that are not text.

use super::*;

#[test]
fn r65_start_greets_and_tells_about_the_bot() {
    check(
        r#"description = "Отвечает на вопросы <b>покупателей</b>""#,
        "\
case R88 greeting with the description
@shop a
> /Start
< Здравствуйте, Иван!
  Отвечает на вопросы покупателей
[ ]
> старт
< Здравствуйте, Иван!
  Отвечает на вопросы покупателей
> /start@shop_bot payload
< Здравствуйте, Иван!
  Отвечает на вопросы покупателей
case D4 a command for another bot
@shop a
> /start@other_bot
< Не знаю
",
    );
    check(
        "",
        "case R88 no description\n@shop a\n> /start\n< Здравствуйте, Иван!\n<!",
    );
    check(
        "[texts]\ngreeting = \"{bot_name}: {first_name}, ключ {chat_key}\"",
        "case R90 own text\n@shop a\n> /start\n< Магазин: Иван, ключ 2000\n<!",
    );
    check(
        "locale = \"en\"",
        "case D20 English\n@shop a\n> Старт\n< Hello, Иван!\n<!",
    );
}

#[test]
fn d27_what_telegram_tells_of_a_person_is_escaped() {
    let mut world = World::new("");
    let mut start = incoming(1, IncomingKind::Text("/start".into()));
    start.sender.first_name = "<b>&".into();
    world.come(start.clone());
    assert_eq!(
        world.last().text,
        RichText::Markup("Здравствуйте, &lt;b&gt;&amp;!".into())
    );
    start.sender.first_name = " ".into();
    world.come(start);
    assert_eq!(world.last().text.to_plain(), "Здравствуйте, гость!");
}

#[test]
fn r66_my_key_is_the_key_of_the_chat() {
    check(
        "",
        "\
case R66
@shop 1001
> Мой ключ
<~ ^Ваш ключ: 1001
> мк
<~ ^Ваш ключ: 1001
> /mykey
<~ ^Ваш ключ: 1001
<!
",
    );
}

#[test]
fn r85_unknown_reply_every_time() {
    check(
        "unknown_reply = \"Спросите <i>иначе</i>\"",
        "\
case R86 R89
@shop a
> привет
< Спросите иначе
> привет
< Спросите иначе
> \u{200b}
< Спросите иначе
<!
",
    );
    let mut world = World::new("unknown_reply = \" \"");
    assert_eq!(
        world.answers(1, "что"),
        ["Не знаю, что на это ответить. Напишите иначе или отправьте /start."]
    );
    let mut world =
        World::new("unknown_reply = \" \"\n[texts]\nunknown = \"Что значит «{text}»?\"");
    world.say(1, "<i>");
    assert_eq!(
        world.last().text,
        RichText::Markup("Что значит «&lt;i&gt;»?".into())
    );
}

#[test]
fn d3_task_commands() {
    let commands = "Меню Бм мз Задачи нз нп /menu /newtask";
    for command in commands.split(' ') {
        let mut world = World::new("task_menu = true");
        let answers = world.answers(7, command);
        assert_eq!(answers.len(), 1);
        assert!(answers[0].contains("Ваш ключ: 7"), "{answers:?}");
        let mut world = World::new("");
        assert_eq!(world.answers(7, command), ["Не знаю"], "task_menu is off");
    }
    check(
        "task_menu = true",
        "\
case D3 registered
@shop 1001
> Меню
<~ пока не подключены
> Без меню
<~ ^Меню убрано
<!
",
    );
    let mut world = World::new("task_menu = true");
    world.registered.insert(PersonId(1));
    world.say(1, "бм");
    assert_eq!(world.last().buttons, Buttons::RemovePanel); // R72
}

#[test]
fn d3_cancel_is_a_command_only_while_something_is_open() {
    check(
        THREE_LEVELS,
        "\
case D3 nothing is open
@shop a
> Отмена
< Отменять нечего.
> /cancel
< Отменять нечего.
case D3 a choice is open
@shop a
> Выбор
< Выберите вариант
> отмена
< Отменено.
> отмена
< Отменять нечего.
> Вариант №1
< Не знаю
",
    );
    check(
        "[[keyword]]\nwords = \"Отмена\"\nkind = \"text\"\ntext = \"Отмена заказа\"",
        "case D3 a keyword answers when nothing is open\n@shop a\n> отмена\n< Отмена заказа\n<!",
    );
}

#[test]
fn d3_cancel_takes_the_buttons_away() {
    let mut world = World::new(THREE_LEVELS);
    world.say(1, "Выбор");
    assert_eq!(world.last().labels().len(), 3);
    world.say(1, "/cancel");
    assert!(world.messages[0].buttons.is_none());
    assert!(
        world.conversations.is_empty(),
        "the default state is not stored"
    );
}

#[test]
fn d1_a_built_in_comes_before_keywords_and_choices() {
    let file = format!(
        "{THREE_LEVELS}\n[[keyword]]\nwords = \"Старт, мк\"\nkind = \"text\"\ntext = \"скрыто\""
    );
    check(
        &file,
        "\
case D1
@shop a
> Старт
< Здравствуйте, Иван!
> Выбор
< Выберите вариант
> мк
<~ ^Ваш ключ
> вариант №1
< Выбрали \"Вариант №1\"
> Выбор
< Выберите вариант
> /start
< Здравствуйте, Иван!
> вариант №1
< Не знаю
",
    );
}

#[test]
fn unsupported_is_told_once_in_a_row() {
    check(
        THREE_LEVELS,
        "\
case unsupported once, and the open choice stays open
@shop a
> Выбор
< Выберите вариант
^ sticker
<~ ^Я понимаю только текст
^ photo a.png
^ contact
^ document a.pdf
<!
kill
^ sticker
<!
> вариант №1
< Выбрали \"Вариант №1\"
^ sticker
<~ ^Я понимаю только текст
<!
",
    );
}

#[test]
fn r95_with_authorization_on_strangers_are_not_served() {
    let file = format!("authorization = true\n{THREE_LEVELS}");
    check(
        &file,
        "\
case R120 a stranger
@shop a
> Выбор
<~ ^Чтобы пользоваться ботом, пройдите авторизацию
> /start
< Здравствуйте, Иван!
> мк
<~ ^Ваш ключ
case R120 a registered person
@shop 1001
> Выбор
< Выберите вариант
",
    );
    // Somebody whose registration was revoked presses an old button.
    let mut world = World::new(&file);
    world.registered.insert(PersonId(1));
    world.say(1, "Выбор");
    world.registered.clear();
    world.press(1, "Вариант №1");
    assert!(
        world
            .last()
            .text
            .to_plain()
            .starts_with("Чтобы пользоваться ботом")
    );
    assert!(world.conversations.is_empty());
}

#[test]
fn d5_telegrams_own_list_of_commands() {
    let names = |bot: &Bot| -> Vec<&str> {
        commands(bot, Locale::Ru)
            .iter()
            .map(|entry| entry.command)
            .collect()
    };
    assert_eq!(names(&bot("")), ["start", "help", "mykey", "cancel"]);
    // Tasks are not connected: nobody is led to what only says so.
    assert_eq!(names(&bot("task_menu = true")), names(&bot("")));
    let english = commands(&bot("[texts]\ncommand_start = \"Про магазин\""), Locale::En);
    assert_eq!(english[0].description, "Про магазин");
    assert_eq!(english[2].description, "My key");
    for entry in commands(&bot("task_menu = true"), Locale::En) {
        assert!(entry.command.bytes().all(|b| b.is_ascii_lowercase()));
        assert!((1..=256).contains(&entry.description.chars().count()));
    }
}

const MANY: &str = r#"
task_menu = true
[[keyword]]
words = "Цена, Прайс"
kind = "text"
text = "100"
[[keyword]]
words = "мк, Ключ <b>"
kind = "text"
text = "второе слово: первое занято командой"
[[keyword]]
words = "Старт"
kind = "text"
text = "занято"
[[keyword]]
words = "Стоимость"
kind = "alias"
target = "Цена"
[[keyword]]
words = "Цвет"
kind = "choice"
variants = ["Красный"]
[[keyword]]
parent = "Цвет"
words = "Красный"
kind = "text"
text = "красный"
"#;

#[test]
fn help_lists_what_works_here() {
    const COMMANDS: &str = "Что здесь работает:\n/start — О боте\n/help — Что здесь работает\n/mykey — Мой ключ\n/cancel — Отменить начатое";
    let words = "\n\nНапишите одно из слов:\n• Цена\n• Ключ <b>\n• Цвет";
    for asked in ["/help", "Помощь", "ПОМОЩЬ ", "/help@shop_bot"] {
        let mut world = World::new(MANY);
        assert_eq!(world.answers(1, asked), [format!("{COMMANDS}{words}")]);
    }
    let mut world = World::new(&format!("help = false\n{MANY}"));
    assert_eq!(world.answers(1, "помощь"), [COMMANDS]);
    let mut world = World::new("");
    assert_eq!(world.answers(1, "помощь"), [COMMANDS]);
    // Who is not let in may write none of them.
    let mut world = World::new(&format!("authorization = true\n{MANY}"));
    assert_eq!(world.answers(1, "помощь"), [COMMANDS]);
    world.registered.insert(PersonId(1));
    assert_eq!(world.answers(1, "помощь"), [format!("{COMMANDS}{words}")]);
    // Its own texts.
    let mut world = World::new(
        "[texts]\nhelp = \"Умею: {commands}\"\ncommand_start = \"Про магазин\"\nhelp_keywords = \"Слова: {keywords}\"\n[[keyword]]\nwords = \"а\"\nkind = \"text\"\ntext = \"б\"",
    );
    let answer = world.answers(1, "/help").concat();
    assert!(
        answer.starts_with("Умею: /start — Про магазин\n"),
        "{answer}"
    );
    assert!(answer.ends_with("\n\nСлова: • а"), "{answer}");
    // A choice stays open meanwhile.
    check(
        MANY,
        "case help\n@shop a\n> Цвет\n< Выберите вариант:\n> помощь\n<~ ^Что здесь работает\n> красный\n< красный\n<!",
    );
}

#[test]
fn a_bot_may_have_a_keyboard_of_its_own() {
    let file = "keyboard = [\"Цена, Доставка\", \"Часы\"]\n[[keyword]]\nwords = \"Цена\"\nkind = \"text\"\ntext = \"100\"";
    let rows = Buttons::Panel(vec![
        vec!["Цена".into(), "Доставка".into()],
        vec!["Часы".into()],
    ]);
    let mut world = World::new(file);
    world.say(1, "/start");
    assert_eq!(world.last().buttons, rows);
    assert_eq!(
        world.answers(1, "Без меню"),
        ["Меню убрано. Вернуть его: /menu"]
    );
    assert_eq!(world.last().buttons, Buttons::RemovePanel);
    assert_eq!(
        world.answers(1, "меню"),
        ["Меню внизу. Убрать его: /nomenu"]
    );
    assert_eq!(world.last().buttons, rows);
    assert_eq!(
        world.answers(1, "Цена"),
        ["100"],
        "what is pressed is written"
    );
    let help = world.answers(1, "/help").concat();
    assert!(
        help.contains("/menu — ") && !help.contains("/tasks"),
        "{help}"
    );
    // Its buttons lead out of a question that any other text repeats.
    let choice = "\n[[keyword]]\nwords = \"Цвет\"\nkind = \"choice\"\nvariants = [\"Красный\"]";
    check(
        &format!("on_other_text = \"repeat\"\n{file}{choice}"),
        "case keyboard\n@shop a\n> Цвет\n< Выберите вариант:\n> погода\n<~ напишите «Отмена»\n> цена\n< 100\n> погода\n< Не знаю\n<!",
    );
    // Not over the telephones of a group, nor for strangers.
    let mut start = incoming(1, IncomingKind::Text("/start".into()));
    start.chat = ChatId(-5);
    start.addressed = Addressed::GroupToBot;
    world.come(start);
    assert_eq!(world.last().buttons, Buttons::None);
    let mut world = World::new(&format!("authorization = true\n{file}"));
    world.say(1, "/start");
    // He gets the way in, below the greeting.
    assert!(matches!(world.last().buttons, Buttons::Inline(_)));
}

#[test]
fn an_own_keyword_of_that_name_wins_over_help() {
    let own = "[[keyword]]\nwords = \"Помощь\"\nkind = \"text\"\ntext = \"Звоните Ивану\"";
    check(
        own,
        "case help\n@shop a\n> помощь\n< Звоните Ивану\n> /help\n<~ • Помощь$\n<!",
    );
    let slash = "[[keyword]]\nwords = \"/help\"\nkind = \"text\"\ntext = \"Звоните Ивану\"";
    check(
        slash,
        "case help\n@shop a\n> /HELP\n< Звоните Ивану\n> помощь\n<~ • /help$\n<!",
    );
}

#[test]
fn very_many_keywords_are_not_listed_without_end() {
    let file: String = (0..150)
        .map(|n| format!("[[keyword]]\nwords = \"слово {n}\"\nkind = \"text\"\ntext = \"{n}\"\n"))
        .collect();
    let answer = World::new(&file).answers(1, "/help").concat();
    assert!(answer.contains("• слово 99\n… +50"), "{answer}");
}

#[test]
fn quoting_follows_the_setting() {
    let reply_to = |file: &str| {
        let mut world = World::new(file);
        world.say(1, "что");
        world.last().reply_to
    };
    assert_eq!(reply_to(""), None);
    assert_eq!(reply_to("quote = \"never\""), None);
    assert_eq!(reply_to("quote = \"always\""), Some(500));
}

#[test]
fn a_trace_tells_what_was_tried_and_no_secret() {
    let mut world = World::new(THREE_LEVELS);
    let trace = |world: &mut World, text: &str| {
        world.say(1, text);
        let trace = world.trace.describe(&world.bot);
        let steps = trace
            .strip_prefix("бот: ревизия 1\n")
            .expect("the revision");
        steps.to_owned()
    };
    assert_eq!(
        trace(&mut world, "Что?"),
        "текст для сравнения: «что?»\nключевого слова нет\nответ на неизвестный запрос"
    );
    assert_eq!(
        trace(&mut world, " ВЫБОР"),
        "текст для сравнения: «выбор»\nключевое слово «выбор»"
    );
    let id = *world.choices.keys().next().expect("a choice");
    assert_eq!(
        trace(&mut world, "Вариант №3"),
        format!(
            "текст для сравнения: «вариант№3»\nвыбор {id}: вариант 3\nключевое слово «выбор / вариант№3»\nключевое слово «выбор»"
        )
    );
    assert_eq!(
        trace(&mut world, "/start SECRET"),
        "встроенная команда /start"
    );
}
