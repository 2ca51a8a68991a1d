//! `[scripts]`: what an algorithm may use up and reach.

use super::layers::Section;

/// What an algorithm may use up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptSettings {
    /// Time of one run, milliseconds.
    pub time_ms: u32,
    /// Instructions of one run.
    pub instructions: u64,
    /// Memory of one run, MB.
    pub memory_mb: u32,
    /// How long a run may hold the write lease, milliseconds.
    pub write_limit_ms: u32,
    /// Runs of one bot at the same time.
    pub at_once_per_bot: u32,
    /// Hosts that algorithms may call.
    pub http_allow: Vec<String>,
}

impl ScriptSettings {
    /// A person waits no longer for an answer.
    pub const TIME_MS: u32 = 5000;
    /// Well above what an honest algorithm needs in five seconds.
    pub const INSTRUCTIONS: u64 = 50_000_000;
    /// Times `at_once_per_bot` and the bots at work, this must fit into the machine.
    pub const MEMORY_MB: u32 = 64;
    /// While a script holds the lease, every bot's writes wait on SQLite.
    pub const WRITE_LIMIT_MS: u32 = 200;
    /// One slow run does not stop a bot, and one bot does not take the pool.
    pub const AT_ONCE_PER_BOT: u32 = 2;
}

impl Default for ScriptSettings {
    fn default() -> Self {
        ScriptSettings {
            time_ms: Self::TIME_MS,
            instructions: Self::INSTRUCTIONS,
            memory_mb: Self::MEMORY_MB,
            write_limit_ms: Self::WRITE_LIMIT_MS,
            at_once_per_bot: Self::AT_ONCE_PER_BOT,
            http_allow: Vec::new(),
        }
    }
}

impl ScriptSettings {
    pub(super) fn fill(&mut self, section: &Section<'_, '_>) {
        section.number("time_ms", 1..=3_600_000, &mut self.time_ms);
        section.number(
            "instructions",
            1..=1_000_000_000_000,
            &mut self.instructions,
        );
        section.number("memory_mb", 1..=65_536, &mut self.memory_mb);
        section.number("write_limit_ms", 1..=60_000, &mut self.write_limit_ms);
        section.number("at_once_per_bot", 1..=1000, &mut self.at_once_per_bot);
        section.texts("http_allow", |hosts| {
            self.http_allow = hosts
                .into_iter()
                .filter_map(|(host, origin)| {
                    let plain = !host.is_empty()
                        && host.chars().all(|c| {
                            c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '*' | '[' | ']')
                        });
                    if plain {
                        return Some(host.to_lowercase());
                    }
                    section.fail(
                        origin,
                        "bad-host",
                        format!("«http_allow»: непонятное имя узла «{host}»"),
                        "напишите имя узла без схемы и пути: api.example.org",
                    );
                    None
                })
                .collect();
        });
        section.finish();
    }
}
