//! Dialogues in, dialogues out: a bot described in the words of its file, a script in the format of
//! dialogue tests, and a chat that carries out what the rules decide.

mod choices;
mod commands;
mod groups;
mod keywords;
mod properties;
mod scripts;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::*;
use crate::model::{
    Authorization, Bot, BotCode, BotTexts, ButtonAction, Buttons, Change, ChatId, Choice,
    ChoiceStatus, EditTarget, Fold, IdSource, Keyword, KeywordId, KeywordKind, KeywordTreeBuilder,
    KeywordWords, Locale, MessageKey, MessageKind, Moment, OnOtherText, OpenChoice, OutgoingBody,
    PersonId, Quote, RichText, ScriptFailure, ScriptProgram, ScriptReply, ScriptRequest,
    ScriptVariant, UpdateMode, Variants,
};
use crate::rehearsal::dialogues::{Attachment, ChatName, StepKind, parse};

/// Three levels, recursion, confirmation: the article's own example (R141, R142).
const THREE_LEVELS: &str = r#"
[[keyword]]
words = "Выбор"
kind = "choice"
title = "Выберите вариант"
variants = ["Вариант №1", "Вариант №2", "Вариант №3"]
[[keyword]]
parent = "Выбор"
words = "Вариант №1"
kind = "text"
text = "Выбрали \"Вариант №1\""
[[keyword]]
parent = "Выбор"
words = "Вариант №2"
kind = "choice"
title = "Второй уровень"
variants = ["Вариант 2.1", "Вариант 2.2"]
[[keyword]]
parent = "Выбор / Вариант №2"
words = "Вариант 2.1"
kind = "choice"
title = "Третий уровень"
variants = ["Вариант 2.1.1"]
[[keyword]]
parent = "Выбор / Вариант №2 / Вариант 2.1"
words = "Вариант 2.1.1"
kind = "text"
text = "Это 2.1.1"
[[keyword]]
parent = "Выбор / Вариант №2"
words = "Вариант 2.2"
kind = "text"
text = "Это 2.2"
[[keyword]]
parent = "Выбор"
words = "Вариант №3"
kind = "alias"
target = "Выбор"
"#;

/// A bot from the words of its file. Only what the rules look at is read.
fn bot(file: &str) -> Bot {
    let table: toml::Table = file.parse().expect("the bot is TOML");
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str);
    let flag = |key: &str, default| table.get(key).map_or(default, |v| v.as_bool().expect(key));
    let rich = |key: &str| text(key).map(RichText::authored);
    let fold = Fold {
        yo: flag("fold_yo", true),
        lookalikes: flag("fold_lookalikes", false),
    };
    let texts = table.get("texts").map_or_else(Default::default, |texts| {
        let texts = texts.as_table().expect("texts");
        texts
            .iter()
            .map(|(name, text)| (name.clone(), text.as_str().expect("a text").to_owned()))
            .collect()
    });
    Bot {
        code: BotCode::new("shop"),
        name: "Магазин".into(),
        description: rich("description").unwrap_or(RichText::Markup(String::new())),
        main: false,
        unknown_reply: Some(rich("unknown_reply").unwrap_or(RichText::authored("Не знаю"))),
        allow_code: flag("allow_code", false),
        code_groups: Vec::new(),
        task_menu: flag("task_menu", false),
        locale: match text("locale") {
            Some("en") => Locale::En,
            _ => Locale::Ru,
        },
        fold,
        on_other_text: match text("on_other_text") {
            Some("repeat") => OnOtherText::Repeat,
            _ => OnOtherText::Leave,
        },
        choice_ttl_s: 24 * 3600,
        quote: match text("quote") {
            Some("never") => Quote::Never,
            Some("always") => Quote::Always,
            _ => Quote::Groups,
        },
        mode: UpdateMode::Poll,
        keyboard: table.get("keyboard").map_or_else(Vec::new, |rows| {
            let rows = rows.as_array().expect("rows").iter();
            rows.map(|row| {
                KeywordWords::parse(row.as_str().expect("a row"))
                    .expect("words")
                    .0
            })
            .collect()
        }),
        help: flag("help", true),
        responsible: None,
        authorization: flag("authorization", false).then(Authorization::default),
        texts: BotTexts(texts),
        keywords: keywords(table.get("keyword"), fold),
        revision: 1,
    }
}

