//! ЗаписьXML: a text laid out as 1C does it, as measured on 8.3.27. What is no text begins a line of its
//! own, indented by its depth; text, CDATA and references stand close, and so does an end after them.

use super::names::{is_xml_name, prefix_part};
use super::{XML, XMLNS};

/// ПараметрыЗаписиXML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlWriterOptions {
    /// Версия.
    pub version: String,
    /// Кодировка, in the declaration; empty: it does not tell.
    pub encoding: String,
    /// Отступ.
    pub indent: bool,
    /// ОтступАтрибутов.
    pub indent_attributes: bool,
    /// СимволыОтступа.
    pub indent_chars: String,
}

impl Default for XmlWriterOptions {
    fn default() -> XmlWriterOptions {
        XmlWriterOptions {
            version: "1.0".to_owned(),
            encoding: String::new(),
            indent: true,
            indent_attributes: false,
            indent_chars: "\t".to_owned(),
        }
    }
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XmlWriteError {
    /// Not a name.
    BadName(String),
    /// It cannot stand there: a second root, text outside of it, an end without a start, an attribute
    /// after the content.
    Structure,
    /// The same attribute twice.
    DuplicateAttribute(String),
    /// A prefix without a namespace.
    BadNamespace(String),
    /// Text that would end what it stands in: `--` in a comment, `]]>` in CDATA, `?>`.
    BadText,
    /// Longer than the limit.
    TooLong,
    /// Deeper than the limit.
    TooDeep,
}

type Written = Result<(), XmlWriteError>;

/// What was written last inside of the innermost element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Text,
    /// Anything that has a line of its own, or ЗаписатьБезОбработки.
    Markup,
}

struct Level {
    name: String,
    /// Declarations of namespaces before it.
    scope: usize,
    last: Last,
}

/// A writer into a text of its own.
pub struct XmlWriter {
    text: String,
    options: XmlWriterOptions,
    levels: Vec<Level>,
    scope: Vec<(String, String)>,
    /// The start tag is not closed yet: names of its attributes.
    tag: Option<Vec<String>>,
    /// An attribute is being written.
    attribute: bool,
    has_root: bool,
    max_length: usize,
    max_depth: usize,
}

impl XmlWriter {
    /// An empty one; the length is limited in bytes of UTF-8.
    #[must_use]
    pub fn new(options: XmlWriterOptions, max_length: usize, max_depth: usize) -> XmlWriter {
        XmlWriter {
            text: String::new(),
            options,
            levels: Vec::new(),
            scope: Vec::new(),
            tag: None,
            attribute: false,
            has_root: false,
            max_length,
            max_depth,
        }
    }

