//! Each wall stops what it is for, with its own error, and no handler swallows it (R: sandbox).
//!
//! Walls of time are tested with a limit of zero: the first look at the clock is past it, whatever
//! the machine. What would loop for ever without the wall proves that the look happens.

use crate::support::{module, run};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use vestnik_bsl::{LimitKind, Limits};

/// The text hits the wall, bare and inside a handler, which stays silent.
#[track_caller]
fn hits(limits: &Limits, kind: LimitKind, text: &str) {
    let methods = text
        .rfind("КонецПроцедуры")
        .map_or(0, |at| at + "КонецПроцедуры".len());
    let (methods, body) = text.split_at(methods);
    let caught = format!(
        "{methods}\nПопытка {body} Исключение Сообщить(\"проглочено\"); КонецПопытки; Сообщить(\"дальше\");"
    );
    let twice = format!(
        "{methods}\nПопытка Попытка {body} Исключение ВызватьИсключение; КонецПопытки; Исключение Сообщить(\"проглочено\"); КонецПопытки;"
    );
    for text in [text, &caught, &twice] {
        let outcome = run(&[module(text)], limits.clone());
        assert_eq!(outcome.problems, "", "{text}");
        let found = outcome.fault.as_ref().and_then(|fault| fault.0.limit());
        assert_eq!(found, Some(kind), "{text}\n{:?}", outcome.fault);
        let swallowed = |line: &String| line == "проглочено" || line == "дальше";
        assert!(!outcome.lines.iter().any(swallowed), "{text}");
    }
}

/// Each wall has words of its own.
#[test]
fn walls_have_their_own_texts() {
    let text = |limits: Limits, text: &str| {
        let outcome = run(&[module(text)], limits);
        outcome.error.map(|(text, ..)| text).unwrap_or_default()
    };
    let endless = "Пока Истина Цикл Сообщить(\"x\"); КонецЦикла;";
    let base = Limits::default;
    let found = [
        text(
            Limits {
                instructions: 1000,
                ..base()
            },
            endless,
        ),
        text(
            Limits {
                time: Duration::ZERO,
                ..base()
            },
            endless,
        ),
        text(
            Limits {
                memory: 1 << 16,
                ..base()
            },
            "М = Новый Массив(1000000);",
        ),
        text(
            Limits {
                depth: 10,
                ..base()
            },
            "Процедура П() П(); КонецПроцедуры П();",
        ),
        text(
            Limits {
                output: 10,
                ..base()
            },
            endless,
        ),
        text(
            Limits {
                cancel: Some(Arc::new(AtomicBool::new(true))),
                ..base()
            },
            endless,
        ),
    ];
    assert_eq!(
        found,
        [
            "Превышено допустимое число операций",
            "Превышено допустимое время выполнения",
            "Превышен допустимый объем памяти",
            "Переполнение стека: слишком глубокая вложенность вызовов",
            "Превышен допустимый объем вывода",
            "Выполнение отменено",
        ]
    );
}

#[test]
fn instructions() {
    let limits = Limits {
        instructions: 100_000,
        ..Limits::default()
    };
    for text in [
        "Пока Истина Цикл КонецЦикла;",
        "~м: Перейти ~м;",
        "~м: Попытка А = 1 / 0; Исключение КонецПопытки; Перейти ~м;",
        "Для Н = 1 По 1000000000000 Цикл КонецЦикла;",
        "М = Новый Массив; М.Добавить(1); Для Каждого Х Из М Цикл М.Очистить(); М.Добавить(1); М.Добавить(2); Пока Истина Цикл А = 1; КонецЦикла; КонецЦикла;",
        "Пока Истина Цикл Выполнить(\"А = 1;\"); КонецЦикла;",
        "Пока Истина Цикл А = Вычислить(\"1 + 1\"); КонецЦикла;",
    ] {
        hits(&limits, LimitKind::Instructions, text);
    }
    hits(
        &limits,
        LimitKind::Instructions,
        "Процедура П() КонецПроцедуры Пока Истина Цикл П(); КонецЦикла;",
    );
}

