//! The tree of ДокументDOM: nodes of one document in one table, named by their numbers.
//!
//! A node that is taken out stays in the table, with its number, until the document goes: the program may
//! hold it and put it back.
//!
//! Here is what a tree tells; `make.rs` makes nodes, `change.rs` moves them, `copy.rs` copies and
//! compares.

mod change;
mod copy;
mod make;

use super::names::{local_part, prefix_part};
use std::collections::HashSet;
use std::rc::Rc;

/// A node by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// The document itself.
    pub const DOCUMENT: NodeId = NodeId(0);

    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

/// ТипУзлаDOM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "ТипУзлаDOM, value by value")]
pub enum NodeKind {
    Element,
    Attribute,
    Text,
    Cdata,
    Reference,
    Instruction,
    Comment,
    Document,
    DocType,
    Fragment,
}

/// Why a tree was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomError {
    /// Not a name.
    BadName(String),
    /// A prefix without a namespace, or a namespace that cannot be.
    BadNamespace,
    /// A node that may not be a child there, or would be inside itself.
    Hierarchy,
    /// A node that is no child of that parent, no attribute of that element.
    NotFound,
    /// An attribute that another element has.
    InUse,
}

type Done<T> = Result<T, DomError>;

#[derive(Debug)]
struct Node {
    kind: NodeKind,
    /// Made with a namespace, or read: its name has parts.
    has_parts: bool,
    /// Name with prefix; target of an instruction.
    name: Rc<str>,
    uri: Rc<str>,
    /// Text; data of an instruction; value of an attribute that has no children yet.
    value: Box<str>,
    /// The element of an attribute, too.
    parent: Option<NodeId>,
    first: Option<NodeId>,
    last: Option<NodeId>,
    before: Option<NodeId>,
    after: Option<NodeId>,
    children: u32,
    attributes: Vec<NodeId>,
}

/// A document.
#[derive(Debug)]
pub struct Dom {
    nodes: Vec<Node>,
    names: HashSet<Rc<str>>,
    /// Changes so far: what remembers places looks at it.
    version: u64,
    /// Order of the document for each node, of a version.
    order: Vec<u64>,
    ordered: u64,
    /// Bytes of texts and names.
    held: usize,
    /// ВерсияXML.
    pub version_text: String,
    /// КодировкаXML.
    pub encoding: String,
}

impl Default for Dom {
    fn default() -> Dom {
        let mut dom = Dom {
            nodes: Vec::new(),
            names: HashSet::new(),
            version: 1,
            order: Vec::new(),
            ordered: 0,
            held: 0,
            version_text: "1.0".to_owned(),
            encoding: String::new(),
        };
        dom.add(NodeKind::Document, "#document", "", "", false);
        dom
    }
}

