//! `Telegram` and `ЧатБоты`: messages that a program sends besides its answer. They are collected and
//! written with everything else of the run.

use std::any::Any;
use std::rc::Rc;

use base64::Engine as _;
use vestnik_bsl::host::{HostMethod, HostObject};
use vestnik_bsl::library::bytes::bytes_of;
use vestnik_bsl::library::structure::structure;
use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{
    BotCode, Buttons, Channel, ChatAddress, ChatId, FileSource, Lane, MessageKey, MessageKind,
    Moment, Outgoing, OutgoingBody, OutgoingFile, PartyRef, RichText, ScriptVariant,
};
use crate::store::registrations;

use super::convert::{moment_of_local, reference_of, type_text};
use super::names;
use super::party::class;
use super::session::Session;

/// Messages that one run may send: more is a broadcast, which goes elsewhere.
const SENDS_MAX: usize = 1_000;
/// Files of one message (Bot API, `sendMediaGroup`).
pub(super) const FILES_MAX: usize = Channel::Telegram.limits().album_files;

/// `Telegram`.
pub(super) struct Telegram(pub(super) Rc<Session>);

impl HostObject for Telegram {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn class(&self) -> u32 {
        class::TELEGRAM
    }

    fn type_name(&self) -> String {
        names::TELEGRAM_TYPE.ru.to_owned()
    }

    fn method(&self, name: &str) -> Option<HostMethod> {
        names::find_method(&names::TELEGRAM_METHODS, name)
    }

