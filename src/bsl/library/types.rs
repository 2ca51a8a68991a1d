//! Types of the language that have no constructor, Тип and ТипЗнч.

use super::define::function;
use super::registry::{Area, Constructor, TypeDef};
use crate::diagnostic::Locale;
use crate::kernel::encode::{parse_uuid, random_uuid};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::rc::Rc;

const fn plain(ru: &'static str, en: &'static str) -> TypeDef {
    TypeDef {
        ru,
        en,
        new: None,
        methods: &[],
        props: &[],
    }
}

/// Неопределено.
pub static UNDEFINED: TypeDef = plain("Неопределено", "Undefined");
/// Null.
pub static NULL: TypeDef = plain("Null", "NULL");
/// Булево.
pub static BOOLEAN: TypeDef = plain("Булево", "Boolean");
/// Число.
pub static NUMBER: TypeDef = plain("Число", "Number");
/// Строка.
pub static STRING: TypeDef = plain("Строка", "String");
/// Дата.
pub static DATE: TypeDef = plain("Дата", "Date");
/// Тип.
pub static TYPE: TypeDef = plain("Тип", "Type");
/// ОбщийМодуль.
pub static COMMON_MODULE: TypeDef = plain("ОбщийМодуль", "CommonModule");
/// ИнформацияОбОшибке.
pub static ERROR_INFO: TypeDef = TypeDef {
    ru: "ИнформацияОбОшибке",
    en: "ErrorInfo",
    new: Some(Constructor {
        params: "Описание?, Параметры?",
        call: super::errors::new_error,
    }),
    methods: super::errors::METHODS,
    props: super::errors::PROPS,
};
/// УникальныйИдентификатор.
pub static UUID: TypeDef = TypeDef {
    ru: "УникальныйИдентификатор",
    en: "UUID",
    new: Some(Constructor {
        params: "Строка?",
        call: new_uuid,
    }),
    methods: &[],
    props: &[],
};

/// Types and Тип, ТипЗнч.
pub static AREA: Area = Area {
    title: "Типы",
    functions: &[
        function!("Тип" "Type" ("ИмяТипа") true type_by_name),
        function!("ТипЗнч" "TypeOf" ("Значение") true type_of),
    ],
    types: &[
        &UNDEFINED,
        &NULL,
        &BOOLEAN,
        &NUMBER,
        &STRING,
        &DATE,
        &TYPE,
        &COMMON_MODULE,
        &ERROR_INFO,
        &UUID,
    ],
    enums: &[],
};

/// The text of a type: its name in words, «Таблица значений», as 1C shows it. Abbreviations stay as
/// they are: «Чтение JSON».
#[must_use]
pub fn presentation(ty: &TypeDef, locale: Locale) -> String {
    if let Some((_, ru, en)) = SHOWN.iter().find(|(name, ..)| *name == ty.ru) {
        return (if locale == Locale::Ru { *ru } else { *en }).to_owned();
    }
    words(if locale == Locale::Ru { ty.ru } else { ty.en })
}

/// Types that 1C shows otherwise than by the words of their names (measured on 8.3.27, blanks included;
/// English texts are believed).
const SHOWN: &[(&str, &str, &str)] = &[
    ("Неопределено", "Не определено", "Undefined"),
    ("ДокументDOM", "Документ  DOM", "DOM document"),
    ("КомментарийDOM", "Комментарий  DOM", "DOM comment"),
    ("РезультатXPath", "Результат DOM XPath", "DOM XPath result"),
    (
        "ВыражениеXPath",
        "Выражение DOM XPath",
        "DOM XPath expression",
    ),
    (
        "РазыменовательПространствИменDOM",
        "Разыменователь пространств имен DOM XPath",
        "DOM XPath namespace resolver",
    ),
];

/// A name divided at its capitals, at digits between letters and at changes between Latin and Cyrillic
/// letters. Words but the first begin with a small letter. A name with an underscore is no words.
pub(super) fn words(name: &str) -> String {
    if name.contains('_') {
        return name.to_owned();
    }
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::with_capacity(name.len() + 8);
    let mut start = 0;
    for at in 1..=letters.len() {
        let ends = match (letters[at - 1], letters.get(at)) {
            (_, None) => true,
            (before, Some(&next)) => {
                let follows_small = before.is_lowercase() && next.is_uppercase();
                // The last capital of a row begins the next word: КлючИЗначение, HTTPConnection.
                let begins_word = next.is_uppercase()
                    && letters
                        .get(at + 1)
                        .is_some_and(|after| after.is_lowercase());
                let at_digit = before.is_lowercase() && next.is_ascii_digit();
                let other_script = before.is_ascii() != next.is_ascii();
                follows_small || begins_word || at_digit || other_script
            }
        };
        if !ends {
            continue;
        }
        let word = &letters[start..at];
        if start > 0 {
            text.push(' ');
        }
        let is_abbreviation = word.len() > 1 && word.iter().all(|letter| letter.is_uppercase());
        let is_foreign = word[0].is_ascii() && !name.is_ascii();
        if start > 0 && !is_abbreviation && !is_foreign {
            text.extend(word.iter().flat_map(|letter| letter.to_lowercase()));
        } else {
            text.extend(word);
        }
        start = at;
    }
    text
}

fn type_by_name(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let name = args[0].as_string().ok_or_else(|| Fault::param(1))?;
    vm.type_by_name(&name)
        .ok_or_else(|| Message::TypeNotFound(name).into())
}

fn type_of(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    Ok(vm.type_value(&args[0]))
}

fn new_uuid(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].is_missing() {
        let mut bytes = [0; 16];
        if !vm.host().random(&mut bytes) {
            return Err(Message::NotAvailable("УникальныйИдентификатор".into()).into());
        }
        return Ok(Value::Uuid(Rc::new(random_uuid(bytes))));
    }
    let text = args[0].as_string().ok_or_else(|| Fault::param(1))?;
    match parse_uuid(&text) {
        Some(bytes) => Ok(Value::Uuid(Rc::new(bytes))),
        None => Err(Message::CannotConvert("УникальныйИдентификатор", "UUID").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_words() {
        for (name, text) in [
            ("Массив", "Массив"),
            ("ТаблицаЗначений", "Таблица значений"),
            (
                "КоллекцияСтрокДереваЗначений",
                "Коллекция строк дерева значений",
            ),
            ("КлючИЗначение", "Ключ и значение"),
            ("ИнформацияОбОшибке", "Информация об ошибке"),
            ("ЧтениеJSON", "Чтение JSON"),
            ("ТипЗначенияJSON", "Тип значения JSON"),
            ("HTTPСоединение", "HTTP соединение"),
            ("ЧтениеZipФайла", "Чтение Zip файла"),
            ("Null", "Null"),
            ("ValueTable", "Value table"),
            ("HTTPConnection", "HTTP connection"),
            ("JSONReader", "JSON reader"),
            ("Последние7Дней", "Последние 7 дней"),
            ("Last7Days", "Last 7 days"),
            ("СНачала", "С начала"),
            ("ЧтениеИЗапись", "Чтение и запись"),
            ("СекцияCDATA", "Секция CDATA"),
            ("CDATASection", "CDATA section"),
            ("URLВКодировкеURL", "URL в кодировке URL"),
            ("SHA256", "SHA256"),
            ("Linux_x86_64", "Linux_x86_64"),
            ("", ""),
        ] {
            assert_eq!(words(name), text);
        }
        assert_eq!(presentation(&UNDEFINED, Locale::Ru), "Не определено");
    }
}
