//! An open choice: what a press or a typed variant does (R133-R143, D10-D15).
//!
//! What is picked is decided apart from how it is shown: [`act`] is the same for a press and for a
//! typed text.

use crate::model::{
    Buttons, ChoiceId, ChoiceStatus, Dialogue, EditTarget, HistoryStep, KeywordId, KeywordKind,
    Moment, OpenChoice, Variant,
};
use crate::texts::{TextName, Value};

use super::data::{self, Action};
use super::decision::Effect;
use super::keyboard;
use super::message;
use super::offer::{ask, closes_at, open, word};
use super::rules::{self, Answer};
use super::scene::Scene;
use super::trace::TraceStep;

/// Within this time a second press on the same choice is a finger that tapped twice: longer, and a
/// person who means it is not heard; shorter, and a slow telephone books two visits.
const DOUBLE_TAP_MICROS: i64 = 1_500_000;

/// What a typed text means to an open choice.
pub(super) enum Typed {
    /// It equals the label of a button.
    Action(Action),
    /// It is another word of a child record.
    Child(KeywordId),
    /// Nothing.
    Other,
}

/// D10: a typed text equal to a variant counts as pressing it, and so do the other labels that are
/// offered; the children's further words answer too.
pub(super) fn typed(scene: &Scene<'_>, choice: &OpenChoice, folded: &str) -> Typed {
    if folded.is_empty() {
        return Typed::Other;
    }
    let fold = scene.fold();
    let mut buffer = String::new();
    let mut same = |text: &str| {
        fold.fold_into(text, &mut buffer);
        buffer == folded
    };
    let label = |name| scene.texts.label(name, &[]);
    if let Some(Dialogue::Confirm { variant, .. }) = scene.turn.conversation.dialogue {
        if same(&label(TextName::ButtonYes)) {
            return Typed::Action(Action::Yes(variant));
        }
        if same(&label(TextName::ButtonOtherVariant)) {
            return Typed::Action(Action::Other);
        }
    }
    // A label first: of two equal texts each has its own.
    let variants = &choice.variants;
    if let Some(index) = variants
        .iter()
        .position(|variant| same(&variant.label))
        .or_else(|| variants.iter().position(|variant| same(variant.text())))
    {
        return Typed::Action(Action::Variant(index));
    }
    let keywords = &scene.turn.bot.keywords;
    if let Some(rule) = rule_of(scene, choice)
        && let Some(child) = keywords.find(Some(rule), folded)
    {
        let variant = variants.iter().position(|variant| {
            keywords.find(Some(rule), &fold.fold(variant.text())) == Some(child)
        });
        return match variant {
            Some(index) => Typed::Action(Action::Variant(index)),
            None => Typed::Child(child),
        };
    }
    if keyboard::has_back(choice) && same(&label(TextName::ButtonBack)) {
        return Typed::Action(Action::Back);
    }
    let last = keyboard::last_page(choice);
    if choice.page < last && same(&label(TextName::ButtonNextPage)) {
        return Typed::Action(Action::Page(choice.page + 1));
    }
    if choice.page > 0 && same(&label(TextName::ButtonPreviousPage)) {
        return Typed::Action(Action::Page(choice.page - 1));
    }
    Typed::Other
}

/// The rule that a choice belongs to, if it still offers choices.
fn rule_of(scene: &Scene<'_>, choice: &OpenChoice) -> Option<KeywordId> {
    let keywords = &scene.turn.bot.keywords;
    let rule = keywords.by_path(&choice.keyword)?;
    match keywords.get(rule).kind {
        KeywordKind::Choice(_) | KeywordKind::Algorithm(_) => Some(rule),
        KeywordKind::Text(_) | KeywordKind::Alias(_) => None,
    }
}

/// A press on a button.
pub(super) fn pressed(scene: &mut Scene<'_>, query: &str, message_id: i64, data: &str) {
    let Some((id, action)) = data::parse(data) else {
        scene.trace.push(TraceStep::PressUnknown);
        note(scene, query, TextName::ChoiceExpiredNote);
        return;
    };
    let turn = scene.turn;
    let known = turn
        .choice
        .filter(|choice| choice.id == id && choice.chat == turn.incoming.chat);
    if let Some(choice) = known
        && choice.sender != turn.incoming.sender.id
    {
        scene.trace.push(TraceStep::PressForeign(id));
        note(scene, query, TextName::NotYourButton);
        return;
    }
    scene.effect(Effect::AnswerPress {
        query: query.to_owned(),
        text: None,
    });
    // A choice without a rule is answered as typed text, so no rule of it can be gone.
    let alive =
        known.filter(|choice| choice.keyword.is_empty() || rule_of(scene, choice).is_some());
    let Some(choice) = alive else {
        scene.trace.push(TraceStep::PressUnknown);
        expired(scene, id, message_id);
        return;
    };
    if tapped_twice(scene, choice, action) {
        scene.trace.push(TraceStep::PressTwice(id));
        return;
    }
    scene.trace.push(TraceStep::Pressed(id));
    // A press on an older button opens its choice again in place of the open one (D11).
    if scene.next.dialogue.as_ref().and_then(Dialogue::choice) != Some(id) {
        scene.leave();
    }
    if scene.turned_away() {
        scene.leave();
        scene.say_stranger();
        return;
    }
    act(scene, choice, action, Some(message_id));
}

