//! The language from outside: text in, messages out.

use crate::host::MessageStatus;
use crate::{Environment, Fault, Host, LimitKind, Limits, Locale, Program, Source, Value, Vm};
use std::time::Duration;

#[derive(Default)]
struct Recorder {
    lines: Vec<String>,
}

impl Host for Recorder {
    fn message(&mut self, text: &str, _: MessageStatus) {
        self.lines.push(text.to_string());
    }
}

fn source(name: &str, text: &str, common: bool) -> Source {
    Source {
        name: name.into(),
        text: text.into(),
        common,
    }
}

/// What a program says; an uncaught error is its last line.
fn run_modules(sources: &[Source], limits: Limits) -> (Vec<String>, Option<Fault>) {
    let program = Program::compile(&Environment::default(), sources);
    for (at, source) in sources.iter().enumerate() {
        assert_eq!(
            program.render_problems(at, Locale::Ru),
            "",
            "{}",
            source.text
        );
    }
    let mut host = Recorder::default();
    let mut vm = Vm::new(&program, &mut host, limits);
    let result = vm.run(0);
    let fault = result.err();
    let rendered = fault
        .as_ref()
        .map(|fault| format!("! {}", vm.error_description(&fault.0)));
    drop(vm);
    host.lines.extend(rendered);
    (host.lines, fault)
}

#[track_caller]
fn says(text: &str, expected: &[&str]) {
    let (lines, _) = run_modules(&[source("М", text, false)], Limits::default());
    assert_eq!(lines, expected, "{text}");
}

/// An expression's text.
#[track_caller]
fn gives(expression: &str, expected: &str) {
    says(&format!("Сообщить({expression});"), &[expected]);
}

#[track_caller]
fn refuses(text: &str, expected: &str) {
    let program = Program::compile(&Environment::default(), &[source("М", text, false)]);
    let problems = program.render_problems(0, Locale::Ru);
    assert!(problems.contains(expected), "{text}\n{problems}");
}

#[track_caller]
fn fails(text: &str, expected: &str) {
    let (lines, _) = run_modules(&[source("М", text, false)], Limits::default());
    let last = lines.last().cloned().unwrap_or_default();
    assert!(
        last.starts_with("! ") && last.contains(expected),
        "{text}\n{lines:?}"
    );
}

#[track_caller]
fn hits(text: &str, limits: Limits, kind: LimitKind) {
    let caught = format!("Попытка {text} Исключение Сообщить(\"проглочено\"); КонецПопытки;");
    for text in [text, &caught] {
        let (lines, fault) = run_modules(&[source("М", text, false)], limits.clone());
        assert_eq!(
            fault.and_then(|fault| fault.0.limit()),
            Some(kind),
            "{text}"
        );
        assert!(!lines.contains(&"проглочено".to_string()), "{text}");
    }
}

#[test]
fn operators_follow_the_semantics() {
    gives("1 + 2 * 3 - 4 % 3", "6");
    gives("\"1\" + 1", "11");
    gives("1 + \"1\"", "2");
    gives("\"5\" * \"2\"", "10");
    gives("-\"5\"", "-5");
    gives("Истина + 1", "2");
    gives("1 / 3 * 3 = 1", "Нет");
    gives("0.1 + 0.2 = 0.3", "Да");
    gives("1.10 * 1.10", "1,21");
    gives("1 = Истина", "Да");
    gives("Истина = 1", "Да");
    gives("1 = \"1\"", "Нет");
    gives("1 = 1 = Истина", "Да");
    gives("1 < 2 < 3", "Да");
    gives("НЕ 1 = 2", "Да");
    gives("Ложь И 1 / 0 = 1", "Нет");
    gives("Истина ИЛИ 1 / 0 = 1", "Да");
    gives("-7.5 % 2", "-1,5");
    gives(
        "9223372036854775807 + 1",
        "9\u{a0}223\u{a0}372\u{a0}036\u{a0}854\u{a0}775\u{a0}808",
    );
    gives("?(1 > 2, 1 / 0, \"б\")", "б");
    gives("'20240102' + 3600", "02.01.2024 1:00:00");
    gives("'20240102' - '20240101'", "86\u{a0}400");
    gives("\"a\" \"b\" = \"a\" + Символы.ПС + \"b\"", "Да");
    gives("Цел(7 / 2) + Цел(-7 / 2)", "0");
    gives("\"А\" < \"б\" И \"1\" < \"10\" И \"10\" < \"9\"", "Да");
}

