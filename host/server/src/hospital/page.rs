//! What an administrator sees of what is installed.

use cordon_core::grant::GrantedNeed;
use cordon_core::ids::{PluginId, TenantId};
use cordon_core::manifest::{Manifest, Need, OnWithheld, Source};
use serde_json::{Value, json};

use super::{Hospital, Undone, stored};

impl Hospital {
    pub(super) fn trusted(&self, tenant: &TenantId) -> Result<Value, Undone> {
        let keys = self.store(tenant)?.trust_keys(tenant).map_err(stored)?;
        Ok(keys
            .iter()
            .map(|key| json!({ "key": key.key, "namespace": key.namespace, "revoked": key.revoked_at.is_some() }))
            .collect())
    }

    pub(super) fn list(&self, tenant: &TenantId) -> Result<Value, Undone> {
        let row = |plugin: &cordon_store::StoredPlugin| {
            let title =
                self.reverify(tenant, &plugin.envelope, &plugin.component).map(|v| v.manifest().title.en.clone());
            json!({ "plugin": plugin.plugin, "version": plugin.version, "newest": plugin.highest, "enabled": plugin.enabled,
                "title": title.unwrap_or_else(|_| "does not verify: not served".to_owned()) })
        };
        Ok(self.store(tenant)?.installed(tenant).map_err(stored)?.iter().map(row).collect())
    }

    /// The page on which a hospital reads what a plugin asks for. It shows the newest version, which a grant would be for.
    pub(super) fn show(&self, tenant: &TenantId, plugin: &PluginId) -> Result<Value, Undone> {
        let used = self.stored(tenant, plugin)?;
        let (newest, verified) = self.newest_verified(tenant, plugin)?;
        let version = newest.version;
        let manifest = verified.manifest();
        let state = match (used.version == version, used.enabled) {
            (true, true) => "in use, switched on",
            (true, false) => "in use, switched off",
            (false, _) => "waiting for a grant; an older version is in use",
        };
        let granted = |need: &Need| if used.version == version { used.grant.needs.get(&need.name) } else { None };
        Ok(json!({
            "plugin": plugin, "version": version, "in-use": used.version, "state": state, "enabled": used.enabled,
            "title": manifest.title.en, "description": manifest.description.en, "intended-use": manifest.intended_use,
            "publisher": manifest.publisher, "contact": manifest.contact, "component": newest.component,
            "signed-by": verified.key(), "wit": manifest.wit,
            "wasi": manifest.wasi,
            "services": services(manifest),
            "needs": manifest.needs.values().map(|need| need_row(need, granted(need))).collect::<Vec<_>>(),
            "proposals": manifest.proposals.iter().map(|(name, p)| json!({ "name": name, "what": p.description("en") })).collect::<Vec<_>>(),
        }))
    }
}

fn services(manifest: &Manifest) -> Vec<Value> {
    let service = |service: &cordon_core::manifest::Service| json!({ "id": service.id, "hook": service.hook, "link": service.link.as_ref().map(|link| &link.url) });
    manifest.services.iter().map(service).collect()
}

fn need_row(need: &Need, granted: Option<&GrantedNeed>) -> Value {
    let asks_for = match &need.source {
        Source::Record(scope) => scope.to_string(),
        Source::DraftOrders => "the orders being written".to_owned(),
        Source::Selections => "the orders selected".to_owned(),
        Source::Encounter => "the encounter in context".to_owned(),
        Source::User => "the user's roles, not who the user is".to_owned(),
    };
    let withheld = match need.on_withheld {
        OnWithheld::Run => "runs without",
        OnWithheld::Abstain => "is not run",
    };
    json!({ "name": need.name, "asks-for": asks_for, "elements": need.elements.paths().join(", "), "newest": need.newest,
        "dates": need.dates, "ages": need.ages,
        "if-withheld": withheld, "why": need.why, "granted": granted })
}
