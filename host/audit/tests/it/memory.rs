//! A log in memory that anybody may change.

use std::collections::BTreeMap;

use cordon_audit::checkpoint::{Origin, SignerKey};
use cordon_audit::leaf::{Leaf, encode};
use cordon_audit::ports::{HashRead, LogRead, ReadError};
use cordon_audit::tree::append;
use cordon_core::ids::TenantId;
use cordon_core::record::{Event, Private, Record};

#[derive(Clone, Default)]
pub(crate) struct MemoryLog {
    pub(crate) leaves: Vec<Option<Vec<u8>>>,
    pub(crate) privates: Vec<Option<Vec<u8>>>,
    pub(crate) hashes: BTreeMap<u64, [u8; 32]>,
    pub(crate) checkpoints: Vec<String>,
}

pub(crate) fn key(seed: u8) -> SignerKey {
    SignerKey::new(Origin::new("cordon/hospital.example").unwrap(), [seed; 32])
}

pub(crate) fn record(number: u8) -> Record {
    Record {
        tenant: TenantId::new("ward").unwrap(),
        at: "2026-11-22T03:00:00Z".parse().unwrap(),
        event: Event::Started { host: format!("0.1.{number}") },
        private: Private { admin: Some(format!("admin {number}")), ..Private::default() },
    }
}

/// A salt of its own for every leaf, so that the same records give the same log however they are grouped.
fn spread(number: u64) -> [u8; 32] {
    let mut salt = [0; 32];
    salt[..8].copy_from_slice(&number.to_be_bytes());
    salt
}

impl MemoryLog {
    /// A log that took records in groups, with a checkpoint after each.
    pub(crate) fn of(groups: &[u8]) -> Self {
        let mut log = Self::default();
        for group in groups {
            let first = u8::try_from(log.leaves.len()).unwrap();
            log.take(&(first..first + group).map(record).collect::<Vec<_>>(), &key(1));
        }
        log
    }

    pub(crate) fn take(&mut self, records: &[Record], key: &SignerKey) {
        let salts = self.leaves.len() as u64..;
        let encoded: Vec<_> =
            records.iter().zip(salts).map(|(record, salt)| encode(record, spread(salt)).unwrap()).collect();
        let leaves: Vec<Leaf> = encoded.iter().map(|(leaf, _)| leaf.clone()).collect();
        let appended = append(self.leaves.len() as u64, &leaves, self).unwrap();
        self.hashes.extend(appended.hashes);
        self.leaves.extend(leaves.iter().map(|leaf| Some(leaf.as_bytes().to_vec())));
        self.privates.extend(encoded.iter().map(|(_, private)| Some(private.as_bytes().to_vec())));
        self.checkpoints.push(key.sign(&appended.head).unwrap());
    }
}

impl HashRead for MemoryLog {
    fn hash(&self, index: u64) -> Result<[u8; 32], ReadError> {
        self.hashes.get(&index).copied().ok_or(ReadError)
    }
}

impl LogRead for MemoryLog {
    fn size(&self) -> Result<u64, ReadError> {
        Ok(self.leaves.len() as u64)
    }

    fn leaf(&self, index: u64) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.leaves.get(usize::try_from(index).unwrap()).cloned().flatten())
    }

    fn private(&self, index: u64) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.privates.get(usize::try_from(index).unwrap()).cloned().flatten())
    }

    fn checkpoints(&self) -> Result<Vec<String>, ReadError> {
        Ok(self.checkpoints.clone())
    }
}
