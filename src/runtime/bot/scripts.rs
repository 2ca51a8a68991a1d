//! An update that needs a script, in the queue of its conversation.
//!
//! ```text
//! turns --Task--> queue of (chat, sender) --job--> pool thread --outcome--> resume --one commit--> courier
//! ```
//!
//! The update is committed as waiting first. Its queue then runs the script, lets the rules go on with the
//! outcome, and commits conversation, answers, what the script wrote and sent, and "update done"
//! together: under the write lease on the script's own thread where it wrote, as any other job where it
//! did not.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tokio::sync::oneshot;

use super::commit::{self, Committed, Fresh, Item, Plan, Receipt};
use super::core::BotCore;
use super::decide::{self, Case, Decided, Ended, Scratch};
use super::queues::{Started, Task, Waiting, Work};
use super::script_end::{caller_of, party};
use super::{courier, script_end, settle};
use crate::dialogue::{self, Facts, Incoming};
use crate::model::{
    Backoff, ConversationKey, Locale, Moment, Outgoing, ScriptFailure, ScriptOutcome,
    TelegramBotId, UpdateId,
};
use crate::runtime::hooks::{self, Point};
use crate::runtime::jobs;
use crate::runtime::log::hashed;
use crate::runtime::scripts::{Finish, Lost, Ran};
use crate::scripting::{Caller, CallerFile};
use crate::store::StoreError;
use crate::store::inbox::{UpdateKey, UpdateState};
use crate::telegram::{ApiError, ChatAction};

/// Scripts of one bot that may wait for their turn (design: "Limits"); beyond it people read `busy`.
const QUEUE_MAX: usize = 100;
/// A run that lasts so long is announced in the chat, and again while it lasts: Telegram shows it for
/// five seconds.
const TYPING_AFTER: Duration = Duration::from_secs(1);
const TYPING_EVERY: Duration = Duration::from_secs(4);
/// How often a run is made again when the database failed it.
const TRIES_MAX: u32 = 5;
/// How often an update is decided again because somebody was faster: each time somebody else has decided
/// something, and one request has few who do.
const DECIDED_MAX: u32 = 20;
/// The waits before that.
const RETRY: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));

/// Puts an update into the queue of its conversation; one that is idle begins to work.
pub fn enqueue(core: &Rc<BotCore>, key: ConversationKey, task: Task) {
    let Some(task) = core.queues.put(key, task) else {
        return;
    };
    let core = core.clone();
    let guard = core.watch.guard();
    actix::spawn(async move {
        let _guard = guard;
        let mut next = Some(task);
        while let Some(task) = next {
            let done = perform(&core, key, task).await;
            core.queues.taken();
            if !done || core.stopping.get() {
                // What is left waits in the table for the next start.
                core.queues.close(&key);
                return;
            }
            next = core.queues.next(&key);
        }
    });
}

/// Handles one waiting update to its end. False when it stays waiting: the node or the bot is ending.
pub async fn perform(core: &Rc<BotCore>, key: ConversationKey, task: Task) -> bool {
    let Task { waiting, mut work } = task;
    let mut decided = 0;
    loop {
        let last = decided >= DECIDED_MAX;
        decided += 1;
        let handled = match work {
            Work::Script(started) => run_to_end(core, key, &waiting, &started).await,
            Work::Decide => match decide_alone(core, key, &waiting, last).await {
                Ok(handled) => handled,
                Err(started) => run_to_end(core, key, &waiting, &started).await,
            },
        };
        match handled {
            Handled::Done => return true,
            Handled::Ending => return false,
            Handled::Stale => work = Work::Decide,
        }
    }
}

/// What handling an update came to.
enum Handled {
    Done,
    Ending,
    /// Somebody was faster: it is to be decided again.
    Stale,
}

