use super::*;
use crate::{Entry, Keyboard};
use std::io::{BufRead, BufReader};

fn one(sim: &SimulatorHandle, body: Value) -> Value {
    let (status, answer) = post(sim, "/sim/bots/42/messages", &body);
    assert_eq!(status, 200, "{body} {answer}");
    updates(sim, -1).pop().unwrap()
}

#[test]
fn people_write_in_all_ways() {
    let sim = start();
    let text = one(
        &sim,
        json!({"from": 1001, "chat": 1001, "name": "Иван Петров", "text": "/start"}),
    );
    let message = &text["message"];
    assert_eq!(message["from"]["first_name"], "Иван");
    assert_eq!(message["from"]["last_name"], "Петров");
    assert_eq!(message["from"]["language_code"], "ru");
    assert_eq!(
        message["chat"],
        json!({"id": 1001, "type": "private", "first_name": "Иван",
        "last_name": "Петров"})
    );
    assert_eq!(message["entities"][0]["type"], "bot_command");
    let contact = one(&sim, json!({"from": 1001, "contact": true}));
    assert_eq!(
        contact["message"]["contact"]["phone_number"],
        "+79990001001"
    );
    assert_eq!(contact["message"]["contact"]["user_id"], 1001);
    let other = one(
        &sim,
        json!({"from": 1001, "contact": {"user_id": 5, "first_name": "Я"}}),
    );
    assert_eq!(other["message"]["contact"]["user_id"], 5);
    let file = json!({"name": "a.txt", "base64": "0JA="});
    let file = one(&sim, json!({"from": 1001, "file": file, "text": "подпись"}));
    assert_eq!(file["message"]["document"]["file_name"], "a.txt");
    assert_eq!(file["message"]["caption"], "подпись");
    assert!(one(&sim, json!({"from": 1001, "sticker": true}))["message"]["sticker"].is_object());
    assert!(one(&sim, json!({"from": 1001, "photo": true}))["message"]["photo"].is_array());
    let raw = one(
        &sim,
        json!({"from": 1001, "raw": {"dice": {"emoji": "🎲", "value": 3}}}),
    );
    assert_eq!(raw["message"]["dice"]["value"], 3);
    let group = one(
        &sim,
        json!({"from": 1001, "chat": -1_000_000_000_005_i64, "title": "Отдел",
        "thread": 7, "text": "в теме"}),
    );
    assert_eq!(
        group["message"]["chat"],
        json!({"id": -1_000_000_000_005_i64,
        "type": "supergroup", "title": "Отдел", "is_forum": true})
    );
    assert_eq!(group["message"]["message_thread_id"], 7);
    let anonymous = one(
        &sim,
        json!({"from": 1001, "chat": -5, "sender_chat": -5, "text": "x"}),
    );
    assert_eq!(anonymous["message"]["from"]["is_bot"], true);
    assert_eq!(anonymous["message"]["sender_chat"]["id"], -5);
    let channel = one(
        &sim,
        json!({"from": 1001, "chat": -5, "sender_chat": -1_000_000_000_077_i64,
        "text": "x"}),
    );
    assert_eq!(channel["message"]["sender_chat"]["type"], "channel");
}

#[test]
fn people_s_mistakes_are_named() {
    let sim = start();
    for (body, word) in [
        (json!({"text": "x"}), "from"),
        (json!({"from": 1}), "text"),
        (json!({"from": 1, "txt": "x"}), "txt"),
        (json!({"from": 1, "text": "x", "reply_to": 9}), "reply_to"),
        (json!({"from": 1, "file": {"base64": "%"}}), "base64"),
        (json!([{"from": 1, "text": 5}]), "text"),
    ] {
        let (status, answer) = post(&sim, "/sim/bots/42/messages", &body);
        assert_eq!(status, 400, "{body}");
        assert!(
            answer["error"].as_str().unwrap().contains(word),
            "{body} {answer}"
        );
    }
    let (status, body) =
        request(&sim, "POST", "/sim/bots/42/press", "application/json", b"{").unwrap();
    assert_eq!(status, 400, "{body}");
}

