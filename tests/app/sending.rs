//! What leaves: deferred messages, pauses, refusals, long texts.

use serde_json::json;
use vestnik::model::{BotCode, Channel, ChatId, MessageKind, MessageState, RichText};
use vestnik::store::{chats, pauses};
use vestnik_simulator::{Fault, FaultKind, Press, Say};

use super::SHOP;
use crate::support::app::App;

#[test]
fn r35_r37_a_deferred_message_leaves_when_the_clock_comes_to_it() {
    let mut app = App::shop(SHOP);
    app.ask("shop", 11, "Цена");
    let due = app.clock().now().plus_secs(3_600);
    let text = || RichText::Markup("<b>Собрание</b> через час".into());
    let key = app.put_message("shop", 11, MessageKind::Manual, due, text());
    app.advance_clock(3_590);
    app.rest();
    assert_eq!(
        app.message(key).state,
        MessageState::Queued,
        "not yet (R36)"
    );
    app.restart_node();
    assert_eq!(
        app.message(key).state,
        MessageState::Queued,
        "a restart changes nothing"
    );
    let after = app.simulator().last_seq();
    app.advance_clock(10);
    app.until("it is sent", |app| {
        app.message(key).state == MessageState::Sent
    });
    let row = app.message(key);
    assert!(!row.late, "{row:?}");
    let answers = app.answers("shop", 11, after).expect("read");
    assert_eq!(answers[0].html, "<b>Собрание</b> через час");
    assert_eq!(answers.len(), 1);
}

#[test]
fn d25_what_was_due_while_nobody_was_at_work_is_sent_late_and_says_so() {
    let mut app = App::shop(SHOP);
    app.ask("shop", 11, "Цена");
    let due = app.clock().now().plus_secs(3_600);
    let key = app.put_message(
        "shop",
        11,
        MessageKind::Manual,
        due,
        RichText::Plain("пора".into()),
    );
    app.stop_node();
    app.advance_clock(7_200);
    app.start_again();
    app.until("it is sent", |app| {
        app.message(key).state == MessageState::Sent
    });
    assert!(app.message(key).late);
}

#[test]
fn a_long_text_goes_in_parts_that_each_stand_alone() {
    let line = "Строка с <b>жирным и <i>наклонным</i></b> словом &amp; знаком 😀\\n";
    let file = format!(
        "[[keyword]]\nwords = \"Много\"\nkind = \"text\"\ntext = \"{}\"",
        line.repeat(150)
    );
    let app = App::shop(&file);
    let answers = app.ask("shop", 11, "Много");
    assert!(answers.len() >= 2, "{}", answers.len());
    for answer in &answers {
        assert!(answer.text.encode_utf16().count() <= 4096);
        assert!(
            answer.html.contains("<b>жирным и <i>наклонным</i></b>"),
            "{}",
            answer.html
        );
    }
    let whole: Vec<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
    let whole = whole.join("\n");
    let expected = "Строка с жирным и наклонным словом & знаком 😀\n".repeat(150);
    assert_eq!(whole.trim_end(), expected.trim_end());
    let rows = app.messages("shop");
    let sent: Vec<i64> = rows
        .iter()
        .flat_map(|row| row.telegram_message_ids.clone())
        .collect();
    let shown: Vec<i64> = answers.iter().map(|answer| answer.message_id).collect();
    assert_eq!(sent, shown, "every part has its row or its place in one");
}

#[test]
fn a_refused_parse_mode_is_sent_again_as_it_stands() {
    let app = App::shop(SHOP);
    app.ask("shop", 11, "Цена");
    let after = app.simulator().last_seq();
    // What the rules never make: another part of the system might.
    let broken = RichText::Markup("<b>5 < 6".into());
    let key = app.put_message("shop", 11, MessageKind::Notice, app.clock().now(), broken);
    app.until("it is sent", |app| {
        // The background lane waits for the chat's limit, which goes by the clock.
        app.advance_clock(1);
        app.message(key).state == MessageState::Sent
    });
    let answers = app.answers("shop", 11, after).expect("read");
    assert_eq!(answers.len(), 1);
    assert!(answers[0].text.contains("5 < 6"), "{answers:?}");
}

