//! Vectors that others published.
//!
//! `ed25519-speccheck.json` holds the 12 vectors of github.com/novifinancial/ed25519-speccheck (`cases.json`, commit
//! 65519336), described in "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020), table 5.

use cordon_trust::key::{KeyError, PublicKey};
use serde::Deserialize;

const SPECCHECK: &str = include_str!("../data/ed25519-speccheck.json");

#[derive(Deserialize)]
struct Vector {
    message: String,
    pub_key: String,
    signature: String,
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn key(vector: &Vector) -> Result<PublicKey, KeyError> {
    PublicKey::from_bytes(&bytes(&vector.pub_key).try_into().unwrap())
}

fn accepted(vector: &Vector) -> bool {
    let signature = bytes(&vector.signature).try_into().unwrap();
    key(vector).is_ok_and(|key| key.verifies(&bytes(&vector.message), &signature))
}

fn which(holds: impl Fn(&Vector) -> bool) -> Vec<usize> {
    let vectors: Vec<Vector> = serde_json::from_str(SPECCHECK).unwrap();
    assert_eq!(vectors.len(), 12);
    vectors.iter().enumerate().filter(|(_, vector)| holds(vector)).map(|(index, _)| index).collect()
}

#[test]
fn of_the_speccheck_vectors_exactly_number_3_is_accepted() {
    assert_eq!(which(accepted), [3]);
}

#[test]
fn the_small_order_keys_of_speccheck_are_refused_at_enrolment() {
    assert_eq!(which(|vector| key(vector) == Err(KeyError::Weak)), [0, 1, 10, 11]);
}
