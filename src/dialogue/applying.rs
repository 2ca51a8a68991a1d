//! The talk with a stranger (R95-R99) and the chain that his data go through (R106-R117, D21, D22).

use crate::authorization::{
    self, ApplicantAct, ApplicantButton, ApplicantInput, NotStarted, REFUSALS_A_DAY, Said, Step,
};
use crate::model::{
    ApplicantData, ApplicantStep, Audited, AuthorizationRequest, Button, ButtonAction, Buttons, By,
    Card, Change, Channel, ChatAddress, Dialogue, EditTarget, FileSource, Lane, Link, LinkGrant,
    LinkOutcome, LinkResult, MessageKey, MessageKind, Outgoing, OutgoingBody, OutgoingFile,
    Registration, RegistrationLink, RequestFile, RequestId, RequestState, RichText, ScriptFailure,
    ScriptOutcome, ScriptProgram, ScriptReply, ScriptRequest,
};
use crate::texts::{TextName, Value};

use super::deciding::card_buttons;
use super::decision::{Effect, Next};
use super::facts::Facts;
use super::scene::Scene;
use super::trace::TraceStep;
use super::turn::IncomingFile;

/// What a stranger entered is forgotten after so long: he may have to look for his papers first.
const APPLYING_S: i64 = 7 * 86_400;

/// A request on its way through the chain, with the open one that it takes the place of.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Applied {
    request: AuthorizationRequest,
    replaces: Option<(RequestId, i64)>,
}

/// The button below the prompt, and below the greeting of a stranger.
pub(super) fn begin_button(scene: &Scene<'_>) -> Buttons {
    let begin = authorization::Button::Applicant(ApplicantButton::Begin);
    Buttons::Inline(vec![vec![button(scene, TextName::ButtonAuthorize, begin)]])
}

/// A button with the label of a text.
pub(super) fn button(scene: &Scene<'_>, name: TextName, button: authorization::Button) -> Button {
    Button {
        label: scene.texts.label(name, &[]),
        action: ButtonAction::Data(authorization::format(button)),
    }
}

/// How far the sender has come.
fn step_of<'a>(scene: &Scene<'a>) -> Option<&'a ApplicantStep> {
    match scene.turn.conversation.dialogue.as_ref()? {
        Dialogue::Applying { step, until } if *until > scene.turn.now => Some(step),
        _ => None,
    }
}

/// A stranger wrote a text.
pub(super) fn text(scene: &mut Scene<'_>, text: &str, folded: &str, is_cancel: bool) {
    let step = step_of(scene);
    let fold = scene.fold();
    let is = |name| fold.fold(&scene.texts.label(name, &[])) == folded;
    let asked = matches!(step, Some(ApplicantStep::Confirm { .. }));
    // Typed words count as presses (D10).
    let input = if is(TextName::ButtonAuthorize) {
        ApplicantInput::Begin
    } else if is_cancel || (step.is_some() && is(TextName::ButtonCancel)) {
        ApplicantInput::Cancel
    } else if asked && is(TextName::ButtonSend) {
        ApplicantInput::Send
    } else if asked && is(TextName::ButtonCorrect) {
        ApplicantInput::Correct
    } else {
        ApplicantInput::Data(ApplicantData {
            text: text.to_owned(),
            phone: scene.turn.incoming.phone.clone(),
            files: scene.turn.incoming.files.iter().map(file).collect(),
        })
    };
    act(scene, input);
}

/// A stranger sent what is no text.
pub(super) fn not_text(scene: &mut Scene<'_>, what: &str) {
    let input = match &scene.turn.incoming.phone {
        Some(phone) => ApplicantInput::Data(ApplicantData {
            text: phone.clone(),
            phone: Some(phone.clone()),
            files: Vec::new(),
        }),
        None if what == "contact" => ApplicantInput::ForeignContact,
        None => ApplicantInput::Other,
    };
    // Not at every sticker.
    if input == ApplicantInput::Other && std::mem::replace(&mut scene.next.unsupported_told, true) {
        return;
    }
    act(scene, input);
}