#[test]
fn not_modified_and_an_old_press_are_no_failures() {
    let variants: Vec<String> = (1..=20).map(|n| format!("\"в{n}\"")).collect();
    let file = format!(
        "[[keyword]]\nwords = \"Много\"\nkind = \"choice\"\nvariants = [{}]\n\
         [[keyword]]\nparent = \"Много\"\nkind = \"text\"\ntext = \"любой\"",
        variants.join(", ")
    );
    let mut app = App::shop(&file);
    let question = app.ask("shop", 11, "Много").remove(0);
    let next = question
        .buttons
        .iter()
        .flatten()
        .find(|button| button.label == "Ещё ▶");
    let data = next
        .and_then(|button| button.data.clone())
        .expect("the next page");
    let turn = || Press {
        from: 11,
        message_id: Some(question.message_id),
        data: Some(data.clone()),
        ..Press::default()
    };
    // The same page twice: the second edit changes nothing, and Telegram says so.
    for _ in 0..2 {
        app.press("shop", turn()).expect("pressed");
        app.rest();
    }
    let edits = app.calls("shop", "editMessageText");
    let markups = app.calls("shop", "editMessageReplyMarkup");
    let outcomes: Vec<_> = edits
        .iter()
        .chain(&markups)
        .filter_map(|call| call.description.clone())
        .collect();
    assert!(
        outcomes.iter().all(|text| text.contains("not modified")),
        "{outcomes:?}"
    );
    // A press that waited while nobody was at work is too old to be answered; its rule still works.
    app.stop_node();
    app.press("shop", turn()).expect("pressed");
    app.press(
        "shop",
        Press {
            from: 11,
            label: "в9".into(),
            ..Press::default()
        },
    )
    .expect("pressed");
    app.advance_clock(3_600);
    let after = app.simulator().last_seq();
    app.start_again();
    app.rest();
    let answers = app.answers("shop", 11, after).expect("read");
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].text, "любой");
    app.until("the old press was refused", |app| {
        let calls = app.calls("shop", "answerCallbackQuery");
        calls.iter().any(|call| call.outcome == "error")
    });
    assert_eq!(app.count(MessageState::Failed), 0);
    assert!(
        app.http("GET", "/metrics", None)
            .body
            .contains("vestnik_messages_failed_total 0\n")
    );
}

#[test]
fn a_pause_that_telegram_asked_for_outlives_a_restart() {
    let mut app = App::shop(SHOP);
    app.simulator().fault(Fault {
        retry_after: Some(300),
        ..Fault::new(FaultKind::TooManyRequests)
            .method("sendMessage")
            .chat(11)
    });
    app.write_to("shop", 11, "Цена");
    let pauses = |app: &App| {
        let now = app.clock().now();
        app.read(move |conn| pauses::of_bot(conn, Channel::Telegram, &BotCode::new("shop"), now))
            .expect("read")
    };
    app.until("the pause is kept", |app| pauses(app).len() == 1);
    app.until("the message waits", |app| {
        app.count(MessageState::Queued) == 1
    });
    app.stop_node();
    app.start_again();
    app.until_running("shop");
    // Another chat is served meanwhile, and this one's new messages stand behind the one that waits.
    assert_eq!(pauses(&app).len(), 1);
    app.write_to("shop", 12, "Цена");
    app.until("the other chat is served", |app| {
        app.answers("shop", 12, 0)
            .is_ok_and(|answers| answers.len() == 1)
    });
    assert!(app.answers("shop", 11, 0).expect("read").is_empty());
    let sent = app.calls("shop", "sendMessage");
    assert_eq!(
        sent.iter().filter(|call| call.chat == Some(11)).count(),
        1,
        "no try before its time"
    );
    app.advance_clock(301);
    app.rest();
    let answers = app.answers("shop", 11, 0).expect("read");
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].text, "100 рублей");
}

