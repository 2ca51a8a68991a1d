//! Compiled algorithms: problems, direct calls, what is code; the sample organisation; the document.

use std::path::Path;

use vestnik::model::{BotCode, Fold, ScriptProgram};
use vestnik::scripting::{Library, host_reference};

use super::stage::{Stage, algorithm, shown};

#[test]
fn an_algorithm_with_errors_is_kept_out_and_the_others_run() {
    let library = Library::compile(
        vec![
            algorithm(
                "Плохой",
                true,
                "Функция А() Экспорт\n\tВозврат Нет;\nКонецФункции",
            ),
            algorithm("Зовёт плохой", false, "_Результат = Плохой.А()"),
            algorithm("Хороший", false, "_Результат = Общий.А()"),
            algorithm("Общий", true, "Функция А() Экспорт Возврат 7; КонецФункции"),
        ],
        &[BotCode::new("main")],
    );
    let problems: Vec<String> = library
        .problems()
        .iter()
        .map(|one| {
            format!(
                "{} {} {}:{} {}",
                one.algorithm, one.file, one.line, one.column, one.message
            )
        })
        .collect();
    assert_eq!(
        problems,
        [
            "Плохой algorithms/Плохой.bsl 2:10 Переменная не определена (Нет)",
            "Зовёт плохой algorithms/Зовёт плохой.bsl 1:14 Переменная не определена (Плохой)",
        ]
    );
    assert!(
        library.problems()[0].rendered.contains("Возврат Нет;")
            && library.problems()[0].rendered.contains('^')
    );
    assert_eq!(library.revision_of("Хороший"), Some(3));
    assert!(
        library.contains("Хороший")
            && !library.contains("Плохой")
            && !library.contains("Зовёт плохой")
            && !library.contains("хороший")
    );
    let stage = Stage::sqlite();
    let say = |name: &str| {
        let run = stage.run_in(&library, ScriptProgram::Algorithm(name.into()), Vec::new());
        shown(&run.outcome.reply)
    };
    assert_eq!(say("Хороший"), "7");
    assert_eq!(say("Плохой"), "!Unavailable");
    assert_eq!(say("Нет такого"), "!Unavailable");
}

#[test]
fn errors_name_the_module_and_line() {
    let stage = Stage::sqlite();
    let library = stage.library(&[
        (
            "Общий",
            true,
            "Функция А() Экспорт\n\tВызватьИсключение \"Нет дат\";\nКонецФункции",
        ),
        ("Проба", false, "\n_Результат = Общий.А()"),
    ]);
    let run = stage.run_in(
        &library,
        ScriptProgram::Algorithm("Проба".into()),
        Vec::new(),
    );
    assert_eq!(shown(&run.outcome.reply), "!{Общий(2)}: Нет дат");
}

#[test]
fn direct_calls_fold_names() {
    let mut first = algorithm("Алгоритм 1", false, "");
    first.short_name = Some("а1".into());
    let mut other = algorithm("А 1", false, "");
    other.short_name = Some("второй".into());
    let mut closed = algorithm("Закрытый", false, "");
    closed.telegram = false;
    let library = Library::compile(vec![first, other, closed], &[]);
    let direct = |text: &str| library.direct(&Fold::default().fold(text));
    assert_eq!(direct("алгоритм\u{a0}1"), Some("Алгоритм 1"));
    assert_eq!(direct("АЛГОРИТМ1"), Some("Алгоритм 1"));
    // A name comes before an additional name.
    assert_eq!(direct("а 1"), Some("А 1"));
    assert_eq!(direct("Второй"), Some("А 1"));
    assert_eq!(direct("закрытый"), None);
    assert_eq!(direct(""), None);
}

#[test]
fn what_is_code() {
    let stage = Stage::sqlite();
    let library = stage.library(&[("Общий", true, "Функция А() Экспорт Возврат 7; КонецФункции")]);
    // Twice: the second answer comes from memory.
    for _ in 0..2 {
        for text in [
            "2+2*2",
            "ТекущаяДата()",
            "Общий.А()",
            "_Исполнитель.ИНН",
            "Справочники.Контрагенты.Выбрать().Следующий()",
            "Telegram.Отправить(1, 2)",
            "_Результат = 5",
        ] {
            assert!(library.is_code(text), "{text}");
        }
        for text in [
            "Привет",
            "Справочники",
            "Telegram",
            "5",
            "Новый визит",
            "Общий",
            "_Исполнитель",
            "Х.ИНН",
        ] {
            assert!(!library.is_code(text), "{text}");
        }
    }
}

/// Every algorithm of the sample organisation compiles and runs.
#[test]
fn the_sample_organisation_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/demo/algorithms");
    let mut algorithms = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        algorithms.push(algorithm(&name, name == "ОбщегоНазначения", &text));
    }
    let stage = Stage::sqlite();
    let library = Library::compile(algorithms.clone(), &stage.bots);
    assert_eq!(library.problems(), &[]);
    let day = vestnik::model::HistoryStep {
        keyword: "Дата".into(),
        rule: String::new(),
        variant: vestnik::model::Variant {
            label: "07.05.2024".into(),
            text: None,
            value: Some(vestnik::scripting::to_text(&vestnik_bsl::Data::Date(
                vestnik_bsl::kernel::date::Date::parse_digits("20240507").expect("a date"),
            ))),
        },
    };
    for one in algorithms {
        let run = stage.run_in(
            &library,
            ScriptProgram::Algorithm(one.name.as_str().into()),
            vec![day.clone()],
        );
        let said = shown(&run.outcome.reply);
        assert!(!said.starts_with('!'), "{}: {said}", one.name);
        match one.name.as_str() {
            "ПоИНН" => assert_eq!(said, "ООО Альфа"),
            "Свободные даты" => {
                assert_eq!(said, "[07.05.2024|08.05.2024|09.05.2024|10.05.2024]")
            }
            "Записать на дегустацию" => {
                assert_eq!(said, "Записали вас на 7 мая. Приходите голодными.")
            }
            "История выбора" => assert_eq!(said, "07.05.2024"),
            _ => {}
        }
    }
}

/// The tables of docs/algorithms-host.md are what the host gives; `VESTNIK_WRITE_DOCS=1` writes them.
#[test]
fn the_document_lists_what_the_host_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/algorithms-host.md");
    let page = std::fs::read_to_string(&path).expect("the document");
    let (begin, end) = ("<!-- начало таблиц -->\n", "<!-- конец таблиц -->");
    let (before, rest) = page.split_once(begin).expect("the beginning of the tables");
    let (tables, after) = rest.split_once(end).expect("the end of the tables");
    let expected = format!("\n{}\n", host_reference());
    if std::env::var_os("VESTNIK_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{expected}{end}{after}")).expect("written");
    } else {
        assert_eq!(tables, expected, "run it with VESTNIK_WRITE_DOCS=1");
    }
}
