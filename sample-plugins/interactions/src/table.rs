//! The table of this tool: drugs, pairs and allergies. Nothing else in the tool names a drug code.
//!
//! RxNorm: ingredients and, because an order names a product and not its ingredient, the products that hold it. ATC: a code
//! or a group with all below.

use cordon_sdk::{ATC, RXNORM, SNOMED_CT};

/// The WHO's ATC and the German edition.
const ATC_SYSTEMS: [&str; 3] = [ATC, "http://fhir.de/CodeSystem/bfarm/atc", "http://fhir.de/CodeSystem/dimdi/atc"];

/// A substance, or a group that a label treats as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Substance {
    /// Amiodarone.
    Amiodarone,
    /// Amlodipine.
    Amlodipine,
    /// Acetylsalicylic acid.
    Aspirin,
    /// Clopidogrel.
    Clopidogrel,
    /// Digoxin.
    Digoxin,
    /// Nonsteroidal anti-inflammatory drugs but aspirin.
    Nsaid,
    /// Penicillins.
    Penicillin,
    /// Simvastatin.
    Simvastatin,
    /// Verapamil.
    Verapamil,
    /// Warfarin.
    Warfarin,
}

/// What a pair does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// The level of digoxin rises.
    DigoxinRises,
    /// The risk of bleeding rises.
    Bleeding,
    /// The effect of warfarin, and the INR, rise.
    InrRises,
    /// At most so many mg of simvastatin a day: above, myopathy.
    SimvastatinLimit(f64),
}

/// Two substances with a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The two.
    pub between: [Substance; 2],
    /// What they do.
    pub effect: Effect,
    /// Whose rule it is.
    pub label: Label,
}

/// The label that a rule is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// FDA label of digoxin (Lanoxin), section 7, table of drugs that raise its concentration.
    Digoxin,
    /// FDA label of warfarin (Coumadin), section 7, tables of inhibitors and of drugs that increase the risk of bleeding.
    Warfarin,
    /// FDA label of simvastatin (Zocor), sections 2 and 7, as revised in 2011 and since.
    Simvastatin,
}

/// The pairs.
pub const PAIRS: [Pair; 10] = [
    pair(Substance::Digoxin, Substance::Verapamil, Effect::DigoxinRises, Label::Digoxin),
    pair(Substance::Digoxin, Substance::Amiodarone, Effect::DigoxinRises, Label::Digoxin),
    pair(Substance::Warfarin, Substance::Nsaid, Effect::Bleeding, Label::Warfarin),
    pair(Substance::Warfarin, Substance::Aspirin, Effect::Bleeding, Label::Warfarin),
    pair(Substance::Warfarin, Substance::Clopidogrel, Effect::Bleeding, Label::Warfarin),
    pair(Substance::Warfarin, Substance::Amiodarone, Effect::InrRises, Label::Warfarin),
    pair(Substance::Simvastatin, Substance::Verapamil, Effect::SimvastatinLimit(10.0), Label::Simvastatin),
    pair(Substance::Simvastatin, Substance::Amlodipine, Effect::SimvastatinLimit(20.0), Label::Simvastatin),
    pair(Substance::Simvastatin, Substance::Amiodarone, Effect::SimvastatinLimit(20.0), Label::Simvastatin),
    pair(Substance::Simvastatin, Substance::Warfarin, Effect::InrRises, Label::Simvastatin),
];

const fn pair(a: Substance, b: Substance, effect: Effect, label: Label) -> Pair {
    Pair { between: [a, b], effect, label }
}

/// Which ordered substances a recorded allergy speaks against: itself, and between aspirin and other NSAIDs both ways (FDA
/// labels of NSAIDs, section 4: not after asthma, urticaria or allergic reactions from aspirin or other NSAIDs).
#[must_use]
pub fn speaks_against(allergy: Substance, ordered: Substance) -> bool {
    let family = |substance| matches!(substance, Substance::Aspirin | Substance::Nsaid);
    allergy == ordered || (family(allergy) && family(ordered))
}

