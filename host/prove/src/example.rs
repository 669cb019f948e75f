//! One call and one row, as a solver found them, said in clinical words.

use std::collections::BTreeSet;

use cedar_policy::{EntityUid, EvalResult};
use cedar_policy_symcc::Env;
use cordon_core::call::Purpose;
use cordon_core::label::{Confidentiality, Label, Sensitivities, Sensitivity};
use cordon_core::manifest::Hook;
use cordon_policy::cedar::{Facts, Kind, Policies, Verdict, attribute};
use serde::Serialize;

use crate::world::Names;

/// A namespace that no policy names, as far as this can be known: `example` is reserved (RFC 2606).
const NOBODY: &str = "example.nobody";

/// A call and a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The call.
    pub facts: Facts,
    /// The row's type.
    pub kind: Kind,
    /// The row's label.
    pub label: Label,
}

/// An example, for people and for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// In one sentence.
    pub words: String,
    /// The row's type.
    pub resource: &'static str,
    /// The row's label.
    pub label: String,
    /// The call.
    pub call: Facts,
}

impl Example {
    /// Reads what the solver found. `None` if it is not of the schema.
    pub(crate) fn read(found: &Env, names: &Names) -> Option<Self> {
        let context = |name: &str| found.request.context()?.get(name);
        let facts = Facts {
            tenant: text(context("tenant")?)?,
            issuer: text(context("issuer")?)?,
            plugin: plugin(found, names)?,
            version: text(attribute_of(found, found.request.principal()?, "version")?)?,
            purpose: Purpose::of_code(&id(context("purpose")?)?)?,
            roles: texts(context("roles")?)?,
            hook: hook(&id(context("hook")?)?)?,
            service: text(context("service")?)?,
            need: text(context("need")?)?,
            user_known: flag(context("userKnown")?)?,
        };
        let row = |name: &str| attribute_of(found, found.request.resource()?, name);
        let mut sensitivities = Sensitivities::NONE;
        for one in Sensitivity::ALL {
            if flag(row(&attribute(one))?)? {
                sensitivities = sensitivities.with(one);
            }
        }
        let confidentiality = Confidentiality::of_code(&id(row("confidentiality")?)?)?;
        let label = Label { confidentiality, sensitivities, unclassified: flag(row("unclassified")?)? };
        Some(Self { facts, kind: Kind::of(&id(row("kind")?)?), label })
    }

    /// What the host decides about it.
    pub(crate) fn verdict(&self, policies: &Policies) -> Verdict {
        policies.explain(&self.facts, self.kind, self.label)
    }

    /// Whether the label rules give such a label: sensitive is restricted at least.
    fn is_labelled(&self) -> bool {
        self.label.sensitivities.is_empty() || self.label.confidentiality >= Confidentiality::Restricted
    }

    /// The same example with everything made ordinary that does not matter: `is_one` says whether it still is one.
    pub(crate) fn simplest(self, is_one: impl Fn(&Self) -> bool) -> Self {
        let labelled = self.is_labelled();
        let holds = |tried: &Self| (tried.is_labelled() || !labelled) && is_one(tried);
        simpler()
            .into_iter()
            .fold(self, |best, change| {
                let mut tried = best.clone();
                change(&mut tried);
                if holds(&tried) { tried } else { best }
            })
            .without_roles(&holds)
    }

    fn without_roles(self, holds: &impl Fn(&Self) -> bool) -> Self {
        let roles: Vec<_> = self.facts.roles.iter().cloned().collect();
        roles.into_iter().fold(self, |best, role| {
            let mut tried = best.clone();
            tried.facts.roles.remove(&role);
            if holds(&tried) { tried } else { best }
        })
    }

    /// For people and for programs.
    pub(crate) fn told(&self) -> Told {
        Told {
            words: self.words(),
            resource: self.kind.name(),
            label: self.label.to_string(),
            call: self.facts.clone(),
        }
    }

    /// "a row (Observation) of confidentiality R marked HIV, for purpose TREAT, …".
    fn words(&self) -> String {
        let ordinary = ordinary();
        let facts = &self.facts;
        let marks: Vec<_> = self.label.sensitivities.iter().map(Sensitivity::code).collect();
        let mut words =
            format!("a row ({}) of confidentiality {}", self.kind.name(), self.label.confidentiality.code());
        let mut say = |matters: bool, part: String| {
            if matters {
                words.push_str(&part)
            }
        };
        say(!marks.is_empty(), format!(" marked {}", marks.join(", ")));
        say(self.label.unclassified, " with a code that no rule knows".to_owned());
        say(true, format!(", for purpose {}", facts.purpose.code()));
        say(!facts.roles.is_empty(), format!(", user with role {}", joined(&facts.roles)));
        say(!facts.user_known, ", no user named".to_owned());
        say(true, self.plugin_words());
        say(facts.version != ordinary.version, format!(", version {}", facts.version));
        say(facts.tenant != ordinary.tenant, format!(", in tenant {}", facts.tenant));
        say(facts.issuer != ordinary.issuer, format!(", called by {}", facts.issuer));
        say(facts.hook != ordinary.hook, format!(", hook {}", facts.hook.as_str()));
        say(facts.service != ordinary.service, format!(", service {}", facts.service));
        say(facts.need != ordinary.need, format!(", need {}", facts.need));
        words
    }

