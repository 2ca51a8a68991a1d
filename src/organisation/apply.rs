//! Files into the database: all or nothing, idempotent, beside a running server too.
//!
//! Reading, checking and comparing happen outside the writer, so that a large organisation does not
//! hold up anybody's messages; one short job then writes files, bots and data together. When somebody
//! else applied in between, the work is done again on what is there now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::check::check;
use super::definitions::{BotDefinition, Definitions, TokenSource};
use super::diff::{Diff, Sign, diff};
use super::files::{DefinitionFile, FileKind, Given, PARTIES};
use super::gone;
use super::read::{Known, read};
use super::seed::{Data, SeedChange, seed_changes};
use super::tokens::{SEALED, Sealing, TokenSeal, foreign_seal, seal_file, sealed_token};
use crate::model::{
    Audited, BotCode, By, Change, Channel, Moment, Problem, Registration, sort_problems,
};
use crate::store::unit_of_work::{self, Stamp};
use crate::store::{self, Conn, Ids, Key, Store, StoreError};

/// What becomes of bots that a whole folder lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// The application is refused: the folder may be the wrong one.
    Refuse,
    /// They are deleted, and the difference says what goes with them.
    Delete,
    /// They stay as they are, and a finding says so.
    Keep,
}

/// How files are applied.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// Only tell what would change.
    pub dry_run: bool,
    /// Leave `parties.toml` alone where its text is the same as at the last application: at start,
    /// where what people changed since must stay.
    pub only_changed: bool,
    /// Tell nobody that his chat is linked now.
    pub quiet: bool,
    /// What becomes of bots that are gone.
    pub gone: Gone,
    /// Now.
    pub at: Moment,
    /// By whom.
    pub by: By,
}

/// What an application came to.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// What changed, or would.
    pub diff: Diff,
    /// Warnings and notes of the check; none of them an error. Empty when no file changed.
    pub findings: Vec<Problem>,
    /// The revision that was made; `None`: no file changed, or only data, or it was a rehearsal.
    pub revision: Option<i64>,
    /// Chats that are linked now and were not before.
    pub registered: Vec<Registration>,
}

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The files are at fault.
    #[error("файлы организации не приняты:\n{}", crate::model::render_problems(.0).trim_end())]
    Refused(Vec<Problem>),
    /// The database is.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody else applied at the same moment this often before we give up.
const TRIES: usize = 10;

impl TokenSeal for Key {
    fn seal(&self, bot: &str, token: &str) -> Result<String, String> {
        Key::seal(self, token, &store::bots::token_context(&BotCode::new(bot)))
            .map_err(|error| error.to_string())
    }

    fn open(&self, bot: &str, sealed: &str) -> Option<zeroize::Zeroizing<String>> {
        self.unseal(sealed, &store::bots::token_context(&BotCode::new(bot)))
            .ok()
            .map(|secret| zeroize::Zeroizing::new(secret.expose().to_owned()))
    }
}

