use super::*;
use crate::{CallFilter, Press, Pressed, Say};

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

fn multipart(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head =
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(head.as_bytes());
    }
    for (name, file, bytes) in files {
        let head = format!(
            "--B\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--B--\r\n");
    body
}

fn upload(sim: &SimulatorHandle, method: &str, body: &[u8]) -> Value {
    let path = format!("/bot{TOKEN}/{method}");
    let kind = "multipart/form-data; boundary=B";
    serde_json::from_str(&request(sim, "POST", &path, kind, body).unwrap().1).unwrap()
}

#[test]
fn files_go_both_ways() {
    let sim = start();
    let fields = [
        ("chat_id", "1001"),
        ("caption", "<b>Акт</b>"),
        ("parse_mode", "HTML"),
    ];
    let body = multipart(&fields, &[("document", "акт.pdf", b"%PDF\r\n--x")]);
    let sent = upload(&sim, "sendDocument", &body);
    let document = &sent["result"]["document"];
    assert_eq!(
        (&document["file_name"], &document["mime_type"]),
        (&json!("акт.pdf"), &json!("application/pdf"))
    );
    assert_eq!(sent["result"]["caption_entities"][0]["type"], "bold");
    let file_id = document["file_id"].as_str().unwrap();
    let again = call(
        &sim,
        "sendDocument",
        &json!({"chat_id": 1001, "document": file_id}),
    );
    assert_eq!(again["result"]["document"]["file_id"], file_id);
    refused(
        &sim,
        "sendPhoto",
        &json!({"chat_id": 1001, "photo": file_id}),
        "400 Bad Request: can't use file of type Document as Photo",
    );
    let other = call_as(&sim, "43:x", "getFile", &json!({"file_id": file_id}));
    assert_eq!(
        other["description"],
        "Bad Request: wrong file_id or the file is temporarily unavailable"
    );
    let file = call(&sim, "getFile", &json!({"file_id": file_id}));
    let path = format!(
        "/file/bot{TOKEN}/{}",
        file["result"]["file_path"].as_str().unwrap()
    );
    assert_eq!(
        request(&sim, "GET", &path, "", b"").unwrap().1,
        "%PDF\r\n--x"
    );
    assert_eq!(
        request(&sim, "GET", &path.replace("42:", "43:"), "", b"")
            .unwrap()
            .0,
        404
    );
    let entry = get(&sim, "/sim/bots/42/chats/1001/messages?files=1")[0].clone();
    assert_eq!(entry["files"][0]["base64"], "JVBERg0KLS14");
    assert_eq!(
        (&entry["html"], &entry["files"][0]["kind"]),
        (&json!("<b>Акт</b>"), &json!("document"))
    );

    let empty = upload(
        &sim,
        "sendDocument",
        &multipart(&fields, &[("document", "a", b"")]),
    );
    assert_eq!(empty["description"], "Bad Request: file must be non-empty");
    let not_image = upload(
        &sim,
        "sendPhoto",
        &multipart(&fields, &[("photo", "a.png", b"xx")]),
    );
    assert_eq!(
        not_image["description"],
        "Bad Request: IMAGE_PROCESS_FAILED"
    );
    let none = json!({"chat_id": 1001});
    refused(
        &sim,
        "sendDocument",
        &none,
        "400 Bad Request: there is no document in the request",
    );
    let long = json!({"chat_id": 1001, "document": file_id, "caption": "x".repeat(1025)});
    refused(
        &sim,
        "sendDocument",
        &long,
        "400 Bad Request: message caption is too long",
    );
}

#[test]
fn what_people_send_can_be_fetched_up_to_20_mb() {
    let sim = start();
    let send = |size: usize| {
        let file = Some(("a.bin".to_owned(), vec![b'x'; size]));
        sim.say(
            BOT,
            Say {
                from: 1001,
                file,
                ..Say::default()
            },
        )
        .unwrap();
        let update = updates(&sim, -1).pop().unwrap();
        update["message"]["document"]["file_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let fits = send(20 << 20);
    assert_eq!(
        call(&sim, "getFile", &json!({"file_id": fits}))["result"]["file_size"],
        20 << 20
    );
    let big = send((20 << 20) + 1);
    refused(
        &sim,
        "getFile",
        &json!({"file_id": big}),
        "400 Bad Request: file is too big",
    );
    let sticker = Say {
        from: 1001,
        sticker: true,
        ..Say::default()
    };
    sim.say(BOT, sticker).unwrap();
    let photo = Say {
        from: 1001,
        photo: Some(Vec::new()),
        ..Say::default()
    };
    sim.say(BOT, photo).unwrap();
    let last = updates(&sim, -2);
    assert!(last[0]["message"]["sticker"]["file_id"].is_string());
    assert_eq!(last[1]["message"]["photo"][0]["width"], 64);
}

#[test]
fn an_upload_over_50_mb_is_too_large() {
    let sim = start();
    let body = multipart(
        &[("chat_id", "1")],
        &[("document", "a", &vec![0; (50 << 20) + 1])],
    );
    let answer = upload(&sim, "sendDocument", &body);
    assert_eq!(
        (&answer["error_code"], &answer["description"]),
        (&json!(413), &json!("Request Entity Too Large"))
    );
}

#[test]
fn an_album_goes_whole_or_not() {
    let sim = start();
    let media = |second: &str| {
        json!([
            {"type": "document", "media": "attach://one", "caption": "Два файла"},
            {"type": "document", "media": second}
        ])
        .to_string()
    };
    let files: [(&str, &str, &[u8]); 2] = [("one", "1.txt", b"1"), ("two", "2.txt", b"2")];
    let send = |second: &str| {
        let fields = [("chat_id", "1001"), ("media", &media(second))];
        upload(&sim, "sendMediaGroup", &multipart(&fields, &files))
    };
    assert_eq!(send("attach://three")["ok"], false);
    assert!(sim.messages(BOT, 1001, 0).is_empty());
    let sent = send("attach://two");
    let list = sent["result"].as_array().unwrap();
    assert_eq!((list.len(), &list[0]["caption"]), (2, &json!("Два файла")));
    assert_eq!(list[0]["media_group_id"], list[1]["media_group_id"]);
    let mixed = json!([{"type": "photo", "media": "a"}, {"type": "document", "media": "b"}]);
    refused(
        &sim,
        "sendMediaGroup",
        &json!({"chat_id": 1001, "media": mixed}),
        "400 Bad Request: document can't be mixed with other media types",
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