impl Dom {
    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.order.capacity() * 8 + self.held
    }

    /// Bytes that another node takes.
    pub const NODE_BYTES: usize = 2 * size_of::<Node>();

    /// A number that every change makes another.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Nodes ever made.
    #[must_use]
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    fn shared(&mut self, name: &str) -> Rc<str> {
        if let Some(known) = self.names.get(name) {
            return Rc::clone(known);
        }
        let name: Rc<str> = name.into();
        self.held += name.len() + 48;
        self.names.insert(Rc::clone(&name));
        name
    }

    fn add(
        &mut self,
        kind: NodeKind,
        name: &str,
        uri: &str,
        value: &str,
        has_parts: bool,
    ) -> NodeId {
        let (name, uri) = (self.shared(name), self.shared(uri));
        self.held += value.len();
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node {
            kind,
            has_parts,
            name,
            uri,
            value: value.into(),
            parent: None,
            first: None,
            last: None,
            before: None,
            after: None,
            children: 0,
            attributes: Vec::new(),
        });
        id
    }

    // ---- reading ----------------------------------------------------------------------------

    /// What it is.
    #[must_use]
    pub fn kind(&self, id: NodeId) -> NodeKind {
        self.node(id).kind
    }

    /// ИмяУзла.
    #[must_use]
    pub fn name(&self, id: NodeId) -> &str {
        &self.node(id).name
    }

    /// URIПространстваИмен.
    #[must_use]
    pub fn uri(&self, id: NodeId) -> &str {
        &self.node(id).uri
    }

    /// ЛокальноеИмя. Of a name made without a namespace an attribute has all of it, an element nothing.
    #[must_use]
    pub fn local_name(&self, id: NodeId) -> &str {
        let node = self.node(id);
        match (node.kind, node.has_parts) {
            (NodeKind::Element | NodeKind::Attribute, true) => local_part(&node.name),
            (NodeKind::Attribute, false) => &node.name,
            _ => "",
        }
    }

    /// Префикс.
    #[must_use]
    pub fn prefix(&self, id: NodeId) -> &str {
        let node = self.node(id);
        match node.kind {
            NodeKind::Element | NodeKind::Attribute if node.has_parts => prefix_part(&node.name),
            _ => "",
        }
    }

    /// The text of a text, a comment, an instruction; the value of an attribute.
    #[must_use]
    pub fn value(&self, id: NodeId) -> String {
        let node = self.node(id);
        if node.kind == NodeKind::Attribute && node.first.is_some() {
            return self.text_content(id);
        }
        node.value.to_string()
    }

    /// The same where it lies in one piece.
    #[must_use]
    pub fn own_value(&self, id: NodeId) -> &str {
        &self.node(id).value
    }

    /// РодительскийУзел; an attribute has none.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        match self.kind(id) {
            NodeKind::Attribute => None,
            _ => self.node(id).parent,
        }
    }

    /// ЭлементВладелец of an attribute.
    #[must_use]
    pub fn owner(&self, id: NodeId) -> Option<NodeId> {
        match self.kind(id) {
            NodeKind::Attribute => self.node(id).parent,
            _ => None,
        }
    }

    /// The parent, or the element of an attribute.
    #[must_use]
    pub fn above(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent
    }

    /// ПервыйДочерний.
    #[must_use]
    pub fn first(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).first
    }

    /// ПоследнийДочерний.
    #[must_use]
    pub fn last(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).last
    }

    /// СледующийСоседний.
    #[must_use]
    pub fn after(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).after
    }

    /// ПредыдущийСоседний.
    #[must_use]
    pub fn before(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).before
    }

    /// How many children it has.
    #[must_use]
    pub fn child_count(&self, id: NodeId) -> usize {
        self.node(id).children as usize
    }

    /// Its attributes in order.
    #[must_use]
    pub fn attributes(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).attributes
    }

    /// The child at a place, counted from another one that is known.
    #[must_use]
    pub fn child_at(
        &self,
        parent: NodeId,
        place: usize,
        known: Option<(usize, NodeId)>,
    ) -> Option<NodeId> {
        let (mut at, mut id) = match known {
            Some((at, id)) if at <= place => (at, id),
            _ => (0, self.first(parent)?),
        };
        while at < place {
            id = self.after(id)?;
            at += 1;
        }
        Some(id)
    }

    /// ЭлементДокумента.
    #[must_use]
    pub fn root(&self) -> Option<NodeId> {
        let mut child = self.first(NodeId::DOCUMENT);
        while let Some(id) = child {
            if self.kind(id) == NodeKind::Element {
                return Some(id);
            }
            child = self.after(id);
        }
        None
    }

    /// The next node of a subtree in the order of the document; `None` past its end.
    #[must_use]
    pub fn following(&self, id: NodeId, within: NodeId) -> Option<NodeId> {
        if let Some(child) = self.first(id) {
            return Some(child);
        }
        self.past(id, within)
    }

    /// The next node of a subtree that is not inside of this one.
    #[must_use]
    pub fn past(&self, id: NodeId, within: NodeId) -> Option<NodeId> {
        let mut at = id;
        while at != within {
            if let Some(next) = self.after(at) {
                return Some(next);
            }
            at = self.above(at)?;
        }
        None
    }

    /// The texts inside, without comments.
    #[must_use]
    pub fn text_content(&self, id: NodeId) -> String {
        let mut text = String::new();
        let mut at = Some(id);
        while let Some(node) = at {
            if matches!(self.kind(node), NodeKind::Text | NodeKind::Cdata) {
                text.push_str(self.own_value(node));
            }
            at = self.following(node, id);
        }
        text
    }

    /// Bytes and nodes of the subtree, so that who takes its text can pay before.
    #[must_use]
    pub fn weight(&self, id: NodeId) -> (usize, usize) {
        let (mut bytes, mut nodes) = (0, 0);
        let mut at = Some(id);
        while let Some(node) = at {
            bytes += self.own_value(node).len();
            nodes += 1 + self.attributes(node).len();
            at = self.following(node, id);
        }
        (bytes, nodes)
    }

    /// An attribute by its whole name, of those without a namespace.
    #[must_use]
    pub fn attribute(&self, id: NodeId, name: &str) -> Option<NodeId> {
        let mut all = self.attributes(id).iter().copied();
        all.find(|attribute| self.uri(*attribute).is_empty() && self.name(*attribute) == name)
    }

    /// An attribute by its namespace and local name.
    #[must_use]
    pub fn attribute_ns(&self, id: NodeId, uri: &str, local: &str) -> Option<NodeId> {
        let mut all = self.attributes(id).iter().copied();
        all.find(|attribute| self.uri(*attribute) == uri && self.local_name(*attribute) == local)
    }

    /// The namespace of a prefix at an element: what it and those around it declare.
    #[must_use]
    pub fn namespace(&self, id: NodeId, prefix: &str) -> Option<&str> {
        let mut at = Some(id);
        while let Some(node) = at {
            for &attribute in self.attributes(node) {
                let name = self.name(attribute);
                let declares = match name.strip_prefix("xmlns:") {
                    Some(declared) => declared == prefix,
                    None => name == "xmlns" && prefix.is_empty(),
                };
                if declares {
                    return Some(self.own_value(attribute)).filter(|uri| !uri.is_empty());
                }
            }
            if self.kind(node) == NodeKind::Element
                && self.prefix(node) == prefix
                && !self.uri(node).is_empty()
            {
                return Some(self.uri(node));
            }
            at = self.above(node);
        }
        None
    }

    /// A prefix of a namespace at an element, not the empty one.
    #[must_use]
    pub fn prefix_of(&self, id: NodeId, uri: &str) -> Option<&str> {
        let mut at = Some(id);
        while let Some(node) = at {
            for &attribute in self.attributes(node) {
                if let Some(declared) = self.name(attribute).strip_prefix("xmlns:")
                    && self.own_value(attribute) == uri
                {
                    return Some(declared);
                }
            }
            if !self.prefix(node).is_empty() && self.uri(node) == uri {
                return Some(self.prefix(node));
            }
            at = self.above(node);
        }
        None
    }

    /// Numbers the nodes in the order of the document, unless they are; work for each.
    pub fn put_in_order<E>(&mut self, mut work: impl FnMut() -> Result<(), E>) -> Result<(), E> {
        if self.ordered == self.version {
            return Ok(());
        }
        self.order.clear();
        self.order.resize(self.nodes.len(), 0);
        let mut number = 0u64;
        let mut at = Some(NodeId::DOCUMENT);
        while let Some(node) = at {
            work()?;
            number += 1;
            self.order[node.0 as usize] = number;
            for place in 0..self.node(node).attributes.len() {
                let attribute = self.node(node).attributes[place];
                number += 1;
                self.order[attribute.0 as usize] = number;
            }
            at = self.following(node, NodeId::DOCUMENT);
        }
        self.ordered = self.version;
        Ok(())
    }

    /// The place in the order of the document, after [`Dom::put_in_order`].
    #[must_use]
    pub fn place(&self, id: NodeId) -> u64 {
        self.order.get(id.0 as usize).copied().unwrap_or(0)
    }
}
