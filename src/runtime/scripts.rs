//! Scripts of bots: the threads they run on, and a conversation's lane while one runs.
//!
//! ```text
//! turns --Task--> lane of (chat, sender) --job--> pool thread --outcome--> resume --one commit--> courier
//! ```
//!
//! An update that needs a script is committed as waiting first. Its lane then runs the script, lets the
//! rules go on with the outcome, and commits conversation, answers, what the script wrote and sent, and
//! "update done" together: under the write lease on the script's own thread where it wrote, as any other
//! job where it did not. Further updates of the same person in the same chat wait in the lane.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::sync::oneshot;

use super::bot_actor::BotCore;
use super::commit::{self, Audited, Committed, Item, Plan, Receipt};
use super::hooks::{self, Point};
use super::intake::ConversationKey;
use super::outbox;
use super::turns;
use crate::channels::telegram as channel;
use crate::dialogue::{self, Decision, Incoming, Pending, Scripts};
use crate::model::{
    Bot, BotCode, ChoiceId, Conversation, IdSource, MessageKey, Moment, OpenChoice, Outgoing,
    OutgoingBody, PartyRef, ScriptFailure, ScriptOutcome, ScriptProgram, ScriptReply,
    ScriptRequest, ScriptVariant, TelegramBotId, UpdateId,
};
use crate::scripting::{self, Algorithm, Caller, Library, Services};
use crate::store::inbox::{UpdateKey, UpdateState};
use crate::store::{By, Lent, StoreError};
use crate::telegram::ChatAction;
use crate::texts::Texts;

/// Threads for scripts. One that waits for an answer over HTTP holds its thread, so there are more
/// than processors; a bot takes at most `scripts.at_once_per_bot` of them.
const THREADS: usize = 16;
/// The language's own limit of depth fits into this many times over.
const STACK_BYTES: usize = 16 << 20;
/// Scripts of one bot that may wait for their turn (design: "Limits"); beyond it people read `busy`.
const QUEUE_MAX: usize = 100;
/// A run that lasts so long is announced in the chat, and again while it lasts: Telegram shows it for
/// five seconds.
const TYPING_AFTER: Duration = Duration::from_secs(1);
const TYPING_EVERY: Duration = Duration::from_secs(4);
/// How often a run is made again when the database failed it.
const TRIES_MAX: u32 = 5;
/// The first wait before that; doubles.
const RETRY_FIRST: Duration = Duration::from_millis(100);

type Job = Box<dyn FnOnce() + Send>;

/// The threads that run scripts, and the algorithms in force.
pub struct ScriptPool {
    jobs: Sender<Job>,
    library: RwLock<Arc<Library>>,
    /// What it was made of.
    made_of: Mutex<(Vec<Algorithm>, Vec<BotCode>)>,
    services: Arc<Services>,
}

impl ScriptPool {
    /// Starts the threads. They end when the pool is dropped.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(services: Services) -> std::io::Result<ScriptPool> {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..THREADS {
            let queue = Arc::clone(&queue);
            std::thread::Builder::new()
                .name(format!("script-{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || work(&queue))?;
        }
        Ok(ScriptPool {
            jobs,
            library: RwLock::new(Arc::new(Library::compile(Vec::new(), &[]))),
            made_of: Mutex::default(),
            services: Arc::new(services),
        })
    }

    /// The algorithms in force.
    pub fn library(&self) -> Arc<Library> {
        self.library.read().clone()
    }

    /// Other algorithms or bots are in force from now on; runs in hand end with those they began with.
    /// Compiles where something is different, so call it on a thread that may block.
    pub fn set(&self, algorithms: Option<Vec<Algorithm>>, bots: &[BotCode]) {
        let mut made_of = self.made_of.lock();
        let algorithms = match algorithms {
            Some(algorithms) => algorithms,
            None if made_of.1 == bots => return,
            None => std::mem::take(&mut made_of.0),
        };
        let library = Library::compile(algorithms.clone(), bots);
        for problem in library.problems() {
            // Only another version can have applied it; people read that it is unavailable.
            tracing::error!(
                file = %problem.file,
                line = problem.line,
                "an algorithm does not compile: {}",
                problem.message
            );
        }
        tracing::info!(algorithms = algorithms.len(), "algorithms compiled");
        *made_of = (algorithms, bots.to_vec());
        *self.library.write() = Arc::new(library);
    }

    /// Runs a short script here and now, where it needs nothing but its input.
    pub fn run_quick(
        &self,
        library: &Library,
        request: &ScriptRequest,
        caller: &Caller,
    ) -> Option<scripting::Run> {
        scripting::run_quick(&self.services, library, request, caller)
    }

