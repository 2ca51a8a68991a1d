//! One algorithm against a database, on a thread of its own, and everything it did undone.

use crate::app;
use crate::model::{BotCode, ChatId, PartyRef, ScriptProgram, ScriptRequest};
use crate::organisation::Loader;
use crate::scripting::{self, Caller, Control, Library, Run};
use crate::settings::Settings;
use crate::store::{Store, StoreError, parties};

/// The stack of the trial's thread: a script may call itself to the depth that its limit allows.
const STACK: usize = 16 << 20;

/// What to run, and what it is to be told.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The algorithm's name or additional name.
    pub algorithm: String,
    /// Whom `_Исполнитель` is.
    pub party: Option<PartyRef>,
    /// Текст of `_ДанныеДляОбработки`.
    pub text: String,
    /// The bot that is to have asked for it; `None`: the first by its code, where there is one.
    pub bot: Option<String>,
    /// КлючЧата of `_ДанныеДляОбработки`.
    pub chat: ChatId,
}

/// What a trial came to.
pub struct Tried {
    /// The run. Its lease was given back: nothing that it wrote has happened.
    pub run: Run,
    /// Whether there was something to undo.
    pub wrote: bool,
}

/// Why there was no trial. `Display` says it in Russian.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No bot has this code.
    #[error("бота «{0}» нет")]
    UnknownBot(String),
    /// No algorithm has this name.
    #[error("алгоритма «{0}» нет; имена стоят в algorithms.toml")]
    UnknownAlgorithm(String),
    /// The algorithm does not compile: its errors as they are shown to people.
    #[error("алгоритм не собирается: {}", .0.join("; "))]
    Broken(Vec<String>),
    /// The database has no such party.
    #[error("«{0}» нет в базе")]
    UnknownParty(PartyRef),
    /// The thread did not start, or ended without a result.
    #[error("алгоритм не выполнен: сбой потока")]
    Crashed,
}

/// Runs an algorithm of the database under the limits of these settings and undoes all that it wrote;
/// what it would send is in the run.
///
/// # Errors
/// See [`TrialError`]. That the algorithm itself failed is no error: the run says so.
pub fn try_algorithm(
    settings: &Settings,
    store: &Store,
    trial: Trial,
) -> Result<Tried, TrialError> {
    let environment = |name: &str| std::env::var(name).ok();
    let changes = Loader::new(settings.organisation.locale)
        .changes_blocking(store, &environment)?
        .unwrap_or_default();
    let bot = match trial.bot {
        Some(code) => match changes.codes.iter().find(|known| known.as_str() == code) {
            Some(code) => code.clone(),
            None => return Err(TrialError::UnknownBot(code)),
        },
        None => changes
            .codes
            .first()
            .cloned()
            .unwrap_or_else(|| BotCode::new("bot")),
    };
    let library = Library::compile(changes.algorithms.unwrap_or_default(), &changes.codes);
    let Some(name) = library.named(&trial.algorithm).map(str::to_owned) else {
        return Err(TrialError::UnknownAlgorithm(trial.algorithm));
    };
    if !library.contains(&name) {
        let errors = library.problems().iter().filter(|it| it.algorithm == name);
        return Err(TrialError::Broken(
            errors.map(|error| error.rendered.clone()).collect(),
        ));
    }
    let time_zone = match &trial.party {
        None => None,
        Some(party) => {
            let wanted = party.clone();
            match store.read_blocking(move |conn| parties::get(conn, &wanted))? {
                Some(party) => party.time_zone,
                None => return Err(TrialError::UnknownParty(party.clone())),
            }
        }
    };
    let caller = Caller {
        files: Vec::new(),
        bot,
        chat: trial.chat,
        thread: None,
        person_name: String::new(),
        phone: None,
        party: trial.party,
        time_zone: time_zone.unwrap_or_else(|| settings.organisation.time_zone.to_string()),
        locale: settings.organisation.locale,
        update: None,
    };
    let request = ScriptRequest {
        program: ScriptProgram::Algorithm(name.into()),
        text: trial.text,
        keyword: String::new(),
        history: Vec::new(),
    };
    let services = app::trial_services(settings, store);
    let run = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || {
            let mut run =
                scripting::run(&services, &library, &request, &caller, &Control::default());
            // Dropped: everything is undone.
            let wrote = run.lent.take().is_some();
            Tried { run, wrote }
        });
    match run.map(std::thread::JoinHandle::join) {
        Ok(Ok(tried)) => Ok(tried),
        _ => Err(TrialError::Crashed),
    }
}
