//! The table of drugs: which codes name a drug, and the limits of its label. It is the data pack `drugs`, which the
//! publisher signs apart from the tool; `drugs.json` beside `plugin.toml` is what is signed. Nothing of it is in the code:
//! without it nothing is checked, and that is said.

use cordon_sdk::prelude::*;
use serde::Deserialize;

/// The pack's name in the manifest.
pub const PACK: &str = "drugs";

/// The table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// FDA label of metformin, sections 2 and 4.
    pub metformin: Metformin,
    /// FDA label of apixaban (Eliquis), section 2.1.
    pub apixaban: Apixaban,
}

/// Codes and limits of metformin.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Metformin {
    /// RxNorm: the ingredient, then single-ingredient oral products by strength and form.
    pub rxnorm: Vec<String>,
    /// ATC: metformin, then the combinations of group A10BD that contain it.
    pub atc: Vec<String>,
    /// Below this eGFR (mL/min/1.73 m²) metformin is contraindicated.
    pub egfr_contraindicated_below: f64,
    /// Up to this eGFR metformin is not to be started.
    pub egfr_not_started_up_to: f64,
}

/// Codes and limits of apixaban.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Apixaban {
    /// RxNorm: the ingredient, then the tablets, generic and branded.
    pub rxnorm: Vec<String>,
    /// ATC.
    pub atc: Vec<String>,
    /// Years from which the age criterion holds.
    pub age_from: u32,
    /// Kilograms up to which the weight criterion holds.
    pub weight_up_to: f64,
    /// mg/dL from which the creatinine criterion holds.
    pub creatinine_from: f64,
    /// mg of the reduced dose.
    pub reduced_dose: f64,
}

impl Table {
    /// The table of this call. `None` without a pack, or with one that is no table whose limits are in order: nothing is
    /// guessed in its place.
    #[must_use]
    pub fn read(call: &Call) -> Option<Self> {
        let table: Self = call.pack(PACK).ok()?.json().ok()?;
        let ordered = table.metformin.egfr_contraindicated_below <= table.metformin.egfr_not_started_up_to;
        ordered.then_some(table)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use cordon_sdk::testing::Case;

    use super::*;

    /// The table that is signed.
    pub(crate) fn table() -> Table {
        serde_json::from_str(include_str!("../drugs.json")).unwrap()
    }

    fn says_whether_it_reads(call: &Call) -> Answer {
        Ok(vec![Card::info(format!("{}", Table::read(call) == Some(table())))?])
    }

    fn read(pack: Option<serde_json::Value>) -> String {
        let case = Case::new("order-select", "renal-dosing");
        let case = match pack {
            Some(pack) => case.pack(PACK, "test", pack),
            None => case,
        };
        case.run(says_whether_it_reads).unwrap()[0].summary().to_owned()
    }

    #[test]
    fn the_signed_table_is_read() {
        assert_eq!(read(Some(serde_json::from_str(include_str!("../drugs.json")).unwrap())), "true");
    }

    #[test]
    fn no_table_a_broken_one_and_one_with_limits_out_of_order_are_none() {
        let with = |at: &str, value: f64| {
            let mut pack: serde_json::Value = serde_json::from_str(include_str!("../drugs.json")).unwrap();
            pack["metformin"][at] = serde_json::json!(value);
            pack
        };
        let broken = [
            serde_json::json!({}),
            with("egfr-contraindicated-below", 46.0),
            with("egfr-not-started-up-to", 29.0),
            with("egfr", 30.0),
        ];
        assert_eq!(read(None), "false");
        assert!(broken.into_iter().all(|pack| read(Some(pack)) == "false"));
    }
}
