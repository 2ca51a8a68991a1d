//! What was tried for one update, in order: the answer to «Почему бот так ответил?».
//!
//! Steps are small, so the trace is always on; it is turned into words only where somebody reads it.

use std::fmt::Write as _;

use smallvec::SmallVec;

use crate::model::{Bot, BuiltIn, ChoiceId, KeywordId};

/// One thing that was tried or found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TraceStep {
    /// A group's message that is not for the bot.
    ForOthers,
    /// The text as it is compared. A command's payload is left out: it may be a one-time secret.
    Folded(String),
    /// A message that is not text.
    NotText(String),
    /// A press on a button of this choice.
    Pressed(ChoiceId),
    /// A press on a button that nobody made, or whose choice is gone.
    PressUnknown,
    /// A press by somebody else than whom the choice was offered to.
    PressForeign(ChoiceId),
    /// A second press within a moment.
    PressTwice(ChoiceId),
    /// A press on a button of this choice that was taken away before.
    PressOver(ChoiceId),
    /// A built-in command answered (D1, 1).
    BuiltIn(BuiltIn),
    /// The bot serves the registered only, and this person is not.
    Stranger,
    /// A step of the talk about authorisation, in words.
    Authorization(String),
    /// A choice was open, but its time is over.
    Expired(ChoiceId),
    /// The open choice was answered by its variant with this number (D1, 2).
    Variant(ChoiceId, usize),
    /// The open choice was answered by a child that is no variant.
    Child(ChoiceId),
    /// A variant was picked and is asked about (R140).
    Confirm(ChoiceId, usize),
    /// «Назад», another page, another variant.
    Moved(ChoiceId),
    /// The open choice was left for what was typed (D11).
    Left(ChoiceId),
    /// The open choice was offered again (D11).
    Repeated(ChoiceId),
    /// No live child answers the variant: it is handled as if typed (D13).
    AsTyped,
    /// The text is program code and was run (D1, 3).
    Code,
    /// The text is no code (D2); why, where it looks like code.
    NotCode(Option<String>),
    /// An algorithm was called by its name (D1, 4).
    Called(String),
    /// An algorithm of a rule ran.
    Algorithm(String),
    /// What the script came to.
    Outcome(&'static str),
    /// The script's error or limit in full.
    Failed(String),
    /// A keyword answered (D1, 5).
    Keyword(KeywordId),
    /// An alias led nowhere (D13).
    DeadAlias(KeywordId),
    /// No keyword has this word.
    NoKeyword,
    /// The unknown reply (D1, 6).
    Unknown,
}

/// The steps of one turn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace(SmallVec<[TraceStep; 5]>);

impl Trace {
    pub(super) fn push(&mut self, step: TraceStep) {
        self.0.push(step);
    }

    /// The steps in order.
    #[cfg(test)]
    pub(super) fn steps(&self) -> &[TraceStep] {
        &self.0
    }

    /// The trace in words for the author of the bot, a step a line. `bot` is the snapshot that decided.
    pub fn describe(&self, bot: &Bot) -> String {
        let mut text = format!("бот: ревизия {}", bot.revision);
        for step in &self.0 {
            text.push('\n');
            describe(step, bot, &mut text);
        }
        text
    }
}

fn describe(step: &TraceStep, bot: &Bot, out: &mut String) {
    let path = |id: &KeywordId| bot.keywords.path_of(*id).replace('\u{1f}', " / ");
    let written = match step {
        TraceStep::ForOthers => write!(out, "сообщение группы не для бота: пропущено"),
        TraceStep::Folded(text) => write!(out, "текст для сравнения: «{text}»"),
        TraceStep::NotText(what) => write!(out, "не текст: {what}"),
        TraceStep::Pressed(choice) => write!(out, "нажата кнопка выбора {choice}"),
        TraceStep::PressUnknown => write!(out, "нажата кнопка, которой больше ничего не отвечает"),
        TraceStep::PressForeign(choice) => {
            write!(out, "нажата кнопка выбора {choice}, предложенного другому")
        }
        TraceStep::PressTwice(choice) => {
            write!(out, "повторное нажатие кнопки выбора {choice}: пропущено")
        }
        TraceStep::PressOver(choice) => {
            write!(out, "нажата кнопка выбора {choice}, которая уже убрана")
        }
        TraceStep::BuiltIn(built_in) => write!(out, "встроенная команда {}", built_in.command()),
        TraceStep::Stranger => write!(out, "бот отвечает только зарегистрированным"),
        TraceStep::Authorization(what) => write!(out, "авторизация: {what}"),
        TraceStep::Expired(choice) => write!(out, "время выбора {choice} истекло"),
        TraceStep::Variant(choice, index) => {
            write!(out, "выбор {choice}: вариант {}", index + 1)
        }
        TraceStep::Child(choice) => write!(out, "выбор {choice}: подчинённая запись без варианта"),
        TraceStep::Confirm(choice, index) => {
            write!(out, "выбор {choice}: подтверждение варианта {}", index + 1)
        }
        TraceStep::Moved(choice) => write!(out, "выбор {choice}: переход"),
        TraceStep::Left(choice) => write!(out, "выбор {choice} оставлен: прислан другой текст"),
        TraceStep::Repeated(choice) => write!(out, "выбор {choice} предложен снова"),
        TraceStep::AsTyped => write!(out, "подчинённой записи нет: вариант обработан как текст"),
        TraceStep::Code => write!(out, "выполнен как программный код"),
        TraceStep::NotCode(None) => write!(out, "не программный код"),
        TraceStep::NotCode(Some(why)) => write!(out, "не программный код: {why}"),
        TraceStep::Failed(text) => write!(out, "ошибка: {text}"),
        TraceStep::Called(name) => write!(out, "вызван алгоритм «{name}»"),
        TraceStep::Algorithm(name) => write!(out, "выполнен алгоритм «{name}»"),
        TraceStep::Outcome(what) => write!(out, "итог: {what}"),
        TraceStep::Keyword(id) => write!(out, "ключевое слово «{}»", path(id)),
        TraceStep::DeadAlias(id) => {
            write!(
                out,
                "ключевое слово «{}» ведёт к удалённой записи",
                path(id)
            )
        }
        TraceStep::NoKeyword => write!(out, "ключевого слова нет"),
        TraceStep::Unknown => write!(out, "ответ на неизвестный запрос"),
    };
    debug_assert!(written.is_ok(), "a String takes all");
}
