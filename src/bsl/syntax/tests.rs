//! Parsing: text in, problems out.

use super::names::Names;
use super::token::seed_names;
use crate::diagnostic::{Locale, locate};

fn names() -> Names {
    seed_names()
}

/// The problems of a text as `line:column message`.
fn problems(text: &str) -> Vec<String> {
    let (_, problems) = super::parse(text, &mut names());
    problems
        .iter()
        .map(|problem| {
            let (place, _) = locate(text, problem.start);
            format!(
                "{}:{} {}",
                place.line,
                place.column,
                problem.message(Locale::Ru)
            )
        })
        .collect()
}

#[track_caller]
fn fine(text: &str) {
    assert_eq!(problems(text), Vec::<String>::new(), "{text}");
}

#[track_caller]
fn wrong(text: &str, first: &str) {
    let found = problems(text);
    assert!(
        found.first().is_some_and(|it| it.contains(first)),
        "{text}\n{found:?}"
    );
}

#[test]
fn statements_of_the_language_parse() {
    fine(
        "Перем А, Б Экспорт; Процедура П(Знач А, Б = -1, В = \"x\") Экспорт Перем Л; Возврат; КонецПроцедуры",
    );
    fine("Если А Тогда Б() ИначеЕсли В Тогда Г = 1 Иначе Д = 2; КонецЕсли");
    fine(
        "For i = 1 To 5 Do F(i); EndDo; Для Каждого Х Из К Цикл Прервать КонецЦикла; Пока Истина Цикл КонецЦикла",
    );
    fine("Попытка А() Исключение ВызватьИсключение; КонецПопытки; ВызватьИсключение \"а\" + Б;");
    fine("ВызватьИсключение(А); ВызватьИсключение(А, , Б); ВызватьИсключение (А) + Б;");
    fine("~м: Перейти ~м; Выполнить(\"а\"); Выполнить \"б\"; ДобавитьОбработчик А.Б, В.Г;");
    fine(
        "А.Если.Новый = ?(А, Б, В).Г[1].Д(, 2,); А = Новый Массив(1, 2); Б = Новый(\"Массив\", А);",
    );
    fine("Асинх Функция Ф() Возврат Ждать Г(); КонецФункции Б = Ф();");
    fine(
        "А = \"один\n  |два \"\"\"\"\n // замечание\n |три\" \"четыре\"; Д = '2024-01-02 03:04:05';",
    );
    fine("&НаСервере\n&Перед(\"А\")\nПроцедура П()\nКонецПроцедуры");
    fine(
        "#!/usr/bin/env\n#Область А\n#Если Не Клиент И (Сервер Или Х) Тогда\nА = 1;\n#Иначе\nБ = 2;\n#КонецЕсли\n#КонецОбласти",
    );
    fine("А = 1 = 1 = Истина; Б = Не А = Б И В; В = -А * -Б; Г = 5.; Асинх = 1; Ждать = 2;");
    fine("Если А\n#Если Клиент Тогда\n И\n#КонецЕсли\nТогда КонецЕсли");
    fine(
        "#Если Клиент Тогда\nА = ; \"\n#Если Ещё Тогда\n#Иначе\n}\n#КонецЕсли\n#Иначе\nБ = 1;\n#КонецЕсли",
    );
}

#[test]
fn each_mistake_is_reported_where_it_is() {
    wrong("А = 1 Б = 2", "1:5 Ожидается «;»");
    wrong("И = 1", "1:1");
    wrong("А = НЕ НЕ Б", "1:8 Два знака");
    wrong("А = - -Б", "1:7 Два знака");
    wrong("А = 1 + НЕ 2", "1:9 Два знака");
    wrong("А = \"x", "1:5 Строка не закрыта");
    wrong("А = '2024'", "1:5 Неверная константа");
    wrong("А + 1;", "1:1 Выражение не является");
    wrong("5 = А;", "1:1 Присваивание");
    wrong("Ф() = А;", "1:1 Этому выражению");
    wrong("Если А Тогда\n  Б();\nВ();\n", "2:6 «Если» не закрыто");
    wrong("КонецЕсли;", "1:1 «КонецЕсли» без");
    wrong("А();\nПерем Б;", "2:1 Объявления");
    wrong(
        "А();\nПроцедура Б() КонецПроцедуры",
        "2:1 Процедуры и функции",
    );
    wrong(
        "#Если Клиент Тогда\nА = ;\n#Если Х Тогда\n#Иначе\n#КонецЕсли\nБ = 1;",
        "1:1",
    );
    wrong("#Использовать lib\n", "1:1 #Использовать");
    wrong("Процедура А(\nКонецПроцедуры", "2:1");
    wrong("А = Новый ;", "1:11 Ожидается имя");
}

#[test]
fn all_problems_of_a_module_are_reported() {
    let found = problems("А = ;\nБ = 1;\nВ = );\nЕсли Г\n Д();\nКонецЕсли;\nЕ = 'x';");
    let lines: Vec<&str> = found
        .iter()
        .map(|it| it.split(':').next().unwrap_or(""))
        .collect();
    assert_eq!(lines, ["1", "3", "5", "7"], "{found:?}");
}

#[test]
fn hostile_depth_is_an_error_and_no_crash() {
    wrong(
        &format!("А = {}1{};", "(".repeat(200_000), ")".repeat(200_000)),
        "Слишком глубокая",
    );
    wrong(&"Если А Тогда ".repeat(100_000), "Слишком глубокая");
    wrong(
        &format!("А = Б{};", ".В".repeat(100_000)),
        "Слишком глубокая",
    );
    wrong(
        &format!("А = {}1;", "?(1,".repeat(100_000)),
        "Слишком глубокая",
    );
    wrong(
        &format!("А = {}Б;", "Ф(".repeat(100_000)),
        "Слишком глубокая",
    );
    fine(&format!("А = 1{};", " + 1".repeat(50_000)));
}

proptest::proptest! {
    #[test]
    fn the_parser_takes_any_text(text in "(Если|Тогда|КонецЕсли|Процедура|КонецПроцедуры|А|\\(|\\)|=|;|\"|'|\n|#Если|#КонецЕсли|\\||1|\\.|~|&|[\\PC])*") {
        super::parse(&text, &mut names());
    }
}
