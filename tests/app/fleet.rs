//! Bots are started, stopped, added, removed and reloaded while the node runs.

use vestnik::runtime::{BotState, Order};

use super::SHOP;
use crate::support::app::{App, FIRST_BOT};

fn two() -> App {
    App::builder()
        .bot("shop", SHOP)
        .bot("other", SHOP)
        .start()
        .expect("SQLite")
}

#[test]
fn r80_a_stopped_bot_receives_nothing_and_loses_nothing() {
    let mut app = two();
    app.until_running("shop");
    app.command("shop", Order::Stop);
    app.until("it is off", |app| {
        app.status("shop")
            .is_some_and(|status| status.state == BotState::Off)
    });
    for text in ["Цена", "Выбор", "Цена"] {
        app.write_to("shop", 11, text);
    }
    assert_eq!(
        app.texts("other", 11, "Цена"),
        ["100 рублей"],
        "the others go on"
    );
    let starts = app.status("other").expect("known").starts;
    // Off is kept over a restart of the server (D30).
    app.restart_node();
    assert_eq!(app.texts("other", 11, "Цена"), ["100 рублей"]);
    assert_eq!(app.status("shop").expect("known").state, BotState::Off);
    assert!(app.answers("shop", 11, 0).expect("read").is_empty());
    app.command("shop", Order::Start);
    app.rest();
    let answers = app.answers("shop", 11, 0).expect("read");
    let texts: Vec<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts, ["100 рублей", "Что?", "100 рублей"]);
    assert_eq!(
        app.status("other").expect("known").starts,
        starts,
        "nobody touched it"
    );
}

#[test]
fn a_restarted_bot_goes_on_where_it_was() {
    let app = two();
    app.ask("shop", 11, "Выбор");
    for _ in 0..3 {
        app.command("shop", Order::Restart);
        app.write_to("shop", 12, "Цена");
    }
    app.rest();
    assert_eq!(app.answers("shop", 12, 0).expect("read").len(), 3);
    assert_eq!(
        app.texts("shop", 11, "два"),
        ["понял"],
        "the open choice is still open"
    );
    app.until_running("shop");
    assert!(app.status("shop").expect("known").starts >= 2);
    assert_eq!(app.status("other").expect("known").starts, 1);
}

#[test]
fn a_definition_applied_beside_the_node_answers_the_next_message() {
    let mut app = two();
    assert_eq!(app.texts("shop", 11, "Цена"), ["100 рублей"]);
    app.ask("shop", 11, "Выбор");
    app.write_bot("shop", FIRST_BOT, &SHOP.replace("100 рублей", "200 рублей"));
    assert_eq!(
        app.texts("shop", 12, "Цена"),
        ["100 рублей"],
        "written is not applied"
    );
    let applied = app.apply_and_sync();
    assert!(applied.revision.is_some());
    assert_eq!(app.texts("shop", 12, "Цена"), ["200 рублей"]);
    assert_eq!(
        app.press_in("shop", 11, "Раз"),
        ["понял"],
        "an open choice goes on"
    );
    let starts: Vec<u64> = ["shop", "other"]
        .iter()
        .map(|bot| app.status(bot).expect("known").starts)
        .collect();
    assert_eq!(starts, [1, 1], "a reload is no restart");
    // Applying the same again is nothing.
    let again = app.apply().expect("applied");
    assert_eq!(again.revision, None);
    assert!(again.diff.is_empty(), "{}", again.diff);
    // A folder with an error changes nothing.
    app.write_bot(
        "shop",
        FIRST_BOT,
        &SHOP.replace("kind = \"text\"", "kind = \"txet\""),
    );
    let error = app.apply().expect_err("refused").to_string();
    assert!(
        error.contains("bots/shop.toml") && error.contains("txet"),
        "{error}"
    );
    assert_eq!(app.texts("shop", 12, "Цена"), ["200 рублей"]);
}

#[test]
fn a_rule_that_is_gone_is_told_to_whoever_presses_its_button() {
    let mut app = two();
    app.ask("shop", 11, "Выбор");
    app.write_bot("shop", FIRST_BOT, "");
    app.apply_and_sync();
    assert_eq!(
        app.press_in("shop", 11, "Раз"),
        ["Этот выбор больше не действует. Начните, пожалуйста, заново."]
    );
    let shown = app.shown("shop", 11).expect("read");
    assert!(shown[0].rows.is_empty(), "the buttons are gone (D11)");
}

#[test]
fn bots_are_added_and_removed_beside_the_node() {
    let mut app = two();
    app.until_running("other");
    app.write_bot("third", FIRST_BOT + 2, SHOP);
    app.apply_and_sync();
    assert_eq!(app.texts("third", 11, "Цена"), ["100 рублей"]);
    app.remove("bots/third.toml");
    app.apply_and_sync();
    app.until("the third is gone", |app| app.status("third").is_none());
    assert_eq!(app.texts("other", 11, "Цена"), ["100 рублей"]);
    assert_eq!(app.status("other").expect("known").starts, 1);
    // And back: the same token, the same offset, what was written meanwhile.
    let id = FIRST_BOT + 2;
    app.simulator()
        .say(id, vestnik_simulator::Say::text(11, "Цена"))
        .expect("said");
    app.write_bot("third", id, SHOP);
    app.apply_and_sync();
    app.rest();
    assert_eq!(app.answers("third", 11, 0).expect("read").len(), 2);
}

#[test]
fn a_bot_without_a_token_stops_nobody() {
    let app = App::builder()
        .bot("shop", SHOP)
        .file(
            "bots/poor.toml",
            "code = \"poor\"\nname = \"Бедный\"\nenabled = false\ntoken_env = \"VESTNIK_TEST_NO_SUCH_TOKEN\"\n",
        )
        .start()
        .expect("SQLite");
    assert_eq!(app.texts("shop", 11, "Цена"), ["100 рублей"]);
    app.command("poor", Order::Start);
    app.until("it tells why it does not run", |app| {
        matches!(
            app.status("poor").map(|status| status.state),
            Some(BotState::Broken { why }) if why.contains("VESTNIK_TEST_NO_SUCH_TOKEN")
        )
    });
    assert_eq!(app.texts("shop", 11, "Цена"), ["100 рублей"]);
    app.command("poor", Order::Stop);
    app.rest();
}
