//! Parameters of a method: from the query, JSON, a form or multipart, all in one shape.

use std::collections::HashMap;

use actix_web::web::Bytes;
use serde_json::{Map, Value};

use super::multipart::{self, Part};

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
            "multipart/form-data" => {
                for part in multipart::read(content_type, body)? {
                    params.part(part);
                }
            }
            _ => params.form(&String::from_utf8_lossy(body)),
        }
        Ok(params)
    }

    fn form(&mut self, text: &str) {
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            self.values
                .insert(key.into_owned(), Value::String(value.into_owned()));
        }
    }

    fn part(&mut self, part: Part) {
        match part.file_name {
            Some(name) => {
                let upload = Upload {
                    name,
                    bytes: part.content,
                };
                self.uploads.insert(part.name, upload);
            }
            None => {
                let text = String::from_utf8_lossy(&part.content).into_owned();
                self.values.insert(part.name, Value::String(text));
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
    fn json_in_text() {
        let params = Params::read("reply_markup=%7B%22a%22%3A1%7D&bad=%7B", "", &Bytes::new());
        let params = params.unwrap();
        assert_eq!(params.json("reply_markup").unwrap().unwrap()["a"], 1);
        assert!(params.json("bad").is_err());
        assert_eq!(params.json("none").unwrap(), None);
    }
}
