//! How a request is shown.

use crate::model::{AuthorizationRequest, Link, LinkResult, PartyKind, RequestState, RichText};
use crate::texts::{TextName, Texts, Value};

use super::card::Fitting;

/// Longest text of the data that a card shows, in characters: a card is one message.
const DATA_MAX: usize = 2_000;
/// Longest label of a party's button, in characters.
const LABEL_MAX: usize = 60;

/// Who is named in what is said of a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// Наименование of the bot of the request.
    pub bot_name: &'a str,
    /// Наименование of the party that the chat is linked to.
    pub party: &'a str,
    /// Who decided, or has it in hand.
    pub responsible: &'a str,
}

/// The card: who asks where, his data, what the links before said, which files came along (R100).
pub fn card_text(texts: &Texts<'_>, request: &AuthorizationRequest, said: Said<'_>) -> RichText {
    let mut person = request.person_name();
    if person.trim().is_empty() {
        person = texts.label(TextName::NoName, &[]);
    }
    if let Some(username) = &request.username {
        person.push_str(&format!(" (@{username})"));
    }
    let details = details(texts, request);
    let data = cut(&request.data.text, DATA_MAX);
    let values = [
        ("person", Value::Text(&person)),
        ("bot_name", Value::Text(said.bot_name)),
        ("chat_key", Value::Number(request.chat.0)),
        ("data", Value::Text(&data)),
        ("details", Value::Rich(&details)),
    ];
    texts.message(TextName::AuthorizationRequest, &values)
}

fn details(texts: &Texts<'_>, request: &AuthorizationRequest) -> RichText {
    let mut lines = Vec::new();
    let failed = |outcome: &&crate::model::LinkOutcome| outcome.result == LinkResult::Failed;
    for outcome in request.links.iter().filter(failed) {
        let name = match outcome.link {
            Link::Algorithm => TextName::AuthorizationCheckFailed,
            Link::Scenario => TextName::AuthorizationScenarioFailed,
            Link::Responsible => continue,
        };
        let reason = cut(&outcome.reason, 300);
        let line = texts.message(name, &[("reason", Value::Text(&reason))]);
        lines.push(line.to_markup().into_owned());
    }
    if !request.data.files.is_empty() {
        let names: Vec<&str> = request
            .data
            .files
            .iter()
            .map(|file| file.name.as_str())
            .collect();
        let names = cut(&names.join(", "), 500);
        let line = texts.message(
            TextName::AuthorizationFiles,
            &[("file", Value::Text(&names))],
        );
        lines.push(line.to_markup().into_owned());
    }
    RichText::Markup(lines.join("\n"))
}

/// The line below a card for where the request stands; `None` while anybody may take it.
pub fn status(
    texts: &Texts<'_>,
    request: &AuthorizationRequest,
    said: Said<'_>,
) -> Option<RichText> {
    let values = [
        ("party", Value::Text(said.party)),
        ("responsible", Value::Text(said.responsible)),
        (
            "reason",
            Value::Text(request.reason.as_deref().unwrap_or_default()),
        ),
    ];
    let name = match request.state {
        RequestState::Accepted => TextName::AuthorizationAccepted,
        RequestState::Rejected => TextName::AuthorizationDeclined,
        RequestState::Replaced => TextName::AuthorizationReplaced,
        RequestState::Failed => return None,
        RequestState::Waiting | RequestState::Process if request.taken_by.is_some() => {
            TextName::AuthorizationTaken
        }
        RequestState::Waiting | RequestState::Process => return None,
    };
    Some(texts.message(name, &values))
}

/// The label of a party that is offered.
pub fn offer_label(texts: &Texts<'_>, fitting: &Fitting) -> String {
    let kind = texts.label(
        match fitting.party.kind {
            PartyKind::User => TextName::ButtonUser,
            PartyKind::Partner => TextName::ButtonPartner,
            PartyKind::Counterparty => TextName::ButtonCounterparty,
        },
        &[],
    );
    let name = if fitting.name.trim().is_empty() {
        &fitting.party.code
    } else {
        &fitting.name
    };
    cut(&format!("{name} · {kind} {}", fitting.detail), LABEL_MAX)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain(['…']).collect()
}
