//! Each was seen to abort the process, to pass its limit of memory or of time, or to panic.

use super::{PEAK, ending, limits};
use crate::support::{Recorder, module};
use vestnik_bsl::{Environment, Limits, Program, Vm};

/// Runs a text within the limits of a bot; gives how it ended. It may not hold more than [`PEAK`].
#[track_caller]
fn ends(text: &str) -> Option<String> {
    ends_within(text, limits())
}

#[track_caller]
fn ends_within(text: &str, limits: Limits) -> Option<String> {
    let program = Program::compile(&Environment::default(), &[module(text)]);
    assert_eq!(
        program.render_problems(0, vestnik_bsl::Locale::Ru),
        "",
        "{text}"
    );
    let mut host = Recorder::default();
    let mut vm = Vm::new(&program, &mut host, limits);
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

/// The run ends well within so many bytes, with the instructions of a bot.
#[track_caller]
fn goes_well_within(memory: usize, text: &str) {
    let limits = Limits {
        memory,
        instructions: Limits::default().instructions,
        ..limits()
    };
    assert_eq!(ends_within(text, limits), None, "{text}");
}

/// The run ends well or at a wall, and not with an error of the program.
#[track_caller]
fn ends_at_a_wall_or_well(text: &str) {
    let end = ends(text);
    let fine = matches!(end.as_deref(), None | Some("Memory" | "Instructions"));
    assert!(fine, "{end:?}: {text}");
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

/// A table of as many columns as it may have, few rows; their names one after the other as С.
const WIDE: &str = "М = Новый Массив; Т = Новый ТаблицаЗначений; Для Н = 1 По 5000 Цикл Имя = \"А\" + Формат(Н, \"ЧГ=0\"); Т.Колонки.Добавить(Имя); М.Добавить(Имя); КонецЦикла; Для Н = 1 По 20 Цикл Т.Добавить(); КонецЦикла; С = СтрСоединить(М, \",\"); С = С + \",\" + С;\n";

#[test]
fn sorting_by_a_huge_list_of_names() {
    let names = doubled("С", "А,", 18);
    for text in [
        format!("{}{names}Т.Сортировать(С + \"А\");", table(10_000)),
        format!("{}{names}Т.Строки.Сортировать(С + \"А\");", tree(10_000)),
        format!(
            "{}{names}Т.Строки.Сортировать(С + \"А\", Истина);",
            tree(10_000)
        ),
        format!("{WIDE}Для Й = 1 По 1000 Цикл Т.Сортировать(С); КонецЦикла;"),
    ] {
        ends_at_a_wall_or_well(&text);
    }
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
        ends_at_a_wall_or_well(&format!("{object}{names}К = {call};"));
    }
    for call in [
        "Т.Скопировать(, С)",
        "Т.СкопироватьКолонки(С)",
        "Т.Скопировать()",
    ] {
        ends_at_a_wall_or_well(&format!(
            "{WIDE}К = Новый Массив; Для Й = 1 По 1000 Цикл К.Добавить({call}); КонецЦикла;"
        ));
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
    let text = doubled("С", "а", 16);
    for call in [
        "Р = Стр[С]",
        "Р = Тип(С)",
        "Р = Новый(С)",
        "ЗаполнитьЗначенияСвойств(Стр, Стр, С)",
        "Р = Новый Структура(С + \" \" + С)",
        "Стр.Вставить(С + \" х\")",
        "Т.Сортировать(С)",
        "Т.Сортировать(\"А \" + С)",
        "Р = ПолучитьДвоичныеДанныеИзСтроки(\"\", С)",
    ] {
        goes_well_within(
            8 << 20,
            &format!(
                "{text}{}Стр = Новый Структура(\"А\", 1); М = Новый Массив; Для Н = 1 По 75 Цикл Попытка {call}; Исключение М.Добавить(ИнформацияОбОшибке()); КонецПопытки; КонецЦикла; Если М.Количество() <> 75 Тогда ВызватьИсключение \"не ошибка\"; КонецЕсли; ",
                table(3)
            ),
        );
    }
}

/// What the program raised itself is its own text, shared by a chain of causes, and told only as far as
/// it fits.
#[test]
fn the_text_of_a_chain_of_errors() {
    let chain = format!(
        "Процедура П(С, Н) Если Н = 0 Тогда ВызватьИсключение С; КонецЕсли; Попытка П(С, Н - 1); Исключение ВызватьИсключение(С, , , , ИнформацияОбОшибке()); КонецПопытки; КонецПроцедуры
         {}",
        doubled("С", "а", 20)
    );
    for call in [
        "ПодробноеПредставлениеОшибки(ИнформацияОбОшибке())",
        "КраткоеПредставлениеОшибки(ИнформацияОбОшибке())",
        "ОписаниеОшибки()",
    ] {
        hits(
            &["Memory"],
            &format!("{chain} Попытка П(С, 60); Исключение Р = {call}; КонецПопытки;"),
        );
    }
    // Nobody looks at it but the host, which is told the beginning.
    let program = Program::compile(
        &Environment::default(),
        &[module(&format!("{chain} П(С, 60);"))],
    );
    let mut host = Recorder::default();
    let mut vm = Vm::new(&program, &mut host, limits());
    let fault = vm.run(0).expect_err("it raises");
    for told in [
        vm.error_description(&fault.0),
        vm.error_details(&fault.0),
        vm.render_error(&fault),
    ] {
        assert!(told.len() <= 64 << 10, "{}", told.len());
        assert!(told.contains("аааа"));
    }
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

#[test]
fn searching_over_a_quarter_of_a_million_names() {
    let names = doubled("С", "А,", 18);
    for (object, call) in [
        (table(1_000), "Р = Т.Найти(-1, С + \"А\")"),
        (tree(1_000), "Р = Т.Строки.Найти(-1, С + \"А\", Истина)"),
        (table(1_000), "Т.ЗаполнитьЗначения(1, С + \"А\")"),
        (
            tree(1_000),
            "Т.Строки.ЗаполнитьЗначения(1, С + \"А\", Истина)",
        ),
        (
            WIDE.to_owned(),
            "Для Й = 1 По 1000 Цикл Р = Т.Найти(-1, С); КонецЦикла",
        ),
    ] {
        let names = if call.contains('Й') { "" } else { &names };
        ends_at_a_wall_or_well(&format!("{object}{names}{call};"));
    }
    let end = ends(&format!("{}{names}Т.Свернуть(С + \"А\");", table(1_000)));
    assert!(end.is_some(), "a column is named twice");
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
        let end = ends(text);
        assert_eq!(end, None, "{text}");
    }
}

/// Bytes are compared and hashed by what they hold.
#[test]
fn comparing_long_bytes_is_paid_for() {
    let bytes = "С = \"0123456789абвгде\"; Для Н = 1 По 16 Цикл С = С + С; КонецЦикла; А = ПолучитьДвоичныеДанныеИзСтроки(С); Б = ПолучитьДвоичныеДанныеИзСтроки(С); С = 0; М = Новый Соответствие; М[А] = 1;";
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
