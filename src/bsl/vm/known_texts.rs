//! What texts of a program have come to: lists of field names, names of fields. A program says the same
//! few texts over and over (`Новый Структура("Имя, Цена", …)`, `Свойство("Цена")`), and reading one
//! takes many times as long as finding it here.

use super::Vm;
use super::error::Fault;
use crate::library::names::listed;
use crate::syntax::names::Name;
use crate::value::Value;
use std::rc::Rc;

/// A name of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldName {
    /// The name without regard to case.
    pub folded: Name,
    /// As it was written: [`Vm::spelling`].
    pub spelling: Name,
}

/// The names of one text.
pub struct FieldNames {
    /// In order.
    pub list: Box<[FieldName]>,
    /// Whether no name stands twice.
    pub distinct: bool,
}

/// Longest text that is kept, in units: longer ones are not said over and over.
const LENGTH_MAX: usize = 128;

/// Places; texts that share one drive each other out.
const PLACES: usize = 64;

/// Texts and what they came to, a place for each hash.
pub(crate) struct KnownTexts<T>(Vec<Option<(Value, T)>>);

impl<T> Default for KnownTexts<T> {
    fn default() -> Self {
        KnownTexts(Vec::new())
    }
}

impl<T> KnownTexts<T> {
    fn place(text: &Value) -> Option<usize> {
        let units = text.as_units()?;
        (units.len() <= LENGTH_MAX).then(|| text.key_hash() as usize % PLACES)
    }

    /// What a text came to.
    #[inline]
    pub(crate) fn get(&self, text: &Value) -> Option<&T> {
        if self.0.is_empty() {
            return None;
        }
        let (known, found) = self.0[Self::place(text)?].as_ref()?;
        let same = match (known, text) {
            (Value::Str(a), Value::Str(b)) if Rc::ptr_eq(a, b) => true,
            _ => known.same_key(text),
        };
        same.then_some(found)
    }

    pub(crate) fn keep(&mut self, text: &Value, found: T) {
        let Some(place) = Self::place(text) else {
            return;
        };
        if self.0.is_empty() {
            self.0.resize_with(PLACES, || None);
        }
        self.0[place] = Some((text.clone(), found));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Vm<'_> {
    /// The names of a text «Имя1, Имя2», which must be a string (parameter `number`).
    pub fn field_names_of(&mut self, text: &Value, number: u8) -> Result<Rc<FieldNames>, Fault> {
        if let Some(known) = self.known_lists.get(text) {
            return Ok(Rc::clone(known));
        }
        let names = listed(self, text, number)?;
        let mut list = Vec::new();
        let mut distinct = true;
        for name in names.names() {
            let name = name?;
            let (folded, spelling) = (self.intern(name), self.intern_spelling(name));
            distinct &= list.len() < 64 && list.iter().all(|it: &FieldName| it.folded != folded);
            list.push(FieldName { folded, spelling });
        }
        let names = Rc::new(FieldNames {
            list: list.into(),
            distinct,
        });
        self.known_lists.keep(text, Rc::clone(&names));
        Ok(names)
    }

    /// The one name of a text, for Структура.Вставить.
    pub fn field_name_of(&mut self, text: &Value, number: u8) -> Result<FieldName, Fault> {
        if let Some([name]) = self.known_lists.get(text).map(|known| &*known.list) {
            return Ok(*name);
        }
        crate::library::names::one(text, number)?;
        let names = self.field_names_of(text, number)?;
        Ok(names.list[0])
    }

    /// The name of a text if the run knows it: a field that nobody has named exists nowhere.
    pub fn find_field(&mut self, text: &Value) -> Option<Name> {
        if let Some(&known) = self.known_names.get(text) {
            return Some(known);
        }
        let found = self.names().find(&text.as_string()?)?;
        self.known_names.keep(text, found);
        Some(found)
    }
}
