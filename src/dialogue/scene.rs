//! One turn in the making: what has been decided so far, and how things are said.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::model::{
    Buttons, Channel, ChatAddress, ChoiceId, Conversation, EditTarget, Fold, Lane, MessageKey,
    MessageKind, Outgoing, OutgoingBody, OutgoingFile, Quote, RichText, ScriptRequest,
};
use crate::texts::{TextName, Texts, Value};

use vestnik_markup::utf16_len;

use super::applying;
use super::decision::{Decision, Effect, Next, Pending};
use super::trace::{Trace, TraceStep};
use super::turn::Turn;

/// The longest text of one message, which an edit has to keep to.
const TEXT_MAX: usize = Channel::Telegram.limits().text_units;

/// A message of ours that a person has before his eyes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Here {
    /// As the channel numbers it.
    pub target: EditTarget,
    /// Its key.
    pub key: MessageKey,
}

pub(super) struct Scene<'a> {
    pub turn: &'a Turn<'a>,
    pub texts: Texts<'a>,
    pub trace: Trace,
    /// What will be remembered.
    pub next: Conversation,
    effects: Vec<Effect>,
    /// The question whose button was pressed: the next question takes its place.
    pub here: Option<Here>,
    /// The script that has to run before anything else is decided.
    script: Option<(ScriptRequest, Next)>,
}