    /// What is written so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Open elements.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.levels.len()
    }

    /// Отступ, which may change while it writes.
    #[must_use]
    pub fn indents(&self) -> bool {
        self.options.indent
    }

    /// Отступ: whether elements stand on lines of their own.
    pub fn set_indent(&mut self, on: bool) {
        self.options.indent = on;
    }

    /// Prefixes and namespaces that hold here, the innermost first.
    pub fn namespaces(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scope
            .iter()
            .rev()
            .map(|(prefix, uri)| (prefix.as_str(), uri.as_str()))
    }

    /// The text, with the elements still open left so, as 1C leaves them.
    #[must_use]
    pub fn finish(mut self) -> String {
        if self.attribute {
            self.text.push('"');
        }
        if self.tag.is_some() {
            self.text.push('>');
        }
        self.text
    }

    fn fits(&self, more: &str) -> Written {
        // An escaped character takes six.
        if more.len().saturating_mul(6) + self.text.len() > self.max_length {
            Err(XmlWriteError::TooLong)
        } else {
            Ok(())
        }
    }

    /// ЗаписатьОбъявлениеXML.
    pub fn declaration(&mut self) -> Written {
        if !self.text.is_empty() {
            return Err(XmlWriteError::Structure);
        }
        self.fits(&self.options.version)?;
        self.text.push_str("<?xml version=\"");
        let version = self.options.version.clone();
        self.escaped(&version, true);
        self.text.push('"');
        if !self.options.encoding.is_empty() {
            self.text.push_str(" encoding=\"");
            let encoding = self.options.encoding.clone();
            self.escaped(&encoding, true);
            self.text.push('"');
        }
        self.text.push_str("?>");
        Ok(())
    }

    /// ЗаписатьНачалоЭлемента. A name with a prefix of its own keeps it; another gets the prefix of its
    /// namespace, or declares it.
    pub fn start(&mut self, name: &str, uri: Option<&str>) -> Written {
        if !is_xml_name(name) {
            return Err(XmlWriteError::BadName(name.to_owned()));
        }
        if self.levels.len() >= self.max_depth {
            return Err(XmlWriteError::TooDeep);
        }
        if self.levels.is_empty() && self.has_root || self.attribute {
            return Err(XmlWriteError::Structure);
        }
        let prefix = prefix_part(name);
        let (name, declares) = match uri {
            None => (name.to_owned(), None),
            Some("") if !prefix.is_empty() => {
                return Err(XmlWriteError::BadNamespace(prefix.to_owned()));
            }
            Some(uri) if !prefix.is_empty() => {
                let known = self.namespace(prefix) == Some(uri);
                let declares = (!known).then(|| (prefix.to_owned(), uri.to_owned()));
                (name.to_owned(), declares)
            }
            Some(uri) if self.namespace("").unwrap_or("") == uri => (name.to_owned(), None),
            Some(uri) => match self.prefix(uri).filter(|prefix| !prefix.is_empty()) {
                Some(prefix) => (format!("{prefix}:{name}"), None),
                None => (name.to_owned(), Some((String::new(), uri.to_owned()))),
            },
        };
        self.fits(&name)?;
        self.line()?;
        self.text.push('<');
        self.text.push_str(&name);
        self.has_root = true;
        self.levels.push(Level {
            name,
            scope: self.scope.len(),
            last: Last::Nothing,
        });
        self.tag = Some(Vec::new());
        match declares {
            Some((prefix, uri)) => self.namespace_mapping(&prefix, &uri),
            None => Ok(()),
        }
    }

    /// ЗаписатьКонецЭлемента.
    pub fn end(&mut self) -> Written {
        if self.attribute {
            return Err(XmlWriteError::Structure);
        }
        let Some(level) = self.levels.last() else {
            return Err(XmlWriteError::Structure);
        };
        if self.tag.take().is_some() {
            self.text.push_str("/>");
        } else {
            let (close, name) = (level.last == Last::Text, level.name.clone());
            self.fits(&name)?;
            if !close {
                self.indentation(self.levels.len() - 1)?;
            }
            self.text.push_str("</");
            self.text.push_str(&name);
            self.text.push('>');
        }
        if let Some(level) = self.levels.pop() {
            self.scope.truncate(level.scope);
        }
        Ok(())
    }

    /// ЗаписатьАтрибут.
    pub fn attribute(&mut self, name: &str, uri: Option<&str>, value: &str) -> Written {
        self.fits(value)?;
        self.start_attribute(name, uri)?;
        self.escaped(value, true);
        self.end_attribute()
    }

    /// ЗаписатьНачалоАтрибута.
    pub fn start_attribute(&mut self, name: &str, uri: Option<&str>) -> Written {
        if self.tag.is_none() || self.attribute {
            return Err(XmlWriteError::Structure);
        }
        if !is_xml_name(name) {
            return Err(XmlWriteError::BadName(name.to_owned()));
        }
        let prefix = prefix_part(name);
        let mut qualified = name.to_owned();
        let mut declares = None;
        match uri {
            None | Some("" | XMLNS) => {}
            Some(uri) if !prefix.is_empty() => {
                if self.namespace(prefix) != Some(uri) {
                    declares = Some((prefix.to_owned(), uri.to_owned()));
                }
            }
            Some(uri) => {
                let known = self.prefix(uri).filter(|prefix| !prefix.is_empty());
                let prefix = known.map(str::to_owned).unwrap_or_else(|| {
                    let prefix = self.free_prefix();
                    declares = Some((prefix.clone(), uri.to_owned()));
                    prefix
                });
                qualified = format!("{prefix}:{name}");
            }
        }
        self.fits(&qualified)?;
        if let Some((prefix, uri)) = declares {
            self.namespace_mapping(&prefix, &uri)?;
        }
        self.open_attribute(&qualified)
    }

    fn open_attribute(&mut self, name: &str) -> Written {
        let Some(names) = &mut self.tag else {
            return Err(XmlWriteError::Structure);
        };
        if names.iter().any(|known| known == name) {
            return Err(XmlWriteError::DuplicateAttribute(name.to_owned()));
        }
        names.push(name.to_owned());
        if self.options.indent_attributes && self.options.indent {
            self.indentation(self.levels.len())?;
        } else {
            self.text.push(' ');
        }
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.attribute = true;
        Ok(())
    }

    /// ЗаписатьКонецАтрибута.
    pub fn end_attribute(&mut self) -> Written {
        if !std::mem::take(&mut self.attribute) {
            return Err(XmlWriteError::Structure);
        }
        self.text.push('"');
        Ok(())
    }

    /// ЗаписатьСоответствиеПространстваИмен.
    pub fn namespace_mapping(&mut self, prefix: &str, uri: &str) -> Written {
        if self.tag.is_none() || self.attribute {
            return Err(XmlWriteError::Structure);
        }
        if !prefix.is_empty() && (!is_xml_name(prefix) || prefix.contains(':') || uri.is_empty()) {
            return Err(XmlWriteError::BadNamespace(prefix.to_owned()));
        }
        // These two mean what they mean.
        if prefix == "xmlns" || (prefix == "xml") != (uri == XML) {
            return Err(XmlWriteError::BadNamespace(prefix.to_owned()));
        }
        self.fits(uri)?;
        self.fits(prefix)?;
        let name = if prefix.is_empty() {
            "xmlns".to_owned()
        } else {
            format!("xmlns:{prefix}")
        };
        // Said twice with the same meaning, it is said once.
        let here = self.levels.last().map_or(0, |level| level.scope);
        let known = self.scope[here..]
            .iter()
            .any(|(p, u)| p == prefix && u == uri);
        if known {
            return Ok(());
        }
        self.open_attribute(&name)?;
        self.escaped(uri, true);
        self.end_attribute()?;
        self.scope.push((prefix.to_owned(), uri.to_owned()));
        Ok(())
    }

    /// ЗаписатьТекст: into the attribute in hand, or into the element.
    pub fn characters(&mut self, text: &str) -> Written {
        if self.levels.is_empty() {
            return Err(XmlWriteError::Structure);
        }
        self.fits(text)?;
        if self.attribute {
            self.escaped(text, true);
            return Ok(());
        }
        if text.is_empty() {
            return Ok(());
        }
        self.close_tag();
        self.escaped(text, false);
        self.mark(Last::Text);
        Ok(())
    }

    /// ЗаписатьСекциюCDATA: on a line of its own, but close to an end.
    pub fn cdata(&mut self, text: &str) -> Written {
        if self.levels.is_empty() || self.attribute {
            return Err(XmlWriteError::Structure);
        }
        if text.contains("]]>") {
            return Err(XmlWriteError::BadText);
        }
        self.fits(text)?;
        self.line()?;
        self.text.push_str("<![CDATA[");
        self.text.push_str(text);
        self.text.push_str("]]>");
        self.mark(Last::Text);
        Ok(())
    }

    /// ЗаписатьСсылкуНаСущность.
    pub fn reference(&mut self, name: &str) -> Written {
        if self.levels.is_empty() {
            return Err(XmlWriteError::Structure);
        }
        if !is_xml_name(name) {
            return Err(XmlWriteError::BadName(name.to_owned()));
        }
        self.fits(name)?;
        if !self.attribute {
            self.close_tag();
            self.mark(Last::Text);
        }
        self.text.push('&');
        self.text.push_str(name);
        self.text.push(';');
        Ok(())
    }

    /// ЗаписатьКомментарий.
    pub fn comment(&mut self, text: &str) -> Written {
        if text.contains("--") || text.ends_with('-') {
            return Err(XmlWriteError::BadText);
        }
        self.own_line(&["<!--", text, "-->"])
    }

    /// ЗаписатьИнструкциюОбработки.
    pub fn instruction(&mut self, target: &str, data: &str) -> Written {
        if !is_xml_name(target) || target.eq_ignore_ascii_case("xml") {
            return Err(XmlWriteError::BadName(target.to_owned()));
        }
        if data.contains("?>") {
            return Err(XmlWriteError::BadText);
        }
        let blank = if data.is_empty() { "" } else { " " };
        self.own_line(&["<?", target, blank, data, "?>"])
    }

    /// ЗаписатьТипДокумента.
    pub fn doc_type(&mut self, name: &str, public: &str, system: &str, subset: &str) -> Written {
        if self.has_root {
            return Err(XmlWriteError::Structure);
        }
        if !is_xml_name(name) {
            return Err(XmlWriteError::BadName(name.to_owned()));
        }
        if public.contains('"') || system.contains('"') || !public.is_empty() && system.is_empty() {
            return Err(XmlWriteError::BadText);
        }
        let ids = match (public, system) {
            ("", "") => String::new(),
            ("", system) => format!(" SYSTEM \"{system}\""),
            (public, system) => format!(" PUBLIC \"{public}\" \"{system}\""),
        };
        let subset = if subset.is_empty() {
            String::new()
        } else {
            format!(" [{subset}]")
        };
        self.own_line(&["<!DOCTYPE ", name, &ids, &subset, ">"])
    }

    fn own_line(&mut self, parts: &[&str]) -> Written {
        if self.attribute {
            return Err(XmlWriteError::Structure);
        }
        for part in parts {
            self.fits(part)?;
        }
        self.line()?;
        for part in parts {
            self.text.push_str(part);
        }
        self.mark(Last::Markup);
        Ok(())
    }

    /// ЗаписатьБезОбработки.
    pub fn raw(&mut self, text: &str) -> Written {
        self.fits(text)?;
        if !self.attribute {
            self.close_tag();
            self.mark(Last::Markup);
        }
        self.text.push_str(text);
        Ok(())
    }

    /// The namespace of a prefix that holds here.
    #[must_use]
    pub fn namespace(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML);
        }
        self.namespaces()
            .find(|(known, _)| *known == prefix)
            .map(|(_, uri)| uri)
    }

    /// НайтиПрефикс: one that holds here for the namespace.
    #[must_use]
    pub fn prefix(&self, uri: &str) -> Option<&str> {
        if uri == XML {
            return Some("xml");
        }
        self.namespaces()
            .find(|(prefix, known)| *known == uri && self.namespace(prefix) == Some(uri))
            .map(|(prefix, _)| prefix)
    }

    /// A prefix that means nothing here: `d2p1` of depth and number.
    fn free_prefix(&self) -> String {
        let depth = self.levels.len();
        let taken = |prefix: &String| self.namespace(prefix).is_some();
        (1..)
            .map(|number| format!("d{depth}p{number}"))
            .find(|prefix| !taken(prefix))
            .unwrap_or_default()
    }

    fn mark(&mut self, last: Last) {
        if let Some(level) = self.levels.last_mut() {
            level.last = last;
        }
    }

    fn close_tag(&mut self) {
        if self.tag.take().is_some() {
            self.text.push('>');
        }
    }

    /// The line before something that has its own.
    fn line(&mut self) -> Written {
        self.close_tag();
        self.mark(Last::Markup);
        if self.text.is_empty() {
            return Ok(());
        }
        self.indentation(self.levels.len())
    }

    fn indentation(&mut self, depth: usize) -> Written {
        if !self.options.indent {
            return Ok(());
        }
        let more = depth.saturating_mul(self.options.indent_chars.len());
        if self.text.len() + more >= self.max_length {
            return Err(XmlWriteError::TooLong);
        }
        self.text.push('\n');
        for _ in 0..depth {
            self.text.push_str(&self.options.indent_chars);
        }
        Ok(())
    }

    fn escaped(&mut self, text: &str, attribute: bool) {
        for symbol in text.chars() {
            match symbol {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' if attribute => self.text.push_str("&quot;"),
                // A reader would make a line feed of it.
                '\r' => self.text.push_str("&#13;"),
                symbol => self.text.push(symbol),
            }
        }
    }
}
