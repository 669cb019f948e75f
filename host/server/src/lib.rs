//! Everything that listens: the CDS Hooks door and the edge it stands behind, and the hospital's admin socket. Here one
//! configuration becomes one running host.
//!
//! This room refuses plain HTTP beyond loopback, bodies without an end, tokens whose key was not pinned, and requests
//! that are not CDS Hooks 2.0. It decides nothing about data: it reads a call, hands it to the pipeline in `core`, and
//! turns the outcome into HTTP in one place.
#![forbid(unsafe_code)]

mod fault;

pub mod edge;

pub mod jwt;

pub mod cds;

pub mod clock;
pub mod config;
pub mod telemetry;

pub mod admin;
pub mod breaker;
pub mod code;
mod copies;
pub mod hospital;
pub mod ledger;

pub mod host;
pub mod kept;
pub mod operations;
mod packs;
mod renewal;
pub mod replay;
pub mod support;

/// Whether plugins can run on this machine.
///
/// # Errors
/// Why not.
pub fn engine_works() -> Result<(), cordon_runtime::EngineError> {
    cordon_runtime::Engine::new().map(drop)
}
