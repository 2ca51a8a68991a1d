//! ЧтениеXML: one node at a time.

use super::dtd::{DocType, Entity};
use super::error::{XmlError, XmlErrorKind};
use super::names::{is_blank, is_xml_name, local_part, prefix_part};
use super::references::{EXPANSION, allowed, character};
use super::{XML, XMLNS};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlAttribute {
    /// Its name with the prefix.
    pub name: String,
    /// Its namespace; empty: none.
    pub uri: Rc<str>,
    /// Its value, with entities replaced.
    pub value: String,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XmlNode {
    /// The start of an element.
    Start {
        /// Its name with the prefix.
        name: Rc<str>,
        /// Its namespace; empty: none.
        uri: Rc<str>,
        /// Its attributes, declarations of namespaces among them.
        attributes: Rc<[XmlAttribute]>,
    },
    /// The end of an element, also of one that is written as empty.
    End {
        /// Its name with the prefix.
        name: Rc<str>,
        /// Its namespace.
        uri: Rc<str>,
    },
    /// Text; sections of CDATA beside it belong to it, unless they are asked for.
    Text(String),
    /// A section of CDATA.
    Cdata(String),
    /// Its text, without the signs around it.
    Comment(String),
    /// A processing instruction.
    Instruction {
        /// Its name.
        target: String,
        /// The rest.
        data: String,
    },
    /// A reference to a declared entity, which is not replaced.
    Reference(String),
    /// The declaration of XML.
    Declaration,
    /// The declaration of the document's type.
    DocType {
        /// The name of the root.
        name: String,
        /// Public identifier.
        public: String,
        /// System identifier.
        system: String,
        /// Internal subset, as written.
        subset: String,
    },
}

/// What is given as a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XmlReadOptions {
    /// Whether comments are given or passed over (ИгнорироватьКомментарии).
    pub comments: bool,
    /// Sections of CDATA apart from the text.
    pub cdata: bool,
    /// Text of white space only.
    pub blanks: bool,
    /// Processing instructions.
    pub instructions: bool,
    /// The declaration of XML.
    pub declaration: bool,
    /// The declaration of the document's type.
    pub doc_type: bool,
}

impl Default for XmlReadOptions {
    /// As ЧтениеXML reads without ПараметрыЧтенияXML.
    fn default() -> XmlReadOptions {
        XmlReadOptions {
            comments: false,
            cdata: false,
            blanks: false,
            instructions: true,
            declaration: false,
            doc_type: false,
        }
    }
}

/// An open element.
#[derive(Debug)]
pub(super) struct Open {
    pub name: Rc<str>,
    pub uri: Rc<str>,
    pub attributes: Rc<[XmlAttribute]>,
    /// Declarations of namespaces before it.
    scope: usize,
}

/// A reader over a text that it owns.
#[derive(Debug)]
pub struct XmlReader {
    text: Box<str>,
    at: usize,
    /// Where the node in hand begins.
    start: usize,
    open: Vec<Open>,
    /// Prefix and namespace, the innermost last.
    scope: Vec<(Rc<str>, Rc<str>)>,
    /// The element whose end was given last leaves at the next step.
    leaving: bool,
    /// The element whose start was given last is empty: its end comes next.
    ending: bool,
    pending: Option<XmlNode>,
    root_done: bool,
    doc_type_done: bool,
    pub(super) entities: HashMap<String, Entity>,
    pub(super) checked: HashSet<String>,
    pub(super) budget: usize,
    max_depth: usize,
    none: Rc<str>,
    /// Bytes of open elements and their declarations.
    held: usize,
    /// What is given.
    pub options: XmlReadOptions,
    /// Version, encoding and standalone of the declaration; empty when it does not tell.
    pub declared: [String; 3],
}

pub(super) type Read<T> = Result<T, XmlErrorKind>;

impl XmlReader {
    /// A reader at the beginning.
    #[must_use]
    pub fn new(text: &str, options: XmlReadOptions, max_depth: usize) -> XmlReader {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // A document has one kind of line ends.
        let text: Box<str> = if text.contains('\r') {
            text.replace("\r\n", "\n").replace('\r', "\n").into()
        } else {
            text.into()
        };
        XmlReader {
            text,
            at: 0,
            start: 0,
            open: Vec::new(),
            scope: Vec::new(),
            leaving: false,
            ending: false,
            pending: None,
            root_done: false,
            doc_type_done: false,
            entities: HashMap::new(),
            checked: HashSet::new(),
            budget: EXPANSION,
            max_depth,
            none: "".into(),
            held: 0,
            options,
            declared: Default::default(),
        }
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.text.len()
            + self.held
            + self.open.capacity() * size_of::<Open>()
            + self.scope.capacity() * 32
    }

