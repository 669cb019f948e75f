//! From an occasion: everything a consent can name about a call is taken from it.

use std::collections::BTreeSet;

use cordon_core::call::Purpose;
use cordon_core::ids::{Issuer, PatientId, PluginId, Role, TenantId};
use cordon_core::ports::Occasion;
use cordon_fhir::Reference;
use cordon_policy::consent::{ConsentRule, ConsentSettings, Effect, Party};
use serde_json::{Value, json};

use crate::consent::{PARTICIPATION, consent};
use crate::hospital::installed;

/// Whether a hospital that permits what nobody denies shows anything, when the patient denies it to `actor`.
fn shown(actor: &str, party: Option<Party>) -> bool {
    let role = json!({"coding": [{"system": PARTICIPATION, "code": "IRCP"}]});
    let deny = json!({"type": "deny", "actor": [{"role": role, "reference": {"reference": actor}}]});
    let consents: [Value; 1] = [consent(deny)];
    let (installed, user) = (installed(), Reference::parse("Practitioner/dr"));
    let occasion = Occasion {
        tenant: &TenantId::new("ward").unwrap(),
        issuer: &Issuer::new("https://ehr.example.org").unwrap(),
        user: user.as_ref(),
        roles: &BTreeSet::from([Role::new("cardiology").unwrap()]),
        patient: &PatientId::new("p").unwrap(),
        purpose: Purpose::Treatment,
        installed: &installed,
        service: &installed.manifest.services[0],
        now: "2026-06-15T12:00:00Z".parse().unwrap(),
        consents: &consents,
    };
    let mut settings = ConsentSettings { no_consent: Effect::Permit, ..ConsentSettings::default() };
    settings.actors.insert("Organization/it".to_owned(), party.into_iter().collect());
    ConsentRule::at(&occasion, &settings).constant().unwrap()
}

#[test]
fn whoever_takes_part_in_the_call_can_be_denied() {
    let parties = [
        Party::Host,
        Party::Tenant(TenantId::new("ward").unwrap()),
        Party::Issuer(Issuer::new("https://ehr.example.org").unwrap()),
        Party::Role(Role::new("cardiology").unwrap()),
        Party::Plugin(PluginId::new("org.example.x").unwrap()),
        Party::Namespace("org.example".to_owned()),
        Party::Namespace("org.example.x".to_owned()),
    ];
    for party in parties {
        assert!(!shown("Organization/it", Some(party.clone())), "{party:?}");
    }
    assert!(!shown("Practitioner/dr", None));
}

#[test]
fn somebody_else_is_not_the_caller() {
    let parties = [
        Party::Tenant(TenantId::new("other").unwrap()),
        Party::Issuer(Issuer::new("https://other.example.org").unwrap()),
        Party::Role(Role::new("psychiatry").unwrap()),
        Party::Plugin(PluginId::new("org.example.y").unwrap()),
        Party::Namespace("org.exam".to_owned()),
    ];
    for party in parties {
        assert!(shown("Organization/it", Some(party.clone())), "{party:?}");
    }
    assert!(shown("Organization/it", None));
    assert!(shown("Practitioner/other", None));
}
