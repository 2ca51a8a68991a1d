//! Nodes put in, taken out and given other values.

use super::make::{checked, checked_ns};
use super::{Dom, DomError, Done, NodeId, NodeKind};
use crate::kernel::xml::names::{local_part, prefix_part};

impl Dom {
    fn may_hold(&self, parent: NodeId, child: NodeId) -> bool {
        use NodeKind::{
            Attribute, Cdata, Comment, DocType, Document, Element, Fragment, Instruction,
            Reference, Text,
        };
        match (self.kind(parent), self.kind(child)) {
            // The type of a document comes with its copy.
            (Document, Element | Comment | Instruction | DocType)
            | (Element | Fragment, Element | Text | Cdata | Comment | Instruction | Reference)
            | (Attribute, Text | Reference) => true,
            // What is in it goes in.
            (Document | Element | Attribute, Fragment) => {
                let mut inner = self.first(child);
                while let Some(id) = inner {
                    if !self.may_hold(parent, id) {
                        return false;
                    }
                    inner = self.after(id);
                }
                true
            }
            _ => false,
        }
    }

    /// ДобавитьДочерний and ВставитьПеред: before a child, or last. A child of another goes from there.
    pub fn insert(&mut self, parent: NodeId, child: NodeId, before: Option<NodeId>) -> Done<()> {
        if !self.may_hold(parent, child) {
            return Err(DomError::Hierarchy);
        }
        if let Some(before) = before
            && self.node(before).parent != Some(parent)
        {
            return Err(DomError::NotFound);
        }
        if before == Some(child) {
            return Err(DomError::Hierarchy);
        }
        let mut at = Some(parent);
        while let Some(node) = at {
            if node == child {
                return Err(DomError::Hierarchy);
            }
            at = self.above(node);
        }
        self.open_attribute(parent);
        if self.kind(child) == NodeKind::Fragment {
            while let Some(inner) = self.first(child) {
                self.unlink(inner);
                self.link(parent, inner, before);
            }
            return Ok(());
        }
        if self.node(child).parent.is_some() {
            self.unlink(child);
        }
        self.link(parent, child, before);
        Ok(())
    }

    /// УдалитьДочерний.
    pub fn remove(&mut self, parent: NodeId, child: NodeId) -> Done<()> {
        self.open_attribute(parent);
        if self.kind(child) == NodeKind::Attribute || self.node(child).parent != Some(parent) {
            return Err(DomError::NotFound);
        }
        self.unlink(child);
        Ok(())
    }

    /// ЗаменитьДочерний.
    pub fn replace(&mut self, parent: NodeId, new: NodeId, old: NodeId) -> Done<()> {
        if self.kind(old) == NodeKind::Attribute || self.node(old).parent != Some(parent) {
            return Err(DomError::NotFound);
        }
        if new == old {
            return Ok(());
        }
        self.insert(parent, new, Some(old))?;
        self.unlink(old);
        Ok(())
    }

    pub(super) fn link(&mut self, parent: NodeId, child: NodeId, before: Option<NodeId>) {
        let previous = match before {
            Some(before) => self.node(before).before,
            None => self.node(parent).last,
        };
        let node = self.node_mut(child);
        node.parent = Some(parent);
        node.before = previous;
        node.after = before;
        match previous {
            Some(previous) => self.node_mut(previous).after = Some(child),
            None => self.node_mut(parent).first = Some(child),
        }
        match before {
            Some(before) => self.node_mut(before).before = Some(child),
            None => self.node_mut(parent).last = Some(child),
        }
        self.node_mut(parent).children += 1;
        self.version += 1;
    }

    pub(super) fn unlink(&mut self, child: NodeId) {
        let node = self.node_mut(child);
        let (parent, before, after) = (node.parent.take(), node.before.take(), node.after.take());
        let Some(parent) = parent else {
            return;
        };
        match before {
            Some(before) => self.node_mut(before).after = after,
            None => self.node_mut(parent).first = after,
        }
        match after {
            Some(after) => self.node_mut(after).before = before,
            None => self.node_mut(parent).last = before,
        }
        self.node_mut(parent).children -= 1;
        self.version += 1;
    }

    pub(super) fn unlink_all(&mut self, parent: NodeId) {
        while let Some(child) = self.first(parent) {
            self.unlink(child);
        }
    }

    /// Sets the text of a text, a comment, an instruction; the value of an attribute, whose children go.
    pub fn set_value(&mut self, id: NodeId, value: &str) {
        if self.kind(id) == NodeKind::Attribute {
            self.unlink_all(id);
        }
        let node = &mut self.nodes[id.0 as usize];
        self.held = self.held.saturating_sub(node.value.len()) + value.len();
        node.value = value.into();
        self.version += 1;
    }