    /// Bytes of the text that were gone over.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Bytes of the text that the next node is made of, at least.
    #[must_use]
    pub fn step_bytes(&self) -> usize {
        let rest = &self.text[self.at..];
        let end = match rest.get(..9) {
            Some("<![CDATA[") => rest.find("]]>"),
            Some(start) if start.starts_with("<!--") => rest.find("-->"),
            _ if rest.starts_with('<') => rest.find('>'),
            _ => rest.find('<'),
        };
        end.unwrap_or(rest.len())
    }

    /// Open elements, the one whose start or end was given last among them.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Open elements from the root on, without one that has ended.
    pub(super) fn open(&self) -> &[Open] {
        let count = self.open.len() - usize::from(self.leaving);
        &self.open[..count]
    }

    /// Prefixes and namespaces that hold at the node in hand, the innermost first; a prefix may come
    /// again with what an outer element declares.
    pub fn namespaces(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scope
            .iter()
            .rev()
            .map(|(prefix, uri)| (&**prefix, &**uri))
    }

    /// Where the node in hand begins: line and column.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        self.place(self.start)
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..at.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |feed| feed + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The next node; `None` at the end of the document. After an error the reader stays there.
    pub fn read(&mut self) -> Result<Option<XmlNode>, XmlError> {
        self.next().map_err(|kind| {
            let (line, column) = self.place(self.at);
            XmlError { kind, line, column }
        })
    }

    fn next(&mut self) -> Read<Option<XmlNode>> {
        if let Some(node) = self.pending.take() {
            self.enter(&node);
            return Ok(Some(node));
        }
        if std::mem::take(&mut self.leaving) {
            self.leave();
        }
        if std::mem::take(&mut self.ending) {
            return Ok(Some(self.end()));
        }
        let mut text: Option<String> = None;
        loop {
            if self.at_markup()
                && let Some(text) = text.take().filter(|text| self.gives(text))
            {
                return Ok(Some(XmlNode::Text(text)));
            }
            let before = self.at;
            match self.step()? {
                None => return Ok(None),
                Some(Step::Text(more)) => match &mut text {
                    Some(text) => text.push_str(&more),
                    None => {
                        self.start = before;
                        text = Some(more);
                    }
                },
                // What is not given divides texts all the same.
                Some(Step::Hidden) => text = None,
                // Only a reference comes here with a text before it.
                Some(Step::Node(node)) => match text.take().filter(|text| self.gives(text)) {
                    Some(text) => {
                        self.pending = Some(node);
                        return Ok(Some(XmlNode::Text(text)));
                    }
                    None => {
                        self.start = before;
                        self.enter(&node);
                        return Ok(Some(node));
                    }
                },
            }
        }
    }

    /// Whether something stands here that ends a text.
    fn at_markup(&self) -> bool {
        let rest = &self.text[self.at..];
        rest.starts_with('<') && (self.options.cdata || !rest.starts_with("<![CDATA["))
    }

    fn gives(&self, text: &str) -> bool {
        !text.is_empty()
            && (!is_blank(text) || self.options.blanks && !self.open.is_empty() && !self.root_done)
    }

    /// Marks what follows from a node that is given now.
    fn enter(&mut self, node: &XmlNode) {
        if matches!(node, XmlNode::End { .. }) {
            self.leaving = true;
        }
    }

    fn leave(&mut self) {
        if let Some(open) = self.open.pop() {
            self.scope.truncate(open.scope);
            self.held -= held(&open);
            if self.open.is_empty() {
                self.root_done = true;
            }
        }
    }

    /// The end of the innermost element.
    fn end(&mut self) -> XmlNode {
        self.leaving = true;
        match self.open.last() {
            Some(open) => XmlNode::End {
                name: Rc::clone(&open.name),
                uri: Rc::clone(&open.uri),
            },
            None => XmlNode::End {
                name: Rc::clone(&self.none),
                uri: Rc::clone(&self.none),
            },
        }
    }

    /// One event of the parser below.
    fn step(&mut self) -> Read<Option<Step>> {
        let text = std::mem::take(&mut self.text);
        let result = self.event(&text);
        self.text = text;
        result
    }

