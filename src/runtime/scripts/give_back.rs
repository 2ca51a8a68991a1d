//! What a large run leaves in the allocator's heap of its thread goes back to the system.
//!
//! The allocator keeps freed pages for the thread's next allocations and gives them back little by little
//! while it works. A thread of the pool may have nothing to do for days: sixteen of them, each after a run
//! at its limit, would hold a gigabyte that nobody uses.

/// A run that held so much leaves pages worth the milliseconds that giving them back takes.
const LARGE: usize = 8 << 20;

/// Gives back where a run held this many bytes at once.
pub(super) fn after(held: usize) {
    if held >= LARGE {
        collect();
    }
}

#[expect(
    unsafe_code,
    reason = "the allocator's own function, which has no safe wrapper"
)]
fn collect() {
    // SAFETY: it works on the calling thread's heap, needs no heap to be there, and frees nothing that is
    // in use; where another allocator is installed it finds nothing to do.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
