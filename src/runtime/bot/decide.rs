//! One decision of the pure rules: shown what they need, guarded, and turned into what is written.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::commit::{Item, Receipt};
use super::core::BotCore;
use super::outside::WorldOutside;
use super::queues::Started;
use super::{alarm, script_end};
use crate::channels;
use crate::dialogue::{self, Decision, Effect, Facts, Incoming, IncomingKind, Scripts, Turn};
use crate::model::{
    Alarm, Audited, Bot, Change, ChatId, ChoiceId, ChoiceStatus, Conversation, ConversationKey,
    Link, MessageKey, Moment, OpenChoice, Outgoing, RequestState, ScriptOutcome, ScriptVariant,
    TelegramBotId, UpdateId,
};
use crate::runtime::hooks::{self, Point};
use crate::runtime::log::hashed;
use crate::scripting::Library;
use crate::store::inbox::{UpdateKey, UpdateState};
use crate::telegram::{self, AnswerCallback};

/// An update whose handler panicked so often is given up: the same input gives the same panic, and
/// more tries would only hold the chat.
const TRIES_MAX: u32 = 3;

/// The algorithms as the rules see them.
struct LibraryScripts(Arc<Library>);

impl Scripts for LibraryScripts {
    fn is_code(&self, text: &str) -> bool {
        self.0.is_code(text)
    }

    fn why_not_code(&self, text: &str) -> Option<String> {
        self.0.why_not_code(text)
    }

    fn direct(&self, folded: &str) -> Option<String> {
        self.0.direct(folded).map(str::to_owned)
    }
}

/// What the decisions of a batch have read and changed so far.
#[derive(Default)]
pub struct Scratch {
    pub conversations: HashMap<ConversationKey, Conversation>,
    pub choices: HashMap<ChoiceId, Option<OpenChoice>>,
    /// Queues in which a script is to run when the batch is committed.
    pub busy: HashSet<ConversationKey>,
}

/// What a decision is made about.
pub struct Case<'a> {
    /// What is remembered.
    pub conversation: &'a Conversation,
    /// The choice that the decision wants to see.
    pub choice: Option<&'a OpenChoice>,
    /// The rows that it wants to see besides.
    pub facts: &'a Facts,
    /// What came.
    pub incoming: &'a Incoming,
}

/// What a decision came to.
pub enum Decided {
    /// Everything that is to be written.
    Item(Box<Item>),
    /// A script has to run first.
    Script(Box<Started>),
}

/// Decides one update alone, outside a batch.
pub fn decide_case(
    core: &Rc<BotCore>,
    key: ConversationKey,
    case: &Case<'_>,
    marked: UpdateId,
) -> Decided {
    let mut item = Item::new(Receipt::Unset, Some(key), UpdateState::Done);
    match decide_turn(core, case, Some(marked)) {
        Ok(Outcome::Done(ready)) => {
            ready.enter(core, key, &mut item, &mut Scratch::default());
        }
        Ok(Outcome::Script(started)) => return Decided::Script(started),
        Err(panic) => give_up(core, key, &mut item, &panic),
    }
    Decided::Item(Box::new(item))
}

/// The rules failed for an update.
pub fn give_up(core: &BotCore, key: ConversationKey, item: &mut Item, panic: &str) {
    tracing::error!(
        bot = %core.code,
        chat = %hashed(key.chat),
        "the handler of an update panicked; the update is given up: {panic}"
    );
    core.shared.metrics.update_failed();
    item.state = UpdateState::Failed;
}

/// What the pure rules say.
pub enum Outcome {
    /// Everything that is to happen.
    Done(Box<Ready>),
    /// A script has to run on the pool first.
    Script(Box<Started>),
}

/// What is to happen.
#[derive(Default)]
pub struct Ready {
    effects: Vec<Effect>,
    /// In words, for «Почему бот так ответил?».
    trace: Option<String>,
    audited: Option<Audited>,
    /// Whoever answers for the bot is told of a failed algorithm.
    alarm: Option<Alarm>,
    sends: Vec<Outgoing>,
    offers: Vec<(MessageKey, Vec<ScriptVariant>)>,
    /// The rules panicked after a script.
    failed: Option<String>,
}

