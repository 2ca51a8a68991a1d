//! Traps for administrators: what somebody types does not empty the database, does not make one in
//! passing, and leaves nothing to be read by others.

use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use super::SHOP;
use crate::support::app::{App, FIRST_BOT, PATIENCE, bot_file};
use crate::support::http;
use crate::support::process::{Done, Running, finish, run, shell, vestnik};

/// Settings of a server that reaches nobody, beside a folder `org` with two bots and a registration.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let settings =
        "[telegram]\napi_url = \"http://127.0.0.1:9\"\n[http]\nlisten = \"127.0.0.1:0\"\n";
    write(dir.path(), "vestnik.toml", settings);
    write(
        dir.path(),
        "org/bots/shop.toml",
        &bot_file("shop", FIRST_BOT, SHOP),
    );
    write(
        dir.path(),
        "org/bots/staff.toml",
        &bot_file("staff", FIRST_BOT + 1, SHOP),
    );
    write(
        dir.path(),
        "org/parties.toml",
        "[[user]]\ncode = \"ivanov\"\nname = \"Иванов\"\n[[registration]]\nbot = \"staff\"\nchat = 5\nparty = \"user:ivanov\"\n",
    );
    dir
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, text).expect("written");
}

#[track_caller]
fn ran(dir: &Path, arguments: &[&str], code: i32, parts: &[&str]) -> Done {
    let done = run(dir, arguments);
    assert_eq!(done.code, code, "{arguments:?}: {done:?}");
    let said = format!("{}{}", done.out, done.err);
    for part in parts {
        assert!(said.contains(part), "{arguments:?}: {part}: {said}");
    }
    done
}

