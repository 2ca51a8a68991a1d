//! Follows the clock of a simulator (`testing.clock`): `GET …/sim/clock?version=N&wait=S` answers when
//! the clock is set, so that a test moves the server's time along with the simulated Telegram's. The
//! settings allow it beside a Bot API on this computer only.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::model::{Backoff, Moment};
use crate::runtime::Clock;

/// How long the simulator may hold a request while its clock is not set.
const WAIT_S: u64 = 25;
/// An answer that takes so much longer does not come.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pauses after failures: soon enough for a simulator that is started again.
const RETRY: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));

/// What the simulator says of its clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
struct Shown {
    now_us: i64,
    frozen: bool,
    version: u64,
}

/// A simulator's clock and the line to it.
pub struct FollowedClock {
    client: reqwest::Client,
    url: String,
    /// The version of the simulator's clock that was seen last.
    version: Option<u64>,
}

impl FollowedClock {
    /// Sets the clock to what the simulator's shows.
    ///
    /// # Errors
    /// Why the simulator's clock could not be read.
    pub async fn begin(clock: &Clock, url: &str) -> Result<FollowedClock, String> {
        let mut followed = FollowedClock {
            client: client()?,
            url: url.to_owned(),
            version: None,
        };
        let shown = followed.look().await?;
        clock.show(Moment(shown.now_us), shown.frozen);
        followed.version = Some(shown.version);
        Ok(followed)
    }

    /// Sets the clock whenever the simulator's is set. Never ends.
    pub async fn follow(mut self, clock: &Clock) {
        let mut failures = 0u32;
        loop {
            match self.look().await {
                Ok(shown) => {
                    failures = 0;
                    if self.version != Some(shown.version) {
                        clock.show(Moment(shown.now_us), shown.frozen);
                        tracing::debug!(
                            now = shown.now_us,
                            frozen = shown.frozen,
                            "the followed clock was set"
                        );
                    }
                    self.version = Some(shown.version);
                }
                Err(error) => {
                    failures += 1;
                    if failures.is_power_of_two() {
                        tracing::warn!(
                            url = self.url,
                            failures,
                            "testing.clock cannot be read; the clock goes on by itself: {error}"
                        );
                    }
                    // Another simulator counts its versions anew.
                    self.version = None;
                    tokio::time::sleep(RETRY.pause(failures)).await;
                }
            }
        }
    }

    async fn look(&self) -> Result<Shown, String> {
        let (url, patience) = match self.version {
            Some(version) => (
                format!("{}?version={version}&wait={WAIT_S}", self.url),
                PATIENCE + Duration::from_secs(WAIT_S),
            ),
            None => (self.url.clone(), PATIENCE),
        };
        let told = |error: reqwest::Error| crate::telegram::causes(&error);
        let answer = self.client.get(url).timeout(patience).send().await;
        let answer = answer.and_then(reqwest::Response::error_for_status);
        let body = answer.map_err(told)?.bytes().await.map_err(told)?;
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    }
}

/// A client for one address on this computer: without a proxy, and with TLS that trusts nobody.
fn client() -> Result<reqwest::Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(tls)
        .build()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_clock_shows_what_the_simulators_shows() {
        let simulator = vestnik_simulator::Simulator::start(Default::default()).expect("starts");
        let url = format!("{}/sim/clock", simulator.url());
        let clock = Clock::manual(Moment(0));
        let mut moves = clock.moves();
        let followed = FollowedClock::begin(&clock, &url).await.expect("read");
        assert!(clock.now() > Moment(0));
        moves.next().await;
        let told = async {
            moves.next().await;
            clock.now()
        };
        let later = chrono::DateTime::from_timestamp(4_000_000_000, 0).expect("a moment");
        simulator.set_clock(&later.to_rfc3339()).expect("set");
        let now = tokio::select! {
            () = followed.follow(&clock) => Moment(0),
            now = told => now,
        };
        assert!(now >= Moment(later.timestamp_micros()), "{now:?}");
        drop(simulator);
        assert!(FollowedClock::begin(&clock, &url).await.is_err());
    }
}
