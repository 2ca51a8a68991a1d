//! Everything that the host gives to programs as tables of Markdown: docs/algorithms-host.md is made
//! of it.

use std::fmt::Write as _;

use super::catalogs::{Manager, Selection};
use super::members::Members;
use super::names::{ATTRIBUTES, CATALOGS, CHAT_BOTS, Standard, TELEGRAM, VARIABLES, all_types};
use super::object::CatalogObject;
use super::reference::Reference;
use super::telegram::{ChatBot, Telegram};

/// All names, in both languages.
#[must_use]
pub fn host_reference() -> String {
    let mut text = String::new();
    table(&mut text, "Переменные и свойства", &["Имя", "По-английски"]);
    for name in VARIABLES {
        row(&mut text, [code(name), "—".to_owned()]);
    }
    for name in [CATALOGS, TELEGRAM, CHAT_BOTS] {
        row(&mut text, [code(name.ru), code(name.en)]);
    }
    table(&mut text, "Типы", &["Тип", "По-английски"]);
    for (ru, en) in all_types() {
        row(&mut text, [code(&ru), code(&en)]);
    }
    let title = "Реквизиты ссылки, объекта и выборки";
    table(&mut text, title, &["Имя", "По-английски", "Ключ в файлах"]);
    for name in Standard::ALL.map(Standard::name) {
        row(&mut text, [code(name.ru), code(name.en), "—".to_owned()]);
    }
    for (key, name) in ATTRIBUTES {
        row(&mut text, [code(name.ru), code(name.en), code(key)]);
    }
    methods::<Manager>(&mut text, "Методы менеджера справочника");
    methods::<Reference>(&mut text, "Методы ссылки");
    methods::<CatalogObject>(&mut text, "Методы объекта");
    methods::<Selection>(&mut text, "Методы выборки");
    methods::<Telegram>(&mut text, "Методы `Telegram`");
    methods::<ChatBot>(&mut text, "Методы бота из `ЧатБоты`");
    text
}

fn methods<T: Members>(text: &mut String, title: &str) {
    table(text, title, &["Метод", "По-английски", "Что делает"]);
    for method in T::METHODS {
        let call = format!("{}({})", method.name.ru, method.params);
        row(
            text,
            [code(&call), code(method.name.en), method.about.to_owned()],
        );
    }
}

fn table(text: &mut String, title: &str, columns: &[&str]) {
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "### {title}\n\n| {} |", columns.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(columns.len()));
}

fn row<const N: usize>(text: &mut String, cells: [String; N]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
