//! Which codes are which item of the score. A code is listed or it does not count: no text is read.
//!
//! SNOMED CT: the names beside the codes are the fully specified names of the International Edition. ICD-10: prefixes that
//! mean the same in the WHO edition, ICD-10-GM and ICD-10-CM, unless the comment names one of them.

use cordon_sdk::SNOMED_CT;
use cordon_sdk::prelude::*;

/// ICD-10 in the editions that the prefixes below fit.
const ICD_10: [&str; 4] = [
    "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    "http://fhir.de/CodeSystem/dimdi/icd-10-gm",
];

/// A problem that the tool looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeSet {
    /// SNOMED CT codes.
    snomed: &'static [&'static str],
    /// ICD-10 codes; what begins with one is meant too.
    icd_10: &'static [&'static str],
    /// What begins with one of these is not meant.
    icd_10_except: &'static [&'static str],
}

impl CodeSet {
    /// Whether one of the codings is of this set.
    #[must_use]
    pub fn holds(&self, concept: &CodeableConcept) -> bool {
        let begins = |code: &str, prefixes: &[&str]| prefixes.iter().any(|prefix| code.starts_with(prefix));
        let icd_10 = |code: &str| begins(code, self.icd_10) && !begins(code, self.icd_10_except);
        concept.codes_in(SNOMED_CT).any(|code| self.snomed.contains(&code))
            || ICD_10.iter().any(|system| concept.codes_in(system).any(icd_10))
    }
}

/// Atrial fibrillation. Flutter alone is not what the score was made from: I48.3, I48.4 and, in ICD-10-CM, I48.92.
/// SNOMED CT source: the members of the eCQM value set "Atrial Fibrillation/Flutter" that are fibrillation.
pub const FIBRILLATION: CodeSet = CodeSet {
    snomed: &[
        "49436004",        // Atrial fibrillation
        "195080001",       // Atrial fibrillation and flutter
        "282825002",       // Paroxysmal atrial fibrillation
        "440059007",       // Persistent atrial fibrillation
        "706923002",       // Longstanding persistent atrial fibrillation
        "440028005",       // Permanent atrial fibrillation
        "426749004",       // Chronic atrial fibrillation
        "233910005",       // Lone atrial fibrillation
        "233911009",       // Non-rheumatic atrial fibrillation
        "300996004",       // Controlled atrial fibrillation
        "314208002",       // Rapid atrial fibrillation
        "120041000119109", // Atrial fibrillation with rapid ventricular response
        "715395008",       // Familial atrial fibrillation
    ],
    icd_10: &["I48"],
    icd_10_except: &["I48.3", "I48.4", "I48.92"],
};

/// C: congestive heart failure or left ventricular dysfunction (Lip 2010, table 1). ICD-10: heart failure, hypertensive
/// heart disease with heart failure, dilated and ischaemic cardiomyopathy.
/// SNOMED CT source: the general members of the eCQM value set "Heart Failure".
pub const HEART_FAILURE: CodeSet = CodeSet {
    snomed: &[
        "84114007",  // Heart failure
        "42343007",  // Congestive heart failure
        "88805009",  // Chronic congestive heart failure
        "48447003",  // Chronic heart failure
        "56675007",  // Acute heart failure
        "10633002",  // Acute congestive heart failure
        "195112003", // Compensated cardiac failure
        "85232009",  // Left heart failure
        "441481004", // Chronic systolic heart failure
        "443254009", // Acute systolic heart failure
        "443253003", // Acute on chronic systolic heart failure
        "441530006", // Chronic diastolic heart failure
        "443343001", // Acute diastolic heart failure
        "443344007", // Acute on chronic diastolic heart failure
        "46113002",  // Hypertensive heart failure
        "5148006",   // Hypertensive heart disease with congestive heart failure
    ],
    icd_10: &["I50", "I11.0", "I13.0", "I13.2", "I42.0", "I25.5"],
    icd_10_except: &[],
};

/// H: hypertension (Lip 2010, table 1). ICD-10: hypertensive diseases, and I16 of ICD-10-CM, hypertensive crisis.
/// SNOMED CT source: the general concepts for essential and secondary hypertension.
pub const HYPERTENSION: CodeSet = CodeSet {
    snomed: &[
        "38341003", // Hypertensive disorder, systemic arterial
        "59621000", // Essential hypertension
        "31992008", // Secondary hypertension
        "46113002", // Hypertensive heart failure
        "5148006",  // Hypertensive heart disease with congestive heart failure
    ],
    icd_10: &["I10", "I11", "I12", "I13", "I15", "I16"],
    icd_10_except: &[],
};

/// D: diabetes mellitus (Lip 2010, table 1). ICD-10: E10 to E14, and E08 and E09 of ICD-10-CM.
/// SNOMED CT source: the two types and their parent.
pub const DIABETES: CodeSet = CodeSet {
    snomed: &[
        "73211009", // Diabetes mellitus
        "46635009", // Diabetes mellitus type 1
        "44054006", // Diabetes mellitus type 2
    ],
    icd_10: &["E08", "E09", "E10", "E11", "E12", "E13", "E14"],
    icd_10_except: &[],
};