/// The bots that the database holds.
fn bots(dir: &Path) -> Vec<String> {
    let out = tempfile::tempdir().expect("a folder");
    ran(dir, &["export", &out.path().display().to_string()], 0, &[]);
    let entries = std::fs::read_dir(out.path().join("bots"))
        .into_iter()
        .flatten()
        .flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_wrong_folder_deletes_no_bot() {
    let dir = folder();
    let dir = dir.path();
    ran(dir, &["apply", "org"], 0, &["создана база данных sqlite:/"]);
    let both = ["shop.toml", "staff.toml"];
    assert_eq!(bots(dir), both);
    write(dir, "only/parties.toml", "");
    write(dir, "empty/readme.md", "");
    for flag in ["--dry-run", "--quiet", "--delete-bots"] {
        for (path, parts) in [
            ("org/bots", &["возможно, имелась в виду папка org"][..]),
            (".", &["возможно, имелась в виду папка ./org"]),
            (
                "only",
                &[
                    "no-bots",
                    "в базе ботов — 2: shop, staff",
                    "enabled = false",
                ],
            ),
            ("empty", &["в папке нет файлов организации"]),
            ("nowhere", &["такого файла нет"]),
        ] {
            let flags: &[&str] = if flag == "--quiet" { &[] } else { &[flag] };
            ran(dir, &[&["apply", path], flags].concat(), 1, parts);
            assert_eq!(bots(dir), both, "{path} {flag}");
        }
    }
}

#[test]
fn a_bot_is_deleted_only_when_that_was_said_and_what_goes_with_it_is_told() {
    let dir = folder();
    let dir = dir.path();
    ran(dir, &["apply", "org"], 0, &[]);
    let numbers = "ключевых слов — 3, регистраций — 1, ждущих сообщений — 0";
    std::fs::rename(
        dir.join("org/bots/staff.toml"),
        dir.join("org/bots/staff.toml.txt"),
    )
    .expect("renamed");
    ran(
        dir,
        &["apply", "org"],
        1,
        &["bots/staff.toml.txt", "переименуйте его в bots/staff.toml"],
    );
    ran(
        dir,
        &["check", "org"],
        1,
        &["bots/staff.toml.txt", "stray-file"],
    );
    std::fs::remove_file(dir.join("org/bots/staff.toml.txt")).expect("removed");
    for dry in [&[][..], &["--dry-run"]] {
        let refused = ["bot-gone", "bots/staff.toml", numbers, "--delete-bots"];
        ran(dir, &[&["apply", "org"], dry].concat(), 1, &refused);
        assert_eq!(bots(dir).len(), 2);
    }
    // The seed no longer names it; what it made stays until the bot goes.
    write(
        dir,
        "org/parties.toml",
        "[[user]]\ncode = \"ivanov\"\nname = \"Иванов\"\n",
    );
    let announced = format!("- бот staff: {numbers}");
    let dry = ["apply", "org", "--delete-bots", "--dry-run"];
    ran(dir, &dry, 0, &[&announced, "ничего не записано"]);
    assert_eq!(bots(dir).len(), 2);
    // A file alone deletes nothing, also when it holds another bot than before.
    write(
        dir,
        "org/bots/shop.toml",
        &bot_file("store", FIRST_BOT, SHOP),
    );
    ran(
        dir,
        &["apply", "org/bots/shop.toml"],
        1,
        &["теперь бот store", "бот shop был бы удалён"],
    );
    write(
        dir,
        "org/bots/shop.toml",
        &bot_file("shop", FIRST_BOT, SHOP),
    );
    ran(
        dir,
        &["apply", "org/bots/shop.toml"],
        0,
        &["Ничего не изменилось"],
    );
    ran(
        dir,
        &["apply", "org/bots", "org/parties.toml"],
        0,
        &["Ничего не изменилось"],
    );
    assert_eq!(bots(dir).len(), 2);
    ran(
        dir,
        &["apply", "org", "--delete-bots"],
        0,
        &[&announced, "Применено"],
    );
    assert_eq!(bots(dir), ["shop.toml"]);
}

#[test]
fn a_server_that_starts_deletes_no_bot() {
    let dir = folder();
    let dir = dir.path();
    ran(dir, &["apply", "org"], 0, &[]);
    let serve = |organisation: &str| {
        let mut command = vestnik(dir);
        command
            .arg("serve")
            .env("VESTNIK_ORGANISATION__DIR", organisation);
        command
    };
    write(dir, "other/parties.toml", "");
    for (wrong, part) in [
        ("other", "no-bots"),
        ("org/bots", "имелась в виду папка org"),
    ] {
        let done = finish(&mut serve(wrong));
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.err.contains(part), "{wrong}: {done:?}");
        assert_eq!(bots(dir).len(), 2);
    }
    std::fs::remove_file(dir.join("org/bots/staff.toml")).expect("removed");
    write(dir, "org/parties.toml", "");
    let mut server = Running::start(&mut serve("org"));
    server.wait_out("vestnik: http://");
    let warned = server.err();
    assert!(
        warned.contains("bots/staff.toml") && warned.contains("--delete-bots"),
        "{warned}"
    );
    server.signal("TERM");
    server.wait_exit(PATIENCE);
    assert_eq!(bots(dir).len(), 2);
}

#[test]
fn only_those_who_say_so_make_a_database_and_all_name_it() {
    let dir = folder();
    let dir = dir.path();
    let commands: &[&[&str]] = &[
        &["check"],
        &["token", "list"],
        &["token", "create", "x"],
        &["export", "out"],
        &["trace", "shop", "1"],
        &["backup", "copy.db"],
        &["algorithm", "run", "Х"],
    ];
    let nothing_made = |what: &str| {
        for name in ["vestnik.db", "vestnik.key", "out", "copy.db"] {
            assert!(!dir.join(name).exists(), "{what} made {name}");
        }
    };
    for command in commands {
        ran(
            dir,
            command,
            3,
            &["базы данных sqlite:/", "vestnik.db нет", "--config"],
        );
        nothing_made(&format!("{command:?}"));
    }
    ran(
        dir,
        &["apply", "org", "--dry-run"],
        0,
        &["ещё нет", "+ бот shop", "ничего не записано"],
    );
    nothing_made("a rehearsal");
    // A path that does not exist is no place for one.
    let mut elsewhere = vestnik(dir);
    elsewhere
        .args(["apply", "org"])
        .env("VESTNIK_STORE__URL", "sqlite:no/such/a.db");
    assert_eq!(finish(&mut elsewhere).code, 3);
    ran(dir, &["apply", "org"], 0, &["создана база данных sqlite:/"]);
    for command in commands {
        let done = run(dir, command);
        assert!(
            done.err.contains("vestnik: база данных sqlite:/"),
            "{command:?}: {done:?}"
        );
    }
}

