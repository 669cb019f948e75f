//! Building blocks of R4 resources, and the chart that numbers and tags them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
pub(crate) const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
pub(crate) const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
pub(crate) const ATC: &str = "http://www.whocc.no/atc";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
pub(crate) const CVX: &str = "http://hl7.org/fhir/sid/cvx";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// An instant in seconds since 1970; the ward's `now` was checked, so everything near it can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(pub(crate) i64);

impl Instant {
    pub(crate) fn before(self, seconds: i64) -> Self {
        Self(self.0 - seconds)
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_second(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub(crate) fn date(self) -> Date {
        self.timestamp().to_zoned(TimeZone::UTC).date()
    }

    /// FHIR `dateTime`, in UTC and to the second.
    pub(crate) fn text(self) -> String {
        self.timestamp().to_string()
    }
}

/// Everything of one patient, in the order it was added.
pub(crate) struct Chart {
    patient: String,
    counts: BTreeMap<&'static str, u32>,
    rows: Vec<Value>,
}

impl Chart {
    pub(crate) fn new(patient: String) -> Self {
        Self { patient, counts: BTreeMap::new(), rows: Vec::new() }
    }

    /// The reference every row has as its subject.
    pub(crate) fn subject(&self) -> Value {
        json!({ "reference": format!("Patient/{}", self.patient) })
    }

    /// Adds a row under the next id of this word and gives back a reference to it.
    pub(crate) fn add(&mut self, word: &'static str, kind: &'static str, mut row: Value) -> Value {
        let count = self.counts.entry(word).or_insert(0);
        *count += 1;
        let id = format!("{}-{word}-{count}", self.patient);
        let reference = json!({ "reference": format!("{kind}/{id}") });
        mark(&mut row, kind, &id);
        self.rows.push(row);
        reference
    }

    pub(crate) fn into_rows(self) -> Vec<Value> {
        self.rows
    }
}

/// Gives a resource its type, its id and the tag that says it is test data, and sorts its members.
pub(crate) fn mark(row: &mut Value, kind: &str, id: &str) {
    if let Some(members) = row.as_object_mut() {
        members.insert("resourceType".to_owned(), kind.into());
        members.insert("id".to_owned(), id.into());
        let tag = json!({ "system": ACT_REASON, "code": "HTEST", "display": "test health data" });
        members.insert("meta".to_owned(), json!({ "tag": [tag] }));
    }
    // The order of members must not depend on a feature of serde_json that another crate may turn on.
    row.sort_all_objects();
}

/// Sets a member of an object.
pub(crate) fn set(row: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(members) = row.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}

pub(crate) fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

pub(crate) fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [coding(system, code, display)], "text": display })
}

/// A quantity in UCUM: `units / scale` in decimal, so that no noise of binary fractions is printed.
pub(crate) fn quantity(units: i64, scale: i64, unit: &str, code: &str) -> Value {
    let value = if units % scale == 0 { json!(units / scale) } else { json!(units as f64 / scale as f64) };
    json!({ "value": value, "unit": unit, "system": UCUM, "code": code })
}

/// A final Observation without a value.
pub(crate) fn observation(category: &str, code: Value, subject: Value, at: Instant) -> Value {
    let system = "http://terminology.hl7.org/CodeSystem/observation-category";
    json!({
        "status": "final",
        "category": [concept(system, category, category)],
        "code": code,
        "subject": subject,
        "effectiveDateTime": at.text(),
        "issued": at.text(),
    })
}
