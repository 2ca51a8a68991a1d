//! One transaction under the write lease, optimistic locks, limits, HTTP.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use vestnik::model::{PartyKind, ScriptFailure, ScriptProgram, ScriptReply};
use vestnik::scripting::http::{AllowList, HttpLimits, Transport};
use vestnik::store::{StoreError, audit, meta, parties};

use super::stage::{Stage, party, shown};
use crate::store::{Db, on_both};

on_both!(
    what_is_written_waits_for_the_commit,
    an_error_undoes_all,
    an_object_that_somebody_else_wrote_is_not_overwritten,
    two_runs_cannot_take_the_same,
    a_run_that_holds_the_lease_too_long_is_undone,
    a_node_without_the_lease_writes_nothing,
);

const CREATE: &str = "О = Справочники.Контрагенты.СоздатьЭлемент(); О.Наименование = \"Новый\"; О.ИНН = \"5\"; О.Записать(); ";

fn exists(stage: &Stage, name: &'static str) -> bool {
    let found = stage
        .store
        .read_blocking(move |c| parties::find_by_name(c, PartyKind::Counterparty, name, true));
    found.expect("read").is_some()
}

fn what_is_written_waits_for_the_commit(db: &Db) {
    let stage = Stage::new(db);
    // Own writes are seen at once, by every way of reading.
    let run = stage.run(&format!("{CREATE} Telegram.Отправить(5, \"а\"); К = Справочники.Контрагенты; _Результат = К.НайтиПоРеквизиту(\"ИНН\", \"5\").Код + К.НайтиПоНаименованию(\"новый\").Код"));
    assert_eq!(shown(&run.outcome.reply), "000000001000000001");
    assert_eq!(run.sends.len(), 1);
    assert!(!exists(&stage, "Новый"));
    let mut lent = run.lent.expect("it wrote");
    // The caller writes the answer through the same lease.
    lent.run(|c| meta::set(c, "answer", "1")).expect("written");
    lent.commit().expect("committed");
    assert!(exists(&stage, "Новый"));
    let rows = stage
        .store
        .read_blocking(|c| audit::list(c, Some("counterparty:000000001"), None, 10));
    let rows = rows.expect("read");
    assert_eq!((rows.len(), rows[0].by.as_str()), (1, "script:Проба"));
    assert!(
        stage.run("_Результат = 1").lent.is_none(),
        "a run that only reads takes no lease"
    );
}

fn an_error_undoes_all(db: &Db) {
    let stage = Stage::new(db);
    let run = stage.run(&format!("{CREATE} А = 1 / 0;"));
    assert_eq!(shown(&run.outcome.reply), "!{Проба(1)}: Деление на 0");
    assert!(run.lent.is_none() && run.sends.is_empty());
    assert!(!exists(&stage, "Новый"));
    // The writer goes on.
    assert_eq!(
        stage.say(&format!("{CREATE} _Результат = О.Код")),
        "000000001"
    );
    // A write that failed and was caught leaves the rest.
    let text = "А = Справочники.Контрагенты.СоздатьЭлемент(); А.Наименование = \"Раз\"; А.Записать();
        Попытка Б = Справочники.Контрагенты.СоздатьЭлемент(); Б.Код = А.Код; Б.Наименование = \"Два\"; Б.Записать(); Исключение КонецПопытки; _Результат = 1";
    assert_eq!(stage.say(text), "1");
    assert!(exists(&stage, "Раз") && !exists(&stage, "Два"));
}

fn an_object_that_somebody_else_wrote_is_not_overwritten(db: &Db) {
    let stage = Stage::new(db);
    // The program reads, then waits on the network, and meanwhile a person changes the party.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let store = stage.store.clone();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a call");
        let mut request = [0; 4096];
        let length = stream.read(&mut request).expect("a request");
        let mut changed = party(PartyKind::Counterparty, "G", "Гамма-2");
        changed.deleted = true;
        store
            .write_blocking(move |c| parties::put(c, &changed))
            .expect("written");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            .expect("answered");
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let mut stage = stage;
    stage.services.transport = Transport::new(
        AllowList::new(&[format!("127.0.0.1:{port}")]),
        HttpLimits::default(),
    );
    let text = format!(
        "О = Справочники.Контрагенты.НайтиПоКоду(\"G\").ПолучитьОбъект();
        С = Новый HTTPСоединение(\"127.0.0.1\", {port}); О.Наименование = С.Получить(Новый HTTPЗапрос(\"/\")).ПолучитьТелоКакСтроку();
        О.Записать()"
    );
    let run = stage.run(&text);
    assert_eq!(
        shown(&run.outcome.reply),
        "!{Проба(3)}: Не удалось записать: «Контрагенты: ok»!\nпо причине:\nОперация не может быть выполнена из-за несоответствия версии или отсутствия записи базы данных (возможно, запись была изменена или удалена)"
    );
    let request = server.join().expect("served").to_lowercase();
    assert!(
        request.contains("idempotency-key: vestnik-77-5-1\r\n"),
        "{request}"
    );
    assert!(
        run.trace
            .contains(&format!("HTTP GET 127.0.0.1:{port} — 200")),
        "{:?}",
        run.trace
    );
    assert!(exists(&stage, "Гамма-2"));
    // Read anew it can be written.
    assert_eq!(stage.say("О = Справочники.Контрагенты.НайтиПоКоду(\"G\").ПолучитьОбъект(); О.Записать(); О.Прочитать(); О.Записать(); _Результат = О"), "Гамма-2");
}

/// Two presses on one free slot: one gets it, the other reads the algorithm's own refusal.
fn two_runs_cannot_take_the_same(db: &Db) {
    let stage = Stage::new(db);
    let take = "О = Справочники.Контрагенты.НайтиПоКоду(\"G\").ПолучитьОбъект();
        Попытка О.Занято = \"да\"; О.Записать(); _Результат = \"Ваше\"; Исключение _Результат = \"Занято\"; КонецПопытки;";
    let library = stage.library(&[("Проба", false, take)]);
    let start = std::sync::Barrier::new(4);
    let answers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let run = stage.run_in(
                        &library,
                        ScriptProgram::Algorithm("Проба".into()),
                        Vec::new(),
                    );
                    let answer = shown(&run.outcome.reply);
                    if let Some(lent) = run.lent {
                        lent.commit().expect("committed");
                    }
                    answer
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("ran"))
            .collect()
    });
    let reference = party(PartyKind::Counterparty, "G", "").reference;
    let stored = stage
        .store
        .read_blocking(move |c| parties::versioned(c, &reference));
    let (_, version) = stored.expect("read").expect("there");
    let won = answers.iter().filter(|answer| *answer == "Ваше").count();
    assert_eq!(
        version,
        1 + won as i64,
        "each that was told so has written: {answers:?}"
    );
    assert!(
        won >= 1
            && answers
                .iter()
                .all(|answer| answer == "Ваше" || answer == "Занято"),
        "{answers:?}"
    );
}

