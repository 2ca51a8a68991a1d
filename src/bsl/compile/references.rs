//! Which parameters are passed as references: those that the method may write, itself or through what it
//! calls, and those that stand for a variable which another parameter of the same call writes.
//!
//! It is a walk over a graph whose edges are «when this one is a reference, so is that one», and takes
//! time by the number of calls. A call through an object may reach every exported method of its name:
//! the name itself is a node between them, so that there are no edges for each pair.

use crate::check::Checked;
use crate::check::scope::{ForwardTo, NameMap};
use crate::library::registry::LIBRARY;
use crate::syntax::ast::Tree;
use crate::syntax::names::Name;
use std::collections::{HashMap, HashSet};

/// Module, method, parameter.
pub(super) type RefTable = Vec<Vec<Vec<bool>>>;

/// A number of a node: a parameter of some method, or a place in calls of a name.
type Node = u32;

struct Graph<'t> {
    trees: &'t [Tree],
    exported: &'t NameMap<Vec<(u32, u32)>>,
    /// The first parameter of each method.
    starts: Vec<Vec<Node>>,
    /// Whether a node stays a value whatever happens: Знач.
    by_value: Vec<bool>,
    names: HashMap<(Name, u8), Node>,
    edges: Vec<(Node, Node)>,
    known: Vec<Node>,
}

impl Graph<'_> {
    fn param(&self, module: usize, method: usize, index: usize) -> Option<Node> {
        let count = self.trees[module].methods.get(method)?.params.len();
        (index < count).then(|| self.starts[module][method] + index as Node)
    }

    /// The node of a place in calls of a name, connected with the methods that may be meant.
    fn name(&mut self, name: Name, index: u8) -> Node {
        if let Some(&node) = self.names.get(&(name, index)) {
            return node;
        }
        let node = self.by_value.len() as Node;
        self.by_value.push(false);
        self.names.insert((name, index), node);
        if index < 32 && LIBRARY.method_out(name) & (1 << index) != 0 {
            self.known.push(node);
        }
        for &(module, method) in self.exported.get(&name).into_iter().flatten() {
            if let Some(param) = self.param(module as usize, method as usize, index.into()) {
                self.edges.push((param, node));
            }
        }
        node
    }

    fn twins(&mut self, module: usize, method: usize, pair: [u8; 2]) {
        let [a, b] = pair.map(|index| self.param(module, method, index.into()));
        if let (Some(a), Some(b)) = (a, b) {
            self.edges.extend([(a, b), (b, a)]);
        }
    }

    /// What is a reference: everything that the known ones lead to.
    fn reach(&self) -> Vec<bool> {
        let count = self.by_value.len();
        // The edges of a node stand in a row.
        let mut ends = vec![0usize; count + 1];
        for &(from, _) in &self.edges {
            ends[from as usize + 1] += 1;
        }
        for node in 0..count {
            ends[node + 1] += ends[node];
        }
        let mut places = ends.clone();
        let mut targets = vec![0; self.edges.len()];
        for &(from, to) in &self.edges {
            targets[places[from as usize]] = to;
            places[from as usize] += 1;
        }
        let mut reached = vec![false; count];
        let mut work = self.known.clone();
        while let Some(node) = work.pop() {
            let node = node as usize;
            if reached[node] || self.by_value[node] {
                continue;
            }
            reached[node] = true;
            work.extend_from_slice(&targets[ends[node]..ends[node + 1]]);
        }
        reached
    }
}

/// Which parameters of all modules are references.
pub(super) fn reference_table(
    trees: &[Tree],
    checks: &[Checked],
    exported: &NameMap<Vec<(u32, u32)>>,
) -> RefTable {
    let mut graph = Graph {
        trees,
        exported,
        starts: Vec::with_capacity(trees.len()),
        by_value: Vec::new(),
        names: HashMap::new(),
        edges: Vec::new(),
        known: Vec::new(),
    };
    for (tree, checked) in trees.iter().zip(checks) {
        let mut starts = Vec::with_capacity(tree.methods.len());
        for (method, scope) in tree.methods.iter().zip(&checked.scopes) {
            let start = graph.by_value.len() as Node;
            starts.push(start);
            for (at, param) in method.params.iter().enumerate() {
                graph.by_value.push(param.by_value);
                if scope.dynamic || scope.written.get(at) == Some(&true) {
                    graph.known.push(start + at as Node);
                }
            }
        }
        graph.starts.push(starts);
    }
    let mut pairs = HashSet::new();
    for (module, checked) in checks.iter().enumerate() {
        for (method, scope) in checked.scopes.iter().enumerate() {
            for twins in &scope.twins {
                match twins.to {
                    ForwardTo::Method(to) => graph.twins(module, to as usize, twins.pair),
                    ForwardTo::Name(name) => {
                        if pairs.insert((name, twins.pair)) {
                            for &(module, method) in exported.get(&name).into_iter().flatten() {
                                graph.twins(module as usize, method as usize, twins.pair);
                            }
                        }
                    }
                }
            }
            for forward in &scope.forwards {
                let callee = match forward.to {
                    ForwardTo::Method(to) => graph.param(module, to as usize, forward.index.into()),
                    ForwardTo::Name(name) => Some(graph.name(name, forward.index)),
                };
                let Some(callee) = callee else { continue };
                match (forward.param, forward.to) {
                    // A variable of the module may change under the callee's hands.
                    (u16::MAX, ForwardTo::Method(_)) => graph.known.push(callee),
                    (u16::MAX, ForwardTo::Name(_)) => {}
                    (own, _) => {
                        if let Some(own) = graph.param(module, method, own.into()) {
                            graph.edges.push((callee, own));
                        }
                    }
                }
            }
        }
    }
    let reached = graph.reach();
    let row = |start: Node, count: usize| reached[start as usize..][..count].to_vec();
    trees
        .iter()
        .zip(&graph.starts)
        .map(|(tree, starts)| {
            let methods = tree.methods.iter().zip(starts);
            methods
                .map(|(method, &start)| row(start, method.params.len()))
                .collect()
        })
        .collect()
}
