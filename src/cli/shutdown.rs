//! SIGTERM and Ctrl-C: the first asks the process to end in good order, the second ends it at once.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::ends::EXIT_ENVIRONMENT;

/// How often a waiting command looks at the flag and at what it waits for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A stop is promised within 10 s (docs/operations.md); the rest is for the system to end the process.
const STOP_PROMISED: Duration = Duration::from_millis(9_500);

/// Signals that end a process.
pub struct Signal {
    asked: Arc<AtomicBool>,
}

impl Signal {
    /// Listens for the signals on a thread of its own.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn listen() -> std::io::Result<Signal> {
        let asked = Arc::new(AtomicBool::new(false));
        let flag = asked.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let (ready_sender, ready) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("vestnik-signals".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    use tokio::signal::unix::{SignalKind, signal};
                    let signals = signal(SignalKind::terminate())
                        .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
                    let (mut terminate, mut interrupt) = match signals {
                        Ok(signals) => {
                            // Whoever listens waits for this very answer.
                            let _ = ready_sender.send(Ok(()));
                            signals
                        }
                        Err(error) => {
                            let _ = ready_sender.send(Err(error));
                            return;
                        }
                    };
                    loop {
                        tokio::select! {
                            _ = terminate.recv() => {}
                            _ = interrupt.recv() => {}
                        }
                        if flag.swap(true, Ordering::SeqCst) {
                            // Asked twice: whoever asks does not want to wait.
                            process::exit(130);
                        }
                        Signal::keep_promise();
                    }
                });
            })?;
        match ready.recv() {
            Ok(result) => result.map(|()| Signal { asked }),
            Err(_) => Err(std::io::Error::other("the thread for signals ended")),
        }
    }

    /// Once the process is asked to end, it ends within the promised time, whatever still hangs: all that
    /// counts is in the database, and the next start sorts out what was in hand.
    fn keep_promise() {
        std::thread::spawn(|| {
            std::thread::sleep(STOP_PROMISED);
            tracing::error!(
                "the stop took too long; what was in hand is sorted out at the next start"
            );
            process::exit(i32::from(EXIT_ENVIRONMENT));
        });
    }

    /// A flag that turns true when the process is asked to end.
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        self.asked.clone()
    }

    /// Waits for a signal, or until `done`.
    pub fn wait_or(&self, mut done: impl FnMut() -> bool) {
        while !self.asked.load(Ordering::SeqCst) && !done() {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
