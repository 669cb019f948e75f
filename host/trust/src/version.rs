//! The order of versions: forward only, and a version means one thing for ever.

use std::cmp::Ordering;

use cordon_core::ids::Digest;
use semver::Version;

use crate::verify::{VerifiedPlugin, VerifyError};

/// What an offered plugin is to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// No version of it was installed before.
    First,
    /// The same envelope again: nothing changes.
    Same,
    /// A newer version.
    Upgrade,
}

/// Compares what is offered with the newest version this host has ever installed of the plugin, and its envelope.
///
/// Precedence is that of Semantic Versioning 2.0.0 section 11: build metadata does not make a version newer.
///
/// # Errors
/// [`VerifyError::Rollback`] for an older version, [`VerifyError::Republished`] for the same one with another envelope.
pub fn check_version(newest: Option<(&Version, Digest)>, offered: &VerifiedPlugin) -> Result<Step, VerifyError> {
    step(newest, (&offered.manifest().version, offered.envelope()))
}

fn step(newest: Option<(&Version, Digest)>, offered: (&Version, Digest)) -> Result<Step, VerifyError> {
    let Some((installed, envelope)) = newest else { return Ok(Step::First) };
    let (version, offered_envelope) = offered;
    match version.cmp_precedence(installed) {
        Ordering::Less => Err(VerifyError::Rollback { offered: version.clone(), installed: installed.clone() }),
        Ordering::Equal if envelope != offered_envelope => Err(VerifyError::Republished { offered: version.clone() }),
        Ordering::Equal => Ok(Step::Same),
        Ordering::Greater => Ok(Step::Upgrade),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn try_step(installed: &str, offered: &str, offered_envelope: &[u8]) -> Result<Step, VerifyError> {
        let version = |text: &str| Version::parse(text).unwrap();
        let newest = (&version(installed), Digest::of(b"envelope"));
        step(Some(newest), (&version(offered), Digest::of(offered_envelope)))
    }

    #[test]
    fn an_older_version_is_refused() {
        for (installed, offered) in [("1.4.0", "1.3.9"), ("1.4.0", "1.4.0-rc.1"), ("10.0.0", "9.9.9")] {
            let refused = try_step(installed, offered, b"other");
            assert!(matches!(refused, Err(VerifyError::Rollback { .. })), "{installed} to {offered}");
        }
    }

    #[test]
    fn the_same_version_with_other_content_is_refused() {
        for offered in ["1.4.0", "1.4.0+build.2"] {
            assert!(matches!(try_step("1.4.0", offered, b"other"), Err(VerifyError::Republished { .. })), "{offered}");
        }
    }

    #[test]
    fn the_same_envelope_changes_nothing_and_a_newer_version_is_an_upgrade() {
        assert_eq!(try_step("1.4.0", "1.4.0", b"envelope").unwrap(), Step::Same);
        assert_eq!(try_step("1.4.0", "1.10.0", b"other").unwrap(), Step::Upgrade);
    }

    #[test]
    fn without_an_installed_version_everything_is_the_first() {
        assert_eq!(step(None, (&Version::new(0, 0, 1), Digest::of(b""))).unwrap(), Step::First);
    }
}
