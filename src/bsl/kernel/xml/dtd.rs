//! The declaration of a document's type: its identifiers, and the entities of its internal subset.
//! Nothing outside of the document is ever read.

use super::error::XmlErrorKind;
use super::names::{is_allowed, is_xml_name};
use std::collections::HashMap;

/// A declared entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entity {
    /// Its text, as written.
    Internal(String),
    /// Its text lies elsewhere.
    External,
}

/// What a declaration tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DocType {
    pub name: String,
    pub public: String,
    pub system: String,
    pub subset: String,
    pub entities: HashMap<String, Entity>,
}

/// Characters of parameter entities that a subset may expand to.
const EXPANSION: usize = 1 << 18;

/// Parameter entities within one another.
const DEPTH: usize = 40;

struct Scanner<'t> {
    text: &'t str,
}

type Scanned<T> = Result<T, XmlErrorKind>;

impl<'t> Scanner<'t> {
    /// Skips white space; whether there was any.
    fn blank(&mut self) -> bool {
        let rest = self.text.trim_start_matches([' ', '\t', '\n', '\r']);
        let found = rest.len() < self.text.len();
        self.text = rest;
        found
    }

    fn takes(&mut self, mark: &str) -> bool {
        match self.text.strip_prefix(mark) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    /// Everything up to a mark, which is skipped.
    fn until(&mut self, mark: &str) -> Scanned<&'t str> {
        match self.text.split_once(mark) {
            Some((before, rest)) => {
                self.text = rest;
                Ok(before)
            }
            None => Err(XmlErrorKind::BadDocType),
        }
    }

    fn name(&mut self) -> Scanned<&'t str> {
        let end = self
            .text
            .find([' ', '\t', '\n', '\r', '>', '[', '%', ';', '"', '\''])
            .unwrap_or(self.text.len());
        let (name, rest) = self.text.split_at(end);
        if !is_xml_name(name) {
            return Err(XmlErrorKind::BadDocType);
        }
        self.text = rest;
        Ok(name)
    }

    fn literal(&mut self) -> Scanned<&'t str> {
        for quote in ["\"", "'"] {
            if self.takes(quote) {
                return self.until(quote);
            }
        }
        Err(XmlErrorKind::BadDocType)
    }

    /// `SYSTEM "…"` or `PUBLIC "…" "…"`, as public and system; `None`: neither.
    fn external(&mut self) -> Scanned<Option<(String, String)>> {
        let public = if self.takes("SYSTEM") {
            String::new()
        } else if self.takes("PUBLIC") {
            self.blank();
            let public = self.literal()?;
            let latin = |symbol: char| {
                symbol.is_ascii_alphanumeric() || " \n\r-'()+,./:=?;!*#@$_%".contains(symbol)
            };
            if !public.chars().all(latin) {
                return Err(XmlErrorKind::BadDocType);
            }
            public.to_owned()
        } else {
            return Ok(None);
        };
        if !self.blank() {
            return Err(XmlErrorKind::BadDocType);
        }
        Ok(Some((public, self.literal()?.to_owned())))
    }

    /// The rest of a declaration that is not looked into; literals hide its end.
    fn skip_declaration(&mut self) -> Scanned<()> {
        loop {
            let Some(at) = self.text.find(['>', '"', '\'']) else {
                return Err(XmlErrorKind::BadDocType);
            };
            self.text = &self.text[at..];
            if self.takes(">") {
                return Ok(());
            }
            self.literal()?;
        }
    }
}

impl DocType {
    /// Reads what stands between `<!DOCTYPE` and its `>`.
    pub(super) fn parse(content: &str) -> Scanned<DocType> {
        let mut scanner = Scanner { text: content };
        scanner.blank();
        let mut found = DocType {
            name: scanner.name()?.to_owned(),
            ..DocType::default()
        };
        scanner.blank();
        if let Some((public, system)) = scanner.external()? {
            (found.public, found.system) = (public, system);
        }
        scanner.blank();
        if scanner.takes("[") {
            let Some((subset, after)) = scanner.text.rsplit_once(']') else {
                return Err(XmlErrorKind::BadDocType);
            };
            if !after.trim().is_empty() {
                return Err(XmlErrorKind::BadDocType);
            }
            found.subset = subset.to_owned();
            found.subset(subset)?;
        } else if !scanner.text.is_empty() {
            return Err(XmlErrorKind::BadDocType);
        }
        Ok(found)
    }

