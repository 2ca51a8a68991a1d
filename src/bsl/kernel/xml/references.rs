//! References in a text: characters, entities in the content, which stay, and in attributes, which are
//! replaced. Everything that is replaced is paid for from one sum, whether it leaves anything or not.

use super::dtd::Entity;
use super::error::XmlErrorKind;
use super::names::{is_allowed, is_xml_name};
use super::reader::{Read, XmlReader, short};

/// Bytes of text that entities may become in one document.
pub(super) const EXPANSION: usize = 1 << 20;

/// Entities within one another in a value of an attribute.
const ENTITY_DEPTH: usize = 64;

impl XmlReader {
    /// An entity that is not replaced must be known all the same, with everything that it names, and
    /// not name itself.
    pub(super) fn check_entity(&mut self, name: &str) -> Read<()> {
        if self.checked.contains(name) {
            return Ok(());
        }
        // Names on the way down, each with what of its text is left.
        let mut way: Vec<(&str, &str)> = Vec::new();
        let mut done: Vec<&str> = Vec::new();
        let mut next = Some(name);
        loop {
            if let Some(name) = next.take() {
                if way.iter().any(|(outer, _)| *outer == name) {
                    return Err(XmlErrorKind::EntityInItself(short(name)));
                }
                let (name, entity) = self
                    .entities
                    .get_key_value(name)
                    .ok_or_else(|| XmlErrorKind::UnknownEntity(short(name)))?;
                let known = self.checked.contains(name) || done.contains(&name.as_str());
                if let (Entity::Internal(text), false) = (entity, known) {
                    self.budget = self
                        .budget
                        .checked_sub(text.len() + 16 * way.len())
                        .ok_or(XmlErrorKind::TooManyEntities)?;
                    way.push((name, text));
                }
            }
            let Some((name, text)) = way.last_mut() else {
                break;
            };
            match text.find('&') {
                None => {
                    done.push(name);
                    way.pop();
                }
                Some(at) => {
                    let (inner, rest) = text[at + 1..]
                        .split_once(';')
                        .ok_or(XmlErrorKind::BadReference)?;
                    *text = rest;
                    if character(inner)?.is_none() {
                        next = Some(inner);
                    }
                }
            }
        }
        let done: Vec<String> = done.into_iter().map(str::to_owned).collect();
        self.checked.extend(done);
        self.checked.insert(name.to_owned());
        Ok(())
    }

    /// The value of an attribute: white space is blanks, references are replaced.
    pub(super) fn value(&mut self, raw: &str) -> Read<String> {
        if raw.contains('<') {
            return Err(XmlErrorKind::BadTag);
        }
        let mut value = String::with_capacity(raw.len());
        let mut way: Vec<(&str, &str)> = vec![("", raw)];
        while let Some((_, text)) = way.last_mut() {
            let end = text.find('&').unwrap_or(text.len());
            let (plain, rest) = text.split_at(end);
            allowed(plain)?;
            value.extend(plain.chars().map(|symbol| match symbol {
                '\t' | '\n' | '\r' => ' ',
                symbol => symbol,
            }));
            let Some(rest) = rest.strip_prefix('&') else {
                way.pop();
                continue;
            };
            let (name, rest) = rest.split_once(';').ok_or(XmlErrorKind::BadReference)?;
            *text = rest;
            if let Some(symbol) = character(name)? {
                value.push(symbol);
                continue;
            }
            if way.iter().any(|(outer, _)| *outer == name) {
                return Err(XmlErrorKind::EntityInItself(short(name)));
            }
            let (name, inner) = match self.entities.get_key_value(name) {
                Some((name, Entity::Internal(inner))) if !inner.contains('<') => (name, inner),
                Some(_) => return Err(XmlErrorKind::BadEntity(short(name))),
                None => return Err(XmlErrorKind::UnknownEntity(short(name))),
            };
            // Replaced text is paid for whether it leaves anything or not.
            self.budget = self
                .budget
                .checked_sub(inner.len() + 1)
                .filter(|_| way.len() < ENTITY_DEPTH)
                .ok_or(XmlErrorKind::TooManyEntities)?;
            way.push((name, inner));
        }
        Ok(value)
    }
}

/// The character of `&#…;` and of the five names that everybody knows; `None`: an entity.
pub(super) fn character(name: &str) -> Read<Option<char>> {
    let symbol = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let Some(number) = name.strip_prefix('#') else {
                return if is_xml_name(name) {
                    Ok(None)
                } else {
                    Err(XmlErrorKind::BadReference)
                };
            };
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            code.ok()
                .filter(|_| !number.starts_with('+') && !number.starts_with("x+"))
                .and_then(char::from_u32)
                .filter(|symbol| is_allowed(*symbol))
                .ok_or(XmlErrorKind::BadReference)?
        }
    };
    Ok(Some(symbol))
}

pub(super) fn allowed(text: &str) -> Read<()> {
    // Only what is below the blank, and two characters at the end of the plane, are not.
    let suspicious =
        |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || *byte == 0xef;
    if !text.as_bytes().iter().any(suspicious) {
        return Ok(());
    }
    match text.chars().find(|symbol| !is_allowed(*symbol)) {
        Some(symbol) => Err(XmlErrorKind::BadCharacter(symbol)),
        None => Ok(()),
    }
}
