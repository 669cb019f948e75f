//! The room that runs guests: it admits a component, compiles it, and runs it once per message in a fresh instance.
//!
//! It refuses everything a guest could do besides answering: nothing is linked but one version of
//! `cordon:clinical` and, if the manifest asks for it, a WASI that holds nothing; every wasm feature that plugins do not need is off, and fuel, memory, tables, stack, handles, bytes moved and time all have a
//! limit. It opens no socket, reads no clock and keeps nothing between two runs: everything comes in the message. What a trap says stays here; a reply holds its kind.
//!
//! Compiling a hostile component can take long. Nothing here limits that besides the sizes [`Engine::check`] admits.

mod answer;
mod bindings;
mod code;
mod contract;
mod engine;
mod features;
mod gate;
mod glue;
mod host;
mod meter;
mod plugins;
mod runner;
mod scan;
mod wasi;

pub use code::{Code, LoadError};
pub use contract::Wit;
pub use engine::{Engine, EngineError};
pub use gate::{ComponentError, Inspection};
pub use plugins::{Compiled, Plugins};
pub use runner::{LocalRunner, Watched};
