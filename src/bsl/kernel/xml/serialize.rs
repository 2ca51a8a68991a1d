//! ЗаписьDOM: a node and what is in it, by the one writer.

use super::XMLNS;
use super::dom::{Dom, NodeId, NodeKind};
use super::names::prefix_part;
use super::writer::{XmlWriteError, XmlWriter};
use crate::kernel::{Stop, Tick};

/// Writes a node. A document begins with the declaration; an attribute writes nothing, as in 1C. The
/// outer result is the caller's stop.
pub fn serialize(
    dom: &Dom,
    id: NodeId,
    writer: &mut XmlWriter,
    tick: Tick<'_>,
) -> Result<Result<(), XmlWriteError>, Stop> {
    let mut at = Some(id);
    if dom.kind(id) == NodeKind::Document
        && let Err(error) = writer.declaration()
    {
        return Ok(Err(error));
    }
    while let Some(node) = at {
        tick()?;
        if let Err(error) = open(dom, node, writer) {
            return Ok(Err(error));
        }
        if let Some(child) = dom.first(node)
            && dom.kind(node) != NodeKind::Attribute
        {
            at = Some(child);
            continue;
        }
        let mut done = node;
        at = loop {
            if dom.kind(done) == NodeKind::Element
                && let Err(error) = writer.end()
            {
                return Ok(Err(error));
            }
            if done == id {
                break None;
            }
            if let Some(next) = dom.after(done) {
                break Some(next);
            }
            match dom.parent(done) {
                Some(parent) => done = parent,
                None => break None,
            }
        };
    }
    Ok(Ok(()))
}

fn open(dom: &Dom, id: NodeId, writer: &mut XmlWriter) -> Result<(), XmlWriteError> {
    match dom.kind(id) {
        NodeKind::Document | NodeKind::Fragment | NodeKind::Attribute => Ok(()),
        NodeKind::Element => element(dom, id, writer),
        NodeKind::Text => match dom.own_value(id) {
            // Nothing to write, but its place is asked for all the same.
            "" if writer.depth() > 0 => Ok(()),
            text => writer.characters(text),
        },
        NodeKind::Cdata => writer.cdata(dom.own_value(id)),
        NodeKind::Comment => writer.comment(dom.own_value(id)),
        NodeKind::Instruction => writer.instruction(dom.name(id), dom.own_value(id)),
        NodeKind::Reference => writer.reference(dom.name(id)),
        NodeKind::DocType => {
            let (public, system) = dom.identifiers(id);
            writer.doc_type(dom.name(id), public, system, "")
        }
    }
}

/// Declarations come first, ordered by their names, and only those that do not hold already: what the
/// element declares, and what its own name and its attributes need.
fn element(dom: &Dom, id: NodeId, writer: &mut XmlWriter) -> Result<(), XmlWriteError> {
    let mut declared: Vec<(String, String)> = Vec::new();
    let mut plain = Vec::new();
    for &attribute in dom.attributes(id) {
        let name = dom.name(attribute);
        let is_declaration = name == "xmlns" || name.starts_with("xmlns:");
        if !is_declaration {
            plain.push(attribute);
            continue;
        }
        if dom.uri(attribute) != XMLNS {
            return Err(XmlWriteError::BadNamespace(name.to_owned()));
        }
        let prefix = name.strip_prefix("xmlns:").unwrap_or("");
        declared.push((prefix.to_owned(), dom.value(attribute)));
    }
    let mut need = |prefix: &str, uri: &str| {
        if prefix != "xml" && !declared.iter().any(|(known, _)| known == prefix) {
            declared.push((prefix.to_owned(), uri.to_owned()));
        }
    };
    if !dom.uri(id).is_empty() {
        need(prefix_part(dom.name(id)), dom.uri(id));
    }
    for &attribute in &plain {
        let (prefix, uri) = (prefix_part(dom.name(attribute)), dom.uri(attribute));
        if !uri.is_empty() && !prefix.is_empty() {
            need(prefix, uri);
        }
    }
    declared.retain(|(prefix, uri)| writer.namespace(prefix) != Some(uri.as_str()));
    declared.sort();
    writer.start(dom.name(id), None)?;
    for (prefix, uri) in &declared {
        writer.namespace_mapping(prefix, uri)?;
    }
    for attribute in plain {
        writer.attribute(dom.name(attribute), None, &dom.value(attribute))?;
    }
    Ok(())
}
