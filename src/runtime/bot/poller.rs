//! The poller of a bot: the long poll and the offset.
//!
//! ```text
//! Telegram --getUpdates--> Poller --Batch--> BotActor
//!                             ^---next offset--'   (after the commit)
//! ```
//!
//! It asks again only when the bot has committed what came, so Telegram's offset moves only past what
//! is in our database. Messages: [`StopPolling`], [`TakeSnapshot`].

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::snapshot::{PollState, PollerSnapshot};
use super::watch::Watch;
use crate::model::{Backoff, BotCode, Moment};
use crate::runtime::clock::{Clock, Steady};
use crate::runtime::hooks::{self, Point};
use crate::runtime::metrics::Metrics;
use crate::runtime::random_fraction;
use crate::runtime::reports::EndReason;
use crate::telegram::{self, ApiError, BotApi, ConflictWith, GetUpdates};

/// Pauses after failed polls. Longer than the ceiling, and people wait for no reason after Telegram is
/// back.
const RETRY: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));
/// So many conflicts within [`CONFLICT_WINDOW_S`] are a state: one or two are our own poll from before
/// a restart, which still hangs at Telegram.
const CONFLICTS_MAX: usize = 3;
const CONFLICT_WINDOW_S: i64 = 30;
/// With somebody else polling, every poll of ours takes updates away from them: seldom.
const CONFLICT_PAUSE: Duration = Duration::from_secs(10);

/// What the poller works with.
pub struct PollerParts {
    /// The bot.
    pub bot: BotCode,
    /// Its API.
    pub api: BotApi,
    /// Who handles what comes.
    pub batches: Recipient<Batch>,
    /// Who is told what Telegram calls the bot.
    pub introduced: Recipient<Introduced>,
    /// Where to go on.
    pub offset: Option<i64>,
    /// The arbiter's permits for introductions.
    pub introductions: Rc<Semaphore>,
    /// The clock.
    pub clock: Clock,
    /// The node's metrics.
    pub metrics: Arc<Metrics>,
    /// Reports a panic or the reason to end.
    pub watch: Watch,
}

/// Updates from Telegram. True when they are committed and the next may be asked for.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct Batch {
    /// The updates.
    pub batch: telegram::Batch,
    /// When they came.
    pub received_at: Moment,
}

/// Telegram told who the bot is.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Introduced {
    /// Telegram's id.
    pub id: i64,
    /// The username.
    pub username: Option<String>,
}

/// The poller of one bot.
pub struct Poller {
    parts: Option<PollerParts>,
    snapshot: Rc<RefCell<PollerSnapshot>>,
    task: Option<JoinHandle<()>>,
}

impl Poller {
    /// A poller that begins when it is started.
    pub fn new(parts: PollerParts) -> Poller {
        let snapshot = PollerSnapshot {
            state: PollState::Introducing,
            offset: parts.offset,
            last_answer_at: None,
            failures: 0,
            last_error: None,
        };
        Poller {
            snapshot: Rc::new(RefCell::new(snapshot)),
            parts: Some(parts),
            task: None,
        }
    }
}

impl Actor for Poller {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        if let Some(parts) = self.parts.take() {
            let polling = Polling {
                parts,
                snapshot: self.snapshot.clone(),
                conflicts: Vec::new(),
            };
            self.task = Some(actix::spawn(polling.run()));
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// Ends the poll at once; what Telegram has not given us stays with it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StopPolling;

impl Handler<StopPolling> for Poller {
    type Result = ();

    fn handle(&mut self, _: StopPolling, ctx: &mut Self::Context) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.snapshot.borrow_mut().state = PollState::Stopped;
        ctx.stop();
    }
}

/// Asks for a snapshot.
#[derive(Message)]
#[rtype(result = "PollerSnapshot")]
pub struct TakeSnapshot;

impl Handler<TakeSnapshot> for Poller {
    type Result = MessageResult<TakeSnapshot>;

    fn handle(&mut self, _: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.snapshot.borrow().clone())
    }
}

/// The loop; a task of its own, so that a stop can drop a poll that hangs at Telegram.
struct Polling {
    parts: PollerParts,
    snapshot: Rc<RefCell<PollerSnapshot>>,
    conflicts: Vec<Steady>,
}

