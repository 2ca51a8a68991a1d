//! What bots change, delete, send on, and send beside texts.

use super::*;

fn text(sim: &SimulatorHandle, more: Value) -> i64 {
    let mut params = json!({"chat_id": 1001, "text": "x"});
    if let (Some(params), Value::Object(more)) = (params.as_object_mut(), more) {
        params.extend(more);
    }
    let sent = call(sim, "sendMessage", &params);
    sent["result"]["message_id"].as_i64().unwrap()
}

#[test]
fn what_cannot_be_edited() {
    let sim = start();
    let keyed = text(&sim, json!({"reply_markup": {"keyboard": [["А"]]}}));
    let plain = text(&sim, json!({}));
    let edit = |id: i64| json!({"chat_id": 1001, "message_id": id, "text": "y"});
    let cannot = "400 Bad Request: message can't be edited";
    refused(&sim, "editMessageText", &edit(keyed), cannot);
    let mut wrong = edit(plain);
    wrong["reply_markup"] = json!({"keyboard": [["А"]]});
    refused(
        &sim,
        "editMessageText",
        &wrong,
        "400 Bad Request: inline keyboard expected",
    );
    let contact = json!({"chat_id": 1001, "phone_number": "+1", "first_name": "А"});
    let contact = call(&sim, "sendContact", &contact);
    let id = contact["result"]["message_id"].as_i64().unwrap();
    refused(
        &sim,
        "editMessageText",
        &edit(id),
        "400 Bad Request: there is no text in the message to edit",
    );
    refused(
        &sim,
        "editMessageCaption",
        &json!({"chat_id": 1001, "message_id": plain, "caption": "y"}),
        "400 Bad Request: there is no caption in the message to edit",
    );
    assert_eq!(
        call(&sim, "editMessageText", &edit(plain))["result"]["text"],
        "y"
    );
}

#[test]
fn media_are_replaced_by_media() {
    let sim = start();
    let file = Some(("a.txt".to_owned(), b"1".to_vec()));
    let photo = Some(Vec::new());
    let from = 1001;
    sim.say(
        BOT,
        crate::Say {
            from,
            file,
            ..Default::default()
        },
    )
    .unwrap();
    sim.say(
        BOT,
        crate::Say {
            from,
            photo,
            ..Default::default()
        },
    )
    .unwrap();
    let got = updates(&sim, 0);
    let document = got[0]["message"]["document"]["file_id"].clone();
    let photo = got[1]["message"]["photo"][0]["file_id"].clone();
    let sent = call(
        &sim,
        "sendDocument",
        &json!({"chat_id": 1001, "document": document}),
    );
    let id = &sent["result"]["message_id"];
    let edit = |media: Value| json!({"chat_id": 1001, "message_id": id, "media": media});
    let media =
        json!({"type": "photo", "media": photo, "caption": "<b>вот</b>", "parse_mode": "HTML"});
    let edited = call(&sim, "editMessageMedia", &edit(media.clone()));
    assert!(edited["result"]["photo"].is_array() && edited["result"]["document"].is_null());
    assert_eq!(edited["result"]["caption_entities"][0]["type"], "bold");
    let again = brief(&sim, "editMessageMedia", &edit(media));
    assert!(again.contains("message is not modified"), "{again}");
    let as_video = json!({"type": "video", "media": photo});
    refused(
        &sim,
        "editMessageMedia",
        &edit(as_video),
        "400 Bad Request: can't use file of type Photo as Video",
    );
    let sticker = json!({"type": "sticker", "media": photo});
    refused(
        &sim,
        "editMessageMedia",
        &edit(sticker),
        "400 Bad Request: can't parse InputMedia: type \"sticker\" is unsupported",
    );
    let of_text = text(&sim, json!({}));
    let media = json!({"type": "photo", "media": photo});
    refused(
        &sim,
        "editMessageMedia",
        &json!({"chat_id": 1001, "message_id": of_text, "media": media}),
        "400 Bad Request: message media can't be edited",
    );
}

#[test]
fn deletion_has_its_time_and_its_rights() {
    let sim = start();
    let old = text(&sim, json!({}));
    let theirs = say(&sim, "вопрос");
    let delete = |chat: i64, id: i64| json!({"chat_id": chat, "message_id": id});
    assert_eq!(
        call(&sim, "deleteMessage", &delete(1001, theirs))["ok"],
        true
    );
    sim.advance_clock(Duration::from_secs(48 * 3_600 + 1));
    let refusal = "400 Bad Request: message can't be deleted for everyone";
    refused(&sim, "deleteMessage", &delete(1001, old), refusal);
    let in_group = crate::Say {
        chat: Some(-5),
        ..crate::Say::text(1001, "в группе")
    };
    let id = sim.say(BOT, in_group).unwrap();
    refused(&sim, "deleteMessage", &delete(-5, id), refusal);
    sim.stand(BOT, -5, "administrator", 1001).unwrap();
    assert_eq!(call(&sim, "deleteMessage", &delete(-5, id))["ok"], true);
    refused(
        &sim,
        "deleteMessage",
        &delete(-5, id),
        "400 Bad Request: message to delete not found",
    );
}

