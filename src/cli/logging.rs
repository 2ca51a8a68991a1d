//! Where log lines go: readable ones to a terminal, JSON otherwise, both on stderr.
//!
//! `VESTNIK_LOG` takes tracing's filter words (`info`, `vestnik=debug`); the default is `info`.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Starts logging for a long-running command. A second call does nothing.
pub fn start() {
    start_with("info,actix_server=warn,actix_http=warn");
}

/// Starts logging where only what needs attention is of interest: the demo's own lines come first.
pub fn start_quiet() {
    start_with("warn");
}

fn start_with(default: &str) {
    let filter = EnvFilter::try_from_env("VESTNIK_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    // A line that cannot be written (a full disk, a pipe that nobody reads any more) is lost. To tell of
    // that, again on stderr, would panic, on whichever thread the line came from: the store's writer too.
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    let started = if std::io::stderr().is_terminal() {
        builder.with_target(false).compact().try_init()
    } else {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init()
    };
    // Already started: a test or the demo runs two roles in one process.
    drop(started);
}
