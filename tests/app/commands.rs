//! The command line: exit codes (0 done, 1 the input, 2 usage, 3 the environment), places, secrets.

use std::path::Path;
use std::time::{Duration, Instant};

use vestnik_simulator::{Fault, FaultKind, Say, Simulator, SimulatorConfig, SimulatorHandle};

use super::SHOP;
use crate::support::app::{FIRST_BOT, PATIENCE, bot_file};
use crate::support::http;
use crate::support::process::{Running, run, vestnik};

/// A token whose every part can be looked for.
const TOKEN: &str = "7001:AAsecretsecretsecret";

/// A folder with settings for a simulator and an organisation of one bot.
fn folder(simulator: &SimulatorHandle) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    write(
        dir.path(),
        "settings.toml",
        &settings(simulator, "127.0.0.1:0"),
    );
    let bot = bot_file("shop", FIRST_BOT, SHOP).replace("7001:test", TOKEN);
    write(dir.path(), "org/bots/shop.toml", &bot);
    dir
}

fn settings(simulator: &SimulatorHandle, listen: &str) -> String {
    format!(
        "[telegram]\napi_url = \"{}\"\npoll_timeout_s = 2\n[http]\nlisten = \"{listen}\"\n[organisation]\ndir = \"org\"\n",
        simulator.url()
    )
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, text).expect("written");
}

fn simulator() -> SimulatorHandle {
    Simulator::start(SimulatorConfig::default()).expect("the simulator starts")
}

const SERVE: &[&str] = &["serve", "--config", "settings.toml"];