/// The records in the order of the file: parents first, alias targets anywhere.
fn keywords(records: Option<&toml::Value>, fold: Fold) -> crate::model::KeywordTree {
    let mut builder = KeywordTreeBuilder::default();
    let mut by_path: HashMap<String, KeywordId> = HashMap::new();
    let mut aliases: Vec<(KeywordId, String)> = Vec::new();
    let path = |path: &str| -> String {
        let parts: Vec<String> = path.split(" / ").map(|part| fold.fold(part)).collect();
        parts.join("/")
    };
    let none = Vec::new();
    let records = records.map_or(&none, |records| records.as_array().expect("records"));
    for record in records {
        let text = |key: &str| record.get(key).and_then(toml::Value::as_str);
        if record.get("deleted").and_then(toml::Value::as_bool) == Some(true) {
            continue; // R138
        }
        let parent = match text("parent") {
            None => None,
            // A child of a deleted record is left out as well (D13).
            Some(parent) => match by_path.get(&path(parent)) {
                Some(&id) => Some(id),
                None => continue,
            },
        };
        let words = KeywordWords::parse(text("words").unwrap_or_default())
            .expect("words")
            .0;
        let variants = record.get("variants").and_then(toml::Value::as_array);
        let kind = match text("kind").expect("kind") {
            "text" => KeywordKind::Text(RichText::authored(text("text").expect("text"))),
            "algorithm" => KeywordKind::Algorithm(text("algorithm").expect("algorithm").into()),
            "choice" => KeywordKind::Choice(Box::new(Choice {
                title: text("title").map(RichText::authored),
                variants: match variants {
                    Some(variants) => Variants::Fixed(
                        variants
                            .iter()
                            .map(|v| v.as_str().expect("variant").into())
                            .collect(),
                    ),
                    None => Variants::Algorithm(text("algorithm").expect("variants").into()),
                },
                confirm: record
                    .get("confirm")
                    .and_then(toml::Value::as_bool)
                    .unwrap_or(false),
                columns: record
                    .get("columns")
                    .and_then(toml::Value::as_integer)
                    .map_or(1, |columns| u8::try_from(columns).expect("columns")),
                back: record
                    .get("back")
                    .and_then(toml::Value::as_bool)
                    .unwrap_or(true),
            })),
            "alias" => KeywordKind::Alias(None),
            other => panic!("kind {other}"),
        };
        let id = builder.add(Keyword {
            words: words.iter().map(|word| word.as_str().into()).collect(),
            parent,
            kind,
            choice_settings: text("title")
                .filter(|_| text("kind") == Some("algorithm"))
                .map(|title| {
                    Box::new(Choice {
                        title: Some(RichText::authored(title)),
                        variants: Variants::Fixed([].into()),
                        confirm: record
                            .get("confirm")
                            .and_then(toml::Value::as_bool)
                            .unwrap_or(false),
                        columns: 1,
                        back: true,
                    })
                }),
        });
        if let Some(target) = text("target") {
            aliases.push((id, path(target)));
        }
        for word in &words {
            let full = match text("parent") {
                Some(parent) => format!("{}/{}", path(parent), fold.fold(word)),
                None => fold.fold(word),
            };
            by_path.insert(full, id);
        }
    }
    for (alias, target) in aliases {
        if let Some(&target) = by_path.get(&target) {
            builder.set_alias(alias, target);
        }
    }
    builder.build(fold)
}

struct Counter(Cell<i64>);

impl IdSource for Counter {
    fn next_id(&self) -> i64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

/// A message as the person sees it now.
#[derive(Clone, Debug)]
struct Shown {
    key: MessageKey,
    chat: ChatId,
    thread: Option<i64>,
    number: i64,
    reply_to: Option<i64>,
    text: RichText,
    buttons: Buttons,
}

impl Shown {
    fn rows(&self) -> Vec<Vec<&str>> {
        match &self.buttons {
            Buttons::Inline(rows) => rows
                .iter()
                .map(|row| row.iter().map(|button| button.label.as_str()).collect())
                .collect(),
            Buttons::None | Buttons::Panel(_) | Buttons::Contact(_) | Buttons::RemovePanel => {
                Vec::new()
            }
        }
    }

