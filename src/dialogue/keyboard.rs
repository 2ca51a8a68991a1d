//! How a choice looks: labels, rows, pages (D14).

use std::collections::HashSet;

use vestnik_markup::utf16_len;

use crate::model::{Button, ButtonAction, Buttons, Channel, OpenChoice, Variant};
use crate::texts::{TextName, Texts};

use super::data::{self, Action};

/// Rows of variants on a page: more do not fit on a telephone's screen.
const ROWS_MAX: usize = Channel::Telegram.limits().button_rows;
/// The longest label, in UTF-16 units. Telegram refuses a keyboard of more than some 10 KB; 32 labels
/// of this length with their data stay within it, and nobody reads a longer button.
const LABEL_MAX: usize = Channel::Telegram.limits().label_chars;
/// Stands on a button whose text has nothing to show: Telegram refuses a blank label.
const BLANK_LABEL: &str = "—";

/// Variants with a label each: never blank, never too long, and no two alike.
pub(super) fn variants<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<Variant> {
    let texts: Vec<&str> = texts.collect();
    // A numbered label must not become equal to a label that stands there as written.
    let mut written: HashSet<String> = texts.iter().map(|text| label(text)).collect();
    let mut used: HashSet<String> = HashSet::with_capacity(texts.len());
    texts
        .into_iter()
        .map(|text| {
            let plain = label(text);
            let label = if used.contains(&plain) {
                let numbered = (2u32..)
                    .map(|number| numbered(&plain, number))
                    .find(|numbered| !written.contains(numbered))
                    .expect("numbers do not end");
                written.insert(numbered.clone());
                numbered
            } else {
                plain
            };
            used.insert(label.clone());
            Variant {
                text: (label != text).then(|| text.to_owned()),
                label,
                value: None,
            }
        })
        .collect()
}

fn label(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return BLANK_LABEL.to_owned();
    }
    // A label is a text like any other (R173, D27).
    cut(&vestnik_markup::decode_percent_utf8(text), LABEL_MAX)
}

fn numbered(label: &str, number: u32) -> String {
    let suffix = format!(" ({number})");
    cut(label, LABEL_MAX - suffix.len()) + &suffix
}

/// The beginning of a text, at most `limit` UTF-16 units with the dots at its end.
fn cut(text: &str, limit: usize) -> String {
    if utf16_len(text) <= limit {
        return text.to_owned();
    }
    let mut units = 1; // the dots
    let kept: String = text
        .chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= limit
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// The last page of a choice, from 0.
pub(super) fn last_page(choice: &OpenChoice) -> usize {
    choice.variants.len().saturating_sub(1) / per_page(choice)
}

fn per_page(choice: &OpenChoice) -> usize {
    ROWS_MAX * columns(choice)
}

fn columns(choice: &OpenChoice) -> usize {
    usize::from(choice.columns.clamp(1, 4))
}

/// The buttons of the page that is shown.
pub(super) fn buttons(texts: &Texts<'_>, choice: &OpenChoice) -> Buttons {
    let last = last_page(choice);
    let page = choice.page.min(last);
    let first = page * per_page(choice);
    let shown = choice
        .variants
        .iter()
        .enumerate()
        .skip(first)
        .take(per_page(choice));
    let mut rows: Vec<Vec<Button>> = Vec::new();
    for (place, (index, variant)) in shown.enumerate() {
        if place % columns(choice) == 0 {
            rows.push(Vec::with_capacity(columns(choice)));
        }
        let row = rows.last_mut().expect("a row was begun");
        row.push(button(
            variant.label.clone(),
            choice,
            Action::Variant(index),
        ));
    }
    let mut pages = Vec::new();
    if page > 0 {
        let label = texts.label(TextName::ButtonPreviousPage, &[]);
        pages.push(button(label, choice, Action::Page(page - 1)));
    }
    if page < last {
        let label = texts.label(TextName::ButtonNextPage, &[]);
        pages.push(button(label, choice, Action::Page(page + 1)));
    }
    if !pages.is_empty() {
        rows.push(pages);
    }
    if has_back(choice) {
        let label = texts.label(TextName::ButtonBack, &[]);
        rows.push(vec![button(label, choice, Action::Back)]);
    }
    Buttons::Inline(rows)
}

/// A nested choice has «Назад» where there is something to go back to.
pub(super) fn has_back(choice: &OpenChoice) -> bool {
    choice.back
        && choice
            .history
            .last()
            .is_some_and(|step| !step.rule.is_empty())
}

/// Да / Другой вариант.
pub(super) fn confirmation(texts: &Texts<'_>, choice: &OpenChoice, variant: usize) -> Buttons {
    Buttons::Inline(vec![vec![
        button(
            texts.label(TextName::ButtonYes, &[]),
            choice,
            Action::Yes(variant),
        ),
        button(
            texts.label(TextName::ButtonOtherVariant, &[]),
            choice,
            Action::Other,
        ),
    ]])
}

fn button(label: String, choice: &OpenChoice, action: Action) -> Button {
    Button {
        label,
        action: ButtonAction::Data(data::format(choice.id, choice.keyboard, action)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d14_labels_are_numbered_when_equal_and_never_blank() {
        let check = |texts: &[&str], expected: &[&str]| {
            let variants = variants(texts.iter().copied());
            let labels: Vec<&str> = variants.iter().map(|v| v.label.as_str()).collect();
            assert_eq!(labels, expected);
            for (variant, text) in variants.iter().zip(texts) {
                assert_eq!(variant.text(), *text);
            }
        };
        check(&["а", "б"], &["а", "б"]);
        check(&["а", "а", "а"], &["а", "а (2)", "а (3)"]);
        check(&["а", "а", "а (2)"], &["а", "а (3)", "а (2)"]);
        check(
            &["а (2)", "а (2)", "а", "а"],
            &["а (2)", "а (2) (2)", "а", "а (3)"],
        );
        check(&["", " "], &["—", "— (2)"]);
        check(&["%E2%9A%A0 срок"], &["⚠ срок"]); // R173
        let long = "д".repeat(70);
        let cut = "д".repeat(63) + "…";
        let second = "д".repeat(59) + "… (2)";
        check(&[&long, &long], &[&cut, &second]);
    }
}