#[test]
fn usage_is_2() {
    let dir = tempfile::tempdir().expect("a folder");
    for arguments in [
        &["serve", "--nonsense"][..],
        &["nonsense"],
        &[],
        &["token"],
        &["apply"],
        &["token", "create", "x", "--scope", "all"],
    ] {
        let done = run(dir.path(), arguments);
        assert_eq!(done.code, 2, "{arguments:?}: {done:?}");
        assert!(!done.err.is_empty() && done.out.is_empty(), "{done:?}");
    }
    let done = run(dir.path(), &["--version"]);
    assert_eq!(
        (done.code, done.out.trim()),
        (0, concat!("vestnik ", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn bad_settings_are_1_with_file_line_and_hint_all_in_one_go() {
    let dir = tempfile::tempdir().expect("a folder");
    let text = "[telegram]\npoll_timeout = 50\n[http]\nlisten = \"нигде\"\n";
    write(dir.path(), "settings.toml", text);
    let done = run(dir.path(), SERVE);
    assert_eq!(done.code, 1, "{done:?}");
    for part in [
        "settings.toml:2",
        "poll_timeout_s",
        "settings.toml:4",
        "что сделать",
    ] {
        assert!(done.err.contains(part), "{part}: {}", done.err);
    }
    // A variable is named like a file.
    write(dir.path(), "settings.toml", "");
    let mut command = vestnik(dir.path());
    command.args(SERVE).env("VESTNIK_HTTP__LISTEN", "нигде");
    let done = crate::support::process::finish(&mut command);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.err.contains("VESTNIK_HTTP__LISTEN"), "{}", done.err);
    assert!(
        !dir.path().join("vestnik.db").exists(),
        "nothing is opened before"
    );
}

#[test]
fn bad_organisation_files_are_1_with_their_places() {
    let simulator = simulator();
    let dir = folder(&simulator);
    write(
        dir.path(),
        "org/bots/bad.toml",
        "code = \"bad\"\nname = \"П\"\ntoken_env = \"X\"\nunknown = 1\n[[keyword]]\nwords = \"а\"\nkind = \"alias\"\ntarget = \"нет\"\n",
    );
    for arguments in [
        SERVE,
        &["check", "org"],
        &["apply", "org", "--config", "settings.toml"],
    ] {
        let done = run(dir.path(), arguments);
        assert_eq!(done.code, 1, "{arguments:?}: {done:?}");
        let said = format!("{}{}", done.out, done.err);
        for place in ["bots/bad.toml:4", "bots/bad.toml:8"] {
            assert!(said.contains(place), "{arguments:?}: {place}: {said}");
        }
    }
    assert_eq!(run(dir.path(), &["check", "org/bots/shop.toml"]).code, 0);
}

#[test]
fn the_environment_is_3() {
    let simulator = simulator();
    let dir = folder(&simulator);
    let env = |name: &str, value: &str| {
        let mut command = vestnik(dir.path());
        command.args(SERVE).env(name, value);
        crate::support::process::finish(&mut command)
    };
    let done = env("VESTNIK_STORE__URL", "sqlite:нет/такой/папки/vestnik.db");
    assert_eq!(done.code, 3, "{done:?}");
    let done = env("VESTNIK_STORE__URL", "postgres://nobody@127.0.0.1:1/none");
    assert_eq!(done.code, 3, "{done:?}");
    // The port is taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let done = env("VESTNIK_HTTP__LISTEN", &address);
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains(&address), "{}", done.err);
    // Another key than the one that the database was made with.
    assert!(dir.path().join("vestnik.key").exists());
    std::fs::remove_file(dir.path().join("vestnik.key")).expect("removed");
    let done = run(dir.path(), SERVE);
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.err.contains("ключ"), "{}", done.err);
}

#[test]
fn a_public_address_without_a_token_is_refused() {
    let simulator = simulator();
    let dir = folder(&simulator);
    write(
        dir.path(),
        "settings.toml",
        &settings(&simulator, "0.0.0.0:0"),
    );
    let done = run(dir.path(), SERVE);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.err.contains("vestnik token create"), "{}", done.err);

    let token = |arguments: &[&str]| {
        let mut whole = vec!["token"];
        whole.extend(arguments);
        whole.extend(["--config", "settings.toml"]);
        run(dir.path(), &whole)
    };
    let made = token(&["create", "админ", "--scope", "admin"]);
    assert_eq!(made.code, 0, "{made:?}");
    let secret = made
        .out
        .lines()
        .map(str::trim)
        .find(|line| line.len() > 20 && !line.contains(' '));
    let secret = secret
        .unwrap_or_else(|| panic!("a token is printed: {made:?}"))
        .to_owned();
    let listed = token(&["list"]);
    assert!(
        listed.out.contains("админ") && !listed.out.contains(&secret),
        "{listed:?}"
    );

    let mut server = Running::start(vestnik(dir.path()).args(SERVE));
    let url = server.wait_out("vestnik: http://0.0.0.0:");
    let addr = format!("127.0.0.1:{url}").parse().expect("an address");
    assert_eq!(http::ask(addr, "GET", "/api/v1/bots", None).status, 401);
    assert_eq!(
        http::ask(addr, "GET", "/api/v1/bots", Some(&secret)).status,
        200
    );
    // Revoked beside the running server.
    assert_eq!(token(&["revoke", "админ"]).code, 0);
    assert_eq!(
        http::ask(addr, "GET", "/api/v1/bots", Some(&secret)).status,
        401
    );
    assert_eq!(
        token(&["revoke", "админ"]).code,
        1,
        "nothing is left to revoke"
    );
    server.signal("TERM");
    assert_eq!(
        server.wait_exit(Duration::from_secs(10)).code(),
        Some(0),
        "{}",
        server.err()
    );
}