    fn labels(&self) -> Vec<&str> {
        self.rows().concat()
    }

    fn data(&self, label: &str) -> Option<&str> {
        let Buttons::Inline(rows) = &self.buttons else {
            return None;
        };
        let button = rows.iter().flatten().find(|button| button.label == label)?;
        match &button.action {
            ButtonAction::Data(data) => Some(data),
            ButtonAction::Url(_) => None,
        }
    }
}

/// What an algorithm of a test does.
type Fake = fn(&ScriptRequest) -> ScriptOutcome;

/// Algorithms of a test: a text in square brackets is code, and code answers with what it holds.
#[derive(Default)]
struct Fakes {
    algorithms: HashMap<String, Fake>,
    /// How often code ran.
    code_runs: Cell<usize>,
    /// The last request.
    asked: std::cell::RefCell<Option<ScriptRequest>>,
}

impl Scripts for Fakes {
    fn is_code(&self, text: &str) -> bool {
        text.starts_with('[')
    }

    fn why_not_code(&self, text: &str) -> Option<String> {
        text.starts_with("2+").then(|| "ждали слагаемое".to_owned())
    }

    fn direct(&self, folded: &str) -> Option<String> {
        let mut names = self.algorithms.keys();
        let found = names.find(|name| Fold::default().fold(name) == folded)?;
        Some(found.clone())
    }
}

impl Fakes {
    fn run(&self, request: &ScriptRequest) -> ScriptOutcome {
        *self.asked.borrow_mut() = Some(request.clone());
        match &request.program {
            ScriptProgram::Code(text) => {
                self.code_runs.set(self.code_runs.get() + 1);
                said(ScriptReply::Text(RichText::Plain(
                    text.trim_matches(['[', ']']).to_owned(),
                )))
            }
            ScriptProgram::Algorithm(name) => match self.algorithms.get(&**name) {
                Some(fake) => fake(request),
                None => ScriptOutcome {
                    messages: Vec::new(),
                    reply: Err(ScriptFailure::Unavailable),
                },
            },
        }
    }
}

fn said(reply: ScriptReply) -> ScriptOutcome {
    ScriptOutcome {
        messages: Vec::new(),
        reply: Ok(reply),
    }
}

/// Chats with one bot.
struct World {
    scripts: Fakes,
    may_code: bool,
    bot: Bot,
    ids: Counter,
    now: Moment,
    registered: HashSet<PersonId>,
    conversations: HashMap<(PersonId, ChatId), String>,
    choices: HashMap<ChoiceId, String>,
    messages: Vec<Shown>,
    /// What a person reads as answers, in order: new messages, and questions put in place of others.
    read: Vec<Shown>,
    /// Notes over the chat, the answers to presses.
    notes: Vec<Option<String>>,
    /// What is written besides conversations and choices.
    changes: Vec<Change>,
    trace: Trace,
    next_number: i64,
}

impl World {
    fn new(file: &str) -> World {
        World {
            scripts: Fakes::default(),
            may_code: true,
            bot: bot(file),
            ids: Counter(Cell::new(0)),
            now: noon(),
            registered: HashSet::new(),
            conversations: HashMap::new(),
            choices: HashMap::new(),
            messages: Vec::new(),
            read: Vec::new(),
            notes: Vec::new(),
            changes: Vec::new(),
            trace: Trace::default(),
            next_number: 1,
        }
    }

    /// The file was edited and applied.
    fn reload(&mut self, file: &str) {
        self.bot = bot(file);
    }

    fn wait(&mut self, secs: i64) {
        self.now = self.now.plus_secs(secs);
    }

    fn say(&mut self, chat: i64, text: &str) {
        self.come(incoming(chat, IncomingKind::Text(text.into())));
    }

    /// The texts that a private message brings, without formatting.
    fn answers(&mut self, chat: i64, text: &str) -> Vec<String> {
        let before = self.messages.len();
        self.say(chat, text);
        self.texts_since(before)
    }

    fn texts_since(&self, before: usize) -> Vec<String> {
        self.messages[before..]
            .iter()
            .map(|shown| shown.text.to_plain())
            .collect()
    }

