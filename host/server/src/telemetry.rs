//! The host's own log: JSON lines on standard error. Fields are ids, kinds and counts; no line holds patient data.

use tracing_subscriber::EnvFilter;

/// Telemetry was started before in this process.
#[derive(Debug, thiserror::Error)]
#[error("the log of this process was started already")]
pub struct TelemetryError;

/// Starts writing lines of level `info` and above of this host, and of nothing else: other crates may log what they were given.
///
/// # Errors
/// [`TelemetryError`].
pub fn start() -> Result<(), TelemetryError> {
    let own = EnvFilter::new("off,cordon_server=info");
    let lines = tracing_subscriber::fmt().json().with_env_filter(own).with_writer(std::io::stderr).with_target(false);
    lines.try_init().map_err(|_| TelemetryError)
}
