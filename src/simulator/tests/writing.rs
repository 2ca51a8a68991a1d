//! What people can send, as the bot gets it.

use super::*;

/// The last update after a person has sent something.
fn sent(sim: &SimulatorHandle, body: Value) -> Value {
    let (status, answer) = post(sim, "/sim/bots/42/messages", &body);
    assert_eq!(status, 200, "{body} {answer}");
    updates(sim, -1).pop().unwrap()["message"].clone()
}

#[track_caller]
fn refused_by(sim: &SimulatorHandle, body: &Value, word: &str) {
    let (status, answer) = post(sim, "/sim/bots/42/messages", body);
    let error = answer["error"].as_str().unwrap_or_default();
    assert!(status == 400 && error.contains(word), "{body} {answer}");
}

#[test]
fn files_of_all_kinds_have_the_fields_of_their_kind() {
    let sim = start();
    for (kind, fields) in [
        (
            "voice",
            "duration file_id file_size file_unique_id mime_type",
        ),
        (
            "audio",
            "duration file_id file_name file_size file_unique_id mime_type title",
        ),
        (
            "video",
            "duration file_id file_name file_size file_unique_id height mime_type width",
        ),
        (
            "animation",
            "duration file_id file_name file_size file_unique_id height mime_type width",
        ),
        (
            "video_note",
            "duration file_id file_size file_unique_id length",
        ),
        (
            "document",
            "file_id file_name file_size file_unique_id mime_type",
        ),
    ] {
        let message = sent(
            &sim,
            json!({"from": 1001, kind: {"duration": 7, "title": "Песня"}, "text": "подпись"}),
        );
        let object = message[kind].as_object().unwrap();
        let keys: Vec<_> = object.keys().map(String::as_str).collect();
        assert_eq!(keys.join(" "), fields, "{kind}");
        let path = json!({"file_id": object["file_id"]});
        assert!(brief(&sim, "getFile", &path).contains("file_path"));
        assert_eq!(message["caption"], "подпись", "{kind}");
        assert_eq!(
            message.get("document").is_some(),
            matches!(kind, "document" | "animation"),
            "{kind}"
        );
    }
    let place = sent(&sim, json!({"from": 1001, "location": true}));
    assert_eq!(place["location"]["latitude"], 55.751_244);
    refused_by(
        &sim,
        &json!({"from": 1001, "location": {"latitude": 1}}),
        "longitude",
    );
    let stranger = json!({"first_name": "Анна", "phone_number": "+1", "user_id": null});
    let contact = sent(&sim, json!({"from": 1001, "contact": stranger}));
    assert_eq!(
        contact["contact"],
        json!({"first_name": "Анна", "phone_number": "+1"})
    );
    let list = get(&sim, "/sim/bots/42/chats/1001/messages");
    let last = list.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["media"], &last["about"]),
        (&json!("contact"), &json!("Анна, +1"))
    );
}

#[test]
fn albums_come_as_messages_of_one_group() {
    let sim = start();
    let album = json!({"from": 1001, "text": "Отпуск", "album": [
        {"photo": true}, {"video": true, "text": "видео"}, {"photo": true}]});
    let (status, answer) = post(&sim, "/sim/bots/42/messages", &album);
    assert_eq!(status, 200);
    assert_eq!(answer["message_ids"].as_array().unwrap().len(), 3);
    let got: Vec<Value> = updates(&sim, 0)
        .iter()
        .map(|update| update["message"].clone())
        .collect();
    let group = &got[0]["media_group_id"];
    assert!(group.is_string() && got.iter().all(|one| one["media_group_id"] == *group));
    let captions: Vec<_> = got.iter().map(|one| one["caption"].as_str()).collect();
    assert_eq!(captions, [Some("Отпуск"), Some("видео"), None]);
    let kinds = |list: Value| json!({"from": 1001, "album": list});
    refused_by(&sim, &kinds(json!([{"photo": true}])), "от 2 до 10");
    let many = vec![json!({"photo": true}); 11];
    refused_by(&sim, &kinds(json!(many)), "от 2 до 10");
    let mixed = json!([{"photo": true}, {"file": {"name": "а.pdf"}}]);
    refused_by(&sim, &kinds(mixed), "документы");
    let voices = json!([{"voice": true}, {"voice": true}]);
    refused_by(&sim, &kinds(voices), "voice");
    refused_by(&sim, &kinds(json!([{"foto": true}, {}])), "foto");
}