/// Applies files. Blocks: for the command line and for start.
///
/// # Errors
/// [`ApplyError::Refused`] with everything that is wrong, or an outage. Then nothing has changed.
pub fn apply(store: &Store, given: &Given, options: &ApplyOptions) -> Result<Applied, ApplyError> {
    for _ in 0..TRIES {
        let present = store.read_blocking(|conn| conn.savepoint(present))?;
        let (given, kept) = gone::with_kept(given, &present, options.gone);
        let Some(mut plan) = plan(store.key(), &given, &present, options)? else {
            return Ok(Applied {
                findings: kept,
                ..Applied::default()
            });
        };
        plan.applied.findings.extend(kept);
        if options.dry_run || plan.is_empty() {
            return Ok(plan.applied);
        }
        let (version, at, by) = (present.version, options.at, options.by.clone());
        let ids = store.ids().clone();
        let plan = Arc::new(plan);
        let job_plan = Arc::clone(&plan);
        match store.write_blocking(move |conn| write(conn, &job_plan, version, &ids, at, &by)) {
            Ok(revision) => {
                let mut applied = plan.applied.clone();
                applied.revision = revision;
                return Ok(applied);
            }
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(stale().into())
}

/// What is in the database before an application.
pub(super) struct Present {
    version: i64,
    pub(super) files: BTreeMap<String, DefinitionFile>,
    pub(super) bots: Vec<store::bots::BotRecord>,
    pub(super) data: Data,
    /// Messages of each bot that wait to be sent.
    pub(super) waiting: BTreeMap<BotCode, i64>,
}

fn present(conn: &mut Conn) -> Result<Present, StoreError> {
    Ok(Present {
        version: store::meta::definitions_version(conn)?,
        files: stored_files(conn)?,
        bots: store::bots::list(conn)?,
        data: data(conn)?,
        waiting: store::messages::waiting_by_bot(conn)?,
    })
}

/// The files in force.
pub(super) fn stored_files(
    conn: &mut Conn,
) -> Result<BTreeMap<String, DefinitionFile>, StoreError> {
    Ok(store::definitions::files(conn)?
        .into_iter()
        .map(|file| {
            let kept = DefinitionFile {
                path: file.path.clone(),
                bytes: file.bytes.into(),
            };
            (file.path, kept)
        })
        .collect())
}

/// Parties and registrations.
pub(super) fn data(conn: &mut Conn) -> Result<Data, StoreError> {
    Ok(Data {
        groups: store::parties::groups(conn)?
            .into_iter()
            .map(|group| (group.code.clone(), group))
            .collect(),
        parties: store::parties::list(conn)?
            .into_iter()
            .map(|party| (party.reference.clone(), party))
            .collect(),
        registrations: store::registrations::list(conn)?
            .into_iter()
            .map(|stored| {
                let Registration { bot, chat, party } = stored.registration;
                let party = stored.revoked_at.is_none().then_some(party);
                ((bot, chat), party)
            })
            .collect(),
    })
}

/// What is to be written.
struct Plan {
    applied: Applied,
    files: Vec<store::definitions::FileChange>,
    bots: Vec<store::bots::BotDefinition>,
    gone: Vec<BotCode>,
    seeds: Vec<SeedChange>,
    quiet: bool,
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.files.is_empty()
            && self.seeds.is_empty()
            && self.bots.is_empty()
            && self.gone.is_empty()
    }
}

/// Works out what changes. `None`: nothing was given that differs.
fn plan(
    key: &Key,
    given: &Given,
    present: &Present,
    options: &ApplyOptions,
) -> Result<Option<Plan>, ApplyError> {
    let mut problems = given.problems.clone();
    problems.extend(gone::no_bots(given, present));
    if problems.iter().any(Problem::is_error) {
        return Err(refused(problems));
    }
    // Tokens first: only then can texts be compared with what is kept.
    let mut kept: BTreeMap<String, DefinitionFile> = BTreeMap::new();
    for (path, file) in &given.files {
        let before = present.files.get(path).map(|file| &*file.bytes);
        let bytes = match seal_file(file, before, key) {
            Sealing::Unchanged => file.bytes.clone(),
            Sealing::Sealed(bytes) => bytes.into(),
            Sealing::Foreign => {
                let text = std::str::from_utf8(&file.bytes).unwrap_or_default();
                problems.push(foreign_seal(path, text));
                continue;
            }
            Sealing::Failed(message) => {
                return Err(ApplyError::Store(StoreError::other(message)));
            }
        };
        kept.insert(
            path.clone(),
            DefinitionFile {
                path: path.clone(),
                bytes,
            },
        );
    }
    let same = |path: &str| {
        kept.get(path).map(|file| &file.bytes) == present.files.get(path).map(|file| &file.bytes)
    };
    let parties_given = given.files.contains_key(PARTIES);
    let reseed = parties_given && !(options.only_changed && same(PARTIES));
    let nothing_changed = problems.iter().all(|problem| !problem.is_error())
        && kept.keys().all(|path| same(path))
        && (!given.whole || present.files.keys().all(|path| kept.contains_key(path)));
    if nothing_changed && !reseed {
        return Ok(None);
    }

    // What will be there: for reading as people wrote it, for keeping with sealed tokens.
    let mut texts = given.files.clone();
    if !given.whole {
        for (path, file) in &present.files {
            texts.entry(path.clone()).or_insert_with(|| file.clone());
        }
    }
    let known = Known {
        parties: present.data.parties.keys().cloned().collect(),
        groups: present.data.groups.keys().cloned().collect(),
    };
    let reading = read(&texts, &known);
    problems.extend(reading.problems);
    if problems.iter().any(Problem::is_error) {
        problems.extend(check(&reading.definitions, &texts));
        // All in one go; but a bot whose file is there and has errors is not gone.
        let gone = gone_bots(&reading.definitions, present).into_iter();
        if options.gone != Gone::Delete {
            problems.extend(
                gone.filter(|code| gone::has_no_file(code, &texts, present))
                    .map(|code| gone::refusal(&code, given, present)),
            );
        }
        return Err(refused(problems));
    }
    let mut definitions = reading.definitions;
    if !nothing_changed {
        problems.extend(check(&definitions, &texts));
    }
    // A million records take a third of a gigabyte, and nothing below looks at them.
    for bot in &mut definitions.bots {
        bot.keywords = Vec::new();
    }
    sort_problems(&mut problems);

    // Programs that no algorithm names are not kept.
    let named: BTreeSet<&str> = definitions
        .algorithms
        .iter()
        .map(|algorithm| algorithm.file.value.as_str())
        .collect();
    let is_kept =
        |path: &str| FileKind::of(path) != Some(FileKind::Program) || named.contains(path);
    let after: BTreeMap<String, DefinitionFile> = texts
        .iter()
        .filter(|(path, _)| is_kept(path))
        .map(|(path, file)| (path.clone(), kept.get(path).unwrap_or(file).clone()))
        .collect();

    let mut difference = diff(&present.files, &after);
    let mut files = Vec::new();
    for (path, file) in &after {
        if present.files.get(path).map(|file| &file.bytes) != Some(&file.bytes) {
            files.push(store::definitions::FileChange::Put {
                path: path.clone(),
                bytes: file.bytes.to_vec(),
            });
        }
    }
    for path in present
        .files
        .keys()
        .filter(|path| !after.contains_key(*path))
    {
        files.push(store::definitions::FileChange::Delete { path: path.clone() });
    }
    let bots = changed_bots(&definitions, &after, present, &mut difference);
    let gone = gone_bots(&definitions, present);
    if options.gone == Gone::Delete {
        gone::announce(&gone, present, &mut difference);
    } else if !gone.is_empty() {
        problems.extend(gone.iter().map(|code| gone::refusal(code, given, present)));
        return Err(refused(problems));
    }
    let seeds = if reseed {
        seed_changes(&definitions.parties, &present.data, &mut difference)
    } else {
        Vec::new()
    };
    let registered = new_registrations(&seeds, &present.data);
    Ok(Some(Plan {
        applied: Applied {
            diff: difference,
            findings: problems,
            revision: None,
            registered,
        },
        files,
        bots,
        gone,
        seeds,
        quiet: options.quiet,
    }))
}

fn refused(mut problems: Vec<Problem>) -> ApplyError {
    sort_problems(&mut problems);
    ApplyError::Refused(problems)
}

fn new_registrations(seeds: &[SeedChange], data: &Data) -> Vec<Registration> {
    seeds
        .iter()
        .filter_map(|change| match change {
            SeedChange::Register(registration)
                if !data
                    .registrations
                    .contains_key(&(registration.bot.clone(), registration.chat)) =>
            {
                Some(registration.clone())
            }
            _ => None,
        })
        .collect()
}

/// Bots whose row must follow their file. D30: an operator's on or off stands over the file's
/// `enabled` until the file changes it; the difference says so.
fn changed_bots(
    definitions: &Definitions,
    after: &BTreeMap<String, DefinitionFile>,
    present: &Present,
    difference: &mut Diff,
) -> Vec<store::bots::BotDefinition> {
    let rows: BTreeMap<&BotCode, &store::bots::BotRecord> =
        present.bots.iter().map(|row| (&row.code, row)).collect();
    let mut changed = Vec::new();
    for bot in &definitions.bots {
        let code = &bot.code.value;
        let file = after.get(&bot.file);
        let before = present.files.get(&bot.file);
        let row = rows.get(code).filter(|row| !row.deleted);
        if before.map(|file| &file.bytes) == file.map(|file| &file.bytes) && row.is_some() {
            continue;
        }
        if let Some(row) = row
            && row.enabled != bot.enabled
        {
            let state = if row.enabled {
                "включён"
            } else {
                "выключен"
            };
            difference.push(
                Sign::Note,
                format!("бот {code}"),
                format!(
                    "сейчас {state} вручную; enabled = {} подействует, только если строка изменилась",
                    bot.enabled
                ),
            );
        }
        let Some(token) = row_token(bot, file) else {
            continue;
        };
        changed.push(store::bots::BotDefinition {
            code: code.clone(),
            channel: Channel::Telegram,
            token,
            enabled: bot.enabled,
            revision: 0,
        });
    }
    changed
}

fn row_token(
    bot: &BotDefinition,
    kept: Option<&DefinitionFile>,
) -> Option<store::bots::TokenSource> {
    Some(match &bot.token.as_ref()?.value {
        TokenSource::Env(name) => store::bots::TokenSource::Env(name.clone()),
        TokenSource::File(path) => store::bots::TokenSource::File(path.clone()),
        TokenSource::Sealed(sealed) => {
            store::bots::TokenSource::Sealed(format!("{SEALED}{sealed}"))
        }
        // The text that is kept has the sealed form already.
        TokenSource::Literal(_) => store::bots::TokenSource::Sealed(sealed_token(&kept?.bytes)?),
    })
}

fn gone_bots(definitions: &Definitions, present: &Present) -> Vec<BotCode> {
    let here: BTreeSet<&BotCode> = definitions.bots.iter().map(|bot| &bot.code.value).collect();
    present
        .bots
        .iter()
        .filter(|row| !row.deleted && !here.contains(&row.code))
        .map(|row| row.code.clone())
        .collect()
}

/// The one job. [`StoreError::Stale`]: somebody else applied since the plan was made.
fn write(
    conn: &mut Conn,
    plan: &Plan,
    version: i64,
    ids: &Ids,
    at: Moment,
    by: &By,
) -> Result<Option<i64>, StoreError> {
    // First, for it locks: then what it says stays true until the commit.
    let raised = store::meta::raise_definitions_version(conn)?;
    if raised != version + 1 {
        return Err(stale());
    }
    let changes = plan.applied.diff.to_string();
    let revision = store::definitions::apply(conn, &plan.files, at, by, "apply")?;
    // A row without a changed file is a bot whose row was lost or marked: it follows the last one.
    let number = match revision {
        Some(revision) => revision,
        None => store::definitions::revisions(conn, 1)?
            .first()
            .map_or(0, |last| last.id),
    };
    for bot in &plan.bots {
        store::bots::apply(
            conn,
            &store::bots::BotDefinition {
                revision: number,
                ..bot.clone()
            },
        )?;
    }
    for code in &plan.gone {
        store::bots::mark_deleted(conn, code, number)?;
    }
    let stamp = Stamp {
        at,
        by,
        quiet: plan.quiet,
        ids,
    };
    let seeds = plan.seeds.iter().map(|seed| match seed {
        SeedChange::PutGroup(group) => Change::PutGroup(group.clone()),
        SeedChange::PutParty(party) => Change::PutParty(party.clone()),
        // Through the seed: a registration that was revoked a moment ago stays revoked.
        SeedChange::Register(registration) => Change::SeedRegistration(registration.clone()),
    });
    let audited = Change::Audit(Audited {
        by: by.clone(),
        action: "apply",
        object: "organisation".to_owned(),
        detail: serde_json::json!({ "revision": revision, "changes": changes }).to_string(),
    });
    for change in seeds.chain([audited]) {
        unit_of_work::write(conn, &stamp, &change)?;
    }
    Ok(revision)
}

fn stale() -> StoreError {
    StoreError::Stale {
        what: "файлы организации".to_owned(),
    }
}
