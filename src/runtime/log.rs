//! How ids appear in log lines: a chat is a person, so a line shows a hash of it. The hash is stable
//! within an installation's process, so that lines about one chat can be found together.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

use crate::model::ChatId;

static KEY: OnceLock<RandomState> = OnceLock::new();

/// A chat as a log line shows it.
pub struct HashedChat(u64);

/// The hashed form of a chat.
pub fn hashed(chat: ChatId) -> HashedChat {
    let mut hasher = KEY.get_or_init(RandomState::new).build_hasher();
    hasher.write_i64(chat.0);
    HashedChat(hasher.finish())
}

impl fmt::Display for HashedChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:010x}", self.0 >> 24)
    }
}
