//! What the TOML parser says, for people who do not know TOML.

use std::ops::Range;

use super::russian;
use crate::model::nearest;

/// Message and remedy for an error of the parser at a place of the text.
pub(super) fn message(message: &str, text: &str, span: &Range<usize>) -> (String, Option<String>) {
    at_its_place(message, text, span).unwrap_or_else(|| by_itself(message))
}

/// What the text at the place tells beyond the parser's message.
fn at_its_place(
    message: &str,
    text: &str,
    span: &Range<usize>,
) -> Option<(String, Option<String>)> {
    let line_start = text.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..)?.lines().next()?;
    let written = text.get(span.start..)?;
    let word = written
        .split(|c: char| c.is_whitespace() || matches!(c, '=' | ',' | '#' | ']' | '}' | '.'))
        .next()
        .unwrap_or_default();
    let is_no_value = ["must be quoted", "missing value", "invalid boolean"]
        .iter()
        .any(|said| message.contains(said));
    if is_no_value {
        return flag_meant(word).map(|flag| {
            (
                format!("непонятное значение «{word}»"),
                Some(format!(
                    "напишите {flag} без кавычек, а текст возьмите в двойные кавычки"
                )),
            )
        });
    }
    let header = line.trim_start();
    if message.contains("duplicate key") && header.starts_with('[') {
        let name = header
            .trim_start_matches('[')
            .split([']', '#'])
            .next()?
            .trim();
        return Some(if header.starts_with("[[") {
            (
                format!("[[{name}]] — запись списка, а выше стоит раздел [{name}]"),
                Some(format!("все записи пишутся с двумя скобками: [[{name}]]")),
            )
        } else {
            (
                format!("раздел [{name}] уже есть выше"),
                Some(format!(
                    "если это ещё одна запись, напишите её с двумя скобками: [[{name}]]; иначе соедините разделы"
                )),
            )
        });
    }
    if message.contains("unquoted key") && !word.is_ascii() {
        let key = line.split('=').next().unwrap_or(word).trim();
        // Without a sign of equality it may be the whole file.
        let key = if key.chars().count() > 40 { word } else { key };
        return Some((
            format!("ключ «{key}» написан не латиницей"),
            Some(match russian::key_meant(key) {
                Some(meant) => format!(
                    "ключи пишутся латиницей, возможно, это {meant}; собственный реквизит берут в двойные кавычки: \"{key}\" = …"
                ),
                None => format!(
                    "ключи пишутся латиницей; собственный реквизит берут в двойные кавычки: \"{key}\" = …"
                ),
            }),
        ));
    }
    None
}

/// What somebody meant who wrote `ture` or `истина`.
fn flag_meant(word: &str) -> Option<&'static str> {
    const TRUE: [&str; 7] = ["истина", "да", "вкл", "yes", "on", "y", "t"];
    const FALSE: [&str; 7] = ["ложь", "нет", "выкл", "no", "off", "n", "f"];
    let lower = word.to_lowercase();
    if TRUE.contains(&lower.as_str()) {
        return Some("true");
    }
    if FALSE.contains(&lower.as_str()) {
        return Some("false");
    }
    match nearest(&lower, ["true", "false"]) {
        Some("true") => Some("true"),
        Some(_) => Some("false"),
        None => None,
    }
}

/// The parser speaks English; these are its messages, the nearest first.
fn by_itself(message: &str) -> (String, Option<String>) {
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
            "recursion",
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

#[cfg(test)]
mod tests {
    use crate::model::render_problems;
    use crate::source::Document;

    #[test]
    fn what_people_write_for_toml_is_understood() {
        let check = |text: &str, message: &str, hint: &str| {
            let (document, _) = Document::parse("a.toml", text);
            let said = render_problems(&document.into_problems());
            assert!(
                said.contains(message) && said.contains(hint),
                "{text}\n{said}"
            );
        };
        let flag = "напишите true без кавычек";
        check("main = ture\n", "непонятное значение «ture»", flag);
        check("main = True\n", "непонятное значение «True»", flag);
        check("confirm = истина\n", "непонятное значение «истина»", flag);
        check("confirm = Да # так\n", "непонятное значение «Да»", flag);
        check(
            "confirm = ложь\n",
            "непонятное значение «ложь»",
            "напишите false",
        );
        check(
            "name = Магазин\n",
            "значение без кавычек",
            "двойные кавычки",
        );
        check(
            "имя = \"А\"\n",
            "ключ «имя» написан не латиницей",
            "возможно, это name",
        );
        check(
            "цвет = 1\n",
            "ключ «цвет» написан не латиницей",
            "\"цвет\" = …",
        );
        check(
            "[[keyword]]\na = 1\n[keyword]\na = 2\n",
            "раздел [keyword] уже есть выше",
            "с двумя скобками: [[keyword]]",
        );
        check(
            "[keyword]\na = 1\n[[keyword]]\na = 2\n",
            "[[keyword]] — запись списка",
            "с двумя скобками: [[keyword]]",
        );
        check("a = 1\na = 2\n", "ключ уже задан выше", "оставьте одно");
        check(
            &format!("a{} = 1\n", ".a".repeat(100_000)),
            "слишком глубокая",
            "упростите",
        );
        check(
            &format!("a = {}\n", "[".repeat(100_000)),
            "слишком глубокая",
            "упростите",
        );
    }

    #[test]
    fn very_many_mistakes_are_not_all_told() {
        let text = "ключ\n".repeat(100_000);
        let (document, _) = Document::parse("a.toml", &text);
        assert!(document.into_problems().len() <= 20);
        let text: String = (0..10_000)
            .map(|number| format!("k{number} = 1\n"))
            .collect();
        let (document, table) = Document::parse("a.toml", &text);
        document.fields(&table, "файле").finish();
        let problems = document.into_problems();
        assert_eq!(problems.len(), 201);
        assert!(render_problems(&problems).contains("и ещё замечаний в этом файле: 9800"));
    }
}