#[test]
fn paths_of_a_settings_file_are_relative_to_it_and_the_usual_one_is_found() {
    let dir = folder();
    let inside = dir.path().join("org");
    // From another folder, by its name.
    ran(
        &inside,
        &["apply", ".", "--config", "../vestnik.toml"],
        0,
        &["создана база данных"],
    );
    assert!(dir.path().join("vestnik.db").exists() && dir.path().join("vestnik.key").exists());
    assert!(!inside.join("vestnik.db").exists());
    // In its own folder without being named.
    ran(dir.path(), &["check"], 0, &["vestnik.db"]);
    // In another one without it there is none.
    ran(&inside, &["check"], 3, &["org/vestnik.db нет"]);
    write(dir.path(), "vestnik.toml", "[store]\nurll = \"x\"\n");
    ran(dir.path(), &["check"], 1, &["vestnik.toml:2", "url"]);
    ran(
        dir.path(),
        &["check", "--config", "org"],
        1,
        &["это не файл"],
    );
}

#[test]
fn a_variable_that_nobody_reads_is_refused_but_for_those_of_tokens() {
    let dir = folder();
    let dir = dir.path();
    write(
        dir,
        "org/bots/env.toml",
        "code = \"env\"\nname = \"Е\"\ntoken_env = \"VESTNIK_SHOP_TOKEN\"\n",
    );
    let with = |name: &str, arguments: &[&str]| {
        let mut command = vestnik(dir);
        command.args(arguments).env(name, "7009:x");
        finish(&mut command)
    };
    for (name, near) in [
        ("VESTNIK_STORE_URL", "VESTNIK_STORE__URL"),
        ("VESTNIK_FOO", "уберите переменную"),
        ("VESTNIK_HTTP__LISTN", "VESTNIK_HTTP__LISTEN"),
    ] {
        let done = with(name, &["apply", "org"]);
        assert_eq!(done.code, 1, "{done:?}");
        assert!(
            done.err.contains(name) && done.err.contains(near),
            "{done:?}"
        );
        assert!(!dir.join("vestnik.db").exists(), "{name}");
    }
    let done = with("VESTNIK_SHOP_TOKEN", &["apply", "org"]);
    assert_eq!(done.code, 0, "named by a file that is applied: {done:?}");
    let done = with("VESTNIK_SHOP_TOKEN", &["check"]);
    assert_eq!(done.code, 0, "named by the database: {done:?}");
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let mut odd = vestnik(dir);
        let value = std::ffi::OsString::from_vec(vec![0xff, 0xfe]);
        odd.arg("check").env("SOMETHING", value);
        assert_eq!(
            finish(&mut odd).code,
            0,
            "a variable of somebody else's that is no text"
        );
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    let dir = dir.path();
    let mode = |name: &str| {
        let data =
            std::fs::metadata(dir.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        data.permissions().mode() & 0o777
    };
    // However open the surroundings are.
    let mut server = shell(dir, "umask 000; exec \"$0\" serve");
    server.arg(env!("CARGO_BIN_EXE_vestnik"));
    let mut server = Running::start(server.env("VESTNIK_ORGANISATION__DIR", "org"));
    server.wait_out("vestnik: http://");
    ran(dir, &["backup", "copy.db"], 0, &["Копия"]);
    for name in [
        "vestnik.db",
        "vestnik.db-wal",
        "vestnik.db-shm",
        "vestnik.db.in-hand",
        "vestnik.key",
        "copy.db",
    ] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    server.signal("TERM");
    server.wait_exit(PATIENCE);
    std::fs::set_permissions(dir.join("vestnik.key"), PermissionsExt::from_mode(0o644))
        .expect("set");
    let done = ran(dir, &["check"], 0, &["права 0644"]);
    let command = done
        .err
        .lines()
        .find_map(|line| line.split_once("закройте его: "));
    let (_, command) = command.expect("the command that mends it");
    let status = shell(dir, command).status();
    assert!(status.is_ok_and(|status| status.success()), "{command}");
    assert!(!ran(dir, &["check"], 0, &[]).err.contains("предупреждение"));
}

#[test]
fn a_lost_key_is_not_replaced_by_one_that_opens_nothing() {
    let dir = folder();
    let dir = dir.path();
    ran(dir, &["apply", "org"], 0, &[]);
    let key = dir.join("vestnik.key");
    let kept = std::fs::read(&key).expect("the key");
    std::fs::remove_file(&key).expect("removed");
    let remedy = ["vestnik.key", "верните этот файл из копии", "VESTNIK_KEY"];
    for command in [
        &["serve"][..],
        &["apply", "org"],
        &["check"],
        &["token", "list"],
    ] {
        ran(dir, command, 3, &remedy);
        assert!(!key.exists(), "{command:?}");
    }
    std::fs::write(&key, kept).expect("brought back");
    ran(dir, &["check"], 0, &[]);
}

/// A server that cannot begin has changed nothing.
#[test]
fn a_taken_port_is_told_before_the_organisation_is_applied() {
    let dir = folder();
    let dir = dir.path();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut server = vestnik(dir);
    server
        .arg("serve")
        .env("VESTNIK_ORGANISATION__DIR", "org")
        .env("VESTNIK_HTTP__LISTEN", &address);
    let done = finish(&mut server);
    assert_eq!(done.code, 3, "{done:?}");
    assert!(
        done.err.contains(&address) && done.err.contains("порт"),
        "{done:?}"
    );
    assert!(bots(dir).is_empty(), "nothing was applied");
}

#[test]
fn the_commands_of_the_demo_work_as_they_stand() {
    let temp = tempfile::tempdir().expect("a folder");
    // With what a shell would take apart.
    let kept = temp.path().join("мой демо");
    let mut demo = Running::start(vestnik(temp.path()).args(["demo", "--dir"]).arg(&kept));
    demo.wait_out("Завершить: Ctrl-C");
    let out = demo.out();
    let (_, commands) = out
        .split_once("Команды для другого окна")
        .expect("commands");
    let commands: Vec<&str> = commands
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .map(str::trim)
        .collect();
    assert!(commands.len() >= 4, "{out}");
    let elsewhere = tempfile::tempdir().expect("a folder");
    for command in commands {
        let done = finish(&mut shell(elsewhere.path(), command));
        assert_eq!(done.code, 0, "{command}\n{done:?}");
    }
    let left = std::fs::read_dir(elsewhere.path()).expect("read").count();
    assert_eq!(left, 0, "no command left anything where it was typed");
    demo.signal("TERM");
    demo.wait_exit(PATIENCE);
}

#[test]
fn the_endpoint_says_what_is_wrong_with_a_request() {
    let app = App::shop(SHOP);
    let token = app.token("read");
    let check = |method: &str, path: &str, status: u16, code: &str, part: &str| {
        let answer = app.http(method, path, Some(&token));
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{method} {path}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(part), "{method} {path}: {detail}");
        answer
    };
    let traces = "/api/v1/bots/shop/traces";
    check("GET", traces, 400, "bad_query", "Нет параметра «chat»");
    check(
        "GET",
        &format!("{traces}?chat=x"),
        400,
        "bad_query",
        "не читается",
    );
    check(
        "GET",
        &format!("{traces}?chat=1&limit=-1"),
        400,
        "bad_query",
        "не читается",
    );
    check(
        "GET",
        &format!("{traces}?chat=1&caht=2"),
        400,
        "bad_query",
        "Параметра «caht» нет; здесь есть: chat",
    );
    for (method, path, allowed) in [
        ("POST", "/api/v1/bots", "GET"),
        ("DELETE", "/api/v1/bots/shop", "GET"),
        ("GET", "/api/v1/bots/shop/start", "POST"),
        ("PUT", "/health/ready", "GET"),
    ] {
        let answer = check(method, path, 405, "method_not_allowed", allowed);
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
    for path in [
        "/",
        "/api/v1/bots/",
        "/api/v1/bots/shop/nothing",
        "/api/v2/bots",
        "/%00",
        "/%ff",
    ] {
        check("GET", path, 404, "not_found", "нет такого");
    }
    app.ask("shop", 11, "Цена");
    let found = app
        .http("GET", &format!("{traces}?chat=11"), Some(&token))
        .json();
    let at = found["traces"][0]["received_at"]
        .as_str()
        .expect("a moment");
    assert!(
        chrono::DateTime::parse_from_rfc3339(at).is_ok() && at.ends_with('Z'),
        "{at}"
    );
    fn no_moment_is_a_number(value: &Value, key: &str) {
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(key, value)| no_moment_is_a_number(value, key)),
            Value::Array(items) => items
                .iter()
                .for_each(|value| no_moment_is_a_number(value, key)),
            Value::Number(_) => assert!(!key.ends_with("_at") && key != "until", "{key}: {value}"),
            _ => {}
        }
    }
    no_moment_is_a_number(&found, "");
    no_moment_is_a_number(
        &app.http("GET", "/api/v1/bots/shop", Some(&token)).json(),
        "",
    );
}

