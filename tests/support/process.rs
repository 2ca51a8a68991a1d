//! The program itself as a child process: what it prints, how it ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::app::PATIENCE;

/// The program with nothing of this test's environment that it would read.
pub fn vestnik(folder: &Path) -> Command {
    own(Command::new(env!("CARGO_BIN_EXE_vestnik")), folder)
}

/// A line of a shell, as [`vestnik`].
pub fn shell(folder: &Path, line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    own(command, folder)
}

fn own(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VESTNIK_") {
            command.env_remove(name);
        }
    }
    command
}

/// What a short command came to.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs a command to its end.
#[track_caller]
pub fn run(folder: &Path, arguments: &[&str]) -> Done {
    finish(vestnik(folder).args(arguments))
}

/// Runs a prepared command to its end, which must come in time.
#[track_caller]
pub fn finish(command: &mut Command) -> Done {
    let mut running = Running::start(command);
    let status = running.wait_exit(PATIENCE);
    Done {
        code: status.code().unwrap_or(-1),
        out: running.out(),
        err: running.err(),
    }
}

/// A child at work; killed when dropped.
pub struct Running {
    child: Child,
    out: Lines,
    err: Lines,
}

/// The lines of a stream so far, and the thread that reads it to its end.
struct Lines {
    text: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Lines {
    fn of(stream: impl std::io::Read + Send + 'static) -> Lines {
        let text = Arc::new(Mutex::new(String::new()));
        let kept = text.clone();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                let mut text = kept.lock().expect("no reader panics");
                text.push_str(&String::from_utf8_lossy(&line));
                text.push('\n');
            }
        });
        Lines {
            text,
            reader: Some(reader),
        }
    }

    fn text(&self) -> String {
        self.text.lock().expect("no reader panics").clone()
    }
}

impl Running {
    #[track_caller]
    pub fn start(command: &mut Command) -> Running {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = Lines::of(child.stdout.take().expect("piped"));
        let err = Lines::of(child.stderr.take().expect("piped"));
        Running { child, out, err }
    }

    pub fn out(&self) -> String {
        self.out.text()
    }

    pub fn err(&self) -> String {
        self.err.text()
    }

    /// Waits until the standard output holds a text, and gives the rest of its line.
    #[track_caller]
    pub fn wait_out(&mut self, prefix: &str) -> String {
        let began = Instant::now();
        loop {
            let out = self.out();
            // Only a line that has ended is whole.
            let mut lines = out
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            if let Some(rest) = lines.find_map(|line| line.split_once(prefix)) {
                return rest.1.trim().to_owned();
            }
            let ended = self.child.try_wait().expect("a child");
            assert!(
                ended.is_none() && began.elapsed() < PATIENCE,
                "«{prefix}» was not printed ({ended:?}):\n{out}\n{}",
                self.err()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    /// Waits for the end.
    #[track_caller]
    pub fn wait_exit(&mut self, patience: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                for lines in [&mut self.out, &mut self.err] {
                    if let Some(reader) = lines.reader.take() {
                        reader.join().expect("no reader panics");
                    }
                }
                return status;
            }
            assert!(
                began.elapsed() < patience,
                "it has not ended within {patience:?}:\n{}\n{}",
                self.out(),
                self.err()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has usually ended; then both fail, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