#[test]
fn tokens_are_nowhere_to_be_read() {
    let simulator = simulator();
    let dir = folder(&simulator);
    let mut server = Running::start(vestnik(dir.path()).args(SERVE).env("VESTNIK_LOG", "trace"));
    let port = server.wait_out("vestnik: http://127.0.0.1:");
    let addr = format!("127.0.0.1:{port}").parse().expect("an address");
    let answered = |server: &Running, count: usize| {
        let began = Instant::now();
        loop {
            let found =
                simulator.wait_messages(FIRST_BOT, 11, 0, count, Duration::from_millis(200));
            if found.len() >= count {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{count} answers, not {found:?}:\n{}",
                server.err()
            );
        }
    };
    simulator
        .say(FIRST_BOT, Say::text(11, "Цена"))
        .expect("said");
    answered(&server, 1);
    // Every kind of trouble whose error could carry the URL, which holds the token.
    for kind in [
        FaultKind::CutBefore,
        FaultKind::ServerError,
        FaultKind::BadGatewayHtml,
        FaultKind::TooManyRequests,
        FaultKind::Conflict,
    ] {
        simulator.fault(Fault::new(kind).method("getUpdates").count(1));
    }
    for kind in [
        FaultKind::CutBefore,
        FaultKind::BadGatewayHtml,
        FaultKind::ServerError,
    ] {
        simulator.fault(Fault::new(kind).method("sendMessage").count(1));
    }
    for _ in 0..4 {
        simulator
            .say(FIRST_BOT, Say::text(11, "Цена"))
            .expect("said");
    }
    answered(&server, 5);
    let mut said = http::ask(addr, "GET", "/metrics", None).body;
    let applied = run(dir.path(), &["apply", "org", "--config", "settings.toml"]);
    let exported = run(dir.path(), &["export", "out", "--config", "settings.toml"]);
    assert_eq!(
        (applied.code, exported.code),
        (0, 0),
        "{applied:?} {exported:?}"
    );
    said.push_str(&format!("{applied:?}{exported:?}"));
    said.push_str(
        &std::fs::read_to_string(dir.path().join("out/bots/shop.toml")).expect("exported"),
    );
    // The end of a token that is revoked while it is used.
    simulator.fault(Fault::new(FaultKind::Unauthorized));
    let began = Instant::now();
    while !server.err().contains("401") && !server.err().to_lowercase().contains("unauthor") {
        assert!(began.elapsed() < PATIENCE, "{}", server.err());
        std::thread::sleep(Duration::from_millis(20));
    }
    server.signal("TERM");
    assert_eq!(server.wait_exit(Duration::from_secs(10)).code(), Some(0));
    said.push_str(&server.out());
    said.push_str(&server.err());
    assert!(
        server.err().lines().count() > 10,
        "there is a log: {}",
        server.err()
    );
    for secret in [TOKEN, "AAsecret", "/bot7001"] {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    for line in server.err().lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "JSON beside a terminal: {line}"
        );
    }
    // Nor in the database and its log.
    for name in ["vestnik.db", "vestnik.db-wal"] {
        let bytes = std::fs::read(dir.path().join(name)).unwrap_or_default();
        let found = bytes.windows(8).any(|window| window == b"AAsecret");
        assert!(!found, "{name}");
    }
}