/// Decides an update alone, with all that it wants to see, and commits it. An error is the script that
/// has to run first. `last`: it is not decided again, whoever was faster.
async fn decide_alone(
    core: &Rc<BotCore>,
    key: ConversationKey,
    waiting: &Waiting,
    last: bool,
) -> Result<Handled, Box<Started>> {
    let (update_id, incoming) = (waiting.update_id, &waiting.incoming);
    let (store, now) = (&core.shared.store, core.clock().now());
    let read = jobs::conversations::read_case(store, &core.code, key, incoming, now).await;
    let Some((conversation, choice, facts)) = read else {
        return Ok(Handled::Ending);
    };
    let case = Case {
        conversation: &conversation,
        choice: choice.as_ref(),
        facts: &facts,
        incoming,
    };
    let item = match decide::decide_case(core, key, &case, update_id) {
        Decided::Item(item) => item.with_receipt(Receipt::Finish { update_id }),
        Decided::Script(started) => return Err(started),
    };
    hooks::pass(Point::Decided);
    let plan = Plan {
        next_offset: None,
        items: item.and_parts(&waiting.with),
    };
    if last || facts == Facts::Nothing {
        let done = settle::commit(core, plan, waiting.received_at).await;
        return Ok(if done { Handled::Done } else { Handled::Ending });
    }
    Ok(match commit::commit_fresh(core, plan).await {
        Fresh::Written(committed) => {
            settle::settle(core, committed, waiting.received_at);
            Handled::Done
        }
        Fresh::Stale => Handled::Stale,
        Fresh::Ending => Handled::Ending,
    })
}

/// Runs the script of an update and commits what it came to.
async fn run_to_end(
    core: &Rc<BotCore>,
    key: ConversationKey,
    waiting: &Waiting,
    started: &Started,
) -> Handled {
    let update_id = waiting.update_id;
    let mut tries = 0;
    loop {
        tries += 1;
        match attempt(core, key, waiting, started, tries).await {
            Attempt::Done => return Handled::Done,
            Attempt::Ending => return Handled::Ending,
            Attempt::Stale => return Handled::Stale,
            Attempt::Outage(error) => {
                if core.stopping.get() {
                    return Handled::Ending;
                }
                tracing::warn!(bot = %core.code, update = update_id.0, "the database failed a script; it runs again: {error}");
                tokio::time::sleep(RETRY.pause(tries)).await;
                // The commit may have happened though its answer was lost.
                match jobs::updates::is_pending(&core.shared.store, core.update_key(update_id))
                    .await
                {
                    Some(true) => {}
                    Some(false) => {
                        settle::remember_open(core, key);
                        core.courier.do_send(courier::Reload);
                        return Handled::Done;
                    }
                    None => return Handled::Ending,
                }
            }
        }
    }
}

enum Attempt {
    Done,
    /// What it was decided by has changed meanwhile.
    Stale,
    Ending,
    Outage(StoreError),
}

/// Runs the script once and commits what it came to.
async fn attempt(
    core: &Rc<BotCore>,
    key: ConversationKey,
    waiting: &Waiting,
    started: &Started,
    tries: u32,
) -> Attempt {
    let Waiting {
        update_id,
        ref with,
        received_at,
        ref incoming,
        marked,
    } = *waiting;
    let caller = match caller(core, update_id, incoming, started).await {
        Some(caller) => caller,
        None => return Attempt::Ending,
    };
    let mut ran = match run_in_turn(core, started, caller, marked).await {
        Some(ran) => ran,
        None => return Attempt::Ending,
    };
    if core.cancel.load(Ordering::SeqCst) {
        // Cancelled by the end of the bot, not by its author: it runs again at the next start.
        return Attempt::Ending;
    }
    hooks::pass(Point::ScriptRan);
    for line in &ran.trace {
        tracing::debug!(bot = %core.code, chat = %hashed(key.chat), "script: {line}");
    }
    // A check that found nobody is undone whole: dropping the way to its thread does that.
    let finish = ran
        .finish
        .take()
        .filter(|_| !script_end::is_failed_check(started, &ran.outcome));
    let plan = |outcome: ScriptOutcome, sends: Vec<Outgoing>| {
        let ended = Ended {
            outcome,
            sends,
            offers: ran.offers.clone(),
            instructions: ran.instructions,
            wall: ran.wall,
            trace: &ran.trace,
        };
        let mut item = Item::new(Receipt::Finish { update_id }, Some(key), UpdateState::Done);
        let ready = decide::after_script(core, started, incoming, ended);
        ready.enter(core, key, &mut item, &mut Scratch::default());
        Plan {
            next_offset: None,
            items: item.and_parts(with),
        }
    };
    let Some(finish) = finish else {
        let plan = plan(ran.outcome, std::mem::take(&mut ran.sends));
        return commit_attempt(core, started, plan, received_at).await;
    };
    let error = match commit_under(
        core,
        plan(ran.outcome, std::mem::take(&mut ran.sends)),
        finish,
    )
    .await
    {
        Ok(committed) => return done(core, committed, received_at),
        Err(error) => error,
    };
    let failure = match &error {
        StoreError::Closed | StoreError::LeaseLost => return Attempt::Ending,
        StoreError::Stale { .. } if started.pending.is_check() => return Attempt::Stale,
        StoreError::LendExpired { .. } => ScriptFailure::Limit {
            brief: "запись длилась слишком долго и отменена".to_owned(),
            whole: error.to_string(),
        },
        _ if error.is_outage() && tries < TRIES_MAX => return Attempt::Outage(error),
        _ => {
            tracing::error!(bot = %core.code, update = update_id.0, "what a script wrote could not be committed: {error}");
            ScriptFailure::Error(error.to_string())
        }
    };
    let outcome = ScriptOutcome {
        messages: Vec::new(),
        reply: Err(failure),
    };
    commit_attempt(core, started, plan(outcome, Vec::new()), received_at).await
}

