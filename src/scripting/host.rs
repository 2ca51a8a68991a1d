//! The window of a run to the world: clock, messages, log, HTTP.

use std::rc::Rc;
use std::sync::Arc;

use chrono_tz::Tz;
use vestnik_bsl::host::{
    Host, HostObject, HttpRequest, HttpResponse, LogEntry, LogLevel, MessageStatus,
};
use vestnik_bsl::kernel::date::Date;
use vestnik_bsl::value::memory;

use crate::model::{Locale, PartyRef, RichText};

use super::catalogs::Catalogs;
use super::http::{Call, Transport};
use super::members::boxed;
use super::names;
use super::reference::Reference;
use super::session::Session;
use super::telegram::{ChatBots, Telegram};
use super::times::{date_of, offset_at_local, offset_at_utc};

/// Texts of Сообщить that go before an answer (D29).
const MESSAGES_MAX: usize = 10;

/// The host of one run.
pub(super) struct RunHost<'a> {
    pub(super) session: Rc<Session>,
    pub(super) transport: &'a Transport,
    /// Texts of Сообщить.
    pub(super) messages: Vec<RichText>,
    calls: u32,
}

impl<'a> RunHost<'a> {
    pub(super) fn new(session: Rc<Session>, transport: &'a Transport) -> RunHost<'a> {
        RunHost {
            session,
            transport,
            messages: Vec::new(),
            calls: 0,
        }
    }

    fn named_zone(&self, zone: Option<&str>) -> Option<Tz> {
        match zone {
            None => Some(self.session.zone),
            Some(name) => name.parse().ok(),
        }
    }
}

/// The language of messages of a program.
pub(super) fn language(locale: Locale) -> vestnik_bsl::Locale {
    match locale {
        Locale::Ru => vestnik_bsl::Locale::Ru,
        Locale::En => vestnik_bsl::Locale::En,
    }
}

impl Host for RunHost<'_> {
    fn message(&mut self, text: &str, _status: MessageStatus) {
        let rich = RichText::authored(text);
        if self.messages.len() < MESSAGES_MAX && !rich.is_blank() {
            self.messages.push(rich);
        } else {
            self.session.note(format!("Сообщить: {text}"));
        }
    }

    fn log(&mut self, entry: LogEntry) {
        if self.session.is_refused() {
            return;
        }
        let script = self.session.script.as_str();
        let (event, comment, data) = (&entry.event, &entry.comment, &entry.data);
        match entry.level {
            LogLevel::Error => tracing::error!(script, event, data, "{comment}"),
            LogLevel::Warning => tracing::warn!(script, event, data, "{comment}"),
            LogLevel::Information => tracing::info!(script, event, data, "{comment}"),
            LogLevel::Note => tracing::debug!(script, event, data, "{comment}"),
        }
        self.session
            .note(format!("журнал: {event} {comment} {data}"));
    }

    fn now_utc(&mut self) -> Date {
        date_of(self.session.now())
    }

    fn zone_offset_utc(&mut self, utc: Date, zone: Option<&str>) -> Option<i64> {
        offset_at_utc(self.named_zone(zone)?, utc)
    }

    fn zone_offset_local(&mut self, local: Date, zone: Option<&str>) -> Option<i64> {
        offset_at_local(self.named_zone(zone)?, local)
    }

    fn zone(&mut self) -> String {
        self.session.zone.name().to_owned()
    }

    fn locale(&self) -> vestnik_bsl::Locale {
        language(self.session.caller.locale)
    }

    fn random(&mut self, bytes: &mut [u8]) -> bool {
        getrandom::fill(bytes).is_ok()
    }

    fn user_name(&mut self) -> String {
        self.session.caller.person_name.clone()
    }

    fn http(&mut self, request: HttpRequest) -> Option<Result<HttpResponse, String>> {
        if self.session.is_refused() {
            return None;
        }
        if self.session.writes() {
            return Some(Err(match self.session.caller.locale {
                Locale::Ru => "обращение к сети после записи не разрешено: пока алгоритм пишет, его ждут другие. Обратитесь к сети до первого Записать()".to_owned(),
                Locale::En => "no network after a write: while the algorithm writes, others wait for it. Call before the first Write()".to_owned(),
            }));
        }
        self.calls += 1;
        // The same update run again makes the same calls in the same order: the other side sees that
        // it is one and the same.
        let idempotency_key = self
            .session
            .caller
            .update
            .map(|(bot, update)| format!("vestnik-{}-{}-{}", bot.0, update.0, self.calls));
        let call = Call {
            idempotency_key,
            cancel: Some(Arc::clone(&self.session.control.cancel)),
        };
        let (method, host, port) = (request.method.clone(), request.host.clone(), request.port);
        let answer = {
            let _waiting = self.session.control.begin_wait();
            self.transport.send(request, &call)
        };
        if let Ok(response) = &answer {
            // A thread of the transport allocated it.
            memory::adopt(response.body.capacity() as isize);
        }
        self.session.note(match &answer {
            Ok(response) => format!("HTTP {method} {host}:{port} — {}", response.status),
            Err(error) => format!(
                "HTTP {method} {host}:{port} — {}",
                error.text(vestnik_bsl::Locale::Ru)
            ),
        });
        Some(answer.map_err(|error| error.text(language(self.session.caller.locale))))
    }

    fn global(&mut self, name: &str) -> Option<Box<dyn HostObject>> {
        let folded = name.to_lowercase();
        let session = Rc::clone(&self.session);
        if names::CATALOGS.is(&folded) {
            Some(boxed(Catalogs(session)))
        } else if names::TELEGRAM.is(&folded) {
            Some(boxed(Telegram(session)))
        } else if names::CHAT_BOTS.is(&folded) {
            Some(boxed(ChatBots(session)))
        } else {
            None
        }
    }

    fn closed_to_typed_code(&mut self, name: &str) -> Option<String> {
        self.session
            .is_strangers_code
            .then(|| match self.session.caller.locale {
                Locale::Ru => format!(
                    "{name}: недоступно из кода, который набран без регистрации. Зарегистрируйтесь у администратора («Мой ключ»)"
                ),
                Locale::En => format!(
                    "{name} is closed to code that is typed without a registration. Ask an administrator to register you (My key)"
                ),
            })
    }

    fn reference(&mut self, type_name: &str, key: &str) -> Option<Box<dyn HostObject>> {
        let kind = names::kind_of_reference(type_name)?;
        let code = key.to_owned();
        let party = PartyRef { kind, code };
        Some(boxed(Reference::new(&self.session, party)))
    }
}