    /// ТекстовоеСодержимое = …: one text instead of everything inside; nothing for an empty one.
    pub fn set_text(&mut self, id: NodeId, text: &str) {
        match self.kind(id) {
            NodeKind::Element | NodeKind::Fragment => {
                self.unlink_all(id);
                if !text.is_empty() {
                    let child = self.leaf(NodeKind::Text, text);
                    self.link(id, child, None);
                }
            }
            NodeKind::Document | NodeKind::DocType | NodeKind::Reference => {}
            _ => self.set_value(id, text),
        }
    }

    /// УстановитьАтрибут(Имя, Значение).
    pub fn set_attribute(&mut self, element: NodeId, name: &str, value: &str) -> Done<()> {
        checked(name)?;
        match self.attribute(element, name) {
            Some(known) => self.set_value(known, value),
            None => {
                let attribute = self.add(NodeKind::Attribute, name, "", value, false);
                self.own(element, attribute);
            }
        }
        Ok(())
    }

    /// УстановитьАтрибут(URI, Имя, Значение). A name without a prefix stays without a namespace.
    pub fn set_attribute_ns(
        &mut self,
        element: NodeId,
        uri: &str,
        name: &str,
        value: &str,
    ) -> Done<()> {
        checked_ns(uri, name)?;
        if prefix_part(name).is_empty() && name != "xmlns" {
            match self.attribute(element, name) {
                Some(known) => self.set_value(known, value),
                None => {
                    let attribute = self.add(NodeKind::Attribute, name, "", value, true);
                    self.own(element, attribute);
                }
            }
            return Ok(());
        }
        match self.attribute_ns(element, uri, local_part(name)) {
            Some(known) => self.set_value(known, value),
            None => {
                let attribute = self.add(NodeKind::Attribute, name, uri, value, true);
                self.own(element, attribute);
            }
        }
        Ok(())
    }

    /// УстановитьУзелАтрибута: gives the one that it replaces.
    pub fn set_attribute_node(
        &mut self,
        element: NodeId,
        attribute: NodeId,
    ) -> Done<Option<NodeId>> {
        match self.node(attribute).parent {
            Some(owner) if owner == element => return Ok(Some(attribute)),
            Some(_) => return Err(DomError::InUse),
            None => {}
        }
        let (uri, name) = (
            self.uri(attribute).to_owned(),
            self.name(attribute).to_owned(),
        );
        let old = if uri.is_empty() {
            self.attribute(element, &name)
        } else {
            self.attribute_ns(element, &uri, local_part(&name))
        };
        match old {
            Some(old) => {
                let place = self.attributes(element).iter().position(|it| *it == old);
                if let Some(place) = place {
                    self.node_mut(element).attributes[place] = attribute;
                }
                self.node_mut(old).parent = None;
                self.node_mut(attribute).parent = Some(element);
                self.version += 1;
            }
            None => self.own(element, attribute),
        }
        Ok(old)
    }

    /// УдалитьУзелАтрибута, УдалитьАтрибут.
    pub fn remove_attribute(&mut self, element: NodeId, attribute: NodeId) -> Done<()> {
        let Some(place) = self
            .attributes(element)
            .iter()
            .position(|it| *it == attribute)
        else {
            return Err(DomError::NotFound);
        };
        self.node_mut(element).attributes.remove(place);
        self.node_mut(attribute).parent = None;
        self.version += 1;
        Ok(())
    }

    /// Нормализовать: texts beside one another become one, empty ones go.
    pub fn normalise(&mut self, id: NodeId) {
        let mut at = Some(id);
        while let Some(node) = at {
            if self.kind(node) == NodeKind::Text && node != id {
                let is_text = |dom: &Dom, id: NodeId| dom.kind(id) == NodeKind::Text;
                let mut joined = String::new();
                while let Some(next) = self.after(node).filter(|next| is_text(self, *next)) {
                    if joined.is_empty() {
                        joined.push_str(self.own_value(node));
                    }
                    joined.push_str(self.own_value(next));
                    self.unlink(next);
                }
                if !joined.is_empty() {
                    self.set_value(node, &joined);
                }
                if self.own_value(node).is_empty() {
                    let next = self.past(node, id);
                    self.unlink(node);
                    at = next;
                    continue;
                }
            }
            at = self.following(node, id);
        }
    }
}
