//! Holds the code against the table of rooms in ARCHITECTURE.md: who may know whom.
//!
//! Every path counts that starts with `crate::`, `super::` or a watched external crate, wherever it
//! stands: in a `use`, in an expression, in the tokens of a macro. Test code is left out: a test may
//! reach for what its room must not know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A room, the rooms it may know besides itself, and the watched crates it may name.
const ROOMS: &[(&str, &[&str], &[&str])] = &[
    ("model", &[], &[]),
    ("source", &["model"], &["toml"]),
    ("texts", &["model"], &[]),
    ("dialogue", &["model", "texts"], &[]),
    ("settings", &["model", "source"], &["toml"]),
    (
        "organisation",
        &["model", "source", "texts", "settings", "store", "scripting"],
        &["toml", "toml_edit"],
    ),
    (
        "store",
        &["model"],
        &["diesel", "diesel_migrations", "tokio"],
    ),
    (
        "telegram",
        &[],
        &[
            "httparse",
            "reqwest",
            "rustls",
            "socket2",
            "tokio",
            "tokio_rustls",
        ],
    ),
    ("channels", &["model", "telegram"], &[]),
    // Its HTTP for algorithms is the second place that names reqwest.
    (
        "scripting",
        &[
            "model",
            "texts",
            "settings",
            "store",
            "dialogue",
            "channels",
            "organisation",
        ],
        &["reqwest", "rustls", "tokio"],
    ),
    (
        "runtime",
        &[
            "model",
            "texts",
            "dialogue",
            "settings",
            "organisation",
            "store",
            "telegram",
            "channels",
            "scripting",
        ],
        &["actix", "tokio"],
    ),
    (
        "app",
        &[
            "settings",
            "organisation",
            "store",
            "telegram",
            "scripting",
            "model",
            "runtime",
            "http",
        ],
        // reqwest: the clock of a simulator is followed.
        &["reqwest", "rustls", "tokio"],
    ),
    (
        "http",
        &[
            "model",
            "texts",
            "settings",
            "organisation",
            "store",
            "runtime",
        ],
        &["actix_web", "tokio"],
    ),
    (
        "rehearsal",
        &[
            "model",
            "settings",
            "organisation",
            "store",
            "scripting",
            "runtime",
            "app",
        ],
        &["toml_edit"],
    ),
    (
        "cli",
        &[
            "model",
            "texts",
            "settings",
            "organisation",
            "store",
            "runtime",
            "app",
            "http",
            "scripting",
            "telegram",
            "rehearsal",
        ],
        &["tokio"],
    ),
];

/// Crates that only the rooms that list them may name.
const WATCHED: &[&str] = &[
    "actix",
    "actix_rt",
    "actix_web",
    "diesel",
    "diesel_migrations",
    "httparse",
    "reqwest",
    "rustls",
    "socket2",
    "tokio",
    "tokio_rustls",
    "toml",
    "toml_edit",
];

/// What the packages within `src` must not depend on.
const PACKAGES: &[(&str, &[&str])] = &[
    (
        "bsl",
        &[
            "actix",
            "actix-web",
            "diesel",
            "reqwest",
            "tokio",
            "vestnik",
        ],
    ),
    (
        "markup",
        &[
            "actix",
            "actix-web",
            "diesel",
            "reqwest",
            "tokio",
            "serde",
            "vestnik",
        ],
    ),
    (
        "simulator",
        &["actix", "diesel", "reqwest", "vestnik", "vestnik-bsl"],
    ),
];

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reach {
    Room(String),
    Crate(String),
}

/// What a source text of `module` (its path from the crate's root) reaches for, with lines.
fn reaches(source: &str, module: &[&str]) -> BTreeSet<(Reach, usize)> {
    syn::parse_file(source).unwrap_or_else(|error| panic!("{module:?}: {error}"));
    let tokens: TokenStream = source.parse().expect("parsed above");
    let module: Vec<String> = module.iter().map(|&part| part.to_owned()).collect();
    let mut found = BTreeSet::new();
    walk(tokens, &module, &mut found);
    found
}

fn walk(tokens: TokenStream, module: &[String], found: &mut BTreeSet<(Reach, usize)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    let mut is_test = false;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                is_test |= group.delimiter() == Delimiter::Bracket
                    && at > 0
                    && is_punct(&tokens[at - 1], '#')
                    && group
                        .stream()
                        .to_string()
                        .replace(' ', "")
                        .starts_with("cfg(test)");
                walk(group.stream(), module, found);
            }
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let line = ident.span().start().line;
                let starts_path = at == 0 || !is_path_separator(&tokens, at - 1);
                match name.as_str() {
                    "mod" => {
                        if let (Some(TokenTree::Ident(inner)), Some(TokenTree::Group(body))) =
                            (tokens.get(at + 1), tokens.get(at + 2))
                        {
                            if !is_test {
                                let mut inside = module.to_vec();
                                inside.push(inner.to_string());
                                walk(body.stream(), &inside, found);
                            }
                            at += 2;
                        }
                        is_test = false;
                    }
                    "crate" if starts_path => rooms_after(&tokens, at + 1, line, found),
                    "super" if starts_path => {
                        let mut up = 1;
                        let mut next = at;
                        while is_path_separator(&tokens, next + 2)
                            && matches!(tokens.get(next + 3), Some(TokenTree::Ident(i)) if *i == "super")
                        {
                            up += 1;
                            next += 3;
                        }
                        // `super` of a room's own module is the crate's root.
                        if up >= module.len() {
                            rooms_after(&tokens, next + 1, line, found);
                        }
                        at = next;
                    }
                    // Only an item ends the reach of `#[cfg(test)]`.
                    "fn" | "struct" | "enum" | "impl" | "const" | "static" | "use" | "trait" => {
                        is_test = false;
                    }
                    name if starts_path && WATCHED.contains(&name) => {
                        let used_as_path = is_path_separator(&tokens, at + 2);
                        let used_alone = at > 0
                            && matches!(&tokens[at - 1], TokenTree::Ident(before) if *before == "use");
                        if used_as_path || used_alone {
                            found.insert((Reach::Crate(name.to_owned()), line));
                        }
                    }
                    _ => {}
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        at += 1;
    }
}

