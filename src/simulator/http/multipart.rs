//! Bodies of `multipart/form-data`: the parts of a form, files among them.

use actix_web::web::Bytes;
use memchr::memmem;
use percent_encoding::percent_decode_str;

/// One field of a form.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    /// Of a file, as the sender calls it.
    pub(super) file_name: Option<String>,
    /// Shares the memory of the whole body.
    pub(super) content: Bytes,
}

/// Reads the parts in their order; those without a name are left out.
pub(super) fn read(content_type: &str, body: &Bytes) -> Result<Vec<Part>, String> {
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
    let mut parts = Vec::new();
    loop {
        if body[at..].starts_with(b"--") {
            return Ok(parts);
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
        parts.extend(part(&head, body.slice(content..end)));
        at = end + 4 + boundary.len();
    }
}

fn part(head: &str, content: Bytes) -> Option<Part> {
    const FIELD: &str = "content-disposition:";
    let disposition = head.lines().find(|line| {
        let start = line.get(..FIELD.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(FIELD))
    })?;
    Some(Part {
        name: header_field(disposition, "name")?,
        file_name: header_field(disposition, "filename"),
        content,
    })
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
            let encoded = value.rsplit("''").next()?;
            return Some(percent_decode_str(encoded).decode_utf8_lossy().into_owned());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Params;

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
}
