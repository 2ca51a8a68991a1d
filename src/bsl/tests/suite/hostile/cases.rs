//! Each was seen to abort the process, to pass its limit of memory or of time, or to panic.

use super::{PEAK, ending, limits};
use crate::support::{Recorder, module};
use vestnik_bsl::{Environment, Program, Vm};

/// Runs a text within the limits of a bot; gives how it ended. It may not hold more than [`PEAK`].
#[track_caller]
fn ends(text: &str) -> Option<String> {
    let program = Program::compile(&Environment::default(), &[module(text)]);
    assert_eq!(
        program.render_problems(0, vestnik_bsl::Locale::Ru),
        "",
        "{text}"
    );
    let mut host = Recorder::default();
    let mut vm = Vm::new(&program, &mut host, limits());
    let fault = vm.run(0).err();
    let peak = vm.account().peak();
    assert!(peak > 0, "the suite counts what it allocates");
    assert!(peak < PEAK, "{} MB: {text}", peak >> 20);
    ending(fault.as_ref())
}

/// The run hits one of these walls.
#[track_caller]
fn hits(walls: &[&str], text: &str) {
    let end = ends(text);
    let hit = end.as_deref().is_some_and(|end| walls.contains(&end));
    assert!(hit, "{end:?}: {text}");
}

/// The run ends well, and says so.
#[track_caller]
fn goes_well(text: &str) {
    assert_eq!(ends(text), None, "{text}");
}

/// A text of pieces doubled so many times.
fn doubled(name: &str, piece: &str, times: u32) -> String {
    format!(
        "{name} = \"{piece}\"; Для Н = 1 По {times} Цикл {name} = {name} + {name}; КонецЦикла;\n"
    )
}

fn table(rows: u32) -> String {
    format!(
        "Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"А\"); Для Н = 1 По {rows} Цикл Т.Добавить().А = Н; КонецЦикла;\n"
    )
}

fn tree(rows: u32) -> String {
    format!(
        "Т = Новый ДеревоЗначений; Т.Колонки.Добавить(\"А\"); Для Н = 1 По {rows} Цикл Т.Строки.Добавить().А = Н; КонецЦикла;\n"
    )
}

#[test]
fn sorting_by_a_huge_list_of_names() {
    let names = doubled("С", "А,", 18);
    hits(
        &["Memory", "Instructions"],
        &format!("{}{names}Т.Сортировать(С + \"А\");", table(10_000)),
    );
    hits(
        &["Memory", "Instructions"],
        &format!("{}{names}Т.Строки.Сортировать(С + \"А\");", tree(10_000)),
    );
    hits(
        &["Memory", "Instructions"],
        &format!(
            "{}{names}Т.Строки.Сортировать(С + \"А\", Истина);",
            tree(10_000)
        ),
    );
}

#[test]
fn copying_columns_by_a_million_names() {
    let names = doubled("С", "А,", 20);
    for (object, call) in [
        (table(10), "Т.Скопировать(, С + \"А\")"),
        (table(10), "Т.СкопироватьКолонки(С + \"А\")"),
        (tree(10), "Т.Скопировать(, С + \"А\")"),
        (tree(10), "Т.СкопироватьКолонки(С + \"А\")"),
    ] {
        let end = ends(&format!("{object}{names}К = {call};"));
        assert!(end.is_some(), "{call}");
    }
}

#[test]
fn titles_of_columns() {
    let text = doubled("С", "0123456789", 18);
    hits(
        &["Memory"],
        &format!(
            "{text}Т = Новый ТаблицаЗначений; Для Н = 1 По 1000 Цикл Т.Колонки.Добавить(, , С + Н); КонецЦикла;"
        ),
    );
    hits(
        &["Memory"],
        &format!(
            "{text}Т = Новый ТаблицаЗначений; Для Н = 1 По 1000 Цикл К = Т.Колонки.Добавить(\"К\" + Н); К.Заголовок = С + Н; КонецЦикла;"
        ),
    );
}

