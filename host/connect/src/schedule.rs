//! When packs are fetched: at slots that follow from the wall clock, the interval and a phase, and from nothing else.
//!
//! A publisher sees when a host asks (threats SK-18, CV-10). So a slot knows no call, no failure, no quarantine and no start of
//! the host: a fetch that fails waits for the next slot, and a slot that passed while the host was down is not made up for.

use cordon_core::ids::{Digest, EntryName, PluginId, TenantId};
use jiff::Timestamp;

const HOUR: u32 = 3600;

/// Why a number of hours is no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an interval is 1 to 168 hours")]
pub struct IntervalError;

/// The time between two slots. The default is a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval(u32);

impl Interval {
    /// So many hours: 1 to a week.
    ///
    /// # Errors
    /// [`IntervalError`].
    pub fn hours(hours: u8) -> Result<Self, IntervalError> {
        if (1..=168).contains(&hours) { Ok(Self(u32::from(hours) * HOUR)) } else { Err(IntervalError) }
    }
}

impl Default for Interval {
    fn default() -> Self {
        Self(24 * HOUR)
    }
}

/// Where in the interval a pack's slots lie. It spreads hospitals and packs over the day, so that a publisher's server is not
/// asked by all at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase(u64);

impl Phase {
    /// The phase of one pack of one plugin of one tenant: the first eight bytes of a SHA-256 over their names.
    #[must_use]
    pub fn of(tenant: &TenantId, plugin: &PluginId, pack: &EntryName) -> Self {
        // No name has a line break, so the text has one reading.
        let digest = Digest::of(format!("{tenant}\n{plugin}\n{pack}").as_bytes());
        Self(digest.as_bytes().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
    }
}

/// The first slot after this instant: the next whole second whose count from the Unix epoch is the phase, modulo the interval.
#[must_use]
pub fn next_fetch(now: Timestamp, every: Interval, phase: Phase) -> Timestamp {
    let every = i64::from(every.0);
    let phase = i64::try_from(phase.0 % every.unsigned_abs()).unwrap_or_default();
    // Whole seconds before or at `now`, also before the epoch.
    let second = now.as_millisecond().div_euclid(1000);
    let since = (second - phase).rem_euclid(every);
    Timestamp::from_second(second - since + every).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn phase(tenant: &str, plugin: &str, pack: &str) -> Phase {
        Phase::of(&TenantId::new(tenant).unwrap(), &PluginId::new(plugin).unwrap(), &EntryName::new(pack).unwrap())
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_interval_is_an_hour_to_a_week() {
        for wrong in [0, 169, 255] {
            assert_eq!(Interval::hours(wrong), Err(IntervalError), "{wrong}");
        }
        assert_eq!(Interval::hours(24), Ok(Interval::default()));
    }

    #[test]
    fn a_slot_is_the_phase_modulo_the_interval() {
        let day = Interval::default();
        assert_eq!(next_fetch(second(0), day, Phase(60)), second(60));
        assert_eq!(next_fetch(second(60), day, Phase(60)), second(86_460));
        assert_eq!(next_fetch(second(61), day, Phase(86_400 + 60)), second(86_460));
        assert_eq!(next_fetch(second(-1), day, Phase(0)), second(0));
        assert_eq!(next_fetch(Timestamp::MAX, day, Phase(0)), Timestamp::MAX);
    }

    #[test]
    fn a_phase_depends_on_tenant_plugin_and_pack() {
        let own = phase("a", "org.example.renal", "drugs");
        assert_eq!(own, phase("a", "org.example.renal", "drugs"));
        for other in [
            phase("b", "org.example.renal", "drugs"),
            phase("a", "org.example.other", "drugs"),
            phase("a", "org.example.renal", "units"),
        ] {
            assert_ne!(own, other);
        }
    }

    #[test]
    fn the_phase_of_a_pack_is_pinned() {
        // A host that is updated keeps its slots.
        assert_eq!(phase("a", "org.example.renal", "drugs"), Phase(11_100_242_247_351_894_309));
    }

    proptest! {
        /// However often and whenever the host asks, for calls, failures, restarts or none, it hears of the same slots.
        #[test]
        fn asking_moves_no_slot(start in 0_i64..4_000_000_000, asked in prop::collection::vec(0_i64..864_000_000, 0..20), hours in 1_u8..=168, phase: u64) {
            let (every, phase) = (Interval::hours(hours).unwrap(), Phase(phase));
            let length = i64::from(hours) * 3600;
            let first = next_fetch(second(start), every, phase);
            prop_assert!(first > second(start) && first <= second(start + length));
            for offset in asked {
                let now = Timestamp::from_millisecond(start * 1000 + offset).unwrap();
                let next = next_fetch(now, every, phase);
                prop_assert!(next > now);
                prop_assert!(next.as_millisecond() - now.as_millisecond() <= length * 1000);
                prop_assert_eq!((next.as_second() - first.as_second()).rem_euclid(length), 0);
            }
        }
    }
}
