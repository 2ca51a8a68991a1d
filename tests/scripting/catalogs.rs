//! `Справочники`: finds, references, objects, selections, types.

use diesel::prelude::*;
use vestnik::model::{AttributeValue, PartyKind};
use vestnik::store::parties;

use super::stage::{Stage, party};
use crate::store::{Db, on_both};

on_both!(
    finds_ignore_case,
    names_are_found_by_their_beginning,
    references_are_values,
    an_empty_reference_has_empty_attributes,
    objects_are_made_and_changed,
    new_codes_go_on_behind_the_greatest,
    a_selection_walks_all,
    old_rows_are_folded_when_the_store_opens,
);

fn check(stage: &Stage, text: &str, expected: &str) {
    assert_eq!(stage.say(text), expected, "{text}");
}

fn finds_ignore_case(db: &Db) {
    let stage = Stage::new(db);
    let find = |call: &str, expected: &str| {
        check(
            &stage,
            &format!("_Результат = Справочники.Контрагенты.{call}.Код"),
            expected,
        );
    };
    find("НайтиПоКоду(\"a-1\")", "A-1");
    find("НайтиПоКоду(\" A-1 \")", "A-1");
    find("НайтиПоКоду(\"нет\")", "—");
    find("НайтиПоКоду(\"\")", "—");
    find("НайтиПоНаименованию(\"ооо АЛЬФА\", Истина)", "A-1");
    find("НайтиПоНаименованию(\"нет\", Истина)", "—");
    find("НайтиПоРеквизиту(\"инн\", \"7701234567\")", "A-1");
    find("НайтиПоРеквизиту(\"INN\", \"7701234567\")", "A-1");
    find("НайтиПоРеквизиту(\"город\", \"МОСКВА\")", "A-1");
    find("НайтиПоРеквизиту(\"Скидка\", 12.5)", "A-1");
    find(
        "НайтиПоРеквизиту(\"Партнер\", Справочники.Партнеры.НайтиПоКоду(\"000000001\"))",
        "A-1",
    );
    find("НайтиПоРеквизиту(\"КПП\", \"нет\")", "—");
    find("НайтиПоРеквизиту(\"ИНН\", Неопределено)", "—");
    find("НайтиПоРеквизиту(\"Наименование\", \"гамма\")", "G");
    find("НайтиПоРеквизиту(\"Code\", \"g\")", "G");
    check(
        &stage,
        "_Результат = Справочники.Контрагенты.НайтиПоРеквизиту(\"Цвет\", 1)",
        "!{Проба(1)}: Реквизит «Цвет» не найден: его нет ни у одного элемента справочника «Контрагенты»",
    );
    check(
        &stage,
        "_Результат = Catalogs.Partners.FindByCode(\"000000001\").Description",
        "Бета",
    );
    check(
        &stage,
        "_Результат = Справочники.Партнеры.НайтиПоКоду(\"A-1\").Пустая()",
        "Да",
    );
    check(
        &stage,
        "_Результат = Справочники.Заказы",
        "!{Проба(1)}: Поле объекта не обнаружено (Заказы)",
    );
}

