//! Keys of messages and choices.

use crate::channels::KEY_SPACING;
use crate::model::IdSource;
use crate::store::Store;

/// Numbers of the store, spaced so that the parts of a long message fit in before it
/// ([`channels::fit`](crate::channels::fit())).
pub struct SpacedIds {
    store: Store,
}

impl SpacedIds {
    /// Keys from the store's block.
    pub fn new(store: Store) -> SpacedIds {
        SpacedIds { store }
    }
}

impl IdSource for SpacedIds {
    fn next_id(&self) -> i64 {
        self.store.ids().next_id() * KEY_SPACING
    }
}