#[test]
fn statements_run() {
    says(
        "Для Инд = 1 По 3 Цикл КонецЦикла; Сообщить(Инд); Для Инд = 5 По 1 Цикл КонецЦикла; Сообщить(Инд);",
        &["4", "5"],
    );
    says(
        "Для Инд = 0.5 По 2 Цикл Сообщить(Инд); КонецЦикла;",
        &["0,5", "1,5"],
    );
    says(
        "А = 0; Пока Истина Цикл А = А + 1; Если А = 2 Тогда Продолжить; КонецЕсли; Если А > 3 Тогда Прервать; КонецЕсли; Сообщить(А); КонецЦикла;",
        &["1", "3"],
    );
    says(
        "Если Ложь Тогда А = 1; ИначеЕсли Истина Тогда Сообщить(А); Иначе Сообщить(3); КонецЕсли;",
        &[""],
    );
    says(
        "А = 1; ~м: Сообщить(А); А = А + 1; Если А < 3 Тогда Перейти ~м; КонецЕсли;",
        &["1", "2"],
    );
    says(
        "М = Новый Массив; М.Добавить(1); М.Добавить(2); Для Каждого Х Из М Цикл Если Х = 1 Тогда М.Добавить(9); КонецЕсли; Сообщить(Х); КонецЦикла;",
        &["1", "2", "9"],
    );
    says(
        "Асинх Функция Ф() Возврат 5; КонецФункции Асинх Процедура П() Сообщить(Ждать Ф()); КонецПроцедуры П();",
        &["5"],
    );
}

#[test]
fn parameters_go_by_reference() {
    let plus = "Процедура Плюс(А) А = А + 1; КонецПроцедуры\n";
    says(&format!("{plus} Х = 1; Плюс(Х); Сообщить(Х);"), &["2"]);
    says(
        &format!("{plus} М = Новый Массив(1); М[0] = 5; Плюс(М[0]); Сообщить(М[0]);"),
        &["6"],
    );
    says(
        &format!("{plus} С = Новый Структура(\"К\", 7); Плюс(С.К); Сообщить(С.К);"),
        &["8"],
    );
    says(
        &format!("Перем Г; {plus} Г = 1; Плюс(Г); Сообщить(Г);"),
        &["2"],
    );
    says(
        &format!(
            "{plus} Процедура Дважды(А) Плюс(А); Плюс(А); КонецПроцедуры Х = 1; Дважды(Х); Сообщить(Х);"
        ),
        &["3"],
    );
    says(
        "Процедура П(Знач А) А = 2; КонецПроцедуры Х = 1; П(Х); Сообщить(Х);",
        &["1"],
    );
    says(
        "Функция Ф(А, Б = 2, В = -1) Возврат \"\" + А + Б + В; КонецФункции Сообщить(Ф(1)); Сообщить(Ф(1, , 3)); Сообщить(Ф(, 5));",
        &["12-1", "123", "5-1"],
    );
    says(
        "С = Новый Структура(\"К\", 7); М = Новый Массив(1); Сообщить(С.Свойство(\"к\", М[0])); Сообщить(М[0]); З = 1; С.Свойство(\"нет\", З); Сообщить(З);",
        &["Да", "7", ""],
    );
    // A variable of the module changes while the callee, which only reads it, runs.
    says(
        "Перем Г; Процедура П(А) Г = 5; Сообщить(А); КонецПроцедуры Г = 1; П(Г);",
        &["5"],
    );
    says(
        "Процедура П(А) Попытка А = 2; ВызватьИсключение \"х\"; Исключение КонецПопытки; КонецПроцедуры Х = 1; П(Х); Сообщить(Х);",
        &["2"],
    );
    // The value before the call counts, not the one after.
    says(
        "Функция Ф(А) А = 10; Возврат 1; КонецФункции Х = 1; Сообщить(Х + Ф(Х)); Сообщить(Х);",
        &["2", "10"],
    );
}

#[test]
fn strings_grow_in_place_and_stay_values() {
    says(
        "А = \"x\"; Б = А; А = А + \"y\" + 1; Сообщить(А); Сообщить(Б);",
        &["xy1", "x"],
    );
    says(
        "А = \"длинная строка\"; Б = А; А = А + Б; А = А + А; Сообщить(А); Сообщить(Б);",
        &[
            "длинная строкадлинная строкадлинная строкадлинная строка",
            "длинная строка",
        ],
    );
    says(
        "А = \"x\"; Попытка А = А + \"y\" + 1 / 0; Исключение КонецПопытки; Сообщить(А);",
        &["x"],
    );
    says("А = 1; А = А + \"2\" + 3; Сообщить(А);", &["6"]);
    says("Перем Г; Г = \"a\"; Г = Г + \"b\"; Сообщить(Г);", &["ab"]);
}

