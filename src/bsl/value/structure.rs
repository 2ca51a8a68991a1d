//! The fields of Структура: a short list searched by name, with an index once it is long.

use super::{Value, memory};
use crate::syntax::names::Name;
use hashbrown::HashTable;

/// A field. The spelling is the first that was used, as 1C keeps it.
pub struct Field {
    /// Folded name.
    pub name: Name,
    /// Spelling: a number in the run's table of spellings.
    pub spelling: Name,
    /// Any value, also the structure itself.
    pub value: Value,
}

/// Fields from which on an index pays; below it a scan of a few words is faster.
const INDEX_FROM: usize = 12;

/// Bytes of an entry of the index.
const INDEX_COST: usize = 6;

/// The fields in the order of insertion.
#[derive(Default)]
pub struct StructData {
    fields: Vec<Field>,
    index: Option<Box<HashTable<u32>>>,
}

fn hash(name: Name) -> u64 {
    u64::from(name.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl StructData {
    /// Fields in order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Place of a field; `guess` is where the caller saw the name last.
    #[inline]
    #[must_use]
    pub fn position(&self, name: Name, guess: usize) -> Option<usize> {
        if self
            .fields
            .get(guess)
            .is_some_and(|field| field.name == name)
        {
            return Some(guess);
        }
        self.search(name)
    }

    fn search(&self, name: Name) -> Option<usize> {
        match &self.index {
            Some(index) => index
                .find(hash(name), |&at| self.fields[at as usize].name == name)
                .map(|&at| at as usize),
            None => self.fields.iter().position(|field| field.name == name),
        }
    }

    /// Value at a place.
    #[inline]
    #[must_use]
    pub fn at(&self, place: usize) -> &Value {
        &self.fields[place].value
    }

    /// The value at a place, when the field there has the name.
    #[inline]
    #[must_use]
    pub fn value_mut(&mut self, place: usize, name: Name) -> Option<&mut Value> {
        self.fields
            .get_mut(place)
            .filter(|field| field.name == name)
            .map(|field| &mut field.value)
    }

    /// Replaces the value at a place.
    #[inline]
    pub fn set_at(&mut self, place: usize, value: Value) -> Value {
        std::mem::replace(&mut self.fields[place].value, value)
    }

    /// Value by name.
    #[must_use]
    pub fn get(&self, name: Name) -> Option<&Value> {
        self.search(name).map(|at| &self.fields[at].value)
    }

    /// Adds or replaces. A field that the run cannot afford is not added, and the run ends
    /// ([`memory::afford`]).
    pub fn insert(&mut self, name: Name, spelling: Name, value: Value) -> Option<Value> {
        if let Some(at) = self.search(name) {
            return Some(self.set_at(at, value));
        }
        let count = self.fields.len();
        // The fields move to twice the room, and so does the index.
        if count == self.fields.capacity()
            && !memory::afford(count * 2 * (size_of::<Field>() + INDEX_COST))
        {
            return None;
        }
        self.fields.push(Field {
            name,
            spelling,
            value,
        });
        let at = self.fields.len() as u32 - 1;
        if let Some(index) = &mut self.index {
            let fields = &self.fields;
            index.insert_unique(hash(name), at, |&other| hash(fields[other as usize].name));
        } else if self.fields.len() >= INDEX_FROM {
            self.rebuild();
        }
        None
    }

    /// Makes room for so many fields more, and no further ones.
    pub fn reserve(&mut self, count: usize) {
        self.fields.reserve_exact(count);
    }

    /// Whether a field more fits without growing.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.fields.len() < self.fields.capacity()
    }

    /// Adds a field that is certainly not there yet.
    pub fn push(&mut self, name: Name, spelling: Name, value: Value) {
        self.fields.push(Field {
            name,
            spelling,
            value,
        });
        if self.fields.len() >= INDEX_FROM {
            let at = self.fields.len() as u32 - 1;
            let fields = &self.fields;
            match &mut self.index {
                Some(index) => {
                    index.insert_unique(hash(name), at, |&other| hash(fields[other as usize].name));
                }
                None => self.rebuild(),
            }
        }
    }

    fn rebuild(&mut self) {
        self.index = None;
        if self.fields.len() >= INDEX_FROM {
            let fields = &self.fields;
            let mut index = Box::new(HashTable::with_capacity(fields.len() * 2));
            for (at, field) in fields.iter().enumerate() {
                index.insert_unique(hash(field.name), at as u32, |&other: &u32| {
                    hash(fields[other as usize].name)
                });
            }
            self.index = Some(index);
        }
    }

    /// Removes a field.
    pub fn remove(&mut self, name: Name) -> Option<Value> {
        let at = self.search(name)?;
        let field = self.fields.remove(at);
        self.rebuild();
        Some(field.value)
    }

    /// Removes all.
    pub fn clear(&mut self) {
        *self = StructData::default();
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn size(&self) -> usize {
        self.fields.capacity() * size_of::<Field>()
            + self
                .index
                .as_ref()
                .map_or(0, |index| index.capacity() * INDEX_COST)
    }
}
