//! Snapshots of what the checker says: `diagnostics/<name>.bsl` with the whole report beside it.
//! `VESTNIK_WRITE_DOCS=1` writes the reports anew; read the change before it is committed.

use crate::support::{generated, read, repository, source};
use vestnik_bsl::{Environment, Locale, Program};

const FOLDER: &str = "src/bsl/tests/suite/diagnostics";

fn report(name: &str, text: &str) -> String {
    let sources = [
        source(name, text, false),
        source(
            "ОбщегоНазначения",
            "Функция Первый() Экспорт Возврат 1; КонецФункции\nПроцедура Второй(А) Экспорт КонецПроцедуры",
            true,
        ),
    ];
    let program = Program::compile(&Environment::default(), &sources);
    let mut ru = program.render_problems(0, Locale::Ru);
    let findings = program.render_findings(0, Locale::Ru);
    if !findings.is_empty() {
        ru.push_str("\n\nПри исполнении:\n");
        ru.push_str(&findings);
    }
    let module = &program.modules[0];
    let en: Vec<String> = module
        .problems
        .iter()
        .chain(&module.findings)
        .map(|problem| problem.message(Locale::En))
        .collect();
    format!("{ru}\n\nEnglish:\n{}\n", en.join("\n"))
}

#[test]
fn reports_are_as_recorded() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(repository(FOLDER)).expect("the folder can be read") {
        let path = entry.expect("the folder can be listed").path();
        if path.extension().is_none_or(|it| it != "bsl") {
            continue;
        }
        let name = path
            .file_stem()
            .expect("a file has a name")
            .to_string_lossy()
            .into_owned();
        let text = read(&format!("{FOLDER}/{name}.bsl"));
        let report = report(&name, &text);
        // Every line that is marked as wrong is reported, and no other.
        for (at, line) in text.lines().enumerate() {
            let place = format!("{{{name}({}, ", at + 1);
            if line.contains("// !") != report.contains(&place) {
                wrong.push(format!("{name}, line {}: {line}\n{report}", at + 1));
            }
        }
        generated(&format!("{FOLDER}/{name}.txt"), &report);
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 8, "{count} files");
}
