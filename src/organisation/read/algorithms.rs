//! `algorithms.toml`.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Fold, nearest};
use crate::organisation::definitions::AlgorithmDefinition;
use crate::organisation::files::{DefinitionFile, is_inside};
use crate::source::{At, Fields};

pub(super) fn read(
    fields: Fields<'_, '_>,
    files: &BTreeMap<String, DefinitionFile>,
) -> Vec<AlgorithmDefinition> {
    let mut algorithms = Vec::new();
    for entry in fields.tables("algorithm", "записи [[algorithm]]") {
        let name = entry.required_text("name");
        let short_name = entry
            .text("short_name")
            .filter(|name| !name.value.trim().is_empty());
        let telegram = entry.flag("telegram").is_some_and(|flag| flag.value);
        let common_module = entry.flag("common_module").is_some_and(|flag| flag.value);
        let file = entry
            .required_text("file")
            .filter(|file| file_exists(&entry, file, files));
        entry.refuse_rest();
        if let (Some(name), Some(file)) = (name, file) {
            algorithms.push(AlgorithmDefinition {
                name,
                short_name,
                telegram,
                common_module,
                file,
            });
        }
    }
    fields.refuse_rest();
    refuse_equal_names(&fields, &algorithms);
    algorithms
}

fn file_exists(
    entry: &Fields<'_, '_>,
    file: &At<String>,
    files: &BTreeMap<String, DefinitionFile>,
) -> bool {
    let path = &file.value;
    let refuse = |code, message: String, hint: String| {
        entry.document().error(code, file.span, message, Some(hint));
        false
    };
    if !is_inside(path) || !path.ends_with(".bsl") {
        return refuse(
            "bad-path",
            format!("«{path}»: не годится как файл алгоритма"),
            "напишите путь внутри папки организации: algorithms/Имя.bsl".into(),
        );
    }
    if files.contains_key(path) {
        return true;
    }
    let programs = files
        .keys()
        .map(String::as_str)
        .filter(|path| path.ends_with(".bsl"));
    let hint = match nearest(path, programs) {
        Some(near) => format!("возможно, имелось в виду «{near}»"),
        None => "положите файл рядом или исправьте путь".to_owned(),
    };
    refuse("missing-file", format!("нет файла «{path}»"), hint)
}

/// D6: names and additional names that fold to the same text cannot be told apart when typed.
fn refuse_equal_names(fields: &Fields<'_, '_>, algorithms: &[AlgorithmDefinition]) {
    let fold = Fold::default();
    let mut seen: HashMap<String, (usize, &At<String>)> = HashMap::new();
    for (number, algorithm) in algorithms.iter().enumerate() {
        for name in std::iter::once(&algorithm.name).chain(&algorithm.short_name) {
            let folded = fold.fold(&name.value);
            match seen.get(&folded) {
                // «Алгоритм1» may repeat its own name as the additional one.
                Some((owner, _)) if *owner == number => {}
                Some((_, other)) => {
                    let place = fields.document().source().place(other.span);
                    fields.document().error(
                        "duplicate-algorithm",
                        name.span,
                        format!(
                            "имя «{}» не отличить от «{}» ({place}): регистр, пробелы и ё не различаются",
                            name.value, other.value
                        ),
                        Some("назовите один из алгоритмов иначе".to_owned()),
                    );
                }
                None => {
                    seen.insert(folded, (number, name));
                }
            }
        }
    }
}
