//! Variables, finds, writes and sends of an algorithm.

use vestnik::model::{PartyKind, PartyRef};

use super::stage::Stage;
use crate::store::{Db, on_both};

on_both!(
    an_algorithm_sees_what_it_was_told,
    strangers_code_is_closed,
    finds_ignore_case
);

fn check(stage: &Stage, text: &str, expected: &str) {
    assert_eq!(stage.say(text), expected, "{text}");
}

fn an_algorithm_sees_what_it_was_told(db: &Db) {
    let stage = Stage::new(db).with_party(PartyKind::User, "ivanov");
    check(&stage, "_Результат = _Исполнитель", "Иванов Иван");
    check(
        &stage,
        "_Результат = ТипЗнч(_Исполнитель) = Тип(\"СправочникСсылка.Пользователи\")",
        "Да",
    );
    check(
        &stage,
        "_Результат = ТипЗнч(_Исполнитель) = Тип(\"CatalogRef.Users\")",
        "Да",
    );
    check(
        &stage,
        "_Результат = _ДанныеДляОбработки.Телефон + _ДанныеДляОбработки.ИмяПользователя",
        "+79990000000Иван",
    );
    // The article's own line of authorisation.
    check(
        &stage,
        "ИНН = СокрЛП(СтрРазделить(_ДанныеДляОбработки.Текст, \",\")[1]); _Результат = Справочники.Контрагенты.НайтиПоРеквизиту(\"ИНН\", ИНН);",
        "ООО Альфа",
    );
    check(&stage, "_Результат = ТекущаяДата()", "06.05.2024 10:08:09");
    assert_eq!(stage.chat("2+2*2"), "6");
    assert_eq!(stage.chat("Общий.Пять() + 1"), "6");
    assert_eq!(stage.chat("А = 5; _Результат = А * 2"), "10");
}

/// Who typed code without a registration reaches no party and no other bot by himself; what an
/// administrator wrote does what it says.
fn strangers_code_is_closed(db: &Db) {
    let mut stage = Stage::new(db);
    let mut check = |text: &str, expected: &str| {
        stage.caller.party = None;
        let answer = stage.chat(text);
        match expected {
            "closed" => assert!(
                answer.starts_with('!') && answer.contains("набран без регистрации"),
                "{text}: {answer}"
            ),
            _ => assert_eq!(answer, expected, "{text}"),
        }
        stage.caller.party = Some(PartyRef {
            kind: PartyKind::User,
            code: "ivanov".to_owned(),
        });
        let answer = stage.chat(text);
        assert!(
            !answer.contains("набран без регистрации"),
            "{text}: {answer}"
        );
    };
    check("Справочники.Контрагенты.НайтиПоКоду(\"a-1\")", "closed");
    check(
        "А = Справочники; _Результат = А.Партнеры.ПустаяСсылка()",
        "closed",
    );
    check(
        "Вычислить(\"Справочники.Контрагенты.НайтиПоКоду(\"\"a-1\"\")\")",
        "closed",
    );
    check(
        "Выполнить(\"А = Справочники.Контрагенты.СоздатьЭлемент();\")",
        "closed",
    );
    check("Telegram.Отправить(1002, \"спам\")", "closed");
    check("Telegram.Регистрации(Неопределено)", "closed");
    check("ЧатБоты.shop.Отправить(1002, \"спам\")", "closed");
    check(
        "Попытка Справочники.Партнеры.ПустаяСсылка(); Исключение _Результат = \"нельзя\"; КонецПопытки",
        "нельзя",
    );
    check("Общий.Найти(\"a-1\")", "ООО Альфа");
    check("Общий.Найти(\"a-1\").Код", "A-1");
    check("Общий.Пять() + 1", "6");
    assert_eq!(
        stage.chat("Справочники.Контрагенты.НайтиПоКоду(\"a-1\")"),
        "ООО Альфа"
    );
    stage.caller.party = None;
    // An algorithm is an administrator's, whoever's message started it.
    self::check(
        &stage,
        "_Результат = Справочники.Контрагенты.НайтиПоКоду(\"a-1\")",
        "ООО Альфа",
    );
}

fn finds_ignore_case(db: &Db) {
    let stage = Stage::new(db);
    check(
        &stage,
        "_Результат = Справочники.Контрагенты.НайтиПоНаименованию(\"ооо АЛЬФА\").Код",
        "A-1",
    );
    check(
        &stage,
        "_Результат = Справочники.Контрагенты.НайтиПоНаименованию(\"ооо\").Код",
        "A-1",
    );
    check(
        &stage,
        "_Результат = Справочники.Контрагенты.НайтиПоНаименованию(\"ооо\", Истина).Пустая()",
        "Да",
    );
    check(
        &stage,
        "_Результат = Справочники.Контрагенты.НайтиПоРеквизиту(\"город\", \"МОСКВА\").Код",
        "A-1",
    );
    check(
        &stage,
        "_Результат = Catalogs.Counterparties.FindByAttribute(\"INN\", \"7701234567\").Партнер",
        "Бета",
    );
    check(
        &stage,
        "К = Справочники.Контрагенты.СоздатьЭлемент(); К.Наименование = \"Новый\"; К.Цвет = \"Синий\"; К.Записать(); _Результат = К.Код + К.Ссылка + К.Ссылка.Цвет",
        "000000001НовыйСиний",
    );
    check(
        &stage,
        "_Результат = Справочники.Контрагенты.НайтиПоРеквизиту(\"цвет\", \"СИНИЙ\").Код",
        "000000001",
    );
    check(
        &stage,
        "_Результат = Telegram.Отправить(Справочники.Пользователи.НайтиПоКоду(\"petrov\"), \"Привет\")",
        "1",
    );
}
