//! What leaves through the hospital's own hands, and what it takes in for a plugin: the ledger of a grant, quarantine, data
//! packs, pinned copies, and the release of what a failed call saw.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordon_core::disclosure::{Disclosure, disclosure};
use cordon_core::grant::Powers;
use cordon_core::ids::{Digest, EntryName, MintedId, PluginId, TenantId};
use cordon_core::manifest::{Manifest, Media};
use cordon_core::record::AdminAction;
use cordon_core::release::release_diagnosis;
use cordon_core::transcript::Transcript;
use cordon_store::Quarantined;
use serde_json::{Value, json};

use super::{Because, Done, Hospital, Prepared, Undone, look, stored};
use crate::admin::protocol::DiagnoseAct;
use crate::clock;

/// The most bytes of a pinned copy.
const MOST_COPY: usize = 8 << 20;

fn refused(kind: &'static str, message: impl Into<String>) -> Undone {
    Undone::Refused { kind, message: message.into() }
}

impl Hospital {
    /// What the grant in force lets out; of a version that waits for one, what the usual grant would.
    pub(super) fn disclosure<'a>(&'a self, tenant: &'a TenantId, plugin: &'a PluginId) -> Result<Prepared<'a>, Undone> {
        let used = self.stored(tenant, plugin)?;
        let (newest, verified) = self.newest_verified(tenant, plugin)?;
        let in_force = used.version == newest.version && used.grant.check(verified.manifest()).is_ok();
        let powers = if in_force { used.grant.powers } else { Powers::usual(verified.manifest()) };
        let shown = self.disclosed(verified.manifest(), &powers);
        Ok(look(
            "what a grant lets out",
            json!({ "plugin": plugin, "version": newest.version, "in-force": in_force, "discloses": shown,
                "most-millibits": self.most_undeclared }),
        ))
    }

    fn disclosed(&self, manifest: &Manifest, powers: &Powers) -> Disclosure {
        disclosure(manifest, powers, self.latency)
    }

    /// Refuses a grant whose undeclared channels are wider than the hospital's bound.
    pub(super) fn check_disclosure(&self, manifest: &Manifest, powers: &Powers) -> Result<Disclosure, Undone> {
        let shown = self.disclosed(manifest, powers);
        if shown.millibits <= self.most_undeclared {
            return Ok(shown);
        }
        let bits = |millibits: u32| format!("{}.{:03}", millibits / 1_000, millibits % 1_000);
        let message = format!(
            "beside its cards this plugin could tell {} bits a call, and `undeclared-bits` allows {}: see `cordon grant show`",
            bits(shown.millibits),
            bits(self.most_undeclared)
        );
        Err(refused("tells-too-much", message))
    }

    pub(super) fn quarantine<'a>(
        &'a self,
        tenant: &'a TenantId,
        because: Because<'a>,
        plugin: &'a PluginId,
        on: bool,
    ) -> Result<Prepared<'a>, Undone> {
        self.stored(tenant, plugin)?;
        let new = Quarantined {
            plugin: plugin.clone(),
            at: clock::now(),
            by: because.admin.as_str().to_owned(),
            reason: because.reason.to_owned(),
        };
        let effect = move |hospital: &Hospital| {
            let store = hospital.store(tenant)?;
            if on {
                store.quarantine(tenant, &new).map_err(stored)?;
            } else {
                store.end_quarantine(tenant, plugin).map_err(stored)?;
            }
            Ok(json!({ "plugin": plugin, "quarantined": on }))
        };
        Ok(Prepared { action: AdminAction::Quarantine { plugin: plugin.clone(), on }, effect: Box::new(effect) })
    }

    pub(super) fn take_pack<'a>(
        &'a self,
        tenant: &'a TenantId,
        because: Because<'a>,
        plugin: &'a PluginId,
        name: &'a EntryName,
        file: &str,
    ) -> Result<Prepared<'a>, Undone> {
        let file = STANDARD.decode(file).map_err(|_| refused("malformed-pack", "the pack is not base64"))?;
        let checked = self.check_pack(tenant, plugin, name, &file)?;
        let digest = checked.digest();
        let action = AdminAction::Pack { plugin: plugin.clone(), name: name.clone(), digest: Some(digest) };
        let effect = move |hospital: &Hospital| {
            hospital.put_pack(tenant, &checked, (because.admin.as_str(), because.reason))?;
            Ok(json!({ "plugin": plugin, "pack": name, "digest": digest }))
        };
        Ok(Prepared { action, effect: Box::new(effect) })
    }

    /// Takes in a copy of what a link or an icon of the newest version leads to: its bytes are those that were signed.
    pub(super) fn take_copy<'a>(
        &'a self,
        tenant: &'a TenantId,
        plugin: &'a PluginId,
        file: &str,
    ) -> Result<Prepared<'a>, Undone> {
        let bytes = STANDARD.decode(file).map_err(|_| refused("malformed-copy", "the copy is not base64"))?;
        if bytes.len() > MOST_COPY {
            return Err(refused("malformed-copy", "a copy has at most 8 MiB"));
        }
        let (_, verified) = self.newest_verified(tenant, plugin)?;
        let digest = Digest::of(&bytes);
        let media = pinned(verified.manifest(), &digest).ok_or_else(|| {
            refused("not-asked-for", format!("no link or icon of the plugin has the digest {digest}"))
        })?;
        let effect = move |hospital: &Hospital| {
            hospital.store(tenant)?.put_copy(tenant, media, &bytes).map_err(stored)?;
            Ok(json!({ "plugin": plugin, "digest": digest, "type": media }))
        };
        Ok(Prepared { action: AdminAction::Copy { plugin: plugin.clone(), digest }, effect: Box::new(effect) })
    }

    pub(super) fn failed_calls(&self, tenant: &TenantId) -> Done {
        let kept = self.store(tenant)?.transcripts(tenant).map_err(stored)?;
        Ok(kept
            .iter()
            .map(|one| json!({ "invocation": one.invocation, "plugin": one.plugin, "at": one.at.to_string() }))
            .collect())
    }

    pub(super) fn transcript(&self, tenant: &TenantId, invocation: &MintedId) -> Result<Transcript, Undone> {
        let kept = self.store(tenant)?.transcript(tenant, invocation.as_str()).map_err(stored)?;
        kept.ok_or_else(|| refused("unknown-invocation", "no failed call of this id is kept"))
    }

    /// Releases what is named of a failed call, sealed for one key: nobody else on the way can read it.
    pub(super) fn diagnose<'a>(&'a self, tenant: &'a TenantId, act: &'a DiagnoseAct) -> Result<Prepared<'a>, Undone> {
        let to: age::x25519::Recipient =
            act.to.parse().map_err(|_| refused("malformed-key", "the key is not an age X25519 recipient, `age1…`"))?;
        let transcript = self.transcript(tenant, &act.invocation)?;
        let released = release_diagnosis(&transcript, &act.keep, &act.strike)
            .map_err(|error| refused("not-released", error.to_string()))?
            .bytes();
        let digest = Digest::of(&released);
        let sealed =
            age::encrypt_and_armor(&to, &released).map_err(|_| Undone::Failed("the diagnosis could not be sealed"))?;
        let action = AdminAction::Diagnose { invocation: act.invocation.clone(), released: digest, to: act.to.clone() };
        let said = json!({ "invocation": act.invocation, "released": digest, "to": act.to, "sealed": sealed });
        Ok(Prepared { action, effect: Box::new(move |_| Ok(said)) })
    }
}

/// What the manifest pins under this digest.
fn pinned(manifest: &Manifest, digest: &Digest) -> Option<Media> {
    let links = manifest.services.iter().filter_map(|service| service.link.as_ref()?.copy.as_ref());
    links.chain(&manifest.source.icon).find(|pinned| pinned.digest == *digest).map(|pinned| pinned.media)
}

/// What a look at a transcript is called in the record.
pub(super) fn look_at(transcript: &Transcript) -> Value {
    serde_json::to_value(transcript).unwrap_or_default()
}
