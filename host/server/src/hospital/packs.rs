//! Data packs: whoever brings one, an administrator or the host's own fetch, it is verified the same way, and the one in use
//! stays until the new one was. What is in use is verified again when the host starts and after every act, so that a
//! revoked key and a new version's schema reach it: a pack that no longer fits is as one that never came.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use cordon_core::cells::{CellKey, Held};
use cordon_core::grant::{Installed, PackFrom};
use cordon_core::ids::{Digest, EntryName, PluginId, TenantId};
use cordon_core::manifest::Pack;
use cordon_core::message::PackData;
use cordon_core::ports::{Kept, KeptError};
use cordon_core::record::AdminAction;
use cordon_store::{NewPack, PackPut, StoredPack};
use cordon_trust::pack::{ExpectedPack, PackError, VerifiedPack, verify_pack};
use cordon_trust::schema::check_pack;
use cordon_trust::store::TrustStore;

use super::{Hospital, Undone, kind, stored};
use crate::cds::state::Services as _;
use crate::clock;

/// A pack that was checked completely and waits for its record.
pub(crate) struct CheckedPack {
    verified: VerifiedPack,
    envelope: Vec<u8>,
}

impl CheckedPack {
    /// The digest of its bytes.
    pub(crate) fn digest(&self) -> Digest {
        self.verified.digest()
    }
}

/// One pack that a grant has the host fetch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fetched {
    pub(crate) tenant: TenantId,
    pub(crate) plugin: PluginId,
    pub(crate) name: EntryName,
    pub(crate) url: String,
    pub(crate) most_bytes: usize,
}

impl Hospital {
    /// Checks a signed pack for a plugin that is installed: signature, plugin, name, serial, size and schema. Nothing has
    /// changed yet.
    pub(crate) fn check_pack(
        &self,
        tenant: &TenantId,
        plugin: &PluginId,
        name: &EntryName,
        file: &[u8],
    ) -> Result<CheckedPack, Undone> {
        let pack = self.asked(tenant, plugin, name)?;
        let newest = self.store(tenant)?.pack(tenant, plugin, name).map_err(stored)?;
        let newest = newest.map(|newest| (newest.serial, Digest::of(&newest.envelope)));
        let expected = ExpectedPack { plugin, pack: name, most_bytes: most(&pack), newest };
        let verified = verify_pack(file, &expected, &self.keys(tenant)?).map_err(|error| refused(&error))?;
        check_pack(&pack.schema, verified.bytes())
            .map_err(|error| Undone::Refused { kind: "pack-breaks-schema", message: error.to_string() })?;
        let envelope = file.split(|byte| *byte == b'\n').next().unwrap_or_default().to_vec();
        Ok(CheckedPack { verified, envelope })
    }

    /// Puts a checked pack in use.
    pub(crate) fn put_pack(
        &self,
        tenant: &TenantId,
        checked: &CheckedPack,
        because: (&str, &str),
    ) -> Result<PackPut, Undone> {
        let CheckedPack { verified, envelope } = checked;
        let claim = verified.claim();
        let new = NewPack {
            plugin: &claim.plugin,
            name: &claim.pack,
            serial: claim.serial,
            version: &claim.version,
            envelope,
            bytes: verified.bytes(),
            at: clock::now(),
            by: because.0,
            reason: because.1,
        };
        self.store(tenant)?.put_pack(tenant, &new).map_err(|_| Undone::Failed("the store failed"))
    }

    /// Takes in what the host fetched: checked, recorded if it is new, put in use.
    pub(crate) fn take_fetched(&self, of: &Fetched, file: &[u8]) -> Result<PackPut, Undone> {
        const BECAUSE: (&str, &str) = ("host", "fetched at its slot, as granted");
        let acting = self.acting.get(&of.tenant).ok_or_else(|| kind::unknown_tenant(&of.tenant))?;
        let _one_at_a_time = acting.lock().unwrap_or_else(PoisonError::into_inner);
        let checked = self.check_pack(&of.tenant, &of.plugin, &of.name, file)?;
        let newest = self.store(&of.tenant)?.pack(&of.tenant, &of.plugin, &of.name).map_err(stored)?;
        if newest.is_some_and(|newest| newest.serial == checked.verified.claim().serial) {
            return Ok(PackPut::Known);
        }
        let (plugin, name, digest) = (of.plugin.clone(), of.name.clone(), Some(checked.digest()));
        self.record_own(&of.tenant, AdminAction::Pack { plugin, name, digest }, BECAUSE)?;
        let put = self.put_pack(&of.tenant, &checked, BECAUSE)?;
        self.follow(&of.tenant)?;
        Ok(put)
    }

