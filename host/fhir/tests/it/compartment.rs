//! Whose record a row belongs to (FHIR R4 patient compartment).

use cordon_fhir::Membership::{Foreign, Member, Outside};
use cordon_fhir::{ResourceType, Scope, has_compartment, localize, membership};
use serde_json::{Value, json};

fn row(resource_type: &str, element: &str, reference: &str) -> Value {
    json!({"resourceType": resource_type, element: {"reference": reference}})
}

#[test]
fn another_patient_anywhere_in_the_compartment_is_foreign() {
    let rows = [
        row("Observation", "subject", "Patient/other"),
        row("Observation", "subject", "https://ehr.example/fhir/Patient/other"),
        row("Observation", "subject", "https://ehr.example/fhir/Patient/me"),
        row("Observation", "subject", "Patient?identifier=me"),
        row("Observation", "subject", "/Patient/me"),
        row("Observation", "subject", "Patient/other/_history/1"),
        row("AllergyIntolerance", "patient", "Patient/other"),
        row("Coverage", "beneficiary", "Patient/other"),
        json!({"resourceType": "Coverage", "beneficiary": {"reference": "Patient/me"}, "subscriber": {"reference": "Patient/other"}}),
        json!({"resourceType": "Observation", "subject": {"reference": "Patient/me"}, "performer": [{"reference": "Practitioner/1"}, {"reference": "Patient/other"}]}),
        json!({"resourceType": "Provenance", "target": [{"reference": "Patient/me"}, {"reference": "Patient/other"}]}),
        json!({"resourceType": "AuditEvent", "entity": [{"what": {"reference": "Patient/other"}}]}),
        json!({"resourceType": "Group", "member": [{"entity": {"reference": "Patient/me"}}, {"entity": {"reference": "Patient/other"}}]}),
        json!({"resourceType": "Patient", "id": "other"}),
        json!({"resourceType": "Patient", "id": "other", "link": [{"other": {"reference": "Patient/me"}}]}),
        json!({"resourceType": "Patient"}),
        json!({"resourceType": "Observation", "subject": {"reference": "Patient/me"}, "performer": [{"reference": "http://h/Patient/me"}]}),
        json!({"resourceType": "Practitioner", "extension": [{"valueReference": {"reference": "Patient/other"}}]}),
        json!({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "me"}}]}),
        json!({"resourceType": "AuditEvent", "agent": [{"who": {"reference": "Patient/other"}}], "entity": [{"what": {"reference": "Patient/me"}}]}),
    ];
    for row in rows {
        assert_eq!(membership(&row, "me"), Foreign, "{row}");
    }
}

#[test]
fn what_is_contained_can_make_a_row_foreign() {
    let rows = [
        json!([{"resourceType": "Patient", "id": "p"}]),
        json!([{"resourceType": "Patient", "id": "me"}]),
        json!([{"resourceType": "Group", "extension": [{"valueX": {"resourceType": "Patient"}}]}]),
        json!([{"resourceType": "RelatedPerson", "patient": {"reference": "Patient/other"}}]),
        json!([{"resourceType": "RelatedPerson", "patient": {"reference": "http://h/Patient/me"}}]),
        json!([{"resourceType": "Basic", "extension": [{"extension": [{"valueReference": {"reference": "Patient/other"}}]}]}]),
    ];
    for contained in rows {
        let row =
            json!({"resourceType": "Observation", "subject": {"reference": "Patient/me"}, "contained": contained});
        assert_eq!(membership(&row, "me"), Foreign, "{row}");
    }
    let kept = json!([{"resourceType": "Practitioner"}, {"resourceType": "RelatedPerson", "patient": {"reference": "Patient/me"}}]);
    assert_eq!(
        membership(
            &json!({"resourceType": "Observation", "subject": {"reference": "Patient/me"}, "contained": kept}),
            "me"
        ),
        Member
    );
}