/// Native work is charged too: one call may not run for ever behind the counter's back.
#[test]
fn native_work_counts_as_instructions() {
    let limits = Limits {
        instructions: 20_000,
        ..Limits::default()
    };
    let long = "А = \"0123456789\"; Для Н = 1 По 16 Цикл А = А + А; КонецЦикла;";
    hits(
        &limits,
        LimitKind::Instructions,
        &format!("{long} Для Н = 1 По 100 Цикл Б = СтрНайти(А, \"x\"); КонецЦикла;"),
    );
    hits(
        &limits,
        LimitKind::Instructions,
        &format!("{long} Для Н = 1 По 100 Цикл Б = СтрЗаменить(А, \"9\", \"8\"); КонецЦикла;"),
    );
    let table = "Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"А\"); Для Н = 1 По 1000 Цикл Т.Добавить().А = -Н; КонецЦикла;";
    hits(
        &limits,
        LimitKind::Instructions,
        &format!(
            "{table} Для Н = 1 По 200 Цикл Т.Сортировать(\"А\"); Т.Сортировать(\"А Убыв\"); КонецЦикла;"
        ),
    );
}

/// The machine that goes back over a text makes no returns here, only steps forward, and each looks
/// through the rest of the text: nobody counts them but the run.
#[test]
fn a_regular_expression_is_paid_for() {
    let limits = Limits {
        instructions: 8_000,
        ..Limits::default()
    };
    let text = "Т = \"аааааааааааааааа\"; Для Н = 1 По 8 Цикл Т = Т + Т; КонецЦикла;";
    for call in [
        "СтрНайтиПоРегулярномуВыражению(Т, \"^(?:(?=.*а)а)*$\")",
        "СтрНайтиПоРегулярномуВыражению(Т, \"(?=.*б)а\", НаправлениеПоиска.СКонца)",
        "СтрПодобнаПоРегулярномуВыражению(Т, \"(?:(?=.*а)а)*\")",
        "СтрЗаменитьПоРегулярномуВыражению(Т, \"(?=.*а)а\", \"б\")",
        "СтрНайтиВсеПоРегулярномуВыражению(Т, \"а\").Количество()",
    ] {
        hits(
            &limits,
            LimitKind::Instructions,
            &format!("{text} П = {call};"),
        );
    }
}

/// Functions that look at a part of a string cost the same however long it is: a text is gone over
/// character by character.
#[test]
fn a_look_into_a_long_string_is_cheap() {
    let limits = Limits {
        instructions: 1_000_000,
        ..Limits::default()
    };
    let long = "А = \"0123456789абвгде\"; Для Н = 1 По 16 Цикл А = А + А; КонецЦикла; М = Новый Массив; С = Новый Структура;";
    for call in [
        "Сред(А, Н, 1)",
        "Лев(А, 5)",
        "Прав(А, 5)",
        "КодСимвола(А, Н)",
        "СтрДлина(А)",
        "СтрНайти(А, \"9\", , Н)",
        "СтрНачинаетсяС(А, \"01\")",
        "ПустаяСтрока(А)",
        "ТипЗнч(А)",
        "ЗначениеЗаполнено(А)",
        "М.Добавить(А)",
        "С.Вставить(\"к\", А)",
        "Новый Структура(\"к\", А)",
    ] {
        let call = if call.starts_with("М.") || call.starts_with("С.") {
            call.to_string()
        } else {
            format!("Р = {call}")
        };
        let text = format!("{long} Для Н = 1 По 5000 Цикл {call}; КонецЦикла; Сообщить(1);");
        let outcome = run(&[module(&text)], limits.clone());
        assert_eq!(outcome.lines, ["1"], "{call}: {:?}", outcome.fault);
    }
}

