//! Guesses at what a wrong name was meant to be.

use crate::diagnostic::Hint;
use crate::syntax::names::fold;

/// Latin letters and the Cyrillic ones that look like them.
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
    ('u', 'и'),
    ('n', 'п'),
    ('r', 'г'),
];

/// Two names with the same skeleton look alike on the screen.
fn skeleton(name: &str) -> String {
    name.chars()
        .map(|c| {
            LOOK_ALIKES
                .iter()
                .take(13)
                .find(|(latin, _)| *latin == c)
                .map_or(c, |pair| pair.1)
        })
        .collect()
}

/// Longest name that near names are looked for: the search is quadratic in the length.
const LENGTH_MAX: usize = 64;

/// The best guess among the candidates.
pub fn guess<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<Hint> {
    let folded = fold(name);
    let letters: Vec<char> = folded.chars().collect();
    if letters.len() > LENGTH_MAX {
        return None;
    }
    let own = skeleton(&folded);
    let allowed = match letters.len() {
        0..=3 => 1,
        4..=8 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other = fold(candidate);
        if other == folded {
            continue;
        }
        if skeleton(&other) == own {
            return Some(Hint::LookAlike(candidate.to_string()));
        }
        let length = other.chars().count();
        if length.abs_diff(letters.len()) > allowed || letters.len() < 3 {
            continue;
        }
        let distance = distance(&letters, &other);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| Hint::Near(candidate.to_string()))
}

/// Letters to insert, delete, replace or swap with their neighbour.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    if let Some(first) = rows.first_mut() {
        for (j, cell) in first.iter_mut().enumerate() {
            *cell = j;
        }
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_and_look_alikes() {
        let names = ["Сообщить", "СтрДлина", "Счёт"];
        let guess = |name: &str| super::guess(name, names.iter().copied());
        assert_eq!(guess("Сообшить"), Some(Hint::Near("Сообщить".into())));
        assert_eq!(guess("Cтpдлинa"), Some(Hint::LookAlike("СтрДлина".into())));
        assert_eq!(guess("Счет"), Some(Hint::Near("Счёт".into())));
        assert_eq!(guess("Количество"), None);
    }
}
