//! A manifest's needs and sinks in plain words, for somebody who has to say yes or no.

use cordon_core::manifest::{Need, OnWithheld, Source};
use cordon_fhir::query::Clause;
use cordon_fhir::scope::Scope;

/// What a need asks to see.
pub(crate) fn asks(need: &Need) -> String {
    let which = match &need.source {
        Source::DraftOrders => "the orders being written".to_owned(),
        Source::Selections => "the orders being selected".to_owned(),
        Source::Record(scope) => {
            let kind = scope.resource().map_or("resource", |kind| kind.as_str());
            format!("{kind} of the patient in context{}", conditions(scope))
        }
    };
    let many = need.newest.map_or_else(|| "all".to_owned(), |newest| format!("the newest {newest}"));
    format!("{which}: {many}, and of each only {}", need.elements.paths().join(", "))
}

fn conditions(scope: &Scope) -> String {
    let words = |clause: &Clause| {
        let values: Vec<String> = clause.values().map(ToString::to_string).collect();
        format!(", with {} {}", clause.parameter(), values.join(" or "))
    };
    scope.query().clauses().map(words).collect()
}

/// What happens when something of a need is withheld.
pub(crate) fn withheld(need: &Need) -> &'static str {
    match need.on_withheld {
        OnWithheld::Abstain => "if anything of it is withheld, the plugin is not run and the clinician reads that",
        OnWithheld::Run => "if something of it is withheld, the plugin runs on what is left",
    }
}
