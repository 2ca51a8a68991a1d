//! Descriptors: how many the process may open, how many are kept for other things than connections to
//! Telegram, and how many the bots need.
//!
//! A process that has none left accepts no connection, and its database opens no file: then nobody can even
//! see what is wrong. So connections to Telegram stop short of the limit.

use crate::model::Locale;

/// Kept for everything but connections to Telegram: the store's files and connections (some 30), the
/// control endpoint (128), the hosts that algorithms call (16), threads and the log.
const RESERVED: u64 = 256;
/// A bot has a poll that hangs, and an answer under way now and then.
const PER_BOT: u64 = 2;
/// However low the limit is, so many connections to Telegram may be opened: fewer serve nobody.
const LEAST: u64 = 16;

/// Raises the soft limit to the hard one, as far as the system lets us, and gives it; `None`: there is none,
/// or it cannot be known.
#[cfg(target_os = "linux")]
pub fn raise() -> Option<u64> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let limit = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    (limit != RLIM_INFINITY).then_some(limit)
}

/// Elsewhere the system has limits of its own kind.
#[cfg(not(target_os = "linux"))]
pub fn raise() -> Option<u64> {
    None
}

/// How many connections to Telegram may be open at a time under a limit.
pub fn for_telegram(limit: u64) -> usize {
    usize::try_from(limit.saturating_sub(RESERVED).max(LEAST)).unwrap_or(usize::MAX)
}

/// How many descriptors so many bots need.
pub fn needed(bots: usize) -> u64 {
    RESERVED + PER_BOT * bots as u64
}

/// What the log says of a limit that is too low for so many bots; `None`: it is not.
pub fn too_low(limit: u64, bots: usize, locale: Locale) -> Option<String> {
    let needed = needed(bots);
    (limit < needed).then(|| match locale {
        Locale::Ru => format!(
            "предел открытых файлов {limit} мал: ботам ({bots}) нужно {needed}. Часть ботов будет ждать соединений; поднимите предел: ulimit -Hn {needed} или LimitNOFILE={needed} в службе systemd"
        ),
        Locale::En => format!(
            "the limit of open files, {limit}, is too low: {bots} bots need {needed}. Some of them will wait for connections; raise it: ulimit -Hn {needed}, or LimitNOFILE={needed} of the systemd service"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bots_need_is_told_and_some_is_kept() {
        assert_eq!(too_low(1_024, 384, Locale::Ru), None);
        let told = too_low(1_024, 385, Locale::Ru).expect("too low");
        assert!(told.contains("1024") && told.contains("1026"), "{told}");
        assert!(told.contains("(385)"), "{told}");
        let told = too_low(1_024, 385, Locale::En).expect("too low");
        assert!(told.contains("385 bots need 1026"), "{told}");
        assert_eq!(for_telegram(1_024), 768);
        assert_eq!(for_telegram(64), 16);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("it can be read");
        setrlimit(Resource::RLIMIT_NOFILE, hard.min(128), hard).expect("lower is always allowed");
        raise();
        let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).expect("it can be read");
        assert_eq!(soft, hard);
    }
}
