//! A failed algorithm is told to whoever answers for the bot: the people who met it read a neutral text.
//!
//! The messages and the mark that the place was told of are rows of the commit that ends the update, so
//! neither is lost or doubled; of one place (bot, algorithm, line) people are told once an hour.

use super::core::BotCore;
use super::queues::Started;
use crate::model::{
    Alarm, Buttons, Channel, ChatAddress, IdSource, Lane, MessageKey, MessageKind, Outgoing,
    OutgoingBody, ScriptFailure, ScriptOutcome, ScriptProgram,
};
use crate::runtime::responsible::told_of_failures;
use crate::texts::{TextName, Texts, Value};

/// Characters of an error that are told; the trace and the log have the rest.
const ERROR_MAX: usize = 2_000;
/// People of a group who are told.
const PEOPLE_MAX: usize = 20;

/// What is told of a run that failed; `None` where it did not, where its caller read the whole himself,
/// and where nobody can be told.
pub(super) fn of_failure(
    core: &BotCore,
    started: &Started,
    outcome: &ScriptOutcome,
) -> Option<Alarm> {
    let error = match &outcome.reply {
        Err(ScriptFailure::Error(text)) => text.as_str(),
        Err(ScriptFailure::Limit { whole, .. }) => whole.as_str(),
        Err(ScriptFailure::Unavailable) => "алгоритма нет, или он не компилируется",
        // A full queue is the node's affair, and there would be a message for every line.
        Err(ScriptFailure::Busy) | Ok(_) => return None,
    };
    let ScriptProgram::Algorithm(name) = &started.request.program else {
        return None;
    };
    // An error of a check is a failed check: whoever decides reads it with the request (R109).
    if started.pending.is_call() || started.pending.is_check() {
        return None;
    }
    let bot = &started.bot;
    let place = format!("{}\u{1f}{name}\u{1f}{}", bot.code, line_of(error));
    let now = core.clock().now();
    if core.shared.alarms.is_quiet(&place, now) {
        return None;
    }
    let text = Texts::of(bot).message(
        TextName::AlgorithmAlarm,
        &[
            ("bot_name", Value::Text(&bot.name)),
            ("algorithm", Value::Text(name)),
            ("error", Value::Text(&cut(error))),
        ],
    );
    let messages: Vec<Outgoing> = told_of_failures(&core.shared, bot)
        .into_iter()
        .take(PEOPLE_MAX)
        .map(|person| Outgoing {
            key: MessageKey(core.shared.ids.next_id()),
            to: ChatAddress {
                channel: Channel::Telegram,
                bot: person.bot,
                chat: person.chat,
                thread: None,
            },
            lane: Lane::Background,
            kind: MessageKind::Notice,
            reply_to: None,
            not_before: None,
            body: OutgoingBody::Text {
                text: text.clone(),
                buttons: Buttons::None,
            },
        })
        .collect();
    (!messages.is_empty()).then_some(Alarm { place, messages })
}

/// The place that an error begins with: `{Module(line)}`. The last of them is where it was thrown; the
/// first names the line of the algorithm's own text, or that of a common module that it called.
fn line_of(error: &str) -> &str {
    error
        .strip_prefix('{')
        .and_then(|rest| rest.split_once('}'))
        .map_or("", |(place, _)| place)
}

fn cut(error: &str) -> String {
    if error.chars().count() <= ERROR_MAX {
        return error.to_owned();
    }
    error.chars().take(ERROR_MAX).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_error_is_its_line() {
        assert_eq!(line_of("{Расчёт(3)}: Деление на 0"), "Расчёт(3)");
        assert_eq!(line_of("превышено время выполнения: 5 с"), "");
        assert_eq!(line_of("{не закрыто"), "");
        assert_eq!(cut(&"я".repeat(3000)).chars().count(), ERROR_MAX + 1);
    }
}
