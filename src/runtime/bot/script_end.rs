//! What is known before a script and what is kept after it: who asks, what it sends, its trace and audit.

use std::sync::Arc;
use std::time::Duration;

use super::commit::Item;
use super::core::BotCore;
use super::queues::Started;
use crate::channels;
use crate::dialogue::{self, Incoming};
use crate::model::{
    Audited, Bot, By, Change, ChoiceId, ConversationKey, IdSource, MessageKey, Outgoing,
    OutgoingBody, PartyRef, ScriptFailure, ScriptOutcome, ScriptProgram, ScriptReply,
    ScriptVariant,
};
use crate::runtime::directory::Facts;
use crate::runtime::log::hashed;
use crate::scripting::Caller;
use crate::texts::Texts;

/// Who writes, where it is somebody known.
pub fn party(core: &BotCore, incoming: &Incoming) -> Option<PartyRef> {
    if incoming.sender.anonymous {
        None
    } else {
        core.party_of(incoming.sender.id)
    }
}

/// Who asks and where, without an update; `None` where something of it has to be read first.
pub fn known_caller(core: &BotCore, incoming: &Incoming, bot: &Bot) -> Option<Caller> {
    // Files may have to be fetched.
    if !incoming.files.is_empty() {
        return None;
    }
    let party = party(core, incoming);
    let facts = match &party {
        Some(party) => core.shared.directory.facts_at_hand(party)?,
        None => Arc::default(),
    };
    Some(caller_of(core, incoming, bot, party, &facts))
}

/// Who asks and where, without an update.
pub fn caller_of(
    core: &BotCore,
    incoming: &Incoming,
    bot: &Bot,
    party: Option<PartyRef>,
    facts: &Facts,
) -> Caller {
    let sender = &incoming.sender;
    let name = match &sender.last_name {
        Some(last) if !last.is_empty() => format!("{} {last}", sender.first_name),
        _ => sender.first_name.clone(),
    };
    let organisation = &core.shared.settings.organisation;
    Caller {
        bot: bot.code.clone(),
        chat: incoming.chat,
        thread: incoming.thread,
        person_name: name,
        phone: incoming.phone.clone().or_else(|| facts.phone.clone()),
        files: Vec::new(),
        party,
        time_zone: facts
            .time_zone
            .clone()
            .unwrap_or_else(|| organisation.time_zone.to_string()),
        locale: bot.locale,
        update: None,
    }
}

/// Whether a script was to say who a stranger is and did not: then nothing of it has happened (R109).
pub fn is_failed_check(started: &Started, outcome: &ScriptOutcome) -> bool {
    started.pending.is_check() && dialogue::found(outcome).is_err()
}

/// What a script sends, into the item; buttons under a message become a choice.
pub fn send(
    core: &BotCore,
    bot: &Bot,
    mut sends: Vec<Outgoing>,
    offers: &[(MessageKey, Vec<ScriptVariant>)],
    item: &mut Item,
) {
    for (key, variants) in offers {
        let Some(message) = sends.iter_mut().find(|message| message.key == *key) else {
            continue;
        };
        let id = ChoiceId(core.shared.ids.next_id());
        let (choice, offered) = dialogue::offered_by_script(
            &Texts::of(bot),
            message,
            variants.clone(),
            id,
            core.clock().now(),
        );
        if let OutgoingBody::Text { buttons, .. } = &mut message.body {
            *buttons = offered;
            let sender = message.to.bot.clone();
            item.changes.push(Change::Choice {
                bot: sender,
                choice,
            });
        }
    }
    item.messages
        .extend(sends.into_iter().flat_map(channels::fit));
}