/// SNOMED CT codes of allergies and of substances that an allergy can name.
const ALLERGIES: [(&str, Substance); 7] = [
    ("91936005", Substance::Penicillin),   // Allergy to penicillin
    ("764146007", Substance::Penicillin),  // Penicillin (substance)
    ("293586001", Substance::Aspirin),     // Allergy to aspirin
    ("387458008", Substance::Aspirin),     // Aspirin (substance)
    ("372665008", Substance::Nsaid),       // Substance with nonsteroidal anti-inflammatory mechanism of action
    ("387584000", Substance::Simvastatin), // Simvastatin (substance)
    ("372756006", Substance::Warfarin),    // Warfarin (substance)
];

/// SNOMED CT: no known allergy, no known drug allergy, no known food allergy, no known environmental allergy.
pub const NO_ALLERGY: [&str; 4] = ["716186003", "409137002", "429625007", "428607008"];

/// mg of simvastatin in one piece of a product. RxNorm, by name.
const SIMVASTATIN_MG: [(&str, f64); 9] = [
    ("312962", 5.0),
    ("314231", 10.0),
    ("476345", 10.0),
    ("312961", 20.0),
    ("476349", 20.0),
    ("198211", 40.0),
    ("476350", 40.0),
    ("200345", 80.0),
    ("476351", 80.0),
];

/// The codes of a substance.
struct Drug {
    substance: Substance,
    ingredients: &'static [&'static str],
    products: &'static [&'static str],
    atc: &'static [&'static str],
}

impl Drug {
    fn holds(&self, system: &str, code: &str) -> bool {
        if system == RXNORM {
            self.ingredients.contains(&code) || self.products.contains(&code)
        } else {
            ATC_SYSTEMS.contains(&system) && self.atc.iter().any(|group| code.starts_with(group))
        }
    }
}

/// The substances that a drug code means; none if it is not in the table.
pub fn substances<'a>(system: &'a str, code: &'a str) -> impl Iterator<Item = Substance> + 'a {
    DRUGS.iter().filter(move |drug| drug.holds(system, code)).map(|drug| drug.substance)
}

/// The substance that an allergy code means, if it is in the table.
#[must_use]
pub fn allergen(system: &str, code: &str) -> Option<Substance> {
    let listed = ALLERGIES.iter().find(|(listed, _)| system == SNOMED_CT && *listed == code);
    listed.map(|(_, substance)| *substance).or_else(|| substances(system, code).next())
}

/// Whether a code is of a system that names drugs here.
#[must_use]
pub fn names_a_drug(system: &str) -> bool {
    system == RXNORM || ATC_SYSTEMS.contains(&system)
}

/// mg of simvastatin in one piece of this RxNorm product, if the table knows.
#[must_use]
pub fn simvastatin_mg(code: &str) -> Option<f64> {
    SIMVASTATIN_MG.iter().find(|(product, _)| *product == code).map(|(_, mg)| *mg)
}

