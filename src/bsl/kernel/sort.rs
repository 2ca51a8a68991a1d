//! A stable sort whose comparison may fail and need not be consistent: the order of values comes from
//! a script (Сортировать of rows by columns of mixed types), where the standard library's sort may
//! panic. The comparison is also where the caller's clock ticks: its error stops the sort at once.

use std::cmp::Ordering;

/// Sorts, equal elements in their old order. After an error the elements are in their old order.
pub fn sort_by<T, E>(
    items: &mut [T],
    mut compare: impl FnMut(&T, &T) -> Result<Ordering, E>,
) -> Result<(), E> {
    let order = sorted_order(items.len(), |left, right| {
        compare(&items[left], &items[right])
    })?;
    apply(items, order);
    Ok(())
}

/// The places of the elements in sorted order, given the order of any two places.
pub fn sorted_order<E>(
    count: usize,
    mut compare: impl FnMut(usize, usize) -> Result<Ordering, E>,
) -> Result<Vec<usize>, E> {
    /// Up to this length insertion beats merging.
    const RUN: usize = 12;
    let mut order: Vec<usize> = (0..count).collect();
    for run in order.chunks_mut(RUN) {
        for at in 1..run.len() {
            let mut place = at;
            while place > 0 && compare(run[place - 1], run[place])?.is_gt() {
                run.swap(place - 1, place);
                place -= 1;
            }
        }
    }
    let mut merged = Vec::with_capacity(count);
    let mut length = RUN;
    while length < count {
        merged.clear();
        for pair in order.chunks(2 * length) {
            let (mut left, mut right) = pair.split_at(length.min(pair.len()));
            // Runs that already follow each other need no merge: sorted input costs one pass.
            if let (Some(last), Some(first)) = (left.last(), right.first())
                && compare(*last, *first)?.is_gt()
            {
                while let (Some(a), Some(b)) = (left.first(), right.first()) {
                    if compare(*a, *b)?.is_gt() {
                        merged.push(*b);
                        right = &right[1..];
                    } else {
                        merged.push(*a);
                        left = &left[1..];
                    }
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        length *= 2;
    }
    Ok(order)
}

/// Puts the element of place `order[n]` at place `n`.
pub fn apply<T>(items: &mut [T], mut order: Vec<usize>) {
    for start in 0..order.len() {
        let mut place = start;
        // Walks each cycle of the permutation once; a place that is done points to itself.
        while order[place] != start {
            let next = order[place];
            items.swap(place, next);
            order[place] = place;
            place = next;
        }
        order[place] = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_the_standard_sort(items in proptest::collection::vec((0u8..20, any::<u16>()), 0..200)) {
            let mut ours = items.clone();
            sort_by(&mut ours, |left, right| Ok::<_, ()>(left.0.cmp(&right.0))).unwrap();
            let mut theirs = items;
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }

        /// Nonsense comes out as some permutation, without a panic.
        #[test]
        fn an_inconsistent_order_is_survived(items in proptest::collection::vec(any::<u32>(), 0..200), seed in any::<u32>()) {
            let mut state = seed;
            let mut ours = items.clone();
            sort_by(&mut ours, |_, _| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                Ok::<_, ()>(if state & 0x1_0000 == 0 { Ordering::Less } else { Ordering::Greater })
            }).unwrap();
            let (mut before, mut after) = (items, ours);
            before.sort_unstable();
            after.sort_unstable();
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn an_error_stops_at_once_and_changes_nothing() {
        let mut items: Vec<i32> = (0..1000).rev().collect();
        let mut calls = 0;
        let result = sort_by(&mut items, |left, right| {
            calls += 1;
            if calls > 100 {
                Err("стоп")
            } else {
                Ok(left.cmp(right))
            }
        });
        assert_eq!(result, Err("стоп"));
        assert_eq!(calls, 101);
        assert_eq!(items, (0..1000).rev().collect::<Vec<_>>());
    }

    #[test]
    fn sorted_input_takes_one_pass_a_level() {
        let mut items: Vec<i32> = (0..10_000).collect();
        let mut calls = 0;
        sort_by(&mut items, |left, right| {
            calls += 1;
            Ok::<_, ()>(left.cmp(right))
        })
        .unwrap();
        assert!(calls < 11_000, "{calls}");
    }
}