/// Somebody pressed a button of the talk.
pub(super) fn pressed(scene: &mut Scene<'_>, query: &str, pressed: ApplicantButton) {
    if !scene.turned_away() {
        scene
            .trace
            .push(TraceStep::Authorization("уже зарегистрирован".to_owned()));
        let first_name = Value::Text(&scene.turn.incoming.sender.first_name);
        let name = TextName::AuthorizationAlready;
        let text = scene.texts.label(name, &[("first_name", first_name)]);
        answer(scene, query, Some(text));
        return;
    }
    answer(scene, query, None);
    let current = match step_of(scene) {
        Some(ApplicantStep::Confirm { question, .. }) => Some(*question),
        _ => None,
    };
    let input = match pressed {
        ApplicantButton::Begin => ApplicantInput::Begin,
        ApplicantButton::Send(question)
        | ApplicantButton::Correct(question)
        | ApplicantButton::Cancel(question)
            if current != Some(question) =>
        {
            ApplicantInput::OldButton
        }
        ApplicantButton::Send(_) => ApplicantInput::Send,
        ApplicantButton::Correct(_) => ApplicantInput::Correct,
        ApplicantButton::Cancel(_) => ApplicantInput::Cancel,
    };
    act(scene, input);
}

/// A stranger pressed a button of whatever else: it does nothing for him any more (R120).
pub(super) fn old_button(scene: &mut Scene<'_>, query: &str) {
    answer(scene, query, None);
    prompt(scene);
}

/// The circle on the button ends.
pub(super) fn answer(scene: &mut Scene<'_>, query: &str, text: Option<String>) {
    scene.effect(Effect::AnswerPress {
        query: query.to_owned(),
        text,
    });
}

fn act(scene: &mut Scene<'_>, input: ApplicantInput) {
    let step = step_of(scene);
    // Its buttons have no meaning from now on.
    if let Some(ApplicantStep::Confirm { question, .. }) = step {
        scene.edit(EditTarget::Message(*question), None, Buttons::None);
    }
    match authorization::act(step, input) {
        ApplicantAct::Prompt => prompt(scene),
        ApplicantAct::Ask => ask(scene, TextName::AuthorizationEnter),
        ApplicantAct::NotYourContact => ask(scene, TextName::AuthorizationNotYourContact),
        ApplicantAct::ReadBack(data) => read_back(scene, data),
        ApplicantAct::Cancelled => {
            scene.leave();
            let text = scene.message(TextName::Cancelled, &[]);
            scene.say(text, Buttons::RemovePanel);
        }
        ApplicantAct::Submit(data) => submit(scene, data),
    }
}

/// Who is not let in is told how to get in.
pub(super) fn prompt(scene: &mut Scene<'_>) {
    scene.trace.push(TraceStep::Stranger);
    scene.leave();
    let own = scene
        .turn
        .bot
        .authorization
        .as_ref()
        .and_then(|section| section.prompt.as_deref())
        .map(RichText::authored)
        .filter(|prompt| !prompt.is_blank());
    let text = own.unwrap_or_else(|| scene.message(TextName::AuthorizationPrompt, &[]));
    let buttons = begin_button(scene);
    scene.say(text, buttons);
}

fn remember(scene: &mut Scene<'_>, step: ApplicantStep) {
    scene.leave();
    scene.next.dialogue = Some(Dialogue::Applying {
        step,
        until: scene.turn.now.plus_secs(APPLYING_S),
    });
}

fn ask(scene: &mut Scene<'_>, name: TextName) {
    scene
        .trace
        .push(TraceStep::Authorization("ждём данные".to_owned()));
    remember(scene, ApplicantStep::Enter);
    let text = scene.message(name, &[]);
    let label = scene.texts.label(TextName::ButtonPhone, &[]);
    scene.say(text, Buttons::Contact(label));
}

fn read_back(scene: &mut Scene<'_>, data: ApplicantData) {
    scene.trace.push(TraceStep::Authorization(
        "данные показаны для проверки".to_owned(),
    ));
    let mut shown = data.text.clone();
    for file in &data.files {
        shown.push_str(&format!("\n📎 {}", file.name));
    }
    let text = scene.message(
        TextName::AuthorizationConfirm,
        &[("data", Value::Text(&shown))],
    );
    let labels = [
        TextName::ButtonSend,
        TextName::ButtonCorrect,
        TextName::ButtonCancel,
    ]
    .map(|name| scene.texts.label(name, &[]));
    let question = scene.say_with(text, |question| {
        let [send, correct, cancel] = labels;
        let button = |label, button| Button {
            label,
            action: ButtonAction::Data(authorization::format(authorization::Button::Applicant(
                button,
            ))),
        };
        Buttons::Inline(vec![
            vec![
                button(send, ApplicantButton::Send(question)),
                button(correct, ApplicantButton::Correct(question)),
            ],
            vec![button(cancel, ApplicantButton::Cancel(question))],
        ])
    });
    remember(scene, ApplicantStep::Confirm { data, question });
}