#[test]
fn reply_keyboard_is_shown_pressed_and_removed() {
    let sim = start();
    let keys = json!({"keyboard": [["Старт"], [{"text": "Телефон", "request_contact": true}]]});
    let with = |markup: &Value| json!({"chat_id": 1001, "text": "x", "reply_markup": markup});
    call(&sim, "sendMessage", &with(&keys));
    let press = |label: &str| {
        let body = json!({"from": 1001, "chat": 1001, "label": label});
        post(&sim, "/sim/bots/42/press", &body)
    };
    assert_eq!(press("Старт").0, 200);
    assert_eq!(updates(&sim, -1)[0]["message"]["text"], "Старт");
    assert_eq!(press("Телефон").0, 200);
    assert!(updates(&sim, -1)[0]["message"]["contact"].is_object());
    call(&sim, "sendMessage", &with(&keys));
    call(
        &sim,
        "sendMessage",
        &with(&json!({"remove_keyboard": true})),
    );
    assert_eq!(press("Старт").0, 400);
    let list = get(&sim, "/sim/bots/42/chats/1001/messages?from=bot");
    assert_eq!(
        list[0]["keyboard"][1][0],
        json!({"label": "Телефон", "contact": true})
    );
    assert_eq!(list[2]["keyboard"], "removed");
    let entries: Vec<Entry> = serde_json::from_value(list).unwrap();
    assert!(matches!(entries[0].keyboard, Some(Keyboard::Shown(_))));
}

#[test]
fn waiting_readers_get_what_comes() {
    let sim = start();
    let after = sim.last_seq();
    let path = format!("/sim/bots/42/chats/1001/messages?after={after}&wait=30&from=bot");
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| get(&sim, &path));
        let inside = scope.spawn(|| sim.wait_messages(BOT, 1001, after, 1, PATIENCE));
        // What the person writes is not what they wait for.
        say(&sim, "вопрос");
        call(
            &sim,
            "sendMessage",
            &json!({"chat_id": 1001, "text": "ответ"}),
        );
        let got = reader.join().unwrap();
        assert_eq!(
            (got.as_array().unwrap().len(), &got[0]["text"]),
            (1, &json!("ответ"))
        );
        assert_eq!(inside.join().unwrap()[0].text, "ответ");
    });
    let all = get(&sim, "/sim/bots/42/chats/1001/messages");
    let seqs: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["seq"].as_u64().unwrap())
        .collect();
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(
        get(
            &sim,
            &format!("/sim/bots/42/chats/1001/messages?after={}", seqs[1])
        ),
        json!([])
    );
    assert_eq!(sim.wait_messages(BOT, 1001, seqs[1], 1, Duration::ZERO), []);
}

#[test]
fn edits_blocks_and_returns_reach_the_bot() {
    let sim = start();
    let id = say(&sim, "раз");
    let edit = json!({"from": 1001, "message_id": id, "text": "два"});
    assert_eq!(post(&sim, "/sim/bots/42/edits", &edit).0, 200);
    let edited = updates(&sim, -1).pop().unwrap();
    assert_eq!(edited["edited_message"]["text"], "два");
    assert!(edited["edited_message"]["edit_date"].is_i64());
    let members = "/sim/bots/42/members";
    assert_eq!(
        post(&sim, members, &json!({"chat": 1001, "status": "kicked"})).0,
        200
    );
    let member = updates(&sim, -1).pop().unwrap()["my_chat_member"].clone();
    assert_eq!(member["old_chat_member"]["status"], "member");
    assert_eq!(member["new_chat_member"]["status"], "kicked");
    assert_eq!(member["from"]["id"], 1001);
    let blocked = json!({"chat_id": 1001, "text": "x"});
    refused(
        &sim,
        "sendMessage",
        &blocked,
        "403 Forbidden: bot was blocked by the user",
    );
    // Who writes again has unblocked the bot.
    say(&sim, "снова");
    let last = updates(&sim, -2);
    assert_eq!(
        last[0]["my_chat_member"]["new_chat_member"]["status"],
        "member"
    );
    assert_eq!(last[1]["message"]["text"], "снова");
    assert_eq!(call(&sim, "sendMessage", &blocked)["ok"], true);
    assert_eq!(
        post(&sim, members, &json!({"chat": 1001, "status": "angry"})).0,
        400
    );
    call(&sim, "leaveChat", &json!({"chat_id": -5}));
    let group = json!({"chat_id": -5, "text": "x"});
    refused(
        &sim,
        "sendMessage",
        &group,
        "403 Forbidden: bot is not a member of the group chat",
    );
}