#[test]
fn a_loopback_address_answers_to_programs_of_this_machine_only() {
    let app = App::shop(SHOP);
    let addr = app.node().http_addr;
    let token = app.token("read");
    let get = |path: &str, headers: &str| {
        http::send(
            addr,
            &format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"),
        )
    };
    for path in ["/health/live", "/metrics", "/api/v1/bots", "/nothing"] {
        let answer = get(path, "Host: evil.example\r\n");
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        assert_eq!(answer.json()["code"], "foreign_host");
    }
    assert_eq!(get("/health/live", "Host: localhost:1\r\n").status, 200);
    assert_eq!(get("/metrics", "Host: localhost\r\n").status, 200);
    // A proxy of this machine is not the one who asks.
    for header in [
        "Forwarded: for=192.0.2.1",
        "X-Forwarded-For: 192.0.2.1",
        "X-Forwarded-Proto: https",
        "X-Real-IP: 192.0.2.1",
        "Via: 1.1 proxy",
    ] {
        let headers = format!("Host: localhost\r\n{header}\r\n");
        assert_eq!(get("/metrics", &headers).status, 401, "{header}");
        let with = format!("{headers}Authorization: Bearer {token}\r\n");
        assert_eq!(get("/metrics", &with).status, 200, "{header}");
        assert_eq!(get("/health/live", &headers).status, 200, "{header}");
    }
}

