//! The whole application, seen from outside: Telegram, the control endpoint, the command line.

mod commands;
mod control;
mod demo;
mod fleet;
// Not wired yet, some of its cases do not pass: mod groups;
mod organisation;
// Not wired yet, some of its cases do not pass: mod page;
// Not wired yet, some of its cases do not pass: mod sending;

/// A bot with a text, a choice and its answers, for whatever needs a bot that answers.
const SHOP: &str = r#"
[[keyword]]
words = "Цена"
kind = "text"
text = "100 рублей"
[[keyword]]
words = "Выбор"
kind = "choice"
title = "Что?"
variants = ["Раз", "Два", "Три"]
columns = 2
[[keyword]]
parent = "Выбор"
kind = "text"
text = "понял"
"#;