/// S2: stroke, transient ischaemic attack or systemic embolism, ever (Lip 2010, table 1). ICD-10: cerebral infarction,
/// stroke not specified, their sequelae, TIA without transient global amnesia (G45.4), arterial embolism, and Z86.73 of
/// ICD-10-CM, personal history of these. Haemorrhage is not counted: it is not a thromboembolism.
/// SNOMED CT source: the general members of the eCQM value set "Ischemic Stroke", TIA, and the two histories.
pub const STROKE: CodeSet = CodeSet {
    snomed: &[
        "230690007", // Cerebrovascular accident
        "422504002", // Ischemic stroke
        "432504007", // Cerebral infarction
        "371041009", // Embolic stroke
        "371040005", // Thrombotic stroke
        "230698000", // Lacunar infarction
        "266257000", // Transient ischemic attack
        "426814001", // Transient cerebral ischemia due to atrial fibrillation
        "275526006", // History of cerebrovascular accident
        "161511000", // History of transient ischemic attack
    ],
    icd_10: &["I63", "I64", "I69.3", "I69.4", "G45", "I74", "Z86.73"],
    icd_10_except: &["G45.4"],
};

/// V: prior myocardial infarction, peripheral artery disease or aortic plaque (Lip 2010, table 1). Other coronary disease
/// is not in the score of 2010.
/// SNOMED CT source: the general members of the eCQM value sets "Myocardial Infarction" and "Atherosclerosis and Peripheral
/// Arterial Disease" that are one of the three, and the two histories.
pub const VASCULAR: CodeSet = CodeSet {
    snomed: &[
        "22298006",  // Myocardial infarction
        "57054005",  // Acute myocardial infarction
        "401303003", // Acute ST segment elevation myocardial infarction
        "401314000", // Acute non-ST segment elevation myocardial infarction
        "1755008",   // Old myocardial infarction
        "399211009", // History of myocardial infarction
        "399957001", // Peripheral arterial occlusive disease
        "51274000",  // Atherosclerosis of arteries of the extremities
        "63491006",  // Intermittent claudication
        "81817003",  // Atherosclerosis of aorta
    ],
    icd_10: &["I21", "I22", "I25.2", "I70.0", "I70.2", "I73.9"],
    icd_10_except: &[],
};

/// Valvular disease for which the score was not made: mitral stenosis (I05.0, I05.2, I34.2) and a prosthetic heart valve
/// (Z95.2). Source: Lip 2010, patients without mitral stenosis or previous valve surgery.
pub const VALVE: CodeSet = CodeSet {
    snomed: &["79619009"], // Mitral valve stenosis
    icd_10: &["I05.0", "I05.2", "I34.2", "Z95.2"],
    icd_10_except: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn concept(system: &str, code: &str) -> CodeableConcept {
        let coding = Coding { system: Some(system.to_owned()), code: Some(code.to_owned()), ..Coding::default() };
        CodeableConcept { coding: vec![coding], ..CodeableConcept::default() }
    }

    #[test]
    fn an_icd_10_prefix_covers_its_subdivisions_in_all_four_editions() {
        for system in ICD_10 {
            for (code, set) in [("I48.91", FIBRILLATION), ("I10.00", HYPERTENSION), ("E11.9", DIABETES)] {
                assert!(set.holds(&concept(system, code)), "{system} {code}");
            }
        }
    }

    #[test]
    fn flutter_and_global_amnesia_and_haemorrhage_are_not_meant() {
        let [icd_10, ..] = ICD_10;
        for code in ["I48.3", "I48.4", "I48.92"] {
            assert!(!FIBRILLATION.holds(&concept(icd_10, code)), "{code}");
        }
        for code in ["G45.4", "I61.9", "I62.0", "I60.9"] {
            assert!(!STROKE.holds(&concept(icd_10, code)), "{code}");
        }
        assert!(!FIBRILLATION.holds(&concept(SNOMED_CT, "5370000")));
        assert!(!VASCULAR.holds(&concept(icd_10, "I25.1")));
    }

    #[test]
    fn a_code_counts_only_in_its_system() {
        assert!(FIBRILLATION.holds(&concept(SNOMED_CT, "49436004")));
        assert!(!FIBRILLATION.holds(&concept("http://local", "49436004")));
        assert!(!FIBRILLATION.holds(&concept(SNOMED_CT, "I48.0")));
    }

    #[test]
    fn hypertensive_heart_failure_is_two_items() {
        let [icd_10, ..] = ICD_10;
        let both = concept(icd_10, "I11.0");
        assert!(HEART_FAILURE.holds(&both) && HYPERTENSION.holds(&both));
        assert!(!HEART_FAILURE.holds(&concept(icd_10, "I11.9")));
    }
}