    fn event(&mut self, text: &str) -> Read<Option<Step>> {
        let rest = &text[self.at..];
        // Each event has a parser of its own, which would take this sign for the mark of a document's
        // beginning. It is a character like others.
        const MARK: char = '\u{feff}';
        if rest.starts_with(MARK) {
            if self.open.is_empty() {
                return Err(XmlErrorKind::OutsideRoot);
            }
            self.at += MARK.len_utf8();
            return Ok(Some(Step::Text(MARK.to_string())));
        }
        let mut reader = Reader::from_str(rest);
        let config = reader.config_mut();
        // Names of tags are checked here: each event has a parser of its own.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.check_comments = true;
        let event = reader.read_event().map_err(|error| refusal(&error))?;
        let length = usize::try_from(reader.buffer_position()).unwrap_or(rest.len());
        let step = match event {
            Event::Eof => {
                return if !self.open.is_empty() {
                    Err(XmlErrorKind::UnexpectedEnd)
                } else if !self.root_done {
                    Err(XmlErrorKind::NoRoot)
                } else {
                    Ok(None)
                };
            }
            Event::Start(tag) => Step::Node(self.element(&tag)?),
            Event::Empty(tag) => {
                let node = self.element(&tag)?;
                self.ending = true;
                Step::Node(node)
            }
            Event::End(tag) => {
                let name = tag.name().into_inner();
                if self.open.last().is_none_or(|open| &*open.name != name) {
                    return Err(XmlErrorKind::WrongEnd(short(name)));
                }
                let node = self.end();
                self.leaving = false;
                Step::Node(node)
            }
            Event::Text(text) => {
                let text = text.into_inner();
                allowed(&text)?;
                if self.open.is_empty() && !is_blank(&text) {
                    return Err(if self.root_done || rest.contains('<') {
                        XmlErrorKind::OutsideRoot
                    } else {
                        XmlErrorKind::NoRoot
                    });
                }
                Step::Text(text.into_owned())
            }
            Event::CData(text) => {
                let text = text.into_inner();
                allowed(&text)?;
                if self.open.is_empty() {
                    return Err(XmlErrorKind::OutsideRoot);
                }
                if self.options.cdata {
                    Step::Node(XmlNode::Cdata(text.into_owned()))
                } else {
                    Step::Text(text.into_owned())
                }
            }
            Event::GeneralRef(reference) => self.reference(&reference)?,
            Event::Comment(text) => {
                let text = text.into_inner();
                allowed(&text)?;
                if self.options.comments {
                    Step::Node(XmlNode::Comment(text.into_owned()))
                } else {
                    Step::Hidden
                }
            }
            Event::PI(instruction) => {
                let (target, data) = (instruction.target(), instruction.content());
                if !is_xml_name(target) || target.eq_ignore_ascii_case("xml") {
                    return Err(XmlErrorKind::BadMarkup);
                }
                allowed(data)?;
                if self.options.instructions {
                    let data = data.trim_start_matches([' ', '\t', '\n']);
                    Step::Node(XmlNode::Instruction {
                        target: target.to_owned(),
                        data: data.to_owned(),
                    })
                } else {
                    Step::Hidden
                }
            }
            Event::Decl(declaration) => {
                if self.at != 0 {
                    return Err(XmlErrorKind::BadDeclaration);
                }
                let version = declaration.version();
                let version = version.map_err(|_| XmlErrorKind::BadDeclaration)?;
                let other = |value: Option<Result<std::borrow::Cow<'_, str>, _>>| match value {
                    None => Ok(String::new()),
                    Some(Ok(value)) => Ok(value.into_owned()),
                    Some(Err(_)) => Err(XmlErrorKind::BadDeclaration),
                };
                self.declared = [
                    version.into_owned(),
                    other(declaration.encoding())?,
                    other(declaration.standalone())?,
                ];
                if self.options.declaration {
                    Step::Node(XmlNode::Declaration)
                } else {
                    Step::Hidden
                }
            }
            Event::DocType(content) => {
                let early = self.open.is_empty() && !self.root_done && !self.doc_type_done;
                if !early || !rest.starts_with("<!DOCTYPE") {
                    return Err(XmlErrorKind::BadDocType);
                }
                let found = DocType::parse(&content.into_inner())?;
                self.doc_type_done = true;
                self.entities = found.entities;
                if self.options.doc_type {
                    Step::Node(XmlNode::DocType {
                        name: found.name,
                        public: found.public,
                        system: found.system,
                        subset: found.subset,
                    })
                } else {
                    Step::Hidden
                }
            }
        };
        self.at += length;
        Ok(Some(step))
    }

    fn element(&mut self, tag: &BytesStart<'_>) -> Read<XmlNode> {
        if self.root_done {
            return Err(XmlErrorKind::OutsideRoot);
        }
        if self.open.len() >= self.max_depth {
            return Err(XmlErrorKind::TooDeep(self.max_depth));
        }
        let name = tag.name().into_inner();
        if !is_xml_name(name) {
            return Err(XmlErrorKind::BadName(short(name)));
        }
        let scope = self.scope.len();
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| match error {
                quick_xml::events::attributes::AttrError::Duplicated(..) => {
                    XmlErrorKind::DuplicateAttribute(short(name))
                }
                _ => XmlErrorKind::BadTag,
            })?;
            let key = attribute.key.into_inner();
            if !is_xml_name(key) {
                return Err(XmlErrorKind::BadName(short(key)));
            }
            let value = self.value(&attribute.value)?;
            if key == "xmlns" {
                self.scope.push(("".into(), value.as_str().into()));
            } else if let Some(prefix) = key.strip_prefix("xmlns:") {
                self.scope.push((prefix.into(), value.as_str().into()));
            }
            attributes.push(XmlAttribute {
                name: key.to_owned(),
                uri: Rc::clone(&self.none),
                value,
            });
        }
        for attribute in &mut attributes {
            let prefix = prefix_part(&attribute.name);
            attribute.uri = match (prefix, attribute.name.as_str()) {
                ("xmlns", _) | ("", "xmlns") => XMLNS.into(),
                ("", _) => Rc::clone(&self.none),
                (prefix, _) => self.namespace(prefix)?,
            };
        }
        if attributes.len() > 1 {
            expanded_once(&attributes)?;
        }
        let prefix = prefix_part(name);
        let uri = self.namespace(prefix)?;
        let name: Rc<str> = name.into();
        let attributes: Rc<[XmlAttribute]> = attributes.into();
        let open = Open {
            name: Rc::clone(&name),
            uri: Rc::clone(&uri),
            attributes: Rc::clone(&attributes),
            scope,
        };
        self.held += held(&open);
        self.open.push(open);
        Ok(XmlNode::Start {
            name,
            uri,
            attributes,
        })
    }

    /// The namespace of a prefix; the empty prefix may have none.
    fn namespace(&self, prefix: &str) -> Read<Rc<str>> {
        let found = self
            .scope
            .iter()
            .rev()
            .find(|(known, _)| &**known == prefix);
        match found {
            Some((_, uri)) => Ok(Rc::clone(uri)),
            None if prefix.is_empty() => Ok(Rc::clone(&self.none)),
            None if prefix == "xml" => Ok(XML.into()),
            None => Err(XmlErrorKind::UnknownPrefix(short(prefix))),
        }
    }

    /// A reference in the content.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Read<Step> {
        if self.open.is_empty() {
            return Err(XmlErrorKind::OutsideRoot);
        }
        let name: &str = reference;
        if let Some(symbol) = character(name)? {
            return Ok(Step::Text(symbol.to_string()));
        }
        self.check_entity(name)?;
        Ok(Step::Node(XmlNode::Reference(name.to_owned())))
    }
}

