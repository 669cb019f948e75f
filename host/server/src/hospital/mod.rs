//! What the hospital decides: whom it trusts, what is installed, what was granted, what is switched on.
//!
//! Every act that changes something is recorded, with who and why, before it takes effect; a refused one is recorded too.

mod code;
mod gate;
mod kind;
mod load;
mod named;
mod packs;
mod page;
mod policy;
mod shred;
mod strangers;
#[cfg(test)]
pub(crate) mod tests;
mod view;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cordon_core::disclosure::Latency;
use cordon_core::grant::{Grant, Installed, Powers};
use cordon_core::ids::{Digest, KeyId, PluginId, TenantId};
use cordon_core::label::Labels;
use cordon_core::manifest::Manifest;
use cordon_core::ports::{Effects, Ledger};
use cordon_core::record::{AdminAction, Event, LeafIndex, Private, Record};
use cordon_policy::consent::ConsentSettings;
use cordon_store::{NewVersion, Reader, Store, TrustKey};
use cordon_trust::key::PublicKey;
use cordon_trust::store::{Namespace, TrustStore, TrustedKey};
use cordon_trust::verify::{VerifiedPlugin, verify};
use cordon_trust::version::{Step, check_version};
use cordon_wall::Components;
use serde_json::{Value, json};

use crate::admin::Admin;
use crate::admin::protocol::{Act, Reply, Request};
use crate::cds::state::{Clock, Services, Unavailable};
use crate::clock;
use crate::kept::Stores;
pub(crate) use code::Background;
use code::Missing;
use load::Places;
pub(crate) use load::unloaded;
#[cfg(test)]
pub(crate) use load::{LOADS, SMALL};
use named::{named, patient, reason, recorded};
pub(crate) use packs::Fetched;
use packs::Unfit;
use policy::InForce;
use strangers::Strangers;

/// Why an act was not done.
#[derive(Debug)]
pub(crate) enum Undone {
    /// Policy, trust or grant said no.
    Refused {
        /// The typed reason.
        kind: &'static str,
        /// The sentence.
        message: String,
    },
    /// The host failed.
    Failed(&'static str),
}

type Done = Result<Value, Undone>;

impl From<Undone> for Reply {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Refused { kind, message } => Self::Refused { kind: kind.to_owned(), message },
            Undone::Failed(message) => Self::Failed { message: message.to_owned() },
        }
    }
}

/// What the hospital's decisions go by, beside what its administrators decide.
pub struct Rules {
    /// How consents are read.
    pub consent: ConsentSettings,
    /// Label what has no label yet.
    pub labels: Arc<dyn Labels>,
    /// Says at which time a call is frozen.
    pub clock: Arc<dyn Clock>,
    /// The URL that clients call: copies are served below it.
    pub base_url: String,
    /// What the host does with the time that a run took.
    pub latency: Latency,
    /// The most that the undeclared channels of a grant may tell in a call, in thousandths of a bit.
    pub most_undeclared: u32,
}

/// The hospital's decisions, and the plugins that answer because of them.
pub struct Hospital {
    stores: Arc<Stores>,
    components: Arc<dyn Components>,
    ledger: Arc<dyn Ledger + Send + Sync>,
    current: RwLock<BTreeMap<TenantId, Vec<Arc<Installed>>>>,
    unfit: RwLock<BTreeMap<TenantId, Unfit>>,
    missing: Mutex<Missing>,
    in_force: InForce,
    labels: Arc<dyn Labels>,
    clock: Arc<dyn Clock>,
    base_url: String,
    latency: Latency,
    most_undeclared: u32,
    /// Acts of one tenant happen one after the other; no tenant waits for another.
    acting: BTreeMap<TenantId, Mutex<()>>,
    /// Files are loaded beside them, so many of one tenant at a time.
    loading: BTreeMap<TenantId, Places>,
    strangers: Strangers,
}

