//! Wrong files and what is said about them: text in, text out. The cases stand in `cases/*.txt`:
//! `=== name`, then files after `--- path`, then what is expected after `>>>`. With
//! `VESTNIK_UPDATE_CASES=1` the expected texts are written anew: read the difference before it lands.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::model::render_problems;
use crate::organisation::{Given, check};

fn said(files: &[(String, String)]) -> String {
    let given = Given::folder(files.iter().cloned());
    let reading = read(&given.files, &Known::default());
    let mut problems = reading.problems;
    problems.extend(check(&reading.definitions, &given.files));
    sort_problems(&mut problems);
    render_problems(&problems)
}

fn run(path: &str, text: &str) {
    let mut rewritten = String::new();
    let mut wrong = String::new();
    let mut cases = 0;
    for case in text.split("=== ").skip(1) {
        cases += 1;
        let (input, expected) = case.split_once(">>>\n").expect("a case has >>>");
        let name = input.lines().next().unwrap_or_default();
        let files: Vec<(String, String)> = input
            .split("--- ")
            .skip(1)
            .map(|file| {
                let (path, text) = file.split_once('\n').expect("a file has a path");
                (path.to_owned(), text.to_owned())
            })
            .collect();
        let said = said(&files);
        if said.trim() != expected.trim() {
            let _ = write!(
                wrong,
                "=== {name}\nexpected:\n{}\nsaid:\n{said}\n",
                expected.trim_end()
            );
        }
        let _ = write!(rewritten, "=== {input}>>>\n{said}\n");
    }
    assert!(cases > 0, "{path} has no case");
    if std::env::var_os("VESTNIK_UPDATE_CASES").is_some() {
        let head = text.split("=== ").next().unwrap_or_default();
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/organisation/cases/");
        std::fs::write(format!("{root}{path}"), format!("{head}{rewritten}")).expect("written");
        return;
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn bots_are_refused_with_place_and_remedy() {
    run("bots.txt", include_str!("../cases/bots.txt"));
}

#[test]
fn keywords_are_refused_with_place_and_remedy() {
    run("keywords.txt", include_str!("../cases/keywords.txt"));
}

#[test]
fn other_files_are_refused_with_place_and_remedy() {
    run("others.txt", include_str!("../cases/others.txt"));
}

#[test]
fn the_bot_check_finds_what_was_not_meant() {
    run("check.txt", include_str!("../cases/check.txt"));
}

/// A literal token stays out of every message, whatever is wrong with its line.
#[test]
fn a_token_is_never_repeated() {
    let secret = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
    for line in [
        format!("token = \"123456:{secret}\"\ntoken_env = \"A\""),
        format!("token = \"123456 {secret}\""),
        format!("token = 123456:{secret}"),
        format!("token = [\"123456:{secret}\"]"),
        format!("token = \"123456:{secret}\" x"),
        format!("token_env = \"123456:{secret}\""),
        format!("tokem = \"123456:{secret}\""),
        format!("unknown_reply = 123456:{secret}"),
    ] {
        let text = format!("code = \"a\"\nname = \"А\"\n{line}\n");
        let said = said(&[("bots/a.toml".into(), text)]);
        assert!(!said.is_empty(), "{line}");
        assert!(!said.contains(secret), "{line}\n{said}");
    }
}

#[test]
fn a_file_that_is_no_text_is_named() {
    let given = Given::folder([("bots/a.toml", b"code = \"a\"\nname = \"\xff\"".to_vec())]);
    let reading = read(&given.files, &Known::default());
    assert_eq!(reading.problems[0].code, "not-utf8");
    assert_eq!(reading.problems[0].line, 2);
}

const WORDS: &[&str] = &[
    "code",
    "name",
    "token",
    "token_env",
    "[[keyword]]",
    "[texts]",
    "[authorization]",
    "[[step]]",
    "[[user]]",
    "[[registration]]",
    "words",
    "kind",
    "parent",
    "target",
    "variants",
    "\"text\"",
    "\"alias\"",
    "\"choice\"",
    "\"а, б\"",
    "\"\"",
    "[\"а\", \"б\"]",
    "=",
    "=",
    "=",
    "\n",
    "\n",
    "\n",
    "true",
    "7",
    "-1.5e3",
    "2026-01-01",
    "{",
    "}",
    "[",
    "]",
    "'''",
    "\"\"\"",
    "#",
    "ё",
    "🙂",
    "\r\n",
    "\u{feff}",
    "greeting",
    "chat",
    "party",
    "\"user:a\"",
    "next",
    "field",
    "columns",
];

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,80}", path in 0..5usize) {
        let path = ["bots/a.toml", "parties.toml", "algorithms.toml", "scenarios/a.toml", "a.bsl"][path];
        said(&[(path.to_owned(), text)]);
    }

    #[test]
    fn any_file_of_known_words_is_read_without_a_panic(
        words in proptest::collection::vec(0..WORDS.len(), 0..120),
        path in 0..4usize,
    ) {
        let path = ["bots/a.toml", "parties.toml", "algorithms.toml", "scenarios/a.toml"][path];
        let text: String = words.iter().map(|&word| format!("{} ", WORDS[word])).collect();
        said(&[(path.to_owned(), text)]);
    }

    /// The tree itself under every shape of parents and aliases: nothing panics, and what is read
    /// without an error becomes a tree with every live record in it.
    #[test]
    fn any_tree_is_tied_or_refused(
        records in proptest::collection::vec((0..6usize, 0..8usize, 0..6usize, any::<bool>()), 1..14),
    ) {
        let mut text = String::from("code = \"a\"\nname = \"А\"\ntoken_env = \"A\"\n");
        for (word, parent, target, deleted) in records {
            let _ = write!(text, "[[keyword]]\nwords = \"с{word}\"\ndeleted = {deleted}\n");
            match parent {
                0..=3 => {}
                4 | 5 => { let _ = writeln!(text, "parent = \"с{}\"", parent - 4); }
                _ => { let _ = writeln!(text, "parent = \"с{} / с{target}\"", parent - 6); }
            }
            match target {
                0..=2 => { let _ = writeln!(text, "kind = \"alias\"\ntarget = \"с{target}\""); }
                3 => text.push_str("kind = \"choice\"\nvariants = [\"с0\", \"с1\"]\n"),
                _ => text.push_str("kind = \"text\"\ntext = \"ответ\"\n"),
            }
        }
        let given = Given::folder([("bots/a.toml", text.clone())]);
        let reading = read(&given.files, &Known::default());
        check(&reading.definitions, &given.files);
        if !reading.problems.iter().any(Problem::is_error) {
            let bot = &reading.definitions.bots[0];
            let snapshot = crate::organisation::bot_snapshot(bot, 1, crate::model::Locale::Ru);
            let live = bot.live().into_iter().filter(|&live| live).count();
            prop_assert_eq!(snapshot.keywords.len(), live, "{}", text);
        }
    }
}