/// Every function pays for the strings that it is given, whatever it does with them: a loop of calls
/// that cost two instructions each would outrun the clock by minutes.
#[test]
fn long_strings_are_paid_for() {
    let limits = Limits {
        instructions: 400_000,
        ..Limits::default()
    };
    let long = "А = \"0123456789абвгде\"; Для Н = 1 По 16 Цикл А = А + А; КонецЦикла; Б = А + \"1\"; П = Лев(\"  \" + СтрСоединить(Новый Массив(1000000), \" \"), 1000000); С = Новый Соответствие; СЗ = Новый СписокЗначений; СЗ.Добавить(А); СЗ.Добавить(Б);";
    for call in [
        "НСтр(А)",
        "ВРег(А)",
        "ТРег(А)",
        "СокрЛП(А)",
        "ПустаяСтрока(П)",
        "ЗначениеЗаполнено(П)",
        "СтрЧислоСтрок(А)",
        "СтрПолучитьСтроку(А, 2)",
        "СтрСравнить(А, Б)",
        "СтрНачинаетсяС(А, Б)",
        "СтрШаблон(А, 1)",
        "Формат(1, А)",
        "Тип(А)",
        "XMLЗначение(Тип(\"Число\"), А)",
        "ЧислоПрописью(1, А)",
        "Base64Значение(А)",
        "ПолучитьДвоичныеДанныеИзСтроки(А)",
        "КодироватьСтроку(А, СпособКодированияСтроки.КодировкаURL)",
        "РаскодироватьСтроку(А, СпособКодированияСтроки.КодировкаURL)",
        "МестноеВремя('20240101', А)",
        "Новый Структура(А)",
        "Новый ОписаниеТипов(А)",
        "Новый УникальныйИдентификатор(А)",
        "А < Б",
        "А = Б",
        "1 + А",
        "С[А]",
        "С.Получить(А)",
        "СЗ.НайтиПоЗначению(Б)",
    ] {
        hits(
            &limits,
            LimitKind::Instructions,
            &format!(
                "{long} Для Н = 1 По 100000000 Цикл Попытка Р = {call}; Исключение КонецПопытки; КонецЦикла;"
            ),
        );
    }
    hits(
        &limits,
        LimitKind::Instructions,
        &format!("{long} Для Н = 1 По 100000000 Цикл СЗ.СортироватьПоЗначению(); КонецЦикла;"),
    );
}

#[test]
fn wall_time() {
    let limits = Limits {
        time: Duration::ZERO,
        instructions: u64::MAX,
        ..Limits::default()
    };
    for text in [
        "Пока Истина Цикл КонецЦикла;",
        "М = Новый Массив; Для Н = 1 По 100000 Цикл М.Добавить(-Н); КонецЦикла; С = Новый СписокЗначений; С.ЗагрузитьЗначения(М); Пока Истина Цикл С.СортироватьПоЗначению(); КонецЦикла;",
        "А = \"ab\"; Пока Истина Цикл Б = СтрЗаменить(А, \"a\", \"aa\"); КонецЦикла;",
        "Пока Истина Цикл А = Pow(3, 900); КонецЦикла;",
        "Пока Истина Цикл А = ЧислоПрописью(123456789.12, , \"рубль, рубля, рублей, м, копейка, копейки, копеек, ж, 2\"); КонецЦикла;",
        "Пока Истина Цикл А = Формат(1 / 3, \"ЧЦ=1000; ЧДЦ=900; ЧВН=\"); Б = Формат('20240101', \"ДФ='дддд ММММ гггг'\"); КонецЦикла;",
        "Пока Истина Цикл Ч = Новый ЧтениеJSON; Ч.УстановитьСтроку(\"[1,[2,{}]]\"); А = ПрочитатьJSON(Ч); КонецЦикла;",
        "Пока Истина Цикл А = НСтр(\"ru = 'а'; en = 'b'\"); Б = СтрШаблон(\"%1%2\", 1, 2); КонецЦикла;",
        "Пока Истина Цикл А = КодироватьСтроку(\"а б\", СпособКодированияСтроки.КодировкаURL); Б = Base64Строка(ПолучитьДвоичныеДанныеИзСтроки(А)); КонецЦикла;",
        "М = Новый Массив; М.Добавить(1); М.Добавить(М); Для Н = 1 По 30 Цикл К = Новый Массив; К.Добавить(М[0]); К.Добавить(М[0]); М[0] = К; КонецЦикла; З = Новый ЗаписьJSON; З.УстановитьСтроку(); ЗаписатьJSON(З, М[0]);",
        "Пока Истина Цикл А = Вычислить(\"((((((((((1))))))))))\"); КонецЦикла;",
        "Пока Истина Цикл А = СтрРазделить(\"а,б,в\", \",\"); Б = СтрСоединить(А, \";\"); КонецЦикла;",
    ] {
        hits(&limits, LimitKind::Time, text);
    }
}

