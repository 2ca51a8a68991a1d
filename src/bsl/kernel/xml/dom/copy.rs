//! Copies of nodes, and whether two are equal.

use super::{Dom, NodeId, NodeKind};
use std::rc::Rc;

impl Dom {
    /// КлонироватьУзел and ИмпортироватьУзел: a copy of a node of this or another document, which belongs
    /// to nobody. Shallow it has neither children nor attributes, as in 1C.
    pub fn copy_from(&mut self, source: Option<&Dom>, id: NodeId, deep: bool) -> NodeId {
        let root = self.copy_node(source, id, deep);
        if !deep {
            return root;
        }
        // A walk over both: where the source stands, and where its copy.
        let (mut at, mut copy) = (id, root);
        loop {
            let from = source.unwrap_or(self);
            if let Some(child) = from.first(at) {
                let made = self.copy_node(source, child, true);
                self.link(copy, made, None);
                (at, copy) = (child, made);
                continue;
            }
            loop {
                if at == id {
                    return root;
                }
                let from = source.unwrap_or(self);
                let above = from.above(at);
                let parent = self.above(copy);
                if let Some(next) = from.after(at)
                    && let Some(parent) = parent
                {
                    let made = self.copy_node(source, next, true);
                    self.link(parent, made, None);
                    (at, copy) = (next, made);
                    break;
                }
                match (above, parent) {
                    (Some(above), Some(parent)) => (at, copy) = (above, parent),
                    _ => return root,
                }
            }
        }
    }

    fn copy_node(&mut self, source: Option<&Dom>, id: NodeId, deep: bool) -> NodeId {
        let (kind, name, uri, value, has_parts, attributes) = {
            let from = source.unwrap_or(self);
            let node = from.node(id);
            let attributes = if deep {
                node.attributes.clone()
            } else {
                Vec::new()
            };
            (
                node.kind,
                Rc::clone(&node.name),
                Rc::clone(&node.uri),
                from.own_value(id).to_owned(),
                node.has_parts,
                attributes,
            )
        };
        let copy = self.add(kind, &name, &uri, &value, has_parts);
        for attribute in attributes {
            let (name, uri, value, has_parts) = {
                let from = source.unwrap_or(self);
                let node = from.node(attribute);
                let value = from.value(attribute);
                (
                    Rc::clone(&node.name),
                    Rc::clone(&node.uri),
                    value,
                    node.has_parts,
                )
            };
            let made = self.add(NodeKind::Attribute, &name, &uri, &value, has_parts);
            self.own(copy, made);
        }
        copy
    }

    /// ЭтоРавныйУзел: the same things in the same places.
    #[must_use]
    pub fn is_equal(&self, id: NodeId, other: &Dom, other_id: NodeId) -> bool {
        let (mut a, mut b) = (Some(id), Some(other_id));
        while let (Some(x), Some(y)) = (a, b) {
            let same = self.kind(x) == other.kind(y)
                && self.name(x) == other.name(y)
                && self.uri(x) == other.uri(y)
                && self.value(x) == other.value(y)
                && self.child_count(x) == other.child_count(y)
                && self.attributes(x).len() == other.attributes(y).len()
                && self.attributes(x).iter().all(|mine| {
                    let (uri, name) = (self.uri(*mine), self.name(*mine));
                    other.attributes(y).iter().any(|theirs| {
                        other.uri(*theirs) == uri
                            && other.name(*theirs) == name
                            && other.value(*theirs) == self.value(*mine)
                    })
                });
            if !same {
                return false;
            }
            a = self.following(x, id);
            b = other.following(y, other_id);
        }
        a.is_none() && b.is_none()
    }
}