    /// Runs a script on a thread of the pool. `None`: the pool is ending.
    async fn run(
        &self,
        library: Arc<Library>,
        request: ScriptRequest,
        caller: Caller,
        cancel: Arc<AtomicBool>,
    ) -> Option<Ran> {
        let services = Arc::clone(&self.services);
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move || {
            let mut run = scripting::run(&services, &library, &request, &caller, &cancel);
            let lent = run.lent.take();
            let (finish, asked) = match &lent {
                None => (None, None),
                Some(_) => {
                    let (finish, asked) = sync_channel::<Finish>(1);
                    (Some(finish), Some(asked))
                }
            };
            let answered = reply.send(Ran {
                outcome: run.outcome,
                sends: run.sends,
                offers: run.offers,
                instructions: run.instructions,
                wall: run.wall,
                trace: run.trace,
                finish,
            });
            // Nobody waits any more: what was written is undone by dropping it.
            if let (Ok(()), Some(lent), Some(asked)) = (answered, lent, asked)
                && let Ok(finish) = asked.recv_timeout(lent.time_left())
            {
                finish(lent);
            }
        });
        self.jobs.send(job).ok()?;
        answer.await.ok()
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting: whoever has it gets the next job.
        let job = queue.lock().recv();
        match job {
            Ok(job) => {
                // `scripting::run` catches the panics of a run; whatever comes through costs its run,
                // whose answer is dropped, and not the thread.
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
                    tracing::error!("a script's thread panicked");
                }
            }
            Err(_) => return,
        }
    }
}

type Finish = Box<dyn FnOnce(Lent) + Send>;

/// A run that has ended.
struct Ran {
    outcome: ScriptOutcome,
    sends: Vec<Outgoing>,
    offers: Vec<(MessageKey, Vec<ScriptVariant>)>,
    instructions: u64,
    wall: Duration,
    trace: Vec<String>,
    /// Where it wrote: the thread waits with the open transaction.
    finish: Option<SyncSender<Finish>>,
}

/// The algorithms as the rules see them.
pub struct LibraryScripts(pub Arc<Library>);

impl Scripts for LibraryScripts {
    fn is_code(&self, text: &str) -> bool {
        self.0.is_code(text)
    }

    fn direct(&self, folded: &str) -> Option<String> {
        self.0.direct(folded).map(str::to_owned)
    }
}

/// A script that a decision asked for, with what is needed to go on.
pub struct Started {
    /// The snapshot that decided.
    pub bot: Arc<Bot>,
    /// The algorithms it decided by.
    pub library: Arc<Library>,
    /// The conversation before.
    pub conversation: Conversation,
    /// The choice that was looked at.
    pub choice: Option<OpenChoice>,
    /// When it was decided.
    pub now: Moment,
    /// The script.
    pub request: ScriptRequest,
    /// Where to go on.
    pub pending: Pending,
}

/// What a lane has to do for an update.
pub enum Work {
    /// Its script was asked for.
    Script(Box<Started>),
    /// It is still to be decided.
    Decide,
}

/// An update in a lane: committed as waiting.
pub struct Task {
    /// Its number.
    pub update_id: UpdateId,
    /// When it came.
    pub received_at: Moment,
    /// What it is.
    pub incoming: Incoming,
    /// What is to be done.
    pub work: Work,
}

/// The lanes of a bot in which a script runs. A lane that is idle is not here.
#[derive(Default)]
pub struct Lanes {
    queues: std::cell::RefCell<std::collections::HashMap<ConversationKey, VecDeque<Task>>>,
    waiting: std::cell::Cell<usize>,
    idle: tokio::sync::Notify,
    fewer: tokio::sync::Notify,
}

impl Lanes {
    /// Whether a script of this lane runs or waits.
    pub fn is_busy(&self, key: &ConversationKey) -> bool {
        self.queues.borrow().contains_key(key)
    }

    /// Updates of a lane that wait behind the one in hand.
    pub fn waiting_of(&self, key: &ConversationKey) -> usize {
        self.queues.borrow().get(key).map_or(0, VecDeque::len)
    }

    /// Waits until no lane is busy.
    pub async fn wait_until_idle(&self) {
        loop {
            let notified = self.idle.notified();
            if self.queues.borrow().is_empty() {
                return;
            }
            notified.await;
        }
    }

