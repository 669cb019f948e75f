#![doc = include_str!("../README.md")]

mod answer;
mod call;
mod card;
mod codes;
mod columns;
mod date;
mod decimal;
mod detail;
mod filled;
mod json;
mod kept;
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

pub use answer::{Advice, Answer, Failure, MAX_CARDS, MAX_SYSTEM_ACTIONS, Response};
pub use call::{Call, Rows, View};
pub use card::{
    Action, Card, CardError, Indicator, MAX_ACTIONS, MAX_LABEL_CHARACTERS, MAX_OVERRIDE_REASONS, MAX_SUGGESTIONS,
    MAX_SUMMARY_CHARACTERS, Suggestion,
};
pub use codes::{ATC, LOINC, RXNORM, SNOMED_CT, UCUM};
pub use columns::{Column, Point};
pub use date::{Date, Day};
pub use decimal::Decimal;
pub use detail::{Detail, MAX_DETAIL_BYTES};
pub use filled::{MAX_SLOTS, Proposal, SlotValue, Template};
pub use json::Resource;
pub use kept::{Cell, Pack};
pub use language::{Language, none_found};
pub use quantity::{Conversion, Measure, QuantityError, units};
pub use selection::Selection;

/// What nearly every plugin needs: `use cordon_sdk::prelude::*;`.
pub mod prelude {
    pub use crate::r4::*;
    pub use crate::{
        Answer, Call, Card, Cell, Column, Date, Day, Decimal, Detail, Failure, Language, Pack, Proposal, Response,
        Selection, Suggestion, View, units,
    };
}

/// Exports a function as the plugin: `cordon_sdk::service!(evaluate);` with `fn evaluate(call: &Call) -> Answer`, or
/// `-> Answer<Response>` with system actions. Once per plugin; does nothing in a native build, where tests call the function.
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
        const _: () = {
            const fn is_a_service<T: $crate::Advice>(_: fn(&$crate::Call) -> $crate::Answer<T>) {}
            is_a_service($evaluate);
        };
    };
}