impl Ready {
    /// Into what the commit writes and the later decisions of the batch see.
    pub fn enter(
        self,
        core: &Rc<BotCore>,
        key: ConversationKey,
        item: &mut Item,
        scratch: &mut Scratch,
    ) {
        if let Some(panic) = &self.failed {
            give_up(core, key, item, panic);
        }
        item.trace = self.trace;
        item.changes.extend(self.audited.map(Change::Audit));
        item.changes.extend(self.alarm.map(Change::Alarm));
        apply(core, key, self.effects, item, scratch);
        if !self.sends.is_empty() {
            let bot = core.bot.borrow().clone();
            script_end::send(core, &bot, self.sends, &self.offers, item);
        }
    }
}

/// Shows the rules a case.
pub fn with_turn<R>(
    core: &BotCore,
    bot: &Bot,
    library: &Arc<Library>,
    case: &Case<'_>,
    now: Moment,
    work: impl FnOnce(&Turn<'_>) -> R,
) -> R {
    let myself = core.myself.borrow();
    let sender = &case.incoming.sender;
    let (registered, in_groups) = if sender.anonymous {
        (false, false)
    } else {
        let chat = ChatId(sender.id.0);
        core.shared
            .directory
            .standing(&core.code, chat, &bot.code_groups)
    };
    let may_code = bot.code_groups.is_empty() || in_groups;
    // Only what reads rows asks who it is: a message that a rule answers costs one look.
    let party = match case.facts {
        Facts::Nothing => None,
        _ => script_end::party(core, case.incoming)
            .filter(|party| !core.shared.directory.is_deleted(party)),
    };
    let outside = WorldOutside {
        shared: &core.shared,
        bot,
    };
    work(&Turn {
        bot,
        username: myself.username.as_deref(),
        conversation: case.conversation,
        choice: case.choice,
        registered,
        party: party.as_ref(),
        facts: case.facts,
        outside: &outside,
        may_code,
        scripts: &LibraryScripts(library.clone()),
        incoming: case.incoming,
        now,
        ids: &*core.shared.ids,
    })
}

/// The pure rules, with their panics caught: a fault in a rule must cost one update, not a bot.
pub fn decide_turn(
    core: &Rc<BotCore>,
    case: &Case<'_>,
    marked: Option<UpdateId>,
) -> Result<Outcome, String> {
    let bot = core.bot.borrow().clone();
    let library = core.shared.scripts.library();
    let now = core.clock().now();
    let decide = || {
        let text = match &case.incoming.kind {
            IncomingKind::Text(text) => text.as_str(),
            IncomingKind::Other(_) | IncomingKind::Press { .. } => "",
        };
        with_turn(core, &bot, &library, case, now, |turn| {
            hooks::pass_text(Point::Handler, text);
            dialogue::decide(turn)
        })
    };
    // Only around the rules themselves: a kill that comes while the database is waited for, before or
    // after them, is not the update's fault.
    let _held = marked.map(|update| {
        core.shared.handler_marks.hold(UpdateKey {
            bot: TelegramBotId(core.api.bot_id()),
            update,
        })
    });
    let mut tries = 0;
    let decision = loop {
        match catch_unwind(AssertUnwindSafe(decide)) {
            Ok(decision) => break decision,
            Err(panic) => {
                tries += 1;
                if tries >= TRIES_MAX {
                    return Err(panic_text(&*panic));
                }
            }
        }
    };
    let (at_once, request, pending) = match decision {
        Decision::Done { effects, trace } => {
            return Ok(Outcome::Done(Box::new(Ready {
                effects,
                trace: Some(trace.describe(&bot)),
                ..Ready::default()
            })));
        }
        Decision::Run {
            at_once,
            request,
            pending,
        } => (at_once, request, pending),
    };
    for effect in at_once {
        if let Effect::AnswerPress { query, text } = effect {
            answer_press(core, query, text);
        }
    }
    let started = Box::new(Started {
        bot,
        library,
        conversation: case.conversation.clone(),
        choice: case.choice.cloned(),
        now,
        request,
        pending: *pending,
    });
    // A script that needs nothing but its input is run here: it then costs no second commit.
    let known = if started.pending.is_check() {
        // What came with the data has to be fetched, and it reads in any case.
        None
    } else {
        script_end::known_caller(core, case.incoming, &started.bot)
    };
    let quick = known.and_then(|caller| {
        let scripts = &core.shared.scripts;
        scripts.run_quick(&started.library, &started.request, &caller)
    });
    let Some(run) = quick else {
        return Ok(Outcome::Script(started));
    };
    core.shared.metrics.script_ran(run.wall);
    let ended = Ended {
        outcome: run.outcome,
        sends: run.sends,
        offers: run.offers,
        instructions: run.instructions,
        wall: run.wall,
        trace: &run.trace,
    };
    let ready = after_script(core, &started, case.incoming, ended);
    Ok(Outcome::Done(Box::new(ready)))
}

/// What a script came to.
pub struct Ended<'a> {
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
    pub trace: &'a [String],
}

