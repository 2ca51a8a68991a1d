//! A throw-away PostgreSQL for tests and benches: a real server from the binaries of the system, on a
//! Unix socket in a temporary folder, with fsync on.
//!
//! [`shared`] gives one server for all test processes of a run (each test of nextest is a process):
//! whoever comes first starts it, and a small watcher stops it when no process uses it for ten
//! seconds, also after a SIGKILL. [`Server::private`] gives a test one of its own, to stop and
//! restart. Each test takes a database of its own with [`Server::database`].
//!
//! `initdb` refuses root, so root runs it as `postgres`, else as `nobody`. Without PostgreSQL the
//! tests fail and say what to install; `VESTNIK_TEST_NO_POSTGRES=1` leaves them out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

/// A running server.
pub struct Server {
    home: PathBuf,
    bin: PathBuf,
    private: bool,
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The server that all tests of this run share; `None` when PostgreSQL is to be left out.
///
/// # Panics
/// When PostgreSQL is not installed or does not start.
pub fn shared() -> Option<Server> {
    let bin = binaries()?;
    let base = base();
    // The lock between processes is an exclusive transaction of SQLite: it ends with its process.
    let mut lock = SqliteConnection::establish(&base.join("lock.db").to_string_lossy())
        .expect("the lock file opens");
    lock.batch_execute("pragma busy_timeout = 120000; begin exclusive;")
        .expect("the lock is free within two minutes");
    let current = base.join("current");
    if let Ok(home) = fs::read_to_string(&current) {
        let server = Server {
            home: PathBuf::from(home),
            bin: bin.clone(),
            private: false,
        };
        // First our mark, then the look at the watcher's: one of us sees the other.
        if server.home.join("users").is_dir() {
            server.mark_used();
            if !server.home.join("closing").exists() && server.answers() {
                return Some(server);
            }
        }
    }
    let home = new_home(&base);
    initdb(&bin, &home);
    // A copy for private servers: copying is ten times faster than initdb.
    run(Command::new("cp")
        .arg("-a")
        .args([home.join("data"), home.join("pristine")]));
    let server = Server {
        home,
        bin,
        private: false,
    };
    server.mark_used();
    server.start();
    server.watch();
    fs::write(&current, server.home.to_string_lossy().as_bytes()).expect("written");
    Some(server)
}

impl Server {
    /// A server for one test alone; `None` when PostgreSQL is to be left out. Stopped when dropped.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub fn private() -> Option<Server> {
        let pristine = shared()?.home.join("pristine");
        let home = new_home(&base());
        run(Command::new("cp")
            .arg("-a")
            .args([pristine, home.join("data")]));
        let server = Server {
            home,
            bin: binaries()?,
            private: true,
        };
        server.mark_used();
        server.start();
        server.watch();
        Some(server)
    }

