//! A bounded queue from async and blocking producers to worker threads.
//!
//! Producers wait for a permit (async back-pressure); workers take many items under one lock.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use parking_lot::{Condvar, Mutex};
use tokio::sync::Semaphore;

use super::error::StoreError;

pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
    permits: Semaphore,
}

struct State<T> {
    items: VecDeque<T>,
    /// Workers asleep: nobody is woken for nothing, a wake costs a system call.
    idle: usize,
    closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(bound: usize) -> Queue<T> {
        Queue {
            state: Mutex::new(State {
                items: VecDeque::new(),
                idle: 0,
                closed: false,
            }),
            ready: Condvar::new(),
            permits: Semaphore::new(bound),
        }
    }

    /// Adds an item; waits while the queue is full.
    pub(super) async fn push(&self, item: T) -> Result<(), StoreError> {
        match self.permits.try_acquire() {
            Ok(permit) => permit.forget(),
            Err(_) => self
                .permits
                .acquire()
                .await
                .map_err(|_| StoreError::Closed)?
                .forget(),
        }
        self.put(item)
    }

    /// The same for a thread that may block.
    pub(super) fn push_blocking(&self, item: T) -> Result<(), StoreError> {
        block_on(self.push(item))
    }

    fn put(&self, item: T) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(StoreError::Closed);
        }
        state.items.push_back(item);
        let wake = state.idle > 0;
        drop(state);
        if wake {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Moves up to `most` items into `into`, waiting for the first. False when the queue is closed
    /// and empty.
    pub(super) fn take(&self, most: usize, into: &mut Vec<T>) -> bool {
        let mut state = self.state.lock();
        while state.items.is_empty() {
            if state.closed {
                return false;
            }
            state.idle += 1;
            self.ready.wait(&mut state);
            state.idle -= 1;
        }
        let count = most.min(state.items.len());
        into.extend(state.items.drain(..count));
        drop(state);
        self.permits.add_permits(count);
        true
    }

    pub(super) fn len(&self) -> usize {
        self.state.lock().items.len()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// No more items; workers finish what is there.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.permits.close();
        self.ready.notify_all();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future that needs no runtime on this thread.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_holds_its_producers_and_keeps_the_order() {
        let queue = Arc::new(Queue::new(4));
        let producer = Arc::clone(&queue);
        let thread = std::thread::spawn(move || {
            for number in 0..1_000 {
                producer.push_blocking(number).expect("open");
            }
            producer.close();
        });
        let mut all = Vec::new();
        let mut taken = Vec::new();
        while queue.take(3, &mut taken) {
            assert!(queue.len() <= 4);
            all.append(&mut taken);
        }
        thread.join().expect("producer");
        assert_eq!(all, (0..1_000).collect::<Vec<_>>());
        assert_eq!(queue.push_blocking(1), Err(StoreError::Closed));
    }
}
