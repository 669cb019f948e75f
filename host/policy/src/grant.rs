//! The decision that follows from the grant alone: grant ∩ need ∩ patient. `core` keeps the rows to the patient in
//! context and to what the need asks for; what is decided here is whether there may be rows at all, and how narrow.

use std::sync::Arc;

use cordon_core::call::Purpose;
use cordon_core::ports::{Decided, Decision, EveryRow, Occasion, Policy, PolicyError};

/// Permits a granted need within its grant, for treatment. Denies the rest.
#[derive(Debug, Clone, Copy, Default)]
pub struct GrantPolicy;

impl Policy for GrantPolicy {
    fn decide(&self, occasion: &Occasion<'_>) -> Result<Decided, PolicyError> {
        let permit = || Decision::Permit { within: None, rows: Arc::new(EveryRow) };
        Ok(match occasion.purpose {
            Purpose::Treatment => occasion.installed.granted.keys().map(|name| (name.clone(), permit())).collect(),
            Purpose::EmergencyTreatment
            | Purpose::BreakGlass
            | Purpose::Payment
            | Purpose::Operations
            | Purpose::Research
            | Purpose::PublicHealth => Decided::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use cordon_core::grant::{Grant, GrantedNeed, Installed};
    use cordon_core::ids::{Digest, Issuer, NeedName, PatientId, TenantId};
    use cordon_core::manifest::Manifest;
    use cordon_core::ports::DenyAll;

    use super::*;

    const NARROW: &str = "patient/Observation.rs?code=http://loinc.org|2160-0";

    fn manifest() -> Manifest {
        let need = |name: &str| {
            format!(
                "[[need]]\nname = \"{name}\"\nscope = \"patient/Observation.rs\"\nelements = [\"code\"]\n\
                 on-withheld = \"run\"\nwhy = \"w\"\n"
            )
        };
        let head = "id = \"org.example.x\"\nversion = \"1.0.0\"\nwit = \"cordon:clinical@0.2.0\"\n\
                    title = { en = \"t\" }\ndescription = { en = \"d\" }\nintended-use = \"u\"\npublisher = \"p\"\n\
                    contact = \"c\"\n[cards]\nmode = \"text\"\n[source]\nlabel = \"l\"\n\
                    [[service]]\nid = \"s\"\nhook = \"patient-view\"\ndescription = \"d\"\n";
        Manifest::parse(&format!("{head}{}{}", need("creatinine"), need("weight"))).unwrap()
    }

    /// A plugin that asks for `creatinine` and `weight` and was granted the first, one code only.
    fn installed() -> Installed {
        let manifest = manifest();
        let narrow = GrantedNeed { within: Some(NARROW.to_owned()) };
        let grant =
            Grant { needs: BTreeMap::from([(NeedName::new("creatinine").unwrap(), narrow)]), ..Grant::default() };
        let digest = Digest::of(b"");
        Installed::new(manifest, digest, digest, &grant).unwrap()
    }

    fn ask(policy: &dyn Policy, purpose: Purpose) -> Vec<String> {
        let installed = installed();
        let occasion = Occasion {
            tenant: &TenantId::new("ward").unwrap(),
            issuer: &Issuer::new("https://ehr.example.org").unwrap(),
            user: None,
            roles: &BTreeSet::new(),
            patient: &PatientId::new("p").unwrap(),
            purpose,
            installed: &installed,
            service: &installed.manifest.services[0],
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            consents: &[],
        };
        policy.decide(&occasion).unwrap().needs.into_keys().map(|name| name.to_string()).collect()
    }

    #[test]
    fn a_host_without_a_policy_denies_what_was_granted() {
        assert!(ask(&DenyAll, Purpose::Treatment).is_empty());
    }

    #[test]
    fn only_a_granted_need_is_permitted_and_only_for_treatment() {
        assert_eq!(ask(&GrantPolicy, Purpose::Treatment), ["creatinine"]);
        assert!(ask(&GrantPolicy, Purpose::Research).is_empty());
    }
}
