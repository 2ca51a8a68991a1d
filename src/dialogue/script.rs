//! Scripts in a conversation: where one is asked for and what its outcome becomes (R131, R147-R165,
//! D13, D14, D27, D29).

use vestnik_markup::utf16_len;

use crate::model::{
    Buttons, Channel, Choice, ChoiceId, ChoiceStatus, Conversation, HistoryStep, KeywordId,
    KeywordKind, Moment, OpenChoice, Outgoing, OutgoingBody, PersonId, RichText, ScriptFailure,
    ScriptOutcome, ScriptProgram, ScriptReply, ScriptRequest, ScriptVariant, Variant, Variants,
};
use crate::texts::{TextName, Texts, Value};

use super::choice::{self, Offer};
use super::keyboard;
use super::rules;
use super::scene::Scene;
use super::trace::{Trace, TraceStep};
use super::turn::Effect;

/// The longest caption of a file, in UTF-16 units after parsing.
const CAPTION_MAX: usize = Channel::Telegram.limits().caption_units;
/// More variants than anybody pages through; each is kept with its choice for a month.
const VARIANTS_MAX: usize = 1_000;

/// Where a turn goes on when its script has ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Pending {
    pub(super) then: Then,
    pub(super) effects: Vec<Effect>,
    pub(super) next: Conversation,
    pub(super) trace: Trace,
}

impl Pending {
    /// What was tried so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Whether a person called it: code, or an algorithm by its name.
    pub fn is_call(&self) -> bool {
        self.then == Then::Called
    }
}

/// What the outcome is for.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Then {
    /// Code or an algorithm that the person called: its choice belongs to no rule.
    Called,
    /// A rule of kind algorithm.
    Rule(KeywordId, Vec<HistoryStep>),
    /// The variants of a dynamic choice.
    Variants(KeywordId, Vec<HistoryStep>),
}

/// (3) program code and (4) algorithms by name or additional name, where the bot and D28 permit code.
/// True when a script was asked for.
pub(super) fn called(scene: &mut Scene<'_>, text: &str, folded: &str, as_code: bool) -> bool {
    let turn = scene.turn;
    if !turn.bot.allow_code || !turn.may_code || scene.in_group() || turn.incoming.sender.anonymous
    {
        return false;
    }
    let program = if as_code && turn.scripts.is_code(text) {
        scene.trace.push(TraceStep::Code);
        ScriptProgram::Code(text.into())
    } else {
        if as_code {
            scene.trace.push(TraceStep::NotCode);
        }
        let default = crate::model::Fold::default();
        let found = if turn.bot.fold == default {
            turn.scripts.direct(folded)
        } else {
            turn.scripts.direct(&default.fold(text))
        };
        let Some(name) = found else {
            return false;
        };
        scene.trace.push(TraceStep::Called(name.clone()));
        ScriptProgram::Algorithm(name.into())
    };
    let request = ScriptRequest {
        program,
        text: text.to_owned(),
        keyword: String::new(),
        history: Vec::new(),
    };
    scene.run(request, Then::Called);
    true
}

/// A rule of kind algorithm answers.
pub(super) fn answer(
    scene: &mut Scene<'_>,
    rule: KeywordId,
    algorithm: &str,
    history: Vec<HistoryStep>,
) {
    let request = request(scene, rule, algorithm, &history);
    scene.run(request, Then::Rule(rule, history));
}

/// The variants of a dynamic choice are to be made.
pub(super) fn variants(
    scene: &mut Scene<'_>,
    rule: KeywordId,
    algorithm: &str,
    history: Vec<HistoryStep>,
) {
    let request = request(scene, rule, algorithm, &history);
    scene.run(request, Then::Variants(rule, history));
}

fn request(
    scene: &mut Scene<'_>,
    rule: KeywordId,
    algorithm: &str,
    history: &[HistoryStep],
) -> ScriptRequest {
    scene.trace.push(TraceStep::Algorithm(algorithm.to_owned()));
    let turn = scene.turn;
    ScriptRequest {
        program: ScriptProgram::Algorithm(algorithm.into()),
        text: match &turn.incoming.kind {
            super::IncomingKind::Text(text) => text.clone(),
            // What was pressed, as if it had been typed.
            _ => history
                .last()
                .map(|step| step.variant.text().to_owned())
                .unwrap_or_default(),
        },
        keyword: rules::word(turn.bot.keywords.get(rule)).to_owned(),
        history: history.to_vec(),
    }
}

/// Goes on with what a script came to.
pub(super) fn resume(scene: &mut Scene<'_>, then: Then, outcome: ScriptOutcome) {
    for text in outcome.messages {
        if !text.is_blank() {
            scene.say(text, Buttons::None);
        }
    }
    scene
        .trace
        .push(TraceStep::Outcome(kind_of(&outcome.reply)));
    match outcome.reply {
        Err(failure) => failed(scene, &then, failure),
        Ok(ScriptReply::Nothing) => match then {
            Then::Variants(rule, history) => {
                offer(scene, Then::Variants(rule, history), Vec::new(), None)
            }
            Then::Called | Then::Rule(..) => scene.say_named(TextName::NoResult),
        },
        Ok(ScriptReply::Text(text)) => {
            scene.say(text, Buttons::None);
        }
        Ok(ScriptReply::Choice(variants)) => offer(scene, then, variants, None),
        Ok(ScriptReply::Message {
            text,
            files,
            buttons,
        }) => {
            if buttons.is_empty() {
                let caption = text.clone();
                if files.is_empty() {
                    match text {
                        Some(text) => {
                            scene.say(text, Buttons::None);
                        }
                        None => scene.say_named(TextName::NoResult),
                    }
                } else {
                    match text.filter(|text| utf16_len(&text.to_plain()) > CAPTION_MAX) {
                        None => scene.say_files(files, caption),
                        // Too long for a caption: the text goes before the files.
                        Some(text) => {
                            scene.say(text, Buttons::None);
                            scene.say_files(files, None);
                        }
                    }
                }
            } else {
                // The buttons are a question of its own below the files.
                if !files.is_empty() {
                    scene.say_files(files, None);
                }
                offer(scene, then, buttons, text);
            }
        }
    }
}

