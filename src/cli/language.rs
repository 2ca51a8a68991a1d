//! The language of the command line before any settings are read, and the command line's own words in it:
//! help and what is wrong with arguments. English stands beside each argument, as its documentation;
//! Russian stands here, and a test compares the two.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::model::Locale;

/// The locale that the environment names: `LC_ALL`, `LC_MESSAGES`, `LANG`, the first that is set. English
/// where it says so, Russian in all other cases.
pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Locale {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match named {
        Some(name) if name.to_ascii_lowercase().starts_with("en") => Locale::En,
        _ => Locale::Ru,
    }
}

/// What clap says itself, and the same in Russian.
const HEADINGS: [(&str, &str); 10] = [
    ("Usage:", "Использование:"),
    ("Commands:", "Команды:"),
    ("Arguments:", "Параметры:"),
    ("Options:", "Ключи:"),
    ("[OPTIONS]", "[КЛЮЧИ]"),
    ("<COMMAND>", "<КОМАНДА>"),
    ("[default: ", "[по умолчанию: "),
    ("[possible values: ", "[значения: "),
    ("Possible values:", "Значения:"),
    ("[COMMAND]", "[КОМАНДА]"),
];

/// The help of commands and arguments, by the path of the command and the argument's name. A path of
/// `*` stands for every command.
const HELP: &[(&str, &str, &str)] = &[
    (
        "vestnik",
        "",
        "Вестник: много ботов Telegram в одном процессе, связанных с процессами организации",
    ),
    (
        "*",
        "config",
        "Файл настроек; без него читается vestnik.toml текущей папки. Переменные окружения (VESTNIK_STORE__URL, …) сильнее файла",
    ),
    ("*", "help", "Показать эту справку"),
    ("*", "version", "Показать версию"),
    ("* help", "", "Показать справку о команде"),
    ("serve", "", "Работать, пока не придёт SIGTERM или Ctrl-C"),
    (
        "apply",
        "",
        "Внести файлы организации: целую папку (чего в ней нет, удаляется) или отдельные файлы",
    ),
    ("apply", "dry_run", "Только показать, что изменится"),
    (
        "apply",
        "delete_bots",
        "Удалить ботов, файлов которых в папке нет, с их словами, регистрациями и сообщениями",
    ),
    ("apply", "paths", "Папка организации или её файлы"),
    (
        "export",
        "",
        "Записать файлы организации в папку, байт в байт, как они были внесены",
    ),
    (
        "export",
        "data",
        "Записать parties.toml по нынешним данным: люди, группы, регистрации",
    ),
    ("export", "dir", "Папка; создаётся, если её нет"),
    (
        "check",
        "",
        "Проверить файлы организации; без пути — те, что в базе",
    ),
    (
        "check",
        "tokens",
        "Ещё узнать, есть ли у каждого бота токен, и спросить Telegram, чей он",
    ),
    (
        "check",
        "dialogues",
        "Ещё сыграть проверочные диалоги этой папки (*.txt) на имитации Telegram, с собственной базой",
    ),
    ("check", "paths", "Папка организации или её файлы"),
    (
        "demo",
        "",
        "Попробовать: имитация Telegram со страницей чата и боты учебной организации",
    ),
    (
        "demo",
        "dir",
        "Хранить базу и файлы организации здесь; без этого ключа всё временное",
    ),
    (
        "demo",
        "listen",
        "Адрес страницы чата; порт 0 — любой свободный",
    ),
    (
        "simulator",
        "",
        "Запустить имитацию Telegram со страницей чата",
    ),
    (
        "simulator",
        "listen",
        "Где слушать; порт 0 — любой свободный",
    ),
    ("token", "", "Токены адреса управления"),
    (
        "token create",
        "",
        "Создать токен; он печатается один раз, хранится только его хеш",
    ),
    (
        "token create",
        "name",
        "Для чего он: так его покажут список и журнал",
    ),
    (
        "token create",
        "scope",
        "Право read, operate или admin; каждое включает предыдущие",
    ),
    (
        "token create",
        "user",
        "Пользователь, от имени которого он действует",
    ),
    ("token list", "", "Показать токены"),
    ("token revoke", "", "Отозвать токен"),
    ("token revoke", "name", "Его имя в списке"),
    (
        "backup",
        "",
        "Скопировать базу в файл, не останавливая сервер",
    ),
    ("backup", "file", "Копия; такого файла ещё не должно быть"),
    (
        "bsl",
        "",
        "Программы на языке 1С: выполнить, вычислить, проверить",
    ),
    (
        "bsl run",
        "",
        "Выполнить файл; сообщения идут на стандартный вывод",
    ),
    ("bsl run", "file", "Программа"),
    ("bsl run", "modules", "Общий модуль: ИМЯ=ФАЙЛ"),
    (
        "bsl run",
        "args",
        "Что программа найдёт в АргументыКоманднойСтроки",
    ),
    (
        "bsl eval",
        "",
        "Напечатать значение выражения или _Результат операторов",
    ),
    (
        "bsl eval",
        "code",
        "Выражение или операторы; - читает их со стандартного ввода",
    ),
    ("bsl check", "", "Проверить файлы и папки (*.bsl, *.os)"),
    ("bsl check", "paths", "Файлы и папки"),
    (
        "bsl check",
        "syntax_only",
        "Только запись: имена разрешаются в другом месте",
    ),
    (
        "bsl check",
        "jobs",
        "Файлов одновременно [по умолчанию: число ядер]",
    ),
    (
        "*",
        "instructions",
        "Операций [по умолчанию: без ограничения]",
    ),
    (
        "*",
        "time_ms",
        "Время в миллисекундах [по умолчанию: без ограничения]",
    ),
    (
        "*",
        "memory_mb",
        "Память значений в МиБ [по умолчанию: 4096]",
    ),
    ("*", "depth", "Вложенность вызовов [по умолчанию: 100000]"),
    ("*", "digits", "Цифр в числе [по умолчанию: 1000]"),
    (
        "*",
        "output",
        "Вывод в байтах [по умолчанию: без ограничения]",
    ),
    (
        "*",
        "http_allow",
        "Узел, к которому может обратиться HTTPСоединение, как в scripts.http_allow [по умолчанию: никакой]",
    ),
    ("*", "locale", "Язык сообщений"),
    (
        "trace",
        "",
        "Показать, что бот пробовал для последних сообщений чата; новые внизу",
    ),
    ("trace", "limit", "Не больше стольких сообщений"),
    ("trace", "bot", "Код бота"),
    ("trace", "chat", "Ключ чата: его отвечает «Мой ключ»"),
    ("algorithm", "", "Попробовать алгоритмы"),
    (
        "algorithm run",
        "",
        "Выполнить алгоритм на базе; записанное отменяется, отправленное печатается",
    ),
    (
        "algorithm run",
        "party",
        "Кто _Исполнитель: user:КОД, partner:КОД или counterparty:КОД",
    ),
    ("algorithm run", "text", "Текст в _ДанныеДляОбработки"),
    (
        "algorithm run",
        "bot",
        "Бот, который его вызвал; по умолчанию первый",
    ),
    ("algorithm run", "chat", "КлючЧата в _ДанныеДляОбработки"),
    (
        "algorithm run",
        "name",
        "Имя или дополнительное наименование алгоритма",
    ),
    (
        "apply",
        "quiet",
        "Никому не сообщать, что он зарегистрирован",
    ),
    (
        "register",
        "",
        "Связать личный чат с ботом с пользователем, партнером или контрагентом; человек об этом узнает",
    ),
    ("register", "quiet", "Никому не сообщать"),
    ("register", "bot", "Код бота"),
    (
        "register",
        "chat",
        "Ключ чата, который человек прочитал в ответ на «Мой ключ»",
    ),
    (
        "register",
        "party",
        "user:КОД, partner:КОД или counterparty:КОД",
    ),
    (
        "revoke",
        "",
        "Отозвать регистрацию: при следующем сообщении человек чужой",
    ),
    ("revoke", "bot", "Код бота"),
    ("revoke", "chat", "Ключ чата"),
    ("registrations", "", "Показать, кто с каким чатом связан"),
    ("registrations", "bot", "Только этого бота"),
    (
        "registrations",
        "search",
        "Ключ чата или начало наименования, кода",
    ),
    ("registrations", "all", "И отозванные"),
    (
        "completions",
        "",
        "Напечатать дополнение команд для оболочки",
    ),
    ("completions", "shell", "Оболочка"),
];

