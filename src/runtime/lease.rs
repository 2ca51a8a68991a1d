//! The lease of the node at work: one node per database starts bots (design: "One node at work").
//!
//! The row in the database says who and until when; here is who we are, whether the holder of an
//! unexpired lease is a process of this machine that is dead, and how long our own still holds.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::clock::Clock;
use crate::model::Moment;

/// How long a lease holds without renewal. Shorter, and a slow disk ends a healthy node; longer, and
/// another machine waits longer for a dead one.
pub const LEASE: Duration = Duration::from_secs(30);
/// How often it is renewed: a few failures in a row are survived.
pub const RENEW_EVERY: Duration = Duration::from_secs(5);

/// Until when our own lease holds, by a clock that never jumps.
#[derive(Debug)]
pub struct LeaseClock(Mutex<Option<Instant>>);

impl Default for LeaseClock {
    fn default() -> LeaseClock {
        LeaseClock::new()
    }
}

impl LeaseClock {
    /// No lease yet.
    pub fn new() -> LeaseClock {
        LeaseClock(Mutex::new(None))
    }

    /// The lease was taken or renewed by a statement that began at `since`.
    pub fn renewed(&self, since: Instant) {
        *self.lock() = Some(since + LEASE);
    }

    /// The lease is lost or given back.
    pub fn lost(&self) {
        *self.lock() = None;
    }

    /// Whether a call that may take `long` still ends under the lease.
    pub fn covers(&self, long: Duration) -> bool {
        self.lock()
            .is_some_and(|until| Instant::now() + long < until)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The present moment for the row of the lease: always the machine's. A clock that a test moves is not
/// the business of other nodes, and a jump of it must not end a lease that holds.
pub fn now() -> Moment {
    Clock::system().now()
}

/// The name of this process among nodes: host, process id, and when the process began, so that a
/// process id that is used again is not taken for us.
pub fn node_name() -> String {
    let pid = std::process::id();
    let began = process_began(pid).unwrap_or_default();
    format!("{}/{pid}/{began}", host())
}

/// Whether the holder with this name was a process of this machine that no longer runs: then nobody
/// needs to wait for its lease to run out. False when that cannot be known.
pub fn is_dead(holder: &str) -> bool {
    let mut parts = holder.rsplitn(3, '/');
    let (Some(began), Some(pid), Some(holder_host)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let Ok(pid) = pid.parse::<u32>() else {
        return false;
    };
    if holder_host != host() || began.is_empty() || process_began(std::process::id()).is_none() {
        return false;
    }
    process_began(pid).as_deref() != Some(began)
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .or_else(|_| std::env::var("HOSTNAME"))
        .unwrap_or_else(|_| "host".to_owned())
}

/// When a process began, in the kernel's ticks since boot; `None` when it does not run or the system
/// does not tell. A dead process that nobody waited for (a zombie) does not run.
fn process_began(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the state follows the last of them (proc(5)).
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if state == "Z" || state == "X" {
        return None;
    }
    // `starttime` is field 22; the state was field 3.
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_of_this_machine_is_dead_when_its_process_is_gone() {
        let ours = node_name();
        if process_began(std::process::id()).is_none() {
            return; // a system that does not tell: leases run out instead
        }
        assert!(!is_dead(&ours));
        let (host_and_pid, _) = ours.rsplit_once('/').expect("three parts");
        assert!(
            is_dead(&format!("{host_and_pid}/1")),
            "another process with our id"
        );
        assert!(
            is_dead(&format!("{}/4194999/77", host())),
            "no such process"
        );
        assert!(!is_dead("elsewhere/1/77"), "another machine");
        assert!(!is_dead("free text"));
    }

    #[test]
    fn a_lease_covers_what_ends_before_it() {
        let lease = LeaseClock::new();
        assert!(!lease.covers(Duration::ZERO));
        lease.renewed(Instant::now());
        assert!(lease.covers(Duration::from_secs(15)));
        assert!(!lease.covers(LEASE));
        lease.lost();
        assert!(!lease.covers(Duration::ZERO));
    }
}
