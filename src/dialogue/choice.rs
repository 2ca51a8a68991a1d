//! An open choice: what a press or a typed variant does (R133-R143, D10-D15).
//!
//! What is picked is decided apart from how it is shown: [`act`] is the same for a press and for a
//! typed text.

use crate::model::{
    Buttons, ChoiceId, ChoiceStatus, Dialogue, EditTarget, HistoryStep, KeywordId, KeywordKind,
    Moment, OpenChoice, RichText, Variant,
};
use crate::texts::{TextName, Value};

use super::data::{self, Action};
use super::decision::Effect;
use super::keyboard;
use super::message;
use super::offer::{ask, closes_at, open, word};
use super::rules::{self, Answer};
use super::scene::{Here, Scene};
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
    let Some((id, keyboard, action)) = data::parse(data) else {
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
    // A choice without a rule is answered as typed text, so no rule of it can be gone.
    let alive =
        known.filter(|choice| choice.keyword.is_empty() || rule_of(scene, choice).is_some());
    let Some(choice) = alive else {
        scene.trace.push(TraceStep::PressUnknown);
        answer(scene, query);
        expired(scene, id, message_id);
        return;
    };
    if tapped_twice(scene, choice, action) {
        scene.trace.push(TraceStep::PressTwice(id));
        answer(scene, query);
        return;
    }
    // Of a keyboard that was taken away meanwhile: telephones show an edit late, or never.
    if choice.keyboard != keyboard {
        scene.trace.push(TraceStep::PressOver(id));
        note(scene, query, TextName::ChoiceExpiredNote);
        return;
    }
    answer(scene, query);
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

/// The circle on the button ends.
fn answer(scene: &mut Scene<'_>, query: &str) {
    scene.effect(Effect::AnswerPress {
        query: query.to_owned(),
        text: None,
    });
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
    let here = Here {
        target: match pressed {
            Some(number) => EditTarget::ChannelMessage(number),
            None => EditTarget::Message(choice.question),
        },
        key: choice.question,
    };
    match action {
        Action::Variant(index) | Action::Yes(index) => {
            let Some(variant) = choice.variants.get(index) else {
                // Only a made-up button names a variant that was never offered.
                scene.trace.push(TraceStep::PressUnknown);
                scene.say_named(TextName::ChoiceExpired);
                return;
            };
            if choice.confirm && matches!(action, Action::Variant(_)) {
                leave_question(scene, choice, here, pressed.is_some());
                confirm(scene, choice, index, None);
                return;
            }
            scene.trace.push(TraceStep::Variant(choice.id, index));
            let child = child_of(scene, choice, variant);
            picked(scene, choice, variant.clone(), child, here.target);
        }
        Action::Other => {
            scene.trace.push(TraceStep::Moved(choice.id));
            leave_question(scene, choice, here, pressed.is_some());
            ask(scene, with_next_keyboard(choice));
        }
        Action::Page(page) => {
            scene.trace.push(TraceStep::Moved(choice.id));
            let mut choice = choice.clone();
            choice.page = page.min(keyboard::last_page(&choice));
            let buttons = keyboard::buttons(&scene.texts, &choice);
            scene.edit(here.target, None, buttons);
            open(scene, choice);
        }
        Action::Back => {
            scene.trace.push(TraceStep::Moved(choice.id));
            let Some((last, before)) = choice.history.split_last() else {
                // Only a made-up button goes back from where a choice began.
                scene.say_named(TextName::ChoiceExpired);
                return;
            };
            leave_question(scene, choice, here, pressed.is_some());
            back(scene, choice, &last.rule, before);
        }
    }
}

/// Another question follows: in place of this one where its button was pressed. Who typed has read on below
/// it; there the question only loses its buttons.
fn leave_question(scene: &mut Scene<'_>, choice: &OpenChoice, here: Here, is_pressed: bool) {
    take_away_former(scene, choice);
    if is_pressed {
        scene.here = Some(here);
    } else {
        scene.edit(here.target, None, Buttons::None);
    }
}

/// In an older row the confirmation is a message of its own beside the question: both lose their buttons.
fn take_away_former(scene: &mut Scene<'_>, choice: &OpenChoice) {
    if let Some(Dialogue::Confirm {
        choice: id,
        question,
        ..
    }) = scene.next.dialogue
        && id == choice.id
        && question != choice.question
    {
        for key in [choice.question, question] {
            scene.edit(EditTarget::Message(key), None, Buttons::None);
        }
    }
}

/// The choice with its next keyboard: buttons of the one before are over.
fn with_next_keyboard(choice: &OpenChoice) -> OpenChoice {
    let mut choice = choice.clone();
    choice.keyboard = choice.keyboard.wrapping_add(1);
    choice
}

/// «Назад»: the last step is taken off and its choice offered again (D15).
fn back(scene: &mut Scene<'_>, choice: &OpenChoice, rule: &str, before: &[HistoryStep]) {
    scene.next.dialogue = None;
    close(scene, choice);
    let previous = scene.turn.bot.keywords.by_path(rule);
    let answer = previous.map(|rule| rules::answer(scene, rule, before.to_vec()));
    if answer != Some(Answer::Given) {
        scene.say_named(TextName::ChoiceExpired);
    }
}

/// Asks whether the picked variant is meant, with a hint below where there is one. Nothing is recorded
/// before Да (D14).
fn confirm(scene: &mut Scene<'_>, choice: &OpenChoice, index: usize, hint: Option<RichText>) {
    scene.trace.push(TraceStep::Confirm(choice.id, index));
    let text = scene.message(
        TextName::ConfirmChoice,
        &[
            ("variant", Value::Text(&choice.variants[index].label)),
            ("title", Value::Rich(&choice.title)),
        ],
    );
    let mut choice = with_next_keyboard(choice);
    choice.status = ChoiceStatus::Open;
    let buttons = keyboard::confirmation(&scene.texts, &choice, index);
    choice.question = scene.show(with_hint(text, hint), buttons);
    scene.next.dialogue = Some(Dialogue::Confirm {
        choice: choice.id,
        variant: index,
        question: choice.question,
        until: closes_at(scene),
    });
    scene.effect(Effect::PutChoice(choice));
}

fn with_hint(text: RichText, hint: Option<RichText>) -> RichText {
    match hint {
        None => text,
        Some(hint) => RichText::Markup(format!("{}\n\n{}", text.to_markup(), hint.to_markup())),
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
    take_away_former(scene, choice);
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

/// The row of a choice that is over: its buttons are taken away for good.
fn close(scene: &mut Scene<'_>, choice: &OpenChoice) {
    let mut choice = with_next_keyboard(choice);
    choice.status = ChoiceStatus::Closed;
    choice.answered_at = Some(scene.turn.now);
    scene.effect(Effect::PutChoice(choice));
}

/// Another text while a choice is open and the bot repeats it (D11): with how to leave it.
pub(super) fn repeat(scene: &mut Scene<'_>, choice: &OpenChoice) {
    scene.trace.push(TraceStep::Repeated(choice.id));
    take_away_former(scene, choice);
    scene.edit(EditTarget::Message(choice.question), None, Buttons::None);
    let hint = scene.message(TextName::ChoiceLeave, &[]);
    if let Some(Dialogue::Confirm { variant, .. }) = scene.next.dialogue
        && variant < choice.variants.len()
    {
        confirm(scene, choice, variant, Some(hint));
        return;
    }
    let mut choice = with_next_keyboard(choice);
    let buttons = keyboard::buttons(&scene.texts, &choice);
    choice.question = scene.show(with_hint(choice.title.clone(), Some(hint)), buttons);
    open(scene, choice);
}

/// «Отмена»: the choice is closed and its buttons are taken away.
pub(super) fn cancel(scene: &mut Scene<'_>, choice: &OpenChoice) {
    take_away_former(scene, choice);
    scene.edit(EditTarget::Message(choice.question), None, Buttons::None);
    scene.next.dialogue = None;
    close(scene, choice);
    scene.say_named(TextName::Cancelled);
}
