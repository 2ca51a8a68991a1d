//! Scripts in a conversation: where one is asked for and what its outcome becomes (R131, R147-R165,
//! D13, D14, D27, D29).

use vestnik_markup::utf16_len;

use crate::model::{
    Buttons, Channel, Choice, HistoryStep, KeywordId, KeywordKind, RichText, ScriptFailure,
    ScriptOutcome, ScriptProgram, ScriptReply, ScriptRequest, ScriptVariant, VARIANTS_MAX,
    Variants,
};
use crate::texts::{TextName, Value};

use super::decision::Then;
use super::offer::{self, Offer, labelled, word};
use super::scene::Scene;
use super::trace::TraceStep;
use super::turn::IncomingKind;

/// The longest caption of a file, in UTF-16 units after parsing.
const CAPTION_MAX: usize = Channel::Telegram.limits().caption_units;

/// Whether the sender may type code here, and typed this himself.
pub(super) fn may_code(scene: &Scene<'_>) -> bool {
    let turn = scene.turn;
    turn.bot.allow_code
        && turn.may_code
        && turn.incoming.own
        && !scene.in_group()
        && !turn.incoming.sender.anonymous
}

/// (3) program code and (4) algorithms by name or additional name, where the bot and D28 permit code.
/// True when a script was asked for.
pub(super) fn called(scene: &mut Scene<'_>, text: &str, folded: &str, as_code: bool) -> bool {
    let turn = scene.turn;
    if !may_code(scene) {
        return false;
    }
    let program = if as_code && turn.scripts.is_code(text) {
        scene.trace.push(TraceStep::Code);
        ScriptProgram::Code(text.into())
    } else {
        if as_code {
            let why = turn
                .scripts
                .why_not_code(text)
                .filter(|_| looks_like_code(text));
            scene.trace.push(TraceStep::NotCode(why));
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

/// Whether whoever typed this may have meant code: it has a bracket, a semicolon or an assignment, or
/// begins with a word of the language that begins a statement.
pub(super) fn looks_like_code(text: &str) -> bool {
    const BEGINNINGS: [&str; 8] = [
        "если",
        "для",
        "пока",
        "попытка",
        "возврат",
        "вызватьисключение",
        "if",
        "for",
    ];
    let first = text.split_whitespace().next().unwrap_or_default();
    text.contains([';', '(', ')', '=', '[', ']'])
        || (text.trim() != first && BEGINNINGS.contains(&first.to_lowercase().as_str()))
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
        // What was chosen, whether it was pressed, typed or confirmed; else what was typed.
        text: match (history.last(), &turn.incoming.kind) {
            (Some(step), _) => step.variant.text().to_owned(),
            (None, IncomingKind::Text(text)) => text.clone(),
            (None, IncomingKind::Other(_) | IncomingKind::Press { .. }) => String::new(),
        },
        keyword: word(turn.bot.keywords.get(rule)).to_owned(),
        history: history.to_vec(),
    }
}

/// Goes on with what a script came to.
pub(super) fn resume(scene: &mut Scene<'_>, then: Then, outcome: ScriptOutcome) {
    let mut told = false;
    for text in outcome.messages {
        if !text.is_blank() {
            told = true;
            scene.say(text, Buttons::None);
        }
    }
    scene
        .trace
        .push(TraceStep::Outcome(kind_of(&outcome.reply)));
    if let Err(ScriptFailure::Error(text) | ScriptFailure::Limit { whole: text, .. }) =
        &outcome.reply
    {
        scene.trace.push(TraceStep::Failed(text.clone()));
    }
    match outcome.reply {
        Err(failure) => failed(scene, &then, failure),
        Ok(ScriptReply::Nothing) => match then {
            Then::Variants(rule, history) => {
                offer(scene, Then::Variants(rule, history), Vec::new(), None)
            }
            // Сообщить was the answer.
            Then::Called | Then::Rule(..) if told => {}
            Then::Called | Then::Rule(..) => scene.say_named(TextName::NoResult),
        },
        Ok(ScriptReply::Text(text) | ScriptReply::Party { text, .. }) => {
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
        Ok(ScriptReply::Party { .. }) => "ссылка",
        Ok(ScriptReply::Choice(_)) => "выбор",
        Ok(ScriptReply::Message { .. }) => "сообщение с файлом или кнопками",
        Err(ScriptFailure::Error(_)) => "ошибка",
        Err(ScriptFailure::Limit { .. }) => "остановлен ограничением",
        Err(ScriptFailure::Busy) => "очередь заполнена",
        Err(ScriptFailure::Unavailable) => "алгоритм недоступен",
    }
}

fn failed(scene: &mut Scene<'_>, then: &Then, failure: ScriptFailure) {
    // Names of settings, numbers and texts of exceptions are for whoever may type code; the log, the trace
    // and the audit have them for all others.
    let may_code = may_code(scene);
    let text = match failure {
        ScriptFailure::Error(error) if may_code => {
            scene.message(TextName::CodeError, &[("error", Value::Text(&error))])
        }
        ScriptFailure::Error(_) => scene.message(TextName::AlgorithmFailed, &[]),
        ScriptFailure::Limit { brief, whole } => {
            let error = if may_code { &whole } else { &brief };
            scene.message(TextName::ScriptLimit, &[("error", Value::Text(error))])
        }
        ScriptFailure::Busy => scene.message(TextName::Busy, &[]),
        ScriptFailure::Unavailable => {
            let called = match then {
                Then::Called => match &scene.turn.incoming.kind {
                    IncomingKind::Text(text) => text.as_str(),
                    _ => "",
                },
                Then::Rule(rule, _) | Then::Variants(rule, _) => {
                    word(scene.turn.bot.keywords.get(*rule))
                }
            };
            scene.message(
                TextName::AlgorithmUnavailable,
                &[("keyword", Value::Text(called))],
            )
        }
    };
    scene.say(text, Buttons::None);
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
            offer::offer(scene, offer, Vec::new());
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
            let mut offer = offer::offered(scene, rule, settings, labelled);
            if title.is_some() {
                offer.title = title;
            }
            offer::offer(scene, offer, history);
        }
    }
}
