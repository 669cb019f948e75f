//! What the guests of version 0.2.0 start from: the contract's bindings and a macro that makes a function a plugin. Those of 0.3.0
//! start from `wit-0.3`: two versions in one component are refused.

wit_bindgen::generate!({
    path: "../../wit/0.2.0",
    world: "cds-service",
    pub_export_macro: true,
    default_bindings_module: "cordon_guests",
});

pub use cordon::clinical::advice::{Card, CardText, Failure, FreeText, Indicator, Response};
pub use cordon::clinical::calls::Call;
pub use cordon::clinical::records::{Coding, Selection, View};

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

/// A card with this summary and nothing else.
pub fn card(summary: impl Into<String>) -> Card {
    detailed(summary, None)
}

/// A card with this summary and this detail.
pub fn detailed(summary: impl Into<String>, detail: Option<String>) -> Card {
    let free = FreeText { summary: summary.into(), detail, indicator: Indicator::Info };
    Card { text: CardText::Free(free), suggestions: Vec::new(), override_reasons: Vec::new() }
}

/// An answer of these cards.
pub fn show(cards: Vec<Card>) -> Result<Response, Failure> {
    Ok(Response { cards, system_actions: Vec::new() })
}

/// An answer of one card with this summary.
pub fn say(summary: impl Into<String>) -> Result<Response, Failure> {
    show(vec![card(summary)])
}

/// Keeps all rows.
pub fn all() -> Selection {
    Selection { codes: Vec::new(), category: None, since: None, until: None, statuses: Vec::new() }
}
