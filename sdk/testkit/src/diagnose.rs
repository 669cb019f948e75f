//! Why a case failed, in plain words, with the line of the manifest to look at.

use cordon_core::limits::Limits;
use cordon_core::manifest::{Manifest, OnWithheld, Service, Source};
use cordon_core::message::{Failure, Trap};
use cordon_core::record::{Dropped, Outcome};
use cordon_fhir::compartment::{Membership, membership};

use crate::case::{Case, Given};
use crate::desk::{Desk, DeskError, Ran};
use crate::elements;
use crate::filled::misfilled;
use crate::kept::misgiven;

/// What the card profile has room for (`cordon_core::release` and `cordon_core::profile`).
const CAPS: &str = "at most 4 cards, or [cards] most, which is at most 10; a summary has at most 139 characters, a label 80, a detail 4,096 bytes";

/// All that can be said about a failed case.
pub(crate) fn diagnose(desk: &Desk, service: &Service, case: &Case, ran: &Ran) -> Result<Vec<String>, DeskError> {
    let mut said = undeclared(desk.manifest(), case, ran);
    said.extend(ended(desk.manifest(), case, ran));
    said.extend(misfilled(desk.manifest(), &ran.seen));
    said.extend(misgiven(desk.manifest(), &case.cells, &case.packs));
    said.extend(dropped(case, ran));
    said.extend(foreign(case));
    match ran.response.outcome {
        Outcome::Answered | Outcome::Failed(_) => said.extend(elements::missing(desk, service, case, ran)?),
        Outcome::Disabled
        | Outcome::NotEvaluated
        | Outcome::Unobtainable(_)
        | Outcome::ConsentUnobtainable
        | Outcome::PolicyUnavailable
        | Outcome::RunnerUnavailable
        | Outcome::KeptUnavailable
        | Outcome::NoPack(_)
        | Outcome::Suspended
        | Outcome::Trapped(_)
        | Outcome::Refused(_) => {}
    }
    Ok(said)
}

/// Needs that the plugin asked for, or the case gives rows for, and the manifest does not declare.
fn undeclared(manifest: &Manifest, case: &Case, ran: &Ran) -> Vec<String> {
    let lacks = |name: &str| !manifest.needs.keys().any(|need| need.as_str() == name);
    let asked = ran.seen.watched.unmet.iter().filter(|name| lacks(name)).map(|name| {
        format!("the plugin asks for the view \"{name}\", which no [[need]] of plugin.toml declares: add one with name = \"{name}\"")
    });
    let kept = |name: &str| {
        let declared = manifest.cells.keys().chain(manifest.packs.keys()).any(|known| known.as_str() == name);
        (!declared)
            .then(|| format!("the plugin asks for {name:?}, which no [[cell]] and no [[pack]] of plugin.toml declares"))
    };
    let kept = ran.seen.watched.unkept.iter().filter_map(|name| kept(name));
    let given = case.given.named();
    let given = given
        .iter()
        .filter(|name| lacks(name.as_str()))
        .map(|name| format!("the case gives rows for the need \"{name}\", which no [[need]] of plugin.toml declares"));
    asked.chain(kept).chain(given).collect()
}

fn ended(manifest: &Manifest, case: &Case, ran: &Ran) -> Option<String> {
    Some(match &ran.response.outcome {
        Outcome::Answered | Outcome::Disabled | Outcome::Refused(_) => return None,
        Outcome::NotEvaluated => not_evaluated(manifest, ran),
        Outcome::Unobtainable(need) => format!("need `{need}` could not be obtained: this is a fault of the desk"),
        Outcome::ConsentUnobtainable => "the consents could not be read: this is a fault of the desk".to_owned(),
        Outcome::PolicyUnavailable => "the policy could not be evaluated: this is a fault of the desk".to_owned(),
        Outcome::RunnerUnavailable => "the runner failed: this is a fault of the desk".to_owned(),
        Outcome::KeptUnavailable => "cells could not be read: this is a fault of the desk".to_owned(),
        Outcome::NoPack(pack) => {
            format!("the case gives no contents for the data pack `{pack}`: add them under `packs`")
        }
        Outcome::Suspended => "the plugin was stopped: this is a fault of the desk".to_owned(),
        Outcome::Failed(failure) => failed(*failure),
        Outcome::Trapped(Trap::Profile) => {
            let rule = ran.response.broke.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("the card profile refuses the answer: {rule} ({CAPS})")
        }
        Outcome::Trapped(trap) => trapped(*trap, manifest.limits, case),
    })
}

