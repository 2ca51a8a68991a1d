//! HTTP: HTTPСоединение and its relatives. The request is completed here (`request.rs` its body and
//! headers, `response.rs` the answer, `proxy.rs`, `tls.rs`); the host sends it, or refuses.

mod proxy;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod tls;

use super::define::{
    flag, is_left_out, method, native, native_of, no_files, prop, said, string_of,
};
use super::errors::ERROR_CATEGORY;
use super::registry::{Area, Constructor, TypeDef};
use crate::host::HttpRequest;
use crate::kernel::uri::request_target;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::{ErrorInfo, Fault, Message};
use std::rc::Rc;

/// HTTP.
pub static AREA: Area = Area {
    title: "HTTP",
    functions: &[],
    types: &[
        &CONNECTION,
        &request::REQUEST,
        &response::RESPONSE,
        &proxy::PROXY,
        &tls::SECURE,
        &tls::OS_AUTHORITIES,
        &tls::WINDOWS_AUTHORITIES,
    ],
    enums: &[&request::BYTE_ORDER_MARK],
};

/// HTTPСоединение.
pub static CONNECTION: TypeDef = TypeDef {
    ru: "HTTPСоединение",
    en: "HTTPConnection",
    new: Some(Constructor {
        params: "Сервер, Порт?, Пользователь?, Пароль?, Прокси?, Таймаут?, ЗащищенноеСоединение?, ИспользоватьАутентификациюОС?",
        call: new_connection,
    }),
    methods: &[
        method!("Получить" "Get" ("HTTPЗапрос, ИмяВыходногоФайла?") true |vm, this, args| {
            send(vm, this, "GET", &args[0], 1, &args[1])
        }),
        method!("ОтправитьДляОбработки" "Post" ("HTTPЗапрос, ИмяВыходногоФайла?") true
            |vm, this, args| send(vm, this, "POST", &args[0], 1, &args[1])),
        method!("Записать" "Put" ("HTTPЗапрос, ИмяВыходногоФайла?") true |vm, this, args| {
            send(vm, this, "PUT", &args[0], 1, &args[1])
        }),
        method!("Изменить" "Patch" ("HTTPЗапрос, ИмяВыходногоФайла?") true |vm, this, args| {
            send(vm, this, "PATCH", &args[0], 1, &args[1])
        }),
        method!("Удалить" "Delete" ("HTTPЗапрос, ИмяВыходногоФайла?") true |vm, this, args| {
            send(vm, this, "DELETE", &args[0], 1, &args[1])
        }),
        method!("ПолучитьЗаголовки" "Head" ("HTTPЗапрос") true |vm, this, args| {
            send(vm, this, "HEAD", &args[0], 1, &Value::Missing)
        }),
        method!("ВызватьHTTPМетод" "CallHTTPMethod"
        ("ИмяHTTPМетода, HTTPЗапрос, ИмяВыходногоФайла?") true |vm, this, args| {
            let method = string_of(&args[0], 1)?.trim().to_ascii_uppercase();
            if !is_token(&method) {
                return Err(Fault::param(1));
            }
            send(vm, this, &method, &args[1], 2, &args[2])
        }),
    ],
    props: &[
        prop!("Сервер" "Host" |_, this| Ok(Value::str(&connection(this)?.host))),
        prop!("Порт" "Port" |_, this| Ok(Value::Int(i64::from(connection(this)?.port)))),
        prop!("Пользователь" "User" |_, this| Ok(Value::str(&connection(this)?.user))),
        prop!("Пароль" "Password" |_, this| Ok(Value::str(&connection(this)?.password))),
        prop!("Прокси" "Proxy" |_, this| Ok(connection(this)?.proxy.clone())),
        prop!("Таймаут" "Timeout" |_, this| Ok(Value::Int(i64::from(connection(this)?.timeout_s)))),
        prop!("ЗащищенноеСоединение" "SecureConnection" |_, this| {
            Ok(connection(this)?.secure.clone())
        }),
        prop!("ИспользоватьАутентификациюОС" "UseOSAuthentication" |_, _| Ok(Value::Bool(false))),
    ],
};

/// The insides of HTTPСоединение.
struct Connection {
    host: String,
    port: u16,
    user: String,
    password: String,
    proxy: Value,
    timeout_s: u32,
    secure: Value,
    is_secure: bool,
}

native!(Connection, |this| this.host.len()
    + this.user.len()
    + this.password.len());

fn connection(this: &Value) -> Result<std::cell::Ref<'_, Connection>, Fault> {
    native_of::<Connection>(this, 1)
}

fn optional_text(value: &Value, number: u8) -> Result<String, Fault> {
    if is_left_out(value) {
        Ok(String::new())
    } else {
        string_of(value, number)
    }
}

/// A port, or the default when it is left out or 0.
fn port(vm: &Vm<'_>, value: &Value, number: u8, default: u16) -> Result<u16, Fault> {
    if is_left_out(value) {
        return Ok(default);
    }
    match u16::try_from(vm.to_int(value)?) {
        Ok(0) => Ok(default),
        Ok(port) => Ok(port),
        Err(_) => Err(Fault::param(number)),
    }
}