/// The first names behind `crate::`, also in a group of a `use`.
fn rooms_after(tokens: &[TokenTree], at: usize, line: usize, found: &mut BTreeSet<(Reach, usize)>) {
    if !is_path_separator(tokens, at + 1) {
        return;
    }
    match tokens.get(at + 2) {
        Some(TokenTree::Ident(room)) => {
            found.insert((Reach::Room(room.to_string()), line));
        }
        Some(TokenTree::Group(group)) => {
            for room in first_names(group) {
                found.insert((Reach::Room(room), line));
            }
        }
        _ => {}
    }
}

fn first_names(group: &Group) -> Vec<String> {
    let mut names = Vec::new();
    let mut expects_name = true;
    for token in group.stream() {
        match token {
            TokenTree::Ident(ident) if expects_name => {
                names.push(ident.to_string());
                expects_name = false;
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' => expects_name = true,
            _ => {}
        }
    }
    names
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// Whether `::` ends at this index.
fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    at > 0
        && tokens.get(at).is_some_and(|token| is_punct(token, ':'))
        && is_punct(&tokens[at - 1], ':')
}

fn breaches(room: &str, source: &str, module: &[&str]) -> Vec<String> {
    let (_, rooms, crates) = ROOMS
        .iter()
        .find(|(name, ..)| *name == room)
        .unwrap_or_else(|| {
            panic!("the room «{room}» is not in the table: add it, here and in ARCHITECTURE.md")
        });
    let known: BTreeSet<&str> = ROOMS.iter().map(|(name, ..)| *name).collect();
    reaches(source, module)
        .into_iter()
        .filter_map(|(reach, line)| match reach {
            Reach::Room(other) => (known.contains(other.as_str())
                && other != room
                && !rooms.contains(&other.as_str()))
            .then(|| format!("line {line}: {room} must not know {other}")),
            Reach::Crate(name) => (!crates.contains(&name.as_str()))
                .then(|| format!("line {line}: {room} must not name {name}")),
        })
        .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of src") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn rooms_know_only_what_the_table_allows() {
    let src = root().join("src");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&src).expect("src") {
        let folder = entry.expect("an entry").path();
        let room = folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if !folder.is_dir() || folder.join("Cargo.toml").exists() {
            continue;
        }
        for file in sources(&folder) {
            let relative = file
                .strip_prefix(&src)
                .expect("within src")
                .with_extension("");
            let parts: Vec<String> = relative
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            let mut module: Vec<&str> = parts.iter().map(String::as_str).collect();
            // A file of tests is test code as a whole.
            if module
                .iter()
                .any(|part| *part == "tests" || part.ends_with("_tests"))
            {
                continue;
            }
            if module.last() == Some(&"mod") {
                module.pop();
            }
            let source = std::fs::read_to_string(&file).expect("a source");
            for breach in breaches(&room, &source, &module) {
                found.push(format!("{}: {breach}", relative.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn packages_depend_only_on_what_they_may_know() {
    for (package, forbidden) in PACKAGES {
        let manifest = root().join("src").join(package).join("Cargo.toml");
        let text = std::fs::read_to_string(manifest).expect("a manifest");
        let table: toml::Table = text.parse().expect("a manifest");
        let dependencies = table.get("dependencies").and_then(|value| value.as_table());
        let names: BTreeMap<_, _> = dependencies.into_iter().flatten().collect();
        for name in *forbidden {
            assert!(
                !names.contains_key(&(*name).to_owned()),
                "{package} must not depend on {name}"
            );
        }
    }
}

#[test]
fn a_planted_breach_is_found() {
    let check = |room: &str, source: &str, module: &[&str], expected: &[&str]| {
        assert_eq!(breaches(room, source, module), expected, "{source}");
    };
    check(
        "dialogue",
        "use crate::store::Store;",
        &["dialogue", "rules"],
        &["line 1: dialogue must not know store"],
    );
    check(
        "model",
        "fn f() {\n    let _ = crate::runtime::Clock::system();\n}",
        &["model"],
        &["line 2: model must not know runtime"],
    );
    check(
        "model",
        "fn f() { println!(\"{}\", crate::texts::x()); }",
        &["model"],
        &["line 1: model must not know texts"],
    );
    check(
        "http",
        "use crate::{runtime::NodeView, telegram};",
        &["http"],
        &["line 1: http must not know telegram"],
    );
    check(
        "dialogue",
        "use super::super::store::Conn;",
        &["dialogue", "rules"],
        &["line 1: dialogue must not know store"],
    );
    check(
        "dialogue",
        "use super::store::Conn;",
        &["dialogue", "rules"],
        &[],
    );
    check(
        "runtime",
        "use diesel::prelude::*;",
        &["runtime"],
        &["line 1: runtime must not name diesel"],
    );
    check(
        "http",
        "use actix::Addr;",
        &["http"],
        &["line 1: http must not name actix"],
    );
    check(
        "texts",
        "async fn f() { tokio::task::yield_now().await }",
        &["texts"],
        &["line 1: texts must not name tokio"],
    );
    check(
        "model",
        "#[cfg(test)]\nmod tests { use crate::store::Store; }",
        &["model"],
        &[],
    );
    check(
        "model",
        "mod inner { use super::super::store::Conn; }",
        &["model"],
        &["line 1: model must not know store"],
    );
}
