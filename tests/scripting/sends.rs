//! `Telegram` and `ЧатБоты`.

use std::time::Duration;

use vestnik::model::{Lane, MessageKind, Moment, OutgoingBody, PartyKind, RichText};

use super::stage::Stage;
use crate::store::{Db, on_both};

on_both!(
    a_party_is_written_to_where_it_is_registered,
    registrations_are_listed
);

/// The sends of a text, one a line: bot, chat, moment, body.
fn sends(stage: &Stage, text: &str) -> String {
    let run = stage.run(text);
    let mut lines = vec![super::stage::shown(&run.outcome.reply)];
    for sent in run.sends {
        assert_eq!(
            (sent.lane, sent.kind),
            (Lane::Background, MessageKind::Manual)
        );
        let when = sent.not_before.map_or(String::new(), |at| at.to_string());
        let body = match sent.body {
            OutgoingBody::Text { text, .. } => text.to_markup().into_owned(),
            OutgoingBody::Files { files, caption, .. } => {
                let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
                let caption = caption.map_or(String::new(), |text: RichText| {
                    text.to_markup().into_owned()
                });
                format!("{names:?}{caption}")
            }
            OutgoingBody::Edit { .. } => "edit".to_owned(),
        };
        lines.push(format!("{} {} {when} {body}", sent.to.bot, sent.to.chat));
    }
    lines.join("\n")
}

fn a_party_is_written_to_where_it_is_registered(db: &Db) {
    let stage = Stage::new(db);
    let check = |text: &str, expected: &str| assert_eq!(sends(&stage, text), expected, "{text}");
    let petr = "П = Справочники.Пользователи.НайтиПоКоду(\"petrov\"); ";
    check(
        &format!("{petr}_Результат = Telegram.Отправить(П, \"<b>а</b>\")"),
        "1\nmain 1002  <b>а</b>",
    );
    check(
        &format!("{petr}_Результат = Telegram.Send(П, 5, Новый Структура(\"Бот\", \"SHOP\"))"),
        "1\nshop 1002  5",
    );
    check(
        &format!("{petr}_Результат = ЧатБоты.Shop.Отправить(П, \"а\")"),
        "1\nshop 1002  а",
    );
    check(
        &format!(
            "{petr}_Результат = ChatBots[\"shop\"].Send(П, \"а\") + ЧатБоты.main.Отправить(1, \"б\")"
        ),
        "2\nshop 1002  а\nmain 1  б",
    );
    check(
        "_Результат = Telegram.Отправить(-100500, \"а\")",
        "1\nmain -100500  а",
    );
    check(
        "_Результат = Telegram.Отправить(_ДанныеДляОбработки.КлючЧата, \"а\")",
        "1\nmain 1001  а",
    );
    check(
        "Т = \"\"; Для Каждого Б Из ЧатБоты Цикл Т = Т + Б.Код + \" \" + Б + \";\"; КонецЦикла; _Результат = Т",
        "main main;shop shop;",
    );
    // Wall-clock time of Moscow.
    check(
        "Telegram.Отправить(5, \"а\", Новый Структура(\"Когда\", '20240507100000'))",
        &format!("—\nmain 5 {} а", Moment(1_715_065_200_000_000)),
    );
    check(
        "Ф = Новый Массив; Д = ПолучитьДвоичныеДанныеИзСтроки(\"т\"); Ф.Добавить(Новый Структура(\"Имя, Данные\", \"a.txt\", Д)); Ф.Добавить(Новый Структура(\"Имя, ДвоичныеДанные\", \"b.txt\", Д)); Telegram.Отправить(5, \"Вот\", Новый Структура(\"Файлы\", Ф))",
        "—\nmain 5  [\"a.txt\", \"b.txt\"]Вот",
    );
    // A text that is no caption goes before.
    let long = "а".repeat(1_025);
    check(
        &format!(
            "Telegram.Отправить(5, \"{long}\", Новый Структура(\"Файлы\", ПолучитьДвоичныеДанныеИзСтроки(\"т\")))"
        ),
        &format!("—\nmain 5  {long}\nmain 5  [\"файл.txt\"]"),
    );

    check(
        "Telegram.Отправить(Справочники.Контрагенты.НайтиПоКоду(\"A-1\"), \"а\")",
        "!{Проба(1)}: «ООО Альфа»: в боте «main» нет ни одной регистрации",
    );
    check(
        "Telegram.Отправить(Справочники.Контрагенты.ПустаяСсылка(), \"а\")",
        "!{Проба(1)}: Пустая ссылка: в боте «main» нет ни одной регистрации",
    );
    check(
        "Telegram.Отправить(5, \"а\", Новый Структура(\"Бот\", \"нет\"))",
        "!{Проба(1)}: Бот «нет» не найден",
    );
    check("А = ЧатБоты.нет", "!{Проба(1)}: Бот «нет» не найден");
    check(
        "Telegram.Отправить(5, \"\")",
        "!{Проба(1)}: Нечего отправлять: текст пуст и файлов нет",
    );
    check(
        "Telegram.Отправить(\"чат\", \"а\")",
        "!{Проба(1)}: Несоответствие типов (параметр номер '1')",
    );
    check(
        "Telegram.Отправить(5, \"а\", Новый Структура(\"Кагда\", 1))",
        "!{Проба(1)}: Параметр «кагда» неизвестен: есть Бот, Когда, Файлы, Кнопки",
    );
    check(
        "Telegram.Отправить(5, \"а\", Новый Структура(\"Кнопки\", 1))",
        "!{Проба(1)}: Кнопки — это Массив или СписокЗначений, а не значение типа «Число»",
    );
    check(
        "Попытка Telegram.Отправить(5, \"а\", Новый Структура(\"Бот\", \"нет\")) Исключение КонецПопытки; _Результат = 1",
        "1",
    );
    check(
        "Для А = 1 По 1001 Цикл Telegram.Отправить(5, А) КонецЦикла",
        "!{Проба(1)}: За один запуск алгоритм отправляет не больше 1000 сообщений",
    );
    // An error sends nothing.
    check(
        "Telegram.Отправить(5, \"а\"); ВызватьИсключение \"Нельзя\"",
        "!{Проба(1)}: Нельзя",
    );
}

