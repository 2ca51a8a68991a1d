//! The nearest name: what somebody probably meant who wrote a name that does not exist.

use super::fold::fold_lookalike;

/// The candidate nearest to `word`, when it is near enough to be worth a hint: a third of the letters
/// may differ, at least one. Letters of the other alphabet that look the same do not count.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = letters(word);
    let count = word.chars().count();
    let allowed = (count / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = letters(candidate);
            if other.is_empty() {
                return None;
            }
            let length = other.chars().count();
            // Too different in length to be near: spares the table.
            if count.abs_diff(length) > allowed {
                return None;
            }
            // Letters put in, taken out, replaced, or swapped with a neighbour.
            let distance = strsim::osa_distance(&word, &other);
            (distance <= allowed && distance < length).then_some((distance, candidate))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

fn letters(word: &str) -> String {
    word.chars()
        .flat_map(char::to_lowercase)
        .map(fold_lookalike)
        .collect()
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
