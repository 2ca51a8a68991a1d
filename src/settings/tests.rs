use super::*;
use crate::model::render_problems;

fn read(text: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
    let environment = environment
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()));
    let told = |problems: Vec<Problem>| render_problems(&problems);
    let loaded = Settings::read(Some(("v.toml", text)), environment).map_err(told)?;
    if loaded.strangers.is_empty() {
        Ok(loaded.settings)
    } else {
        Err(told(loaded.strangers))
    }
}

#[track_caller]
fn refused(text: &str, environment: &[(&str, &str)], expected: &str) {
    match read(text, environment) {
        Ok(settings) => panic!("taken: {settings:?}"),
        Err(problems) => assert_eq!(problems.trim_end(), expected.trim(), "\n{problems}"),
    }
}

#[test]
fn the_file_of_defaults_says_what_the_code_says() {
    assert_eq!(
        Settings::read(None, []).unwrap().settings,
        Settings::default()
    );
    assert_eq!(StoreSettings::default().url.to_string(), StoreSettings::URL);
    for section in [
        "[telegram]\napi_url=",
        "poll_timeout_s",
        "per_chat_per_s",
        "http_allow",
        "clock",
    ] {
        let key = section.rsplit('\n').next().unwrap().trim_end_matches('=');
        assert!(DEFAULT.contains(&format!("\n{key} = ")), "{key}");
    }
}

#[test]
fn the_environment_is_stronger_than_the_file() {
    let text = "[telegram]\napi_url = \"http://127.0.0.1:1/\"\n[telegram.limits]\nper_bot_per_s = 1\nupload_mb = 7\n[http]\nlisten = \"0.0.0.0:0\"\n";
    let settings = read(
        text,
        &[
            ("VESTNIK_TELEGRAM__LIMITS__PER_BOT_PER_S", "0"),
            ("VESTNIK_STORE__URL", "postgres://me:secret@localhost/db"),
            (
                "VESTNIK_SCRIPTS__HTTP_ALLOW",
                "a.example.org, b.example.org",
            ),
            ("VESTNIK_TESTING__CLOCK", "http://127.0.0.1:1/sim/clock"),
            ("VESTNIK_KEY", "0123"),
            ("VESTNIK_LOG", "debug"),
            ("VESTNIK_TEST_ANYTHING", "of a test"),
            ("OTHER__NAME", "x"),
        ],
    )
    .unwrap();
    assert_eq!(settings.telegram.api_url, "http://127.0.0.1:1");
    assert_eq!(settings.telegram.limits.per_bot_per_s, 0);
    assert_eq!(settings.telegram.limits.upload_mb, 7);
    assert_eq!(
        settings.scripts.http_allow,
        ["a.example.org", "b.example.org"]
    );
    assert_eq!(
        settings.testing.clock.as_deref(),
        Some("http://127.0.0.1:1/sim/clock")
    );
    assert!(settings.http.is_public());
    let printed = format!("{settings:?}");
    assert!(
        !printed.contains("secret") && !printed.contains("0123"),
        "{printed}"
    );
}

