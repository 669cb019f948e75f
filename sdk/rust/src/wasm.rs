//! The side towards the host: generated bindings, and the conversion to and from them.

use crate::answer::bounded;
use crate::{Action, Answer, Card, Failure, Indicator, Selection, Suggestion};

/// Generated from `wit/`.
#[expect(missing_docs, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit/0.1.0",
        world: "cds-service",
        pub_export_macro: true,
        default_bindings_module: "cordon_sdk::wasm::bindings",
        generate_all,
    });
}

pub use bindings::export;
pub use bindings::exports::cordon::clinical::cds::Guest;

use bindings::cordon::clinical::{advice, calls, records};

/// The handle as the host gives it.
pub type HostCall = calls::Call;
/// The answer as the host takes it.
pub type HostAnswer = Result<advice::Response, advice::Failure>;

/// Runs a plugin's function on a call.
///
/// # Errors
/// What the function could not do.
pub fn answer(call: HostCall, evaluate: fn(&crate::Call) -> Answer) -> HostAnswer {
    match bounded(evaluate(&crate::Call(Call(call)))) {
        Ok(cards) => Ok(advice::Response { cards: cards.iter().map(card).collect() }),
        Err(Failure::MissingNeed) => Err(advice::Failure::MissingNeed),
        Err(Failure::UnreadableData) => Err(advice::Failure::UnreadableData),
        Err(Failure::Internal) => Err(advice::Failure::Internal),
    }
}

#[derive(Debug)]
pub(crate) struct Call(calls::Call);

impl Call {
    pub(crate) fn hook(&self) -> String {
        self.0.hook()
    }

    pub(crate) fn service(&self) -> String {
        self.0.service()
    }

    pub(crate) fn now(&self) -> String {
        self.0.now()
    }

    pub(crate) fn locale(&self) -> String {
        self.0.locale()
    }

    pub(crate) fn view(&self, need: &str) -> Option<View> {
        self.0.view(need).map(View)
    }
}

#[derive(Debug)]
pub(crate) struct View(records::View);

impl View {
    pub(crate) fn need(&self) -> String {
        self.0.need()
    }

    pub(crate) fn len(&self) -> u32 {
        self.0.len()
    }

    pub(crate) fn read(&self, offset: u32, limit: u32) -> Vec<String> {
        self.0.read(offset, limit)
    }

    pub(crate) fn narrow(&self, by: &Selection) -> Self {
        let coding = |(system, code): &(String, String)| records::Coding { system: system.clone(), code: code.clone() };
        Self(self.0.narrow(&records::Selection {
            codes: by.codes.iter().map(coding).collect(),
            category: by.category.clone(),
            since: by.since.clone(),
            until: by.until.clone(),
            statuses: by.statuses.clone(),
        }))
    }
}

fn card(card: &Card) -> advice::Card {
    advice::Card {
        summary: card.summary().to_owned(),
        detail: Some(card.markdown().to_owned()).filter(|detail| !detail.is_empty()),
        indicator: match card.indicator() {
            Indicator::Info => advice::Indicator::Info,
            Indicator::Warning => advice::Indicator::Warning,
            Indicator::Critical => advice::Indicator::Critical,
        },
        suggestions: card.suggestions().iter().map(suggestion).collect(),
        override_reasons: card.override_reasons().to_vec(),
    }
}

fn suggestion(suggestion: &Suggestion) -> advice::Suggestion {
    let action = |action: &Action| match action {
        Action::Create(name) => advice::Action::Create(name.clone()),
        Action::Delete(id) => advice::Action::Delete(id.clone()),
    };
    advice::Suggestion {
        label: suggestion.label().to_owned(),
        recommended: suggestion.is_recommended(),
        actions: suggestion.actions().iter().map(action).collect(),
    }
}
