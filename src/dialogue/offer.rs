//! Offering a choice: its settings, its question, and that it is what is open now (R132, D11, D13, D14).

use crate::model::{
    Buttons, Choice, ChoiceId, ChoiceStatus, Dialogue, HistoryStep, Keyword, KeywordId, MessageKey,
    Moment, OpenChoice, Outgoing, OutgoingBody, PersonId, RichText, ScriptVariant, Variant,
};
use crate::texts::{TextName, Texts, Value};

use super::decision::Effect;
use super::keyboard;
use super::scene::Scene;

/// A choice about to be offered.
pub(super) struct Offer {
    /// The path of its rule.
    pub rule: String,
    /// The rule's word.
    pub word: String,
    /// Its own title; `None`: the named text.
    pub title: Option<RichText>,
    /// What is offered.
    pub variants: Vec<Variant>,
    /// Whether a picked variant is asked about.
    pub confirm: bool,
    /// Buttons in a row.
    pub columns: u8,
    /// Whether a nested choice has «Назад».
    pub back: bool,
}

/// Offers a choice: it becomes what is open.
pub(super) fn offer(scene: &mut Scene<'_>, offer: Offer, history: Vec<HistoryStep>) {
    let keyword = ("keyword", Value::Text(&offer.word));
    if offer.variants.is_empty() {
        let text = scene.message(TextName::ChoiceEmpty, &[keyword]);
        scene.say(text, Buttons::None);
        return;
    }
    let title = offer
        .title
        .unwrap_or_else(|| scene.message(TextName::ChoiceTitle, &[keyword]));
    let choice = OpenChoice {
        id: ChoiceId(scene.turn.ids.next_id()),
        sender: scene.turn.incoming.sender.id,
        chat: scene.turn.incoming.chat,
        keyword: offer.rule,
        question: MessageKey(0), // known once it is sent, which `ask` does
        history,
        variants: offer.variants,
        keyboard: 0,
        page: 0,
        title,
        confirm: offer.confirm,
        columns: offer.columns,
        back: offer.back,
        status: ChoiceStatus::Open,
        at: scene.turn.now,
        answered_at: None,
    };
    ask(scene, choice);
}

/// Shows the question of a choice and opens it.
pub(super) fn ask(scene: &mut Scene<'_>, mut choice: OpenChoice) {
    let buttons = keyboard::buttons(&scene.texts, &choice);
    choice.question = scene.show(choice.title.clone(), buttons);
    open(scene, choice);
}

/// Makes a choice, whose question stands in the chat, the open one.
pub(super) fn open(scene: &mut Scene<'_>, mut choice: OpenChoice) {
    choice.status = ChoiceStatus::Open;
    scene.next.dialogue = Some(Dialogue::Choice {
        choice: choice.id,
        until: closes_at(scene),
    });
    scene.effect(Effect::PutChoice(choice));
}

/// When what is opened now closes by itself (D11).
pub(super) fn closes_at(scene: &Scene<'_>) -> Moment {
    scene.turn.now.plus_secs(scene.turn.bot.choice_ttl_s)
}

/// A choice with the settings of its rule.
pub(super) fn offered(
    scene: &Scene<'_>,
    rule: KeywordId,
    settings: &Choice,
    variants: Vec<Variant>,
) -> Offer {
    Offer {
        rule: scene.turn.bot.keywords.path_of(rule),
        word: word(scene.turn.bot.keywords.get(rule)).to_owned(),
        title: settings
            .title
            .clone()
            .filter(|title: &RichText| !title.is_blank()),
        variants,
        confirm: settings.confirm,
        columns: settings.columns,
        back: settings.back,
    }
}

/// The word by which a rule is named to people and algorithms; the catch-all has none.
pub(super) fn word(keyword: &Keyword) -> &str {
    keyword.words.first().map_or("", |word| word)
}

/// A choice under a message that a script sends to a person: it belongs to no rule, so what is pressed
/// is handled as if it had been typed, but never as code (D13). Gives its row and its buttons.
pub fn offered_by_script(
    texts: &Texts<'_>,
    message: &Outgoing,
    variants: Vec<ScriptVariant>,
    id: ChoiceId,
    now: Moment,
) -> (OpenChoice, Buttons) {
    let title = match &message.body {
        OutgoingBody::Text { text, .. } => text.clone(),
        OutgoingBody::Files { .. } | OutgoingBody::Edit { .. } => RichText::Plain(String::new()),
    };
    let choice = OpenChoice {
        id,
        // In a private chat the person has the chat's number (D28).
        sender: PersonId(message.to.chat.0),
        chat: message.to.chat,
        keyword: String::new(),
        question: message.key,
        history: Vec::new(),
        variants: labelled(variants),
        keyboard: 0,
        page: 0,
        title,
        confirm: false,
        columns: 1,
        back: false,
        status: ChoiceStatus::Open,
        at: now,
        answered_at: None,
    };
    let buttons = keyboard::buttons(texts, &choice);
    (choice, buttons)
}

/// What a script offers, with labels; its values are kept.
pub(super) fn labelled(variants: Vec<ScriptVariant>) -> Vec<Variant> {
    let mut labelled = keyboard::variants(variants.iter().map(|variant| variant.text.as_str()));
    for (labelled, variant) in labelled.iter_mut().zip(variants) {
        labelled.value = variant.value;
    }
    labelled
}
