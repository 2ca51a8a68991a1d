//! The table of Соответствие: insertion order kept, also after deletions.

use super::Value;
use hashbrown::HashTable;

struct Entry {
    hash: u64,
    key: Value,
    value: Value,
}

/// Keys and values in the order of insertion.
#[derive(Default)]
pub struct MapData {
    table: HashTable<u32>,
    /// A deleted entry leaves a hole, so that a walk in progress keeps its place.
    entries: Vec<Option<Entry>>,
    count: usize,
}

impl MapData {
    /// How many keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn find(&self, key: &Value, hash: u64) -> Option<u32> {
        self.table
            .find(hash, |&index| {
                self.entries[index as usize]
                    .as_ref()
                    .is_some_and(|entry| entry.hash == hash && entry.key.same_key(key))
            })
            .copied()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &Value) -> Option<&Value> {
        let index = self.find(key, key.key_hash())?;
        self.entries[index as usize]
            .as_ref()
            .map(|entry| &entry.value)
    }

    /// Sets a key. `reserve` is asked before the table grows, with the bytes it will take.
    pub fn insert<E>(
        &mut self,
        key: Value,
        value: Value,
        reserve: impl FnOnce(usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let hash = key.key_hash();
        if let Some(index) = self.find(&key, hash) {
            if let Some(entry) = &mut self.entries[index as usize] {
                entry.value = value;
            }
            return Ok(());
        }
        if self.entries.len() == self.entries.capacity() {
            if self.count < self.entries.len() / 2 {
                self.compact();
            } else {
                reserve(self.size().max(512))?;
            }
        }
        self.push(Entry { hash, key, value });
        Ok(())
    }

    /// Sets a key where the table need not grow: takes key and value with `take`, gives the old value.
    /// `None`: nothing was done.
    #[inline]
    pub fn insert_within(
        &mut self,
        key: &mut Value,
        value: &mut Value,
        take: impl Fn(&mut Value) -> Value,
    ) -> Option<Value> {
        let hash = key.key_hash();
        if let Some(index) = self.find(key, hash) {
            let entry = self.entries[index as usize].as_mut()?;
            return Some(std::mem::replace(&mut entry.value, take(value)));
        }
        if self.entries.len() == self.entries.capacity() {
            return None;
        }
        let (key, value) = (take(key), take(value));
        self.push(Entry { hash, key, value });
        Some(Value::Undefined)
    }

    fn push(&mut self, entry: Entry) {
        let index = self.entries.len() as u32;
        let hash = entry.hash;
        self.entries.push(Some(entry));
        let entries = &self.entries;
        self.table.insert_unique(hash, index, |&other| {
            entries[other as usize]
                .as_ref()
                .map_or(0, |entry| entry.hash)
        });
        self.count += 1;
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &Value) -> Option<Value> {
        let hash = key.key_hash();
        let index = self.find(key, hash)?;
        if let Ok(found) = self.table.find_entry(hash, |&other| other == index) {
            found.remove();
        }
        self.count -= 1;
        self.entries[index as usize].take().map(|entry| entry.value)
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        *self = MapData::default();
    }

    /// The entry at or after a place of the walk, and the place to go on from.
    #[must_use]
    pub fn next(&self, mut place: usize) -> Option<(&Value, &Value, usize)> {
        loop {
            let entry = self.entries.get(place)?;
            place += 1;
            if let Some(entry) = entry {
                return Some((&entry.key, &entry.value, place));
            }
        }
    }

    /// All entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Value, &Value)> {
        self.entries
            .iter()
            .flatten()
            .map(|entry| (&entry.key, &entry.value))
    }

    /// Entries that fit without growing.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn size(&self) -> usize {
        self.entries.capacity() * size_of::<Option<Entry>>() + self.table.capacity() * 6
    }

    fn compact(&mut self) {
        self.entries.retain(Option::is_some);
        self.table.clear();
        let entries = &self.entries;
        for (index, entry) in entries.iter().enumerate() {
            if let Some(entry) = entry {
                self.table
                    .insert_unique(entry.hash, index as u32, |&other| {
                        entries[other as usize]
                            .as_ref()
                            .map_or(0, |entry| entry.hash)
                    });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(map: &mut MapData, key: i64) {
        let done: Result<(), ()> = map.insert(Value::Int(key), Value::Int(key * 10), |_| Ok(()));
        assert_eq!(done, Ok(()));
    }

    #[test]
    fn order_survives_deletion_and_growth() {
        let mut map = MapData::default();
        for key in 0..100 {
            insert(&mut map, key);
        }
        for key in 0..90 {
            assert!(map.remove(&Value::Int(key)).is_some());
        }
        for key in 200..400 {
            insert(&mut map, key);
        }
        insert(&mut map, 5);
        let keys: Vec<i64> = map.iter().filter_map(|(key, _)| key.as_i64()).collect();
        let expected: Vec<i64> = (90..100).chain(200..400).chain([5]).collect();
        assert_eq!(keys, expected);
        assert_eq!(map.len(), 211);
        assert!(
            map.get(&Value::Int(95))
                .is_some_and(|it| it.as_i64() == Some(950))
        );
        assert!(map.get(&Value::Int(50)).is_none());
    }
}