fn help_of(path: &str, argument: &str) -> Option<&'static str> {
    let find = |wanted: &str| {
        HELP.iter()
            .find(|(command, name, _)| *command == wanted && *name == argument)
            .map(|&(_, _, text)| text)
    };
    let is_help = argument.is_empty() && path.rsplit(' ').next() == Some("help");
    find(path)
        .or_else(|| find("*").filter(|_| !argument.is_empty()))
        .or_else(|| find("* help").filter(|_| is_help))
}

/// The command line in a language.
pub fn spoken(command: clap::Command, locale: Locale) -> clap::Command {
    match locale {
        Locale::En => command,
        Locale::Ru => {
            let mut command = command;
            // What clap adds of itself, such as --help, is there only then.
            command.build();
            in_russian(command, "")
        }
    }
}

fn in_russian(command: clap::Command, above: &str) -> clap::Command {
    let path = match (above, command.get_name()) {
        ("", name) => name.to_owned(),
        ("vestnik", name) => name.to_owned(),
        (above, name) => format!("{above} {name}"),
    };
    let mut command = command;
    if let Some(text) = help_of(&path, "") {
        command = command.about(text).long_about(None::<&'static str>);
    }
    let here = path.clone();
    command
        .mut_args(
            move |argument| match help_of(&here, argument.get_id().as_str()) {
                Some(text) => argument.help(text).long_help(None::<&'static str>),
                None => argument,
            },
        )
        .mut_subcommands(move |inner| in_russian(inner, &path))
}

/// What clap renders, with its own words in the language.
pub fn rendered(text: &str, locale: Locale) -> String {
    let mut text = text.to_owned();
    if locale == Locale::Ru {
        for (english, russian) in HEADINGS {
            text = text.replace(english, russian);
        }
    }
    text
}

/// What is wrong with arguments, and what to do.
pub fn refusal(error: &clap::Error, locale: Locale) -> String {
    let own = error.render().to_string();
    if locale == Locale::En {
        return own;
    }
    let context = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::Number(number)) => number.to_string(),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let message = match error.kind() {
        ErrorKind::UnknownArgument => format!("неизвестный параметр «{argument}»"),
        ErrorKind::InvalidSubcommand => {
            format!("команды «{}» нет", context(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingSubcommand => "не названа команда".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("не хватает: {argument}"),
        ErrorKind::InvalidValue if value.is_empty() => format!("у {argument} нет значения"),
        ErrorKind::InvalidValue => format!("«{value}» не годится для {argument}"),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string);
            format!(
                "«{value}» не годится для {argument}: {}",
                numbers(&why.unwrap_or_default())
            )
        }
        ErrorKind::ArgumentConflict => format!(
            "{argument} не бывает вместе с {}",
            context(ContextKind::PriorArg)
        ),
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues | ErrorKind::TooFewValues => {
            format!("не столько значений, сколько нужно, у {argument}")
        }
        ErrorKind::InvalidUtf8 => "параметр не в кодировке UTF-8".to_owned(),
        // The rest is of the program, not of who types.
        _ => return rendered(&own, locale),
    };
    let mut text = format!("vestnik: {message}\n");
    let valid = context(ContextKind::ValidValue);
    if !valid.is_empty() {
        text.push_str(&format!("  допустимы: {valid}\n"));
    }
    let near: Vec<String> = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ]
    .into_iter()
    .map(context)
    .filter(|near| !near.is_empty())
    .collect();
    if let Some(near) = near.first() {
        text.push_str(&format!("  возможно, имелось в виду {near}\n"));
    }
    let usage = context(ContextKind::Usage);
    if !usage.is_empty() {
        text.push_str(&format!("\n{}\n", rendered(usage.trim_end(), locale)));
    }
    text.push_str("\nПодробнее: тот же вызов с ключом --help\n");
    text
}

/// What Rust and clap say of a number that is none, in Russian.
fn numbers(why: &str) -> String {
    if let Some(range) = why.split_once(" is not in ").map(|(_, range)| range) {
        return format!("допустимо {range}");
    }
    match why {
        "invalid digit found in string" => "ожидалось целое число".to_owned(),
        "cannot parse integer from empty string" => "ожидалось число".to_owned(),
        why if why.starts_with("number too") => "число слишком велико или мало".to_owned(),
        why => why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn has_cyrillic(text: &str) -> bool {
        text.chars()
            .any(|c| matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё'))
    }

    /// Every command and argument with its help, as `path argument`.
    fn told(command: &clap::Command, above: &str, found: &mut Vec<(String, String)>) {
        let path = format!("{above}{} ", command.get_name());
        let about = command.get_about().map(ToString::to_string);
        found.push((path.clone(), about.unwrap_or_default()));
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string);
            found.push((
                format!("{path}{}", argument.get_id()),
                help.unwrap_or_default(),
            ));
        }
        for inner in command.get_subcommands() {
            told(inner, &path, found);
        }
    }

    fn all(locale: Locale) -> Vec<(String, String)> {
        let mut command = spoken(super::super::Cli::command(), locale);
        command.build();
        let mut found = Vec::new();
        told(&command, "", &mut found);
        // `help` repeats every command.
        found.retain(|(path, _)| !path.contains(" help "));
        found
    }

    #[test]
    fn every_command_and_argument_is_told_in_both_languages() {
        let (english, russian) = (all(Locale::En), all(Locale::Ru));
        assert_eq!(english.len(), russian.len());
        for ((path, english), (_, russian)) in english.iter().zip(&russian) {
            assert!(!english.is_empty(), "{path}: no English");
            assert!(has_cyrillic(russian), "{path}: no Russian: {russian}");
        }
    }

    #[test]
    fn no_russian_help_is_left_over() {
        let paths: Vec<String> = all(Locale::Ru).into_iter().map(|(path, _)| path).collect();
        for (command, argument, _) in HELP {
            let is_there = paths.iter().any(|path| {
                let path = path.strip_prefix("vestnik ").unwrap_or(path);
                match *command {
                    "*" => path.ends_with(&format!(" {argument}")) || path == *argument,
                    "* help" => true,
                    "vestnik" => path.trim().is_empty(),
                    command => path == format!("{command} {argument}"),
                }
            });
            assert!(is_there, "{command} {argument}");
        }
    }

    #[test]
    fn the_environment_names_the_language() {
        let check = |variables: &[(&str, &str)], expected: Locale| {
            let found = of_environment(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(found, expected, "{variables:?}");
        };
        check(&[], Locale::Ru);
        check(&[("LANG", "en_US.UTF-8")], Locale::En);
        check(&[("LANG", "C.UTF-8")], Locale::Ru);
        check(&[("LANG", "ru_RU.UTF-8"), ("LC_ALL", "en_GB")], Locale::En);
        check(&[("LANG", "en_US"), ("LC_ALL", "")], Locale::En);
        check(&[("LANG", "en_US"), ("LC_MESSAGES", "ru_RU")], Locale::Ru);
    }

    #[test]
    fn what_is_wrong_with_arguments_is_told_in_russian() {
        let check = |arguments: &str, parts: &[&str]| {
            let words = std::iter::once("vestnik").chain(arguments.split_whitespace());
            let error = super::super::Cli::command().try_get_matches_from(words);
            let text = refusal(&error.expect_err("a wrong call"), Locale::Ru);
            for part in parts {
                assert!(text.contains(part), "{arguments}: {part}: {text}");
            }
            for english in ["error", "Usage", "tip:", "similar", "required", "For more"] {
                assert!(!text.contains(english), "{arguments}: {english}: {text}");
            }
        };
        check(
            "serve --confg x",
            &[
                "неизвестный параметр «--confg»",
                "имелось в виду --config",
                "Использование:",
            ],
        );
        check("aply", &["команды «aply» нет", "имелось в виду apply"]);
        check("apply", &["не хватает: <PATH>..."]);
        check(
            "token create x --scope all",
            &["«all» не годится для --scope", "read, operate или admin"],
        );
        check(
            "trace shop x",
            &["«x» не годится для <CHAT>", "целое число"],
        );
        check(
            "trace shop 1 --limit 0",
            &["«0» не годится для --limit", "допустимо 1..=1000"],
        );
        check(
            "completions fsh",
            &["«fsh» не годится", "допустимы: bash", "имелось в виду fish"],
        );
        check("serve --config", &["у --config <FILE> нет значения"]);
    }
}