#[test]
fn apply_and_export_beside_a_running_server() {
    let simulator = simulator();
    let dir = folder(&simulator);
    let mut server = Running::start(vestnik(dir.path()).args(SERVE));
    server.wait_out("vestnik: http://");
    let config = ["--config", "settings.toml"];
    let with = |arguments: &[&str]| run(dir.path(), &[arguments, &config].concat());
    let shop = bot_file("shop", FIRST_BOT, SHOP).replace("7001:test", TOKEN);
    let changed = shop.replace("100 рублей", "200 рублей");
    write(dir.path(), "org/bots/shop.toml", &changed);
    let rehearsal = with(&["apply", "org", "--dry-run"]);
    assert_eq!(rehearsal.code, 0);
    assert!(rehearsal.out.contains("shop"), "{rehearsal:?}");
    assert_eq!(with(&["apply", "org"]).code, 0);
    let again = with(&["apply", "org"]);
    assert!(again.out.contains("Ничего не изменилось"), "{again:?}");
    // The server sees it by itself, within a second or so.
    let began = Instant::now();
    loop {
        let after = simulator.last_seq();
        simulator
            .say(FIRST_BOT, Say::text(11, "Цена"))
            .expect("said");
        let answers = simulator.wait_messages(FIRST_BOT, 11, after, 1, PATIENCE);
        if answers[0].text == "200 рублей" {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{answers:?}");
    }
    server.signal("TERM");
    assert_eq!(
        server.wait_exit(Duration::from_secs(10)).code(),
        Some(0),
        "{}",
        server.err()
    );
}

#[test]
fn check_plays_dialogues() {
    let simulator = simulator();
    let dir = folder(&simulator);
    let good = "case цена\n@shop a\n> Цена\n< 100 рублей\n";
    write(dir.path(), "dialogues/good.txt", good);
    let done = run(dir.path(), &["check", "org", "--dialogues", "dialogues"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("прошло 1, не прошло 0"), "{done:?}");
    write(dir.path(), "dialogues/bad.txt", &good.replace("100", "200"));
    let done = run(dir.path(), &["check", "org", "--dialogues", "dialogues"]);
    assert_eq!(done.code, 1, "{done:?}");
    let said = format!("{}{}", done.out, done.err);
    for part in [
        "dialogues/bad.txt",
        "строка 4",
        "ожидалось: 200 рублей",
        "100 рублей",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// R77: «проверка токена».
#[test]
fn a_token_is_checked_at_telegram() {
    let simulator = simulator();
    let dir = folder(&simulator);
    let arguments = ["check", "org", "--tokens", "--config", "settings.toml"];
    let done = run(dir.path(), &arguments);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.out.contains("бот shop: токен верен, это «"),
        "{done:?}"
    );
    simulator.fault(Fault::new(FaultKind::Unauthorized).method("getMe").count(1));
    let done = run(dir.path(), &arguments);
    assert_eq!(done.code, 1, "{done:?}");
    for part in ["token-refused", "bots/shop.toml", "@BotFather"] {
        assert!(done.out.contains(part), "{part}: {done:?}");
    }
    assert!(!format!("{done:?}").contains("AAsecret"), "{done:?}");
    drop(simulator);
    let done = run(dir.path(), &arguments);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("token-unchecked"), "{done:?}");
}

/// `vestnik algorithm run` shows what would happen and undoes it; `vestnik trace` tells why.
#[test]
fn an_algorithm_is_tried_beside_the_server() {
    let simulator = simulator();
    let dir = folder(&simulator);
    write(
        dir.path(),
        "org/algorithms.toml",
        "[[algorithm]]\nname = \"Создать\"\nshort_name = \"С\"\nfile = \"algorithms/Создать.bsl\"\n",
    );
    write(
        dir.path(),
        "org/algorithms/Создать.bsl",
        "Сообщить(\"Текст: \" + _ДанныеДляОбработки.Текст);\n\
         Клиент = Справочники.Контрагенты.СоздатьЭлемент();\n\
         Клиент.Наименование = \"Проба\";\n\
         Клиент.Записать();\n\
         Telegram.Отправить(77, \"Привет, \" + _Исполнитель);\n\
         _Результат = \"Создан \" + Клиент.Ссылка;\n",
    );
    write(
        dir.path(),
        "org/parties.toml",
        "[[user]]\ncode = \"ivanov\"\nname = \"Иванов\"\n",
    );
    let mut server = Running::start(vestnik(dir.path()).args(SERVE));
    server.wait_out("http");
    let arguments = [
        "algorithm",
        "run",
        "с",
        "--as",
        "user:ivanov",
        "--text",
        "абв",
        "--config",
        "settings.toml",
    ];
    for _ in 0..2 {
        let done = run(dir.path(), &arguments);
        assert_eq!(done.code, 0, "{done:?}");
        for part in [
            "Сообщить: Текст: абв",
            "Отправить через shop в чат 77: Привет, Иванов",
            "Создан Проба",
        ] {
            assert!(done.out.contains(part), "{part}: {done:?}");
        }
        assert!(done.err.contains("записанное отменено"), "{done:?}");
    }
    let nobody = run(
        dir.path(),
        &[
            "algorithm",
            "run",
            "Нет такого",
            "--config",
            "settings.toml",
        ],
    );
    assert_eq!(nobody.code, 1, "{nobody:?}");
    let untouched = run(
        dir.path(),
        &["export", "out", "--data", "--config", "settings.toml"],
    );
    assert_eq!(untouched.code, 0, "{untouched:?}");
    let parties = std::fs::read_to_string(dir.path().join("out/parties.toml")).expect("exported");
    assert!(!parties.contains("Проба"), "{parties}");

    simulator
        .say(FIRST_BOT, Say::text(5, "Цена"))
        .expect("said");
    let began = Instant::now();
    loop {
        let traced = run(
            dir.path(),
            &["trace", "shop", "5", "--config", "settings.toml"],
        );
        assert_eq!(traced.code, 0, "{traced:?}");
        if traced.out.contains("ключевое слово «цена»") {
            assert!(traced.out.contains("обработано"), "{traced:?}");
            assert!(
                traced.out.contains("(Europe/Moscow), обновление "),
                "{traced:?}"
            );
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{traced:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let unknown = run(
        dir.path(),
        &["trace", "нет", "5", "--config", "settings.toml"],
    );
    assert_eq!(unknown.code, 1, "{unknown:?}");
}

#[test]
fn d23_people_are_registered_and_revoked_beside_a_running_server() {
    let simulator = simulator();
    let dir = folder(&simulator);
    let parties = "[[user]]\ncode = \"ivanov\"\nname = \"Иванов\"\n";
    write(dir.path(), "org/parties.toml", parties);
    let mut server = Running::start(vestnik(dir.path()).args(SERVE));
    server.wait_out("vestnik: http://");
    let command = |words: &[&str]| {
        let mut words = words.to_vec();
        words.extend(["--config", "settings.toml"]);
        run(dir.path(), &words)
    };
    let register = ["register", "shop", "77", "user:ivanov"];
    let done = command(&register);
    assert_eq!(
        (done.code, done.out.trim()),
        (0, "Зарегистрирован: shop:77 — user:ivanov"),
        "{done:?}"
    );
    let told = || {
        let entries = simulator.messages(FIRST_BOT, 77, 0);
        let is_notice =
            |entry: &&vestnik_simulator::Entry| entry.text == "Вы зарегистрированы: Иванов.";
        entries.iter().filter(is_notice).count()
    };
    let began = Instant::now();
    while told() == 0 {
        assert!(
            began.elapsed() < PATIENCE,
            "nobody was told\n{}",
            server.err()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let again = command(&register);
    assert_eq!(
        (again.code, again.out.trim()),
        (0, "Уже так: shop:77 — user:ivanov"),
        "{again:?}"
    );
    let list = command(&["registrations", "--search", "иван"]);
    assert!(
        list.out.starts_with("shop  77  user:ivanov  person:cli:"),
        "{list:?}"
    );
    for (words, named) in [
        (["register", "nobody", "77", "user:ivanov"], "nobody"),
        (["register", "shop", "77", "user:nobody"], "user:nobody"),
        (["register", "shop", "0", "user:ivanov"], "положительное"),
    ] {
        let refused = command(&words);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.err.contains(named), "{refused:?}");
    }
    let revoked = command(&["revoke", "shop", "77"]);
    assert_eq!(
        (revoked.code, revoked.out.trim()),
        (0, "Отозвана: shop:77"),
        "{revoked:?}"
    );
    assert_eq!(command(&["revoke", "shop", "77"]).code, 1);
    assert_eq!(command(&["registrations"]).out, "");
    let all = command(&["registrations", "--all"]);
    assert!(all.out.contains("отозвана: person:cli:"), "{all:?}");
    // Once, and nobody where nobody is to be told.
    let quiet = command(&["register", "shop", "77", "user:ivanov", "--quiet"]);
    assert_eq!(quiet.code, 0, "{quiet:?}");
    assert_eq!(told(), 1);
}
