//! One world: a plugin with its grant, a policy, a patient's record, and one call.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cordon_core::call::{HookCall, Prefetch, Purpose, UserRight};
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::{Coins, Digest, Issuer, MintedId, NeedName, PatientId, Role, TenantId};
use cordon_core::label::{Labeled, Labels as _};
use cordon_core::labelling::LabelRules;
use cordon_core::manifest::Manifest;
use cordon_core::ports::{Each, Query, Records, RecordsError};
use cordon_core::sent::SentRow;
use cordon_fhir::compartment::{Membership, membership};
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::ScopeSet;
use cordon_fhir::search::primary_date;
use cordon_fhir::types::resource_id;
use serde_json::Value;

/// The tenant of every call.
pub const TENANT: &str = "ward";

/// The patient of every call.
pub const PATIENT: &str = "p";

/// When every call comes.
pub const NOW: &str = "2021-06-01T08:00:00Z";

/// One world.
#[derive(Clone)]
pub struct World {
    /// The plugin's manifest.
    pub manifest: Manifest,
    /// What it was granted.
    pub grant: Grant,
    /// The policy file.
    pub policy: &'static str,
    /// What the call is for.
    pub purpose: Purpose,
    /// The user's roles.
    pub roles: BTreeSet<Role>,
    /// `context.draftOrders`.
    pub drafts: Vec<Value>,
    /// `context.selections`.
    pub selections: Vec<Reference>,
    /// What the client prefetched.
    pub prefetch: BTreeMap<NeedName, Prefetch>,
    /// What the store holds: of any tenant and any patient.
    pub stored: Vec<(TenantId, Value)>,
    /// Resource types whose search fails.
    pub failing: BTreeSet<&'static str>,
    /// The call's random input.
    pub coins: [u8; 32],
}

/// The shipped label rules, read once.
///
/// # Panics
/// When they cannot be read.
#[expect(clippy::expect_used, reason = "a test tool")]
pub fn labels() -> &'static Arc<LabelRules> {
    static RULES: OnceLock<Arc<LabelRules>> = OnceLock::new();
    RULES.get_or_init(|| Arc::new(LabelRules::shipped().expect("the shipped rules")))
}

impl World {
    /// The plugin as it is installed.
    ///
    /// # Errors
    /// When the grant does not fit the manifest.
    pub fn installed(&self, component: Digest) -> anyhow::Result<Installed> {
        Ok(Installed::new(self.manifest.clone(), component, component, &self.grant)?)
    }

    /// The call.
    ///
    /// # Errors
    /// When a name in it is malformed or the grant does not fit the manifest.
    pub fn call(&self, component: Digest) -> anyhow::Result<HookCall> {
        let now = NOW.parse()?;
        let service = self.manifest.services.first().cloned();
        Ok(HookCall {
            invocation: MintedId::from_random([1; 16]),
            tenant: TenantId::new(TENANT)?,
            issuer: Issuer::new("https://ehr.example")?,
            installed: Arc::new(self.installed(component)?),
            service: service.ok_or_else(|| anyhow::anyhow!("no service"))?,
            hook_instance: "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea".to_owned(),
            user: Reference::parse("Practitioner/u"),
            roles: self.roles.clone(),
            patient: PatientId::new(PATIENT)?,
            encounter: Reference::parse("Encounter/e"),
            draft_orders: self.drafts.iter().cloned().map(SentRow::new).collect(),
            selections: self.selections.clone(),
            prefetch: self.prefetch.clone(),
            right: UserRight::Scopes(ScopeSet::parse("user/*.rs")),
            purpose: self.purpose,
            received: now,
            now,
            locale: "en".to_owned(),
            // Nobody calls `Engine::tick` here, so no run is cut off by the clock.
            budget: Duration::from_millis(400),
            coins: Coins::new(self.coins),
        })
    }
}

impl Records for World {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        if query.scope.resource().is_some_and(|kind| self.failing.contains(kind.as_str())) {
            return Err(RecordsError);
        }
        let mine = |row: &&(TenantId, Value)| {
            row.0 == *query.tenant
                && membership(&row.1, query.patient.as_str()) == Membership::Member
                && query.scope.admits(&row.1)
        };
        let mut rows: Vec<&Value> = self.stored.iter().filter(mine).map(|(_, row)| row).collect();
        rows.sort_by_cached_key(|row| {
            let newest = primary_date(row).map(|range| (range.upper, range.lower));
            (Reverse(newest), resource_id(row).unwrap_or_default().to_owned())
        });
        let mut give = |row: &Value| each(Labeled { label: labels().mark(row).label, value: row });
        // Whoever broke off has what it wanted.
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) = rows.into_iter().try_for_each(&mut give);
        Ok(())
    }

    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError> {
        let named = Value::from(format!("Patient/{patient}"));
        let consent = |row: &Value| row.get("resourceType") == Some(&Value::from("Consent"));
        let theirs = |row: &Value| row.get("patient").and_then(|p| p.get("reference")) == Some(&named);
        let mine = self.stored.iter().filter(|(owner, row)| owner == tenant && consent(row) && theirs(row));
        Ok(mine.map(|(_, row)| row.clone()).collect())
    }
}
