//! The host's own log: JSON lines on standard error. What a line may hold is a list: a field that is not on it is not
//! written, whoever wrote the call, and a span writes nothing. Messages are constant (`cargo xtask check` holds that).

use std::fmt;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::fault::out;

/// Telemetry was started before in this process.
#[derive(Debug, thiserror::Error)]
#[error("the log of this process was started already")]
pub struct TelemetryError;

/// What a line may hold beside time, level and message: ids, kinds and counts. Nothing here is of a patient, and nothing a
/// plugin chooses. A new name is a reviewed change to this list.
pub const FIELDS: [&str; 20] = [
    "address",
    "admin",
    "changed",
    "component",
    "demo",
    "done",
    "error",
    "forbidden",
    "hook",
    "invocation",
    "kind",
    "message",
    "of",
    "pack",
    "plugin",
    "reason",
    "records",
    "service",
    "signal",
    "tenant",
];

/// The most characters of one field: a path or a reason has room, a record has not.
const MOST_FIELD: usize = 300;

/// Starts writing lines of level `info` and above of this host, and of nothing else: other crates may log what they were given.
///
/// # Errors
/// [`TelemetryError`].
pub fn start() -> Result<(), TelemetryError> {
    lines(std::io::stderr).try_init().map_err(|_| TelemetryError)
}

/// What writes those lines.
pub fn lines<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let own = EnvFilter::new("off,cordon_server=info,cordon_wall=info");
    tracing_subscriber::fmt().event_format(Listed).with_env_filter(own).with_writer(writer).finish()
}

/// One line: time, level, and the listed fields.
struct Listed;

impl<S, N> FormatEvent<S, N> for Listed
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut line = Line(Map::new());
        line.0.insert("timestamp".to_owned(), json!(time));
        line.0.insert("level".to_owned(), json!(event.metadata().level().as_str()));
        event.record(&mut line);
        writeln!(to, "{}", Value::Object(line.0))
    }
}

struct Line(Map<String, Value>);

impl Line {
    fn keep(&mut self, field: &Field, value: Value) {
        if FIELDS.contains(&field.name()) || out!(FieldUnlisted) {
            self.0.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text: String = format!("{value:?}").chars().take(MOST_FIELD).collect();
        self.keep(field, Value::String(text));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, Value::String(value.chars().take(MOST_FIELD).collect()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, json!(value));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(speak: impl FnOnce()) -> Vec<Value> {
        let sink = Sink::default();
        let to = sink.clone();
        tracing::subscriber::with_default(lines(move || to.clone()), speak);
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_holds_its_listed_fields() {
        let lines =
            written(|| tracing::info!(target: "cordon_server", tenant = "main", records = 7_u64, demo = true, "kept"));
        let mut line = lines[0].clone();
        let time = line["timestamp"].take();
        assert!(time.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{time}");
        let expected = json!({ "timestamp": null, "level": "INFO", "message": "kept", "tenant": "main", "records": 7, "demo": true });
        assert_eq!(line, expected);
    }

    #[test]
    fn sk_20_a_field_that_is_not_listed_and_whatever_a_span_holds_are_not_written() {
        let lines = written(|| {
            let span = tracing::error_span!(target: "cordon_server", "call", patient = "canary", tenant = "canary");
            let _held = span.enter();
            tracing::error!(target: "cordon_server", patient = "canary", baggage = ?["canary"], fuel = 9, "failed");
        });
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].to_string().contains("canary") && lines[0].get("fuel").is_none(), "{lines:?}");
    }

    #[test]
    fn a_field_has_no_room_for_a_record() {
        let long = "x".repeat(5_000);
        let lines = written(|| tracing::error!(target: "cordon_server", reason = %long, "failed"));
        assert_eq!(lines[0]["reason"].as_str().unwrap().len(), MOST_FIELD);
    }

    #[test]
    fn other_crates_write_nothing() {
        assert_eq!(written(|| tracing::error!(target: "hyper", reason = "canary", "x")), Vec::<Value>::new());
    }
}
