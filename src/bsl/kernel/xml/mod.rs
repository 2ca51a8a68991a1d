//! XML as ЧтениеXML, ЗаписьXML and the types of DOM see it.
//!
//! `reader.rs` gives one node at a time from the events of `quick-xml`, and adds what a document must
//! be beyond them: one root, known entities (`dtd.rs`, `references.rs`), namespaces, names. `writer.rs` lays out text as
//! 1C does. `dom.rs` is the tree, `build.rs` and `serialize.rs` make it from a reader and write it,
//! `xpath/` searches in it. Nothing here recurses by the depth of a document.

mod build;
pub mod dom;
mod dtd;
mod error;
mod names;
mod reader;
mod references;
mod serialize;
#[cfg(test)]
mod tests;
mod writer;
pub mod xpath;

pub use build::build;
pub use error::{XmlError, XmlErrorKind};
pub use names::{is_xml_name, local_part, prefix_part};
pub use reader::{XmlAttribute, XmlNode, XmlReadOptions, XmlReader};
pub use serialize::serialize;
pub use writer::{XmlWriteError, XmlWriter, XmlWriterOptions};

/// The namespace of declarations of namespaces.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The namespace of the prefix `xml`, which nobody declares.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
