//! `getUpdates` and the webhook's settings.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{ApiError, ApiResult};
use crate::http::Params;
use crate::world::faults::Plan;
use crate::world::{Bot, Fault, Shared, State};

/// Telegram's bounds on one poll.
const LIMIT_MAX: i64 = 100;
const TIMEOUT_MAX_S: i64 = 50;

pub(super) const EMPTY: &str = r#"{"ok":true,"result":[]}"#;

pub(super) enum Polled {
    Updates {
        body: String,
        count: usize,
        fault: Option<Fault>,
    },
    Error(ApiError),
    /// A fault was set while this poll was hanging.
    Faulted(Plan),
}

pub(super) fn conflict() -> ApiError {
    ApiError::new(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
}

/// Counts a poll that hangs, also when its connection goes away.
struct Hanging<'a> {
    shared: &'a Shared,
    bot: i64,
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.shared.lock().bot(self.bot).polling -= 1;
    }
}

/// A long poll. A later poll of the same bot ends it with 409; a fault set meanwhile reaches it.
pub(super) async fn poll(
    shared: &Shared,
    bot: i64,
    params: &Params,
    fault: Option<Fault>,
) -> Polled {
    let limit = params.int("limit").unwrap_or(LIMIT_MAX).clamp(1, LIMIT_MAX) as usize;
    let timeout = params.int("timeout").unwrap_or(0).clamp(0, TIMEOUT_MAX_S) as u64;
    let allowed = match params.json("allowed_updates") {
        Ok(allowed) => allowed,
        Err(_) => return Polled::Error(ApiError::bad("can't parse allowed updates")),
    };
    let until = Instant::now() + Duration::from_secs(timeout);
    let (epoch, arrived, mut faults) = {
        let mut state = shared.lock();
        let faults = state.faults.version();
        let bot_state = state.bot(bot);
        if !bot_state.webhook.is_empty() {
            return Polled::Error(ApiError::new(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            ));
        }
        if let Some(Value::Array(kinds)) = allowed {
            let kinds: Vec<_> = kinds
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            bot_state.allowed = (!kinds.is_empty()).then_some(kinds);
        }
        bot_state.confirm(params.int("offset").unwrap_or(0));
        bot_state.poll_epoch += 1;
        bot_state.polling += 1;
        let started = (bot_state.poll_epoch, bot_state.arrived.clone(), faults);
        // Ends an older poll that hangs.
        started.1.notify_waiters();
        if started.0 == 1 {
            state.tell_bot(bot);
        }
        started
    };
    let _hanging = Hanging { shared, bot };
    loop {
        let notified = arrived.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        {
            let mut state = shared.lock();
            if state.bot(bot).poll_epoch != epoch {
                return Polled::Error(conflict());
            }
            if state.faults.version() != faults {
                faults = state.faults.version();
                let plan = state.faults.plan(bot, "getUpdates", None);
                if plan.fault.is_some() || plan.delay.is_some() {
                    return Polled::Faulted(plan);
                }
            }
            if let Some((body, count)) = state.bot(bot).batch(limit) {
                return Polled::Updates { body, count, fault };
            }
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || tokio::time::timeout(left, notified).await.is_err() {
            let mut state = shared.lock();
            if state.bot(bot).poll_epoch != epoch {
                return Polled::Error(conflict());
            }
            // What came between the last look and the time-out goes out now, not a poll later.
            let (body, count) = state.bot(bot).batch(limit).unwrap_or((EMPTY.into(), 0));
            return Polled::Updates { body, count, fault };
        }
    }
}

impl Bot {
    /// Forgets what the offset confirms. An offset far beyond the newest update confirms nothing:
    /// it is from before the ids went down.
    fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            let drop = self.waiting.len().saturating_sub(keep);
            self.waiting.drain(..drop);
            return;
        }
        if offset == 0 {
            return;
        }
        // Ids that went down in the middle of the queue: the one just before the offset decides.
        let sorted = self.waiting.front().is_some_and(|first| first.id < offset)
            && self
                .waiting
                .back()
                .is_some_and(|last| last.id >= offset - 1);
        if !sorted
            && let Some(at) = self
                .waiting
                .iter()
                .rposition(|update| update.id == offset - 1)
        {
            self.waiting.drain(..=at);
            return;
        }
        let newest = self
            .waiting
            .back()
            .map_or(self.next_update_id - 1, |update| update.id);
        if offset > newest + 11 {
            return;
        }
        while self
            .waiting
            .front()
            .is_some_and(|update| update.id < offset)
        {
            self.waiting.pop_front();
        }
    }

    fn batch(&self, limit: usize) -> Option<(String, usize)> {
        if self.waiting.is_empty() {
            return None;
        }
        let batch = self.waiting.iter().take(limit);
        let size: usize = batch.clone().map(|update| update.json.len() + 1).sum();
        let count = batch.len();
        let mut body = String::with_capacity(size + EMPTY.len());
        body.push_str(r#"{"ok":true,"result":["#);
        for (at, update) in batch.enumerate() {
            if at > 0 {
                body.push(',');
            }
            body.push_str(&update.json);
        }
        body.push_str("]}");
        Some((body, count))
    }
}

impl State {
    pub(super) fn webhook(&mut self, bot: i64, method: &str, params: &Params) -> ApiResult {
        let bot = self.bot(bot);
        match method {
            "getWebhookInfo" => {
                let mut info = json!({
                    "url": bot.webhook,
                    "has_custom_certificate": false,
                    "pending_update_count": bot.waiting.len(),
                });
                if let Some(allowed) = &bot.allowed {
                    info["allowed_updates"] = json!(allowed);
                }
                return Ok(info);
            }
            "setWebhook" => {
                let url = params.text("url").unwrap_or_default();
                if !url.is_empty() && !url.starts_with("https://") {
                    return Err(ApiError::bad(
                        "bad webhook: An HTTPS URL must be provided for webhook",
                    ));
                }
                bot.webhook = url;
            }
            _ => bot.webhook.clear(),
        }
        if params.flag("drop_pending_updates") {
            bot.waiting.clear();
        }
        Ok(json!(true))
    }
}