/// What an event of the parser is.
enum Step {
    Text(String),
    Node(XmlNode),
    Hidden,
}

/// Bytes that an open element holds.
fn held(open: &Open) -> usize {
    let attributes = open.attributes.iter().map(|attribute| {
        attribute.name.len() + 2 * attribute.value.len() + size_of::<XmlAttribute>()
    });
    open.name.len() + 64 + attributes.sum::<usize>()
}

/// No two attributes of one name in one namespace.
fn expanded_once(attributes: &[XmlAttribute]) -> Read<()> {
    let mut seen = HashSet::new();
    let named = attributes
        .iter()
        .filter(|attribute| !attribute.uri.is_empty() && &*attribute.uri != XMLNS);
    for attribute in named {
        if !seen.insert((&*attribute.uri, local_part(&attribute.name))) {
            return Err(XmlErrorKind::DuplicateAttribute(short(&attribute.name)));
        }
    }
    Ok(())
}

/// The beginning of a name, for an error.
pub(super) fn short(name: &str) -> String {
    const MAX: usize = 60;
    let mut start: String = name.chars().take(MAX).collect();
    if start.len() < name.len() {
        start.push('…');
    }
    start
}

/// What the parser below refuses, in our kinds.
fn refusal(error: &quick_xml::Error) -> XmlErrorKind {
    use quick_xml::errors::{IllFormedError, SyntaxError};
    match error {
        quick_xml::Error::Syntax(error) => match error {
            SyntaxError::UnclosedDoctype => XmlErrorKind::BadDocType,
            SyntaxError::InvalidBangMarkup => XmlErrorKind::BadMarkup,
            _ => XmlErrorKind::UnexpectedEnd,
        },
        quick_xml::Error::IllFormed(error) => match error {
            IllFormedError::MissingDoctypeName => XmlErrorKind::BadDocType,
            IllFormedError::DoubleHyphenInComment => XmlErrorKind::BadMarkup,
            IllFormedError::UnclosedReference => XmlErrorKind::BadReference,
            IllFormedError::MissingDeclVersion(_) => XmlErrorKind::BadDeclaration,
            _ => XmlErrorKind::BadTag,
        },
        _ => XmlErrorKind::BadTag,
    }
}
