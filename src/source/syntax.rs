//! What the TOML parser says, for people who do not know TOML.

/// The parser speaks English; these are its messages, the nearest first.
pub(super) fn message(message: &str) -> (String, Option<String>) {
    const QUOTES: &str = "возьмите текст в двойные кавычки; кавычку внутри пишите как \\\"";
    const PAIR: &str = "строка пишется так: ключ = значение";
    const KEY: &str = "возьмите имя ключа в двойные кавычки";
    let known = [
        (
            "duplicate key",
            "ключ уже задан выше",
            "оставьте одно из двух значений",
        ),
        ("must be quoted", "значение без кавычек", QUOTES),
        ("invalid basic string", "кавычка не закрыта", QUOTES),
        ("invalid literal string", "кавычка не закрыта", QUOTES),
        ("invalid multi-line", "тройная кавычка не закрыта", QUOTES),
        ("opening quote", "нет открывающей кавычки", QUOTES),
        (
            "unclosed array table",
            "заголовок записи не закрыт",
            "заголовок записи пишется в двойных квадратных скобках: [[имя]]",
        ),
        (
            "unclosed table",
            "заголовок раздела не закрыт",
            "заголовок раздела пишется в квадратных скобках: [имя]",
        ),
        (
            "unclosed inline table",
            "не закрыта фигурная скобка",
            "поставьте }",
        ),
        (
            "unclosed array",
            "список не закрыт",
            "поставьте ] в конце списка",
        ),
        (
            "missing comma between array",
            "между элементами списка нет запятой",
            "разделите элементы запятыми",
        ),
        (
            "missing comma between key",
            "между ключами нет запятой",
            "разделите пары запятыми",
        ),
        ("extra comma", "лишняя запятая", "уберите запятую"),
        ("missing assignment", "нет знака =", PAIR),
        ("missing value", "у ключа нет значения", PAIR),
        ("key with no value", "у ключа нет значения", PAIR),
        ("extra `=`", "лишний знак =", PAIR),
        ("extra assignment", "лишний знак =", PAIR),
        ("unexpected `=`", "лишний знак =", PAIR),
        (
            "unquoted key",
            "имя ключа без кавычек может состоять только из латинских букв, цифр, _ и -",
            KEY,
        ),
        (
            "unexpected key or value",
            "лишний текст в конце строки",
            PAIR,
        ),
        ("unexpected content", "лишний текст", PAIR),
        (
            "escape",
            "неизвестное сочетание с обратной чертой",
            "обратную черту в двойных кавычках пишите дважды: \\\\",
        ),
        (
            "unicode",
            "неверная запись символа после \\u",
            "после \\u должно быть четыре шестнадцатеричные цифры",
        ),
        (
            "leading zero",
            "число начинается с нуля",
            "уберите ноль; код с нулями возьмите в двойные кавычки",
        ),
        (
            "max recursion",
            "слишком глубокая вложенность",
            "упростите запись",
        ),
        (
            "carriage return",
            "одиночный символ возврата каретки",
            "сохраните файл с обычными концами строк",
        ),
        (
            "comment character",
            "недопустимый знак в примечании",
            "уберите его",
        ),
    ];
    for (english, russian, hint) in known {
        if message.contains(english) {
            return (russian.to_owned(), Some(hint.to_owned()));
        }
    }
    (format!("неверная запись TOML: {message}"), None)
}