/// A single call of a native function looks at the clock by itself: the work of the call is larger
/// than a slice, so the look has to come before the next instruction.
#[test]
fn one_native_call_looks_at_the_clock() {
    let limits = Limits {
        time: Duration::ZERO,
        instructions: u64::MAX,
        ..Limits::default()
    };
    let long = "А = \"0123456789\" + \"0123456789\"; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А; А = А + А;";
    for call in [
        "Б = СтрЗаменить(А, \"9\", \"8\");",
        "Б = СтрРазделить(А, \"9\");",
        "Б = СтрЧислоВхождений(А, \"9\");",
    ] {
        hits(
            &limits,
            LimitKind::Time,
            &format!("{long} {call} Сообщить(1);"),
        );
    }
}

#[test]
fn memory() {
    let limits = Limits {
        memory: 1 << 20,
        ..Limits::default()
    };
    for text in [
        "А = \"0123456789\"; Пока Истина Цикл А = А + А; КонецЦикла;",
        "А = \"0123456789\"; Пока Истина Цикл А = СтрЗаменить(А, \"0\", \"00000000\"); КонецЦикла;",
        "А = \"0123456789\"; Пока Истина Цикл А = СтрШаблон(\"%1%1%1\", А); КонецЦикла;",
        "М = Новый Массив; Пока Истина Цикл М.Добавить(1); КонецЦикла;",
        "М = Новый Массив; М.Вставить(1000000000, 1);",
        "М = Новый Массив(1000000000);",
        "М = Новый Массив(1000, 1000, 1000);",
        "М = Новый Массив; Для Н = 1 По 10000 Цикл М.Добавить(Н); КонецЦикла; С = Новый Соответствие; Пока Истина Цикл С.Вставить(С.Количество(), Новый ФиксированныйМассив(М)); КонецЦикла;",
        "С = Новый Структура; Для Н = 1 По 200 Цикл С.Вставить(\"к\" + Н, Н); КонецЦикла; М = Новый Массив; Пока Истина Цикл М.Добавить(Новый ФиксированнаяСтруктура(С)); М.Добавить(Новый Структура(М[0])); КонецЦикла;",
        "П = Новый ПотокВПамяти; П.УстановитьРазмер(100000000000);",
        "П = Новый ПотокВПамяти; Б = ПолучитьДвоичныеДанныеИзСтроки(\"0123456789\"); Пока Истина Цикл Б.Записать(П); КонецЦикла;",
        "Б = ПолучитьДвоичныеДанныеИзСтроки(\"0123456789\"); М = Новый Массив(2); Пока Истина Цикл М[0] = Б; М[1] = Б; Б = СоединитьДвоичныеДанные(М); КонецЦикла;",
        "А = \"0123456789\"; Пока Истина Цикл А = Base64Строка(ПолучитьДвоичныеДанныеИзСтроки(А)); КонецЦикла;",
        "А = \"абвгдежзик\"; Пока Истина Цикл А = КодироватьСтроку(А + А, СпособКодированияСтроки.КодировкаURL); КонецЦикла;",
        "М = Новый Массив; М.Добавить(1); Пока Истина Цикл З = Новый ЗаписьJSON; З.УстановитьСтроку(); ЗаписатьJSON(З, М); М.Добавить(З.Закрыть()); КонецЦикла;",
        "Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"А\"); М = Новый Массив; Пока Истина Цикл Т.Добавить().А = 1; М.Добавить(Т.Скопировать()); КонецЦикла;",
        "А = 1; Пока Истина Цикл А = А + 1; С = Новый Структура(\"к\" + Формат(А, \"ЧГ=0\")); КонецЦикла;",
        "М = Новый Соответствие; А = 0; Пока Истина Цикл А = А + 1; М[А] = А; КонецЦикла;",
        "С = Новый Структура; А = 0; Пока Истина Цикл А = А + 1; С.Вставить(\"К\" + Формат(А, \"ЧГ=0\"), А); КонецЦикла;",
        "А = \"аб\"; Пока Истина Цикл А = СтрЗаменитьПоРегулярномуВыражению(А, \".\", \"$0$0$0\"); КонецЦикла;",
        "А = \"аб\"; Для Н = 1 По 14 Цикл А = А + А; КонецЦикла; М = СтрНайтиВсеПоРегулярномуВыражению(А, \"(а)|(б)\");",
        "Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"А\"); Пока Истина Цикл Т.Добавить().А = 1; КонецЦикла;",
        "С = Новый СписокЗначений; Пока Истина Цикл С.Добавить(1); КонецЦикла;",
        "Д = Новый ДеревоЗначений; С = Д.Строки; Пока Истина Цикл С = С.Добавить().Строки; КонецЦикла;",
        "М = Новый Массив; Пока Истина Цикл Н = Новый Массив; Н.Добавить(М); М = Н; КонецЦикла;",
        "М = Новый Массив; Для Н = 1 По 10000 Цикл М.Добавить(\"0123456789\"); КонецЦикла; Пока Истина Цикл Б = СтрСоединить(М, СтрСоединить(М)); М[0] = Б; КонецЦикла;",
        "Б = Формат(1, \"ЧЦ=1000000000; ЧВН=\"); Пока Истина Цикл Б = Б + Б + \"x\"; КонецЦикла;",
    ] {
        hits(&limits, LimitKind::Memory, text);
    }
}

