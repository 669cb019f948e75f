//! What the guests of version 0.2.0 start from: the contract's bindings and a macro that makes a function a plugin.

wit_bindgen::generate!({
    path: "../../../wit",
    world: "cds-service",
    pub_export_macro: true,
    default_bindings_module: "cordon_guests_0_3",
});

pub use cordon::clinical::advice::{
    Action, Card, CardText, Failure, Filled, FreeText, Indicator, Response, Slot, SlotValue, Suggestion,
};
pub use cordon::clinical::calls::Call;
pub use cordon::clinical::kept::{Cell, Pack};
pub use cordon::clinical::records::{Coding, Column, ColumnFault, Selection, View};

/// Makes `fn(Call) -> Result<Response, Failure>` the plugin of this file.
#[macro_export]
macro_rules! plugin {
    ($evaluate:path) => {
        struct Plugin;

        impl $crate::exports::cordon::clinical::cds::Guest for Plugin {
            fn evaluate(call: $crate::Call) -> Result<$crate::Response, $crate::Failure> {
                $evaluate(call)
            }
        }

        $crate::export!(Plugin);
    };
}

/// A card with this text and nothing else.
pub fn card(text: CardText) -> Card {
    Card { text, suggestions: Vec::new(), override_reasons: Vec::new() }
}

/// An answer of these cards and nothing else.
pub fn show(cards: Vec<Card>) -> Result<Response, Failure> {
    Ok(Response { cards, system_actions: Vec::new() })
}

/// An answer of one card with this summary of the plugin's own.
pub fn say(summary: impl Into<String>) -> Result<Response, Failure> {
    let free = FreeText { summary: summary.into(), detail: None, indicator: Indicator::Info };
    show(vec![card(CardText::Free(free))])
}

/// Keeps all rows.
pub fn all() -> Selection {
    Selection { codes: Vec::new(), category: None, since: None, until: None, statuses: Vec::new() }
}

/// A template or a proposal with these slots.
pub fn filled(name: &str, slots: impl IntoIterator<Item = (&'static str, SlotValue)>) -> Filled {
    let slot = |(name, value): (&str, SlotValue)| Slot { name: name.to_owned(), value };
    Filled { name: name.to_owned(), slots: slots.into_iter().map(slot).collect() }
}