    /// The message of the last answer, as it stands now.
    fn last(&self) -> &Shown {
        let last = self.read.last().expect("a message was sent");
        let mut messages = self.messages.iter();
        messages
            .find(|shown| shown.key == last.key)
            .expect("messages stay")
    }

    /// Presses the newest button with this label; later ones of a person may be far up the chat.
    fn press(&mut self, chat: i64, label: &str) {
        let shown = self
            .messages
            .iter()
            .rev()
            .find(|shown| shown.chat == ChatId(chat) && shown.data(label).is_some())
            .unwrap_or_else(|| panic!("no button {label:?}: {:#?}", self.messages));
        let (number, data) = (shown.number, shown.data(label).expect("found").to_owned());
        self.wait(2); // a person looks before pressing again
        self.press_data(chat, number, &data);
    }

    fn press_data(&mut self, chat: i64, number: i64, data: &str) {
        let mut press = incoming(
            chat,
            IncomingKind::Press {
                query: "q".into(),
                message_id: number,
                data: data.into(),
            },
        );
        press.message_id = Some(number);
        self.come(press);
    }

    /// One update, as the runtime handles it. What is stored goes through its stored form.
    fn come(&mut self, incoming: Incoming) {
        let place = (incoming.sender.id, incoming.chat);
        let conversation: Conversation = match self.conversations.get(&place) {
            Some(stored) => serde_json::from_str(stored).expect("a stored conversation reads back"),
            None => Conversation::default(),
        };
        let choice: Option<OpenChoice> = choice_needed(&conversation, &incoming)
            .and_then(|id| self.choices.get(&id))
            .map(|stored| serde_json::from_str(stored).expect("a stored choice reads back"));
        let turn = Turn {
            party: None,
            facts: &Facts::Nothing,
            outside: &NothingOutside,
            bot: &self.bot,
            username: Some("shop_bot"),
            conversation: &conversation,
            choice: choice.as_ref(),
            registered: self.registered.contains(&incoming.sender.id),
            may_code: self.may_code,
            scripts: &self.scripts,
            incoming: &incoming,
            now: self.now,
            ids: &self.ids,
        };
        let (effects, trace) = match decide(&turn) {
            Decision::Done { effects, trace } => (effects, trace),
            Decision::Run {
                mut at_once,
                request,
                pending,
            } => match resume(&turn, *pending, self.scripts.run(&request)) {
                Decision::Done { effects, trace } => {
                    at_once.extend(effects);
                    (at_once, trace)
                }
                Decision::Run { .. } => panic!("one script a turn"),
            },
        };
        assert!(!trace.steps().is_empty(), "something is always tried");
        assert!(!trace.describe(&self.bot).is_empty());
        self.trace = trace;
        let is_press = matches!(incoming.kind, IncomingKind::Press { .. });
        let first_is_answer = matches!(effects.first(), Some(Effect::AnswerPress { .. }));
        assert_eq!(
            is_press, first_is_answer,
            "a press is answered, and at once"
        );
        for effect in effects {
            self.carry_out(place, effect);
        }
    }

