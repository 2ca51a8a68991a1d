//! What an application changes, in words of the objects rather than of lines: «бот shop: добавлено
//! ключевое слово «Цена»».

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use toml::de::{DeTable, DeValue};

use super::files::{DefinitionFile, FileKind};
use crate::model::KeywordWords;
use crate::source::Document;

/// What happened to an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sign {
    /// It is new.
    Added,
    /// It is different.
    Changed,
    /// It is gone.
    Removed,
    /// Nothing happened; something is to be known.
    Note,
}

impl Sign {
    fn mark(self) -> char {
        match self {
            Sign::Added => '+',
            Sign::Changed => '~',
            Sign::Removed => '-',
            Sign::Note => '!',
        }
    }
}

/// One line of a difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What happened.
    pub sign: Sign,
    /// The object: `бот shop`.
    pub object: String,
    /// What of it; empty: the object as a whole.
    pub detail: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = self.sign.mark();
        if self.detail.is_empty() {
            write!(f, "{mark} {}", self.object)
        } else {
            write!(f, "{mark} {}: {}", self.object, self.detail)
        }
    }
}

/// The difference between two sets of files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Diff {
    /// Line by line, in the order of files.
    pub changes: Vec<Change>,
}

impl Diff {
    /// True when nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Adds a line.
    pub fn push(&mut self, sign: Sign, object: impl Into<String>, detail: impl Into<String>) {
        self.changes.push(Change {
            sign,
            object: object.into(),
            detail: detail.into(),
        });
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        Ok(())
    }
}

/// Compares two sets of files by what they say. Both must be readable: an application is refused
/// before it comes here. `parties.toml` is left out: what its seed does depends on the data.
pub fn diff(
    before: &BTreeMap<String, DefinitionFile>,
    after: &BTreeMap<String, DefinitionFile>,
) -> Diff {
    let mut diff = Diff::default();
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for path in paths {
        let (old, new) = (before.get(path), after.get(path));
        if old.map(|file| &file.bytes) == new.map(|file| &file.bytes) {
            continue;
        }
        let text = |file: Option<&DefinitionFile>| {
            file.and_then(|file| std::str::from_utf8(&file.bytes).ok())
                .map(|text| text.trim_start_matches('\u{feff}').to_owned())
        };
        let (old, new) = (text(old), text(new));
        let lines = diff.changes.len();
        match FileKind::of(path) {
            Some(FileKind::Program) => {
                let sign = sign(&old, &new);
                diff.push(sign, format!("текст алгоритма {path}"), "");
            }
            Some(FileKind::Bot) => one_object(&mut diff, "бот", "code", path, &old, &new),
            Some(FileKind::Scenario) => one_object(&mut diff, "сценарий", "code", path, &old, &new),
            Some(FileKind::Algorithms) => {
                let (old, new) = (parse(&old), parse(&new));
                list(
                    &mut diff,
                    "algorithm",
                    old.as_ref(),
                    new.as_ref(),
                    |entry| format!("алгоритм «{}»", entry.get("name").map_or("", text_of)),
                );
            }
            Some(FileKind::Parties) | None => continue,
        }
        if diff.changes.len() == lines {
            diff.push(
                Sign::Changed,
                path.clone(),
                "изменились только примечания или порядок",
            );
        }
    }
    diff
}

fn sign<T>(old: &Option<T>, new: &Option<T>) -> Sign {
    match (old, new) {
        (None, _) => Sign::Added,
        (_, None) => Sign::Removed,
        _ => Sign::Changed,
    }
}

/// A value without places: tables and lists of texts and numbers that compare by what they say.
#[derive(Clone, PartialEq, Debug)]
enum Plain {
    Text(String),
    Other(String),
    List(Vec<Plain>),
    Table(BTreeMap<String, Plain>),
}

fn plain(value: &DeValue<'_>) -> Plain {
    match value {
        DeValue::String(text) => Plain::Text(text.to_string()),
        DeValue::Integer(number) => Plain::Other(number.to_string()),
        DeValue::Float(number) => Plain::Other(number.to_string()),
        DeValue::Boolean(flag) => Plain::Other(flag.to_string()),
        DeValue::Datetime(date) => Plain::Other(date.to_string()),
        DeValue::Array(array) => {
            Plain::List(array.iter().map(|item| plain(item.get_ref())).collect())
        }
        DeValue::Table(table) => Plain::Table(plain_table(table)),
    }
}

fn plain_table(table: &DeTable<'_>) -> BTreeMap<String, Plain> {
    table
        .iter()
        .map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref())))
        .collect()
}

