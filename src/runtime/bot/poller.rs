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
/// How long a poll hangs that may bring the rest of an album. Telegram sends its messages within moments of
/// each other: shorter, and a slow line splits albums; longer, and people wait for the answer to one.
const REST_WAIT: Duration = Duration::from_secs(1);
/// Updates that are asked for at once; Telegram's own maximum.
const BATCH_MAX: u32 = 100;
/// An update that alone is longer than any answer, so often in a row, is passed over.
const ALONE_MAX: u32 = 3;
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
    /// The bot has parts of a message whose rest the next poll may bring.
    pub holds: bool,
    /// The arbiter's permits for introductions.
    pub introductions: Rc<Semaphore>,
    /// The clock.
    pub clock: Clock,
    /// The node's metrics.
    pub metrics: Arc<Metrics>,
    /// Reports a panic or the reason to end.
    pub watch: Watch,
}

/// Updates from Telegram; none, where the bot waits for what a poll brings and it brought nothing.
#[derive(Message)]
#[rtype(result = "Taken")]
pub struct Batch {
    /// The updates.
    pub batch: telegram::Batch,
    /// When they came.
    pub received_at: Moment,
}

/// What became of updates.
#[derive(Clone, Copy, PartialEq, Eq, Debug, MessageResponse)]
pub enum Taken {
    /// They are committed; the next may be asked for.
    Committed,
    /// They are committed, and among them are parts of a message whose rest the next poll may bring: it
    /// must not hang long, and the bot hears of it also when it brings nothing.
    Holds,
    /// They are not, and no more are to be asked for.
    Ending,
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
                portion: Portion::default(),
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
    portion: Portion,
}

/// How many updates are asked for at once: fewer after an answer that was too long to be read.
#[derive(Debug)]
struct Portion {
    limit: u32,
    /// How often in a row one update alone was too long.
    alone: u32,
}

/// What is done after an answer that was too long.
#[derive(PartialEq, Eq, Debug)]
enum Shorter {
    /// Fewer updates are asked for, at once.
    Fewer,
    /// The one update is asked for again after a pause.
    Again,
    /// The one update never comes to be read: the next ones do.
    PassOver,
}

impl Default for Portion {
    fn default() -> Portion {
        Portion {
            limit: BATCH_MAX,
            alone: 0,
        }
    }
}

impl Portion {
    fn read(&mut self) {
        self.limit = (self.limit * 2).min(BATCH_MAX);
        self.alone = 0;
    }

    fn too_long(&mut self) -> Shorter {
        if self.limit > 1 {
            self.limit /= 2;
            return Shorter::Fewer;
        }
        self.alone += 1;
        if self.alone < ALONE_MAX {
            Shorter::Again
        } else {
            Shorter::PassOver
        }
    }
}

impl Polling {
    async fn run(mut self) {
        let _guard = self.parts.watch.guard();
        if !self.introduce().await {
            return;
        }
        let mut offset = self.parts.offset;
        let mut holds = self.parts.holds;
        loop {
            hooks::pass(Point::Poll);
            self.set_state(PollState::Polling);
            let request = GetUpdates {
                offset,
                limit: Some(self.portion.limit),
                timeout: holds.then_some(REST_WAIT),
            };
            let answer = match self.parts.api.get_updates(request).await {
                Err(error @ ApiError::AnswerTooLong { first_update, .. }) => {
                    match (self.portion.too_long(), first_update) {
                        (Shorter::Fewer, _) => {
                            let (bot, limit) = (&self.parts.bot, self.portion.limit);
                            tracing::warn!(%bot, code = error.code(), limit, "{error}; fewer updates are asked for");
                            self.parts.metrics.api_error(error.code());
                            continue;
                        }
                        (Shorter::PassOver, Some(update)) => Ok(passed_over(update)),
                        (Shorter::Again | Shorter::PassOver, _) => Err(error),
                    }
                }
                answer => answer,
            };
            match answer {
                Ok(batch) => {
                    self.succeeded();
                    self.portion.read();
                    if batch.items.is_empty() && !holds {
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
                    match self.parts.batches.send(batch).await {
                        Ok(Taken::Committed) => holds = false,
                        Ok(Taken::Holds) => holds = true,
                        Ok(Taken::Ending) | Err(_) => return,
                    }
                    offset = next_offset.or(offset);
                    self.snapshot.borrow_mut().offset = offset;
                }
                Err(error) => {
                    // Nobody waits for the rest of a message until the network is back.
                    if holds {
                        let batch = Batch {
                            batch: telegram::Batch::default(),
                            received_at: self.parts.clock.now(),
                        };
                        match self.parts.batches.send(batch).await {
                            Ok(Taken::Committed | Taken::Holds) => holds = false,
                            Ok(Taken::Ending) | Err(_) => return,
                        }
                    }
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

/// In place of an update that nobody can read: it is kept as failed, and the next ones come.
fn passed_over(update: i64) -> telegram::Batch {
    telegram::Batch {
        items: vec![telegram::Incoming::Malformed(telegram::MalformedUpdate {
            update_id: Some(update),
            raw: telegram::RawJson::lossy(bytes::Bytes::from(format!(
                "{{\"update_id\":{update}}}"
            ))),
            error: "it is longer than any answer that is read, and was passed over".to_owned(),
        })],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_too_long_is_asked_for_in_smaller_parts_and_ends() {
        let mut portion = Portion::default();
        let mut limits = vec![portion.limit];
        while portion.too_long() == Shorter::Fewer {
            limits.push(portion.limit);
        }
        assert_eq!(limits, [100, 50, 25, 12, 6, 3, 1]);
        assert_eq!(portion.too_long(), Shorter::Again);
        assert_eq!(portion.too_long(), Shorter::PassOver);
        // Without its number it is asked for again, and again after pauses.
        assert_eq!(portion.too_long(), Shorter::PassOver);
        for limit in [2, 4, 8, 16, 32, 64, 100, 100] {
            portion.read();
            assert_eq!(portion.limit, limit);
        }
        assert_eq!(portion.too_long(), Shorter::Fewer);
        // What is passed over stands in the table with its number.
        let batch = passed_over(17);
        assert_eq!(batch.next_offset(), Some(18));
    }
}
