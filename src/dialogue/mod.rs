//! The pure rules of a conversation: (bot, conversation, incoming) → effects.
//!
//! The caller loads what [`choice_needed`] and [`facts_needed`] name, calls [`decide`], writes the effects in one commit
//! and sends what they hold. The order in which a message is tried is D1; it is written down once, in
//! `message.rs`. Who decides what: `built_in` knows the commands, `rules` what a keyword's kind does,
//! `offer` how a choice is opened, `choice` what a press or a typed variant does, `script` when a script runs and what its outcome
//! becomes, `keyboard` how a choice looks, `scene` how things are said, `applying` leads the talk with a
//! stranger and `deciding` the one with a responsible person, by the rules of `authorization`; `facts` is
//! what these two have to see.
//!
//! Where a script has to run the decision is [`Decision::Run`], and [`resume`] goes on after it.
//!
//! Not here: the store, Telegram, actors, tokio.

mod applying;
mod built_in;
mod choice;
mod data;
mod deciding;
mod decision;
mod facts;
mod keyboard;
mod message;
mod offer;
mod rules;
mod scene;
mod script;
mod trace;
mod turn;

#[cfg(test)]
mod tests;

pub use applying::{data_of, found};
pub use built_in::{CommandEntry, commands};
pub use deciding::card_buttons;
pub use decision::{Decision, Effect, Pending};
pub use facts::{Facts, FactsNeeded, LINK_MARK, Looked, NothingOutside, Outside, facts_needed};
pub use offer::offered_by_script;
pub use trace::{Trace, TraceStep};
pub use turn::{Addressed, Incoming, IncomingFile, IncomingKind, NoScripts, Person, Scripts, Turn};

use crate::authorization::{self, Button};
use crate::model::{ChoiceId, Conversation, ScriptOutcome};
use decision::Next;
use scene::Scene;

/// The choice that [`decide`] wants to see for this incoming: the one whose button was pressed, or the
/// one that is open while a text comes.
pub fn choice_needed(conversation: &Conversation, incoming: &Incoming) -> Option<ChoiceId> {
    match &incoming.kind {
        IncomingKind::Press { data, .. } => data::parse(data).map(|(choice, _, _)| choice),
        IncomingKind::Text(_) if incoming.addressed != Addressed::GroupToOthers => {
            conversation.dialogue.as_ref()?.choice()
        }
        IncomingKind::Text(_) | IncomingKind::Other(_) => None,
    }
}

/// Decides what one message or press comes to.
pub fn decide(turn: &Turn<'_>) -> Decision {
    let mut scene = Scene::new(turn);
    match &turn.incoming.kind {
        IncomingKind::Press {
            query,
            message_id,
            data,
        } => match authorization::parse(data) {
            Some(Button::Applicant(button)) => applying::pressed(&mut scene, query, button),
            Some(Button::Card(request, button)) => {
                deciding::pressed(&mut scene, query, *message_id, request, button);
            }
            None if scene.turned_away() && !scene.in_group() => {
                applying::old_button(&mut scene, query);
            }
            None => choice::pressed(&mut scene, query, *message_id, data),
        },
        // What is for others in a group is none of our business (D28).
        IncomingKind::Text(_) | IncomingKind::Other(_)
            if turn.incoming.addressed == Addressed::GroupToOthers =>
        {
            scene.trace.push(TraceStep::ForOthers);
        }
        IncomingKind::Text(text) => message::text(&mut scene, text),
        IncomingKind::Other(what) => message::not_text(&mut scene, what),
    }
    scene.finish()
}

/// Goes on after a script, with the turn that asked for it.
pub fn resume(turn: &Turn<'_>, pending: Pending, outcome: ScriptOutcome) -> Decision {
    let (mut scene, then) = Scene::resumed(turn, pending);
    match then {
        Next::Check(applied) => applying::checked(&mut scene, *applied, outcome),
        Next::Reply(then) => script::resume(&mut scene, then, outcome),
    }
    scene.finish()
}
