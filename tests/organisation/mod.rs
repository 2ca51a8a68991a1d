//! Files of an organisation against a database: application, loading, export. What touches the
//! database runs on both engines.

use std::collections::BTreeSet;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use vestnik::model::{
    BotCode, Channel, ChatId, Locale, Moment, PartyRef, Registration, render_problems,
};
use vestnik::organisation::{
    Applied, ApplyError, ApplyOptions, Given, Gone, Known, Loader, PARTIES, TokenState, apply,
    bot_snapshot, check, demo, exported, read, write_folder,
};
use vestnik::source::Document;
use vestnik::store::{self, By, Key, Store};

use crate::store::{Db, on_both};

on_both! {
    what_people_did_since_outlives_an_edited_seed,
    an_export_is_the_same_byte_for_byte_and_applies_without_a_difference,
    exported_data_are_the_same_in_another_database,
    a_token_of_another_installation_is_refused,
    a_folder_deletes_what_it_lacks_and_a_file_deletes_nothing,
    a_refused_file_changes_nothing_and_a_rehearsal_neither,
    on_and_off_by_hand_outlives_an_application,
    a_loader_gives_what_changed_and_why_a_bot_has_no_token,
    applications_at_once_follow_one_another,
    a_folder_on_disk_comes_in_and_goes_out_the_same,
}

struct Base {
    store: Store,
    folder: tempfile::TempDir,
}

