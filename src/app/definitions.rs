//! The organisation's folder at the start of a node.

use super::node::NodeError;
use crate::organisation::{ApplyError, ApplyOptions, Given, Gone, apply};
use crate::runtime::clock::Clock;
use crate::settings::Settings;
use crate::store::{By, Store};

/// Applies the folder of `organisation.dir` where it changed since it was last applied. Blocks; the
/// node runs nothing else yet.
///
/// # Errors
/// The files' errors, all of them; or the database's.
pub fn apply_at_start(store: &Store, settings: &Settings, clock: &Clock) -> Result<(), NodeError> {
    let Some(dir) = &settings.organisation.dir else {
        return Ok(());
    };
    let given = Given::read(std::slice::from_ref(dir));
    let options = ApplyOptions {
        dry_run: false,
        only_changed: true,
        quiet: settings.organisation.quiet,
        // A server that starts deletes no bot: somebody has to say so (`apply --delete-bots`).
        gone: Gone::Keep,
        at: clock.now(),
        by: By::File(dir.display().to_string()),
    };
    let applied = apply(store, &given, &options).map_err(|error| match error {
        ApplyError::Refused(_) => NodeError::Organisation(error.to_string()),
        ApplyError::Store(error) => NodeError::Store(error),
    })?;
    for finding in &applied.findings {
        let hint = finding.hint.as_deref().unwrap_or_default();
        tracing::warn!(code = finding.code, file = %finding.file, line = finding.line, hint, "{}", finding.message);
    }
    if let Some(revision) = applied.revision {
        tracing::info!(
            revision,
            changes = applied.diff.changes.len(),
            "the organisation's files were applied"
        );
    }
    Ok(())
}
