//! One question, in the words of the tests.

use cordon_core::call::Purpose;
use cordon_core::label::{Confidentiality, Label, Sensitivity};
use cordon_core::manifest::Hook;
use cordon_policy::cedar::{Facts, Kind, Policies, Verdict};

/// A nurse's system asks on its own: treatment, no role, a plugin of `com.example.reviewed`.
pub(crate) fn facts() -> Facts {
    Facts {
        tenant: "ward".to_owned(),
        issuer: "https://ehr.example.org".to_owned(),
        plugin: "com.example.reviewed.dosing".to_owned(),
        version: "1.0.0".to_owned(),
        purpose: Purpose::Treatment,
        roles: std::collections::BTreeSet::new(),
        hook: Hook::PatientView,
        service: "dosing".to_owned(),
        need: "creatinine".to_owned(),
        user_known: true,
    }
}

pub(crate) fn with_roles(roles: &[&str]) -> Facts {
    Facts { roles: roles.iter().map(ToString::to_string).collect(), ..facts() }
}

pub(crate) fn for_purpose(purpose: Purpose) -> Facts {
    Facts { purpose, ..facts() }
}

pub(crate) fn of_plugin(facts: Facts, plugin: &str) -> Facts {
    Facts { plugin: plugin.to_owned(), ..facts }
}

pub(crate) fn label(confidentiality: Confidentiality) -> Label {
    Label { confidentiality, ..Label::NORMAL }
}

pub(crate) fn sensitive(sensitivity: Sensitivity) -> Label {
    Label { sensitivities: Label::NORMAL.sensitivities.with(sensitivity), ..Label::NORMAL }
}

pub(crate) fn unclassified() -> Label {
    Label { unclassified: true, ..Label::NORMAL }
}

pub(crate) fn policies(text: &str) -> Policies {
    Policies::parse(text).unwrap()
}

/// The verdict about an Observation.
pub(crate) fn ask(policies: &Policies, facts: &Facts, label: Label) -> Verdict {
    policies.explain(facts, Kind::of("Observation"), label)
}

pub(crate) fn permits(policies: &Policies, facts: &Facts, label: Label) -> bool {
    ask(policies, facts, label).permitted
}