fn not_evaluated(manifest: &Manifest, ran: &Ran) -> String {
    let abstains = |name| manifest.needs.get(name).is_some_and(|need| need.on_withheld == OnWithheld::Abstain);
    let withheld = ran.needs.iter().filter(|(name, counts)| counts.withheld() > 0 && abstains(name));
    let names: Vec<String> = withheld.map(|(name, _)| format!("`{name}`")).collect();
    format!(
        "something of {} was withheld and its on-withheld is \"abstain\", so the plugin was not run",
        names.join(", ")
    )
}

fn failed(failure: Failure) -> String {
    match failure {
        Failure::MissingNeed => "the plugin said that a need it cannot work without is missing".to_owned(),
        Failure::UnreadableData => {
            "the plugin could not understand a row: is it valid FHIR R4 of the type it reads?".to_owned()
        }
        Failure::Internal => {
            "the plugin gave up with `internal`: with the SDK this is mostly a card that breaks a rule of the \
             card profile; the native test shows which"
                .to_owned()
        }
    }
}

fn trapped(trap: Trap, limits: Limits, case: &Case) -> String {
    let most = Limits::of(limits.class);
    let mib = |bytes: u64| bytes >> 20;
    match trap {
        Trap::Wasm => format!(
            "the plugin trapped: a panic, an unreachable or a value that does not fit the contract. Natively the same case \
             shows the panic's text (service `{}`)",
            case.service
        ),
        Trap::Fuel => format!(
            "the plugin used up its {} units of fuel: [limits] fuel in plugin.toml, at most {} in this class",
            limits.fuel, most.fuel
        ),
        Trap::Memory => format!(
            "the plugin wanted more than its {} MiB of memory, or more than {} table elements: [limits] memory in \
             plugin.toml, at most {} MiB in this class",
            mib(limits.memory),
            limits.table_elements,
            mib(most.memory)
        ),
        Trap::Stack => "the plugin's stack is exhausted: a recursion without end, or one that is too deep".to_owned(),
        Trap::Handles => {
            format!(
                "the plugin held more than {} handles at once: drop views, cells and packs that are read",
                limits.handles
            )
        }
        Trap::Transfer => format!(
            "one transfer was larger than {} MiB, or all together were too many: read a view in smaller steps. A cell written \
             with more than its size, a 33rd note and a fifth number of a note end a run in the same way",
            mib(limits.transfer)
        ),
        Trap::Deadline => "the run was cut off by the wall clock".to_owned(),
        Trap::Profile => "the card profile refuses the answer".to_owned(),
    }
}

/// Rows that the pipeline dropped, by need and reason.
fn dropped(case: &Case, ran: &Ran) -> Vec<String> {
    let mut said = Vec::new();
    for (need, counts) in &ran.needs {
        for (why, count) in &counts.dropped {
            said.push(format!("need `{need}`: {count} row(s) dropped: {}", reason(*why, case)));
        }
    }
    said
}

fn reason(why: Dropped, case: &Case) -> String {
    match why {
        Dropped::Malformed => "no resource type".to_owned(),
        Dropped::Foreign => format!("not a row of Patient/{}; the row must name that patient", case.patient),
        Dropped::OutsideNeed => "not what the need's scope asks for".to_owned(),
        Dropped::Duplicate => "the same row twice".to_owned(),
        Dropped::Withheld => "not within the grant".to_owned(),
        Dropped::ChangedMeaning => "it has a modifierExtension or implicitRules, which no view can show".to_owned(),
    }
}

/// Rows of a record that belong to no patient or to another one: a store would not find them.
fn foreign(case: &Case) -> Option<String> {
    let Given::Record { resources, .. } = &case.given else { return None };
    let members = resources.iter().filter(|row| membership(row, case.patient.as_str()) == Membership::Member).count();
    let others = resources.len().saturating_sub(members);
    let all = resources.len();
    (others > 0).then(|| {
        format!("{others} of the {all} resources are not rows of Patient/{}, so no need finds them", case.patient)
    })
}

/// Needs without rows, for a reader of the report.
pub(crate) fn empty_needs(manifest: &Manifest, ran: &Ran) -> Vec<String> {
    let empty = |name| ran.seen.rows.get(name).is_none_or(|rows| *rows == 0);
    let place = |source: &Source| match source {
        Source::Record(_) => "the record",
        Source::DraftOrders => "context.draftOrders",
        Source::Selections => "context.selections",
        Source::Encounter => "context.encounter",
        Source::User => "context.user",
    };
    let needs = manifest.needs.values().filter(|need| empty(&need.name));
    needs.map(|need| format!("need `{}` found nothing in {}", need.name, place(&need.source))).collect()
}
