//! Evaluation: sets of nodes along the axes.

use super::XPathError;
use super::functions::{call, number_text, text_number};
use super::parse::{Axis, Expr, Expression, Op, Start, Step, Test};
use crate::kernel::Tick;
use crate::kernel::xml::dom::{Dom, NodeId, NodeKind};
use crate::kernel::xml::{XMLNS, local_part};

/// What an expression gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Nodes in the order of the document.
    Nodes(Vec<NodeId>),
    /// XPath counts in binary floating point, unlike the language.
    Number(f64),
    /// What string() gives, or a literal.
    Text(String),
    /// What a comparison gives.
    Boolean(bool),
}

/// Evaluates an expression at a node. `namespace` tells what a prefix stands for. The tree must be in
/// order ([`Dom::put_in_order`]).
pub fn evaluate(
    expression: &Expression,
    dom: &Dom,
    node: NodeId,
    namespace: &dyn Fn(&str) -> Option<String>,
    tick: Tick<'_>,
) -> Result<Found, XPathError> {
    let mut namespaces = Vec::with_capacity(expression.prefixes.len());
    for prefix in &expression.prefixes {
        namespaces.push(namespace(prefix).ok_or_else(|| {
            XPathError::new(
                format!("префикс «{prefix}» не связан с пространством имен"),
                format!("the prefix \"{prefix}\" has no namespace"),
            )
        })?);
    }
    let node = match dom.kind(node) {
        NodeKind::Document => dom.root().ok_or_else(|| {
            XPathError::new("в документе нет элемента", "the document has no element")
        })?,
        _ => node,
    };
    let mut run = Run {
        dom,
        namespaces: &namespaces,
        tick,
    };
    run.eval(
        &expression.root,
        &Context {
            node,
            position: 0,
            size: 0,
        },
    )
}

/// Where an expression is evaluated; positions count from 1, 0 outside of predicates.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub node: NodeId,
    pub position: usize,
    pub size: usize,
}

pub(super) struct Run<'r> {
    pub dom: &'r Dom,
    namespaces: &'r [String],
    tick: Tick<'r>,
}

type Value = Result<Found, XPathError>;