type Table = BTreeMap<String, Plain>;

fn parse(text: &Option<String>) -> Option<Table> {
    text.as_ref().map(|text| {
        let (_, table) = Document::parse("", text);
        plain_table(table.get_ref())
    })
}

fn text_of(value: &Plain) -> &str {
    match value {
        Plain::Text(text) => text,
        _ => "",
    }
}

/// A file that is one object: its own keys, its sections, its records.
fn one_object(
    diff: &mut Diff,
    kind: &str,
    key: &str,
    path: &str,
    old: &Option<String>,
    new: &Option<String>,
) {
    let (old, new) = (parse(old), parse(new));
    let code = new
        .as_ref()
        .or(old.as_ref())
        .and_then(|table| table.get(key))
        .map_or(path, text_of);
    let object = format!("{kind} {code}");
    let (Some(old), Some(new)) = (&old, &new) else {
        let sign = sign(&old, &new);
        let records = old
            .as_ref()
            .or(new.as_ref())
            .and_then(|table| match table.get("keyword") {
                Some(Plain::List(records)) => Some(records.len()),
                _ => None,
            });
        let detail = records.map_or(String::new(), |count| format!("ключевых слов — {count}"));
        diff.push(sign, object, detail);
        return;
    };
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let (before, after) = (old.get(key), new.get(key));
        if before == after {
            continue;
        }
        match key.as_str() {
            "keyword" => records(diff, &object, before, after, keyword_name),
            "step" => records(diff, &object, before, after, |step| {
                format!("шаг «{}»", step.get("code").map_or("", text_of))
            }),
            "notification" => records(diff, &object, before, after, |rule| {
                format!(
                    "оповещение {} ({})",
                    rule.get("event").map_or("", text_of),
                    rule.get("channel").map_or("", text_of)
                )
            }),
            "texts" => section(diff, &object, "текст", before, after),
            "authorization" => section(diff, &object, "авторизация", before, after),
            // A token's value is never shown, sealed or not.
            "token" => diff.push(sign(&before, &after), &object, "token"),
            key => {
                let detail = match (before, after) {
                    (Some(before), Some(after)) => {
                        format!("{key}: {} → {}", shown(before), shown(after))
                    }
                    (None, Some(value)) | (Some(value), None) => {
                        format!("{key} = {}", shown(value))
                    }
                    (None, None) => continue,
                };
                diff.push(sign(&before, &after), &object, detail);
            }
        }
    }
}

/// A value is shown short: the file itself is at hand.
fn shown(value: &Plain) -> String {
    const CHARS: usize = 40;
    let text = match value {
        Plain::Text(text) => format!("«{}»", text.replace('\n', " ")),
        Plain::Other(text) => text.clone(),
        Plain::List(items) => {
            format!(
                "[{}]",
                items.iter().map(shown).collect::<Vec<_>>().join(", ")
            )
        }
        Plain::Table(_) => "{…}".to_owned(),
    };
    if text.chars().count() <= CHARS {
        return text;
    }
    let mut short: String = text.chars().take(CHARS).collect();
    short.push('…');
    short
}

fn section(
    diff: &mut Diff,
    object: &str,
    what: &str,
    before: Option<&Plain>,
    after: Option<&Plain>,
) {
    let empty = Table::new();
    let table = |value: Option<&'_ Plain>| match value {
        Some(Plain::Table(table)) => table.clone(),
        _ => empty.clone(),
    };
    let (before, after) = (table(before), table(after));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        if old != new {
            diff.push(sign(&old, &new), object, format!("{what} {key}"));
        }
    }
}

fn keyword_name(keyword: &Table) -> String {
    let words = keyword.get("words").map_or("", text_of);
    let name = match KeywordWords::parse(words) {
        Ok(KeywordWords(words)) if !words.is_empty() => words[0].clone(),
        _ => "(любой вариант)".to_owned(),
    };
    let parent = match keyword.get("parent") {
        Some(Plain::Text(text)) => format!("{text} / "),
        Some(Plain::List(parts)) => parts
            .iter()
            .map(|part| format!("{} / ", text_of(part)))
            .collect(),
        _ => String::new(),
    };
    format!("ключевое слово «{parent}{name}»")
}