async fn commit_attempt(
    core: &Rc<BotCore>,
    started: &Started,
    plan: Plan,
    received_at: Moment,
) -> Attempt {
    if started.pending.is_check() {
        return match commit::commit_fresh(core, plan).await {
            Fresh::Written(committed) => done(core, committed, received_at),
            Fresh::Stale => Attempt::Stale,
            Fresh::Ending => Attempt::Ending,
        };
    }
    match commit::commit(core, plan).await {
        Some(committed) => done(core, committed, received_at),
        None => Attempt::Ending,
    }
}

fn done(core: &Rc<BotCore>, committed: Committed, received_at: Moment) -> Attempt {
    settle::settle(core, committed, received_at);
    Attempt::Done
}

/// Waits for the bot's turn and runs the script; the chat shows that something is being done. A bot
/// whose queue is full answers `busy` at once.
async fn run_in_turn(
    core: &Rc<BotCore>,
    started: &Started,
    caller: Caller,
    marked: bool,
) -> Option<Ran> {
    let busy = || Ran {
        outcome: ScriptOutcome {
            messages: Vec::new(),
            reply: Err(ScriptFailure::Busy),
        },
        sends: Vec::new(),
        offers: Vec::new(),
        instructions: 0,
        wall: Duration::ZERO,
        trace: Vec::new(),
        finish: None,
    };
    if core.scripts_waiting.get() >= QUEUE_MAX {
        core.shared.metrics.script_refused();
        return Some(busy());
    }
    core.scripts_waiting.set(core.scripts_waiting.get() + 1);
    let permit = core.script_permits.acquire().await;
    core.scripts_waiting.set(core.scripts_waiting.get() - 1);
    let _permit = permit.ok()?;
    if core.cancel.load(Ordering::SeqCst) {
        return None;
    }
    let (chat, thread) = (caller.chat, caller.thread);
    // A script that brings the process down, or does not end with it, is counted against its update.
    let held = caller
        .update
        .filter(|_| marked)
        .map(|(bot, update)| core.shared.handler_marks.hold(UpdateKey { bot, update }));
    let run = core.shared.scripts.run(
        Arc::clone(&started.library),
        started.request.clone(),
        caller,
        Arc::clone(&core.cancel),
    );
    tokio::pin!(run);
    let mut wait = TYPING_AFTER;
    let ended = loop {
        tokio::select! {
            ended = &mut run => break ended?,
            () = tokio::time::sleep(wait) => {
                wait = TYPING_EVERY;
                let core = core.clone();
                actix::spawn(async move {
                    // Nothing depends on it.
                    let _ = core.api.send_chat_action(chat.0, thread, ChatAction::Typing).await;
                });
            }
        }
    };
    let ran = match ended {
        Ok(ran) => ran,
        Err(Lost::Cancelled | Lost::Writing) => {
            if let Some(held) = held {
                held.stand();
            }
            return None;
        }
        Err(Lost::Overdue) => given_up(started.bot.locale, core.shared.settings.scripts.time_ms),
    };
    core.shared.metrics.script_ran(ran.wall);
    Some(ran)
}

