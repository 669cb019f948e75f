//! The schema that policies are checked against: written out from the host's own types, so that a word a policy may use is
//! a word the host fills in, and a new one is in the schema the day it is in the host.

use std::fmt::Write as _;
use std::sync::LazyLock;

use cedar_policy::Schema;
use cordon_core::call::Purpose;
use cordon_core::label::{Confidentiality, Sensitivity};
use cordon_core::manifest::Hook;
use cordon_fhir::compartment::patient_types;

/// What a row of a type without a patient compartment (`Practitioner`, `Medication`) is to a policy.
pub const OTHER_TYPE: &str = "Other";

/// The one action: a plugin sees a row.
pub(super) const SEE: &str = "see";

/// The resource types a policy may name, in a fixed order.
pub(super) static TYPES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut types: Vec<_> = patient_types().collect();
    types.sort_unstable();
    types.push(OTHER_TYPE);
    types
});

static SCHEMA: LazyLock<Option<Schema>> =
    LazyLock::new(|| Schema::from_cedarschema_str(&schema_text()).ok().map(|(schema, _)| schema));

/// The schema. `None` if the text does not parse, which a test rules out; then no policy is accepted.
#[must_use]
pub fn schema() -> Option<&'static Schema> {
    SCHEMA.as_ref()
}

/// The attribute of a row that says it is sensitive for this: `hiv`, `sud` and so on.
#[must_use]
pub fn attribute(sensitivity: Sensitivity) -> String {
    sensitivity.code().to_ascii_lowercase()
}

/// The schema in Cedar's own words, for the people who write policies.
#[must_use]
pub fn schema_text() -> String {
    let mut text =
        String::from("// Written out from the types of this host. A policy may use these words and no others.\n\n");
    for (name, comment, members) in enums() {
        let members: Vec<_> = members.iter().map(|member| format!("\"{member}\"")).collect();
        push(&mut text, format_args!("// {comment}\nentity {name} enum [{}];\n\n", members.join(", ")));
    }
    push(&mut text, format_args!("{PLUGIN}{}{ACTION}", row()));
    text
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    text.write_fmt(part).unwrap_or_default();
}

fn enums() -> [(&'static str, &'static str, Vec<&'static str>); 4] {
    [
        (
            "Confidentiality",
            "How confidential a row is: HL7 v3-Confidentiality, from unrestricted to very restricted.",
            Confidentiality::ALL.map(Confidentiality::code).to_vec(),
        ),
        ("Purpose", "Purpose of use: HL7 v3-ActReason.", Purpose::ALL.map(Purpose::code).to_vec()),
        ("Hook", "The CDS Hooks hook.", Hook::ALL.map(Hook::as_str).to_vec()),
        (
            "ResourceType",
            "FHIR R4 resource types that belong to a patient; every other type is \"Other\".",
            TYPES.clone(),
        ),
    ]
}

const PLUGIN: &str = "\
// A publisher's namespace, as in the trust store: Publisher::\"org.example\".
entity Publisher;

// A plugin, by its id. It is in the publisher of every namespace that its id lies in.
entity Plugin in [Publisher] = {
    version: String,
};

";

fn row() -> String {
    let flags: String = Sensitivity::ALL.iter().map(|one| format!("    {}: Bool,\n", attribute(*one))).collect();
    format!(
        "// A row of a patient's record, or an order being written: its type and its label. Policies decide about\n\
         // classes of rows; what a row says in detail is never told to them.\n\
         entity Row = {{\n    kind: ResourceType,\n    confidentiality: Confidentiality,\n{flags}    unclassified: Bool,\n}};\n\n"
    )
}

const ACTION: &str = "\
// A plugin sees a row, for a need that the hospital granted.
action see appliesTo {
    principal: [Plugin],
    resource: [Row],
    context: {
        tenant: String,
        issuer: String,
        purpose: Purpose,
        roles: Set<String>,
        hook: Hook,
        service: String,
        need: String,
        userKnown: Bool,
    },
};
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_host_is_in_the_schema() {
        let text = schema_text();
        let quoted = Confidentiality::ALL
            .map(Confidentiality::code)
            .into_iter()
            .chain(Purpose::ALL.map(Purpose::code))
            .chain(Hook::ALL.map(Hook::as_str))
            .chain(patient_types());
        for word in quoted {
            assert!(text.contains(&format!("\"{word}\"")), "{word}");
        }
        for one in Sensitivity::ALL {
            assert!(text.contains(&format!("    {}: Bool,", attribute(one))), "{one:?}");
        }
    }

    #[test]
    fn the_schema_parses_and_is_about_plugins_that_see_rows() {
        let environments: Vec<_> = schema().unwrap().request_envs().collect();
        assert_eq!(environments.len(), 1);
    }
}
