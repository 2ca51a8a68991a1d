//! What the objects of the host have, told to the language's checker: a member that none of them has is
//! found before anybody meets it.

use std::sync::Arc;

use vestnik_bsl::Shape;

use super::catalogs::Manager;
use super::members::{both, method_names};
use super::names::{self, Standard};
use super::telegram::{ChatBot, Telegram};
use crate::model::BotCode;

/// The shapes of the global properties, each under both its names.
pub(super) fn shapes(bots: &[BotCode]) -> Vec<(String, Arc<Shape>)> {
    let manager = Arc::new(Shape {
        fields: Vec::new(),
        methods: method_names::<Manager>(),
    });
    let catalogs = Shape {
        fields: names::KINDS
            .iter()
            .flat_map(|(_, name)| both(*name))
            .map(|name| (name, Some(manager.clone())))
            .collect(),
        methods: Vec::new(),
    };
    let telegram = Shape {
        fields: Vec::new(),
        methods: method_names::<Telegram>(),
    };
    let bot = Arc::new(Shape {
        fields: both(Standard::Code.name()).map(|name| (name, None)).into(),
        methods: method_names::<ChatBot>(),
    });
    let chat_bots = Shape {
        fields: bots
            .iter()
            .map(|code| (code.as_str().to_owned(), Some(bot.clone())))
            .collect(),
        methods: Vec::new(),
    };
    let given = [
        (names::CATALOGS, catalogs),
        (names::TELEGRAM, telegram),
        (names::CHAT_BOTS, chat_bots),
    ];
    given
        .into_iter()
        .flat_map(|(name, shape)| {
            let shape = Arc::new(shape);
            both(name).map(|name| (name, shape.clone()))
        })
        .collect()
}
