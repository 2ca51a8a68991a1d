//! What the decisions about a person's messages want to see: conversations and open choices.

use std::collections::HashMap;

use super::{authorizing, look};
use crate::dialogue::{self, Facts, Incoming};
use crate::model::{BotCode, ChoiceId, Conversation, ConversationKey, Moment, OpenChoice};
use crate::store::{Store, choices, conversations};

/// Conversations by key and choices by id, as far as they exist.
pub type Loaded = (
    HashMap<ConversationKey, Conversation>,
    HashMap<ChoiceId, Option<OpenChoice>>,
);

/// The conversations of these events and the choices that their decisions need.
pub async fn read_conversations(
    store: &Store,
    bot: &BotCode,
    wanted: Vec<(ConversationKey, Incoming)>,
) -> Option<Loaded> {
    let bot = bot.clone();
    look(store, "conversations", move |conn| {
        let mut found = (HashMap::new(), HashMap::new());
        for (key, incoming) in &wanted {
            let conversation = match found.0.get(key) {
                Some(conversation) => conversation,
                None => {
                    let read = conversations::get(conn, &bot, key.chat, key.sender)?;
                    found.0.entry(*key).or_insert(read)
                }
            };
            if let Some(id) = dialogue::choice_needed(conversation, incoming)
                && !found.1.contains_key(&id)
            {
                found.1.insert(id, choices::get(conn, &bot, id)?);
            }
        }
        Ok(found)
    })
    .await
}

/// One choice. `None`: the node is ending.
pub async fn read_choice(store: &Store, bot: &BotCode, id: ChoiceId) -> Option<Option<OpenChoice>> {
    let bot = bot.clone();
    look(store, "a choice", move |conn| choices::get(conn, &bot, id)).await
}

/// A conversation with the choice and the rows that the decision about this incoming wants to see.
/// `None`: the node is ending.
pub async fn read_case(
    store: &Store,
    bot: &BotCode,
    key: ConversationKey,
    incoming: &Incoming,
    now: Moment,
) -> Option<(Conversation, Option<OpenChoice>, Facts)> {
    let (mut conversations, mut choices) =
        read_conversations(store, bot, vec![(key, incoming.clone())]).await?;
    let conversation = conversations.remove(&key).unwrap_or_default();
    let choice = dialogue::choice_needed(&conversation, incoming)
        .and_then(|id| choices.remove(&id).flatten());
    let facts = match dialogue::facts_needed(&conversation, incoming) {
        None => Facts::Nothing,
        Some(needed) => authorizing::facts(store, bot, key.chat, needed, now).await?,
    };
    Some((conversation, choice, facts))
}
