//! The written dialogues: each file against the whole server.
//!
//! `VESTNIK_TEST_CASE=word` plays only the cases with the word in their names.

use std::path::{Path, PathBuf};

use vestnik::rehearsal::dialogues::{Played, play_file};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues")
}

/// Plays a file of a folder of ours.
fn play(path: &Path) -> Played {
    let temp = tempfile::tempdir().expect("a folder");
    let only = std::env::var("VESTNIK_TEST_CASE").unwrap_or_default();
    play_file(path, None, temp.path(), |case| case.name.contains(&only))
}

macro_rules! dialogues {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                let file = concat!(stringify!($name), ".txt");
                let played = play(&folder().join(file));
                assert!(played.failures.is_empty() && played.passed > 0, "{played}");
            }
        )+

        #[test]
        fn every_file_is_played() {
            let listed = [$(stringify!($name)),+];
            for entry in std::fs::read_dir(folder()).expect("the folder") {
                let path = entry.expect("an entry").path();
                if path.extension().is_some_and(|extension| extension == "txt") {
                    let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
                    assert!(listed.contains(&stem.as_str()), "{stem} is not listed");
                }
            }
        }
    };
}

dialogues!(
    article,
    authorization,
    keywords,
    choices,
    commands,
    constructor,
    talks
);

/// The runner itself can fail: each of these says something that is not so, and the report names the
/// line.
#[test]
fn a_wrong_dialogue_is_found() {
    let cases: &[(&str, usize, &str)] = &[
        ("> Прайс\n< 200 рублей", 5, "ожидалось: 200 рублей"),
        ("> Прайс\n<~ ^рублей", 5, "по выражению"),
        (
            "> Прайс\n<!",
            5,
            "ничего не ожидалось, а пришло «100 рублей»",
        ),
        ("> Прайс\n< 100 рублей\n< ещё", 6, "ничего не пришло"),
        ("> Прайс\n< 100 рублей\n[ Да ]", 6, "ожидались кнопки"),
        ("> Прайс\n<file a.pdf", 5, "ожидался файл «a.pdf»"),
        ("* Прайс", 4, "нет кнопки «Прайс»"),
        ("@nobody a\n> Прайс", 4, "нет включённого бота «nobody»"),
    ];
    let temp = tempfile::tempdir().expect("a folder");
    let orgs = temp.path().join("orgs");
    std::fs::create_dir(&orgs).expect("made");
    std::os::unix::fs::symlink(folder().join("orgs/rules"), orgs.join("rules")).expect("linked");
    let mut text = String::new();
    let mut expected = Vec::new();
    for (number, (steps, line, what)) in cases.iter().enumerate() {
        let above = text.lines().count();
        text.push_str(&format!("org rules\ncase {number}\n@words a\n{steps}\n"));
        expected.push((above + line, *what));
    }
    let path = temp.path().join("wrong.txt");
    std::fs::write(&path, text).expect("written");
    let played = play(&path);
    assert_eq!(
        (played.passed, played.failures.len()),
        (0, cases.len()),
        "{played}"
    );
    for (failure, (line, what)) in played.failures.iter().zip(expected) {
        assert!(
            failure.contains(&format!("строка {line},")),
            "{line}: {failure}"
        );
        assert!(failure.contains(what), "{what}: {failure}");
    }
    for failure in &played.failures[..2] {
        assert!(
            failure.contains("почему:") && failure.contains("ключевое слово «прайс»"),
            "the trace is shown: {failure}"
        );
    }
}
