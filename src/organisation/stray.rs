//! Files that lie among the files of an organisation and are not read: which of them somebody should
//! hear of, and what he is to do. By their names alone.

use super::files::{BOTS, FileKind, SCENARIOS};
use crate::model::{Level, Problem, nearest};

/// What is said of a file that is not read.
pub(super) struct Stray {
    pub level: Level,
    pub message: String,
    pub hint: String,
}

/// Whether a path lies right in `bots` or `scenarios`, where every file counts.
pub(super) fn is_kept_apart(path: &str) -> bool {
    [BOTS, SCENARIOS].iter().any(|folder| {
        path.strip_prefix(folder)
            .is_some_and(|name| !name.is_empty() && !name.contains('/'))
    })
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What editors, file managers and version control keep for themselves: neither read nor told.
pub(super) fn is_passed_over(path: &str) -> bool {
    let name = name_of(path);
    let lower = name.to_lowercase();
    let is_swap = [".swp", ".swo", ".swx"]
        .iter()
        .any(|end| lower.ends_with(end));
    name.starts_with('.')
        || name.ends_with('~')
        || (name.starts_with('#') && name.ends_with('#'))
        || is_swap
        || matches!(lower.as_str(), "thumbs.db" | "desktop.ini")
}

/// What is said of a file in `bots` or `scenarios` that is not read; `None`: nothing.
pub(super) fn of(path: &str) -> Option<Stray> {
    if !is_kept_apart(path) || FileKind::of(path).is_some() && !is_passed_over(path) {
        return None;
    }
    let name = name_of(path);
    let folder = path.split('/').next().unwrap_or_default();
    let lower = name.to_lowercase();
    if is_passed_over(path) {
        let hidden = name.starts_with('.') && lower.ends_with(".toml");
        let what = if folder == "bots" {
            "бот"
        } else {
            "сценарий"
        };
        return hidden.then(|| Stray {
            level: Level::Note,
            message: "имя начинается с точки, файл не читается".into(),
            hint: format!("уберите точку в начале имени, если это {what}"),
        });
    }
    const COPIES: [&str; 8] = [
        ".bak", ".orig", ".old", ".save", ".rej", ".tmp", ".backup", ".copy",
    ];
    if COPIES.iter().any(|end| lower.ends_with(end)) {
        return Some(Stray {
            level: Level::Note,
            message: "похоже на копию файла, она не читается".into(),
            hint: "уберите её, если она больше не нужна".into(),
        });
    }
    if let Some(stem) = meant_as_toml(name) {
        // An error: what is missed here is a bot or a scenario that its author believes to be there.
        return Some(Stray {
            level: Level::Error,
            message: "файл не читается: имя должно оканчиваться на .toml".into(),
            hint: format!(
                "переименуйте его в {folder}/{stem}.toml; если он не нужен, уберите из папки"
            ),
        });
    }
    Some(Stray {
        level: Level::Warning,
        message: "посторонний файл, он не читается".into(),
        hint: format!("уберите его: в {folder} лежат только файлы .toml"),
    })
}

/// The name without its ending, when that was meant to be `.toml`: `client.toml.txt`, `client.tml`,
/// `client.TOML`, `client toml`.
fn meant_as_toml(name: &str) -> Option<&str> {
    let lower = name.to_ascii_lowercase();
    if let Some(at) = lower.find(".toml") {
        return Some(&name[..at]).filter(|stem| !stem.is_empty());
    }
    let (stem, ending) = name.rsplit_once('.')?;
    nearest(&ending.to_lowercase(), ["toml"]).map(|_| stem)
}

/// What is said of a folder in `bots` or `scenarios`; `holds`: with `.toml` files in it.
pub(super) fn folder(path: &str, holds: bool) -> Option<Problem> {
    if is_passed_over(path) {
        return None;
    }
    let folder = path.split('/').next().unwrap_or_default();
    let (level, message, hint) = if holds {
        (
            Level::Error,
            format!("папки внутри {folder} не читаются, а в этой лежат файлы .toml"),
            format!("переложите файлы в {folder}; если они не нужны, уберите папку"),
        )
    } else {
        (
            Level::Warning,
            format!("папки внутри {folder} не читаются"),
            format!("уберите папку: в {folder} лежат только файлы .toml"),
        )
    };
    Some(Problem::of_file(level, "stray-file", path, message).hint(hint))
}