#[test]
fn exceptions_are_caught_with_their_places() {
    says(
        "Попытка\n А = 1 / 0;\nИсключение\n Сообщить(ОписаниеОшибки());\n Сообщить(ИнформацияОбОшибке().НомерСтроки);\nКонецПопытки;\nСообщить(ОписаниеОшибки());",
        &["{М(2)}: Деление на 0", "2", ""],
    );
    says(
        "Попытка Попытка ВызватьИсключение \"а\"; Исключение ВызватьИсключение; КонецПопытки; Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;",
        &["а"],
    );
    says(
        "Попытка Попытка ВызватьИсключение \"а\"; Исключение ВызватьИсключение(\"б\", КатегорияОшибки.ОшибкаСети, \"К1\", 5, ИнформацияОбОшибке()); КонецПопытки; Исключение И1 = ИнформацияОбОшибке(); Сообщить(И1.Описание + И1.Код + И1.Параметры + И1.Причина.Описание + И1.Категория); КонецПопытки;",
        &["бК15аОшибка сети"],
    );
    says(
        "Процедура П() ВызватьИсключение \"x\"; КонецПроцедуры Процедура Ж() Сообщить(ИнформацияОбОшибке().Описание); КонецПроцедуры Попытка П(); Исключение Ж(); КонецПопытки;",
        &["x"],
    );
    says(
        "Попытка ВызватьИсключение Новый ИнформацияОбОшибке(\"т\", 7); Исключение Сообщить(ИнформацияОбОшибке().Параметры); КонецПопытки;",
        &["7"],
    );
    fails(
        "\n\nА = Новый Массив; А[5] = 1;",
        "{М(3)}: Индекс находится за границами массива",
    );
    fails(
        "А = 5; А.Б();",
        "Значение не является значением объектного типа (Б)",
    );
    fails(
        "А = Новый Массив; А.Нечто();",
        "Метод объекта не обнаружен (Нечто)",
    );
    fails(
        "А = Новый Структура; Б = А.Нечто;",
        "Поле объекта не обнаружено (Нечто)",
    );
    fails(
        "А = Новый Массив; А.Удалить(3);",
        "Ошибка при вызове метода контекста (Удалить)\nпо причине:\nИндекс находится",
    );
    fails(
        "Для Каждого Х Из 5 Цикл КонецЦикла;",
        "Итератор для значения не определен",
    );
    fails("А = \"а\" < 1;", "Операции сравнения на больше-меньше");
    fails("А = 1 + \"а\";", "Преобразование значения к типу Число");
    fails(
        "Если Неопределено Тогда КонецЕсли;",
        "Преобразование значения к типу Булево",
    );
}

#[test]
fn evaluate_and_execute_see_the_locals() {
    says(
        "А = 2; Сообщить(Вычислить(\"А * 3\")); Выполнить(\"А = А + 5; Б = 1;\"); Сообщить(А);",
        &["6", "7"],
    );
    says(
        "Функция Ф(П) Выполнить(\"П = П * 2\"); Возврат Вычислить(\"П + 1\"); КонецФункции Х = 4; Сообщить(Ф(Х)); Сообщить(Х);",
        &["9", "8"],
    );
    says(
        "Функция Удв(А, Б = 3) Возврат А * Б; КонецФункции Сообщить(Вычислить(\"Удв(2) + Удв(1, 1)\"));",
        &["7"],
    );
    says(
        "А = 1; Выполнить(\"Б = 2; Выполнить(\"\"А = Б + 1\"\");\"); Сообщить(А);",
        &["3"],
    );
    says(
        "Попытка Выполнить(\"А = ;\"); Исключение Сообщить(\"ошибка\"); КонецПопытки;",
        &["ошибка"],
    );
    says(
        "Попытка Выполнить(\"Возврат;\"); Исключение Сообщить(\"ошибка\"); КонецПопытки;",
        &["ошибка"],
    );
    says(
        "А = 0; Для Сч = 1 По 200 Цикл А = А + Вычислить(\"\" + Сч + \" + А\") * 0 + 1; КонецЦикла; Сообщить(А);",
        &["200"],
    );
}