fn registrations_are_listed(db: &Db) {
    let stage = Stage::new(db).with_party(PartyKind::User, "petrov");
    let list = "Т = \"\"; Для Каждого Р Из Telegram.Регистрации({}) Цикл Т = Т + Р.Бот + Формат(Р.КлючЧата, \"ЧГ=0\") + \" \"; КонецЦикла; _Результат = Т";
    let of = |who: &str| sends(&stage, &list.replace("{}", who));
    assert_eq!(of("_Исполнитель"), "main1002 shop1002 ");
    assert_eq!(of("Справочники.Контрагенты.НайтиПоКоду(\"G\")"), "—");
    assert_eq!(
        of("1"),
        "!{Проба(1)}: Несоответствие типов (параметр номер '1')"
    );
}

#[test]
fn a_message_to_the_own_topic_stays_in_it() {
    let mut stage = Stage::sqlite();
    stage.caller.thread = Some(7);
    let run = stage.run("Telegram.Отправить(1001, 1); Telegram.Отправить(1002, 1); Telegram.Отправить(1001, 1, Новый Структура(\"Бот\", \"shop\"))");
    let threads: Vec<Option<i64>> = run.sends.iter().map(|sent| sent.to.thread).collect();
    assert_eq!(threads, [Some(7), None, None]);
}

/// What is collected to be sent is held by the run: by its limit, and by the machine's memory.
#[test]
fn what_is_to_be_sent_is_in_the_account_of_the_run() {
    const MB: usize = 1 << 20;
    let mut stage = Stage::sqlite();
    stage.services.limits.time = Duration::from_secs(3600);
    let long = |times: u32| {
        format!(
            "С = \"а\"; Для Н = 1 По {times} Цикл С = С + С; КонецЦикла; Д = ПолучитьДвоичныеДанныеИзСтроки(С);"
        )
    };
    let memory = format!(
        "превышен объем памяти: {} МБ (scripts.memory_mb)",
        stage.services.limits.memory / MB
    );
    let buttons =
        "К = Новый Массив; Для Н = 1 По 50 Цикл К.Добавить(Лев(С, 100000) + Н); КонецЦикла;";
    for (times, call) in [
        (19, "Telegram.Отправить(1001, С)"),
        (19, "Telegram.Отправить(1001, С + \"<b>\" + \"</b>\")"),
        (
            22,
            "Telegram.Отправить(1001, \"\", Новый Структура(\"Файлы\", Д))",
        ),
        (
            19,
            "Telegram.Отправить(1001, С, Новый Структура(\"Файлы\", Д))",
        ),
        (
            17,
            "Telegram.Отправить(1001, \"выбор\", Новый Структура(\"Кнопки\", К))",
        ),
    ] {
        let buttons = if call.contains("Кнопки") {
            buttons
        } else {
            ""
        };
        let text = format!(
            "{} {buttons} Для Й = 1 По 1000 Цикл {call}; КонецЦикла",
            long(times)
        );
        let run = stage.run(&text);
        let said = super::stage::shown(&run.outcome.reply);
        assert!(said.contains(&memory), "{call}: {said}");
        assert!(run.memory > 0, "the tests count what they allocate");
        assert!(run.memory < 176 * MB, "{call}: {} MB", run.memory / MB);
        assert!(run.sends.is_empty() && run.offers.is_empty());
    }
    let run = stage.run(&format!("{} Telegram.Отправить(1001, С)", long(22)));
    assert_eq!(
        super::stage::shown(&run.outcome.reply),
        "!{Проба(1)}: Текст сообщения длиннее 1000000 символов: такой отправляют файлом"
    );
}

/// One message to many chats is a copy for each.
#[test]
fn copies_for_chats_are_in_the_account() {
    let mut stage = Stage::sqlite();
    stage.services.limits.time = Duration::from_secs(3600);
    let crowd = super::stage::party(vestnik::model::PartyKind::User, "crowd", "Толпа");
    let links: Vec<_> = (0..400)
        .map(|chat| super::stage::registration("main", 50_000 + chat, &crowd))
        .collect();
    stage
        .store
        .write_blocking(move |c| {
            vestnik::store::parties::put(c, &crowd)?;
            for link in &links {
                vestnik::store::registrations::register(
                    c,
                    vestnik::model::Channel::Telegram,
                    link,
                    super::stage::NOW,
                    &vestnik::store::By::System,
                )?;
            }
            Ok(())
        })
        .expect("filled");
    let run = stage.run(
        "С = \"а\"; Для Н = 1 По 19 Цикл С = С + С; КонецЦикла; Telegram.Отправить(Справочники.Пользователи.НайтиПоКоду(\"crowd\"), С)",
    );
    let said = super::stage::shown(&run.outcome.reply);
    assert!(said.contains("превышен объем памяти"), "{said}");
    assert!(run.memory < 176 << 20, "{} MB", run.memory >> 20);
}