    /// Waits until at most so many updates are in the lanes.
    pub async fn wait_until_below(&self, limit: usize) {
        loop {
            let notified = self.fewer.notified();
            if self.waiting.get() < limit {
                return;
            }
            notified.await;
        }
    }

    fn taken(&self) {
        self.waiting.set(self.waiting.get().saturating_sub(1));
        self.fewer.notify_waiters();
    }

    /// The next task of a lane; an empty lane is gone.
    fn next(&self, key: &ConversationKey) -> Option<Task> {
        let mut queues = self.queues.borrow_mut();
        let task = queues.get_mut(key)?.pop_front();
        if task.is_none() {
            queues.remove(key);
            drop(queues);
            self.idle.notify_waiters();
        }
        task
    }

    fn close(&self, key: &ConversationKey) {
        if let Some(left) = self.queues.borrow_mut().remove(key) {
            self.waiting
                .set(self.waiting.get().saturating_sub(left.len()));
        }
        self.idle.notify_waiters();
        self.fewer.notify_waiters();
    }
}

/// Puts an update into its lane; an idle lane begins to work.
pub fn enqueue(core: &Rc<BotCore>, key: ConversationKey, task: Task) {
    let lanes = &core.lanes;
    lanes.waiting.set(lanes.waiting.get() + 1);
    let mut queues = lanes.queues.borrow_mut();
    if let Some(queue) = queues.get_mut(&key) {
        queue.push_back(task);
        return;
    }
    queues.insert(key, VecDeque::new());
    drop(queues);
    let core = core.clone();
    let guard = core.watch.guard();
    actix::spawn(async move {
        let _guard = guard;
        let mut next = Some(task);
        while let Some(task) = next {
            let done = perform(&core, key, task).await;
            core.lanes.taken();
            if !done || core.stopping.get() {
                // What is left waits in the table for the next start.
                core.lanes.close(&key);
                return;
            }
            next = core.lanes.next(&key);
        }
    });
}

/// Handles one waiting update to its end. False when it stays waiting: the node or the bot is ending.
pub async fn perform(core: &Rc<BotCore>, key: ConversationKey, task: Task) -> bool {
    let Task {
        update_id,
        received_at,
        incoming,
        work,
    } = task;
    let started = match work {
        Work::Script(started) => started,
        Work::Decide => {
            let Some((conversation, choice)) = outbox::read_case(core, key, &incoming).await else {
                return false;
            };
            let case = turns::Case {
                conversation: &conversation,
                choice: choice.as_ref(),
                incoming: &incoming,
            };
            match turns::decide_case(core, key, &case, update_id) {
                turns::Decided::Item(item) => {
                    let item = item.with_receipt(Receipt::Finish { update_id });
                    return turns::commit_one(core, item, received_at).await;
                }
                turns::Decided::Script(started) => started,
            }
        }
    };
    let mut tries = 0;
    let mut pause = RETRY_FIRST;
    loop {
        tries += 1;
        match attempt(
            core,
            key,
            update_id,
            received_at,
            &incoming,
            &started,
            tries,
        )
        .await
        {
            Attempt::Done => return true,
            Attempt::Ending => return false,
            Attempt::Outage(error) => {
                if core.stopping.get() {
                    return false;
                }
                tracing::warn!(bot = %core.code, update = update_id.0, "the database failed a script; it runs again: {error}");
                tokio::time::sleep(pause).await;
                pause *= 2;
                // The commit may have happened though its answer was lost.
                match outbox::is_pending(core, update_id).await {
                    Some(true) => {}
                    Some(false) => {
                        turns::remember_open(core, key);
                        core.courier.do_send(super::courier::Reload);
                        return true;
                    }
                    None => return false,
                }
            }
        }
    }
}

enum Attempt {
    Done,
    Ending,
    Outage(StoreError),
}