/// What a run that did not end at its limit of time came to.
fn given_up(locale: Locale, time_ms: u32) -> Ran {
    let (brief, more) = match locale {
        Locale::Ru => ("превышено время выполнения", "мс; само не завершилось"),
        Locale::En => ("the run took too long", "ms; it did not end by itself"),
    };
    Ran {
        outcome: ScriptOutcome {
            messages: Vec::new(),
            reply: Err(ScriptFailure::Limit {
                brief: brief.to_owned(),
                whole: format!("{brief}: {time_ms} {more} (scripts.time_ms)"),
            }),
        },
        sends: Vec::new(),
        offers: Vec::new(),
        instructions: 0,
        wall: Duration::from_millis(time_ms.into()),
        trace: vec![
            "выполнение не завершилось и оставлено; подробности в журнале сервера".to_owned(),
        ],
        finish: None,
    }
}

/// Who asks and where. `None`: the node is ending.
async fn caller(
    core: &BotCore,
    update_id: UpdateId,
    incoming: &Incoming,
    started: &Started,
) -> Option<Caller> {
    let bot = &started.bot;
    let party = party(core, incoming);
    let facts = match &party {
        Some(party) => core.shared.directory.facts(party).await?,
        None => Arc::default(),
    };
    let mut caller = caller_of(core, incoming, bot, party, &facts);
    // A check sees what came with the data, not with the press that confirmed them.
    let data = dialogue::data_of(&started.conversation).filter(|_| started.pending.is_check());
    let came: Vec<(&str, &str, Option<u64>, &str)> = match data {
        Some(data) => {
            caller.phone = data.phone.clone().or(caller.phone);
            let files = data.files.iter();
            files
                .map(|file| (&*file.id, &*file.name, file.size, &*file.mime))
                .collect()
        }
        None => {
            let files = incoming.files.iter();
            files
                .map(|file| (&*file.id, &*file.name, file.size, &*file.mime))
                .collect()
        }
    };
    if !came.is_empty() {
        let is_read = core.shared.scripts.library().reads_files();
        caller.files = files(core, &came, is_read).await;
    }
    caller.update = Some((TelegramBotId(core.api.bot_id()), update_id));
    Some(caller)
}

/// The files that came with a message (id, name, size, MIME type), each with what is in it where some
/// algorithm reads that.
async fn files(
    core: &BotCore,
    came: &[(&str, &str, Option<u64>, &str)],
    is_read: bool,
) -> Vec<CallerFile> {
    let mut files = Vec::with_capacity(came.len());
    for &(id, name, size, mime) in came {
        let content = if is_read {
            match fetch(core, id).await {
                Ok(content) => Some(content),
                Err(error) => {
                    tracing::warn!(
                        bot = %core.code,
                        code = error.code(),
                        "a file of a message was not fetched; its Содержимое is empty: {error}"
                    );
                    None
                }
            }
        } else {
            None
        };
        files.push(CallerFile {
            name: name.to_owned(),
            size,
            mime: mime.to_owned(),
            content,
        });
    }
    files
}

async fn fetch(core: &BotCore, id: &str) -> Result<bytes::Bytes, ApiError> {
    let info = core.api.get_file(id).await?;
    let path = info.path.ok_or(ApiError::FileTooLarge { limit: None })?;
    // What a run could not hold is not fetched, however much the settings let through.
    let most = u64::from(core.shared.settings.scripts.memory_mb) << 20;
    core.api.download_all(&path, most).await
}

/// Commits on the script's own thread, together with what it wrote.
async fn commit_under(
    core: &BotCore,
    plan: Plan,
    finish: SyncSender<Finish>,
) -> Result<Committed, StoreError> {
    let writing = commit::prepare(core, plan)?;
    let unit = writing.unit();
    let (reply, answer) = oneshot::channel();
    let work: Finish = Box::new(move |mut lent| {
        let outcome = lent
            .run(|conn| commit::write_unit(&unit, conn))
            .and_then(|new| lent.commit().map(|()| new));
        // Whoever asked may have been cancelled; the row then tells.
        let _ = reply.send(outcome);
    });
    let expired = || StoreError::LendExpired {
        limit_ms: core.shared.settings.scripts.write_limit_ms.into(),
    };
    finish.send(work).map_err(|_| expired())?;
    // The thread gave up waiting for us and undid everything.
    let new = answer.await.map_err(|_| expired())??;
    Ok(writing.committed(new))
}
