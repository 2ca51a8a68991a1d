//! `Telegram` and `ЧатБоты`: messages that a program sends besides its answer. They are collected and
//! written with everything else of the run.

use std::rc::Rc;

use vestnik_bsl::library::structure::structure;
use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{
    BotCode, Buttons, Channel, ChatAddress, ChatId, FileSource, Lane, MessageKey, MessageKind,
    Moment, Outgoing, OutgoingBody, OutgoingFile, PartyRef, RichText, ScriptVariant,
};
use crate::store::registrations;

use super::attributes::reference_of;
use super::files::files_of;
use super::members::{self, Class, Members, Method, function};
use super::names::{self, Pair, Standard, pair};
use super::session::Session;
use super::shapes::{fields_of, rich};
use super::times::moment_of_local;
use super::variants::buttons;

/// Messages that one run may send: more is a broadcast, which goes elsewhere.
const SENDS_MAX: usize = 1_000;

/// `Telegram`.
pub(super) struct Telegram(pub(super) Rc<Session>);

impl Telegram {
    fn registrations(&self, vm: &mut Vm<'_>, whose: &Value) -> Result<Value, Fault> {
        let party = reference_of(whose).ok_or_else(|| Fault::param(1))?;
        let rows = chats_of(&self.0, vm, &party)?;
        let mut list = Vec::with_capacity(rows.len());
        for (bot, chat) in rows {
            let fields = [
                ("Бот".to_owned(), Value::str(bot.as_str())),
                ("КлючЧата".to_owned(), Value::Int(chat.0)),
            ];
            list.push(structure(vm, fields));
        }
        Ok(vm.new_array(list))
    }
}

/// Отправить of `Telegram` and of one bot.
const SEND: Pair = pair("Отправить", "Send");
const SEND_PARAMS: &str = "Кому, Текст, Параметры = Неопределено";

impl Members for Telegram {
    const CLASS: Class = Class::Telegram;
    const METHODS: &'static [Method<Telegram>] = &[
        function(
            SEND,
            SEND_PARAMS,
            (2, 3),
            "Отправляет сообщение элементу справочника (во все его чаты с ботом) или в чат по ключу; возвращает число сообщений. Параметры — структура: Бот, Когда, Файлы, Кнопки.",
            |telegram, vm, args| send(&telegram.0, vm, None, args),
        ),
        function(
            pair("Регистрации", "Registrations"),
            "Кто",
            (1, 1),
            "Массив структур Бот и КлючЧата: где зарегистрирован элемент справочника.",
            |telegram, vm, args| telegram.registrations(vm, &args[0]),
        ),
    ];

    fn type_name(&self) -> String {
        names::TELEGRAM_TYPE.ru.to_owned()
    }
}

/// `ЧатБоты`: the bots by their codes.
pub(super) struct ChatBots(pub(super) Rc<Session>);

impl ChatBots {
    fn bot(&self, vm: &Vm<'_>, code: &str) -> Result<Value, Fault> {
        let bot = find_bot(&self.0, code)?;
        let session = Rc::clone(&self.0);
        Ok(members::value(vm, ChatBot { session, bot }))
    }
}

impl Members for ChatBots {
    const CLASS: Class = Class::ChatBots;

    fn type_name(&self) -> String {
        names::CHAT_BOTS_TYPE.ru.to_owned()
    }

    fn field(&self, folded: &str) -> Option<u32> {
        Some(self.0.name_number(folded))
    }

    fn get(&self, field: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let code = self.0.name_of(field).unwrap_or_else(|| "".into());
        self.bot(vm, &code)
    }

    fn index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        let code = vm.text(key);
        Some(self.bot(vm, &code))
    }

    fn item(&self, vm: &mut Vm<'_>, place: usize) -> Option<Result<Option<Value>, Fault>> {
        let code = self.0.bots.get(place).cloned();
        Some(code.map(|code| self.bot(vm, code.as_str())).transpose())
    }
}

/// One bot of `ЧатБоты`.
pub(super) struct ChatBot {
    session: Rc<Session>,
    bot: BotCode,
}

