//! What a ward holds, counted.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::cast::{News2Band, RenalTrap, Sensitive, T1Verdict, VitalTrap};
use crate::ward::PatientRecord;

/// Counts of everything written: patients, resources by type, and patients by class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WardSummary {
    /// Patients counted.
    pub patients: u32,
    /// Resources by type, the Patient among them.
    pub resources: BTreeMap<String, u64>,
    /// Patients by what a metformin draft meets.
    pub t1: BTreeMap<T1Verdict, u32>,
    /// Patients by NEWS2 response.
    pub news2: BTreeMap<News2Band, u32>,
    /// Patients by kind of guarded data; a pregnancy is under `news2`.
    pub sensitive: BTreeMap<Sensitive, u32>,
    /// Patients by what is odd about creatinine, sex or dates.
    pub renal_traps: BTreeMap<RenalTrap, u32>,
    /// Patients by what is odd about the vital signs.
    pub vital_traps: BTreeMap<VitalTrap, u32>,
}

impl WardSummary {
    /// Counts one patient.
    pub fn count(&mut self, record: &PatientRecord) {
        self.patients += 1;
        for row in record.rows() {
            let kind = row.get("resourceType").and_then(Value::as_str).unwrap_or_default();
            *self.resources.entry(kind.to_owned()).or_insert(0) += 1;
        }
        let cast = record.cast;
        *self.t1.entry(cast.t1).or_insert(0) += 1;
        *self.news2.entry(cast.news2).or_insert(0) += 1;
        *self.renal_traps.entry(cast.renal_trap).or_insert(0) += 1;
        *self.vital_traps.entry(cast.vital_trap).or_insert(0) += 1;
        if let Some(kind) = cast.sensitive {
            *self.sensitive.entry(kind).or_insert(0) += 1;
        }
    }
}
