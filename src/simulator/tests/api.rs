use super::*;
use crate::{CallFilter, Press, Pressed};

#[test]
fn tokens_and_methods() {
    let sim = start();
    assert_eq!(call(&sim, "GETME", &json!({}))["result"]["id"], 42);
    for token in ["42", "x:y", "42:", ":y", "-1:y"] {
        let (status, body) = request(&sim, "GET", &format!("/bot{token}/getMe"), "", b"").unwrap();
        assert_eq!(status, 404, "{token} {body}");
    }
    refused(
        &sim,
        "sendSticker2",
        &json!({}),
        "404 Not Found: method not found",
    );
    let (_, body) = request(&sim, "GET", "/bot42%3Ax/getme", "", b"").unwrap();
    assert!(body.contains("sim42_bot"), "{body}");
}

#[test]
fn texts_are_checked_as_telegram_checks_them() {
    let sim = start();
    let send = |text: &str| json!({"chat_id": 1001, "text": text, "parse_mode": "HTML"});
    let sent = call(&sim, "sendMessage", &send(" <b>Да</b> &lt;\n"));
    assert_eq!(sent["result"]["text"], "Да <");
    assert_eq!(
        sent["result"]["entities"],
        json!([{"type": "bold", "offset": 0, "length": 2}])
    );
    assert_eq!(sent["result"]["from"]["is_bot"], true);
    assert_eq!(sent["result"]["chat"]["type"], "private");
    let parse = "400 Bad Request: can't parse entities: ";
    refused(
        &sim,
        "sendMessage",
        &send("<b>Да"),
        &format!("{parse}Can't find end tag corresponding to start tag \"b\""),
    );
    refused(
        &sim,
        "sendMessage",
        &send("a <br>"),
        &format!("{parse}Unsupported start tag \"br\" at byte offset 2"),
    );
    refused(
        &sim,
        "sendMessage",
        &send("<b> </b>"),
        "400 Bad Request: message text is empty",
    );
    refused(
        &sim,
        "sendMessage",
        &json!({"chat_id": 5}),
        "400 Bad Request: message text is empty",
    );
    refused(
        &sim,
        "sendMessage",
        &json!({"text": "x"}),
        "400 Bad Request: chat_id is empty",
    );
    let nobody = json!({"chat_id": "@nobody", "text": "x"});
    refused(
        &sim,
        "sendMessage",
        &nobody,
        "400 Bad Request: chat not found",
    );
    // The limit counts what is seen, in UTF-16 units.
    let long = |units: usize| send(&format!("<b>{}</b>", "🎉".repeat(units / 2)));
    assert_eq!(call(&sim, "sendMessage", &long(4096))["ok"], true);
    refused(
        &sim,
        "sendMessage",
        &long(4098),
        "400 Bad Request: message is too long",
    );
    let mode = json!({"chat_id": 5, "text": "x", "parse_mode": "BBCode"});
    refused(
        &sim,
        "sendMessage",
        &mode,
        "400 Bad Request: unsupported parse_mode",
    );
    let plain = call(
        &sim,
        "sendMessage",
        &json!({"chat_id": 5, "text": "<b>a /go"}),
    );
    assert_eq!(plain["result"]["text"], "<b>a /go");
    assert_eq!(plain["result"]["entities"][0]["type"], "bot_command");
}

