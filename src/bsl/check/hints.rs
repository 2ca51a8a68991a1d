//! Guesses at what a wrong name was meant to be.
//!
//! A large configuration has thousands of names that nobody here knows, and each is looked for among
//! thousands. Therefore a name is first compared by its [`Marks`], which are made once; letters are
//! looked at only where the marks leave a chance.

use crate::diagnostic::Hint;
use crate::library::registry::LIBRARY;
use crate::syntax::names::fold;
use std::sync::LazyLock;

/// Latin letters and the Cyrillic ones that look like them, small.
const LOOK_ALIKES: &[(char, char)] = &[
    ('a', 'а'),
    ('b', 'в'),
    ('c', 'с'),
    ('e', 'е'),
    ('h', 'н'),
    ('k', 'к'),
    ('m', 'м'),
    ('o', 'о'),
    ('p', 'р'),
    ('t', 'т'),
    ('x', 'х'),
    ('y', 'у'),
    ('i', 'і'),
];

/// Two names with the same skeleton look alike on the screen.
fn skeleton(name: &str) -> impl Iterator<Item = char> {
    name.chars().map(|c| {
        LOOK_ALIKES
            .iter()
            .find(|(latin, _)| *latin == c)
            .map_or(c, |pair| pair.1)
    })
}

/// Longest name that near names are looked for: the search is quadratic in the length.
const LENGTH_MAX: usize = 64;

/// What tells in a few instructions that two names cannot be near.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    /// A bit for each letter that occurs, several letters a bit.
    letters: u64,
    /// Letters.
    length: u32,
    /// Hash of the skeleton.
    skeleton: u64,
}

impl Marks {
    /// The marks of a folded name.
    #[must_use]
    pub fn of(folded: &str) -> Marks {
        let mut marks = Marks {
            letters: 0,
            length: 0,
            skeleton: 0,
        };
        for (c, alike) in folded.chars().zip(skeleton(folded)) {
            marks.letters |= 1 << ((c as u32).wrapping_mul(0x9e37_79b1) >> 26);
            marks.length += 1;
            marks.skeleton = (marks.skeleton.rotate_left(5) ^ u64::from(alike as u32))
                .wrapping_mul(0x517c_c1b7_2722_0a95);
        }
        marks
    }

    /// Whether so many edits may turn one name into the other: each changes the length by one at most,
    /// and takes or brings one letter at most.
    fn may_be_near(&self, other: &Marks, edits: u32) -> bool {
        self.length.abs_diff(other.length) <= edits
            && (self.letters & !other.letters).count_ones() <= edits
            && (other.letters & !self.letters).count_ones() <= edits
    }
}

/// A name that a wrong one may be taken for.
#[derive(Clone, Copy)]
pub struct Candidate<'n> {
    /// Letters and length, to pass over what cannot be near.
    pub marks: Marks,
    /// The name in small letters.
    pub folded: &'n str,
    /// As it is shown.
    pub shown: &'n str,
}

impl<'n> Candidate<'n> {
    /// A name that is folded already.
    #[must_use]
    pub fn folded(folded: &'n str) -> Candidate<'n> {
        Candidate {
            marks: Marks::of(folded),
            folded,
            shown: folded,
        }
    }
}

/// Names of the library with their marks.
pub struct Known(Vec<(Marks, String, &'static str)>);

impl Known {
    fn of(names: impl Iterator<Item = &'static str>) -> Known {
        Known(
            names
                .map(|shown| {
                    let folded = fold(shown);
                    (Marks::of(&folded), folded, shown)
                })
                .collect(),
        )
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = Candidate<'_>> {
        self.0.iter().map(|(marks, folded, shown)| Candidate {
            marks: *marks,
            folded,
            shown,
        })
    }
}

/// Functions of the library.
pub static FUNCTIONS: LazyLock<Known> = LazyLock::new(|| {
    let functions = LIBRARY.functions.iter();
    let names = functions.flat_map(|function| [function.def.ru, function.def.en]);
    // What cannot be had is no advice.
    Known::of(names.filter(|name| {
        let name = LIBRARY.names.find(name);
        name.is_some_and(|name| LIBRARY.refused(name).is_none())
    }))
});

/// Types that have a constructor.
pub static TYPES: LazyLock<Known> = LazyLock::new(|| {
    let types = LIBRARY.types.iter().filter(|ty| {
        let name = LIBRARY.names.find(ty.ru);
        ty.new.is_some() && name.is_some_and(|name| LIBRARY.refused(name).is_none())
    });
    Known::of(types.flat_map(|ty| [ty.ru, ty.en]))
});

/// System enumerations.
pub static LISTS: LazyLock<Known> = LazyLock::new(|| {
    let lists = LIBRARY.enums.iter();
    Known::of(lists.flat_map(|list| [list.ty.ru, list.ty.en]))
});

/// The best guess among the candidates.
pub fn guess<'n>(name: &str, candidates: impl Iterator<Item = Candidate<'n>>) -> Option<Hint> {
    let folded = fold(name);
    let marks = Marks::of(&folded);
    if marks.length as usize > LENGTH_MAX {
        return None;
    }
    let edits = match marks.length {
        // Every other short name would be near.
        0..=2 => 0,
        3 => 1,
        4..=8 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let looks_alike = candidate.marks.skeleton == marks.skeleton
            && skeleton(candidate.folded).eq(skeleton(&folded));
        if looks_alike && candidate.folded != folded {
            return Some(Hint::LookAlike(candidate.shown.to_string()));
        }
        if looks_alike || edits == 0 || !marks.may_be_near(&candidate.marks, edits) {
            continue;
        }
        let distance = strsim::osa_distance(&folded, candidate.folded);
        if distance <= edits as usize && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate.shown));
        }
    }
    best.map(|(_, candidate)| Hint::Near(candidate.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_and_look_alikes() {
        let names = Known::of(["Сообщить", "СтрДлина", "Счёт", "Ёж"].into_iter());
        let guess = |name: &str| super::guess(name, names.iter());
        assert_eq!(guess("Сообшить"), Some(Hint::Near("Сообщить".into())));
        assert_eq!(guess("Соощбить"), Some(Hint::Near("Сообщить".into())));
        assert_eq!(guess("Cтpдлинa"), Some(Hint::LookAlike("СтрДлина".into())));
        assert_eq!(guess("Счет"), Some(Hint::Near("Счёт".into())));
        assert_eq!(guess("Количество"), None);
        assert_eq!(guess("Еж"), None);
        assert_eq!(guess("сообщить"), None);
    }

    proptest::proptest! {
        /// The marks never keep a near name from being found.
        #[test]
        fn marks_leave_every_near_name(a in "[а-гa-d]{1,12}", b in "[а-гa-d]{1,12}") {
            let distance = strsim::osa_distance(&a, &b) as u32;
            proptest::prop_assert!(Marks::of(&a).may_be_near(&Marks::of(&b), distance));
        }
    }
}
