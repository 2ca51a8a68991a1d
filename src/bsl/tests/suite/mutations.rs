//! Damaged texts, from a seed: none panics, and what is certainly wrong is reported near its place.

use crate::conformance::areas;
use crate::generator::program;
use crate::support::{Random, module, read, run};
use proptest::prelude::*;
use vestnik_bsl::Limits;
use vestnik_bsl::diagnostic::locate;
use vestnik_bsl::syntax::lexer::Lexer;
use vestnik_bsl::syntax::token::{Tok, Token};
use vestnik_bsl::syntax::{parse, token::seed_names};

fn tokens(text: &str) -> Vec<Token> {
    let mut names = seed_names();
    let mut lexer = Lexer::new(text, &mut names);
    let mut found = Vec::new();
    loop {
        let token = lexer.next_token();
        if token.tok == Tok::End {
            return found;
        }
        found.push(token);
    }
}

/// What to do with a token so that no reading of the text is right; `None`: nothing certain.
fn certainly_wrong(token: Tok) -> Option<&'static str> {
    Some(match token {
        Tok::EndIf | Tok::EndDo | Tok::EndTry | Tok::EndProcedure | Tok::EndFunction => "",
        Tok::Then | Tok::Do | Tok::RParen | Tok::RBracket | Tok::Each | Tok::In => "",
        Tok::Star | Tok::Slash | Tok::Eq | Tok::Ne => "* =",
        Tok::Comma => ", ] ",
        Tok::Semicolon => " ) ;",
        Tok::If => "Если Если",
        Tok::While => "Пока Пока",
        _ => return None,
    })
}

/// Lines within which a mistake has to be shown.
const NEAR: u32 = 3;

#[test]
fn one_wrong_token_is_reported_near_its_place() {
    let (mut tried, mut missed) = (0, Vec::new());
    for seed in 1..=200 {
        let text = program(seed);
        let tokens = tokens(&text);
        let mut random = Random::new(seed);
        for _ in 0..12 {
            let token = *random.pick(&tokens);
            let Some(instead) = certainly_wrong(token.tok) else {
                continue;
            };
            let damaged = format!(
                "{}{instead}{}",
                &text[..token.start as usize],
                &text[token.end as usize..]
            );
            let (wanted, line) = locate(&text, token.start);
            let (_, problems) = parse(&damaged, &mut seed_names());
            let near = problems
                .iter()
                .any(|it| locate(&damaged, it.start).0.line.abs_diff(wanted.line) <= NEAR);
            tried += 1;
            if !near {
                missed.push(format!(
                    "seed {seed}, line {}: {:?} in {line}",
                    wanted.line, token.tok
                ));
            }
        }
    }
    assert!(tried > 800, "{tried} tried");
    // The closer of a block around may close the damaged one when both ends are the same word; then
    // the outer block is reported at its own end. docs/conformance.md counts these.
    let counted = format!("Далеко от места: {} из {tried} повреждений.", missed.len());
    assert!(
        read("docs/conformance.md").contains(&counted),
        "docs/conformance.md must say «{counted}»\n{}",
        missed.join("\n")
    );
}

/// The run of fixed length that stands for the fuzz target in the ordinary tests.
#[test]
fn damaged_programs_neither_panic_nor_run_away() {
    let areas = areas();
    let limits = Limits {
        instructions: 20_000,
        memory: 4 << 20,
        depth: 200,
        output: 1 << 16,
        ..Limits::default()
    };
    let mut random = Random::new(7);
    let mut ran = 0;
    for round in 0..3_000 {
        let mut text = if round % 2 == 0 {
            program(round)
        } else {
            let (_, text) = random.pick(&areas);
            let cases: Vec<_> = text.split("\n//# ").collect();
            format!("// {}", random.pick(&cases))
        };
        for _ in 0..1 + random.below(3) {
            let tokens = tokens(&text);
            if tokens.is_empty() {
                break;
            }
            let (from, with) = (*random.pick(&tokens), *random.pick(&tokens));
            let with = match random.below(3) {
                0 => String::new(),
                1 => text[with.start as usize..with.end as usize].to_string(),
                _ => format!(
                    "{} {}",
                    &text[with.start as usize..with.end as usize],
                    &text[from.start as usize..from.end as usize]
                ),
            };
            text.replace_range(from.start as usize..from.end as usize, &with);
        }
        let outcome = run(&[module(&text)], limits.clone());
        ran += u32::from(outcome.problems.is_empty());
    }
    assert!(ran > 100, "{ran} of the damaged programs still ran");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}") {
        let (_, problems) = parse(&text, &mut seed_names());
        for problem in problems {
            prop_assert!(problem.start as usize <= text.len() && problem.start <= problem.end);
        }
    }

    #[test]
    fn no_soup_of_words_makes_the_parser_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "Если", "Тогда", "ИначеЕсли", "Иначе", "КонецЕсли", "Для", "Каждого", "Из", "По",
                "Цикл", "КонецЦикла", "Пока", "Попытка", "Исключение", "КонецПопытки", "Процедура",
                "Функция", "КонецПроцедуры", "КонецФункции", "Перем", "Экспорт", "Знач", "Новый",
                "Асинх", "Ждать", "Перейти", "~", ":", ";", "(", ")", "[", "]", ",", ".", "?", "=",
                "+", "-", "НЕ", "И", "А", "1", "\"", "\"с\"", "'20240101'", "&", "\n#Если Сервер Тогда\n",
                "\n#КонецЕсли\n", "\n#Область О\n", "\n|", "\n", "//", "@",
            ]),
            0..60,
        )
    ) {
        let text = words.join(" ");
        let _ = parse(&text, &mut seed_names());
        let _ = run(&[module(&text)], Limits { instructions: 5_000, ..Limits::default() });
    }
}
