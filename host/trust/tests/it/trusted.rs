//! What is accepted, and that nothing next to it is.

use cordon_core::ids::Digest;
use cordon_trust::key::SecretKey;
use cordon_trust::sign::{SignError, sign};
use cordon_trust::verify::{VerifyError, verify};
use cordon_trust::version::{Step, check_version};
use proptest::prelude::*;
use semver::Version;

use crate::publisher::{COMPONENT, MANIFEST, PUBLISHER, hospital, key_id};

fn package() -> Vec<u8> {
    sign(MANIFEST, COMPONENT, &SecretKey::generate(PUBLISHER)).unwrap()
}

#[test]
fn what_the_publisher_signed_is_accepted_byte_for_byte() {
    let envelope = package();
    let plugin = verify(&envelope, COMPONENT, &hospital()).unwrap();
    assert_eq!(plugin.manifest_text(), MANIFEST);
    assert_eq!(plugin.manifest().version, Version::new(1, 4, 0));
    assert_eq!(plugin.component(), Digest::of(COMPONENT));
    assert_eq!(plugin.envelope(), Digest::of(&envelope));
    assert_eq!(*plugin.key(), key_id(PUBLISHER));
}

#[test]
fn signing_gives_the_same_bytes_for_ever() {
    assert_eq!(Digest::of(&package()).hex(), "400205d60c02abb347f7be9bb1ccdaf48b7a8d0315fe5d502fe39163f0f45a90");
}

#[test]
fn a_manifest_that_no_host_would_take_is_not_signed() {
    let refused = sign(&format!("{MANIFEST}unknown = 1\n"), COMPONENT, &SecretKey::generate(PUBLISHER));
    assert!(matches!(refused, Err(SignError::Manifest(_))));
}

#[test]
fn a_verified_plugin_is_compared_with_what_was_installed() {
    let plugin = verify(&package(), COMPONENT, &hospital()).unwrap();
    let newer = Version::new(1, 5, 0);
    let refused = check_version(Some((&newer, Digest::of(b"newer"))), &plugin);
    assert!(matches!(refused, Err(VerifyError::Rollback { .. })));
    assert_eq!(check_version(Some((&Version::new(1, 4, 0), plugin.envelope())), &plugin).unwrap(), Step::Same);
}

#[test]
fn no_changed_bit_of_the_component_is_accepted() {
    let envelope = package();
    for bit in 0..COMPONENT.len() * 8 {
        let mut component = COMPONENT.to_vec();
        component[bit / 8] ^= 1 << (bit % 8);
        let refused = verify(&envelope, &component, &hospital());
        assert!(matches!(refused, Err(VerifyError::ComponentDiffers { .. })), "bit {bit}");
    }
}

#[test]
fn no_changed_bit_of_the_envelope_is_accepted() {
    let envelope = package();
    for bit in 0..envelope.len() * 8 {
        let mut changed = envelope.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&changed, COMPONENT, &hospital()).is_err(), "bit {bit}");
    }
}

proptest! {
    #[test]
    fn no_changed_byte_of_the_envelope_is_accepted(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let envelope = package();
        let at = at.index(envelope.len());
        prop_assume!(envelope[at] != byte);
        let mut changed = envelope;
        changed[at] = byte;
        prop_assert!(verify(&changed, COMPONENT, &hospital()).is_err());
    }

    #[test]
    fn bytes_that_nobody_signed_are_refused_and_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(matches!(verify(&bytes, COMPONENT, &hospital()), Err(VerifyError::Malformed(_))));
    }
}
