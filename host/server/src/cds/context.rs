//! The context of each hook, as the hook library's tables have it. Required members must be there and of their type;
//! unknown ones are ignored.

use cordon_core::ids::PatientId;
use cordon_core::manifest::Hook;
use cordon_core::sent::SentRow;
use cordon_fhir::reference::Reference;
use serde_json::{Map, Value};

use super::malformed::{Malformed, optional, required, text, wrong};
use super::rows::Sent;

/// What is used of a context.
#[derive(Debug, PartialEq)]
pub(crate) struct Context {
    pub(crate) patient: PatientId,
    pub(crate) user: Option<Reference>,
    pub(crate) encounter: Option<Reference>,
    pub(crate) draft_orders: Vec<SentRow>,
    pub(crate) selections: Vec<Reference>,
}

/// Who may be the user of a hook.
const CLINICIANS: &[&str] = &["Practitioner", "PractitionerRole"];
const ANYBODY: &[&str] = &["Practitioner", "PractitionerRole", "Patient", "RelatedPerson"];

impl Context {
    pub(super) fn read(hook: Hook, context: &Map<String, Value>, drafts: Option<&Sent>) -> Result<Self, Malformed> {
        let patient = PatientId::new(text(context, "patientId", "context.patientId")?)
            .map_err(|_| wrong("context.patientId", "a FHIR id"))?;
        let encounter = match optional(context, "encounterId") {
            Some(_) => Some(encounter(text(context, "encounterId", "context.encounterId")?)?),
            None => None,
        };
        let mut read = Self { patient, user: None, encounter, draft_orders: Vec::new(), selections: Vec::new() };
        match hook {
            Hook::PatientView => read.user = Some(user(context, ANYBODY)?),
            Hook::OrderSelect => {
                read.user = Some(user(context, CLINICIANS)?);
                read.selections = references(context, "selections", "context.selections")?;
                read.draft_orders = draft_orders(drafts)?;
            }
            Hook::OrderSign => {
                read.user = Some(user(context, CLINICIANS)?);
                read.draft_orders = draft_orders(drafts)?;
            }
            Hook::OrderDispatch => dispatch(context)?,
            Hook::EncounterStart | Hook::EncounterDischarge => {
                read.user = Some(user(context, CLINICIANS)?);
                text(context, "encounterId", "context.encounterId")?;
            }
            Hook::AppointmentBook => {
                read.user = Some(user(context, ANYBODY)?);
                appointments(context)?;
            }
        }
        Ok(read)
    }
}

/// `order-dispatch` has no `userId` in its table. Its example spells `fulfillment-tasks`, its table `fulfillmentTasks`.
fn dispatch(context: &Map<String, Value>) -> Result<(), Malformed> {
    references(context, "dispatchedOrders", "context.dispatchedOrders")?;
    let performer = text(context, "performer", "context.performer")?;
    exact(performer).ok_or(wrong("context.performer", "a reference of the form Type/id"))?;
    for name in ["fulfillmentTasks", "fulfillment-tasks"] {
        if optional(context, name).is_some_and(|tasks| !tasks.is_array() && !tasks.is_object()) {
            return Err(wrong("context.fulfillmentTasks", "a list"));
        }
    }
    Ok(())
}

/// `encounterId` is the Encounter's id (CDS Hooks hook library, context tables).
fn encounter(id: &str) -> Result<Reference, Malformed> {
    exact(&format!("Encounter/{id}")).ok_or(wrong("context.encounterId", "a FHIR id"))
}

/// `Type/id` and nothing else.
fn exact(text: &str) -> Option<Reference> {
    Reference::parse(text).filter(|reference| reference.to_string() == text)
}

fn user(context: &Map<String, Value>, types: &[&str]) -> Result<Reference, Malformed> {
    let user = exact(text(context, "userId", "context.userId")?);
    let user = user.filter(|user| types.contains(&user.resource_type.as_str()));
    user.ok_or(wrong("context.userId", "a reference of the form Type/id to a user of this hook"))
}

fn references(context: &Map<String, Value>, name: &str, path: &'static str) -> Result<Vec<Reference>, Malformed> {
    let listed = required(context, name, path)?.as_array();
    let one = |value: &Value| exact(value.as_str()?);
    let references = listed.and_then(|listed| listed.iter().map(one).collect::<Option<Vec<_>>>());
    references.ok_or(wrong(path, "a list of references of the form Type/id"))
}