fn a_run_that_holds_the_lease_too_long_is_undone(db: &Db) {
    let mut stage = Stage::new(db);
    stage.services.limits.write_limit = Duration::from_millis(20);
    for rest in [
        "Пока Истина Цикл КонецЦикла",
        "Попытка Пока Истина Цикл КонецЦикла Исключение КонецПопытки",
    ] {
        let run = stage.run(&format!("{CREATE} {rest}"));
        assert_eq!(
            limit(&run.outcome.reply),
            "запись длилась дольше 20 мс и отменена (scripts.write_limit_ms)",
            "{rest}"
        );
        assert!(run.lent.is_none());
    }
    assert!(!exists(&stage, "Новый"));
    stage
        .store
        .write_blocking(|c| meta::set(c, "a", "1"))
        .expect("the writer goes on");
}

fn a_node_without_the_lease_writes_nothing(db: &Db) {
    let stage = Stage::new(db);
    stage.store.set_epoch(None);
    let run = stage.run(CREATE);
    let expected = StoreError::LeaseLost.to_string();
    assert!(
        shown(&run.outcome.reply).contains(&expected),
        "{:?}",
        run.outcome.reply
    );
}

#[test]
fn the_network_is_refused_after_a_write() {
    let mut stage = Stage::sqlite();
    stage.services.limits.write_limit = Duration::from_secs(60);
    let call = "С = Новый HTTPСоединение(\"127.0.0.1\", 1); С.Получить(Новый HTTPЗапрос(\"/\"));";
    let said = stage.say(&format!(
        "{CREATE} Попытка {call} Исключение _Результат = ОписаниеОшибки(); КонецПопытки"
    ));
    assert!(said.contains("после записи не разрешено"), "{said}");
    let said = stage.say(call);
    assert!(said.contains("нет в списке http_allow"), "{said}");
}

#[test]
fn limits_say_which_it_was() {
    let mut stage = Stage::sqlite();
    stage.services.limits.instructions = 100_000;
    let endless = "Пока Истина Цикл КонецЦикла";
    let check = |stage: &Stage, text: &str, expected: &str| {
        assert_eq!(limit(&stage.run(text).outcome.reply), expected, "{text}");
    };
    check(
        &stage,
        endless,
        "превышено число операций: 100000 (scripts.instructions)",
    );
    stage.services.limits.instructions = u64::MAX;
    stage.services.limits.time = Duration::from_millis(50);
    check(
        &stage,
        endless,
        "превышено время выполнения: 0.05 с (scripts.time_ms)",
    );
    stage.services.limits.time = Duration::from_secs(60);
    stage.services.limits.memory = 1 << 20;
    check(
        &stage,
        "А = \"а\"; Пока Истина Цикл А = А + А; КонецЦикла",
        "превышен объем памяти: 1 МБ (scripts.memory_mb)",
    );
    check(
        &stage,
        "Процедура А() А() КонецПроцедуры А()",
        "Переполнение стека: слишком глубокая вложенность вызовов",
    );
}

#[test]
fn a_cancelled_run_ends() {
    let stage = Stage::sqlite();
    let library = stage.library(&[("Проба", false, "Пока Истина Цикл КонецЦикла")]);
    let control = vestnik::scripting::Control::default();
    control
        .cancel
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let request = vestnik::model::ScriptRequest {
        program: ScriptProgram::Algorithm("Проба".into()),
        text: String::new(),
        keyword: String::new(),
        history: Vec::new(),
    };
    let run = vestnik::scripting::run(&stage.services, &library, &request, &stage.caller, &control);
    assert_eq!(limit(&run.outcome.reply), "Выполнение отменено");
}

/// What a limit tells whoever may change it.
fn limit(reply: &Result<ScriptReply, ScriptFailure>) -> &str {
    match reply {
        Err(ScriptFailure::Limit { whole, .. }) => whole,
        other => panic!("no limit: {other:?}"),
    }
}
