//! Named points of an update's journey at which a test stops or breaks this process from outside
//! (docs/testing.md). Without the variable `VESTNIK_TEST_POINT` they cost one load and do nothing.
//!
//! `VESTNIK_TEST_POINT=name[:count]` holds the process when the point is passed for the count-th time
//! (first by default): it prints `held at name` to stderr and waits to be killed. With the action
//! `abort` or `panic` (`name:count:abort`) it ends or panics there instead. The points of one
//! message take `text=` in place of a count: `handler:text=бум:abort` acts on each message with that
//! text.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A point, by its name in the variable. Stable: tests and docs name them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// Updates came from Telegram; nothing is written.
    Received,
    /// A decision is being made for one update.
    Handler,
    /// A script's thread is about to run it.
    InScript,
    /// A script's thread has run it, and it wrote: the thread holds the write lease.
    ScriptWrote,
    /// A script has ended; nothing of it is committed.
    ScriptRan,
    /// An update of a queue is decided without a script; nothing of it is committed.
    Decided,
    /// The notices of an event are made; neither they nor its mark are committed.
    Noticed,
    /// Within the job that accepts updates, before its commit.
    InCommit,
    /// Updates, answers and offset are committed; nothing is sent.
    Committed,
    /// A message is about to be handed to Telegram.
    BeforeSend,
    /// Telegram's answer was read; the mark `sent` is not written.
    AfterSend,
    /// Marks `sent` were committed.
    Marked,
    /// The poller is about to ask for updates.
    Poll,
    /// Within a job of the store's writer that the courier uses to claim messages.
    Claim,
}

impl Point {
    /// All points, in the order of the journey.
    pub const ALL: &[Point] = &[
        Point::Poll,
        Point::Received,
        Point::Handler,
        Point::InScript,
        Point::ScriptWrote,
        Point::ScriptRan,
        Point::Decided,
        Point::Noticed,
        Point::InCommit,
        Point::Committed,
        Point::Claim,
        Point::BeforeSend,
        Point::AfterSend,
        Point::Marked,
    ];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Point::Received => "received",
            Point::Handler => "handler",
            Point::InScript => "in-script",
            Point::ScriptWrote => "script-wrote",
            Point::ScriptRan => "script-ran",
            Point::Decided => "decided",
            Point::Noticed => "noticed",
            Point::InCommit => "in-commit",
            Point::Committed => "committed",
            Point::BeforeSend => "before-send",
            Point::AfterSend => "after-send",
            Point::Marked => "marked",
            Point::Poll => "poll",
            Point::Claim => "claim",
        }
    }
}

#[derive(PartialEq, Eq, Debug)]
enum Action {
    Hold,
    Abort,
    Panic,
}

#[derive(Debug)]
struct Armed {
    point: Point,
    text: Option<String>,
    at_count: u32,
    action: Action,
    passed: AtomicU32,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// Passes a point.
pub fn pass(point: Point) {
    if let Some(armed) = armed()
        && armed.point == point
        && armed.text.is_none()
    {
        armed.count();
    }
}

/// Passes a point with the text of the message in hand.
pub fn pass_text(point: Point, text: &str) {
    if let Some(armed) = armed()
        && armed.point == point
    {
        match &armed.text {
            Some(expected) if expected == text => armed.act(),
            Some(_) => {}
            None => armed.count(),
        }
    }
}

fn armed() -> Option<&'static Armed> {
    ARMED
        .get_or_init(|| {
            let value = std::env::var("VESTNIK_TEST_POINT").ok()?;
            match parse(&value) {
                Some(armed) => Some(armed),
                None => {
                    tracing::error!(
                        value,
                        "VESTNIK_TEST_POINT names no point; see docs/testing.md"
                    );
                    None
                }
            }
        })
        .as_ref()
}

fn parse(value: &str) -> Option<Armed> {
    let mut parts = value.split(':');
    let name = parts.next()?;
    let point = *Point::ALL.iter().find(|point| point.as_str() == name)?;
    let (mut text, mut at_count, mut action) = (None, 1, Action::Hold);
    for part in parts {
        if let Some(expected) = part.strip_prefix("text=") {
            text = Some(expected.to_owned());
        } else if let Ok(count) = part.parse() {
            at_count = count;
        } else {
            action = match part {
                "hold" => Action::Hold,
                "abort" => Action::Abort,
                "panic" => Action::Panic,
                _ => return None,
            };
        }
    }
    Some(Armed {
        point,
        text,
        at_count,
        action,
        passed: AtomicU32::new(0),
    })
}

impl Armed {
    fn count(&self) {
        if self.passed.fetch_add(1, Ordering::Relaxed) + 1 == self.at_count {
            self.act();
        }
    }

    #[expect(clippy::print_stderr, reason = "a test waits for this very line")]
    fn act(&self) {
        match self.action {
            Action::Hold => {
                eprintln!("held at {}", self.point.as_str());
                loop {
                    std::thread::park();
                }
            }
            Action::Abort => std::process::abort(),
            Action::Panic => panic!("a test asked for a panic at {}", self.point.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_point_count_text_and_action() {
        let check = |value: &str, expected: &str| {
            let armed = parse(value).map(|armed| {
                format!(
                    "{:?} {:?} {} {:?}",
                    armed.point, armed.text, armed.at_count, armed.action
                )
            });
            assert_eq!(armed.as_deref().unwrap_or("-"), expected, "{value}");
        };
        check("committed", "Committed None 1 Hold");
        check("after-send:3", "AfterSend None 3 Hold");
        check("poll:2:panic", "Poll None 2 Panic");
        check("handler:text=бум:abort", "Handler Some(\"бум\") 1 Abort");
        check("nowhere", "-");
        check("poll:explode", "-");
    }
}
