//! What is wrong with a text of XML.

use crate::kernel::locale::Locale;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XmlErrorKind {
    /// The text ends within markup, or before its elements are closed.
    UnexpectedEnd,
    /// There is no root element.
    NoRoot,
    /// Something stands outside of the root element that may not.
    OutsideRoot,
    /// The closing tag of another element, or of none.
    WrongEnd(String),
    /// Not a name.
    BadName(String),
    /// A name of an attribute stands twice.
    DuplicateAttribute(String),
    /// A tag that cannot be read.
    BadTag,
    /// A prefix that nobody declared.
    UnknownPrefix(String),
    /// A reference to an entity that nobody declared.
    UnknownEntity(String),
    /// An entity that cannot stand there: external or with markup in an attribute.
    BadEntity(String),
    /// An entity that refers to itself.
    EntityInItself(String),
    /// A reference that names no character.
    BadReference,
    /// Entities that would grow without measure.
    TooManyEntities,
    /// A character that XML does not allow.
    BadCharacter(char),
    /// A declaration of the document's type that cannot be read, or stands in the wrong place.
    BadDocType,
    /// The declaration of XML in the wrong place.
    BadDeclaration,
    /// A comment with two hyphens, or a processing instruction without a name.
    BadMarkup,
    /// Deeper than the limit.
    TooDeep(usize),
    /// The caller stopped it.
    Stopped,
}

/// An error with its place, both counted from 1; the column in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlError {
    /// What is wrong.
    pub kind: XmlErrorKind,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl XmlError {
    /// The message for a person.
    #[must_use]
    pub fn message(&self, locale: Locale) -> String {
        let (ru, en) = self.kind.texts();
        let (line, column) = (self.line, self.column);
        match locale {
            Locale::Ru => {
                format!("Ошибка разбора XML: - [{line},{column}]\nФатальная ошибка:\n{ru}")
            }
            Locale::En => format!("XML parsing error: - [{line},{column}]\nFatal error:\n{en}"),
        }
    }
}

impl XmlErrorKind {
    fn texts(&self) -> (String, String) {
        let plain = |ru: &str, en: &str| (ru.to_owned(), en.to_owned());
        match self {
            XmlErrorKind::UnexpectedEnd => plain(
                "непредвиденный конец документа",
                "unexpected end of the document",
            ),
            XmlErrorKind::NoRoot => plain(
                "в документе нет корневого элемента",
                "the document has no root element",
            ),
            XmlErrorKind::OutsideRoot => plain(
                "лишнее содержимое вне корневого элемента",
                "extra content outside of the root element",
            ),
            XmlErrorKind::WrongEnd(name) => (
                format!("закрывающий тег «{name}» не соответствует открытому элементу"),
                format!("the closing tag \"{name}\" does not match the open element"),
            ),
            XmlErrorKind::BadName(name) => (
                format!("недопустимое имя «{name}»"),
                format!("not a name: \"{name}\""),
            ),
            XmlErrorKind::DuplicateAttribute(name) => (
                format!("атрибут «{name}» задан повторно"),
                format!("the attribute \"{name}\" stands twice"),
            ),
            XmlErrorKind::BadTag => plain("неверная запись тега", "the tag cannot be read"),
            XmlErrorKind::UnknownPrefix(prefix) => (
                format!("префикс пространства имен «{prefix}» не объявлен"),
                format!("the prefix \"{prefix}\" is not declared"),
            ),
            XmlErrorKind::UnknownEntity(name) => (
                format!("сущность «{name}» не объявлена"),
                format!("the entity \"{name}\" is not declared"),
            ),
            XmlErrorKind::BadEntity(name) => (
                format!("сущность «{name}» недопустима в значении атрибута"),
                format!("the entity \"{name}\" is not allowed in an attribute"),
            ),
            XmlErrorKind::EntityInItself(name) => (
                format!("сущность «{name}» ссылается сама на себя"),
                format!("the entity \"{name}\" refers to itself"),
            ),
            XmlErrorKind::BadReference => plain("неверная ссылка на символ", "bad reference"),
            XmlErrorKind::TooManyEntities => plain(
                "подстановка сущностей слишком велика",
                "entities would grow too large",
            ),
            XmlErrorKind::BadCharacter(symbol) => (
                format!("недопустимый символ {}", u32::from(*symbol)),
                format!("character {} is not allowed", u32::from(*symbol)),
            ),
            XmlErrorKind::BadDocType => plain(
                "неверное объявление типа документа",
                "bad declaration of the document's type",
            ),
            XmlErrorKind::BadDeclaration => {
                plain("неверное объявление XML", "bad declaration of XML")
            }
            XmlErrorKind::BadMarkup => plain(
                "неверная запись комментария или инструкции обработки",
                "bad comment or processing instruction",
            ),
            XmlErrorKind::TooDeep(limit) => (
                format!("вложенность больше допустимой ({limit})"),
                format!("nested deeper than allowed ({limit})"),
            ),
            XmlErrorKind::Stopped => plain("чтение остановлено", "stopped"),
        }
    }
}
