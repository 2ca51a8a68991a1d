//! The organisation back into files: definitions byte for byte, data as canonical text that applies
//! again without a difference.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use toml_edit::{Key as TomlKey, Value};

use super::apply::{data, stored_files};
use super::files::{DefinitionFile, FileKind, Given, PARTIES, is_inside};
use super::read::Known;
use super::seed::Data;
use crate::model::{AttributeValue, PartyKind};
use crate::store::{Store, StoreError};

/// The files in force, by path. With `with_data`, `parties.toml` is written from the data.
///
/// # Errors
/// An outage.
pub fn exported(
    store: &Store,
    with_data: bool,
) -> Result<BTreeMap<String, DefinitionFile>, StoreError> {
    store.read_blocking(move |conn| {
        conn.savepoint(|conn| {
            let mut files = stored_files(conn)?;
            if with_data {
                files.insert(
                    PARTIES.to_owned(),
                    DefinitionFile {
                        path: PARTIES.to_owned(),
                        bytes: data_text(&data(conn)?).into_bytes().into(),
                    },
                );
            }
            Ok(files)
        })
    })
}

/// The names that the database knows beside its files.
///
/// # Errors
/// An outage.
pub fn known_data(store: &Store) -> Result<Known, StoreError> {
    let data = store.read_blocking(data)?;
    Ok(Known {
        parties: data.parties.into_keys().collect(),
        groups: data.groups.into_keys().collect(),
    })
}

/// Writes files below a folder, which is made where there is none. Gives the paths of organisation
/// files that were there already and are not part of the export: they are left alone.
///
/// # Errors
/// What the file system says.
pub fn write_folder(
    folder: &Path,
    files: &BTreeMap<String, DefinitionFile>,
) -> io::Result<Vec<String>> {
    std::fs::create_dir_all(folder)?;
    for (path, file) in files {
        if !is_inside(path) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("путь «{path}» ведёт из папки"),
            ));
        }
        let target = folder.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(target, &file.bytes)?;
    }
    Ok(Given::read(&[folder.to_owned()])
        .files
        .into_keys()
        .filter(|path| FileKind::of(path).is_some() && !files.contains_key(path))
        .collect())
}

/// Parties and registrations as `parties.toml`, always in the same order and form.
pub fn data_text(data: &Data) -> String {
    let mut text = String::from("# Данные организации: группы, стороны и регистрации.\n");
    for group in data.groups.values() {
        text.push_str("\n[[group]]\n");
        line(&mut text, "code", &quoted(&group.code));
        line(&mut text, "name", &quoted(&group.name));
    }
    for kind in [PartyKind::User, PartyKind::Partner, PartyKind::Counterparty] {
        for party in data
            .parties
            .values()
            .filter(|party| party.reference.kind == kind)
        {
            let _ = write!(text, "\n[[{}]]\n", kind.as_str());
            line(&mut text, "code", &quoted(&party.reference.code));
            line(&mut text, "name", &quoted(&party.name));
            if !party.groups.is_empty() {
                let groups: Vec<String> = party.groups.iter().map(|group| quoted(group)).collect();
                line(&mut text, "groups", &format!("[{}]", groups.join(", ")));
            }
            if let Some(zone) = &party.time_zone {
                line(&mut text, "time_zone", &quoted(zone));
            }
            if let Some(language) = &party.language {
                line(&mut text, "language", &quoted(language));
            }
            if party.deleted {
                line(&mut text, "deleted", "true");
            }
            for (name, value) in &party.attributes {
                let value = match value {
                    AttributeValue::Text(text) => quoted(text),
                    AttributeValue::Number(number) => number.clone(),
                    AttributeValue::Boolean(flag) => flag.to_string(),
                    AttributeValue::Date(date) => date.clone(),
                    AttributeValue::Party(party) => quoted(&party.to_string()),
                };
                line(&mut text, name, &value);
            }
        }
    }
    for ((bot, chat), party) in &data.registrations {
        let Some(party) = party else {
            continue;
        };
        text.push_str("\n[[registration]]\n");
        line(&mut text, "bot", &quoted(bot.as_str()));
        line(&mut text, "chat", &chat.to_string());
        line(&mut text, "party", &quoted(&party.to_string()));
    }
    text
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn line(text: &mut String, key: &str, value: &str) {
    let _ = writeln!(text, "{} = {value}", TomlKey::new(key));
}
