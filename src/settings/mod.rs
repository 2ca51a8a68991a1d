//! Settings: one struct for each subsystem, in a file of its own, loaded and checked once at start.
//!
//! `config/default.toml` (in the binary), then the file named by `--config`, then environment
//! variables `VESTNIK_SECTION__KEY`. Everything that is wrong in any of them is told at once, with
//! its place and a remedy. What the settings mean is known by those who use them: nothing here
//! opens a file of the store or a connection.
//!
//! A section is a struct with its defaults and a `fill` that reads its keys over them; `layers` gives
//! it each key from every text.

mod address;
mod http;
mod layers;
mod organisation;
mod retention;
mod scripts;
mod store;
mod telegram;
mod testing;
#[cfg(test)]
mod tests;
mod values;

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::model::{Level, Problem, sort_problems};
use crate::source::{Document, text_of};
use layers::{Environment, Layers};

pub use http::HttpSettings;
pub use organisation::OrganisationSettings;
pub use retention::RetentionSettings;
pub use scripts::ScriptSettings;
pub use store::{KEY_VARIABLE, SecretText, StoreSettings, StoreUrl};
pub use telegram::{LimitSettings, TelegramSettings};
pub use testing::TestingSettings;
pub use values::parse_time_zone;

/// The settings that a lone binary runs with.
const DEFAULT: &str = include_str!("../../config/default.toml");

/// The settings file that is read where none is named.
pub const FILE: &str = "vestnik.toml";
/// A settings file has a page; a device has no end.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Settings that were read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The file that they come from, if there is one.
    pub file: Option<PathBuf>,
    /// An error for each variable `VESTNIK_…` that is no setting. The one that a bot's `token_env` names is
    /// none; which those are, the settings do not know.
    pub strangers: Vec<Problem>,
}

/// Everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// `[telegram]`.
    pub telegram: TelegramSettings,
    /// `[store]`.
    pub store: StoreSettings,
    /// `[retention]`.
    pub retention: RetentionSettings,
    /// `[http]`.
    pub http: HttpSettings,
    /// `[organisation]`.
    pub organisation: OrganisationSettings,
    /// `[scripts]`.
    pub scripts: ScriptSettings,
    /// `[testing]`.
    pub testing: TestingSettings,
}

impl Settings {
    /// Reads the defaults, the file and the environment, the later over the earlier. Without a file named,
    /// [`FILE`] of the working folder is read where it is there. A relative path of a file is relative to
    /// that file.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of places.
    pub fn load(
        config: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, Vec<Problem>> {
        let usual = Path::new(FILE);
        let Some(path) = config.or_else(|| usual.exists().then_some(usual)) else {
            return Settings::read(None, environment);
        };
        let name = path.display().to_string();
        let refuse = |message: String, hint: &str| {
            vec![Problem::of_file(Level::Error, "unreadable-file", &name, message).hint(hint)]
        };
        let is_regular = std::fs::metadata(path).map_or(true, |data| data.is_file());
        if !is_regular {
            return Err(refuse(
                "это не файл".into(),
                "назовите после --config файл настроек, а не папку",
            ));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes))
            .map_err(|error| {
                refuse(
                    format!("файл настроек не читается: {error}"),
                    "проверьте путь после --config",
                )
            })?;
        let text = text_of(&bytes).map_err(|not| refuse(not.message, &not.hint))?;
        Settings::read(Some((&name, text)), environment)
    }

    /// Like [`load`](Self::load), with the file's name and text.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn read(
        file: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, Vec<Problem>> {
        let mut documents = vec![Document::parse("config/default.toml", DEFAULT)];
        documents.extend(file.map(|(name, text)| Document::parse(name, text)));
        let environment = Environment::new(environment);
        let mut settings = Settings::default();
        settings.store.key = environment.plain(KEY_VARIABLE).map(SecretText::new);
        let base = file.and_then(|(name, _)| Path::new(name).parent());
        let layers = Layers::new(&documents, &environment, base.unwrap_or(Path::new("")));
        settings.fill(&layers);
        layers.finish();
        let (mut problems, strangers) = environment.into_problems();
        for (document, _) in documents {
            problems.extend(document.into_problems());
        }
        if problems.is_empty() {
            Ok(Loaded {
                settings,
                file: file.map(|(name, _)| name.into()),
                strangers,
            })
        } else {
            // A name with `__` is hardly that of a token.
            problems.extend(
                strangers
                    .into_iter()
                    .filter(|stranger| stranger.file.contains("__")),
            );
            sort_problems(&mut problems);
            Err(problems)
        }
    }

    fn fill(&mut self, layers: &Layers<'_, '_>) {
        let api_on_loopback = self
            .telegram
            .fill(&layers.section("telegram", "разделе [telegram]"));
        self.store.fill(&layers.section("store", "разделе [store]"));
        self.retention
            .fill(&layers.section("retention", "разделе [retention]"));
        self.http.fill(&layers.section("http", "разделе [http]"));
        self.organisation
            .fill(&layers.section("organisation", "разделе [organisation]"));
        self.scripts
            .fill(&layers.section("scripts", "разделе [scripts]"));
        self.testing.fill(
            &layers.section("testing", "разделе [testing]"),
            api_on_loopback,
        );
    }
}
