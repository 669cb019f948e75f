//! Codes: always a system and a code together. A display or a text is never a match.

use crate::Date;
use crate::r4::{
    CodeableConcept, Coding, Observation, ObservationEffective, ObservationValue, Patient, PatientDeceased, Quantity,
};

/// LOINC.
pub const LOINC: &str = "http://loinc.org";
/// SNOMED CT.
pub const SNOMED_CT: &str = "http://snomed.info/sct";
/// RxNorm.
pub const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
/// The WHO's Anatomical Therapeutic Chemical classification.
pub const ATC: &str = "http://www.whocc.no/atc";
/// The Unified Code for Units of Measure.
pub const UCUM: &str = "http://unitsofmeasure.org";

impl Coding {
    /// Whether this is exactly that code of that system.
    #[must_use]
    pub fn is(&self, system: &str, code: &str) -> bool {
        self.system.as_deref() == Some(system) && self.code.as_deref() == Some(code)
    }
}

impl CodeableConcept {
    /// Whether one of the codings is exactly that code of that system.
    #[must_use]
    pub fn has(&self, system: &str, code: &str) -> bool {
        self.coding.iter().any(|coding| coding.is(system, code))
    }

    /// The codes that are given in a system.
    pub fn codes_in<'a>(&'a self, system: &'a str) -> impl Iterator<Item = &'a str> {
        self.coding
            .iter()
            .filter(move |coding| coding.system.as_deref() == Some(system))
            .filter_map(|coding| coding.code.as_deref())
    }
}

impl Observation {
    /// Whether `code` holds that code. Components are looked at with [`Observation::component_quantity`].
    #[must_use]
    pub fn is(&self, system: &str, code: &str) -> bool {
        self.code.as_ref().is_some_and(|concept| concept.has(system, code))
    }

    /// `valueQuantity`.
    #[must_use]
    pub fn quantity(&self) -> Option<&Quantity> {
        as_quantity(self.value.as_ref())
    }

    /// `valueCodeableConcept`.
    #[must_use]
    pub fn concept(&self) -> Option<&CodeableConcept> {
        match &self.value {
            Some(ObservationValue::CodeableConcept(concept)) => Some(concept),
            Some(_) | None => None,
        }
    }

    /// The `valueQuantity` of the component with that code.
    #[must_use]
    pub fn component_quantity(&self, system: &str, code: &str) -> Option<&Quantity> {
        let holds = |concept: &CodeableConcept| concept.has(system, code);
        let component = self.component.iter().find(|component| component.code.as_ref().is_some_and(holds))?;
        as_quantity(component.value.as_ref())
    }

    /// `effectiveDateTime` or `effectiveInstant`: the one moment it was true. A period has none.
    #[must_use]
    pub fn effective_date(&self) -> Option<&Date> {
        match &self.effective {
            Some(ObservationEffective::DateTime(date) | ObservationEffective::Instant(date)) => Some(date),
            Some(ObservationEffective::Period(_) | ObservationEffective::Timing(_)) | None => None,
        }
    }

    /// Whether the status says that the result stands: `final`, `amended` or `corrected`
    /// (R4 value set observation-status). An absent status does not.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self.status.as_deref(), Some("final" | "amended" | "corrected"))
    }
}

impl Patient {
    /// Whether the patient is recorded as deceased at this time. A date of death that cannot be read counts.
    #[must_use]
    pub fn is_deceased_at(&self, now: &Date) -> bool {
        match &self.deceased {
            Some(PatientDeceased::Boolean(deceased)) => *deceased,
            Some(PatientDeceased::DateTime(date)) => match (date.range(), now.range()) {
                (Some((died, _)), Some((_, now))) => died <= now,
                (_, _) => true,
            },
            None => false,
        }
    }
}

fn as_quantity(value: Option<&ObservationValue>) -> Option<&Quantity> {
    match value {
        Some(ObservationValue::Quantity(quantity)) => Some(quantity),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_matches_only_with_its_system() {
        let coding = |system: Option<&str>| Coding {
            system: system.map(str::to_owned),
            code: Some("2160-0".to_owned()),
            ..Coding::default()
        };
        assert!(coding(Some(LOINC)).is(LOINC, "2160-0"));
        assert!(!coding(None).is(LOINC, "2160-0"));
        assert!(!coding(Some(SNOMED_CT)).is(LOINC, "2160-0"));
    }

    #[test]
    fn only_results_that_stand_are_final() {
        let with = |status: Option<&str>| Observation { status: status.map(str::to_owned), ..Observation::default() };
        assert!(with(Some("corrected")).is_final());
        for status in [None, Some("preliminary"), Some("entered-in-error"), Some("registered"), Some("cancelled")] {
            assert!(!with(status).is_final(), "{status:?}");
        }
    }
}
