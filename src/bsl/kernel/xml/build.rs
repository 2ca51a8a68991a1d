//! ПостроительDOM: a tree from the rest of a reader.

use super::dom::{Dom, NodeId, NodeKind};
use super::error::{XmlError, XmlErrorKind};
use super::reader::{XmlNode, XmlReadOptions, XmlReader};
use crate::kernel::Stop;

/// Reads what the reader has not given yet. Elements that are open become those around it, with their
/// attributes; a comment before the root is left out, one after it is not, as in 1C. `tick` is asked
/// before each node, with the bytes that the tree takes.
pub fn build(
    reader: &mut XmlReader,
    tick: &mut dyn FnMut(usize) -> Result<(), Stop>,
) -> Result<Dom, XmlError> {
    let mut dom = Dom::default();
    let mut at = NodeId::DOCUMENT;
    for open in reader.open() {
        at = dom.read_element(at, &open.name, &open.uri, &open.attributes);
    }
    let given = reader.options;
    reader.options = XmlReadOptions {
        comments: true,
        instructions: true,
        doc_type: true,
        ..XmlReadOptions::default()
    };
    let result = fill(reader, &mut dom, at, tick);
    reader.options = given;
    result?;
    let [version, encoding, _] = &reader.declared;
    if !version.is_empty() {
        dom.version_text.clone_from(version);
    }
    dom.encoding.clone_from(encoding);
    Ok(dom)
}

fn fill(
    reader: &mut XmlReader,
    dom: &mut Dom,
    mut at: NodeId,
    tick: &mut dyn FnMut(usize) -> Result<(), Stop>,
) -> Result<(), XmlError> {
    let mut rooted = at != NodeId::DOCUMENT;
    loop {
        if tick(dom.heap_bytes()).is_err() {
            let (line, column) = reader.position();
            return Err(XmlError {
                kind: XmlErrorKind::Stopped,
                line,
                column,
            });
        }
        let Some(node) = reader.read()? else {
            return Ok(());
        };
        let child = match node {
            XmlNode::Start {
                name,
                uri,
                attributes,
            } => {
                rooted = true;
                at = dom.read_element(at, &name, &uri, &attributes);
                continue;
            }
            XmlNode::End { .. } => {
                at = dom.parent(at).unwrap_or(NodeId::DOCUMENT);
                continue;
            }
            XmlNode::Comment(_) if !rooted => continue,
            XmlNode::Comment(text) => dom.leaf(NodeKind::Comment, &text),
            XmlNode::Text(text) => dom.leaf(NodeKind::Text, &text),
            XmlNode::Cdata(text) => dom.leaf(NodeKind::Cdata, &text),
            XmlNode::Instruction { target, data } => {
                match dom.instruction(&target, &data) {
                    Ok(node) => node,
                    // The reader has looked at the name.
                    Err(_) => continue,
                }
            }
            XmlNode::Reference(name) => match dom.reference(&name) {
                Ok(node) => node,
                Err(_) => continue,
            },
            XmlNode::DocType {
                name,
                public,
                system,
                ..
            } => dom.doc_type(&name, &public, &system),
            XmlNode::Declaration => continue,
        };
        dom.read_child(at, child);
    }
}