#[test]
fn forwarded_messages_name_their_origin() {
    let sim = start();
    sim.name_person(1002, "Анна");
    let forward = |origin: Value| {
        sent(
            &sim,
            json!({"from": 1001, "text": "2+2", "forward": origin}),
        )
    };
    let person = forward(json!(1002));
    assert_eq!(person["forward_origin"]["type"], "user");
    assert_eq!(
        person["forward_origin"]["sender_user"]["first_name"],
        "Анна"
    );
    assert_eq!(person["forward_from"]["id"], 1002);
    assert_eq!(person["forward_date"], person["forward_origin"]["date"]);
    assert_eq!(person["from"]["id"], 1001);
    let hidden = forward(json!({"hidden": "Некто"}));
    assert_eq!(hidden["forward_origin"]["type"], "hidden_user");
    assert_eq!(hidden["forward_sender_name"], "Некто");
    let channel = forward(
        json!({"channel": -1_000_000_000_001_i64, "title": "Новости",
        "message_id": 5}),
    );
    assert_eq!(channel["forward_origin"]["type"], "channel");
    assert_eq!(channel["forward_from_message_id"], 5);
    assert_eq!(channel["forward_from_chat"]["title"], "Новости");
    let group = forward(json!({"chat": -5, "title": "Отдел"}));
    assert_eq!(group["forward_origin"]["sender_chat"]["id"], -5);
    // The bot's own message, with what it holds.
    let own = call(
        &sim,
        "sendMessage",
        &json!({"chat_id": 1001, "text": "<b>да</b>", "parse_mode": "HTML"}),
    );
    let id = &own["result"]["message_id"];
    let back = sent(&sim, json!({"from": 1001, "forward": {"message_id": id}}));
    assert_eq!(back["forward_origin"]["sender_user"]["id"], BOT);
    assert_eq!(
        (&back["text"], &back["entities"][0]["type"]),
        (&json!("да"), &json!("bold"))
    );
    // What was forwarded keeps its first author.
    let again = sent(
        &sim,
        json!({"from": 1001, "forward": {"message_id": back["message_id"]}}),
    );
    assert_eq!(again["forward_origin"], back["forward_origin"]);
    let via = sent(
        &sim,
        json!({"from": 1001, "text": "2+2", "via_bot": "@calc_bot"}),
    );
    assert_eq!(
        (&via["via_bot"]["username"], &via["via_bot"]["is_bot"]),
        (&json!("calc_bot"), &json!(true))
    );
    refused_by(&sim, &json!({"from": 1001, "forward": {}}), "forward");
    refused_by(
        &sim,
        &json!({"from": 1001, "forward": {"message_id": 999}}),
        "999",
    );
    refused_by(
        &sim,
        &json!({"from": 1001, "text": "x", "via_bot": ""}),
        "via_bot",
    );
    let people = get(&sim, "/sim/people");
    assert!(
        !people.to_string().contains("calc_bot"),
        "bots are no people: {people}"
    );
}

#[test]
fn texts_have_the_entities_of_their_formatting_and_those_telegram_finds() {
    let sim = start();
    let html = "<code>А = 1;</code> @sim42_bot см. ya.ru";
    let message = sent(&sim, json!({"from": 1001, "html": html}));
    assert_eq!(message["text"], "А = 1; @sim42_bot см. ya.ru");
    let kinds: Vec<_> = message["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| entity["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["code", "mention", "url"]);
    let caption = sent(&sim, json!({"from": 1001, "photo": true, "text": "/go"}));
    assert_eq!(caption["caption_entities"][0]["type"], "bot_command");
    refused_by(&sim, &json!({"from": 1001, "html": "<b>"}), "html");
}

