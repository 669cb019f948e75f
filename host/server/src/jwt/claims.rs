//! What a token says of the user beside who calls: purpose of use and roles, in the JWT extension of IHE IUA
//! (ITI-71, 3.71.4.2.2.1): `extensions.ihe_iua.purpose_of_use` and `.subject_role`, each a FHIR Coding or a list of them.
//!
//! Read here, allowed elsewhere: a signature says who claims, not that the hospital believes it.

use cordon_core::call::Purpose;
use cordon_core::ids::Role;
use serde::Deserialize;

/// HL7 v3-ActReason: as FHIR names it, and its OID with and without the URN that IUA's examples leave out.
const ACT_REASON: [&str; 3] =
    ["http://terminology.hl7.org/CodeSystem/v3-ActReason", "urn:oid:2.16.840.1.113883.5.8", "2.16.840.1.113883.5.8"];

/// Why a claim cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// A list that holds none or several.
    #[error("the token claims none or several purposes of use")]
    NotOnePurpose,
    /// A code of another system, or one this host does not know.
    #[error("the token claims a purpose of use that is not a known code of v3-ActReason")]
    UnknownPurpose,
    /// A role without a code, or with characters that no role has.
    #[error("the token claims a role that is not a code")]
    Role,
}

/// What the token of a verified client says of the user. The default says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claimed {
    purposes: Option<Vec<Coding>>,
    roles: Vec<Coding>,
}

impl Claimed {
    /// The purpose of use, if the token claims one.
    ///
    /// # Errors
    /// [`ClaimError`] if it claims what is not exactly one known code of v3-ActReason: nothing is guessed.
    pub fn purpose(&self) -> Result<Option<Purpose>, ClaimError> {
        let Some(claimed) = &self.purposes else { return Ok(None) };
        let [one] = claimed.as_slice() else { return Err(ClaimError::NotOnePurpose) };
        let known = one.system.as_deref().is_some_and(|system| ACT_REASON.contains(&system));
        let purpose = one.code.as_deref().filter(|_| known).and_then(Purpose::of_code);
        purpose.map(Some).ok_or(ClaimError::UnknownPurpose)
    }

    /// The roles, as `system|code` or, without a system, as `code`.
    ///
    /// # Errors
    /// [`ClaimError::Role`].
    pub fn roles(&self) -> Result<Vec<Role>, ClaimError> {
        self.roles.iter().map(|coding| coding.role().ok_or(ClaimError::Role)).collect()
    }
}

/// A FHIR Coding, as far as it is used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Coding {
    system: Option<String>,
    code: Option<String>,
}

impl Coding {
    fn role(&self) -> Option<Role> {
        let code = self.code.as_deref().filter(|code| !code.is_empty())?;
        // The bar stands between system and code: in one of them it would name another role.
        let barred = [Some(code), self.system.as_deref()].into_iter().flatten().any(|part| part.contains('|'));
        let text = match self.system.as_deref() {
            _ if barred => return None,
            Some(system) => format!("{system}|{code}"),
            None => code.to_owned(),
        };
        Role::new(text).ok()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Codings {
    One(Coding),
    Several(Vec<Coding>),
}

impl From<Codings> for Vec<Coding> {
    fn from(codings: Codings) -> Self {
        match codings {
            Codings::One(one) => vec![one],
            Codings::Several(several) => several,
        }
    }
}

/// The `extensions` member of a token. Other extensions are not looked at.
#[derive(Deserialize)]
pub(super) struct Extensions {
    ihe_iua: Option<Iua>,
}

#[derive(Deserialize)]
struct Iua {
    purpose_of_use: Option<Codings>,
    subject_role: Option<Codings>,
}

impl From<Option<Extensions>> for Claimed {
    fn from(extensions: Option<Extensions>) -> Self {
        let Some(iua) = extensions.and_then(|extensions| extensions.ihe_iua) else { return Self::default() };
        Self { purposes: iua.purpose_of_use.map(Vec::from), roles: iua.subject_role.map(Vec::from).unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    fn claimed(iua: Value) -> Claimed {
        Claimed::from(Some(serde_json::from_value::<Extensions>(json!({ "ihe_iua": iua })).unwrap()))
    }

    fn purpose(value: Value) -> Result<Option<Purpose>, ClaimError> {
        claimed(json!({ "purpose_of_use": value })).purpose()
    }

    #[test]
    fn what_is_not_one_known_purpose_is_none() {
        let coding = |system: &str, code: &str| json!({ "system": system, "code": code });
        assert_eq!(purpose(json!([])), Err(ClaimError::NotOnePurpose));
        let two = json!([coding(SYSTEM, "TREAT"), coding(SYSTEM, "BTG")]);
        assert_eq!(purpose(two), Err(ClaimError::NotOnePurpose));
        let twice = json!([coding(SYSTEM, "BTG"), coding(SYSTEM, "BTG")]);
        assert_eq!(purpose(twice), Err(ClaimError::NotOnePurpose));
        for wrong in [
            coding("1.0.14265.1", "12"),
            coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "BTG"),
            coding(SYSTEM, "btg"),
            coding(SYSTEM, ""),
            json!({ "code": "BTG" }),
            json!({ "system": SYSTEM, "display": "BTG" }),
        ] {
            assert_eq!(purpose(wrong.clone()), Err(ClaimError::UnknownPurpose), "{wrong}");
        }
    }

    #[test]
    fn a_purpose_is_one_coding_alone_or_in_a_list() {
        assert_eq!(Claimed::default().purpose(), Ok(None));
        assert_eq!(claimed(json!({})).purpose(), Ok(None));
        for system in ACT_REASON {
            let coding = json!({ "system": system, "code": "ETREAT", "display": "emergency treatment" });
            assert_eq!(purpose(coding.clone()), Ok(Some(Purpose::EmergencyTreatment)));
            assert_eq!(purpose(json!([coding])), Ok(Some(Purpose::EmergencyTreatment)));
        }
    }

    #[test]
    fn a_role_is_a_code_and_never_holds_the_bar_itself() {
        let roles = |value: Value| claimed(json!({ "subject_role": value })).roles();
        for wrong in [
            json!({ "code": "a|b" }),
            json!({ "system": "urn:x|y", "code": "b" }),
            json!({ "code": "a b" }),
            json!({ "code": "" }),
            json!({ "system": "urn:x" }),
        ] {
            assert_eq!(roles(wrong.clone()), Err(ClaimError::Role), "{wrong}");
        }
        let both = json!([{ "system": "http://snomed.info/sct", "code": "46255001" }, { "code": "hiv-care" }]);
        let names: Vec<String> = roles(both).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["http://snomed.info/sct|46255001", "hiv-care"]);
    }
}
