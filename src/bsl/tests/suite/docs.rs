//! The table of docs/algorithms.md is what the registry holds: it is made here and compared.

use crate::support::{generated, read};
use std::fmt::Write as _;
use vestnik_bsl::library::AREAS;
use vestnik_bsl::library::registry::{Params, TypeDef};
use vestnik_bsl::library::unavailable::REASONS;

const START: &str = "<!-- библиотека: начало; пишет тест -->\n";
const END: &str = "<!-- библиотека: конец -->";

fn parameters(text: &str) -> String {
    let params = Params::parse(text);
    let shown: Vec<String> = params
        .list
        .iter()
        .map(|param| {
            if param.optional {
                format!("[{}]", param.name)
            } else {
                param.name.clone()
            }
        })
        .collect();
    let more = if params.variadic { ", …" } else { "" };
    format!("({}{more})", shown.join(", "))
}

fn type_rows(ty: &TypeDef, out: &mut String) {
    let new = match &ty.new {
        Some(new) => format!("`Новый {}{}`", ty.ru, parameters(new.params)),
        None => "без конструктора".to_string(),
    };
    let _ = writeln!(out, "\n**{}** / {}: {new}\n", ty.ru, ty.en);
    if !ty.props.is_empty() {
        let props: Vec<String> = ty
            .props
            .iter()
            .map(|prop| format!("`{}`", prop.ru))
            .collect();
        let _ = writeln!(out, "- Свойства: {}", props.join(", "));
    }
    if !ty.methods.is_empty() {
        let methods: Vec<String> = ty
            .methods
            .iter()
            .map(|method| format!("`{}{}`", method.ru, parameters(method.params)))
            .collect();
        let _ = writeln!(out, "- Методы: {}", methods.join(", "));
    }
}

fn table() -> String {
    let mut out = String::new();
    for area in AREAS {
        let _ = writeln!(out, "\n### {}\n", area.title);
        if !area.functions.is_empty() {
            out.push_str("| Имя | По-английски | Параметры |\n|---|---|---|\n");
            for function in area.functions {
                let kind = if function.is_function {
                    ""
                } else {
                    " (процедура)"
                };
                let _ = writeln!(
                    out,
                    "| `{}`{kind} | `{}` | `{}` |",
                    function.ru,
                    function.en,
                    parameters(function.params)
                );
            }
        }
        for ty in area.types {
            type_rows(ty, &mut out);
        }
        for list in area.enums {
            if list.items.is_empty() {
                type_rows(&list.ty, &mut out);
                continue;
            }
            let items: Vec<String> = list
                .items
                .iter()
                .map(|item| format!("`{}`", item.0))
                .collect();
            let _ = writeln!(
                out,
                "\n**{}** / {}: {}",
                list.ty.ru,
                list.ty.en,
                items.join(", ")
            );
        }
    }
    out
}

/// Names of 1C that are refused when they are reached, by reasons.
fn refused() -> String {
    let mut out = String::from("\n### Известно, но недоступно\n");
    let mut told: Vec<&str> = Vec::new();
    for (.., reason) in REASONS {
        if told.contains(&reason.ru) {
            continue;
        }
        told.push(reason.ru);
        let same = REASONS.iter().filter(|(.., other)| other.ru == reason.ru);
        let mut names: Vec<String> = same.map(|(ru, ..)| format!("`{ru}`")).collect();
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        let _ = writeln!(out, "\n**{}**: {}.", capital(reason.ru), names.join(", "));
    }
    out
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.as_str().chars()).collect()
}

#[test]
fn the_table_of_the_library_is_not_stale() {
    let page = read("docs/algorithms.md");
    let (head, rest) = page.split_once(START).expect("the page has the first mark");
    let (_, tail) = rest.split_once(END).expect("the page has the second mark");
    generated(
        "docs/algorithms.md",
        &format!("{head}{START}{}{}\n{END}{tail}", table(), refused()),
    );
}
