//! Follows the clock of a simulator (`testing.clock`): `GET …/sim/clock?version=N&wait=S` answers when
//! the clock is set, so that a test moves the server's time along with the simulated Telegram's.
//!
//! The settings allow it beside a Bot API on this computer only. One request of HTTP/1.0 over a plain
//! connection is all it takes; a client with pools and TLS belongs to `telegram`.

use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Clock;
use crate::model::Moment;

/// How long the simulator may hold a request while its clock is not set.
const WAIT_S: u64 = 25;
/// An answer that takes so much longer does not come.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first pause after a failure; doubles up to the ceiling.
const RETRY_FIRST: Duration = Duration::from_millis(50);
/// Soon enough for a simulator that is started again.
const RETRY_CEILING: Duration = Duration::from_secs(1);

/// What the simulator says of its clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
struct Shown {
    now_us: i64,
    frozen: bool,
    version: u64,
}

/// Sets the clock to what the simulator's shows; gives its version.
///
/// # Errors
/// Why the simulator's clock could not be read.
pub async fn set_once(clock: &Clock, url: &str) -> Result<u64, String> {
    let shown = look(url, None).await?;
    clock.show(Moment(shown.now_us), shown.frozen);
    Ok(shown.version)
}

/// Sets the clock whenever the simulator's is set, from `version` on. Never ends.
pub async fn follow(clock: &Clock, url: &str, version: u64) {
    let mut version = Some(version);
    let mut failures = 0u32;
    loop {
        match look(url, version).await {
            Ok(shown) => {
                failures = 0;
                if version != Some(shown.version) {
                    clock.show(Moment(shown.now_us), shown.frozen);
                    tracing::debug!(
                        now = shown.now_us,
                        frozen = shown.frozen,
                        "the followed clock was set"
                    );
                }
                version = Some(shown.version);
            }
            Err(error) => {
                failures += 1;
                if failures.is_power_of_two() {
                    tracing::warn!(
                        url,
                        failures,
                        "testing.clock cannot be read; the clock goes on by itself: {error}"
                    );
                }
                // Another simulator counts its versions anew.
                version = None;
                let pause = RETRY_FIRST.saturating_mul(1 << failures.min(10));
                tokio::time::sleep(pause.min(RETRY_CEILING)).await;
            }
        }
    }
}

async fn look(url: &str, version: Option<u64>) -> Result<Shown, String> {
    let wait_s = if version.is_some() { WAIT_S } else { 0 };
    let patience = PATIENCE + Duration::from_secs(wait_s);
    let answer = tokio::time::timeout(patience, ask(url, version, wait_s))
        .await
        .map_err(|_| "no answer in time".to_owned())??;
    read(&answer)
}

async fn ask(url: &str, version: Option<u64>, wait_s: u64) -> Result<String, String> {
    let (authority, path) = split(url)?;
    let query = match version {
        Some(version) => format!("?version={version}&wait={wait_s}"),
        None => String::new(),
    };
    let mut stream = TcpStream::connect(authority)
        .await
        .map_err(|error| error.to_string())?;
    let request = format!("GET {path}{query} HTTP/1.0\r\nHost: {authority}\r\n\r\n");
    let mut answer = String::new();
    let talk = async {
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_string(&mut answer).await
    };
    talk.await.map_err(|error| error.to_string())?;
    Ok(answer)
}

/// The authority, with a port, and the path.
fn split(url: &str) -> Result<(&str, &str), String> {
    let rest = url
        .strip_prefix("http://")
        .ok_or("an address that begins with http:// is needed")?;
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    if authority.contains(':') {
        Ok((authority, path))
    } else {
        Err("the address lacks a port".to_owned())
    }
}

fn read(answer: &str) -> Result<Shown, String> {
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer of HTTP")?;
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        return Err(status.to_owned());
    }
    serde_json::from_str(body).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_answers() {
        let check = |url: &str, expected: &str| {
            let shown = match split(url) {
                Ok((authority, path)) => format!("{authority} {path}"),
                Err(error) => error,
            };
            assert_eq!(shown, expected, "{url}");
        };
        check("http://127.0.0.1:81/sim/clock", "127.0.0.1:81 /sim/clock");
        check("http://127.0.0.1:81", "127.0.0.1:81 /");
        check("http://localhost/sim/clock", "the address lacks a port");
        check(
            "https://127.0.0.1:81/",
            "an address that begins with http:// is needed",
        );

        let shown = read(
            "HTTP/1.1 200 OK\r\na: b\r\n\r\n{\"now\":\"\",\"now_us\":7,\"frozen\":true,\"version\":2}",
        );
        let expected = Shown {
            now_us: 7,
            frozen: true,
            version: 2,
        };
        assert_eq!(shown, Ok(expected));
        assert_eq!(
            read("HTTP/1.1 404 Not Found\r\n\r\n{}"),
            Err("HTTP/1.1 404 Not Found".to_owned())
        );
        assert!(read("").is_err() && read("HTTP/1.1 200 OK\r\n\r\n{}").is_err());
    }

    #[tokio::test]
    async fn the_clock_shows_what_the_simulators_shows() {
        let simulator = vestnik_simulator::Simulator::start(Default::default()).expect("starts");
        let url = format!("{}/sim/clock", simulator.url());
        let clock = Clock::manual(Moment(0));
        let mut moves = clock.moves();
        let version = set_once(&clock, &url).await.expect("read");
        assert!(clock.now() > Moment(0));
        moves.next().await;
        let told = async {
            moves.next().await;
            clock.now()
        };
        let later = chrono::DateTime::from_timestamp(4_000_000_000, 0).expect("a moment");
        simulator.set_clock(&later.to_rfc3339()).expect("set");
        let now = tokio::select! {
            () = follow(&clock, &url, version) => Moment(0),
            now = told => now,
        };
        assert!(now >= Moment(later.timestamp_micros()), "{now:?}");
        drop(simulator);
        assert!(set_once(&clock, &url).await.is_err());
    }
}