impl Hospital {
    /// Opens what was decided before, for every tenant that has a store. Every plugin is verified again, against the keys
    /// that are trusted now; one that does not pass is not served. One whose code was not kept answers when
    /// [`Hospital::compile_next`] has made it.
    pub fn open(
        stores: Arc<Stores>,
        components: Arc<dyn Components>,
        ledger: Arc<dyn Ledger + Send + Sync>,
        rules: Rules,
    ) -> Self {
        let acting = stores.iter().map(|store| (store.tenant().clone(), Mutex::default())).collect();
        let loading = stores.iter().map(|store| (store.tenant().clone(), Places::default())).collect();
        let Rules { consent, labels, clock, base_url, latency, most_undeclared } = rules;
        let (current, unfit, missing) = (RwLock::default(), RwLock::default(), Mutex::default());
        let in_force = InForce::new(consent);
        let hospital = Self {
            stores,
            components,
            ledger,
            current,
            unfit,
            missing,
            in_force,
            labels,
            clock,
            base_url,
            latency,
            most_undeclared,
            acting,
            loading,
            strangers: Strangers::default(),
        };
        for tenant in hospital.stores.iter().map(|store| store.tenant()) {
            if hospital.refresh(tenant).is_err() {
                tracing::error!(%tenant, "the plugins of a tenant could not be read: none of them is served");
            }
            if hospital.open_policy(tenant).is_err() {
                tracing::error!(%tenant, "the policy of a tenant could not be read: no call of it is answered");
            }
        }
        hospital
    }

    /// Does what an administrator asks.
    pub(crate) fn act(&self, admin: &Admin, request: &Request) -> Reply {
        let done = match self.acting.get(&request.tenant) {
            Some(acting) => {
                let _one_at_a_time = acting.lock().unwrap_or_else(PoisonError::into_inner);
                self.attempt(admin, request)
            }
            // It is in no log: there is none.
            None => {
                tracing::warn!(admin = admin.as_str(), "an act for a tenant that this host does not have");
                Err(kind::unknown_tenant(&request.tenant))
            }
        };
        done.map_or_else(Reply::from, Reply::Done)
    }

    fn attempt(&self, admin: &Admin, request: &Request) -> Done {
        let prepared = reason(request).and_then(|()| self.prepare(admin, request));
        match prepared {
            Ok(prepared) => {
                self.record(admin, request, prepared.action, None)?;
                let done = (prepared.effect)(self);
                // Whatever the act was, the list that answers must follow it.
                let followed = self.follow(&request.tenant);
                if !matches!(done, Err(Undone::Refused { .. })) {
                    self.shred_once_more(request)?;
                }
                followed.and(done)
            }
            Err(undone) => Err(self.refused(admin, request, undone)),
        }
    }

    /// Records a refusal. What the host could not do is none.
    fn refused(&self, admin: &Admin, request: &Request, undone: Undone) -> Undone {
        match &undone {
            Undone::Refused { message, .. } => {
                let recorded = self.record(admin, request, named(&request.act), Some(message.clone()));
                recorded.err().unwrap_or(undone)
            }
            Undone::Failed(_) => undone,
        }
    }

    fn record(
        &self,
        admin: &Admin,
        request: &Request,
        action: AdminAction,
        refused: Option<String>,
    ) -> Result<(), Undone> {
        self.append(admin, request, Event::Admin { action, refused }, None).map(drop)
    }

    /// Records an event of an act, with the digest of the file that came with it.
    fn append(
        &self,
        admin: &Admin,
        request: &Request,
        event: Event,
        file: Option<Digest>,
    ) -> Result<LeafIndex, Undone> {
        let private = Private {
            admin: Some(admin.as_str().to_owned()),
            reason: request.reason.as_deref().map(recorded),
            patient: patient(&request.act),
            file,
            ..Private::default()
        };
        let record = Record { tenant: request.tenant.clone(), at: clock::now(), event, private };
        self.ledger.append(&record, Effects::none()).map_err(|_| Undone::Failed("the record could not be written"))
    }

