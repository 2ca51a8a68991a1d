//! docs/bsl-coverage.md: how much of the library there is, made from the registry, and that nothing in
//! it is without a conformance case.
//!
//! Members of types are counted by running the cases and noting which are reached, on which type;
//! functions, constructors and values of enumerations by their names in the cases.

use crate::conformance::{areas, cases};
use crate::support::{generated, read, run_in};
use std::collections::HashSet;
use std::fmt::Write as _;
use vestnik_bsl::Limits;
use vestnik_bsl::library::AREAS;
use vestnik_bsl::library::registry::{Area, EnumDef, LIBRARY, Member, TypeDef, reached_members};
use vestnik_bsl::library::unavailable::REASONS;

const START: &str = "<!-- охват: начало; пишет тест -->\n";
const END: &str = "<!-- охват: конец -->";

/// What the cases name and reach.
struct Covered {
    /// Words of the texts in small letters, and pairs of words divided by a dot or by blanks.
    words: HashSet<String>,
    members: HashSet<(&'static str, Member)>,
}

fn covered() -> Covered {
    let mut words = HashSet::new();
    let members = reached_members(|| {
        for (file, text) in areas() {
            note_words(&text, &mut words);
            for case in cases(&file, &text) {
                run_in(&case.sources, Limits::default(), case.locale);
            }
        }
    });
    Covered { words, members }
}

fn note_words(text: &str, words: &mut HashSet<String>) {
    let text = text.to_lowercase();
    let is_word = |symbol: char| symbol.is_alphanumeric() || symbol == '_';
    let mut last: Option<(&str, usize)> = None;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = rest.find(|symbol| !is_word(symbol)).unwrap_or(rest.len());
        if length == 0 {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let word = &rest[..length];
        words.insert(word.to_owned());
        if let Some((before, end)) = last {
            match &text[end..at] {
                "." => drop(words.insert(format!("{before}.{word}"))),
                // Новый Тип, Новый("Тип", …)
                between if between.trim_matches([' ', '(', '"']).is_empty() => {
                    words.insert(format!("{before} {word}"));
                }
                _ => {}
            }
        }
        last = Some((word, at + length));
        at += length;
    }
}

impl Covered {
    fn names(&self, ru: &str, en: &str) -> bool {
        [ru, en]
            .iter()
            .any(|name| self.words.contains(&name.to_lowercase()))
    }

    fn makes(&self, ty: &TypeDef) -> bool {
        ["новый", "new"].iter().any(|word| {
            [ty.ru, ty.en].iter().any(|name| {
                self.words
                    .contains(&format!("{word} {}", name.to_lowercase()))
            })
        })
    }

    fn names_item(&self, list: &EnumDef, (ru, en): (&str, &str)) -> bool {
        [
            (list.ty.ru, ru),
            (list.ty.en, en),
            (list.ty.en, ru),
            (list.ty.ru, en),
        ]
        .iter()
        .any(|(ty, item)| {
            let name = format!("{}.{}", ty.to_lowercase(), item.to_lowercase());
            self.words.contains(&name)
        })
    }
}

/// How many there are of each kind, and which have no case.
#[derive(Default)]
struct Count {
    functions: usize,
    types: usize,
    methods: usize,
    props: usize,
    items: usize,
    missing: Vec<String>,
}

fn count_type(ty: &'static TypeDef, covered: &Covered, count: &mut Count) {
    if ty.new.is_some() && !covered.makes(ty) {
        count.missing.push(format!("Новый {}", ty.ru));
    }
    count.methods += ty.methods.len();
    count.props += ty.props.len();
    let reached = |name: &str| {
        let name = LIBRARY.names.find(name);
        let member = name.and_then(|name| LIBRARY.member(ty, name));
        member.is_some_and(|member| covered.members.contains(&(ty.ru, member)))
    };
    let methods = ty.methods.iter().map(|method| method.ru);
    for name in methods.chain(ty.props.iter().map(|prop| prop.ru)) {
        if !reached(name) {
            count.missing.push(format!("{}.{name}", ty.ru));
        }
    }
}

fn count(area: &Area, covered: &Covered) -> Count {
    let mut count = Count::default();
    for def in area.functions {
        count.functions += 1;
        if !covered.names(def.ru, def.en) {
            count.missing.push(def.ru.to_owned());
        }
    }
    for ty in area.types {
        count.types += 1;
        count_type(ty, covered, &mut count);
    }
    for list in area.enums {
        count_type(&list.ty, covered, &mut count);
        count.items += list.items.len();
        for item in list.items {
            if !covered.names_item(list, *item) {
                count.missing.push(format!("{}.{}", list.ty.ru, item.0));
            }
        }
    }
    count
}

fn table(covered: &Covered) -> String {
    let mut out = String::from(
        "| Область | Функций | Типов | Методов | Свойств | Значений перечислений |\n|---|---|---|---|---|---|\n",
    );
    let mut all = Count::default();
    for area in AREAS {
        let own = count(area, covered);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            area.title, own.functions, own.types, own.methods, own.props, own.items
        );
        all.functions += own.functions;
        all.types += own.types;
        all.methods += own.methods;
        all.props += own.props;
        all.items += own.items;
        all.missing.extend(own.missing);
    }
    let _ = writeln!(
        out,
        "| **Всего** | **{}** | **{}** | **{}** | **{}** | **{}** |",
        all.functions, all.types, all.methods, all.props, all.items
    );
    assert!(
        all.missing.is_empty(),
        "{} without a conformance case:\n{}",
        all.missing.len(),
        all.missing.join("\n")
    );
    out
}

fn refused() -> String {
    let mut out = format!(
        "\n## Что есть в 1С и недоступно здесь\n\nИмён: {}. Каждое компилируется и отказывает, когда до него доходит исполнение; `vestnik bsl check` говорит об этом заранее.\n\n| Причина | Имён | Какие |\n|---|---|---|\n",
        REASONS.len()
    );
    let mut told: Vec<&str> = Vec::new();
    for (.., reason) in REASONS {
        if told.contains(&reason.ru) {
            continue;
        }
        told.push(reason.ru);
        let same = REASONS.iter().filter(|(.., other)| other.ru == reason.ru);
        let mut names: Vec<&str> = same.map(|(ru, ..)| *ru).collect();
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(*name));
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            reason.ru,
            names.len(),
            names.join(", ")
        );
    }
    out
}

#[test]
fn nothing_is_without_a_case_and_the_page_is_not_stale() {
    let covered = covered();
    let page = read("docs/bsl-coverage.md");
    let (head, rest) = page.split_once(START).expect("the page has the first mark");
    let (_, tail) = rest.split_once(END).expect("the page has the second mark");
    generated(
        "docs/bsl-coverage.md",
        &format!("{head}{START}{}{}{END}{tail}", table(&covered), refused()),
    );
}

#[test]
fn what_no_case_reaches_is_found() {
    let nothing = Covered {
        words: HashSet::new(),
        members: HashSet::new(),
    };
    let area = AREAS.iter().find(|area| area.title == "Массив");
    let missing = count(area.expect("an area"), &nothing).missing;
    assert!(missing.contains(&"Новый Массив".to_owned()));
    assert!(missing.contains(&"Массив.Найти".to_owned()));
    let mut words = HashSet::new();
    note_words("А = Новый Массив; Б = ТипУзлаXML.Текст", &mut words);
    assert!(words.contains("новый массив") && words.contains("типузлаxml.текст"));
}
