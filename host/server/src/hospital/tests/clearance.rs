//! The policy a hospital sets and the consent a patient gives, in front of a real store.

mod live;
mod strangers;

use std::sync::Mutex;

use cordon_core::call::Purpose;
use cordon_core::ids::{Issuer, PatientId, Role};
use cordon_core::labelling::LabelRules;
use cordon_policy::cedar::DEFAULT;
use cordon_policy::consent::Effect;
use cordon_store::{RecordStore as _, Resource};

use super::*;
use crate::admin::protocol::ViewAs;

/// A log that keeps what it takes, until it is full.
#[derive(Default)]
struct Book(Mutex<Vec<Record>>, AtomicBool);

impl Ledger for Book {
    fn append(&self, record: &Record, _: Effects) -> Result<LeafIndex, LedgerError> {
        if self.1.load(Ordering::Relaxed) {
            return Err(LedgerError);
        }
        self.0.lock().unwrap().push(record.clone());
        Ok(LeafIndex(0))
    }
}

struct Ward {
    hospital: Hospital,
    store: Arc<Store>,
    book: Arc<Book>,
    _folder: tempfile::TempDir,
}

const LABS: &str = "\n[[need]]\nname = \"labs\"\nscope = \"patient/Observation.rs\"\nelements = [\"status\", \"code\"]\n\
                    on-withheld = \"run\"\nwhy = \"Testing.\"\n";

const CARD: &str = "\n[[template]]\nname = \"said\"\nindicator = \"info\"\nsummary = { en = \"Test.\" }\n";

fn opened(store: &Arc<Store>, book: &Arc<Book>, no_consent: Effect) -> Hospital {
    let consent = ConsentSettings { no_consent, ..ConsentSettings::default() };
    let labels = Arc::new(LabelRules::shipped().unwrap());
    let clock = Arc::new(crate::clock::SystemClock::start(None));
    let rules = Rules { consent, labels, clock, ..super::rules() };
    let stores = Arc::new(Stores::from_iter([Arc::clone(store)]));
    Hospital::open(stores, here(), book.clone(), rules)
}

impl Ward {
    /// A ward with one plugin that reads laboratory results, and one patient with a creatinine and an HIV test.
    fn new(no_consent: Effect) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &tenant()).unwrap();
        let store = Arc::new(store.labelled_by(Arc::new(LabelRules::shipped().unwrap())).unwrap());
        let book = Arc::new(Book::default());
        let hospital = opened(&store, &book, no_consent);
        let pem = key().public().unwrap().to_pem().unwrap();
        done(&hospital, Act::TrustAdd { key: pem, namespace: "org.example".to_owned() });
        // Restricted rows are for plugins whose cards are signed.
        let signed = manifest("labs", "1.0.0", "labs", "compiled")
            .replace("clinical@0.2.0", "clinical@0.3.0")
            .replace("mode = \"text\"", "mode = \"templated\"");
        install(&hospital, &format!("{signed}{LABS}{CARD}"));
        switch_on(&hospital, "labs");
        let ward = Self { hospital, store, book, _folder: folder };
        ward.keep(&observation("creatinine", "2160-0", "Creatinine"));
        ward.keep(&observation("hiv", "20447-9", "HIV 1 RNA"));
        ward
    }

    fn keep(&self, resource: &Value) {
        let resource = Resource::parse(resource.to_string().into_bytes()).unwrap();
        self.store.put(&tenant(), &[resource]).unwrap();
    }

    fn consent(&self, status: &str, kind: &str) {
        self.keep(&consent(status, kind));
    }

    fn view(&self, change: impl FnOnce(&mut ViewAs)) -> Reply {
        let mut view = asked();
        change(&mut view);
        act(&self.hospital, Act::View(view))
    }

    /// What the plugin would see now: ids, in order.
    fn seen(&self, change: impl FnOnce(&mut ViewAs)) -> Vec<String> {
        let Reply::Done(done) = self.view(change) else { panic!("no look") };
        let rows = done["look"]["rows"].as_array().unwrap().clone();
        let shown = rows.into_iter().filter(|row| row["needs"][0].get("row").is_some());
        let mut ids: Vec<String> = shown.map(|row| row["resource"]["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }

    fn epoch(&self) -> u64 {
        self.store.policy(&tenant()).unwrap().unwrap().epoch
    }

    fn last(&self) -> Record {
        self.book.0.lock().unwrap().last().unwrap().clone()
    }
}

fn asked() -> ViewAs {
    ViewAs {
        plugin: plugin("labs"),
        service: None,
        patient: PatientId::new("p").unwrap(),
        issuer: Issuer::new("https://ehr.example").unwrap(),
        user: None,
        purpose: Purpose::Treatment,
        roles: Vec::new(),
        context: None,
    }
}

fn consent(status: &str, kind: &str) -> Value {
    json!({ "resourceType": "Consent", "id": "c", "status": status,
        "scope": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy" }] },
        "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0" }] }],
        "patient": { "reference": "Patient/p" },
        "policyRule": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": kind }] } })
}

