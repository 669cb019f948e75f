//! Cells in memory, kept as a store keeps them: under their whole key, compared and set with the record.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use cordon_core::cells::{CellKey, CellWrite, Held};
use cordon_core::ids::{EntryName, PluginId, TenantId};
use cordon_core::message::PackData;
use cordon_core::ports::{Kept, KeptError};

/// The cells of every plugin and patient.
#[derive(Default)]
pub struct Cells(RefCell<BTreeMap<(CellKey, EntryName), Held>>);

impl Cells {
    /// Writes, unless the cell was written since it was read.
    pub fn write(&self, write: &CellWrite) {
        let at = (write.key.clone(), write.name.clone());
        let mut cells = self.0.borrow_mut();
        let there = cells.get(&at).map(|held| held.version);
        if there != write.read {
            return;
        }
        match &write.bytes {
            None => cells.remove(&at),
            Some(bytes) => {
                let version = there.unwrap_or_default().saturating_add(1);
                cells.insert(at, Held { version, bytes: bytes.clone() })
            }
        };
    }

    /// How many hold something.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.borrow().len()
    }
}

impl Kept for Cells {
    fn cells(&self, key: &CellKey) -> Result<BTreeMap<EntryName, Held>, KeptError> {
        let cells = self.0.borrow();
        let mine = cells.iter().filter(|((owner, _), _)| owner == key);
        Ok(mine.map(|((_, name), held)| (name.clone(), held.clone())).collect())
    }

    fn pack(&self, _: &TenantId, _: &PluginId, _: &EntryName) -> Result<Option<Arc<PackData>>, KeptError> {
        Ok(None)
    }
}