    /// Records what the host does of itself.
    fn record_own(&self, tenant: &TenantId, action: AdminAction, because: (&str, &str)) -> Result<(), Undone> {
        let (admin, reason) = (Some(because.0.to_owned()), Some(because.1.to_owned()));
        let private = Private { admin, reason, ..Private::default() };
        let event = Event::Admin { action, refused: None };
        let record = Record { tenant: tenant.clone(), at: clock::now(), event, private };
        self.ledger
            .append(&record, Effects::none())
            .map(drop)
            .map_err(|_| Undone::Failed("the record could not be written"))
    }

    /// Checks an act completely and says what would be done. Nothing has changed yet.
    fn prepare<'a>(&'a self, admin: &'a Admin, request: &'a Request) -> Result<Prepared<'a>, Undone> {
        let tenant = &request.tenant;
        let because = Because { admin, reason: request.reason.as_deref().unwrap_or_default() };
        match &request.act {
            Act::TrustAdd { key, namespace } => self.trust(tenant, because, key, namespace),
            Act::TrustRevoke { key } => self.revoke(tenant, key),
            Act::TrustList => Ok(look("trusted keys", self.trusted(tenant)?)),
            Act::Install { component, envelope } => self.install(tenant, because, component, envelope.as_bytes()),
            Act::Grant { plugin, version, grant, more } => {
                self.grant(tenant, plugin, version.as_ref(), grant.as_ref(), more)
            }
            Act::Disclosure { plugin } => self.disclosure(tenant, plugin),
            Act::Quarantine { plugin, on } => self.quarantine(tenant, because, plugin, *on),
            Act::Pack { plugin, name, file } => self.take_pack(tenant, because, plugin, name, file),
            Act::Copy { plugin, file } => self.take_copy(tenant, plugin, file),
            Act::Load { .. } => Err(kind::no_file()),
            Act::FailedCalls => Ok(look("failed calls", self.failed_calls(tenant)?)),
            Act::Transcript { invocation } => {
                let seen = gate::look_at(&self.transcript(tenant, invocation)?);
                Ok(look(&format!("what the failed call {invocation} saw"), seen))
            }
            Act::Diagnose(act) => self.diagnose(tenant, act),
            Act::Enable { plugin } => self.switch(tenant, plugin, true),
            Act::Disable { plugin } => self.switch(tenant, plugin, false),
            Act::List => Ok(look("installed plugins", self.list(tenant)?)),
            Act::Show { plugin } => Ok(look("one plugin", self.show(tenant, plugin)?)),
            Act::PolicySet { text } => self.set_policy(tenant, because, text),
            Act::PolicyShow { epoch } => Ok(look("the policy", self.show_policy(tenant, *epoch)?)),
            Act::View(view) => self.view(tenant, view),
        }
    }

    fn trust<'a>(
        &'a self,
        tenant: &'a TenantId,
        because: Because<'a>,
        pem: &'a str,
        namespace: &str,
    ) -> Result<Prepared<'a>, Undone> {
        let key = PublicKey::parse(pem).map_err(|error| kind::key(&error))?;
        let namespace = Namespace::new(namespace)
            .map_err(|error| Undone::Refused { kind: "malformed-namespace", message: error.to_string() })?;
        if self.store(tenant)?.trust_key(tenant, key.id()).map_err(stored)?.is_some() {
            let message = format!("key {} is known already", key.id());
            return Err(Undone::Refused { kind: "known-key", message });
        }
        let pem = key.to_pem().map_err(|error| kind::key(&error))?;
        let action = AdminAction::TrustAdd { key: key.id().to_string(), namespace: namespace.to_string() };
        let added = TrustKey {
            key: key.id().clone(),
            pem,
            namespace: namespace.to_string(),
            added_at: clock::now(),
            added_by: because.admin.as_str().to_owned(),
            reason: because.reason.to_owned(),
            revoked_at: None,
        };
        let effect = move |hospital: &Hospital| {
            hospital.store(tenant)?.add_trust_key(tenant, &added).map_err(|_| Undone::Failed("the store failed"))?;
            Ok(json!({ "key": added.key, "namespace": added.namespace }))
        };
        Ok(Prepared { action, effect: Box::new(effect) })
    }

    fn revoke<'a>(&'a self, tenant: &'a TenantId, key: &'a KeyId) -> Result<Prepared<'a>, Undone> {
        if self.store(tenant)?.trust_key(tenant, key).map_err(stored)?.is_none() {
            return Err(Undone::Refused { kind: "unknown-key", message: format!("key {key} is not known") });
        }
        let effect = move |hospital: &Hospital| {
            let revoked = hospital.store(tenant)?.revoke_trust_key(tenant, key, clock::now());
            revoked.map_err(|_| Undone::Failed("the store failed"))?;
            Ok(json!({ "key": key, "revoked": true }))
        };
        Ok(Prepared { action: AdminAction::TrustRevoke { key: key.to_string() }, effect: Box::new(effect) })
    }

    fn install<'a>(
        &'a self,
        tenant: &'a TenantId,
        because: Because<'a>,
        component: &str,
        envelope: &'a [u8],
    ) -> Result<Prepared<'a>, Undone> {
        let unreadable =
            |_| Undone::Refused { kind: "malformed-package", message: "the component is not base64".to_owned() };
        let component = STANDARD.decode(component).map_err(unreadable)?;
        let verified = verify(envelope, &component, &self.keys(tenant)?).map_err(|error| kind::verify(&error))?;
        let id = verified.manifest().id.clone();
        let newest = self.newest(tenant, &id)?;
        let newest = newest.as_ref().map(|newest| (&newest.version, Digest::of(&newest.envelope)));
        let step = check_version(newest, &verified).map_err(|error| kind::verify(&error))?;
        let compiled =
            self.components.compile(&component, verified.manifest()).map_err(|error| kind::compile(&error))?;
        let version = verified.manifest().version.clone();
        let said =
            json!({ "plugin": id, "version": version, "component": verified.component(), "known": step == Step::Same });
        let action = AdminAction::Install {
            plugin: Some(id.clone()),
            version: Some(version.to_string()),
            component: verified.component(),
        };
        let effect = move |hospital: &Hospital| {
            let new = NewVersion {
                plugin: &id,
                version: &version,
                envelope,
                component: &component,
                at: clock::now(),
                by: because.admin.as_str(),
                reason: because.reason,
            };
            hospital.store(tenant)?.install(tenant, &new).map_err(|_| Undone::Failed("the store failed"))?;
            hospital.components.insert(&compiled).map_err(|_| Undone::Failed("the code could not be kept"))?;
            Ok(said)
        };
        Ok(Prepared { action, effect: Box::new(effect) })
    }

    /// A grant is for the newest installed version; giving it puts that version in use.
    fn grant<'a>(
        &'a self,
        tenant: &'a TenantId,
        plugin: &'a PluginId,
        reviewed: Option<&semver::Version>,
        grant: Option<&Grant>,
        more: &Powers,
    ) -> Result<Prepared<'a>, Undone> {
        let (newest, verified) = self.newest_verified(tenant, plugin)?;
        let version = newest.version;
        let several = self.store(tenant)?.versions(tenant, plugin).map_err(stored)?.len() > 1;
        if reviewed.map_or(several, |reviewed| *reviewed != version) {
            return Err(kind::not_reviewed(&version));
        }
        let grant = grant.cloned().unwrap_or_else(|| Grant::whole(verified.manifest()).with(more));
        grant.check(verified.manifest()).map_err(|error| kind::grant(&error))?;
        let discloses = self.check_disclosure(verified.manifest(), &grant.powers)?;
        if self.stored(tenant, plugin)?.enabled {
            // It answers from then on, and a newer version may name services that are another plugin's.
            self.check_unshared(tenant, verified.manifest())?;
        }
        let said = json!({ "plugin": plugin, "version": version, "grant": grant, "discloses": discloses });
        let action = AdminAction::Grant { plugin: plugin.clone(), grant: Digest::of(said.to_string().as_bytes()) };
        let effect = move |hospital: &Hospital| {
            hospital
                .store(tenant)?
                .activate(tenant, plugin, &version, &grant)
                .map_err(|_| Undone::Failed("the store failed"))?;
            Ok(said)
        };
        Ok(Prepared { action, effect: Box::new(effect) })
    }

    fn switch<'a>(&'a self, tenant: &'a TenantId, plugin: &'a PluginId, on: bool) -> Result<Prepared<'a>, Undone> {
        let installed = self.stored(tenant, plugin)?;
        if on {
            // Checked again: a grant of nothing may leave out a need that abstains.
            let verified = self.reverify(tenant, &installed.envelope, &installed.component)?;
            installed.grant.check(verified.manifest()).map_err(|error| kind::grant(&error))?;
            self.check_unshared(tenant, verified.manifest())?;
        }
        let plugin_id = plugin.clone();
        let action =
            if on { AdminAction::Enable { plugin: plugin_id } } else { AdminAction::Disable { plugin: plugin_id } };
        let effect = move |hospital: &Hospital| {
            let switched = if on {
                hospital.store(tenant)?.enable(tenant, plugin)
            } else {
                hospital.store(tenant)?.disable(tenant, plugin)
            };
            switched.map_err(|_| Undone::Failed("the store failed"))?;
            Ok(json!({ "plugin": plugin, "version": installed.version, "enabled": on }))
        };
        Ok(Prepared { action, effect: Box::new(effect) })
    }

    /// One service is one plugin's: an id and a hook that another switched-on plugin answers are taken.
    fn check_unshared(&self, tenant: &TenantId, manifest: &Manifest) -> Result<(), Undone> {
        let current = self.installed(tenant).map_err(|_| Undone::Failed("the list of plugins could not be read"))?;
        let others = current.iter().filter(|other| other.enabled && other.manifest.id != manifest.id);
        let answers = |other: &Arc<Installed>| {
            manifest.services.iter().any(|service| other.manifest.service(&service.id, service.hook).is_some())
        };
        match others.into_iter().find(|other| answers(other)) {
            Some(other) => Err(kind::taken(&other.manifest.id)),
            None => Ok(()),
        }
    }

    fn store(&self, tenant: &TenantId) -> Result<&Store, Undone> {
        self.stores.of(tenant).map(Arc::as_ref).ok_or_else(|| kind::unknown_tenant(tenant))
    }

    fn keys(&self, tenant: &TenantId) -> Result<TrustStore, Undone> {
        trusted(self.store(tenant)?)
    }

    fn reverify(&self, tenant: &TenantId, envelope: &[u8], component: &Digest) -> Result<VerifiedPlugin, Undone> {
        let bytes = self
            .store(tenant)?
            .component(tenant, component)
            .map_err(stored)?
            .ok_or(Undone::Failed("a component is missing"))?;
        verify(envelope, &bytes, &self.keys(tenant)?).map_err(|error| kind::verify(&error))
    }

    fn stored(&self, tenant: &TenantId, plugin: &PluginId) -> Result<cordon_store::StoredPlugin, Undone> {
        let mut all = self.store(tenant)?.installed(tenant).map_err(stored)?.into_iter();
        all.find(|stored| stored.plugin == *plugin).ok_or_else(|| kind::unknown(plugin))
    }

    /// The newest version this host ever installed.
    fn newest(&self, tenant: &TenantId, plugin: &PluginId) -> Result<Option<cordon_store::StoredVersion>, Undone> {
        Ok(self.store(tenant)?.versions(tenant, plugin).map_err(stored)?.pop())
    }

    fn newest_verified(
        &self,
        tenant: &TenantId,
        plugin: &PluginId,
    ) -> Result<(cordon_store::StoredVersion, VerifiedPlugin), Undone> {
        let newest = self.newest(tenant, plugin)?.ok_or_else(|| kind::unknown(plugin))?;
        let verified = self.reverify(tenant, &newest.envelope, &newest.component)?;
        Ok((newest, verified))
    }

    /// Makes what is installed what answers: without a new list, nothing answers.
    fn follow(&self, tenant: &TenantId) -> Result<(), Undone> {
        self.refresh(tenant)
            .inspect_err(|_| drop(self.current.write().unwrap_or_else(PoisonError::into_inner).remove(tenant)))
    }

    /// Reads again what is installed and makes it what answers, in one step.
    fn refresh(&self, tenant: &TenantId) -> Result<(), Undone> {
        let mut serving = Vec::new();
        for stored in self.store(tenant)?.installed(tenant).map_err(stored)? {
            match self.load(tenant, &stored) {
                Ok(installed) => serving.push(Arc::new(installed)),
                Err(_) => {
                    tracing::error!(%tenant, plugin = %stored.plugin, "an installed plugin does not verify: not served")
                }
            }
        }
        let unfit = self.unfit(tenant, &serving)?;
        self.unfit.write().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), unfit);
        self.current.write().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), serving);
        Ok(())
    }

    fn load(&self, tenant: &TenantId, plugin: &cordon_store::StoredPlugin) -> Result<Installed, Undone> {
        let verified = self.reverify(tenant, &plugin.envelope, &plugin.component)?;
        let manifest = verified.manifest().clone();
        let (granted, enabled) = match plugin.grant.check(&manifest) {
            Ok(granted) => (granted, plugin.enabled),
            // Installed and not granted yet: it is there, and answers nothing.
            Err(_) => (BTreeMap::new(), false),
        };
        self.provide(tenant, &plugin.component, &manifest)?;
        let cordon_store::StoredPlugin { component, grant, .. } = plugin;
        let (purposes, powers) = (grant.purposes.clone(), grant.powers.clone());
        let kept = self.store(tenant)?.copies(tenant).map_err(stored)?;
        let copies =
            kept.into_iter().map(|(digest, _)| (digest, crate::copies::url(&self.base_url, &digest))).collect();
        let envelope = verified.envelope();
        Ok(Installed { component: *component, envelope, granted, purposes, powers, copies, enabled, manifest })
    }
}