#[test]
fn common_modules_are_values() {
    let common = source(
        "Общий",
        "Перем Счетчик Экспорт; Функция След(Шаг = 1) Экспорт Счетчик = Счетчик + Шаг; Возврат Счетчик; КонецФункции Процедура Удв(А) Экспорт А = А * 2; КонецПроцедуры Процедура Тайная() КонецПроцедуры Счетчик = 10;",
        true,
    );
    let run = |text: &str| {
        run_modules(
            &[source("М", text, false), common.clone()],
            Limits::default(),
        )
        .0
    };
    assert_eq!(
        run("Сообщить(Общий.След()); М1 = Общий; Сообщить(М1.След(5)); Сообщить(Общий.Счетчик);"),
        ["11", "16", "16"]
    );
    assert_eq!(
        run(
            "Х = 3; Общий.Удв(Х); Сообщить(Х); М = Новый Массив(1); М[0] = 4; О = Общий; О.Удв(М[0]); Сообщить(М[0]);"
        ),
        ["6", "8"]
    );
    assert_eq!(
        run("Процедура П(А) Общий.Удв(А); КонецПроцедуры Х = 3; П(Х); Сообщить(Х);"),
        ["6"]
    );
    assert!(run("Общий.Нет();")[0].contains("Метод объекта не обнаружен (Нет)"));
    assert!(run("Общий.Тайная();")[0].contains("Метод объекта не обнаружен (Тайная)"));
    assert!(run("Общий.Удв();")[0].contains("Недостаточно фактических параметров"));
}

#[test]
fn the_checker_reports_names_and_arities() {
    refuses("Сообщить(А); А = 1;", "Переменная не определена (А)");
    refuses("А = Новый(, 1);", "имя типа и массив параметров");
    refuses("Сообшить(1);", "возможно, вы имели в виду «Сообщить»");
    refuses(
        "Счёт = 1; Сообщить(Счетт);",
        "Переменная не определена (Счетт)",
    );
    refuses(
        "А = Нечто();",
        "Процедура или функция с указанным именем не определена (Нечто)",
    );
    refuses("А = Новый Масив;", "«Массив»");
    refuses(
        "А = Сообщить(1);",
        "Обращение к процедуре как к функции (Сообщить)",
    );
    refuses(
        "Процедура П() КонецПроцедуры А = П();",
        "Обращение к процедуре как к функции (П)",
    );
    refuses("СтрДлина();", "Недостаточно фактических параметров");
    refuses(
        "А = СтрДлина(1, 2);",
        "Слишком много фактических параметров",
    );
    refuses(
        "Функция Ф(А) Возврат 1; КонецФункции Б = Ф(1, 2);",
        "Слишком много фактических параметров",
    );
    refuses("А = Новый();", "имя типа");
    refuses("А = Новый(, 1);", "имя типа");
    refuses("Перейти ~м;", "Метка не определена");
    refuses(
        "Если Истина Тогда ~м: КонецЕсли; Перейти ~м;",
        "Переход внутрь блока",
    );
    refuses("Прервать;", "«Прервать» вне цикла");
    refuses("ВызватьИсключение;", "только в блоке «Исключение»");
    refuses(
        "Процедура П() Возврат 1; КонецПроцедуры",
        "Процедура не может возвращать",
    );
    refuses(
        "Функция П() Возврат; КонецФункции",
        "Функция должна возвращать",
    );
}

#[test]
fn no_handler_swallows_a_wall() {
    let limits = Limits {
        instructions: 100_000,
        ..Limits::default()
    };
    hits(
        "Пока Истина Цикл КонецЦикла;",
        limits.clone(),
        LimitKind::Instructions,
    );
    hits(
        "~м: Попытка А = 1 / 0; Исключение КонецПопытки; Перейти ~м;",
        limits.clone(),
        LimitKind::Instructions,
    );
    let time = Limits {
        time: Duration::ZERO,
        ..Limits::default()
    };
    hits("Пока Истина Цикл КонецЦикла;", time, LimitKind::Time);
    let memory = Limits {
        memory: 1 << 20,
        ..Limits::default()
    };
    hits(
        "А = \"0123456789\"; Пока Истина Цикл А = А + А; КонецЦикла;",
        memory.clone(),
        LimitKind::Memory,
    );
    hits(
        "А = \"0123456789\"; Пока Истина Цикл А = СтрЗаменить(А, \"0\", \"00000000\"); КонецЦикла;",
        memory.clone(),
        LimitKind::Memory,
    );
    hits(
        "М = Новый Массив; Пока Истина Цикл М.Добавить(1); КонецЦикла;",
        memory.clone(),
        LimitKind::Memory,
    );
    hits(
        "М = Новый Массив(1000000000);",
        memory.clone(),
        LimitKind::Memory,
    );
    hits(
        "М = Новый Массив(1000, 1000, 1000);",
        memory.clone(),
        LimitKind::Memory,
    );
    hits(
        "М = Новый Соответствие; А = 0; Пока Истина Цикл А = А + 1; М[А] = А; КонецЦикла;",
        memory.clone(),
        LimitKind::Memory,
    );
    hits(
        "С = Новый Структура; А = 0; Пока Истина Цикл А = А + 1; С.Вставить(\"К\" + Формат(А, \"ЧГ=0\"), А); КонецЦикла;",
        memory.clone(),
        LimitKind::Memory,
    );
    let output = Limits {
        output: 1000,
        ..Limits::default()
    };
    hits(
        "Пока Истина Цикл Сообщить(\"x\"); КонецЦикла;",
        output,
        LimitKind::Output,
    );
    let cancel = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    hits(
        "Пока Истина Цикл КонецЦикла;",
        Limits {
            cancel: Some(cancel),
            ..Limits::default()
        },
        LimitKind::Cancelled,
    );
    hits(
        "М = Новый Массив; Пока Истина Цикл Н = Новый Массив; Н.Добавить(М); М = Н; КонецЦикла;",
        memory,
        LimitKind::Memory,
    );
}