    fn call(
        &self,
        id: u32,
        vm: &mut Vm<'_>,
        _this: &Value,
        args: &mut [Value],
    ) -> Result<Value, Fault> {
        if id == 0 {
            return send(&self.0, vm, None, args);
        }
        let Some(party) = reference_of(&args[0]) else {
            return Err(Fault::param(1));
        };
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

/// `ЧатБоты`: the bots by their codes.
pub(super) struct ChatBots(pub(super) Rc<Session>);

impl ChatBots {
    fn bot(&self, vm: &Vm<'_>, code: &str) -> Result<Value, Fault> {
        let bot = find_bot(&self.0, code)?;
        let session = Rc::clone(&self.0);
        Ok(vm.host_object(Box::new(ChatBot { session, bot })))
    }
}

impl HostObject for ChatBots {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn class(&self) -> u32 {
        class::CHAT_BOTS
    }

    fn type_name(&self) -> String {
        names::CHAT_BOTS_TYPE.ru.to_owned()
    }

    fn field(&self, name: &str) -> Option<u32> {
        Some(self.0.attribute_number(name))
    }

    fn get(&self, id: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        let code = self.0.attribute_key(id).unwrap_or_else(|| "".into());
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
struct ChatBot {
    session: Rc<Session>,
    bot: BotCode,
}

impl HostObject for ChatBot {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn class(&self) -> u32 {
        class::CHAT_BOT
    }

    fn type_name(&self) -> String {
        names::CHAT_BOT_TYPE.ru.to_owned()
    }

    fn field(&self, name: &str) -> Option<u32> {
        names::FIELDS[names::CODE as usize].is(name).then_some(0)
    }

    fn get(&self, _id: u32, _vm: &mut Vm<'_>) -> Result<Value, Fault> {
        Ok(Value::str(self.bot.as_str()))
    }

    fn method(&self, name: &str) -> Option<HostMethod> {
        names::find_method(&names::CHAT_BOT_METHODS, name)
    }

    fn call(
        &self,
        _id: u32,
        vm: &mut Vm<'_>,
        _this: &Value,
        args: &mut [Value],
    ) -> Result<Value, Fault> {
        send(&self.session, vm, Some(&self.bot), args)
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

/// The fields of a structure, names folded; `None` when the value is none.
pub(super) fn fields_of(
    vm: &mut Vm<'_>,
    value: &Value,
) -> Result<Option<Vec<(String, Value)>>, Fault> {
    let is_structure = value
        .as_obj()
        .is_some_and(|obj| matches!(obj.ty().ru, "Структура" | "ФиксированнаяСтруктура"));
    if !is_structure {
        return Ok(None);
    }
    let mut fields = Vec::new();
    for item in vm.items(value)? {
        let (key, value) = (vm.field(&item, "Ключ")?, vm.field(&item, "Значение")?);
        fields.push((vm.text(&key).to_lowercase(), value));
    }
    Ok(Some(fields))
}

/// Whether a value is an array.
pub(super) fn is_array(value: &Value) -> bool {
    value
        .as_obj()
        .is_some_and(|obj| matches!(obj.ty().ru, "Массив" | "ФиксированныйМассив"))
}

/// A file: ДвоичныеДанные, or a structure with Имя and Данные.
pub(super) fn file_of(vm: &mut Vm<'_>, value: &Value) -> Result<OutgoingFile, Fault> {
    let mut name = String::new();
    let mut photo = false;
    let mut data = None;
    if let Some(fields) = fields_of(vm, value)? {
        for (field, value) in fields {
            match field.as_str() {
                "имя" | "имяфайла" | "name" => name = vm.text(&value).trim().to_owned(),
                "данные" | "двоичныеданные" | "data" => data = Some(value),
                "картинка" | "photo" => photo = vm.to_bool(&value)?,
                _ => {
                    return Err(Fault::text(format!(
                        "У файла нет свойства «{field}»: есть Имя, Данные, Картинка"
                    )));
                }
            }
        }
    } else {
        data = Some(value.clone());
    }
    let bytes = data.as_ref().and_then(|data| bytes_of(data, 1).ok());
    let Some(bytes) = bytes else {
        let given = data.as_ref().unwrap_or(value);
        return Err(Fault::text(format!(
            "Файл — это ДвоичныеДанные или структура с полями Имя и Данные, а передано значение типа «{}»",
            type_text(vm, given)
        )));
    };
    if bytes.is_empty() {
        return Err(Fault::text("Файл пуст: Telegram такие не принимает"));
    }
    vm.reserve(bytes.len() * 4 / 3)?;
    if name.is_empty() {
        name = default_name(&bytes).to_owned();
    }
    Ok(OutgoingFile {
        name,
        source: FileSource::Base64(base64::engine::general_purpose::STANDARD.encode(&bytes)),
        photo,
    })
}

/// A name that tells what the bytes are, for a file that was given none.
fn default_name(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "файл.png",
        [0xff, 0xd8, 0xff, ..] => "файл.jpg",
        [b'%', b'P', b'D', b'F', ..] => "файл.pdf",
        [b'P', b'K', 3, 4, ..] => "файл.zip",
        _ if std::str::from_utf8(bytes).is_ok() => "файл.txt",
        _ => "файл.bin",
    }
}

/// Files: one, or an array of them.
pub(super) fn files_of(vm: &mut Vm<'_>, value: &Value) -> Result<Vec<OutgoingFile>, Fault> {
    let mut files = Vec::new();
    match value {
        Value::Undefined | Value::Missing => {}
        value if is_array(value) => {
            for item in vm.items(value)? {
                if files.len() == FILES_MAX {
                    return Err(Fault::text(format!(
                        "В одном сообщении не больше {FILES_MAX} файлов"
                    )));
                }
                files.push(file_of(vm, &item)?);
            }
        }
        value => files.push(file_of(vm, value)?),
    }
    Ok(files)
}

/// A text for a person: a string is markup as its author wrote it, any other value is shown as it is
/// (D27).
pub(super) fn rich(vm: &Vm<'_>, value: &Value) -> RichText {
    match value {
        Value::Undefined | Value::Missing => RichText::Plain(String::new()),
        value => match value.as_string() {
            Some(text) => RichText::authored(&text),
            None => RichText::Plain(vm.text(value)),
        },
    }
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
            "кнопки" | "buttons" => options.buttons = super::reply::buttons(vm, &value)?,
            _ => {
                return Err(Fault::text(format!(
                    "Параметр «{field}» неизвестен: есть Бот, Когда, Файлы, Кнопки"
                )));
            }
        }
    }
    Ok(options)
}

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
    let text = rich(vm, &args[1]);
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