#[test]
fn depth_of_calls() {
    let limits = Limits::default();
    hits(
        &limits,
        LimitKind::Depth,
        "Процедура П() П(); КонецПроцедуры П();",
    );
    hits(
        &limits,
        LimitKind::Depth,
        "Процедура П() Попытка П(); Исключение КонецПопытки; КонецПроцедуры П();",
    );
    hits(
        &limits,
        LimitKind::Depth,
        "Процедура П() Выполнить(\"П()\"); КонецПроцедуры П();",
    );
    hits(
        &limits,
        LimitKind::Depth,
        "А = \"А = Вычислить(Б)\"; Б = \"Вычислить(Б)\"; В = Вычислить(Б);",
    );
    // Just below the wall all is well.
    let limits = Limits {
        depth: 100,
        ..limits
    };
    let text = "Функция Ф(Н) Если Н = 0 Тогда Возврат 0; КонецЕсли; Возврат 1 + Ф(Н - 1); КонецФункции Сообщить(Ф(90));";
    assert_eq!(run(&[module(text)], limits).lines, ["90"]);
}

/// Hostile sources end in a message, not in an overflow of the stack.
#[test]
fn nesting_of_the_source() {
    let deep = |open: &str, middle: &str, close: &str, times: usize| {
        format!("{}{middle}{}", open.repeat(times), close.repeat(times))
    };
    let times = 200_000;
    for text in [
        format!("А = {};", deep("(", "1", ")", times)),
        format!("А = {};", "(".repeat(times)),
        format!("А = {};", deep("?(1, ", "1", ", 2)", times)),
        format!("М = 1; А = {};", deep("М[", "1", "]", times)),
        format!("М = 1; А = М{};", ".А".repeat(times)),
        format!("А = {};", deep("Строка(", "1", ")", times)),
        format!("А = {}1;", "-".repeat(times)),
        format!("А = {}Истина;", "НЕ ".repeat(times)),
        deep("Если Истина Тогда ", "А = 1;", " КонецЕсли;", times),
        deep("Пока Истина Цикл ", "А = 1;", " КонецЦикла;", times),
        deep("Попытка ", "А = 1;", " Исключение КонецПопытки;", times),
    ] {
        let outcome = run(&[module(&text)], Limits::default());
        let shown: String = text.chars().take(30).collect();
        assert!(!outcome.problems.is_empty(), "{shown}");
        let lines = outcome.problems.lines().count();
        assert!(lines < 2_000, "{shown}: {lines} lines of problems");
    }
    // Directives are no recursion, and a long chain of operators is no nesting.
    let text = deep(
        "#Если Сервер Тогда\n",
        "Сообщить(1);\n",
        "#КонецЕсли\n",
        times,
    );
    assert_eq!(run(&[module(&text)], Limits::default()).lines, ["1"]);
    let text = format!("А = 1{}; Сообщить(А);", " + 1".repeat(20_000));
    assert_eq!(
        run(&[module(&text)], Limits::default()).lines,
        ["20\u{a0}001"]
    );
}