    fn plugin_words(&self) -> String {
        let (publisher, name) = self.facts.plugin.rsplit_once('.').unwrap_or(("", &self.facts.plugin));
        match (publisher, name) {
            (NOBODY, _) => ", through a plugin of a publisher that no policy names".to_owned(),
            (_, "any-plugin") => format!(", through a plugin of publisher {publisher}"),
            _ => format!(", through the plugin {}", self.facts.plugin),
        }
    }
}

fn joined(roles: &BTreeSet<String>) -> String {
    roles.iter().map(String::as_str).collect::<Vec<_>>().join(" and ")
}

/// The call that is nothing special.
fn ordinary() -> Facts {
    Facts {
        tenant: "any-tenant".to_owned(),
        issuer: "https://ehr.example".to_owned(),
        plugin: format!("{NOBODY}.any-plugin"),
        version: "1.0.0".to_owned(),
        purpose: Purpose::Treatment,
        roles: BTreeSet::new(),
        hook: Hook::PatientView,
        service: "any-service".to_owned(),
        need: "any-need".to_owned(),
        user_known: true,
    }
}

type Change = Box<dyn Fn(&mut Example)>;

/// What could be ordinary, one thing at a time.
fn simpler() -> Vec<Change> {
    let mut changes: Vec<Change> = Sensitivity::ALL
        .into_iter()
        .map(|one| -> Change {
            Box::new(move |tried| {
                tried.label.sensitivities = tried.label.sensitivities.iter().filter(|other| *other != one).collect();
            })
        })
        .collect();
    let rest: [fn(&mut Example); 13] = [
        |tried| tried.label.unclassified = false,
        |tried| tried.label.confidentiality = Confidentiality::Restricted,
        |tried| tried.label.confidentiality = Confidentiality::Normal,
        |tried| tried.facts.purpose = Purpose::Treatment,
        |tried| tried.facts.roles = BTreeSet::new(),
        |tried| tried.kind = Kind::of("Observation"),
        |tried| tried.facts.plugin = ordinary().plugin,
        |tried| tried.facts.version = ordinary().version,
        |tried| tried.facts.tenant = ordinary().tenant,
        |tried| tried.facts.issuer = ordinary().issuer,
        |tried| tried.facts.hook = ordinary().hook,
        |tried| {
            tried.facts.service = ordinary().service;
            tried.facts.user_known = true;
        },
        |tried| tried.facts.need = ordinary().need,
    ];
    changes.extend(rest.map(|change| -> Change { Box::new(change) }));
    changes
}

/// The plugin's id. The solver makes ids up; a made-up one becomes one that lies where the solver put it.
fn plugin(found: &Env, names: &Names) -> Option<String> {
    let principal = found.request.principal()?;
    let made_up = principal.id().unescaped();
    if names.has_plugin(made_up) {
        return Some(made_up.to_owned());
    }
    let within = found.entities.ancestors(principal)?.map(|uid| uid.id().unescaped().to_owned());
    let narrowest = within.filter(|namespace| names.has_publisher(namespace)).max_by_key(String::len);
    Some(format!("{}.any-plugin", narrowest.as_deref().unwrap_or(NOBODY)))
}

fn attribute_of(found: &Env, entity: &EntityUid, name: &str) -> Option<EvalResult> {
    found.entities.get(entity)?.attr(name)?.ok()
}

fn hook(name: &str) -> Option<Hook> {
    Hook::ALL.into_iter().find(|hook| hook.as_str() == name)
}

fn text(value: EvalResult) -> Option<String> {
    if let EvalResult::String(text) = value { Some(text) } else { None }
}

fn flag(value: EvalResult) -> Option<bool> {
    if let EvalResult::Bool(flag) = value { Some(flag) } else { None }
}

fn id(value: EvalResult) -> Option<String> {
    if let EvalResult::EntityUid(uid) = value { Some(uid.id().unescaped().to_owned()) } else { None }
}

fn texts(value: EvalResult) -> Option<BTreeSet<String>> {
    if let EvalResult::Set(set) = value { set.iter().cloned().map(text).collect() } else { None }
}