#[test]
fn replies_and_topics_are_checked() {
    let sim = start();
    let sent = call(
        &sim,
        "sendMessage",
        &json!({"chat_id": 1001, "text": "вопрос"}),
    );
    let id = &sent["result"]["message_id"];
    let reply = one(&sim, json!({"from": 1001, "text": "ответ", "reply_to": id}));
    assert_eq!(reply["message"]["reply_to_message"]["from"]["id"], 42);
    assert_eq!(reply["message"]["reply_to_message"]["text"], "вопрос");
    one(
        &sim,
        json!({"from": 1001, "chat": -5, "thread": 3, "text": "x"}),
    );
    let thread = |id: i64| json!({"chat_id": -5, "text": "x", "message_thread_id": id});
    assert_eq!(
        call(&sim, "sendMessage", &thread(3))["result"]["is_topic_message"],
        true
    );
    refused(
        &sim,
        "sendMessage",
        &thread(4),
        "400 Bad Request: message thread not found",
    );
}

#[test]
fn clock_is_read_set_and_awaited() {
    let sim = start();
    let set = json!({"now": "2026-12-31T23:00:00Z", "frozen": true});
    let (_, now) = post(&sim, "/sim/clock", &set);
    assert_eq!(now["now"], "2026-12-31T23:00:00.000000Z");
    say(&sim, "x");
    assert_eq!(updates(&sim, -1)[0]["message"]["date"], 1_798_758_000);
    let path = format!("/sim/clock?version={}&wait=30", now["version"]);
    std::thread::scope(|scope| {
        let follower = scope.spawn(|| get(&sim, &path));
        post(&sim, "/sim/clock", &json!({"advance_s": 3600}));
        assert_eq!(
            follower.join().unwrap()["now"],
            "2027-01-01T00:00:00.000000Z"
        );
    });
    assert_eq!(sim.now(), "2027-01-01T00:00:00.000000Z");
    assert_eq!(post(&sim, "/sim/clock", &json!({"tomorrow": 1})).0, 400);
}

