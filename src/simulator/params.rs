//! Parameters of a method: from the query, JSON, a form or multipart, all in one shape.

use std::collections::HashMap;

use bytes::Bytes;
use memchr::memmem;
use serde_json::{Map, Value};

/// A file that came with a request.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

#[derive(Debug, Default)]
pub(crate) struct Params {
    values: Map<String, Value>,
    uploads: HashMap<String, Upload>,
}

impl Params {
    /// Reads query and body; the body wins. An unknown type of body is taken for a form, as
    /// clients that send none mean one.
    pub(crate) fn read(query: &str, content_type: &str, body: &Bytes) -> Result<Self, String> {
        let mut params = Self::default();
        params.form(query);
        if body.is_empty() {
            return Ok(params);
        }
        let kind = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match kind.as_str() {
            "application/json" => match serde_json::from_slice(body) {
                Ok(Value::Object(values)) => params.values.extend(values),
                Ok(Value::Null) => {}
                _ => return Err("can't parse JSON object".into()),
            },
            "multipart/form-data" => params.multipart(content_type, body)?,
            _ => params.form(&String::from_utf8_lossy(body)),
        }
        Ok(params)
    }

    fn form(&mut self, text: &str) {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.values
                .insert(url_decode(key), Value::String(url_decode(value)));
        }
    }

    fn multipart(&mut self, content_type: &str, body: &Bytes) -> Result<(), String> {
        let boundary = content_type
            .split(';')
            .filter_map(|part| part.trim().split_once('='))
            .find(|(key, _)| key.eq_ignore_ascii_case("boundary"))
            .map(|(_, value)| value.trim_matches('"'))
            .ok_or("boundary not found in the Content-Type header")?;
        let delimiter = format!("--{boundary}");
        let wrong = || "wrong multipart/form-data body".to_owned();
        let mut at = memmem::find(body, delimiter.as_bytes()).ok_or_else(wrong)? + delimiter.len();
        let next = memmem::Finder::new(b"\r\n--").into_owned();
        loop {
            if body[at..].starts_with(b"--") {
                return Ok(());
            }
            let head_start = at + memmem::find(&body[at..], b"\r\n").ok_or_else(wrong)? + 2;
            let head_len = memmem::find(&body[head_start..], b"\r\n\r\n").ok_or_else(wrong)?;
            let head = String::from_utf8_lossy(&body[head_start..head_start + head_len]);
            let content = head_start + head_len + 4;
            let mut end = content;
            loop {
                end += next.find(&body[end..]).ok_or_else(wrong)?;
                if body[end + 4..].starts_with(boundary.as_bytes()) {
                    break;
                }
                end += 4;
            }
            self.part(&head, body.slice(content..end));
            at = end + 4 + boundary.len();
        }
    }

    fn part(&mut self, head: &str, content: Bytes) {
        let disposition = head
            .lines()
            .find(|line| {
                line.to_ascii_lowercase()
                    .starts_with("content-disposition:")
            })
            .unwrap_or_default();
        let Some(name) = header_field(disposition, "name") else {
            return;
        };
        match header_field(disposition, "filename") {
            Some(file_name) => {
                self.uploads.insert(
                    name,
                    Upload {
                        name: file_name,
                        bytes: content,
                    },
                );
            }
            None => {
                let text = String::from_utf8_lossy(&content).into_owned();
                self.values.insert(name, Value::String(text));
            }
        }
    }

    /// A text, or a number or boolean as text. Empty counts as not given.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        match self.values.get(key)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        match self.values.get(key)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        match self.values.get(key) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => {
                matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "yes")
            }
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// A structured parameter: JSON as it is, or a text that holds JSON.
    pub(crate) fn json(&self, key: &str) -> Result<Option<Value>, String> {
        match self.values.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text)
                .map(Some)
                .map_err(|error| error.to_string()),
            Some(other) => Ok(Some(other.clone())),
        }
    }

    pub(crate) fn upload(&self, key: &str) -> Option<&Upload> {
        self.uploads.get(key)
    }

    /// All of it for the record of calls; of files only name and size.
    pub(crate) fn recorded(self) -> Value {
        let mut values = self.values;
        for (key, upload) in self.uploads {
            values.insert(
                key,
                serde_json::json!({"file_name": upload.name, "size": upload.bytes.len()}),
            );
        }
        Value::Object(values)
    }
}

