//! What a value means as a reply, and what is kept of it (R163, D13, D14, D27, D29).

use vestnik::model::{
    FileSource, HistoryStep, PartyKind, RichText, ScriptProgram, ScriptReply, ScriptVariant,
    Variant,
};

use super::stage::{Stage, shown};

fn check(text: &str, expected: &str) {
    let stage = Stage::sqlite().with_party(PartyKind::User, "ivanov");
    assert_eq!(stage.say(text), expected, "{text}");
}

#[test]
fn values_become_texts() {
    check("", "—");
    check("_Результат = Неопределено", "—");
    check("_Результат = \"  \"", "—");
    check("_Результат = \"<b>важно</b>\"", "<b>важно</b>");
    check("_Результат = \"5 < 6\"", "5 &lt; 6");
    check(
        "Жирный = Новый Шрифт(, , Истина); _Результат = Новый ФорматированнаяСтрока(\"Итого \", Новый ФорматированнаяСтрока(\"5 < 6\", Жирный, WebЦвета.Красный), \", \", Новый ФорматированнаяСтрока(\"сюда\", , , , \"https://example.org/\"))",
        "Итого <b>5 &lt; 6</b>, <a href=\"https://example.org/\">сюда</a>",
    );
    check(
        "_Результат = Новый Структура(\"Текст\", Новый ФорматированнаяСтрока(\"код\", Новый Шрифт(\"Courier New\")))",
        "<code>код</code>",
    );
    check("_Результат = 1234567.5", "1\u{a0}234\u{a0}567,5");
    check("_Результат = '20240102'", "02.01.2024 0:00:00");
    check("_Результат = Истина", "Да");
    check("_Результат = _Исполнитель", "Иванов Иван");
    check("_Результат = Новый Структура(\"А\", 1)", "Структура");
    check("_Результат = Новый ТаблицаЗначений", "ТаблицаЗначений");
}

#[test]
fn arrays_and_lists_become_choices() {
    check("А = Новый Массив; _Результат = А", "[]");
    check(
        "А = Новый Массив; А.Добавить(\"Один\"); А.Добавить(2); А.Добавить('20240102'); А.Добавить('20240102030405'); А.Добавить(_Исполнитель); _Результат = А",
        "[Один|2|02.01.2024|02.01.2024 3:04:05|Иванов Иван]",
    );
    check(
        "А = Новый Массив; А.Добавить(1); _Результат = Новый ФиксированныйМассив(А)",
        "[1]",
    );
    check(
        "С = Новый СписокЗначений; С.Добавить(1, \"Раз\"); С.Добавить(2); _Результат = С",
        "[Раз|2]",
    );
    check(
        "А = Новый Массив; А.Добавить(Новый Структура(\"Представление, Значение\", \"Завтра\", '20240102')); _Результат = А",
        "[Завтра]",
    );
    check(
        "А = Новый Массив; А.Добавить(Новый ТаблицаЗначений); _Результат = А",
        "!Значение типа «Таблица значений» не может стать вариантом выбора: оно не сохраняется",
    );
    check(
        "А = Новый Массив; А.Добавить(\"\"); _Результат = А",
        "!У варианта выбора нет текста: значение типа «Строка» пусто, дайте ему Представление",
    );
    check(
        "А = Новый Массив; А.Добавить(Справочники.Контрагенты.СоздатьЭлемент()); _Результат = А",
        "!Значение типа «Справочник объект: Контрагент» не может стать вариантом выбора: оно не сохраняется",
    );
    check(
        "А = Новый Массив(1001); _Результат = А",
        "!В выборе не больше 1000 вариантов, а в результате их 1001",
    );
}