fn kind_of(reply: &Result<ScriptReply, ScriptFailure>) -> &'static str {
    match reply {
        Ok(ScriptReply::Nothing) => "результата нет",
        Ok(ScriptReply::Text(_)) => "текст",
        Ok(ScriptReply::Choice(_)) => "выбор",
        Ok(ScriptReply::Message { .. }) => "сообщение с файлом или кнопками",
        Err(ScriptFailure::Error(_)) => "ошибка",
        Err(ScriptFailure::Limit(_)) => "остановлен ограничением",
        Err(ScriptFailure::Busy) => "очередь заполнена",
        Err(ScriptFailure::Unavailable) => "алгоритм недоступен",
    }
}

fn failed(scene: &mut Scene<'_>, then: &Then, failure: ScriptFailure) {
    let text = match failure {
        ScriptFailure::Error(error) => {
            scene.message(TextName::CodeError, &[("error", Value::Text(&error))])
        }
        ScriptFailure::Limit(error) => {
            scene.message(TextName::ScriptLimit, &[("error", Value::Text(&error))])
        }
        ScriptFailure::Busy => scene.message(TextName::Busy, &[]),
        ScriptFailure::Unavailable => {
            let word = match then {
                Then::Called => match &scene.turn.incoming.kind {
                    super::IncomingKind::Text(text) => text.as_str(),
                    _ => "",
                },
                Then::Rule(rule, _) | Then::Variants(rule, _) => {
                    rules::word(scene.turn.bot.keywords.get(*rule))
                }
            };
            scene.message(
                TextName::AlgorithmUnavailable,
                &[("keyword", Value::Text(word))],
            )
        }
    };
    scene.say(text, Buttons::None);
}

/// A choice under a message that a script sends to a person: it belongs to no rule, so what is pressed
/// is handled as if it had been typed, but never as code (D13). Gives its row and its buttons.
pub fn offered_by_script(
    texts: &Texts<'_>,
    message: &Outgoing,
    variants: Vec<ScriptVariant>,
    id: ChoiceId,
    now: Moment,
) -> (OpenChoice, Buttons) {
    let title = match &message.body {
        OutgoingBody::Text { text, .. } => text.clone(),
        OutgoingBody::Files { .. } | OutgoingBody::Edit { .. } => RichText::Plain(String::new()),
    };
    let choice = OpenChoice {
        id,
        // In a private chat the person has the chat's number (D28).
        sender: PersonId(message.to.chat.0),
        chat: message.to.chat,
        keyword: String::new(),
        question: message.key,
        history: Vec::new(),
        variants: labelled(variants),
        page: 0,
        title,
        confirm: false,
        columns: 1,
        back: false,
        status: ChoiceStatus::Open,
        at: now,
        answered_at: None,
    };
    let buttons = keyboard::buttons(texts, &choice);
    (choice, buttons)
}

fn labelled(variants: Vec<ScriptVariant>) -> Vec<Variant> {
    let mut labelled = keyboard::variants(variants.iter().map(|variant| variant.text.as_str()));
    for (labelled, variant) in labelled.iter_mut().zip(variants) {
        labelled.value = variant.value;
    }
    labelled
}

/// Offers what a script gave (D13): with the settings of its rule, if it has one.
fn offer(scene: &mut Scene<'_>, then: Then, variants: Vec<ScriptVariant>, title: Option<RichText>) {
    if variants.len() > VARIANTS_MAX {
        let error = format!(
            "вариантов выбора {}, а предложить можно не больше {VARIANTS_MAX}",
            variants.len()
        );
        failed(scene, &then, ScriptFailure::Error(error));
        return;
    }
    let labelled = labelled(variants);
    let title = title.filter(|title| !title.is_blank());
    match then {
        Then::Called => {
            let offer = Offer {
                rule: String::new(),
                word: String::new(),
                title,
                variants: labelled,
                confirm: false,
                columns: 1,
                back: false,
            };
            choice::offer(scene, offer, Vec::new());
        }
        Then::Rule(rule, mut history) | Then::Variants(rule, mut history) => {
            let keyword = scene.turn.bot.keywords.get(rule);
            // A top-level choice begins a new history (D15).
            if keyword.parent.is_none() {
                history.clear();
            }
            let plain = Choice {
                title: None,
                variants: Variants::Fixed([].into()),
                confirm: false,
                columns: 1,
                back: true,
            };
            let settings = match &keyword.kind {
                KeywordKind::Choice(choice) => choice,
                _ => keyword.choice_settings.as_deref().unwrap_or(&plain),
            };
            let mut offer = rules::offered(scene, rule, settings, labelled);
            if title.is_some() {
                offer.title = title;
            }
            choice::offer(scene, offer, history);
        }
    }
}