    /// Makes an empty database; gives its URL.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn database(&self) -> String {
        let name = format!(
            "t{}_{}",
            std::process::id(),
            DATABASES.fetch_add(1, Ordering::Relaxed)
        );
        let mut server =
            PgConnection::establish(&self.url("postgres")).expect("the server answers");
        // The system gives the number of a process that has ended to another one.
        server
            .batch_execute(&format!("drop database if exists {name}"))
            .expect("nobody uses it");
        server
            .batch_execute(&format!("create database {name}"))
            .expect("a new database");
        self.url(&name)
    }

    /// The URL of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&user=postgres",
            self.home.display()
        )
    }

    /// Stops the server as a crash would.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self) {
        run(self.control("stop").args(["-m", "immediate"]));
    }

    /// Starts the server; returns when it answers.
    ///
    /// # Panics
    /// When it does not start; its log is shown.
    pub fn start(&self) {
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=on -c max_connections=200",
            self.home.display()
        );
        let done = self
            .control("start")
            .args(["-w", "-o", &options])
            .arg("-l")
            .arg(self.home.join("log"))
            .stdout(Stdio::null())
            .status()
            .expect("pg_ctl runs");
        if !done.success() {
            let log = fs::read_to_string(self.home.join("log")).unwrap_or_default();
            panic!("PostgreSQL does not start:\n{log}");
        }
    }

    fn answers(&self) -> bool {
        PgConnection::establish(&self.url("postgres")).is_ok()
    }

    fn control(&self, action: &str) -> Command {
        let mut command = as_owner(&self.bin.join("pg_ctl"));
        command
            .arg(action)
            .arg("-D")
            .arg(self.home.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Tells the watcher that this process uses the server.
    fn mark_used(&self) {
        let mark = self.home.join("users").join(std::process::id().to_string());
        fs::write(mark, "").expect("the mark is written");
    }

    /// Starts the watcher: it ends the server when its users are gone.
    fn watch(&self) {
        const SCRIPT: &str = r#"
            idle=0
            while [ -d "$1" ]; do
                sleep 1
                alive=no
                for mark in "$1"/users/*; do
                    if kill -0 "${mark##*/}" 2>/dev/null; then alive=yes; else rm -f "$mark"; fi
                done
                if [ "$alive" = yes ]; then idle=0; rmdir "$1/closing" 2>/dev/null; continue; fi
                idle=$((idle + 1))
                [ "$idle" -ge 10 ] && mkdir -p "$1/closing"
                if [ "$idle" -ge 11 ]; then
                    head -1 "$1/data/postmaster.pid" 2>/dev/null | xargs -r kill -QUIT
                    sleep 1
                    rm -rf "$1"
                fi
            done
        "#;
        let mut watcher = Command::new("setsid");
        watcher
            .args(["sh", "-c", SCRIPT, "sh"])
            .arg(&self.home)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // It outlives us on purpose; init inherits it.
        drop(watcher.spawn().expect("the watcher starts"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.private {
            let _ = self.control("stop").args(["-m", "immediate"]).status();
            let _ = fs::remove_dir_all(&self.home);
        }
    }
}

/// The folder with `initdb`, the newest version first.
fn binaries() -> Option<PathBuf> {
    if std::env::var("VESTNIK_TEST_NO_POSTGRES").is_ok_and(|value| value == "1") {
        return None;
    }
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.extend(
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .filter(|bin| bin.join("initdb").exists())
            .map(|bin| (0, bin)),
    );
    found.sort();
    match found.pop() {
        Some((_, bin)) => Some(bin),
        None => panic!(
            "PostgreSQL is not installed: `apt-get install postgresql` (the server need not run), or set VESTNIK_TEST_NO_POSTGRES=1 to leave its half of the tests out"
        ),
    }
}

fn base() -> PathBuf {
    let user = if is_root() { "root" } else { "user" };
    let base = std::env::temp_dir().join(format!("vestnik-postgres-{user}"));
    fs::create_dir_all(&base).expect("a folder for PostgreSQL");
    open_to_all(&base);
    base
}

fn new_home(base: &Path) -> PathBuf {
    let home = base.join(format!(
        "{}-{}",
        std::process::id(),
        DATABASES.fetch_add(1, Ordering::Relaxed)
    ));
    // A folder of this name is left over from a process that had our number.
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(home.join("users")).expect("a folder for the server");
    open_to_all(&home);
    home
}

/// The server runs as another user and makes its socket and log here.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // Another user's folder is left as it is; the server then says what it misses.
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o777));
}

fn initdb(bin: &Path, home: &Path) {
    run(as_owner(&bin.join("initdb"))
        .args(["-A", "trust", "-U", "postgres", "-E", "UTF8"])
        .args(["--locale=C", "--no-sync", "-D"])
        .arg(home.join("data"))
        .stdout(Stdio::null()));
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

fn as_owner(program: &Path) -> Command {
    let mut command = if is_root() {
        let postgres_exists = Command::new("id")
            .args(["-u", "postgres"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        let owner = if postgres_exists {
            "postgres"
        } else {
            "nobody"
        };
        let mut command = Command::new("runuser");
        command.args(["-u", owner, "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}

fn run(command: &mut Command) {
    let status = command.status().expect("the command runs");
    assert!(status.success(), "{command:?} failed");
}
