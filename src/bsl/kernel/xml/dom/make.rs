//! New nodes, which belong to nobody yet.

use super::{Dom, DomError, Done, NodeId, NodeKind};
use crate::kernel::xml::names::{is_xml_name, prefix_part};
use crate::kernel::xml::reader::XmlAttribute;
use crate::kernel::xml::{XML, XMLNS};

impl Dom {
    /// СоздатьЭлемент(Имя).
    pub fn element(&mut self, name: &str) -> Done<NodeId> {
        checked(name)?;
        Ok(self.add(NodeKind::Element, name, "", "", false))
    }

    /// СоздатьЭлемент(URI, Имя): it declares its namespace.
    pub fn element_ns(&mut self, uri: &str, name: &str) -> Done<NodeId> {
        checked_ns(uri, name)?;
        let id = self.add(NodeKind::Element, name, uri, "", true);
        if !uri.is_empty() {
            let declaration = match prefix_part(name) {
                "" => "xmlns".to_owned(),
                prefix => format!("xmlns:{prefix}"),
            };
            let attribute = self.add(NodeKind::Attribute, &declaration, XMLNS, uri, true);
            self.own(id, attribute);
        }
        Ok(id)
    }

    /// СоздатьАтрибут(Имя).
    pub fn new_attribute(&mut self, name: &str) -> Done<NodeId> {
        checked(name)?;
        Ok(self.add(NodeKind::Attribute, name, "", "", false))
    }

    /// СоздатьАтрибут(URI, Имя).
    pub fn new_attribute_ns(&mut self, uri: &str, name: &str) -> Done<NodeId> {
        checked_ns(uri, name)?;
        Ok(self.add(NodeKind::Attribute, name, uri, "", true))
    }

    /// A text, a section of CDATA, a comment, a fragment.
    pub fn leaf(&mut self, kind: NodeKind, value: &str) -> NodeId {
        let name = match kind {
            NodeKind::Cdata => "#cdata-section",
            NodeKind::Comment => "#comment",
            NodeKind::Fragment => "#document-fragment",
            _ => "#text",
        };
        self.add(kind, name, "", value, false)
    }

    /// СоздатьИнструкциюОбработки.
    pub fn instruction(&mut self, target: &str, data: &str) -> Done<NodeId> {
        checked(target)?;
        Ok(self.add(NodeKind::Instruction, target, "", data, false))
    }

    /// СоздатьСсылкуНаСущность.
    pub fn reference(&mut self, name: &str) -> Done<NodeId> {
        checked(name)?;
        Ok(self.add(NodeKind::Reference, name, "", "", false))
    }

    /// The declaration of the document's type: identifiers stand in its value, divided by a line feed.
    pub(in crate::kernel::xml) fn doc_type(
        &mut self,
        name: &str,
        public: &str,
        system: &str,
    ) -> NodeId {
        let value = format!("{public}\n{system}");
        self.add(NodeKind::DocType, name, "", &value, false)
    }

    /// Public and system identifiers of such a declaration.
    #[must_use]
    pub fn identifiers(&self, id: NodeId) -> (&str, &str) {
        self.own_value(id).split_once('\n').unwrap_or(("", ""))
    }

    /// An element as it was read.
    pub(in crate::kernel::xml) fn read_element(
        &mut self,
        parent: NodeId,
        name: &str,
        uri: &str,
        attributes: &[XmlAttribute],
    ) -> NodeId {
        let id = self.add(NodeKind::Element, name, uri, "", true);
        self.node_mut(id).attributes.reserve_exact(attributes.len());
        for read in attributes {
            let attribute = self.add(
                NodeKind::Attribute,
                &read.name,
                &read.uri,
                &read.value,
                true,
            );
            self.own(id, attribute);
        }
        self.link(parent, id, None);
        id
    }

    /// A node as it was read.
    pub(in crate::kernel::xml) fn read_child(&mut self, parent: NodeId, child: NodeId) {
        self.link(parent, child, None);
    }

    pub(super) fn own(&mut self, element: NodeId, attribute: NodeId) {
        self.node_mut(attribute).parent = Some(element);
        self.node_mut(element).attributes.push(attribute);
        self.version += 1;
    }

    /// The value of an attribute becomes a text inside of it, which the program can see. One that was
    /// made and never got a value has none.
    pub fn open_attribute(&mut self, id: NodeId) {
        let node = self.node(id);
        let is_read = node.has_parts && node.parent.is_some();
        if node.kind != NodeKind::Attribute
            || node.first.is_some()
            || node.value.is_empty() && !is_read
        {
            return;
        }
        let value = std::mem::take(&mut self.node_mut(id).value);
        let text = self.leaf(NodeKind::Text, &value);
        self.link(id, text, None);
    }
}

pub(super) fn checked(name: &str) -> Done<()> {
    if is_xml_name(name) {
        Ok(())
    } else {
        Err(DomError::BadName(name.to_owned()))
    }
}

pub(super) fn checked_ns(uri: &str, name: &str) -> Done<()> {
    checked(name)?;
    let prefix = prefix_part(name);
    let wrong = uri.is_empty() && !prefix.is_empty()
        || prefix == "xml" && uri != XML
        || (prefix == "xmlns" || name == "xmlns") != (uri == XMLNS);
    if wrong {
        return Err(DomError::BadNamespace);
    }
    Ok(())
}
