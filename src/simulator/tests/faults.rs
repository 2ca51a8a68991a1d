use super::*;
use crate::{CallFilter, Fault, FaultKind, Say};

fn fault(sim: &SimulatorHandle, fault: Value) {
    let (status, answer) = post(sim, "/sim/faults", &fault);
    assert_eq!(status, 200, "{answer}");
}

fn send(sim: &SimulatorHandle, chat: i64) -> String {
    let sent = brief(sim, "sendMessage", &json!({"chat_id": chat, "text": "x"}));
    if sent.starts_with('!') {
        sent
    } else {
        "ok".into()
    }
}

fn raw_send(sim: &SimulatorHandle) -> Option<(u16, String)> {
    let body = json!({"chat_id": 1001, "text": "x"}).to_string();
    request(
        sim,
        "POST",
        "/bot42:x/sendMessage",
        "application/json",
        body.as_bytes(),
    )
}

#[test]
fn refusals_look_like_telegrams() {
    let sim = start();
    let cases = [
        (
            json!({"kind": "429", "retry_after": 5}),
            1,
            "! 429 Too Many Requests: retry after 5",
        ),
        (json!({"kind": "5xx"}), 1, "! 500 Internal Server Error"),
        (
            json!({"kind": "5xx", "status": 503}),
            1,
            "! 503 Service Unavailable",
        ),
        (
            json!({"kind": "blocked"}),
            1,
            "! 403 Forbidden: bot was blocked by the user",
        ),
        (
            json!({"kind": "kicked"}),
            -5,
            "! 403 Forbidden: bot was kicked from the group chat",
        ),
        (
            json!({"kind": "kicked"}),
            -1_000_000_000_005,
            "! 403 Forbidden: bot was kicked from the supergroup chat",
        ),
        (
            json!({"kind": "deactivated"}),
            1,
            "! 403 Forbidden: user is deactivated",
        ),
        (
            json!({"kind": "chat_not_found"}),
            1,
            "! 400 Bad Request: chat not found",
        ),
        (json!({"kind": "unauthorized"}), 1, "! 401 Unauthorized"),
        (
            json!({"kind": "migrated", "migrate_to": -1_000_000_000_009_i64}),
            -9,
            "! 400 Bad Request: group chat was upgraded to a supergroup chat",
        ),
    ];
    for (body, chat, expected) in cases {
        fault(&sim, body.clone());
        assert_eq!(send(&sim, chat), expected, "{body}");
        sim.clear_faults();
    }
    fault(&sim, json!({"kind": 429, "retry_after": 7}));
    let answer = call(&sim, "sendMessage", &json!({"chat_id": 1, "text": "x"}));
    assert_eq!(answer["parameters"], json!({"retry_after": 7}));
    assert_eq!(send(&sim, 1), "ok");
}

#[test]
fn a_proxy_s_page_and_garbage() {
    let sim = start();
    fault(&sim, json!({"kind": "502_html"}));
    let (status, body) = raw_send(&sim).unwrap();
    assert!(
        status == 502 && body.starts_with("<html>"),
        "{status} {body}"
    );
    fault(&sim, json!({"kind": "bad_json"}));
    let (status, body) = raw_send(&sim).unwrap();
    assert!(
        status == 200 && serde_json::from_str::<Value>(&body).is_err(),
        "{body}"
    );
    assert_eq!(sim.messages(BOT, 1001, 0).len(), 1);
}

#[test]
fn cuts_before_and_after() {
    let sim = start();
    fault(&sim, json!({"kind": "cut_before", "method": "sendMessage"}));
    assert_eq!(raw_send(&sim), None);
    assert!(sim.messages(BOT, 1001, 0).is_empty());
    fault(&sim, json!({"kind": "cut_after", "method": "sendMessage"}));
    assert_eq!(raw_send(&sim), None);
    assert_eq!(sim.messages(BOT, 1001, 0).len(), 1);
    assert_eq!(raw_send(&sim).unwrap().0, 200);
    let outcomes: Vec<_> = sim
        .calls(&CallFilter::default())
        .into_iter()
        .map(|call| call.outcome)
        .collect();
    assert_eq!(outcomes, ["cut_before", "cut_after", "ok"]);
    // An answer of getUpdates that is cut has confirmed what came before, and comes again.
    say(&sim, "раз");
    fault(&sim, json!({"kind": "cut_after", "method": "getUpdates"}));
    assert_eq!(request(&sim, "GET", "/bot42:x/getUpdates", "", b""), None);
    assert_eq!(updates(&sim, 0).len(), 1);
}

