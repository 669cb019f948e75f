//! Admit and gather on real stores: how they grow with a patient's record and with the tenants of a host.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cordon_core::call::{HookCall, Purpose, UserRight};
use cordon_core::clearance::admit;
use cordon_core::gather::{Gathered, gather};
use cordon_core::grant::{Grant, Installed};
use cordon_core::ids::{Coins, Digest, Issuer, MintedId, PatientId, TenantId};
use cordon_core::labelling::LabelRules;
use cordon_core::manifest::Manifest;
use cordon_core::view::View;
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::ScopeSet;
use cordon_policy::cedar::Policies;
use cordon_policy::consent::{ConsentSettings, Effect};
use cordon_policy::hospital::HospitalPolicy;
use cordon_server::kept::Stores;
use cordon_store::{DataDirectory, RecordStore as _, Resource};
use serde_json::{Value, json};

/// Rows that become durable together.
const BATCH: usize = 2_000;

/// Stores of some tenants, and a policy for each.
pub(crate) struct Desk {
    tenants: Vec<TenantId>,
    stores: Stores,
    policies: Vec<HospitalPolicy>,
    labels: Arc<LabelRules>,
    installed: Arc<Installed>,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// So many tenants under this policy, each with these patients' records.
    pub(crate) fn new(tenants: usize, policy: &str, plugin: &str, patients: &[(&str, usize)]) -> anyhow::Result<Self> {
        let (folder, labels) = (tempfile::tempdir()?, Arc::new(LabelRules::shipped()?));
        let data = DataDirectory::open(folder.path())?;
        let tenants: Vec<_> = (0..tenants).map(|at| TenantId::new(format!("t{at}"))).collect::<Result<_, _>>()?;
        let consent = ConsentSettings { no_consent: Effect::Permit, ..ConsentSettings::default() };
        let (mut stores, mut policies) = (Vec::new(), Vec::new());
        for tenant in &tenants {
            let store = data.store(tenant)?.labelled_by(Arc::clone(&labels))?;
            for (patient, count) in patients {
                for from in (0..*count).step_by(BATCH) {
                    let rows = (from..(from + BATCH).min(*count)).map(|at| resource(patient, at));
                    store.put(tenant, &rows.collect::<Result<Vec<_>, _>>()?)?;
                }
            }
            stores.push(Arc::new(store));
            policies.push(HospitalPolicy::new(Arc::new(Policies::parse(policy)?), consent.clone()));
        }
        let installed = Arc::new(installed(plugin)?);
        Ok(Self { tenants, stores: stores.into_iter().collect(), policies, labels, installed, _folder: folder })
    }

    /// Installs another plugin in place of the one there is.
    pub(crate) fn install(&mut self, plugin: &str) -> anyhow::Result<()> {
        self.installed = Arc::new(installed(plugin)?);
        Ok(())
    }

    /// Admits a call about a patient of one of the tenants and gathers: the views.
    pub(crate) fn gather(&self, tenant: usize, patient: &str) -> anyhow::Result<Vec<View>> {
        let at = tenant.checked_rem(self.tenants.len()).unwrap_or_default();
        let (Some(tenant), Some(policy)) = (self.tenants.get(at), self.policies.get(at)) else {
            anyhow::bail!("there are no tenants");
        };
        let clearance = admit(self.call(tenant, patient)?, policy, &self.stores);
        let clearance = clearance.map_err(|refused| anyhow::anyhow!("not admitted: {:?}", refused.1))?;
        match gather(clearance, &self.stores, self.labels.as_ref()) {
            Gathered::Ready(views) => Ok(views.views().to_vec()),
            Gathered::Withheld(_) | Gathered::Unobtainable(..) => anyhow::bail!("nothing was gathered"),
        }
    }

