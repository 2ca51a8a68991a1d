//! ИнтернетПрокси.

use super::super::define::{
    flag, is_left_out, method, native, native_of, native_of_mut, prop, recount, said, string_of,
};
use super::super::registry::{Constructor, TypeDef};
use super::{is_host, optional_text, port};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// ИнтернетПрокси.
pub static PROXY: TypeDef = TypeDef {
    ru: "ИнтернетПрокси",
    en: "InternetProxy",
    new: Some(Constructor {
        params: "ИспользоватьСистемныеНастройки?",
        // The settings of the system are the host's affair; an object without a server leaves them.
        call: |vm, args| {
            flag(vm, &args[0], false)?;
            let bypassed = vm.new_array(Vec::new());
            let proxy = Proxy {
                servers: Vec::new(),
                bypass_local: false,
                bypassed,
            };
            Ok(vm.alloc(&PROXY, Body::Native(Box::new(proxy))))
        },
    }),
    methods: &[
        method!("Установить" "Set"
            ("Протокол, Сервер, Порт?, Пользователь?, Пароль?, ИспользоватьАутентификациюОС?") false
            set),
        method!("Сервер" "Server" ("Протокол?") true |_, this, args| {
            Ok(Value::str(&server(this, &args[0])?.host))
        }),
        method!("Порт" "Port" ("Протокол?") true |_, this, args| {
            Ok(Value::Int(i64::from(server(this, &args[0])?.port)))
        }),
        method!("Пользователь" "User" ("Протокол?") true |_, this, args| {
            Ok(Value::str(&server(this, &args[0])?.user))
        }),
        method!("Пароль" "Password" ("Протокол?") true |_, this, args| {
            Ok(Value::str(&server(this, &args[0])?.password))
        }),
        method!("ИспользоватьАутентификациюОС" "UseOSAuthentication" ("Протокол?") true
            |_, _, _| Ok(Value::Bool(false))),
    ],
    props: &[
        prop!("НеИспользоватьПроксиДляЛокальныхАдресов" "BypassProxyOnLocal"
        |_, this| Ok(native_of::<Proxy>(this, 1)?.bypass_local.into()),
        |vm, this, value| {
            let on = vm.to_bool(&value)?;
            native_of_mut::<Proxy>(this, 1)?.bypass_local = on;
            Ok(())
        }),
        prop!("НеИспользоватьПроксиДляАдресов" "BypassProxyOnAddresses" |_, this| {
            Ok(native_of::<Proxy>(this, 1)?.bypassed.clone())
        }),
    ],
};

/// A server for one protocol.
#[derive(Clone, Default)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: String,
}

/// The insides of ИнтернетПрокси.
pub(super) struct Proxy {
    servers: Vec<(String, Server)>,
    bypass_local: bool,
    /// НеИспользоватьПроксиДляАдресов: an array of masks.
    bypassed: Value,
}

native!(Proxy, |this| this
    .servers
    .iter()
    .map(|(name, server)| name.len()
        + server.host.len()
        + server.user.len()
        + server.password.len()
        + size_of::<Server>())
    .sum());

impl Proxy {
    /// The server for a request; `None` when it goes without a proxy.
    pub(super) fn choose(&self, secure: bool, host: &str) -> Option<&Server> {
        if self.bypass_local && !host.contains('.') {
            return None;
        }
        if let Some(obj) = self.bypassed.as_obj()
            && let Body::Array(masks) = &*obj.body()
            && masks
                .iter()
                .filter_map(Value::as_string)
                .any(|mask| fits(&mask.to_lowercase(), &host.to_lowercase()))
        {
            return None;
        }
        let protocol = if secure { "https" } else { "http" };
        self.servers
            .iter()
            .find(|(name, _)| name == protocol)
            .map(|(_, server)| server)
    }
}

/// A mask with one or more asterisks; they are few and short, so plain search serves.
fn fits(mask: &str, host: &str) -> bool {
    let mut parts = mask.trim().split('*');
    let Some(mut rest) = parts.next().and_then(|first| host.strip_prefix(first)) else {
        return false;
    };
    if !mask.contains('*') {
        return rest.is_empty();
    }
    let mut last = "";
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
        last = part;
    }
    rest.is_empty() || last.is_empty() || host.ends_with(last)
}

fn server(this: &Value, protocol: &Value) -> Result<Server, Fault> {
    let protocol = if is_left_out(protocol) {
        "http".to_string()
    } else {
        string_of(protocol, 1)?.trim().to_lowercase()
    };
    Ok(native_of::<Proxy>(this, 1)?
        .servers
        .iter()
        .find(|(name, _)| *name == protocol)
        .map(|(_, server)| server.clone())
        .unwrap_or_default())
}

fn set(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let protocol = string_of(&args[0], 1)?.trim().to_lowercase();
    if !matches!(protocol.as_str(), "http" | "https" | "ftp" | "ftps") {
        return Err(Fault::param(1));
    }
    let host = string_of(&args[1], 2)?.trim().to_string();
    if !is_host(&host) {
        return Err(Fault::param(2));
    }
    if flag(vm, &args[5], false)? {
        return Err(said(
            vm,
            "Аутентификация операционной системы здесь недоступна",
            "Authentication of the operating system is not available here",
        ));
    }
    let server = Server {
        host,
        port: port(vm, &args[2], 3, 8080)?,
        user: optional_text(&args[3], 4)?,
        password: optional_text(&args[4], 5)?,
    };
    {
        let mut proxy = native_of_mut::<Proxy>(this, 1)?;
        proxy.servers.retain(|(name, _)| *name != protocol);
        proxy.servers.push((protocol, server));
    }
    recount(vm, this)?;
    Ok(Value::Undefined)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn masks() {
        for (mask, host, expected) in [
            ("a.b", "a.b", true),
            ("a.b", "a.bc", false),
            ("*.b", "x.y.b", true),
            ("*.b", "b", false),
            ("192.168.*", "192.168.1.5", true),
            ("*", "любой", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcdef", false),
            ("", "a", false),
        ] {
            assert_eq!(fits(mask, host), expected, "{mask} {host}");
        }
    }
}
