//! Rows that were parsed lately. Several plugins look at the same record when a chart is opened, and a clinician opens it again:
//! a row of the same bytes is parsed once. What a row is known by is the digest of its bytes, so nothing here can be out of
//! date. It stays within this process and one tenant's store.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cordon_core::ids::Digest;
use cordon_core::lately::Lately;
use cordon_fhir::json::{JsonError, JsonLimits, parse};
use serde_json::Value;

/// The most bytes of rows that are kept, as JSON texts: as trees they take up about fifteen times as much.
const MOST_BYTES: usize = 2 << 20;

/// The rows, up to [`MOST_BYTES`]. Prints nothing of them.
pub(crate) struct Parsed(Mutex<Lately<Digest, Arc<Value>>>);

impl Default for Parsed {
    fn default() -> Self {
        Self(Mutex::new(Lately::new(MOST_BYTES)))
    }
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parsed(…)")
    }
}

impl Parsed {
    /// The row with this text.
    pub(crate) fn row(&self, text: &[u8]) -> Result<Arc<Value>, JsonError> {
        let digest = Digest::of(text);
        if let Some(row) = self.held(|held| held.get(&digest)) {
            return Ok(row);
        }
        let row = Arc::new(parse(text, JsonLimits::default())?);
        self.held(|held| held.keep(digest, Arc::clone(&row), text.len()));
        Ok(row)
    }

    // A panic cannot leave more than a row that is counted and not there.
    fn held<T>(&self, act: impl FnOnce(&mut Lately<Digest, Arc<Value>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(n: usize, bytes: usize) -> Vec<u8> {
        format!(r#"{{"n":{n},"x":"{}"}}"#, "x".repeat(bytes)).into_bytes()
    }

    #[test]
    fn the_same_bytes_are_one_row_and_other_bytes_another() {
        let parsed = Parsed::default();
        let one = parsed.row(&text(1, 10)).unwrap();
        assert!(Arc::ptr_eq(&one, &parsed.row(&text(1, 10)).unwrap()));
        assert_eq!(parsed.row(&text(2, 10)).unwrap()["n"], 2);
        assert!(parsed.row(b"{").is_err());
        assert!(parsed.row(br#"{"a":1,"a":2}"#).is_err());
    }

    #[test]
    fn what_is_kept_has_a_bound_and_what_was_not_asked_for_goes_first() {
        let parsed = Parsed::default();
        let (first, second) = (parsed.row(&text(0, 60_000)).unwrap(), parsed.row(&text(1, 60_000)).unwrap());
        for n in 2..100 {
            let _ = parsed.row(&text(n, 60_000)).unwrap();
            assert!(Arc::ptr_eq(&first, &parsed.row(&text(0, 60_000)).unwrap()), "it is asked for again");
        }
        assert!(!Arc::ptr_eq(&second, &parsed.row(&text(1, 60_000)).unwrap()));
        let large = parsed.row(&text(1, MOST_BYTES / 32)).unwrap();
        assert!(!Arc::ptr_eq(&large, &parsed.row(&text(1, MOST_BYTES / 32)).unwrap()));
    }
}