/// Runs the script once and commits what it came to.
async fn attempt(
    core: &Rc<BotCore>,
    key: ConversationKey,
    update_id: UpdateId,
    received_at: Moment,
    incoming: &Incoming,
    started: &Started,
    tries: u32,
) -> Attempt {
    let caller = match caller(core, update_id, incoming, &started.bot).await {
        Some(caller) => caller,
        None => return Attempt::Ending,
    };
    let mut ran = match run_in_turn(core, started, caller).await {
        Some(ran) => ran,
        None => return Attempt::Ending,
    };
    if core.cancel.load(Ordering::SeqCst) {
        // Cancelled by the end of the bot, not by its author: it runs again at the next start.
        return Attempt::Ending;
    }
    hooks::pass(Point::ScriptRan);
    for line in &ran.trace {
        tracing::debug!(bot = %core.code, chat = %super::log::chat(key.chat), "script: {line}");
    }
    let finish = ran.finish.take();
    let plan = |outcome: ScriptOutcome, sends: Vec<Outgoing>| {
        let audited = audited(
            key,
            &started.bot,
            &started.request,
            &started.pending,
            &outcome,
            ran.instructions,
            ran.wall,
        );
        let mut item = Item::new(Receipt::Finish { update_id }, Some(key), UpdateState::Done);
        let case = turns::Case {
            conversation: &started.conversation,
            choice: started.choice.as_ref(),
            incoming,
        };
        let resumed = catch_unwind(AssertUnwindSafe(|| {
            turns::with_turn(
                core,
                &started.bot,
                &started.library,
                &case,
                started.now,
                |turn| dialogue::resume(turn, started.pending.clone(), outcome),
            )
        }));
        match resumed {
            Ok(Decision::Done { effects, trace }) => {
                turns::apply_alone(core, key, effects, &mut item);
                item.trace = Some(traced(
                    trace.describe(&started.bot),
                    &started.library,
                    &started.request,
                    (ran.instructions, ran.wall),
                    &ran.trace,
                ));
            }
            Ok(Decision::Run { .. }) => {
                turns::give_up(core, key, &mut item, "a second script was asked for");
            }
            Err(panic) => turns::give_up(core, key, &mut item, &turns::panic_text(&*panic)),
        }
        send(core, &started.bot, sends, &ran.offers, &mut item);
        item.changes.audited = audited;
        Plan {
            next_offset: None,
            items: vec![item],
        }
    };
    let Some(finish) = finish else {
        let plan = plan(ran.outcome, std::mem::take(&mut ran.sends));
        return match commit::commit(core, plan).await {
            Some(committed) => done(core, committed, received_at),
            None => Attempt::Ending,
        };
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
        StoreError::LendExpired { .. } => ScriptFailure::Limit(error.to_string()),
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
    match commit::commit(core, plan(outcome, Vec::new())).await {
        Some(committed) => done(core, committed, received_at),
        None => Attempt::Ending,
    }
}

fn done(core: &Rc<BotCore>, committed: Committed, received_at: Moment) -> Attempt {
    turns::settle(core, committed, received_at);
    Attempt::Done
}

/// Waits for the bot's turn and runs the script; the chat shows that something is being done. A bot
/// whose queue is full answers `busy` at once.
async fn run_in_turn(core: &Rc<BotCore>, started: &Started, caller: Caller) -> Option<Ran> {
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
    // A script that brings the process down is counted against its update.
    let _held = caller
        .update
        .map(|(bot, update)| core.shared.in_hand.hold(UpdateKey { bot, update }));
    let run = core.shared.scripts.run(
        Arc::clone(&started.library),
        started.request.clone(),
        caller,
        Arc::clone(&core.cancel),
    );
    tokio::pin!(run);
    let mut wait = TYPING_AFTER;
    let ran = loop {
        tokio::select! {
            ran = &mut run => break ran?,
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
    core.shared.metrics.script_ran(ran.wall);
    Some(ran)
}

/// Who asks and where. `None`: the node is ending.
async fn caller(
    core: &BotCore,
    update_id: UpdateId,
    incoming: &Incoming,
    bot: &Bot,
) -> Option<Caller> {
    if let Some(party) = party(core, incoming)
        && !core.known.borrow().contains_key(&party)
    {
        let known = outbox::known_of(core, party.clone()).await?;
        core.known.borrow_mut().insert(party, known);
    }
    let mut caller = known_caller(core, incoming, bot)?;
    caller.update = Some((TelegramBotId(core.api.bot_id()), update_id));
    Some(caller)
}

fn party(core: &BotCore, incoming: &Incoming) -> Option<PartyRef> {
    if incoming.sender.anonymous {
        None
    } else {
        core.party_of(incoming.sender.id)
    }
}

/// Who asks and where, without an update; `None` where something of it has to be read first.
pub fn known_caller(core: &BotCore, incoming: &Incoming, bot: &Bot) -> Option<Caller> {
    let party = party(core, incoming);
    let known = match &party {
        Some(party) => core.known.borrow().get(party)?.clone(),
        None => outbox::Known::default(),
    };
    let sender = &incoming.sender;
    let name = match &sender.last_name {
        Some(last) if !last.is_empty() => format!("{} {last}", sender.first_name),
        _ => sender.first_name.clone(),
    };
    let organisation = &core.shared.settings.organisation;
    Some(Caller {
        bot: bot.code.clone(),
        chat: incoming.chat,
        thread: incoming.thread,
        person_name: name,
        phone: known.phone,
        party,
        time_zone: known
            .time_zone
            .unwrap_or_else(|| organisation.time_zone.to_string()),
        locale: bot.locale,
        update: None,
    })
}

/// What a script sends, into the item; buttons under a message become a choice.
pub fn send(
    core: &BotCore,
    bot: &Bot,
    mut sends: Vec<Outgoing>,
    offers: &[(MessageKey, Vec<ScriptVariant>)],
    item: &mut Item,
) {
    for (key, variants) in offers {
        let Some(message) = sends.iter_mut().find(|message| message.key == *key) else {
            continue;
        };
        let id = ChoiceId(core.shared.ids.next_id());
        let (choice, offered) = dialogue::offered_by_script(
            &Texts::of(bot),
            message,
            variants.clone(),
            id,
            core.clock().now(),
        );
        if let OutgoingBody::Text { buttons, .. } = &mut message.body {
            *buttons = offered;
            let sender = message.to.bot.clone();
            item.changes.offered.push((sender, choice));
        }
    }
    item.messages
        .extend(sends.into_iter().flat_map(channel::fit));
}

/// A trace with what a script did: the revision that ran, what it took, its own words.
pub fn traced(
    mut trace: String,
    library: &Library,
    request: &ScriptRequest,
    (instructions, wall): (u64, Duration),
    lines: &[String],
) -> String {
    if let ScriptProgram::Algorithm(name) = &request.program
        && let Some(revision) = library
            .named(name)
            .and_then(|name| library.revision_of(name))
    {
        trace.push_str(&format!("\nалгоритм «{name}»: ревизия {revision}"));
    }
    trace.push_str(&format!(
        "\nвыполнялся {} мс, операций {instructions}",
        wall.as_millis()
    ));
    for line in lines {
        trace.push('\n');
        trace.push_str(line);
    }
    trace
}

/// Every code message and direct call is kept in the audit.
pub fn audited(
    key: ConversationKey,
    bot: &Bot,
    request: &ScriptRequest,
    pending: &Pending,
    outcome: &ScriptOutcome,
    instructions: u64,
    wall: Duration,
) -> Option<Audited> {
    if !pending.is_call() {
        return None;
    }
    let (action, object) = match &request.program {
        ScriptProgram::Code(_) => ("code.run", format!("bot:{}", bot.code)),
        ScriptProgram::Algorithm(name) => ("algorithm.call", format!("algorithm:{name}")),
    };
    let (result, error) = match &outcome.reply {
        Ok(ScriptReply::Nothing) => (String::new(), None),
        Ok(ScriptReply::Text(text)) => (text.to_plain(), None),
        Ok(ScriptReply::Choice(variants)) => (format!("вариантов: {}", variants.len()), None),
        Ok(ScriptReply::Message { text, files, .. }) => {
            let text = text
                .as_ref()
                .map(|text| text.to_plain())
                .unwrap_or_default();
            (format!("{text} (файлов: {})", files.len()), None)
        }
        Err(ScriptFailure::Error(text) | ScriptFailure::Limit(text)) => {
            (String::new(), Some(text.clone()))
        }
        Err(ScriptFailure::Busy) => (String::new(), Some("очередь заполнена".to_owned())),
        Err(ScriptFailure::Unavailable) => (String::new(), Some("алгоритм недоступен".to_owned())),
    };
    let detail = serde_json::json!({
        "text": request.text,
        "result": cut(&result),
        "error": error.as_deref().map(cut),
        "instructions": instructions,
        "ms": u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
    });
    Some(Audited {
        by: By::Person(format!("telegram:{}:{}", bot.code, key.sender.0)),
        action,
        object,
        detail: detail.to_string(),
    })
}

/// The beginning of a text: the audit tells what happened and is no copy of the chat.
fn cut(text: &str) -> String {
    const MOST: usize = 1_000;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}

/// Commits on the script's own thread, together with what it wrote.
async fn commit_under(
    core: &BotCore,
    plan: Plan,
    finish: SyncSender<Finish>,
) -> Result<Committed, StoreError> {
    let writing = commit::prepare(core, plan)?;
    let rows = writing.rows();
    let (reply, answer) = oneshot::channel();
    let work: Finish = Box::new(move |mut lent| {
        let outcome = lent
            .run(|conn| rows.write(conn))
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
    Ok(writing.committed(&new))
}