impl Run<'_> {
    /// Work on a node.
    pub(super) fn work(&mut self) -> Result<(), XPathError> {
        (self.tick)().map_err(XPathError::from)
    }

    /// Work on so many characters.
    pub(super) fn work_on(&mut self, length: usize) -> Result<(), XPathError> {
        for _ in 0..length / 256 + 1 {
            self.work()?;
        }
        Ok(())
    }

    pub(super) fn eval(&mut self, expr: &Expr, context: &Context) -> Value {
        self.work()?;
        match expr {
            Expr::Number(number) => Ok(Found::Number(*number)),
            Expr::Literal(text) => Ok(Found::Text(text.clone())),
            Expr::Negate(inner) => {
                let value = self.eval(inner, context)?;
                Ok(Found::Number(-self.number(&value)?))
            }
            Expr::Binary(op, left, right) => self.binary(*op, left, right, context),
            Expr::Call(function, args) => call(self, *function, args, context),
            Expr::Path(start, steps) => {
                let mut nodes = match start {
                    Start::Context => vec![context.node],
                    Start::Document => vec![NodeId::DOCUMENT],
                    Start::Value(value, predicates) => {
                        let mut nodes = self.nodes(value, context)?;
                        for predicate in predicates {
                            nodes = self.filter(nodes, predicate)?;
                        }
                        nodes
                    }
                };
                for step in steps {
                    nodes = self.step(&nodes, step)?;
                }
                Ok(Found::Nodes(nodes))
            }
        }
    }

    /// Nodes, or an error when the expression gives something else.
    pub(super) fn nodes(
        &mut self,
        expr: &Expr,
        context: &Context,
    ) -> Result<Vec<NodeId>, XPathError> {
        match self.eval(expr, context)? {
            Found::Nodes(nodes) => Ok(nodes),
            _ => Err(XPathError::new(
                "ожидается набор узлов",
                "a set of nodes is expected",
            )),
        }
    }

    fn step(&mut self, from: &[NodeId], step: &Step) -> Result<Vec<NodeId>, XPathError> {
        let mut all = Vec::new();
        for &node in from {
            let mut found = Vec::new();
            self.walk(node, step, &mut found)?;
            for predicate in &step.predicates {
                found = self.filter(found, predicate)?;
            }
            all.append(&mut found);
        }
        let backwards = matches!(
            step.axis,
            Axis::Ancestor | Axis::AncestorOrSelf | Axis::Preceding | Axis::PrecedingSibling
        );
        if from.len() > 1 || backwards {
            self.tidy(&mut all)?;
        }
        Ok(all)
    }

    /// The order of the document, each node once.
    fn tidy(&mut self, nodes: &mut Vec<NodeId>) -> Result<(), XPathError> {
        for _ in 0..nodes.len() {
            self.work()?;
        }
        let dom = self.dom;
        // Nodes outside of the document have no place, and stay as they were found.
        nodes.sort_by_key(|node| dom.place(*node));
        nodes.dedup();
        Ok(())
    }

    fn filter(&mut self, nodes: Vec<NodeId>, predicate: &Expr) -> Result<Vec<NodeId>, XPathError> {
        let size = nodes.len();
        let mut kept = Vec::new();
        for (at, node) in nodes.into_iter().enumerate() {
            let context = Context {
                node,
                position: at + 1,
                size,
            };
            let value = self.eval(predicate, &context)?;
            let keeps = match &value {
                Found::Number(number) => *number == (at + 1) as f64,
                other => self.boolean(other),
            };
            if keeps {
                kept.push(node);
            }
        }
        Ok(kept)
    }

    fn walk(
        &mut self,
        node: NodeId,
        step: &Step,
        found: &mut Vec<NodeId>,
    ) -> Result<(), XPathError> {
        let dom = self.dom;
        let is_attribute = dom.kind(node) == NodeKind::Attribute;
        match step.axis {
            Axis::Itself => self.take(node, step, found)?,
            Axis::Child if !is_attribute => {
                let mut at = dom.first(node);
                while let Some(child) = at {
                    self.take(child, step, found)?;
                    at = dom.after(child);
                }
            }
            Axis::Descendant | Axis::DescendantOrSelf if !is_attribute => {
                if step.axis == Axis::DescendantOrSelf {
                    self.take(node, step, found)?;
                }
                let mut at = dom.following(node, node);
                while let Some(inner) = at {
                    self.take(inner, step, found)?;
                    at = dom.following(inner, node);
                }
            }
            Axis::DescendantOrSelf => self.take(node, step, found)?,
            Axis::Parent => {
                if let Some(parent) = dom.above(node) {
                    self.take(parent, step, found)?;
                }
            }
            Axis::Ancestor | Axis::AncestorOrSelf => {
                if step.axis == Axis::AncestorOrSelf {
                    self.take(node, step, found)?;
                }
                let mut at = dom.above(node);
                while let Some(outer) = at {
                    self.take(outer, step, found)?;
                    at = dom.above(outer);
                }
            }
            Axis::FollowingSibling if !is_attribute => {
                let mut at = dom.after(node);
                while let Some(next) = at {
                    self.take(next, step, found)?;
                    at = dom.after(next);
                }
            }
            Axis::PrecedingSibling if !is_attribute => {
                let mut at = dom.before(node);
                while let Some(next) = at {
                    self.take(next, step, found)?;
                    at = dom.before(next);
                }
            }
            Axis::Following => {
                let top = self.top(node)?;
                // After an attribute comes what is in its element.
                let mut at = match dom.owner(node) {
                    Some(owner) => dom.following(owner, top),
                    None => dom.past(node, top),
                };
                while let Some(next) = at {
                    self.take(next, step, found)?;
                    at = dom.following(next, top);
                }
            }
            Axis::Preceding => self.preceding(node, step, found)?,
            Axis::Attribute => {
                if dom.kind(node) == NodeKind::Element {
                    for &attribute in dom.attributes(node) {
                        if dom.uri(attribute) != XMLNS {
                            self.take(attribute, step, found)?;
                        } else {
                            self.work()?;
                        }
                    }
                }
            }
            Axis::Child | Axis::Descendant | Axis::FollowingSibling | Axis::PrecedingSibling => {}
        }
        Ok(())
    }

    fn top(&mut self, node: NodeId) -> Result<NodeId, XPathError> {
        let mut at = node;
        while let Some(outer) = self.dom.above(at) {
            self.work()?;
            at = outer;
        }
        Ok(at)
    }

    /// From the nearest to the first of the document, without those around the node.
    fn preceding(
        &mut self,
        node: NodeId,
        step: &Step,
        found: &mut Vec<NodeId>,
    ) -> Result<(), XPathError> {
        let dom = self.dom;
        let mut around = dom.owner(node).unwrap_or(node);
        loop {
            let mut before = dom.before(around);
            while let Some(sibling) = before {
                // The subtree from its end to its start.
                let mut at = sibling;
                while let Some(last) = dom.last(at) {
                    self.work()?;
                    at = last;
                }
                loop {
                    self.take(at, step, found)?;
                    if at == sibling {
                        break;
                    }
                    match dom.before(at) {
                        Some(previous) => {
                            at = previous;
                            while let Some(last) = dom.last(at) {
                                self.work()?;
                                at = last;
                            }
                        }
                        None => match dom.above(at) {
                            Some(outer) => at = outer,
                            None => break,
                        },
                    }
                }
                before = dom.before(sibling);
            }
            match dom.above(around) {
                Some(outer) => around = outer,
                None => return Ok(()),
            }
        }
    }

    fn take(
        &mut self,
        node: NodeId,
        step: &Step,
        found: &mut Vec<NodeId>,
    ) -> Result<(), XPathError> {
        self.work()?;
        let dom = self.dom;
        let kind = dom.kind(node);
        let principal = if step.axis == Axis::Attribute {
            NodeKind::Attribute
        } else {
            NodeKind::Element
        };
        let fits = match &step.test {
            Test::Node => kind != NodeKind::DocType,
            Test::Text => matches!(kind, NodeKind::Text | NodeKind::Cdata),
            Test::Comment => kind == NodeKind::Comment,
            Test::Instruction(target) => {
                kind == NodeKind::Instruction
                    && target
                        .as_ref()
                        .is_none_or(|target| dom.name(node) == target)
            }
            Test::Any(prefix) => {
                kind == principal
                    && prefix.is_none_or(|prefix| dom.uri(node) == self.namespaces[prefix])
            }
            Test::Name(prefix, local) => {
                kind == principal
                    && local_part(dom.name(node)) == local
                    && dom.uri(node) == prefix.map_or("", |prefix| &self.namespaces[prefix])
            }
        };
        if fits {
            found.push(node);
        }
        Ok(())
    }

    fn binary(&mut self, op: Op, left: &Expr, right: &Expr, context: &Context) -> Value {
        match op {
            Op::Or | Op::And => {
                let value = self.eval(left, context)?;
                if self.boolean(&value) == (op == Op::Or) {
                    return Ok(Found::Boolean(op == Op::Or));
                }
                let value = self.eval(right, context)?;
                Ok(Found::Boolean(self.boolean(&value)))
            }
            Op::Union => {
                let mut nodes = self.nodes(left, context)?;
                nodes.append(&mut self.nodes(right, context)?);
                self.tidy(&mut nodes)?;
                Ok(Found::Nodes(nodes))
            }
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod => {
                let (a, b) = (self.eval(left, context)?, self.eval(right, context)?);
                let (a, b) = (self.number(&a)?, self.number(&b)?);
                Ok(Found::Number(match op {
                    Op::Add => a + b,
                    Op::Sub => a - b,
                    Op::Mul => a * b,
                    Op::Div => a / b,
                    _ => a % b,
                }))
            }
            op => {
                let (a, b) = (self.eval(left, context)?, self.eval(right, context)?);
                Ok(Found::Boolean(self.compare(op, &a, &b)?))
            }
        }
    }

    fn compare(&mut self, op: Op, a: &Found, b: &Found) -> Result<bool, XPathError> {
        match (a, b) {
            (Found::Nodes(_), Found::Boolean(_)) | (Found::Boolean(_), Found::Nodes(_)) => {
                let (a, b) = (self.boolean(a), self.boolean(b));
                Ok(holds(op, f64::from(u8::from(a)), f64::from(u8::from(b))))
            }
            (Found::Nodes(first), Found::Nodes(second)) => {
                let mut others = Vec::new();
                for &node in second {
                    others.push(self.string_value(node)?);
                }
                for &node in first {
                    let mine = self.string_value(node)?;
                    for other in &others {
                        self.work()?;
                        if texts_hold(op, &mine, other) {
                            return Ok(true);
                        }
                    }
                }
                Ok(false)
            }
            (Found::Nodes(nodes), other) => self.any_holds(op, nodes, other, false),
            (other, Found::Nodes(nodes)) => self.any_holds(op, nodes, other, true),
            _ => {
                if matches!(op, Op::Eq | Op::Ne) {
                    let equal = match (a, b) {
                        (Found::Boolean(_), _) | (_, Found::Boolean(_)) => {
                            self.boolean(a) == self.boolean(b)
                        }
                        (Found::Number(_), _) | (_, Found::Number(_)) => {
                            self.number(a)? == self.number(b)?
                        }
                        _ => self.text(a)? == self.text(b)?,
                    };
                    return Ok(equal == (op == Op::Eq));
                }
                Ok(holds(op, self.number(a)?, self.number(b)?))
            }
        }
    }

    /// Whether a comparison holds for one of the nodes.
    fn any_holds(
        &mut self,
        op: Op,
        nodes: &[NodeId],
        other: &Found,
        turned: bool,
    ) -> Result<bool, XPathError> {
        for &node in nodes {
            let mine = Found::Text(self.string_value(node)?);
            let mine = match other {
                Found::Number(_) => Found::Number(self.number(&mine)?),
                _ => mine,
            };
            let found = if turned {
                self.compare(op, other, &mine)?
            } else {
                self.compare(op, &mine, other)?
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    // ---- conversions ------------------------------------------------------------------------

    /// The text of a node.
    pub(super) fn string_value(&mut self, node: NodeId) -> Result<String, XPathError> {
        let dom = self.dom;
        match dom.kind(node) {
            NodeKind::Element | NodeKind::Document | NodeKind::Fragment => {
                let mut text = String::new();
                let mut at = Some(node);
                while let Some(inner) = at {
                    self.work()?;
                    if matches!(dom.kind(inner), NodeKind::Text | NodeKind::Cdata) {
                        let more = dom.own_value(inner);
                        self.work_on(more.len())?;
                        text.push_str(more);
                    }
                    at = dom.following(inner, node);
                }
                Ok(text)
            }
            _ => {
                self.work_on(dom.own_value(node).len())?;
                Ok(dom.value(node))
            }
        }
    }

    pub(super) fn text(&mut self, value: &Found) -> Result<String, XPathError> {
        Ok(match value {
            Found::Text(text) => text.clone(),
            Found::Number(number) => number_text(*number),
            Found::Boolean(value) => value.to_string(),
            Found::Nodes(nodes) => match nodes.first() {
                Some(node) => self.string_value(*node)?,
                None => String::new(),
            },
        })
    }

    pub(super) fn number(&mut self, value: &Found) -> Result<f64, XPathError> {
        Ok(match value {
            Found::Number(number) => *number,
            Found::Boolean(value) => f64::from(u8::from(*value)),
            Found::Text(text) => text_number(text),
            nodes @ Found::Nodes(_) => text_number(&self.text(nodes)?),
        })
    }

    pub(super) fn boolean(&self, value: &Found) -> bool {
        match value {
            Found::Boolean(value) => *value,
            Found::Number(number) => *number != 0.0 && !number.is_nan(),
            Found::Text(text) => !text.is_empty(),
            Found::Nodes(nodes) => !nodes.is_empty(),
        }
    }
}

fn holds(op: Op, a: f64, b: f64) -> bool {
    match op {
        Op::Eq => a == b,
        Op::Ne => a != b,
        Op::Lt => a < b,
        Op::Le => a <= b,
        Op::Gt => a > b,
        _ => a >= b,
    }
}

fn texts_hold(op: Op, a: &str, b: &str) -> bool {
    match op {
        Op::Eq => a == b,
        Op::Ne => a != b,
        op => holds(op, text_number(a), text_number(b)),
    }
}
