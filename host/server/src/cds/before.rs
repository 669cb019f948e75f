//! How often cells were shredded before anything of a call was decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use cordon_core::cells::{CellKey, Held};
use cordon_core::grant::Installed;
use cordon_core::ids::{EntryName, PluginId, TenantId};
use cordon_core::message::PackData;
use cordon_core::ports::{Kept, KeptError};

/// What is kept, with the count as it was before the grant was read: a change of the grant in between is seen, and what the
/// call writes is then dropped.
pub(super) struct Before<'a> {
    kept: &'a dyn Kept,
    shreds: Result<u64, KeptError>,
}

impl<'a> Before<'a> {
    /// To be made before the plugin is looked up for the call, from what serves it now. Only who may have cells pays for it;
    /// who was given some since writes none that was ever shredded.
    pub(super) fn of(kept: &'a dyn Kept, tenant: &TenantId, serving: &[Arc<Installed>]) -> Self {
        let cells = serving.iter().any(|installed| !installed.powers.cells.is_empty());
        Self { kept, shreds: if cells { kept.shreds(tenant) } else { Ok(0) } }
    }
}

impl Kept for Before<'_> {
    fn cells(&self, key: &CellKey) -> Result<BTreeMap<EntryName, Held>, KeptError> {
        self.kept.cells(key)
    }

    fn shreds(&self, _: &TenantId) -> Result<u64, KeptError> {
        self.shreds.clone()
    }

    fn pack(&self, tenant: &TenantId, plugin: &PluginId, name: &EntryName) -> Result<Option<Arc<PackData>>, KeptError> {
        self.kept.pack(tenant, plugin, name)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use cordon_core::grant::Grant;
    use cordon_core::ids::Digest;
    use cordon_core::manifest::Manifest;
    use cordon_core::ports::KeepsNothing;

    use super::*;

    /// Counts a shred whenever it is asked.
    struct Shredding(AtomicU64);

    impl Kept for Shredding {
        fn cells(&self, key: &CellKey) -> Result<BTreeMap<EntryName, Held>, KeptError> {
            KeepsNothing.cells(key)
        }

        fn shreds(&self, _: &TenantId) -> Result<u64, KeptError> {
            Ok(self.0.fetch_add(1, Ordering::Relaxed))
        }

        fn pack(&self, a: &TenantId, b: &PluginId, c: &EntryName) -> Result<Option<Arc<PackData>>, KeptError> {
            KeepsNothing.pack(a, b, c)
        }
    }

    fn installed(cells: &[&str]) -> Arc<Installed> {
        let manifest = Manifest::parse(
            "id = \"org.example.x\"\nversion = \"1.0.0\"\nwit = \"cordon:clinical@0.2.0\"\ntitle = { en = \"x\" }\n\
             description = { en = \"x\" }\nintended-use = \"x\"\npublisher = \"x\"\ncontact = \"x\"\n\
             source = { label = \"x\" }\ncards = { mode = \"text\" }\n\
             [[service]]\nid = \"x\"\nhook = \"patient-view\"\ndescription = \"x\"\n",
        )
        .unwrap();
        let granted = Installed::new(manifest, Digest::of(b""), Digest::of(b""), &Grant::default()).unwrap();
        let mut powers = granted.powers.clone();
        powers.cells = cells.iter().map(|name| EntryName::new(*name).unwrap()).collect();
        Arc::new(Installed { powers, ..granted })
    }

    #[test]
    fn a_shred_after_the_plugin_was_looked_up_is_not_counted() {
        let (kept, tenant) = (Shredding(AtomicU64::new(7)), TenantId::new("north").unwrap());
        let before = Before::of(&kept, &tenant, &[installed(&[]), installed(&["last"])]);
        assert_eq!([before.shreds(&tenant), before.shreds(&tenant)], [Ok(7), Ok(7)]);
        let without = Before::of(&kept, &tenant, &[installed(&[])]);
        assert_eq!(without.shreds(&tenant), Ok(0));
    }
}