fn note(scene: &mut Scene<'_>, query: &str, name: TextName) {
    let first_name = (
        "first_name",
        Value::Text(&scene.turn.incoming.sender.first_name),
    );
    let text = scene.texts.label(name, &[first_name]);
    scene.effect(Effect::AnswerPress {
        query: query.to_owned(),
        text: Some(text),
    });
}

fn tapped_twice(scene: &Scene<'_>, choice: &OpenChoice, action: Action) -> bool {
    let now = scene.turn.now;
    let just = |moment: Moment| (0..DOUBLE_TAP_MICROS).contains(&now.micros_since(moment));
    if choice.answered_at.is_some_and(just) {
        return true;
    }
    match (&scene.turn.conversation.dialogue, action) {
        (
            Some(Dialogue::Confirm {
                choice: id,
                variant,
                until,
                ..
            }),
            Action::Variant(index),
        ) => {
            let asked = until.plus_secs(-scene.turn.bot.choice_ttl_s);
            *id == choice.id && *variant == index && just(asked)
        }
        _ => false,
    }
}

/// The rule of a pressed button is gone: say so and take the buttons away (D11).
fn expired(scene: &mut Scene<'_>, id: ChoiceId, message_id: i64) {
    if scene.next.dialogue.as_ref().and_then(Dialogue::choice) == Some(id) {
        scene.leave();
    }
    scene.edit(EditTarget::ChannelMessage(message_id), None, Buttons::None);
    scene.say_named(TextName::ChoiceExpired);
}

/// Does what a button or a typed label asks for. `pressed` is the channel's number of the message
/// whose button was pressed.
pub(super) fn act(
    scene: &mut Scene<'_>,
    choice: &OpenChoice,
    action: Action,
    pressed: Option<i64>,
) {
    let question = EditTarget::Message(choice.question);
    let here = pressed.map_or(question, EditTarget::ChannelMessage);
    match action {
        Action::Variant(index) | Action::Yes(index) => {
            let Some(variant) = choice.variants.get(index) else {
                // Only a made-up button names a variant that was never offered.
                scene.trace.push(TraceStep::PressUnknown);
                scene.say_named(TextName::ChoiceExpired);
                return;
            };
            if choice.confirm && matches!(action, Action::Variant(_)) {
                confirm(scene, choice, index);
                return;
            }
            scene.trace.push(TraceStep::Variant(choice.id, index));
            // After a confirmation the question stands elsewhere than the pressed button.
            let shown = if matches!(action, Action::Yes(_)) {
                end_confirmation(scene, choice, pressed);
                question
            } else {
                here
            };
            let child = child_of(scene, choice, variant);
            picked(scene, choice, variant.clone(), child, shown);
        }
        Action::Other => {
            scene.trace.push(TraceStep::Moved(choice.id));
            end_confirmation(scene, choice, pressed);
            scene.edit(question, None, Buttons::None);
            ask(scene, choice.clone());
        }
        Action::Page(page) => {
            scene.trace.push(TraceStep::Moved(choice.id));
            let mut choice = choice.clone();
            choice.page = page.min(keyboard::last_page(&choice));
            let buttons = keyboard::buttons(&scene.texts, &choice);
            scene.edit(here, None, buttons);
            open(scene, choice);
        }
        Action::Back => back(scene, choice, here),
    }
}

/// «Назад»: the last step is taken off and its choice offered again (D15).
fn back(scene: &mut Scene<'_>, choice: &OpenChoice, here: EditTarget) {
    scene.trace.push(TraceStep::Moved(choice.id));
    let Some((last, before)) = choice.history.split_last() else {
        // Only a made-up button goes back from where a choice began.
        scene.say_named(TextName::ChoiceExpired);
        return;
    };
    scene.edit(here, None, Buttons::None);
    scene.next.dialogue = None;
    close(scene, choice);
    let previous = scene.turn.bot.keywords.by_path(&last.rule);
    let answer = previous.map(|rule| rules::answer(scene, rule, before.to_vec()));
    if answer != Some(Answer::Given) {
        scene.say_named(TextName::ChoiceExpired);
    }
}

