//! The control endpoint.

use serde_json::json;

use super::SHOP;
use crate::support::app::{App, FIRST_BOT};

#[test]
fn health_is_open() {
    let app = App::shop(SHOP);
    let live = app.http("GET", "/health/live", None);
    assert_eq!((live.status, live.json()), (200, json!({"live": true})));
    let ready = app.http("GET", "/health/ready", None);
    assert_eq!(ready.status, 200);
    let ready = ready.json();
    assert_eq!(
        (&ready["ready"], &ready["lease"], &ready["store"]),
        (&json!(true), &json!(true), &json!(true))
    );
}

#[test]
fn metrics_tell_what_an_operator_asks() {
    let app = App::shop(SHOP);
    app.ask("shop", 11, "Цена");
    let answer = app.http("GET", "/metrics", None);
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    let value = |name: &str| {
        let line = answer.body.lines().find_map(|line| line.strip_prefix(name));
        let line = line.unwrap_or_else(|| panic!("{name} in\n{}", answer.body));
        line.trim().parse::<f64>().expect("a number")
    };
    assert_eq!(value("vestnik_updates_received_total"), 1.0);
    assert_eq!(value("vestnik_updates_done_total"), 1.0);
    assert_eq!(value("vestnik_updates_failed_total"), 0.0);
    assert_eq!(value("vestnik_updates_refused_total"), 0.0);
    assert_eq!(value("vestnik_messages_failed_total"), 0.0);
    assert_eq!(value("vestnik_messages_open{state=\"queued\"}"), 0.0);
    assert_eq!(value("vestnik_messages_open{state=\"sending\"}"), 0.0);
    assert_eq!(value("vestnik_update_commit_seconds_count"), 1.0);
    assert_eq!(value("vestnik_update_sent_seconds_count"), 1.0);
    assert_eq!(value("vestnik_bots_running"), 1.0);
    value("vestnik_store_queue");
    // What has not happened yet has no series: make it happen.
    app.simulator().fault(
        vestnik_simulator::Fault::new(vestnik_simulator::FaultKind::ServerError)
            .method("sendMessage"),
    );
    app.command("shop", vestnik::runtime::Order::Restart);
    app.write_to("shop", 11, "Цена");
    app.until("the error is counted", |app| {
        // Its next try waits for the clock.
        app.advance_clock(60);
        let body = app.http("GET", "/metrics", None).body;
        body.contains("vestnik_api_errors_total{kind=\"")
            && app.unsettled().is_ok_and(|open| open.is_none())
    });
}

