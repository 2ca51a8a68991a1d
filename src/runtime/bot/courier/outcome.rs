//! What becomes of a message that the channel did not take, or of which nobody knows.

use std::rc::Rc;
use std::time::Duration;

use super::Core;
use crate::channels::pace::Pause;
use crate::channels::{Delivered, Refusal, Undelivered};
use crate::model::{Backoff, MessageKind, OutgoingBody, Resend, RichText};
use crate::runtime::bot::parcel::Parcel;
use crate::runtime::jobs;
use crate::runtime::log::hashed;
use crate::runtime::reports::EndReason;

/// Pauses after failed calls. Longer than the ceiling, and people wait for no reason after the channel
/// is back.
pub(super) const RETRY: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));
/// How long a bot whose token is refused waits with a message; the fleet ends it meanwhile.
const UNAUTHORISED_PAUSE: Duration = Duration::from_secs(30);
/// A message that could not be delivered for so long is given up: Telegram keeps updates as long.
const GIVE_UP_AFTER_S: i64 = 24 * 3600;
/// How often a message whose answer was never read is sent again. Each of these may be a duplicate
/// and is marked; with none, one cut connection in a row of two would lose a message
/// (docs/decisions/0006-resend.md).
const RESENDS_MAX: u32 = 3;

impl Core {
    /// The channel did not take a message, or nobody knows whether it did.
    pub(super) async fn undelivered(self: &Rc<Self>, mut parcel: Parcel, error: Undelivered) {
        self.parts.shared.metrics.api_error(error.code);
        let now = self.now();
        match error.refusal {
            Refusal::Unchanged => {
                self.delivered(parcel, Delivered::default());
                return;
            }
            Refusal::Wait(seconds) => {
                let pause =
                    self.state
                        .borrow_mut()
                        .pace
                        .refused(parcel.chat.0, seconds, self.steady().0);
                self.warn(&parcel, &error, "the channel asks to wait");
                self.keep_pause(pause).await;
                let pause = Duration::from_secs(seconds.into());
                self.retry(parcel, &error, pause).await;
                return;
            }
            Refusal::Moved(to) => {
                let from = parcel.chat;
                tracing::info!(bot = %self.parts.bot, "a group became a supergroup; its chat is rewritten everywhere");
                let store = &self.parts.shared.store;
                jobs::chats::rewrite_chat(store, &self.parts.bot, from, to).await;
                self.parts.watch.migrated(from, to);
                self.free_lane(&parcel);
                self.migrate(from, to);
                parcel.chat = to;
                self.put_back(parcel, Duration::ZERO);
                return;
            }
            Refusal::MarkUp => {
                if let Some(body) = as_plain(&parcel.body) {
                    self.warn(&parcel, &error, "mark-up refused; sent again as plain text");
                    parcel.body = body;
                    self.put_back(parcel, Duration::ZERO);
                    return;
                }
            }
            Refusal::MessageGone if parcel.reply_to.is_some() => {
                parcel.reply_to = None;
                self.put_back(parcel, Duration::ZERO);
                return;
            }
            Refusal::ThreadGone if parcel.thread.is_some() => {
                self.warn(&parcel, &error, "the topic is gone; sent without it");
                parcel.thread = None;
                self.put_back(parcel, Duration::ZERO);
                return;
            }
            Refusal::ChatGone => {
                let store = &self.parts.shared.store;
                let bot = &self.parts.bot;
                jobs::chats::chat_gone(store, bot, parcel.chat, error.code, now).await;
                self.parts.watch.gone(parcel.chat);
                self.warn(&parcel, &error, "the chat cannot be written to");
                self.give_up(parcel, &error).await;
                return;
            }
            Refusal::Unauthorised => {
                tracing::error!(bot = %self.parts.bot, "a message was refused: {error}");
                self.retry(parcel, &error, UNAUTHORISED_PAUSE).await;
                self.parts.watch.end(EndReason::Unauthorised);
                return;
            }
            Refusal::Later => {
                if self.steady().micros_since(parcel.since) < GIVE_UP_AFTER_S * 1_000_000 {
                    let pause = RETRY.pause(parcel.tries + 1);
                    self.warn(&parcel, &error, "will be tried again");
                    self.retry(parcel, &error, pause).await;
                    return;
                }
            }
            Refusal::Unknown => {
                self.fate_unknown(parcel, &error).await;
                return;
            }
            // Of an edit: the message was deleted by the person, and nothing is left to be done.
            Refusal::MessageGone | Refusal::ThreadGone | Refusal::Final => {}
        }
        if parcel.kind != MessageKind::Edit {
            self.warn(&parcel, &error, "refused for good");
        }
        self.give_up(parcel, &error).await;
    }

