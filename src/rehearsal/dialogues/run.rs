//! Plays cases on a stage and compares.

use std::collections::HashMap;
use std::fmt;

use vestnik_simulator::{Entry, Press, Say};

use super::parse::{Attachment, Case, ChatName, File, Pattern, Step, StepKind};
use crate::rehearsal::{Stage, labels};

/// Chats that are fresh count from here: above those that organisations register in their examples,
/// below Telegram's limit for people.
const FRESH_CHATS_FROM: i64 = 900_000_001;
/// The name of the person in a fresh chat.
const PERSON: &str = "Иван";

/// What became of a file.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases that went as written.
    pub passed: usize,
    /// Those that did not.
    pub failures: Vec<Failure>,
}

/// Where a case did not go as written. `Display` says it in Russian.
#[derive(Debug)]
pub struct Failure {
    /// The case.
    pub case: String,
    /// The line of the step, from 1.
    pub line: usize,
    /// What was expected and what came.
    pub what: String,
    /// The end of the chat.
    pub transcript: String,
    /// What was tried for the last message.
    pub trace: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "строка {}, случай «{}»: {}",
            self.line, self.case, self.what
        )?;
        if !self.transcript.is_empty() {
            writeln!(f, "  чат:")?;
            for line in self.transcript.lines() {
                writeln!(f, "  {line}")?;
            }
        }
        if !self.trace.is_empty() {
            writeln!(f, "  почему:")?;
            for line in self.trace.lines() {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

/// Plays the cases of a file for which `wanted` says yes. `open` makes a stage for an organisation;
/// cases share one, each in chats of its own, unless they move its clock or play in a registered
/// chat.
pub fn run(
    file: &File,
    wanted: impl Fn(&Case) -> bool,
    mut open: impl FnMut(Option<&str>) -> Result<Stage, String>,
) -> Report {
    let mut report = Report::default();
    let mut shared: Option<(Option<String>, Stage)> = None;
    let mut next_chat = FRESH_CHATS_FROM;
    for case in file.cases.iter().filter(|case| wanted(case)) {
        let fail = |what: String| Failure {
            case: case.name.clone(),
            line: case.line,
            what,
            transcript: String::new(),
            trace: String::new(),
        };
        let stage = match shared.take() {
            Some((org, stage)) if org == case.org && !needs_own_stage(case) => Ok(stage),
            other => {
                if let Some(Err(error)) = other.map(|(_, stage)| stage.close()) {
                    report.failures.push(fail(format!("узел: {error}")));
                }
                open(case.org.as_deref())
            }
        };
        let stage = match stage {
            Ok(stage) => stage,
            Err(error) => {
                report.failures.push(fail(error));
                continue;
            }
        };
        let mut play = Play {
            stage,
            chats: HashMap::new(),
            read: HashMap::new(),
            bot: String::new(),
            chat: 0,
            looked_at: None,
            next_chat: &mut next_chat,
        };
        let mut played = Ok(());
        for step in &case.steps {
            played = play.step(step).map_err(|what| Failure {
                case: case.name.clone(),
                line: step.line,
                what,
                transcript: play.stage.transcript(&play.bot, play.chat),
                trace: play.stage.trace(&play.bot, play.chat),
            });
            if played.is_err() {
                break;
            }
        }
        // Nothing may be left in hand: neither for the next case nor as a sign of a fault.
        let played = played.and_then(|()| play.stage.settle().map_err(fail));
        let stage = play.stage;
        match played {
            Ok(()) if !needs_own_stage(case) => {
                report.passed += 1;
                shared = Some((case.org.clone(), stage));
            }
            Ok(()) => match stage.close() {
                Ok(()) => report.passed += 1,
                Err(error) => report.failures.push(fail(format!("узел: {error}"))),
            },
            Err(failure) => {
                report.failures.push(failure);
                // Its state is doubtful; how it ends says nothing more.
                drop(stage);
            }
        }
    }
    if let Some((_, stage)) = shared
        && let Err(error) = stage.close()
    {
        report.failures.push(Failure {
            case: "-".into(),
            line: 0,
            what: format!("узел: {error}"),
            transcript: String::new(),
            trace: String::new(),
        });
    }
    report
}

fn needs_own_stage(case: &Case) -> bool {
    case.steps.iter().any(|step| {
        matches!(
            step.kind,
            StepKind::Clock(_)
                | StepKind::Talk {
                    chat: ChatName::Registered(_),
                    ..
                }
        )
    })
}

/// What the buttons below a step are compared with.
enum LookedAt {
    /// The answer, as it came.
    Answer(Box<Entry>),
    /// The message with this number, as it is now.
    Message(i64),
}

struct Play<'a> {
    stage: Stage,
    chats: HashMap<String, i64>,
    /// The line of the last answer that was read, by bot and chat.
    read: HashMap<(String, i64), u64>,
    bot: String,
    chat: i64,
    looked_at: Option<LookedAt>,
    next_chat: &'a mut i64,
}

impl Play<'_> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.kind {
            StepKind::Talk { bot, chat } => {
                self.stage.bot(bot)?;
                self.bot = bot.clone();
                self.chat = match chat {
                    ChatName::Registered(chat) => *chat,
                    ChatName::Fresh(word) => *self.chats.entry(word.clone()).or_insert_with(|| {
                        *self.next_chat += 1;
                        *self.next_chat
                    }),
                };
                self.looked_at = None;
                Ok(())
            }
            StepKind::Write(text) => self.say(|say| say.text = Some(text.clone())),
            StepKind::Attach(attachment) => self.say(|say| match attachment {
                Attachment::Contact => say.contact = Some(serde_json::Map::new()),
                Attachment::Sticker => say.sticker = true,
                Attachment::Photo(_) => say.photo = Some(Vec::new()),
                Attachment::Document(name) => {
                    say.file = Some((name.clone(), name.clone().into_bytes()));
                }
            }),
            StepKind::Answer(expected) => self.answer(expected),
            StepKind::File(name) => self.file(name),
            StepKind::Buttons { labels, among } => self.buttons(labels, *among),
            StepKind::Press(label) => self.press(label),
            StepKind::Silence => match self.next()? {
                None => Ok(()),
                Some(entry) => Err(format!("ничего не ожидалось, а пришло «{}»", entry.text)),
            },
            StepKind::Clock(wall) => {
                self.stage.settle()?;
                self.stage.set_wall_clock(*wall)
            }
            StepKind::Kill => self.stage.restart(),
        }
    }

    fn say(&mut self, fill: impl FnOnce(&mut Say)) -> Result<(), String> {
        let mut say = Say {
            from: if self.chat > 0 {
                self.chat
            } else {
                FRESH_CHATS_FROM
            },
            chat: Some(self.chat),
            name: Some(PERSON.to_owned()),
            ..Say::default()
        };
        fill(&mut say);
        self.looked_at = None;
        self.stage.say(&self.bot, say).map(|_| ())
    }

    /// The next message that was not read yet.
    fn next(&mut self) -> Result<Option<Entry>, String> {
        let place = (self.bot.clone(), self.chat);
        let after = self.read.get(&place).copied().unwrap_or_default();
        let next = self.stage.next_answer(&self.bot, self.chat, after)?;
        if let Some(entry) = &next {
            self.read.insert(place, entry.seq);
        }
        Ok(next)
    }

    fn answer(&mut self, expected: &Pattern) -> Result<(), String> {
        let Some(entry) = self.next()? else {
            return Err(format!("ожидался ответ «{expected}», а ничего не пришло"));
        };
        if !expected.matches(&entry.text) {
            return Err(difference(expected, &entry.text));
        }
        self.looked_at = Some(LookedAt::Answer(Box::new(entry)));
        Ok(())
    }

    fn file(&mut self, name: &str) -> Result<(), String> {
        let Some(entry) = self.next()? else {
            return Err(format!("ожидался файл «{name}», а ничего не пришло"));
        };
        if !entry.files.iter().any(|file| file.name == name) {
            let names: Vec<&str> = entry.files.iter().map(|file| file.name.as_str()).collect();
            return Err(format!(
                "ожидался файл «{name}», а пришло «{}» с файлами [{}]",
                entry.text,
                names.join(", ")
            ));
        }
        self.looked_at = Some(LookedAt::Answer(Box::new(entry)));
        Ok(())
    }

    fn buttons(&mut self, expected: &[String], among: bool) -> Result<(), String> {
        let found = match &self.looked_at {
            Some(LookedAt::Answer(entry)) => labels(entry).concat(),
            Some(LookedAt::Message(id)) => {
                self.stage.settle()?;
                let shown = self.stage.shown(&self.bot, self.chat)?;
                let message = shown.iter().find(|shown| shown.message_id == *id);
                message.map(|shown| shown.labels()).unwrap_or_default()
            }
            None => return Err("кнопки ни под чем не стоят".to_owned()),
        };
        let as_expected = match among {
            true => expected.iter().all(|label| found.contains(label)),
            false => found == expected,
        };
        if as_expected {
            return Ok(());
        }
        Err(format!(
            "ожидались кнопки [{} {} ], а стоят [ {} ]",
            if among { "~" } else { "" },
            expected.join(" | "),
            found.join(" | ")
        ))
    }

    fn press(&mut self, label: &Pattern) -> Result<(), String> {
        // Buttons that are on their way are waited for.
        self.stage.settle()?;
        let shown = self.stage.shown(&self.bot, self.chat)?;
        let found = shown.iter().rev().find_map(|shown| {
            let labels = shown.labels();
            let found = labels.into_iter().find(|found| label.matches(found))?;
            Some((shown.message_id, found))
        });
        let Some((message_id, label)) = found else {
            return Err(format!("нет кнопки «{label}»"));
        };
        let press = Press {
            from: self.chat,
            chat: Some(self.chat),
            message_id: Some(message_id),
            label,
            data: None,
        };
        self.stage.press(&self.bot, press)?;
        self.looked_at = Some(LookedAt::Message(message_id));
        Ok(())
    }
}

/// Both texts, and the first line in which they differ.
fn difference(expected: &Pattern, came: &str) -> String {
    let Pattern::Exact(exact) = expected else {
        return format!(
            "пришло не то\n    ожидалось, по выражению: {expected}\n    пришло: {came}"
        );
    };
    let mut text = format!("пришло не то\n    ожидалось: {exact}\n    пришло:    {came}");
    if exact.contains('\n') || came.contains('\n') {
        let number = exact
            .lines()
            .zip(came.lines())
            .take_while(|(one, other)| one == other)
            .count();
        text.push_str(&format!("\n    расходятся в строке {} ответа", number + 1));
    }
    text
}