#[test]
fn all_ways_of_passing_parameters() {
    let sim = start();
    let query = "/bot42:x/sendMessage?chat_id=1001&text=%D0%94%D0%B0+1";
    assert_eq!(request(&sim, "GET", query, "", b"").unwrap().0, 200);
    let form = "chat_id=1001&text=%D0%94%D0%B0+2";
    let kind = "application/x-www-form-urlencoded";
    assert_eq!(
        request(&sim, "POST", "/bot42:x/sendMessage", kind, form.as_bytes())
            .unwrap()
            .0,
        200
    );
    let parts = "--B\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n1001\r\n--B\r\n\
                 Content-Disposition: form-data; name=\"text\"\r\n\r\nДа 3\r\n--B--\r\n";
    let kind = "multipart/form-data; boundary=B";
    assert_eq!(
        request(&sim, "POST", "/bot42:x/sendMessage", kind, parts.as_bytes())
            .unwrap()
            .0,
        200
    );
    let texts: Vec<_> = sim
        .messages(BOT, 1001, 0)
        .into_iter()
        .map(|entry| entry.text)
        .collect();
    assert_eq!(texts, ["Да 1", "Да 2", "Да 3"]);
    let (status, body) = request(
        &sim,
        "POST",
        "/bot42:x/sendMessage",
        "application/json",
        b"{",
    )
    .unwrap();
    assert_eq!(status, 400, "{body}");
}