    fn call(&self, tenant: &TenantId, patient: &str) -> anyhow::Result<HookCall> {
        let service = self.installed.manifest.services.first().cloned();
        Ok(HookCall {
            invocation: MintedId::from_random([1; 16]),
            tenant: tenant.clone(),
            issuer: Issuer::new("https://ehr.example")?,
            installed: Arc::clone(&self.installed),
            service: service.ok_or_else(|| anyhow::anyhow!("no service"))?,
            hook_instance: "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea".to_owned(),
            user: Reference::parse("Practitioner/u"),
            roles: BTreeSet::new(),
            patient: PatientId::new(patient)?,
            encounter: None,
            draft_orders: Vec::new(),
            selections: Vec::new(),
            prefetch: BTreeMap::new(),
            right: UserRight::Scopes(ScopeSet::parse("user/*.rs")),
            purpose: Purpose::Treatment,
            received: cordon_ward::DEFAULT_NOW,
            now: cordon_ward::DEFAULT_NOW,
            locale: "en".to_owned(),
            budget: Duration::from_millis(400),
            coins: Coins::new([0; 32]),
        })
    }
}

/// A plugin with one need: this scope, and its limit if it has one.
pub(crate) fn labs(scope: &str, newest: Option<u32>) -> String {
    let newest = newest.map_or_else(String::new, |newest| format!("newest = {newest}\n"));
    format!(
        "id = \"org.example.bench\"\nversion = \"1.0.0\"\nwit = \"cordon:clinical@0.2.0\"\ntitle = {{ en = \"x\" }}\n\
         description = {{ en = \"x\" }}\nintended-use = \"x\"\npublisher = \"x\"\ncontact = \"x\"\n\
         source = {{ label = \"x\" }}\ncards = {{ mode = \"text\" }}\n\
         [[service]]\nid = \"bench\"\nhook = \"patient-view\"\ndescription = \"x\"\n\
         [[need]]\nname = \"labs\"\nscope = \"{scope}\"\n{newest}on-withheld = \"run\"\nwhy = \"x\"\n\
         elements = [\"code\", \"status\", \"effectiveDateTime\", \"valueQuantity\", \"category\", \"subject\"]\n"
    )
}

fn installed(manifest: &str) -> anyhow::Result<Installed> {
    let manifest = Manifest::parse(manifest)?;
    let grant = Grant::whole(&manifest);
    let component = Digest::of(b"bench");
    Ok(Installed::new(manifest, component, component, &grant)?)
}

/// LOINC codes with their names: a number alone does not tell what it is of.
const LABS: [(&str, &str); 4] = [
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma"),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma"),
    ("718-7", "Hemoglobin [Mass/volume] in Blood"),
    ("2345-7", "Glucose [Mass/volume] in Serum or Plasma"),
];

/// The `at`th resource of a record: of ten, five are laboratory results, two are vital signs, three are orders. Newer ones
/// come later, one every hour.
fn resource(patient: &str, at: usize) -> anyhow::Result<Resource> {
    let (id, subject) = (format!("{patient}-{at}"), json!({ "reference": format!("Patient/{patient}") }));
    let hours = i64::try_from(at)?;
    let date = cordon_ward::DEFAULT_NOW - jiff::SignedDuration::from_hours(200_000 - hours);
    let row: Value = match at % 10 {
        7.. => json!({ "resourceType": "MedicationRequest", "id": id, "status": "active", "intent": "order",
            "subject": subject, "authoredOn": date.to_string(),
            "medicationCodeableConcept": { "coding": [{ "system": "http://www.whocc.no/atc", "code": "A10BA02" }] } }),
        kind => {
            let lab = LABS.get(at % LABS.len()).filter(|_| kind < 5);
            let (code, display) = lab.copied().unwrap_or(("8867-4", "Heart rate"));
            let category = if lab.is_some() { "laboratory" } else { "vital-signs" };
            json!({ "resourceType": "Observation", "id": id, "status": "final", "subject": subject,
                "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category }] }],
                "code": { "coding": [{ "system": "http://loinc.org", "code": code, "display": display }] },
                "effectiveDateTime": date.to_string(), "valueQuantity": { "value": at % 90, "unit": "mg/dL" } })
        }
    };
    Ok(Resource::parse(row.to_string().into_bytes())?)
}
