//! The talk with a responsible person about a request (D21): his card, whom he finds or creates, why he
//! refuses.

use std::sync::Arc;

use crate::authorization::{self, CardAct, CardButton, CardInput, CardView, Fitting, Said};
use crate::model::{
    AUTHORIZATION_RELEASED, AUTHORIZATION_TAKEN, Audited, AuthorizationRequest, Bot, Button,
    ButtonAction, Buttons, By, CardStep, Change, Dialogue, EditTarget, PartyKind, PartyRef,
    RequestId, RichText, Verdict,
};
use crate::texts::{TextName, Texts, Value};

use super::applying;
use super::decision::Effect;
use super::facts::Facts;
use super::scene::Scene;
use super::trace::TraceStep;

/// A question to a responsible person closes after so long.
const DECIDING_S: i64 = 86_400;

/// The buttons of a card that anybody of those asked may take.
pub fn card_buttons(texts: &Texts<'_>, request: RequestId) -> Buttons {
    Buttons::Inline(vec![vec![
        labelled(texts, TextName::ButtonAccept, request, CardButton::Accept),
        labelled(texts, TextName::ButtonReject, request, CardButton::Reject),
    ]])
}

fn labelled(texts: &Texts<'_>, name: TextName, request: RequestId, button: CardButton) -> Button {
    with_label(texts.label(name, &[]), request, button)
}

fn with_label(label: String, request: RequestId, button: CardButton) -> Button {
    Button {
        label,
        action: ButtonAction::Data(authorization::format(authorization::Button::Card(
            request, button,
        ))),
    }
}

/// Where what he did came from.
#[derive(Clone, Copy)]
enum From<'a> {
    /// A press, below this message.
    Press { query: &'a str, message_id: i64 },
    /// Words.
    Words,
}

/// He pressed a button of a card, or of a question about it.
pub(super) fn pressed(
    scene: &mut Scene<'_>,
    query: &str,
    message_id: i64,
    request: RequestId,
    button: CardButton,
) {
    let came = From::Press { query, message_id };
    act(scene, request, CardInput::Press(button), came);
}

/// The question that he is to answer in words, where one is open.
pub(super) fn asked(scene: &Scene<'_>) -> Option<(RequestId, CardStep)> {
    match scene.turn.conversation.dialogue.as_ref()? {
        Dialogue::Deciding {
            request,
            step,
            until,
        } if *until > scene.turn.now => Some((*request, *step)),
        _ => None,
    }
}

/// He wrote while a question was open.
pub(super) fn words(
    scene: &mut Scene<'_>,
    (request, step): (RequestId, CardStep),
    text: &str,
    is_cancel: bool,
) {
    let input = if is_cancel {
        CardInput::Cancel
    } else {
        CardInput::Words(step, text)
    };
    act(scene, request, input, From::Words);
}

