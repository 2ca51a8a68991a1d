//! The simulator itself, over HTTP: its clock, its faults, its record of calls.

use std::time::Instant;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, web};
use serde_json::{Value, json};

use super::routes::{Answer, Data, answer, body_json, query, wait};
use crate::world::{CallFilter, Fault};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/sim/clock", web::get().to(clock))
        .route("/sim/clock", web::post().to(set_clock))
        .route("/sim/faults", web::get().to(faults))
        .route("/sim/faults", web::post().to(add_faults))
        .route("/sim/faults", web::delete().to(clear_faults))
        .route("/sim/seed", web::post().to(seed))
        .route("/sim/calls", web::get().to(calls))
        .route("/sim/calls", web::delete().to(clear_calls));
}

/// The clock; with `version=N&wait=S` when it is no longer of that version.
async fn clock(request: HttpRequest, shared: Data) -> Answer {
    let query = query(&request);
    let version = query
        .int("version")
        .and_then(|version| u64::try_from(version).ok());
    let until = Instant::now() + wait(&query);
    loop {
        let changed = shared.signals.clock.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let (now, same) = {
            let state = shared.lock();
            (state.clock.json(), version == Some(state.clock.version()))
        };
        let left = until.saturating_duration_since(Instant::now());
        if !same || left.is_zero() || tokio::time::timeout(left, changed).await.is_err() {
            return answer(&now);
        }
    }
}

async fn set_clock(body: Bytes, shared: Data) -> Answer {
    let change = body_json(&body)?;
    let now = {
        let mut state = shared.lock();
        state.clock.apply(&change)?;
        state.clock.json()
    };
    shared.signals.clock.notify_waiters();
    answer(&now)
}

async fn faults(shared: Data) -> Answer {
    let state = shared.lock();
    answer(&json!({"seed": state.faults.seed, "faults": state.faults.list()}))
}

async fn add_faults(body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let list = match &body {
        Value::Array(list) => list
            .iter()
            .map(Fault::from_json)
            .collect::<Result<Vec<_>, _>>()?,
        one => vec![Fault::from_json(one)?],
    };
    let mut state = shared.lock();
    for fault in list {
        state.faults.add(fault);
    }
    state.wake_polls();
    answer(&json!({"ok": true, "faults": state.faults.list().len()}))
}

async fn clear_faults(shared: Data) -> Answer {
    shared.lock().faults.clear();
    answer(&json!({"ok": true}))
}

async fn seed(body: Bytes, shared: Data) -> Answer {
    let body = body_json(&body)?;
    let seed = body["seed"].as_u64();
    let seed = seed.ok_or_else(|| "seed: нужно целое число от 0".to_owned())?;
    shared.lock().faults.reseed(seed);
    answer(&json!({"seed": seed}))
}

async fn calls(request: HttpRequest, shared: Data) -> Answer {
    let query = query(&request);
    let positive = |key: &str| query.int(key).and_then(|value| u64::try_from(value).ok());
    let filter = CallFilter {
        after: positive("after").unwrap_or(0),
        bot: query.int("bot"),
        chat: query.int("chat"),
        method: query.text("method"),
        limit: positive("limit")
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(0),
    };
    let state = shared.lock();
    if query.flag("counts") {
        return answer(&json!(state.calls.counts()));
    }
    answer(&json!(state.calls.select(&filter)))
}

async fn clear_calls(shared: Data) -> Answer {
    shared.lock().calls.clear();
    answer(&json!({"ok": true}))
}