#[test]
fn slow_is_slow_and_only_where_told() {
    let sim = start();
    fault(&sim, json!({"kind": "slow", "delay_ms": 200, "chat": 5}));
    let start = std::time::Instant::now();
    assert_eq!(send(&sim, 5), "ok");
    assert!(start.elapsed() >= Duration::from_millis(200));
    let state = get(&sim, "/sim/faults");
    assert_eq!((&state["seed"], &state["faults"]), (&json!(7), &json!([])));
}

#[test]
fn one_bot_of_many_loses_its_token_even_while_it_polls() {
    let sim = start();
    let poller = &sim;
    std::thread::scope(|scope| {
        let params = json!({"timeout": 30});
        let poll = scope.spawn(move || call(poller, "getUpdates", &params));
        assert!(sim.wait_until(PATIENCE, |sim| sim.bots().iter().any(|bot| bot.polling)));
        fault(&sim, json!({"kind": "unauthorised", "bot": 42}));
        assert_eq!(poll.join().unwrap()["description"], "Unauthorized");
    });
    assert_eq!(call_as(&sim, "43:x", "getMe", &json!({}))["ok"], true);
    assert_eq!(brief(&sim, "getMe", &json!({})), "! 401 Unauthorized");
    sim.clear_faults();
    sim.fault(Fault::new(FaultKind::Conflict).method("getUpdates").bot(42));
    assert!(brief(&sim, "getUpdates", &json!({})).starts_with("! 409 Conflict: terminated by"));
}

#[test]
fn malformed_updates_come_among_good_ones() {
    let sim = start();
    fault(&sim, json!({"kind": "malformed_update", "count": 5}));
    for n in 0..6 {
        say(&sim, &n.to_string());
    }
    let all = updates(&sim, 0);
    assert_eq!(all.len(), 11);
    let good = all
        .iter()
        .filter(|update| update["message"]["text"].is_string())
        .count();
    assert_eq!(good, 6);
    let ids: Vec<_> = all
        .iter()
        .map(|update| update["update_id"].as_i64().unwrap())
        .collect();
    assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1));
    let id = sim.push_update(BOT, &json!({"update_id": 1, "poll": {"id": 5}}));
    assert_eq!(
        updates(&sim, id)[0],
        json!({"update_id": id, "poll": {"id": 5}})
    );
}

#[test]
fn ids_jump_downwards_and_old_offsets_confirm_nothing() {
    let sim = start();
    say(&sim, "до");
    let high = updates(&sim, 0)[0]["update_id"].as_i64().unwrap();
    assert!(updates(&sim, high + 1).is_empty());
    fault(&sim, json!({"kind": "ids_jump", "bot": 42}));
    say(&sim, "после");
    say(&sim, "ещё");
    let after = updates(&sim, high + 1);
    let low = after[0]["update_id"].as_i64().unwrap();
    assert!(low < high / 2 + 1, "{low} {high}");
    assert_eq!(after.len(), 2);
    // A client that keeps a maximum gets the same again and again.
    assert_eq!(updates(&sim, high + 1).len(), 2);
    assert_eq!(updates(&sim, low + 1).len(), 1);
    assert!(updates(&sim, low + 2).is_empty());
    // Down in the middle of what waits: the update just before the offset decides.
    say(&sim, "раз");
    fault(&sim, json!({"kind": "ids_jump"}));
    say(&sim, "два");
    say(&sim, "три");
    let mixed = updates(&sim, 0);
    let ids: Vec<_> = mixed
        .iter()
        .map(|update| update["update_id"].as_i64().unwrap())
        .collect();
    assert!(ids[1] < ids[0]);
    assert_eq!(updates(&sim, ids[0] + 1).len(), 2);
    assert_eq!(updates(&sim, ids[1] + 1).len(), 1);
}