/// A field of a Content-Disposition header. Clients write names outside ASCII in three ways:
/// as UTF-8, percent-encoded, and as `filename*=utf-8''…`.
fn header_field(header: &str, field: &str) -> Option<String> {
    let mut plain = None;
    let mut rest = header.split_once(';')?.1;
    while !rest.is_empty() {
        let end = rest.find([';', '=']).unwrap_or(rest.len());
        let key = rest[..end].trim();
        let Some(after) = rest[end..].strip_prefix('=') else {
            rest = rest.get(end + 1..).unwrap_or("");
            continue;
        };
        let (value, left) = header_value(after);
        if key.eq_ignore_ascii_case(field) {
            // Quotes and line ends are percent-encoded by browsers and by reqwest.
            let value = value
                .replace("%22", "\"")
                .replace("%0D", "\r")
                .replace("%0A", "\n");
            plain = Some(value);
        } else if let Some(key) = key.strip_suffix('*')
            && key.eq_ignore_ascii_case(field)
        {
            return Some(percent_decode(value.rsplit("''").next()?));
        }
        rest = left;
    }
    plain
}

/// A value, quoted or not, and what follows the semicolon behind it.
fn header_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.trim_start().strip_prefix('"') else {
        let (value, rest) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(ch) = chars.next() {
        match ch {
            '"' => break,
            '\\' => value.extend(chars.next()),
            ch => value.push(ch),
        }
    }
    let rest = chars.as_str();
    (value, rest.split_once(';').map_or("", |(_, rest)| rest))
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |index: usize| bytes.get(index).and_then(|b| (*b as char).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Decodes a part of a query or form: `+` is a space.
pub(crate) fn url_decode(text: &str) -> String {
    if text.contains('+') {
        percent_decode(&text.replace('+', " "))
    } else {
        percent_decode(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_form_and_json_read_alike() {
        let cases: [(&str, &str, &str); 4] = [
            ("chat_id=5&text=%D0%94%D0%B0+%26+1&flag=true", "", ""),
            (
                "chat_id=7",
                "application/x-www-form-urlencoded",
                "chat_id=5&text=Да+%26+1&flag=True",
            ),
            (
                "",
                "application/json; charset=utf-8",
                r#"{"chat_id":5,"text":"Да & 1","flag":true}"#,
            ),
            (
                "text=x",
                "application/json",
                r#"{"chat_id":"5","text":"Да & 1","flag":1}"#,
            ),
        ];
        for (query, kind, body) in cases {
            let params = Params::read(query, kind, &Bytes::copy_from_slice(body.as_bytes()));
            let params = params.unwrap();
            assert_eq!(params.int("chat_id"), Some(5), "{kind}");
            assert_eq!(params.text("text").as_deref(), Some("Да & 1"), "{kind}");
            assert!(params.flag("flag"), "{kind}");
        }
        assert!(Params::read("", "application/json", &Bytes::from_static(b"[1]")).is_err());
    }

    #[test]
    fn multipart_reads_fields_and_files() {
        let body = "--XX\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n\
            --XX\r\nContent-Disposition: form-data; name=\"document\"; filename=\"акт %22.pdf\"\r\n\
            Content-Type: application/pdf\r\n\r\na\r\n--X\r\n\r\n--XX\r\n\
            content-disposition: form-data; name=\"b\"; filename*=utf-8''%D0%B0.txt\r\n\r\n\r\n--XX--\r\n";
        let kind = "multipart/form-data; boundary=XX";
        let params = Params::read("", kind, &Bytes::from(body)).unwrap();
        assert_eq!(params.int("chat_id"), Some(5));
        let file = params.upload("document").unwrap();
        assert_eq!(
            (file.name.as_str(), &file.bytes[..]),
            ("акт \".pdf", &b"a\r\n--X\r\n"[..])
        );
        assert_eq!(params.upload("b").unwrap().name, "а.txt");
        for cut in 0..body.len() {
            // A body cut anywhere is refused or read in part, never a panic.
            let _ = Params::read("", kind, &Bytes::copy_from_slice(&body.as_bytes()[..cut]));
        }
    }

    #[test]
    fn json_in_text() {
        let params = Params::read("reply_markup=%7B%22a%22%3A1%7D&bad=%7B", "", &Bytes::new());
        let params = params.unwrap();
        assert_eq!(params.json("reply_markup").unwrap().unwrap()["a"], 1);
        assert!(params.json("bad").is_err());
        assert_eq!(params.json("none").unwrap(), None);
    }
}
