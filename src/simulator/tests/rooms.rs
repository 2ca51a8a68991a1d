//! The table of rooms in `lib.rs`, held against what the files name.

use std::path::Path;

/// A room and the rooms it must not name.
const APART: [(&str, &[&str]); 5] = [
    ("world", &["api", "http", "page", "people", "server"]),
    ("api", &["page", "people", "server"]),
    ("people", &["api", "page", "server"]),
    ("page", &["api", "http", "people", "server", "world"]),
    ("http", &["api", "page", "people", "server", "world"]),
];

/// The forbidden rooms that a source names.
fn breaches(source: &str, forbidden: &[&str]) -> Vec<String> {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    forbidden
        .iter()
        .filter(|room| code.contains(&format!("crate::{room}")))
        .map(|room| (*room).to_owned())
        .collect()
}

#[test]
fn rooms_know_only_what_they_may() {
    for (room, forbidden) in APART {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(room);
        let mut files = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "rs") {
                files += 1;
                let source = std::fs::read_to_string(&path).unwrap();
                let found = breaches(source.split("#[cfg(test)]").next().unwrap(), forbidden);
                assert!(found.is_empty(), "{} names {found:?}", path.display());
            }
        }
        assert!(files > 0, "{room} has no files");
    }
}

#[test]
fn a_planted_breach_is_found() {
    let planted = "use crate::people::Say;\nfn f() {}\n";
    assert_eq!(breaches(planted, &["api", "people"]), ["people"]);
    assert!(breaches("// crate::people is not named here\n", &["people"]).is_empty());
}
