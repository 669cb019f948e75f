#![doc = include_str!("../README.md")]

mod answer;
mod call;
mod card;
mod codes;
mod date;
mod decimal;
mod detail;
mod json;
mod language;
mod quantity;
pub mod r4;
mod selection;

#[cfg(not(target_family = "wasm"))]
mod memory;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod wasm;

pub use answer::{Answer, Failure, MAX_CARDS};
pub use call::{Call, Rows, View};
pub use card::{
    Action, Card, CardError, Indicator, MAX_ACTIONS, MAX_LABEL_CHARACTERS, MAX_OVERRIDE_REASONS, MAX_SUGGESTIONS,
    MAX_SUMMARY_CHARACTERS, Suggestion,
};
pub use codes::{ATC, LOINC, RXNORM, SNOMED_CT, UCUM};
pub use date::{Date, Day};
pub use decimal::Decimal;
pub use detail::{Detail, MAX_DETAIL_BYTES};
pub use json::Resource;
pub use language::{Language, none_found};
pub use quantity::{Conversion, Measure, QuantityError, units};
pub use selection::Selection;

/// What nearly every plugin needs: `use cordon_sdk::prelude::*;`.
pub mod prelude {
    pub use crate::r4::*;
    pub use crate::{
        Answer, Call, Card, Date, Day, Decimal, Detail, Failure, Language, Selection, Suggestion, View, units,
    };
}

/// Exports a function as the plugin: `cordon_sdk::service!(evaluate);` with
/// `fn evaluate(call: &Call) -> Answer`. Once per plugin; does nothing in a native build, where tests call the function.
#[macro_export]
macro_rules! service {
    ($evaluate:path) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Plugin;
            impl $crate::wasm::Guest for Plugin {
                fn evaluate(call: $crate::wasm::HostCall) -> $crate::wasm::HostAnswer {
                    $crate::wasm::answer(call, $evaluate)
                }
            }
    $crate::wasm::export!(Plugin with_types_in $crate::wasm::bindings);
        };
        // Keeps the function and its signature checked in every build.
        const _: fn(&$crate::Call) -> $crate::Answer = $evaluate;
    };
}
