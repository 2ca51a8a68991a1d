//! What is printed parses to the same tree; what is formatted reads back as the same value.

use crate::conformance::{areas, cases};
use crate::generator::program;
use crate::printer::print;
use crate::support::Random;
use vestnik_bsl::kernel::date::Date;
use vestnik_bsl::kernel::number::Number;
use vestnik_bsl::syntax::{parse, token::seed_names};

fn printed(text: &str) -> Option<String> {
    let mut names = seed_names();
    let (tree, problems) = parse(text, &mut names);
    problems.is_empty().then(|| print(&tree, &names))
}

/// Gives whether the text parsed at all.
fn survives(text: &str) -> bool {
    let Some(first) = printed(text) else {
        return false;
    };
    let second = printed(&first);
    assert_eq!(second.as_ref(), Some(&first), "{text}");
    true
}

#[test]
fn the_printer_shows_the_shape() {
    let shape = printed("А = 1 + 2 * 3 = НЕ Б И -В;");
    assert_eq!(shape, None, "НЕ after a comparison is refused");
    assert_eq!(
        printed("А = НЕ 1 + 2 * 3 = Б И -В;").as_deref(),
        Some("а = ((НЕ ((1 + (2 * 3)) = б)) И (-в));\n")
    );
}

#[test]
fn printed_cases_parse_to_the_same_tree() {
    let mut count = 0;
    for (file, text) in areas() {
        for case in cases(&file, &text) {
            count += case.sources.iter().filter(|it| survives(&it.text)).count();
        }
    }
    assert!(count > 180, "{count} modules");
}

#[test]
fn printed_random_programs_parse_to_the_same_tree() {
    for seed in 1..=500 {
        assert!(survives(&program(seed)), "seed {seed}");
    }
}

#[test]
fn numbers_and_dates_read_back() {
    let mut random = Random::new(11);
    for _ in 0..5_000 {
        let mantissa =
            (i128::from(random.next() >> 1) * i128::from(random.next() >> 1)) >> random.below(120);
        let number = Number::from_scaled(mantissa, random.below(30) as u32);
        let number = if random.below(2) == 0 {
            number.neg()
        } else {
            number
        };
        let (shown, plain) = (number.to_1c_text(), number.to_invariant_text());
        assert!(
            Number::parse_1c(&shown, 1_000).is_ok_and(|it| it == number),
            "{shown}"
        );
        assert!(
            Number::parse_invariant(&plain, 1_000).is_ok_and(|it| it == number),
            "{plain}"
        );
        let seconds = Number::from_i64((random.next() % 126_000_000_000) as i64);
        let date = Date::EMPTY
            .add_seconds(&seconds)
            .expect("within the calendar");
        assert_eq!(Date::parse_1c_text(&date.to_1c_text()), Some(date));
        assert_eq!(Date::parse_xml(&date.to_xml_text()), Some((date, None)));
    }
}
