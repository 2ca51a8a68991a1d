//! What becomes of a call that Telegram did not carry out, or of which nobody knows.

use std::rc::Rc;

use super::Core;
use crate::channels::telegram::Delivered;
use crate::model::{ChatId, MessageKind, OutgoingBody, Resend, RichText};
use crate::runtime::bot::parcel::Parcel;
use crate::runtime::jobs;
use crate::runtime::reports::EndReason;
use crate::telegram::limits::Pause;
use crate::telegram::{ApiError, Outcome};

/// The first pause after a failed call; doubles up to the ceiling.
pub(super) const RETRY_FIRST_MS: i64 = 250;
/// Longer, and people wait for no reason after Telegram is back.
const RETRY_CEILING_MS: i64 = 30_000;
/// A message that could not be delivered for so long is given up: Telegram keeps updates as long.
const GIVE_UP_AFTER_S: i64 = 24 * 3600;
/// How often a message whose answer was never read is sent again. Each of these may be a duplicate
/// and is marked; with none, one cut connection in a row of two would lose a message
/// (docs/decisions/0006-resend.md).
const RESENDS_MAX: u32 = 3;

impl Core {
    /// Telegram did not take a message, or nobody knows whether it did.
    pub(super) async fn refused(self: &Rc<Self>, mut parcel: Parcel, error: ApiError) {
        self.parts.shared.metrics.api_error(error.code());
        let now = self.now();
        match &error {
            // As good as done.
            ApiError::NotModified => {
                self.delivered(parcel, Delivered::default());
                return;
            }
            ApiError::RetryAfter { seconds } => {
                let pause = self.state.borrow_mut().limits.refused(
                    parcel.chat.0,
                    *seconds,
                    self.steady().0,
                );
                self.warn(&parcel, &error, "Telegram asks to wait");
                self.keep_pause(pause).await;
                self.retry(parcel, &error, i64::from(*seconds) * 1000).await;
                return;
            }
            ApiError::MigratedTo { chat } => {
                let (from, to) = (parcel.chat, ChatId(*chat));
                tracing::info!(bot = %self.parts.bot, "a group became a supergroup; its chat is rewritten everywhere");
                jobs::chats::rewrite_chat(&self.parts.shared.store, &self.parts.bot, from, to)
                    .await;
                self.parts.watch.migrated(from, to);
                self.free_lane(&parcel);
                self.migrate(from, to);
                parcel.chat = to;
                self.put_back(parcel, 0);
                return;
            }
            ApiError::CantParseEntities { .. } => {
                if let Some(body) = as_plain(&parcel.body) {
                    self.warn(&parcel, &error, "mark-up refused; sent again as plain text");
                    parcel.body = body;
                    self.put_back(parcel, 0);
                    return;
                }
            }
            ApiError::MessageGone { .. } if parcel.reply_to.is_some() => {
                parcel.reply_to = None;
                self.put_back(parcel, 0);
                return;
            }
            ApiError::ThreadGone { .. } if parcel.thread.is_some() => {
                self.warn(&parcel, &error, "the topic is gone; sent without it");
                parcel.thread = None;
                self.put_back(parcel, 0);
                return;
            }
            // The message to edit was deleted by the person: nothing is left to be done.
            ApiError::MessageGone { .. } if parcel.kind == MessageKind::Edit => {}
            ApiError::ChatGone { reason, .. } => {
                jobs::chats::chat_gone(
                    &self.parts.shared.store,
                    &self.parts.bot,
                    parcel.chat,
                    error.code(),
                    now,
                )
                .await;
                self.parts.watch.gone(parcel.chat);
                self.warn(&parcel, &error, "the chat cannot be written to");
                let _ = reason;
                self.give_up(parcel, &error).await;
                return;
            }
            ApiError::Unauthorised => {
                tracing::error!(bot = %self.parts.bot, "{}", error.for_operator());
                self.retry(parcel, &error, RETRY_CEILING_MS).await;
                self.parts.watch.end(EndReason::Unauthorised);
                return;
            }
            ApiError::Server { .. }
            | ApiError::Conflict { .. }
            | ApiError::Network {
                outcome: Outcome::NotSent | Outcome::Refused,
                ..
            } => {
                if self.steady().micros_since(parcel.since) < GIVE_UP_AFTER_S * 1_000_000 {
                    let pause = backoff_ms(parcel.tries);
                    self.warn(&parcel, &error, "will be tried again");
                    self.retry(parcel, &error, pause).await;
                    return;
                }
            }
            ApiError::Network {
                outcome: Outcome::Unknown,
                ..
            }
            | ApiError::Malformed { .. } => {
                self.fate_unknown(parcel, &error).await;
                return;
            }
            ApiError::QueryTooOld
            | ApiError::MessageGone { .. }
            | ApiError::ThreadGone { .. }
            | ApiError::MessageTooLong
            | ApiError::FileTooLarge { .. }
            | ApiError::BadRequest { .. } => {}
        }
        if parcel.kind != MessageKind::Edit {
            self.warn(&parcel, &error, "refused for good");
        }
        self.give_up(parcel, &error).await;
    }