#[test]
fn everything_wrong_is_told_with_place_and_remedy() {
    refused(
        "[telegram]\napi_ulr = \"x\"\npoll_timeout_s = \"50\"\nproxy = \"ftp://me:secret@host\"\n[telegram.limits]\nper_bot_per_s = -1\n[telegarm]\n[store]\nurl = \"mysql://x\"\n[http]\nlisten = \"localhost:80\"\n[organisation]\ntime_zone = \"Europe/Moskow\"\nlocale = \"de\"\nday_end = \"25:00\"\n[scripts]\nhttp_allow = [\"https://x\"]\n[testing]\nclock = \"http://127.0.0.1:1/sim/clock\"\n",
        &[],
        "\
v.toml:2:1: неизвестный ключ «api_ulr» в разделе [telegram] [unknown-key]
  2 | api_ulr = \"x\"
    | ^^^^^^^
  что сделать: возможно, имелось в виду «api_url»
v.toml:3:18: «poll_timeout_s»: ожидается целое число, а здесь текст [wrong-type]
  3 | poll_timeout_s = \"50\"
    |                  ^^^^
  что сделать: напишите число цифрами без кавычек
v.toml:4:9: «proxy»: непонятный адрес прокси [bad-proxy]
  4 | proxy = \"····················\"
    |         ^^^^^^^^^^^^^^^^^^^^^^
  что сделать: напишите http://узел:порт, https://узел:порт или socks5://узел:порт
v.toml:6:17: «per_bot_per_s»: допустимо от 0 до 1000000 [out-of-range]
  6 | per_bot_per_s = -1
    |                 ^^
  что сделать: исправьте число
v.toml:7:2: неизвестный ключ «telegarm» в файле настроек [unknown-key]
  7 | [telegarm]
    |  ^^^^^^^^
  что сделать: возможно, имелось в виду «telegram»
v.toml:9:7: «url»: непонятный адрес базы данных [bad-store-url]
  9 | url = \"mysql://x\"
    |       ^^^^^^^^^^^
  что сделать: напишите sqlite:файл.db или postgres://пользователь@узел/база
v.toml:11:10: «listen»: непонятный адрес «localhost:80» [bad-address]
  11 | listen = \"localhost:80\"
     |          ^^^^^^^^^^^^^^
  что сделать: напишите IP-адрес и порт: 127.0.0.1:8080 или [::1]:8080
v.toml:13:13: «time_zone»: неизвестный часовой пояс «Europe/Moskow» [bad-time-zone]
  13 | time_zone = \"Europe/Moskow\"
     |             ^^^^^^^^^^^^^^^
  что сделать: возможно, имелось в виду \"Europe/Moscow\"
v.toml:14:10: «locale»: неизвестный язык «de» [bad-locale]
  14 | locale = \"de\"
     |          ^^^^
  что сделать: напишите ru или en
v.toml:15:11: «day_end»: непонятное время «25:00» [bad-time-of-day]
  15 | day_end = \"25:00\"
     |           ^^^^^^^
  что сделать: напишите часы и минуты: 18:00
v.toml:17:15: «http_allow»: непонятное имя узла «https://x» [bad-host]
  17 | http_allow = [\"https://x\"]
     |               ^^^^^^^^^^^
  что сделать: напишите имя узла без схемы и пути: api.example.org
v.toml:19:9: «clock»: чужие часы допустимы только рядом с симулятором [clock-not-for-tests]
  19 | clock = \"http://127.0.0.1:1/sim/clock\"
     |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  что сделать: уберите clock или направьте telegram.api_url на этот же компьютер (127.0.0.1)",
    );
}

#[test]
fn a_variable_is_refused_by_its_name() {
    refused(
        "",
        &[
            ("VESTNIK_TELEGRAM__API_ULR", "x"),
            ("VESTNIK_RETENTION__HANDLED_DAYS", "week"),
            ("VESTNIK_HTTP__PUBLIC_URL", "bots.example.org"),
        ],
        "\
VESTNIK_HTTP__PUBLIC_URL: «public_url»: непонятный адрес «bots.example.org» [bad-url]
  что сделать: напишите адрес вида https://bots.example.org
VESTNIK_RETENTION__HANDLED_DAYS: ожидается целое число, а здесь «week» [wrong-type]
  что сделать: напишите число цифрами
VESTNIK_TELEGRAM__API_ULR: такой настройки нет [unknown-key]
  что сделать: возможно, имелось в виду VESTNIK_TELEGRAM__API_URL",
    );
}

#[test]
fn a_variable_that_nobody_reads_is_refused_with_the_near_name() {
    refused(
        "",
        &[
            ("VESTNIK_STORE_URL", "sqlite:x.db"),
            ("VESTNIK_FOO", "1"),
            ("VESTNIK_LOGS", "debug"),
        ],
        "\
VESTNIK_FOO: такой настройки нет [unknown-key]
  что сделать: уберите переменную; имя составляется так: VESTNIK_РАЗДЕЛ__КЛЮЧ
VESTNIK_LOGS: такой настройки нет [unknown-key]
  что сделать: возможно, имелось в виду VESTNIK_LOG
VESTNIK_STORE_URL: такой настройки нет [unknown-key]
  что сделать: возможно, имелось в виду VESTNIK_STORE__URL",
    );
}

#[test]
fn a_path_of_a_file_is_relative_to_that_file() {
    let check = |name: &str, text: &str, variables: &[(&str, &str)], expected: [&str; 3]| {
        let variables = variables
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::read(Some((name, text)), variables)
            .expect("read")
            .settings;
        let dir = settings
            .organisation
            .dir
            .map(|dir| dir.display().to_string());
        let found = [
            settings.store.url.to_string(),
            settings.store.key_file.display().to_string(),
            dir.unwrap_or_default(),
        ];
        assert_eq!(found, expected, "{name}");
    };
    let text = "[organisation]\ndir = \"org\"\n";
    check(
        "v.toml",
        text,
        &[],
        ["sqlite:vestnik.db", "vestnik.key", "org"],
    );
    check(
        "/etc/vestnik/v.toml",
        text,
        &[],
        [
            "sqlite:/etc/vestnik/vestnik.db",
            "/etc/vestnik/vestnik.key",
            "/etc/vestnik/org",
        ],
    );
    check(
        "conf/v.toml",
        "[store]\nurl = \"sqlite:/srv/a.db\"\nkey_file = \"../k\"\n",
        &[("VESTNIK_ORGANISATION__DIR", "here")],
        ["sqlite:/srv/a.db", "conf/../k", "here"],
    );
}

#[test]
fn a_syntax_error_is_told_alone() {
    refused(
        "[telegram]\napi_url = http\nfoo = 1\n",
        &[],
        "\
v.toml:2:11: значение без кавычек [syntax]
  2 | api_url = http
    |           ^^^^
  что сделать: возьмите текст в двойные кавычки; кавычку внутри пишите как \\\"",
    );
}

#[test]
fn a_missing_file_is_named() {
    let problems = Settings::load(Some(Path::new("no/such.toml")), []).unwrap_err();
    assert_eq!(problems[0].code, "unreadable-file");
    assert_eq!(problems[0].file, "no/such.toml");
}

#[test]
fn a_remote_database_must_be_safe() {
    let check = |url: &str, fine: bool| {
        assert_eq!(StoreUrl::parse(url).is_ok(), fine, "{url}");
    };
    check("postgres://me@localhost/db", true);
    check("postgres://me@127.0.0.1:5432/db", true);
    check("postgresql:///db", true);
    check(
        "postgres://me@db.example.org/db",
        cfg!(feature = "postgres-tls"),
    );
    check("postgres://me@db.example.org/db?sslmode=disable", true);
    check("sqlite:a.db", true);
    check("sqlite:///tmp/a.db", true);
    check("sqlite:", false);
    check("sqlite::memory:", false);
    check("vestnik.db", false);
    assert_eq!(
        StoreUrl::parse("postgres://me:secret@localhost:5432/db?x=1")
            .unwrap()
            .to_string(),
        "postgres://localhost:5432/db"
    );
}