    /// Back to `queued`, to be claimed again after a pause: a crash in between doubles nothing.
    async fn retry(self: &Rc<Self>, mut parcel: Parcel, error: &Undelivered, pause: Duration) {
        parcel.tries += 1;
        let not_before = self.now().plus(pause);
        let store = &self.parts.shared.store;
        jobs::messages::requeue(store, parcel.key, not_before, error.code).await;
        {
            let state = &mut *self.state.borrow_mut();
            state.claimed -= usize::from(parcel.claimed);
            state.last_error = Some(error.code.to_owned());
        }
        parcel.claimed = false;
        self.put_back(parcel, pause);
    }

    /// The call may have been carried out: what then depends on the kind (design: "Sending").
    async fn fate_unknown(self: &Rc<Self>, mut parcel: Parcel, error: &Undelivered) {
        match parcel.kind.resend() {
            Resend::Freely => {
                let pause = RETRY.pause(parcel.tries + 1);
                self.retry(parcel, error, pause).await;
            }
            Resend::Marked if parcel.resends < RESENDS_MAX => {
                parcel.resends += 1;
                let pause = RETRY.pause(parcel.resends);
                self.warn(
                    &parcel,
                    error,
                    "not known whether it arrived; sent again and marked",
                );
                jobs::messages::mark_resent(&self.parts.shared.store, parcel.key).await;
                self.parts.shared.metrics.resent();
                self.put_back(parcel, pause);
            }
            Resend::Marked | Resend::Never => {
                self.warn(&parcel, error, "not known whether it arrived; left");
                let store = &self.parts.shared.store;
                jobs::messages::mark_unknown(store, parcel.key, error.code).await;
                self.parts.shared.metrics.message_unknown();
                self.state.borrow_mut().failed += 1;
                self.close(&parcel);
            }
        }
    }

    async fn give_up(self: &Rc<Self>, parcel: Parcel, error: &Undelivered) {
        let store = &self.parts.shared.store;
        jobs::messages::mark_failed(store, parcel.key, error.code, &error.text).await;
        self.parts.shared.metrics.message_failed();
        {
            let mut state = self.state.borrow_mut();
            state.failed += 1;
            state.last_error = Some(error.code.to_owned());
        }
        self.close(&parcel);
    }

    fn warn(&self, parcel: &Parcel, error: &Undelivered, what: &str) {
        tracing::warn!(
            bot = %self.parts.bot,
            chat = %hashed(parcel.chat),
            message = parcel.key.0,
            code = error.code,
            "{what}: {error}"
        );
    }

    async fn keep_pause(&self, pause: Pause) {
        jobs::chats::keep_pause(
            &self.parts.shared.store,
            &self.parts.shared.clock,
            &self.parts.bot,
            pause,
        )
        .await;
    }
}

/// The same message without mark-up; `None` when it has none.
fn as_plain(body: &OutgoingBody) -> Option<OutgoingBody> {
    let plain = |text: &RichText| RichText::Plain(text.to_plain());
    match body {
        OutgoingBody::Text {
            text: text @ RichText::Markup(_),
            buttons,
        } => Some(OutgoingBody::Text {
            text: plain(text),
            buttons: buttons.clone(),
        }),
        OutgoingBody::Edit {
            target,
            text: Some(text @ RichText::Markup(_)),
            buttons,
        } => Some(OutgoingBody::Edit {
            target: *target,
            text: Some(plain(text)),
            buttons: buttons.clone(),
        }),
        OutgoingBody::Files {
            files,
            caption: Some(caption @ RichText::Markup(_)),
            buttons,
        } => Some(OutgoingBody::Files {
            files: files.clone(),
            caption: Some(plain(caption)),
            buttons: buttons.clone(),
        }),
        OutgoingBody::Text { .. } | OutgoingBody::Edit { .. } | OutgoingBody::Files { .. } => None,
    }
}