fn file(file: &IncomingFile) -> RequestFile {
    RequestFile {
        id: file.id.clone(),
        name: file.name.clone(),
        size: file.size,
        mime: file.mime.clone(),
    }
}

/// The data are confirmed: only now anything is checked.
fn submit(scene: &mut Scene<'_>, data: ApplicantData) {
    let turn = scene.turn;
    let (open, refused) = match turn.facts {
        Facts::Applicant { open, refused } => (open.as_deref(), *refused),
        _ => (None, 0),
    };
    if refused >= REFUSALS_A_DAY {
        scene.trace.push(TraceStep::Authorization(
            "слишком много отказов за день".to_owned(),
        ));
        scene.leave();
        let text = scene.message(TextName::AuthorizationTooOften, &[]);
        scene.say(text, Buttons::RemovePanel);
        return;
    }
    let sender = &turn.incoming.sender;
    let request = AuthorizationRequest {
        id: RequestId(turn.ids.next_id()),
        bot: turn.bot.code.clone(),
        chat: turn.incoming.chat,
        person: sender.id,
        first_name: sender.first_name.clone(),
        last_name: sender.last_name.clone(),
        username: sender.username.clone(),
        data,
        links: Vec::new(),
        state: RequestState::Waiting,
        version: 1,
        created_at: turn.now,
        cards: Vec::new(),
        taken_by: None,
        offered: Vec::new(),
        remind_at: None,
        reminded: 0,
        decided_at: None,
        decided_by: None,
        party: None,
        reason: None,
    };
    let replaces = open.map(|open| (open.id, open.version));
    proceed(scene, Applied { request, replaces });
}

/// Goes on with what the algorithm came to.
pub(super) fn checked(scene: &mut Scene<'_>, mut applied: Applied, outcome: ScriptOutcome) {
    if outcome.reply == Err(ScriptFailure::Busy) {
        scene.say_named(TextName::Busy);
        read_back(scene, applied.request.data);
        return;
    }
    let (result, reason) = match found(&outcome) {
        Ok(party) => (LinkResult::Found(party.clone()), party.to_string()),
        Err(reason) => (LinkResult::Failed, reason),
    };
    tried(scene, &mut applied, Link::Algorithm, result, reason);
    proceed(scene, applied);
}

/// Whom a check found (R110, D21): a filled reference that is not marked for deletion.
///
/// # Errors
/// Why that is a failure, in words for whoever runs the bots.
pub fn found(outcome: &ScriptOutcome) -> Result<&crate::model::PartyRef, String> {
    match &outcome.reply {
        Ok(ScriptReply::Party {
            party, alive: true, ..
        }) => Ok(party),
        Ok(ScriptReply::Party { party, .. }) => {
            Err(format!("{party} помечен на удаление или не найден"))
        }
        Ok(ScriptReply::Nothing) => Err("ничего не найдено: _Результат пуст".to_owned()),
        Ok(_) => Err("_Результат — не ссылка на пользователя, партнера или контрагента".to_owned()),
        Err(ScriptFailure::Error(text) | ScriptFailure::Limit { whole: text, .. }) => {
            Err(text.clone())
        }
        Err(ScriptFailure::Busy) => Err("очередь алгоритмов заполнена".to_owned()),
        Err(ScriptFailure::Unavailable) => Err("алгоритма нет, или он не компилируется".to_owned()),
    }
}

fn tried(
    scene: &mut Scene<'_>,
    applied: &mut Applied,
    link: Link,
    result: LinkResult,
    reason: String,
) {
    let became = match &result {
        LinkResult::Found(_) => "нашёл",
        LinkResult::Began => "начат",
        LinkResult::Failed => "не прошёл",
    };
    scene.trace.push(TraceStep::Authorization(format!(
        "{}: {became}: {reason}",
        link.as_str()
    )));
    applied.request.links.push(LinkOutcome {
        link,
        result,
        reason,
    });
}

