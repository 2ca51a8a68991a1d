//! The threads of a node that run scripts, and the algorithms in force.
//!
//! It knows neither bots nor conversations: the queue of a conversation asks for a run and goes on with what it
//! came to (`bot/scripts.rs`). A run that does not end is given up with its thread (`watchdog.rs`).

mod give_back;
mod watchdog;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::sync::oneshot;

use self::watchdog::{Doing, EVERY, Verdict, Watchdog};
use super::hooks::{self, Point};
use crate::model::{
    BotCode, MessageKey, Outgoing, ScriptOutcome, ScriptProgram, ScriptRequest, ScriptVariant,
};
use crate::scripting::{self, Algorithm, Caller, Control, Library, Services};
use crate::store::Lent;

pub use self::watchdog::Lost;

/// Threads for scripts. One that waits for an answer over HTTP holds its thread, so there are more
/// than processors; a bot takes at most `scripts.at_once_per_bot` of them.
const THREADS: usize = 16;
/// The language's own limit of depth fits into this many times over.
const STACK_BYTES: usize = 16 << 20;

/// Threads that may be lost to runs that do not end. Each keeps a processor busy and what its run holds;
/// beyond that the process ends with the update's mark standing, and begins anew.
const LOST_MAX: usize = 4;

/// Stages of a run: whoever changes the first of them decides what becomes of it.
const RUNS: u8 = 0;
const ENDED: u8 = 1;
const GIVEN_UP: u8 = 2;

/// Gives whether its thread goes on.
type Job = Box<dyn FnOnce() -> bool + Send>;
type Queue = Arc<Mutex<Receiver<Job>>>;

/// The threads that run scripts, and the algorithms in force.
pub struct ScriptPool {
    jobs: Sender<Job>,
    queue: Queue,
    /// Runs that were given up and have not ended.
    lost: Arc<AtomicUsize>,
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
            start_thread(number, &queue)?;
        }
        Ok(ScriptPool {
            jobs,
            queue,
            lost: Arc::default(),
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
    pub async fn run(
        &self,
        library: Arc<Library>,
        request: ScriptRequest,
        caller: Caller,
        cancel: Arc<AtomicBool>,
    ) -> Option<Result<Ran, Lost>> {
        let services = Arc::clone(&self.services);
        let control = Control::cancelled_by(cancel);
        let (reply, mut answer) = oneshot::channel();
        let (begin, begun) = oneshot::channel();
        let program = match &request.program {
            ScriptProgram::Algorithm(name) => name.to_string(),
            ScriptProgram::Code(_) => "code of a chat".to_owned(),
        };
        let watched = control.clone();
        let stage = Arc::new(AtomicU8::new(RUNS));
        let (own_stage, all_lost) = (Arc::clone(&stage), Arc::clone(&self.lost));
        let job = Box::new(move || {
            // Whoever asked went away while this waited for a thread.
            if begin.send(()).is_err() {
                return true;
            }
            hooks::pass_text(Point::InScript, &request.text);
            let mut run = scripting::run(&services, &library, &request, &caller, &control);
            if run.lent.is_some() {
                hooks::pass(Point::ScriptWrote);
            }
            if own_stage.swap(ENDED, Ordering::AcqRel) == GIVEN_UP {
                all_lost.fetch_sub(1, Ordering::AcqRel);
                return false;
            }
            let memory = run.memory;
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
            give_back::after(memory);
            true
        });
        self.jobs.send(job).ok()?;
        begun.await.ok()?;
        let mut watchdog = Watchdog::new(&self.services.limits);
        loop {
            if let Ok(ran) = tokio::time::timeout(EVERY, &mut answer).await {
                return ran.ok().map(Ok);
            }
            let doing = Doing {
                waits: watched.waits(),
                writes: watched.writes(),
                cancelled: watched.cancel.load(Ordering::Relaxed),
            };
            match watchdog.look(doing) {
                Verdict::Wait => {}
                Verdict::Call => watched.overdue.store(true, Ordering::Relaxed),
                Verdict::GiveUp(lost) => {
                    // It may have ended in this very moment.
                    let taken =
                        stage.compare_exchange(RUNS, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire);
                    if taken.is_ok() {
                        self.give_up(lost, &program);
                        return Some(Err(lost));
                    }
                }
            }
        }
    }

    /// Leaves a run that does not end to its thread, and puts another in its place.
    fn give_up(&self, why: Lost, program: &str) {
        let lost = self.lost.fetch_add(1, Ordering::AcqRel) + 1;
        tracing::error!(
            why = ?why,
            lost,
            program,
            "a script does not end at its limits and is given up with its thread; this is an error of this \
             server: report it with the program"
        );
        if why == Lost::Writing || lost > LOST_MAX {
            // What waited at the start has a mark that stands and counts a try; the rest runs again.
            tracing::error!(
                "the process ends and has to be started again: nobody could write any more, or too many \
                 threads are lost"
            );
            std::process::abort();
        }
        if let Err(error) = start_thread(THREADS + lost, &self.queue) {
            tracing::error!("no thread takes the place of the lost one: {error}");
        }
    }
}

fn start_thread(number: usize, queue: &Queue) -> std::io::Result<()> {
    let queue = Arc::clone(queue);
    std::thread::Builder::new()
        .name(format!("script-{number}"))
        .stack_size(STACK_BYTES)
        .spawn(move || work(&queue))
        .map(drop)
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting: whoever has it gets the next job.
        let job = queue.lock().recv();
        match job {
            Ok(job) => {
                // `scripting::run` catches the panics of a run; whatever comes through costs its run,
                // whose answer is dropped, and not the thread.
                match std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)) {
                    Ok(true) => {}
                    // Another has taken its place.
                    Ok(false) => return,
                    Err(_) => tracing::error!("a script's thread panicked"),
                }
            }
            Err(_) => return,
        }
    }
}

/// What is done with the open transaction of a run that wrote, on the run's own thread.
pub type Finish = Box<dyn FnOnce(Lent) + Send>;

/// A run that has ended.
pub struct Ran {
    /// Its messages and reply.
    pub outcome: ScriptOutcome,
    /// What it sends besides.
    pub sends: Vec<Outgoing>,
    /// Buttons under messages among them, by the message's key.
    pub offers: Vec<(MessageKey, Vec<ScriptVariant>)>,
    /// Instructions charged.
    pub instructions: u64,
    /// Time it took.
    pub wall: Duration,
    /// What it did, in words.
    pub trace: Vec<String>,
    /// Where it wrote: the thread waits with the open transaction.
    pub finish: Option<SyncSender<Finish>>,
}