/// Errors are held with short texts, whatever the program named.
#[test]
fn errors_that_are_held() {
    let text = doubled("С", "а", 20);
    for call in [
        "Р = Стр[С]",
        "Р = Тип(С)",
        "Р = Новый(С)",
        "ЗаполнитьЗначенияСвойств(Стр, Стр, С)",
        "Р = Новый Структура(С + \" \" + С)",
        "Стр.Вставить(С + \" \")",
        "Т.Сортировать(С)",
        "Т.Сортировать(\"А \" + С)",
        "Р = ПолучитьДвоичныеДанныеИзСтроки(\"\", С)",
        "Р = Вычислить(С)",
    ] {
        goes_well(&format!(
            "{text}{}Стр = Новый Структура(\"А\", 1); М = Новый Массив; Для Н = 1 По 60 Цикл Попытка {call}; Исключение М.Добавить(ИнформацияОбОшибке()); КонецПопытки; КонецЦикла; Если М.Количество() <> 60 Тогда ВызватьИсключение \"не ошибка\"; КонецЕсли; ",
            table(3)
        ));
    }
    // What the program raised itself is its own text; it is shared, and shown only as far as it fits.
    hits(
        &["Memory"],
        &format!(
            "{text}Процедура П(С, Н) Если Н = 0 Тогда ВызватьИсключение С; КонецЕсли; Попытка П(С, Н - 1); Исключение ВызватьИсключение(С, , , , ИнформацияОбОшибке()); КонецПопытки; КонецПроцедуры
            Попытка П(С, 60); Исключение Р = ПодробноеПредставлениеОшибки(ИнформацияОбОшибке()); КонецПопытки;"
        )
        .replace("\nПроцедура", " ;Процедура")
        .split_once("Процедура")
        .map(|(before, after)| {
            let (method, body) = after.split_once("КонецПроцедуры").unwrap_or_default();
            format!("Процедура{method}КонецПроцедуры {before} {body}")
        })
        .unwrap_or_default(),
    );
}

#[test]
fn a_structure_of_a_huge_list_of_names() {
    hits(
        &["Memory", "Instructions"],
        &format!("{}Р = Новый Структура(С + \"А\");", doubled("С", "А,", 22)),
    );
    let distinct = "М = Новый Массив; Для Н = 1 По 300000 Цикл М.Добавить(\"А\" + Формат(Н, \"ЧГ=0\")); КонецЦикла; С = СтрСоединить(М, \",\"); М = 0;";
    hits(
        &["Memory", "Instructions"],
        &format!(
            "{distinct} А = Новый Массив; Пока Истина Цикл А.Добавить(Новый Структура(С)); КонецЦикла;"
        ),
    );
}

#[test]
fn parameters_of_formats() {
    for (piece, call) in [
        ("ЧГ=0;", "Формат(1.5, С)"),
        ("ДФ=гггг;", "Формат('20240101', С)"),
        ("БИ=а;", "Формат(Истина, С)"),
        ("рубль,", "ЧислоПрописью(1, , С)"),
        ("Л=ru_RU;", "ЧислоПрописью(1, С)"),
        ("%1 рубль;", "СтрокаСЧислом(С, 5)"),
        ("Л=ru;", "ПредставлениеПериода('20240101', '20240102', С)"),
        ("ru='а';", "НСтр(С)"),
        ("%1", "СтрШаблон(С, С)"),
    ] {
        let text = doubled("С", piece, 20);
        let end = ends(&format!(
            "{text}Для Й = 1 По 100 Цикл Р = {call}; КонецЦикла;"
        ));
        assert!(
            end.as_deref() != Some("внутренняя ошибка"),
            "{call}: {end:?}"
        );
    }
}

/// Work is counted: the calls cannot go on for long after the instructions are used up.
#[test]
fn searching_over_a_quarter_of_a_million_names() {
    let names = doubled("С", "А,", 18);
    for (object, call) in [
        (table(1_000), "Т.Найти(-1, С + \"А\")"),
        (tree(1_000), "Т.Строки.Найти(-1, С + \"А\", Истина)"),
        (table(1_000), "Т.ЗаполнитьЗначения(1, С + \"А\")"),
        (
            tree(1_000),
            "Т.Строки.ЗаполнитьЗначения(1, С + \"А\", Истина)",
        ),
        (table(1_000), "Т.Свернуть(С + \"А\")"),
    ] {
        let call = if call.contains("Найти") {
            format!("Р = {call}")
        } else {
            call.to_owned()
        };
        let end = ends(&format!("{object}{names}{call};"));
        assert!(end.is_some(), "{call}");
    }
}