#[test]
fn help_errors_and_completion_are_in_the_language_of_the_environment() {
    let dir = tempfile::tempdir().expect("a folder");
    let said = |language: &str, arguments: &[&str]| {
        let mut command = vestnik(dir.path());
        command
            .args(arguments)
            .env_remove("LC_ALL")
            .env("LANG", language);
        finish(&mut command)
    };
    let check = |arguments: &[&str], code: i32, russian: &str, english: &str| {
        for (language, part) in [
            ("ru_RU.UTF-8", russian),
            ("en_US.UTF-8", english),
            ("C", russian),
        ] {
            let done = said(language, arguments);
            assert_eq!(done.code, code, "{done:?}");
            let text = if code == 0 { &done.out } else { &done.err };
            assert!(
                text.contains(part),
                "{language} {arguments:?}: {part}: {done:?}"
            );
        }
    };
    check(&["--help"], 0, "Использование:", "Usage:");
    check(
        &["apply", "--help"],
        0,
        "Только показать, что изменится",
        "Only show what would change",
    );
    check(&[], 2, "Команды:", "Commands:");
    check(&["apply"], 2, "не хватает: <PATH>...", "required arguments");
    check(
        &["completions", "bash"],
        0,
        "--delete-bots",
        "--delete-bots",
    );
    check(
        &["completions", "fish"],
        0,
        "Проверить файлы",
        "Check files",
    );
}

