//! Whom to tell about a bot: the responsible person of its `[authorization]`, and how he is reached (D21).

use super::shared::Shared;
use crate::model::{Bot, BotCode, ChatId, PartyKind, PartyRef};

/// A person who is reached in his private chat with a bot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reached {
    /// Who.
    pub user: PartyRef,
    /// Through which bot.
    pub bot: BotCode,
    /// In which chat.
    pub chat: ChatId,
}

/// The group whose members are told of what fails in bots that name no responsible person.
const ADMINISTRATORS: &str = "administrators";

/// Who is told of what fails in a bot: its responsible person, also while authorisation is off; where it
/// names none, or none who is reached, the administrators, else those who may type code into it.
pub fn told_of_failures(shared: &Shared, bot: &Bot) -> Vec<Reached> {
    let named = bot.responsible.iter().map(String::as_str);
    let administrators = std::iter::once(ADMINISTRATORS);
    let found = named
        .chain(administrators)
        .map(|named| reached(shared, bot, named))
        .find(|found| !found.is_empty());
    found.unwrap_or_else(|| {
        let mut coders: Vec<Reached> = bot
            .code_groups
            .iter()
            .flat_map(|group| reached(shared, bot, &format!("group:{group}")))
            .collect();
        coders.sort_by(|one, other| one.user.cmp(&other.user));
        coders.dedup();
        coders
    })
}

/// The responsible people of a bot, each where he is reached: through the bot itself, else through the
/// main one. Several where `responsible` names a group; none where it names nobody, or nobody who is
/// registered and not marked for deletion.
pub fn responsible(shared: &Shared, bot: &Bot) -> Vec<Reached> {
    let Some(named) = bot
        .authorization
        .as_ref()
        .and_then(|section| section.responsible.as_deref())
    else {
        return Vec::new();
    };
    reached(shared, bot, named)
}

/// The people whom a definition names so, each where he is reached.
fn reached(shared: &Shared, bot: &Bot, named: &str) -> Vec<Reached> {
    let mut bots = vec![bot.code.clone()];
    bots.extend(shared.definitions.main().filter(|main| *main != bot.code));
    let reached = |user: PartyRef| {
        let (bot, chat) = shared.directory.reach(&user, &bots)?;
        Some(Reached { user, bot, chat })
    };
    let group = |code: &str| -> Vec<Reached> {
        let members = shared.directory.members(code);
        members.into_iter().filter_map(reached).collect()
    };
    if let Some(code) = named.strip_prefix("group:") {
        return group(code);
    }
    let code = named.strip_prefix("user:").unwrap_or(named);
    let user = PartyRef {
        kind: PartyKind::User,
        code: code.to_owned(),
    };
    match reached(user) {
        Some(reached) => vec![reached],
        // A bare code may be a group's.
        None if code == named => group(code),
        None => Vec::new(),
    }
}
