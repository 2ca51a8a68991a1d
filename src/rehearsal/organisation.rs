//! An organisation made ready to be played without Telegram: every bot gets a token that only a
//! simulator knows and is switched on. All else stays as it is.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use toml_edit::{DocumentMut, value};

use crate::organisation::{FileKind, Given, write_folder};
use crate::settings::{Settings, StoreUrl};

/// Numbers of bots in a rehearsal count from here.
const BOTS_FROM: i64 = 700_000_001;

/// The same organisation for a rehearsal. A file that cannot be read stays as it is: whoever applies
/// it tells what is wrong.
fn rehearsed(mut given: Given) -> Given {
    let bots = given
        .files
        .values_mut()
        .filter(|file| FileKind::of(&file.path) == Some(FileKind::Bot));
    for (number, file) in (BOTS_FROM..).zip(bots) {
        let document = str::from_utf8(&file.bytes)
            .ok()
            .and_then(|text| text.parse::<DocumentMut>().ok());
        let Some(mut document) = document else {
            continue;
        };
        for key in ["token_env", "token_file"] {
            document.remove(key);
        }
        document["token"] = value(format!("{number}:rehearsal"));
        document["enabled"] = value(true);
        file.bytes = Arc::from(document.to_string().into_bytes());
    }
    given
}

/// Settings of a stage: a copy of the organisation with tokens for the simulator and a new database,
/// both in this folder, which is made.
///
/// # Errors
/// When the files cannot be read or written.
pub fn prepare(organisation: &Path, home: &Path) -> Result<Settings, String> {
    let given = Given::read(&[organisation.to_owned()]);
    if let Some(problem) = given.problems.iter().find(|problem| problem.is_error()) {
        return Err(problem.to_string());
    }
    let copy = home.join("organisation");
    write_folder(&copy, &rehearsed(given).files)
        .map_err(|error| format!("{}: {error}", copy.display()))?;
    let mut settings = Settings::default();
    // The clock of a stage stands still: nothing may wait for it.
    settings.telegram.limits.per_bot_per_s = 0;
    settings.telegram.limits.per_chat_per_s = 0;
    settings.telegram.limits.per_group_per_min = 0;
    settings.store.url = StoreUrl::Sqlite(home.join("vestnik.db"));
    settings.store.key_file = home.join("vestnik.key");
    settings.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.organisation.dir = Some(copy);
    settings.organisation.quiet = true;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_simulators_and_all_else_stays() {
        let check = |path: &str, text: &str, expected: &str| {
            let given = rehearsed(Given::folder([(path, text)]));
            let bytes = &given.files[path].bytes;
            assert_eq!(String::from_utf8_lossy(bytes), expected);
        };
        check(
            "bots/a.toml",
            "# бот\ncode = \"a\"\ntoken_env = \"A\"\n\n[texts]\ngreeting = \"да\"\n",
            "# бот\ncode = \"a\"\ntoken = \"700000001:rehearsal\"\nenabled = true\n\n[texts]\ngreeting = \"да\"\n",
        );
        check(
            "bots/a.toml",
            "code = \"a\"\ntoken = \"1:a\"\nenabled = false # пока\n",
            "code = \"a\"\ntoken = \"700000001:rehearsal\"\nenabled = true\n",
        );
        check("bots/a.toml", "code = ", "code = ");
        check("parties.toml", "token = \"1:a\"\n", "token = \"1:a\"\n");
    }
}
