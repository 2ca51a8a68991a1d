//! Algorithms: what one writes, its answer and "done" are one transaction, whatever happens.

use super::child::World;
use super::on_both;

on_both!(
    every_step_with_an_algorithm,
    two_chats_one_slot,
    a_hang_ends_at_its_limit,
    a_hang_at_the_end_is_a_try,
    a_hang_that_writes_ends_the_process,
    writers_beside_keywords
);

/// Creates a counterparty per message and tells its number.
const CREATE: &str = "Клиент = Справочники.Контрагенты.СоздатьЭлемент();
Клиент.Наименование = \"Клиент чата\";
Клиент.Записать();
_Результат = \"Создан \" + Клиент.Код;
";

/// Takes the slot unless somebody has it: the check is made under the write lease.
const SLOT: &str = "Слот = Справочники.Контрагенты.НайтиПоКоду(\"слот\").ПолучитьОбъект();
Слот.Записать();
Слот = Слот.Ссылка.ПолучитьОбъект();
Если ЗначениеЗаполнено(Слот.ИНН) Тогда
	_Результат = \"Занято\";
Иначе
	Слот.ИНН = _ДанныеДляОбработки.КлючЧата;
	Слот.Записать();
	_Результат = \"Ваш\";
КонецЕсли;
";

/// A world whose bot runs this algorithm for the word «Создать».
fn world(db: crate::store::Db, source: &str) -> World {
    let world = World::new(db, 1);
    let org = |path: &str| world.db.path(&format!("org/{path}"));
    std::fs::create_dir_all(org("algorithms")).expect("a folder");
    std::fs::write(org("algorithms/Создать.bsl"), source).expect("written");
    std::fs::write(
        org("algorithms.toml"),
        "[[algorithm]]\nname = \"Создать\"\nfile = \"algorithms/Создать.bsl\"\n",
    )
    .expect("written");
    std::fs::write(
        org("parties.toml"),
        "[[counterparty]]\ncode = \"слот\"\nname = \"Слот\"\n",
    )
    .expect("written");
    let file = world.bot_file(world.bot());
    let bot = std::fs::read_to_string(&file).expect("there");
    std::fs::write(
        &file,
        bot + "[[keyword]]\nwords = \"Создать\"\nkind = \"algorithm\"\nalgorithm = \"Создать\"\n",
    )
    .expect("written");
    world
}

fn created(world: &World) -> i64 {
    world.count("select count(*) as n from parties where name = 'Клиент чата'")
}

/// Exactly one counterparty per message, at whatever step the process was killed.
fn every_step_with_an_algorithm(db: crate::store::Db) {
    let mut world = world(db, CREATE);
    let bot = world.bot();
    let points = [
        "received",
        "handler",
        "in-commit",
        "committed",
        "script-ran",
        "script-ran:2",
        "in-commit:2",
        "in-commit:3",
        "committed:2",
        "before-send",
        "after-send",
        "marked",
    ];
    for point in points {
        for _ in 0..2 {
            for chat in 1..=3 {
                world.say(bot, 1_000 + chat, "Создать");
            }
        }
        let server = world.serve_to(point);
        let name = point.split(':').next().unwrap_or(point);
        server.wait_for(&format!("held at {name}"));
        server.kill();
        let server = world.serve();
        world.wait_answered(&server);
        world.wait_settled(&server);
        server.kill();
        assert_eq!(
            created(&world),
            i64::try_from(world.said()).expect("few"),
            "after {point}"
        );
    }
    world.check();
}

/// Two chats press the same free slot at the same moment: one gets it, the other reads the algorithm's
/// own refusal.
fn two_chats_one_slot(db: crate::store::Db) {
    let mut world = world(db, SLOT);
    let bot = world.bot();
    for chat in 1..=8 {
        world.say(bot, 1_000 + chat, "Создать");
    }
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    let texts: Vec<String> = (1..=8)
        .flat_map(|chat| world.answers(bot, 1_000 + chat))
        .map(|answer| answer.text)
        .collect();
    let count = |wanted: &str| texts.iter().filter(|text| text.as_str() == wanted).count();
    // A stale object is 1C's lock error; who read it asks again.
    let stale = texts
        .iter()
        .filter(|text| text.starts_with("Не получилось"))
        .count();
    assert_eq!(count("Ваш"), 1, "{texts:?}");
    assert_eq!(count("Занято") + stale, 7, "{texts:?}");
}

