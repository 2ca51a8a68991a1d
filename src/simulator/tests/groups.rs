//! Groups: topics, who hears what, coming and going.

use super::*;

const GROUP: i64 = -1_000_000_000_005;

fn write(sim: &SimulatorHandle, fields: Value) -> usize {
    let before = sim.waiting_updates(BOT);
    let mut body = json!({"from": 1001, "chat": GROUP});
    if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
        body.extend(fields);
    }
    assert_eq!(post(sim, "/sim/bots/42/messages", &body).0, 200, "{body}");
    sim.waiting_updates(BOT) - before
}

#[test]
fn topics_begin_with_a_message_that_others_answer() {
    let sim = start();
    let open = json!({"chat": GROUP, "from": 1001, "name": "Ремонт"});
    let (status, answer) = post(&sim, "/sim/bots/42/topics", &open);
    assert_eq!(status, 200, "{answer}");
    let thread = answer["thread"].as_i64().unwrap();
    let created = updates(&sim, -1).pop().unwrap()["message"].clone();
    assert_eq!(created["forum_topic_created"]["name"], "Ремонт");
    assert_eq!(
        (&created["message_id"], &created["message_thread_id"]),
        (&json!(thread), &json!(thread))
    );
    write(&sim, json!({"text": "начнём", "thread": thread}));
    let first = updates(&sim, -1).pop().unwrap()["message"].clone();
    assert_eq!(first["is_topic_message"], true);
    assert_eq!(first["reply_to_message"]["message_id"], thread);
    assert_eq!(first["chat"]["is_forum"], true);
    let sent = call(
        &sim,
        "sendMessage",
        &json!({"chat_id": GROUP, "text": "ок", "message_thread_id": thread}),
    );
    assert_eq!(sent["result"]["message_thread_id"], thread);
    let chats = &get(&sim, "/sim/bots")[0]["chats"];
    assert_eq!(
        chats[0]["topics"],
        json!([{"id": thread, "name": "Ремонт"}])
    );
    for wrong in [
        json!({"chat": -5, "from": 1001, "name": "x"}),
        json!({"chat": GROUP, "from": 1001, "name": " "}),
        json!({"chat": GROUP, "name": "x"}),
    ] {
        assert_eq!(post(&sim, "/sim/bots/42/topics", &wrong).0, 400, "{wrong}");
    }
}

#[test]
fn privacy_mode_hears_only_what_is_meant_for_the_bot() {
    let sim = start();
    let privacy = json!({"id": BOT, "name": "Магазин", "privacy": true});
    assert_eq!(post(&sim, "/sim/bots", &privacy).0, 200);
    assert_eq!(
        call(&sim, "getMe", &json!({}))["result"]["can_read_all_group_messages"],
        false
    );
    let heard = |fields: Value| write(&sim, fields);
    assert_eq!(heard(json!({"text": "просто так"})), 0);
    assert_eq!(
        heard(json!({"text": "/start"})),
        0,
        "the bot has not written yet"
    );
    assert_eq!(heard(json!({"text": "/start@sim42_bot"})), 1);
    assert_eq!(heard(json!({"text": "/start@other_bot"})), 0);
    let sent = call(
        &sim,
        "sendMessage",
        &json!({"chat_id": GROUP, "text": "да"}),
    );
    let id = &sent["result"]["message_id"];
    assert_eq!(heard(json!({"text": "/start"})), 1);
    assert_eq!(heard(json!({"text": "спасибо", "reply_to": id})), 1);
    assert_eq!(
        heard(json!({"text": "x", "via_bot": {"id": BOT, "username": "sim42_bot"}})),
        1
    );
    assert_eq!(heard(json!({"text": "и снова просто так"})), 0);
    assert_eq!(write(&sim, json!({"chat": 1001, "text": "лично"})), 1);
    sim.stand(BOT, GROUP, "administrator", 1001).unwrap();
    assert_eq!(heard(json!({"text": "админ слышит всё"})), 1);
}

#[test]
fn a_group_tells_who_came_and_who_went() {
    let sim = start();
    write(&sim, json!({"text": "привет"}));
    let stand = |status: &str| {
        let from = sim.waiting_updates(BOT) as i64;
        let body = json!({"chat": GROUP, "from": 1001, "status": status});
        assert_eq!(post(&sim, "/sim/bots/42/members", &body).0, 200);
        let all = updates(&sim, 0);
        all[from as usize..].to_vec()
    };
    let gone = stand("kicked");
    assert_eq!(
        gone[0]["my_chat_member"]["new_chat_member"]["status"],
        "kicked"
    );
    assert_eq!(gone[1]["message"]["left_chat_member"]["id"], BOT);
    assert_eq!(
        write(&sim, json!({"text": "без бота"})),
        0,
        "it is not there"
    );
    refused(
        &sim,
        "sendMessage",
        &json!({"chat_id": GROUP, "text": "x"}),
        "403 Forbidden: bot was kicked from the supergroup chat",
    );
    let back = stand("member");
    assert_eq!(back[1]["message"]["new_chat_members"][0]["id"], BOT);
    assert_eq!(write(&sim, json!({"text": "снова с ботом"})), 1);
    assert_eq!(stand("administrator").len(), 1, "a promotion is no coming");
}

#[test]
fn keys_of_a_group_answer_the_message_that_has_them() {
    let sim = start();
    let sent = call(
        &sim,
        "sendMessage",
        &json!({"chat_id": GROUP, "text": "?", "reply_markup": {"keyboard": [["Да"]]}}),
    );
    let press = json!({"from": 1001, "chat": GROUP, "label": "Да"});
    assert_eq!(post(&sim, "/sim/bots/42/press", &press).0, 200);
    let message = updates(&sim, -1).pop().unwrap()["message"].clone();
    assert_eq!(
        message["reply_to_message"]["message_id"],
        sent["result"]["message_id"]
    );
}
