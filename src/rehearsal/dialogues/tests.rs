use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// What was read, a line for each case and step.
fn show(text: &str) -> String {
    let mut shown = String::new();
    match parse(text) {
        Err(errors) => {
            for error in errors {
                writeln!(shown, "{error}").expect("a String takes all");
            }
        }
        Ok(file) => {
            for case in file.cases {
                let org = case.org.as_deref().unwrap_or("-");
                writeln!(shown, "{} case {:?} org {org}", case.line, case.name)
                    .expect("a String takes all");
                for step in case.steps {
                    writeln!(shown, "{} {:?}", step.line, step.kind).expect("a String takes all");
                }
            }
        }
    }
    shown
}

fn check(text: &str, expected: &str) {
    assert_eq!(show(text).trim_end(), expected.trim_end(), "\n{text}");
}

#[test]
fn every_construct_is_read() {
    check(
        "\
# как в interfaces.md
org shop
case R141 three levels
@shop a
> Выбор
< Выберите вариант
[ Вариант №1 | Вариант №2 ]
* Вариант №1
<~ ^Выбрали
[~ Назад ]
*~ №2$
<file акт за май.pdf
<!
^ contact
^ sticker
^ photo вид.png
^ document act.pdf
clock 2026-12-31 23:00
kill

org club
case второй
@main 1001
> /start
",
        r#"3 case "R141 three levels" org shop
4 Talk { bot: "shop", chat: Fresh("a") }
5 Write("Выбор")
6 Answer(Exact("Выберите вариант"))
7 Buttons { labels: ["Вариант №1", "Вариант №2"], among: false }
8 Press(Exact("Вариант №1"))
9 Answer(Regex(Regex("^Выбрали")))
10 Buttons { labels: ["Назад"], among: true }
11 Press(Regex(Regex("№2$")))
12 File("акт за май.pdf")
13 Silence
14 Attach(Contact)
15 Attach(Sticker)
16 Attach(Photo("вид.png"))
17 Attach(Document("act.pdf"))
18 Clock(2026-12-31T23:00:00)
19 Kill
22 case "второй" org club
23 Talk { bot: "main", chat: Registered(1001) }
24 Write("/start")"#,
    );
}

#[test]
fn texts_of_several_lines_and_labels_with_bars_are_read() {
    check(
        "\
case строки
@shop a
> первая
  вторая

    с отступом
< ответ

  через строку
[ a \\| b | c\\\\d | \\n ]
[ второй ряд ]
> ещё
< без кнопок
[ ]
clock 2026-01-02 03:04:05
",
        r#"1 case "строки" org -
2 Talk { bot: "shop", chat: Fresh("a") }
3 Write("первая\nвторая\n\n  с отступом")
7 Answer(Exact("ответ\n\nчерез строку"))
10 Buttons { labels: ["a | b", "c\\d", "\\n", "второй ряд"], among: false }
12 Write("ещё")
13 Answer(Exact("без кнопок"))
14 Buttons { labels: [], among: false }
15 Clock(2026-01-02T03:04:05)"#,
    );
}

#[test]
fn all_errors_are_told_in_one_go() {
    check(
        "\
> рано
case
case первый
> без чата
@shop
@ shop a
@shop a b
>без пробела
<b>жирно</b>
<
* 
[ a | | b ]
< ответ
[ не закрыто
[~ ]
<~ (
^ голубь
^ photo
clock завтра
clock 2026-02-30 10:00
непонятно
kill сейчас
org
[ под ничем ]
  продолжение ничего
case пустой
case первый
@shop a
kill
  и тут
",
        "\
строка 1: шаг стоит до первого случая: напишите над ним «case ИМЯ»
строка 2: после «case» ничего нет: напишите, что
строка 4: не сказано, в каком чате: напишите выше «@БОТ ЧАТ»
строка 5: ожидалось «@БОТ ЧАТ»: код бота, пробел и слово или номер чата
строка 6: ожидалось «@БОТ ЧАТ»: код бота, пробел и слово или номер чата
строка 7: ожидалось «@БОТ ЧАТ»: код бота, пробел и слово или номер чата
строка 8: после «>» нужен пробел
строка 9: после «<» нужен пробел
строка 10: после «<» ничего нет: напишите, что
строка 11: после «*» ничего нет: напишите, что
строка 12: пустая кнопка: между «|» нужно написать её текст
строка 14: кнопки не закрыты: нужна «]» в конце
строка 15: пустая кнопка: между «|» нужно написать её текст
строка 16: регулярное выражение не читается: unclosed group
строка 17: ожидалось «^ contact», «^ sticker», «^ photo ИМЯ» или «^ document ИМЯ»
строка 18: ожидалось «^ contact», «^ sticker», «^ photo ИМЯ» или «^ document ИМЯ»
строка 19: ожидалось «clock ГГГГ-ММ-ДД ЧЧ:ММ» или с секундами
строка 20: ожидалось «clock ГГГГ-ММ-ДД ЧЧ:ММ» или с секундами
строка 21: непонятная строка: ожидались org, case, @, >, <, [, *, ^, clock, kill или # пояснение
строка 22: непонятная строка: ожидались org, case, @, >, <, [, *, ^, clock, kill или # пояснение
строка 23: после «org» ничего нет: напишите, что
строка 24: кнопки стоят не под ответом и не под нажатием: напишите над ними «< текст»
строка 25: строка с отступом продолжает только текст «>» или «<»
строка 26: в случае нет ни одного шага
строка 27: случай с таким именем уже есть в строке 3: назовите иначе
строка 30: строка с отступом продолжает только текст «>» или «<»",
    );
}

#[test]
fn a_pattern_is_exact_or_found() {
    let kinds = |text: &str| match parse(&format!("case x\n@b a\n{text}")) {
        Ok(file) => file.cases[0].steps[1].kind.clone(),
        Err(errors) => panic!("{errors:?}"),
    };
    let StepKind::Answer(exact) = kinds("< ответ") else {
        panic!("an answer")
    };
    assert!(exact.matches("ответ") && !exact.matches("ответ.") && !exact.matches("Ответ"));
    let StepKind::Answer(regex) = kinds("<~ (?i)отв.т") else {
        panic!("an answer")
    };
    assert!(regex.matches("вот Ответ.") && !regex.matches("отвт"));
}

proptest! {
    // Compiling the regular expressions is slow without optimisation.
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn reading_never_panics_and_errors_have_places(
        text in r"(case|org|@|>|<|<~|<!|<file|\[|\[~|\]|\*|\^|clock|kill|\||\\|#| |\n|a|я|\(|1){0,60}"
    ) {
        match parse(&text) {
            Ok(file) => {
                prop_assert!(file.cases.iter().all(|case| !case.steps.is_empty()));
            }
            Err(errors) => {
                let lines = text.lines().count();
                prop_assert!(!errors.is_empty());
                prop_assert!(errors.iter().all(|error| (1..=lines).contains(&error.line)));
            }
        }
    }
}
