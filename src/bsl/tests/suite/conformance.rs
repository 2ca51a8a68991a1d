//! The suite in the language itself: `tests/bsl/<area>.bsl` with what it must say in `<area>.out`.
//!
//! A case begins with `//# its name`, then `// источник: …` tells where the expected values come
//! from; «believed» there marks what nobody could check against 1C. `//@ Имя` inside a case begins a
//! common module. In `.out` a no-break space is written ␣, an uncaught error as `! line: text`, and a
//! problem of the compiler as `!! line: text`; lines count from the case's first. A case with the line
//! `// язык: en` runs under the English locale. The host is [`crate::support::Recorder`]: its clock
//! stands still, its random bytes count up, and its network answers with what it was asked.

use crate::support::{generated, module, read, repository, run_in, source, writes_docs};
use std::collections::BTreeMap;
use vestnik_bsl::{Environment, Limits, Locale, Program, Source};

/// A part of a `.bsl` file under one heading, and what it must say.
pub struct Case {
    /// The heading.
    pub name: String,
    /// Where the expected values come from.
    pub origin: String,
    /// Language of the run.
    pub locale: Locale,
    /// The module, then common modules.
    pub sources: Vec<Source>,
}

/// Splits a file into cases.
pub fn cases(file: &str, text: &str) -> Vec<Case> {
    let mut found = Vec::new();
    for part in text.split("\n//# ").skip(1) {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        let origin = body
            .lines()
            .find_map(|line| line.strip_prefix("// источник: "))
            .unwrap_or_else(|| panic!("{file}: «{name}» names no source"));
        let mut modules = body.split("\n//@ ");
        let mut sources = vec![module(modules.next().unwrap_or(""))];
        for text in modules {
            let (name, text) = text.split_once('\n').unwrap_or((text, ""));
            sources.push(source(name.trim(), text, true));
        }
        let english = body.lines().any(|line| line == "// язык: en");
        found.push(Case {
            locale: if english { Locale::En } else { Locale::Ru },
            name: name.trim().to_string(),
            origin: origin.to_string(),
            sources,
        });
    }
    found
}

/// What a case says, in the form of `.out`.
fn says(case: &Case) -> String {
    let program = Program::compile(&Environment::default(), &case.sources);
    let mut out = String::new();
    for (at, problem) in program.problems() {
        let (place, _) = vestnik_bsl::diagnostic::locate(&program.modules[at].text, problem.start);
        out.push_str(&format!(
            "!! {}: {}\n",
            place.line,
            problem.message(case.locale)
        ));
    }
    if !out.is_empty() {
        return out;
    }
    let outcome = run_in(&case.sources, Limits::default(), case.locale);
    for line in outcome.lines {
        out.push_str(&line.replace('\u{a0}', "␣"));
        out.push('\n');
    }
    if let Some((text, line, _)) = outcome.error {
        out.push_str(&format!("! {line}: {}\n", text.replace('\u{a0}', "␣")));
    }
    out
}

/// All areas: name of the file without its ending, text.
pub fn areas() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(repository("tests/bsl")).expect("tests/bsl can be read");
    for entry in entries {
        let path = entry.expect("tests/bsl can be listed").path();
        if path.extension().is_some_and(|it| it == "bsl") {
            let name = path.file_stem().expect("a file has a name");
            let name = name.to_string_lossy().into_owned();
            let text = read(&format!("tests/bsl/{name}.bsl"));
            found.push((name, text));
        }
    }
    found.sort();
    found
}

fn expected(file: &str) -> BTreeMap<String, String> {
    let text = read(&format!("tests/bsl/{file}.out"));
    let mut found = BTreeMap::new();
    for part in text.split("//# ").skip(1) {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        let before = found.insert(name.trim().to_string(), body.trim_end().to_string());
        assert!(before.is_none(), "{file}.out: «{name}» stands twice");
    }
    found
}

#[test]
fn every_case_says_what_its_source_tells() {
    let mut wrong = Vec::new();
    for (file, text) in areas() {
        if writes_docs() {
            // What the cases say now, to be read beside their sources before it is committed.
            let said: String = cases(&file, &text)
                .iter()
                .map(|case| format!("//# {}\n{}\n", case.name, says(case).trim_end()))
                .collect();
            generated(&format!("tests/bsl/{file}.out"), &said);
        }
        let mut expected = expected(&file);
        for case in cases(&file, &text) {
            let name = format!("{file}: {}", case.name);
            let Some(wanted) = expected.remove(&case.name) else {
                wrong.push(format!(
                    "{name}: not in {file}.out\n  said:\n{}\n",
                    says(&case)
                ));
                continue;
            };
            let said = says(&case);
            if said.trim_end() != wanted {
                wrong.push(format!("{name}\n  said:\n{said}\n  expected:\n{wanted}\n"));
            }
        }
        for name in expected.keys() {
            wrong.push(format!("{file}.out: «{name}» has no case"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

const START: &str = "<!-- случаи: начало; пишет тест -->\n";
const END: &str = "<!-- случаи: конец -->";

/// The page tells how many values rest on memory alone, and which.
#[test]
fn what_is_only_believed_is_counted() {
    let (mut all, mut believed) = (0, Vec::new());
    for (file, text) in areas() {
        for case in cases(&file, &text) {
            all += 1;
            if case.origin.contains("believed") {
                let origin = case.origin.replacen("believed, ", "", 1);
                believed.push(format!("- {file}: {} — {origin}\n", case.name));
            }
        }
    }
    let page = read("docs/conformance.md");
    let (head, rest) = page.split_once(START).expect("the page has the first mark");
    let (_, tail) = rest.split_once(END).expect("the page has the second mark");
    let counted = format!(
        "Случаев: {all}, из них believed: {}.\n\n{}",
        believed.len(),
        believed.concat()
    );
    generated(
        "docs/conformance.md",
        &format!("{head}{START}{counted}{END}{tail}"),
    );
}

#[test]
fn a_wrong_expectation_is_found() {
    let case = Case {
        name: "x".into(),
        origin: "y".into(),
        locale: Locale::Ru,
        sources: vec![module("Сообщить(1000);\nА = 1 / 0;")],
    };
    assert_eq!(says(&case), "1␣000\n! 2: Деление на 0\n");
}
