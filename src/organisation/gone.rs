//! Bots that an application would delete: a wrong folder must not empty a database. What goes with each of
//! them is counted, so that who deletes one knows what he does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::apply::{Gone, Present};
use super::diff::{Diff, Sign};
use super::files::{BOTS, DefinitionFile, FileKind, Given};
use crate::model::{BotCode, Level, Problem};
use crate::source::{Document, text_of};

/// What is lost with a bot.
struct Loss {
    keywords: usize,
    registrations: usize,
    messages: i64,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ключевых слов — {}, регистраций — {}, ждущих сообщений — {}",
            self.keywords, self.registrations, self.messages
        )
    }
}

fn loss(code: &BotCode, present: &Present) -> Loss {
    let file = present
        .files
        .values()
        .find(|file| is_bot(file) && code_of(file).as_ref() == Some(code));
    let registrations = present.data.registrations.iter();
    Loss {
        keywords: file.map_or(0, keywords_of),
        registrations: registrations
            .filter(|((bot, _), party)| bot == code && party.is_some())
            .count(),
        messages: present.waiting.get(code).copied().unwrap_or(0),
    }
}

fn is_bot(file: &DefinitionFile) -> bool {
    FileKind::of(&file.path) == Some(FileKind::Bot)
}

/// The code in the file of a bot.
fn code_of(file: &DefinitionFile) -> Option<BotCode> {
    let (_, table) = Document::parse("", text_of(&file.bytes).ok()?);
    table
        .get_ref()
        .get("code")?
        .get_ref()
        .as_str()
        .map(BotCode::new)
}

fn keywords_of(file: &DefinitionFile) -> usize {
    let Ok(text) = text_of(&file.bytes) else {
        return 0;
    };
    let (_, table) = Document::parse("", text);
    let records = table.get_ref().get("keyword");
    records
        .and_then(|records| records.get_ref().as_array())
        .map_or(0, |records| records.len())
}

/// The error of a whole folder without a bot where the database has bots. No flag makes it right: the
/// last bot is switched off, not deleted.
pub(super) fn no_bots(given: &Given, present: &Present) -> Option<Problem> {
    const NAMED: usize = 5;
    let live: Vec<&str> = present
        .bots
        .iter()
        .filter(|row| !row.deleted)
        .map(|row| row.code.as_str())
        .collect();
    if !given.whole || given.has_bots() || live.is_empty() {
        return None;
    }
    let mut names = live[..live.len().min(NAMED)].join(", ");
    if live.len() > NAMED {
        names.push_str(", …");
    }
    let hint = match &given.elsewhere {
        Some(folder) => format!("возможно, имелась в виду папка {}", folder.display()),
        None => "укажите папку организации: ту, в которой лежит папка bots. Чтобы бот не работал, напишите в его файле enabled = false".to_owned(),
    };
    Some(
        Problem::of_file(
            Level::Error,
            "no-bots",
            BOTS,
            format!(
                "в этой папке нет ни одного файла бота, а в базе ботов — {}: {names}",
                live.len()
            ),
        )
        .hint(hint),
    )
}

/// With [`Gone::Keep`]: what was given together with the files of the bots that it lacks, and a finding
/// for each of them.
pub(super) fn with_kept<'g>(
    given: &'g Given,
    present: &Present,
    gone: Gone,
) -> (Cow<'g, Given>, Vec<Problem>) {
    if gone != Gone::Keep || !given.whole || !given.has_bots() {
        return (Cow::Borrowed(given), Vec::new());
    }
    let here: BTreeSet<BotCode> = given
        .files
        .values()
        .filter(|file| is_bot(file))
        .filter_map(code_of)
        .collect();
    let live: BTreeSet<&BotCode> = present
        .bots
        .iter()
        .filter(|row| !row.deleted)
        .map(|row| &row.code)
        .collect();
    let mut whole = Cow::Borrowed(given);
    let mut findings = Vec::new();
    for file in present.files.values().filter(|file| is_bot(file)) {
        let Some(code) = code_of(file).filter(|code| live.contains(code) && !here.contains(code))
        else {
            continue;
        };
        if given.files.contains_key(&file.path) {
            continue;
        }
        whole.to_mut().files.insert(file.path.clone(), file.clone());
        findings.push(
            Problem::of_file(
                Level::Warning,
                "bot-kept",
                &file.path,
                format!(
                    "файла бота {code} в папке нет, бот оставлен как был: {}",
                    loss(&code, present)
                ),
            )
            .hint("верните файл; удалить бота: vestnik apply ПАПКА --delete-bots"),
        );
    }
    (whole, findings)
}

/// Whether the file that a bot came from is not among these.
pub(super) fn has_no_file(
    code: &BotCode,
    files: &BTreeMap<String, DefinitionFile>,
    present: &Present,
) -> bool {
    let mut own = present
        .files
        .values()
        .filter(|file| is_bot(file) && code_of(file).as_ref() == Some(code));
    own.all(|file| !files.contains_key(&file.path))
}

/// The error of an application that would delete a bot and was not told to.
pub(super) fn refusal(code: &BotCode, given: &Given, present: &Present) -> Problem {
    let path = present
        .files
        .values()
        .find(|file| is_bot(file) && code_of(file).as_ref() == Some(code))
        .map_or(BOTS, |file| file.path.as_str());
    let loss = loss(code, present);
    let now = given.files.get(path).and_then(code_of);
    let message = match now {
        Some(now) => format!("в этом файле теперь бот {now}, а бот {code} был бы удалён: {loss}"),
        None => format!("файла в папке нет, бот {code} был бы удалён: {loss}"),
    };
    Problem::of_file(Level::Error, "bot-gone", path, message)
        .hint("верните бота; если его и правда нужно удалить, повторите с ключом --delete-bots")
}

/// Says in the difference what goes with each bot that is deleted.
pub(super) fn announce(gone: &[BotCode], present: &Present, difference: &mut Diff) {
    for code in gone {
        let object = format!("бот {code}");
        let loss = loss(code, present).to_string();
        let told = difference.changes.iter_mut().find(|change| {
            change.sign == Sign::Removed
                && change.object == object
                && (change.detail.is_empty() || change.detail.starts_with("ключевых слов"))
        });
        match told {
            Some(change) => change.detail = loss,
            None => difference.push(Sign::Removed, object, loss),
        }
    }
}
