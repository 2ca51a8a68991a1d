//! What the bots of one arbiter share: the clients to Telegram and the batch of marks.
//!
//! A reqwest pool shared by single-thread runtimes ties connections to the runtime that opened them,
//! so each arbiter has its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::bot::marks::Marks;
use super::shared::Shared;
use crate::telegram::{Client, EndpointError};

/// Bots of an arbiter that introduce themselves at once. Each of them opens a connection that then stays
/// open for a while: a thousand at once would double the memory of a server that starts.
const INTRODUCTIONS_MAX: usize = 8;

thread_local! {
    static RESOURCES: RefCell<Option<Rc<Resources>>> = const { RefCell::new(None) };
}

/// The resources of an arbiter.
pub struct Resources {
    /// The pools of connections to Telegram.
    pub client: Client,
    /// The marks `sent` that are being gathered.
    pub marks: Rc<Marks>,
    /// Permits for the calls of bots that begin.
    pub introductions: Rc<Semaphore>,
}

impl Resources {
    /// The resources of the arbiter that calls; made at the first call.
    ///
    /// # Errors
    /// When the HTTP client cannot be built from the settings.
    pub fn of_this_arbiter(shared: &Arc<Shared>) -> Result<Rc<Resources>, EndpointError> {
        RESOURCES.with_borrow_mut(|slot| match slot {
            Some(resources) => Ok(resources.clone()),
            None => {
                let resources = Rc::new(Resources {
                    client: Client::new(&shared.endpoint)?,
                    marks: Marks::new(shared.store.clone()),
                    introductions: Rc::new(Semaphore::new(INTRODUCTIONS_MAX)),
                });
                *slot = Some(resources.clone());
                Ok(resources)
            }
        })
    }
}