/// The rules go on with what a script came to, wherever it ran.
pub fn after_script(
    core: &BotCore,
    started: &Started,
    incoming: &Incoming,
    ended: Ended<'_>,
) -> Ready {
    let key = ConversationKey {
        chat: incoming.chat,
        sender: incoming.sender.id,
    };
    let took = (ended.instructions, ended.wall);
    let mut ready = Ready {
        audited: script_end::audited(key, started, &ended.outcome, took),
        alarm: alarm::of_failure(core, started, &ended.outcome),
        ..Ready::default()
    };
    // A check that found nobody is undone whole.
    if !script_end::is_failed_check(started, &ended.outcome) {
        ready.sends = ended.sends;
        ready.offers = ended.offers;
    }
    script_end::report_failure(core, key, started, &ended.outcome);
    let case = Case {
        conversation: &started.conversation,
        choice: started.choice.as_ref(),
        facts: &Facts::Nothing,
        incoming,
    };
    let (bot, library) = (&started.bot, &started.library);
    let resumed = catch_unwind(AssertUnwindSafe(|| {
        with_turn(core, bot, library, &case, started.now, |turn| {
            dialogue::resume(turn, started.pending.clone(), ended.outcome)
        })
    }));
    match resumed {
        Ok(Decision::Done { effects, trace }) => {
            let trace = trace.describe(bot);
            ready.effects = effects;
            ready.trace = Some(script_end::traced(trace, started, took, ended.trace));
        }
        Ok(Decision::Run { .. }) => {
            ready.failed = Some("a second script was asked for".to_owned());
        }
        Err(panic) => ready.failed = Some(panic_text(&*panic)),
    }
    ready
}

/// The message of a panic.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "without a message".to_owned(),
    }
}

/// Turns effects into what the commit writes and the later decisions of the batch see.
fn apply(
    core: &Rc<BotCore>,
    key: ConversationKey,
    effects: Vec<Effect>,
    item: &mut Item,
    scratch: &mut Scratch,
) {
    for effect in effects {
        match effect {
            Effect::Send(outgoing) => item.messages.extend(channels::fit(outgoing)),
            Effect::AnswerPress { query, text } => answer_press(core, query, text),
            Effect::Remember(conversation) => {
                scratch.conversations.insert(key, conversation.clone());
                item.changes.push(Change::Conversation {
                    bot: core.code.clone(),
                    key,
                    conversation,
                });
            }
            Effect::Change(change) => {
                report(core, &change);
                item.changes.push(*change);
            }
            Effect::CloseChoice(id) => {
                if let Some(Some(choice)) = scratch.choices.get_mut(&id) {
                    choice.status = ChoiceStatus::Closed;
                }
                item.changes.push(Change::CloseChoice {
                    bot: core.code.clone(),
                    choice: id,
                });
            }
            Effect::PutChoice(choice) => {
                scratch.choices.insert(choice.id, Some(choice.clone()));
                item.changes.push(Change::Choice {
                    bot: core.code.clone(),
                    choice,
                });
            }
        }
    }
}

/// Nobody lets a person in, and nobody who could was reached: whoever runs the bots has to know (D21).
fn report(core: &BotCore, change: &Change) {
    if let Change::OpenRequest { request, .. } = change
        && request.state == RequestState::Failed
        && let Some(last) = request.links.last()
        && last.link == Link::Responsible
    {
        tracing::error!(
            bot = %core.code,
            request = request.id.0,
            "an authorisation request reached nobody who decides: {}",
            last.reason
        );
    }
}

/// Fire and forget, at once: the circle on the button ends, whatever becomes of the rest.
pub fn answer_press(core: &Rc<BotCore>, query: String, text: Option<String>) {
    let core = core.clone();
    let guard = core.watch.guard();
    actix::spawn(async move {
        let _guard = guard;
        let answer = AnswerCallback {
            id: &query,
            text: text.as_deref(),
            show_alert: false,
        };
        match core.api.answer_callback_query(&answer).await {
            Ok(()) | Err(telegram::ApiError::QueryTooOld) => {}
            Err(error) => {
                core.shared.metrics.api_error(error.code());
                tracing::debug!(bot = %core.code, code = error.code(), "a press was not answered: {error}");
            }
        }
    });
}