const DRUGS: [Drug; 10] = [
    // Amiodarone. Products: RxNorm, by name.
    Drug {
        substance: Substance::Amiodarone,
        ingredients: &["703"],
        products: &["833528", "834346", "834350", "835956"],
        atc: &["C01BD01"],
    },
    // Amlodipine, alone or combined; C09BB and C09DB are those combinations that hold it. Products: eCQM value set
    // "Pharmacologic Therapy for Hypertension", and amlodipine with celecoxib.
    Drug {
        substance: Substance::Amlodipine,
        ingredients: &["17767"],
        products: &[
            "197361", "308135", "308136", "404011", "404013", "597967", "597971", "597974", "597977", "597980",
            "597984", "597987", "597990", "597993", "722126", "722131", "722134", "722137", "730861", "730866",
            "730869", "730872", "848131", "848135", "848140", "848145", "848151", "876514", "876519", "876524",
            "876529", "898342", "898346", "898350", "898353", "898356", "898359", "999967", "999986", "999991",
            "999996", "1000001", "1600716", "1600724", "1600728", "2047715", "2047716", "2047717",
        ],
        atc: &[
            "C08CA01", "C09BB03", "C09BB04", "C09BB07", "C09DB01", "C09DB02", "C09DB04", "C09DB05", "C09DB06",
            "C09DB07", "C09DX01", "C09DX03", "C10BX03",
        ],
    },
    // Aspirin, alone or combined. Products: eCQM value set "Antithrombotic Therapy", and aspirin 81 MG Oral Tablet.
    Drug {
        substance: Substance::Aspirin,
        ingredients: &["1191"],
        products: &[
            "197447", "198464", "198467", "198471", "198473", "198475", "198479", "198480", "212033", "238134",
            "238135", "243694", "259081", "308278", "308297", "308363", "308409", "308411", "308416", "308417",
            "318272", "359221", "432638", "637540", "692836", "702316", "763111", "763116", "827318", "848768",
            "900528", "994226", "994237", "994430", "994435", "994528", "994535", "1092398", "1250907", "1536467",
            "1536498", "1536503", "1536675", "1536815", "1536833", "1536840", "1537029", "1593110", "1665356",
            "1722689", "1730187", "1811631", "1811632", "243670",
        ],
        atc: &["B01AC06", "B01AC30", "N02BA01", "N02BA51", "N02BA71"],
    },
    // Clopidogrel. Products: eCQM value set "Antithrombotic Therapy".
    Drug {
        substance: Substance::Clopidogrel,
        ingredients: &["32968"],
        products: &["309362", "749196"],
        atc: &["B01AC04"],
    },
    // Digoxin. Products: RxNorm, by name.
    Drug {
        substance: Substance::Digoxin,
        ingredients: &["3407"],
        products: &["197604", "197605", "197606"],
        atc: &["C01AA05"],
    },
    // Nonsteroidal anti-inflammatory drugs taken by mouth or injected. Ingredients: ibuprofen, naproxen, diclofenac,
    // indomethacin, ketorolac, meloxicam, celecoxib. M01AX is other drugs. Products: RxNorm, by name: ibuprofen,
    // naproxen, indomethacin, ketorolac, meloxicam, and celecoxib with amlodipine.
    Drug {
        substance: Substance::Nsaid,
        ingredients: &["5640", "7258", "3355", "5781", "35827", "41493", "140587"],
        products: &[
            "152695", "197805", "197806", "197807", "197817", "197818", "198012", "198013", "198014", "198405",
            "310965", "310991", "310992", "311486", "834022", "849574", "858770", "858778", "858798", "859315",
            "860092", "860096", "860113", "860114", "860115", "895664", "901814", "1049589", "1297390", "1310503",
            "1490727", "1491529", "1550957", "1665459", "1665461", "1665675", "1665679", "1665682", "2047715",
            "2047716", "2047717",
        ],
        atc: &["M01AA", "M01AB", "M01AC", "M01AE", "M01AG", "M01AH"],
    },
    // Penicillins. Ingredients: amoxicillin, ampicillin, penicillin G and V. Products: eCQM value set "Antibiotic
    // Medications for Pharyngitis".
    Drug {
        substance: Substance::Penicillin,
        ingredients: &["723", "733", "7980", "7984"],
        products: &[
            "204466", "207390", "207391", "239191", "240984", "308177", "308182", "308188", "308189", "308191",
            "308192", "308194", "308207", "308210", "308212", "313797", "313800", "313850", "562251", "562508",
            "598025", "617296", "617302", "617309", "617316", "617322", "617423", "617430", "617993", "617995",
            "731538", "731564", "731567", "731570", "745302", "745462", "745560", "789980", "802550", "834040",
            "834046", "834061", "834102", "836306", "863538", "1659592", "1659598", "1721473", "1721474", "1721475",
            "1721476",
        ],
        atc: &["J01CA", "J01CE", "J01CF", "J01CR"],
    },
    // Simvastatin, alone or combined. Products: eCQM value set "Statin Grouper".
    Drug {
        substance: Substance::Simvastatin,
        ingredients: &["36567"],
        products: &[
            "198211", "200345", "312961", "312962", "314231", "476345", "476349", "476350", "476351", "1189802",
            "1790679", "1944264",
        ],
        atc: &["C10AA01", "C10BA02", "C10BA04"],
    },
    // Verapamil, alone or combined with trandolapril (C09BB10). Products: eCQM value set "Pharmacologic Therapy for
    // Hypertension", and two that synthetic records name.
    Drug {
        substance: Substance::Verapamil,
        ingredients: &["11170"],
        products: &[
            "897584", "897590", "897596", "897612", "897618", "897624", "897630", "897640", "897649", "897659",
            "897666", "897683", "897685", "897718", "897722", "897781", "897783", "897844", "897853", "898316",
            "1665057", "1665061",
        ],
        atc: &["C08DA01", "C08DA51", "C09BB10"],
    },
    // Warfarin. Products: eCQM value set "Antithrombotic Therapy".
    Drug {
        substance: Substance::Warfarin,
        ingredients: &["11289"],
        products: &["855288", "855296", "855302", "855312", "855318", "855324", "855332", "855338", "855344"],
        atc: &["B01AA03"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(system: &str, code: &str) -> Vec<Substance> {
        substances(system, code).collect()
    }

    #[test]
    fn an_ingredient_a_product_and_an_atc_code_mean_the_same() {
        let rows = [
            (Substance::Digoxin, "3407", "197604", "C01AA05"),
            (Substance::Verapamil, "11170", "897718", "C08DA01"),
            (Substance::Warfarin, "11289", "855332", "B01AA03"),
            (Substance::Simvastatin, "36567", "312961", "C10AA01"),
            (Substance::Amlodipine, "17767", "197361", "C08CA01"),
            (Substance::Clopidogrel, "32968", "309362", "B01AC04"),
            (Substance::Nsaid, "5640", "310965", "M01AE01"),
            (Substance::Aspirin, "1191", "243670", "B01AC06"),
            (Substance::Amiodarone, "703", "833528", "C01BD01"),
            (Substance::Penicillin, "723", "308192", "J01CA04"),
        ];
        for (substance, ingredient, product, atc) in rows {
            assert_eq!(of(RXNORM, ingredient), [substance], "{ingredient}");
            assert_eq!(of(RXNORM, product), [substance], "{product}");
            for system in ATC_SYSTEMS {
                assert_eq!(of(system, atc), [substance], "{atc}");
            }
        }
    }

    #[test]
    fn a_combination_means_each_of_its_substances() {
        assert_eq!(of(RXNORM, "2047715"), [Substance::Amlodipine, Substance::Nsaid]);
        assert_eq!(of(RXNORM, "476349"), [Substance::Simvastatin]);
        assert_eq!(of(RXNORM, "897781"), [Substance::Verapamil]);
        assert_eq!(of(ATC, "C09DB01"), [Substance::Amlodipine]);
    }

    #[test]
    fn a_code_in_another_system_or_of_another_drug_means_nothing() {
        assert_eq!(of("http://local", "3407"), []);
        assert_eq!(of(SNOMED_CT, "3407"), []);
        assert_eq!(of(RXNORM, "861007"), []);
        assert_eq!(of(ATC, "M01AX05"), []);
        assert_eq!(of(ATC, "M02AA15"), []);
    }

    #[test]
    fn every_simvastatin_product_with_a_strength_is_simvastatin_and_every_pair_is_of_two() {
        for (product, _) in SIMVASTATIN_MG {
            assert_eq!(of(RXNORM, product), [Substance::Simvastatin], "{product}");
        }
        for Pair { between: [a, b], .. } in PAIRS {
            assert_ne!(a, b);
        }
    }
}
