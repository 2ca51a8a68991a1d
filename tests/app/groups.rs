//! Groups (D28), edited messages and blocked chats (D30), quoting.

use serde_json::json;
use vestnik_simulator::{EntryKind, Press, Say};

use super::SHOP;
use crate::support::app::App;

const GROUP: i64 = -500;
const FORUM: i64 = -1_001_000_000_500;

/// Something said in a group by person 11.
fn group_say(text: &str) -> Say {
    Say {
        chat: Some(GROUP),
        name: Some("Иван".into()),
        title: Some("Склад".into()),
        ..Say::text(11, text)
    }
}

fn texts(app: &App, say: Say) -> Vec<String> {
    app.ask_with("shop", say)
        .into_iter()
        .map(|entry| entry.text)
        .collect()
}

fn username(app: &App) -> String {
    let id = app.bot("shop").expect("a bot");
    let infos = app.simulator().bots();
    infos
        .iter()
        .find(|info| info.id == id)
        .expect("known")
        .username
        .clone()
}

#[test]
fn d28_a_group_is_heard_when_it_speaks_to_the_bot() {
    let app = App::shop(SHOP);
    let name = username(&app);
    let none: [&str; 0] = [];
    assert_eq!(texts(&app, group_say("Цена")), none, "said to others");
    assert_eq!(
        texts(&app, group_say("/start")),
        none,
        "a command for nobody in particular"
    );
    assert_eq!(texts(&app, group_say("/start@other_bot")), none);
    assert_eq!(
        texts(&app, group_say(&format!("@{name} Цена"))),
        ["100 рублей"]
    );
    assert_eq!(
        texts(&app, group_say(&format!("Цена, @{name}!"))),
        ["Не знаю"]
    );
    assert_eq!(
        texts(&app, group_say(&format!("/start@{name}"))),
        ["Здравствуйте, Иван!"]
    );
    let question = app
        .ask_with("shop", group_say(&format!("@{name} Выбор")))
        .remove(0);
    assert_eq!(question.text, "Что?");
    let reply = Say {
        reply_to: Some(question.message_id),
        ..group_say("Два")
    };
    assert_eq!(
        texts(&app, reply),
        ["понял"],
        "a reply to the bot is for the bot"
    );
    let mut sticker = group_say("");
    (sticker.text, sticker.sticker) = (None, true);
    assert_eq!(texts(&app, sticker), none);
}

#[test]
fn d28_what_is_private_is_answered_with_a_link() {
    let app = App::shop(&format!("task_menu = true\n{SHOP}"));
    let name = username(&app);
    for command in ["Мой ключ", "/menu", "Новая задача"] {
        assert_eq!(
            texts(&app, group_say(&format!("@{name} {command}"))),
            [format!(
                "Это работает только в личном чате: https://t.me/{name}"
            )],
            "{command}"
        );
    }
}

#[test]
fn d28_buttons_belong_to_whom_they_were_offered() {
    let app = App::shop(SHOP);
    let name = username(&app);
    app.ask_with("shop", group_say(&format!("@{name} Выбор")));
    let press = |from: i64| Press {
        from,
        chat: Some(GROUP),
        label: "Раз".into(),
        ..Press::default()
    };
    let bot = app.bot("shop").expect("a bot");
    let after = app.simulator().last_seq();
    // Person 12 is known to Telegram once he wrote.
    app.ask_with(
        "shop",
        Say {
            from: 12,
            ..group_say("я тут")
        },
    );
    app.press("shop", press(12)).expect("pressed");
    app.rest();
    // A press is answered beside the message lanes: it has its own time.
    app.until("the press is answered", |app| {
        let entries = app.simulator().messages(bot, GROUP, after);
        entries.iter().any(|entry| {
            entry.kind == EntryKind::Answer
                && entry.text == "Эти кнопки предложены другому человеку."
        })
    });
    assert!(app.answers("shop", GROUP, after).expect("read").is_empty());
    app.press("shop", press(11)).expect("pressed");
    app.rest();
    let answers = app.answers("shop", GROUP, after).expect("read");
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].text, "понял");
}

#[test]
fn d28_people_of_a_group_have_conversations_of_their_own() {
    let app = App::shop(SHOP);
    let name = username(&app);
    assert_eq!(texts(&app, group_say(&format!("@{name} Выбор"))), ["Что?"]);
    let other = Say {
        from: 12,
        ..group_say(&format!("@{name} Раз"))
    };
    assert_eq!(texts(&app, other), ["Не знаю"]);
    assert_eq!(
        app.texts("shop", 11, "Раз"),
        ["Не знаю"],
        "the private chat is another one"
    );
    assert_eq!(texts(&app, group_say(&format!("@{name} Раз"))), ["понял"]);
}

#[test]
fn d28_answers_go_to_the_same_topic() {
    let app = App::shop(SHOP);
    let name = username(&app);
    let say = Say {
        chat: Some(FORUM),
        thread: Some(33),
        ..group_say(&format!("@{name} Цена"))
    };
    let answer = app.ask_with("shop", say).remove(0);
    assert_eq!(
        (answer.text.as_str(), answer.thread),
        ("100 рублей", Some(33))
    );
}