/// The same sources through Вычислить: an ordinary error of the program.
#[test]
fn nesting_of_code_made_at_run_time() {
    let text = "С = \"(\"; Для Н = 1 По 17 Цикл С = С + С; КонецЦикла; Попытка А = Вычислить(С + \"1\"); Исключение Сообщить(\"отказ\"); КонецПопытки;";
    let outcome = run(&[module(text)], Limits::default());
    assert_eq!(outcome.lines, ["отказ"], "{:?}", outcome.fault);
}

/// What is wrong with a hostile text is said briefly, and soon: the text of one error does not repeat
/// the line of half a megabyte for every one of its hundred thousand mistakes.
#[test]
fn mistakes_in_code_made_at_run_time() {
    for piece in [
        "А=;",
        "Прервать;",
        "~м:",
        "Перейти ~м;",
        "А=Б;",
        "П();",
        "А=Новый Т;",
        "#Если Сервер Тогда\n",
        "#Иначе\n",
        "#КонецОбласти\n",
        "Если А Тогда ",
        "Попытка ",
        "Процедура П(",
        "Перем А;",
        "А.Б(",
        "\"\"стр",
        "''",
        "@$^",
        "е",
        "1.",
        "А,",
    ] {
        let piece = piece.replace('\n', "\" + Символы.ПС + \"");
        let text = format!(
            "С = \"{piece}\"; Для Н = 1 По 15 Цикл С = С + С; КонецЦикла; Попытка Выполнить(С); Исключение Сообщить(СтрДлина(ПодробноеПредставлениеОшибки(ИнформацияОбОшибке())) < 200000); КонецПопытки;"
        );
        let outcome = run(&[module(&text)], Limits::default());
        assert_eq!(outcome.lines, ["Да"], "{piece}: {:?}", outcome.fault);
    }
}

/// Too many digits is an ordinary error: one operation goes wrong and nothing is lost.
#[test]
fn digits_of_numbers() {
    for text in [
        "А = 10; Попытка Пока Истина Цикл А = А * А; КонецЦикла; Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;",
        "Попытка А = Pow(10, 100000); Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;",
    ] {
        let outcome = run(&[module(text)], Limits::default());
        assert_eq!(
            outcome.lines,
            ["Переполнение: в числе больше разрядов, чем разрешено"],
            "{text}"
        );
    }
    let digits = |digits| Limits {
        digits,
        ..Limits::default()
    };
    let text = "А = Pow(10, 60);";
    assert!(run(&[module(text)], digits(50)).fault.is_some());
    assert!(run(&[module(text)], digits(70)).fault.is_none());
}

#[test]
fn output() {
    let limits = Limits {
        output: 1000,
        ..Limits::default()
    };
    hits(
        &limits,
        LimitKind::Output,
        "Пока Истина Цикл Сообщить(\"x\"); КонецЦикла;",
    );
    let outcome = run(
        &[module(
            "Пока Истина Цикл Сообщить(\"123456789\"); КонецЦикла;",
        )],
        limits,
    );
    assert_eq!(outcome.lines.len(), 100, "what fits has been said");
}

