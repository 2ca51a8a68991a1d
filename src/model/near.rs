//! The nearest name: what somebody probably meant who wrote a name that does not exist.

use super::fold::fold_lookalike;

/// The candidate nearest to `word`, when it is near enough to be worth a hint: a third of the letters
/// may differ, at least one. Letters of the other alphabet that look the same do not count.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = letters(word);
    let allowed = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = letters(candidate);
            if other.is_empty() {
                return None;
            }
            // Too different in length to be near: spares the table.
            if word.len().abs_diff(other.len()) > allowed {
                return None;
            }
            let distance = distance(&word, &other);
            (distance <= allowed && distance < other.len()).then_some((distance, candidate))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

fn letters(word: &str) -> Vec<char> {
    word.chars()
        .flat_map(char::to_lowercase)
        .map(fold_lookalike)
        .collect()
}

/// How many letters must be put in, taken out, replaced or swapped with a neighbour.
fn distance(left: &[char], right: &[char]) -> usize {
    let width = right.len() + 1;
    let mut before = vec![0; width];
    let mut previous: Vec<usize> = (0..width).collect();
    let mut current = vec![0; width];
    for (i, &a) in left.iter().enumerate() {
        current[0] = i + 1;
        for (j, &b) in right.iter().enumerate() {
            let replaced = previous[j] + usize::from(a != b);
            current[j + 1] = replaced.min(previous[j + 1] + 1).min(current[j] + 1);
            if i > 0 && j > 0 && a == right[j - 1] && left[i - 1] == b {
                current[j + 1] = current[j + 1].min(before[j - 1] + 1);
            }
        }
        std::mem::swap(&mut before, &mut previous);
        std::mem::swap(&mut previous, &mut current);
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let check = |word: &str, candidates: &[&str], expected: Option<&str>| {
            assert_eq!(
                nearest(word, candidates.iter().copied()),
                expected,
                "{word}"
            );
        };
        check("api_ulr", &["proxy", "api_url", "poll"], Some("api_url"));
        check("Выбр", &["Выбор", "Возврат"], Some("Выбор"));
        check("Рaсчет", &["Расчёт", "Расчет"], Some("Расчет")); // a Latin a
        check("xyz", &["api_url"], None);
        check("", &["а", ""], None);
        check("a", &["b"], None);
    }
}
