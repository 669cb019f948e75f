//! What a plugin keeps between calls, and what its publisher gives it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Failure;

#[cfg(not(target_family = "wasm"))]
use crate::memory as host;
#[cfg(target_family = "wasm")]
use crate::wasm as host;

/// Bytes of one read of a pack, well under the host's limit of 4 MiB for one transfer.
const CHUNK: u32 = 1 << 20;

/// A granted `[[cell]]`: what this plugin wrote in a call of the same patient, for the same purpose and under the same
/// clearance. A write is kept only if the call answers, and only if no other call wrote the cell meanwhile: a plugin works
/// without what it kept.
#[derive(Debug)]
pub struct Cell(pub(crate) host::Cell);

impl Cell {
    /// The most bytes that it holds: the manifest's `size`.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.0.size()
    }

    /// What it holds; after a write, what was written.
    #[must_use]
    pub fn read(&self) -> Option<Vec<u8>> {
        self.0.read()
    }

    /// Puts bytes in the place of what it holds.
    ///
    /// # Errors
    /// [`Failure::Internal`] for more than [`Cell::size`]: the host would end the call.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        if u64::try_from(bytes.len()).is_ok_and(|length| length <= u64::from(self.size())) {
            self.0.write(bytes);
            Ok(())
        } else {
            Err(Failure::Internal)
        }
    }

    /// Empties it.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// What it holds, as JSON. `None` if it holds nothing, or something that this version of the plugin does not read:
    /// an older one may have written it.
    #[must_use]
    pub fn read_json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.read()?).ok()
    }

    /// Puts a value in the place of what it holds, as JSON.
    ///
    /// # Errors
    /// [`Failure::Internal`] if that is longer than [`Cell::size`], or no JSON.
    pub fn write_json<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        self.write(&serde_json::to_vec(value).map_err(|_| Failure::Internal)?)
    }
}

/// A granted `[[pack]]`: JSON that fulfils the manifest's schema, signed by the publisher, the same for every patient.
#[derive(Debug)]
pub struct Pack(pub(crate) host::Pack);

impl Pack {
    /// The publisher's name for this state of it.
    #[must_use]
    pub fn version(&self) -> String {
        self.0.version()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Up to `limit` bytes from `offset`; past the end, none.
    #[must_use]
    pub fn read(&self, offset: u32, limit: u32) -> Vec<u8> {
        self.0.read(offset, limit)
    }

    /// All of it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut offset = 0;
        while offset < self.len() {
            bytes.append(&mut self.read(offset, CHUNK));
            offset = offset.saturating_add(CHUNK);
        }
        bytes
    }

    /// All of it as a type of the plugin's own, or as `serde_json::Value`.
    ///
    /// # Errors
    /// [`Failure::UnreadableData`] if it is not one.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.bytes()).map_err(|_| Failure::UnreadableData)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::prelude::*;
    use crate::testing::{Case, json};

    fn counts(call: &Call) -> Answer {
        let cell = call.cell("count")?;
        let before: u8 = cell.read_json().unwrap_or(0);
        cell.write_json(&(before + 1))?;
        let again: Option<u8> = call.cell("count")?.read_json();
        call.note(7, &[u32::from(before)]);
        Ok(vec![Card::info(format!("{before}, then {again:?}"))?])
    }

    fn case() -> Case {
        Case::new("patient-view", "x")
    }

    #[test]
    fn a_cell_that_was_not_granted_is_a_missing_need() {
        assert_eq!(case().run(counts), Err(Failure::MissingNeed));
    }

    #[test]
    fn what_is_written_is_read_again_in_the_same_call_and_shown_to_the_test() {
        let run = case().cell("count", 64, Some(b"4")).observe(counts);
        assert_eq!(run.answer.unwrap()[0].summary(), "4, then Some(5)");
        assert_eq!(run.cells, BTreeMap::from([("count".to_owned(), Some(b"5".to_vec()))]));
        assert_eq!(run.notes, [(7, vec![4])]);
        // Each run starts from what the case gives.
        let case = case().cell("count", 64, None);
        assert_eq!(case.run(counts), case.run(counts));
    }

    #[test]
    fn nothing_is_kept_of_a_run_that_failed() {
        fn fails(call: &Call) -> Answer {
            call.cell("count")?.clear();
            Err(Failure::Internal)
        }
        assert_eq!(case().cell("count", 64, Some(b"4")).observe(fails).cells, BTreeMap::new());
    }

    #[test]
    fn more_than_a_cell_holds_is_not_written() {
        fn long(call: &Call) -> Answer {
            call.cell("count")?.write(&[0; 65])?;
            Ok(Vec::new())
        }
        assert_eq!(case().cell("count", 64, None).run(long), Err(Failure::Internal));
        assert_eq!(case().cell("count", 256, None).run(long), Ok(Vec::new()));
    }

    #[test]
    fn a_pack_is_read_whole_and_in_pieces() {
        fn reads(call: &Call) -> Answer {
            let pack = call.pack("doses")?;
            let doses: BTreeMap<String, u32> = pack.json()?;
            let beyond = pack.read(pack.len(), 10).len() + pack.read(u32::MAX, u32::MAX).len();
            let piece = String::from_utf8(pack.read(2, 3)).map_err(|_| Failure::Internal)?;
            Ok(vec![Card::info(format!("{} {doses:?} {piece} {beyond}", pack.version()))?])
        }
        let run = |pack| case().pack("doses", "2024-03", pack).run(reads);
        assert_eq!(run(json!({"metformin": 1000})).unwrap()[0].summary(), "2024-03 {\"metformin\": 1000} met 0");
        assert_eq!(run(json!(["metformin"])), Err(Failure::UnreadableData));
        assert_eq!(case().run(reads), Err(Failure::MissingNeed));
    }

    #[test]
    fn what_the_host_would_stop_fails_here_too() {
        fn noisy(call: &Call) -> Answer {
            (0..33).for_each(|at| call.note(1, &[at]));
            Ok(Vec::new())
        }
        fn wordy(call: &Call) -> Answer {
            call.note(1, &[1, 2, 3, 4, 5]);
            Ok(Vec::new())
        }
        assert_eq!((case().run(noisy), case().run(wordy)), (Err(Failure::Internal), Err(Failure::Internal)));
    }
}
