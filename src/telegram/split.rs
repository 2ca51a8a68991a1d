//! Cuts the answer of `getUpdates` into its updates without reading them.
//!
//! A JSON parser gives up at the first fault, and the whole batch with it. Here only strings and
//! brackets are followed, so whatever is wrong inside one update stays inside it: the parser then
//! meets each update alone. Nothing is allocated but the list of ranges.

use std::ops::Range;

/// Where things stand in an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split {
    /// The elements of `result`, in order.
    pub(super) items: Vec<Range<usize>>,
    /// What follows the last whole element when the array never ends: a part of an update.
    pub(super) broken_tail: Option<Range<usize>>,
}

/// Finds `"ok": true` and the elements of the array `"result"`. None when the text is no such
/// answer (a refusal, HTML, nothing at all); the caller then reads it as a refusal.
pub(super) fn split_updates(text: &[u8]) -> Option<Split> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.blank();
    scanner.eat(b'{')?;
    let mut ok = false;
    let mut split = None;
    loop {
        scanner.blank();
        match scanner.peek() {
            Some(b'}') => break,
            Some(b',') => scanner.at += 1,
            Some(b'"') => {
                let key = scanner.string()?;
                scanner.blank();
                scanner.eat(b':')?;
                scanner.blank();
                match &text[key] {
                    b"\"ok\"" => ok = &text[scanner.value()?] == b"true",
                    b"\"result\"" if scanner.peek() == Some(b'[') => {
                        let found = scanner.array();
                        // Nothing can follow a tail that is broken.
                        let broken = found.broken_tail.is_some();
                        split = Some(found);
                        if broken {
                            break;
                        }
                    }
                    _ => {
                        scanner.value()?;
                    }
                }
            }
            _ => return None,
        }
    }
    if ok { split } else { None }
}

/// The number after the first `"update_id":`. A key inside a string has a backslash before its
/// closing quote, so it is not mistaken for the update's own.
pub(super) fn find_update_id(text: &[u8]) -> Option<i64> {
    const KEY: &[u8] = b"\"update_id\"";
    let at = text.windows(KEY.len()).position(|window| window == KEY)?;
    let mut scanner = Scanner {
        text,
        at: at + KEY.len(),
    };
    scanner.blank();
    scanner.eat(b':')?;
    scanner.blank();
    let number = scanner.value()?;
    std::str::from_utf8(&text[number]).ok()?.parse().ok()
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// A string with its quotes; `at` stands on the first one.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            match *self.text.get(at)? {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        Some(start..self.at)
    }

    /// Any value, brackets balanced; none where the text ends before the value does.
    fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        match self.peek()? {
            b'"' => return self.string(),
            b'{' | b'[' => {
                let mut depth = 0usize;
                loop {
                    match self.peek()? {
                        b'"' => {
                            self.string()?;
                            continue;
                        }
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                    self.at += 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            _ => {
                while !matches!(
                    self.peek(),
                    None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n')
                ) {
                    self.at += 1;
                }
            }
        }
        Some(start..self.at)
    }

    /// The elements of an array; `at` stands on `[`.
    fn array(&mut self) -> Split {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blank();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Split {
                        items,
                        broken_tail: None,
                    };
                }
                Some(b',') => self.at += 1,
                // A bracket that closes something else can only be rubbish between elements.
                Some(b'}') | None => break,
                Some(_) => {
                    let start = self.at;
                    match self.value() {
                        Some(range) => items.push(range),
                        None => {
                            self.at = start;
                            break;
                        }
                    }
                }
            }
        }
        let tail = self.at..self.text.len();
        Split {
            items,
            broken_tail: Some(tail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match split_updates(text.as_bytes()) {
            None => "none".to_owned(),
            Some(split) => {
                let mut out: Vec<&str> = split
                    .items
                    .iter()
                    .map(|range| &text[range.clone()])
                    .collect();
                let tail = split
                    .broken_tail
                    .map(|range| format!("broken {}", &text[range]));
                out.extend(tail.as_deref());
                out.join(" ; ")
            }
        };
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn answers_are_cut_into_updates() {
        check(r#"{"ok":true,"result":[]}"#, "");
        check(
            r#" { "ok" : true , "result" : [ {"a":1} , {"b":[2,{}]} ] } "#,
            r#"{"a":1} ; {"b":[2,{}]}"#,
        );
        check(
            r#"{"result":[{"a":"]}\"\\"}],"ok":true}"#,
            r#"{"a":"]}\"\\"}"#,
        );
        check(
            r#"{"ok":true,"result":[1,"x",null,{"a":bad}]}"#,
            r#"1 ; "x" ; null ; {"a":bad}"#,
        );
        check(
            r#"{"ok":true,"result":[{"a":1},{"a":"#,
            r#"{"a":1} ; broken {"a":"#,
        );
        check(
            r#"{"ok":true,"result":[{"a":1},{"a":"b\"#,
            r#"{"a":1} ; broken {"a":"b\"#,
        );
        check(r#"{"ok":false,"error_code":409}"#, "none");
        check(r#"{"ok":false,"result":[{"a":1}]}"#, "none");
        check(r#"{"ok":true,"result":true}"#, "none");
        check("<html>", "none");
        check("", "none");
    }

    #[test]
    fn the_update_id_is_found_in_rubbish() {
        assert_eq!(find_update_id(br#"{"update_id": 17,"message":{"#), Some(17));
        assert_eq!(
            find_update_id(br#"{"text":"\"update_id\":1","update_id":-2}"#),
            Some(-2)
        );
        assert_eq!(find_update_id(br#"{"update_id":"x"}"#), None);
        assert_eq!(find_update_id(br#"{"update":1}"#), None);
        assert_eq!(find_update_id(br#"{"update_id""#), None);
    }

    proptest::proptest! {
        /// Whatever comes, cutting neither panics nor runs out of the text.
        #[test]
        fn any_bytes_are_safe(text in proptest::collection::vec(proptest::sample::select(b"{}[]\",:\\ oktruesl1".to_vec()), 0..80)) {
            let mut whole = br#"{"ok":true,"result":["#.to_vec();
            whole.extend(&text);
            if let Some(split) = split_updates(&whole) {
                for range in split.items.iter().chain(&split.broken_tail) {
                    assert!(range.end <= whole.len() && range.start <= range.end);
                }
            }
            split_updates(&text);
            find_update_id(&text);
        }
    }
}