#[test]
fn structures_become_messages() {
    let binary = "ПолучитьДвоичныеДанныеИзСтроки(\"текст\")";
    check(
        "_Результат = Новый Структура(\"Текст\", \"<b>а</b>\")",
        "<b>а</b>",
    );
    check("_Результат = Новый Структура(\"Текст\", \"\")", "—");
    check(&format!("_Результат = {binary}"), "None [\"файл.txt\"] []");
    check(
        &format!(
            "_Результат = Новый Структура(\"Текст, Файл\", \"Вот\", Новый Структура(\"Имя, Данные\", \"a.txt\", {binary}))"
        ),
        "Some(\"Вот\") [\"a.txt\"] []",
    );
    check(
        "А = Новый Массив; А.Добавить(\"Да\"); А.Добавить(\"Нет\"); _Результат = Новый Структура(\"Текст, Кнопки\", 1, А)",
        "Some(\"1\") [] [\"Да\", \"Нет\"]",
    );
    check(
        "_Результат = Новый Структура(\"Файл\", \"a.txt\")",
        "!Файл — это ДвоичныеДанные или структура с полями Имя и Данные, а передано значение типа «Строка»",
    );
    check(
        "_Результат = Новый Структура(\"Текст, Кнопки\", 1, 2)",
        "!Кнопки — это Массив или СписокЗначений, а не значение типа «Число»",
    );
    let stage = Stage::sqlite();
    let run = stage.run(&format!("_Результат = {binary}"));
    let Ok(ScriptReply::Message { files, .. }) = run.outcome.reply else {
        panic!("a file");
    };
    assert_eq!(
        files[0].source,
        FileSource::Base64("0YLQtdC60YHRgg==".into())
    );
}

#[test]
fn what_is_picked_keeps_its_type() {
    let stage = Stage::sqlite().with_party(PartyKind::User, "ivanov");
    let offer = "А = Новый Массив; А.Добавить(\"Текст\"); А.Добавить(0.1); А.Добавить('20240102'); А.Добавить(_Исполнитель); А.Добавить(Истина); _Результат = А";
    let Ok(ScriptReply::Choice(variants)) = stage.run(offer).outcome.reply else {
        panic!("a choice");
    };
    assert_eq!(
        variants[0],
        ScriptVariant {
            text: "Текст".into(),
            value: None
        }
    );
    let library = stage.library(&[(
        "Проба",
        false,
        "Т = \"\"; Для Каждого Ш Из _ДанныеДляОбработки.История Цикл Т = Т + Ш.КлючевоеСлово + \":\" + Ш.Представление + \":\" + ТипЗнч(Ш.Значение) + \":\" + Ш.Значение + \";\"; КонецЦикла; _Результат = Т",
    )]);
    let history = variants
        .into_iter()
        .map(|variant| HistoryStep {
            keyword: "Запись".into(),
            rule: String::new(),
            variant: Variant {
                label: variant.text,
                text: None,
                value: variant.value,
            },
        })
        .collect();
    let run = stage.run_in(&library, ScriptProgram::Algorithm("Проба".into()), history);
    assert_eq!(
        shown(&run.outcome.reply),
        "Запись:Текст:Строка:Текст;Запись:0,1:Число:0,1;Запись:02.01.2024:Дата:02.01.2024 0:00:00;Запись:Иванов Иван:Пользователь:Иванов Иван;Запись:Да:Булево:Да;"
    );
}

#[test]
fn at_most_ten_messages_go_before_the_answer() {
    let stage = Stage::sqlite();
    let run = stage.run("Для А = 1 По 12 Цикл Сообщить(\"<b>\" + А + \"</b>\"); КонецЦикла; Сообщить(\"\"); ЗаписьЖурналаРегистрации(\"Событие\",,,, \"Комментарий\"); _Результат = 1");
    assert_eq!(run.outcome.messages.len(), 10);
    assert_eq!(
        run.outcome.messages[9],
        RichText::Markup("<b>10</b>".into())
    );
    assert_eq!(run.trace[0], "Сообщить: <b>11</b>");
    assert!(run.trace[3].contains("Комментарий"), "{:?}", run.trace);
    assert!(run.instructions > 0 || run.wall.as_nanos() > 0);
}

#[test]
fn code_of_a_chat_answers() {
    let stage = Stage::sqlite().with_party(PartyKind::User, "ivanov");
    let check = |text: &str, expected: &str| assert_eq!(stage.chat(text), expected, "{text}");
    check("2+2*2", "6");
    check("Общий.Пять() * 2", "10");
    check("А = 3; _Результат = А * 2", "6");
    check("А = 3;", "—");
    check("_Исполнитель.Код", "ivanov");
    check("_ДанныеДляОбработки.Бот", "main");
    check("1/0", "!{(1)}: Деление на 0");
    check("Привет", "!Unavailable");
}
