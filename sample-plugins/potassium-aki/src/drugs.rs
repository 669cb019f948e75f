//! Which active orders keep potassium in the body, by code only: a display or a text is never a match.

use cordon_sdk::prelude::*;
use cordon_sdk::{ATC, RXNORM};

/// The WHO's ATC and the German edition.
const ATC_SYSTEMS: [&str; 3] = [ATC, "http://fhir.de/CodeSystem/bfarm/atc", "http://fhir.de/CodeSystem/dimdi/atc"];

/// ATC groups, with all below: ACE inhibitors (C09A, C09B), angiotensin II receptor blockers (C09C, C09D), aldosterone
/// antagonists and other potassium-sparing agents (C03D), diuretics combined with these (C03E).
const GROUPS: [&str; 6] = ["C09A", "C09B", "C09C", "C09D", "C03D", "C03E"];

/// RxNorm ingredients.
const INGREDIENTS: &[&str] = &[
    "18867",   // benazepril
    "1998",    // captopril
    "3827",    // enalapril
    "50166",   // fosinopril
    "29046",   // lisinopril
    "30131",   // moexipril
    "54552",   // perindopril
    "35208",   // quinapril
    "35296",   // ramipril
    "38454",   // trandolapril
    "1091643", // azilsartan
    "214354",  // candesartan
    "83515",   // eprosartan
    "83818",   // irbesartan
    "52175",   // losartan
    "321064",  // olmesartan
    "73494",   // telmisartan
    "69749",   // valsartan
    "9997",    // spironolactone
    "298869",  // eplerenone
    "2562811", // finerenone
    "644",     // amiloride
    "10763",   // triamterene
];

/// RxNorm products with an ACE inhibitor, alone or combined: the members of the eCQM value sets "ACE Inhibitor or ARB or
/// ARNI" and "Pharmacologic Therapy for Hypertension".
const ACE_PRODUCTS: &[&str] = &[
    "197436", "197437", "197438", "197439", "197884", "197885", "197886", "197887", "198188", "198189", "199351",
    "199352", "199353", "205326", "251856", "251857", "261962", "308962", "308963", "308964", "310796", "310797",
    "310809", "311353", "311354", "312748", "312749", "312750", "314076", "314077", "314203", "317173", "401965",
    "401968", "845488", "854925", "854984", "854988", "857166", "857169", "857174", "857183", "857187", "858804",
    "858810", "858813", "858817", "858824", "858828", "897781", "897783", "897844", "897853", "898342", "898346",
    "898350", "898353", "898356", "898359", "898362", "898367", "898372", "898378", "898687", "898690", "898719",
    "898723", "1299859", "1299871", "1299890", "1299896", "1299897", "1435624", "1600716", "1600724", "1600728",
    "1729200", "1729205", "1806884",
];

/// RxNorm products with an angiotensin II receptor blocker, from the same value sets.
const ARB_PRODUCTS: &[&str] = &[
    "153822", "153823", "200094", "200095", "200096", "200284", "200285", "205304", "205305", "282755", "283316",
    "283317", "310140", "310792", "310793", "349199", "349200", "349201", "349353", "349373", "349401", "349405",
    "349483", "351292", "351293", "403853", "403854", "403855", "477130", "485471", "577776", "578325", "578330",
    "636042", "636045", "639537", "722126", "722131", "722134", "722137", "730861", "730866", "730869", "730872",
    "802749", "848131", "848135", "848140", "848145", "848151", "876514", "876519", "876524", "876529", "979464",
    "979468", "979471", "979480", "979485", "979492", "999967", "999986", "999991", "999996", "1000001", "1091646",
    "1091652", "1235144", "1235151", "1656340", "1656349", "1656354", "1798281",
];

/// RxNorm products with an aldosterone antagonist or another potassium-sparing agent, from the same value sets.
const SPARING_PRODUCTS: &[&str] = &[
    "313096", "198222", "198223", "198224", "198225", // spironolactone, with hydrochlorothiazide
    "351256", "351257", // eplerenone
    "2562816", "2562824", // finerenone
    "977880", "977883", // amiloride, with hydrochlorothiazide
    "198312", "198313", "198314", "198316", "310812", "310818", // triamterene, with hydrochlorothiazide
];