/// The resources of a Bundle. Real clients send it without `type`; its resources are judged later, one by one.
fn draft_orders(sent: Option<&Sent>) -> Result<Vec<SentRow>, Malformed> {
    let resources = match sent {
        Some(Sent::Bundle(resources)) => resources,
        Some(Sent::Whole(other)) if !other.value().is_null() => return Err(wrong("context.draftOrders", "a Bundle")),
        Some(Sent::Whole(_)) | None => return Err(Malformed::Missing("context.draftOrders")),
    };
    let nothing = || SentRow::new(Value::Null);
    let entries = entries(&resources.bundle, "context.draftOrders")?;
    Ok(entries.iter().map(|entry| resources.of(entry).cloned().unwrap_or_else(nothing)).collect())
}

fn appointments(context: &Map<String, Value>) -> Result<(), Malformed> {
    let path = "context.appointments";
    entries(required(context, "appointments", path)?, path).map(|_| ())
}

fn entries<'a>(bundle: &'a Value, path: &'static str) -> Result<&'a [Value], Malformed> {
    if bundle.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
        return Err(wrong(path, "a Bundle"));
    }
    match bundle.get("entry") {
        None => Ok(&[]),
        Some(Value::Array(entries)) => Ok(entries),
        Some(_) => Err(wrong(path, "a Bundle")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::request::Request;
    use super::super::rows::KnownRows;
    use super::*;

    fn read(hook: Hook, context: Value) -> Result<Context, Malformed> {
        let instance = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea";
        let body = json!({ "hook": hook.as_str(), "hookInstance": instance, "context": context });
        let request = Request::parse(body.to_string().as_bytes(), &KnownRows::default(), None).unwrap();
        Context::read(hook, &request.context, request.draft_orders.as_ref())
    }

    #[test]
    fn every_hook_has_its_own_required_members() {
        let whole = json!({
            "userId": "Practitioner/1", "patientId": "p", "encounterId": "e", "selections": ["MedicationRequest/1"],
            "draftOrders": { "resourceType": "Bundle" }, "appointments": { "resourceType": "Bundle" },
            "dispatchedOrders": ["ServiceRequest/1"], "performer": "Organization/1"
        });
        let table: [(Hook, &[&str]); 7] = [
            (Hook::PatientView, &["userId", "patientId"]),
            (Hook::OrderSelect, &["userId", "patientId", "selections", "draftOrders"]),
            (Hook::OrderSign, &["userId", "patientId", "draftOrders"]),
            (Hook::OrderDispatch, &["patientId", "dispatchedOrders", "performer"]),
            (Hook::EncounterStart, &["userId", "patientId", "encounterId"]),
            (Hook::EncounterDischarge, &["userId", "patientId", "encounterId"]),
            (Hook::AppointmentBook, &["userId", "patientId", "appointments"]),
        ];
        for (hook, required) in table {
            for member in whole.as_object().unwrap().keys() {
                let mut without = whole.clone();
                without.as_object_mut().unwrap().remove(member);
                let needed = required.contains(&member.as_str());
                assert_eq!(read(hook, without).is_err(), needed, "{hook:?} without {member}");
            }
        }
    }

    #[test]
    fn a_user_is_type_and_id_and_of_the_hook() {
        let user = |hook, user: &str| read(hook, json!({ "patientId": "p", "encounterId": "e", "userId": user }));
        for text in ["1", "Practitioner", "practitioner/1", "https://h/Practitioner/1", "Device/1", "Practitioner/1/x"]
        {
            assert!(user(Hook::PatientView, text).is_err(), "{text}");
        }
        assert!(user(Hook::PatientView, "Patient/p").is_ok());
        assert!(user(Hook::EncounterStart, "Patient/p").is_err());
        assert!(user(Hook::EncounterStart, "PractitionerRole/1").is_ok());
    }

    #[test]
    fn a_dispatch_needs_no_user_and_has_two_spellings() {
        let base = json!({ "patientId": "p", "dispatchedOrders": ["ServiceRequest/1"], "performer": "Organization/1" });
        for name in ["fulfillment-tasks", "fulfillmentTasks"] {
            let mut context = base.clone();
            context[name] = json!([{ "resourceType": "Task" }]);
            assert_eq!(read(Hook::OrderDispatch, context).unwrap().user, None);
        }
    }

    #[test]
    fn a_patient_id_is_a_fhir_id() {
        for id in [json!(""), json!(1), json!("a/b"), json!("Patient/1"), json!("a".repeat(65))] {
            assert!(read(Hook::PatientView, json!({ "userId": "Practitioner/1", "patientId": id })).is_err(), "{id}");
        }
    }

    #[test]
    fn draft_orders_may_lack_what_real_clients_leave_out() {
        let orders =
            json!({ "resourceType": "Bundle", "entry": [{ "resource": { "resourceType": "MedicationRequest" } }, {}] });
        let context = json!({ "userId": "Practitioner/1", "patientId": "p", "draftOrders": orders });
        assert_eq!(read(Hook::OrderSign, context).unwrap().draft_orders.len(), 2);
    }
}
