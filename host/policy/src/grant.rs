//! The decision that follows from the grant alone: grant ∩ need ∩ patient. `core` keeps the rows to the patient in
//! context and to what the need asks for; what is decided here is whether there may be rows at all, and how narrow.

use cordon_core::call::Purpose;
use cordon_core::ports::{Decision, Policy, PolicyError, Question};

/// Permits a granted need within its grant, for treatment. Denies the rest.
#[derive(Debug, Clone, Copy, Default)]
pub struct GrantPolicy;

impl Policy for GrantPolicy {
    fn decide(&self, question: &Question<'_>) -> Result<Decision, PolicyError> {
        let declared = question.installed.manifest.needs.get(&question.need.name) == Some(question.need);
        let granted = question.installed.granted.get(&question.need.name);
        Ok(match (granted, question.purpose) {
            (Some(within), Purpose::Treatment) if declared => Decision::Permit { within: within.clone() },
            (Some(_) | None, Purpose::Treatment) => Decision::Deny,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cordon_core::grant::{Grant, GrantedNeed, Installed};
    use cordon_core::ids::{Digest, Issuer, NeedName, PatientId, TenantId};
    use cordon_core::manifest::{Manifest, Need};
    use cordon_core::ports::DenyAll;
    use cordon_fhir::scope::Scope;

    use super::*;

    const NARROW: &str = "patient/Observation.rs?code=http://loinc.org|2160-0";

    fn manifest() -> Manifest {
        let need = |name: &str| {
            format!(
                "[[need]]\nname = \"{name}\"\nscope = \"patient/Observation.rs\"\nelements = [\"code\"]\n\
                 on-withheld = \"run\"\nwhy = \"w\"\n"
            )
        };
        let head = "id = \"org.example.x\"\nversion = \"1.0.0\"\nwit = \"cordon:clinical@0.1.0\"\n\
                    title = { en = \"t\" }\ndescription = { en = \"d\" }\nintended-use = \"u\"\npublisher = \"p\"\n\
                    contact = \"c\"\n[cards]\nmode = \"text\"\n[source]\nlabel = \"l\"\n\
                    [[service]]\nid = \"s\"\nhook = \"patient-view\"\ndescription = \"d\"\n";
        Manifest::parse(&format!("{head}{}{}", need("creatinine"), need("weight"))).unwrap()
    }

    /// A plugin that asks for `creatinine` and `weight` and was granted the first, one code only.
    fn installed() -> Installed {
        let manifest = manifest();
        let narrow = GrantedNeed { within: Some(NARROW.to_owned()) };
        let grant = Grant { needs: BTreeMap::from([(NeedName::new("creatinine").unwrap(), narrow)]) };
        let granted = grant.check(&manifest).unwrap();
        let digest = Digest::of(b"");
        Installed { manifest, component: digest, envelope: digest, granted, enabled: true }
    }

    fn ask(policy: &dyn Policy, installed: &Installed, need: &Need) -> Decision {
        let question = Question {
            tenant: &TenantId::new("ward").unwrap(),
            issuer: &Issuer::new("https://ehr.example.org").unwrap(),
            patient: &PatientId::new("p").unwrap(),
            purpose: Purpose::Treatment,
            installed,
            service: &installed.manifest.services[0],
            need,
        };
        policy.decide(&question).unwrap()
    }

    fn need(installed: &Installed, name: &str) -> Need {
        installed.manifest.needs[&NeedName::new(name).unwrap()].clone()
    }

    #[test]
    fn a_host_without_a_policy_denies_what_was_granted() {
        let installed = installed();
        assert_eq!(ask(&DenyAll, &installed, &need(&installed, "creatinine")), Decision::Deny);
    }

    #[test]
    fn a_granted_need_is_permitted_within_its_grant() {
        let installed = installed();
        let within = Some(Scope::parse(NARROW).unwrap());
        assert_eq!(ask(&GrantPolicy, &installed, &need(&installed, "creatinine")), Decision::Permit { within });
    }

    #[test]
    fn a_need_that_was_asked_for_but_not_granted_is_denied() {
        let installed = installed();
        assert_eq!(ask(&GrantPolicy, &installed, &need(&installed, "weight")), Decision::Deny);
    }

    #[test]
    fn another_need_under_a_granted_name_is_denied() {
        let installed = installed();
        let mut wider = need(&installed, "creatinine");
        wider.newest = Some(9);
        assert_eq!(ask(&GrantPolicy, &installed, &wider), Decision::Deny);
    }
}