/// Takes the next steps until one has to be waited for, or all is said.
fn proceed(scene: &mut Scene<'_>, mut applied: Applied) {
    let turn = scene.turn;
    let Some(settings) = &turn.bot.authorization else {
        // Switched off meanwhile: everybody is served.
        scene.leave();
        return;
    };
    loop {
        match authorization::next(settings, &applied.request.links) {
            Step::Check(algorithm) => {
                let request = ScriptRequest {
                    program: ScriptProgram::Algorithm(algorithm.into()),
                    text: applied.request.data.text.clone(),
                    keyword: String::new(),
                    history: Vec::new(),
                };
                scene.run(request, Next::Check(Box::new(applied)));
                return;
            }
            Step::Start(scenario) => match turn.outside.start(scenario, &applied.request) {
                Ok(changes) => {
                    for change in changes {
                        scene.effect(Effect::change(change));
                    }
                    applied.request.state = RequestState::Process;
                    let reason = scenario.to_owned();
                    tried(
                        scene,
                        &mut applied,
                        Link::Scenario,
                        LinkResult::Began,
                        reason,
                    );
                }
                Err(NotStarted(reason)) => {
                    let reason = format!("«{scenario}» не запущен: {reason}");
                    tried(
                        scene,
                        &mut applied,
                        Link::Scenario,
                        LinkResult::Failed,
                        reason,
                    );
                }
            },
            Step::Ask(responsible) => ask_responsible(scene, &mut applied, responsible),
            Step::Register(party) => {
                let by = By::Script(settings.algorithm.clone().unwrap_or_default());
                let registration = Registration {
                    bot: turn.bot.code.clone(),
                    chat: turn.incoming.chat,
                    party: party.clone(),
                };
                applied.request.party = Some(party);
                close(scene, applied, RequestState::Accepted, &by);
                scene.effect(Effect::change(Change::RegisterBy { registration, by }));
                // `authorized` follows from the registration, however it was made.
                scene.leave();
                return;
            }
            Step::Wait => {
                scene.effect(Effect::change(Change::OpenRequest {
                    request: Box::new(applied.request),
                    replaces: applied.replaces,
                }));
                scene.leave();
                let text = scene.message(TextName::AuthorizationSent, &[]);
                scene.say(text, Buttons::RemovePanel);
                return;
            }
            Step::Fail => {
                close(scene, applied, RequestState::Failed, &By::System);
                scene.leave();
                let text = scene.message(TextName::AuthorizationError, &[]);
                scene.say(text, Buttons::RemovePanel);
                return;
            }
        }
    }
}

fn close(scene: &mut Scene<'_>, applied: Applied, state: RequestState, by: &By) {
    let mut request = applied.request;
    request.state = state;
    request.decided_at = Some(scene.turn.now);
    request.decided_by = Some(by.to_string());
    let detail = serde_json::json!({ "party": request.party, "links": request.links });
    scene.effect(Effect::change(Change::Audit(Audited {
        by: by.clone(),
        action: match state {
            RequestState::Accepted => "authorization.accept",
            _ => "authorization.fail",
        },
        object: format!("authorization:{}", request.id),
        detail: detail.to_string(),
    })));
    scene.effect(Effect::change(Change::OpenRequest {
        request: Box::new(request),
        replaces: applied.replaces,
    }));
}