#[test]
fn bots_are_behind_a_token() {
    let app = App::builder()
        .bot("shop", SHOP)
        .bot("other", SHOP)
        .start()
        .expect("SQLite");
    app.until_running("shop");
    app.until_running("other");
    let (read, operate) = (app.token("read"), app.token("operate"));
    let check = |method: &str, path: &str, token: Option<&str>, status: u16, code: &str| {
        let answer = app.http(method, path, token);
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        if status >= 400 {
            assert_eq!(answer.header("content-type"), "application/problem+json");
            let problem = answer.json();
            assert_eq!(problem["code"], code, "{method} {path}");
            assert_eq!(problem["status"], status);
            for field in ["type", "title", "detail"] {
                assert!(problem[field].is_string(), "{field} of {problem}");
            }
        } else {
            assert_eq!(answer.header("content-type"), "application/json");
        }
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        answer
    };
    check("GET", "/api/v1/bots", None, 401, "unauthorised");
    check("GET", "/api/v1/bots", Some("wrong"), 401, "unauthorised");
    check(
        "GET",
        "/api/v1/bots",
        Some(&read[..read.len() - 1]),
        401,
        "unauthorised",
    );
    check("POST", "/api/v1/bots/shop/stop", None, 401, "unauthorised");
    check(
        "POST",
        "/api/v1/bots/shop/stop",
        Some(&read),
        403,
        "forbidden",
    );
    check("GET", "/api/v1/bots/nobody", Some(&read), 404, "not_found");
    check(
        "POST",
        "/api/v1/bots/nobody/start",
        Some(&operate),
        404,
        "not_found",
    );
    check("GET", "/api/v1/nothing", Some(&read), 404, "not_found");
    check("GET", "/nothing", None, 404, "not_found");

    let list = check("GET", "/api/v1/bots", Some(&read), 200, "").json();
    let codes: Vec<&str> = list["bots"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|bot| bot["code"].as_str())
        .collect();
    assert_eq!(codes, ["other", "shop"]);
    let shop = check("GET", "/api/v1/bots/shop", Some(&operate), 200, "").json();
    assert_eq!(
        (&shop["state"], &shop["enabled"]),
        (&json!("running"), &json!(true))
    );
    for actor in ["poller", "courier"] {
        assert!(shop["actors"][actor].is_object(), "{actor} in {shop}");
    }

    check("POST", "/api/v1/bots/shop/stop", Some(&operate), 200, "");
    app.until("it is off", |app| {
        let shop = app.http("GET", "/api/v1/bots/shop", Some(&read)).json();
        shop["state"] == "off" && shop["enabled"] == false
    });
    app.write_to("shop", 11, "Цена");
    check("POST", "/api/v1/bots/shop/start", Some(&operate), 200, "");
    app.rest();
    assert_eq!(app.answers("shop", 11, 0).expect("read").len(), 1);
    let starts = app.status("shop").expect("known").starts;
    check("POST", "/api/v1/bots/shop/restart", Some(&operate), 200, "");
    app.until("it was started again", |app| {
        app.status("shop")
            .is_some_and(|status| status.starts > starts)
    });
    assert_eq!(app.status("other").expect("known").starts, 1);
    app.until_running("shop");

    // No answer shows a bot's token or a token of the endpoint.
    for path in ["/api/v1/bots", "/api/v1/bots/shop", "/metrics"] {
        let body = app.http("GET", path, Some(&operate)).body;
        for secret in [&format!("{FIRST_BOT}:test"), ":test", &read, &operate] {
            assert!(!body.contains(secret), "{path}: {body}");
        }
    }
}

#[test]
fn a_revoked_token_is_worthless() {
    let app = App::shop(SHOP);
    let token = app.token("admin");
    assert_eq!(app.http("GET", "/api/v1/bots", Some(&token)).status, 200);
    let now = app.clock().now();
    app.store()
        .write_blocking(move |conn| vestnik::store::tokens::revoke(conn, "test admin", now))
        .expect("written");
    assert_eq!(app.http("GET", "/api/v1/bots", Some(&token)).status, 401);
}

/// Each operation of the document answers, to nobody without the right that the document names.
#[test]
fn the_document_tells_what_is_served_and_to_whom() {
    let app = App::shop(SHOP);
    let document = app.http("GET", "/api/v1/openapi.json", None).json();
    let (read, operate) = (app.token("read"), app.token("operate"));
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let asked = match path.as_str() {
            "/api/v1/bots/{code}/traces" => "/api/v1/bots/shop/traces?chat=1".to_owned(),
            path => path.replace("{code}", "shop").replace("{id}", "1"),
        };
        for (method, operation) in methods.as_object().expect("methods") {
            operations += 1;
            let method = method.to_uppercase();
            let status = |token| app.http(&method, &asked, token).status;
            let scopes: Vec<&str> = operation["security"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| one["token"][0].as_str())
                .collect();
            let is_open = operation["security"]
                .as_array()
                .is_none_or(|all| all.contains(&json!({})));
            let expected = match (is_open, scopes.as_slice()) {
                (true, _) => [200, 200, 200],
                (false, ["read"]) => [401, 200, 200],
                (false, ["operate"]) => [401, 403, 200],
                (false, other) => panic!("{method} {path}: {other:?}"),
            };
            // What names no row, or says nothing in its body, is let in and then refused as that.
            let needs_more = path.contains("{id}") || operation["requestBody"].is_object();
            let let_in = |status: u16| match status {
                400 | 404 if needs_more => 200,
                status => status,
            };
            let found = [None, Some(&read), Some(&operate)]
                .map(|token| let_in(status(token.map(String::as_str))));
            assert_eq!(found, expected, "{method} {path}");
        }
    }
    assert!(operations >= 10, "{document}");
}