#[test]
fn a_row_that_names_no_patient_is_outside() {
    let rows = [
        json!(null),
        json!({"resourceType": "Observation"}),
        json!({"subject": {"reference": "Patient/me"}}),
        row("Observation", "subject", "#me"),
        row("Observation", "subject", "urn:uuid:0b0b"),
        row("Observation", "subject", "Group/me"),
        row("Observation", "patient", "Patient/me"),
        row("AllergyIntolerance", "subject", "Patient/me"),
        row("Observation", "focus", "Patient/me"),
        json!({"resourceType": "Observation", "subject": "Patient/me"}),
        json!({"resourceType": "Observation", "subject": {"reference": "urn:uuid:0b0b"}, "performer": [{"reference": "Patient/me"}]}),
        json!({"resourceType": "Observation", "subject": {"identifier": {"value": "1"}}, "performer": [{"reference": "Patient/me"}]}),
        json!({"resourceType": "Observation", "subject": {"reference": "Patient/me"}, "performer": [{"type": "Patient", "identifier": {"value": "1"}}]}),
        json!({"resourceType": "AuditEvent", "agent": [{"who": {"reference": "Patient/me"}}], "entity": [{"what": {"reference": "Device/1"}}]}),
        json!({"resourceType": "Practitioner", "id": "me"}),
        json!({"resourceType": "Medication", "extension": [{"valueReference": {"reference": "Patient/me"}}]}),
    ];
    for row in rows {
        assert_eq!(membership(&row, "me"), Outside, "{row}");
    }
}

#[test]
fn a_row_that_names_the_patient_is_a_member() {
    let rows = [
        json!({"resourceType": "Patient", "id": "me", "link": [{"other": {"reference": "Patient/old"}, "type": "replaces"}]}),
        row("Observation", "subject", "Patient/me"),
        row("Observation", "subject", "Patient/me/_history/2"),
        row("AllergyIntolerance", "patient", "Patient/me"),
        row("Immunization", "patient", "Patient/me"),
        row("Encounter", "subject", "Patient/me"),
        row("Coverage", "beneficiary", "Patient/me"),
        row("Task", "for", "Patient/me"),
        json!({"resourceType": "Observation", "subject": {"reference": "Patient/me"}, "performer": [{"reference": "urn:uuid:0b0b"}]}),
        json!({"resourceType": "Observation", "performer": [{"reference": "Patient/me"}]}),
        json!({"resourceType": "Provenance", "target": [{"reference": "Observation/1"}, {"reference": "Patient/me"}]}),
        json!({"resourceType": "AuditEvent", "agent": [{"who": {"reference": "Practitioner/1"}}], "entity": [{"what": {"reference": "Observation/1"}}, {"what": {"reference": "Patient/me"}}]}),
        json!({"resourceType": "AuditEvent", "agent": [{"who": {"reference": "Patient/me"}}]}),
    ];
    for row in rows {
        assert_eq!(membership(&row, "me"), Member, "{row}");
    }
}

#[test]
fn types_without_a_compartment_are_known() {
    let has = |name: &str| has_compartment(&ResourceType::new(name).unwrap());
    for name in ["Practitioner", "PractitionerRole", "Organization", "Medication", "Location", "Nonsense"] {
        assert!(!has(name), "{name}");
    }
    for name in ["Patient", "Observation", "Coverage", "Provenance", "Composition", "Claim"] {
        assert!(has(name), "{name}");
    }
}

#[test]
fn a_performer_of_what_is_about_a_group_or_a_device_is_no_member() {
    for about in ["Group/g", "Device/d", "Location/l"] {
        let row = json!({"resourceType": "Observation", "subject": {"reference": about},
            "performer": [{"reference": "Patient/p"}]});
        assert_eq!(membership(&row, "p"), Outside, "{about}");
    }
}

/// A prefetch Bundle of an EHR that writes its own address into references, and of one that is not the configured EHR.
#[test]
fn an_absolute_reference_is_the_patient_once_the_server_is_known() {
    let mut row = row("Observation", "subject", "https://ehr.example/fhir/Patient/me");
    assert_eq!(membership(&row, "me"), Foreign);
    localize(&mut row, "https://other.example/fhir");
    assert_eq!(membership(&row, "me"), Foreign);
    localize(&mut row, "https://ehr.example/fhir/");
    assert_eq!(membership(&row, "me"), Member);
    assert!(Scope::parse("patient/Observation.rs?patient=me").unwrap().admits(&row));
}
