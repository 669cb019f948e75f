//! The side towards the host: generated bindings, and the conversion to and from them.

use crate::answer::bounded;
use crate::{Action, Advice, Answer, Card, Column, Failure, Indicator, Proposal, Selection, SlotValue, Suggestion};

/// Generated from `wit/`.
#[expect(missing_docs, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "cds-service",
        pub_export_macro: true,
        default_bindings_module: "cordon_sdk::wasm::bindings",
        generate_all,
    });
}

pub use bindings::export;
pub use bindings::exports::cordon::clinical::cds::Guest;

use bindings::cordon::clinical::{advice, calls, kept, records};

/// The handle as the host gives it.
pub type HostCall = calls::Call;
/// The answer as the host takes it.
pub type HostAnswer = Result<advice::Response, advice::Failure>;

/// Runs a plugin's function on a call.
///
/// # Errors
/// What the function could not do.
pub fn answer<T: Advice>(call: HostCall, evaluate: fn(&crate::Call) -> Answer<T>) -> HostAnswer {
    match bounded(evaluate(&crate::Call(Call(call)))) {
        Ok(said) => Ok(advice::Response {
            cards: said.cards().iter().map(card).collect(),
            system_actions: said.system_actions().iter().map(create).collect(),
        }),
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

    pub(crate) fn cell(&self, name: &str) -> Option<Cell> {
        self.0.cell(name)
    }

    pub(crate) fn pack(&self, name: &str) -> Option<Pack> {
        self.0.pack(name)
    }

    pub(crate) fn note(&self, event: u32, arguments: &[u32]) {
        self.0.note(event, arguments);
    }
}

pub(crate) use kept::{Cell, Pack};

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

    pub(crate) fn table(&self, columns: &[String]) -> Option<Vec<Column>> {
        let columns = self.0.table(columns).ok()?;
        Some(columns.into_iter().map(column).collect())
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

fn column(column: records::Column) -> Column {
    match column {
        records::Column::Numbers(cells) => Column::Numbers(cells),
        records::Column::Instants(cells) => Column::Instants(cells),
        records::Column::Codes(codes) => {
            let named = |coding: records::Coding| (coding.system, coding.code);
            Column::Codes { dictionary: codes.dictionary.into_iter().map(named).collect(), cells: codes.cells }
        }
        records::Column::Texts(cells) => Column::Texts(cells),
    }
}

fn card(card: &Card) -> advice::Card {
    let text = match card.as_template() {
        Some(template) => advice::CardText::Template(filled(template.name(), template.slots())),
        None => advice::CardText::Free(free(card)),
    };
    advice::Card {
        text,
        suggestions: card.suggestions().iter().map(suggestion).collect(),
        override_reasons: card.override_reasons().to_vec(),
    }
}

fn free(card: &Card) -> advice::FreeText {
    advice::FreeText {
        summary: card.summary().to_owned(),
        detail: Some(card.markdown().to_owned()).filter(|detail| !detail.is_empty()),
        indicator: match card.indicator() {
            Indicator::Info => advice::Indicator::Info,
            Indicator::Warning => advice::Indicator::Warning,
            Indicator::Critical => advice::Indicator::Critical,
        },
    }
}

fn suggestion(suggestion: &Suggestion) -> advice::Suggestion {
    let action = |action: &Action| match action {
        Action::Create(proposal) => create(proposal),
        Action::Delete(id) => advice::Action::Delete(id.clone()),
    };
    advice::Suggestion {
        label: Some(suggestion.label().to_owned()).filter(|label| !label.is_empty()),
        recommended: suggestion.is_recommended(),
        actions: suggestion.actions().iter().map(action).collect(),
    }
}

fn create(proposal: &Proposal) -> advice::Action {
    advice::Action::Create(filled(proposal.name(), proposal.slots()))
}

fn filled(name: &str, slots: &[(String, SlotValue)]) -> advice::Filled {
    let slot = |(name, value): &(String, SlotValue)| advice::Slot {
        name: name.clone(),
        value: match value {
            SlotValue::Number(number) => advice::SlotValue::Number(*number),
            SlotValue::Code(code) => advice::SlotValue::Code(code.clone()),
            SlotValue::Date(day) => advice::SlotValue::Date(day.to_string()),
            SlotValue::Row(id) => advice::SlotValue::Row(id.clone()),
        },
    };
    advice::Filled { name: name.to_owned(), slots: slots.iter().map(slot).collect() }
}
