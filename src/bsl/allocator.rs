//! An allocator that counts for every thread what it holds, so that a run's limit of memory is held
//! against the truth ([`crate::value::memory`]).
//!
//! A program installs it around the allocator of its choice:
//!
//! ```
//! use std::alloc::System;
//! use vestnik_bsl::allocator::Counting;
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting<System> = Counting(System);
//! ```
//!
//! It never refuses and never unwinds: an allocator may not (see [`GlobalAlloc`]), and one that answers
//! with a null pointer ends the process. What would go past a limit is refused before, by those who ask
//! for it. The cost is an addition and a comparison in thread-local memory.

use crate::value::memory::{gave, took};
use std::alloc::{GlobalAlloc, Layout};

/// Counts around another allocator.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counting<A>(pub A);

#[expect(
    unsafe_code,
    reason = "an allocator is nothing else; all calls are handed on as they came"
)]
// SAFETY: every method hands its arguments on to `A` unchanged and returns what `A` returns. Counting
// touches thread-local cells that need neither allocation nor a destructor.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        let place = unsafe { self.0.alloc(layout) };
        counted(place, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: as for `alloc`.
        let place = unsafe { self.0.alloc_zeroed(layout) };
        counted(place, layout.size())
    }

    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller got `place` from this allocator with this layout, and thus from `A`.
        unsafe { self.0.dealloc(place, layout) };
        gave(layout.size());
    }

    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // The old and the new place may both be there for a moment.
        took(new_size);
        // SAFETY: as for `dealloc`; `new_size` is the caller's promise.
        let moved = unsafe { self.0.realloc(place, layout, new_size) };
        gave(if moved.is_null() {
            new_size
        } else {
            layout.size()
        });
        moved
    }
}

/// Takes the count back where nothing was allocated.
#[inline]
fn counted(place: *mut u8, size: usize) -> *mut u8 {
    if place.is_null() {
        gave(size);
    }
    place
}
