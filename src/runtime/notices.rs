//! What people are told of registrations and requests, whoever made or decided them: `authorized` once for
//! every new registration (D23), the reason of a refusal, the cards of a request as it stands (D21).

use std::sync::Arc;

use super::jobs::notices::About;
use super::responsible::responsible;
use super::shared::Shared;
use crate::authorization::{self, REMINDERS_MAX, Said};
use crate::channels;
use crate::dialogue::card_buttons;
use crate::model::{
    AUTHORIZATION_REJECTED, AUTHORIZATION_TAKEN, AuthorizationRequest, Bot, BotCode, BotTexts,
    Buttons, By, Card, Channel, ChatAddress, ChatId, EditTarget, IdSource, Lane, Link, LinkOutcome,
    LinkResult, Locale, MessageKey, MessageKind, Moment, Outgoing, OutgoingBody, RequestState,
    RichText,
};
use crate::texts::{TextName, Texts, Value};

/// The texts of a bot; the organisation's where its definition is gone.
struct Voice {
    bot: Option<Arc<Bot>>,
    locale: Locale,
    none: BotTexts,
}

impl Voice {
    fn of(shared: &Shared, code: &BotCode) -> Voice {
        Voice {
            bot: shared.definitions.of(code),
            locale: shared.settings.organisation.locale,
            none: BotTexts::default(),
        }
    }

    fn texts(&self) -> Texts<'_> {
        match &self.bot {
            Some(bot) => Texts::of(bot),
            None => Texts::new(self.locale, &self.none),
        }
    }

    fn name(&self) -> &str {
        self.bot.as_ref().map_or("", |bot| &bot.name)
    }
}

/// What is to be sent because of an event.
pub fn of_event(shared: &Shared, about: &About) -> Vec<Outgoing> {
    let notices = match about {
        About::Nothing => Vec::new(),
        About::Registered {
            bot,
            chat,
            party,
            request,
        } => vec![authorized(shared, (bot, *chat), party, request.as_deref())],
        About::Request {
            kind,
            request,
            party,
            responsible,
        } => {
            let mut notices = cards(shared, kind, request, party, responsible);
            if kind == AUTHORIZATION_REJECTED && request.state == RequestState::Rejected {
                notices.push(rejected(shared, request));
            }
            notices
        }
    };
    notices.into_iter().flat_map(channels::fit).collect()
}

fn authorized(
    shared: &Shared,
    (bot, chat): (&BotCode, ChatId),
    party: &str,
    request: Option<&AuthorizationRequest>,
) -> Outgoing {
    let voice = Voice::of(shared, bot);
    // Where he was not talked with, his party has the only name there is.
    let first_name = request
        .map(|request| request.first_name.as_str())
        .filter(|name| !name.trim().is_empty())
        .unwrap_or(party);
    let values = [
        ("first_name", Value::Text(first_name)),
        ("bot_name", Value::Text(voice.name())),
        ("party", Value::Text(party)),
    ];
    let text = voice.texts().message(TextName::Authorized, &values);
    // Who is let in gets the bot's own keyboard; the button that sends a telephone may still be there.
    let keyboard = voice.bot.as_ref().map(|bot| &bot.keyboard);
    let buttons = match (keyboard.filter(|rows| !rows.is_empty()), request) {
        (Some(rows), _) => Buttons::Panel(rows.clone()),
        (None, Some(_)) => Buttons::RemovePanel,
        (None, None) => Buttons::None,
    };
    message(shared, bot, chat, OutgoingBody::Text { text, buttons })
}

fn rejected(shared: &Shared, request: &AuthorizationRequest) -> Outgoing {
    let reason = request.reason.as_deref().unwrap_or_default();
    let text = applicant_text(
        shared,
        request,
        TextName::AuthorizationRejected,
        &[("reason", Value::Text(reason))],
    );
    let buttons = Buttons::RemovePanel;
    let body = OutgoingBody::Text { text, buttons };
    message(shared, &request.bot, request.chat, body)
}