fn act(scene: &mut Scene<'_>, id: RequestId, input: CardInput<'_>, came: From<'_>) {
    let turn = scene.turn;
    let (request, fitting, taken_by) = match turn.facts {
        Facts::Card {
            request,
            fitting,
            taken_by,
        } => (request.as_deref(), fitting.as_slice(), taken_by.as_str()),
        _ => (None, [].as_slice(), ""),
    };
    let bot = request.and_then(|request| turn.outside.bot(&request.bot));
    let fields = bot
        .as_ref()
        .and_then(|bot| bot.authorization.as_ref())
        .map_or(&[][..], |section| section.fields.as_slice());
    let view = CardView {
        request,
        user: turn.party,
        fitting,
        fields,
    };
    let is_words = matches!(came, From::Words);
    let act = authorization::decide(&view, input);
    let step = match act {
        CardAct::NotYours => "карточка другого человека",
        CardAct::Decided(_) | CardAct::Gone => "запрос уже решён",
        CardAct::TakenBy(_) => "запрос решает другой",
        CardAct::Offer(_) => "принять: предложены подходящие",
        CardAct::AskSearch | CardAct::Found(_) => "поиск",
        CardAct::AskKind | CardAct::AskName(..) => "создание",
        CardAct::AskReason => "отклонить: вопрос о причине",
        CardAct::AskAgain(_) => "пустой ответ",
        CardAct::Stale => "предложенного больше нет",
        CardAct::Decide(_) => "решение",
        CardAct::Release => "запрос отпущен",
    };
    scene
        .trace
        .push(TraceStep::Authorization(format!("запрос {id}: {step}")));
    if let From::Press { query, .. } = came {
        let note = match &act {
            CardAct::NotYours => Some(TextName::NotYourButton),
            CardAct::Decided(_) | CardAct::Gone => Some(TextName::AuthorizationDecidedNote),
            CardAct::TakenBy(_) => Some(TextName::AuthorizationTakenNote),
            CardAct::Stale => Some(TextName::ChoiceExpiredNote),
            _ => None,
        };
        let values = [
            ("first_name", Value::Text(&turn.incoming.sender.first_name)),
            ("responsible", Value::Text(taken_by)),
        ];
        let note = note.map(|name| scene.texts.label(name, &values));
        applying::answer(scene, query, note);
    }
    let (Some(request), Some(user)) = (request, turn.party) else {
        gone(scene, came);
        return;
    };
    let mut talk = Talk {
        scene,
        request: request.clone(),
        bot,
        user,
        came,
    };
    match act {
        CardAct::NotYours => {
            if is_words {
                talk.scene.leave();
            }
        }
        CardAct::Gone | CardAct::Decided(_) => gone(talk.scene, came),
        CardAct::TakenBy(_) if is_words => {
            talk.scene.leave();
            let values = [("responsible", Value::Text(taken_by))];
            let note = talk
                .scene
                .texts
                .label(TextName::AuthorizationTakenNote, &values);
            talk.scene.say(RichText::Plain(note), Buttons::None);
        }
        CardAct::TakenBy(_) | CardAct::Stale => {}
        CardAct::Offer(fitting) => {
            talk.offer(&fitting);
            let buttons = talk.offered_buttons(&fitting);
            talk.show(TextName::AuthorizationWho, buttons);
        }
        CardAct::AskSearch => {
            talk.take();
            talk.ask(
                CardStep::Search,
                TextName::AuthorizationSearch,
                Buttons::None,
            );
        }
        CardAct::Found(fitting) => {
            talk.offer(&fitting);
            talk.found(&fitting, &turn_text(turn));
        }
        CardAct::AskKind => {
            talk.take();
            let buttons = talk.kind_buttons();
            talk.show(TextName::AuthorizationWhichKind, buttons);
        }
        CardAct::AskName(kind, suggested) => {
            talk.take();
            let buttons = suggested.map_or(Buttons::None, |name| {
                let button = CardButton::Suggested(kind);
                Buttons::Inline(vec![vec![with_label(name, id, button)]])
            });
            talk.ask(CardStep::Name(kind), TextName::AuthorizationName, buttons);
        }
        CardAct::AskReason => {
            talk.take();
            let texts = talk.scene.texts;
            let button = labelled(&texts, TextName::ButtonNoReason, id, CardButton::NoReason);
            let buttons = Buttons::Inline(vec![vec![button]]);
            talk.ask(CardStep::Reason, TextName::AskRejectReason, buttons);
        }
        CardAct::AskAgain(step) => {
            let name = match step {
                CardStep::Reason => TextName::AskRejectReason,
                CardStep::Search => TextName::AuthorizationSearch,
                CardStep::Name(_) => TextName::AuthorizationName,
            };
            talk.ask(step, name, Buttons::None);
        }
        CardAct::Decide(verdict) => talk.decide(verdict),
        CardAct::Release => talk.release(),
    }
}

fn turn_text(turn: &super::turn::Turn<'_>) -> String {
    match &turn.incoming.kind {
        super::turn::IncomingKind::Text(text) => text.clone(),
        _ => String::new(),
    }
}

/// The request needs nothing any more.
fn gone(scene: &mut Scene<'_>, came: From<'_>) {
    match came {
        From::Press { message_id, .. } => {
            let target = EditTarget::ChannelMessage(message_id);
            scene.edit(target, None, Buttons::None);
        }
        From::Words => {
            scene.leave();
            let note = scene.texts.label(TextName::AuthorizationDecidedNote, &[]);
            scene.say(RichText::Plain(note), Buttons::None);
        }
    }
}

/// The talk about one request.
struct Talk<'s, 'a> {
    scene: &'s mut Scene<'a>,
    request: AuthorizationRequest,
    /// The bot of the request.
    bot: Option<Arc<Bot>>,
    user: &'a PartyRef,
    came: From<'s>,
}

impl Talk<'_, '_> {
    fn save(&mut self, event: Option<&'static str>) {
        self.scene.effect(Effect::change(Change::SaveRequest {
            request: Box::new(self.request.clone()),
            event,
        }));
    }

    /// It is his from now on; whoever else was asked sees that.
    fn take(&mut self) {
        if self.request.taken_by.as_ref() != Some(self.user) {
            self.taken();
            self.save(Some(AUTHORIZATION_TAKEN));
        }
    }

    fn taken(&mut self) {
        self.request.taken_by = Some(self.user.clone());
    }

    fn offer(&mut self, fitting: &[Fitting]) {
        let event =
            (self.request.taken_by.as_ref() != Some(self.user)).then_some(AUTHORIZATION_TAKEN);
        self.taken();
        self.request.offered = fitting
            .iter()
            .map(|fitting| fitting.party.clone())
            .collect();
        self.save(event);
    }

    fn offered_buttons(&self, fitting: &[Fitting]) -> Buttons {
        let (texts, id) = (&self.scene.texts, self.request.id);
        let mut rows = self.fitting_rows(fitting);
        rows.push(vec![
            labelled(texts, TextName::ButtonFind, id, CardButton::Find),
            labelled(texts, TextName::ButtonCreate, id, CardButton::Create),
        ]);
        rows.push(vec![labelled(
            texts,
            TextName::ButtonBack,
            id,
            CardButton::Back,
        )]);
        Buttons::Inline(rows)
    }

