//! `[retention]`: how long what was handled is kept.

use super::layers::Section;

/// How long things are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetentionSettings {
    /// Handled updates and sent messages, days.
    pub handled_days: u32,
    /// Contacts and data of authorisation, days.
    pub personal_days: u32,
}

impl RetentionSettings {
    /// A week: long enough to look into a complaint.
    pub const HANDLED_DAYS: u32 = 7;
    /// A month.
    pub const PERSONAL_DAYS: u32 = 30;
}

impl Default for RetentionSettings {
    fn default() -> Self {
        RetentionSettings {
            handled_days: Self::HANDLED_DAYS,
            personal_days: Self::PERSONAL_DAYS,
        }
    }
}

impl RetentionSettings {
    pub(super) fn fill(&mut self, section: &Section<'_, '_>) {
        let days = 1..=36_500;
        section.number("handled_days", days.clone(), &mut self.handled_days);
        section.number("personal_days", days, &mut self.personal_days);
        section.finish();
    }
}
