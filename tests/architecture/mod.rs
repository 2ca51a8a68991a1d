//! Holds the code against the table of rooms in ARCHITECTURE.md: who may know whom.
//!
//! The table says what is, to the edge: what a room reaches for without being allowed to is a breach, and
//! so is what it is allowed and does not use. Rooms know each other in one direction, and within a room
//! no more than four files form a circle.

mod circles;
mod code;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use circles::circles;
use code::{Code, Module, Uses};

/// A room or a loose file of `src`, the rooms it knows besides itself, and the watched crates it names.
type Room = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const ROOMS: &[Room] = &[
    // The list of rooms, and the door.
    ("lib", &[], &[]),
    ("main", &["cli"], &["vestnik_bsl"]),
    ("model", &[], &["vestnik_markup"]),
    ("source", &["model"], &["toml"]),
    ("texts", &["model"], &["vestnik_markup"]),
    ("authorization", &["model", "texts"], &[]),
    (
        "dialogue",
        &["authorization", "model", "texts"],
        &["vestnik_markup"],
    ),
    (
        "settings",
        &["model", "source"],
        &["chrono", "chrono_tz", "toml"],
    ),
    (
        "organisation",
        &["model", "scripting", "settings", "source", "store", "texts"],
        &["toml", "toml_edit", "vestnik_bsl", "vestnik_markup"],
    ),
    (
        "store",
        &["model"],
        &["diesel", "diesel_migrations", "getrandom", "tokio"],
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
    ("channels", &["model", "telegram"], &["vestnik_markup"]),
    // Its HTTP for algorithms is the second place that names reqwest.
    (
        "scripting",
        &["model", "settings", "store"],
        &[
            "chrono",
            "chrono_tz",
            "getrandom",
            "reqwest",
            "rustls",
            "tokio",
            "vestnik_bsl",
        ],
    ),
    (
        "runtime",
        &[
            "authorization",
            "channels",
            "dialogue",
            "model",
            "organisation",
            "scripting",
            "settings",
            "store",
            "telegram",
            "texts",
        ],
        &["actix", "getrandom", "tokio"],
    ),
    (
        "app",
        &[
            "http",
            "model",
            "organisation",
            "runtime",
            "scripting",
            "settings",
            "store",
            "telegram",
        ],
        // reqwest: the clock of a simulator is followed.
        &["reqwest", "rustls", "tokio"],
    ),
    (
        "http",
        &["model", "runtime", "store"],
        &[
            "actix_web",
            "chrono",
            "chrono_tz",
            "utoipa",
            "utoipa_actix_web",
        ],
    ),
    (
        "rehearsal",
        &[
            "app",
            "model",
            "organisation",
            "runtime",
            "scripting",
            "settings",
            "store",
        ],
        &["chrono", "toml_edit", "vestnik_simulator"],
    ),
    (
        "cli",
        &[
            "app",
            "http",
            "model",
            "organisation",
            "rehearsal",
            "runtime",
            "scripting",
            "settings",
            "store",
            "telegram",
        ],
        &[
            "chrono",
            "chrono_tz",
            "getrandom",
            "tokio",
            "vestnik_bsl",
            "vestnik_simulator",
        ],
    ),
];

/// Crates that only the rooms that list them may name.
const WATCHED: &[&str] = &[
    "actix",
    "actix_rt",
    "actix_web",
    "chrono",
    "chrono_tz",
    "diesel",
    "diesel_migrations",
    "getrandom",
    "httparse",
    "reqwest",
    "rustls",
    "socket2",
    "tokio",
    "tokio_rustls",
    "toml",
    "toml_edit",
    "utoipa",
    "utoipa_actix_web",
    "vestnik_bsl",
    "vestnik_markup",
    "vestnik_simulator",
];

/// The packages within `src`, and which watched crates they depend on.
const PACKAGES: &[(&str, &[&str])] = &[
    ("bsl", &["chrono", "chrono_tz"]),
    ("markup", &[]),
    (
        "simulator",
        &["actix_web", "chrono", "tokio", "vestnik_markup"],
    ),
];

/// The most files that may need each other: a reader must hold all of them in mind at once.
const CIRCLE_MAX: usize = 4;

/// Rooms with a larger one, and how large: it may shrink, and then this line with it.
const LARGER: &[(&str, usize)] = &[
    // What the journal holds is read beside the rows that it stands for, in each of their tables.
    ("store", 10),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The code of the package `vestnik`: read once for all tests.
static CODE: LazyLock<Code> = LazyLock::new(|| Code::of_folder(&root().join("src"), WATCHED));

fn room_of(module: &Module) -> &str {
    module.first().map_or("lib", String::as_str)
}

/// What the code does that the table does not allow, and what the table allows that the code does not.
fn breaches(code: &Code, rooms: &[Room]) -> Vec<String> {
    let known: BTreeSet<&str> = rooms.iter().map(|(name, ..)| *name).collect();
    let mut found = Vec::new();
    let mut used: BTreeSet<(&str, String)> = BTreeSet::new();
    for (module, file) in &code.files {
        let room = room_of(module);
        let name = module.join("/");
        let Some((_, others, crates)) = rooms.iter().find(|(name, ..)| *name == room) else {
            found.push(format!(
                "{name}: the room «{room}» is not in the table: add it, here and in ARCHITECTURE.md"
            ));
            continue;
        };
        for reach in &file.reaches {
            let Some(other) = reach.path.first().map(String::as_str) else {
                continue;
            };
            if other == room || !known.contains(other) {
                continue;
            }
            used.insert((room, other.to_owned()));
            if !others.contains(&other) {
                let line = reach.line;
                found.push(format!("{name}, line {line}: {room} must not know {other}"));
            }
        }
        for (other, line) in &file.crates {
            used.insert((room, other.clone()));
            if !crates.contains(&other.as_str()) {
                found.push(format!("{name}, line {line}: {room} must not name {other}"));
            }
        }
    }
    for (room, others, crates) in rooms {
        for other in others.iter().chain(*crates) {
            if !used.contains(&(*room, (*other).to_owned())) {
                found.push(format!(
                    "{room} does not use {other}: the table must not allow it"
                ));
            }
        }
    }
    found.dedup();
    found
}

/// Rooms that know each other.
fn circles_of_rooms(code: &Code) -> Vec<String> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (module, file) in &code.files {
        let to = edges.entry(room_of(module)).or_default();
        // The list of rooms in the root is no use of them.
        let first = file.reaches.iter().filter_map(|reach| reach.path.first());
        to.extend(
            first
                .map(String::as_str)
                .filter(|other| *other != room_of(module)),
        );
    }
    let told = |circle: BTreeSet<&str>| circle.into_iter().collect::<Vec<_>>().join(", ");
    circles(&edges).into_iter().map(told).collect()
}

/// Circles of more files than `most` among those of `room`, and what ties them.
fn circles_of_files(uses: &Uses<'_>, room: impl Fn(&Module) -> bool, most: usize) -> Vec<String> {
    let edges: BTreeMap<&Module, BTreeSet<&Module>> = uses
        .iter()
        .filter(|(from, _)| room(from))
        .map(|(from, to)| (*from, to.keys().filter(|to| room(to)).copied().collect()))
        .collect();
    let told = |circle: BTreeSet<&Module>| {
        let mut text = format!("{} files:", circle.len());
        for from in &circle {
            for (to, names) in uses[*from].iter().filter(|(to, _)| circle.contains(*to)) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                text.push_str(&format!(
                    "\n  {} -> {}: {}",
                    from.join("/"),
                    to.join("/"),
                    names.join(", ")
                ));
            }
        }
        text
    };
    circles(&edges)
        .into_iter()
        .filter(|circle| circle.len() > most)
        .map(told)
        .collect()
}