    /// Every pack that a grant has the host fetch, of every tenant. Grants and manifests decide, and nothing else: not
    /// whether a plugin is enabled, in quarantine, failing or called.
    pub(crate) fn fetched(&self) -> BTreeSet<Fetched> {
        let of_tenant = |tenant: &TenantId| {
            let installed = self.installed(tenant).unwrap_or_default();
            installed.iter().flat_map(|installed| fetched(tenant, installed)).collect::<Vec<_>>()
        };
        self.stores.iter().flat_map(|store| of_tenant(store.tenant())).collect()
    }

    /// The manifest's entry for a pack of the version in use.
    fn asked(&self, tenant: &TenantId, plugin: &PluginId, name: &EntryName) -> Result<Pack, Undone> {
        let installed = self.installed(tenant).map_err(|_| Undone::Failed("the list of plugins could not be read"))?;
        let installed = installed.iter().find(|installed| installed.manifest.id == *plugin);
        let installed = installed.ok_or_else(|| kind::unknown(plugin))?;
        installed.manifest.packs.get(name).cloned().ok_or_else(|| Undone::Refused {
            kind: "not-asked-for",
            message: format!("the manifest of `{plugin}` has no pack `{name}`"),
        })
    }

    /// The packs in use that no longer pass: they are not given to any call.
    pub(super) fn unfit(&self, tenant: &TenantId, serving: &[Arc<Installed>]) -> Result<Unfit, Undone> {
        let keys = self.keys(tenant)?;
        let mut unfit = BTreeSet::new();
        for manifest in serving.iter().map(|installed| &installed.manifest) {
            for (name, asked) in &manifest.packs {
                let Some(in_use) = self.store(tenant)?.pack(tenant, &manifest.id, name).map_err(stored)? else {
                    continue;
                };
                if !self.passes(tenant, &manifest.id, asked, &in_use, &keys)? {
                    tracing::error!(%tenant, plugin = %manifest.id, pack = %name, "a data pack does not verify: not given");
                    unfit.insert((manifest.id.clone(), name.clone()));
                }
            }
        }
        Ok(unfit)
    }

    fn passes(
        &self,
        tenant: &TenantId,
        plugin: &PluginId,
        asked: &Pack,
        in_use: &StoredPack,
        keys: &TrustStore,
    ) -> Result<bool, Undone> {
        let bytes = self.store(tenant)?.pack_bytes(tenant, plugin, &asked.name, &in_use.digest).map_err(stored)?;
        let Some(bytes) = bytes else { return Ok(false) };
        let file = [in_use.envelope.as_slice(), b"\n", &bytes].concat();
        let expected = ExpectedPack { plugin, pack: &asked.name, most_bytes: most(asked), newest: None };
        Ok(verify_pack(&file, &expected, keys).is_ok() && check_pack(&asked.schema, &bytes).is_ok())
    }
}

/// Packs that no call gets, of one tenant.
pub(super) type Unfit = BTreeSet<(PluginId, EntryName)>;

impl Kept for Hospital {
    fn cells(&self, key: &CellKey) -> Result<BTreeMap<EntryName, Held>, KeptError> {
        self.stores.cells(key)
    }

    fn shreds(&self, tenant: &TenantId) -> Result<u64, KeptError> {
        self.stores.shreds(tenant)
    }

    fn pack(&self, tenant: &TenantId, plugin: &PluginId, name: &EntryName) -> Result<Option<Arc<PackData>>, KeptError> {
        let unfit = self.unfit.read().unwrap_or_else(PoisonError::into_inner);
        if unfit.get(tenant).ok_or(KeptError)?.contains(&(plugin.clone(), name.clone())) {
            return Ok(None);
        }
        drop(unfit);
        self.stores.pack(tenant, plugin, name)
    }
}

fn fetched(tenant: &TenantId, installed: &Installed) -> Vec<Fetched> {
    let manifest = &installed.manifest;
    let granted = installed.powers.packs.iter().filter(|(_, from)| match from {
        PackFrom::Fetch => true,
        PackFrom::File => false,
    });
    let fetched = granted.filter_map(|(name, _)| {
        let pack = manifest.packs.get(name)?;
        let (tenant, plugin, name) = (tenant.clone(), manifest.id.clone(), name.clone());
        Some(Fetched { tenant, plugin, name, url: pack.url.clone()?, most_bytes: most(pack) })
    });
    fetched.collect()
}

fn most(pack: &Pack) -> usize {
    usize::try_from(pack.most_bytes).unwrap_or(usize::MAX)
}

/// The typed reason for which a pack was not taken.
fn refused(error: &PackError) -> Undone {
    let kind = match error {
        PackError::Signature(error) => return kind::verify(error),
        PackError::NotAPack | PackError::Malformed(_) => "malformed-pack",
        PackError::OtherPlugin { .. } | PackError::OtherPack { .. } => "other-pack",
        PackError::TooLarge { .. } => "pack-too-large",
        PackError::BytesDiffer { .. } => "pack-bytes-differ",
        PackError::Older { .. } => "older-pack",
        PackError::Republished { .. } => "republished-pack",
    };
    Undone::Refused { kind, message: error.to_string() }
}
