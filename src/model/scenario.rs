//! The words of scenarios (R8-R31): what a step is, who performs it, how long it may take, what is
//! told of it. Files are read into them, and the process engine decides by them.

use std::fmt;

use super::party::PartyRef;
use super::words::words;

/// How long something may take, or how long before or after a moment something happens: `30m`, `3h`,
/// `5d`, `2wd`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Term {
    /// To the minute.
    Minutes(u32),
    /// To the minute.
    Hours(u32),
    /// Calendar days: ends with the working day (`day_end`) of the organisation's zone.
    Days(u32),
    /// Working days of the organisation's calendar, the first of them the next one; ends as days do.
    WorkingDays(u32),
}

impl Term {
    /// Reads a number of at most nine digits and its unit. `None`: it is no term.
    pub fn parse(text: &str) -> Option<Term> {
        let end = text.find(|c: char| !c.is_ascii_digit())?;
        // Nine digits hold any length of time and never overflow.
        let number = (1..=9).contains(&end).then(|| text[..end].parse().ok())??;
        match &text[end..] {
            "m" => Some(Term::Minutes(number)),
            "h" => Some(Term::Hours(number)),
            "d" => Some(Term::Days(number)),
            "wd" => Some(Term::WorkingDays(number)),
            _ => None,
        }
    }

    /// Its length in seconds; `None` for working days, whose length the calendar tells.
    pub fn seconds(self) -> Option<i64> {
        match self {
            Term::Minutes(number) => Some(i64::from(number) * 60),
            Term::Hours(number) => Some(i64::from(number) * 3600),
            Term::Days(number) => Some(i64::from(number) * 86_400),
            Term::WorkingDays(_) => None,
        }
    }
}

/// As files write it.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Minutes(number) => write!(f, "{number}m"),
            Term::Hours(number) => write!(f, "{number}h"),
            Term::Days(number) => write!(f, "{number}d"),
            Term::WorkingDays(number) => write!(f, "{number}wd"),
        }
    }
}

/// Who performs a task or is told of an event, relative to the process or by name (R11, R24).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    /// Автор процесса: who started it (R14). An empty performer is he, too.
    Author,
    /// Исполнитель задачи. Only a recipient: a task cannot be performed by its own performer.
    Performer,
    /// One party by its code.
    Party(PartyRef),
    /// A group by its code. A task of a group is seen by all its members until one takes it.
    Group(String),
    /// The party that this algorithm gives when it is asked.
    Algorithm(String),
}

words! {
    /// What a step is.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub enum StepKind {
        /// A performer has something to do and completes it with an outcome.
        Task = "task",
        /// Goes on by the first `next` whose condition holds; nobody does anything.
        Condition = "condition",
        /// An algorithm sees and changes the variables; goes on by its result.
        Algorithm = "algorithm",
        /// Every `next` that fits becomes a branch; all run side by side.
        Fork = "fork",
        /// Closes the nearest open fork: goes on when its branches came.
        Join = "join",
        /// Goes on after a time, at a moment or when a condition holds.
        Wait = "wait",
        /// Another scenario runs; goes on when its process has ended.
        Subprocess = "subprocess",
        /// The branch ends here, and with the last of them the process.
        End = "end",
    }
}

words! {
    /// What a variable of a process, or a field that a performer fills in, holds (R19).
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub enum FieldKind {
        /// Строка.
        Text = "text",
        /// Число.
        Number = "number",
        /// Дата: wall clock without a zone (D18).
        Date = "date",
        /// Булево.
        Boolean = "boolean",
        /// A reference to Справочники.Пользователи.
        User = "user",
        /// A reference to Справочники.Партнеры.
        Partner = "partner",
        /// A reference to Справочники.Контрагенты.
        Counterparty = "counterparty",
    }
}

words! {
    /// What a notice is about (R20-R25).
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub enum NoticeEvent {
        /// The process exists, started or not.
        ProcessCreated = "process_created",
        /// The process runs: at once after it was created, or later when the start is manual (R15).
        ProcessStarted = "process_started",
        /// Its last branch has ended.
        ProcessCompleted = "process_completed",
        /// Somebody cancelled it.
        ProcessCancelled = "process_cancelled",
        /// A performer has something to do.
        TaskCreated = "task_created",
        /// A performer said that it is done.
        TaskCompleted = "task_completed",
        /// The task is no longer needed.
        TaskCancelled = "task_cancelled",
        /// The deadline of an open task comes near.
        DeadlineNear = "deadline_near",
        /// The deadline of an open task has gone by.
        DeadlinePassed = "deadline_passed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_a_number_and_a_unit() {
        let check = |text: &str, expected: Option<(Term, Option<i64>)>| {
            let term = Term::parse(text);
            assert_eq!(term, expected.map(|(term, _)| term), "{text}");
            if let Some((term, seconds)) = expected {
                assert_eq!(term.to_string(), text);
                assert_eq!(term.seconds(), seconds, "{text}");
            }
        };
        check("30m", Some((Term::Minutes(30), Some(1_800))));
        check("3h", Some((Term::Hours(3), Some(10_800))));
        check("5d", Some((Term::Days(5), Some(432_000))));
        check("2wd", Some((Term::WorkingDays(2), None)));
        check("0d", Some((Term::Days(0), Some(0))));
        for text in [
            "",
            "5",
            "d",
            "5 d",
            "-5d",
            "1.5h",
            "5дней",
            "1234567890d",
            "5D",
        ] {
            check(text, None);
        }
    }
}