impl Services for Hospital {
    fn installed(&self, tenant: &TenantId) -> Result<Vec<Arc<Installed>>, Unavailable> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.get(tenant).cloned().ok_or(Unavailable("the list of plugins"))
    }
}

/// An act that was checked and waits for its record.
struct Prepared<'a> {
    action: AdminAction,
    effect: Box<dyn FnOnce(&Hospital) -> Done + 'a>,
}

#[derive(Clone, Copy)]
struct Because<'a> {
    admin: &'a Admin,
    reason: &'a str,
}

/// The keys that a tenant trusts, revoked ones too.
pub(crate) fn trusted(store: &Reader) -> Result<TrustStore, Undone> {
    let mut keys = TrustStore::default();
    for kept in store.trust_keys(store.tenant()).map_err(stored)? {
        let damaged = "a trusted key could not be read";
        let key = PublicKey::parse(&kept.pem).map_err(|_| Undone::Failed(damaged))?;
        let namespace = Namespace::new(kept.namespace).map_err(|_| Undone::Failed(damaged))?;
        let trusted = TrustedKey { key, namespace, revoked: kept.revoked_at.is_some() };
        keys.add(trusted).map_err(|_| Undone::Failed(damaged))?;
    }
    Ok(keys)
}

fn look(what: &str, seen: Value) -> Prepared<'static> {
    Prepared { action: AdminAction::Look { what: what.to_owned() }, effect: Box::new(move |_| Ok(seen)) }
}

fn stored(_: cordon_store::StoreError) -> Undone {
    Undone::Failed("the store failed")
}