impl Base {
    fn on(db: &Db) -> Base {
        Base {
            store: db.open(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Another installation: with a database and a key of its own.
    fn elsewhere(seed: u8) -> Base {
        let mut config = Db::sqlite().config();
        let folder = tempfile::tempdir().expect("a folder");
        config.url = format!("sqlite:{}", folder.path().join("a.db").display());
        config.key = Key::from_bytes(&[seed; 32], "другой ключ");
        Base {
            store: Store::open(config).expect("opens"),
            folder,
        }
    }

    fn options(&self, dry_run: bool, only_changed: bool) -> ApplyOptions {
        ApplyOptions {
            dry_run,
            only_changed,
            quiet: false,
            gone: Gone::Delete,
            at: Moment(1),
            by: By::File("тест".into()),
        }
    }

    fn try_apply(&self, given: &Given) -> Result<Applied, ApplyError> {
        apply(&self.store, given, &self.options(false, false))
    }

    #[track_caller]
    fn apply(&self, given: &Given) -> String {
        match self.try_apply(given) {
            Ok(applied) => applied.diff.to_string(),
            Err(error) => panic!("{error}"),
        }
    }

    fn exported(&self, data: bool) -> Vec<(String, String)> {
        exported(&self.store, data)
            .expect("exports")
            .into_values()
            .map(|file| {
                (
                    file.path,
                    String::from_utf8(file.bytes.to_vec()).expect("text"),
                )
            })
            .collect()
    }

    fn registered(&self) -> Vec<(i64, bool)> {
        self.store
            .read_blocking(store::registrations::list)
            .expect("reads")
            .into_iter()
            .map(|stored| (stored.registration.chat.0, stored.revoked_at.is_none()))
            .collect()
    }
}

fn folder(files: &[(&str, &str)]) -> Given {
    Given::folder(files.iter().map(|&(path, text)| (path, text.to_owned())))
}

fn single(path: &str, text: &str) -> Given {
    Given {
        whole: false,
        ..folder(&[(path, text)])
    }
}

const SHOP: &str = "code = \"shop\"\nname = \"Магазин\"\ntoken_env = \"SHOP\"  # переменная\r\n\n\
[[keyword]]\nwords = \"Цена\"\nkind = \"text\"\ntext = \"сто\"\n";
const PARTIES_TEXT: &str = "\
[[user]]
code = \"ivanov\"
name = \"Иванов\"
[[registration]]
bot = \"shop\"
chat = 1001
party = \"user:ivanov\"
[[registration]]
bot = \"shop\"
chat = 1002
party = \"user:ivanov\"
";

/// The test that the design asks for.
fn what_people_did_since_outlives_an_edited_seed(db: &Db) {
    let base = Base::on(db);
    let first = [("bots/shop.toml", SHOP), ("parties.toml", PARTIES_TEXT)];
    base.apply(&folder(&first));
    assert_eq!(base.registered(), [(1001, true), (1002, true)]);

    // Revoked over HTTP, another one registered by chat.
    base.store
        .write_blocking(|conn| {
            let shop = BotCode::new("shop");
            let by = By::Token("ops".into());
            store::registrations::revoke(
                conn,
                Channel::Telegram,
                &shop,
                ChatId(1001),
                Moment(2),
                &by,
            )?;
            let new = Registration {
                bot: shop,
                chat: ChatId(1003),
                party: "user:ivanov".parse::<PartyRef>().expect("a party"),
            };
            store::registrations::register(conn, Channel::Telegram, &new, Moment(2), &by)
        })
        .expect("writes");

    // A restart with the same files looks at nothing; one with an edited file applies it.
    let options = base.options(false, true);
    let same = apply(&base.store, &folder(&first), &options).expect("applies");
    assert!(same.diff.is_empty());
    let edited = PARTIES_TEXT.replace("Иванов", "Иванов Иван");
    let second = [("bots/shop.toml", SHOP), ("parties.toml", edited.as_str())];
    let applied = apply(&base.store, &folder(&second), &options).expect("applies");
    assert_eq!(
        applied.diff.to_string(),
        "~ user:ivanov: name\n! регистрация shop 1001: отозвана: файл её не возвращает\n"
    );
    assert_eq!(applied.registered, []);
    assert_eq!(
        base.registered(),
        [(1001, false), (1002, true), (1003, true)]
    );
    let expected: Vec<(String, String)> = second
        .iter()
        .map(|&(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    assert_eq!(base.exported(false), expected);
}

fn an_export_is_the_same_byte_for_byte_and_applies_without_a_difference(db: &Db) {
    let base = Base::on(db);
    let given = demo::given();
    assert!(
        base.apply(&given)
            .contains("+ бот shop: ключевых слов — 17")
    );
    for (path, text) in base.exported(false) {
        let original = &given.files[&path].bytes;
        if text.contains("sealed:") {
            let sealed = text
                .lines()
                .find(|line| line.starts_with("token = "))
                .expect("a token");
            assert!(!sealed.contains("demo"), "{sealed}");
            let lines = |text: &str| -> Vec<String> {
                text.lines()
                    .filter(|line| !line.starts_with("token = "))
                    .map(str::to_owned)
                    .collect()
            };
            assert_eq!(
                lines(&text),
                lines(std::str::from_utf8(original).expect("text")),
                "{path}"
            );
        } else {
            assert_eq!(text.as_bytes(), &**original, "{path}");
        }
    }
    // The same once more, from the plain text and from the sealed: nothing changes.
    assert_eq!(base.apply(&given), "");
    let again = Given::folder(base.exported(false));
    assert_eq!(base.apply(&again), "");
    // With data: another text of parties, and no difference in what it says.
    let mut data = Given::folder(base.exported(true));
    let parties = data.files.remove(PARTIES).expect("parties");
    assert_eq!(
        base.apply(&Given {
            files: [(PARTIES.to_owned(), parties)].into(),
            ..Given::default()
        }),
        ""
    );
}

/// Data that only people and algorithms make survive the way out and into an empty database.
fn exported_data_are_the_same_in_another_database(db: &Db) {
    let base = Base::on(db);
    let text = "\
[[group]]
code = \"г/1\"
name = \"Кавычки \\\" и \\\\ черта\"
[[user]]
code = \"a.b\"
name = \"Строка\\nвторая\"
groups = [\"г/1\"]
time_zone = \"Asia/Omsk\"
language = \"en\"
deleted = true
phone = \"007\"
\"Ключ с пробелом\" = \"значение\"
\"Дробь\" = 12345678901234567890.50
\"Целое\" = -7
\"Дата\" = 2026-02-03
\"Момент\" = 2026-02-03T04:05:06
\"Да\" = true
\"Сам\" = \"user:a.b\"
[[registration]]
bot = \"shop\"
chat = 5
party = \"user:a.b\"
";
    base.apply(&folder(&[("bots/shop.toml", SHOP), ("parties.toml", text)]));
    let out = base.exported(true);
    let other = Base::elsewhere(7);
    other.apply(&Given::folder(out.clone()));
    assert_eq!(other.exported(true), out);
    assert_eq!(
        other
            .store
            .read_blocking(store::parties::list)
            .expect("reads"),
        base.store
            .read_blocking(store::parties::list)
            .expect("reads")
    );
}

fn a_token_of_another_installation_is_refused(db: &Db) {
    let base = Base::on(db);
    base.apply(&folder(&[(
        "bots/a.toml",
        "code = \"a\"\nname = \"А\"\ntoken = \"1:abc\"\n",
    )]));
    let out = Given::folder(base.exported(false));
    let other = Base::elsewhere(2);
    let Err(ApplyError::Refused(problems)) = other.try_apply(&out) else {
        panic!("a foreign token was taken");
    };
    let said = render_problems(&problems);
    assert!(
        said.contains("bots/a.toml:3:9: ") && said.contains("[foreign-seal]"),
        "{said}"
    );
    assert!(
        said.contains("token_env") && said.contains("token_file"),
        "{said}"
    );
    assert_eq!(other.exported(false), []);
}

fn a_folder_deletes_what_it_lacks_and_a_file_deletes_nothing(db: &Db) {
    let base = Base::on(db);
    let other = SHOP.replace("shop", "cafe").replace("SHOP", "CAFE");
    base.apply(&folder(&[
        ("bots/shop.toml", SHOP),
        ("bots/cafe.toml", &other),
    ]));
    let edited = SHOP.replace("сто", "двести");
    assert_eq!(
        base.apply(&single("bots/shop.toml", &edited)),
        "~ бот shop: ключевое слово «Цена»\n"
    );
    assert_eq!(base.exported(false).len(), 2);
    assert_eq!(
        base.apply(&folder(&[("bots/shop.toml", &edited)])),
        "- бот cafe: ключевых слов — 1, регистраций — 0, ждущих сообщений — 0\n"
    );
    let rows = base.store.read_blocking(store::bots::list).expect("reads");
    let deleted: Vec<(&str, bool)> = rows
        .iter()
        .map(|row| (row.code.as_str(), row.deleted))
        .collect();
    assert_eq!(deleted, [("cafe", true), ("shop", false)]);
    // It may come back.
    base.apply(&single("bots/cafe.toml", &other));
    let rows = base.store.read_blocking(store::bots::list).expect("reads");
    assert!(rows.iter().all(|row| !row.deleted));
}

fn a_refused_file_changes_nothing_and_a_rehearsal_neither(db: &Db) {
    let base = Base::on(db);
    base.apply(&folder(&[("bots/shop.toml", SHOP)]));
    let before = base.exported(true);
    let bad = SHOP.replace("kind = \"text\"", "kind = \"txt\"");
    let good = SHOP.replace("shop", "cafe").replace("SHOP", "CAFE");
    let Err(ApplyError::Refused(problems)) = base.try_apply(&folder(&[
        ("bots/shop.toml", &bad),
        ("bots/cafe.toml", &good),
    ])) else {
        panic!("a wrong file was taken");
    };
    assert_eq!(
        problems.iter().filter(|problem| problem.is_error()).count(),
        1
    );
    assert_eq!(base.exported(true), before);
    let rehearsal = apply(
        &base.store,
        &single("bots/cafe.toml", &good),
        &base.options(true, false),
    )
    .expect("fine");
    assert_eq!(
        rehearsal.diff.to_string(),
        "+ бот cafe: ключевых слов — 1\n"
    );
    assert_eq!(base.exported(true), before);
    // A single file is checked together with what is there.
    let twice = SHOP.replace("SHOP", "OTHER");
    let Err(ApplyError::Refused(problems)) = base.try_apply(&single("bots/second.toml", &twice))
    else {
        panic!("a second bot of the same code was taken");
    };
    assert!(
        problems
            .iter()
            .any(|problem| problem.code == "duplicate-code")
    );
}

/// D30: an operator's command stands until the file itself changes its mind.
fn on_and_off_by_hand_outlives_an_application(db: &Db) {
    let base = Base::on(db);
    base.apply(&folder(&[("bots/shop.toml", SHOP)]));
    base.store
        .write_blocking(|conn| store::bots::command(conn, &BotCode::new("shop"), false))
        .expect("writes");
    let edited = SHOP.replace("сто", "двести");
    assert_eq!(
        base.apply(&folder(&[("bots/shop.toml", &edited)])),
        "~ бот shop: ключевое слово «Цена»\n! бот shop: сейчас выключен вручную; enabled = true подействует, только если строка изменилась\n"
    );
    let enabled =
        |base: &Base| base.store.read_blocking(store::bots::list).expect("reads")[0].enabled;
    assert!(!enabled(&base));
}

fn a_loader_gives_what_changed_and_why_a_bot_has_no_token(db: &Db) {
    let base = Base::on(db);
    let cafe = "code = \"cafe\"\nname = \"К\"\ntoken = \"7:abc\"\nenabled = false\n";
    let gone = format!(
        "code = \"files\"\nname = \"Ф\"\ntoken_file = \"{}\"\n",
        base.folder.path().join("t").display()
    );
    base.apply(&folder(&[
        ("bots/shop.toml", SHOP),
        ("bots/cafe.toml", cafe),
        ("bots/files.toml", &gone),
    ]));
    let environment = |name: &str| (name == "SHOP").then(|| "не токен".to_owned());
    let mut loader = Loader::new(Locale::En);
    let changes = loader
        .changes_blocking(&base.store, &environment)
        .expect("loads")
        .expect("all is new");
    let seen: Vec<(&str, bool, String)> = changes
        .bots
        .iter()
        .map(|bot| {
            let token = match &bot.token {
                TokenState::Known(secret) => secret.expose().to_owned(),
                TokenState::Missing(reason) => {
                    reason.split(':').next().unwrap_or_default().to_owned()
                }
            };
            (bot.bot.code.as_str(), bot.enabled, token)
        })
        .collect();
    assert_eq!(seen[0], ("cafe", false, "7:abc".to_owned()));
    assert!(
        seen[1].2.starts_with("файл токена ") && seen[1].2.contains("не читается"),
        "{seen:?}"
    );
    assert_eq!(
        seen[2],
        ("shop", true, "в переменной SHOP не токен".to_owned())
    );
    assert_eq!(changes.bots[2].bot.locale, Locale::En);
    assert_eq!(changes.bots[2].bot.keywords.len(), 1);
    assert!(
        loader
            .changes_blocking(&base.store, &environment)
            .expect("loads")
            .is_none()
    );

    std::fs::write(base.folder.path().join("t"), "9:file\n# примечание\n").expect("writes");
    let edited = gone.replace("Ф", "Файлы");
    base.apply(&folder(&[
        ("bots/shop.toml", SHOP),
        ("bots/files.toml", &edited),
    ]));
    let changes = loader
        .changes_blocking(&base.store, &environment)
        .expect("loads")
        .expect("changed");
    assert_eq!(changes.removed, [BotCode::new("cafe")]);
    assert_eq!(changes.bots.len(), 1);
    assert!(
        matches!(&changes.bots[0].token, TokenState::Known(secret) if secret.expose() == "9:file")
    );
}

/// Two applications at the same moment: both are there afterwards, one after the other.
fn applications_at_once_follow_one_another(db: &Db) {
    let base = Base::on(db);
    std::thread::scope(|scope| {
        for number in 0..6 {
            let base = &base;
            scope.spawn(move || {
                let text = SHOP
                    .replace("shop", &format!("shop{number}"))
                    .replace("SHOP", &format!("SHOP{number}"));
                base.apply(&single(&format!("bots/shop{number}.toml"), &text));
            });
        }
    });
    assert_eq!(base.exported(false).len(), 6);
    let revisions = base
        .store
        .read_blocking(|conn| store::definitions::revisions(conn, 100))
        .expect("reads");
    assert_eq!(revisions.len(), 6);
}

fn a_folder_on_disk_comes_in_and_goes_out_the_same(db: &Db) {
    let base = Base::on(db);
    let from = base.folder.path().join("from");
    demo::write(&from).expect("writes");
    std::fs::write(from.join("README.md"), "не файл организации").expect("writes");
    let given = Given::read(std::slice::from_ref(&from));
    assert_eq!(given.problems, []);
    assert_eq!(given.files, demo::given().files);
    base.apply(&given);
    let to = base.folder.path().join("to");
    let files = exported(&base.store, false).expect("exports");
    assert_eq!(
        write_folder(&to, &files).expect("writes"),
        Vec::<String>::new()
    );
    assert_eq!(Given::read(std::slice::from_ref(&to)).files, files);
    // A single list of algorithms brings its programs.
    let list = Given::read(&[from.join("algorithms.toml")]);
    assert_eq!(list.files.len(), 8);
    let missing = Given::read(&[Path::new("нет такой папки/bots/a.toml").to_owned()]);
    assert_eq!(missing.problems[0].code, "unreadable-file");
}

#[test]
fn the_sample_organisation_has_no_finding() {
    let given = demo::given();
    let reading = read(&given.files, &Known::default());
    let mut problems = reading.problems;
    problems.extend(check(&reading.definitions, &given.files));
    assert!(problems.is_empty(), "{}", render_problems(&problems));
    let main = reading
        .definitions
        .bots
        .iter()
        .filter(|bot| bot.main.value)
        .count();
    assert_eq!((reading.definitions.bots.len(), main), (4, 1));
    for bot in &reading.definitions.bots {
        let snapshot = bot_snapshot(bot, 1, Locale::Ru);
        assert!(!snapshot.keywords.is_empty());
    }
}

/// Every key that a reader asks for stands in the sample. A bot has one token, so the other two ways
/// stand in it as comments.
#[test]
fn the_sample_organisation_uses_every_key() {
    let sections: &[(&str, &[&str], &[&str])] = &[
        (
            "parties.toml",
            &[],
            &["group", "user", "partner", "counterparty", "registration"],
        ),
        ("parties.toml", &["group"], &["code", "name"]),
        (
            "parties.toml",
            &["user"],
            &[
                "code",
                "name",
                "email",
                "phone",
                "groups",
                "time_zone",
                "language",
                "deleted",
            ],
        ),
        ("parties.toml", &["partner"], &["code", "name"]),
        (
            "parties.toml",
            &["counterparty"],
            &["code", "name", "inn", "kpp", "email", "phone", "partner"],
        ),
        ("parties.toml", &["registration"], &["bot", "chat", "party"]),
        (
            "bots/",
            &[],
            &[
                "code",
                "name",
                "description",
                "token",
                "main",
                "enabled",
                "unknown_reply",
                "allow_code",
                "code_groups",
                "task_menu",
                "keyboard",
                "help",
                "locale",
                "fold_yo",
                "fold_lookalikes",
                "on_other_text",
                "choice_ttl",
                "quote",
                "mode",
                "authorization",
                "texts",
                "keyword",
            ],
        ),
        (
            "bots/",
            &["authorization"],
            &["enabled", "prompt", "algorithm", "scenario", "responsible"],
        ),
        (
            "bots/",
            &["keyword"],
            &[
                "words",
                "kind",
                "text",
                "algorithm",
                "title",
                "variants",
                "confirm",
                "columns",
                "back",
                "parent",
                "target",
                "deleted",
            ],
        ),
        (
            "algorithms.toml",
            &["algorithm"],
            &["name", "short_name", "telegram", "common_module", "file"],
        ),
        (
            "scenarios/",
            &[],
            &[
                "code",
                "name",
                "manual_start",
                "deadline",
                "available_to",
                "default_performer",
                "step",
                "notification",
            ],
        ),
        (
            "scenarios/",
            &["step"],
            &[
                "code",
                "name",
                "kind",
                "performer",
                "deadline",
                "important",
                "outcomes",
                "field",
                "next",
                "algorithm",
                "scenario",
            ],
        ),
        (
            "scenarios/",
            &["step", "field"],
            &["name", "type", "required", "shown"],
        ),
        ("scenarios/", &["step", "next"], &["outcome", "step"]),
        (
            "scenarios/",
            &["notification"],
            &[
                "event",
                "channel",
                "recipients",
                "text",
                "card",
                "attachments",
            ],
        ),
    ];
    fn collect(table: &DeTable<'_>, path: &[&str], keys: &mut BTreeSet<String>) {
        let Some((first, rest)) = path.split_first() else {
            keys.extend(table.keys().map(|key| key.get_ref().to_string()));
            return;
        };
        match table.get(*first).map(toml::Spanned::get_ref) {
            Some(DeValue::Table(inner)) => collect(inner, rest, keys),
            Some(DeValue::Array(items)) => {
                for item in items.iter() {
                    if let DeValue::Table(inner) = item.get_ref() {
                        collect(inner, rest, keys);
                    }
                }
            }
            _ => {}
        }
    }
    for (prefix, path, expected) in sections {
        let mut keys = BTreeSet::new();
        for (name, text) in demo::FILES
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
        {
            if !name.ends_with(".toml") {
                continue;
            }
            let (_, table) = Document::parse(name, text);
            collect(table.get_ref(), path, &mut keys);
        }
        for key in *expected {
            assert!(keys.contains(*key), "{prefix} {path:?}: no {key}");
        }
    }
    let shop = demo::FILES
        .iter()
        .find(|(name, _)| *name == "bots/shop.toml")
        .expect("shop")
        .1;
    assert!(shop.contains("# token_env = ") && shop.contains("# token_file = "));
    // Every kind, and every value of the settings with several.
    let all: String = demo::FILES.iter().map(|(_, text)| *text).collect();
    for value in [
        "kind = \"text\"",
        "kind = \"algorithm\"",
        "kind = \"choice\"",
        "kind = \"alias\"",
        "quote = \"never\"",
        "quote = \"groups\"",
        "quote = \"always\"",
        "on_other_text = \"leave\"",
        "on_other_text = \"repeat\"",
    ] {
        assert!(all.contains(value), "{value}");
    }
}