/// What the active orders say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drugs {
    /// Whether one of them keeps potassium in the body.
    pub sparing: bool,
    /// How many have neither an RxNorm nor an ATC code.
    pub unreadable: usize,
}

impl Drugs {
    /// Reads the orders; those that are not active, or say "do not", are passed over.
    #[must_use]
    pub fn read(orders: &[MedicationRequest]) -> Self {
        let given = |order: &&MedicationRequest| {
            order.status.as_deref() == Some("active") && order.do_not_perform != Some(true)
        };
        let orders: Vec<_> = orders.iter().filter(given).map(kind).collect();
        let count = |wanted: Kind| orders.iter().filter(|kind| **kind == wanted).count();
        Self { sparing: count(Kind::Sparing) > 0, unreadable: count(Kind::Unreadable) }
    }
}

#[derive(PartialEq, Eq)]
enum Kind {
    Sparing,
    Other,
    Unreadable,
}

fn kind(order: &MedicationRequest) -> Kind {
    let Some(MedicationRequestMedication::CodeableConcept(concept)) = &order.medication else {
        return Kind::Unreadable;
    };
    let rxnorm: Vec<&str> = concept.codes_in(RXNORM).collect();
    let atc: Vec<&str> = ATC_SYSTEMS.iter().flat_map(|system| concept.codes_in(system)).collect();
    let listed = |code: &&str| {
        [INGREDIENTS, ACE_PRODUCTS, ARB_PRODUCTS, SPARING_PRODUCTS].iter().any(|codes| codes.contains(code))
    };
    if rxnorm.iter().any(listed) || atc.iter().any(|code| GROUPS.iter().any(|group| code.starts_with(group))) {
        Kind::Sparing
    } else if rxnorm.is_empty() && atc.is_empty() {
        Kind::Unreadable
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(system: &str, code: &str) -> MedicationRequest {
        let coding = Coding { system: Some(system.to_owned()), code: Some(code.to_owned()), ..Coding::default() };
        let concept = CodeableConcept { coding: vec![coding], ..CodeableConcept::default() };
        MedicationRequest {
            status: Some("active".to_owned()),
            medication: Some(MedicationRequestMedication::CodeableConcept(concept)),
            ..MedicationRequest::default()
        }
    }

    #[test]
    fn ingredients_products_combinations_and_atc_groups_are_known() {
        let rxnorm = ["29046", "314076", "197885", "848131", "1656340", "9997", "313096", "198316", "2562816"];
        for code in rxnorm {
            assert!(Drugs::read(&[order(RXNORM, code)]).sparing, "{code}");
        }
        for code in ["C09AA05", "C09BA05", "C09CA03", "C09DX04", "C03DA04", "C03DB01", "C03EA01"] {
            for system in ATC_SYSTEMS {
                assert!(Drugs::read(&[order(system, code)]).sparing, "{code}");
            }
        }
    }

    #[test]
    fn other_drugs_are_other_and_a_drug_without_a_code_is_counted() {
        let other = [order(RXNORM, "161"), order(ATC, "C03AA03")];
        assert_eq!(Drugs::read(&other), Drugs::default());
        let unreadable = [order("http://local", "29046"), order(RXNORM, "161")];
        assert_eq!(Drugs::read(&unreadable), Drugs { sparing: false, unreadable: 1 });
    }

    #[test]
    fn an_order_that_is_not_active_or_says_do_not_is_passed_over() {
        let stopped = MedicationRequest { status: Some("stopped".to_owned()), ..order(RXNORM, "29046") };
        let not = MedicationRequest { do_not_perform: Some(true), ..order(RXNORM, "29046") };
        assert_eq!(Drugs::read(&[stopped, not]), Drugs::default());
    }
}
