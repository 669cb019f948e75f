//! What the EHR user may read, as far as this host can verify it (design, one invocation).

use cordon_core::call::UserRight;
use cordon_core::ids::PatientId;
use cordon_fhir::scope::{Context, Scope, ScopeSet};

use super::malformed::Malformed;
use super::request::{FhirAuthorization, Request};
use super::state::IssuerSettings;

/// The scopes of `fhirAuthorization` when they were given to this host for this patient, else the role the hospital
/// vouches for, else nothing.
pub(super) fn user_right(
    authorization: Option<&FhirAuthorization>,
    patient: &PatientId,
    settings: &IssuerSettings,
) -> UserRight {
    let ours = authorization.filter(|authorization| settings.client_id.as_ref() == Some(&authorization.subject));
    match (ours, &settings.user_right) {
        (Some(authorization), _) => UserRight::Scopes(scopes(authorization, patient)),
        (None, Some(role)) => UserRight::Scopes(role.clone()),
        (None, None) => UserRight::Unverified,
    }
}

/// A patient scope speaks of the patient the token is bound to, and of no other.
fn scopes(authorization: &FhirAuthorization, patient: &PatientId) -> ScopeSet {
    let bound = authorization.patient.as_deref() == Some(patient.as_str());
    let speaks = |scope: &&Scope| match scope.context() {
        Context::Patient => bound,
        Context::User => authorization.patient.is_none() || bound,
        // A right of the client itself says nothing about the user.
        Context::System => false,
    };
    ScopeSet::parse(&authorization.scope).scopes().iter().filter(speaks).cloned().collect()
}

/// The FHIR server of a request must be the configured one; this host never dials it.
pub(super) fn check_server(request: &Request, settings: &IssuerSettings) -> Result<(), Malformed> {
    let bare = |url: &str| url.strip_suffix('/').unwrap_or(url).to_owned();
    match (&request.fhir_server, &settings.fhir_server) {
        (Some(named), Some(configured)) if bare(named) != bare(configured) => Err(Malformed::OtherServer),
        (Some(_), Some(_)) | (None, _) | (_, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(scope: &str, subject: &str, bound_to: Option<&str>, settings: &IssuerSettings) -> bool {
        let authorization = FhirAuthorization {
            scope: scope.to_owned(),
            subject: subject.to_owned(),
            patient: bound_to.map(str::to_owned),
        };
        let need = Scope::parse("patient/Observation.rs").unwrap();
        match user_right(Some(&authorization), &PatientId::new("p").unwrap(), settings) {
            UserRight::Unverified => false,
            UserRight::Scopes(scopes) => scopes.covers(&need),
        }
    }

    #[test]
    fn an_authorization_counts_only_for_this_host_and_this_patient() {
        let known = IssuerSettings { client_id: Some("cordon".to_owned()), ..IssuerSettings::default() };
        assert!(!covered("user/Observation.read", "cordon", None, &IssuerSettings::default()));
        assert!(!covered("user/Observation.read", "other", None, &known));
        assert!(covered("user/Observation.read", "cordon", None, &known));
        assert!(!covered("user/Observation.read", "cordon", Some("q"), &known));
        assert!(!covered("patient/Observation.rs", "cordon", None, &known));
        assert!(!covered("patient/Observation.rs", "cordon", Some("q"), &known));
        assert!(covered("patient/Observation.rs", "cordon", Some("p"), &known));
        assert!(!covered("system/Observation.rs", "cordon", Some("p"), &known));
    }

    #[test]
    fn a_role_stands_in_but_never_widens_an_authorization() {
        let role = Some(ScopeSet::parse("user/Observation.rs"));
        let settings =
            IssuerSettings { client_id: Some("cordon".to_owned()), user_right: role, ..IssuerSettings::default() };
        assert!(covered("", "other", None, &settings));
        assert!(!covered("user/Patient.rs", "cordon", None, &settings));
    }
}