#[test]
fn d28_anonymous_admins_and_channels_are_strangers() {
    let parties = "[[user]]\ncode = \"ivanov\"\nname = \"Иванов\"\n\
                   [[registration]]\nbot = \"closed\"\nchat = 11\nparty = \"user:ivanov\"\n";
    let app = App::builder()
        .bot("shop", SHOP)
        .bot(
            "closed",
            &format!("{SHOP}\n[authorization]\nenabled = true\n"),
        )
        .file("parties.toml", parties)
        .start()
        .expect("SQLite");
    let named = |bot: &str| {
        let id = app.bot(bot).expect("a bot");
        let infos = app.simulator().bots();
        infos
            .iter()
            .find(|info| info.id == id)
            .expect("known")
            .username
            .clone()
    };
    let say = |bot: &str, sender_chat: Option<i64>| Say {
        sender_chat,
        ..group_say(&format!("@{} Цена", named(bot)))
    };
    let text = |bot: &str, sender_chat| {
        let mut answers = app.ask_with(bot, say(bot, sender_chat));
        answers.remove(0).text
    };
    assert_eq!(text("shop", Some(GROUP)), "100 рублей");
    assert_eq!(text("shop", Some(-1_001_000_000_777)), "100 рублей");
    assert_eq!(text("closed", None), "100 рублей", "he is registered");
    assert!(text("closed", Some(GROUP)).contains("https://t.me/"));
    assert!(text("closed", Some(-1_001_000_000_777)).contains("https://t.me/"));
}

#[test]
fn quoting_follows_the_setting() {
    let app = App::builder()
        .bot("never", &format!("quote = \"never\"\n{SHOP}"))
        .bot("groups", SHOP)
        .bot("always", &format!("quote = \"always\"\n{SHOP}"))
        .start()
        .expect("SQLite");
    let quotes = |bot: &str, chat: i64| {
        let id = app.bot(bot).expect("a bot");
        let infos = app.simulator().bots();
        let name = &infos
            .iter()
            .find(|info| info.id == id)
            .expect("known")
            .username;
        let say = Say {
            chat: Some(chat),
            ..Say::text(
                11,
                if chat < 0 {
                    format!("@{name} Цена")
                } else {
                    "Цена".to_owned()
                },
            )
        };
        let said = app.say(bot, say).expect("said");
        app.rest();
        let answers = app.answers(bot, chat, 0).expect("read");
        let answer = answers.last().expect("an answer");
        answer.reply_to.map(|id| id == said)
    };
    for (bot, in_private, in_group) in [
        ("never", None, None),
        ("groups", None, Some(true)),
        ("always", Some(true), Some(true)),
    ] {
        assert_eq!(quotes(bot, 11), in_private, "{bot}");
        assert_eq!(quotes(bot, GROUP), in_group, "{bot}");
    }
}

#[test]
fn d30_an_edited_message_is_ignored() {
    let app = App::shop(SHOP);
    let bot = app.bot("shop").expect("a bot");
    let message = app.write_to("shop", 11, "Цена");
    app.rest();
    let after = app.simulator().last_seq();
    app.simulator()
        .edit(bot, 11, message, "Выбор")
        .expect("edited");
    app.rest();
    assert!(app.answers("shop", 11, after).expect("read").is_empty());
    assert_eq!(app.updates(), "done 2");
    let asked = app.calls("shop", "getUpdates");
    let allowed = asked.last().expect("a poll").params["allowed_updates"].clone();
    let allowed: serde_json::Value = match allowed {
        serde_json::Value::String(text) => serde_json::from_str(&text).expect("a list"),
        other => other,
    };
    assert_eq!(
        allowed,
        json!([
            "message",
            "edited_message",
            "callback_query",
            "my_chat_member"
        ])
    );
}

#[test]
fn d30_a_blocked_chat_is_marked_and_unmarked() {
    use vestnik::model::{BotCode, Channel, ChatId, MessageKind, RichText};
    use vestnik::store::chats;
    let app = App::shop(SHOP);
    let bot = app.bot("shop").expect("a bot");
    let blocked = |app: &App| {
        app.read(|conn| chats::get(conn, Channel::Telegram, &BotCode::new("shop"), ChatId(11)))
            .expect("read")
            .blocked_at
            .is_some()
    };
    app.ask("shop", 11, "Цена");
    assert!(!blocked(&app));
    app.simulator()
        .stand(bot, 11, "kicked", 11)
        .expect("blocked");
    app.rest();
    assert!(blocked(&app), "Telegram told so");
    app.simulator()
        .stand(bot, 11, "member", 11)
        .expect("unblocked");
    app.rest();
    assert!(!blocked(&app), "unblocking unmarks");
    // Found out by sending.
    app.simulator()
        .stand(bot, 11, "kicked", 11)
        .expect("blocked");
    app.rest();
    let key = app.put_message(
        "shop",
        11,
        MessageKind::Notice,
        app.clock().now(),
        RichText::Plain("слышно?".into()),
    );
    app.until("the message is given up", |app| {
        // The background lane waits for the chat's limit, which goes by the clock.
        app.advance_clock(1);
        app.message(key).state == vestnik::model::MessageState::Failed
    });
    assert!(blocked(&app));
    // A new message unmarks.
    assert_eq!(app.texts("shop", 11, "Цена"), ["100 рублей"]);
    assert!(!blocked(&app));
}
