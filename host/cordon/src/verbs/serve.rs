//! `cordon serve`: a host.

use clap::Args;
use cordon_server::config::Config;
use cordon_server::host::{Host as Running, Started};
use serde_json::json;

use crate::Site;
use crate::report::{Ended, Report};

/// For administrators, health and figures.
const SPARE_THREADS: usize = 64;

/// Runs a host until it is told to stop.
#[derive(Args)]
pub(crate) struct Serve {
    /// The time that plugins read, for a demo store: RFC 3339, or a date.
    #[arg(long, value_parser = time)]
    now: Option<jiff::Timestamp>,
    #[command(flatten)]
    site: Site,
}

fn time(text: &str) -> Result<jiff::Timestamp, String> {
    let date = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp());
    text.parse().ok().or_else(date).ok_or_else(|| "an instant such as 2021-06-01T08:00:00Z, or a date".to_owned())
}

/// Runs the verb. With `--json`, the one object says where the host was and comes when it ends.
pub(crate) fn run(verb: &Serve, json: bool) -> Ended {
    cordon_server::telemetry::start()?;
    let config = Config::read(&verb.site.config)?;
    // Each connection blocks one thread at most, so no tenant's crowd keeps another's calls from starting.
    let threads = config.connections.saturating_add(SPARE_THREADS);
    let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(threads).enable_all().build()?;
    let started = runtime.block_on(async {
        let host = Running::start(config, verb.now).await?;
        let started = host.started().clone();
        if !json {
            announce(&started);
        }
        host.until(stop()).await?;
        anyhow::Ok(started)
    })?;
    Ok(Report::new("the host has stopped", &json!({ "listened": started.address.to_string(), "demo": started.demo }))?)
}

#[expect(clippy::print_stderr, reason = "the person at the terminal waits for this")]
fn announce(started: &Started) {
    let demo = if started.demo { ", demo store" } else { "" };
    eprintln!("cordon serves {} on {}{demo}; it stops with Ctrl-C", started.base_url, started.address);
}

/// Ctrl-C, or a polite request by the system.
async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}