fn tables(value: Option<&Plain>) -> Vec<&Table> {
    match value {
        Some(Plain::List(items)) => items
            .iter()
            .filter_map(|item| match item {
                Plain::Table(table) => Some(table),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Records are told apart by their names; several of one name are taken in turn.
fn records(
    diff: &mut Diff,
    object: &str,
    before: Option<&Plain>,
    after: Option<&Plain>,
    name: impl Fn(&Table) -> String,
) {
    for (sign, name) in compare(&tables(before), &tables(after), name) {
        diff.push(sign, object, name);
    }
}

fn list(
    diff: &mut Diff,
    key: &str,
    before: Option<&Table>,
    after: Option<&Table>,
    name: impl Fn(&Table) -> String,
) {
    let of = |table: Option<&'_ Table>| table.and_then(|table| table.get(key)).cloned();
    let (before, after) = (of(before), of(after));
    for (sign, name) in compare(&tables(before.as_ref()), &tables(after.as_ref()), name) {
        diff.push(sign, name, "");
    }
}

fn compare(
    before: &[&Table],
    after: &[&Table],
    name: impl Fn(&Table) -> String,
) -> Vec<(Sign, String)> {
    let mut old: BTreeMap<String, Vec<&Table>> = BTreeMap::new();
    for table in before.iter().rev() {
        old.entry(name(table)).or_default().push(table);
    }
    let mut lines = Vec::new();
    for table in after {
        let name = name(table);
        match old.get_mut(&name).and_then(Vec::pop) {
            Some(same) if same == *table => {}
            Some(_) => lines.push((Sign::Changed, name)),
            None => lines.push((Sign::Added, name)),
        }
    }
    for (name, left) in old {
        for _ in left {
            lines.push((Sign::Removed, name.clone()));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organisation::Given;

    #[track_caller]
    fn check(before: &[(&str, &str)], after: &[(&str, &str)], expected: &str) {
        let files = |set: &[(&str, &str)]| {
            Given::folder(set.iter().map(|&(path, text)| (path, text.to_owned()))).files
        };
        let diff = diff(&files(before), &files(after));
        assert_eq!(diff.to_string().trim(), expected.trim());
    }

    #[test]
    fn a_difference_is_told_by_objects() {
        let before = "\
code = \"shop\"
name = \"Магазин\"
token = \"sealed:abc\"
columns = 1
[texts]
greeting = \"Привет\"
unknown = \"Что?\"
[[keyword]]
words = \"Цена, Стоимость\"
kind = \"text\"
text = \"сто\"
[[keyword]]
words = \"Адрес\"
kind = \"text\"
text = \"там\"
";
        let after = "\
code = \"shop\"
name = \"Магазин у дома\"
token = \"sealed:def\"
enabled = true
[texts]
greeting = \"Здравствуйте\"
busy = \"Минуту\"
[[keyword]]
words = \"Цена, Стоимость\"
kind = \"text\"
text = \"двести\"
[[keyword]]
words = \"Выбор\"
kind = \"choice\"
variants = [\"1\"]
[[keyword]]
parent = \"Выбор\"
kind = \"text\"
text = \"x\"
";
        check(
            &[("bots/shop.toml", before), ("algorithms/а.bsl", "1")],
            &[("bots/shop.toml", after), ("algorithms/а.bsl", "2")],
            "\
~ текст алгоритма algorithms/а.bsl
- бот shop: columns = 1
+ бот shop: enabled = true
~ бот shop: ключевое слово «Цена»
+ бот shop: ключевое слово «Выбор»
+ бот shop: ключевое слово «Выбор / (любой вариант)»
- бот shop: ключевое слово «Адрес»
~ бот shop: name: «Магазин» → «Магазин у дома»
+ бот shop: текст busy
~ бот shop: текст greeting
- бот shop: текст unknown
~ бот shop: token",
        );
    }

    #[test]
    fn whole_objects_come_and_go() {
        check(
            &[("bots/a.toml", "code = \"a\"\n[[keyword]]\nwords=\"x\"\n")],
            &[
                ("scenarios/c.toml", "code = \"c\"\n"),
                ("algorithms.toml", "[[algorithm]]\nname = \"Первый\"\n"),
            ],
            "\
+ алгоритм «Первый»
- бот a: ключевых слов — 1
+ сценарий c",
        );
    }

    #[test]
    fn comments_alone_are_told_too() {
        check(
            &[("bots/a.toml", "code = \"a\"\n")],
            &[("bots/a.toml", "# бот\ncode = \"a\"\n")],
            "~ bots/a.toml: изменились только примечания или порядок",
        );
        check(&[("bots/a.toml", "x = 1")], &[("bots/a.toml", "x = 1")], "");
    }
}