    fn carry_out(&mut self, place: (PersonId, ChatId), effect: Effect) {
        match effect {
            Effect::AnswerPress { text, .. } => self.notes.push(text),
            Effect::Change(change) => self.changes.push(*change),
            Effect::Remember(conversation) => {
                if conversation.is_default() {
                    self.conversations.remove(&place);
                } else {
                    let stored = serde_json::to_string(&conversation).expect("it can be stored");
                    self.conversations.insert(place, stored);
                }
            }
            Effect::PutChoice(choice) => {
                assert_ne!(choice.question, MessageKey(0), "the question has a message");
                let stored = serde_json::to_string(&choice).expect("it can be stored");
                self.choices.insert(choice.id, stored);
            }
            Effect::CloseChoice(id) => {
                if let Some(stored) = self.choices.get_mut(&id) {
                    let mut choice: OpenChoice =
                        serde_json::from_str(stored).expect("it reads back");
                    choice.status = ChoiceStatus::Closed;
                    *stored = serde_json::to_string(&choice).expect("it can be stored");
                }
            }
            Effect::Send(outgoing) => {
                let chat = outgoing.to.chat;
                let number = self.next_number;
                match outgoing.body {
                    OutgoingBody::Text { text, buttons } => {
                        assert_eq!(outgoing.kind, MessageKind::Answer);
                        assert!(!text.is_blank(), "no blank answer");
                        check_shown(&text, &buttons);
                        self.next_number += 1;
                        let shown = Shown {
                            key: outgoing.key,
                            chat,
                            thread: outgoing.to.thread,
                            number,
                            reply_to: outgoing.reply_to,
                            text,
                            buttons,
                        };
                        self.read.push(shown.clone());
                        self.messages.push(shown);
                    }
                    OutgoingBody::Edit {
                        target,
                        text,
                        buttons,
                    } => {
                        assert_eq!(outgoing.kind, MessageKind::Edit);
                        let shown = self.messages.iter_mut().find(|shown| match target {
                            EditTarget::Message(key) => shown.key == key,
                            EditTarget::ChannelMessage(number) => {
                                shown.chat == chat && shown.number == number
                            }
                        });
                        let Some(shown) = shown else {
                            return; // a message that only a made-up press names
                        };
                        let is_question = !buttons.is_none();
                        shown.buttons = buttons;
                        if let Some(text) = text {
                            check_shown(&text, &shown.buttons);
                            shown.text = text;
                            if is_question {
                                self.read.push(shown.clone());
                            }
                        }
                    }
                    OutgoingBody::Files { files, caption, .. } => {
                        self.next_number += 1;
                        let names: Vec<String> = files.into_iter().map(|file| file.name).collect();
                        let caption = caption.map(|caption| caption.to_plain());
                        let shown = Shown {
                            key: outgoing.key,
                            chat,
                            thread: outgoing.to.thread,
                            number,
                            reply_to: outgoing.reply_to,
                            text: RichText::Plain(format!(
                                "файл {}: {}",
                                names.join(", "),
                                caption.unwrap_or_default()
                            )),
                            buttons: Buttons::None,
                        };
                        self.read.push(shown.clone());
                        self.messages.push(shown);
                    }
                }
            }
        }
    }
}

/// What Telegram would refuse is never sent.
fn check_shown(text: &RichText, buttons: &Buttons) {
    if let RichText::Markup(markup) = text {
        assert!(vestnik_markup::parse(markup).is_ok(), "{markup}");
    }
    let Buttons::Inline(rows) = buttons else {
        return;
    };
    assert!(!rows.is_empty());
    for button in rows.iter().flatten() {
        assert!(!button.label.trim().is_empty());
        let ButtonAction::Data(data) = &button.action else {
            continue;
        };
        assert!((1..=64).contains(&data.len()), "{data}");
        assert!(data.is_ascii(), "{data}");
    }
}

fn noon() -> Moment {
    let noon = NaiveDate::from_ymd_opt(2026, 5, 12)
        .and_then(|day| day.and_hms_opt(12, 0, 0))
        .expect("a day");
    Moment(noon.and_utc().timestamp_micros())
}

fn person(id: i64) -> Person {
    Person {
        id: PersonId(id),
        first_name: "Иван".into(),
        last_name: None,
        username: None,
        anonymous: false,
    }
}

/// Something in a private chat.
fn incoming(chat: i64, kind: IncomingKind) -> Incoming {
    Incoming {
        sender: person(chat),
        chat: ChatId(chat),
        thread: None,
        message_id: Some(500),
        addressed: Addressed::Private,
        kind,
        own: true,
        files: Vec::new(),
        phone: None,
    }
}

/// Runs a script in the format of dialogue tests against a bot.
fn check(file: &str, script: &str) {
    let script = parse(script).unwrap_or_else(|errors| panic!("{errors:#?}\n{script}"));
    assert!(!script.cases.is_empty(), "a script has cases");
    for case in script.cases {
        let mut run = Run {
            world: World::new(file),
            read: HashMap::new(),
            chats: HashMap::new(),
            chat: 0,
            answer: None,
        };
        for step in case.steps {
            if let Err(why) = run.step(&step.kind, file) {
                panic!(
                    "case {}, line {}: {why}\ntrace:\n{}\n{:#?}",
                    case.name,
                    step.line,
                    run.world.trace.describe(&run.world.bot),
                    run.world.messages
                );
            }
        }
    }
}

struct Run {
    world: World,
    /// How many messages of each chat were read.
    read: HashMap<ChatId, usize>,
    chats: HashMap<String, i64>,
    chat: i64,
    /// The message whose buttons are looked at.
    answer: Option<MessageKey>,
}

impl Run {
    fn next(&mut self) -> Option<Shown> {
        let chat = ChatId(self.chat);
        let read = self.read.entry(chat).or_default();
        let mut of_chat = self.world.read.iter().filter(|shown| shown.chat == chat);
        let next = of_chat.nth(*read).cloned();
        if let Some(next) = &next {
            *read += 1;
            self.answer = Some(next.key);
        }
        next
    }