fn names_are_found_by_their_beginning(db: &Db) {
    let stage = Stage::new(db);
    let mut long = party(PartyKind::Counterparty, "L", &"Длинное ".repeat(60));
    long.name.push_str("конец");
    let percent = party(PartyKind::Counterparty, "P", "100%_скидка");
    stage
        .store
        .write_blocking(move |c| {
            parties::put(c, &long)?;
            parties::put(c, &percent)
        })
        .expect("written");
    let find = |name: &str, expected: &str| {
        let text = format!("_Результат = Справочники.Контрагенты.НайтиПоНаименованию({name}).Код");
        check(&stage, &text, expected);
    };
    find("\"ооо\"", "A-1");
    find("\"гам\"", "G");
    find("\"\"", "—");
    find("\"льфа\"", "—");
    find("\"100%\"", "P");
    find("\"100_\"", "—");
    find("\"%\"", "—");
    find("\"длинное длинное\"", "L");
    // Longer than the index holds.
    check(
        &stage,
        "Д = \"\"; Для Н = 1 По 60 Цикл Д = Д + \"длинное \"; КонецЦикла;
        К = Справочники.Контрагенты;
        _Результат = К.НайтиПоНаименованию(Д + \"Конец\", Истина).Код + К.НайтиПоНаименованию(Д + \"иное\", Истина).Код + К.НайтиПоНаименованию(Д + \"кон\").Код",
        "LL",
    );
}

fn references_are_values(db: &Db) {
    let stage = Stage::new(db).with_party(PartyKind::User, "ivanov");
    let yes = |text: &str| check(&stage, text, "Да");
    yes(
        "А = Справочники.Контрагенты; _Результат = А.НайтиПоКоду(\"A-1\") = А.НайтиПоРеквизиту(\"ИНН\", \"7701234567\")",
    );
    yes("А = Справочники.Контрагенты; _Результат = А.НайтиПоКоду(\"A-1\") <> А.НайтиПоКоду(\"G\")");
    yes(
        "_Результат = Справочники.Контрагенты.ПустаяСсылка() <> Справочники.Партнеры.ПустаяСсылка()",
    );
    yes(
        "К = Новый Соответствие; К.Вставить(Справочники.Контрагенты.НайтиПоКоду(\"A-1\"), Истина); _Результат = К[Справочники.Контрагенты.НайтиПоКоду(\"a-1\")]",
    );
    yes(
        "_Результат = ЗначениеЗаполнено(Справочники.Контрагенты.НайтиПоКоду(\"A-1\")) И Не ЗначениеЗаполнено(Справочники.Контрагенты.ПустаяСсылка())",
    );
    yes("_Результат = _Исполнитель = Справочники.Пользователи.НайтиПоКоду(\"ivanov\")");
    yes("_Результат = _Исполнитель.Ссылка = _Исполнитель");
    yes(
        "_Результат = ТипЗнч(Справочники.Контрагенты.СоздатьЭлемент()) = Тип(\"СправочникОбъект.Контрагенты\")",
    );
    yes("_Результат = ТипЗнч(Справочники.Контрагенты) = Тип(\"CatalogManager.Counterparties\")");
    yes(
        "Т = Новый ОписаниеТипов(\"СправочникСсылка.Контрагенты\"); _Результат = Т.СодержитТип(Тип(\"СправочникСсылка.Контрагенты\"))",
    );
    check(&stage, "_Результат = ТипЗнч(_Исполнитель)", "Пользователь");
    check(
        &stage,
        "_Результат = \"\" + Справочники.Контрагенты.НайтиПоКоду(\"A-1\")",
        "ООО Альфа",
    );
    check(
        &stage,
        "_Исполнитель.Код = 1",
        "!{Проба(1)}: Поле объекта недоступно для записи (Код)",
    );
    let gone = Stage::sqlite().with_party(PartyKind::User, "gone");
    check(
        &gone,
        "_Результат = _Исполнитель",
        "&lt;Объект не найден&gt; (gone)",
    );
}

fn an_empty_reference_has_empty_attributes(db: &Db) {
    let stage = Stage::new(db);
    let field = |name: &str, expected: &str| {
        let text = format!("_Результат = Справочники.Контрагенты.ПустаяСсылка().{name}");
        check(&stage, &text, expected);
    };
    field("ИНН", "—");
    field("Код", "—");
    field("ПометкаУдаления", "Нет");
    field("Партнер.Код", "—");
    field("Скидка", "0");
    field("город", "—");
    field("Ссылка.Пустая()", "Да");
    field("ПолучитьОбъект()", "—");
    field("Цвет", "!{Проба(1)}: Поле объекта не обнаружено (Цвет)");
    check(
        &stage,
        "_Результат = Справочники.Контрагенты.НайтиПоКоду(\"G\").Скидка",
        "0",
    );
    check(
        &stage,
        "_Результат = Справочники.Контрагенты.НайтиПоКоду(\"A-1\").Скидка + 1",
        "13,5",
    );
}

fn objects_are_made_and_changed(db: &Db) {
    let stage = Stage::new(db);
    check(
        &stage,
        "О = Справочники.Контрагенты.СоздатьЭлемент();
        Был = О.ЭтоНовый() И О.Ссылка.Пустая();
        О.Наименование = \"Новый\"; О.ИНН = \"1\"; О.ЛюбимыйЦвет = \"Синий\"; О.Создан = '20240102030405';
        О.Партнер = Справочники.Партнеры.НайтиПоКоду(\"000000001\"); О.Важный = Истина; О.Долг = 0.1;
        О.Записать();
        _Результат = СтрШаблон(\"%1 %2 %3 %4 %5\", Был, О.ЭтоНовый(), О.Код, О.Ссылка, О.Ссылка.Долг)",
        "Да Нет 000000001 Новый 0,1",
    );
    let reference = party(PartyKind::Counterparty, "000000001", "").reference;
    let stored = stage
        .store
        .read_blocking(move |c| parties::versioned(c, &reference));
    let (stored, version) = stored.expect("read").expect("there");
    let attribute = |name: &str| stored.attributes.get(name).cloned();
    assert_eq!((stored.name.as_str(), version), ("Новый", 1));
    assert_eq!(attribute("inn"), Some(AttributeValue::Text("1".into())));
    // The author's own spelling, though programs compare names without case.
    assert_eq!(
        attribute("ЛюбимыйЦвет"),
        Some(AttributeValue::Text("Синий".into()))
    );
    assert_eq!(
        attribute("Создан"),
        Some(AttributeValue::Date("2024-01-02T03:04:05".into()))
    );
    assert_eq!(
        attribute("Долг"),
        Some(AttributeValue::Number("0.1".into()))
    );
    check(
        &stage,
        "О = Справочники.Контрагенты.НайтиПоРеквизиту(\"любимыйцвет\", \"синий\").ПолучитьОбъект();
        О.любимыйцвет = \"Красный\"; О.Важный = Неопределено; О.Записать(); О.УстановитьПометкуУдаления();
        _Результат = СтрШаблон(\"%1 %2 %3\", О.Ссылка.ЛюбимыйЦвет, О.Ссылка.ПометкаУдаления, О.Ссылка.Создан)",
        "Красный Да 02.01.2024 3:04:05",
    );
    check(
        &stage,
        "О = Справочники.Контрагенты.СоздатьЭлемент(); О.Код = \"a-1\"; О.Записать()",
        "!{Проба(1)}: Не удалось записать: «Контрагенты: »!\nпо причине:\nЗначение поля «Код» не уникально",
    );
    check(
        &stage,
        "О = Справочники.Контрагенты.НайтиПоКоду(\"G\").ПолучитьОбъект(); О.Код = \"H\"",
        "!{Проба(1)}: Код записанного элемента не меняется: по нему его знают чаты и файлы",
    );
    check(
        &stage,
        "О = Справочники.Контрагенты.СоздатьЭлемент(); О.Список = Новый Массив",
        "!{Проба(1)}: Значение типа «Массив» нельзя записать в реквизит «Список»",
    );
    check(
        &stage,
        "О = Справочники.Контрагенты.СоздатьЭлемент(); О.Ссылка = 1",
        "!{Проба(1)}: Поле объекта недоступно для записи (Ссылка)",
    );
}

fn new_codes_go_on_behind_the_greatest(db: &Db) {
    let stage = Stage::new(db);
    let create = "О = Справочники.Партнеры.СоздатьЭлемент(); О.Записать(); _Результат = О.Код";
    check(&stage, create, "000000002");
    check(&stage, create, "000000003");
    let given = party(PartyKind::Partner, "000000004", "Дан");
    let other = party(PartyKind::Partner, "000000009", "Дан");
    stage
        .store
        .write_blocking(move |c| parties::put(c, &given).and_then(|()| parties::put(c, &other)))
        .expect("written");
    check(&stage, create, "000000010");
    check(&stage, create, "000000011");
}

fn a_selection_walks_all(db: &Db) {
    let stage = Stage::new(db);
    stage
        .store
        .write_blocking(|c| {
            for number in 0..1_203 {
                parties::put(c, &party(PartyKind::Partner, &format!("p{number:05}"), "П"))?;
            }
            Ok(())
        })
        .expect("written");
    let count = "Ч = 0; В = Справочники.Партнеры.Выбрать(); Пока В.Следующий() Цикл Ч = Ч + ?(В.Наименование = \"П\", 1, 0); КонецЦикла; _Результат = Ч;";
    check(&stage, count, "1\u{a0}203");
    let count = "Ч = 0; Для Каждого П Из Справочники.Партнеры.Выбрать() Цикл Ч = Ч + ?(ЗначениеЗаполнено(П.Ссылка), 1, 0); КонецЦикла; _Результат = Ч;";
    check(&stage, count, "1\u{a0}204");
    check(
        &stage,
        "В = Справочники.Контрагенты.Выбрать(); Т = \"\"; Пока В.Следующий() Цикл Т = Т + В.Код + В.ПолучитьОбъект().ИНН + \" \"; КонецЦикла; _Результат = СокрЛП(Т) + В.Следующий();",
        "A-17701234567 GНет",
    );
}

fn old_rows_are_folded_when_the_store_opens(db: &Db) {
    drop(Stage::new(db));
    // As a database of before the migration is right after it.
    let url = db.url();
    let forget = "update parties set code_key = null, name_key = null; update party_attributes set name_key = null, value_folded = null";
    for statement in forget.split(';') {
        let query = diesel::sql_query(statement);
        let done = match url.strip_prefix("sqlite:") {
            Some(file) => query.execute(&mut SqliteConnection::establish(file).expect("open")),
            None => query.execute(&mut PgConnection::establish(url).expect("open")),
        };
        assert!(done.expect("done") > 0);
    }
    let store = db.open();
    let found = store.read_blocking(|c| {
        let kind = PartyKind::Counterparty;
        let code = parties::find_by_code(c, kind, "a-1")?;
        let name = parties::find_by_name(c, kind, "ооо альфа", true)?;
        let attribute = parties::find_by_attribute(c, kind, "ГОРОД", "москва", 2)?;
        Ok((code, name, attribute.into_iter().next()))
    });
    let (code, name, attribute) = found.expect("read");
    let alpha = Some(party(PartyKind::Counterparty, "A-1", "").reference);
    assert_eq!(
        (code, name, attribute),
        (alpha.clone(), alpha.clone(), alpha)
    );
}

/// A find reads as many rows as it gives, however many there are.
#[test]
fn finds_use_an_index() {
    let db = Db::sqlite();
    drop(Stage::new(&db));
    let file = db.url().trim_start_matches("sqlite:").to_owned();
    let mut connection = SqliteConnection::establish(&file).expect("open");
    let mut plan = |query: &str| -> String {
        #[derive(QueryableByName)]
        struct Step {
            #[diesel(sql_type = diesel::sql_types::Text)]
            detail: String,
        }
        let steps: Vec<Step> = diesel::sql_query(format!("explain query plan {query}"))
            .load(&mut connection)
            .expect("a plan");
        steps.into_iter().map(|step| step.detail).collect()
    };
    let check = |plan: String, index: &str| assert!(plan.contains(index), "{plan}");
    check(
        plan(
            "select code, value from party_attributes where name_key = 'a:b' and value_folded = 'c' order by code limit 50",
        ),
        "party_attributes_key (name_key=? AND value_folded=?)",
    );
    check(
        plan(
            "select code, name from parties where name_key >= 'a:b' and name_key < 'a:c' order by name_key, code limit 50",
        ),
        "parties_name_key (name_key>? AND name_key<?)",
    );
    check(
        plan("select code from parties where code_key = 'a:b' order by code"),
        "parties_code_key (code_key=?)",
    );
}
