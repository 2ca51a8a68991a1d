//! A commit whose answer is lost: a proxy between the store and PostgreSQL cuts the connection at
//! COMMIT, before or after the server carried it out.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use vestnik::store::inbox::{self, UpdateState};
use vestnik::store::{Store, StoreConfig};

use super::{Db, key, update};

/// What the proxy does at the next COMMIT.
const PASS: u8 = 0;
const CUT_BEFORE: u8 = 1;
const CUT_AFTER: u8 = 2;

fn proxy(folder: &Path, server: std::path::PathBuf, cut: Arc<AtomicU8>) {
    let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("a socket");
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.expect("a client");
            let upstream = UnixStream::connect(&server).expect("the server");
            let cut = Arc::clone(&cut);
            std::thread::spawn(move || pass(client, upstream, &cut));
        }
    });
}

fn pass(mut client: UnixStream, mut server: UnixStream, cut: &AtomicU8) {
    let (mut answers, mut back) = (
        server.try_clone().expect("a clone"),
        client.try_clone().expect("a clone"),
    );
    let muted = Arc::new(AtomicU8::new(0));
    let mute = Arc::clone(&muted);
    std::thread::spawn(move || {
        let mut buffer = [0u8; 65_536];
        while let Ok(count @ 1..) = answers.read(&mut buffer) {
            if mute.load(Ordering::SeqCst) == 1 {
                // The server has answered, thus it is done; the client never hears of it.
                let _ = back.shutdown(std::net::Shutdown::Both);
                return;
            }
            if back.write_all(&buffer[..count]).is_err() {
                return;
            }
        }
        let _ = back.shutdown(std::net::Shutdown::Both);
    });
    let mut buffer = [0u8; 65_536];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        let commit = buffer[..count].windows(7).any(|part| part == b"COMMIT\0");
        if commit {
            match cut.swap(PASS, Ordering::SeqCst) {
                CUT_BEFORE => {
                    let _ = server.shutdown(std::net::Shutdown::Both);
                    let _ = client.shutdown(std::net::Shutdown::Both);
                    return;
                }
                CUT_AFTER => muted.store(1, Ordering::SeqCst),
                _ => {}
            }
        }
        if server.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
    let _ = server.shutdown(std::net::Shutdown::Both);
}

fn cut_at_commit(how: u8, runs: usize) {
    let Some(db) = Db::postgres() else { return };
    let folder = db.path("");
    // `postgres:///NAME?host=FOLDER&user=postgres`
    let (name, rest) = db
        .url()
        .trim_start_matches("postgres:///")
        .split_once("?host=")
        .expect("the helper's URL");
    let server = rest.split('&').next().expect("a folder");
    let cut = Arc::new(AtomicU8::new(PASS));
    proxy(
        &folder,
        Path::new(server).join(".s.PGSQL.5432"),
        Arc::clone(&cut),
    );
    let mut config = StoreConfig::new(
        format!("postgres:///{name}?host={}&user=postgres", folder.display()),
        key(),
        "n",
    );
    config.tuning.postgres_writers = 1;
    let store = Store::open(config).expect("opens through the proxy");
    let ran = Arc::new(AtomicUsize::new(0));
    cut.store(how, Ordering::SeqCst);
    let counter = Arc::clone(&ran);
    let outcome = store.write_blocking(move |c| {
        counter.fetch_add(1, Ordering::SeqCst);
        inbox::accept(c, &[update(1, UpdateState::Done)])
    });
    assert_eq!(cut.load(Ordering::SeqCst), PASS, "the cut happened");
    assert_eq!(outcome, Ok(vec![true]), "once, and told as new");
    assert_eq!(ran.load(Ordering::SeqCst), runs);
    let counts = store.read_blocking(inbox::state_counts).expect("read");
    assert_eq!(counts, [(UpdateState::Done, 1)]);
}

#[test]
fn cut_before_the_commit_the_job_runs_again() {
    cut_at_commit(CUT_BEFORE, 2);
}

#[test]
fn cut_after_the_commit_the_job_does_not_run_again() {
    cut_at_commit(CUT_AFTER, 1);
}