    fn step(&mut self, step: &StepKind, file: &str) -> Result<(), String> {
        match step {
            StepKind::Talk { chat, .. } => {
                self.chat = match chat {
                    ChatName::Registered(chat) => {
                        self.world.registered.insert(PersonId(*chat));
                        *chat
                    }
                    ChatName::Fresh(word) => {
                        let fresh = 2000 + i64::try_from(self.chats.len()).expect("few");
                        *self.chats.entry(word.clone()).or_insert(fresh)
                    }
                };
            }
            StepKind::Write(text) => self.world.say(self.chat, text),
            StepKind::Answer(expected) => match self.next() {
                Some(shown) if expected.matches(&shown.text.to_plain()) => {}
                Some(shown) => return Err(format!("{expected} != {}", shown.text.to_plain())),
                None => return Err(format!("{expected}, but nothing came")),
            },
            StepKind::Buttons { labels, among } => {
                let shown = self
                    .world
                    .messages
                    .iter()
                    .find(|shown| Some(shown.key) == self.answer);
                let found = shown.map(Shown::labels).unwrap_or_default();
                let as_expected = if *among {
                    labels.iter().all(|label| found.contains(&label.as_str()))
                } else {
                    found == *labels
                };
                if !as_expected {
                    return Err(format!("{labels:?} != {found:?}"));
                }
            }
            StepKind::Press(label) => {
                let chat = ChatId(self.chat);
                let pressed = self.world.messages.iter().rev().find_map(|shown| {
                    let labels = shown.labels();
                    let label = labels.into_iter().find(|found| label.matches(found))?;
                    (shown.chat == chat).then(|| (shown.key, label.to_owned()))
                });
                let Some((key, label)) = pressed else {
                    return Err(format!("no button {label}"));
                };
                self.answer = Some(key);
                self.world.press(self.chat, &label);
            }
            StepKind::Silence => {
                if let Some(shown) = self.next() {
                    return Err(format!(
                        "nothing was expected, but {} came",
                        shown.text.to_plain()
                    ));
                }
            }
            StepKind::Attach(attachment) => {
                let what = match attachment {
                    Attachment::Contact => "contact",
                    Attachment::Sticker => "sticker",
                    Attachment::Photo(_) => "photo",
                    Attachment::Document(_) => "document",
                };
                self.world
                    .come(incoming(self.chat, IncomingKind::Other(what.into())));
            }
            StepKind::Clock(clock) => {
                self.world.now = Moment(clock.and_utc().timestamp_micros());
            }
            // The state is stored after each update; a start makes a new snapshot of the bot.
            StepKind::Kill => self.world.reload(file),
            StepKind::File(name) => return Err(format!("no files are sent here: {name}")),
        }
        Ok(())
    }
}

/// The harness itself can fail: an answer, a button, silence and a press that are not so.
#[test]
fn a_wrong_script_is_found() {
    for wrong in [
        "< Не то",
        "< Выберите вариант\n[ Вариант №1 ]",
        "< Выберите вариант\n[~ Вариант №4 ]",
        "< Выберите вариант\n[ ]",
        "< Выберите вариант\n< ещё",
        "<!",
        "* Вариант №4",
        "<file act.pdf",
        "<~ ^выберите",
    ] {
        let script = format!("case wrong\n@shop a\n> Выбор\n{wrong}");
        let failed = std::panic::catch_unwind(|| check(THREE_LEVELS, &script));
        assert!(failed.is_err(), "{wrong}");
    }
}