#[test]
fn replies_may_quote() {
    let sim = start();
    let sent_one = call(
        &sim,
        "sendMessage",
        &json!({"chat_id": 1001, "text": "🎉 раз два"}),
    );
    let id = &sent_one["result"]["message_id"];
    let reply = sent(
        &sim,
        json!({"from": 1001, "text": "что?", "reply_to": id, "quote": "два"}),
    );
    assert_eq!(
        reply["quote"],
        json!({"text": "два", "position": 7, "is_manual": true})
    );
    refused_by(
        &sim,
        &json!({"from": 1001, "text": "x", "quote": "два"}),
        "reply_to",
    );
    let wrong = json!({"from": 1001, "text": "x", "reply_to": id, "quote": "три"});
    refused_by(&sim, &wrong, "quote");
    let by_bot = |quote: &str| {
        json!({"chat_id": 1001, "text": "x",
            "reply_parameters": {"message_id": id, "quote": quote}})
    };
    let quoted = call(&sim, "sendMessage", &by_bot("раз"));
    assert_eq!(quoted["result"]["quote"]["position"], 3);
    refused(
        &sim,
        "sendMessage",
        &by_bot("пять"),
        "400 Bad Request: QUOTE_TEXT_INVALID",
    );
}

#[test]
fn people_change_and_delete_their_own_messages() {
    let sim = start();
    let id = say(&sim, "раз");
    let theirs = call(
        &sim,
        "sendMessage",
        &json!({"chat_id": 1001, "text": "ответ"}),
    );
    let theirs = theirs["result"]["message_id"].as_i64().unwrap();
    let about = |from: i64, id: i64| json!({"from": from, "chat": 1001, "message_id": id});
    let edit = |from: i64, id: i64| {
        let mut body = about(from, id);
        body["text"] = json!("два");
        post(&sim, "/sim/bots/42/edits", &body).0
    };
    let delete = |from: i64, id: i64| post(&sim, "/sim/bots/42/deletions", &about(from, id)).0;
    assert_eq!(
        (edit(1002, id), edit(1001, theirs), edit(1001, 99)),
        (400, 400, 400)
    );
    assert_eq!(edit(1001, id), 200);
    let edited = updates(&sim, -1).pop().unwrap();
    assert_eq!(edited["edited_message"]["text"], "два");
    // The same text again is no change, and Telegram tells nobody.
    let count = sim.waiting_updates(BOT);
    assert_eq!(edit(1001, id), 200);
    assert_eq!((delete(1002, id), delete(1001, id)), (400, 200));
    assert_eq!(delete(1001, theirs), 200, "in a private chat the bot's too");
    assert_eq!(sim.waiting_updates(BOT), count, "deletions are not told");
    refused(
        &sim,
        "editMessageText",
        &json!({"chat_id": 1001, "message_id": theirs, "text": "x"}),
        "400 Bad Request: message to edit not found",
    );
    let kinds = get(&sim, "/sim/bots/42/chats/1001/messages");
    let kinds: Vec<_> = kinds
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["message", "message", "edit", "delete", "delete"]);
    let sticker = json!({"from": 1001, "sticker": true});
    let sticker = post(&sim, "/sim/bots/42/messages", &sticker).1["message_id"].as_i64();
    assert_eq!(edit(1001, sticker.unwrap()), 400, "a sticker has no text");
    let old = say(&sim, "старое");
    sim.advance_clock(Duration::from_secs(49 * 3_600));
    assert_eq!(edit(1001, old), 400, "48 hours are over");
}

#[test]
fn keys_of_a_keyboard_send_contacts_and_places_and_may_hide() {
    let sim = start();
    let keys = json!({"keyboard": [[{"text": "Телефон", "request_contact": true},
        {"text": "Где я", "request_location": true}, "Просто"]], "one_time_keyboard": true,
        "input_field_placeholder": "Нажмите"});
    let send = |chat: i64| json!({"chat_id": chat, "text": "Кто вы?", "reply_markup": keys});
    let question = call(&sim, "sendMessage", &send(1001));
    let question = &question["result"]["message_id"];
    let press = |label: &str| {
        let body = json!({"from": 1001, "chat": 1001, "label": label});
        let status = post(&sim, "/sim/bots/42/press", &body).0;
        (
            status,
            updates(&sim, -1).pop().unwrap_or_default()["message"].clone(),
        )
    };
    let (status, contact) = press("Телефон");
    assert_eq!(
        (status, &contact["contact"]["user_id"]),
        (200, &json!(1001))
    );
    assert_eq!(contact["reply_to_message"]["message_id"], *question);
    assert_eq!(press("Просто").0, 400, "it was to be used once");
    call(&sim, "sendMessage", &send(1001));
    assert!(press("Где я").1["location"].is_object());
    let entry = &get(&sim, "/sim/bots/42/chats/1001/messages?from=bot")[0];
    assert_eq!(
        (&entry["keyboard_once"], &entry["placeholder"]),
        (&json!(true), &json!("Нажмите"))
    );
    refused(
        &sim,
        "sendMessage",
        &send(-5),
        "400 Bad Request: phone number can be requested in private chats only",
    );
}

