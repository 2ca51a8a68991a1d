//! `[testing]`: what only a test or the simulator's user sets.

use super::address::http_url;
use super::layers::Section;

/// What tests need.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TestingSettings {
    /// A clock over HTTP in place of the system's; only beside a Bot API on this computer.
    pub clock: Option<String>,
}

impl TestingSettings {
    pub(super) fn fill(&mut self, section: &Section<'_, '_>, api_on_loopback: bool) {
        section.text("clock", |text, origin| {
            if text.is_empty() {
                self.clock = None;
            } else if http_url(&text).is_none() {
                section.fail(
                    origin,
                    "bad-url",
                    format!("«clock»: непонятный адрес «{text}»"),
                    "напишите адрес часов симулятора: http://127.0.0.1:8081/sim/clock",
                );
            } else if api_on_loopback {
                self.clock = Some(text);
            } else {
                section.fail(
                    origin,
                    "clock-not-for-tests",
                    "«clock»: чужие часы допустимы только рядом с симулятором".into(),
                    "уберите clock или направьте telegram.api_url на этот же компьютер (127.0.0.1)",
                );
            }
        });
        section.finish();
    }
}