impl<'a> Scene<'a> {
    pub fn new(turn: &'a Turn<'a>) -> Scene<'a> {
        Scene {
            turn,
            texts: Texts::of(turn.bot),
            trace: Trace::default(),
            next: turn.conversation.clone(),
            effects: Vec::with_capacity(2),
            here: None,
            script: None,
        }
    }

    /// The scene as it stood when a script was asked for.
    pub fn resumed(turn: &'a Turn<'a>, pending: Pending) -> (Scene<'a>, Next) {
        let scene = Scene {
            turn,
            texts: Texts::of(turn.bot),
            trace: pending.trace,
            next: pending.next,
            effects: pending.effects,
            here: pending.here,
            script: None,
        };
        (scene, pending.then)
    }

    /// Asks for a script. Nothing else is decided after it in this scene.
    pub fn run(&mut self, request: ScriptRequest, then: impl Into<Next>) {
        debug_assert!(self.script.is_none(), "one script a turn");
        self.script = Some((request, then.into()));
    }

    pub fn finish(mut self) -> Decision {
        if let Some((request, then)) = self.script {
            let (at_once, effects) = self
                .effects
                .into_iter()
                .partition(|effect| matches!(effect, Effect::AnswerPress { .. }));
            let pending = Box::new(Pending {
                then,
                effects,
                next: self.next,
                here: self.here,
                trace: self.trace,
            });
            return Decision::Run {
                at_once,
                request,
                pending,
            };
        }
        self.put_away();
        if self.next != *self.turn.conversation {
            self.effects.push(Effect::Remember(self.next));
        }
        Decision::Done {
            effects: self.effects,
            trace: self.trace,
        }
    }

    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub fn fold(&self) -> Fold {
        self.turn.bot.fold
    }

    pub fn in_group(&self) -> bool {
        self.turn.incoming.chat.is_group()
    }

    pub fn registered(&self) -> bool {
        self.turn.registered && !self.turn.incoming.sender.anonymous
    }

    /// With authorisation on, only people we let in may use the bot (R95, R120).
    pub fn turned_away(&self) -> bool {
        self.turn.bot.authorization.is_some() && !self.registered()
    }

    /// Leaves what is open; its buttons stay and open it again (D11).
    pub fn leave(&mut self) -> Option<ChoiceId> {
        let left = self.next.dialogue.take()?.choice()?;
        self.effects.push(Effect::CloseChoice(left));
        Some(left)
    }

    /// The wording of a message, with the values that every message may use.
    pub fn message(&self, name: TextName, more: &[(&str, Value<'_>)]) -> RichText {
        let sender = &self.turn.incoming.sender;
        let first_name: Cow<'_, str> = if sender.first_name.trim().is_empty() {
            self.texts.label(TextName::NoName, &[]).into()
        } else {
            sender.first_name.as_str().into()
        };
        let mut values: SmallVec<[(&str, Value<'_>); 8]> = SmallVec::new();
        values.push(("first_name", Value::Text(&first_name)));
        values.push(("bot_name", Value::Text(&self.turn.bot.name)));
        values.push(("chat_key", Value::Number(sender.id.0)));
        values.push(("description", Value::Rich(&self.turn.bot.description)));
        values.extend_from_slice(more);
        self.texts.message(name, &values)
    }

    pub fn say_named(&mut self, name: TextName) {
        let text = self.message(name, &[]);
        self.say(text, Buttons::None);
    }

    /// In a group: this works in the private chat only, with a link to it (D28).
    pub fn say_private_only(&mut self) {
        let link = match self.turn.username {
            Some(username) => Cow::Owned(format!("https://t.me/{username}")),
            None => Cow::Borrowed(self.turn.bot.name.as_str()),
        };
        let text = self.message(
            TextName::PrivateOnly,
            &[("private_link", Value::Text(&link))],
        );
        self.say(text, Buttons::None);
    }

    /// Who is not let in is told how to get in (R95).
    pub fn say_stranger(&mut self) {
        if self.in_group() {
            self.trace.push(TraceStep::Stranger);
            self.say_private_only();
        } else {
            applying::prompt(self);
        }
    }

    /// Sends an answer and gives its key. A blank one is never sent: Telegram would refuse it.
    pub fn say(&mut self, text: RichText, buttons: Buttons) -> MessageKey {
        let text = if text.is_blank() {
            self.message(TextName::NoResult, &[])
        } else {
            text
        };
        self.say_with(text, |_| buttons)
    }

    /// The same with buttons that name the message they stand under.
    pub fn say_with(
        &mut self,
        text: RichText,
        buttons: impl FnOnce(MessageKey) -> Buttons,
    ) -> MessageKey {
        self.put_away();
        let reply_to = self.quoted();
        let key = MessageKey(self.turn.ids.next_id());
        let buttons = buttons(key);
        let body = OutgoingBody::Text { text, buttons };
        self.post(key, MessageKind::Answer, reply_to, body);
        key
    }

    /// Shows a question and gives its message: in place of the one whose button was pressed, else as a
    /// message of its own. What a question says below itself would be read after it: then it is a new one.
    pub fn show(&mut self, text: RichText, buttons: Buttons) -> MessageKey {
        let fits = !text.is_blank() && utf16_len(&text.to_plain()) <= TEXT_MAX;
        match self.here.take_if(|_| fits) {
            Some(here) => {
                self.edit(here.target, Some(text), buttons);
                here.key
            }
            None => self.say(text, buttons),
        }
    }

    /// No question came in place of the one that was pressed: its buttons go.
    fn put_away(&mut self) {
        if let Some(here) = self.here.take() {
            self.edit(here.target, None, Buttons::None);
        }
    }

    /// What an answer quotes.
    fn quoted(&self) -> Option<i64> {
        let quotes = match self.turn.bot.quote {
            Quote::Never => false,
            Quote::Groups => self.in_group(),
            Quote::Always => true,
        };
        self.turn.incoming.message_id.filter(|_| quotes)
    }

    /// Sends files, at most 10 (D24), the first with a caption.
    pub fn say_files(&mut self, files: Vec<OutgoingFile>, caption: Option<RichText>) {
        self.put_away();
        let reply_to = self.quoted();
        self.post(
            MessageKey(self.turn.ids.next_id()),
            MessageKind::Answer,
            reply_to,
            OutgoingBody::Files {
                files,
                caption: caption.filter(|caption| !caption.is_blank()),
                buttons: Buttons::None,
            },
        );
    }

    pub fn edit(&mut self, target: EditTarget, text: Option<RichText>, buttons: Buttons) {
        self.post(
            MessageKey(self.turn.ids.next_id()),
            MessageKind::Edit,
            None,
            OutgoingBody::Edit {
                target,
                text,
                buttons,
            },
        );
    }

    fn post(
        &mut self,
        key: MessageKey,
        kind: MessageKind,
        reply_to: Option<i64>,
        body: OutgoingBody,
    ) {
        let incoming = self.turn.incoming;
        self.effects.push(Effect::Send(Outgoing {
            key,
            to: ChatAddress {
                channel: Channel::Telegram,
                bot: self.turn.bot.code.clone(),
                chat: incoming.chat,
                thread: incoming.thread,
            },
            lane: Lane::Interactive,
            kind,
            reply_to,
            not_before: None,
            body,
        }));
    }
}
