//! The world outside as the rules of a turn see it.

use std::sync::Arc;

use crate::authorization::NotStarted;
use crate::dialogue::Outside;
use crate::model::{AuthorizationRequest, Bot, BotCode, Change, ChatId, PartyRef};
use crate::runtime::responsible::responsible;
use crate::runtime::shared::Shared;

/// The node, seen by a turn of one of its bots.
pub struct WorldOutside<'a> {
    /// The node.
    pub shared: &'a Shared,
    /// The snapshot that decides.
    pub bot: &'a Bot,
}

impl Outside for WorldOutside<'_> {
    fn responsible(&self) -> Vec<(PartyRef, BotCode, ChatId)> {
        responsible(self.shared, self.bot)
            .into_iter()
            .map(|reached| (reached.user, reached.bot, reached.chat))
            .collect()
    }

    fn start(&self, _: &str, _: &AuthorizationRequest) -> Result<Vec<Change>, NotStarted> {
        // The engine of processes fills this in (D22).
        Err(NotStarted(
            "процессы в этой системе пока не подключены".to_owned(),
        ))
    }

    fn bot(&self, code: &BotCode) -> Option<Arc<Bot>> {
        self.shared.definitions.of(code)
    }
}
