//! Orders a plugin may propose: fixed resources in the signed manifest, into which the host puts patient and id.

use cordon_fhir::strict::{StrictError, validate_proposal};
use serde_json::{Value, json};

use crate::ids::{MintedId, PatientId};
use crate::profile::line;

/// Why a `[[proposal]]` was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// Not JSON, or a duplicate key.
    #[error("resource is not JSON without duplicate keys")]
    Json,
    /// It names an id or a subject, which are the host's to fill.
    #[error("leave out `{0}`: the host fills it in")]
    Filled(&'static str),
    /// Not a strict R4 proposal.
    #[error(transparent)]
    Strict(#[from] StrictError),
    /// No description.
    #[error("description: one line of 1 to 120 characters")]
    Description,
}

/// A resource skeleton without slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    description: String,
    skeleton: Value,
}

impl Proposal {
    /// Reads a manifest entry and checks that, once filled, it is a strict R4 resource.
    ///
    /// # Errors
    /// [`ProposalError`].
    pub fn parse(description: &str, resource: &str) -> Result<Self, ProposalError> {
        if !line(description, 120).is_ok_and(|inert| inert == description) {
            return Err(ProposalError::Description);
        }
        let skeleton = cordon_fhir::json::parse(resource.as_bytes(), cordon_fhir::json::JsonLimits::default())
            .map_err(|_| ProposalError::Json)?;
        for filled in ["id", "subject"] {
            if skeleton.get(filled).is_some() {
                return Err(ProposalError::Filled(filled));
            }
        }
        let proposal = Self { description: description.to_owned(), skeleton };
        validate_proposal(&proposal.put(json!("id"), "Patient/id"))?;
        Ok(proposal)
    }

    /// What the action does, for the clinician.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The resource for this patient.
    #[must_use]
    pub fn fill(&self, id: &MintedId, patient: &PatientId) -> Value {
        self.put(json!(id.as_str()), &format!("Patient/{patient}"))
    }

    fn put(&self, id: Value, subject: &str) -> Value {
        let mut resource = self.skeleton.clone();
        if let Value::Object(members) = &mut resource {
            members.insert("id".to_owned(), id);
            members.insert("subject".to_owned(), json!({ "reference": subject }));
        }
        resource
    }
}
