//! An incoming message: the order in which it is tried (D1).

use crate::model::{BuiltIn, Buttons, Dialogue, OnOtherText, OpenChoice, RichText};
use crate::texts::{TextName, Value};

use super::applying;
use super::built_in::{self, command_of};
use super::choice::{self, Typed};
use super::deciding;
use super::facts::Facts;
use super::rules::{self, Answer};
use super::scene::Scene;
use super::script;
use super::trace::TraceStep;

/// A text.
pub(super) fn text(scene: &mut Scene<'_>, text: &str) {
    scene.next.unsupported_told = false;
    let bot = scene.turn.bot;
    let folded = scene.fold().fold(text);
    let command = command_of(scene, text, &folded);
    if let Facts::Link(link) = scene.turn.facts {
        applying::link(scene, link.as_deref());
        return;
    }
    let is_cancel = command == Some(BuiltIn::Cancel);
    if scene.turned_away() && !scene.in_group() {
        match command {
            Some(command @ (BuiltIn::Start | BuiltIn::MyKey | BuiltIn::Help)) => {
                built_in::perform(scene, command);
            }
            _ => applying::text(scene, text, &folded, is_cancel),
        }
        return;
    }
    if let Some(asked) = deciding::asked(scene)
        && !scene.in_group()
        && (command.is_none() || is_cancel)
    {
        deciding::words(scene, asked, text, is_cancel);
        return;
    }
    let open = open_choice(scene);

    // (1) A built-in command. «Отмена» is one only while something is open (D3).
    match command {
        Some(BuiltIn::Cancel) => {
            if let Some(open) = open {
                scene.trace.push(TraceStep::BuiltIn(BuiltIn::Cancel));
                choice::cancel(scene, open);
                return;
            }
        }
        Some(command) => {
            built_in::perform(scene, command);
            return;
        }
        None => {}
    }
    if scene.turned_away() {
        scene.leave();
        scene.say_stranger();
        return;
    }

    // (2) An open dialogue.
    if let Some(open) = open {
        match choice::typed(scene, open, &folded) {
            Typed::Action(action) => {
                scene.trace.push(TraceStep::Folded(folded));
                choice::act(scene, open, action, None);
                return;
            }
            Typed::Child(child) => {
                scene.trace.push(TraceStep::Folded(folded));
                choice::answer_with_child(scene, open, child, text);
                return;
            }
            Typed::Other
                if bot.on_other_text == OnOtherText::Repeat
                    && !is_button_of_keyboard(scene, &folded) =>
            {
                scene.trace.push(TraceStep::Folded(folded));
                choice::repeat(scene, open);
                return;
            }
            Typed::Other => {
                scene.leave();
                scene.trace.push(TraceStep::Left(open.id));
            }
        }
    }

    // (3) program code and (4) algorithms by name.
    if script::called(scene, text, &folded, true) {
        return;
    }
    afresh(scene, text, folded, command);
}

/// Whether a text stands on the bot's own keyboard: who presses it wants what it says, also where any other
/// text repeats the question.
fn is_button_of_keyboard(scene: &Scene<'_>, folded: &str) -> bool {
    let mut buttons = scene.turn.bot.keyboard.iter().flatten();
    buttons.any(|text| scene.fold().fold(text) == folded)
}

/// (5) keywords and (6) the unknown reply: nothing is open.
fn afresh(scene: &mut Scene<'_>, text: &str, folded: String, command: Option<BuiltIn>) {
    let found = scene.turn.bot.keywords.find(None, &folded);
    scene.trace.push(TraceStep::Folded(folded));
    if let Some(rule) = found {
        match rules::answer(scene, rule, Vec::new()) {
            Answer::Given => return,
            Answer::NotFound => {}
        }
    } else {
        scene.trace.push(TraceStep::NoKeyword);
    }
    if command == Some(BuiltIn::Cancel) {
        built_in::perform(scene, BuiltIn::Cancel);
        return;
    }
    unknown(scene, text);
}

/// A pressed variant that no live child answers: handled as if its text had been typed, but never as
/// program code (D13). The choice it stood in is answered already.
pub(super) fn as_typed(scene: &mut Scene<'_>, text: &str) {
    scene.trace.push(TraceStep::AsTyped);
    let bot = scene.turn.bot;
    let folded = scene.fold().fold(text);
    let command = command_of(scene, text, &folded);
    match command {
        // The choice was open when «Отмена» was pressed in it.
        Some(BuiltIn::Cancel) if bot.keywords.find(None, &folded).is_none() => {
            scene.trace.push(TraceStep::BuiltIn(BuiltIn::Cancel));
            scene.say_named(TextName::Cancelled);
        }
        Some(BuiltIn::Cancel) | None => {
            if !script::called(scene, text, &folded, false) {
                afresh(scene, text, folded, command);
            }
        }
        Some(command) => built_in::perform(scene, command),
    }
}

fn unknown(scene: &mut Scene<'_>, text: &str) {
    scene.trace.push(TraceStep::Unknown);
    let reply = match &scene.turn.bot.unknown_reply {
        Some(reply) if !reply.is_blank() => reply.clone(),
        _ => scene.message(TextName::Unknown, &[("text", Value::Text(text))]),
    };
    // Somebody who may type code and meant to reads why it was not taken for code.
    let why = (script::may_code(scene) && script::looks_like_code(text))
        .then(|| scene.turn.scripts.why_not_code(text))
        .flatten();
    let reply = match why {
        None => reply,
        Some(error) => {
            let hint = scene.message(TextName::LooksLikeCode, &[("error", Value::Text(&error))]);
            RichText::Markup(format!("{}\n{}", reply.to_markup(), hint.to_markup()))
        }
    };
    scene.say(reply, Buttons::None);
}

/// A message that is not text: answered once, not at every sticker. What is open stays open.
pub(super) fn not_text(scene: &mut Scene<'_>, what: &str) {
    scene.trace.push(TraceStep::NotText(what.to_owned()));
    if scene.turned_away() && !scene.in_group() {
        applying::not_text(scene, what);
        return;
    }
    if scene.next.unsupported_told {
        return;
    }
    scene.next.unsupported_told = true;
    scene.say_named(TextName::Unsupported);
}

/// The choice that is open in this conversation. One whose time is over, or whose row is gone, is not.
fn open_choice<'a>(scene: &mut Scene<'a>) -> Option<&'a OpenChoice> {
    let turn = scene.turn;
    let dialogue: &Dialogue = turn.conversation.dialogue.as_ref()?;
    if dialogue.until() <= turn.now {
        if let Some(left) = scene.leave() {
            scene.trace.push(TraceStep::Expired(left));
        }
        return None;
    }
    let choice = turn
        .choice
        .filter(|choice| Some(choice.id) == dialogue.choice());
    if choice.is_none() {
        scene.next.dialogue = None;
    }
    choice
}
