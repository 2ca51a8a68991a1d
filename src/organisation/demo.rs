//! The sample organisation, in the binary: `vestnik demo` works from a folder of its own.

use std::io;
use std::path::Path;

use super::definitions::ParentRecord;
use super::export::write_folder;
use super::files::Given;
use super::{TokenSource, token_number};

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../config/demo/", $path)))),*]
    };
}

/// Path and text of each file.
pub const FILES: &[(&str, &str)] = files![
    "algorithms.toml",
    "algorithms/ПоИНН.bsl",
    "algorithms/Остатки.bsl",
    "algorithms/Расчёт заказа.bsl",
    "algorithms/История выбора.bsl",
    "algorithms/Свободные даты.bsl",
    "algorithms/Записать на дегустацию.bsl",
    "algorithms/ОбщегоНазначения.bsl",
    "bots/main.toml",
    "bots/partners.toml",
    "bots/shop.toml",
    "bots/taste.toml",
    "parties.toml",
    "scenarios/contract.toml",
    "scenarios/registration.toml",
];

/// What `vestnik demo` suggests.
pub const WHAT_TO_TRY: &str = "\
Что попробовать:
  Полдень: подбор кофе   «Подбор» — выбор в три шага, с «Назад» и подтверждением; «ещё раз» — сначала;
                         «Дегустация» — свободные дни, которые нашёл алгоритм
  Полдень: магазин       «цена», «ЦЕНА», «ц е н а» — одно и то же; «Доставка», «Выбор», «Расчёт» — алгоритм;
                         пришлите стикер
  Полдень: свои          /start, «Мой ключ», «Обед» — выбор с подтверждением; «где фильтры»;
                         от имени человека 1001, менеджера: 2+2*2, «Остатки»
  Полдень: партнёрам     авторизация: «ООО Ромашка, 7701234567» впустит алгоритм, остальных решает менеджер 1001";

/// The files as a folder that was given whole.
pub fn given() -> Given {
    Given::folder(FILES.iter().map(|&(path, text)| (path, text.to_owned())))
}

/// A bot of the sample, as its person at @BotFather and its first visitor know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DemoBot {
    /// Telegram's number, from the token.
    pub number: i64,
    /// Наименование.
    pub name: String,
    /// What to write to it first: the first words of its top-level keywords, in the order written.
    pub first_words: Vec<String>,
}

/// The sample's bots.
pub fn bots() -> Vec<DemoBot> {
    let definitions = super::read(&given().files, &super::Known::default()).definitions;
    let number = |bot: &super::definitions::BotDefinition| match bot
        .token
        .as_ref()
        .map(|token| &token.value)
    {
        Some(TokenSource::Literal(token)) => token_number(token),
        _ => None,
    };
    let first_words = |bot: &super::definitions::BotDefinition| {
        bot.keywords
            .iter()
            .filter(|keyword| keyword.parent == ParentRecord::Top && !keyword.deleted)
            .filter_map(|keyword| keyword.words.first().map(|word| word.to_string()))
            .collect()
    };
    definitions
        .bots
        .iter()
        .filter_map(|bot| {
            Some(DemoBot {
                number: number(bot)?,
                name: bot.name.value.to_string(),
                first_words: first_words(bot),
            })
        })
        .collect()
}

/// Writes the sample into a folder. Files that are there already stay as they are: somebody may have
/// changed them.
///
/// # Errors
/// What the file system says.
pub fn write(folder: &Path) -> io::Result<()> {
    let mut files = given().files;
    files.retain(|path, _| !folder.join(path).exists());
    write_folder(folder, &files).map(|_| ())
}