#[test]
fn events_stream_old_and_new() {
    let sim = start();
    say(&sim, "старое");
    let mut stream = TcpStream::connect(sim.addr()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
        .write_all(b"GET /sim/events?after=0&bot=42 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        .unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut next = || loop {
        let line = lines.next().unwrap().unwrap();
        if let Some(json) = line.strip_prefix("data: ") {
            return serde_json::from_str::<Value>(json).unwrap();
        }
    };
    assert_eq!(next()["kind"], "hello");
    assert_eq!(next()["text"], "старое");
    call_as(
        &sim,
        "43:x",
        "sendMessage",
        &json!({"chat_id": 1001, "text": "чужое"}),
    );
    call(
        &sim,
        "sendChatAction",
        &json!({"chat_id": 1001, "action": "typing"}),
    );
    call(
        &sim,
        "sendMessage",
        &json!({"chat_id": 1001, "text": "новое"}),
    );
    let action = next();
    assert_eq!(
        (&action["kind"], &action["action"]),
        (&json!("action"), &json!("typing"))
    );
    let new = next();
    assert_eq!(
        (&new["text"], &new["from"]),
        (&json!("новое"), &json!("bot"))
    );
}

#[test]
fn memory_is_bounded() {
    let config = SimulatorConfig {
        messages_kept: 10,
        calls_kept: 5,
        updates_kept: 7,
        file_bytes_kept: 100,
        ..SimulatorConfig::default()
    };
    let sim = Simulator::start(config).unwrap();
    let mut files = Vec::new();
    for n in 0..30 {
        let file = Some((format!("{n}.txt"), vec![b'x'; 40]));
        sim.say(
            BOT,
            crate::Say {
                from: 1001,
                file,
                ..crate::Say::default()
            },
        )
        .unwrap();
        let entry = sim.messages(BOT, 1001, 0).pop().unwrap();
        files.push(entry.files[0].file_id.clone());
        call(&sim, "getMe", &json!({}));
    }
    assert_eq!(sim.messages(BOT, 1001, 0).len(), 20);
    assert_eq!(sim.calls(&crate::CallFilter::default()).len(), 5);
    assert_eq!(sim.waiting_updates(BOT), 7);
    let kept = files
        .iter()
        .filter(|id| sim.file(BOT, id).is_some())
        .count();
    assert_eq!(kept, 2);
    // A message that is no longer kept can still be answered; one that never was cannot.
    let answer = |id: i64| {
        brief(
            &sim,
            "sendMessage",
            &json!({"chat_id": 1001, "text": "x", "reply_to_message_id": id}),
        )
    };
    assert!(!answer(1).starts_with('!'));
    assert!(answer(99).contains("message to be replied not found"));
}

#[test]
fn bots_and_people_are_listed() {
    let sim = start();
    post(
        &sim,
        "/sim/bots",
        &json!({"id": 42, "name": "Магазин", "username": "@shop_bot"}),
    );
    post(&sim, "/sim/people", &json!({"id": 1001, "name": "Иван"}));
    say(&sim, "x");
    let bots = get(&sim, "/sim/bots");
    assert_eq!(
        (&bots[0]["name"], &bots[0]["waiting"]),
        (&json!("Магазин"), &json!(1))
    );
    assert_eq!(
        bots[0]["chats"][0],
        json!({"id": 1001, "type": "private", "title": "Иван", "status": "member"})
    );
    assert_eq!(get(&sim, "/sim/people")[0]["name"], "Иван");
    assert_eq!(
        call(&sim, "getMe", &json!({}))["result"]["username"],
        "shop_bot"
    );
    assert_eq!(
        post(&sim, "/sim/people", &json!({"name": "Без номера"})).0,
        400
    );
}

/// Requests and answers as others rely on them; keys may be added to these, not renamed.
#[test]
fn the_people_s_side_keeps_its_word() {
    let sim = start();
    let say = json!({"from": 1001, "chat": 1001, "name": "Иван", "text": "Выбор"});
    let (_, said) = post(&sim, "/sim/bots/42/messages", &say);
    assert!(said["message_id"].is_i64());
    for other in [
        json!({"from": 1001, "contact": true}),
        json!({"from": 1001, "file": {"name": "акт.pdf", "base64": "JVBERg=="}}),
        json!({"from": 1001, "sticker": true}),
    ] {
        assert_eq!(
            post(&sim, "/sim/bots/42/messages", &other).0,
            200,
            "{other}"
        );
    }
    let buttons = json!({"inline_keyboard": [[{"text": "Раз", "callback_data": "1"}]]});
    let question = json!({"chat_id": 1001, "text": "?", "reply_markup": buttons});
    let id = call(&sim, "sendMessage", &question)["result"]["message_id"].clone();
    let press = json!({"from": 1001, "chat": 1001, "message_id": id, "label": "Раз"});
    assert_eq!(post(&sim, "/sim/bots/42/press", &press).0, 200);
    let edit = json!({"chat_id": 1001, "message_id": id, "text": "<b>!</b>", "parse_mode": "HTML"});
    call(&sim, "editMessageText", &edit);
    let list = get(&sim, "/sim/bots/42/chats/1001/messages?after=0&wait=1");
    let list = list.as_array().unwrap();
    let kinds: Vec<_> = list
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "message", "message", "message", "message", "message", "edit"
        ]
    );
    for key in ["text", "html", "buttons", "keyboard", "files"] {
        assert!(list.iter().all(|one| one.get(key).is_some()), "{key}");
    }
    assert_eq!(
        (&list[5]["text"], &list[5]["html"]),
        (&json!("!"), &json!("<b>!</b>"))
    );
    for body in [
        json!({"now": "2026-12-31T23:00:00Z"}),
        json!({"advance_s": 60}),
    ] {
        let (status, clock) = post(&sim, "/sim/clock", &body);
        assert_eq!(status, 200);
        for key in ["now", "now_us", "frozen", "version"] {
            assert!(clock.get(key).is_some() && get(&sim, "/sim/clock").get(key).is_some());
        }
    }
    for fault in [
        json!({"kind": "429", "method": "sendMessage", "count": 2}),
        json!({"kind": "5xx", "method": "send*", "probability": 0.5}),
    ] {
        assert_eq!(post(&sim, "/sim/faults", &fault).0, 200, "{fault}");
    }
    let calls = get(&sim, "/sim/calls");
    assert_eq!(calls[0]["method"], "sendMessage");
}
