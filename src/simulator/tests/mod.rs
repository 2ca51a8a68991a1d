//! The simulator over real connections: a bot's calls and people's requests in, answers out.

mod api;
mod changing;
mod faults;
mod groups;
mod media;
mod people;
mod rooms;
mod writing;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Simulator, SimulatorConfig, SimulatorHandle};

const BOT: i64 = 42;
const TOKEN: &str = "42:secret";
/// No step of a test takes so long; a time-out is a failure, not a pace.
const PATIENCE: Duration = Duration::from_secs(30);

fn start() -> SimulatorHandle {
    Simulator::start(SimulatorConfig {
        seed: 7,
        ..SimulatorConfig::default()
    })
    .unwrap()
}

/// One request over a connection of its own: status and body; `None` when the connection ended
/// without a word.
fn request(
    sim: &SimulatorHandle,
    method: &str,
    path: &str,
    kind: &str,
    body: &[u8],
) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(sim.addr()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    // A reset is how some systems end a connection that was cut.
    let _ = stream.read_to_end(&mut answer);
    if answer.is_empty() {
        return None;
    }
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some((status, body.to_owned()))
}

/// A call of the bot with JSON parameters; the whole answer.
fn call(sim: &SimulatorHandle, method: &str, params: &Value) -> Value {
    call_as(sim, TOKEN, method, params)
}

fn call_as(sim: &SimulatorHandle, token: &str, method: &str, params: &Value) -> Value {
    let path = format!("/bot{token}/{method}");
    let body = params.to_string();
    let (status, body) =
        request(sim, "POST", &path, "application/json", body.as_bytes()).expect("an answer");
    let value: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(value["ok"] == true, status == 200, "{status} {value}");
    if value["ok"] == false {
        assert_eq!(value["error_code"], status, "{value}");
    }
    value
}

/// What a call gives: its `result` as text, or `! code description`.
fn brief(sim: &SimulatorHandle, method: &str, params: &Value) -> String {
    let value = call(sim, method, params);
    if value["ok"] == true {
        value["result"].to_string()
    } else {
        format!(
            "! {} {}",
            value["error_code"],
            value["description"].as_str().unwrap()
        )
    }
}

#[track_caller]
fn refused(sim: &SimulatorHandle, method: &str, params: &Value, expected: &str) {
    assert_eq!(
        brief(sim, method, params),
        format!("! {expected}"),
        "{method} {params}"
    );
}

fn post(sim: &SimulatorHandle, path: &str, body: &Value) -> (u16, Value) {
    let (status, body) = request(
        sim,
        "POST",
        path,
        "application/json",
        body.to_string().as_bytes(),
    )
    .unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

fn get(sim: &SimulatorHandle, path: &str) -> Value {
    let (status, body) = request(sim, "GET", path, "", b"").unwrap();
    assert_eq!(status, 200, "{path} {body}");
    serde_json::from_str(&body).unwrap()
}

/// Fetches what waits after an offset.
fn updates(sim: &SimulatorHandle, offset: i64) -> Vec<Value> {
    let value = call(sim, "getUpdates", &json!({"offset": offset}));
    value["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{value}"))
        .clone()
}

fn say(sim: &SimulatorHandle, text: &str) -> i64 {
    sim.say(BOT, crate::Say::text(1001, text)).unwrap()
}

#[test]
fn ends_when_told_and_says_where_it_cannot_listen() {
    let sim = start();
    let addr = sim.addr();
    let taken = SimulatorConfig {
        listen: addr.to_string(),
        ..SimulatorConfig::default()
    };
    let error = Simulator::start(taken).err().unwrap();
    assert!(error.to_string().contains(&addr.to_string()), "{error}");
    // A poll that hangs does not hold it up.
    let mut stream = TcpStream::connect(addr).unwrap();
    stream
        .write_all(b"GET /bot42:x/getUpdates?timeout=50 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        .unwrap();
    assert!(sim.wait_until(PATIENCE, |sim| sim.bots().iter().any(|bot| bot.polling)));
    sim.stop();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(TcpStream::connect(addr).is_err());
}

#[test]
fn the_page_and_its_parts_are_there() {
    let sim = start();
    for (path, word) in [
        ("/", "page/main.js"),
        ("/page/main.js", "EventSource"),
        ("/page/page.css", "--"),
    ] {
        let (status, body) = request(&sim, "GET", path, "", b"").unwrap();
        assert_eq!(status, 200);
        assert!(body.contains(word), "{path}");
        assert!(
            !body.contains("https://"),
            "{path} loads nothing from elsewhere"
        );
    }
    // Each script that another one asks for is served.
    for name in ["main", "compose", "messages", "side", "tools"] {
        let (_, body) = request(&sim, "GET", &format!("/page/{name}.js"), "", b"").unwrap();
        let imports: Vec<_> = body
            .lines()
            .filter_map(|line| line.split(" from \"./").nth(1))
            .collect();
        assert!(!imports.is_empty(), "{name}");
        for import in imports {
            let path = format!("/page/{}", import.trim_end_matches("\";"));
            assert_eq!(
                request(&sim, "GET", &path, "", b"").unwrap().0,
                200,
                "{path}"
            );
        }
    }
    // No script and no style stands within the page: the policy would stop it.
    let (_, index) = request(&sim, "GET", "/", "", b"").unwrap();
    assert!(!index.contains("style=") && !index.contains("onclick"));
    assert_eq!(index.matches("<script").count(), 1);
    assert_eq!(request(&sim, "GET", "/none", "", b"").unwrap().0, 404);
}

/// The status of a request with these headers beside the usual ones.
fn status_with(sim: &SimulatorHandle, request: &str, headers: &str) -> u16 {
    let mut stream = TcpStream::connect(sim.addr()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn pages_of_others_are_refused_on_every_side() {
    let sim = start();
    let own = format!("Host: {}\r\nOrigin: http://{0}\r\n", sim.addr());
    let foreign_host = "Host: evil.example\r\n";
    let foreign_page = format!("Host: {}\r\nOrigin: http://evil.example\r\n", sim.addr());
    let picture = format!("Host: {}\r\nSec-Fetch-Site: cross-site\r\n", sim.addr());
    for (request, done) in [
        ("POST /bot42:x/getMe", 200),
        ("GET /bot42:x/getMe", 200),
        ("POST /sim/clock", 400),
        ("GET /sim/bots", 200),
        ("GET /page/page.css", 200),
    ] {
        assert_eq!(status_with(&sim, request, &own), done, "{request}");
        for headers in [foreign_host, &foreign_page, &picture] {
            assert_eq!(
                status_with(&sim, request, headers),
                403,
                "{request} {headers}"
            );
        }
    }
    assert_eq!(
        status_with(&sim, "GET /", &picture),
        200,
        "a link to the page"
    );
    assert_eq!(status_with(&sim, "GET /", foreign_host), 403);
}
