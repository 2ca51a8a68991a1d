//! What a responsible person does with the card of a request (D21).

use crate::model::{
    AuthorizationRequest, CardStep, Party, PartyKind, PartyRef, RequestState, Verdict,
};

use super::data::CardButton;
use super::fields;

/// A party that may be the applicant.
#[derive(Clone, PartialEq, Debug)]
pub struct Fitting {
    /// Which.
    pub party: PartyRef,
    /// Наименование.
    pub name: String,
    /// What tells it from others of its name: its ИНН, else its code.
    pub detail: String,
}

/// What is looked at.
pub struct CardView<'a> {
    /// The request; `None`: it is long decided and deleted.
    pub request: Option<&'a AuthorizationRequest>,
    /// Who pressed or wrote: the party of his chat, when it is not marked for deletion.
    pub user: Option<&'a PartyRef>,
    /// The parties that were looked for: by the data after «Принять», by what was written after «Найти».
    pub fitting: &'a [Fitting],
    /// The bot's `fields`.
    pub fields: &'a [String],
}

/// What he did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CardInput<'a> {
    /// He pressed.
    Press(CardButton),
    /// He answered a question in words.
    Words(CardStep, &'a str),
    /// He left the question with «Отмена».
    Cancel,
}

/// What comes of it.
#[derive(Clone, PartialEq, Debug)]
pub enum CardAct {
    /// He was never asked about this request.
    NotYours,
    /// It is decided: how.
    Decided(RequestState),
    /// It is gone.
    Gone,
    /// Somebody else of several has it in hand.
    TakenBy(PartyRef),
    /// These are offered, and «Найти», «Создать», «Назад»; it is his now.
    Offer(Vec<Fitting>),
    /// He is asked whom to look for.
    AskSearch,
    /// What was found by his words; none: he is asked again.
    Found(Vec<Fitting>),
    /// He is asked in which catalog.
    AskKind,
    /// He is asked for the name, with the one in the data as a button.
    AskName(PartyKind, Option<String>),
    /// He is asked why; it is his now.
    AskReason,
    /// His answer is blank: he is asked the same again.
    AskAgain(CardStep),
    /// What he pressed is no longer offered.
    Stale,
    /// It is decided.
    Decide(Verdict),
    /// Somebody else may have it.
    Release,
}

/// Longest reason, in characters: it becomes a part of a message.
const REASON_MAX: usize = 1_000;

/// What comes of it.
pub fn decide(view: &CardView<'_>, input: CardInput<'_>) -> CardAct {
    let Some(request) = view.request else {
        return CardAct::Gone;
    };
    let is_asked = |user: &PartyRef| request.cards.iter().any(|card| card.user == *user);
    let Some(user) = view.user.filter(|user| is_asked(user)) else {
        return CardAct::NotYours;
    };
    if !request.state.is_open() {
        return CardAct::Decided(request.state);
    }
    if let Some(other) = request.taken_by.as_ref().filter(|other| *other != user) {
        return CardAct::TakenBy(other.clone());
    }
    match input {
        CardInput::Cancel | CardInput::Press(CardButton::Back) => CardAct::Release,
        CardInput::Press(CardButton::Accept) => CardAct::Offer(view.fitting.to_vec()),
        CardInput::Press(CardButton::Pick(index)) => match request.offered.get(index) {
            // It was there when it was offered; it is looked at again.
            Some(party) if view.fitting.iter().any(|found| found.party == *party) => {
                CardAct::Decide(Verdict::Accept(party.clone()))
            }
            _ => CardAct::Stale,
        },
        CardInput::Press(CardButton::Find) => CardAct::AskSearch,
        CardInput::Press(CardButton::Create) => CardAct::AskKind,
        CardInput::Press(CardButton::Kind(kind)) => {
            let described = fields::party_of(kind, view.fields, &request.data, None);
            CardAct::AskName(kind, described.map(|party| party.name))
        }
        CardInput::Press(CardButton::Suggested(kind)) => {
            match fields::party_of(kind, view.fields, &request.data, None) {
                Some(party) => created(party),
                None => CardAct::AskName(kind, None),
            }
        }
        CardInput::Press(CardButton::Reject) => CardAct::AskReason,
        CardInput::Press(CardButton::NoReason) => CardAct::Decide(Verdict::Reject(None)),
        CardInput::Words(step, words) if words.trim().is_empty() => CardAct::AskAgain(step),
        CardInput::Words(CardStep::Search, _) => CardAct::Found(view.fitting.to_vec()),
        CardInput::Words(CardStep::Reason, words) => {
            let reason = words.trim().chars().take(REASON_MAX).collect();
            CardAct::Decide(Verdict::Reject(Some(reason)))
        }
        CardInput::Words(CardStep::Name(kind), words) => {
            match fields::party_of(kind, view.fields, &request.data, Some(words)) {
                Some(party) => created(party),
                None => CardAct::AskAgain(CardStep::Name(kind)),
            }
        }
    }
}

fn created(party: Party) -> CardAct {
    CardAct::Decide(Verdict::Create(Box::new(party)))
}
