//! A manifest's needs and sinks in plain words, for somebody who has to say yes or no.

use cordon_core::manifest::{Ages, Dates, Need, OnWithheld, Source};
use cordon_fhir::query::Clause;
use cordon_fhir::scope::Scope;

/// What a need asks to see.
pub(crate) fn asks(need: &Need) -> String {
    let which = match &need.source {
        Source::DraftOrders => "the orders being written".to_owned(),
        Source::Selections => "the orders being selected".to_owned(),
        Source::Encounter => "the encounter in context".to_owned(),
        Source::User => "the roles of the user, not who the user is".to_owned(),
        Source::Record(scope) => {
            let kind = scope.resource().map_or("resource", |kind| kind.as_str());
            format!("{kind} of the patient in context{}", conditions(scope))
        }
    };
    let many = need.newest.map_or_else(|| "all".to_owned(), |newest| format!("the newest {newest}"));
    let dates = match need.dates {
        Dates::Exact => "",
        Dates::Year => "; of dates the year",
        Dates::Shifted => "; dates moved by a secret number of weeks",
    };
    let ages = match need.ages {
        Ages::Exact => "",
        Ages::NinetyPlus => "; ages above 89 as 90",
    };
    format!("{which}: {many}, and of each only {}{dates}{ages}", need.elements.paths().join(", "))
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
