//! The only window to the world. A program reaches what the host registered for it and nothing else.

use crate::diagnostic::Locale;
use crate::kernel::date::Date;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// Status of a message of Сообщить.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "СтатусСообщения, value by value")]
pub enum MessageStatus {
    #[default]
    Without,
    Attention,
    Important,
    Ordinary,
    Information,
    VeryImportant,
}

/// Level of an entry of ЗаписьЖурналаРегистрации.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "УровеньЖурналаРегистрации, value by value")]
pub enum LogLevel {
    Note,
    Information,
    Warning,
    Error,
}

/// An entry of the log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// ИмяСобытия.
    pub event: String,
    /// УровеньЖурналаРегистрации.
    pub level: LogLevel,
    /// Комментарий.
    pub comment: String,
    /// Presentation of Данные.
    pub data: String,
}

/// A request of HTTPСоединение, ready to be sent.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// Method in capitals.
    pub method: String,
    /// Whether TLS is asked for.
    pub secure: bool,
    /// Host name.
    pub host: String,
    /// As given; 443 or 80 when the program gave none.
    pub port: u16,
    /// Path and query, percent-encoded.
    pub path: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// As sent, already in its encoding.
    pub body: Vec<u8>,
    /// User and password for basic authentication.
    pub login: Option<(String, String)>,
    /// Proxy: host, port.
    pub proxy: Option<(String, u16)>,
    /// User and password for the proxy.
    pub proxy_login: Option<(String, String)>,
    /// Seconds; 0 is the host's own limit.
    pub timeout_s: u32,
}

/// The answer to a request.
#[derive(Debug, Clone, Default)]
pub struct HttpResponse {
    /// КодСостояния.
    pub status: u16,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// As received, not yet decoded.
    pub body: Vec<u8>,
}

/// The host of a run. Every method has a default that offers nothing.
pub trait Host {
    /// Сообщить.
    fn message(&mut self, _text: &str, _status: MessageStatus) {}

    /// The end of a run: what was buffered may go out.
    fn flush(&mut self) {}

    /// ЗаписьЖурналаРегистрации.
    fn log(&mut self, _entry: LogEntry) {}

    /// The moment now, in UTC.
    fn now_utc(&mut self) -> Date {
        Date::EMPTY
    }

    /// Ticks of a clock that only goes forward, in milliseconds: ТекущаяУниверсальнаяДатаВМиллисекундах.
    fn milliseconds(&mut self) -> i64 {
        (self.now_utc().ticks() / 10) as i64
    }

    /// Seconds to add to a moment in UTC for the zone's local time; the moment decides about summer time.
    fn zone_offset_utc(&mut self, _utc: Date, _zone: Option<&str>) -> Option<i64> {
        Some(0)
    }

    /// The same for a moment of local time.
    fn zone_offset_local(&mut self, local: Date, zone: Option<&str>) -> Option<i64> {
        self.zone_offset_utc(local, zone)
    }

    /// The name of the zone.
    fn zone(&mut self) -> String {
        "UTC".to_string()
    }

    /// Language of messages and presentations.
    fn locale(&self) -> Locale {
        Locale::Ru
    }

    /// Random bytes; `false` when there is no source.
    fn random(&mut self, _bytes: &mut [u8]) -> bool {
        false
    }

    /// ИмяПользователя.
    fn user_name(&mut self) -> String {
        String::new()
    }

    /// Sends a request. `None`: this run has no network.
    fn http(&mut self, _request: HttpRequest) -> Option<Result<HttpResponse, String>> {
        None
    }

    /// Whether ЗавершитьРаботу exists: on the command line only.
    fn may_exit(&self) -> bool {
        false
    }

    /// The value of a global property named in the environment. Asked once a run.
    fn global(&mut self, _name: &str) -> Option<Box<dyn HostObject>> {
        None
    }

    /// Why code that was typed may not reach a global property by itself; `None`: it may. Not asked where
    /// a method of a module stands between: then it is the module that reaches for it.
    fn closed_to_typed_code(&mut self, _name: &str) -> Option<String> {
        None
    }

    /// A value of a host's type that was stored as data ([`crate::data::Data::Reference`]).
    fn reference(&mut self, _type_name: &str, _key: &str) -> Option<Box<dyn HostObject>> {
        None
    }
}

/// What makes two references of the host equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Name of the type in the environment.
    pub type_name: String,
    /// Key within it.
    pub key: String,
}

/// A method of a host object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostMethod {
    /// The object's own number of the method.
    pub id: u32,
    /// Fewest arguments.
    pub min: u8,
    /// Most arguments.
    pub max: u8,
    /// Whether it gives a value.
    pub is_function: bool,
}

/// An object of the host. Names are resolved once at each place of a program and cached by
/// [`HostObject::class`], so all objects of a class must resolve names alike.
pub trait HostObject: std::any::Any {
    /// For downcasting.
    fn as_any(&self) -> &dyn std::any::Any;

    /// A number that objects with the same fields and methods share; not 0.
    fn class(&self) -> u32;

    /// Name of the type in the environment, such as `СправочникСсылка.Контрагенты`.
    fn type_name(&self) -> String;

    /// The number of a field. `name` is folded to lower case.
    fn field(&self, _name: &str) -> Option<u32> {
        None
    }

    /// Names of the fields, for ЗаполнитьЗначенияСвойств. Without them the names of the other side
    /// are tried.
    fn field_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Reads a field.
    fn get(&self, _id: u32, _vm: &mut Vm<'_>) -> Result<Value, Fault> {
        Ok(Value::Undefined)
    }

    /// Writes a field; `None` when it is read only.
    fn set(&self, _id: u32, _vm: &mut Vm<'_>, _value: Value) -> Option<Result<(), Fault>> {
        None
    }

    /// The number and arity of a method. `name` is folded to lower case.
    fn method(&self, _name: &str) -> Option<HostMethod> {
        None
    }

    /// Calls a method; skipped arguments are [`Value::Missing`]. It may block, and may call back into
    /// the program with [`Vm::call_function`]. `this` is the object as a value.
    fn call(
        &self,
        _id: u32,
        _vm: &mut Vm<'_>,
        _this: &Value,
        _args: &mut [Value],
    ) -> Result<Value, Fault> {
        Ok(Value::Undefined)
    }

    /// The element of «Для Каждого» at a place: `None` when the object cannot be walked.
    fn item(&self, _vm: &mut Vm<'_>, _place: usize) -> Option<Result<Option<Value>, Fault>> {
        None
    }

    /// `А[ключ]`: `None` when the object has no index.
    fn index(&self, _vm: &mut Vm<'_>, _key: &Value) -> Option<Result<Value, Fault>> {
        None
    }

    /// Equality by value; `None` compares identity.
    fn identity(&self) -> Option<Identity> {
        None
    }

    /// The text of the object.
    fn presentation(&self) -> String {
        self.type_name()
    }

    /// ЗначениеЗаполнено.
    fn is_filled(&self) -> bool {
        true
    }
}
