//! The check of an overridden text: what is wrong with a template, where, and what to do.

use std::fmt;

use vestnik_markup::{MarkupError, utf16_len};

use super::name::{TextForm, TextName};
use super::template::{Piece, pieces};

/// Something wrong with a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateProblem {
    /// Byte offset in the template.
    pub offset: usize,
    /// What it is.
    pub kind: TemplateProblemKind,
}

/// What is wrong with a template. `Display` says it in Russian with the remedy, without the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TemplateProblemKind {
    /// A placeholder that this text does not have.
    UnknownPlaceholder {
        /// The name between the braces.
        name: String,
        /// One of nearly the same name.
        near: Option<&'static str>,
        /// Those that the text has.
        known: Vec<&'static str>,
    },
    /// A `{` that is never closed.
    UnclosedBrace,
    /// A `}` that was never opened.
    StrayBrace,
    /// Telegram would refuse the formatting.
    Markup(MarkupError),
    /// More characters than Telegram takes, values not counted.
    TooLong {
        /// Its length in UTF-16 units.
        length: usize,
        /// The most.
        limit: usize,
    },
    /// Nothing would be shown.
    Blank,
}

impl fmt::Display for TemplateProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateProblemKind::UnknownPlaceholder { name, near, known } => {
                write!(f, "неизвестная подстановка {{{name}}}")?;
                if let Some(near) = near {
                    return write!(f, "; возможно, имелась в виду {{{near}}}");
                }
                if known.is_empty() {
                    return f.write_str(
                        "; у этого текста подстановок нет, сама скобка пишется дважды: {{",
                    );
                }
                f.write_str("; есть ")?;
                for (index, name) in known.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{{{name}}}")?;
                }
                Ok(())
            }
            TemplateProblemKind::UnclosedBrace => f.write_str(
                "скобка «{» не закрыта: закройте подстановку, а саму скобку напишите дважды: {{",
            ),
            TemplateProblemKind::StrayBrace => {
                f.write_str("скобка «}» ничего не закрывает: саму скобку напишите дважды: }}")
            }
            TemplateProblemKind::Markup(error) => f.write_str(&error.russian()),
            TemplateProblemKind::TooLong { length, limit } => {
                write!(
                    f,
                    "текст слишком длинный: {length} знаков, можно {limit}; сократите его"
                )
            }
            TemplateProblemKind::Blank => {
                f.write_str("текст пуст: напишите его или уберите строку, чтобы остался обычный")
            }
        }
    }
}

/// Everything that is wrong with an override of a text, in the order of place.
pub fn check_template(name: TextName, template: &str) -> Vec<TemplateProblem> {
    let mut problems = Vec::new();
    let known = name.placeholders();
    // The template with a neutral letter for every placeholder, and where its parts come from.
    let mut sample = String::with_capacity(template.len());
    let mut origins = Vec::new();
    let mut literal_units = 0;
    for (offset, piece) in pieces(template) {
        origins.push((sample.len(), offset));
        match piece {
            Piece::Literal(literal) => {
                literal_units += utf16_len(literal);
                sample.push_str(literal);
            }
            Piece::Placeholder { name, .. } => {
                sample.push('x');
                if !known.iter().any(|placeholder| placeholder.name == name) {
                    problems.push(TemplateProblem {
                        offset,
                        kind: TemplateProblemKind::UnknownPlaceholder {
                            name: name.to_owned(),
                            near: nearest(name, known.iter().map(|known| (known.name, known.name))),
                            known: known.iter().map(|known| known.name).collect(),
                        },
                    });
                }
            }
            Piece::UnclosedBrace => {
                sample.push('{');
                problems.push(TemplateProblem {
                    offset,
                    kind: TemplateProblemKind::UnclosedBrace,
                });
            }
            Piece::StrayBrace => {
                sample.push('}');
                problems.push(TemplateProblem {
                    offset,
                    kind: TemplateProblemKind::StrayBrace,
                });
            }
        }
    }

    let mut length = literal_units;
    let mut blank = sample.trim().is_empty();
    if name.form() == TextForm::Message && sample.contains(['<', '&']) {
        match vestnik_markup::parse(&sample) {
            Ok(rich) => {
                let values = sample.len() - literal_bytes(template);
                length = rich.len_utf16().saturating_sub(values);
                blank = rich.text().trim().is_empty();
            }
            Err(error) => problems.push(TemplateProblem {
                offset: origin(&origins, error.offset),
                kind: TemplateProblemKind::Markup(error),
            }),
        }
    }
    let limit = name.form().limit();
    if length > limit {
        problems.push(TemplateProblem {
            offset: 0,
            kind: TemplateProblemKind::TooLong { length, limit },
        });
    }
    if blank {
        problems.push(TemplateProblem {
            offset: 0,
            kind: TemplateProblemKind::Blank,
        });
    }
    problems.sort_by_key(|problem| problem.offset);
    problems
}

/// How many bytes of the sample are not placeholders.
fn literal_bytes(template: &str) -> usize {
    pieces(template)
        .map(|(_, piece)| match piece {
            Piece::Literal(literal) => literal.len(),
            Piece::Placeholder { .. } => 0,
            Piece::UnclosedBrace | Piece::StrayBrace => 1,
        })
        .sum()
}

/// The place in the template of a place in the sample.
fn origin(origins: &[(usize, usize)], at: usize) -> usize {
    let part = origins.partition_point(|&(sample, _)| sample <= at);
    match part.checked_sub(1).map(|part| origins[part]) {
        Some((sample, offset)) => offset + (at - sample),
        None => at,
    }
}

/// The candidate whose name is nearest to `name`, if one is near enough to be meant: at most a third
/// of its letters differ, or one is the beginning of the other.
pub(super) fn nearest<T>(
    name: &str,
    candidates: impl Iterator<Item = (&'static str, T)>,
) -> Option<T> {
    let name = name.trim().to_lowercase();
    candidates
        .filter_map(|(candidate, value)| {
            let distance = distance(&name, candidate);
            let near = distance * 3 <= candidate.chars().count().max(3)
                || (name.len() >= 3 && candidate.starts_with(&name));
            near.then_some((distance, value))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, value)| value)
}

/// The number of letters to insert, remove or replace.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, &other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
