//! The threads of a node that run scripts, and the algorithms in force.
//!
//! It knows neither bots nor conversations: the queue of a conversation asks for a run and goes on with what it
//! came to (`bot/scripts.rs`).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::sync::oneshot;

use crate::model::{BotCode, MessageKey, Outgoing, ScriptOutcome, ScriptRequest, ScriptVariant};
use crate::scripting::{self, Algorithm, Caller, Library, Services};
use crate::store::Lent;

/// Threads for scripts. One that waits for an answer over HTTP holds its thread, so there are more
/// than processors; a bot takes at most `scripts.at_once_per_bot` of them.
const THREADS: usize = 16;
/// The language's own limit of depth fits into this many times over.
const STACK_BYTES: usize = 16 << 20;

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
    pub async fn run(
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