    /// Back to `queued`, to be claimed again after a pause: a crash in between doubles nothing.
    async fn retry(self: &Rc<Self>, mut parcel: Parcel, error: &ApiError, pause_ms: i64) {
        parcel.tries += 1;
        let not_before = self.now().plus_millis(pause_ms);
        jobs::messages::requeue(
            &self.parts.shared.store,
            parcel.key,
            not_before,
            error.code(),
        )
        .await;
        {
            let state = &mut *self.state.borrow_mut();
            state.claimed -= usize::from(parcel.claimed);
            state.last_error = Some(error.code().to_owned());
        }
        parcel.claimed = false;
        self.put_back(parcel, pause_ms);
    }

    /// The call may have been carried out: what then depends on the kind (design: "Sending").
    async fn fate_unknown(self: &Rc<Self>, mut parcel: Parcel, error: &ApiError) {
        match parcel.kind.resend() {
            Resend::Freely => {
                let pause = backoff_ms(parcel.tries);
                self.retry(parcel, error, pause).await;
            }
            Resend::Once if parcel.resends < RESENDS_MAX => {
                let pause = backoff_ms(parcel.resends);
                parcel.resends += 1;
                self.warn(
                    &parcel,
                    error,
                    "not known whether it arrived; sent again and marked",
                );
                jobs::messages::mark_resent(&self.parts.shared.store, parcel.key).await;
                self.parts.shared.metrics.resent();
                self.put_back(parcel, pause);
            }
            Resend::Once | Resend::Never => {
                self.warn(&parcel, error, "not known whether it arrived; left");
                jobs::messages::mark_unknown(&self.parts.shared.store, parcel.key, error.code())
                    .await;
                self.parts.shared.metrics.message_unknown();
                self.state.borrow_mut().failed += 1;
                self.close(&parcel);
            }
        }
    }

    async fn give_up(self: &Rc<Self>, parcel: Parcel, error: &ApiError) {
        jobs::messages::mark_failed(
            &self.parts.shared.store,
            parcel.key,
            error.code(),
            &error.to_string(),
        )
        .await;
        self.parts.shared.metrics.message_failed();
        {
            let mut state = self.state.borrow_mut();
            state.failed += 1;
            state.last_error = Some(error.code().to_owned());
        }
        self.close(&parcel);
    }

    fn warn(&self, parcel: &Parcel, error: &ApiError, what: &str) {
        tracing::warn!(
            bot = %self.parts.bot,
            chat = %crate::runtime::log::hashed(parcel.chat),
            message = parcel.key.0,
            code = error.code(),
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

/// The pause before the next try: doubles, with a ceiling.
fn backoff_ms(tries: u32) -> i64 {
    (RETRY_FIRST_MS << tries.min(10)).min(RETRY_CEILING_MS)
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