/// Asks whether the picked variant is meant. Nothing is recorded before Да (D14).
fn confirm(scene: &mut Scene<'_>, choice: &OpenChoice, index: usize) {
    scene.trace.push(TraceStep::Confirm(choice.id, index));
    end_confirmation(scene, choice, None);
    let text = scene.message(
        TextName::ConfirmChoice,
        &[
            ("variant", Value::Text(&choice.variants[index].label)),
            ("title", Value::Rich(&choice.title)),
        ],
    );
    let buttons = keyboard::confirmation(&scene.texts, choice.id, index);
    let question = scene.say(text, buttons);
    scene.next.dialogue = Some(Dialogue::Confirm {
        choice: choice.id,
        variant: index,
        question,
        until: closes_at(scene),
    });
    if choice.status == ChoiceStatus::Closed {
        let mut choice = choice.clone();
        choice.status = ChoiceStatus::Open;
        scene.effect(Effect::PutChoice(choice));
    }
}

/// Takes the buttons off the confirmation: the pressed one, else the one that is open.
fn end_confirmation(scene: &mut Scene<'_>, choice: &OpenChoice, pressed: Option<i64>) {
    let open = match &scene.next.dialogue {
        Some(Dialogue::Confirm {
            choice: id,
            question,
            ..
        }) if *id == choice.id => Some(EditTarget::Message(*question)),
        _ => None,
    };
    if let Some(target) = pressed.map(EditTarget::ChannelMessage).or(open) {
        scene.edit(target, None, Buttons::None);
    }
}

/// The live child that answers a variant, else the catch-all (D12).
fn child_of(scene: &Scene<'_>, choice: &OpenChoice, variant: &Variant) -> Option<KeywordId> {
    let keywords = &scene.turn.bot.keywords;
    let rule = rule_of(scene, choice)?;
    keywords
        .find(Some(rule), &scene.fold().fold(variant.text()))
        .or_else(|| keywords.catch_all(rule))
}

/// A typed word of a child that none of the variants names (D10).
pub(super) fn answer_with_child(
    scene: &mut Scene<'_>,
    choice: &OpenChoice,
    child: KeywordId,
    text: &str,
) {
    scene.trace.push(TraceStep::Child(choice.id));
    end_confirmation(scene, choice, None);
    let variant = Variant {
        label: text.trim().to_owned(),
        text: None,
        value: None,
    };
    let shown = EditTarget::Message(choice.question);
    picked(scene, choice, variant, Some(child), shown);
}

/// A variant is picked for good: the question shows it, the choice closes, the child answers.
fn picked(
    scene: &mut Scene<'_>,
    choice: &OpenChoice,
    variant: Variant,
    child: Option<KeywordId>,
    shown: EditTarget,
) {
    let made = scene.message(
        TextName::ChoiceMade,
        &[
            ("title", Value::Rich(&choice.title)),
            ("variant", Value::Text(&variant.label)),
        ],
    );
    scene.edit(shown, Some(made), Buttons::None);
    scene.next.dialogue = None;
    close(scene, choice);
    let text = variant.text().to_owned();
    let step = HistoryStep {
        keyword: rule_of(scene, choice)
            .map(|rule| word(scene.turn.bot.keywords.get(rule)).to_owned())
            .unwrap_or_default(),
        rule: choice.keyword.clone(),
        variant,
    };
    let history = rules::appended(&choice.history, step);
    let answer = child.map(|child| rules::answer(scene, child, history));
    if answer != Some(Answer::Given) {
        message::as_typed(scene, &text);
    }
}

/// The row of an answered choice.
fn close(scene: &mut Scene<'_>, choice: &OpenChoice) {
    let mut choice = choice.clone();
    choice.status = ChoiceStatus::Closed;
    choice.answered_at = Some(scene.turn.now);
    scene.effect(Effect::PutChoice(choice));
}

/// Another text while a choice is open and the bot repeats it (D11).
pub(super) fn repeat(scene: &mut Scene<'_>, choice: &OpenChoice) {
    scene.trace.push(TraceStep::Repeated(choice.id));
    if let Some(Dialogue::Confirm { variant, .. }) = scene.next.dialogue
        && variant < choice.variants.len()
    {
        confirm(scene, choice, variant);
        return;
    }
    scene.edit(EditTarget::Message(choice.question), None, Buttons::None);
    ask(scene, choice.clone());
}

/// «Отмена»: the choice is closed and its buttons are taken away.
pub(super) fn cancel(scene: &mut Scene<'_>, choice: &OpenChoice) {
    end_confirmation(scene, choice, None);
    scene.edit(EditTarget::Message(choice.question), None, Buttons::None);
    scene.leave();
    scene.say_named(TextName::Cancelled);
}