/// A run that pays for nothing is ended by the watchdog: its author reads of the limit, the bot has its
/// places for scripts back, and the end of the server is not held up.
fn a_hang_ends_at_its_limit(db: crate::store::Db) {
    let mut world = world(db, CREATE);
    let bot = world.bot();
    // More than the bot may run at once.
    for chat in 1..=3 {
        world.say(bot, 1_000 + chat, "Создать");
    }
    let server = world.begin(&[
        ("VESTNIK_SCRIPTS__TIME_MS", "200"),
        ("VESTNIK_TEST_POINT", "in-script:text=Создать:hold"),
    ]);
    world.say(bot, 1_009, "Цена");
    world.wait_answered(&server);
    world.wait_settled(&server);
    assert!(
        server.log().contains("given up with its thread"),
        "{}",
        server.log()
    );
    let (took, well) = server.stop();
    assert!(
        well && took < std::time::Duration::from_secs(10),
        "{took:?}"
    );
    assert_eq!(created(&world), 0);
    for chat in 1..=3 {
        let answers = world.answers(bot, 1_000 + chat);
        let answer = answers.last().map(|answer| answer.text.as_str());
        assert!(
            answer.is_some_and(|text| text.contains("время")),
            "{answer:?}"
        );
    }
    let server = world.serve();
    world.say(bot, 1_001, "Создать");
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    assert_eq!(created(&world), 1);
    world.check();
}

/// A run that does not end when the server does has had a try; after three it is not run again.
fn a_hang_at_the_end_is_a_try(db: crate::store::Db) {
    let mut world = world(db, CREATE);
    let bot = world.bot();
    world.say(bot, 1_001, "Создать");
    for _ in 0..3 {
        let server = world.begin(&[("VESTNIK_TEST_POINT", "in-script:text=Создать:hold")]);
        server.wait_for("held at in-script");
        let (took, well) = server.stop();
        assert!(
            well && took < std::time::Duration::from_secs(10),
            "{took:?}"
        );
    }
    let server = world.serve();
    world.say(bot, 1_002, "Создать");
    while created(&world) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    world.wait_settled(&server);
    server.kill();
    assert_eq!(created(&world), 1, "the one that hung is given up");
    world.check_but(1);
}

/// Who holds the only writer and does not end holds up every bot: the process ends, which is a try.
fn a_hang_that_writes_ends_the_process(db: crate::store::Db) {
    let mut world = world(db, CREATE);
    world.say(world.bot(), 1_001, "Создать");
    let mut server = world.begin(&[
        ("VESTNIK_SCRIPTS__WRITE_LIMIT_MS", "200"),
        ("VESTNIK_TEST_POINT", "script-wrote"),
    ]);
    server.wait_for("held at script-wrote");
    server.wait_for("the process ends");
    assert!(!server.wait_end(), "it aborted");
    let server = world.serve();
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    assert_eq!(created(&world), 1);
    world.check();
}

/// What runs at their limit of memory held goes back to the system when they have failed.
#[cfg(target_os = "linux")]
#[test]
fn memory_of_failed_runs_is_given_back() {
    const GREEDY: &str = "М = Новый Массив;
Пока Истина Цикл
	М.Добавить(\"строка \" + М.Количество());
КонецЦикла;
";
    let mut world = world(crate::store::Db::sqlite(), GREEDY);
    let bot = world.bot();
    let server = world.serve();
    world.say(bot, 1_001, "Цена");
    world.wait_answered(&server);
    let held = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid()));
        let status = status.expect("it runs");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.trim().parse::<u64>().ok())
            .expect("a number")
            / 1024
    };
    let before = held();
    // Several runs on each of the threads that the bot may use, one after another.
    for round in 0..12 {
        world.say(bot, 2_000 + round, "Создать");
    }
    world.wait_answered(&server);
    world.wait_settled(&server);
    let began = std::time::Instant::now();
    while held() > before + 32 {
        assert!(
            began.elapsed() < super::child::PATIENCE,
            "{} MiB, {before} before",
            held()
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    server.kill();
}

/// Reads, works for a while and writes.
const SLOW: &str = "Найден = Справочники.Контрагенты.НайтиПоНаименованию(\"Слот\");
Для Номер = 1 По 200000 Цикл
	Остаток = Номер % 7;
КонецЦикла;
Клиент = Справочники.Контрагенты.СоздатьЭлемент();
Клиент.Наименование = \"Клиент чата\";
Клиент.Записать();
_Результат = \"Создан \" + Клиент.Код;
";

/// While the algorithms of one bot write, keywords of the others are answered: nothing is lost,
/// nothing fails on a lock.
fn writers_beside_keywords(db: crate::store::Db) {
    let mut world = world(db, SLOW);
    let writer = world.bot();
    for _ in 0..4 {
        world.add_bot();
    }
    let others: Vec<i64> = world
        .bots()
        .into_iter()
        .filter(|bot| *bot != writer)
        .collect();
    let server = world.serve();
    for round in 0..20 {
        for chat in 1..=2 {
            world.say(writer, 1_000 + chat, "Создать");
        }
        for bot in &others {
            for chat in 1..=25 {
                world.say(*bot, 2_000 + chat, "Цена");
            }
        }
        if round % 5 == 4 {
            world.wait_answered(&server);
        }
    }
    world.wait_answered(&server);
    world.wait_settled(&server);
    server.kill();
    let failed: Vec<String> = (1..=2)
        .flat_map(|chat| world.answers(writer, 1_000 + chat))
        .map(|answer| answer.text)
        .filter(|text| !text.starts_with("Создан"))
        .collect();
    assert_eq!(failed, Vec::<String>::new());
    assert_eq!(created(&world), 40);
    world.check();
}