fn observation(id: &str, loinc: &str, display: &str) -> Value {
    json!({ "resourceType": "Observation", "id": id, "status": "final", "subject": { "reference": "Patient/p" },
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": loinc, "display": display }] }, "effectiveDateTime": "2026-11-01",
        "valueQuantity": { "value": 1.2, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL" } })
}

fn set(text: &str) -> Act {
    Act::PolicySet { text: text.to_owned() }
}

/// The default without one of its policies.
fn without(id: &str) -> String {
    let (before, rest) = DEFAULT.split_once(&format!("@id(\"{id}\")")).unwrap();
    format!("{before}{}", rest.split_once(";\n").unwrap().1)
}

fn open_to_hiv() -> String {
    ["restricted", "hiv"].iter().fold(DEFAULT.to_owned(), |text, id| {
        let (before, rest) = text.split_once(&format!("@id(\"{id}\")")).unwrap();
        format!("{before}{}", rest.split_once(";\n").unwrap().1)
    })
}

#[test]
fn without_a_consent_nothing_is_seen_unless_the_hospital_says_so() {
    assert!(Ward::new(Effect::Deny).seen(|_| {}).is_empty());
    assert_eq!(Ward::new(Effect::Permit).seen(|_| {}), ["creatinine"]);
}

#[test]
fn rd_06_a_consent_and_its_withdrawal_hold_from_the_next_call_on() {
    let ward = Ward::new(Effect::Deny);
    assert!(ward.seen(|_| {}).is_empty());
    ward.consent("active", "OPTIN");
    assert_eq!(ward.seen(|_| {}), ["creatinine"]);
    ward.consent("inactive", "OPTIN");
    assert!(ward.seen(|_| {}).is_empty(), "withdrawn");
    ward.consent("active", "OPTIN");
    assert_eq!(ward.seen(|_| {}), ["creatinine"]);
    ward.consent("active", "OPTOUT");
    assert!(ward.seen(|_| {}).is_empty(), "denied");
}

#[test]
fn rd_06_a_denial_binds_a_broken_glass_as_well() {
    let ward = Ward::new(Effect::Permit);
    assert_eq!(ward.seen(|view| view.purpose = Purpose::BreakGlass), ["creatinine", "hiv"]);
    ward.consent("active", "OPTOUT");
    assert!(ward.seen(|view| view.purpose = Purpose::BreakGlass).is_empty());
}

#[test]
fn a_policy_file_with_a_finding_changes_nothing_and_is_recorded_as_refused() {
    let ward = Ward::new(Effect::Permit);
    let broken = DEFAULT.replace("resource.hiv", "resource.hivv");
    let reply = act(&ward.hospital, set(&broken));
    assert!(
        matches!(&reply, Reply::Refused { kind, message } if kind == "malformed-policy" && message.contains("hiv")),
        "{reply:?}"
    );
    let digest = Digest::of(broken.as_bytes());
    let refused = ward.last().event;
    assert!(
        matches!(&refused, Event::Admin { action: AdminAction::Policy { epoch: None, digest: kept }, refused: Some(_) } if *kept == digest)
    );
    assert_eq!((ward.epoch(), ward.seen(|_| {})), (1, vec!["creatinine".to_owned()]));
    assert!(matches!(act(&ward.hospital, set(&"// x\n".repeat(1 << 19))), Reply::Refused { .. }));
}

#[test]
fn a_policy_that_cannot_be_recorded_is_not_set() {
    let ward = Ward::new(Effect::Permit);
    ward.book.1.store(true, Ordering::Relaxed);
    assert!(matches!(act(&ward.hospital, set(&open_to_hiv())), Reply::Failed { .. }));
    ward.book.1.store(false, Ordering::Relaxed);
    assert_eq!((ward.epoch(), ward.seen(|_| {})), (1, vec!["creatinine".to_owned()]));
}

#[test]
fn a_policy_holds_from_the_next_call_on_and_after_a_restart() {
    let ward = Ward::new(Effect::Permit);
    assert_eq!(ward.epoch(), 1, "a fresh tenant has the policy a hospital starts from");
    done(&ward.hospital, set(&open_to_hiv()));
    let action = AdminAction::Policy { epoch: Some(2), digest: Digest::of(open_to_hiv().as_bytes()) };
    assert_eq!(ward.last().event, Event::Admin { action, refused: None });
    assert_eq!(ward.seen(|_| {}), ["creatinine", "hiv"]);
    let restarted = opened(&ward.store, &ward.book, Effect::Permit);
    assert_eq!(restarted.show_policy(&tenant(), None).unwrap()["in-force"], 2);
    done(&ward.hospital, set(&without("care")));
    assert!(ward.seen(|_| {}).is_empty(), "nothing permits anything");
    assert_eq!(ward.store.policies(&tenant()).unwrap().len(), 3, "every version is kept");
}

#[test]
fn a_role_opens_what_the_policy_gives_it_and_no_more() {
    let ward = Ward::new(Effect::Permit);
    done(&ward.hospital, set(&without("restricted")));
    assert_eq!(ward.seen(|_| {}), ["creatinine"]);
    let role = |name: &'static str| move |view: &mut ViewAs| view.roles = vec![Role::new(name).unwrap()];
    assert_eq!(ward.seen(role("hiv-care")), ["creatinine", "hiv"]);
    assert_eq!(ward.seen(role("psychiatry")), ["creatinine"]);
}

#[test]
fn a_look_without_a_reason_or_at_an_unknown_plugin_is_refused_and_recorded() {
    let ward = Ward::new(Effect::Permit);
    let reply = ward.view(|view| view.plugin = plugin("other"));
    assert!(matches!(&reply, Reply::Refused { kind, .. } if kind == "unknown-plugin"), "{reply:?}");
    let record = ward.last();
    assert!(
        matches!(&record.event, Event::Admin { action: AdminAction::Look { what }, refused: Some(_) } if what.contains("org.example.other"))
    );
    assert_eq!(record.private.patient.as_deref(), Some("p"));
}

#[test]
fn a_look_with_a_context_of_another_patient_or_hook_is_refused_and_recorded() {
    let ward = Ward::new(Effect::Permit);
    let with = |text: &str| ward.view(|view| view.context = Some(text.to_owned()));
    for (text, expected) in [
        (r#"{"userId":"Practitioner/1","patientId":"q"}"#, "other-patient"),
        (r#"{"patientId":"p"}"#, "malformed-context"),
        (r#"{"userId":"Practitioner/1","patientId":"p","patientId":"p"}"#, "malformed-context"),
        (r#"{"userId":"Practitioner/1","patientId":"p""#, "malformed-context"),
        (r#"[]"#, "malformed-context"),
        (r#"{"context":[]}"#, "malformed-context"),
        (r#"{"hook":"order-sign","context":{"userId":"Practitioner/1","patientId":"p"}}"#, "malformed-context"),
    ] {
        let reply = with(text);
        assert!(matches!(&reply, Reply::Refused { kind, .. } if kind == expected), "{text}: {reply:?}");
        let record = ward.last();
        let Event::Admin { action: AdminAction::Look { what }, refused: Some(_) } = &record.event else {
            panic!("{text}")
        };
        assert_eq!(what, "a patient's record and a request as org.example.labs would get them for TREAT");
        assert_eq!(record.private.patient.as_deref(), Some("p"), "{text}");
    }
    for text in [
        r#"{"userId":"Practitioner/1","patientId":"p"}"#,
        r#"{"hook":"patient-view","fhirServer":"https://ehr.example/r4","context":{"userId":"Practitioner/1","patientId":"p"}}"#,
    ] {
        assert!(matches!(with(text), Reply::Done(_)), "{text}");
        assert!(
            matches!(ward.last().event, Event::Admin { action: AdminAction::Look { .. }, refused: None }),
            "{text}"
        );
    }
}

#[test]
fn a_look_says_why_a_row_is_absent_and_names_the_patient_only_in_private() {
    let ward = Ward::new(Effect::Permit);
    let Reply::Done(done) = ward.view(|_| {}) else { panic!("no look") };
    let rows = done["look"]["rows"].as_array().unwrap();
    let hiv = rows.iter().find(|row| row["resource"]["id"] == "hiv").unwrap();
    assert_eq!(hiv["label"], "R HIV");
    assert_eq!(hiv["needs"][0]["reasons"], json!([{ "because": "policy", "ids": ["hiv", "restricted"] }]));
    let record = ward.last();
    assert_eq!((record.private.patient.as_deref(), record.private.reason.as_deref()), (Some("p"), Some("test")));
    let Event::Admin { action: AdminAction::Look { what }, refused: None } = &record.event else { panic!("no look") };
    assert_eq!(what, "a patient's record as org.example.labs would get it for TREAT");
}