#[test]
fn polls_wait_confirm_and_end_each_other() {
    let sim = start();
    say(&sim, "раз");
    say(&sim, "два");
    let first = updates(&sim, 0);
    assert_eq!(first.len(), 2);
    let ids: Vec<_> = first
        .iter()
        .map(|update| update["update_id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids[1], ids[0] + 1);
    assert_eq!(first[0]["message"]["text"], "раз");
    // Not confirmed: they come again; limit and negative offsets.
    assert_eq!(updates(&sim, 0).len(), 2);
    let one = call(&sim, "getUpdates", &json!({"limit": 1}));
    assert_eq!(one["result"].as_array().unwrap().len(), 1);
    assert_eq!(updates(&sim, ids[0] + 1).len(), 1);
    assert_eq!(sim.waiting_updates(BOT), 1);
    say(&sim, "три");
    let last = updates(&sim, -1);
    assert_eq!(
        (last.len(), &last[0]["message"]["text"]),
        (1, &json!("три"))
    );
    assert_eq!(sim.waiting_updates(BOT), 1);
    assert!(updates(&sim, ids[1] + 2).is_empty());
    // A poll that hangs gets what comes.
    let poller = &sim;
    std::thread::scope(|scope| {
        let offset = ids[1] + 2;
        let params = json!({"offset": offset, "timeout": 30});
        let poll = scope.spawn(move || call(poller, "getUpdates", &params));
        assert!(sim.wait_until(PATIENCE, |sim| sim.bots()[0].polling));
        say(&sim, "четыре");
        let got = poll.join().unwrap();
        assert_eq!(got["result"][0]["message"]["text"], "четыре");
        assert!(updates(&sim, offset + 1).is_empty());
        // A second poll ends the first.
        let params = json!({"timeout": 30});
        let poll = scope.spawn(move || call(poller, "getUpdates", &params));
        assert!(sim.wait_until(PATIENCE, |sim| sim.bots()[0].polling));
        assert!(updates(&sim, 0).is_empty());
        let ended = poll.join().unwrap();
        assert_eq!(
            ended["description"],
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        );
        assert_eq!(ended["error_code"], 409);
    });
    assert!(!sim.bots()[0].polling);
}

#[test]
fn a_poll_ends_with_its_connection() {
    let sim = start();
    let mut stream = TcpStream::connect(sim.addr()).unwrap();
    stream
        .write_all(b"GET /bot42:x/getUpdates?timeout=50 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        .unwrap();
    let polling = |sim: &Simulator| sim.bots().iter().any(|bot| bot.polling);
    assert!(sim.wait_until(PATIENCE, polling));
    drop(stream);
    assert!(sim.wait_until(PATIENCE, |sim| !polling(sim)));
    say(&sim, "осталось");
    assert_eq!(updates(&sim, 0).len(), 1);
}

#[test]
fn allowed_updates_are_remembered() {
    let sim = start();
    call(
        &sim,
        "getUpdates",
        &json!({"allowed_updates": ["callback_query"]}),
    );
    say(&sim, "не дойдёт");
    assert_eq!(sim.waiting_updates(BOT), 0);
    call(&sim, "getUpdates", &json!({"allowed_updates": []}));
    say(&sim, "дойдёт");
    assert_eq!(updates(&sim, 0).len(), 1);
}

#[test]
fn ten_thousand_waiting_updates_come_in_order() {
    let sim = start();
    let list: Vec<Value> = (0..10_000)
        .map(|n| json!({"from": 1001 + n % 10, "text": n.to_string()}))
        .collect();
    let (status, ids) = post(&sim, "/sim/bots/42/messages", &json!(list));
    assert_eq!((status, ids.as_array().unwrap().len()), (200, 10_000));
    let mut offset = 0;
    let mut seen = 0;
    loop {
        let batch = updates(&sim, offset);
        let Some(last) = batch.last() else { break };
        offset = last["update_id"].as_i64().unwrap() + 1;
        for update in &batch {
            assert_eq!(update["message"]["text"], seen.to_string());
            seen += 1;
        }
    }
    assert_eq!((seen, sim.waiting_updates(BOT)), (10_000, 0));
}

#[test]
fn webhook_and_polls_exclude_each_other() {
    let sim = start();
    refused(
        &sim,
        "setWebhook",
        &json!({"url": "http://x.ru/"}),
        "400 Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    );
    call(&sim, "setWebhook", &json!({"url": "https://x.ru/"}));
    say(&sim, "ждёт");
    let info = call(&sim, "getWebhookInfo", &json!({}));
    assert_eq!(
        (
            &info["result"]["url"],
            &info["result"]["pending_update_count"]
        ),
        (&json!("https://x.ru/"), &json!(1))
    );
    refused(
        &sim,
        "getUpdates",
        &json!({}),
        "409 Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
    call(
        &sim,
        "deleteWebhook",
        &json!({"drop_pending_updates": true}),
    );
    assert!(updates(&sim, 0).is_empty());
}

#[test]
fn buttons_are_pressed_answered_and_edited_away() {
    let sim = start();
    say(&sim, "Выбор");
    let markup = json!({"inline_keyboard": [
        [{"text": "Да", "callback_data": "1:0"}, {"text": "Сайт", "url": "https://x.ru/"}]
    ]});
    let question = json!({"chat_id": 1001, "text": "Да?", "reply_markup": markup.to_string()});
    let id = call(&sim, "sendMessage", &question)["result"]["message_id"]
        .as_i64()
        .unwrap();
    let press = |label: &str| Press {
        from: 1001,
        label: label.into(),
        ..Press::default()
    };
    let Pressed::Callback(query) = sim.press(BOT, press("Да")).unwrap() else {
        panic!()
    };
    let error = sim.press(BOT, press("Сайт")).unwrap_err();
    assert!(error.contains("https://x.ru/"), "{error}");
    let error = sim.press(BOT, press("Нет")).unwrap_err();
    assert!(
        error.contains("«Нет»") && error.contains("«Да», «Сайт»"),
        "{error}"
    );
    let update = updates(&sim, 0).pop().unwrap();
    let callback = &update["callback_query"];
    assert_eq!(
        (&callback["data"], &callback["id"]),
        (&json!("1:0"), &json!(query))
    );
    assert_eq!(callback["message"]["message_id"], id);
    assert_eq!(callback["from"]["id"], 1001);
    let reply = json!({"callback_query_id": query, "text": "Принято"});
    assert_eq!(brief(&sim, "answerCallbackQuery", &reply), "true");
    sim.advance_clock(Duration::from_secs(61));
    let old =
        "400 Bad Request: query is too old and response timeout expired or query ID is invalid";
    refused(&sim, "answerCallbackQuery", &reply, old);
    refused(
        &sim,
        "answerCallbackQuery",
        &json!({"callback_query_id": "5"}),
        old,
    );

    let edit = json!({"chat_id": 1001, "message_id": id, "text": "Да? — <b>Да</b>",
        "parse_mode": "HTML"});
    let edited = call(&sim, "editMessageText", &edit);
    assert_eq!(edited["result"]["text"], "Да? — Да");
    assert!(edited["result"]["reply_markup"].is_null());
    assert!(edited["result"]["edit_date"].is_i64());
    refused(
        &sim,
        "editMessageText",
        &edit,
        "400 Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    );
    assert!(sim.press(BOT, press("Да")).is_err());
    let mut old_button = press("");
    old_button.data = Some("1:0".into());
    old_button.message_id = Some(id);
    assert!(matches!(
        sim.press(BOT, old_button),
        Ok(Pressed::Callback(_))
    ));
    let lines: Vec<_> = sim
        .messages(BOT, 1001, 0)
        .into_iter()
        .map(|e| {
            format!(
                "{:?} {} {} {}",
                e.kind,
                e.html,
                e.buttons.len(),
                e.message_id
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "Message Выбор 0 1",
            "Message Да? 1 2",
            "Answer Принято 0 2",
            "Edit Да? — <b>Да</b> 0 2"
        ]
    );
}

#[test]
fn edits_and_deletions_are_refused_where_telegram_refuses() {
    let sim = start();
    let mine = say(&sim, "моё");
    let edit = |id: i64| json!({"chat_id": 1001, "message_id": id, "text": "x"});
    refused(
        &sim,
        "editMessageText",
        &edit(99),
        "400 Bad Request: message to edit not found",
    );
    refused(
        &sim,
        "editMessageText",
        &edit(mine),
        "400 Bad Request: message can't be edited",
    );
    let sent = call(&sim, "sendMessage", &json!({"chat_id": 1001, "text": "x"}));
    let id = sent["result"]["message_id"].as_i64().unwrap();
    let markup = json!({"chat_id": 1001, "message_id": id,
        "reply_markup": {"inline_keyboard": [[{"text": "А", "callback_data": "a"}]]}});
    assert_eq!(call(&sim, "editMessageReplyMarkup", &markup)["ok"], true);
    assert!(brief(&sim, "editMessageReplyMarkup", &markup).contains("message is not modified"));
    let too_much = json!({"chat_id": 1001, "text": "x", "reply_markup":
        {"inline_keyboard": [[{"text": "А", "callback_data": "x".repeat(65)}]]}});
    refused(
        &sim,
        "sendMessage",
        &too_much,
        "400 Bad Request: BUTTON_DATA_INVALID",
    );
    let delete = json!({"chat_id": 1001, "message_id": id});
    assert_eq!(brief(&sim, "deleteMessage", &delete), "true");
    refused(
        &sim,
        "deleteMessage",
        &delete,
        "400 Bad Request: message to delete not found",
    );
    let answer = json!({"chat_id": 1001, "text": "x", "reply_parameters": {"message_id": id}});
    refused(
        &sim,
        "sendMessage",
        &answer,
        "400 Bad Request: message to be replied not found",
    );
    let alone = json!({"chat_id": 1001, "text": "x",
        "reply_parameters": {"message_id": id, "allow_sending_without_reply": true}});
    assert!(call(&sim, "sendMessage", &alone)["result"]["reply_to_message"].is_null());
    let answer = json!({"chat_id": 1001, "text": "x", "reply_parameters": {"message_id": mine}});
    let answer = call(&sim, "sendMessage", &answer);
    assert_eq!(answer["result"]["reply_to_message"]["text"], "моё");
    refused(
        &sim,
        "sendChatAction",
        &json!({"chat_id": 1001, "action": "dancing"}),
        "400 Bad Request: wrong parameter action in request",
    );
    assert_eq!(
        brief(
            &sim,
            "sendChatAction",
            &json!({"chat_id": 1, "action": "typing"})
        ),
        "true"
    );
}

#[test]
fn profile_is_kept_and_checked() {
    let sim = start();
    call(&sim, "setMyName", &json!({"name": "Магазин"}));
    call(
        &sim,
        "setMyDescription",
        &json!({"description": "Отвечает"}),
    );
    let commands = json!([{"command": "start", "description": "Начать"}]);
    call(&sim, "setMyCommands", &json!({"commands": commands}));
    assert_eq!(call(&sim, "getMyCommands", &json!({}))["result"], commands);
    let ru = json!({"language_code": "ru"});
    assert_eq!(call(&sim, "getMyCommands", &ru)["result"], json!([]));
    let info = &sim.bots()[0];
    assert_eq!(
        (info.name.as_str(), info.description.as_str()),
        ("Магазин", "Отвечает")
    );
    assert_eq!(info.commands, [("start".to_owned(), "Начать".to_owned())]);
    let wrong = json!({"commands": [{"command": "Старт", "description": "x"}]});
    refused(
        &sim,
        "setMyCommands",
        &wrong,
        "400 Bad Request: BOT_COMMAND_INVALID",
    );
    let long = json!({"description": "x".repeat(513)});
    refused(
        &sim,
        "setMyDescription",
        &long,
        "400 Bad Request: bot description is too long",
    );
    assert_eq!(
        call(&sim, "getChat", &json!({"chat_id": 1001}))["result"]["type"],
        "private"
    );
}

#[test]
fn calls_are_recorded_with_their_outcome() {
    let sim = start();
    call(&sim, "sendMessage", &json!({"chat_id": 1001, "text": "x"}));
    call(&sim, "SENDMESSAGE", &json!({"chat_id": 1002, "text": ""}));
    call(&sim, "getUpdates", &json!({}));
    let all = get(&sim, "/sim/calls?method=sendmessage");
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(
        (&all[0]["outcome"], &all[0]["params"]["text"]),
        (&json!("ok"), &json!("x"))
    );
    assert_eq!(
        (&all[1]["outcome"], &all[1]["error_code"]),
        (&json!("error"), &json!(400))
    );
    assert!(all[0]["at"].as_str().unwrap().ends_with('Z'));
    let filter = CallFilter {
        chat: Some(1002),
        ..CallFilter::default()
    };
    assert_eq!(
        sim.calls(&filter)[0].description.as_deref(),
        Some("Bad Request: message text is empty")
    );
    assert!(
        sim.calls(&CallFilter {
            method: Some("getUpdates".into()),
            ..filter
        })
        .is_empty()
    );
    assert_eq!(
        get(&sim, "/sim/calls?counts=1")["sendMessage"],
        json!({"ok": 1, "error": 1})
    );
}

#[test]
fn whatever_is_asked_is_answered() {
    let sim = start();
    say(&sim, "x");
    call(&sim, "sendMessage", &json!({"chat_id": 1001, "text": "x"}));
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1001),
        json!(1.5),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("{"),
        json!("⚠ <b"),
        json!([]),
        json!([null, {"text": 5}]),
        json!({"inline_keyboard": [[{"text": "x"}], 5]}),
        json!({"message_id": "x"}),
    ];
    let keys = [
        "chat_id",
        "text",
        "parse_mode",
        "message_id",
        "message_ids",
        "reply_markup",
        "limit",
        "reply_parameters",
        "media",
        "document",
        "photo",
        "file_id",
        "callback_query_id",
        "offset",
        "commands",
        "scope",
        "name",
        "url",
        "allowed_updates",
        "caption",
        "action",
        "user_id",
        "message_thread_id",
        "from_chat_id",
        "entities",
        "caption_entities",
        "voice",
        "latitude",
        "phone_number",
        "duration",
    ];
    let mut rng = crate::world::rng::Rng::new(5);
    for method in crate::api::METHODS {
        for _ in 0..25 {
            let mut params = json!({"chat_id": 1001, "text": "x", "message_id": 2});
            for _ in 0..3 {
                let key = keys[rng.between(0, keys.len() as i64) as usize];
                params[key] = odd[rng.between(0, odd.len() as i64) as usize].clone();
            }
            let answer = call(&sim, method, &params);
            assert!(answer["ok"].is_boolean(), "{method} {params} {answer}");
        }
        call(&sim, "deleteWebhook", &json!({}));
    }
}