    fn subset(&mut self, subset: &str) -> Scanned<()> {
        let mut parameters: HashMap<String, Entity> = HashMap::new();
        let mut budget = EXPANSION;
        // Texts to go on with: that of a parameter entity stands in the place of its reference.
        let mut waiting: Vec<(String, usize)> = vec![(subset.to_owned(), 0)];
        while let Some((text, start)) = waiting.pop() {
            let mut scanner = Scanner {
                text: &text[start..],
            };
            loop {
                scanner.blank();
                if scanner.text.is_empty() {
                    break;
                }
                if scanner.takes("%") {
                    let name = scanner.name()?;
                    if !scanner.takes(";") {
                        return Err(XmlErrorKind::BadDocType);
                    }
                    let inner = match parameters.get(name) {
                        Some(Entity::Internal(inner)) => inner.clone(),
                        Some(Entity::External) => continue,
                        None => return Err(XmlErrorKind::UnknownEntity(name.to_owned())),
                    };
                    budget = budget
                        .checked_sub(inner.len() + 1)
                        .ok_or(XmlErrorKind::TooManyEntities)?;
                    if waiting.len() >= DEPTH {
                        return Err(XmlErrorKind::EntityInItself(name.to_owned()));
                    }
                    let place = text.len() - scanner.text.len();
                    waiting.push((text, place));
                    waiting.push((inner, 0));
                    break;
                }
                self.declaration(&mut scanner, &mut parameters)?;
            }
        }
        Ok(())
    }

    fn declaration(
        &mut self,
        scanner: &mut Scanner<'_>,
        parameters: &mut HashMap<String, Entity>,
    ) -> Scanned<()> {
        if scanner.takes("<!--") {
            let comment = scanner.until("-->")?;
            return if comment.contains("--") {
                Err(XmlErrorKind::BadDocType)
            } else {
                Ok(())
            };
        }
        if scanner.takes("<?") {
            return scanner.until("?>").map(drop);
        }
        if scanner.takes("<!ENTITY") {
            if !scanner.blank() {
                return Err(XmlErrorKind::BadDocType);
            }
            let is_parameter = scanner.takes("%");
            if is_parameter && !scanner.blank() {
                return Err(XmlErrorKind::BadDocType);
            }
            let name = scanner.name()?.to_owned();
            if !scanner.blank() {
                return Err(XmlErrorKind::BadDocType);
            }
            let entity = match scanner.external()? {
                Some(_) => {
                    scanner.skip_declaration()?;
                    Entity::External
                }
                None => {
                    let text = scanner.literal()?;
                    if !text.chars().all(is_allowed) {
                        return Err(XmlErrorKind::BadDocType);
                    }
                    scanner.blank();
                    if !scanner.takes(">") {
                        return Err(XmlErrorKind::BadDocType);
                    }
                    Entity::Internal(text.to_owned())
                }
            };
            // The first declaration counts.
            let known = if is_parameter {
                parameters
            } else {
                &mut self.entities
            };
            known.entry(name).or_insert(entity);
            return Ok(());
        }
        for mark in ["<!ELEMENT", "<!ATTLIST", "<!NOTATION"] {
            if scanner.takes(mark) {
                if !scanner.blank() {
                    return Err(XmlErrorKind::BadDocType);
                }
                scanner.name()?;
                scanner.blank();
                // Attributes of an element may be none; an element has its model.
                if mark == "<!ELEMENT" && scanner.text.starts_with('>') {
                    return Err(XmlErrorKind::BadDocType);
                }
                return scanner.skip_declaration();
            }
        }
        Err(XmlErrorKind::BadDocType)
    }
}