impl Members for ChatBot {
    const CLASS: Class = Class::ChatBot;
    const METHODS: &'static [Method<ChatBot>] = &[function(
        SEND,
        SEND_PARAMS,
        (2, 3),
        "То же, что Telegram.Отправить, от имени этого бота.",
        |bot, vm, args| send(&bot.session, vm, Some(&bot.bot), args),
    )];

    fn type_name(&self) -> String {
        names::CHAT_BOT_TYPE.ru.to_owned()
    }

    /// Its code, the only one.
    fn field(&self, folded: &str) -> Option<u32> {
        let code = Standard::Code;
        code.name().is(folded).then_some(code as u32)
    }

    fn get(&self, _: u32, _: &mut Vm<'_>) -> Result<Value, Fault> {
        Ok(Value::str(self.bot.as_str()))
    }

    fn presentation(&self) -> String {
        self.bot.as_str().to_owned()
    }
}

fn find_bot(session: &Session, code: &str) -> Result<BotCode, Fault> {
    let folded = code.trim().to_lowercase();
    session
        .bots
        .iter()
        .find(|bot| bot.as_str().to_lowercase() == folded)
        .cloned()
        .ok_or_else(|| Fault::text(format!("Бот «{}» не найден", code.trim())))
}

/// The chats that a party is registered in, over all bots.
fn chats_of(
    session: &Rc<Session>,
    vm: &mut Vm<'_>,
    party: &PartyRef,
) -> Result<Vec<(BotCode, ChatId)>, Fault> {
    if party.code.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = party.clone();
    let rows = session
        .read(move |conn| registrations::of_party(conn, &wanted))
        .map_err(|error| session.fault(vm, error))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.registration.bot, row.registration.chat))
        .collect())
}

/// What `Параметры` says.
#[derive(Default)]
struct Options {
    bot: Option<BotCode>,
    not_before: Option<Moment>,
    files: Vec<OutgoingFile>,
    buttons: Vec<ScriptVariant>,
}

fn options(session: &Rc<Session>, vm: &mut Vm<'_>, value: &Value) -> Result<Options, Fault> {
    let mut options = Options::default();
    if matches!(value, Value::Undefined | Value::Missing) {
        return Ok(options);
    }
    let Some(fields) = fields_of(vm, value)? else {
        return Err(Fault::param(3));
    };
    for (field, value) in fields {
        if matches!(value, Value::Undefined) {
            continue;
        }
        match field.as_str() {
            "бот" | "bot" => options.bot = Some(find_bot(session, &vm.text(&value))?),
            "когда" | "when" => {
                let date = vm.to_date(&value)?;
                if !date.is_empty() {
                    options.not_before = moment_of_local(session.zone, date);
                }
            }
            "файлы" | "файл" | "files" | "file" => options.files = files_of(vm, &value)?,
            "кнопки" | "buttons" => options.buttons = buttons(vm, &value)?,
            _ => {
                return Err(Fault::text(format!(
                    "Параметр «{field}» неизвестен: есть Бот, Когда, Файлы, Кнопки"
                )));
            }
        }
    }
    Ok(options)
}

/// Bytes of a message's texts and files.
fn weight(body: &OutgoingBody) -> usize {
    let text = |text: &RichText| match text {
        RichText::Plain(text) | RichText::Markup(text) => text.len(),
    };
    let file = |file: &OutgoingFile| match &file.source {
        FileSource::Base64(text) | FileSource::FileId(text) => file.name.len() + text.len(),
    };
    let inside = match body {
        OutgoingBody::Text { text: own, .. } => text(own),
        OutgoingBody::Files { files, caption, .. } => {
            files.iter().map(file).sum::<usize>() + caption.as_ref().map_or(0, text)
        }
        OutgoingBody::Edit { text: new, .. } => new.as_ref().map_or(0, text),
    };
    MESSAGE_COST + inside
}

fn variant_weight(variant: &ScriptVariant) -> usize {
    MESSAGE_COST + variant.text.len() + variant.value.as_ref().map_or(0, String::len)
}

/// Bytes of a message or button besides its text.
const MESSAGE_COST: usize = 256;

