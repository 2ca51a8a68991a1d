//! Chats as a bot sees them: which may be written to, and what is known of them.

use serde_json::json;

use super::{ApiError, ApiResult, blocked};
use crate::http::Params;
use crate::world::{Standing, State, wire};

/// Telegram promises that ids have at most 52 significant bits.
const ID_MAX: u64 = 1 << 52;

impl State {
    /// The chat that a call is about, made on the fly, unless the bot may not write there.
    pub(super) fn target(&mut self, bot: i64, params: &Params) -> Result<i64, ApiError> {
        let text = params
            .text("chat_id")
            .ok_or_else(|| ApiError::bad("chat_id is empty"))?;
        let not_found = || ApiError::bad("chat not found");
        let id: i64 = text.trim().parse().map_err(|_| not_found())?;
        if id == 0 || id.unsigned_abs() > ID_MAX {
            return Err(not_found());
        }
        let now = self.moved(bot, id);
        if now != id {
            return Err(ApiError::migrated(now));
        }
        match self.chat(bot, id).standing {
            Standing::Member | Standing::Administrator => Ok(id),
            Standing::Kicked => Err(blocked(id)),
            Standing::Left => Err(ApiError::forbidden("bot is not a member of the group chat")),
        }
    }

    pub(super) fn get_chat(&mut self, bot: i64, params: &Params) -> ApiResult {
        let id = self.target(bot, params)?;
        let Some(bot) = self.bots.get(&bot) else {
            return Err(ApiError::bad("chat not found"));
        };
        let mut chat = self.chat_json(bot, id);
        chat["accent_color_id"] = json!(0);
        chat["max_reaction_count"] = json!(11);
        Ok(chat)
    }

    pub(super) fn get_chat_member(&mut self, bot: i64, params: &Params) -> ApiResult {
        let chat = self.target(bot, params)?;
        let user = params.int("user_id").unwrap_or(0);
        let standing = self.chat(bot, chat).standing;
        if user == bot {
            let me = self.bots.get(&bot).map(wire::bot_user);
            return Ok(json!({"user": me, "status": standing.name()}));
        }
        match self.people.get(&user) {
            Some(person) => Ok(json!({"user": wire::user(person), "status": "member"})),
            None => Err(ApiError::bad("user not found")),
        }
    }

    pub(super) fn leave_chat(&mut self, bot: i64, params: &Params) -> ApiResult {
        let chat = self.target(bot, params)?;
        if chat > 0 {
            return Err(ApiError::bad(
                "chat member status can't be changed in private chats",
            ));
        }
        self.chat(bot, chat).standing = Standing::Left;
        Ok(json!(true))
    }
}
