//! The whole application, seen from outside: Telegram, the control endpoint, the command line.

mod alarms;
mod authorization;
mod commands;
mod control;
mod demo;
mod fleet;
mod groups;
mod messages;
mod organisation;
mod page;
mod people;
mod scripts;
mod sending;
mod traps;

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
