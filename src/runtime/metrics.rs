//! The figures of a node, for Prometheus. One recorder per node and none for the process: a test runs
//! several nodes at once.
//!
//! Histograms have explicit buckets and no bot label: a thousand bots would make a thousand series of
//! each bucket.

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

/// Upper bounds of the latency buckets, seconds: from a commit without a wait for the disk to a queue
/// that an operator should look at.
const LATENCY_BUCKETS_S: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

static METADATA: Metadata<'static> = Metadata::new("vestnik", Level::INFO, None);

/// Handles for counting and the text for Prometheus.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    updates_received: Counter,
    updates_done: Counter,
    updates_failed: Counter,
    updates_refused: Counter,
    messages_sent: Counter,
    messages_unknown: Counter,
    messages_resent: Counter,
    messages_failed: Counter,
    scripts_refused: Counter,
    scripts_ran: Histogram,
    committed_after: Histogram,
    sent_after: Histogram,
    /// Bots by state: the fleet sets them.
    pub bots_running: Gauge,
    /// Bots that should run and do not.
    pub bots_down: Gauge,
}

impl Metrics {
    /// A node's own figures, all zero.
    ///
    /// # Errors
    /// When the buckets are not accepted, which a test would see.
    pub fn new() -> Result<Metrics, BuildError> {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), LATENCY_BUCKETS_S)?
            .build_recorder();
        let handle = recorder.handle();
        let counter = |name: &'static str, help: &'static str| {
            recorder.describe_counter(KeyName::from_const_str(name), None, help.into());
            recorder.register_counter(&Key::from_static_name(name), &METADATA)
        };
        let gauge = |name: &'static str, help: &'static str| {
            recorder.describe_gauge(KeyName::from_const_str(name), None, help.into());
            recorder.register_gauge(&Key::from_static_name(name), &METADATA)
        };
        let histogram = |name: &'static str, help: &'static str| {
            recorder.describe_histogram(
                KeyName::from_const_str(name),
                Some(Unit::Seconds),
                help.into(),
            );
            recorder.register_histogram(&Key::from_static_name(name), &METADATA)
        };
        Ok(Metrics {
            updates_received: counter("vestnik_updates_received_total", "Updates from Telegram"),
            updates_done: counter("vestnik_updates_done_total", "Updates handled"),
            updates_failed: counter(
                "vestnik_updates_failed_total",
                "Updates given up after three tries, or unreadable",
            ),
            updates_refused: counter(
                "vestnik_updates_refused_total",
                "Updates of a flooding chat that were set aside",
            ),
            messages_sent: counter("vestnik_messages_sent_total", "Messages that Telegram took"),
            messages_unknown: counter(
                "vestnik_messages_unknown_total",
                "Messages left without knowing whether they arrived",
            ),
            messages_resent: counter(
                "vestnik_messages_resent_total",
                "Messages sent again because it is not known whether they arrived",
            ),
            messages_failed: counter("vestnik_messages_failed_total", "Messages refused for good"),
            scripts_refused: counter(
                "vestnik_scripts_refused_total",
                "Scripts that found the queue of their bot full",
            ),
            scripts_ran: histogram("vestnik_script_seconds", "Time of a script's run"),
            committed_after: histogram(
                "vestnik_update_commit_seconds",
                "From the receipt of an update to its commit",
            ),
            sent_after: histogram(
                "vestnik_update_sent_seconds",
                "From the receipt of an update to its answer at Telegram",
            ),
            bots_running: gauge("vestnik_bots_running", "Bots that run"),
            bots_down: gauge("vestnik_bots_down", "Bots that should run and do not"),
            handle,
            recorder,
        })
    }

    /// So many updates came from Telegram.
    pub fn received(&self, count: u64) {
        self.updates_received.increment(count);
    }

    /// So many updates were handled, so long after they came.
    pub fn committed(&self, count: u64, micros: i64) {
        self.updates_done.increment(count);
        for _ in 0..count {
            self.committed_after.record(seconds(micros));
        }
    }

    /// An update was given up.
    pub fn update_failed(&self) {
        self.updates_failed.increment(1);
    }

    /// An update was set aside.
    pub fn update_refused(&self) {
        self.updates_refused.increment(1);
    }

    /// A script found the queue of its bot full.
    pub fn script_refused(&self) {
        self.scripts_refused.increment(1);
    }

    /// A script ran for so long.
    pub fn script_ran(&self, wall: std::time::Duration) {
        self.scripts_ran.record(wall.as_secs_f64());
    }

    /// An answer reached Telegram so long after its update came.
    pub fn sent_after(&self, micros: i64) {
        self.sent_after.record(seconds(micros));
    }

    /// Telegram took a message.
    pub fn message_sent(&self) {
        self.messages_sent.increment(1);
    }

    /// A message was left without knowing whether it arrived.
    pub fn message_unknown(&self) {
        self.messages_unknown.increment(1);
    }

    /// A message was sent again, perhaps a second time.
    pub fn resent(&self) {
        self.messages_resent.increment(1);
    }

    /// A message was refused for good.
    pub fn message_failed(&self) {
        self.messages_failed.increment(1);
    }

    /// A call of the Bot API failed.
    pub fn api_error(&self, code: &'static str) {
        self.labelled("vestnik_api_errors_total", "kind", code);
    }

    /// A script failed: an error, a limit, a full queue, an algorithm that is not there.
    pub fn script_failed(&self, kind: &'static str) {
        self.labelled("vestnik_scripts_failed_total", "kind", kind);
    }

    /// A bot was started again.
    pub fn restarted(&self, reason: &'static str) {
        self.labelled("vestnik_bot_restarts_total", "reason", reason);
    }

    fn labelled(&self, name: &'static str, label: &'static str, value: &'static str) {
        let key = Key::from_parts(name, vec![Label::new(label, value)]);
        self.recorder.register_counter(&key, &METADATA).increment(1);
    }

    /// A figure that is read when it is asked for: queue lengths, messages by state.
    pub fn set_gauge(&self, name: &'static str, label: Option<(&'static str, String)>, value: f64) {
        let labels = label
            .map(|(name, value)| Label::new(name, value))
            .into_iter()
            .collect::<Vec<_>>();
        self.recorder
            .register_gauge(&Key::from_parts(name, labels), &METADATA)
            .set(value);
    }

    /// The text of `/metrics`.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds samples together; every few seconds, or they pile up until somebody asks for the text.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

fn seconds(micros: i64) -> f64 {
    micros.max(0) as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_figures_are_in_the_text() {
        let metrics = Metrics::new().expect("buckets are in order");
        metrics.received(3);
        metrics.committed(2, 1_500);
        metrics.api_error("retry_after");
        metrics.set_gauge("vestnik_messages", Some(("state", "queued".into())), 4.0);
        let text = metrics.render();
        for line in [
            "vestnik_updates_received_total 3",
            "vestnik_update_commit_seconds_bucket{le=\"0.0025\"} 2",
            "vestnik_api_errors_total{kind=\"retry_after\"} 1",
            "vestnik_messages{state=\"queued\"} 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