#[test]
fn code_is_evaluated_from_the_line_and_from_the_standard_input() {
    let dir = tempfile::tempdir().expect("a folder");
    ran(dir.path(), &["bsl", "eval", "-7 % 3"], 0, &["-1"]);
    write(dir.path(), "code.bsl", "А = 20;\n_Результат = А + 1;\n");
    let program = env!("CARGO_BIN_EXE_vestnik");
    let done = finish(&mut shell(
        dir.path(),
        &format!("{program} bsl eval - < code.bsl"),
    ));
    assert_eq!((done.code, done.out.trim()), (0, "21"), "{done:?}");
    write(dir.path(), "bad.bsl", "А = 1;\nБ = А +;\n");
    ran(
        dir.path(),
        &["bsl", "check", "bad.bsl"],
        1,
        &["bad.bsl:2:8: ", "\n    Б = А +;\n           ^\n"],
    );
}

/// Where 300,000 words stand in one record, and other files that take long to read by rights.
#[test]
fn broken_files_end_soon() {
    let dir = tempfile::tempdir().expect("a folder");
    let head = "code = \"a\"\nname = \"А\"\ntoken_env = \"A\"\nmain = true\n";
    let words: String = (0..300_000)
        .map(|number| format!("слово{number}, "))
        .collect();
    let keyword =
        |words: &str| format!("[[keyword]]\nwords = \"{words}\"\nkind = \"text\"\ntext = \"x\"\n");
    let records: String = (0..20_000)
        .map(|number| format!("[[keyword]]\nwords = \"с{number}\"\nparent = \"нет{number}\"\nkind = \"text\"\ntext = \"x\"\n"))
        .collect();
    for (what, text) in [
        (
            "words",
            format!("{head}{}", keyword(words.trim_end_matches(", "))),
        ),
        ("parents", format!("{head}{records}")),
        ("deep", format!("{head}x = {}\n", "[".repeat(200_000))),
        ("dotted", format!("{head}x{} = 1\n", ".x".repeat(200_000))),
        ("lines", format!("{head}{}", "мусор\n".repeat(200_000))),
        ("one line", format!("{head}{}", "мусор ".repeat(500_000))),
        (
            "keys",
            format!(
                "{head}{}",
                (0..100_000)
                    .map(|n| format!("k{n} = 1\n"))
                    .collect::<String>()
            ),
        ),
    ] {
        write(dir.path(), "org/bots/a.toml", &text);
        let began = Instant::now();
        let done = run(dir.path(), &["check", "org"]);
        assert_eq!(done.code, 1, "{what}: {}", done.out.len());
        assert!(
            began.elapsed() < PATIENCE / 2,
            "{what}: {:?}",
            began.elapsed()
        );
        assert!(
            done.out.len() < 200_000,
            "{what}: {} bytes are said",
            done.out.len()
        );
    }
}