    fn fitting_rows(&self, fitting: &[Fitting]) -> Vec<Vec<Button>> {
        let row = |(index, fitting)| {
            let label = authorization::offer_label(&self.scene.texts, fitting);
            vec![with_label(label, self.request.id, CardButton::Pick(index))]
        };
        fitting.iter().enumerate().map(row).collect()
    }

    fn kind_buttons(&self) -> Buttons {
        let (texts, id) = (&self.scene.texts, self.request.id);
        let kind = |name, kind| vec![labelled(texts, name, id, CardButton::Kind(kind))];
        Buttons::Inline(vec![
            kind(TextName::ButtonUser, PartyKind::User),
            kind(TextName::ButtonPartner, PartyKind::Partner),
            kind(TextName::ButtonCounterparty, PartyKind::Counterparty),
            vec![labelled(texts, TextName::ButtonBack, id, CardButton::Back)],
        ])
    }

    /// The card again, with a line below it and other buttons.
    fn show(&mut self, line: TextName, buttons: Buttons) {
        let From::Press { message_id, .. } = self.came else {
            return;
        };
        let said = Said {
            bot_name: self.bot.as_ref().map_or("", |bot| bot.name.as_str()),
            ..Said::default()
        };
        let card = authorization::card_text(&self.scene.texts, &self.request, said);
        let line = self.scene.texts.message(line, &[]);
        let text = RichText::Markup(format!("{}\n\n{}", card.to_markup(), line.to_markup()));
        let target = EditTarget::ChannelMessage(message_id);
        self.scene.edit(target, Some(text), buttons);
    }

    fn ask(&mut self, step: CardStep, name: TextName, buttons: Buttons) {
        self.scene.leave();
        self.scene.next.dialogue = Some(Dialogue::Deciding {
            request: self.request.id,
            step,
            until: self.scene.turn.now.plus_secs(DECIDING_S),
        });
        let person = self.person();
        let text = self
            .scene
            .message(name, &[("person", Value::Text(&person))]);
        self.scene.say(text, buttons);
    }

    fn person(&self) -> String {
        let name = self.request.person_name();
        if name.trim().is_empty() {
            self.scene.texts.label(TextName::NoName, &[])
        } else {
            name
        }
    }

    fn found(&mut self, fitting: &[Fitting], words: &str) {
        let (texts, id) = (self.scene.texts, self.request.id);
        let mut rows = self.fitting_rows(fitting);
        rows.push(vec![labelled(
            &texts,
            TextName::ButtonCreate,
            id,
            CardButton::Create,
        )]);
        let name = if fitting.is_empty() {
            TextName::AuthorizationNotFound
        } else {
            TextName::AuthorizationFound
        };
        let text = self.scene.message(name, &[("text", Value::Text(words))]);
        self.scene.say(text, Buttons::Inline(rows));
    }

    fn decide(&mut self, verdict: Verdict) {
        let by = By::Person(self.user.to_string());
        let (action, detail) = match &verdict {
            Verdict::Accept(party) => (
                "authorization.accept",
                serde_json::json!({ "party": party }),
            ),
            Verdict::Create(party) => (
                "authorization.accept",
                serde_json::json!({ "created": party.reference.kind.as_str(), "name": party.name }),
            ),
            Verdict::Reject(reason) => (
                "authorization.reject",
                serde_json::json!({ "reason": reason }),
            ),
        };
        self.scene.effect(Effect::change(Change::DecideRequest {
            request: self.request.id,
            version: self.request.version,
            verdict,
            by: by.clone(),
        }));
        self.scene.effect(Effect::change(Change::Audit(Audited {
            by,
            action,
            object: format!("authorization:{}", self.request.id),
            detail: detail.to_string(),
        })));
        // Only a question of this very request is over.
        if asked(self.scene).is_some_and(|(request, _)| request == self.request.id) {
            self.scene.leave();
        }
        match self.came {
            // A question below the card has its own buttons; those of the card go with its new text.
            From::Press { message_id, .. } => {
                let target = EditTarget::ChannelMessage(message_id);
                self.scene.edit(target, None, Buttons::None);
            }
            From::Words => {
                let person = self.person();
                let values = [("person", Value::Text(person.as_str()))];
                let text = self.scene.message(TextName::AuthorizationDone, &values);
                self.scene.say(text, Buttons::None);
            }
        }
    }

    fn release(&mut self) {
        if asked(self.scene).is_some_and(|(request, _)| request == self.request.id) {
            self.scene.leave();
        }
        if self.request.taken_by.take().is_some() {
            self.request.offered.clear();
            // All cards, his own too, are shown with their first buttons.
            self.save(Some(AUTHORIZATION_RELEASED));
        }
        if matches!(self.came, From::Words) {
            self.scene.say_named(TextName::Cancelled);
        }
    }
}