impl Polling {
    async fn run(mut self) {
        let _guard = self.parts.watch.guard();
        if !self.introduce().await {
            return;
        }
        let mut offset = self.parts.offset;
        loop {
            hooks::pass(Point::Poll);
            self.set_state(PollState::Polling);
            let request = GetUpdates {
                offset,
                ..GetUpdates::default()
            };
            match self.parts.api.get_updates(request).await {
                Ok(batch) => {
                    self.succeeded();
                    if batch.items.is_empty() {
                        continue;
                    }
                    let received_at = self.parts.clock.now();
                    self.parts.metrics.received(batch.items.len() as u64);
                    hooks::pass(Point::Received);
                    self.set_state(PollState::Committing);
                    // Where no number can be read, as many as came were passed: asking for them again
                    // would give them for ever.
                    let passed = batch.items.len() as i64;
                    let next_offset = batch
                        .next_offset()
                        .or_else(|| offset.map(|offset| offset + passed));
                    let batch = Batch { batch, received_at };
                    // The actor ended: whoever ended it starts a new poller.
                    let Ok(true) = self.parts.batches.send(batch).await else {
                        return;
                    };
                    offset = next_offset.or(offset);
                    self.snapshot.borrow_mut().offset = offset;
                }
                Err(error) => {
                    if !self.failed(error).await {
                        return;
                    }
                }
            }
        }
    }

    /// Asks Telegram who this bot is: checks the token and tells the username that groups call it by.
    async fn introduce(&mut self) -> bool {
        loop {
            let introductions = self.parts.introductions.clone();
            // Closed with its arbiter only, which ends this task too.
            let permit = introductions.acquire().await;
            let user = self.parts.api.get_me().await;
            drop(permit);
            match user {
                Ok(user) => {
                    self.succeeded();
                    self.parts.introduced.do_send(Introduced {
                        id: user.id,
                        username: user.username,
                    });
                    return true;
                }
                Err(error) => {
                    if !self.failed(error).await {
                        return false;
                    }
                }
            }
        }
    }

    fn succeeded(&self) {
        let mut snapshot = self.snapshot.borrow_mut();
        snapshot.failures = 0;
        snapshot.last_answer_at = Some(self.parts.clock.now());
    }

    fn set_state(&self, state: PollState) {
        self.snapshot.borrow_mut().state = state;
    }

    /// What to do after a failed call; false: the poller ends.
    async fn failed(&mut self, error: ApiError) -> bool {
        self.parts.metrics.api_error(error.code());
        let failures = {
            let mut snapshot = self.snapshot.borrow_mut();
            snapshot.failures += 1;
            snapshot.last_error = Some(error.code().to_owned());
            snapshot.state = PollState::Retrying;
            snapshot.failures
        };
        let bot = &self.parts.bot;
        let pause = match &error {
            ApiError::Unauthorised => {
                tracing::error!(%bot, code = error.code(), "{}", error.for_operator());
                self.parts.watch.end(EndReason::Unauthorised);
                return false;
            }
            ApiError::Conflict {
                with: ConflictWith::Webhook,
                ..
            } => {
                tracing::warn!(%bot, "a webhook is set; it is taken away, this server polls");
                if let Err(error) = self.parts.api.delete_webhook().await {
                    tracing::warn!(%bot, code = error.code(), "the webhook could not be taken away: {error}");
                }
                RETRY.pause(1)
            }
            ApiError::Conflict {
                with: ConflictWith::OtherPoll,
                ..
            } => {
                let now = self.parts.clock.steady();
                self.conflicts
                    .retain(|at| now.micros_since(*at) < CONFLICT_WINDOW_S * 1_000_000);
                self.conflicts.push(now);
                if self.conflicts.len() >= CONFLICTS_MAX {
                    if self.conflicts.len() == CONFLICTS_MAX {
                        tracing::error!(%bot, code = error.code(), "{}", error.for_operator());
                    }
                    self.set_state(PollState::Conflict);
                    CONFLICT_PAUSE
                } else {
                    RETRY.pause(failures)
                }
            }
            ApiError::RetryAfter { seconds } => Duration::from_secs(u64::from(*seconds)),
            _ => RETRY.pause(failures),
        };
        // The first failure may be a hiccup, the rest is told once in a while.
        if failures.is_power_of_two() {
            tracing::warn!(%bot, code = error.code(), failures, "asking for updates failed: {error}");
        }
        // A thousand bots must not come back in step.
        tokio::time::sleep(pause.mul_f64(0.75 + 0.25 * random_fraction())).await;
        true
    }
}
