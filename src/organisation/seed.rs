//! `parties.toml` against the data that is there: what the seed creates and updates (design: "What is
//! true"). It never deletes and never revives.

use std::collections::{BTreeMap, BTreeSet};

use super::definitions::{PartiesSeed, PartySeed};
use super::diff::{Diff, Sign};
use crate::model::{BotCode, ChatId, Party, PartyGroup, PartyRef, Registration};

/// The data that a seed can meet.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Data {
    /// Groups by code.
    pub groups: BTreeMap<String, PartyGroup>,
    /// Parties, also those marked for deletion.
    pub parties: BTreeMap<PartyRef, Party>,
    /// Registrations; `None` as a party: revoked.
    pub registrations: BTreeMap<(BotCode, ChatId), Option<PartyRef>>,
}

/// One change of data.
#[derive(Clone, PartialEq, Debug)]
pub enum SeedChange {
    /// A group is new or has another name.
    PutGroup(PartyGroup),
    /// A party is new or different; it is given whole.
    PutParty(Party),
    /// A chat is linked, or linked to another party.
    Register(Registration),
}

/// What a seed changes, and how that is told.
pub fn seed_changes(seed: &PartiesSeed, data: &Data, diff: &mut Diff) -> Vec<SeedChange> {
    let mut changes = Vec::new();
    for group in &seed.groups {
        let code = &group.code.value;
        let known = data.groups.get(code);
        if known.is_some_and(|known| known.name == group.name) {
            continue;
        }
        let sign = if known.is_none() {
            Sign::Added
        } else {
            Sign::Changed
        };
        diff.push(sign, format!("группа {code}"), format!("«{}»", group.name));
        changes.push(SeedChange::PutGroup(PartyGroup {
            code: code.clone(),
            name: group.name.clone(),
        }));
    }
    for party in &seed.parties {
        let reference = &party.reference.value;
        let known = data.parties.get(reference);
        let new = merged(party, known);
        match known {
            Some(known) if *known == new => {
                if known.deleted && !party.deleted {
                    diff.push(
                        Sign::Note,
                        reference.to_string(),
                        "помечен на удаление: файл его не возвращает",
                    );
                }
                continue;
            }
            Some(known) => diff.push(Sign::Changed, reference.to_string(), changed(known, &new)),
            None => diff.push(
                Sign::Added,
                reference.to_string(),
                format!("«{}»", new.name),
            ),
        }
        changes.push(SeedChange::PutParty(new));
    }
    for registration in &seed.registrations {
        let bot = BotCode::new(&registration.bot.value);
        let chat = registration.chat.value;
        let party = &registration.party.value;
        let object = format!("регистрация {bot} {chat}");
        match data.registrations.get(&(bot.clone(), chat)) {
            Some(None) => {
                diff.push(Sign::Note, object, "отозвана: файл её не возвращает");
                continue;
            }
            Some(Some(known)) if known == party => continue,
            Some(Some(known)) => diff.push(Sign::Changed, object, format!("{known} → {party}")),
            None => diff.push(Sign::Added, object, party.to_string()),
        }
        changes.push(SeedChange::Register(Registration {
            bot,
            chat,
            party: party.clone(),
        }));
    }
    changes
}

fn merged(seed: &PartySeed, known: Option<&Party>) -> Party {
    let mut party = known.cloned().unwrap_or_else(|| Party {
        reference: seed.reference.value.clone(),
        name: String::new(),
        groups: Vec::new(),
        time_zone: None,
        language: None,
        deleted: false,
        attributes: BTreeMap::new(),
    });
    if let Some(name) = &seed.name {
        party.name.clone_from(name);
    }
    if let Some(groups) = &seed.groups {
        // The same groups in another order are no change.
        let groups: BTreeSet<&String> = groups.iter().map(|group| &group.value).collect();
        party.groups = groups.into_iter().cloned().collect();
    }
    if seed.time_zone.is_some() {
        party.time_zone.clone_from(&seed.time_zone);
    }
    if seed.language.is_some() {
        party.language.clone_from(&seed.language);
    }
    party.deleted |= seed.deleted;
    for (name, value) in &seed.attributes {
        party
            .attributes
            .insert(name.value.clone(), value.value.clone());
    }
    party
}

fn changed(before: &Party, after: &Party) -> String {
    let mut fields: Vec<&str> = Vec::new();
    if before.name != after.name {
        fields.push("name");
    }
    if before.groups != after.groups {
        fields.push("groups");
    }
    if before.time_zone != after.time_zone {
        fields.push("time_zone");
    }
    if before.language != after.language {
        fields.push("language");
    }
    if before.deleted != after.deleted {
        fields.push("deleted");
    }
    for (name, value) in &after.attributes {
        if before.attributes.get(name) != Some(value) {
            fields.push(name);
        }
    }
    fields.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Problem;
    use crate::organisation::{Given, Known, read};

    fn seed(text: &str) -> PartiesSeed {
        let given = Given::folder([
            ("parties.toml", text),
            (
                "bots/a.toml",
                "code = \"a\"\nname = \"А\"\ntoken_env = \"A\"\n",
            ),
        ]);
        let reading = read(&given.files, &Known::default());
        assert!(
            !reading.problems.iter().any(Problem::is_error),
            "{:#?}",
            reading.problems
        );
        reading.definitions.parties
    }

    fn apply(data: &mut Data, text: &str) -> String {
        let mut diff = Diff::default();
        for change in seed_changes(&seed(text), data, &mut diff) {
            match change {
                SeedChange::PutGroup(group) => {
                    data.groups.insert(group.code.clone(), group);
                }
                SeedChange::PutParty(party) => {
                    data.parties.insert(party.reference.clone(), party);
                }
                SeedChange::Register(registration) => {
                    data.registrations.insert(
                        (registration.bot, registration.chat),
                        Some(registration.party),
                    );
                }
            }
        }
        diff.to_string()
    }

    const SEED: &str = "\
[[group]]
code = \"g\"
name = \"Группа\"
[[user]]
code = \"ivanov\"
name = \"Иванов\"
groups = [\"g\"]
email = \"i@example.org\"
[[registration]]
bot = \"a\"
chat = 1001
party = \"user:ivanov\"
";

    #[test]
    fn a_seed_creates_updates_and_then_changes_nothing() {
        let mut data = Data::default();
        assert_eq!(
            apply(&mut data, SEED),
            "+ группа g: «Группа»\n+ user:ivanov: «Иванов»\n+ регистрация a 1001: user:ivanov\n"
        );
        assert_eq!(apply(&mut data, SEED), "");
        let edited = SEED.replace("i@example.org", "ivanov@example.org");
        assert_eq!(apply(&mut data, &edited), "~ user:ivanov: email\n");
    }

    #[test]
    fn a_seed_keeps_what_it_does_not_name_and_revives_nothing() {
        let mut data = Data::default();
        apply(&mut data, SEED);
        let ivanov: PartyRef = "user:ivanov".parse().unwrap();
        let party = data.parties.get_mut(&ivanov).unwrap();
        party.time_zone = Some("Asia/Omsk".into());
        party.deleted = true;
        let chat = (BotCode::new("a"), ChatId(1001));
        data.registrations.insert(chat.clone(), None);
        assert_eq!(
            apply(&mut data, SEED),
            "! user:ivanov: помечен на удаление: файл его не возвращает\n! регистрация a 1001: отозвана: файл её не возвращает\n"
        );
        assert_eq!(data.registrations[&chat], None);
        assert!(data.parties[&ivanov].deleted);
        assert_eq!(
            data.parties[&ivanov].time_zone.as_deref(),
            Some("Asia/Omsk")
        );
    }
}