#[test]
fn a_migrated_group_is_rewritten_everywhere() {
    const OLD: i64 = -500;
    const NEW: i64 = -1_001_000_000_500;
    let mut app = App::shop(SHOP);
    let id = app.bot("shop").expect("a bot");
    let infos = app.simulator().bots();
    let name = infos
        .iter()
        .find(|info| info.id == id)
        .expect("known")
        .username
        .clone();
    let say = |chat: i64, text: &str| Say {
        chat: Some(chat),
        ..Say::text(11, format!("@{name} {text}"))
    };
    app.ask_with("shop", say(OLD, "Выбор"));
    let due = app.clock().now().plus_secs(3_600);
    let key = app.put_message(
        "shop",
        OLD,
        MessageKind::Notice,
        due,
        RichText::Plain("пора".into()),
    );
    // Not told by Telegram: found out by sending.
    app.simulator().migrate(id, OLD, NEW);
    app.rest();
    let rewritten = |app: &App| app.message(key).to.chat == ChatId(NEW);
    app.until("the deferred message is rewritten", |app| rewritten(app));
    // The open choice went along: a typed variant is a press.
    let answers = app.ask_with("shop", say(NEW, "Два"));
    assert_eq!(answers[0].text, "понял");
    let old = app
        .read(|conn| chats::get(conn, Channel::Telegram, &BotCode::new("shop"), ChatId(OLD)))
        .expect("read");
    assert_eq!(old.migrated_to, Some(ChatId(NEW)));
    app.restart_node();
    app.advance_clock(3_600);
    app.until("it is sent to the new chat", |app| {
        app.message(key).state == MessageState::Sent
    });
    let answers = app.answers("shop", NEW, 0).expect("read");
    assert_eq!(answers.last().expect("sent").text, "пора");
}

#[test]
fn a_send_that_meets_a_migrated_group_goes_to_the_new_one() {
    let app = App::shop(SHOP);
    let id = app.bot("shop").expect("a bot");
    app.simulator().fault(Fault {
        migrate_to: Some(-1_001_000_000_600),
        ..Fault::new(FaultKind::Migrated)
            .method("sendMessage")
            .chat(-600)
    });
    let infos = app.simulator().bots();
    let name = &infos
        .iter()
        .find(|info| info.id == id)
        .expect("known")
        .username;
    let say = Say {
        chat: Some(-600),
        ..Say::text(11, format!("@{name} Цена"))
    };
    app.say("shop", say).expect("said");
    app.rest();
    let answers = app.answers("shop", -1_001_000_000_600, 0).expect("read");
    assert_eq!(answers.len(), 1);
    assert_eq!(app.messages("shop")[0].to.chat, ChatId(-1_001_000_000_600));
    assert_eq!(app.count(MessageState::Sent), 1);
}

#[test]
fn r132_columns_are_rows_of_buttons() {
    let app = App::shop(SHOP);
    let question = app.ask("shop", 11, "Выбор").remove(0);
    let rows: Vec<Vec<&str>> = question
        .buttons
        .iter()
        .map(|row| row.iter().map(|button| button.label.as_str()).collect())
        .collect();
    assert_eq!(rows, [vec!["Раз", "Два"], vec!["Три"]]);
    // D14: nothing of the text goes into the data.
    for button in question.buttons.iter().flatten() {
        let data = button.data.as_deref().expect("data");
        assert!(data.len() <= 64 && data.is_ascii(), "{data}");
    }
    // R132: the pressed choice is shown by editing the question.
    assert_eq!(app.press_in("shop", 11, "Три"), ["понял"]);
    let shown = app.shown("shop", 11).expect("read");
    assert_eq!(shown[0].text, "Что?\n\n✅ Три");
    assert!(shown[0].rows.is_empty());
    app.until("the press is answered", |app| {
        !app.calls("shop", "answerCallbackQuery").is_empty()
    });
}

#[test]
fn an_unknown_kind_of_update_harms_nobody() {
    let app = App::shop(SHOP);
    let bot = app.bot("shop").expect("a bot");
    app.simulator()
        .push_update(bot, &json!({"future_thing": {"a": 1}}));
    app.simulator()
        .push_update(bot, &json!({"message": {"message_id": "odd"}}));
    assert_eq!(app.texts("shop", 11, "Цена"), ["100 рублей"]);
}

#[test]
fn d5_the_bot_presents_itself_once() {
    let mut app = App::shop("description = \"Продаём <b>кофе</b>\"\ntask_menu = true");
    let bot = app.bot("shop").expect("a bot");
    app.until("it has presented itself", |app| {
        let infos = app.simulator().bots();
        infos
            .iter()
            .any(|info| info.id == bot && info.description == "Продаём кофе")
    });
    let infos = app.simulator().bots();
    let info = infos.iter().find(|info| info.id == bot).expect("known");
    let names: Vec<&str> = info
        .commands
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    // Tasks are not connected yet, so nobody is led to their commands.
    assert_eq!(names, ["start", "help", "mykey", "cancel"]);
    let said = app.calls("shop", "setMyCommands").len();
    app.restart_node();
    app.ask("shop", 11, "Цена");
    assert_eq!(
        app.calls("shop", "setMyCommands").len(),
        said,
        "nothing changed, nothing is said"
    );
}