/// Отправить(Кому, Текст, Параметры).
fn send(
    session: &Rc<Session>,
    vm: &mut Vm<'_>,
    bot: Option<&BotCode>,
    args: &[Value],
) -> Result<Value, Fault> {
    let nothing = Value::Missing;
    let given = options(session, vm, args.get(2).unwrap_or(&nothing))?;
    let bot = match (bot, given.bot) {
        (Some(own), Some(other)) if *own != other => {
            return Err(Fault::text(format!(
                "Сообщение отправляет бот «{own}», а в Параметры назван «{other}»"
            )));
        }
        (Some(bot), _) => bot.clone(),
        (None, named) => named.unwrap_or_else(|| session.caller.bot.clone()),
    };
    let chats: Vec<ChatId> = match reference_of(&args[0]) {
        Some(party) => {
            let mut chats = chats_of(session, vm, &party)?;
            chats.retain(|(registered, _)| *registered == bot);
            if chats.is_empty() {
                let name = if party.code.is_empty() {
                    "Пустая ссылка".to_owned()
                } else {
                    format!("«{}»", vm.text(&args[0]))
                };
                return Err(Fault::text(format!(
                    "{name}: в боте «{bot}» нет ни одной регистрации"
                )));
            }
            chats.into_iter().map(|(_, chat)| chat).collect()
        }
        None => {
            let key = match &args[0] {
                Value::Int(key) => Some(*key),
                other => other
                    .as_string()
                    .and_then(|text| text.trim().parse::<i64>().ok()),
            };
            match key {
                Some(key) if key != 0 => vec![ChatId(key)],
                _ => return Err(Fault::param(1)),
            }
        }
    };
    let text = rich(vm, &args[1])?;
    if text.is_blank() && given.files.is_empty() {
        return Err(Fault::text("Нечего отправлять: текст пуст и файлов нет"));
    }
    if !given.buttons.is_empty() {
        if !given.files.is_empty() {
            return Err(Fault::text(
                "Кнопки ставятся под текст: отправьте файлы и вопрос с кнопками двумя сообщениями",
            ));
        }
        if chats.iter().any(|chat| chat.is_group()) {
            return Err(Fault::text(
                "Кнопки предлагаются одному человеку: в группу их отправить нельзя",
            ));
        }
    }
    if session.sends.borrow().len() + chats.len() > SENDS_MAX {
        return Err(Fault::text(format!(
            "За один запуск алгоритм отправляет не больше {SENDS_MAX} сообщений"
        )));
    }
    let mut bodies = Vec::new();
    let plain = |text| OutgoingBody::Text {
        text,
        buttons: Buttons::None,
    };
    if given.files.is_empty() {
        bodies.push(plain(text));
    } else {
        let mut caption = (!text.is_blank()).then_some(text);
        // A text that is no caption goes before the files.
        let long = |text: &mut RichText| {
            text.to_plain().encode_utf16().count() > Channel::Telegram.limits().caption_units
        };
        if let Some(text) = caption.take_if(long) {
            bodies.push(plain(text));
        }
        bodies.push(OutgoingBody::Files {
            files: given.files,
            caption,
            buttons: Buttons::None,
        });
    }
    let count = chats.len();
    for chat in chats {
        let same_chat = chat == session.caller.chat && bot == session.caller.bot;
        for body in &bodies {
            // Each chat has a copy of its own, and the run holds all of them.
            vm.charge(8)?;
            vm.reserve(weight(body) + given.buttons.iter().map(variant_weight).sum::<usize>())?;
            let key = MessageKey(session.ids.next_id());
            if !given.buttons.is_empty() {
                session
                    .offers
                    .borrow_mut()
                    .push((key, given.buttons.clone()));
            }
            session.sends.borrow_mut().push(Outgoing {
                key,
                to: ChatAddress {
                    channel: Channel::Telegram,
                    bot: bot.clone(),
                    chat,
                    thread: session.caller.thread.filter(|_| same_chat),
                },
                lane: Lane::Background,
                kind: MessageKind::Manual,
                reply_to: None,
                not_before: given.not_before,
                body: body.clone(),
            });
        }
    }
    session.note(format!("отправлено сообщений от бота «{bot}»: {count}"));
    Ok(Value::from(count))
}