fn applicant_text(
    shared: &Shared,
    request: &AuthorizationRequest,
    name: TextName,
    more: &[(&str, Value<'_>)],
) -> RichText {
    let voice = Voice::of(shared, &request.bot);
    let texts = voice.texts();
    let first_name = if request.first_name.trim().is_empty() {
        texts.label(TextName::NoName, &[])
    } else {
        request.first_name.clone()
    };
    let mut values = vec![
        ("first_name", Value::Text(first_name.as_str())),
        ("bot_name", Value::Text(voice.name())),
    ];
    values.extend_from_slice(more);
    texts.message(name, &values)
}

/// The cards of a request, shown as it stands.
fn cards(
    shared: &Shared,
    kind: &str,
    request: &AuthorizationRequest,
    party: &str,
    responsible: &str,
) -> Vec<Outgoing> {
    let bot_name = Voice::of(shared, &request.bot).name().to_owned();
    let said = Said {
        bot_name: &bot_name,
        party,
        responsible,
    };
    let is_shown = |card: &&Card| {
        // Who has it in hand sees what he does with it.
        kind != AUTHORIZATION_TAKEN || request.taken_by.as_ref() != Some(&card.user)
    };
    let edit = |card: &Card| {
        let voice = Voice::of(shared, &card.bot);
        let texts = voice.texts();
        let mut text = authorization::card_text(&texts, request, said);
        let status = authorization::status(&texts, request, said);
        let buttons = match status {
            None => card_buttons(&texts, request.id),
            Some(_) => Buttons::None,
        };
        if let Some(status) = status {
            text = RichText::Markup(format!("{}\n\n{}", text.to_markup(), status.to_markup()));
        }
        let body = OutgoingBody::Edit {
            target: EditTarget::Message(card.message),
            text: Some(text),
            buttons,
        };
        message(shared, &card.bot, card.chat, body)
    };
    request.cards.iter().filter(is_shown).map(edit).collect()
}

/// A request that waits: whoever decides now gets its card again, and may take it; the applicant hears at
/// the first time that nobody forgot him. Where nobody is left who decides, he reads the error instead.
pub fn reminder(
    shared: &Shared,
    request: &AuthorizationRequest,
    now: Moment,
) -> (AuthorizationRequest, Vec<Outgoing>) {
    let mut next = request.clone();
    next.reminded += 1;
    next.taken_by = None;
    next.offered.clear();
    let voice = Voice::of(shared, &request.bot);
    let mut asked = voice
        .bot
        .as_ref()
        .map(|bot| responsible(shared, bot))
        .unwrap_or_default();
    asked.retain(|reached| reached.chat != request.chat);
    if asked.is_empty() {
        return given_up(shared, next, now);
    }
    next.remind_at = voice
        .bot
        .as_ref()
        .and_then(|bot| Some(bot.authorization.as_ref()?.remind_after_s))
        .filter(|seconds| *seconds > 0 && next.reminded < REMINDERS_MAX)
        .map(|seconds| now.plus_secs(seconds));
    let said = Said {
        bot_name: voice.name(),
        ..Said::default()
    };
    let mut notices = Vec::new();
    for reached in asked {
        let voice = Voice::of(shared, &reached.bot);
        let texts = voice.texts();
        let line = texts.message(TextName::AuthorizationReminder, &[]);
        let text = authorization::card_text(&texts, request, said);
        let text = RichText::Markup(format!("{}\n\n{}", line.to_markup(), text.to_markup()));
        let buttons = card_buttons(&texts, request.id);
        let body = OutgoingBody::Text { text, buttons };
        let notice = message(shared, &reached.bot, reached.chat, body);
        next.cards.push(Card {
            user: reached.user,
            bot: reached.bot,
            chat: reached.chat,
            message: notice.key,
        });
        notices.push(notice);
    }
    if next.reminded == 1 {
        let text = applicant_text(shared, request, TextName::AuthorizationLooking, &[]);
        let buttons = Buttons::None;
        let body = OutgoingBody::Text { text, buttons };
        notices.push(message(shared, &request.bot, request.chat, body));
    }
    (next, notices.into_iter().flat_map(channels::fit).collect())
}

/// Nobody decides any more: not registered, marked for deletion, or named no longer.
fn given_up(
    shared: &Shared,
    mut request: AuthorizationRequest,
    now: Moment,
) -> (AuthorizationRequest, Vec<Outgoing>) {
    tracing::error!(
        bot = %request.bot,
        request = request.id.0,
        "an authorisation request waits, and nobody who decides is reached any more"
    );
    request.state = RequestState::Failed;
    request.decided_at = Some(now);
    request.decided_by = Some(By::System.to_string());
    request.remind_at = None;
    request.links.push(LinkOutcome {
        link: Link::Responsible,
        result: LinkResult::Failed,
        reason: "никого, кто решает, больше не достать".to_owned(),
    });
    let key = Value::Number(request.chat.0);
    let text = applicant_text(
        shared,
        &request,
        TextName::AuthorizationError,
        &[("chat_key", key)],
    );
    let buttons = Buttons::RemovePanel;
    let body = OutgoingBody::Text { text, buttons };
    let notice = message(shared, &request.bot, request.chat, body);
    (request, channels::fit(notice).into_iter().collect())
}

fn message(shared: &Shared, bot: &BotCode, chat: ChatId, body: OutgoingBody) -> Outgoing {
    let kind = match body {
        OutgoingBody::Edit { .. } => MessageKind::Edit,
        _ => MessageKind::Notice,
    };
    Outgoing {
        key: MessageKey(shared.ids.next_id()),
        to: ChatAddress {
            channel: Channel::Telegram,
            bot: bot.clone(),
            chat,
            thread: None,
        },
        lane: Lane::Background,
        kind,
        reply_to: None,
        not_before: None,
        body,
    }
}
