//! Data packs are fetched at the slots of a clock, in a thread of their own: what calls do, how they end, who is in
//! quarantine and how busy the host is moves no fetch (threats SK-18, CV-10). A fetch that fails waits for its next slot.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use cordon_connect::fetch::{FetchError, Fetcher};
use cordon_connect::origin::{ApprovedUrl, Origin, UrlError};
use cordon_connect::schedule::{Interval, Phase, next_fetch};
use cordon_trust::pack::most_file;
use jiff::Timestamp;

use crate::clock;
use crate::hospital::{Fetched, Hospital, Undone};

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// From the name to the last byte of 16 MiB over a slow line.
const DEADLINE: Duration = Duration::from_secs(120);

/// Why a pack was not fetched. For the operator; the pack in use stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotFetched {
    #[error("its URL: {0}")]
    Url(#[from] UrlError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{0}")]
    Refused(String),
    #[error("the fetch ended badly")]
    Broken,
}

/// Fetches what grants say, from now on, until told to stop.
pub(crate) fn start(
    hospital: Arc<Hospital>,
    fetcher: Arc<Fetcher>,
    stopped: Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let fetching = move || {
        runtime.block_on(look(hospital, fetcher, &stopped));
        runtime.shutdown_background();
    };
    std::thread::Builder::new().name("packs".to_owned()).spawn(fetching)
}

async fn look(hospital: Arc<Hospital>, fetcher: Arc<Fetcher>, stopped: &AtomicBool) {
    let mut last = clock::now();
    while !stopped.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK).await;
        let now = clock::now();
        for of in due(&hospital.fetched(), last, now) {
            // Each by itself: a slow server of one publisher delays no other's fetch.
            tokio::spawn(fetch(Arc::clone(&hospital), Arc::clone(&fetcher), of));
        }
        last = now.max(last);
    }
}

/// What has its slot after one look at the clock and up to the next.
fn due(granted: &BTreeSet<Fetched>, last: Timestamp, now: Timestamp) -> Vec<Fetched> {
    let slot = |of: &&Fetched| {
        let phase = Phase::of(&of.tenant, &of.plugin, &of.name);
        next_fetch(last, Interval::default(), phase) <= now
    };
    granted.iter().filter(slot).cloned().collect()
}

async fn fetch(hospital: Arc<Hospital>, fetcher: Arc<Fetcher>, of: Fetched) {
    if let Err(error) = take(hospital, &fetcher, of.clone()).await {
        let Fetched { tenant, plugin, name, .. } = of;
        tracing::warn!(%tenant, %plugin, pack = %name, %error, "a data pack was not taken: the one in use stays");
    }
}

/// Fetches one pack, and takes it in if it passes.
pub(crate) async fn take(hospital: Arc<Hospital>, fetcher: &Fetcher, of: Fetched) -> Result<(), NotFetched> {
    let url = ApprovedUrl::new(&of.url, &origin(&of.url)?)?;
    let file = fetcher.fetch(&url, most_file(of.most_bytes), DEADLINE).await?;
    let taken = tokio::task::spawn_blocking(move || hospital.take_fetched(&of, &file)).await;
    let taken = taken.map_err(|_| NotFetched::Broken)?;
    taken.map(drop).map_err(|undone| match undone {
        Undone::Refused { message, .. } => NotFetched::Refused(message),
        Undone::Failed(message) => NotFetched::Refused(message.to_owned()),
    })
}

/// The grant names the pack of a signed manifest, and with it this URL: its origin is the one that was approved.
fn origin(url: &str) -> Result<Origin, UrlError> {
    let rest = url.strip_prefix("https://").ok_or(UrlError::NotHttps)?;
    Origin::new(&format!("https://{}", rest.split('/').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use cordon_core::ids::{EntryName, PluginId, TenantId};

    use super::*;

    fn granted(names: &[&str]) -> BTreeSet<Fetched> {
        let of = |name: &&str| Fetched {
            tenant: TenantId::new("main").unwrap(),
            plugin: PluginId::new("org.example.renal").unwrap(),
            name: EntryName::new(*name).unwrap(),
            url: format!("https://packs.example.org/{name}"),
            most_bytes: 100,
        };
        names.iter().map(of).collect()
    }

    /// At which seconds of two days a pack is fetched, if the clock is looked at so often and others are granted too.
    fn fetched_at(look: i64, others: &[&str]) -> Vec<i64> {
        let all: Vec<&str> = [others, &["drugs"]].concat();
        let granted = granted(&all);
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let looks = (0..172_800 / look).map(|n| (n * look, (n + 1) * look));
        let has_slot =
            |(last, now): &(i64, i64)| due(&granted, at(*last), at(*now)).iter().any(|of| of.name.as_str() == "drugs");
        looks.filter(has_slot).map(|(_, now)| now).collect()
    }

    #[test]
    fn a_pack_is_due_once_a_day_at_its_own_time() {
        let [first, second] = fetched_at(1, &[]).try_into().unwrap();
        assert_eq!(second - first, 86_400);
        assert_eq!(fetched_at(1, &["units", "names", "rules"]), [first, second]);
    }

    #[test]
    fn a_host_that_looks_late_fetches_late_and_once() {
        let exact = fetched_at(1, &[]);
        let late = fetched_at(400, &[]);
        assert_eq!(late.len(), 2);
        assert!(exact.iter().zip(&late).all(|(exact, late)| (0..400).contains(&(late - exact))));
    }

    #[test]
    fn the_origin_is_that_of_the_signed_url() {
        assert_eq!(origin("https://packs.example.org:8443/a/b").unwrap().to_string(), "https://packs.example.org:8443");
        for wrong in
            ["http://packs.example.org/", "https://a@packs.example.org/", "https://PACKS.example.org/", "https:///x"]
        {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }
}