#[test]
fn an_empty_chat_offers_what_its_bot_says_and_what_it_was_given() {
    let sim = start();
    call(
        &sim,
        "setMyDescription",
        &json!({"description": "Строка\nещё"}),
    );
    let list = |name: &str| json!([{"command": name, "description": "что-то"}]);
    let set = |name: &str, more: Value| {
        let mut params = json!({"commands": list(name)});
        if let (Some(params), Value::Object(more)) = (params.as_object_mut(), more) {
            params.extend(more);
        }
        assert_eq!(call(&sim, "setMyCommands", &params)["ok"], true);
    };
    set("all", json!({}));
    set("english", json!({"language_code": "en"}));
    set("groups", json!({"scope": {"type": "all_group_chats"}}));
    set("one", json!({"scope": {"type": "chat", "chat_id": 1002}}));
    let body = json!({"texts": ["Цена", "Выбор"]});
    assert_eq!(post(&sim, "/sim/bots/42/suggestions", &body).0, 200);
    let of = |path: &str| get(&sim, &format!("/sim/bots/42/chats/{path}"));
    let first = of("1001/suggestions");
    assert_eq!(first["description"], "Строка\nещё");
    assert_eq!(first["texts"], json!(["Цена", "Выбор"]));
    for (path, command) in [
        ("1001/suggestions", "all"),
        ("1002/suggestions", "one"),
        ("-5/suggestions?from=1001", "groups"),
    ] {
        assert_eq!(of(path)["commands"][0]["command"], command, "{path}");
    }
    let name = json!({"from": 1003, "text": "hi", "language_code": "en"});
    post(&sim, "/sim/bots/42/messages", &name);
    assert_eq!(of("1003/suggestions")["commands"][0]["command"], "english");
    assert_eq!(
        post(&sim, "/sim/bots/42/suggestions", &json!({"texts": 1})).0,
        400
    );
}

#[test]
fn whatever_people_send_is_taken_or_refused() {
    let sim = start();
    say(&sim, "x");
    let odd = [
        json!(null),
        json!(true),
        json!(false),
        json!(-1_000_000_000_005_i64),
        json!(1),
        json!(1.5),
        json!(i64::MIN),
        json!(""),
        json!("⚠ <b"),
        json!([]),
        json!([{"photo": true}, {"video": {"base64": "AA=="}}]),
        json!({"message_id": 1, "chat": i64::MAX, "latitude": 1e300, "longitude": "x"}),
        json!({"base64": "?", "duration": -1}),
    ];
    let keys = [
        "chat",
        "text",
        "html",
        "contact",
        "location",
        "file",
        "photo",
        "sticker",
        "voice",
        "album",
        "thread",
        "reply_to",
        "quote",
        "forward",
        "via_bot",
        "title",
        "sender_chat",
        "raw",
        "from",
    ];
    let mut rng = crate::world::rng::Rng::new(3);
    for _ in 0..600 {
        let mut body = json!({"from": 1001, "text": "x"});
        for _ in 0..3 {
            let key = keys[rng.between(0, keys.len() as i64) as usize];
            body[key] = odd[rng.between(0, odd.len() as i64) as usize].clone();
        }
        for path in [
            "messages",
            "press",
            "edits",
            "deletions",
            "topics",
            "members",
        ] {
            let (status, answer) = post(&sim, &format!("/sim/bots/42/{path}"), &body);
            assert!(
                matches!(status, 200 | 400),
                "{path} {body} {status} {answer}"
            );
        }
    }
    // The chat is still there and can be read.
    assert!(get(&sim, "/sim/bots/42/chats/1001/messages").is_array());
}