/// A trace with what a script did: the revision that ran, what it took, its own words.
pub fn traced(
    mut trace: String,
    started: &Started,
    (instructions, wall): (u64, Duration),
    lines: &[String],
) -> String {
    let library = &started.library;
    if let ScriptProgram::Algorithm(name) = &started.request.program
        && let Some(revision) = library
            .named(name)
            .and_then(|name| library.revision_of(name))
    {
        trace.push_str(&format!("\nалгоритм «{name}»: ревизия {revision}"));
    }
    trace.push_str(&format!(
        "\nвыполнялся {} мс, операций {instructions}",
        wall.as_millis()
    ));
    for line in lines {
        trace.push('\n');
        trace.push_str(line);
    }
    trace
}

/// A script that failed is told to whoever runs the bots: people read a neutral text (issue: nothing
/// fails unseen). Code that somebody typed is his own affair; its error is his answer.
pub fn report_failure(
    core: &BotCore,
    key: ConversationKey,
    started: &Started,
    outcome: &ScriptOutcome,
) {
    let (kind, text) = match &outcome.reply {
        Ok(_) => return,
        Err(ScriptFailure::Error(text)) => ("error", text.as_str()),
        Err(ScriptFailure::Limit { whole, .. }) => ("limit", whole.as_str()),
        Err(ScriptFailure::Busy) => ("busy", "the queue of scripts is full"),
        Err(ScriptFailure::Unavailable) => ("unavailable", "it is not there or does not compile"),
    };
    core.shared.metrics.script_failed(kind);
    if let ScriptProgram::Algorithm(name) = &started.request.program {
        tracing::warn!(
            bot = %core.code,
            chat = %hashed(key.chat),
            algorithm = %name,
            kind,
            "an algorithm failed: {text}"
        );
    }
}

/// Every code message and direct call is kept in the audit, and every algorithm of a rule that failed.
pub fn audited(
    key: ConversationKey,
    started: &Started,
    outcome: &ScriptOutcome,
    (instructions, wall): (u64, Duration),
) -> Option<Audited> {
    let called = started.pending.is_call();
    if !called && outcome.reply.is_ok() {
        return None;
    }
    let (bot, request) = (&started.bot, &started.request);
    let (action, object) = match &request.program {
        ScriptProgram::Code(_) => ("code.run", format!("bot:{}", bot.code)),
        ScriptProgram::Algorithm(name) if called => ("algorithm.call", format!("algorithm:{name}")),
        ScriptProgram::Algorithm(name) => ("algorithm.failed", format!("algorithm:{name}")),
    };
    let (result, error) = match &outcome.reply {
        Ok(ScriptReply::Nothing) => (String::new(), None),
        Ok(ScriptReply::Text(text) | ScriptReply::Party { text, .. }) => (text.to_plain(), None),
        Ok(ScriptReply::Choice(variants)) => (format!("вариантов: {}", variants.len()), None),
        Ok(ScriptReply::Message { text, files, .. }) => {
            let text = text
                .as_ref()
                .map(|text| text.to_plain())
                .unwrap_or_default();
            (format!("{text} (файлов: {})", files.len()), None)
        }
        Err(ScriptFailure::Error(text) | ScriptFailure::Limit { whole: text, .. }) => {
            (String::new(), Some(text.clone()))
        }
        Err(ScriptFailure::Busy) => (String::new(), Some("очередь заполнена".to_owned())),
        Err(ScriptFailure::Unavailable) => (String::new(), Some("алгоритм недоступен".to_owned())),
    };
    // What a person said to a rule stands in the trace and goes with it; the audit stays.
    let text = if called {
        &request.text
    } else {
        &request.keyword
    };
    let detail = serde_json::json!({
        "text": text,
        "result": cut(&result),
        "error": error.as_deref().map(cut),
        "instructions": instructions,
        "ms": u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
    });
    Some(Audited {
        by: By::Person(format!("telegram:{}:{}", bot.code, key.sender.0)),
        action,
        object,
        detail: detail.to_string(),
    })
}

/// The beginning of a text: the audit tells what happened and is no copy of the chat.
fn cut(text: &str) -> String {
    const MOST: usize = 1_000;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
