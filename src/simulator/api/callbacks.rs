//! Answering presses.

use serde_json::json;

use super::{ApiError, ApiResult};
use crate::http::Params;
use crate::world::{Entry, State};

/// Telegram's limit on what pops up, in UTF-16 units.
const POPUP_MAX: usize = 200;

const QUERY_TOO_OLD: &str = "query is too old and response timeout expired or query ID is invalid";

impl State {
    pub(super) fn answer_callback(&mut self, bot: i64, params: &Params) -> ApiResult {
        let text = params.text("text").unwrap_or_default();
        if vestnik_markup::utf16_len(&text) > POPUP_MAX {
            return Err(ApiError::bad("MESSAGE_TOO_LONG"));
        }
        let now = self.clock.now_us();
        let ttl_us = self.config.callback_ttl_s.saturating_mul(1_000_000);
        let id = params
            .text("callback_query_id")
            .and_then(|id| id.parse().ok())
            .unwrap_or(0);
        let known = self.bot(bot).callbacks.get(&id).cloned();
        let Some(callback) = known.filter(|callback| now - callback.at_us <= ttl_us) else {
            return Err(ApiError::bad(QUERY_TOO_OLD));
        };
        self.log(Entry {
            alert: params.flag("show_alert"),
            ..Entry::answer(bot, &callback, text, now.div_euclid(1_000_000))
        });
        Ok(json!(true))
    }
}
