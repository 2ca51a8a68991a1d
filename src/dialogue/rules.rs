//! What a keyword's kind does (R129-R143).

use crate::model::{Buttons, HISTORY_STEPS_MAX, HistoryStep, KeywordId, KeywordKind, Variants};

use super::keyboard;
use super::offer::{offer, offered};
use super::scene::Scene;
use super::script;
use super::trace::TraceStep;

/// Whether a rule answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// It did.
    Given,
    /// It leads to a deleted record: as if it were not there (D13).
    NotFound,
}

/// Answers by a rule. `history` is what was picked on the way to it; nothing is open any more.
pub(super) fn answer(
    scene: &mut Scene<'_>,
    rule: KeywordId,
    mut history: Vec<HistoryStep>,
) -> Answer {
    let bot = scene.turn.bot;
    scene.trace.push(TraceStep::Keyword(rule));
    let Some(target) = resolve(scene, rule) else {
        scene.trace.push(TraceStep::DeadAlias(rule));
        return Answer::NotFound;
    };
    if target != rule {
        scene.trace.push(TraceStep::Keyword(target));
    }
    let keyword = bot.keywords.get(target);
    match &keyword.kind {
        KeywordKind::Text(text) => {
            scene.say(text.clone(), Buttons::None);
        }
        KeywordKind::Choice(choice) => {
            // A top-level choice begins a new history, also through an alias (D15).
            if keyword.parent.is_none() {
                history.clear();
            }
            match &choice.variants {
                Variants::Fixed(texts) => {
                    let variants = keyboard::variants(texts.iter().map(AsRef::as_ref));
                    offer(scene, offered(scene, target, choice, variants), history);
                }
                Variants::Algorithm(name) => script::variants(scene, target, name, history),
            }
        }
        KeywordKind::Algorithm(name) => script::answer(scene, target, name, history),
        // `resolve` follows aliases to the end.
        KeywordKind::Alias(_) => return Answer::NotFound,
    }
    Answer::Given
}

/// The rule at the end of a chain of aliases. A loop is refused when the file is applied (D15); should
/// one be here all the same, it leads nowhere rather than round for ever.
fn resolve(scene: &Scene<'_>, rule: KeywordId) -> Option<KeywordId> {
    let keywords = &scene.turn.bot.keywords;
    let mut at = rule;
    for _ in 0..=keywords.len() {
        match keywords.get(at).kind {
            KeywordKind::Alias(next) => at = next?,
            _ => return Some(at),
        }
    }
    None
}

/// One more step, within the limit (D15): the oldest go first.
pub(super) fn appended(history: &[HistoryStep], step: HistoryStep) -> Vec<HistoryStep> {
    let from = (history.len() + 1).saturating_sub(HISTORY_STEPS_MAX);
    let mut longer = Vec::with_capacity(history.len() + 1 - from);
    longer.extend_from_slice(&history[from..]);
    longer.push(step);
    longer
}