#[test]
fn depth_is_a_wall() {
    let text = "Процедура П() П(); КонецПроцедуры П();";
    let (_, fault) = run_modules(&[source("М", text, false)], Limits::default());
    assert_eq!(
        fault.and_then(|fault| fault.0.limit()),
        Some(LimitKind::Depth)
    );
    let text = "Процедура П() Выполнить(\"П()\"); КонецПроцедуры П();";
    let (_, fault) = run_modules(&[source("М", text, false)], Limits::default());
    assert_eq!(
        fault.and_then(|fault| fault.0.limit()),
        Some(LimitKind::Depth)
    );
}

#[test]
fn digits_are_an_ordinary_error() {
    says(
        "А = 10; Попытка Пока Истина Цикл А = А * А; КонецЦикла; Исключение Сообщить(\"много\"); КонецПопытки;",
        &["много"],
    );
}

#[test]
fn a_run_leaves_nothing_behind() {
    let text = "А = Новый Массив; Б = Новый Структура(\"А\", А); А.Добавить(Б); М = Новый Соответствие; М[А] = М;";
    let program = Program::compile(&Environment::default(), &[source("М", text, false)]);
    let before = crate::value::memory::live();
    for _ in 0..10_000 {
        let mut host = Recorder::default();
        let mut vm = Vm::new(&program, &mut host, Limits::default());
        assert!(vm.run(0).is_ok());
        assert!(vm.objects() > 0);
        drop(vm);
    }
    assert_eq!(crate::value::memory::live(), before);
}

#[test]
fn garbage_is_freed_during_a_run() {
    let limits = Limits {
        memory: 1 << 20,
        ..Limits::default()
    };
    let text = "Для Сч = 1 По 20000 Цикл М = Новый Массив(100); С = \"строка \" + Сч + М.Количество(); К = Новый Соответствие; К[С] = М; КонецЦикла; Сообщить(Сч);";
    let (lines, fault) = run_modules(&[source("М", text, false)], limits);
    assert!(fault.is_none());
    assert_eq!(lines, ["20\u{a0}001"]);
}

#[test]
fn a_long_chain_is_freed_without_recursion() {
    let text = "М = Новый Массив; Для Сч = 1 По 200000 Цикл Н = Новый Массив; Н.Добавить(М); М = Н; КонецЦикла; М = 0; Сообщить(1);";
    let (lines, _) = run_modules(&[source("М", text, false)], Limits::generous());
    assert_eq!(lines, ["1"]);
}

#[test]
fn variables_of_the_host_go_in_and_out() {
    let environment = Environment {
        variables: vec!["_Результат".into(), "_Вход".into()],
        ..Environment::default()
    };
    let text = "Процедура П() _Результат = _Результат + \"!\"; КонецПроцедуры _Результат = _Вход * 2; П();";
    let text = text.replace("_Результат + \"!\"", "\"\" + _Результат + \"!\"");
    let program = Program::compile(&environment, &[source("М", &text, false)]);
    assert_eq!(program.render_problems(0, Locale::Ru), "");
    let mut host = Recorder::default();
    let mut vm = Vm::new(&program, &mut host, Limits::default());
    assert!(vm.set_variable("_вход", Value::Int(21)));
    assert!(vm.run(0).is_ok());
    assert_eq!(
        vm.variable("_Результат")
            .and_then(Value::as_string)
            .as_deref(),
        Some("42!")
    );
}

#[test]
fn a_program_is_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Program>();
}
