//! HTTPОтвет.

use super::super::bytes::{charset, decode_text, share};
use super::super::define::{method, native, native_of, prop};
use super::super::map::MAP;
use super::super::registry::TypeDef;
use super::super::stream;
use crate::host::HttpResponse;
use crate::kernel::encode::Charset;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::map::MapData;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

/// HTTPОтвет.
pub static RESPONSE: TypeDef = TypeDef {
    ru: "HTTPОтвет",
    en: "HTTPResponse",
    new: None,
    methods: &[
        method!("ПолучитьТелоКакСтроку" "GetBodyAsString" ("Кодировка?") true |vm, this, args| {
            let given = charset(vm, &args[0], 1)?;
            let (bytes, own) = {
                let response = native_of::<Response>(this, 1)?;
                (Rc::clone(&response.body), response.charset)
            };
            Ok(decode_text(vm, &bytes, given.unwrap_or(own))?.into())
        }),
        method!("ПолучитьТелоКакДвоичныеДанные" "GetBodyAsBinaryData" ("") true |vm, this, _| {
            let bytes = Rc::clone(&native_of::<Response>(this, 1)?.body);
            Ok(share(vm, bytes))
        }),
        method!("ПолучитьТелоКакПоток" "GetBodyAsStream" ("") true |vm, this, _| {
            let bytes = Rc::clone(&native_of::<Response>(this, 1)?.body);
            Ok(stream::reading(vm, bytes))
        }),
        method!("ПолучитьИмяФайлаТела" "GetBodyFileName" ("") true |_, _, _| Ok(Value::Undefined)),
    ],
    props: &[
        prop!("КодСостояния" "StatusCode" |_, this| {
            Ok(Value::Int(i64::from(native_of::<Response>(this, 1)?.status)))
        }),
        prop!("Заголовки" "Headers" |_, this| {
            Ok(native_of::<Response>(this, 1)?.headers.clone())
        }),
    ],
};

/// The insides of HTTPОтвет.
struct Response {
    status: u16,
    headers: Value,
    body: Rc<[u8]>,
    /// What Content-Type says, else UTF-8.
    charset: Charset,
}

native!(Response, |this| this.body.len());

/// The value of an answer.
pub(super) fn response(vm: &mut Vm<'_>, answer: HttpResponse) -> Result<Value, Fault> {
    vm.reserve(answer.body.len())?;
    let mut map = MapData::default();
    let mut charset = Charset::default();
    for (name, value) in answer.headers {
        if name.eq_ignore_ascii_case("content-type") {
            charset = charset_of(&value).unwrap_or_default();
        }
        let key = Value::from(usual_spelling(&name));
        // Several headers of a name are one list (RFC 9110).
        let value = match map.get(&key).and_then(Value::as_string) {
            Some(before) => format!("{before}, {value}"),
            None => value,
        };
        map.insert(key, value.into(), |bytes| vm.reserve(bytes))?;
    }
    let headers = vm.alloc(&MAP, Body::Map(Box::new(map)));
    let response = Response {
        status: answer.status,
        headers,
        body: answer.body.into(),
        charset,
    };
    Ok(vm.alloc(&RESPONSE, Body::Native(Box::new(response))))
}

/// Programs look headers up as they are usually written, and Соответствие minds the case; a name that
/// came in small letters only (HTTP/2, many libraries) gets that spelling.
fn usual_spelling(name: &str) -> String {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return name.to_string();
    }
    match name {
        "etag" => return "ETag".to_string(),
        "www-authenticate" => return "WWW-Authenticate".to_string(),
        "te" => return "TE".to_string(),
        "dnt" => return "DNT".to_string(),
        "content-md5" => return "Content-MD5".to_string(),
        _ => {}
    }
    let mut spelling = String::with_capacity(name.len());
    let mut first = true;
    for symbol in name.chars() {
        spelling.push(if first {
            symbol.to_ascii_uppercase()
        } else {
            symbol
        });
        first = symbol == '-';
    }
    spelling
}

fn charset_of(content_type: &str) -> Option<Charset> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("charset") {
            return None;
        }
        Charset::parse(value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_and_charsets() {
        for (name, expected) in [
            ("content-type", "Content-Type"),
            ("etag", "ETag"),
            ("x-my-header", "X-My-Header"),
            ("X-my-header", "X-my-header"),
            ("location", "Location"),
        ] {
            assert_eq!(usual_spelling(name), expected);
        }
        for (header, expected) in [
            (
                "text/html; charset=windows-1251",
                Some(Charset::WINDOWS_1251),
            ),
            ("text/html; a=b; Charset=\"utf-8\"", Some(Charset::Utf8)),
            ("text/html", None),
            ("text/html; charset=unheard", None),
        ] {
            assert_eq!(charset_of(header), expected, "{header}");
        }
    }
}