#[test]
fn a_group_moves_and_takes_its_messages_along() {
    let sim = start();
    sim.say(
        BOT,
        Say {
            chat: Some(-5),
            ..Say::text(1001, "раз")
        },
    )
    .unwrap();
    fault(
        &sim,
        json!({"kind": "migrated", "chat": -5, "migrate_to": -1_000_000_000_005_i64}),
    );
    let answer = call(&sim, "sendMessage", &json!({"chat_id": -5, "text": "x"}));
    assert_eq!(
        answer["parameters"]["migrate_to_chat_id"],
        -1_000_000_000_005_i64
    );
    // The old id stays told off, the new one answers.
    assert!(send(&sim, -5).contains("upgraded"));
    assert_eq!(send(&sim, -1_000_000_000_005), "ok");
    let texts: Vec<_> = sim
        .messages(BOT, -5, 0)
        .into_iter()
        .map(|e| e.text)
        .collect();
    assert_eq!(texts, ["раз", "x"]);
    let body = json!({"chat": -6, "to": -1_000_000_000_006_i64});
    assert_eq!(post(&sim, "/sim/bots/42/migrate", &body).0, 200);
    let told = updates(&sim, -2);
    assert_eq!(
        told[0]["message"]["migrate_to_chat_id"],
        -1_000_000_000_006_i64
    );
    assert_eq!(told[1]["message"]["migrate_from_chat_id"], -6);
}

#[test]
fn wrong_faults_are_refused_with_the_reason() {
    let sim = start();
    let (status, answer) = post(&sim, "/sim/faults", &json!({"kind": "earthquake"}));
    assert_eq!(status, 400);
    let error = answer["error"].as_str().unwrap();
    assert!(
        error.contains("earthquake") && error.contains("cut_before"),
        "{error}"
    );
    assert_eq!(
        post(
            &sim,
            "/sim/faults",
            &json!([{"kind": "slow", "metod": "x"}])
        )
        .0,
        400
    );
}

#[test]
fn likely_faults_repeat_with_the_seed() {
    let run = || {
        let sim = start();
        post(&sim, "/sim/seed", &json!({"seed": 99}));
        fault(
            &sim,
            json!({"kind": "500", "probability": 0.5, "method": "getMe"}),
        );
        (0..40)
            .map(|_| call(&sim, "getMe", &json!({}))["ok"] == true)
            .collect::<Vec<_>>()
    };
    let first = run();
    assert_eq!(first, run());
    assert!(first.contains(&true) && first.contains(&false));
}

#[test]
fn pages_of_a_proxy_come_with_any_status() {
    let sim = start();
    for status in [302, 401, 404, 413] {
        let fault = json!({"kind": "html", "status": status, "location": "http://portal/"});
        assert_eq!(post(&sim, "/sim/faults", &fault).0, 200);
        let (got, body) = request(&sim, "POST", "/bot42:x/getMe", "", b"").unwrap();
        assert_eq!(got, status);
        assert!(body.starts_with("<html>"), "{body}");
    }
    let wrong = json!({"kind": "html", "status": 200});
    assert_eq!(post(&sim, "/sim/faults", &wrong).0, 400);
}

#[test]
fn an_answer_may_be_huge() {
    let sim = start();
    let fault = json!({"kind": "huge", "method": "getMe", "size_mb": 3});
    assert_eq!(post(&sim, "/sim/faults", &fault).0, 200);
    let mut stream = TcpStream::connect(sim.addr()).unwrap();
    stream
        .write_all(b"GET /bot42:x/getMe HTTP/1.0\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(
        answer.len() > 3 << 20 && answer.ends_with(b"}\r\n0\r\n\r\n"),
        "{}",
        answer.len()
    );
    assert_eq!(call(&sim, "getMe", &json!({}))["ok"], true);
}
