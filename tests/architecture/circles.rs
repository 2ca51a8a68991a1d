//! What leads back to itself.

use std::collections::{BTreeMap, BTreeSet};

/// The circles of a graph, each with all its members: a circle is a set in which each leads to each.
pub fn circles<N: Ord + Clone>(edges: &BTreeMap<N, BTreeSet<N>>) -> Vec<BTreeSet<N>> {
    let reach: BTreeMap<&N, BTreeSet<&N>> = edges
        .keys()
        .map(|from| (from, reached(edges, from)))
        .collect();
    let mut found: Vec<BTreeSet<N>> = Vec::new();
    for (from, there) in &reach {
        if found.iter().any(|circle| circle.contains(*from)) {
            continue;
        }
        let back = |to: &&&N| reach.get(**to).is_some_and(|there| there.contains(*from));
        let circle: BTreeSet<N> = there.iter().filter(back).map(|to| (*to).clone()).collect();
        if circle.len() > 1 {
            found.push(circle);
        }
    }
    found
}

/// All that can be reached, the start only where something leads back to it.
fn reached<'g, N: Ord>(edges: &'g BTreeMap<N, BTreeSet<N>>, from: &N) -> BTreeSet<&'g N> {
    let mut there = BTreeSet::new();
    let mut next: Vec<&N> = edges.get(from).into_iter().flatten().collect();
    while let Some(node) = next.pop() {
        if there.insert(node) {
            next.extend(edges.get(node).into_iter().flatten());
        }
    }
    there
}
