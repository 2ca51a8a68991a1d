//! The machine against the second evaluator on random programs: messages, error text, line, column.

use crate::evaluator::{Defect, Story, evaluate};
use crate::generator::program;
use crate::support::{module, read, run};
use vestnik_bsl::Limits;

/// Programs of the ordinary run.
const PROGRAMS: u64 = 3_000;

fn machine(text: &str) -> Story {
    let outcome = run(&[module(text)], Limits::default());
    assert_eq!(outcome.problems, "", "{text}");
    Story {
        lines: outcome.lines,
        error: outcome.error,
    }
}

/// A chain `а + б + "в"` is one instruction, whose place is its last sign. The exemption holds for that
/// alone: the same messages, text and line, and a plus under both columns.
fn only_the_sign_of_a_chain(text: &str, found: &Story, wanted: &Story) -> bool {
    let (Some(a), Some(b)) = (&found.error, &wanted.error) else {
        return false;
    };
    let line = text.lines().nth(a.1 as usize - 1).unwrap_or("");
    let plus = |column: u32| line.chars().nth(column as usize - 1) == Some('+');
    found.lines == wanted.lines && (&a.0, a.1) == (&b.0, b.1) && plus(a.2) && plus(b.2)
}

/// What two stories differ in, with the lines of the program around.
fn difference(text: &str, found: &Story, wanted: &Story) -> String {
    let at = found
        .lines
        .iter()
        .zip(&wanted.lines)
        .take_while(|(a, b)| a == b)
        .count();
    let line = [found, wanted].map(|it| it.error.as_ref().map_or(0, |error| error.1));
    let shown: Vec<_> = text
        .lines()
        .enumerate()
        .filter(|(at, _)| line.contains(&(*at as u32 + 1)))
        .map(|(_, line)| line)
        .collect();
    format!(
        "message {at}\nmachine:   {:?} {:?}\nevaluator: {:?} {:?}\n{}\n\n{text}",
        found.lines.get(at),
        found.error,
        wanted.lines.get(at),
        wanted.error,
        shown.join("\n"),
    )
}

#[test]
fn machine_and_evaluator_agree() {
    let (mut compared, mut failed, mut exempt) = (0, 0, 0);
    for seed in 1..=PROGRAMS {
        let text = program(seed);
        let Some(wanted) = evaluate(&text, None) else {
            continue;
        };
        let found = machine(&text);
        if found != wanted && only_the_sign_of_a_chain(&text, &found, &wanted) {
            exempt += 1;
            continue;
        }
        assert!(
            found == wanted,
            "seed {seed}\n{}",
            difference(&text, &found, &wanted)
        );
        compared += 1;
        failed += u32::from(wanted.error.is_some());
    }
    let page = read("docs/conformance.md");
    let counted = format!("Место знака в цепочке сложений: {exempt} из {PROGRAMS} программ.");
    assert!(
        page.contains(&counted),
        "docs/conformance.md must say «{counted}»"
    );
    // Programs that the evaluator abandons, or that never fail, would prove little.
    assert!(compared > PROGRAMS * 9 / 10, "{compared} compared");
    assert!(failed > 300, "{failed} ended in an error");
}

/// Each planted mistake is found within the ordinary run.
#[test]
fn a_planted_defect_is_found() {
    for defect in [
        Defect::RemainderSign,
        Defect::EagerAnd,
        Defect::CopiedParameters,
        Defect::LoopVariable,
        Defect::Place,
    ] {
        let found = (1..=PROGRAMS).find(|&seed| {
            let text = program(seed);
            evaluate(&text, Some(defect)).is_some_and(|wanted| wanted != machine(&text))
        });
        assert!(found.is_some(), "{defect:?}");
    }
}