#[test]
fn rooms_know_what_the_table_says_and_nothing_else() {
    let found = breaches(&CODE, ROOMS);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn rooms_know_each_other_in_one_direction() {
    let found = circles_of_rooms(&CODE);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn files_of_a_room_form_no_large_circle() {
    let uses = CODE.uses();
    for (room, ..) in ROOMS {
        let larger = LARGER.iter().find(|(name, _)| name == room);
        let most = larger.map_or(CIRCLE_MAX, |(_, most)| *most);
        let found = circles_of_files(&uses, |module| room_of(module) == *room, most);
        assert!(found.is_empty(), "{}", found.join("\n"));
        if larger.is_some() {
            let found = circles_of_files(&uses, |module| room_of(module) == *room, most - 1);
            assert!(!found.is_empty(), "{room} has no circle of {most} any more");
        }
    }
    let markup = Code::of_folder(&root().join("src/markup"), WATCHED);
    let found = circles_of_files(&markup.uses(), |_| true, CIRCLE_MAX);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_map_shows_every_room() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the map");
    let packages = PACKAGES.iter().map(|(name, _)| *name);
    let rooms = ROOMS.iter().map(|(name, ..)| *name);
    for room in rooms.filter(|room| *room != "lib").chain(packages) {
        let shown = format!("`{room}/`");
        let file = format!("`{room}.rs`");
        assert!(map.contains(&shown) || map.contains(&file), "{room}");
    }
}

#[test]
fn packages_depend_only_on_what_they_may_know() {
    for (package, allowed) in PACKAGES {
        let manifest = root().join("src").join(package).join("Cargo.toml");
        let text = std::fs::read_to_string(manifest).expect("a manifest");
        let table: toml::Table = text.parse().expect("a manifest");
        let dependencies = table.get("dependencies").and_then(toml::Value::as_table);
        let names: BTreeSet<String> = dependencies
            .into_iter()
            .flat_map(|table| table.keys().map(|name| name.replace('-', "_")))
            .filter(|name| WATCHED.contains(&name.as_str()) || name == "vestnik")
            .collect();
        let allowed: BTreeSet<String> = allowed.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(names, allowed, "{package}");
    }
}

/// The guard itself: it finds what is planted.
mod planted {
    use super::*;

    fn planted(files: &[(&str, &str)]) -> Code {
        let texts = files.iter().map(|(module, text)| {
            let module = module.split('/').filter(|part| !part.is_empty());
            (module.map(str::to_owned).collect(), (*text).to_owned())
        });
        Code::of_texts(texts.collect(), WATCHED)
    }

    const TABLE: &[Room] = &[
        ("low", &[], &[]),
        ("high", &["low"], &["tokio"]),
        ("main", &[], &[]),
    ];

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        // What the table allows is used, so that only what is planted is found.
        let used = ("high/used", "use crate::low::X; fn f() { tokio::spawn(X) }");
        let files: Vec<_> = files.iter().copied().chain([used, ("low", "")]).collect();
        assert_eq!(breaches(&planted(&files), TABLE), expected, "{files:?}");
    }

    #[test]
    fn a_room_that_must_not_be_known() {
        check(
            &[("low/a", "use crate::high::Y;")],
            &["low/a, line 1: low must not know high"],
        );
        check(
            &[("low/a", "fn f() {\n    let _ = crate::high::Y::new();\n}")],
            &["low/a, line 2: low must not know high"],
        );
        check(
            &[("low/a", "fn f() { println!(\"{}\", crate::high::x()); }")],
            &["low/a, line 1: low must not know high"],
        );
        check(
            &[("low/a", "use crate::{low::X,\n high::{self, Z}};")],
            &["low/a, line 2: low must not know high"],
        );
        check(
            &[("low/a", "use super::super::high::Y;")],
            &["low/a, line 1: low must not know high"],
        );
        check(
            &[("low/a", "mod inner { use super::super::super::high::Y; }")],
            &["low/a, line 1: low must not know high"],
        );
        check(&[("low/a", "use super::high::Y;")], &[]);
        check(
            &[("low/a", "pub use crate::high::Y;")],
            &["low/a, line 1: low must not know high"],
        );
    }

    #[test]
    fn a_crate_that_must_not_be_named() {
        check(
            &[("low/a", "async fn f() { tokio::task::yield_now().await }")],
            &["low/a, line 1: low must not name tokio"],
        );
        check(
            &[("low/a", "use chrono::Utc;\nuse getrandom;")],
            &[
                "low/a, line 1: low must not name chrono",
                "low/a, line 2: low must not name getrandom",
            ],
        );
        check(
            &[("high/a", "use vestnik_bsl::Vm;")],
            &["high/a, line 1: high must not name vestnik_bsl"],
        );
        // A name of ours that only sounds like it.
        check(&[("low/a", "fn tokio() {} fn g() { tokio() }")], &[]);
    }

    #[test]
    fn a_loose_file_and_a_room_without_a_row() {
        check(
            &[("main", "fn main() { vestnik::low::run() }")],
            &["main, line 1: main must not know low"],
        );
        check(
            &[("new/a", "")],
            &["new/a: the room «new» is not in the table: add it, here and in ARCHITECTURE.md"],
        );
    }

    #[test]
    fn what_the_table_allows_for_nothing() {
        let code = planted(&[("low", ""), ("high", "use crate::low::X;"), ("main", "")]);
        assert_eq!(
            breaches(&code, TABLE),
            ["high does not use tokio: the table must not allow it"]
        );
    }

    #[test]
    fn tests_may_reach_for_anything() {
        check(
            &[("low/a", "#[cfg(test)]\nmod tests { use crate::high::Y; }")],
            &[],
        );
        check(
            &[("low/a", "#[cfg(test)]\nuse crate::high::{Y};\nfn f() {}")],
            &[],
        );
        check(
            &[(
                "low/a",
                "#[cfg(test)]\nfn f() { crate::high::y() }\nfn g() { crate::high::y() }",
            )],
            &["low/a, line 3: low must not know high"],
        );
    }

    #[test]
    fn rooms_in_a_circle() {
        let of = |files: &[(&str, &str)]| circles_of_rooms(&planted(files));
        let chain = [
            ("a", "use crate::b::X;"),
            ("b/x", "use crate::c::Y;"),
            ("c", ""),
        ];
        assert!(of(&chain).is_empty());
        let back = [
            chain[0],
            chain[1],
            ("c", "fn f() { crate::a::z() }"),
            ("d", "use crate::a::W;"),
        ];
        assert_eq!(of(&back), ["a, b, c"]);
        assert!(
            of(&[
                ("", "pub mod a; pub mod b;"),
                ("a", "use crate::b::X;"),
                ("b", "")
            ])
            .is_empty()
        );
    }

    #[test]
    fn files_in_a_circle() {
        let of = |files: &[(&str, &str)], most| {
            circles_of_files(
                &planted(files).uses(),
                |module| room_of(module) == "r",
                most,
            )
        };
        let ring = [
            ("r", "mod a; mod b; mod c; pub use a::A; pub use c::C;"),
            ("r/a", "use super::b::B; pub struct A;"),
            ("r/b", "use crate::r::C; pub struct B;"),
            ("r/c", "fn f() { super::A::new() } pub struct C;"),
        ];
        // Names that the room hands on lead to where they come from.
        assert_eq!(
            of(&ring, 2),
            ["3 files:\n  r/a -> r/b: B\n  r/b -> r/c: C\n  r/c -> r/a: new"]
        );
        assert!(of(&ring, 3).is_empty());
        // A room's own file may be in it: it uses what it declares.
        let face = [
            ("r", "mod a; mod b; pub struct R; fn f() { a::go() }"),
            ("r/a", "use super::b::B; pub fn go() {}"),
            ("r/b", "use super::R; pub struct B;"),
        ];
        assert_eq!(of(&face, 2).len(), 1, "{:?}", of(&face, 1));
        // Another room is no part of it.
        let rooms = [
            ("r/a", "use crate::s::b::B;"),
            ("s/b", "use crate::r::a::A;"),
        ];
        assert!(of(&rooms, 1).is_empty());
    }
}
