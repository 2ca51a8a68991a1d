//! The machine against the second evaluator on random programs: messages, error text, line, column.

use crate::evaluator::{Defect, Story, evaluate};
use crate::generator::program;
use crate::support::{module, run};
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
    let (mut compared, mut failed) = (0, 0);
    for seed in 1..=PROGRAMS {
        let text = program(seed);
        let Some(wanted) = evaluate(&text, None) else {
            continue;
        };
        let found = machine(&text);
        assert!(
            found == wanted,
            "seed {seed}\n{}",
            difference(&text, &found, &wanted)
        );
        compared += 1;
        failed += u32::from(wanted.error.is_some());
    }
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
