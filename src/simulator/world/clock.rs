//! The virtual clock: it can be set, moved and stopped, and a server under test can follow it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDateTime, SecondsFormat};
use serde_json::{Value, json};

/// The virtual clock as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockInfo {
    /// Microseconds since 1970.
    pub now_us: i64,
    /// Whether it stands still until it is moved.
    pub frozen: bool,
    /// Rises whenever it is set, moved, stopped or let go.
    pub version: u64,
}

#[derive(Debug)]
pub(crate) struct Clock {
    base: Instant,
    base_us: i64,
    frozen: bool,
    version: u64,
}

impl Clock {
    /// Starts at the given moment, or at the machine's own time.
    pub(crate) fn new(start_us: Option<i64>, frozen: bool) -> Self {
        let machine = || {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            since.as_micros() as i64
        };
        Self {
            base: Instant::now(),
            base_us: start_us.unwrap_or_else(machine),
            frozen,
            version: 0,
        }
    }

    pub(crate) fn now_us(&self) -> i64 {
        if self.frozen {
            return self.base_us;
        }
        self.base_us
            .saturating_add(self.base.elapsed().as_micros() as i64)
    }

    /// Unix seconds, the unit of dates in the Bot API.
    pub(crate) fn now_s(&self) -> i64 {
        self.now_us().div_euclid(1_000_000)
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn set(&mut self, now_us: i64) {
        self.base = Instant::now();
        self.base_us = now_us;
        self.version += 1;
    }

    pub(crate) fn advance_us(&mut self, by_us: i64) {
        self.set(self.now_us().saturating_add(by_us));
    }

    pub(crate) fn freeze(&mut self, frozen: bool) {
        let now = self.now_us();
        self.frozen = frozen;
        self.set(now);
    }

    pub(crate) fn info(&self) -> ClockInfo {
        ClockInfo {
            now_us: self.now_us(),
            frozen: self.frozen,
            version: self.version,
        }
    }

    /// What `GET /sim/clock` answers.
    pub(crate) fn json(&self) -> Value {
        let ClockInfo {
            now_us,
            frozen,
            version,
        } = self.info();
        json!({"now": format_rfc3339(now_us), "now_us": now_us, "frozen": frozen,
            "version": version})
    }

    /// Carries out `{"now"}`, `{"advance_s"}`, `{"frozen"}` in this order.
    pub(crate) fn apply(&mut self, change: &Value) -> Result<(), String> {
        let mut known = false;
        if let Some(now) = change.get("now") {
            let text = now
                .as_str()
                .ok_or("now: нужен момент вида \"2026-12-31T23:00:00Z\"")?;
            self.set(parse_rfc3339(text)?);
            known = true;
        }
        if let Some(by) = change.get("advance_s") {
            let seconds = by.as_f64().ok_or("advance_s: нужно число секунд")?;
            self.advance_us((seconds * 1e6) as i64);
            known = true;
        }
        if let Some(frozen) = change.get("frozen") {
            self.freeze(frozen.as_bool().ok_or("frozen: нужно true или false")?);
            known = true;
        }
        if known {
            Ok(())
        } else {
            Err("нужно одно из now, advance_s, frozen".into())
        }
    }
}

/// Microseconds since 1970 as RFC 3339 in UTC.
pub(crate) fn format_rfc3339(us: i64) -> String {
    DateTime::from_timestamp_micros(us)
        .map(|moment| moment.to_rfc3339_opts(SecondsFormat::Micros, true))
        .unwrap_or_default()
}

/// RFC 3339 with any offset; without an offset it is UTC.
pub(crate) fn parse_rfc3339(text: &str) -> Result<i64, String> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.timestamp_micros());
    }
    for format in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
    ] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
            return Ok(moment.and_utc().timestamp_micros());
        }
    }
    Err(format!(
        "«{text}» — не момент: пишите его как 2026-12-31T23:00:00Z"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_advance_and_freeze() {
        let mut clock = Clock::new(Some(0), true);
        clock
            .apply(&json!({"now": "2026-12-31T23:00:00+03:00"}))
            .unwrap();
        assert_eq!(clock.json()["now"], "2026-12-31T20:00:00.000000Z");
        clock.apply(&json!({"advance_s": -0.5})).unwrap();
        assert_eq!(
            format_rfc3339(clock.now_us()),
            "2026-12-31T19:59:59.500000Z"
        );
        assert_eq!(clock.version(), 2);
        clock.apply(&json!({"frozen": false})).unwrap();
        assert!(clock.now_us() >= parse_rfc3339("2026-12-31 19:59:59.5").unwrap());
        assert!(clock.apply(&json!({})).is_err());
        assert!(
            clock
                .apply(&json!({"now": "завтра"}))
                .unwrap_err()
                .contains("завтра")
        );
    }
}