/// The other thread sets the flag when the run has certainly begun: the run itself says so.
#[test]
fn cancel_from_another_thread() {
    use vestnik_bsl::host::MessageStatus;
    use vestnik_bsl::{Environment, Host, Program, Vm};
    struct Announcer(std::sync::mpsc::Sender<()>);
    impl Host for Announcer {
        fn message(&mut self, _: &str, _: MessageStatus) {
            // The other end may be gone when the run goes on a little.
            let _ = self.0.send(());
        }
    }
    let text = "Сообщить(\"начал\"); Попытка Пока Истина Цикл КонецЦикла; Исключение КонецПопытки;";
    let program = Program::compile(&Environment::default(), &[module(text)]);
    let cancel = Arc::new(AtomicBool::new(false));
    let (begun, has_begun) = std::sync::mpsc::channel();
    let limits = Limits {
        cancel: Some(Arc::clone(&cancel)),
        instructions: u64::MAX,
        time: Duration::from_secs(3600),
        ..Limits::default()
    };
    let other = std::thread::spawn(move || {
        has_begun.recv().expect("the run says that it has begun");
        cancel.store(true, Ordering::Relaxed);
    });
    let mut host = Announcer(begun);
    let mut vm = Vm::new(&program, &mut host, limits);
    let fault = vm.run(0).expect_err("the run is cancelled");
    assert_eq!(fault.0.limit(), Some(LimitKind::Cancelled));
    drop(vm);
    other.join().expect("the other thread ends");
}

/// After a wall nothing of the program runs any more, whoever asks.
#[test]
fn a_dead_run_stays_dead() {
    use crate::support::Recorder;
    use vestnik_bsl::{Environment, Program, Vm};
    let text = "Процедура П() Экспорт Пока Истина Цикл КонецЦикла; КонецПроцедуры Процедура Т() Экспорт Для Н = 1 По 100000 Цикл КонецЦикла; Сообщить(\"жив\"); КонецПроцедуры";
    let program = Program::compile(&Environment::default(), &[module(text)]);
    let mut host = Recorder::default();
    let limits = Limits {
        instructions: 10_000,
        ..Limits::default()
    };
    let mut vm = Vm::new(&program, &mut host, limits);
    assert!(vm.call(0, "П", &[]).is_err());
    let fault = vm.call(0, "Т", &[]).expect_err("the run is dead");
    assert_eq!(fault.0.limit(), Some(LimitKind::Instructions));
    drop(vm);
    assert!(host.lines.is_empty());
}

/// What a run says it used is counted one by one, not by the slices after which limits are looked at.
#[test]
fn a_short_run_says_what_it_used() {
    use crate::support::Recorder;
    use vestnik_bsl::{Environment, Program, Vm};
    let used = |text: &str| {
        let program = Program::compile(&Environment::default(), &[module(text)]);
        assert_eq!(program.problems().count(), 0, "{text}");
        let mut host = Recorder::default();
        let mut vm = Vm::new(&program, &mut host, Limits::default());
        let _ = vm.run(0);
        vm.instructions()
    };
    let one = used("А = 1;");
    assert!((1..10).contains(&one), "{one}");
    assert!(used("А = 1; Б = А + 1; В = Б + А;") > one);
    assert!((1..20).contains(&used("А = 1 / 0;")));
    let turns = |count: u32| used(&format!("Для Н = 1 По {count} Цикл А = Н * 2; КонецЦикла;"));
    let (few, more, most) = (turns(10), turns(1_000), turns(1_990));
    assert!(more > few + 1_000, "{few} {more}");
    assert_eq!(most - more, more - few);
    let work = |length: u32| used(&format!("А = СтрСоединить(Новый Массив({length}), \"а\");"));
    assert!(
        work(3_000) > work(30) + 1_000,
        "{} {}",
        work(3_000),
        work(30)
    );
}