#[test]
fn messages_are_forwarded_and_copied() {
    let sim = start();
    let id = say(&sim, "вопрос");
    let on = |id: i64| json!({"chat_id": 1002, "from_chat_id": 1001, "message_id": id});
    let forwarded = &call(&sim, "forwardMessage", &on(id))["result"];
    assert_eq!(forwarded["forward_origin"]["sender_user"]["id"], 1001);
    assert_eq!(
        (&forwarded["text"], &forwarded["chat"]["id"]),
        (&json!("вопрос"), &json!(1002))
    );
    let copied = &call(&sim, "copyMessage", &on(id))["result"];
    assert_eq!(copied.as_object().unwrap().len(), 1, "{copied}");
    let entry = &get(&sim, "/sim/bots/42/chats/1002/messages")[1];
    assert!(entry["text"] == "вопрос" && entry["forward"].is_null());
    let album = json!({"from": 1001, "album": [{"photo": true}, {"photo": true}]});
    let ids = post(&sim, "/sim/bots/42/messages", &album).1["message_ids"].clone();
    let many = json!({"chat_id": 1002, "from_chat_id": 1001, "message_ids": ids});
    let many = call(&sim, "forwardMessages", &many);
    assert_eq!(many["result"].as_array().unwrap().len(), 2);
    let list = get(&sim, "/sim/bots/42/chats/1002/messages");
    let list = list.as_array().unwrap();
    let [.., first, second] = list.as_slice() else {
        panic!("{list:?}")
    };
    assert!(first["album"].is_string() && first["album"] == second["album"]);
    refused(
        &sim,
        "forwardMessage",
        &on(999),
        "400 Bad Request: message to forward not found",
    );
    refused(
        &sim,
        "copyMessage",
        &on(999),
        "400 Bad Request: message to copy not found",
    );
    let nowhere = json!({"chat_id": 1002, "from_chat_id": 77, "message_id": 1});
    refused(
        &sim,
        "forwardMessage",
        &nowhere,
        "400 Bad Request: chat not found",
    );
}

#[test]
fn contacts_and_places_are_sent() {
    let sim = start();
    let to = |more: Value| {
        let mut params = json!({"chat_id": 1001});
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        params
    };
    let contact = to(json!({"phone_number": "+7", "first_name": "Анна", "last_name": "К"}));
    let sent = call(&sim, "sendContact", &contact);
    assert_eq!(sent["result"]["contact"]["last_name"], "К");
    let place = to(json!({"latitude": "55.7", "longitude": 37.6}));
    assert_eq!(
        call(&sim, "sendLocation", &place)["result"]["location"]["longitude"],
        37.6
    );
    let venue = to(json!({"latitude": 1, "longitude": 2, "title": "Склад", "address": "Мира, 1"}));
    assert_eq!(
        call(&sim, "sendVenue", &venue)["result"]["venue"]["title"],
        "Склад"
    );
    let last = get(&sim, "/sim/bots/42/chats/1001/messages")[2].clone();
    assert_eq!(
        (&last["media"], &last["about"]),
        (&json!("venue"), &json!("Склад, Мира, 1"))
    );
    refused(
        &sim,
        "sendLocation",
        &to(json!({"latitude": 91, "longitude": 0})),
        "400 Bad Request: wrong location specified",
    );
    refused(
        &sim,
        "sendContact",
        &to(json!({"phone_number": "+7"})),
        "400 Bad Request: first_name is empty",
    );
}

#[test]
fn entities_format_in_place_of_a_parse_mode() {
    let sim = start();
    let entities = json!([{"type": "bold", "offset": 0, "length": 2},
        {"type": "text_link", "offset": 3, "length": 2, "url": "https://x.ru"}]);
    let sent = call(
        &sim,
        "sendMessage",
        &json!({"chat_id": 1001, "text": "да <b", "entities": entities}),
    );
    assert_eq!(sent["result"]["text"], "да <b");
    assert_eq!(sent["result"]["entities"][1]["url"], "https://x.ru");
}
