//! The definitions of all bots that are in force, those that do not run too: what is said through another
//! bot, and for one that is switched off, needs its texts.
//!
//! The fleet puts them here when it loads them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use crate::model::{Bot, BotCode};

/// The definitions in force.
#[derive(Default)]
pub struct Definitions {
    bots: RwLock<HashMap<BotCode, Arc<Bot>>>,
    loaded: AtomicBool,
}

impl Definitions {
    /// A bot's definition is another one from now on.
    pub(super) fn put(&self, bot: Arc<Bot>) {
        self.bots.write().insert(bot.code.clone(), bot);
    }

    /// A bot's definition is gone.
    pub(super) fn remove(&self, code: &BotCode) {
        self.bots.write().remove(code);
    }

    /// Everything was read once.
    pub(super) fn set_loaded(&self) {
        self.loaded.store(true, Ordering::Release);
    }

    /// Whether everything was read once: until then a bot may be missing that exists.
    pub fn are_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// A bot's definition.
    pub fn of(&self, code: &BotCode) -> Option<Arc<Bot>> {
        self.bots.read().get(code).cloned()
    }

    /// The bot that notices and tasks go through, where one is named.
    pub fn main(&self) -> Option<BotCode> {
        let bots = self.bots.read();
        bots.values()
            .find(|bot| bot.main)
            .map(|bot| bot.code.clone())
    }
}