fn new_connection(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let host = string_of(&args[0], 1)?.trim().to_string();
    if !is_host(&host) {
        return Err(said(
            vm,
            format!(
                "Неверное имя сервера «{host}»: нужно имя или адрес, без «https://», порта и пути"
            ),
            format!(
                "Not a server's name: \"{host}\"; give a name or an address, without \"https://\", port or path"
            ),
        ));
    }
    let is_secure = match &args[6] {
        value if is_left_out(value) => false,
        Value::Bool(on) => *on,
        value => {
            native_of::<tls::Secure>(value, 7)?;
            true
        }
    };
    let port = port(vm, &args[1], 2, if is_secure { 443 } else { 80 })?;
    let (user, password) = (optional_text(&args[2], 3)?, optional_text(&args[3], 4)?);
    let proxy = match &args[4] {
        value if is_left_out(value) => Value::Undefined,
        value => {
            native_of::<proxy::Proxy>(value, 5)?;
            value.clone()
        }
    };
    let timeout_s = if is_left_out(&args[5]) {
        0
    } else {
        // A fraction of a second is waited for as a whole one.
        let seconds = vm.to_number(&args[5])?;
        let whole = seconds.to_i64_saturating() + i64::from(!seconds.is_integer());
        u32::try_from(whole).map_err(|_| Fault::value(6))?
    };
    if flag(vm, &args[7], false)? {
        return Err(said(
            vm,
            "Аутентификация операционной системы здесь недоступна",
            "Authentication of the operating system is not available here",
        ));
    }
    let connection = Connection {
        host,
        port,
        user,
        password,
        proxy,
        timeout_s,
        secure: if is_secure {
            args[6].clone()
        } else {
            Value::Undefined
        },
        is_secure,
    };
    Ok(vm.alloc(&CONNECTION, Body::Native(Box::new(connection))))
}

/// A name, an address, or an IPv6 address in brackets; letters of any alphabet, for names in Cyrillic.
fn is_host(host: &str) -> bool {
    let inner = match host.strip_prefix('[') {
        Some(rest) => match rest.strip_suffix(']') {
            Some(address) => return address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => return false,
        },
        None => host,
    };
    !inner.is_empty()
        && inner.len() <= 253
        && inner
            .chars()
            .all(|symbol| symbol.is_alphanumeric() || matches!(symbol, '.' | '-' | '_'))
}

/// A name of a method or header (RFC 9110).
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn send(
    vm: &mut Vm<'_>,
    this: &Value,
    method: &str,
    request: &Value,
    number: u8,
    file: &Value,
) -> Result<Value, Fault> {
    native_of::<request::Request>(request, number)?;
    if !is_left_out(file) && !string_of(file, number + 1)?.is_empty() {
        return Err(no_files(vm));
    }
    let path = request_target(&native_of::<request::Request>(request, number)?.address);
    let headers = request::header_list(vm, request)?;
    let body = request::body(vm, request)?;
    vm.reserve(body.len())?;
    let (login, proxy_value, mut outgoing) = {
        let connection = connection(this)?;
        let login = (!connection.user.is_empty())
            .then(|| (connection.user.clone(), connection.password.clone()));
        let outgoing = HttpRequest {
            method: method.to_string(),
            secure: connection.is_secure,
            host: connection.host.clone(),
            port: connection.port,
            path,
            headers,
            body: body.to_vec(),
            login: None,
            proxy: None,
            proxy_login: None,
            timeout_s: connection.timeout_s,
        };
        (login, connection.proxy.clone(), outgoing)
    };
    outgoing.login = login;
    if !is_left_out(&proxy_value) {
        let proxy = native_of::<proxy::Proxy>(&proxy_value, 5)?;
        if let Some(server) = proxy.choose(outgoing.secure, &outgoing.host) {
            outgoing.proxy = Some((server.host.clone(), server.port));
            outgoing.proxy_login =
                (!server.user.is_empty()).then(|| (server.user.clone(), server.password.clone()));
        }
    }
    // The wait is bounded by what is left of the run, so that no server holds it longer.
    let left = u32::try_from(vm.time_left().as_secs().saturating_add(1)).unwrap_or(u32::MAX);
    outgoing.timeout_s = match outgoing.timeout_s {
        0 if left == u32::MAX => 0,
        0 => left,
        seconds => seconds.min(left),
    };
    // Calls are output; a body is bounded by memory, and may well be a photograph.
    let bytes = outgoing
        .headers
        .iter()
        .fold(outgoing.path.len(), |sum, (name, value)| {
            sum + name.len() + value.len()
        });
    vm.charge_output(bytes)?;
    vm.charge_work(outgoing.body.len())?;
    let answer = vm.host().http(outgoing);
    vm.check_time()?;
    match answer {
        None => Err(Message::NoTransport.into()),
        Some(Err(reason)) => Err(network_error(vm, &reason)),
        Some(Ok(answer)) => response::response(vm, answer),
    }
}

/// An error of the category ОшибкаСети.
fn network_error(vm: &Vm<'_>, reason: &str) -> Fault {
    let fault = said(
        vm,
        format!("Ошибка работы с Интернет: {reason}"),
        format!("Internet error: {reason}"),
    );
    let mut error = ErrorInfo::new(fault.0.message.clone());
    let network = ERROR_CATEGORY
        .items
        .iter()
        .position(|(name, _)| *name == "ОшибкаСети");
    if let Some(network) = network {
        error.category = Value::Enum(network as u16, &ERROR_CATEGORY);
    }
    Fault(Rc::new(error))
}
