//! What `meta.security` says: HL7 v3-Confidentiality and v3-ActCode `_InformationSensitivityPolicy`.

use serde_json::Value;

use crate::label::{Confidentiality, Sensitivities, Sensitivity};

/// What one security label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Confidentiality(Confidentiality),
    Sensitivity(Sensitivities),
}

/// What a coding says wherever it stands: only codes of the two systems, by their own names.
pub(super) fn anywhere(system: &str, code: &str) -> Option<Said> {
    let code = code.trim().to_ascii_uppercase();
    match system {
        "v3-Confidentiality" => Confidentiality::of_code(&code).map(Said::Confidentiality),
        "v3-ActCode" => sensitivity(&code).map(Said::Sensitivity),
        _ => None,
    }
}

/// What a coding says where security labels stand. A label that nobody knows is a sensitivity that nobody knows.
pub(super) fn label(system: Option<&str>, coding: &Value) -> Option<Said> {
    let code = coding.get("code").and_then(Value::as_str).unwrap_or_default().trim().to_ascii_uppercase();
    let unknown = Some(Said::Sensitivity(Sensitivities::NONE.with(Sensitivity::Other)));
    match system {
        // Why data may be used and how good they are; not how sensitive.
        Some("v3-ActReason" | "v3-ObservationValue") => None,
        // The order of asking matters: `V` and `R` are no sensitivities, and no sensitivity is one letter.
        Some("v3-Confidentiality" | "v3-ActCode") | None => {
            let confidentiality = Confidentiality::of_code(&code).map(Said::Confidentiality);
            confidentiality.or_else(|| sensitivity(&code).map(Said::Sensitivity)).or(unknown)
        }
        Some(_) => unknown,
    }
}

/// The sensitivities of a v3-ActCode code, and of the older codes of v3-Confidentiality with the same names.
fn sensitivity(code: &str) -> Option<Sensitivities> {
    let of = |members: &[Sensitivity]| Some(members.iter().copied().collect());
    match code {
        "HIV" => of(&[Sensitivity::Hiv]),
        "ETH" | "ETHUD" | "OPIOIDUD" | "SUD" | "SUDPHR" | "ALC" | "ALCOHOL" | "42CFRPART2" => of(&[Sensitivity::Sud]),
        "PSY" | "PSYTHPN" | "MH" | "EMOTDIS" => of(&[Sensitivity::Psy]),
        // Behavioral health: both, by its definition.
        "BH" => of(&[Sensitivity::Psy, Sensitivity::Sud]),
        "SEX" => of(&[Sensitivity::Sex, Sensitivity::Rep]),
        "STD" => of(&[Sensitivity::Std]),
        "GDIS" | "SCA" | "SICKLE" => of(&[Sensitivity::Gdis]),
        "SDV" | "SV" | "VIO" => of(&[Sensitivity::Sdv]),
        _ => None,
    }
}