#[test]
fn values_that_hold_themselves() {
    for text in [
        "А = Новый Соответствие; А.Вставить(А, 1); Если А.Получить(А) <> 1 Тогда ВызватьИсключение 1; КонецЕсли;",
        "А = Новый Соответствие; А.Вставить(А, 1); А.Удалить(А); Если А.Количество() <> 0 Тогда ВызватьИсключение 1; КонецЕсли;",
        "А = Новый Соответствие; А[А] = А; Если А[А] <> А Тогда ВызватьИсключение 1; КонецЕсли;",
        "А = Новый Соответствие; А.Вставить(А, А); Ф = Новый ФиксированноеСоответствие(А); Б = Новый Соответствие(Ф); Если Б.Получить(А) <> А Тогда ВызватьИсключение 1; КонецЕсли;",
        "А = Новый Массив; А.Добавить(А); А.Вставить(0, А); Если А.Найти(А) <> 0 Тогда ВызватьИсключение 1; КонецЕсли; А[0] = А;",
        "А = Новый Структура; А.Вставить(\"А\", А); А.А = А; Р = Строка(А.А.А);",
        "А = Новый СписокЗначений; А.Добавить(А); А.Добавить(А[0]); А[0].Значение = А[0]; Р = Строка(А) + А[0]; А.СортироватьПоЗначению(); А.СортироватьПоПредставлению(); Р = А.НайтиПоЗначению(А);",
        "Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"А\"); С = Т.Добавить(); С.А = С; Т.Добавить().А = Т; Р = Т.Найти(Т); Р = Т.Найти(С); Т.Сортировать(\"А\"); Т.Свернуть(\"А\"); Р = Строка(Т);",
        "Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"А\", Новый ОписаниеТипов(\"Строка\")); С = Т.Добавить(); С.А = С; С.А = Т;",
        "Т = Новый ТаблицаЗначений; Т.Колонки.Добавить(\"А\"); Т.Индексы.Добавить(\"А\"); С = Т.Добавить(); С.А = С; Р = Т.Найти(С, \"А\"); С[Т.Колонки.А] = Т; Р = Т.НайтиСтроки(Новый Структура(\"А\", Т));",
        "Т = Новый ДеревоЗначений; Т.Колонки.Добавить(\"А\"); С = Т.Строки.Добавить(); С.А = С; Р = Т.Строки.Найти(С, \"А\", Истина); Т.Строки.Сортировать(\"А\", Истина); К = Т.Скопировать();",
        "А = Новый Массив; А.Добавить(А); З = Новый ЗаписьJSON; З.УстановитьСтроку(); Попытка ЗаписатьJSON(З, А); Исключение КонецПопытки;",
        "А = Новый Соответствие; А.Вставить(\"а\", А); З = Новый ЗаписьJSON; З.УстановитьСтроку(); Попытка ЗаписатьJSON(З, А); Исключение КонецПопытки;",
        "А = Новый Структура(\"А\"); А.А = А; ЗаполнитьЗначенияСвойств(А, А); Если А.А <> А Тогда ВызватьИсключение 1; КонецЕсли;",
        "П = Новый ПотокВПамяти; З = Новый ЗаписьДанных(П); П.КопироватьВ(П);",
    ] {
        if text.contains("ЗаписьДанных") && !super::knows("ЗаписьДанных")
        {
            continue;
        }
        let end = ends(text);
        assert_eq!(end, None, "{text}");
    }
}

/// Bytes are compared and hashed by what they hold.
#[test]
fn comparing_long_bytes_is_paid_for() {
    let bytes = "С = \"0123456789абвгде\"; Для Н = 1 По 18 Цикл С = С + С; КонецЦикла; А = ПолучитьДвоичныеДанныеИзСтроки(С); Б = ПолучитьДвоичныеДанныеИзСтроки(С); С = 0; М = Новый Соответствие; М[А] = 1;";
    for call in [
        "Р = А = Б",
        "Р = М[Б]",
        "М[Б] = 2",
        "Р = М.Получить(Б)",
        "Р = А <> Б",
    ] {
        hits(
            &["Instructions"],
            &format!("{bytes} Пока Истина Цикл {call}; КонецЦикла;"),
        );
    }
}