/// Asks everybody who may decide: the first to take it has it.
fn ask_responsible(scene: &mut Scene<'_>, applied: &mut Applied, responsible: &str) {
    let turn = scene.turn;
    let mut reached = turn.outside.responsible();
    // Nobody decides about himself.
    reached.retain(|(_, _, chat)| *chat != applied.request.chat);
    if reached.is_empty() {
        let reason = format!(
            "«{responsible}» недостижим: не зарегистрирован ни в этом, ни в главном боте, помечен на удаление или сам прислал запрос"
        );
        tried(
            scene,
            applied,
            Link::Responsible,
            LinkResult::Failed,
            reason,
        );
        return;
    }
    applied.request.state = RequestState::Waiting;
    applied.request.remind_at = turn
        .bot
        .authorization
        .as_ref()
        .map(|section| section.remind_after_s)
        .filter(|seconds| *seconds > 0)
        .map(|seconds| turn.now.plus_secs(seconds));
    let names: Vec<String> = reached
        .iter()
        .map(|(user, _, _)| user.to_string())
        .collect();
    let cards: Vec<Card> = reached
        .into_iter()
        .map(|(user, bot, chat)| Card {
            user,
            bot,
            chat,
            message: MessageKey(turn.ids.next_id()),
        })
        .collect();
    let said = Said {
        bot_name: &turn.bot.name,
        ..Said::default()
    };
    let text = authorization::card_text(&scene.texts, &applied.request, said);
    let buttons = card_buttons(&scene.texts, applied.request.id);
    for card in &cards {
        let body = OutgoingBody::Text {
            text: text.clone(),
            buttons: buttons.clone(),
        };
        scene.effect(Effect::Send(to_card(card, card.message, body)));
        // A file is known by its id to the bot that received it alone.
        if card.bot == turn.bot.code && !applied.request.data.files.is_empty() {
            let files = applied.request.data.files.iter().map(outgoing).collect();
            let body = OutgoingBody::Files {
                files,
                caption: None,
                buttons: Buttons::None,
            };
            scene.effect(Effect::Send(to_card(
                card,
                MessageKey(turn.ids.next_id()),
                body,
            )));
        }
    }
    applied.request.cards = cards;
    tried(
        scene,
        applied,
        Link::Responsible,
        LinkResult::Began,
        names.join(", "),
    );
}

fn outgoing(file: &RequestFile) -> OutgoingFile {
    OutgoingFile {
        name: file.name.clone(),
        source: FileSource::FileId(file.id.clone()),
        photo: file.mime == "image/jpeg" && file.name == "photo.jpg",
    }
}

fn to_card(card: &Card, key: MessageKey, body: OutgoingBody) -> Outgoing {
    Outgoing {
        key,
        to: ChatAddress {
            channel: Channel::Telegram,
            bot: card.bot.clone(),
            chat: card.chat,
            thread: None,
        },
        lane: Lane::Background,
        kind: MessageKind::Notice,
        reply_to: None,
        not_before: None,
        body,
    }
}

/// Somebody opened a registration link (D23).
pub(super) fn link(scene: &mut Scene<'_>, link: Option<&RegistrationLink>) {
    let turn = scene.turn;
    let sender = &turn.incoming.sender;
    let usable = link.filter(|link| {
        link.bot == turn.bot.code
            && link.lets_in(turn.now)
            && !sender.anonymous
            && turn.incoming.own
    });
    let Some(link) = usable else {
        scene
            .trace
            .push(TraceStep::Authorization("ссылка не действует".to_owned()));
        scene.say_named(TextName::LinkInvalid);
        return;
    };
    let known = turn.party;
    let is_same = match &link.grant {
        LinkGrant::Party(party) => known == Some(party),
        // Who is known already needs no second card.
        LinkGrant::New { .. } => known.is_some(),
    };
    scene.leave();
    if is_same {
        scene.trace.push(TraceStep::Authorization(
            "по ссылке: уже зарегистрирован".to_owned(),
        ));
        scene.say_named(TextName::Greeting);
        return;
    }
    scene
        .trace
        .push(TraceStep::Authorization(format!("ссылка {}", link.id)));
    let mut name = sender.first_name.clone();
    if let Some(last) = &sender.last_name {
        name = format!("{name} {last}");
    }
    scene.effect(Effect::change(Change::UseLink {
        link: link.id,
        version: link.version,
        chat: turn.incoming.chat,
        name: name.trim().to_owned(),
    }));
    scene.effect(Effect::change(Change::Audit(Audited {
        by: By::Person(format!("telegram:{}:{}", turn.bot.code, sender.id.0)),
        action: "registration.link",
        object: format!(
            "registration:telegram:{}:{}",
            turn.bot.code, turn.incoming.chat
        ),
        detail: serde_json::json!({ "link": link.id }).to_string(),
    })));
}

/// What the run of a check is told besides its text, by the conversation that asked for it: the telephone
/// and the files that came with the data.
pub fn data_of(conversation: &crate::model::Conversation) -> Option<&ApplicantData> {
    match conversation.dialogue.as_ref()? {
        Dialogue::Applying {
            step: ApplicantStep::Confirm { data, .. },
            ..
        } => Some(data),
        _ => None,
    }
}
